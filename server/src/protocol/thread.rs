//! A thread as an editor sees it: a snapshot, and the changes that follow it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ItemId, Raw, ThreadId, TurnId};

/// One step of a thread's state. `text` appends to `field`; the others carry the whole value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ThreadChange {
    pub op: ChangeOp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub turn_id: Option<TurnId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub item_id: Option<ItemId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub value: Option<Raw>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub append: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum ChangeOp {
    Turn,
    Item,
    Text,
    Marker,
    Status,
    Usage,
    Reset,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ThreadChanged {
    pub thread_id: ThreadId,
    /// Goes up by one with every note; on a gap, or on `reset`, take a snapshot.
    #[cfg_attr(test, ts(type = "number"))]
    pub revision: u64,
    pub changes: Vec<ThreadChange>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ThreadRef {
    pub thread_id: ThreadId,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct SnapshotParams {
    pub thread_id: ThreadId,
    /// An `olderCursor`: the items before it.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub before: Option<String>,
    /// Items at the most, 1 to 1,000; 200 when left out.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub limit: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    #[cfg_attr(test, ts(type = "number"))]
    pub revision: u64,
    pub thread: ThreadState,
    pub older_cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ThreadState {
    pub thread_id: ThreadId,
    pub name: Option<String>,
    pub cwd: Option<String>,
    /// The app-server's own status object.
    pub status: Raw,
    pub model: Option<String>,
    pub turns: Vec<TurnState>,
    pub usage: Option<Raw>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TurnState {
    pub turn_id: TurnId,
    /// `inProgress`, `completed`, `failed`, `interrupted`, or what a newer app-server says.
    pub status: String,
    pub error: Option<Raw>,
    #[cfg_attr(test, ts(type = "number | null"))]
    pub started_at: Option<u64>,
    #[cfg_attr(test, ts(type = "number | null"))]
    pub completed_at: Option<u64>,
    /// What Codex means to do: `{ explanation, plan: [{ step, status }] }`, as the app-server last told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "unknown"))]
    pub plan: Option<Raw>,
    pub items: Vec<ItemState>,
    pub markers: Vec<Marker>,
}

/// An item: its id, type and status, and the item's own fields beside them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ItemState {
    pub item_id: ItemId,
    #[serde(rename = "type")]
    pub kind: String,
    pub status: Option<String>,
    /// Set when a text over 64 KiB was cut; `outrigger/thread/item` has it whole.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub truncated: bool,
    #[serde(flatten)]
    #[cfg_attr(test, ts(skip))]
    pub fields: Map<String, Value>,
}

/// Something that happened in a turn and is no item: a warning, a rerouted model, an interruption.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Marker {
    pub kind: String,
    pub text: String,
    /// Epoch milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub at: u64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ItemRef {
    pub thread_id: ThreadId,
    pub turn_id: TurnId,
    pub item_id: ItemId,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ItemWhole {
    pub item: ItemState,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Running {
    pub processes: Vec<RunningProcess>,
}

/// A command of the agent that still runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RunningProcess {
    pub process_id: String,
    pub command: String,
    #[cfg_attr(test, ts(type = "number | null"))]
    pub started_at: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct EndProcessParams {
    pub thread_id: ThreadId,
    pub process_id: String,
}

/// A message that waits for the running turn to end.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct QueuedMessage {
    pub id: String,
    /// The `input` of the `turn/start` that will send it.
    pub input: Raw,
    #[cfg_attr(test, ts(type = "number"))]
    pub queued_at: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Queue {
    pub messages: Vec<QueuedMessage>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct QueueAddParams {
    pub thread_id: ThreadId,
    #[cfg_attr(test, ts(type = "unknown[]"))]
    pub input: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct QueueUpdateParams {
    pub thread_id: ThreadId,
    pub id: String,
    #[cfg_attr(test, ts(type = "unknown[]"))]
    pub input: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct QueueRemoveParams {
    pub thread_id: ThreadId,
    pub id: String,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct QueueReorderParams {
    pub thread_id: ThreadId,
    /// Every queued id, in the new order.
    pub ids: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct QueueChanged {
    pub thread_id: ThreadId,
    pub messages: Vec<QueuedMessage>,
}
