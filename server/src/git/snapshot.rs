//! One file at one moment: in the last commit, in the index and on disk.

use std::{
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

use super::{
    Error, Unsupported,
    cache::{Cache, Comparison},
    clean::{Conversion, clean, is_binary},
    facts::{Entry, Indexed, SUBMODULE, SYMLINK, Settings, Source},
    hunks::{self, Side},
    limits::{MAX_BYTES, MAX_LINES},
    lines::Lines,
    place::{self, OnDisk},
    repository::Repository,
    text::Text,
};
use crate::protocol::diff::{FileStatus, Hunk};

pub struct Snapshot {
    pub path: PathBuf,
    pub status: FileStatus,
    pub committed: Option<Entry>,
    pub indexed: Indexed,
    pub disk: OnDisk,
    pub settings: Settings,
    pub conversion: Conversion,
    texts: Result<Texts, NoTexts>,
    cache: Rc<Cache>,
}

/// What git has or would have of the file; empty where there is no file.
#[derive(Default)]
struct Texts {
    committed: Text,
    indexed: Text,
    /// As git would stage it.
    working: Text,
}

/// Why there is nothing to make hunks of.
enum NoTexts {
    /// What the file is, is in its status.
    Status,
    TooLarge {
        found: u64,
        most: u64,
        unit: &'static str,
    },
}

/// The two texts that a list of hunks is between.
pub struct Pair<'a> {
    pub side: Side,
    pub old: Lines<'a>,
    pub new: Lines<'a>,
    pub old_text: &'a Text,
    pub new_text: &'a Text,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nothing,
    File,
    Symlink,
    Submodule,
}

impl Kind {
    fn of(entry: Option<&Entry>) -> Self {
        match entry.map(|entry| entry.mode) {
            None => Self::Nothing,
            Some(SYMLINK) => Self::Symlink,
            Some(SUBMODULE) => Self::Submodule,
            Some(_) => Self::File,
        }
    }
}

impl Snapshot {
    /// Looks at a file. `path` is relative to the root of the working tree.
    pub fn take(repository: &Repository, path: &Path) -> Result<Self, Error> {
        if !place::is_trackable(path) {
            return Err(Error::Unsupported(Unsupported::Path));
        }
        Self::of(repository, path, place::read(&repository.root, path)?)
    }

    /// The same as if this were on disk.
    pub fn of(repository: &Repository, path: &Path, disk: OnDisk) -> Result<Self, Error> {
        if disk == OnDisk::Special {
            return Err(Error::Unsupported(Unsupported::Special));
        }
        let indexed = repository.indexed(path)?;
        let mut committed = repository.committed(path)?;
        let renamed = match (&committed, &indexed.entry) {
            (None, Some(_)) if !indexed.intent_to_add => renamed_from(repository, path)?,
            _ => None,
        };
        let was_renamed = renamed.is_some();
        let origin = renamed.or_else(|| committed.clone());
        let attributes = repository.attributes(path)?;
        let settings = repository.settings()?;
        let conversion = Conversion::of(&attributes, &settings);
        let mut snapshot = Self {
            path: path.to_owned(),
            status: FileStatus::Unmodified,
            committed: committed.take(),
            indexed,
            disk,
            settings,
            conversion,
            texts: Err(NoTexts::Status),
            cache: Rc::clone(&repository.cache),
        };
        if let Some(status) = snapshot.without_texts(repository, origin.as_ref())? {
            snapshot.status = status;
            return Ok(snapshot);
        }
        snapshot.texts = snapshot.read_texts(repository, origin.as_ref())?;
        snapshot.status = snapshot.judge(&attributes, was_renamed);
        if snapshot.status == FileStatus::Binary {
            snapshot.texts = Err(NoTexts::Status);
        }
        Ok(snapshot)
    }

    /// The status of what has no lines to compare.
    fn without_texts(
        &self,
        repository: &Repository,
        origin: Option<&Entry>,
    ) -> Result<Option<FileStatus>, Error> {
        if self.indexed.conflicted {
            return Ok(Some(FileStatus::Conflicted));
        }
        let (committed, indexed) = (Kind::of(origin), Kind::of(self.indexed.entry.as_ref()));
        let working = match &self.disk {
            _ if self.indexed.unwatched => indexed,
            OnDisk::File(_) | OnDisk::Large(_) => Kind::File,
            OnDisk::Symlink(_) => Kind::Symlink,
            OnDisk::Directory if indexed == Kind::Submodule => Kind::Submodule,
            OnDisk::Directory | OnDisk::Absent | OnDisk::Special => Kind::Nothing,
        };
        let kinds = [committed, indexed, working];
        let mut present = kinds.into_iter().filter(|kind| *kind != Kind::Nothing);
        let Some(first) = present.next() else { return Ok(Some(FileStatus::Unmodified)) };
        if present.any(|kind| kind != first) {
            return Ok(Some(FileStatus::TypeChanged));
        }
        if kinds == [Kind::Nothing, Kind::Nothing, working] && repository.is_ignored(&self.path)? {
            return Ok(Some(FileStatus::Ignored));
        }
        Ok(match first {
            Kind::Submodule => Some(FileStatus::Submodule),
            Kind::Symlink => Some(FileStatus::Symlink),
            Kind::File | Kind::Nothing => None,
        })
    }

