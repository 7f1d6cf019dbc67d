//! What the history of a turn lacks is taken out and put back.

use serde_json::{Value, json};

use super::super::turn::Turn;
use super::super::{Keeping, Thread};
use super::{
    Watched, command, marker, message, output, raw, row, told, turn_completed, turn_started,
};
use crate::protocol::Raw;

const DONE: &str = "item/completed";

fn history(items: &[Value]) -> Raw {
    raw(
        &json!({ "id": "a", "rootTurnId": "a", "status": "completed", "startedAt": 5, "completedAt": 6,
        "items": items }),
    )
}

fn agent(item: &str) -> Value {
    json!({ "type": "agentMessage", "id": item, "text": item })
}

fn kept(watched: &mut Watched) -> Raw {
    match watched.thread.keep(&"a".into()) {
        Some(Keeping::Keep(body)) => body,
        other => panic!("{other:?}"),
    }
}

/// A turn in which two commands were declined, one behind the other, before a message and after one.
fn declined_twice() -> Watched {
    told(&[
        ("warning", json!({ "threadId": "t", "message": "early" })),
        turn_started("a"),
        command("a", "c1", DONE, "declined", None),
        command("a", "c2", DONE, "declined", None),
        message("a", "m1", DONE, "m1"),
        command("a", "c3", DONE, "declined", None),
        message("a", "m2", DONE, "m2"),
        turn_completed("a", "completed"),
        ("warning", json!({ "threadId": "t", "turnId": "a", "message": "late" })),
    ])
}

#[test]
fn a_running_or_a_plain_turn_is_not_kept() {
    let mut watched = told(&[turn_started("a"), command("a", "c", DONE, "declined", None)]);
    assert_eq!(watched.thread.keep(&"a".into()), None);
    let mut watched =
        told(&[turn_started("a"), message("a", "m", DONE, "m"), turn_completed("a", "completed")]);
    assert_eq!(watched.thread.keep(&"a".into()), None);
}

#[test]
fn nothing_is_kept_of_a_thread_that_the_app_server_does_not_keep() {
    let mut watched = declined_twice();
    watched.thread.describe(&raw(&json!({ "id": "t", "ephemeral": true })));
    assert_eq!(watched.thread.keep(&"a".into()), None);
}

#[test]
fn items_go_behind_what_they_followed_and_markers_between_the_known_ones() {
    let mut watched = declined_twice();
    let body = kept(&mut watched);
    let mut thread = Thread::new("t".into());
    thread.replay(&[history(&[agent("m1"), agent("m2")])], &[]);
    for _ in 0..2 {
        thread.restore(&"a".into(), &body);
        assert_eq!(
            thread.snapshot(0, None, 9).unwrap(),
            watched.thread.snapshot(0, None, 9).unwrap()
        );
        assert_eq!(thread.bytes(), thread.turns.iter().map(Turn::bytes).sum::<usize>());
    }
    let texts =
        [("turnStarted", ""), ("warning", "early"), ("turnCompleted", ""), ("warning", "late")];
    let mut markers = watched.markers();
    markers.sort();
    let mut wanted = texts.map(|(kind, text)| marker(kind, text));
    wanted.sort();
    assert_eq!(markers, wanted);
}

#[test]
fn the_plan_of_a_turn_is_told_as_it_changes_and_kept() {
    let plan = |status: &str| {
        let steps = json!([{ "step": "Look", "status": status }]);
        json!({ "threadId": "t", "turnId": "a", "explanation": "First a look.", "plan": steps })
    };
    let mut watched = told(&[
        turn_started("a"),
        ("turn/plan/updated", plan("pending")),
        ("turn/plan/updated", plan("completed")),
        ("turn/plan/updated", plan("completed")),
        message("a", "m", DONE, "m"),
        turn_completed("a", "completed"),
    ]);
    let wanted = json!({ "explanation": "First a look.", "plan": [{ "step": "Look", "status": "completed" }] });
    let plan_of = |thread: &Thread| {
        let snapshot = thread.snapshot(0, None, 9).unwrap();
        snapshot.thread.turns[0].plan.as_ref().unwrap().decode::<Value>().unwrap()
    };
    assert_eq!(plan_of(&watched.thread), wanted);

    let body = kept(&mut watched);
    let mut thread = Thread::new("t".into());
    thread.replay(&[history(&[agent("m")])], &[]);
    thread.restore(&"a".into(), &body);
    assert_eq!(plan_of(&thread), wanted);
}

#[test]
fn an_item_whose_neighbour_is_gone_is_still_there() {
    let body = kept(&mut declined_twice());
    let mut thread = Thread::new("t".into());
    thread.replay(&[history(&[agent("m2")])], &[]);
    thread.restore(&"a".into(), &body);
    let items: Vec<_> = thread.turns[0].items.iter().map(|item| item.id.to_string()).collect();
    assert_eq!(items, ["c1", "c2", "m2", "c3"]);
}

#[test]
fn a_command_that_went_on_is_interrupted_by_a_restart_unless_the_history_has_its_end() {
    let mut watched = told(&[
        turn_started("a"),
        command("a", "c", "item/started", "inProgress", None),
        output("a", "c", "half"),
        turn_completed("a", "completed"),
    ]);
    let body = kept(&mut watched);
    let outline = |thread: Thread| Watched { thread, ..Watched::new() }.outline();
    let restored = |rows: &[Value]| {
        let mut thread = Thread::new("t".into());
        thread.replay(&[history(rows)], &[]);
        thread.restore(&"a".into(), &body);
        outline(thread)
    };
    assert_eq!(restored(&[]), [row("a", "c", "interrupted", "half")]);
    let (method, mut ended) = command("a", "c", DONE, "completed", Some("half and half"));
    let whole = [row("a", "c", "completed", "half and half")];
    assert_eq!(restored(&[ended["item"].clone()]), whole);

    watched.tell(method, &ended);
    assert_eq!(watched.thread.keep(&"a".into()), Some(Keeping::Forget));
    assert_eq!(watched.thread.keep(&"a".into()), None);
    ended["item"]["id"] = json!("other");
    watched.tell(method, &ended);
    assert_eq!(watched.thread.keep(&"a".into()), None);
}

#[test]
fn the_history_has_the_last_word_on_how_a_turn_ended() {
    let mut watched =
        told(&[turn_started("a"), ("warning", json!({ "turnId": "a", "message": "w" }))]);
    watched.thread.process_exited(9_000);
    let body = kept(&mut watched);
    let mut thread = Thread::new("t".into());
    thread.replay(&[history(&[agent("m")])], &[]);
    thread.restore(&"a".into(), &body);
    let restored = Watched { thread, ..Watched::new() };
    let died = marker("appServerExited", "The Codex app-server exited while this turn ran.");
    let started = marker("turnStarted", "");
    assert_eq!(
        restored.markers(),
        [started, marker("warning", "w"), died, marker("turnCompleted", "")]
    );
}

#[test]
fn what_cannot_be_read_or_is_of_no_known_turn_changes_nothing() {
    let body = kept(&mut declined_twice());
    let mut thread = Thread::new("t".into());
    thread.replay(&[history(&[agent("m1")])], &[]);
    let before = thread.snapshot(0, None, 9).unwrap();
    thread.restore(&"b".into(), &body);
    thread.restore(&"a".into(), &raw(&json!({ "items": 1 })));
    assert_eq!(thread.snapshot(0, None, 9).unwrap(), before);
}
