//! Every act is written down before it is done, with all that it replaces, and can be taken back.
//!
//! One file per write: `<number>.pending` until it is done, then `<number>.done`. A file comes to be under its name only
//! once it is whole and on the disk.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Mutex,
};

use super::{
    Error,
    keep::Kept,
    record::{PathText, Record, Written},
    room::leaf,
};

/// Entries that are kept at most.
const MAX_ENTRIES: usize = 10_000;
/// Bytes that all entries may have together.
const MAX_BYTES: u64 = 1024 * 1024 * 1024;
/// Entries of this age go, in milliseconds.
const MAX_AGE: u64 = 30 * 24 * 60 * 60 * 1000;
/// Entries that are kept whatever their size.
const ALWAYS: usize = 20;

pub struct Journal {
    folder: PathBuf,
    /// What a lock of ours begins with; nobody else has it.
    pub mark: String,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    last: u64,
    known: BTreeMap<u64, Known>,
}

#[derive(Clone)]
struct Known {
    done: bool,
    bytes: u64,
    record: Record,
}

/// An act of the journal, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub journal_id: String,
    pub record: Record,
    /// The entry that took this one back.
    pub undone_by: Option<String>,
}

impl Journal {
    /// Opens the journal in a folder of its own. Entries that cannot be read are set aside as `<number>.damaged`.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let doing = || format!("opening the journal {}", folder.display());
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(Error::io(doing()))?;
        let mark = mark(folder)?;
        let mut entries = Entries::default();
        for entry in fs::read_dir(folder).map_err(Error::io(doing()))? {
            let path = entry.map_err(Error::io(doing()))?.path();
            let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            let Some(number) = number else { continue };
            entries.last = entries.last.max(number);
            let done = match path.extension().and_then(|kind| kind.to_str()) {
                Some("done") => true,
                Some("pending") => false,
                // Never came to its name, so nothing was done on its account.
                Some("new") => {
                    fs::remove_file(&path).map_err(Error::io(doing()))?;
                    continue;
                }
                _ => continue,
            };
            let bytes = fs::read(&path).map_err(Error::io(doing()))?;
            if let Ok(Written { record, .. }) = Written::decode(&bytes) {
                let bytes = bytes.len() as u64;
                entries.known.insert(number, Known { done, bytes, record });
            } else {
                let aside = fs::rename(&path, path.with_extension("damaged"));
                aside.map_err(Error::io(doing()))?;
            }
        }
        Ok(Self { folder: folder.to_owned(), mark, entries: Mutex::new(entries) })
    }

    /// Writes an entry down; when this returns it is on the disk. Then [`finish`](Self::finish) or
    /// [`abandon`](Self::abandon) it.
    pub fn begin(&self, written: Written) -> Result<u64, Error> {
        let doing = "writing the journal";
        let record = written.record.clone();
        let bytes = written.encode()?;
        let number = {
            let mut entries = leaf(&self.entries);
            entries.last += 1;
            entries.last
        };
        let new = self.path(number, "new");
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)
            .map_err(Error::io(doing))?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(Error::io(doing))?;
        fs::rename(&new, self.path(number, "pending")).map_err(Error::io(doing))?;
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(Error::io(doing))?;
        let known = Known { done: false, bytes: bytes.len() as u64, record };
        leaf(&self.entries).known.insert(number, known);
        Ok(number)
    }

    /// The act is done. Older entries go where there are too many.
    pub fn finish(&self, number: u64) -> Result<(), Error> {
        let (from, to) = (self.path(number, "pending"), self.path(number, "done"));
        fs::rename(from, to).map_err(Error::io("writing the journal"))?;
        let gone = {
            let mut entries = leaf(&self.entries);
            let now = entries.known.get_mut(&number).map_or(0, |known| {
                known.done = true;
                known.record.at
            });
            entries.outdated(now)
        };
        for number in gone {
            // It may be gone already, and it is tried again at the next start.
            let _ = fs::remove_file(self.path(number, "done"));
        }
        Ok(())
    }

    /// The act was not done, and nothing was touched.
    pub fn abandon(&self, number: u64) -> Result<(), Error> {
        leaf(&self.entries).known.remove(&number);
        match fs::remove_file(self.path(number, "pending")) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Error::io("writing the journal")(error))
            }
            _ => Ok(()),
        }
    }

    /// What somebody else was to do is done, or is not. It may have been taken for done meanwhile.
    pub fn settle(&self, number: u64, done: bool) -> Result<(), Error> {
        let settled = leaf(&self.entries).known.get(&number).map(|known| known.done);
        match (settled, done) {
            (None, _) | (Some(true), true) => Ok(()),
            (Some(true), false) => {
                leaf(&self.entries).known.remove(&number);
                let removed = fs::remove_file(self.path(number, "done"));
                removed.map_err(Error::io("writing the journal"))
            }
            (Some(false), true) => self.finish(number),
            (Some(false), false) => self.abandon(number),
        }
    }

    /// The entry that an act is in, and which of its acts it is.
    pub fn read(&self, id: &str) -> Result<(Written, u32), Error> {
        let unknown = || Error::JournalUnknown(id.to_owned());
        let (number, act) = numbers(id).ok_or_else(unknown)?;
        let known = leaf(&self.entries).known.get(&number).cloned().ok_or_else(unknown)?;
        if act >= known.record.acts {
            return Err(unknown());
        }
        Ok((self.written(number, known.done)?, act))
    }

    /// The working tree that an act was in.
    pub fn root_of(&self, id: &str) -> Result<PathBuf, Error> {
        let known = numbers(id).and_then(|(number, _)| {
            leaf(&self.entries).known.get(&number).map(|known| PathBuf::from(&known.record.root))
        });
        known.ok_or_else(|| Error::JournalUnknown(id.to_owned()))
    }

    /// The files that an act was about, as absolute paths.
    pub fn files_of(&self, id: &str) -> Result<Vec<PathBuf>, Error> {
        let root = self.root_of(id)?;
        let files = numbers(id).and_then(|(number, _)| {
            let entries = leaf(&self.entries);
            let known = entries.known.get(&number)?;
            let files = known.record.files.iter();
            Some(files.map(|file| root.join(PathBuf::from(&file.path))).collect())
        });
        files.ok_or_else(|| Error::JournalUnknown(id.to_owned()))
    }

    /// What was begun in this working tree and neither finished nor abandoned.
    pub fn pending(&self, root: &Path) -> Result<Vec<(u64, Written)>, Error> {
        let root = PathText::from(root);
        let numbers: Vec<u64> = {
            let entries = leaf(&self.entries);
            let pending =
                entries.known.iter().filter(|(_, known)| !known.done && known.record.root == root);
            pending.map(|(number, _)| *number).collect()
        };
        numbers.into_iter().map(|number| Ok((number, self.written(number, false)?))).collect()
    }

    /// Acts, newest first: those of one file where one is given, before this number of an entry where one is given.
    pub fn list(
        &self,
        file: Option<(&Path, &Path)>,
        before: Option<u64>,
        limit: usize,
    ) -> Vec<Listed> {
        let entries = leaf(&self.entries);
        let undone: BTreeMap<&str, u64> = entries
            .known
            .iter()
            .filter_map(|(number, known)| Some((known.record.undoes.as_deref()?, *number)))
            .collect();
        let file = file.map(|(root, path)| (PathText::from(root), PathText::from(path)));
        let mut listed = Vec::new();
        for (number, known) in entries.known.range(..before.unwrap_or(u64::MAX)).rev() {
            let record = &known.record;
            let about = file.as_ref().is_none_or(|(root, path)| {
                record.root == *root && record.files.iter().any(|file| file.path == *path)
            });
            if !about || !known.done {
                continue;
            }
            if listed.len() >= limit {
                break;
            }
            listed.extend((0..record.acts).map(|act| {
                let journal_id = id(*number, act);
                let undone_by = undone.get(journal_id.as_str()).map(|by| id(*by, 0));
                Listed { journal_id, record: record.clone(), undone_by }
            }));
        }
        listed
    }

    /// The changes of a file that were kept.
    pub fn kept(&self, root: &Path, path: &Path) -> Kept {
        let (root, path) = (PathText::from(root), PathText::from(path));
        let mut kept = Kept::default();
        for (number, Known { done, record, .. }) in &leaf(&self.entries).known {
            let Some(keeps) = record.keeps.as_ref().filter(|_| *done) else { continue };
            if record.root == root && record.files.iter().any(|file| file.path == path) {
                kept.take(*number, keeps.kept, &keeps.changes);
            }
        }
        kept
    }

    fn written(&self, number: u64, done: bool) -> Result<Written, Error> {
        let damaged = |why: String| Error::JournalDamaged { id: id(number, 0), why };
        let path = self.path(number, if done { "done" } else { "pending" });
        let bytes = fs::read(path).map_err(|error| damaged(error.to_string()))?;
        Written::decode(&bytes).map_err(damaged)
    }

    fn path(&self, number: u64, kind: &str) -> PathBuf {
        self.folder.join(format!("{number:016}.{kind}"))
    }
}

