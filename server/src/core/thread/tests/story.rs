//! Each trap of the app-server's stream by itself.

use serde_json::{Value, json};

use super::super::{Applied, MAX_ITEM_BYTES, RunningCommand, Thread};
use super::{Watched, command, delta, message, output, raw, turn_completed, turn_started};
use crate::protocol::TurnId;
use crate::protocol::thread::ChangeOp;

fn told(notes: &[(&str, Value)]) -> Watched {
    let mut watched = Watched::new();
    for (method, params) in notes {
        watched.tell(method, params);
    }
    watched
}

fn row(turn: &str, item: &str, status: &str, text: &str) -> (String, String, String, String) {
    (turn.into(), item.into(), status.into(), text.into())
}

fn marker(kind: &str, text: &str) -> (String, String) {
    (kind.into(), text.into())
}

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
fn a_note_without_a_turn_is_about_the_running_one_or_reported() {
    let note =
        json!({ "threadId": "t", "item": { "type": "agentMessage", "id": "m", "text": "" } });
    let mut thread = Thread::new("t".into());
    let refused =
        Applied { changes: vec![], problem: Some("it names no turn, and none is running".into()) };
    assert_eq!(thread.apply("item/started", &raw(&note), 1), refused);
    let watched = told(&[turn_started("a"), ("item/started", note)]);
    assert_eq!(watched.outline(), [row("a", "m", "inProgress", "")]);
}

#[test]
fn a_malformed_note_is_a_problem_and_changes_nothing() {
    let mut watched = told(&[turn_started("a")]);
    let state = watched.state();
    let bad = [
        ("item/agentMessage/delta", json!({ "turnId": "a", "itemId": "m" })),
        ("item/started", json!({ "turnId": "a", "item": { "id": "m" } })),
        ("turn/completed", json!({ "turn": { "status": "completed" } })),
        ("model/rerouted", json!({ "turnId": "a", "fromModel": "x" })),
        (
            "item/reasoning/textDelta",
            json!({ "turnId": "a", "itemId": "r", "delta": "x", "contentIndex": 4_000_000 }),
        ),
        ("error", json!([])),
    ];
    for (method, params) in bad {
        let applied = watched.thread.apply(method, &raw(&params), 9);
        assert!(applied.problem.is_some(), "{method}");
        assert_eq!(applied.changes, [], "{method}");
    }
    assert_eq!(watched.state(), state);
}

#[test]
fn unknown_methods_change_nothing_and_are_no_problem() {
    let mut thread = Thread::new("t".into());
    for method in ["item/hologram/delta", "thread/attachment/updated", "serverRequest/resolved", ""]
    {
        assert_eq!(
            thread.apply(method, &raw(&json!({ "threadId": "t" })), 1),
            Applied::default(),
            "{method}"
        );
    }
}

#[test]
fn unknown_types_statuses_and_fields_survive() {
    let item = json!({ "type": "hologram", "id": "h", "status": "shimmering", "depth": { "z": [1, 2.50] } });
    let watched =
        told(&[turn_started("a"), ("item/completed", json!({ "turnId": "a", "item": item }))]);
    let item = serde_json::to_value(&watched.state().turns[0].items[0]).unwrap();
    let expected = json!({ "itemId": "h", "type": "hologram", "status": "shimmering", "depth": { "z": [1, 2.50] } });
    assert_eq!(item, expected);
}

