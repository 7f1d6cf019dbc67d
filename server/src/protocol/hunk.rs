//! Hunks of the person's files: what is asked of them, and the journal of what was done.

use serde::{Deserialize, Serialize};

use super::diff::{FileStatus, Hunk, is_false};

pub use super::diff::FileHunks;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HunkListParams {
    /// A `file:` URI.
    pub uri: String,
    /// Unchanged lines around each change; 3 where nothing is said, as git has it.
    #[cfg_attr(test, ts(optional = nullable))]
    pub context_lines: Option<u32>,
    /// With the words that differ within changed lines.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub emphasis: bool,
}

/// Lines of a hunk: removed ones by old number, added ones by new number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct HunkLines {
    pub old: Vec<u32>,
    pub new: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HunkTarget {
    pub hunk_id: String,
    /// A part of the hunk; without it, all of it.
    #[cfg_attr(test, ts(optional = nullable))]
    pub lines: Option<HunkLines>,
}

/// How much of a file's hunks an answer holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum HunkAnswer {
    #[default]
    Full,
    /// Their ids alone.
    Ids,
}

/// Which hunks of a file: one, or several of which all or none are taken.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HunkActParams {
    pub uri: String,
    #[cfg_attr(test, ts(optional = nullable))]
    pub hunk_id: Option<String>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub lines: Option<HunkLines>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub targets: Option<Vec<HunkTarget>>,
    /// Of the list that line numbers are counted in; the last one told to this session, where nothing is said.
    #[cfg_attr(test, ts(optional = nullable, type = "number"))]
    pub revision: Option<u64>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub answer: Option<HunkAnswer>,
}

/// A whole file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct FileActParams {
    pub uri: String,
    #[cfg_attr(test, ts(optional = nullable))]
    pub answer: Option<HunkAnswer>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HunkActed {
    /// The file's hunks as they are now.
    pub hunks: HunksTold,
    /// Takes this act back by `outrigger/hunk/undo`.
    pub journal_id: String,
    /// It was done in a document with unsaved edits, by its editor; `hunks` are those of the file, which is as it was.
    #[serde(skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub unsaved: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(untagged)]
pub enum HunksTold {
    Full(FileHunks),
    Ids(HunkIds),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HunkIds {
    pub uri: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub revision: u64,
    pub status: FileStatus,
    pub unstaged: Vec<String>,
    pub staged: Vec<String>,
}

impl From<&FileHunks> for HunkIds {
    fn from(hunks: &FileHunks) -> Self {
        let ids = |hunks: &[Hunk]| hunks.iter().map(|hunk| hunk.hunk_id.clone()).collect();
        Self {
            uri: hunks.uri.clone(),
            revision: hunks.revision,
            status: hunks.status,
            unstaged: ids(&hunks.unstaged),
            staged: ids(&hunks.staged),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HunkUndoParams {
    pub journal_id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HunkUndone {
    /// The file's hunks as they are now; null where the act was one of several files.
    pub hunks: Option<FileHunks>,
    /// The hunks of each, where the act was one of several files; of more than a hundred, of the first ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub files: Option<Vec<FileHunks>>,
    /// The undo is an act of its own, which can be taken back in turn.
    pub journal_id: String,
    /// It was done in a document with unsaved edits, by its editor; `hunks` are those of the file, which is as it was.
    #[serde(skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub unsaved: bool,
}

/// Which hunks of a file a person keeps: one or several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HunkKeepParams {
    pub uri: String,
    #[cfg_attr(test, ts(optional = nullable))]
    pub hunk_id: Option<String>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub targets: Option<Vec<HunkName>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HunkName {
    pub hunk_id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HunkKept {
    /// Takes this back by `outrigger/hunk/undo`.
    pub journal_id: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct HunkJournalParams {
    #[cfg_attr(test, ts(optional = nullable))]
    pub uri: Option<String>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub limit: Option<u32>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub cursor: Option<String>,
}

/// What was done, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HunkJournal {
    pub entries: Vec<JournalEntry>,
    pub next_cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HunkJournaledParams {
    pub journal_id: String,
}

/// What an entry of the journal replaced, file by file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HunkJournaled {
    pub files: Vec<JournaledFile>,
}

/// A text is lossy where it is not UTF-8, cut at 1 MiB, and null where there was no file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JournaledFile {
    pub uri: String,
    pub before: Option<String>,
    pub after: Option<String>,
    /// The texts are the whole file; else the lines of the act, with up to three around them.
    pub whole: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum JournalAction {
    Stage,
    Unstage,
    Revert,
    Undo,
    Restore,
    /// Hunks that a person had not accepted were taken out of a change of the agent.
    Refuse,
    Keep,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct JournalEntry {
    pub journal_id: String,
    pub action: JournalAction,
    /// The files that it changed, in the index or in the working tree.
    pub uris: Vec<String>,
    /// Epoch milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub at: u64,
    /// The entry that this one took back.
    pub undoes: Option<String>,
    /// The entry that took this one back.
    pub undone_by: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HunkChanged {
    pub uri: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub revision: u64,
}
