//! Long texts, large threads, and snapshots in pages.

use serde_json::json;

use super::super::{BadCursor, History, MAX_ITEM_BYTES};
use super::{Watched, delta, message, raw, told, turn_completed, turn_started};
use crate::protocol::thread::{ChangeOp, Snapshot};

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

fn ids(page: &Snapshot) -> Vec<String> {
    let turns = page.thread.turns.iter();
    turns
        .flat_map(|turn| {
            turn.items.iter().map(move |item| format!("{}/{}", turn.turn_id, item.item_id))
        })
        .collect()
}

/// Every page from the newest back, as the ids of its items.
fn pages(watched: &Watched, limit: usize) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut before: Option<String> = None;
    loop {
        let page = watched.thread.snapshot(3, before.as_deref(), limit).unwrap();
        assert_eq!(page.revision, 3);
        pages.push(ids(&page));
        match page.older_cursor {
            Some(cursor) => before = Some(cursor),
            None => return pages,
        }
    }
}

fn three_turns() -> Watched {
    told(&[
        turn_started("a"),
        message("a", "1", "item/completed", "x"),
        message("a", "2", "item/completed", "x"),
        turn_completed("a", "completed"),
        turn_started("b"),
        turn_completed("b", "failed"),
        turn_started("c"),
        message("c", "1", "item/completed", "x"),
        message("c", "2", "item/completed", "x"),
        message("c", "3", "item/completed", "x"),
    ])
}

#[test]
fn pages_from_the_newest_back_hold_every_item_once() {
    let watched = three_turns();
    assert_eq!(pages(&watched, 2), [vec!["c/2", "c/3"], vec!["a/2", "c/1"], vec!["a/1"]]);
    assert_eq!(pages(&watched, 3), [vec!["c/1", "c/2", "c/3"], vec!["a/1", "a/2"]]);
    assert_eq!(pages(&watched, 5), [vec!["a/1", "a/2", "c/1", "c/2", "c/3"]]);
    assert_eq!(pages(&watched, 0), pages(&watched, 1));
}

#[test]
fn a_cursor_stays_where_it_was_while_the_thread_grows() {
    let mut watched = three_turns();
    let cursor = watched.thread.snapshot(0, None, 2).unwrap().older_cursor.unwrap();
    for item in ["4", "5", "6"] {
        let (method, params) = message("c", item, "item/completed", "x");
        watched.tell(method, &params);
    }
    assert_eq!(ids(&watched.thread.snapshot(0, Some(&cursor), 2).unwrap()), ["a/2", "c/1"]);
}

#[test]
fn a_cursor_of_another_thread_is_refused() {
    let watched = three_turns();
    for cursor in
        ["", "0", "{}", r#"{"item":["z","1"]}"#, r#"{"item":["a","9"]}"#, r#"{"archived":"z"}"#]
    {
        assert_eq!(watched.thread.snapshot(0, Some(cursor), 2), Err(BadCursor), "{cursor}");
    }
}

#[test]
fn a_thread_holds_32_mib_of_items_and_fetches_the_oldest_again() {
    let text = "x".repeat(1024 * 1024);
    let mut watched = Watched::new();
    for turn in 0..33 {
        let turn = format!("turn{turn}");
        let notes = [
            turn_started(&turn),
            message(&turn, "m", "item/completed", &text),
            turn_completed(&turn, "completed"),
        ];
        for (method, params) in notes {
            watched.thread.apply(method, &raw(&params), 1);
        }
    }
    assert!(watched.thread.bytes() <= MAX_ITEM_BYTES);
    assert_eq!(watched.thread.item_count(), 31);

    let page = watched.thread.snapshot(0, None, 1_000).unwrap();
    assert_eq!(page.thread.turns.len(), 31);
    let cursor = page.older_cursor.unwrap();
    assert_eq!(watched.thread.needs_history(Some(&cursor)), Some(History::Items("turn1".into())));
    let item = |turn: &str| {
        let item = json!({ "type": "agentMessage", "id": "m", "text": text });
        raw(&json!({ "turnId": turn, "item": item }))
    };
    assert_eq!(watched.thread.replay(&[], &[item("turn1")]), []);
    assert_eq!(watched.thread.needs_history(Some(&cursor)), None);
    let page = watched.thread.snapshot(0, Some(&cursor), 1_000).unwrap();
    assert_eq!(ids(&page), ["turn1/m"]);

    let cursor = page.older_cursor.unwrap();
    let need = watched.thread.needs_history(Some(&cursor)).unwrap();
    assert_eq!(need, History::Items("turn0".into()));
    watched.thread.history_gone(&need);
    let page = watched.thread.snapshot(0, Some(&cursor), 1_000).unwrap();
    assert_eq!((ids(&page), page.older_cursor), (vec![], None));
}

#[test]
fn a_resumed_thread_asks_for_the_turns_before_those_it_saw() {
    let mut watched = three_turns();
    watched.thread.set_older_exists(true);
    let cursor = watched.thread.snapshot(0, None, 1_000).unwrap().older_cursor.unwrap();
    assert_eq!(
        watched.thread.needs_history(Some(&cursor)),
        Some(History::TurnsBefore(Some("a".into())))
    );
    let turn = json!({ "id": "z", "status": "completed", "startedAt": 1, "completedAt": 1 });
    let item = json!({ "turnId": "z", "item": { "type": "agentMessage", "id": "1", "text": "x" } });
    assert_eq!(
        watched.thread.replay(&[raw(&turn)], &[raw(&item)]),
        [],
        "what is older is for the next page"
    );
    watched.thread.set_older_exists(false);
    let page = watched.thread.snapshot(0, Some(&cursor), 1_000).unwrap();
    assert_eq!((ids(&page), page.older_cursor), (vec!["z/1".to_owned()], None));
}

#[test]
fn a_command_left_open_in_history_is_closed_with_its_turn() {
    let mut watched = three_turns();
    let item =
        json!({ "type": "commandExecution", "id": "c", "command": "make", "status": "inProgress" });
    let changes = watched.thread.replay(&[], &[raw(&json!({ "turnId": "b", "item": item }))]);
    watched.follow(&changes);
    let state = watched.thread.item(&"b".into(), &"c".into()).unwrap();
    assert_eq!(state.status.as_deref(), Some("interrupted"));
}
