//! What is kept, over an orderly end.

use outrigger::{
    protocol::{
        Raw,
        approval::{Delivery, HistoryEntry},
        thread::QueuedMessage,
    },
    store::{
        Answer, Error, Request, approvals, atoms, grants, live,
        queue::{self, State},
    },
};
use serde_json::json;

use super::desk::{Desk, decided};

fn history(desk: &mut Desk, limit: u32, before: Option<u64>) -> (Vec<HistoryEntry>, Option<u64>) {
    let page = approvals::Request::Page { thread: Some("t".into()), limit, before };
    match desk.ask(Request::Approval(page)) {
        Ok(Answer::History { entries, next }) => (entries, next),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_audit_trail_comes_in_pages_and_knows_what_did_not_arrive() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(home.path());
    for id in ["a", "b", "c"] {
        assert_eq!(desk.ask(decided(id)), Ok(Answer::Done));
    }
    let confirmed = approvals::Request::Deliver { id: "b".into(), delivery: Delivery::Confirmed };
    assert_eq!(desk.ask(Request::Approval(confirmed)), Ok(Answer::Changed(true)));
    let first_run = desk.run;
    desk.close();

    let mut desk = Desk::open(home.path());
    assert_eq!((desk.run, desk.notices()), (first_run + 1, vec![]));
    let (newest, next) = history(&mut desk, 2, None);
    let (oldest, end) = history(&mut desk, 2, next);
    assert_eq!((newest.len(), oldest.len(), end), (2, 1, None));
    let told = |entry: &HistoryEntry| (entry.approval.as_str().to_owned(), entry.delivery);
    let row = |id: &str| format!(r#"{{"approvalId":"{id}","command":"echo [REDACTED]"}}"#);
    assert_eq!(
        newest.iter().chain(&oldest).map(told).collect::<Vec<_>>(),
        [
            (row("c"), Some(Delivery::AppServerExited)),
            (row("b"), Some(Delivery::Confirmed)),
            (row("a"), Some(Delivery::AppServerExited)),
        ]
    );
    let find = |id: &str| Request::Approval(approvals::Request::Find { id: id.into() });
    assert_eq!(desk.ask(find("b")), Ok(Answer::Entry(Some(newest[1].clone()))));
    assert_eq!(desk.ask(find("z")), Ok(Answer::Entry(None)));
}

#[test]
fn of_two_who_write_one_atom_the_later_is_told() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(home.path());
    let (draft, other) = (Raw::of(&json!({ "text": "hunter2" })), Raw::of(&json!("x")));
    let set = |value: &Raw, if_revision| {
        let (key, value) = ("draft/t".to_owned(), value.clone());
        Request::Atom(atoms::Request::Set { key, value, if_revision })
    };
    let delete =
        |if_revision| Request::Atom(atoms::Request::Delete { key: "draft/t".into(), if_revision });
    let conflict = |revision| Err(Error::Conflict { revision });
    assert_eq!(desk.ask(set(&draft, Some(0))), Ok(Answer::Revision(1)));
    assert_eq!(desk.ask(set(&other, Some(0))), conflict(1));
    assert_eq!(desk.ask(set(&draft, Some(1))), Ok(Answer::Revision(2)));
    assert_eq!(desk.ask(set(&other, Some(1))), conflict(2));
    desk.close();

    let mut desk = Desk::open(home.path());
    let list = |prefix: &str| Request::Atom(atoms::Request::List { prefix: prefix.into() });
    let whole = atoms::Atom { key: "draft/t".into(), value: draft, revision: 2 };
    assert_eq!(desk.ask(list("draft/")), Ok(Answer::Atoms(vec![whole.clone()])));
    assert_eq!(desk.ask(list("draft0")), Ok(Answer::Atoms(vec![])));
    assert_eq!(desk.ask(delete(Some(1))), conflict(2));
    assert_eq!(desk.ask(delete(None)), Ok(Answer::Changed(true)));
    assert_eq!(desk.ask(delete(None)), Ok(Answer::Changed(false)));
    // What held the deleted one's revision cannot take the new one for it.
    assert_eq!(desk.ask(set(&other, Some(0))), Ok(Answer::Revision(4)));
    let get = Request::Atom(atoms::Request::Get { key: "draft/t".into() });
    let new = atoms::Atom { value: other, revision: 4, ..whole };
    assert_eq!(desk.ask(get), Ok(Answer::Atom(Some(new))));
}

#[test]
fn an_atom_has_its_bounds() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(home.path());
    let mut set = |key: String, value: &str| {
        let value = Raw::of(value);
        desk.ask(Request::Atom(atoms::Request::Set { key, value, if_revision: None }))
    };
    let long = set("k".repeat(257), "");
    assert_eq!(long, Err(Error::Limit { what: "bytes of a key", limit: 256 }));
    let large = set("k".into(), &"v".repeat(1 << 20));
    assert_eq!(large, Err(Error::Limit { what: "bytes of a value", limit: 1 << 20 }));
    assert_eq!(set("k".repeat(256), &"v".repeat((1 << 20) - 2)), Ok(Answer::Revision(1)));
}

fn message(id: &str) -> QueuedMessage {
    QueuedMessage { id: id.into(), input: Raw::of(&json!([id])), queued_at: 1 }
}