    fn read_texts(
        &self,
        repository: &Repository,
        origin: Option<&Entry>,
    ) -> Result<Result<Texts, NoTexts>, Error> {
        let staged = self.indexed.entry.as_ref().filter(|_| !self.indexed.intent_to_add);
        for entry in [origin, staged].into_iter().flatten() {
            let size = repository.blob_size(&entry.oid)?;
            if size > MAX_BYTES {
                return Ok(Err(too_large(size)));
            }
        }
        let read = |entry: Option<&Entry>| {
            entry.map_or(Ok(Text::default()), |entry| repository.text(&entry.oid))
        };
        let (indexed, committed) = (read(staged)?, read(origin)?);
        let working = match &self.disk {
            _ if self.indexed.unwatched => indexed.clone(),
            OnDisk::File(file) => {
                let staged = staged.map(|_| &*indexed);
                let text = clean(repository, &self.conversion, &self.path, &file.bytes, staged)?;
                // Most files are as they were staged.
                let same = *text == *indexed;
                if same { indexed.clone() } else { self.cache.shared(text) }
            }
            OnDisk::Large(size) => return Ok(Err(too_large(*size))),
            _ => Text::default(),
        };
        for text in [&committed, &indexed, &working] {
            let lines = memchr::memchr_iter(b'\n', text).count() as u64;
            if lines > u64::from(MAX_LINES) {
                let most = u64::from(MAX_LINES);
                return Ok(Err(NoTexts::TooLarge { found: lines, most, unit: "lines" }));
            }
        }
        Ok(Ok(Texts { committed, indexed, working }))
    }

    fn judge(&self, attributes: &super::facts::Attributes, renamed: bool) -> FileStatus {
        let on_disk = self.is_on_disk();
        let change = match (&self.committed, &self.indexed.entry) {
            (None, None) => return FileStatus::Untracked,
            (Some(_), None) => FileStatus::Deleted,
            _ if !on_disk => FileStatus::Deleted,
            (None, Some(_)) if renamed => FileStatus::Renamed,
            (None, Some(_)) => FileStatus::Added,
            (Some(committed), Some(indexed)) => {
                let unstaged =
                    self.texts.as_ref().map_or(true, |texts| texts.indexed != texts.working);
                if committed == indexed && !unstaged && self.mode_change(Side::Unstaged).is_none() {
                    return FileStatus::Unmodified;
                }
                FileStatus::Modified
            }
        };
        match &self.texts {
            Ok(texts) if texts.any(|text| is_binary(attributes, text)) => FileStatus::Binary,
            _ => change,
        }
    }

    pub fn is_on_disk(&self) -> bool {
        self.indexed.unwatched || matches!(self.disk, OnDisk::File(_) | OnDisk::Large(_))
    }

    /// The mode of the file on disk as git would record it; its own where that is not to be looked at.
    pub fn working_mode(&self) -> Option<u32> {
        let indexed = self.indexed.entry.as_ref().map(|entry| entry.mode);
        match &self.disk {
            _ if self.indexed.unwatched => indexed,
            OnDisk::File(_) if !self.settings.file_mode => indexed.or(Some(super::facts::REGULAR)),
            OnDisk::File(file) => Some(file.mode()),
            _ => None,
        }
    }

    /// The change of mode in this list, as old and new.
    pub fn mode_change(&self, side: Side) -> Option<(u32, u32)> {
        let indexed = self.indexed.entry.as_ref().map(|entry| entry.mode);
        let (old, new) = match side {
            _ if self.indexed.intent_to_add => return None,
            Side::Unstaged => (indexed?, self.working_mode()?),
            Side::Staged => (self.committed.as_ref()?.mode, indexed?),
        };
        (old != new).then_some((old, new))
    }