impl Entries {
    /// Takes out what is too old or too much, oldest first.
    fn outdated(&mut self, now: u64) -> Vec<u64> {
        let mut bytes: u64 = self.known.values().map(|known| known.bytes).sum();
        let mut left = self.known.len();
        let mut gone = Vec::new();
        for (number, known) in &self.known {
            let old = known.record.at.saturating_add(MAX_AGE) < now;
            let over = left > MAX_ENTRIES || bytes > MAX_BYTES;
            if left <= ALWAYS || !(old || over) {
                break;
            }
            if known.done {
                gone.push(*number);
                bytes -= known.bytes;
                left -= 1;
            }
        }
        for number in &gone {
            self.known.remove(number);
        }
        gone
    }
}

/// The name of one act of an entry.
pub fn id(number: u64, act: u32) -> String {
    if act == 0 { format!("j{number}") } else { format!("j{number}.{act}") }
}

/// The entry and the act in it that a name is of.
pub fn numbers(id: &str) -> Option<(u64, u32)> {
    let text = id.strip_prefix('j')?;
    let (number, act) = text.split_once('.').unwrap_or((text, "0"));
    Some((number.parse().ok()?, act.parse().ok()?))
}

/// Made once per journal.
fn mark(folder: &Path) -> Result<String, Error> {
    let path = folder.join("mark");
    let doing = "opening the journal";
    match fs::read_to_string(&path) {
        Ok(mark) if mark.starts_with("outrigger ") => return Ok(mark),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(Error::io(doing)(error)),
        _ => {}
    }
    let mut random = [0; 16];
    let read = File::open("/dev/urandom")
        .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut random));
    read.map_err(Error::io(doing))?;
    let mark = format!("outrigger {:032x}", u128::from_le_bytes(random));
    fs::write(&path, &mark).map_err(Error::io(doing))?;
    Ok(mark)
}
