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

/// Edits of one text in order, each with the number of its act.
pub type Edits = Vec<(u32, Edit)>;

/// The edits in bytes, in order; those that change nothing are left out. Fails where they would join two lines.
pub fn in_bytes(lines: &Lines<'_>, edits: &[(u32, LineEdit)]) -> Result<Edits, Error> {
    let base = lines.bytes();
    let mut expected = lines.len();
    let mut found = Vec::new();
    for (act, edit) in edits {
        expected = expected - (edit.lines.end - edit.lines.start) + edit.with.len() as u32;
        let (span, with) = (lines.span(edit.lines.clone()), edit.with.concat());
        if base[span.clone()] != *with {
            found.push((*act, Edit { span, with }));
        }
    }
    found.sort_by_key(|(_, edit)| (edit.span.start, edit.span.end));
    if lines_after(lines, &found) != expected {
        return Err(Error::Unsupported(Unsupported::JoinsLines));
    }
    Ok(found)
}

/// How many lines the text has with these edits, which are in order and apart.
fn lines_after(lines: &Lines<'_>, edits: &[(u32, Edit)]) -> u32 {
    let base = lines.bytes();
    let ends = |text: &[u8]| memchr::memchr_iter(b'\n', text).count();
    let is_open = |last: Option<&u8>| usize::from(last.is_some_and(|last| *last != b'\n'));
    let (mut count, mut at) = (lines.len() as usize - is_open(base.last()), 0);
    let mut last = None;
    for (_, edit) in edits {
        count = count + ends(&edit.with) - ends(&base[edit.span.clone()]);
        last = edit.with.last().or(base[at..edit.span.start].last()).or(last);
        at = edit.span.end;
    }
    last = base[at..].last().or(last);
    (count + is_open(last)) as u32
}

/// The text with all these edits, which are in order and apart.
pub fn apply<'e>(base: &[u8], edits: impl Iterator<Item = &'e Edit> + Clone) -> Vec<u8> {
    let more = edits.clone().map(|edit| edit.with.len()).sum::<usize>();
    let mut text = Vec::with_capacity(base.len() + more);
    let mut at = 0;
    for edit in edits {
        text.extend_from_slice(&base[at..edit.span.start]);
        text.extend_from_slice(&edit.with);
        at = edit.span.end;
    }
    text.extend_from_slice(&base[at..]);
    text
}

#[test]
fn lines_are_counted_as_if_the_edits_were_made() {
    let edit = |span: Range<usize>, with: &str| (0, Edit { span, with: with.as_bytes().to_vec() });
    let cases = [
        ("", vec![]),
        ("a\nb\nc", vec![]),
        ("a\nb\nc", vec![edit(4..5, "")]),
        ("a\nb\nc", vec![edit(5..5, "d\n")]),
        ("a\nb\nc\n", vec![edit(0..2, "x"), edit(4..6, "")]),
        ("a\nb\n", vec![edit(0..4, "")]),
        ("a\nb\n", vec![edit(0..2, ""), edit(2..4, "x")]),
        ("a", vec![edit(0..0, "x\ny"), edit(1..1, "\n")]),
    ];
    for (base, edits) in cases {
        let made = apply(base.as_bytes(), edits.iter().map(|(_, edit)| edit));
        let counted = lines_after(&Lines::of(base.as_bytes()), &edits);
        assert_eq!(counted, Lines::of(&made).len(), "{base:?} {edits:?}");
    }
}
