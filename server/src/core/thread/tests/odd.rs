//! What is malformed, unknown or without its scope.

use serde_json::json;

use super::super::{Applied, Thread};
use super::{delta, message, raw, row, told, turn_started};

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
