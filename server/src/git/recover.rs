//! After a crash: which acts were done, and what they left lying about.

use std::path::Path;

use super::{
    Error,
    acts::{disk_state, indexed_state, new_file, path_of},
    facts::SUBMODULE,
    index::forget_left_behind,
    journal::Journal,
    place::{self, OnDisk},
    publish::{beside, discard, publish, put_back, temporary},
    record::{Changed, Place, State, WHOLE, Written},
    repository::Repository,
    snapshot::Snapshot,
};

/// What became of an act that was under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As if it had never been asked for.
    Before,
    After,
    /// The file is neither, so somebody wrote it since. The entry stays, and its bytes with it.
    Neither,
}

/// Settles what was under way in this working tree when the last process ended.
pub fn recover(repository: &Repository, journal: &Journal) -> Result<Vec<Outcome>, Error> {
    forget_left_behind(repository, &journal.mark)?;
    let mut outcomes = Vec::new();
    for (number, written) in journal.pending(&repository.root)? {
        let files = &written.record.files;
        let settled: Vec<Outcome> = files
            .iter()
            .map(|changed| {
                settle(repository, &written, changed).unwrap_or_else(|error| {
                    // What cannot be looked at is not known to be either.
                    tracing::warn!(%error, number, "what became of an act cannot be seen");
                    Outcome::Neither
                })
            })
            .collect();
        let outcome = match settled.as_slice() {
            [first, rest @ ..] if rest.iter().all(|one| one == first) => *first,
            _ => take_back(repository, &written, &settled)?,
        };
        match outcome {
            Outcome::Before => journal.abandon(number)?,
            Outcome::After | Outcome::Neither => journal.finish(number)?,
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// Of several files some were written: as if it had never begun, as far as nobody wrote since.
fn take_back(
    repository: &Repository,
    written: &Written,
    settled: &[Outcome],
) -> Result<Outcome, Error> {
    for ((changed, edit), outcome) in written.record.files.iter().zip(&written.edits).zip(settled) {
        if *outcome == Outcome::After {
            let path = path_of(changed);
            let now = place::read(&repository.root, &path)?;
            let old = changed.before.as_ref().map(|state| (state.mode, edit.removed.as_slice()));
            publish(&repository.root, &path, &now, &new_file(old), &temporary())?;
        }
    }
    let all = !settled.contains(&Outcome::Neither);
    Ok(if all { Outcome::Before } else { Outcome::Neither })
}

fn settle(repository: &Repository, written: &Written, changed: &Changed) -> Result<Outcome, Error> {
    let path = path_of(changed);
    let now = match written.record.place {
        // Only its editor knows. What is not there is not found by an undo, and nothing is lost by it.
        Place::Document => return Ok(Outcome::Neither),
        Place::Index => indexed_state(&Snapshot::take(repository, &path)?),
        Place::WorkingTree => {
            tidy(repository, &path, changed)?;
            let disk = place::read(&repository.root, &path)?;
            let now = disk_state(&disk)?;
            match torn(&disk, written, now.as_ref(), changed) {
                Some(bytes) => {
                    let mode = changed.after.as_ref().map_or(0, |state| state.mode);
                    let new = new_file(Some((mode, &bytes)));
                    publish(&repository.root, &path, &disk, &new, &temporary())?;
                    changed.after.clone()
                }
                None => now,
            }
        }
    };
    Ok(if now == changed.after {
        Outcome::After
    } else if now == changed.before {
        Outcome::Before
    } else {
        Outcome::Neither
    })
}

/// Removes the file that was prepared. What somebody wrote as it changed places with the old one, the process did not
/// come to put back: that is done now. A file that may be anybody's stays.
fn tidy(repository: &Repository, path: &Path, changed: &Changed) -> Result<(), Error> {
    let Some(temporary) = &changed.temporary else { return Ok(()) };
    let Some(aside) = beside(&repository.root, path, temporary)? else { return Ok(()) };
    let left = aside.read()?;
    if left == OnDisk::Absent {
        return Ok(());
    }
    let Some(state) = disk_state(&left)? else { return Ok(()) };
    let same = |known: &Option<State>| known.as_ref().is_some_and(|known| known.oid == state.oid);
    if same(&changed.before) || same(&changed.after) {
        return discard(&aside);
    }
    let now = disk_state(&place::read(&repository.root, path)?)?;
    let not_begun = matches!(&changed.after, Some(after) if after.mode != SUBMODULE);
    if not_begun && now == changed.before {
        // Half written, and the file it was to replace is still there.
        discard(&aside)
    } else if now == changed.after {
        put_back(&repository.root, path, &aside, now.is_some())
    } else if matches!(&left, OnDisk::File(file) if file.bytes.is_empty()) {
        // Not a byte of it was written, or what it was is written over by now.
        discard(&aside)
    } else {
        Ok(())
    }
}

/// The new text of a file that was being written in place, where the write stopped halfway.
fn torn(
    disk: &OnDisk,
    written: &Written,
    now: Option<&State>,
    changed: &Changed,
) -> Option<Vec<u8>> {
    let OnDisk::File(file) = disk else { return None };
    if !file.linked || now == changed.before.as_ref() || now == changed.after.as_ref() {
        return None;
    }
    let whole = written.edits.iter().find(|edit| edit.act == WHOLE)?;
    let (old, new) = (&whole.removed, &whole.inserted);
    let common = file.bytes.iter().zip(new).take_while(|(is, new)| is == new).count();
    let rest_is_old = file.bytes.get(common..) == old.get(common..);
    (rest_is_old || (file.bytes.len() > new.len() && common == new.len())).then(|| new.clone())
}
