//! Hunks at their lines: what the agent wrote and nobody looked at yet, and the choices for any other.

use serde_json::{Value, json};

use super::words;
use crate::{
    core::{World, placed::PlacedHunk, session::Session},
    protocol::diff::Origin,
};

/// Hunks of one document that are drawn.
const MAX_DRAWN: usize = 500;

/// The hunks of a document, by the name that its editor has for it.
fn of<'s>(state: &'s Session, uri: &str) -> (String, &'s [PlacedHunk]) {
    let named = state
        .documents
        .get_key_value(uri)
        .or_else(|| state.documents.iter().find(|(open, _)| crate::paths::same_file(open, uri)));
    match named.filter(|_| state.trusted && state.initialized) {
        Some((uri, document)) => (uri.clone(), &document.hunks),
        None => (uri.to_owned(), &[]),
    }
}

fn to_review(hunks: &[PlacedHunk]) -> impl Iterator<Item = &PlacedHunk> {
    hunks.iter().filter(|hunk| hunk.awaits_review()).take(MAX_DRAWN)
}

/// What the lenses of a session are made of, but for their lines, which move with the text in the editor itself.
pub fn lens_signature(state: &Session) -> Vec<String> {
    let mut signature = Vec::new();
    for uri in state.documents.keys() {
        let (uri, hunks) = of(state, uri);
        signature.extend(to_review(hunks).map(|hunk| format!("{uri} {}", hunk.hunk_id)));
    }
    signature
}

pub fn lenses(state: &Session, uri: &str) -> Vec<Value> {
    let (uri, hunks) = of(state, uri);
    let mut lenses = Vec::new();
    for hunk in to_review(hunks) {
        let (line, _) = hunk.bounds();
        for (title, command) in REVIEW {
            lenses.push(json!({
                "range": super::draw::range(line, 0),
                "command": called(title, command, &uri, hunk),
            }));
        }
    }
    lenses
}

/// The choices for what the agent wrote.
const REVIEW: [(&str, &str); 3] = [
    ("Keep", "outrigger.hunk.keep"),
    ("Undo", "outrigger.hunk.revert"),
    ("Stage", "outrigger.hunk.stage"),
];

fn called(title: &str, command: &str, uri: &str, hunk: &PlacedHunk) -> Value {
    json!({ "title": title, "command": command, "arguments": [uri, hunk.hunk_id] })
}

/// The choices for the hunks at these lines.
pub fn actions(
    world: &World,
    state: &Session,
    uri: &str,
    at: &super::draw::Asked<'_>,
) -> Vec<Value> {
    let (uri, hunks) = of(state, uri);
    let mut actions = Vec::new();
    for hunk in hunks {
        let (first, last) = hunk.bounds();
        if !at.touches(first, last) {
            continue;
        }
        let marked = at.marked("/data/hunkId", &hunk.hunk_id);
        let kind = if marked.is_empty() { "refactor" } else { "quickfix" };
        if !at.wants(kind) {
            continue;
        }
        let mut offer = |title: &str, says: String, command: &str| {
            actions.push(json!({
                "title": says,
                "kind": kind,
                "diagnostics": marked,
                "command": called(title, command, &uri, hunk),
            }));
        };
        if hunk.awaits_review() {
            let what = headline(world, hunk);
            for (title, command) in REVIEW {
                offer(title, format!("{title}: {what}"), command);
            }
        } else if hunk.staged {
            offer("Unstage", "Unstage hunk".to_owned(), "outrigger.hunk.unstage");
        } else {
            offer("Stage", "Stage hunk".to_owned(), "outrigger.hunk.stage");
            offer("Undo", "Undo hunk".to_owned(), "outrigger.hunk.revert");
        }
    }
    actions
}

pub fn diagnostics(world: &World, state: &Session, uri: &str) -> Vec<Value> {
    let (_, hunks) = of(state, uri);
    let marks = to_review(hunks).map(|hunk| {
        let (first, last) = hunk.bounds();
        json!({
            "range": super::draw::range(first, last - first),
            "severity": 3,
            "source": "outrigger",
            "code": "agentChange",
            "message": headline(world, hunk),
            "data": { "hunkId": hunk.hunk_id },
        })
    });
    marks.collect()
}

/// Which lines, and what for.
fn headline(world: &World, hunk: &PlacedHunk) -> String {
    let (first, last) = hunk.bounds();
    let added = hunk.runs.iter().any(|run| run.lines > 0);
    let lines = words::changed(first + 1, last + 1, added);
    let prompt = hunk.origin.as_ref().and_then(|origin| prompt(world, origin));
    prompt.map_or(lines.clone(), |prompt| format!("{lines}: {}", words::shortened(prompt)))
}

fn prompt<'w>(world: &'w World, origin: &Origin) -> Option<&'w str> {
    world.turns.prompt(&origin.thread_id, &origin.turn_id)
}

/// Who wrote this line, if the agent did.
pub fn hover(world: &World, state: &Session, uri: &str, line: u32) -> Value {
    let (_, hunks) = of(state, uri);
    let here = hunks.iter().find(|hunk| hunk.origin.is_some() && hunk.wrote(line));
    let Some((hunk, origin)) = here.and_then(|hunk| Some((hunk, hunk.origin.as_ref()?))) else {
        return Value::Null;
    };
    let thread = world.threads.get(&origin.thread_id).and_then(|entry| entry.thread.name());
    let what = words::Authorship {
        thread: thread.unwrap_or(&origin.thread_id),
        turn: &origin.turn_id,
        prompt: prompt(world, origin),
        is: match hunk {
            hunk if hunk.staged => "staged",
            hunk if hunk.kept => "kept",
            _ => "not reviewed yet",
        },
    };
    let run = hunk.runs.iter().find(|run| (run.first..run.first + run.lines).contains(&line));
    let (kind, value) = if state.client.markdown {
        ("markdown", what.markdown())
    } else {
        ("plaintext", what.plain())
    };
    json!({
        "contents": { "kind": kind, "value": value },
        "range": run.map(|run| super::draw::range(run.first, run.lines.saturating_sub(1))),
    })
}