    /// The texts of this list.
    pub fn pair(&self, side: Side) -> Result<Pair<'_>, Error> {
        let (old, new) = self.texts(side)?;
        Ok(Pair::of(side, old, new))
    }

    fn texts(&self, side: Side) -> Result<(&Text, &Text), Error> {
        let texts = match &self.texts {
            Ok(texts) => texts,
            Err(NoTexts::TooLarge { found, most, unit }) => {
                return Err(Error::TooLarge {
                    path: self.path.clone(),
                    found: *found,
                    most: *most,
                    unit,
                });
            }
            Err(NoTexts::Status) => return Err(self.no_hunks()),
        };
        Ok(match side {
            Side::Unstaged => (&texts.indexed, &texts.working),
            Side::Staged if self.indexed.intent_to_add => (&texts.indexed, &texts.indexed),
            Side::Staged => (&texts.committed, &texts.indexed),
        })
    }

    /// The hunks of this list with this much context.
    pub fn find(&self, pair: &Pair<'_>, context: u32) -> Result<Arc<Comparison>, Error> {
        let texts = (pair.old_text, pair.new_text);
        self.cache.compared((pair.side, context), texts, || pair.find(context, &self.cache))
    }

    /// Compares ahead what a list compares once the index has this text.
    pub fn expect(&self, indexed: &Text, context: u32) -> Result<(), Error> {
        let Ok(Texts { committed, working, .. }) = &self.texts else { return Ok(()) };
        for (side, old, new) in
            [(Side::Unstaged, indexed, working), (Side::Staged, committed, indexed)]
        {
            if old != new {
                self.find(&Pair::of(side, old, new), context)?;
            }
        }
        Ok(())
    }

    fn no_hunks(&self) -> Error {
        match self.status {
            FileStatus::Conflicted => Error::Conflicted(self.path.clone()),
            FileStatus::Submodule => Error::Unsupported(Unsupported::Submodule),
            _ => Error::Unsupported(Unsupported::NoHunks),
        }
    }

    /// The hunks of one list, as editors see them; none where the status says that there are none.
    pub fn list(&self, side: Side, context: u32) -> Result<Vec<Hunk>, Error> {
        if matches!(self.texts, Err(NoTexts::Status)) {
            return Ok(Vec::new());
        }
        let mode = self.mode_change(side).map(|(old, new)| hunks::mode_hunk(side, old, new));
        let (old, new) = self.texts(side)?;
        if old == new {
            return Ok(mode.into_iter().collect());
        }
        let pair = Pair::of(side, old, new);
        let Comparison { changes, found } = &*self.find(&pair, context)?;
        let lines = found.iter().map(|hunk| hunks::show(hunk, &pair.old, &pair.new, changes));
        Ok(mode.into_iter().chain(lines).collect())
    }
}

/// Whatever a list or an act depends on.
impl Hash for Snapshot {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.status as u8, self.working_mode()).hash(state);
        for entry in [&self.committed, &self.indexed.entry].into_iter().flatten() {
            (entry.mode, &entry.oid).hash(state);
        }
        if let OnDisk::File(file) = &self.disk {
            file.bytes.hash(state);
        }
    }
}

impl<'a> Pair<'a> {
    pub fn of(side: Side, old_text: &'a Text, new_text: &'a Text) -> Self {
        let (old, new) = (old_text.lines(), new_text.lines());
        Self { side, old, new, old_text, new_text }
    }

    pub fn find(&self, context: u32, cache: &Cache) -> Result<Comparison, Error> {
        let (old, new) = ((self.old_text, &self.old), (self.new_text, &self.new));
        let changes = cache.changes(old, new, context)?;
        let (old, new) = (&self.old, &self.new);
        let name = |content: &[u8]| cache.name(content);
        let found = hunks::find(self.side, (old, new), &changes, context, name)?;
        Ok(Comparison { changes, found })
    }
}

impl Texts {
    fn any(&self, is: impl Fn(&[u8]) -> bool) -> bool {
        [&self.committed, &self.indexed, &self.working].into_iter().any(|text| is(text))
    }
}

fn too_large(found: u64) -> NoTexts {
    NoTexts::TooLarge { found, most: MAX_BYTES, unit: "bytes" }
}

/// What the last commit has under the name that this staged file had there.
fn renamed_from(repository: &Repository, path: &Path) -> Result<Option<Entry>, Error> {
    if !repository.git.asks(arguments!["rev-parse", "-q", "--verify", "HEAD"])? {
        return Ok(None);
    }
    let printed = repository.git.run(arguments![
        "diff-index",
        "--cached",
        "--raw",
        "-z",
        "--no-abbrev",
        "-M",
        "--diff-filter=R",
        "HEAD"
    ])?;
    let mut fields = printed.split(|byte| *byte == 0);
    // `:100644 100644 <old> <new> R90`, the old name, the new name.
    while let (Some(head), Some(_), Some(new)) = (fields.next(), fields.next(), fields.next()) {
        if *new == *place::as_git(path) {
            let head = String::from_utf8_lossy(head).into_owned();
            if let [mode, _, oid, ..] = *head.trim_start_matches(':').split(' ').collect::<Vec<_>>()
            {
                let mode = u32::from_str_radix(mode, 8).unwrap_or(0);
                return Ok(Some(Entry { mode, oid: oid.to_owned() }));
            }
        }
    }
    Ok(None)
}
