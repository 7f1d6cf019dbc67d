//! Stage, unstage and revert: look, decide, write down, do.

use std::path::{Path, PathBuf};

use git2::{ObjectType, Oid};

use super::{
    Error, Unsupported,
    clean::{clean, smudge},
    facts::{EXECUTABLE, Entry, REGULAR, SUBMODULE, SYMLINK, Source},
    hunks::Side,
    index::{IndexLock, Wanted},
    journal::{Journal, id},
    lines::Lines,
    place::OnDisk,
    publish::{New, publish, temporary},
    record::{Action, Changed, Kept, Place, Record, State, WHOLE, Written, keep, keep_of},
    repository::Repository,
    select::{Asked, Finder, Refused, Selection},
    snapshot::{Pair, Snapshot},
    splice::{Direction, Edit, Edits, LineEdit, apply, in_bytes},
    text::Text,
};
use crate::protocol::diff::FileStatus;

/// The context of the list that is told after an act, as a rule.
const LISTED: u32 = 3;

/// Everything that an act needs besides what it is about.
pub struct Scene<'a> {
    pub repository: &'a Repository,
    pub journal: &'a Journal,
    /// Epoch milliseconds.
    pub at: u64,
}

/// What a person does to hunks of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Stage,
    Unstage,
    /// The unstaged change goes from the working tree.
    Revert,
}

/// The names of the entries, or why there is none, one for each selection.
pub type Outcomes = Vec<Result<String, Refused>>;

