//! What concerns the thread as a whole: markers, a dead app-server, history.

use serde_json::json;

use super::{command, delta, marker, message, raw, row, told, turn_completed, turn_started};
use crate::protocol::thread::ChangeOp;

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
fn a_review_joined_midway_is_interrupted_by_its_inner_id() {
    let rows = ["inner", "outer"].map(|id| {
        raw(&json!({ "id": id, "rootTurnId": "outer", "status": "inProgress", "startedAt": 5, "completedAt": null }))
    });
    let mut watched = told(&[]);
    let changes = watched.thread.replay(&rows, &[]);
    watched.follow(&changes);
    assert_eq!(watched.thread.active_turn(), Some(&"inner".into()));
    assert_eq!(watched.state().turns.len(), 1);
}

#[test]
fn a_turn_that_is_listed_as_running_before_another_was_interrupted() {
    let rows = [("a", "inProgress"), ("b", "completed"), ("c", "inProgress")];
    let rows: Vec<_> = (1..)
        .zip(rows)
        .map(|(at, (id, status))| raw(&json!({ "id": id, "status": status, "startedAt": at })))
        .collect();
    let mut watched = told(&[]);
    let changes = watched.thread.replay(&rows, &[]);
    watched.follow(&changes);
    let turns = watched.state().turns;
    let ended: Vec<&str> = turns.iter().map(|turn| turn.status.as_str()).collect();
    assert_eq!(ended, ["interrupted", "completed", "inProgress"]);
    assert_eq!(watched.thread.active_turn(), Some(&"c".into()));
}
