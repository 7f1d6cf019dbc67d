//! What is known of the agent's turns: their checkpoints, and who wrote what of the files that they touched.
//!
//! One file per turn and repository, which comes to its name once it is whole and on the disk. The texts that it speaks
//! of are in the turn's last checkpoint, so that both go together.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
};

use serde::{Deserialize, Serialize};

use super::{
    Error,
    authorship::Authorship,
    checkpoint::Checkpoint,
    facts::Entry,
    record::PathText,
    room::leaf,
    scope::Scope,
    turn_id::{TurnAbout, TurnId, short},
};
use crate::protocol::diff::Origin;

/// The version of this format. A reader leaves a higher one alone.
const VERSION: u32 = 1;
/// Turns that are kept of one repository.
const MAX_TURNS: usize = 200;
/// Turns of this age go, in milliseconds.
const MAX_AGE: u64 = 30 * 24 * 60 * 60 * 1000;
/// Files of one turn whose authors are kept.
pub const MAX_FILES: usize = 2_000;
/// Texts that are asked who wrote a file.
const LATELY: usize = 12;
/// Earlier texts of one file that a turn remembers, since lines went from them that may come back.
const MAX_EARLIER: usize = 4;
/// How long a turn may be on its way, in milliseconds; one that takes longer begins with a look of its own.
const COMING: u64 = 10_000;
/// Bytes of a prompt that are kept.
const MAX_PROMPT: usize = 200;

/// One turn in one repository, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    version: u32,
    pub thread: String,
    id: String,
    root: PathText,
    pub prompt: Option<String>,
    /// Epoch milliseconds.
    pub started_at: u64,
    /// `None` while it runs, and where the process ended before it did.
    pub ended_at: Option<u64>,
    /// The agent may have begun to write before the first checkpoint was taken.
    pub late: bool,
    /// What is in no checkpoint.
    pub left_out: Vec<PathText>,
    /// The folders that its checkpoints are of, where they are not of all the tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<Vec<PathText>>,
    /// What a person wrote while it ran.
    #[serde(default)]
    pub others: Vec<PathText>,
    writers: Vec<Writer>,
    files: Vec<(PathText, Written)>,
}

/// An item, of this turn or of an earlier one whose lines are still there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Writer {
    /// Epoch milliseconds.
    at: u64,
    #[serde(flatten)]
    origin: Origin,
}

/// What is known of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Written {
    /// The text, as a blob; none where there is no file.
    oid: Option<String>,
    /// When an item changed it last, in epoch milliseconds.
    at: u64,
    authorship: Authorship,
    /// Before a person took lines of the agent out, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<Written>,
}

/// Who wrote a file, and the text that this is said of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    pub oid: Option<String>,
    pub at: u64,
    pub authorship: Authorship,
    /// By number.
    pub writers: Vec<(u64, Origin)>,
}

/// A file that was looked at since the tree was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instead {
    /// As the tree has it.
    pub first: Option<Entry>,
    /// As it was when it was known last who had made it so.
    pub last: Option<Entry>,
}

/// What the working tree is compared with while turns run.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// The first that holds a file counts for it.
    pub trees: Vec<(Scope, String)>,
    /// What counts for these instead.
    pub instead: HashMap<PathBuf, Instead>,
    running: BTreeSet<TurnId>,
}

/// All turns of all repositories.
pub struct Turns {
    folder: PathBuf,
    loaded: Mutex<Option<Loaded>>,
}

#[derive(Default)]
struct Loaded {
    turns: HashMap<PathBuf, BTreeMap<(u64, TurnId), Turn>>,
    baselines: HashMap<PathBuf, Baseline>,
    /// Of threads whose next turn is on its way: when the tree was taken, and which it is.
    coming: HashMap<(PathBuf, String), (u64, Scope, Checkpoint)>,
    /// Goes up with every change, by file.
    generations: HashMap<(PathBuf, PathBuf), u64>,
    generation: u64,
}