impl Scene<'_> {
    /// Does what these selections ask of one file, in one write. Each gets what it asks for or is refused as a whole.
    pub fn act(&self, act: Act, path: &Path, asked: &[Asked<'_>]) -> Result<Outcomes, Error> {
        match act {
            Act::Revert => self.revert(path, asked),
            Act::Stage | Act::Unstage => self.index(act, path, asked),
        }
    }

    fn index(&self, act: Act, path: &Path, asked: &[Asked<'_>]) -> Result<Outcomes, Error> {
        let lock = IndexLock::take(self.repository, &self.journal.mark)?;
        // Only what is read under the lock counts.
        let snapshot = Snapshot::take(self.repository, path)?;
        let (side, direction, action) = match act {
            Act::Stage => (Side::Unstaged, Direction::Forward, Action::Stage),
            Act::Unstage | Act::Revert => (Side::Staged, Direction::Backward, Action::Unstage),
        };
        if let [Asked { selection: Selection::File, .. }] = asked {
            let wanted = match act {
                Act::Stage => self.whole_stage(&snapshot)?,
                Act::Unstage | Act::Revert => whole_unstage(&snapshot)?,
            };
            return self.write_whole(&lock, &snapshot, action, wanted).map(|id| vec![Ok(id)]);
        }
        let mut finder = Finder::new(&snapshot, side, direction)?;
        let plan = Plan::of(&mut finder, asked);
        let base = match direction {
            Direction::Forward => finder.pair.old_text,
            Direction::Backward => finder.pair.new_text,
        };
        let edits = in_bytes(&base.lines(), &plan.edits)?;
        if plan.acts == 0 {
            return Ok(plan.outcomes(0));
        }
        let text = Text::new(apply(base, plain(&edits)));
        let (gone, mode) = match act {
            Act::Stage => (!snapshot.is_on_disk(), snapshot.working_mode()),
            Act::Unstage | Act::Revert => {
                let committed = snapshot.committed.as_ref();
                (committed.is_none(), committed.map(|entry| entry.mode))
            }
        };
        let indexed = snapshot.indexed.entry.as_ref().map(|entry| entry.mode);
        // A hunk leaves the mode as it is; where there is no entry yet, the other side knows it.
        let mode = if plan.mode { mode.or(indexed) } else { indexed.or(mode) }.unwrap_or(REGULAR);
        let wanted = if text.is_empty() && gone {
            Wanted::Nothing
        } else {
            // Where this fails, the list that is told after the act says why.
            let ahead = || snapshot.expect(&text, LISTED);
            Wanted::Entry(Entry { mode, oid: self.repository.keep_text_while(&text, ahead)? })
        };
        let mut record = self.record(&snapshot, action, &wanted);
        record.acts = plan.acts;
        let number = self.journal.begin(Written { record, edits: keep_of(base, &text, &edits) })?;
        self.write(&lock, path, wanted, number)?;
        Ok(plan.outcomes(number))
    }

    fn write(
        &self,
        lock: &IndexLock<'_>,
        path: &Path,
        wanted: Wanted,
        number: u64,
    ) -> Result<(), Error> {
        if let Err(error) = lock.write(&[(path, wanted)]) {
            self.journal.abandon(number)?;
            return Err(error);
        }
        self.journal.finish(number)
    }

    fn record(&self, snapshot: &Snapshot, action: Action, wanted: &Wanted) -> Record {
        let after = match wanted {
            Wanted::Entry(entry) => Some(State::from(entry)),
            Wanted::IntentToAdd | Wanted::Nothing => None,
        };
        let path = snapshot.path.as_path().into();
        let changed = Changed { path, before: indexed_state(snapshot), after, temporary: None };
        Record::new(self.at, &self.repository.root, action, Place::Index, vec![changed])
    }

    fn write_whole(
        &self,
        lock: &IndexLock<'_>,
        snapshot: &Snapshot,
        action: Action,
        wanted: Wanted,
    ) -> Result<String, Error> {
        let text = |state: Option<&State>| -> Result<Vec<u8>, Error> {
            match state {
                Some(state) if state.mode != SUBMODULE && !state.intent_to_add => {
                    // Beyond the limit the repository alone has it.
                    let size = self.repository.blob_size(&state.oid)?;
                    let fits = size <= super::limits::MAX_BYTES;
                    if fits { self.repository.blob(&state.oid) } else { Ok(Vec::new()) }
                }
                _ => Ok(Vec::new()),
            }
        };
        let mut record = self.record(snapshot, action, &wanted);
        record.whole = true;
        let changed = &record.files[0];
        let (before, after) = (text(changed.before.as_ref())?, text(changed.after.as_ref())?);
        let edit = Edit { span: 0..before.len(), with: after };
        let number = self.journal.begin(Written { record, edits: keep(&before, &[(0, edit)]) })?;
        self.write(lock, &snapshot.path, wanted, number)?;
        Ok(id(number, 0))
    }

    /// What `git add` would make of the file.
    fn whole_stage(&self, snapshot: &Snapshot) -> Result<Wanted, Error> {
        let (repository, path) = (self.repository, snapshot.path.as_path());
        match snapshot.status {
            FileStatus::Conflicted => return Err(Error::Conflicted(path.to_owned())),
            FileStatus::Ignored => return Err(Error::Unsupported(Unsupported::Ignored)),
            _ if snapshot.indexed.unwatched => {
                return Err(Error::Unsupported(Unsupported::NoHunks));
            }
            _ => {}
        }
        let regular =
            |mode: Option<u32>| mode.filter(|mode| *mode == EXECUTABLE).unwrap_or(REGULAR);
        let mode = regular(snapshot.working_mode());
        let entry = match &snapshot.disk {
            OnDisk::File(file) => {
                let staged = snapshot
                    .indexed
                    .entry
                    .as_ref()
                    .filter(|entry| entry.mode & 0o170_000 == 0o100_000);
                let staged = staged.map(|entry| repository.blob(&entry.oid)).transpose()?;
                let text =
                    clean(repository, &snapshot.conversion, path, &file.bytes, staged.as_deref())?;
                Entry { mode, oid: repository.keep_blob(&text)? }
            }
            OnDisk::Large(_) => {
                let printed = repository.git.run(arguments!["hash-object", "-w", "--", path])?;
                Entry { mode, oid: super::facts::named(&printed)? }
            }
            OnDisk::Symlink(target) => Entry { mode: SYMLINK, oid: repository.keep_blob(target)? },
            OnDisk::Directory if snapshot.status == FileStatus::Submodule => {
                let inside = repository.git.beside(&repository.root.join(path));
                let printed = inside.run(arguments!["rev-parse", "HEAD"])?;
                Entry { mode: SUBMODULE, oid: super::facts::named(&printed)? }
            }
            OnDisk::Directory | OnDisk::Absent | OnDisk::Special => return Ok(Wanted::Nothing),
        };
        Ok(Wanted::Entry(entry))
    }

    fn revert(&self, path: &Path, asked: &[Asked<'_>]) -> Result<Outcomes, Error> {
        let snapshot = Snapshot::take(self.repository, path)?;
        if let [Asked { selection: Selection::File, .. }] = asked {
            return self.whole_revert(&snapshot).map(|id| vec![Ok(id)]);
        }
        let mut finder = Finder::new(&snapshot, Side::Unstaged, Direction::Backward)?;
        let plan = Plan::of(&mut finder, asked);
        let clean_text = finder.pair.new_text;
        let edits = in_bytes(&finder.pair.new, &plan.edits)?;
        if plan.acts == 0 {
            return Ok(plan.outcomes(0));
        }
        let raw = on_disk(&snapshot);
        let (text, edits) = self.to_disk(&snapshot, clean_text, raw, edits, &plan.edits)?;
        let indexed = snapshot.indexed.entry.as_ref().filter(|_| !snapshot.indexed.intent_to_add);
        let mode = if plan.mode || !snapshot.is_on_disk() {
            indexed.map(|entry| entry.mode)
        } else {
            None
        };
        let mode = mode.or(snapshot.working_mode()).unwrap_or(REGULAR);
        let new = (!text.is_empty() || indexed.is_some()).then_some((mode, text.as_slice()));
        let number = self.publish(&snapshot, new, plan.acts, false, keep(raw, &edits))?;
        Ok(match number {
            Some(number) => plan.outcomes(number),
            None => plan.all_stale(),
        })
    }

    /// The bytes that this file would have after these edits of what git would stage of it, and its own edits.
    pub fn carry_to_disk(
        &self,
        snapshot: &Snapshot,
        pair: &Pair<'_>,
        raw: &[u8],
        by_line: &[(u32, LineEdit)],
    ) -> Result<(Vec<u8>, Edits), Error> {
        let edits = in_bytes(&pair.new, by_line)?;
        self.to_disk(snapshot, pair.new_text, raw, edits, by_line)
    }

    /// The bytes for the disk, and the edits of what is there now, from those of what git would stage.
    fn to_disk(
        &self,
        snapshot: &Snapshot,
        clean_text: &[u8],
        raw: &[u8],
        edits: Edits,
        by_line: &[(u32, LineEdit)],
    ) -> Result<(Vec<u8>, Edits), Error> {
        let intended = apply(clean_text, plain(&edits));
        let staged = self.staged_text(snapshot)?;
        let gives_back = |text: &[u8]| -> Result<bool, Error> {
            let cleaned = clean(
                self.repository,
                &snapshot.conversion,
                &snapshot.path,
                text,
                staged.as_deref(),
            )?;
            Ok(cleaned == intended)
        };
        if raw == clean_text && gives_back(&intended)? {
            return Ok((intended, edits));
        }
        if !snapshot.conversion.driver && Lines::of(raw).len() == Lines::of(clean_text).len() {
            // Line for line, so all other lines keep the ends that they have.
            let lines = Lines::of(raw);
            let by_line: Vec<(u32, LineEdit)> =
                by_line.iter().map(|(act, edit)| (*act, ends_as_around(&lines, edit))).collect();
            let found = in_bytes(&lines, &by_line)?;
            let text = apply(raw, plain(&found));
            if gives_back(&text)? {
                return Ok((text, found));
            }
        }
        let text = smudge(self.repository, &snapshot.path, &intended)?;
        if !gives_back(&text)? {
            return Err(Error::Unsupported(Unsupported::Filters));
        }
        let whole = Edit { span: 0..raw.len(), with: text.clone() };
        Ok((text, vec![(0, whole)]))
    }

    fn staged_text(&self, snapshot: &Snapshot) -> Result<Option<Vec<u8>>, Error> {
        let entry = snapshot.indexed.entry.as_ref().filter(|_| !snapshot.indexed.intent_to_add);
        entry.map(|entry| self.repository.blob(&entry.oid)).transpose()
    }

    /// Puts back what the index has, whatever kind of file it is.
    fn whole_revert(&self, snapshot: &Snapshot) -> Result<String, Error> {
        match snapshot.status {
            FileStatus::Conflicted => return Err(Error::Conflicted(snapshot.path.clone())),
            FileStatus::Submodule => return Err(Error::Unsupported(Unsupported::Submodule)),
            FileStatus::Ignored => return Err(Error::Unsupported(Unsupported::Ignored)),
            _ => {}
        }
        let too_large = |found: u64| {
            let (path, most) = (snapshot.path.clone(), super::limits::MAX_BYTES);
            Error::TooLarge { path, found, most, unit: "bytes" }
        };
        if let OnDisk::Large(size) = snapshot.disk {
            return Err(too_large(size));
        }
        let indexed = snapshot.indexed.entry.as_ref().filter(|_| !snapshot.indexed.intent_to_add);
        let new = match indexed {
            None => None,
            Some(entry) => {
                let size = self.repository.blob_size(&entry.oid)?;
                if size > super::limits::MAX_BYTES {
                    return Err(too_large(size));
                }
                let text = self.repository.blob(&entry.oid)?;
                let text = if entry.mode == SYMLINK {
                    text
                } else {
                    smudge(self.repository, &snapshot.path, &text)?
                };
                Some((entry.mode, text))
            }
        };
        let raw = on_disk(snapshot);
        let after = new.as_ref().map_or(&[][..], |(_, text)| text);
        let edit = Edit { span: 0..raw.len(), with: after.to_vec() };
        let new = new.as_ref().map(|(mode, text)| (*mode, text.as_slice()));
        let number = self.publish(snapshot, new, 1, true, keep(raw, &[(0, edit)]))?;
        number
            .map(|number| id(number, 0))
            .ok_or_else(|| Error::Changed(vec![snapshot.path.clone()]))
    }

    /// Writes down, then writes. `None` where the file was no longer what was looked at.
    fn publish(
        &self,
        snapshot: &Snapshot,
        new: Option<(u32, &[u8])>,
        acts: u32,
        whole: bool,
        mut edits: Vec<Kept>,
    ) -> Result<Option<u64>, Error> {
        if matches!(&snapshot.disk, OnDisk::File(file) if file.linked) {
            let (old, with) = (on_disk(snapshot), new.map_or(&[][..], |(_, text)| text).to_vec());
            edits.extend(keep(old, &[(WHOLE, Edit { span: 0..old.len(), with })]));
        }
        let name = temporary();
        let changed = Changed {
            path: snapshot.path.as_path().into(),
            before: disk_state(&snapshot.disk)?,
            after: new.map(|(mode, text)| state(mode, text)).transpose()?,
            temporary: Some(name.clone()),
        };
        let (root, action) = (&self.repository.root, Action::Revert);
        let mut record = Record::new(self.at, root, action, Place::WorkingTree, vec![changed]);
        (record.acts, record.whole) = (acts, whole);
        let number = self.journal.begin(Written { record, edits })?;
        let published = publish(root, &snapshot.path, &snapshot.disk, &new_file(new), &name);
        match published {
            Ok(true) => self.journal.finish(number).map(|()| Some(number)),
            Ok(false) => self.journal.abandon(number).map(|()| None),
            Err(error) => {
                self.journal.abandon(number)?;
                Err(error)
            }
        }
    }
}

fn plain(edits: &Edits) -> impl Iterator<Item = &Edit> + Clone {
    edits.iter().map(|(_, edit)| edit)
}

/// The bytes of a file or the target of a link; nothing where there is neither.
pub fn on_disk(snapshot: &Snapshot) -> &[u8] {
    match &snapshot.disk {
        OnDisk::File(file) => &file.bytes,
        OnDisk::Symlink(target) => target,
        OnDisk::Absent | OnDisk::Large(_) | OnDisk::Directory | OnDisk::Special => &[],
    }
}

pub fn new_file(new: Option<(u32, &[u8])>) -> New<'_> {
    match new {
        None => New::Nothing,
        Some((SYMLINK, target)) => New::Symlink { target },
        Some((mode, bytes)) => New::File { bytes, executable: mode == EXECUTABLE },
    }
}

pub fn state(mode: u32, bytes: &[u8]) -> Result<State, Error> {
    let oid = Oid::hash_object(ObjectType::Blob, bytes)?.to_string();
    Ok(State { mode, oid, intent_to_add: false })
}

pub fn disk_state(disk: &OnDisk) -> Result<Option<State>, Error> {
    match disk {
        OnDisk::File(file) => state(file.mode(), &file.bytes).map(Some),
        OnDisk::Symlink(target) => state(SYMLINK, target).map(Some),
        OnDisk::Absent | OnDisk::Large(_) | OnDisk::Directory | OnDisk::Special => Ok(None),
    }
}

pub fn indexed_state(snapshot: &Snapshot) -> Option<State> {
    let entry = snapshot.indexed.entry.as_ref()?;
    Some(State { intent_to_add: snapshot.indexed.intent_to_add, ..State::from(entry) })
}

fn whole_unstage(snapshot: &Snapshot) -> Result<Wanted, Error> {
    if snapshot.status == FileStatus::Conflicted {
        return Err(Error::Conflicted(snapshot.path.clone()));
    }
    Ok(snapshot.committed.clone().map_or(Wanted::Nothing, Wanted::Entry))
}

/// The edit with the line ends that its surroundings have on disk.
fn ends_as_around(lines: &Lines<'_>, edit: &LineEdit) -> LineEdit {
    let ends_crlf = |line: Option<u32>| {
        let line = line.filter(|line| *line < lines.len())?;
        let bytes = lines.line(line);
        bytes.ends_with(b"\n").then(|| bytes.ends_with(b"\r\n"))
    };
    let neighbours = [
        (!edit.lines.is_empty()).then_some(edit.lines.start),
        edit.lines.start.checked_sub(1),
        Some(edit.lines.end),
    ];
    let crlf = neighbours.into_iter().find_map(ends_crlf).unwrap_or(false);
    // What stays of the file's own lines stays as it is.
    let own: Vec<&[u8]> = edit.lines.clone().map(|line| lines.line(line)).collect();
    let with = edit.with.iter().map(|line| {
        let text = line.strip_suffix(b"\n").map(|text| text.strip_suffix(b"\r").unwrap_or(text));
        let Some(text) = text else { return line.clone() };
        let same = own.iter().find(|own| {
            own.strip_suffix(b"\n").map(|own| own.strip_suffix(b"\r").unwrap_or(own)) == Some(text)
        });
        match same {
            Some(own) => own.to_vec(),
            None if crlf => [text, b"\r\n"].concat(),
            None => line.clone(),
        }
    });
    LineEdit { lines: edit.lines.clone(), with: with.collect() }
}

/// What all selections of one write come to.
struct Plan {
    /// By selection: the number of its act, or why it has none.
    acts_of: Vec<Result<u32, Refused>>,
    acts: u32,
    edits: Vec<(u32, LineEdit)>,
    mode: bool,
}

impl Plan {
    fn of(finder: &mut Finder<'_>, asked: &[Asked<'_>]) -> Self {
        let mut plan = Self { acts_of: Vec::new(), acts: 0, edits: Vec::new(), mode: false };
        for Asked { selection, told } in asked {
            let resolved = match selection {
                Selection::Hunks(targets) => finder.resolve(targets, told),
                // Never together with others.
                Selection::File => Err(Refused::Stale),
            };
            plan.acts_of.push(resolved.map(|resolved| {
                plan.mode |= resolved.mode;
                plan.edits.extend(resolved.edits.into_iter().map(|edit| (plan.acts, edit)));
                plan.acts += 1;
                plan.acts - 1
            }));
        }
        plan.edits.sort_by_key(|(_, edit)| (edit.lines.start, edit.lines.end));
        plan
    }

    fn outcomes(self, number: u64) -> Outcomes {
        self.acts_of.into_iter().map(|act| act.map(|act| id(number, act))).collect()
    }

    fn all_stale(self) -> Outcomes {
        self.acts_of.into_iter().map(|act| act.and(Err(Refused::Stale))).collect()
    }
}

/// The path of a file of a record.
pub fn path_of(changed: &Changed) -> PathBuf {
    (&changed.path).into()
}
