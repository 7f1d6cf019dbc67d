//! What repositories are asked while a turn runs, and when.

use super::*;
use crate::git::{Answer, Request, TurnId};
use crate::protocol::FailureKind;

const ONE: SessionId = SessionId(1);

/// What repositories and the app-server are asked, in order; looks at files for other reasons are left out.
fn asked(effects: &[Effect]) -> Vec<String> {
    let about = |effect: &Effect| match effect {
        Effect::Codex(codex::Command::Request { method, .. }) => Some(method.clone()),
        Effect::Git { command, .. } => match &command.request {
            Request::TurnComes { folder, thread, .. } => {
                Some(format!("{thread} comes in {}", folder.display()))
            }
            Request::TurnBegins { folder, id, .. } => {
                Some(format!("{} begins in {}", id.turn, folder.display()))
            }
            Request::TurnWrote { id, item, heard, .. } => Some(format!(
                "{} {} wrote {:?} since {}, late: {}, asked: {:?}",
                id.turn, item.id, item.paths, item.began_at, heard.late, heard.prompt
            )),
            Request::TurnEnds { id, open, heard, .. } => {
                let open: Vec<&str> = open.iter().map(|item| item.id.as_str()).collect();
                Some(format!("{} ends with {open:?}, late: {}", id.turn, heard.late))
            }
            Request::TurnDiff { turn, runs, .. } => {
                Some(format!("diff of {turn:?}, runs: {}", runs.is_some()))
            }
            Request::TurnUndo { id, .. } => Some(format!("undo of {}", id.turn)),
            _ => None,
        },
        _ => None,
    };
    effects.iter().filter_map(about).collect()
}

fn note(id: &str, status: &str) -> Value {
    json!({ "threadId": "t", "turn": { "id": id, "items": [], "status": status } })
}

fn item(stage: &mut Stage, method: &str, item: Value) -> Vec<String> {
    let params = json!({ "threadId": "t", "turnId": "u", "item": item, "startedAtMs": 5,
        "completedAtMs": 6 });
    asked(&stage.note(method, params))
}

fn command(id: &str) -> Value {
    json!({ "id": id, "type": "commandExecution", "command": "x", "cwd": "/w", "status": "completed",
        "commandActions": [] })
}

/// The repository's answer to the checkpoint that `effects` asked for.
fn taken(stage: &mut Stage, effects: &[Effect]) {
    let token = effects.iter().find_map(|effect| match effect {
        Effect::Git { command, .. } => {
            matches!(command.request, Request::TurnBegins { .. }).then_some(command.token)
        }
        _ => None,
    });
    let result = Ok(Answer::Done);
    stage.step(EventKind::Git { token: token.expect("no checkpoint was asked for"), result });
}

fn opened() -> Stage {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    stage
}

fn diff(stage: &mut Stage, turn: &str) -> Vec<String> {
    let params = json!({ "threadId": "t", "turnId": turn });
    asked(&stage.request(ONE, "outrigger/turn/diff", params).1)
}

