//! The agent's turns in one repository: a checkpoint before and after, and a look after each item at what it wrote.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ffi::OsString,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::{
    Error,
    acts::Scene,
    authorship::Authorship,
    checkpoint::{self, Checkpoint, Difference},
    clean::is_binary,
    facts::{Entry, SUBMODULE, SYMLINK, Source},
    hunks::Side,
    limits::{MAX_BYTES, MAX_LINES},
    place::as_git,
    record::PathText,
    repository::Repository,
    scope::Scope,
    snapshot::Snapshot,
    turn_id::TurnId,
    turns::{Baseline, Instead, Known, Turn, Turns},
};
use crate::protocol::diff::Origin;

/// A command is told to have begun once its process runs, and what is over by then is told after its end; files have
/// their times from a clock that is behind. All of it stays below this, in milliseconds.
const TOLD_LATE: u64 = 2_000;
/// Files that are asked about at once.
const MAX_REVIEWED: usize = 2_000;

/// An item of a turn that may have written files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub id: String,
    /// Epoch milliseconds.
    pub began_at: u64,
    /// The absolute paths that it wrote, where it says so; else what changed since it began is its own.
    pub paths: Option<Vec<PathBuf>>,
}

/// What the core has heard of a turn by now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    pub prompt: Option<String>,
    /// The agent may have begun to write before the first checkpoint was taken.
    pub late: bool,
}

/// A repository and what is known of the agent's work in it.
pub struct Desk<'a> {
    pub repository: &'a Repository,
    pub turns: &'a Turns,
    /// The journal's.
    pub mark: &'a str,
    /// Where it may look and write.
    pub scope: &'a Scope,
    /// Epoch milliseconds.
    pub at: u64,
}