impl Turns {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, loaded: Mutex::default() }
    }

    /// What is known, read from the disk the first time.
    fn loaded(&self) -> Result<Guard<'_>, Error> {
        let mut loaded = leaf(&self.loaded);
        if loaded.is_none() {
            *loaded = Some(self.load()?);
        }
        Ok(Guard(loaded))
    }

    fn load(&self) -> Result<Loaded, Error> {
        let doing = "reading what is known of turns";
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.map_err(Error::io(doing))?;
        let mut loaded = Loaded::default();
        for entry in fs::read_dir(&self.folder).map_err(Error::io(doing))? {
            let path = entry.map_err(Error::io(doing))?.path();
            if path.extension().is_none_or(|kind| kind != "json") {
                // A file that never came to its name.
                let _ = fs::remove_file(&path);
                continue;
            }
            let bytes = fs::read(&path).map_err(Error::io(doing))?;
            match serde_json::from_slice::<Turn>(&bytes) {
                Ok(turn) if turn.version <= VERSION => loaded.put(turn),
                Ok(_) => {}
                // Nothing of the person's is in it.
                Err(error) => tracing::warn!(%error, "what was known of a turn cannot be read"),
            }
        }
        Ok(loaded)
    }

    /// A turn is on its way.
    pub fn comes(
        &self,
        root: &Path,
        thread: &str,
        at: u64,
        (scope, taken): (&Scope, Checkpoint),
    ) -> Result<(), Error> {
        let mut loaded = self.loaded()?;
        loaded.coming.retain(|_, (taken, ..)| taken.saturating_add(COMING) >= at);
        let taken = (at, scope.clone(), taken);
        loaded.coming.insert((root.to_owned(), thread.to_owned()), taken);
        Ok(())
    }

    /// The tree that was taken when the turn was asked for, if that was just now.
    pub fn came(
        &self,
        root: &Path,
        thread: &str,
        at: u64,
        scope: &Scope,
    ) -> Result<Option<Checkpoint>, Error> {
        let mut loaded = self.loaded()?;
        let came = loaded.coming.remove(&(root.to_owned(), thread.to_owned()));
        let fits =
            |(taken, of, _): &(u64, Scope, _)| taken.saturating_add(COMING) >= at && of == scope;
        Ok(came.filter(fits).map(|(.., tree)| tree))
    }

    /// A turn begins; those that are too old or too many are forgotten, and named.
    pub fn begin(
        &self,
        root: &Path,
        id: &TurnId,
        at: u64,
        (scope, tree): (&Scope, &str),
    ) -> Result<Vec<TurnId>, Error> {
        let mut loaded = self.loaded()?;
        let turn = Turn {
            version: VERSION,
            thread: id.thread.clone(),
            id: id.turn.clone(),
            root: root.into(),
            prompt: None,
            started_at: at,
            ended_at: None,
            late: false,
            left_out: Vec::new(),
            scope: scope.written(),
            others: Vec::new(),
            writers: Vec::new(),
            files: Vec::new(),
        };
        self.write(&turn)?;
        loaded.put(turn);
        let baseline = loaded.baselines.entry(root.to_owned()).or_default();
        if baseline.running.is_empty() {
            *baseline = Baseline::default();
        }
        if baseline.trees.iter().all(|(held, _)| held.and(scope) != *scope) {
            baseline.trees.push((scope.clone(), tree.to_owned()));
        }
        baseline.running.insert(id.clone());
        let running = baseline.running.clone();
        let turns = loaded.turns.entry(root.to_owned()).or_default();
        let excess = turns.len().saturating_sub(MAX_TURNS);
        let gone: Vec<(u64, TurnId)> = turns
            .keys()
            .enumerate()
            .filter(|(index, (started, _))| *index < excess || started.saturating_add(MAX_AGE) < at)
            .map(|(_, key)| key.clone())
            .filter(|(_, id)| !running.contains(id))
            .collect();
        for key in &gone {
            turns.remove(key);
            // Read again it would be forgotten again.
            let _ = fs::remove_file(self.path(root, &key.1));
        }
        Ok(gone.into_iter().map(|(_, id)| id).collect())
    }

    /// Changes what is known of a turn, and writes it down.
    pub fn change(
        &self,
        root: &Path,
        id: &TurnId,
        change: impl FnOnce(&mut Turn),
    ) -> Result<(), Error> {
        let mut loaded = self.loaded()?;
        let turns = loaded.turns.entry(root.to_owned()).or_default();
        let Some(turn) = turns.values_mut().find(|turn| turn.is(id)) else {
            return Err(Error::TurnUnknown(id.clone()));
        };
        let before = turn.clone();
        change(turn);
        if *turn == before {
            return Ok(());
        }
        self.write(turn)?;
        let now = &turn.files;
        let changed: Vec<PathBuf> = now
            .iter()
            .filter(|file| !before.files.contains(file))
            .map(|(path, _)| path.into())
            .collect();
        for path in changed {
            loaded.generation += 1;
            let generation = loaded.generation;
            loaded.generations.insert((root.to_owned(), path), generation);
        }
        Ok(())
    }

    /// The turn has ended; true when no other runs in this repository.
    pub fn end(&self, root: &Path, id: &TurnId) -> Result<bool, Error> {
        let mut loaded = self.loaded()?;
        let Some(baseline) = loaded.baselines.get_mut(root) else { return Ok(true) };
        baseline.running.remove(id);
        let last = baseline.running.is_empty();
        if last {
            loaded.baselines.remove(root);
        }
        Ok(last)
    }

    /// What turns that run in this repository are compared with; `None` when none runs.
    pub fn baseline(&self, root: &Path) -> Result<Option<Baseline>, Error> {
        Ok(self.loaded()?.baselines.get(root).cloned())
    }

    pub fn set_baseline(&self, root: &Path, instead: HashMap<PathBuf, Instead>) {
        let Ok(mut loaded) = self.loaded() else { return };
        if let Some(baseline) = loaded.baselines.get_mut(root) {
            baseline.instead = instead;
        }
    }

    /// Somebody else than the agent made the file this: `typed` it, or took something back.
    pub fn not_the_agents(
        &self,
        root: &Path,
        path: &Path,
        instead: Instead,
        typed: bool,
    ) -> Result<(), Error> {
        let running = {
            let mut loaded = self.loaded()?;
            let Some(baseline) = loaded.baselines.get_mut(root) else { return Ok(()) };
            baseline.instead.insert(path.to_owned(), instead);
            if typed { baseline.running.clone() } else { BTreeSet::new() }
        };
        let path = PathText::from(path);
        for id in running {
            self.change(root, &id, |turn| {
                if !turn.others.contains(&path) && turn.others.len() < MAX_FILES {
                    turn.others.push(path.clone());
                }
            })?;
        }
        Ok(())
    }

    /// The repositories that have one of these turns, or any where none is named.
    pub fn roots(&self, id: Option<&TurnId>) -> Result<Vec<PathBuf>, Error> {
        let loaded = self.loaded()?;
        let has = |turns: &BTreeMap<_, Turn>| {
            id.is_none_or(|id| turns.values().any(|turn: &Turn| turn.is(id)))
        };
        let mut roots: Vec<PathBuf> = loaded
            .turns
            .iter()
            .filter(|(_, turns)| has(turns))
            .map(|(root, _)| root.clone())
            .collect();
        roots.sort();
        Ok(roots)
    }

    /// The last turn of a thread.
    pub fn last_of(&self, thread: &str) -> Result<Option<TurnId>, Error> {
        let loaded = self.loaded()?;
        let all = loaded.turns.values().flat_map(BTreeMap::iter);
        let mine = all.filter(|(_, turn)| turn.thread == thread);
        Ok(mine.max_by_key(|((at, _), _)| *at).map(|((_, id), _)| id.clone()))
    }

    pub fn get(&self, root: &Path, id: &TurnId) -> Result<Turn, Error> {
        let loaded = self.loaded()?;
        let turn = loaded.turns.get(root).and_then(|turns| turns.values().find(|turn| turn.is(id)));
        turn.cloned().ok_or_else(|| Error::TurnUnknown(id.clone()))
    }

    /// Every turn, the oldest first.
    pub fn about(&self) -> Result<Vec<TurnAbout>, Error> {
        let loaded = self.loaded()?;
        let mut all: Vec<TurnAbout> =
            loaded.turns.values().flat_map(BTreeMap::values).map(Turn::about).collect();
        all.sort_by_key(|turn| turn.started_at);
        Ok(all)
    }

    /// Who wrote a file, as the turn that touched it last has it.
    pub fn known(&self, root: &Path, path: &Path) -> Option<Known> {
        self.known_lately(root, path).into_iter().next()
    }

    /// The same of the last turns, the latest first.
    pub fn known_lately(&self, root: &Path, path: &Path) -> Vec<Known> {
        let Ok(loaded) = self.loaded() else { return Vec::new() };
        let path = PathText::from(path);
        let turns = loaded.turns.get(root).into_iter().flat_map(BTreeMap::values).rev();
        let mut known: Vec<Known> = turns.flat_map(|turn| turn.all_known(&path)).collect();
        known.sort_by_key(|known| std::cmp::Reverse(known.at));
        known.truncate(LATELY);
        known
    }

    /// Files that the agent touched, the latest first.
    pub fn files(&self, root: &Path) -> Vec<PathBuf> {
        let Ok(loaded) = self.loaded() else { return Vec::new() };
        let turns = loaded.turns.get(root).into_iter().flat_map(BTreeMap::values);
        let mut latest: HashMap<&PathText, u64> = HashMap::new();
        for (path, written) in turns.flat_map(|turn| &turn.files) {
            let at = latest.entry(path).or_default();
            *at = written.at.max(*at);
        }
        let mut files: Vec<(PathBuf, u64)> =
            latest.into_iter().map(|(path, at)| (path.into(), at)).collect();
        files.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        files.into_iter().map(|(path, _)| path).collect()
    }

    /// Another number whenever something else is known of a file.
    pub fn generation(&self, root: &Path, path: &Path) -> u64 {
        let Ok(loaded) = self.loaded() else { return 0 };
        loaded.generations.get(&(root.to_owned(), path.to_owned())).copied().unwrap_or(0)
    }

    fn write(&self, turn: &Turn) -> Result<(), Error> {
        let doing = "writing down what is known of a turn";
        let path = self.path(&turn.root(), &turn.id());
        let new = path.with_extension("new");
        let bytes = serde_json::to_vec(turn).map_err(|error| Error::io(doing)(error.into()))?;
        let opened =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new);
        let written = opened.and_then(|mut file| file.write_all(&bytes).and(file.sync_all()));
        written.map_err(Error::io(doing))?;
        fs::rename(&new, &path).map_err(Error::io(doing))?;
        match File::open(&self.folder).and_then(|folder| folder.sync_all()) {
            Err(error) if error.kind() != ErrorKind::Unsupported => Err(Error::io(doing)(error)),
            _ => Ok(()),
        }
    }

    fn path(&self, root: &Path, id: &TurnId) -> PathBuf {
        let name = id.name();
        self.folder.join(format!("{}-{name}.json", short(root.as_os_str().as_encoded_bytes())))
    }
}

