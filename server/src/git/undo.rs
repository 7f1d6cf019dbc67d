//! Taking an act of the journal back, unless something newer would be lost by it.

use std::path::{Path, PathBuf};

use super::{
    Error,
    acts::{Scene, disk_state, indexed_state, new_file, on_disk, path_of, state},
    facts::{Entry, REGULAR, SUBMODULE, Source, is_empty_blob},
    index::{IndexLock, Wanted},
    journal::id,
    publish::{publish, temporary},
    record::{AROUND, Action, Changed, Keeps, Kept, Place, Record, State, Written, keep},
    snapshot::Snapshot,
    splice::{Edit, apply},
};

impl Scene<'_> {
    /// Takes one act back; returns the name of the entry that says so, and the files it was about.
    pub fn undo(&self, journal_id: &str) -> Result<(String, Vec<PathBuf>), Error> {
        let (written, act) = self.journal.read(journal_id)?;
        let paths: Vec<PathBuf> = written.record.files.iter().map(path_of).collect();
        if let Some(keeps) = &written.record.keeps {
            let keeps = Keeps { kept: !keeps.kept, changes: keeps.changes.clone() };
            let files = written.record.files.clone();
            let number = self.keep(Action::Undo, files, keeps, Some(journal_id))?;
            return Ok((id(number, 0), paths));
        }
        let number = match (written.record.files.as_slice(), paths.as_slice()) {
            ([changed], [path]) if written.record.place == Place::Index => {
                self.undo_index(journal_id, &written, act, changed, path)?
            }
            ([changed], [path]) => self.undo_disk(journal_id, &written, act, changed, path)?,
            _ => self.undo_all(journal_id, &written)?,
        };
        Ok((id(number, 0), paths))
    }

    /// Writes down that changes were kept, or are no longer. Nothing else is done.
    pub fn keep(
        &self,
        action: Action,
        files: Vec<Changed>,
        keeps: Keeps,
        undoes: Option<&str>,
    ) -> Result<u64, Error> {
        let mut record =
            Record::new(self.at, &self.repository.root, action, Place::WorkingTree, files);
        record.keeps = Some(keeps);
        record.undoes = undoes.map(str::to_owned);
        let number = self.journal.begin(Written { record, edits: Vec::new() })?;
        self.journal.finish(number)?;
        Ok(number)
    }

    fn undo_index(
        &self,
        journal_id: &str,
        written: &Written,
        act: u32,
        changed: &Changed,
        path: &Path,
    ) -> Result<u64, Error> {
        let lock = IndexLock::take(self.repository, &self.journal.mark)?;
        let snapshot = Snapshot::take(self.repository, path)?;
        if snapshot.indexed.conflicted {
            return Err(Error::Conflicted(path.to_owned()));
        }
        let now = indexed_state(&snapshot);
        let text = match snapshot.indexed.entry.as_ref() {
            Some(entry) if entry.mode != SUBMODULE && !written.record.whole => {
                self.repository.blob(&entry.oid)?
            }
            _ => Vec::new(),
        };
        let back = Back::of(written, act, changed, now.as_ref(), &text, path)?;
        let wanted = match (&back.state, &back.text) {
            (None, _) => Wanted::Nothing,
            (Some(state), _) if state.intent_to_add => Wanted::IntentToAdd,
            (Some(state), Some(text)) => {
                Wanted::Entry(Entry { mode: state.mode, oid: self.repository.keep_blob(text)? })
            }
            (Some(state), None) => {
                Wanted::Entry(Entry { mode: state.mode, oid: state.oid.clone() })
            }
        };
        let after = match &wanted {
            Wanted::Entry(entry) => Some(State::from(entry)),
            Wanted::IntentToAdd => back.state.clone(),
            Wanted::Nothing => None,
        };
        let record = self.undoing(
            journal_id,
            written,
            Changed { path: changed.path.clone(), before: now, after, temporary: None },
        );
        let number = self.journal.begin(Written { record, edits: back.edits })?;
        if let Err(error) = lock.write(&[(path, wanted)]) {
            self.journal.abandon(number)?;
            return Err(error);
        }
        self.journal.finish(number)?;
        Ok(number)
    }

    fn undo_disk(
        &self,
        journal_id: &str,
        written: &Written,
        act: u32,
        changed: &Changed,
        path: &Path,
    ) -> Result<u64, Error> {
        let snapshot = Snapshot::take(self.repository, path)?;
        let now = disk_state(&snapshot.disk)?;
        let back = Back::of(written, act, changed, now.as_ref(), on_disk(&snapshot), path)?;
        let bytes = back.text.unwrap_or_default();
        let mode = back.state.as_ref().map(|state| state.mode);
        let name = temporary();
        let record = self.undoing(
            journal_id,
            written,
            Changed {
                path: changed.path.clone(),
                before: now,
                after: mode.map(|mode| state(mode, &bytes)).transpose()?,
                temporary: Some(name.clone()),
            },
        );
        let number = self.journal.begin(Written { record, edits: back.edits })?;
        let new = new_file(mode.map(|mode| (mode, bytes.as_slice())));
        match publish(&self.repository.root, path, &snapshot.disk, &new, &name) {
            Ok(true) => self.journal.finish(number).map(|()| number),
            Ok(false) => {
                self.journal.abandon(number)?;
                Err(Error::Changed(vec![path.to_owned()]))
            }
            Err(error) => {
                self.journal.abandon(number)?;
                Err(error)
            }
        }
    }

    fn undoing(&self, journal_id: &str, written: &Written, changed: Changed) -> Record {
        let place = match written.record.place {
            Place::Index => Place::Index,
            Place::WorkingTree | Place::Document => Place::WorkingTree,
        };
        let mut record =
            Record::new(self.at, &self.repository.root, Action::Undo, place, vec![changed]);
        record.undoes = Some(journal_id.to_owned());
        record.whole = written.record.whole;
        record
    }
}

