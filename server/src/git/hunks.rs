//! Hunks: changes grouped as `git diff` groups them, named by their content.

use std::{borrow::Cow, collections::HashMap, ops::Range};

use base64::prelude::*;
use git2::Oid;

use super::{
    Error,
    diff::{Change, groups},
    lines::Lines,
};
use crate::protocol::diff::{Eol, Hunk, HunkLine, HunkRange, LineKind, ModeChange};

/// Lines of the older text on each side that belong to the name of a hunk.
const NAMING_CONTEXT: u32 = 3;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// Which of the two lists of a file a hunk is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// From the index to the working tree.
    Unstaged,
    /// From the last commit to the index.
    Staged,
}

impl Side {
    const fn letter(self) -> char {
        match self {
            Self::Unstaged => 'u',
            Self::Staged => 's',
        }
    }
}

/// A hunk among the changes it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub id: String,
    /// By index.
    pub changes: Range<usize>,
    pub range: HunkRange,
}

/// The lines that one hunk shows of both texts, with this much context.
pub fn range(changes: &[Change], old_lines: u32, new_lines: u32, context: u32) -> HunkRange {
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
        return HunkRange { old_start: 0, old_lines: 0, new_start: 0, new_lines: 0 };
    };
    let after = context.min(old_lines - last.old.end).min(new_lines - last.new.end);
    let old = first.old.start.saturating_sub(context)..last.old.end + after;
    let new = first.new.start.saturating_sub(context)..last.new.end + after;
    let (old_lines, new_lines) = (old.end - old.start, new.end - new.start);
    HunkRange {
        old_start: old.start + u32::from(old_lines > 0),
        old_lines,
        new_start: new.start + u32::from(new_lines > 0),
        new_lines,
    }
}

/// The hunks that these changes make with this much context, each with its name. `name` gives the name of a content.
///
/// Where several have the same lines and the same surroundings, the name says which of how many it is: when one of them
/// goes, the names of the others go with it, so that no name ever comes to mean another hunk.
pub fn find(
    side: Side,
    (old, new): (&Lines<'_>, &Lines<'_>),
    changes: &[Change],
    context: u32,
    name: impl Fn(&[u8]) -> Result<Oid, Error>,
) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    let mut names: Vec<Oid> = Vec::new();
    let mut alike: HashMap<Oid, (u32, u32)> = HashMap::new();
    let mut content = Vec::new();
    for group in groups(changes, context) {
        content.clear();
        named_by(&changes[group.clone()], old, new, &mut content);
        let name = name(&content)?;
        alike.entry(name).or_default().0 += 1;
        names.push(name);
        let range = range(&changes[group.clone()], old.len(), new.len(), context);
        found.push(Found { id: String::new(), changes: group, range });
    }
    for (hunk, name) in found.iter_mut().zip(names) {
        let (total, seen) = alike.entry(name).or_default();
        *seen += 1;
        hunk.id = format!("{}{context}-", side.letter());
        for byte in &name.as_bytes()[..10] {
            hunk.id.extend([byte >> 4, byte & 15].map(|digit| char::from(HEX[digit as usize])));
        }
        if *total > 1 {
            hunk.id = format!("{}-{seen}of{total}", hunk.id);
        }
    }
    Ok(found)
}

/// The same hunks in the list of this side.
pub fn moved(found: &[Found], side: Side) -> Vec<Found> {
    let moved = found.iter().map(|hunk| {
        let name = hunk.id.get(1..).unwrap_or_default();
        Found { id: format!("{}{name}", side.letter()), ..hunk.clone() }
    });
    moved.collect()
}

/// The context a name was made with, if it can be the name of a hunk in this list.
pub fn context_of(id: &str, side: Side) -> Option<u32> {
    id.strip_prefix(side.letter())?.split_once('-')?.0.parse().ok()
}

/// What makes a hunk this hunk: its changed lines, what stands between them, and a few lines around.
fn named_by(changes: &[Change], old: &Lines<'_>, new: &Lines<'_>, name: &mut Vec<u8>) {
    let mut put = |kind: u8, text: &[u8]| {
        name.push(kind);
        name.extend_from_slice(&(text.len() as u64).to_le_bytes());
        name.extend_from_slice(text);
    };
    let Some(first) = changes.first() else { return };
    let mut at = first.old.start;
    put(b' ', old.slice(at.saturating_sub(NAMING_CONTEXT)..at));
    for change in changes {
        put(b'=', old.slice(at..change.old.start));
        put(b'-', old.slice(change.old.clone()));
        put(b'+', new.slice(change.new.clone()));
        at = change.old.end;
    }
    put(b' ', old.slice(at..at.saturating_add(NAMING_CONTEXT)));
}

/// The hunk as editors see it.
pub fn show(found: &Found, old: &Lines<'_>, new: &Lines<'_>, changes: &[Change]) -> Hunk {
    let HunkRange { old_start, old_lines, new_start, new_lines } = found.range;
    let changes = &changes[found.changes.clone()];
    let added: u32 = changes.iter().map(|change| change.new.end - change.new.start).sum();
    let mut lines = Vec::with_capacity((old_lines + added) as usize);
    let mut put = |kind, text: &Lines<'_>, range: Range<u32>| {
        lines.extend(range.map(|number| line(kind, text.line(number))));
    };
    let mut at = old_start.saturating_sub(u32::from(old_lines > 0));
    let end = at + old_lines;
    for change in changes {
        put(LineKind::Context, old, at..change.old.start);
        put(LineKind::Removed, old, change.old.clone());
        put(LineKind::Added, new, change.new.clone());
        at = change.old.end;
    }
    put(LineKind::Context, old, at..end);
    let hunk_id = found.id.clone();
    Hunk {
        hunk_id,
        old_start,
        old_lines,
        new_start,
        new_lines,
        lines,
        mode_change: None,
        origin: None,
        kept: false,
    }
}

fn line(kind: LineKind, bytes: &[u8]) -> HunkLine {
    let (bytes, eol) = match bytes {
        [text @ .., b'\r', b'\n'] => (text, Eol::CrLf),
        [text @ .., b'\n'] => (text, Eol::Lf),
        text => (text, Eol::None),
    };
    let text = String::from_utf8_lossy(bytes);
    let base64 = matches!(text, Cow::Owned(_)).then(|| BASE64_STANDARD.encode(bytes));
    HunkLine { kind, text: text.into_owned(), eol, base64, emphasis: None }
}

/// The change of a file's mode, as a hunk without lines.
pub fn mode_hunk(side: Side, old: u32, new: u32) -> Hunk {
    let (old, new) = (format!("{old:06o}"), format!("{new:06o}"));
    Hunk {
        hunk_id: format!("{}-mode-{old}-{new}", side.letter()),
        old_start: 0,
        old_lines: 0,
        new_start: 0,
        new_lines: 0,
        lines: Vec::new(),
        mode_change: Some(ModeChange { old, new }),
        origin: None,
        kept: false,
    }
}

#[cfg(test)]
mod tests;
