//! Files that an editor has open with edits that are not on the disk: what is to be done to such a file is done to its
//! document, by the editor, and never behind it.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Error,
    acts::{Scene, path_of, state},
    diff::{Change, changes},
    facts::REGULAR,
    hunks::Side,
    journal::id,
    place::{Content, OnDisk},
    record::{Action, Changed, Kept, Place, Record, Written, keep},
    select::{Asked, Finder, Refused, Selection},
    snapshot::{Pair, Snapshot},
    splice::{Chosen, Direction, LineEdit, edit},
    undo::Back,
};
use crate::protocol::document::{BOM, is_text_of};

/// A document that an editor has open and that may have edits which are not on the disk.
#[derive(Clone, Debug)]
pub struct OpenDocument {
    /// What the asker knows it by.
    pub number: usize,
    pub path: PathBuf,
    /// `None` where it is too large to be held.
    pub text: Option<Arc<str>>,
    /// Edited since it was opened or saved, as far as the editor told.
    pub edited: bool,
    /// It can be changed through its editor.
    pub editable: bool,
}

/// What an editor is to do to a document. The journal has it already, as something that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InDocument {
    pub journal_id: String,
    /// In order and apart.
    pub edits: Vec<TextEdit>,
}

/// These bytes of a document's text become others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    pub span: Range<usize>,
    pub with: String,
}

/// What came of asking for edits of a document.
pub enum Planned {
    Edits(InDocument),
    /// There is nothing to edit: only the disk has it, such as a mode, or that the file is there at all.
    OnDiskOnly,
}

impl OpenDocument {
    /// Whether it has a text that is not on the disk.
    pub fn is_unsaved(&self, disk: &OnDisk) -> bool {
        let Some(text) = &self.text else { return self.edited };
        let same = match disk {
            OnDisk::File(file) => is_text_of(text, &file.bytes),
            _ => None,
        };
        same.map_or(self.edited, |same| !same)
    }
}

impl Scene<'_> {
    /// The edits by which a document loses what is chosen of its file. A hunk is the same hunk in the document where the
    /// same lines of the index have become the same lines.
    pub fn revert_in_document(
        &self,
        path: &Path,
        asked: &Asked<'_>,
        text: &str,
    ) -> Result<Planned, Refused> {
        let saved = Snapshot::take(self.repository, path).map_err(Refused::Because)?;
        if !matches!(saved.disk, OnDisk::File(_)) {
            return Ok(Planned::OnDiskOnly);
        }
        let (raw, hidden) = with_bom(&saved.disk, text);
        let there = Snapshot::of(self.repository, path, as_file(&saved.disk, &raw))
            .map_err(Refused::Because)?;
        let pair = there.pair(Side::Unstaged).map_err(Refused::Because)?;
        let edits = match asked.selection {
            Selection::File => all(&pair).map_err(Refused::Because)?,
            Selection::Hunks(targets) => {
                let mut finder = Finder::new(&saved, Side::Unstaged, Direction::Backward)
                    .map_err(Refused::Because)?;
                let resolved = finder.resolve(targets, &asked.told)?;
                if resolved.mode {
                    return Ok(Planned::OnDiskOnly);
                }
                carried(&finder.pair, &pair, &resolved.edits)
                    .map_err(Refused::Because)?
                    .ok_or(Refused::Stale)?
            }
        };
        let by_line: Vec<(u32, LineEdit)> = edits.into_iter().map(|edit| (0, edit)).collect();
        let (new, edits) =
            self.carry_to_disk(&there, &pair, &raw, &by_line).map_err(Refused::Because)?;
        if new.is_empty() && there.indexed.entry.is_none() {
            // It would have to go.
            return Ok(Planned::OnDiskOnly);
        }
        let kept = keep(&raw, &edits);
        let mode = there.working_mode().unwrap_or(REGULAR);
        self.announce(Action::Revert, path, mode, (&raw, &new), kept, None, hidden)
            .map_err(Refused::Because)
    }

    /// The edits by which a document gets back what an act of the journal took.
    pub fn undo_in_document(
        &self,
        journal_id: &str,
        written: &Written,
        act: u32,
        text: &str,
    ) -> Result<Planned, Error> {
        let [changed] = written.record.files.as_slice() else { return Ok(Planned::OnDiskOnly) };
        let path = path_of(changed);
        let saved = Snapshot::take(self.repository, &path)?;
        if !matches!(saved.disk, OnDisk::File(_)) {
            return Ok(Planned::OnDiskOnly);
        }
        let (raw, hidden) = with_bom(&saved.disk, text);
        let mode = saved.working_mode().unwrap_or(REGULAR);
        let now = state(mode, &raw)?;
        let back = Back::of(written, act, changed, Some(&now), &raw, &path)?;
        let (Some(wanted), Some(new)) = (back.state, back.text) else {
            return Ok(Planned::OnDiskOnly);
        };
        if wanted.mode != mode {
            return Ok(Planned::OnDiskOnly);
        }
        let texts = (raw.as_slice(), new.as_slice());
        self.announce(Action::Undo, &path, mode, texts, back.edits, Some(journal_id), hidden)
    }

    #[expect(clippy::too_many_arguments, reason = "all of it is one entry of the journal")]
    fn announce(
        &self,
        action: Action,
        path: &Path,
        mode: u32,
        (before, after): (&[u8], &[u8]),
        edits: Vec<Kept>,
        undoes: Option<&str>,
        hidden: usize,
    ) -> Result<Planned, Error> {
        let told = told(&edits, hidden).filter(|told| !told.is_empty());
        let Some(told) = told else { return Ok(Planned::OnDiskOnly) };
        let changed = Changed {
            path: path.into(),
            before: Some(state(mode, before)?),
            after: Some(state(mode, after)?),
            temporary: None,
        };
        let root = &self.repository.root;
        let mut record = Record::new(self.at, root, action, Place::Document, vec![changed]);
        record.undoes = undoes.map(str::to_owned);
        let number = self.journal.begin(Written { record, edits })?;
        Ok(Planned::Edits(InDocument { journal_id: id(number, 0), edits: told }))
    }
}

