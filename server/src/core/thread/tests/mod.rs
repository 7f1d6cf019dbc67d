//! The reducer on recorded wires, on each trap by itself, and on arrangements of notifications that nobody recorded.

mod arranged;
mod bounds;
mod client;
mod kept;
mod odd;
mod recorded;
mod schema;
mod story;
mod whole;

use serde_json::{Value, json};

use super::Thread;
use crate::protocol::Raw;
use crate::protocol::thread::{ThreadChange, ThreadState};

fn raw(value: &Value) -> Raw {
    Raw::of(value)
}

/// A thread that is told notifications, with a client that follows its changes.
struct Watched {
    thread: Thread,
    client: client::Client,
    at: u64,
}

impl Watched {
    fn new() -> Self {
        let thread = Thread::new("t".into());
        let client = client::Client::of(&thread);
        Self { thread, client, at: 1_000 }
    }

    /// Applies a notification, follows it in the client, and compares what the client has with a fresh snapshot.
    fn tell(&mut self, method: &str, params: &Value) -> Vec<ThreadChange> {
        self.at += 1;
        let applied = self.thread.apply(method, &raw(params), self.at);
        assert_eq!(applied.problem, None, "{method}");
        self.follow(&applied.changes);
        applied.changes
    }

    fn follow(&mut self, changes: &[ThreadChange]) {
        self.client.follow(changes, &self.thread);
        assert_eq!(self.client.state(), client::state_of(&self.thread));
    }

    fn state(&self) -> ThreadState {
        self.thread.snapshot(0, None, usize::MAX).unwrap().thread
    }

    /// Each item of each turn: turn, item, status and text or output.
    fn outline(&self) -> Vec<(String, String, String, String)> {
        let state = self.state();
        let items =
            state.turns.iter().flat_map(|turn| turn.items.iter().map(move |item| (turn, item)));
        items
            .map(|(turn, item)| {
                let text =
                    item.fields.get("text").or(item.fields.get("output")).and_then(Value::as_str);
                let status = item.status.clone().unwrap_or_default();
                (
                    turn.turn_id.to_string(),
                    item.item_id.to_string(),
                    status,
                    text.unwrap_or_default().to_owned(),
                )
            })
            .collect()
    }

    fn markers(&self) -> Vec<(String, String)> {
        let state = self.state();
        let markers = state.turns.iter().flat_map(|turn| &turn.markers);
        markers.map(|marker| (marker.kind.clone(), marker.text.clone())).collect()
    }
}

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

fn turn_started(turn: &str) -> (&'static str, Value) {
    (
        "turn/started",
        json!({ "threadId": "t", "turn": { "id": turn, "rootTurnId": turn, "status": "inProgress", "startedAt": 5 } }),
    )
}

fn turn_completed(turn: &str, status: &str) -> (&'static str, Value) {
    let turn = json!({ "id": turn, "rootTurnId": turn, "status": status, "startedAt": 5, "completedAt": 6 });
    ("turn/completed", json!({ "threadId": "t", "turn": turn }))
}

fn message(turn: &str, item: &str, note: &'static str, text: &str) -> (&'static str, Value) {
    (
        note,
        json!({ "threadId": "t", "turnId": turn, "item": { "type": "agentMessage", "id": item, "text": text } }),
    )
}

fn command(
    turn: &str,
    item: &str,
    note: &'static str,
    status: &str,
    output: Option<&str>,
) -> (&'static str, Value) {
    let item = json!({
        "type": "commandExecution", "id": item, "command": "make", "status": status,
        "processId": null, "aggregatedOutput": output, "startedAtMs": 7,
    });
    (note, json!({ "threadId": "t", "turnId": turn, "item": item }))
}

fn delta(turn: &str, item: &str, text: &str) -> (&'static str, Value) {
    (
        "item/agentMessage/delta",
        json!({ "threadId": "t", "turnId": turn, "itemId": item, "delta": text }),
    )
}

fn output(turn: &str, item: &str, text: &str) -> (&'static str, Value) {
    (
        "item/commandExecution/outputDelta",
        json!({ "threadId": "t", "turnId": turn, "itemId": item, "delta": text }),
    )
}