#[test]
fn an_item_that_was_joined_midway_is_shown() {
    let mut watched = told(&[turn_started("a"), delta("a", "m", "…and so")]);
    assert_eq!(watched.outline(), [row("a", "m", "inProgress", "…and so")]);
    let (method, params) = message("a", "m", "item/completed", "It ends, and so");
    watched.tell(method, &params);
    assert_eq!(watched.outline(), [row("a", "m", "completed", "It ends, and so")]);
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

#[test]
fn what_happens_around_items_is_marked() {
    let turn = json!({ "id": "a", "status": "failed", "error": { "message": "no quota" } });
    let error =
        |retry: bool| json!({ "turnId": "a", "willRetry": retry, "error": { "message": "lost" } });
    let rerouted =
        json!({ "turnId": "a", "fromModel": "big", "toModel": "small", "reason": "load" });
    let hook = json!({ "turnId": "a", "run": { "eventName": "stop", "status": "failed", "statusMessage": "exit 1" } });
    let watched = told(&[
        ("warning", json!({ "threadId": "t", "message": "before any turn" })),
        turn_started("a"),
        ("model/rerouted", rerouted),
        ("error", error(true)),
        ("error", error(false)),
        ("thread/compacted", json!({ "threadId": "t", "turnId": "a" })),
        ("deprecationNotice", json!({ "summary": "Old.", "details": "Use new." })),
        ("hook/completed", hook),
        ("turn/completed", json!({ "threadId": "t", "turn": turn })),
    ]);
    assert_eq!(
        watched.markers(),
        [
            marker("warning", "before any turn"),
            marker("turnStarted", ""),
            marker("modelRerouted", "big → small (load)"),
            marker("retrying", "lost"),
            marker("error", "lost"),
            marker("compacted", ""),
            marker("deprecation", "Old. Use new."),
            marker("hook", "stop failed: exit 1"),
            marker("turnFailed", "no quota"),
        ]
    );
}

#[test]
fn the_app_server_dying_interrupts_everything() {
    let mut watched = told(&[
        turn_started("a"),
        command("a", "c", "item/started", "inProgress", None),
        turn_completed("a", "completed"),
        turn_started("b"),
        message("b", "m", "item/started", ""),
        delta("b", "m", "half"),
    ]);
    let changes = watched.thread.process_exited(99);
    watched.follow(&changes);
    assert_eq!(
        watched.outline(),
        [row("a", "c", "interrupted", ""), row("b", "m", "interrupted", "half")]
    );
    assert_eq!(watched.thread.running_commands(), []);
    assert_eq!(watched.thread.active_turn(), None);
    let state = watched.state();
    assert_eq!(state.turns[1].status, "interrupted");
    let kinds: Vec<_> = state.turns[1].markers.iter().map(|marker| marker.kind.as_str()).collect();
    assert_eq!(kinds, ["turnStarted", "turnInterrupted", "appServerExited"]);
    assert_eq!(watched.thread.process_exited(100), []);
}

#[test]
fn the_thread_itself_is_told_by_field() {
    let settings = json!({ "threadId": "t", "threadSettings": { "cwd": "/r", "model": "m2" } });
    let usage = json!({ "threadId": "t", "turnId": "a", "tokenUsage": { "total": 5 } });
    let mut watched = told(&[
        (
            "thread/started",
            json!({ "thread": { "id": "t", "name": null, "cwd": "/r", "model": "m1", "status": { "type": "idle" } } }),
        ),
        ("thread/name/updated", json!({ "threadId": "t", "threadName": "Tidy" })),
        ("thread/settings/updated", settings.clone()),
        ("thread/tokenUsage/updated", usage.clone()),
    ]);
    let state = watched.state();
    assert_eq!(
        (state.name.as_deref(), state.cwd.as_deref(), state.model.as_deref()),
        (Some("Tidy"), Some("/r"), Some("m2"))
    );
    assert_eq!(watched.tell("thread/settings/updated", &settings), []);
    assert_eq!(watched.tell("thread/tokenUsage/updated", &usage), []);
}

#[test]
fn a_reverted_thread_is_what_its_history_then_says() {
    let mut watched = told(&[
        turn_started("a"),
        message("a", "m", "item/completed", "kept"),
        command("a", "c", "item/completed", "declined", None),
        turn_completed("a", "completed"),
        turn_started("b"),
        message("b", "n", "item/completed", "gone"),
        turn_completed("b", "completed"),
    ]);
    let changes = watched.tell("thread/reverted", &json!({ "threadId": "t" }));
    assert_eq!(changes.iter().map(|change| change.op).collect::<Vec<_>>(), [ChangeOp::Reset]);
    assert_eq!(watched.outline(), []);
    assert!(watched.thread.needs_history(None).is_some());
    let turn = json!({ "id": "a", "rootTurnId": "a", "status": "completed", "startedAt": 5, "completedAt": 6 });
    let item =
        json!({ "turnId": "a", "item": { "type": "agentMessage", "id": "m", "text": "kept" } });
    let changes = watched.thread.replay(&[raw(&turn)], &[raw(&item)]);
    watched.follow(&changes);
    assert_eq!(
        watched.outline(),
        [row("a", "m", "completed", "kept"), row("a", "c", "declined", "")]
    );
}

#[test]
fn history_comes_in_before_what_is_seen_live_in_any_order() {
    let turn = |id: &str, at: u64| {
        raw(&json!({ "id": id, "status": "completed", "startedAt": at, "completedAt": at }))
    };
    let item = |turn: &str, id: &str, at: u64| {
        let item = json!({ "type": "agentMessage", "id": id, "text": id, "startedAtMs": at });
        raw(&json!({ "turnId": turn, "item": item, "startedAtMs": at }))
    };
    let (mut turns, mut items) = (
        vec![turn("x", 1), turn("y", 3)],
        vec![item("x", "m1", 1000), item("x", "m2", 1001), item("y", "m1", 3000)],
    );
    let mut states = Vec::new();
    for _ in 0..2 {
        let mut watched = told(&[turn_started("live"), message("live", "m", "item/started", "")]);
        watched.thread.replay(&turns, &items);
        states.push(watched.outline());
        turns.reverse();
        items.reverse();
    }
    let expected = [
        row("x", "m1", "completed", "m1"),
        row("x", "m2", "completed", "m2"),
        row("y", "m1", "completed", "m1"),
        row("live", "m", "inProgress", ""),
    ];
    assert_eq!(states, [expected.clone(), expected]);
}

#[test]
fn a_text_over_64_kib_is_shown_cut_and_kept_whole() {
    let long = "é".repeat(20_000);
    let mut watched = told(&[turn_started("a"), message("a", "m", "item/started", "")]);
    let (method, params) = delta("a", "m", &long);
    assert_eq!(watched.tell(method, &params)[0].op, ChangeOp::Text);
    assert_eq!(watched.tell(method, &params)[0].op, ChangeOp::Item);
    assert_eq!(watched.tell(method, &params), []);
    let item = watched.state().turns[0].items[0].clone();
    assert!(item.truncated);
    assert_eq!(item.fields["text"], json!("é".repeat(32 * 1024)));
    let whole = watched.thread.item(&"a".into(), &"m".into()).unwrap();
    assert!(!whole.truncated);
    assert_eq!(whole.fields["text"], json!(long.repeat(3)));
}

#[test]
fn a_thread_holds_32_mib_of_items_and_lets_the_oldest_go() {
    let mut watched = Watched::new();
    let text = "x".repeat(1024 * 1024);
    for turn in 0..40 {
        let turn = format!("turn{turn}");
        for (method, params) in [
            turn_started(&turn),
            message(&turn, "m", "item/completed", &text),
            turn_completed(&turn, "completed"),
        ] {
            watched.thread.apply(method, &raw(&params), 1);
        }
    }
    assert!(watched.thread.bytes() <= MAX_ITEM_BYTES);
    assert_eq!(watched.thread.item_count(), 31);
}
