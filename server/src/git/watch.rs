//! What is looked at so that lists are right the moment something changes: the index, `HEAD`, branches, and the folders
//! of the files that are open.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher, event::AccessKind};

use super::{Error, repository::Repository, room::File};

/// Open files of one working tree that are watched; more are not.
const MAX_FILES: usize = 256;
/// Quiet that ends a burst of changes.
const QUIET: Duration = Duration::from_millis(10);
/// A burst is told of after this even if it goes on.
const AT_MOST: Duration = Duration::from_millis(60);

pub struct Watch {
    watcher: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
    files: Vec<File>,
    /// Of a burst that is not told of yet: its first change and its last.
    burst: Option<(Instant, Instant)>,
    touched: BTreeSet<PathBuf>,
}

impl Watch {
    /// `touched` is called on another thread with the paths that something happened to.
    pub fn new(
        repository: &Repository,
        touched: impl Fn(Vec<PathBuf>) + Send + 'static,
    ) -> Result<Self, Error> {
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // An overflow or a lost watch has no paths, and then everything may have changed.
            let paths = match event {
                Ok(event) if only_looked_at(event.kind) => return,
                Ok(event) => event.paths,
                Err(_) => Vec::new(),
            };
            touched(paths);
        });
        let mut watch = Self {
            watcher: watcher.map_err(watching)?,
            folders: BTreeSet::new(),
            files: Vec::new(),
            burst: None,
            touched: BTreeSet::new(),
        };
        for folder in [
            &repository.folder,
            &repository.folder.join("logs"),
            &repository.common.join("reftable"),
        ] {
            if folder.is_dir() {
                watch.watcher.watch(folder, RecursiveMode::NonRecursive).map_err(watching)?;
            }
        }
        let branches = repository.common.join("refs/heads");
        if branches.is_dir() {
            watch.watcher.watch(&branches, RecursiveMode::Recursive).map_err(watching)?;
        }
        Ok(watch)
    }

    /// From now on these files and no others.
    pub fn set(&mut self, files: Vec<File>) -> Result<(), Error> {
        let mut files = files;
        files.truncate(MAX_FILES);
        let folders: BTreeSet<PathBuf> =
            files.iter().filter_map(|file| file.path.parent()).map(Path::to_owned).collect();
        for gone in self.folders.difference(&folders) {
            // It may be gone from the disk too.
            let _ = self.watcher.unwatch(gone);
        }
        for folder in folders.difference(&self.folders).filter(|folder| folder.is_dir()) {
            self.watcher.watch(folder, RecursiveMode::NonRecursive).map_err(watching)?;
        }
        (self.folders, self.files) = (folders, files);
        Ok(())
    }

    pub fn files(&self) -> &[File] {
        &self.files
    }

    pub fn is_idle(&self) -> bool {
        self.files.is_empty()
    }

    /// Something happened to these paths; to any, where there are none.
    pub fn touch(&mut self, paths: Vec<PathBuf>, now: Instant) {
        let ours = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.contains(".outrigger-") || name.ends_with(".lock")
        };
        if !paths.is_empty() && paths.iter().all(ours) {
            return;
        }
        let (first, _) = self.burst.unwrap_or((now, now));
        self.burst = Some((first, now));
        if paths.is_empty() {
            self.touched.extend(self.files.iter().map(|file| file.path.clone()));
        }
        self.touched.extend(paths);
    }

    /// When the burst is to be told of, if there is one.
    pub fn due(&self) -> Option<Instant> {
        self.burst.map(|(first, last)| (last + QUIET).min(first + AT_MOST))
    }

    /// The files that may have changed, once the burst is over.
    pub fn settle(&mut self) -> Vec<File> {
        self.burst = None;
        let touched = std::mem::take(&mut self.touched);
        let outside = touched.iter().any(|path| !self.is_beside_a_file(path));
        let mine = |file: &&File| outside || touched.contains(&file.path);
        self.files.iter().filter(mine).cloned().collect()
    }

    /// In a folder that is watched for its files; all else is git's own, which may concern every file.
    fn is_beside_a_file(&self, path: &Path) -> bool {
        path.parent().is_some_and(|folder| self.folders.contains(folder))
            && path.file_name().is_none_or(|name| name != ".gitattributes")
    }
}

fn only_looked_at(kind: EventKind) -> bool {
    matches!(kind, EventKind::Access(access) if !matches!(access, AccessKind::Close(notify::event::AccessMode::Write)))
}

fn watching(error: notify::Error) -> Error {
    Error::io("watching files")(std::io::Error::other(error))
}