/// What a file is to be when an act is taken back.
pub struct Back {
    pub state: Option<State>,
    /// `None` where the bytes are not in the journal, only their name.
    pub text: Option<Vec<u8>>,
    pub edits: Vec<Kept>,
}

impl Back {
    pub fn of(
        written: &Written,
        act: u32,
        changed: &Changed,
        now: Option<&State>,
        text: &[u8],
        path: &Path,
    ) -> Result<Self, Error> {
        let refused = || Error::Changed(vec![path.to_owned()]);
        let untouched = now == changed.after.as_ref();
        if written.record.whole {
            let Some(only) = written.edits.first() else { return Err(refused()) };
            if !untouched {
                return Err(refused());
            }
            // Too large to be kept here, or without bytes of its own.
            let named = changed.before.as_ref().is_some_and(|before| {
                let no_bytes = only.removed.is_empty() && !is_empty_blob(&before.oid);
                before.mode == SUBMODULE || (no_bytes && !before.intent_to_add)
            });
            let edit = Edit { span: 0..only.inserted.len(), with: only.removed.clone() };
            return Ok(Self {
                state: changed.before.clone(),
                text: (!named).then(|| only.removed.clone()),
                edits: keep(&only.inserted, &[(0, edit)]),
            });
        }
        let edits = if untouched {
            in_place(&written.edits, act)
        } else {
            found_again(text, &written.edits, act).ok_or_else(refused)?
        };
        let alone = written.record.acts == 1;
        let came_or_went = changed.before.is_none() || changed.after.is_none();
        let mode_only = !written.edits.iter().any(|edit| edit.act == act);
        let changes_mode = changed.before.as_ref().map(|state| state.mode)
            != changed.after.as_ref().map(|state| state.mode);
        if !untouched && (came_or_went || (mode_only && changes_mode)) {
            return Err(refused());
        }
        let result = apply(text, edits.iter());
        let kept: Vec<(u32, Edit)> = edits.into_iter().map(|edit| (0, edit)).collect();
        let state = if (untouched && alone) || (mode_only && changes_mode) {
            changed.before.clone()
        } else if result.is_empty() && changed.before.is_none() {
            None
        } else {
            let mode = now.or(changed.before.as_ref()).map_or(REGULAR, |state| state.mode);
            Some(super::acts::state(mode, &result)?)
        };
        Ok(Self { state, text: Some(result), edits: keep(text, &kept) })
    }
}

/// The inverse edits of one act, in the text that its write left behind.
fn in_place(edits: &[Kept], act: u32) -> Vec<Edit> {
    let (mut gone, mut come) = (0, 0);
    let mut found = Vec::new();
    for edit in edits {
        let start = edit.at - gone + come;
        if edit.act == act {
            let span = start..start + edit.inserted.len();
            found.push(Edit { span, with: edit.removed.clone() });
        }
        gone += edit.removed.len();
        come += edit.inserted.len();
    }
    found
}

/// The same in a text that has changed since: each where its lines and those around it are, if that is one place only.
fn found_again(text: &[u8], edits: &[Kept], act: u32) -> Option<Vec<Edit>> {
    let mut found = Vec::new();
    for edit in edits.iter().filter(|edit| edit.act == act) {
        let needle = [edit.lead.as_slice(), &edit.inserted, &edit.trail].concat();
        let lines = |part: &[u8]| memchr::memchr_iter(b'\n', part).count();
        // Fewer lines around than are always taken mean the start or the end of the file.
        let (first, last) = (lines(&edit.lead) < AROUND, lines(&edit.trail) < AROUND);
        let fits = |at: &usize| {
            let starts_line = *at == 0 || text[*at - 1] == b'\n';
            starts_line && (!first || *at == 0) && (!last || *at + needle.len() == text.len())
        };
        if needle.is_empty() {
            return None;
        }
        let mut places = memchr::memmem::find_iter(text, &needle).filter(fits);
        let (Some(at), None) = (places.next(), places.next()) else { return None };
        let start = at + edit.lead.len();
        found.push(Edit { span: start..start + edit.inserted.len(), with: edit.removed.clone() });
    }
    found.sort_by_key(|edit| edit.span.start);
    let apart = found.windows(2).all(|two| two[0].span.end <= two[1].span.start);
    apart.then_some(found)
}
