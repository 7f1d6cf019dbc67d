//! What was last told of each file, so that revisions rise and line numbers can be understood.

use std::{
    collections::{HashMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
};

use super::snapshot::Snapshot;
use crate::protocol::diff::Hunk;

/// Files that are remembered; beyond it all are forgotten, and revisions go on rising.
const MAX_FILES: usize = 1024;

#[derive(Default)]
pub struct Memory {
    revision: u64,
    files: HashMap<PathBuf, Seen>,
}

#[derive(Default)]
struct Seen {
    state: Option<u64>,
    revision: u64,
    told: Told,
}

/// Where hunks were when they were last told, by name: their first lines, old and new.
pub type Told = HashMap<String, (u32, u32)>;

/// Places that are remembered of one file.
const MAX_TOLD: usize = 20_000;

impl Memory {
    /// The revision of this state of a file: the last one told where nothing changed, else a higher one.
    pub fn revision(&mut self, path: &Path, snapshot: &Snapshot) -> u64 {
        let mut hasher = DefaultHasher::new();
        snapshot.hash(&mut hasher);
        let state = hasher.finish();
        let seen = self.seen(path);
        if seen.state == Some(state) {
            return seen.revision;
        }
        self.revision += 1;
        let revision = self.revision;
        let seen = self.seen(path);
        (seen.state, seen.revision) = (Some(state), revision);
        revision
    }

    /// The revision that a file was last told with.
    pub fn known(&self, path: &Path) -> Option<u64> {
        self.files.get(path).filter(|seen| seen.state.is_some()).map(|seen| seen.revision)
    }

    /// These hunks were told to somebody.
    pub fn tell(&mut self, path: &Path, hunks: &[Hunk]) {
        let told = &mut self.seen(path).told;
        if told.len() + hunks.len() > MAX_TOLD {
            told.clear();
        }
        let places =
            hunks.iter().map(|hunk| (hunk.hunk_id.clone(), (hunk.old_start, hunk.new_start)));
        told.extend(places);
    }

    /// Where the hunks of a file were when they were last told.
    pub fn told(&self, path: &Path) -> Told {
        self.files.get(path).map(|seen| seen.told.clone()).unwrap_or_default()
    }

    fn seen(&mut self, path: &Path) -> &mut Seen {
        if self.files.len() >= MAX_FILES && !self.files.contains_key(path) {
            self.files.clear();
        }
        self.files.entry(path.to_owned()).or_default()
    }
}
