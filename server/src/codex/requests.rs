//! What Outrigger itself sends to the app-server: requests and the one notification.
//!
//! An editor's own `codex/*` requests are not built here; they pass through as they came.

use serde::Serialize;
use serde_json::{Value, json};

/// The notification that ends the handshake; it has no params.
pub const INITIALIZED: &str = "initialized";

/// A request, without the id that the link gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub method: &'static str,
    pub params: Value,
}

/// Settings of a thread that is started, resumed or forked; what is left out is the person's own configuration.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadSettings<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_provider: Option<&'a str>,
    /// `untrusted`, `on-request`, `never`, or an object for a granular policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_policy: Option<&'a Value>,
    /// `read-only`, `workspace-write` or `danger-full-access`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<&'a str>,
    /// What is configured for this thread alone, its MCP servers say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<&'a Value>,
}

/// Settings of one turn; they stick to the thread from then on.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TurnSettings<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<&'a str>,
    /// As [`ThreadSettings::approval_policy`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_policy: Option<&'a Value>,
    /// A tagged object, `{"type":"workspaceWrite"}`: not the strings of [`ThreadSettings::sandbox`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox_policy: Option<&'a Value>,
    /// Comes back as the user message's `clientId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_user_message_id: Option<&'a str>,
}

/// Which part of a list to fetch.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_direction: Option<SortDirection>,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SortDirection {
    Asc,
    Desc,
}

/// Where a fork leaves the thread it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForkPoint<'a> {
    /// All that the thread has.
    End,
    /// This turn is the last one taken along.
    After(&'a str),
    /// This turn and all later ones are left out.
    Before(&'a str),
}

/// Opens the connection, experimental methods included: the contract is the schema that has them.
pub fn initialize(version: &str) -> Request {
    Request {
        method: "initialize",
        params: json!({
            "clientInfo": { "name": "outrigger", "title": "Outrigger", "version": version },
            "capabilities": { "experimentalApi": true },
        }),
    }
}

/// Starts a thread.
pub fn thread_start(settings: &ThreadSettings<'_>) -> Request {
    Request { method: "thread/start", params: merged(json!({}), settings) }
}

/// Loads a stored thread and subscribes to it; its turns are fetched apart, page by page.
pub fn thread_resume(thread_id: &str, settings: &ThreadSettings<'_>) -> Request {
    let base = json!({ "threadId": thread_id, "excludeTurns": true });
    Request { method: "thread/resume", params: merged(base, settings) }
}

/// Starts a new thread from the history of another one.
pub fn thread_fork(thread_id: &str, at: ForkPoint<'_>, settings: &ThreadSettings<'_>) -> Request {
    let mut base = json!({ "threadId": thread_id, "excludeTurns": true });
    match at {
        ForkPoint::End => {}
        ForkPoint::After(turn_id) => base["lastTurnId"] = turn_id.into(),
        ForkPoint::Before(turn_id) => base["beforeTurnId"] = turn_id.into(),
    }
    Request { method: "thread/fork", params: merged(base, settings) }
}

/// Reads a thread without its turns; reading never resumes it.
pub fn thread_read(thread_id: &str) -> Request {
    Request {
        method: "thread/read",
        params: json!({ "threadId": thread_id, "includeTurns": false }),
    }
}

/// Lists the stored threads, of one directory or of all.
pub fn thread_list(cwd: Option<&str>, archived: bool, page: &Page<'_>) -> Request {
    let mut base = json!({ "archived": archived });
    if let Some(cwd) = cwd {
        base["cwd"] = cwd.into();
    }
    Request { method: "thread/list", params: merged(base, page) }
}

/// Lists the turns of a thread without their items.
pub fn thread_turns_list(thread_id: &str, page: &Page<'_>) -> Request {
    let base = json!({ "threadId": thread_id, "itemsView": "notLoaded" });
    Request { method: "thread/turns/list", params: merged(base, page) }
}

/// Lists the items of a thread, or of one of its turns.
pub fn thread_items_list(thread_id: &str, turn_id: Option<&str>, page: &Page<'_>) -> Request {
    let mut base = json!({ "threadId": thread_id });
    if let Some(turn_id) = turn_id {
        base["turnId"] = turn_id.into();
    }
    Request { method: "thread/items/list", params: merged(base, page) }
}

/// Ends this connection's subscription to a thread.
pub fn thread_unsubscribe(thread_id: &str) -> Request {
    Request { method: "thread/unsubscribe", params: json!({ "threadId": thread_id }) }
}

/// Lists the commands of a thread that still run.
pub fn background_terminals_list(thread_id: &str, page: &Page<'_>) -> Request {
    let Page { cursor, limit, .. } = *page;
    let base = json!({ "threadId": thread_id });
    Request {
        method: "thread/backgroundTerminals/list",
        params: merged(base, &Page { cursor, limit, sort_direction: None }),
    }
}

/// Ends one command that still runs.
pub fn background_terminals_terminate(thread_id: &str, process_id: &str) -> Request {
    Request {
        method: "thread/backgroundTerminals/terminate",
        params: json!({ "threadId": thread_id, "processId": process_id }),
    }
}

/// Starts a turn, or steers the one that runs. Never sent twice.
pub fn turn_start(thread_id: &str, text: &str, settings: &TurnSettings<'_>) -> Request {
    let base = json!({ "threadId": thread_id, "input": text_input(text) });
    Request { method: "turn/start", params: merged(base, settings) }
}

/// Adds to the turn that runs; refused when another turn runs, or none.
pub fn turn_steer(thread_id: &str, expected_turn_id: &str, text: &str) -> Request {
    Request {
        method: "turn/steer",
        params: json!({
            "threadId": thread_id,
            "expectedTurnId": expected_turn_id,
            "input": text_input(text),
        }),
    }
}

/// Ends a turn; the processes it started go on.
pub fn turn_interrupt(thread_id: &str, turn_id: &str) -> Request {
    Request {
        method: "turn/interrupt",
        params: json!({ "threadId": thread_id, "turnId": turn_id }),
    }
}

fn text_input(text: &str) -> Value {
    json!([{ "type": "text", "text": text }])
}

/// `base` with the fields of `settings` added.
fn merged(mut base: Value, settings: &impl Serialize) -> Value {
    // A struct of strings and numbers always serialises to an object; anything else would add nothing.
    if let (Value::Object(base), Ok(Value::Object(more))) =
        (&mut base, serde_json::to_value(settings))
    {
        base.extend(more);
    }
    base
}