fn queue(desk: &mut Desk) -> Vec<(String, State)> {
    match desk.ask(Request::Queue(queue::Request::Load)) {
        Ok(Answer::Queue(rows)) => {
            rows.into_iter().map(|row| (row.message.id, row.state)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_on_its_way_can_no_longer_be_changed() {
    use queue::Request as Q;
    let home = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(home.path());
    for id in ["a", "b", "c"] {
        let add = Q::Add { thread: "t".into(), message: message(id) };
        assert_eq!(desk.ask(Request::Queue(add)), Ok(Answer::Done));
    }
    let reorder = |ids: &[&str]| Q::Reorder {
        thread: "t".into(),
        ids: ids.iter().map(|&id| id.to_owned()).collect(),
    };
    let id = |id: &str| id.to_owned();
    for (request, changed) in [
        (reorder(&["c", "a"]), false),
        (reorder(&["c", "a", "a"]), false),
        (reorder(&["c", "a", "b"]), true),
        (Q::Send { id: id("c") }, true),
        (Q::Send { id: id("c") }, false),
        (Q::Update { id: id("c"), input: Raw::null() }, false),
        (Q::Remove { id: id("c") }, false),
        (Q::Hold { thread: "t".into() }, true),
        (Q::Remove { id: id("b") }, true),
        (Q::Update { id: id("b"), input: Raw::null() }, false),
    ] {
        assert_eq!(
            desk.ask(Request::Queue(request.clone())),
            Ok(Answer::Changed(changed)),
            "{request:?}"
        );
    }
    desk.close();
    let mut desk = Desk::open(home.path());
    assert_eq!(queue(&mut desk), [(id("c"), State::Sending), (id("a"), State::Held)]);
    let unsent = Q::Unsent { id: id("c"), state: State::Waiting };
    assert_eq!(desk.ask(Request::Queue(unsent)), Ok(Answer::Changed(true)));
    assert_eq!(desk.ask(Request::Queue(Q::Sent { id: id("a") })), Ok(Answer::Changed(true)));
    assert_eq!(queue(&mut desk), [(id("c"), State::Waiting)]);
}

#[test]
fn a_queue_takes_a_hundred_messages() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(home.path());
    let mut add = |n: usize| {
        let message = message(&n.to_string());
        desk.ask(Request::Queue(queue::Request::Add { thread: "t".into(), message }))
    };
    for n in 0..100 {
        assert_eq!(add(n), Ok(Answer::Done));
    }
    let full = Error::Limit { what: "messages that wait for one thread", limit: 100 };
    assert_eq!(add(100), Err(full));
}

#[test]
fn a_threads_oldest_turns_make_room_for_its_newest() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(home.path());
    let body = Raw::of(&"x".repeat(3 << 20));
    let keep = |turn: &str, body: &Raw| {
        let turn = live::Turn { turn: turn.into(), body: body.clone() };
        Request::Live(live::Request::Keep { thread: "t".into(), turn })
    };
    for turn in ["1", "2", "3", "4", "5"] {
        assert_eq!(desk.ask(keep(turn, &body)), Ok(Answer::Done));
    }
    assert_eq!(desk.ask(keep("5", &body)), Ok(Answer::Done));
    assert_eq!(desk.ask(keep("6", &body)), Ok(Answer::Done));
    let list = Request::Live(live::Request::List { thread: "t".into() });
    let Ok(Answer::Turns(turns)) = desk.ask(list.clone()) else { panic!("no turns") };
    let kept: Vec<&str> = turns.iter().map(|turn| turn.turn.as_str()).collect();
    assert_eq!(kept, ["2", "3", "4", "5", "6"]);
    let over = Error::Limit { what: "bytes of what is kept of a turn", limit: 4 << 20 };
    assert_eq!(desk.ask(keep("7", &Raw::of(&"x".repeat(4 << 20)))), Err(over));
    let forget = Request::Live(live::Request::ForgetThread { thread: "t".into() });
    assert_eq!(desk.ask(forget.clone()), Ok(Answer::Changed(true)));
    assert_eq!(desk.ask(list), Ok(Answer::Turns(vec![])));
    assert_eq!(desk.ask(forget), Ok(Answer::Changed(false)));
}

#[test]
fn grants_are_there_again() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(home.path());
    let grant = grants::Grant { path: vec![b'/', 0xff], added_at: 7 };
    assert_eq!(
        desk.ask(Request::Grant(grants::Request::Add(grant.clone()))),
        Ok(Answer::Changed(true))
    );
    desk.close();

    let mut desk = Desk::open(home.path());
    let grants = desk.ask(Request::Grant(grants::Request::List));
    assert_eq!(grants, Ok(Answer::Grants(vec![grant])));
}

#[cfg(unix)]
#[test]
fn only_this_user_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(home.path());
    desk.ask(decided("a")).unwrap();
    let mut files: Vec<(String, u32)> = std::fs::read_dir(home.path())
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            (entry.file_name().into_string().unwrap(), mode)
        })
        .collect();
    files.sort();
    let private = |name: &str| (name.to_owned(), 0o600);
    assert_eq!(files, ["outrigger.db", "outrigger.db-shm", "outrigger.db-wal"].map(private));
}