impl Desk<'_> {
    fn root(&self) -> &Path {
        &self.repository.root
    }

    /// A turn of this thread is on its way: the tree is kept for it as it is now.
    pub fn comes(&self, thread: &str) -> Result<(), Error> {
        let taken = self.take(self.scope)?;
        self.turns.comes(self.root(), thread, self.at, (self.scope, taken))
    }

    /// Keeps the tree as it is before the turn.
    pub fn begins(&self, id: &TurnId) -> Result<(), Error> {
        let taken = match self.turns.came(self.root(), &id.thread, self.at, self.scope)? {
            Some(taken) => taken,
            None => self.take(self.scope)?,
        };
        let gone = self.turns.begin(self.root(), id, self.at, (self.scope, &taken.tree))?;
        let tree = taken.tree.as_str();
        checkpoint::keep(self.repository, &[(&id.start(), tree), (&id.end(), tree)])?;
        self.turns.change(self.root(), id, |turn| turn.leave_out(&taken.left_out))?;
        let names: Vec<String> =
            gone.iter().flat_map(|id| [id.start(), id.end(), id.earlier()]).collect();
        if !names.is_empty() {
            checkpoint::forget(self.repository, &names)?;
        }
        Ok(())
    }

    /// Looks at what these items wrote. The files whose authors are others now.
    pub fn wrote(&self, id: &TurnId, items: &[Item], heard: &Heard) -> Result<Vec<PathBuf>, Error> {
        let Some(mut baseline) = self.turns.baseline(self.root())? else { return Ok(Vec::new()) };
        let scope = self.turns.get(self.root(), id)?.scope().and(self.scope);
        let taken = self.take(&scope)?;
        let items = self.in_this_tree(items);
        let mut known = BTreeMap::new();
        let mut now = HashMap::new();
        // As the person left what an item wrote then.
        let mut left = HashMap::new();
        for one in self.since(&baseline, &scope, &taken.tree)? {
            let Seen { path, first, before, after } = one;
            now.insert(path.clone(), after.clone());
            if before == after {
                continue;
            }
            let Some(item) = items.iter().find(|item| self.may_have_written(item, &path)) else {
                continue;
            };
            let origin = Origin {
                thread_id: id.thread.clone(),
                turn_id: id.turn.clone(),
                item_id: item.id.clone(),
            };
            if let Some(written) = self.attribute(&path, before.as_ref(), after.as_ref(), origin)? {
                known.insert(path.clone(), written);
            }
            left.insert(path.clone(), before);
            baseline.instead.insert(path, Instead { first, last: after });
        }
        self.carry(id, &now, &mut known)?;
        let turn = self.turns.get(self.root(), id)?;
        let mut lost = BTreeSet::new();
        for path in known.keys() {
            let left = left.get(path).or_else(|| now.get(path)).and_then(Option::as_ref);
            if self.is_lost(&turn, path, left)? {
                lost.insert(path.clone());
            }
        }
        // The texts are kept before they are spoken of.
        let earlier = turn.earlier(&lost);
        if !lost.is_empty() {
            let earlier = checkpoint::of_blobs(self.repository, earlier)?;
            checkpoint::keep(self.repository, &[(&id.earlier(), &earlier)])?;
        }
        checkpoint::keep(self.repository, &[(&id.end(), &taken.tree)])?;
        self.turns.set_baseline(self.root(), baseline.instead);
        self.turns.change(self.root(), id, |turn| {
            turn.leave_out(&taken.left_out);
            turn.leave_out(&outside(&scope, &items));
            turn.late |= heard.late;
            if let Some(prompt) = &heard.prompt {
                turn.ask(prompt);
            }
            for (path, known) in &known {
                turn.keep(path, known, lost.contains(path));
            }
        })?;
        Ok(known.into_keys().collect())
    }

    /// The turn is over; items that were not told to have ended may have written.
    pub fn ends(&self, id: &TurnId, items: &[Item], heard: &Heard) -> Result<Vec<PathBuf>, Error> {
        let looked = self.wrote(id, items, heard);
        self.turns.end(self.root(), id)?;
        let at = self.at;
        self.turns.change(self.root(), id, |turn| turn.ended_at = Some(at))?;
        looked
    }

    /// Somebody else than the agent has just made the file what it is: `typed` it, or took something back.
    pub fn not_the_agents(&self, path: &Path, typed: bool) -> Result<(), Error> {
        let Some(baseline) = self.turns.baseline(self.root())? else { return Ok(()) };
        let first = match baseline.instead.get(path) {
            Some(instead) => instead.first.clone(),
            None => match baseline.tree_of(path) {
                Some(tree) => self.entry(tree, path)?,
                None => return Ok(()),
            },
        };
        let snapshot = Snapshot::take(self.repository, path)?;
        let last = match (snapshot.is_on_disk(), snapshot.pair(Side::Unstaged)) {
            (true, Ok(pair)) => {
                let mode = snapshot.working_mode().unwrap_or(super::facts::REGULAR);
                Some(Entry { mode, oid: self.repository.keep_text(pair.new_text)? })
            }
            (true, Err(_)) => return Ok(()),
            (false, _) => None,
        };
        let was = baseline.instead.get(path).map_or(&first, |instead| &instead.last);
        if *was == last {
            // Saved as it was: nothing of it is anybody else's.
            return Ok(());
        }
        self.turns.not_the_agents(self.root(), path, Instead { first, last }, typed)
    }

    /// Puts the tree back as it was before the turn.
    pub fn undo(&self, scene: &Scene<'_>, turn: &Turn) -> Result<Undone, Error> {
        let id = turn.id();
        let (all, scope) = (turn.scope(), turn.scope().and(self.scope));
        let tree = |name: &str| checkpoint::tree(self.repository, name);
        let (start, end) = (tree(&id.start())?, tree(&id.end())?);
        let others: Vec<PathBuf> = turn.others.iter().map(Into::into).collect();
        let theirs = |path: &Path| turn.known(&PathText::from(path)).is_some();
        let differences = checkpoint::compare(&self.repository.git, &start, &end)?;
        let (differences, elsewhere): (Vec<_>, Vec<_>) =
            all.of_differences(differences).into_iter().partition(|one| scope.holds(&one.path));
        let both: Vec<PathBuf> = differences
            .into_iter()
            .map(|one| one.path)
            .filter(|path| others.contains(path) && theirs(path))
            .collect();
        if !both.is_empty() {
            // Going back would take the person's own work along.
            return Err(Error::Changed(both));
        }
        let (number, paths) = scene.restore(Some(&end), &start, (&scope, &others))?;
        Ok(Undone { number, paths, elsewhere: elsewhere.into_iter().map(|one| one.path).collect() })
    }

    /// Files that the agent wrote and that are not staged as they are.
    pub fn to_review(&self) -> Result<Vec<PathBuf>, Error> {
        let mut files = self.turns.files(self.root());
        files.retain(|path| self.scope.holds(path));
        files.truncate(MAX_REVIEWED);
        if files.is_empty() {
            return Ok(files);
        }
        let options = ["ls-files", "-z", "-m", "-o", "-d", "--exclude-standard", "--"];
        let mut arguments: Vec<OsString> = options.iter().map(Into::into).collect();
        arguments.extend(files.iter().map(|path| path.as_os_str().to_owned()));
        let arguments: Vec<&std::ffi::OsStr> = arguments.iter().map(AsRef::as_ref).collect();
        let listed = self.repository.git.run(&arguments)?;
        let listed: std::collections::HashSet<&[u8]> = listed.split(|byte| *byte == 0).collect();
        files.retain(|path| listed.contains(&*as_git(path)));
        files.sort();
        Ok(files)
    }

    /// All files that are not as they were in the tree, or not as they were looked at last.
    fn since(&self, baseline: &Baseline, scope: &Scope, now: &str) -> Result<Vec<Seen>, Error> {
        let mut left = baseline.instead.clone();
        left.retain(|path, _| scope.holds(path));
        let mut differences = Vec::new();
        for (_, tree) in &baseline.trees {
            let mut found =
                scope.of_differences(checkpoint::compare(&self.repository.git, tree, now)?);
            found.retain(|one| baseline.tree_of(&one.path) == Some(tree));
            differences.extend(found);
        }
        let mut seen = Vec::new();
        for Difference { path, before, after } in differences {
            let last = left.remove(&path).map(|instead| instead.last);
            let (first, before) = (before.clone(), last.unwrap_or(before));
            seen.push(Seen { path, first, before, after });
        }
        // As in the tree again.
        seen.extend(left.into_iter().map(|(path, Instead { first, last })| {
            let after = first.clone();
            Seen { path, first, before: last, after }
        }));
        Ok(seen)
    }

    fn take(&self, scope: &Scope) -> Result<Checkpoint, Error> {
        checkpoint::take_of(self.repository, self.mark, scope, None)
    }

    fn may_have_written(&self, item: &Item, path: &Path) -> bool {
        match &item.paths {
            Some(paths) => paths.iter().any(|named| named == path),
            None => {
                changed_at(&self.root().join(path)).is_none_or(|at| at + TOLD_LATE >= item.began_at)
            }
        }
    }

    /// The items with their paths as they are below the root, the latest first.
    fn in_this_tree(&self, items: &[Item]) -> Vec<Item> {
        let below = |path: &PathBuf| -> Option<PathBuf> {
            if let Ok(path) = path.strip_prefix(self.root()) {
                return Some(path.to_owned());
            }
            // It may lead here by another way.
            let (folder, name) = (path.parent()?, path.file_name()?);
            let found = folder.canonicalize().ok()?.join(name);
            found.strip_prefix(self.root()).ok().map(Path::to_owned)
        };
        let mut items: Vec<Item> = items
            .iter()
            .map(|item| Item {
                paths: item.paths.as_ref().map(|paths| paths.iter().filter_map(below).collect()),
                ..item.clone()
            })
            .collect();
        items.sort_by_key(|item| std::cmp::Reverse(item.began_at));
        items
    }

    /// `None` for what has no lines.
    fn attribute(
        &self,
        path: &Path,
        before: Option<&Entry>,
        after: Option<&Entry>,
        origin: Origin,
    ) -> Result<Option<Known>, Error> {
        let (Some(old), Some(new)) = (self.text(path, before)?, self.text(path, after)?) else {
            return Ok(None);
        };
        let mut known = self.turns.known(self.root(), path).unwrap_or_default();
        let by = u32::try_from(known.writers.len()).unwrap_or(u32::MAX);
        known.writers.push((self.at, origin));
        let mut authorship = self.carried(&known, &old)?.written(&old, &new, by)?;
        if let (Some(before), Some(after)) = (before, after)
            && before.mode != after.mode
        {
            authorship.set_mode(after.mode, by);
        }
        let oid = after.map(|entry| entry.oid.clone());
        Ok(Some(Known { oid, at: self.at, authorship, ..known }))
    }

    /// What the turn said of other files, said of their texts as they are now: those are in the checkpoint.
    fn carry(
        &self,
        id: &TurnId,
        now: &HashMap<PathBuf, Option<Entry>>,
        known: &mut BTreeMap<PathBuf, Known>,
    ) -> Result<(), Error> {
        let turn = self.turns.get(self.root(), id)?;
        for path in turn.paths() {
            let Some(entry) = now.get(&path).filter(|_| !known.contains_key(&path)) else {
                continue;
            };
            let Some(before) = turn.known(&PathText::from(path.as_path())) else { continue };
            let oid = entry.as_ref().map(|entry| entry.oid.clone());
            if before.oid == oid {
                continue;
            }
            let authorship = match self.text(&path, entry.as_ref())? {
                Some(text) => self.carried(&before, &text)?,
                None => Authorship::default(),
            };
            known.insert(path, Known { oid, authorship, ..before });
        }
        Ok(())
    }

    /// Whether lines of the agent, as the turn knows them, are not in this text.
    fn is_lost(&self, turn: &Turn, path: &Path, now: Option<&Entry>) -> Result<bool, Error> {
        let Some(known) = turn.known(&PathText::from(path)) else { return Ok(false) };
        let text = self.text(path, now)?.unwrap_or_default();
        Ok(self.carried(&known, &text)?.lines() < known.authorship.lines())
    }

    /// The authors of this text. What was known of a text that is gone is known no more.
    fn carried(&self, known: &Known, text: &[u8]) -> Result<Authorship, Error> {
        let before = match &known.oid {
            None => Vec::new(),
            Some(oid) => match self.repository.blob(oid) {
                Ok(text) => text,
                Err(_) => return Ok(Authorship::default()),
            },
        };
        known.authorship.carried(&before, text)
    }

    /// The text of a file; empty where there is none, `None` where it has no lines to speak of.
    fn text(&self, path: &Path, entry: Option<&Entry>) -> Result<Option<Vec<u8>>, Error> {
        let Some(entry) = entry else { return Ok(Some(Vec::new())) };
        if matches!(entry.mode, SYMLINK | SUBMODULE)
            || self.repository.blob_size(&entry.oid)? > MAX_BYTES
        {
            return Ok(None);
        }
        let text = self.repository.blob(&entry.oid)?;
        let many = memchr::memchr_iter(b'\n', &text).count() > MAX_LINES as usize;
        let binary = many || is_binary(&self.repository.attributes(path)?, &text);
        Ok((!binary).then_some(text))
    }

    fn entry(&self, tree: &str, path: &Path) -> Result<Option<Entry>, Error> {
        let printed = self.repository.git.run(arguments!["ls-tree", "-z", tree, "--", path])?;
        // `100644 blob <oid>`, a tab, the path.
        let line = String::from_utf8_lossy(&printed).into_owned();
        let mut fields = line.split([' ', '\t']);
        let (mode, kind, oid) = (fields.next(), fields.next(), fields.next());
        Ok(match (mode, kind, oid) {
            (Some(mode), Some("blob"), Some(oid)) => {
                let mode = u32::from_str_radix(mode, 8).unwrap_or(0);
                Some(Entry { mode, oid: oid.to_owned() })
            }
            _ => None,
        })
    }
}

