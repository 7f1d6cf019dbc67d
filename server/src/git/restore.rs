//! Several files of the working tree at once: all of them, or none.

use std::path::{Path, PathBuf};

use super::{
    Error,
    acts::{Scene, disk_state, new_file, state},
    checkpoint::{CheckedOut, Difference, compare, take_of},
    clean::{Conversion, clean},
    facts::{Entry, SYMLINK, Source},
    place::{self, OnDisk},
    publish::{publish, temporary},
    record::{Action, Changed, Kept, Place, Record, Trees, Written},
    scope::Scope,
};

/// The bytes that one restore may read and write, in sum.
const MAX_ALL: u64 = 256 * 1024 * 1024;

/// A file that is to become another.
pub struct Swap {
    pub path: PathBuf,
    pub now: OnDisk,
    /// Its mode and bytes; `None` where there is to be no file.
    pub new: Option<(u32, Vec<u8>)>,
}

impl Scene<'_> {
    /// Puts back what two trees have differently, from `from` to `to`. Every file must still be as `from` has it, or
    /// nothing is touched. Without `from`, the working tree as it is now takes its place. Only what is in
    /// `scope`, `but` these, which stay.
    pub fn restore(
        &self,
        from: Option<&str>,
        to: &str,
        (scope, but): (&Scope, &[PathBuf]),
    ) -> Result<(Option<u64>, Vec<PathBuf>), Error> {
        let now = take_of(self.repository, &self.journal.mark, scope, None)?.tree;
        let from = from.unwrap_or(&now);
        let mut differences = compare(&self.repository.git, from, to)?;
        differences.retain(|one| scope.holds(&one.path) && !but.contains(&one.path));
        let since: Vec<PathBuf> =
            compare(&self.repository.git, from, &now)?.into_iter().map(|one| one.path).collect();
        let changed: Vec<PathBuf> = differences
            .iter()
            .filter(|one| since.contains(&one.path))
            .map(|one| one.path.clone())
            .collect();
        if !changed.is_empty() {
            return Err(Error::Changed(changed));
        }
        if differences.is_empty() {
            return Ok((None, Vec::new()));
        }
        let swaps = self.swaps(&differences, to)?;
        let paths = swaps.iter().map(|swap| swap.path.clone()).collect();
        let trees = Trees { before: from.to_owned(), after: to.to_owned() };
        let number = self.swap_all(Action::Restore, &swaps, None, Some(trees))?;
        Ok((Some(number), paths))
    }

    fn swaps(&self, differences: &[Difference], to: &str) -> Result<Vec<Swap>, Error> {
        let wanted: Vec<&Path> = differences
            .iter()
            .filter(|one| one.after.is_some())
            .map(|one| one.path.as_path())
            .collect();
        let there = CheckedOut::of(self.repository, &self.journal.mark, to, &wanted)?;
        let (mut swaps, mut changed, mut sum) = (Vec::new(), Vec::new(), 0);
        for Difference { path, before, after } in differences {
            let now = match place::read(&self.repository.root, path)? {
                // The files in it go first, and it with them.
                OnDisk::Directory if before.is_none() => OnDisk::Absent,
                now => now,
            };
            let new =
                after.as_ref().map(|entry| checked_out(there.folder(), path, entry)).transpose()?;
            sum += length(&now) + new.as_ref().map_or(0, |(_, bytes)| bytes.len() as u64);
            if sum > MAX_ALL {
                let path = path.clone();
                return Err(Error::TooLarge { path, found: sum, most: MAX_ALL, unit: "bytes" });
            }
            if !self.is_as(path, &now, before.as_ref())? {
                changed.push(path.clone());
            }
            swaps.push(Swap { path: path.clone(), now, new });
        }
        if changed.is_empty() { Ok(swaps) } else { Err(Error::Changed(changed)) }
    }

    /// Whether a file is what a tree has of it.
    fn is_as(&self, path: &Path, disk: &OnDisk, entry: Option<&Entry>) -> Result<bool, Error> {
        let (OnDisk::File(_) | OnDisk::Symlink(_), Some(entry)) = (disk, entry) else {
            return Ok(*disk == OnDisk::Absent && entry.is_none());
        };
        let expected = self.repository.blob(&entry.oid)?;
        match disk {
            OnDisk::Symlink(target) => Ok(entry.mode == SYMLINK && *target == expected),
            OnDisk::File(file) => {
                let attributes = self.repository.attributes(path)?;
                let conversion = Conversion::of(&attributes, &self.repository.settings()?);
                let cleaned =
                    clean(self.repository, &conversion, path, &file.bytes, Some(&expected))?;
                Ok(entry.mode != SYMLINK && *cleaned == *expected)
            }
            _ => Ok(false),
        }
    }

    /// Writes down all of it, then does it; takes back what was done where one file turns out to have changed.
    pub fn swap_all(
        &self,
        action: Action,
        swaps: &[Swap],
        undoes: Option<&str>,
        trees: Option<Trees>,
    ) -> Result<u64, Error> {
        let root = &self.repository.root;
        // Files go before others come: one may have to become a folder.
        let mut order: Vec<&Swap> = swaps.iter().collect();
        order.sort_by_key(|swap| (swap.new.is_some(), &swap.path));
        let mut files = Vec::new();
        let mut edits = Vec::new();
        for (act, swap) in (0..).zip(&order) {
            let after = swap.new.as_ref().map(|(mode, bytes)| state(*mode, bytes)).transpose()?;
            files.push(Changed {
                path: swap.path.as_path().into(),
                before: disk_state(&swap.now)?,
                after,
                temporary: Some(temporary()),
            });
            let inserted = swap.new.as_ref().map(|(_, bytes)| bytes.clone()).unwrap_or_default();
            let (lead, trail) = (Vec::new(), Vec::new());
            edits.push(Kept {
                act,
                at: 0,
                removed: bytes(&swap.now).to_vec(),
                inserted,
                lead,
                trail,
            });
        }
        let mut record = Record::new(self.at, root, action, Place::WorkingTree, files);
        record.whole = true;
        record.undoes = undoes.map(str::to_owned);
        record.trees = trees;
        let names: Vec<String> =
            record.files.iter().filter_map(|file| file.temporary.clone()).collect();
        let number = self.journal.begin(Written { record, edits })?;
        let mut done = Vec::new();
        for (swap, name) in order.iter().zip(&names) {
            let new = new_file(swap.new.as_ref().map(|(mode, bytes)| (*mode, bytes.as_slice())));
            let published = publish(root, &swap.path, &swap.now, &new, name);
            if let Ok(true) = published {
                done.push(*swap);
                if swap.new.is_none() {
                    remove_empty_folders(root, &swap.path);
                }
                continue;
            }
            for swap in done.iter().rev() {
                // What was written since stays; the journal has what it replaced.
                self.put_back(swap)?;
            }
            self.journal.abandon(number)?;
            return Err(published.err().unwrap_or_else(|| Error::Changed(vec![swap.path.clone()])));
        }
        self.journal.finish(number)?;
        Ok(number)
    }

    fn put_back(&self, swap: &Swap) -> Result<(), Error> {
        let root = &self.repository.root;
        let now = place::read(root, &swap.path)?;
        let new = swap.new.as_ref().map(|(mode, bytes)| state(*mode, bytes)).transpose()?;
        if disk_state(&now)? == new {
            let mode = disk_state(&swap.now)?.map(|state| state.mode);
            let old = new_file(mode.map(|mode| (mode, bytes(&swap.now))));
            publish(root, &swap.path, &now, &old, &temporary())?;
        }
        Ok(())
    }

    /// Takes back an entry of several files.
    pub fn undo_all(&self, journal_id: &str, written: &Written) -> Result<u64, Error> {
        let (mut swaps, mut changed) = (Vec::new(), Vec::new());
        for (file, edit) in written.record.files.iter().zip(&written.edits) {
            let path: PathBuf = (&file.path).into();
            let now = match place::read(&self.repository.root, &path)? {
                OnDisk::Directory if file.after.is_none() => OnDisk::Absent,
                now => now,
            };
            if disk_state(&now)? != file.after {
                changed.push(path.clone());
            }
            let new = file.before.as_ref().map(|state| (state.mode, edit.removed.clone()));
            swaps.push(Swap { path, now, new });
        }
        if !changed.is_empty() {
            return Err(Error::Changed(changed));
        }
        self.swap_all(Action::Undo, &swaps, Some(journal_id), None)
    }
}

fn checked_out(folder: &Path, path: &Path, entry: &Entry) -> Result<(u32, Vec<u8>), Error> {
    match place::read(folder, path)? {
        OnDisk::File(file) => Ok((entry.mode, file.bytes)),
        OnDisk::Symlink(target) => Ok((SYMLINK, target)),
        _ => {
            let message = format!("{} was not checked out", path.display());
            Err(Error::Git { command: "checkout-index".into(), message })
        }
    }
}

fn bytes(disk: &OnDisk) -> &[u8] {
    match disk {
        OnDisk::File(file) => &file.bytes,
        OnDisk::Symlink(target) => target,
        OnDisk::Absent | OnDisk::Large(_) | OnDisk::Directory | OnDisk::Special => &[],
    }
}

fn length(disk: &OnDisk) -> u64 {
    bytes(disk).len() as u64
}

/// As git does when the last file of a folder goes.
fn remove_empty_folders(root: &Path, path: &Path) {
    for folder in path.ancestors().skip(1).take_while(|folder| !folder.as_os_str().is_empty()) {
        if std::fs::remove_dir(root.join(folder)).is_err() {
            return;
        }
    }
}