/// The document's text as it would be saved, and how many bytes of that an editor does not show.
fn with_bom(disk: &OnDisk, text: &str) -> (Vec<u8>, usize) {
    let marked = matches!(disk, OnDisk::File(file) if file.bytes.starts_with(BOM.as_bytes()));
    if marked && !text.starts_with(BOM) {
        ([BOM, text].concat().into_bytes(), BOM.len())
    } else {
        (text.as_bytes().to_vec(), 0)
    }
}

fn as_file(disk: &OnDisk, raw: &[u8]) -> OnDisk {
    match disk {
        OnDisk::File(file) => OnDisk::File(Content { bytes: raw.to_vec(), ..file.clone() }),
        other => other.clone(),
    }
}

/// The edits as an editor takes them; `None` where they are no text, or are about what it does not show.
fn told(edits: &[Kept], hidden: usize) -> Option<Vec<TextEdit>> {
    let told = edits.iter().map(|edit| {
        let end = edit.at + edit.removed.len();
        let mut with = std::str::from_utf8(&edit.inserted).ok()?;
        let mut start = edit.at;
        if start < hidden {
            with = with.strip_prefix(BOM)?;
            start = hidden;
        }
        Some(TextEdit { span: start - hidden..end.checked_sub(hidden)?, with: with.to_owned() })
    });
    told.collect()
}

/// All that the document has differently from the index.
fn all(pair: &Pair<'_>) -> Result<Vec<LineEdit>, Error> {
    let all = changes(pair.old_text, pair.new_text, 1)?;
    Ok(all.iter().map(|change| edit(pair, change, &Chosen::All, Direction::Backward)).collect())
}

/// The same edits in another text that was made of the same old one; `None` where one of its changes is not there.
fn carried(
    from: &Pair<'_>,
    to: &Pair<'_>,
    edits: &[LineEdit],
) -> Result<Option<Vec<LineEdit>>, Error> {
    // With no context git looks for changes in another way, and so do those who named them so.
    for context in [1, 0] {
        let (there, here) = (
            changes(from.old_text, from.new_text, context)?,
            changes(to.old_text, to.new_text, context)?,
        );
        let found: Option<Vec<LineEdit>> = edits
            .iter()
            .map(|edit| {
                let change = there.iter().find(|change| change.new == edit.lines)?;
                let same = |one: &&Change| {
                    one.old == change.old
                        && to.new.slice(one.new.clone()) == from.new.slice(change.new.clone())
                };
                let lines = here.iter().find(same)?.new.clone();
                Some(LineEdit { lines, with: edit.with.clone() })
            })
            .collect();
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
