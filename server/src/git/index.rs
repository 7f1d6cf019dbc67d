//! Writing the index: git's own lock first, then `git update-index` beside it, then one rename.
//!
//! The lock is a file with our mark in it, and stays one until the new index is in place: whoever finds it after a crash
//! can tell whose it was.

use std::{
    fs::{self, OpenOptions},
    io::ErrorKind,
    path::{Path, PathBuf},
    process,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use super::{
    Error,
    facts::Entry,
    limits::LOCK_PATIENCE,
    place::as_git,
    process::{Git, pause},
    repository::Repository,
};

/// The held lock on an index. Dropping it gives it back.
pub struct IndexLock<'a> {
    repository: &'a Repository,
    mark: String,
    lock: PathBuf,
}

/// What a path of the index is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    Entry(Entry),
    /// As after `git add -N`.
    IntentToAdd,
    Nothing,
}

impl<'a> IndexLock<'a> {
    /// Waits for another git to be done, within bounds. `mark` is the journal's.
    pub fn take(repository: &'a Repository, mark: &str) -> Result<Self, Error> {
        let lock = beside(&repository.index, ".lock");
        let words = format!("{mark} {}\n", instance());
        let began = Instant::now();
        // Never there without our mark in it.
        let prepared = beside(&repository.index, &format!("{}{}-mark", ours(mark), instance()));
        let failed = |error| Error::io("locking the index")(error);
        fs::write(&prepared, &words).map_err(failed)?;
        let prepared = Removed(prepared);
        for attempt in 0.. {
            match fs::hard_link(&prepared.0, &lock) {
                Ok(()) => return Ok(Self { repository, mark: mark.to_owned(), lock }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
            if is_left_behind(&lock, mark, &words) {
                // Ours, from a process that is gone.
                remove(&lock)?;
            } else if began.elapsed() > LOCK_PATIENCE {
                break;
            } else {
                pause(attempt);
            }
        }
        Err(Error::IndexLocked { age: age(&lock) })
    }

    /// Puts these entries into the index, all at once or not at all.
    pub fn write(&self, wanted: &[(&Path, Wanted)]) -> Result<(), Error> {
        let side = Side::of(self.repository, &self.mark)?;
        let git = self.repository.git.with("GIT_INDEX_FILE", side.path().as_os_str());
        update(&git, self.repository, wanted)?;
        fs::rename(side.path(), &self.repository.index).map_err(Error::io("replacing the index"))
    }
}

/// An index beside the index, which goes with this unless it took its place.
pub struct Side(PathBuf);

impl Side {
    /// A name with nothing there yet.
    pub fn empty(repository: &Repository, mark: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        // A git that outlives a process of ours must not meet the next one at the same name.
        Self(beside(&repository.index, &format!("{}{}-{number}", ours(mark), instance())))
    }

    /// The index as it is.
    pub fn of(repository: &Repository, mark: &str) -> Result<Self, Error> {
        let (side, index) = (Self::empty(repository, mark), &repository.index);
        if index.exists() {
            // A link keeps the times by which git knows what it need not read again; git replaces its name only.
            let made = fs::hard_link(index, &side.0).or_else(|_| copy(index, &side.0));
            made.map_err(Error::io("copying the index"))?;
        }
        Ok(side)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        // What stays is removed when the repository is opened again.
        let _ = remove(&self.0);
        let _ = remove(&beside(&self.0, ".lock"));
    }
}

/// The end of the names of files of ours beside the index.
fn ours(mark: &str) -> String {
    let short: String = mark.chars().filter(char::is_ascii_hexdigit).rev().take(8).collect();
    format!(".outrigger-{short}-")
}

impl Drop for IndexLock<'_> {
    fn drop(&mut self) {
        // Whatever goes wrong here, the next to want it can tell that it was ours.
        let _ = remove(&self.lock);
    }
}

fn update(git: &Git, repository: &Repository, wanted: &[(&Path, Wanted)]) -> Result<(), Error> {
    let nothing = "0".repeat(repository.oid_digits);
    let mut input = Vec::new();
    for (path, wanted) in wanted {
        let (mode, oid) = match wanted {
            Wanted::Entry(entry) => (entry.mode, entry.oid.as_str()),
            Wanted::IntentToAdd | Wanted::Nothing => (0, nothing.as_str()),
        };
        input.extend_from_slice(format!("{mode:o} {oid}\t").as_bytes());
        input.extend_from_slice(&as_git(path));
        input.push(0);
    }
    git.feed(arguments!["update-index", "-z", "--index-info"], &input)?;
    for (path, _) in wanted.iter().filter(|(_, wanted)| *wanted == Wanted::IntentToAdd) {
        git.run(arguments!["add", "--intent-to-add", "--force", "--", path])?;
    }
    Ok(())
}

/// A name beside the index.
fn beside(index: &Path, end: &str) -> PathBuf {
    let mut name = index.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// This process, told apart from an earlier one with the same number.
fn instance() -> &'static str {
    static INSTANCE: LazyLock<String> = LazyLock::new(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        format!("{}-{}", process::id(), since.as_nanos())
    });
    &INSTANCE
}

/// A file that is removed when this is dropped.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        // Of no harm where it is left.
        let _ = remove(&self.0);
    }
}

/// Removes what processes of ours left beside the index when they were ended.
pub fn forget_left_behind(repository: &Repository, mark: &str) -> Result<(), Error> {
    let lock = beside(&repository.index, ".lock");
    if is_left_behind(&lock, mark, &format!("{mark} {}\n", instance())) {
        remove(&lock)?;
    }
    let (Some(folder), Some(name)) = (repository.index.parent(), repository.index.file_name())
    else {
        return Ok(());
    };
    let start = format!("{}{}", name.to_string_lossy(), ours(mark));
    let doing = "looking beside the index";
    for entry in fs::read_dir(folder).map_err(Error::io(doing))? {
        let entry = entry.map_err(Error::io(doing))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(&start) && !name.contains(instance()) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

fn is_left_behind(lock: &Path, mark: &str, words: &str) -> bool {
    fs::read_to_string(lock).is_ok_and(|found| found.starts_with(mark) && found != words)
}

fn age(lock: &Path) -> Option<Duration> {
    SystemTime::now().duration_since(lock.metadata().ok()?.modified().ok()?).ok()
}

/// With its times, which say what git need not read again.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::copy(from, to)?;
    let times = fs::FileTimes::new().set_modified(from.metadata()?.modified()?);
    OpenOptions::new().write(true).open(to)?.set_times(times)
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Error::io(format!("removing {}", path.display()))(error))
        }
        _ => Ok(()),
    }
}
