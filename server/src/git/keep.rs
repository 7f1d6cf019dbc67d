//! What the agent's hunks say besides their lines: which item wrote them, and whether a person looked at them and kept
//! them. Both are by content, so they are true of a hunk wherever it stands.

use std::{collections::HashMap, collections::HashSet, ops::Range};

use git2::{ObjectType, Oid};
use serde::{Deserialize, Serialize};

use super::{
    Error,
    authorship::{Authorship, Piece},
    facts::Source,
    hunks::Side,
    repository::Repository,
    snapshot::Pair,
    turns::Known,
};
use crate::protocol::diff::{Hunk, LineKind, Origin};

/// Unchanged lines on each side that say which of several alike changes this is.
const AROUND: u32 = 3;

/// One change by its content and its surroundings in the older text, and in the newer one. Work nearby changes one of
/// them, so that one of them is enough.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mark {
    old: String,
    new: String,
}

/// The changes of one file that were kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    names: HashSet<String>,
    /// The entry of the journal that spoke last.
    pub last: u64,
}

/// What is known of one file besides its hunks.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// What the turns that touched it last knew, the latest first: of what one of them overwrote, an earlier one knows.
    pub known: Vec<Known>,
    pub kept: Kept,
}

impl Kept {
    /// Takes in the next entry.
    pub fn take(&mut self, number: u64, kept: bool, changes: &[Mark]) {
        self.last = number;
        for name in changes.iter().flat_map(|mark| [&mark.old, &mark.new]) {
            if kept {
                self.names.insert(name.clone());
            } else {
                self.names.remove(name);
            }
        }
    }

    fn has(&self, mark: &Mark) -> bool {
        self.names.contains(&mark.old) || self.names.contains(&mark.new)
    }
}

impl Story {
    /// Writes into hunks whose they are and whether they were kept.
    pub fn tell(
        &self,
        repository: &Repository,
        pair: &Pair<'_>,
        hunks: &mut [Hunk],
    ) -> Result<(), Error> {
        for known in &self.known {
            let open = |hunk: &Hunk| hunk.origin.is_none();
            if !hunks.iter().any(open) {
                break;
            }
            // A text that is gone says nothing any more.
            let text = known.oid.as_ref().map(|oid| repository.blob(oid)).transpose();
            let Ok(text) = text else { continue };
            let text = text.unwrap_or_default();
            let authorship = known.authorship.carried(&text, pair.new_text)?;
            for hunk in hunks.iter_mut().filter(|hunk| open(hunk)) {
                hunk.origin = origin(hunk, &authorship, known, pair);
            }
        }
        if pair.side == Side::Unstaged && !self.kept.names.is_empty() {
            for (hunk, marks) in marks(pair, hunks)? {
                hunk.kept = marks.iter().all(|mark| self.kept.has(mark));
            }
        }
        Ok(())
    }
}

/// Of several authors, the latest.
fn origin(hunk: &Hunk, authorship: &Authorship, known: &Known, pair: &Pair<'_>) -> Option<Origin> {
    let by: Vec<u32> = match &hunk.mode_change {
        Some(change) => {
            let mode = u32::from_str_radix(&change.new, 8).ok()?;
            authorship.mode_by(mode).into_iter().collect()
        }
        None => pieces(hunk)
            .into_iter()
            .flat_map(|(old, new)| {
                let removed = old.map(|line| pair.old.line(line)).collect();
                authorship.of(&pair.new, &Piece { new, removed })
            })
            .collect(),
    };
    let writers = by.into_iter().filter_map(|by| known.writers.get(by as usize));
    writers.max_by_key(|(at, _)| *at).map(|(_, origin)| origin.clone())
}

/// The names of the changes that these hunks show; the hunks are all of a list.
pub fn marks<'h>(
    pair: &Pair<'_>,
    hunks: &'h mut [Hunk],
) -> Result<Vec<(&'h mut Hunk, Vec<Mark>)>, Error> {
    let mut alike: HashMap<Oid, u32> = HashMap::new();
    let mut numbered = |oid: Oid| {
        let seen = alike.entry(oid).or_default();
        *seen += 1;
        if *seen == 1 { oid.to_string() } else { format!("{oid}-{seen}") }
    };
    let mut marked = Vec::with_capacity(hunks.len());
    for hunk in hunks {
        let mut marks = Vec::new();
        if hunk.mode_change.is_some() {
            let name = hunk.hunk_id.clone();
            marks.push(Mark { old: name.clone(), new: name });
        }
        for (old, new) in pieces(hunk) {
            let [removed, added] = [pair.old.slice(old.clone()), pair.new.slice(new.clone())];
            let name = |side: u8, lines: &super::lines::Lines<'_>, at: &Range<u32>| {
                let before = lines.slice(at.start.saturating_sub(AROUND)..at.start);
                let after = lines.slice(at.end..at.end.saturating_add(AROUND));
                let mut name = vec![side];
                for part in [before, removed, added, after] {
                    name.extend_from_slice(&(part.len() as u64).to_le_bytes());
                    name.extend_from_slice(part);
                }
                Oid::hash_object(ObjectType::Blob, &name)
            };
            let (old, new) = (name(b'-', &pair.old, &old)?, name(b'+', &pair.new, &new)?);
            marks.push(Mark { old: numbered(old), new: numbered(new) });
        }
        marked.push((hunk, marks));
    }
    Ok(marked)
}

/// The changes that a hunk shows, as 0-based lines of both texts.
fn pieces(hunk: &Hunk) -> Vec<(Range<u32>, Range<u32>)> {
    let mut old = hunk.old_start - u32::from(hunk.old_lines > 0);
    let mut new = hunk.new_start - u32::from(hunk.new_lines > 0);
    let mut pieces: Vec<(Range<u32>, Range<u32>)> = Vec::new();
    let mut open = false;
    for line in &hunk.lines {
        if line.kind == LineKind::Context {
            (old, new, open) = (old + 1, new + 1, false);
            continue;
        }
        if !open {
            pieces.push((old..old, new..new));
            open = true;
        }
        if let Some((of_old, of_new)) = pieces.last_mut() {
            if line.kind == LineKind::Removed {
                old += 1;
                of_old.end = old;
            } else {
                new += 1;
                of_new.end = new;
            }
        }
    }
    pieces
}
