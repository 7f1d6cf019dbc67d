//! Each trap of the app-server's stream by itself.

use serde_json::{Value, json};

use super::super::RunningCommand;
use super::{
    command, delta, marker, message, output, raw, row, told, turn_completed, turn_started,
};
use crate::protocol::TurnId;

#[test]
fn the_same_item_id_in_two_turns_is_two_items() {
    let watched = told(&[
        turn_started("a"),
        message("a", "m", "item/started", ""),
        delta("a", "m", "first"),
        turn_completed("a", "completed"),
        turn_started("b"),
        message("b", "m", "item/started", ""),
        delta("b", "m", "second"),
    ]);
    assert_eq!(
        watched.outline(),
        [row("a", "m", "interrupted", "first"), row("b", "m", "inProgress", "second")]
    );
}

#[test]
fn the_completed_item_wins_over_its_deltas() {
    let watched = told(&[
        turn_started("a"),
        message("a", "m", "item/started", ""),
        delta("a", "m", "Helo"),
        message("a", "m", "item/completed", "Hello"),
        delta("a", "m", " again"),
    ]);
    assert_eq!(watched.outline(), [row("a", "m", "completed", "Hello")]);
}

#[test]
fn lossy_output_is_replaced_by_the_whole_output() {
    let mut watched = told(&[
        turn_started("a"),
        command("a", "c", "item/started", "inProgress", None),
        output("a", "c", "line 8\n"),
    ]);
    assert_eq!(watched.outline(), [row("a", "c", "inProgress", "line 8\n")]);
    let (method, params) =
        command("a", "c", "item/completed", "completed", Some("line 7\nline 8\n"));
    watched.tell(method, &params);
    assert_eq!(watched.outline(), [row("a", "c", "completed", "line 7\nline 8\n")]);
}

#[test]
fn what_the_server_never_closes_ends_with_its_turn() {
    let watched = told(&[
        turn_started("a"),
        message("a", "m", "item/started", ""),
        delta("a", "m", "half a sent"),
        command("a", "c", "item/started", "inProgress", None),
        turn_completed("a", "interrupted"),
    ]);
    let closed = [row("a", "m", "interrupted", "half a sent"), row("a", "c", "interrupted", "")];
    assert_eq!(watched.outline(), closed);
    assert_eq!(watched.markers(), [marker("turnStarted", ""), marker("turnInterrupted", "")]);
    assert_eq!(watched.thread.active_turn(), None);
}

#[test]
fn a_command_outlives_its_turn_until_it_is_completed() {
    let mut watched = told(&[
        turn_started("a"),
        command("a", "c", "item/started", "inProgress", None),
        turn_completed("a", "interrupted"),
        output("a", "c", "still here\n"),
    ]);
    assert_eq!(watched.outline(), [row("a", "c", "interrupted", "still here\n")]);
    let running = RunningCommand {
        turn_id: "a".into(),
        item_id: "c".into(),
        process_id: None,
        command: "make".into(),
        started_at: Some(7),
    };
    assert_eq!(watched.thread.running_commands(), [running]);
    let (method, params) =
        command("a", "c", "item/completed", "completed", Some("all\nstill here\n"));
    watched.tell(method, &params);
    assert_eq!(watched.outline(), [row("a", "c", "completed", "all\nstill here\n")]);
    assert_eq!(watched.thread.running_commands(), []);
}

#[test]
fn a_command_left_in_the_background_of_a_completed_turn_is_in_progress() {
    let watched = told(&[
        turn_started("a"),
        command("a", "c", "item/started", "inProgress", None),
        turn_completed("a", "completed"),
    ]);
    assert_eq!(watched.outline(), [row("a", "c", "inProgress", "")]);
    assert_eq!(watched.thread.running_commands().len(), 1);
}

#[test]
fn a_command_that_nobody_approved_does_not_run_on() {
    let mut watched =
        told(&[turn_started("a"), command("a", "c", "item/started", "inProgress", None)]);
    watched.thread.set_awaiting(&"a".into(), &"c".into(), true);
    let (method, params) = turn_completed("a", "interrupted");
    watched.tell(method, &params);
    assert_eq!(watched.outline(), [row("a", "c", "interrupted", "")]);
    assert_eq!(watched.thread.running_commands(), []);
}

#[test]
fn the_agent_names_the_process_that_it_types_into() {
    let typed =
        json!({ "threadId": "t", "turnId": "a", "itemId": "c", "processId": "77", "stdin": "y\n" });
    let watched = told(&[
        turn_started("a"),
        command("a", "c", "item/started", "inProgress", None),
        ("item/commandExecution/terminalInteraction", typed),
        turn_completed("a", "completed"),
    ]);
    let processes: Vec<_> =
        watched.thread.running_commands().into_iter().map(|running| running.process_id).collect();
    assert_eq!(processes, [Some("77".to_owned())]);
}