/// The lock, with what was loaded under it.
struct Guard<'a>(MutexGuard<'a, Option<Loaded>>);

impl std::ops::Deref for Guard<'_> {
    type Target = Loaded;

    fn deref(&self) -> &Loaded {
        static NOTHING: std::sync::LazyLock<Loaded> = std::sync::LazyLock::new(Loaded::default);
        self.0.as_ref().unwrap_or(&NOTHING)
    }
}

impl std::ops::DerefMut for Guard<'_> {
    fn deref_mut(&mut self) -> &mut Loaded {
        self.0.get_or_insert_default()
    }
}

impl Loaded {
    fn put(&mut self, turn: Turn) {
        let key = (turn.started_at, turn.id());
        self.turns.entry(turn.root()).or_default().insert(key, turn);
    }
}

impl Baseline {
    /// The tree that a file is compared with.
    pub fn tree_of(&self, path: &Path) -> Option<&str> {
        let found = self.trees.iter().find(|(scope, _)| scope.holds(path));
        found.map(|(_, tree)| tree.as_str())
    }
}

impl Turn {
    /// The part of the working tree that its checkpoints are of.
    pub fn scope(&self) -> Scope {
        Scope::read(self.scope.as_deref())
    }

    pub fn id(&self) -> TurnId {
        TurnId { thread: self.thread.clone(), turn: self.id.clone() }
    }

