//! The agent's turns as changes of files: what a turn did, taking it back, and what is still to be looked at.

use serde::{Deserialize, Serialize};

use super::{
    ThreadId, TurnId,
    diff::{FileDiff, Hunk},
};

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TurnDiffParams {
    pub thread_id: ThreadId,
    /// Without it, the last turn.
    #[cfg_attr(test, ts(optional = nullable))]
    pub turn_id: Option<TurnId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TurnDiff {
    pub files: Vec<FileDiff>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TurnUndoParams {
    pub thread_id: ThreadId,
    pub turn_id: TurnId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TurnUndone {
    /// Takes this back by `outrigger/hunk/undo`; null where the turn changed nothing.
    pub journal_id: Option<String>,
    /// The files that are as they were before the turn.
    pub uris: Vec<String>,
    /// What is in no checkpoint, and so was neither looked at nor put back.
    pub left_out: Vec<String>,
    /// The agent may have written something before the first checkpoint was taken, and that is still there.
    #[serde(skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub late: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct ReviewListParams {
    /// Unchanged lines around each change; 3 where nothing is said, as git has it.
    #[cfg_attr(test, ts(optional = nullable))]
    pub context_lines: Option<u32>,
}

/// The agent's hunks of one file that were neither staged nor kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FileReview {
    pub uri: String,
    pub hunks: Vec<Hunk>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReviewList {
    pub files: Vec<FileReview>,
}

/// The list of what is to be looked at may be another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReviewChanged {}
