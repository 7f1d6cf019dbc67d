//! Hunks as an editor of standard LSP gets them, whole.

mod abilities;

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::{
    clock::Now,
    core::placed::{PlacedHunk, Run},
    protocol::diff::Origin,
};

const EDITOR: SessionId = SessionId(1);
const URI: &str = "file:///w/poem.txt";

/// An editor with one document that has these hunks.
fn world(hunks: &[PlacedHunk]) -> World {
    let mut world = World::new("0.0.0", Now { epoch_ms: 0, micros: 0 });
    let mut state = Session::new(EDITOR, crate::core::session::Origin::default());
    (state.trusted, state.initialized) = (true, true);
    (state.client.markdown, state.client.code_lens_refresh) = (true, true);
    state.opened(URI.to_owned(), 1, Some(""), world.now);
    if let Some(document) = state.documents.get_mut(URI) {
        document.hunks = Arc::from(hunks);
    }
    world.sessions.insert(EDITOR, state);
    world
}

fn hunk(id: &str, first: u32, lines: u32) -> PlacedHunk {
    let runs = vec![Run { first, lines }];
    PlacedHunk { hunk_id: id.to_owned(), staged: false, origin: None, kept: false, runs }
}

fn of_agent(hunk: PlacedHunk) -> PlacedHunk {
    let origin = Origin { thread_id: "t".into(), turn_id: "u".into(), item_id: "i".into() };
    PlacedHunk { origin: Some(origin), ..hunk }
}

fn ask(world: &World, method: &str, params: Value) -> Value {
    let mut params = params;
    params["textDocument"] = json!({ "uri": URI });
    let id = Some(RpcId::Number(1));
    let mut actions = Face::default().standard(world, EDITOR, id, method, &params);
    match actions.pop() {
        Some(Action::Answer { result: Ok(result), .. }) => result.decode().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn range(line: u32, end: u32) -> Value {
    json!({
        "start": { "line": line, "character": 0 }, "end": { "line": end, "character": 10_000 },
    })
}

#[test]
fn what_the_agent_wrote_has_its_choices_above_it_until_it_is_kept_or_staged() {
    let kept = PlacedHunk { kept: true, ..of_agent(hunk("kept", 20, 1)) };
    let staged = PlacedHunk { staged: true, ..of_agent(hunk("staged", 30, 1)) };
    let world = world(&[of_agent(hunk("new", 2, 3)), hunk("own", 10, 1), kept, staged]);
    let lens = |title: &str, command: &str| {
        let command = json!({ "title": title, "command": command, "arguments": [URI, "new"] });
        json!({ "range": range(2, 2), "command": command })
    };
    assert_eq!(
        ask(&world, "textDocument/codeLens", json!({})),
        json!([
            lens("Keep", "outrigger.hunk.keep"),
            lens("Undo", "outrigger.hunk.revert"),
            lens("Stage", "outrigger.hunk.stage"),
        ])
    );
    let mut face = Face::default();
    let redrawn = face.redraw(&world);
    let sent: Vec<(String, Value)> = redrawn
        .messages
        .into_iter()
        .map(|(_, message)| match message {
            Outgoing::Note { method, params } => (method.into_owned(), params.decode().unwrap()),
            Outgoing::Ask { method, .. } => (method.to_owned(), Value::Null),
            other => panic!("{other:?}"),
        })
        .collect();
    let mark = json!({
        "range": range(2, 4), "severity": 3, "source": "outrigger", "code": "agentChange",
        "message": "Codex changed lines 3–5", "data": { "hunkId": "new" },
    });
    assert_eq!(
        sent,
        [
            (
                "textDocument/publishDiagnostics".to_owned(),
                json!({ "uri": URI, "diagnostics": [mark] })
            ),
            ("workspace/codeLens/refresh".to_owned(), Value::Null),
        ]
    );
    assert!(face.redraw(&world).messages.is_empty());
}

#[test]
fn an_editor_that_draws_for_itself_gets_no_lenses_and_no_marks() {
    let mut world = world(&[of_agent(hunk("new", 2, 3))]);
    let state = world.sessions.get_mut(&EDITOR).unwrap();
    (state.inline.code_lens, state.inline.diagnostics) = (false, false);
    assert_eq!(ask(&world, "textDocument/codeLens", json!({})), json!([]));
    assert!(Face::default().redraw(&world).messages.is_empty());
}

#[test]
fn actions_are_those_of_the_hunk_at_the_line() {
    let staged = PlacedHunk { staged: true, ..hunk("staged", 30, 1) };
    let world = world(&[of_agent(hunk("new", 2, 3)), hunk("own", 10, 0), staged]);
    let offered = |first: u32, last: u32, context: Value| -> Vec<Value> {
        let params = json!({ "range": range(first, last), "context": context });
        let actions = ask(&world, "textDocument/codeAction", params);
        let tell = |action: &Value| {
            let command = &action["command"];
            json!([action["kind"], action["title"], command["command"], command["arguments"][1]])
        };
        actions.as_array().unwrap().iter().map(tell).collect()
    };
    let marked = json!({ "diagnostics": [{
        "source": "outrigger", "code": "agentChange", "data": { "hunkId": "new" },
    }] });
    assert_eq!(
        offered(4, 4, marked),
        [
            json!(["quickfix", "Keep: Codex changed lines 3–5", "outrigger.hunk.keep", "new"]),
            json!(["quickfix", "Undo: Codex changed lines 3–5", "outrigger.hunk.revert", "new"]),
            json!(["quickfix", "Stage: Codex changed lines 3–5", "outrigger.hunk.stage", "new"]),
        ]
    );
    let plain = json!({ "diagnostics": [] });
    assert_eq!(
        offered(10, 30, plain.clone()),
        [
            json!(["refactor", "Stage hunk", "outrigger.hunk.stage", "own"]),
            json!(["refactor", "Undo hunk", "outrigger.hunk.revert", "own"]),
            json!(["refactor", "Unstage hunk", "outrigger.hunk.unstage", "staged"]),
        ]
    );
    assert_eq!(offered(5, 9, plain), Vec::<Value>::new());
    assert_eq!(offered(4, 4, json!({ "only": ["quickfix"] })), Vec::<Value>::new());
}

#[test]
fn a_hover_says_who_wrote_a_line() {
    let world = world(&[of_agent(hunk("new", 2, 3)), hunk("own", 10, 1)]);
    let hover = |line: u32| {
        let at = json!({ "position": { "line": line, "character": 0 } });
        ask(&world, "textDocument/hover", at)
    };
    let value = "**Written by Codex**, not reviewed yet\n\nThread t, turn u";
    assert_eq!(
        hover(4),
        json!({ "contents": { "kind": "markdown", "value": value }, "range": range(2, 4) })
    );
    assert_eq!([hover(1), hover(5), hover(10)], [Value::Null, Value::Null, Value::Null]);
}

#[test]
fn a_prompt_says_what_it_says_and_is_no_markup() {
    let said = words::Authorship {
        thread: "A *bold* name",
        turn: "u-1",
        prompt: Some("Fix `a` <b>\n# now"),
        is: "kept",
    };
    assert_eq!(
        said.markdown(),
        "**Written by Codex**, kept\n\n> Fix \\`a\\` \\<b\\> \\# now\n\n\
         Thread A \\*bold\\* name, turn u-1"
    );
    assert_eq!(
        said.plain(),
        "Written by Codex, kept\nPrompt: Fix `a` <b>\n# now\nThread: A *bold* name\nTurn: u-1"
    );
}