    fn is(&self, id: &TurnId) -> bool {
        self.thread == id.thread && self.id == id.turn
    }

    /// Files whose authors are known.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.files.iter().map(|(path, _)| path.into()).collect()
    }

    fn root(&self) -> PathBuf {
        (&self.root).into()
    }

    pub fn about(&self) -> TurnAbout {
        TurnAbout { id: self.id(), prompt: self.prompt.clone(), started_at: self.started_at }
    }

    /// Takes the first line of what was asked, cut at a bound.
    pub fn ask(&mut self, prompt: &str) {
        let line = prompt.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        self.prompt = Some(line[..line.floor_char_boundary(MAX_PROMPT)].to_owned());
    }

    pub fn leave_out(&mut self, paths: &[PathBuf]) {
        for path in paths {
            let path = PathText::from(path.as_path());
            if !self.left_out.contains(&path) {
                self.left_out.push(path);
            }
        }
    }

    /// Who wrote a file, as of the end of this turn.
    pub fn known(&self, path: &PathText) -> Option<Known> {
        self.all_known(path).next()
    }

    /// The same, and then of the texts before a person took lines out.
    fn all_known(&self, path: &PathText) -> impl Iterator<Item = Known> {
        let written =
            self.files.iter().find(|(known, _)| known == path).map(|(_, written)| written);
        let all = written.into_iter().flat_map(|last| std::iter::once(last).chain(&last.earlier));
        all.map(|written| Known {
            oid: written.oid.clone(),
            at: written.at,
            authorship: written.authorship.clone(),
            writers: self.writers.iter().map(|writer| (writer.at, writer.origin.clone())).collect(),
        })
    }

    /// The blobs of the earlier texts, once the last ones of these files are among them.
    pub fn earlier(&self, lost: &BTreeSet<PathBuf>) -> BTreeSet<&str> {
        let files = self.files.iter().flat_map(|(path, last)| {
            let also = lost.contains(&PathBuf::from(path)).then_some(last);
            also.into_iter().chain(&last.earlier).take(MAX_EARLIER)
        });
        files.filter_map(|written| written.oid.as_deref()).collect()
    }

    /// Keeps who wrote a file. Those whom the turn does not know yet come to be known. Where lines of the agent were
    /// `lost`, what was known before stays known.
    pub fn keep(&mut self, path: &Path, known: &Known, lost: bool) {
        let path = PathText::from(path);
        let place = self.files.iter().position(|(kept, _)| *kept == path);
        if place.is_none() && self.files.len() >= MAX_FILES {
            return;
        }
        let authorship = known.authorship.renumbered(|by| {
            let (at, origin) = known.writers.get(by as usize)?;
            let same = |writer: &Writer| writer.at == *at && writer.origin == *origin;
            let number = self.writers.iter().position(same).unwrap_or_else(|| {
                self.writers.push(Writer { at: *at, origin: origin.clone() });
                self.writers.len() - 1
            });
            u32::try_from(number).ok()
        });
        let (oid, at) = (known.oid.clone(), known.at);
        let mut written = Written { oid, at, authorship, earlier: Vec::new() };
        let Some(place) = place else { return self.files.push((path, written)) };
        let mut last = std::mem::take(&mut self.files[place].1);
        written.earlier = std::mem::take(&mut last.earlier);
        if lost {
            written.earlier.insert(0, last);
            written.earlier.truncate(MAX_EARLIER);
        }
        self.files[place].1 = written;
    }
}
