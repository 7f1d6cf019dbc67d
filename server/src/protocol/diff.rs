//! Hunks as every editor sees them.

use serde::{Deserialize, Serialize};

/// The end of a line as it stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = r#""\n" | "\r\n" | """#))]
pub enum Eol {
    #[serde(rename = "\n")]
    Lf,
    #[serde(rename = "\r\n")]
    CrLf,
    #[serde(rename = "")]
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum LineKind {
    Context,
    Added,
    Removed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HunkLine {
    pub kind: LineKind,
    /// Without its line ending; lossy where the bytes are not UTF-8.
    pub text: String,
    pub eol: Eol,
    /// The bytes that `text` stands for, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub base64: Option<String>,
    /// The words that the line in its place does not have, from and to, in UTF-16 units of `text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub emphasis: Option<Vec<[u32; 2]>>,
}

/// A change of a file's mode, such as from `100644` to `100755`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ModeChange {
    pub old: String,
    pub new: String,
}

/// A run of changed lines. Line numbers are git's: 1-based, 0 before the first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Hunk {
    pub hunk_id: String,
    pub old_start: u32,
    pub old_lines: u32,
    pub new_start: u32,
    pub new_lines: u32,
    pub lines: Vec<HunkLine>,
    /// The hunk is this and has no lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub mode_change: Option<ModeChange>,
    /// The agent's work that wrote it; null where a person did, or nobody knows.
    pub origin: Option<Origin>,
    /// A person looked at the agent's hunk and kept it.
    #[serde(skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub kept: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(super) fn is_false(flag: &bool) -> bool {
    !flag
}

/// The item of a turn that wrote something.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    pub thread_id: String,
    pub turn_id: String,
    pub item_id: String,
}

/// What a file is to git.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum FileStatus {
    Unmodified,
    Modified,
    Added,
    Deleted,
    Renamed,
    Untracked,
    Ignored,
    Conflicted,
    Binary,
    Submodule,
    Symlink,
    TypeChanged,
}

/// The hunks of one file, and what it is to git where it has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct FileHunks {
    pub uri: String,
    /// Higher whenever the file, its staged text or its last commit is another one.
    #[cfg_attr(test, ts(type = "number"))]
    pub revision: u64,
    pub status: FileStatus,
    /// From the index to the working tree.
    pub unstaged: Vec<Hunk>,
    /// From the last commit to the index.
    pub staged: Vec<Hunk>,
}

/// What one file is in two trees, and the hunks from one to the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct FileDiff {
    pub uri: String,
    pub status: FileStatus,
    pub hunks: Vec<Hunk>,
}

/// Where a hunk is, without its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HunkRange {
    pub old_start: u32,
    pub old_lines: u32,
    pub new_start: u32,
    pub new_lines: u32,
}
