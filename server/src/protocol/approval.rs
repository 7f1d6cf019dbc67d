//! What Codex asks a person: approvals, questions, elicitations.

use serde::{Deserialize, Serialize};

use super::{
    ApprovalId, FailureKind, ItemId, Raw, ThreadId, TurnId,
    diff::{Hunk, HunkRange},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum ApprovalKind {
    Command,
    FileChange,
    Permissions,
    Question,
    Elicitation,
    ToolCall,
}

/// One pending request of the app-server. Parts that do not apply are null.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    pub approval_id: ApprovalId,
    pub kind: ApprovalKind,
    /// The app-server's method, for a client that answers a kind by its exact schema.
    pub method: String,
    pub thread_id: Option<ThreadId>,
    pub turn_id: Option<TurnId>,
    pub item_id: Option<ItemId>,
    /// Epoch milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub requested_at: u64,
    pub reason: Option<String>,
    pub cwd: Option<String>,
    pub command: Option<String>,
    pub command_actions: Option<Raw>,
    pub network: Option<Raw>,
    pub changes: Option<Vec<ProposedChange>>,
    pub questions: Option<Raw>,
    pub elicitation: Option<Raw>,
    pub permissions: Option<Raw>,
    pub options: Vec<DecisionOption>,
    /// The app-server's params, as it sent them.
    pub request: Raw,
    /// Once it is accepted: the hunks that were not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<HunkRef>>"))]
    pub refused_hunks: Vec<HunkRef>,
}

/// A hunk of `outrigger/approval/proposed`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HunkRef {
    /// The file's, as it is named in `changes`.
    pub uri: String,
    pub hunk_id: String,
}

/// What became of the hunks that were left out of an accepted change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HunksRefused {
    pub approval_id: ApprovalId,
    pub thread_id: ThreadId,
    pub turn_id: TurnId,
    pub hunks: Vec<HunkRef>,
    /// The entry that took them out; null where the change was never written.
    pub journal_id: Option<String>,
    /// Why they stayed in.
    pub failure: Option<RefusalFailed>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RefusalFailed {
    pub kind: FailureKind,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    Add,
    Delete,
    Update,
}

/// A change to one file, before it is written.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ProposedChange {
    /// A `file:` URI.
    pub uri: String,
    pub kind: ChangeKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub moved_to: Option<String>,
    /// Always unified.
    pub diff: String,
    pub hunks: Vec<HunkRange>,
}

/// How far a decision reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum DecisionScope {
    Once,
    Session,
    Always,
    No,
    Stop,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct DecisionOption {
    /// The app-server's own value, to be sent verbatim.
    pub decision: Raw,
    pub label: String,
    pub scope: DecisionScope,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    Decided,
    TurnEnded,
    AppServerExited,
    Withdrawn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Delivery {
    Sent,
    Confirmed,
    AppServerExited,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct ApprovalListParams {
    #[cfg_attr(test, ts(optional = nullable))]
    pub thread_id: Option<ThreadId>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ApprovalList {
    pub approvals: Vec<Approval>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct DecideParams {
    pub approval_id: ApprovalId,
    #[cfg_attr(test, ts(type = "unknown"))]
    pub decision: serde_json::Value,
    /// With `"accept"` of a change of files: the hunks that are taken out again once it is written.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<HunkRef>>"))]
    pub refused_hunks: Vec<HunkRef>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ApprovalRequested {
    pub approval: Approval,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ApprovalRef {
    pub approval_id: ApprovalId,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ApprovalResolved {
    pub approval_id: ApprovalId,
    pub outcome: Outcome,
    /// The editor that decided, by the name it gave in `initialize`.
    pub decided_by: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProposedFiles {
    pub files: Vec<ProposedFile>,
}

/// One file as it is and as it would be. A text is null where there is no such file, or where it
/// is not UTF-8 text or too large to show.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ProposedFile {
    pub uri: String,
    pub kind: ChangeKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub moved_to: Option<String>,
    pub old_text: Option<String>,
    pub new_text: Option<String>,
    pub hunks: Vec<Hunk>,
    /// Why the change does not fit the file as it is on disk; null when it does.
    pub conflict: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct HistoryParams {
    #[cfg_attr(test, ts(optional = nullable))]
    pub thread_id: Option<ThreadId>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub limit: Option<u32>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct History {
    pub entries: Vec<HistoryEntry>,
    pub next_cursor: Option<String>,
}

/// One row of the audit trail: what was asked and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    // An `Approval`, as it was told.
    #[cfg_attr(test, ts(as = "Approval"))]
    pub approval: Raw,
    pub outcome: Outcome,
    pub decision: Option<Raw>,
    pub decided_by: Option<String>,
    #[cfg_attr(test, ts(type = "number"))]
    pub resolved_at: u64,
    pub delivery: Option<Delivery>,
}