/// A turn that was taken back.
pub struct Undone {
    /// Of the entry in the journal.
    pub number: Option<u64>,
    pub paths: Vec<PathBuf>,
    /// Files of the turn that stay as they are, since they may not be written.
    pub elsewhere: Vec<PathBuf>,
}

/// A file that was looked at.
struct Seen {
    path: PathBuf,
    /// When the first of the turns that run began.
    first: Option<Entry>,
    before: Option<Entry>,
    after: Option<Entry>,
}

/// What items wrote or may have written outside of the scope; of a command nobody knows, so it is all of the tree.
fn outside(scope: &Scope, items: &[Item]) -> Vec<PathBuf> {
    let named = |item: &Item| item.paths.clone().unwrap_or_else(|| vec![PathBuf::new()]);
    items.iter().flat_map(named).filter(|path| !scope.holds(path)).collect()
}

/// When the file came to be what it is, in epoch milliseconds; of one that is gone, when its folder changed.
fn changed_at(path: &Path) -> Option<u64> {
    let found = path.ancestors().find_map(|path| fs::symlink_metadata(path).ok())?;
    let milliseconds =
        found.ctime().checked_mul(1000)?.checked_add(found.ctime_nsec() / 1_000_000)?;
    u64::try_from(milliseconds).ok()
}