#[test]
fn a_review_is_one_turn_with_two_ids() {
    let inner =
        json!({ "id": "inner", "rootTurnId": "outer", "status": "inProgress", "startedAt": 5 });
    let entered = json!({ "type": "enteredReviewMode", "id": "r", "review": "all" });
    let mut watched = told(&[
        ("item/started", json!({ "threadId": "t", "turnId": "outer", "item": entered })),
        ("turn/started", json!({ "threadId": "t", "turn": inner })),
        message("outer", "m", "item/started", ""),
    ]);
    let (outer, inner) = (TurnId::from("outer"), TurnId::from("inner"));
    assert_eq!(watched.thread.active_turn(), Some(&inner));
    assert_eq!(watched.thread.resolve_turn(&inner), outer);
    assert_eq!(
        watched.outline(),
        [row("outer", "r", "inProgress", ""), row("outer", "m", "inProgress", "")]
    );
    let (method, params) = turn_completed("outer", "interrupted");
    watched.tell(method, &params);
    assert_eq!(watched.thread.active_turn(), None);
    assert_eq!(
        watched.outline(),
        [row("outer", "r", "interrupted", ""), row("outer", "m", "interrupted", "")]
    );
}

#[test]
fn a_later_turn_of_the_same_chain_of_work_is_a_turn_of_its_own() {
    let next = json!({ "id": "b", "rootTurnId": "a", "status": "inProgress", "startedAt": 9 });
    let watched = told(&[
        turn_started("a"),
        turn_completed("a", "completed"),
        ("turn/started", json!({ "threadId": "t", "turn": next })),
        message("b", "m", "item/started", ""),
    ]);
    assert_eq!(watched.outline(), [row("b", "m", "inProgress", "")]);
}

#[test]
fn a_steered_turn_stays_one_turn() {
    let watched = told(&[
        turn_started("a"),
        message("a", "m", "item/started", ""),
        delta("a", "m", "before"),
        turn_started("a"),
        message("a", "n", "item/started", ""),
        message("a", "n", "item/completed", "after"),
        turn_completed("a", "completed"),
    ]);
    assert_eq!(
        watched.outline(),
        [row("a", "m", "interrupted", "before"), row("a", "n", "completed", "after")]
    );
    assert_eq!(watched.state().turns.len(), 1);
}

#[test]
fn a_repeated_notification_changes_nothing() {
    let notes = [
        turn_started("a"),
        message("a", "m", "item/started", ""),
        ("warning", json!({ "threadId": "t", "message": "careful" })),
        message("a", "m", "item/completed", "done"),
        turn_completed("a", "completed"),
    ];
    let mut watched = told(&notes);
    let state = watched.state();
    for (method, params) in &notes {
        assert_eq!(watched.tell(method, params), [], "{method}");
    }
    assert_eq!(watched.state(), state);
}

#[test]
fn reasoning_grows_part_by_part() {
    let note = |part: Value| {
        let mut note = json!({ "threadId": "t", "turnId": "a", "itemId": "r" });
        note.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        note
    };
    let item = json!({ "type": "reasoning", "id": "r", "summary": [], "content": [] });
    let watched = told(&[
        turn_started("a"),
        ("item/started", json!({ "turnId": "a", "item": item })),
        ("item/reasoning/summaryPartAdded", note(json!({ "summaryIndex": 0 }))),
        ("item/reasoning/summaryTextDelta", note(json!({ "summaryIndex": 0, "delta": "Think" }))),
        ("item/reasoning/summaryTextDelta", note(json!({ "summaryIndex": 1, "delta": "More" }))),
        ("item/reasoning/summaryPartAdded", note(json!({ "summaryIndex": 1 }))),
        ("item/reasoning/textDelta", note(json!({ "contentIndex": 0, "delta": "raw" }))),
        ("item/reasoning/summaryTextDelta", note(json!({ "summaryIndex": 0, "delta": "ing" }))),
    ]);
    let fields = &watched.state().turns[0].items[0].fields;
    assert_eq!(fields["summary"], json!(["Thinking", "More"]));
    assert_eq!(fields["content"], json!(["raw"]));
}

#[test]
fn a_patch_and_a_tool_call_say_how_they_get_on() {
    let change = |diff: &str| json!([{ "path": "/r/a", "kind": { "type": "add" }, "diff": diff }]);
    let patch =
        json!({ "type": "fileChange", "id": "p", "status": "inProgress", "changes": change("x") });
    let updated = json!({ "threadId": "t", "turnId": "a", "itemId": "p", "changes": change("xy") });
    let printed = json!({ "threadId": "t", "turnId": "a", "itemId": "p", "delta": "ok" });
    let call = json!({ "type": "mcpToolCall", "id": "k", "status": "inProgress", "tool": "find" });
    let progress =
        |text: &str| json!({ "threadId": "t", "turnId": "a", "itemId": "k", "message": text });
    let watched = told(&[
        turn_started("a"),
        ("item/started", json!({ "turnId": "a", "item": patch })),
        ("item/fileChange/patchUpdated", updated),
        ("item/fileChange/outputDelta", printed),
        ("item/started", json!({ "turnId": "a", "item": call })),
        ("item/mcpToolCall/progress", progress("10 %")),
        ("item/mcpToolCall/progress", progress("20 %")),
    ]);
    let items = &watched.state().turns[0].items;
    assert_eq!(
        (&items[0].fields["changes"], &items[0].fields["output"]),
        (&change("xy"), &json!("ok"))
    );
    assert_eq!(items[1].fields["progress"], json!("10 %\n20 %\n"));
    assert_eq!(watched.thread.file_changes(&"a".into(), &"p".into()), Some(raw(&change("xy"))));
}