#[test]
fn a_turn_is_framed_by_two_checkpoints_and_each_item_that_writes_is_looked_at() {
    let mut stage = opened();
    let input = json!([{ "type": "text", "text": "Translate\nit" }]);
    let params = json!({ "threadId": "t", "input": input });
    let (_, effects) = stage.request(ONE, "codex/turn/start", params);
    assert_eq!(asked(&effects), ["t comes in /w", "turn/start"]);
    let effects = stage.note("turn/started", note("u", "inProgress"));
    assert_eq!(asked(&effects), ["u begins in /w"]);
    taken(&mut stage, &effects);
    let prompt = json!({ "id": "p", "type": "userMessage", "content": input });
    assert_eq!(item(&mut stage, "item/started", prompt), Vec::<String>::new());
    let words = json!({ "id": "m", "type": "agentMessage", "text": "" });
    assert_eq!(item(&mut stage, "item/completed", words), Vec::<String>::new());
    assert_eq!(diff(&mut stage, "u"), ["diff of Some(\"u\"), runs: true"]);

    assert_eq!(item(&mut stage, "item/started", command("c")), Vec::<String>::new());
    assert_eq!(
        item(&mut stage, "item/completed", command("c")),
        [r#"u c wrote None since 5, late: false, asked: Some("Translate")"#]
    );
    let kind = json!({ "type": "update", "move_path": "/w/b" });
    let change = json!({ "path": "/w/a", "kind": kind, "diff": "" });
    let patch =
        json!({ "id": "f", "type": "fileChange", "status": "completed", "changes": [change] });
    item(&mut stage, "item/started", patch.clone());
    assert_eq!(
        item(&mut stage, "item/completed", patch),
        [r#"u f wrote Some(["/w/a", "/w/b"]) since 5, late: false, asked: Some("Translate")"#]
    );

    item(&mut stage, "item/started", command("open"));
    let effects = stage.note("turn/completed", note("u", "completed"));
    assert_eq!(asked(&effects), [r#"u ends with ["open"], late: false"#]);
    assert_eq!(asked(&stage.note("turn/completed", note("u", "completed"))), Vec::<String>::new());
    assert_eq!(diff(&mut stage, "u"), ["diff of Some(\"u\"), runs: false"]);
    let id = TurnId { thread: "t".into(), turn: "u".into() };
    assert_eq!(stage.world.turns.prompt(&id.thread, &id.turn), Some("Translate"));
}

#[test]
fn an_item_that_begins_before_the_checkpoint_is_taken_makes_the_turn_late() {
    let mut stage = opened();
    let effects = stage.note("turn/started", note("u", "inProgress"));
    item(&mut stage, "item/started", command("c"));
    taken(&mut stage, &effects);
    assert_eq!(
        item(&mut stage, "item/completed", command("c")),
        ["u c wrote None since 5, late: true, asked: None"]
    );
    let effects = stage.note("turn/completed", note("u", "completed"));
    assert_eq!(asked(&effects), ["u ends with [], late: true"]);
}

#[test]
fn a_turn_ends_with_the_app_server() {
    let mut stage = opened();
    let effects = stage.note("turn/started", note("u", "inProgress"));
    taken(&mut stage, &effects);
    item(&mut stage, "item/started", command("c"));
    let effects = stage.step(lifecycle::died());
    assert_eq!(asked(&effects), [r#"u ends with ["c"], late: false"#]);
}

#[test]
fn nothing_is_asked_of_a_repository_that_keeps_no_checkpoint() {
    let mut stage = opened();
    let effects = stage.note("turn/started", note("u", "inProgress"));
    let token = effects.iter().find_map(|effect| match effect {
        Effect::Git { command, .. } => Some(command.token),
        _ => None,
    });
    let failure = Failure::new(FailureKind::NotARepository, "There is none.");
    stage.step(EventKind::Git { token: token.unwrap(), result: Err(failure) });
    item(&mut stage, "item/started", command("c"));
    assert_eq!(item(&mut stage, "item/completed", command("c")), Vec::<String>::new());
    let effects = stage.note("turn/completed", note("u", "completed"));
    assert_eq!(asked(&effects), Vec::<String>::new());
}

#[test]
fn a_review_is_known_by_both_of_its_ids() {
    let mut stage = opened();
    let entered = json!({ "type": "enteredReviewMode", "id": "r", "review": "all" });
    let started = json!({ "threadId": "t", "turnId": "outer", "item": entered, "startedAtMs": 5 });
    stage.note("item/started", started);
    let mut inner = note("inner", "inProgress");
    inner["turn"]["rootTurnId"] = json!("outer");
    let effects = stage.note("turn/started", inner);
    assert_eq!(asked(&effects), ["outer begins in /w"]);
    taken(&mut stage, &effects);
    for id in ["inner", "outer"] {
        assert_eq!(diff(&mut stage, id), ["diff of Some(\"outer\"), runs: true"]);
    }
    stage.note("turn/completed", note("inner", "completed"));
    for id in ["inner", "outer"] {
        let params = json!({ "threadId": "t", "turnId": id });
        let effects = stage.request(ONE, "outrigger/turn/undo", params).1;
        assert_eq!(asked(&effects), ["undo of outer"]);
    }
}
