//! One entry of the journal, as it is written.
//!
//! A line of JSON, then the bytes that its edits speak of, one after the other, then a CRC-32C of all before it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{
    Error,
    facts::Entry,
    place::{as_git, from_git},
    splice::Edit,
};

/// The version of this format. A reader refuses a higher one.
pub const VERSION: u32 = 1;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    Stage,
    Unstage,
    Revert,
    /// An earlier entry was taken back.
    Undo,
    /// A tree was put back as a checkpoint has it.
    Restore,
    /// Hunks of a change that the person had not accepted were taken out.
    Refuse,
    /// Hunks were looked at and kept: nothing but this entry changed.
    Keep,
}

/// Where it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    Index,
    WorkingTree,
    /// In a document that an editor has open.
    Document,
}

/// A file at one moment: its mode and the name that its bytes have as a blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub mode: u32,
    pub oid: String,
    /// Announced with `git add -N` only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub intent_to_add: bool,
}

impl From<&Entry> for State {
    fn from(entry: &Entry) -> Self {
        Self { mode: entry.mode, oid: entry.oid.clone(), intent_to_add: false }
    }
}

/// One file of an entry. `None` stands for no file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    pub path: PathText,
    pub before: Option<State>,
    pub after: Option<State>,
    /// The name beside it under which the new file was prepared and the old one may still be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temporary: Option<String>,
}

/// A path as text where it is text, else as its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PathText {
    Text(String),
    Bytes(Vec<u8>),
}

impl From<&Path> for PathText {
    fn from(path: &Path) -> Self {
        let bytes = as_git(path);
        String::from_utf8(bytes).map_or_else(|not| Self::Bytes(not.into_bytes()), Self::Text)
    }
}

impl From<&PathText> for PathBuf {
    fn from(text: &PathText) -> Self {
        match text {
            PathText::Text(text) => text.into(),
            PathText::Bytes(bytes) => from_git(bytes),
        }
    }
}

/// Two trees of which one was put in place of the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trees {
    pub before: String,
    pub after: String,
}

/// Changes of one file that a person looked at, by content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keeps {
    /// Or taken back.
    pub kept: bool,
    pub changes: Vec<super::keep::Mark>,
}

/// What an entry says besides bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    pub version: u32,
    /// Epoch milliseconds.
    pub at: u64,
    pub root: PathText,
    pub action: Action,
    pub place: Place,
    pub files: Vec<Changed>,
    /// Acts that shared this one write; each has a name of its own.
    pub acts: u32,
    /// All of the file was taken, so it is all or nothing for an undo.
    pub whole: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trees: Option<Trees>,
    /// Changes that were kept, or are no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeps: Option<Keeps>,
    edits: Vec<Lengths>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Lengths {
    act: u32,
    at: u64,
    removed: u64,
    inserted: u64,
    lead: u64,
    trail: u64,
}

/// Not the edit of an act, but all of the file before and after: it is written in place, and may be cut short.
pub const WHOLE: u32 = u32::MAX;

/// An edit with everything that is needed to take it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Which of the entry's acts it belongs to, or [`WHOLE`].
    pub act: u32,
    /// Where, in the text before.
    pub at: usize,
    pub removed: Vec<u8>,
    pub inserted: Vec<u8>,
    /// Up to three lines before and after it, in the text after.
    pub lead: Vec<u8>,
    pub trail: Vec<u8>,
}

/// An entry with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub record: Record,
    /// In order and apart.
    pub edits: Vec<Kept>,
}

impl Record {
    pub fn new(at: u64, root: &Path, action: Action, place: Place, files: Vec<Changed>) -> Self {
        Self {
            version: VERSION,
            at,
            root: root.into(),
            action,
            place,
            files,
            acts: 1,
            whole: false,
            undoes: None,
            trees: None,
            keeps: None,
            edits: Vec::new(),
        }
    }
}

/// What is to be kept of these edits of one text. Each goes with the number of its act.
pub fn keep(before: &[u8], edits: &[(u32, Edit)]) -> Vec<Kept> {
    let after = super::splice::apply(before, edits.iter().map(|(_, edit)| edit));
    keep_of(before, &after, edits)
}

/// The same where the text after these edits is at hand.
pub fn keep_of(before: &[u8], after: &[u8], edits: &[(u32, Edit)]) -> Vec<Kept> {
    let mut kept = Vec::with_capacity(edits.len());
    let (mut gone, mut come) = (0, 0);
    for (act, edit) in edits {
        let start = edit.span.start - gone + come;
        let end = start + edit.with.len();
        gone += edit.span.len();
        come += edit.with.len();
        kept.push(Kept {
            act: *act,
            at: edit.span.start,
            removed: before[edit.span.clone()].to_vec(),
            inserted: edit.with.clone(),
            lead: after[lead(after, start)..start].to_vec(),
            trail: after[end..trail(after, end)].to_vec(),
        });
    }
    kept
}

/// Lines around an edit that must be as they were for it to be taken back.
pub const AROUND: usize = 3;

fn lead(text: &[u8], at: usize) -> usize {
    let mut ends = memchr::memrchr_iter(b'\n', &text[..at]);
    // The first is the end of the line just before.
    ends.nth(AROUND).map_or(0, |end| end + 1)
}

fn trail(text: &[u8], at: usize) -> usize {
    let end = memchr::memchr_iter(b'\n', &text[at..]).nth(AROUND - 1);
    end.map_or(text.len(), |end| at + end + 1)
}

impl Written {
    pub fn encode(mut self) -> Result<Vec<u8>, Error> {
        self.record.edits = self.edits.iter().map(Kept::lengths).collect();
        let mut bytes = serde_json::to_vec(&self.record)
            .map_err(|error| Error::io("writing the journal")(error.into()))?;
        bytes.push(b'\n');
        for edit in &self.edits {
            for part in [&edit.removed, &edit.inserted, &edit.lead, &edit.trail] {
                bytes.extend_from_slice(part);
            }
        }
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        Ok(bytes)
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        let (body, crc) = bytes.split_last_chunk::<4>().ok_or("it is cut short")?;
        if crc32c::crc32c(body) != u32::from_le_bytes(*crc) {
            return Err("its checksum is wrong".into());
        }
        let end = memchr::memchr(b'\n', body).ok_or("it has no first line")?;
        let record: Record =
            serde_json::from_slice(&body[..end]).map_err(|error| error.to_string())?;
        if record.version > VERSION {
            return Err(format!("it has version {}", record.version));
        }
        let mut rest = &body[end + 1..];
        let mut take = |length: u64| {
            let (part, left) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            rest = left;
            Some(part.to_vec())
        };
        let mut edits = Vec::with_capacity(record.edits.len());
        for lengths in &record.edits {
            let edit = (|| {
                Some(Kept {
                    act: lengths.act,
                    at: usize::try_from(lengths.at).ok()?,
                    removed: take(lengths.removed)?,
                    inserted: take(lengths.inserted)?,
                    lead: take(lengths.lead)?,
                    trail: take(lengths.trail)?,
                })
            })();
            edits.push(edit.ok_or("its bytes are cut short")?);
        }
        let record = Record { edits: Vec::new(), ..record };
        Ok(Self { record, edits })
    }
}

impl Kept {
    fn lengths(&self) -> Lengths {
        Lengths {
            act: self.act,
            at: self.at as u64,
            removed: self.removed.len() as u64,
            inserted: self.inserted.len() as u64,
            lead: self.lead.len() as u64,
            trail: self.trail.len() as u64,
        }
    }
}
