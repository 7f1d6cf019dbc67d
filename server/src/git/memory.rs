//! What was last told of each file, so that revisions rise and line numbers can be understood.

use std::{
    collections::{HashMap, VecDeque, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::snapshot::Snapshot;
use crate::protocol::diff::{FileHunks, Hunk, HunkLine, LineKind};

/// Files that are remembered; beyond it all are forgotten, and revisions go on rising.
const MAX_FILES: usize = 1024;
/// Lists of one file that are remembered, and places in all of them.
const MAX_TELLINGS: usize = 64;
const MAX_PLACES: usize = 500_000;

#[derive(Default)]
pub struct Memory {
    revision: u64,
    files: HashMap<PathBuf, Seen>,
}

#[derive(Default)]
struct Seen {
    state: Option<u64>,
    revision: u64,
    /// The last one first.
    tellings: VecDeque<Telling>,
}

/// A list that somebody was told.
struct Telling {
    asker: u64,
    revision: u64,
    places: Arc<[Place]>,
}

/// A hash of a hunk's name, and where its first change begins: 0-based lines, old and new.
type Place = (u64, u32, u32);

/// Where the hunks of a file were in the lists that one asker was told, the last one first.
#[derive(Clone, Debug, Default)]
pub struct Told(Vec<Arc<[Place]>>);

impl Told {
    /// Where the first change of this hunk began when it was last told: 0-based lines, old and new.
    pub fn place(&self, hunk_id: &str) -> Option<(u32, u32)> {
        let name = hashed(hunk_id);
        let in_list = |places: &Arc<[Place]>| {
            let at = places.binary_search_by_key(&name, |place| place.0).ok()?;
            Some((places[at].1, places[at].2))
        };
        self.0.iter().find_map(in_list)
    }
}

impl Memory {
    /// The revision of this state of a file: the last one told where nothing changed, else a higher one.
    /// So it is where something else is known of the file: `besides` it.
    pub fn revision(&mut self, path: &Path, snapshot: &Snapshot, besides: (u64, u64)) -> u64 {
        let state = hashed(&(snapshot, besides));
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

    /// This list is told to these askers.
    pub fn tell(&mut self, path: &Path, askers: impl IntoIterator<Item = u64>, hunks: &FileHunks) {
        let places = places(hunks);
        let tellings = &mut self.seen(path).tellings;
        for asker in askers {
            // The same once more is all that there is to remember of it.
            tellings.retain(|told| told.asker != asker || told.places != places);
            let (revision, places) = (hunks.revision, Arc::clone(&places));
            tellings.push_front(Telling { asker, revision, places });
        }
        tellings.truncate(MAX_TELLINGS);
        let mut remembered: usize = tellings.iter().map(|told| told.places.len()).sum();
        while remembered > MAX_PLACES && tellings.len() > 1 {
            remembered -= tellings.pop_back().map_or(0, |told| told.places.len());
        }
    }

    /// What this asker was told of a file; in lists of this revision only, where one is given.
    pub fn told(&self, path: &Path, asker: u64, revision: Option<u64>) -> Told {
        let tellings = self.files.get(path).into_iter().flat_map(|seen| &seen.tellings);
        let meant = tellings.filter(|told| {
            told.asker == asker && revision.is_none_or(|revision| told.revision == revision)
        });
        Told(meant.map(|told| Arc::clone(&told.places)).collect())
    }

    fn seen(&mut self, path: &Path) -> &mut Seen {
        if self.files.len() >= MAX_FILES && !self.files.contains_key(path) {
            self.files.clear();
        }
        self.files.entry(path.to_owned()).or_default()
    }
}

fn places(hunks: &FileHunks) -> Arc<[Place]> {
    let all = hunks.unstaged.iter().chain(&hunks.staged);
    let mut places: Vec<Place> = all.map(place).collect();
    places.sort_unstable();
    places.into()
}

fn place(hunk: &Hunk) -> Place {
    let context = |line: &&HunkLine| line.kind == LineKind::Context;
    let before = hunk.lines.iter().take_while(context).count() as u32;
    // Where a hunk has no lines of a text, its start is the line before.
    let from_zero = |start: u32, lines: u32| start - u32::from(lines > 0) + before;
    let (old, new) =
        (from_zero(hunk.old_start, hunk.old_lines), from_zero(hunk.new_start, hunk.new_lines));
    (hashed(hunk.hunk_id.as_str()), old, new)
}

fn hashed<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
