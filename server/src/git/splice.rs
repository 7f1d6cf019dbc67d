//! Texts with some of their changes carried over, byte for byte.

use std::{collections::BTreeSet, ops::Range};

use super::{Error, Unsupported, diff::Change, lines::Lines, snapshot::Pair};

/// Which way changes are carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Onto the old text: it gets what was chosen.
    Forward,
    /// Onto the new text: it loses what was chosen.
    Backward,
}

/// The lines of a change that were chosen, by 0-based number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    All,
    Lines { old: BTreeSet<u32>, new: BTreeSet<u32> },
}

/// These bytes of a text become others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Range<usize>,
    pub with: Vec<u8>,
}

/// The edit of the text that is written to, and the lines of it that the edit is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineEdit {
    pub lines: Range<u32>,
    /// With their ends.
    pub with: Vec<Vec<u8>>,
}

impl Chosen {
    fn has_old(&self, line: u32) -> bool {
        match self {
            Self::All => true,
            Self::Lines { old, .. } => old.contains(&line),
        }
    }

    fn has_new(&self, line: u32) -> bool {
        match self {
            Self::All => true,
            Self::Lines { new, .. } => new.contains(&line),
        }
    }
}

/// Old lines stand before new ones, as in a diff.
pub fn edit(pair: &Pair<'_>, change: &Change, chosen: &Chosen, direction: Direction) -> LineEdit {
    let forward = direction == Direction::Forward;
    let old = change.old.clone().filter(|line| chosen.has_old(*line) != forward);
    let new = change.new.clone().filter(|line| chosen.has_new(*line) == forward);
    let with = old.map(|line| pair.old.line(line)).chain(new.map(|line| pair.new.line(line)));
    LineEdit {
        lines: if forward { change.old.clone() } else { change.new.clone() },
        with: with.map(<[u8]>::to_vec).collect(),
    }
}

/// The edits in bytes, in order; those that change nothing are left out. Fails where they would join two lines.
pub fn in_bytes(base: &[u8], edits: &[LineEdit]) -> Result<Vec<Edit>, Error> {
    let lines = Lines::of(base);
    let mut expected = lines.len();
    let mut found = Vec::new();
    for edit in edits {
        expected = expected - (edit.lines.end - edit.lines.start) + edit.with.len() as u32;
        let (span, with) = (lines.span(edit.lines.clone()), edit.with.concat());
        if base[span.clone()] != *with {
            found.push(Edit { span, with });
        }
    }
    found.sort_by_key(|edit| (edit.span.start, edit.span.end));
    if Lines::of(&apply(base, &found)).len() != expected {
        return Err(Error::Unsupported(Unsupported::JoinsLines));
    }
    Ok(found)
}

/// The text with all these edits, which are in order and apart.
pub fn apply(base: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut text =
        Vec::with_capacity(base.len() + edits.iter().map(|edit| edit.with.len()).sum::<usize>());
    let mut at = 0;
    for edit in edits {
        text.extend_from_slice(&base[at..edit.span.start]);
        text.extend_from_slice(&edit.with);
        at = edit.span.end;
    }
    text.extend_from_slice(&base[at..]);
    text
}
