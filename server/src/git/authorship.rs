//! Who wrote which lines of a text, and who took lines out of it: what `git blame` says of commits, of a turn's items.
//!
//! A line that nobody is known to have written has no author. Authors are numbers; whoever keeps them knows who they are.

use std::{collections::HashSet, ops::Range};

use serde::{Deserialize, Serialize};

use super::{Error, diff::changes, lines::Lines};

/// Runs and gaps that one text may have; beyond it the text is nobody's.
const MAX_MARKS: usize = 20_000;
/// Lines that are remembered of what was taken out at one place.
const MAX_GONE: usize = 32;

/// The authors of one text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorship {
    /// Lines with an author, in order and apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    runs: Vec<Run>,
    /// Places where an author took lines out and put none in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    gaps: Vec<Gap>,
    /// The file's mode was made this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<(u32, u32)>,
}

/// The lines from `start` to before `end`, 0-based, by one author.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Run {
    start: u32,
    end: u32,
    by: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Gap {
    /// The line that it is before.
    at: u32,
    by: u32,
    /// The checksums of the first lines that were taken out.
    lines: Vec<u32>,
}

/// A run of changed lines, as 0-based lines of the new text and the bytes of the removed ones.
pub struct Piece<'a> {
    pub new: Range<u32>,
    pub removed: Vec<&'a [u8]>,
}

impl Authorship {
    /// The same authors in a text that came of this one, in which nobody is known to have written what is new.
    pub fn carried(&self, old: &[u8], new: &[u8]) -> Result<Self, Error> {
        if old == new || *self == Self::default() {
            return Ok(self.clone());
        }
        let changes = changes(old, new, 0)?;
        let mut carried = Self { mode: self.mode, ..Self::default() };
        let moved = |line: u32, shift: i64| u32::try_from(i64::from(line) + shift).unwrap_or(0);
        let mut runs = self.runs.iter().peekable();
        let (mut from, mut shift) = (0, 0);
        let end = changes.iter().map(|change| change.old.start).chain([u32::MAX]);
        for (index, end) in end.enumerate() {
            // What is the same on both sides, up to the next change.
            while let Some(run) = runs.peek().filter(|run| run.start < end) {
                let (first, last) = (run.start.max(from), run.end.min(end));
                if first < last {
                    let (start, end) = (moved(first, shift), moved(last, shift));
                    carried.push(Run { start, end, by: run.by });
                }
                if run.end > end {
                    break;
                }
                runs.next();
            }
            if let Some(change) = changes.get(index) {
                from = change.old.end;
                shift = i64::from(change.new.end) - i64::from(change.old.end);
            }
        }
        for gap in &self.gaps {
            let before = changes.iter().take_while(|change| change.old.start <= gap.at).last();
            let at = match before {
                None => gap.at,
                Some(change) if gap.at < change.old.end => change.new.start,
                Some(change) => {
                    moved(gap.at, i64::from(change.new.end) - i64::from(change.old.end))
                }
            };
            carried.gaps.push(Gap { at, ..gap.clone() });
        }
        Ok(carried)
    }

    /// The authors once this one has made the new text of the old one.
    pub fn written(&self, old: &[u8], new: &[u8], by: u32) -> Result<Self, Error> {
        let mut written = self.carried(old, new)?;
        let before = Lines::of(old);
        for change in changes(old, new, 0)? {
            if change.new.is_empty() {
                let lines = change.old.clone().take(MAX_GONE);
                let lines = lines.map(|line| crc32c::crc32c(before.line(line))).collect();
                written.gaps.push(Gap { at: change.new.start, by, lines });
            } else {
                written.runs.push(Run { start: change.new.start, end: change.new.end, by });
            }
        }
        written.runs.sort_by_key(|run| run.start);
        if written.runs.len() + written.gaps.len() > MAX_MARKS {
            return Ok(Self::default());
        }
        Ok(written)
    }

    /// How many lines have an author.
    pub fn lines(&self) -> u32 {
        self.runs.iter().map(|run| run.end - run.start).sum()
    }

    /// The file's mode is this author's.
    pub fn set_mode(&mut self, mode: u32, by: u32) {
        self.mode = Some((mode, by));
    }

    pub fn mode_by(&self, mode: u32) -> Option<u32> {
        self.mode.filter(|(set, _)| *set == mode).map(|(_, by)| by)
    }

    /// The same with other numbers for the authors; of those without one, nothing is left.
    pub fn renumbered(&self, mut number: impl FnMut(u32) -> Option<u32>) -> Self {
        let mut runs = self.runs.clone();
        runs.retain_mut(|run| {
            number(run.by).is_some_and(|by| {
                run.by = by;
                true
            })
        });
        let mut gaps = self.gaps.clone();
        gaps.retain_mut(|gap| {
            number(gap.by).is_some_and(|by| {
                gap.by = by;
                true
            })
        });
        Self { runs, gaps, mode: self.mode.and_then(|(mode, by)| Some((mode, number(by)?))) }
    }

    /// The authors of these changed lines of the text.
    pub fn of(&self, text: &Lines<'_>, piece: &Piece<'_>) -> Vec<u32> {
        if piece.new.is_empty() {
            return self.of_gap(piece);
        }
        let lines =
            if piece.removed.is_empty() { slides(text, &piece.new) } else { piece.new.clone() };
        let first = self.runs.partition_point(|run| run.end <= lines.start);
        self.runs[first..]
            .iter()
            .take_while(|run| run.start < lines.end)
            .map(|run| run.by)
            .collect()
    }

    /// Alike lines can be taken out at several places with one result, so a gap is looked for nearby.
    fn of_gap(&self, piece: &Piece<'_>) -> Vec<u32> {
        let near = u32::try_from(piece.removed.len()).unwrap_or(u32::MAX).saturating_add(3);
        let removed: HashSet<u32> = piece.removed.iter().map(|line| crc32c::crc32c(line)).collect();
        self.gaps
            .iter()
            .filter(|gap| gap.at.abs_diff(piece.new.start) <= near)
            .filter(|gap| gap.lines.iter().any(|line| removed.contains(line)))
            .map(|gap| gap.by)
            .collect()
    }

    fn push(&mut self, run: Run) {
        match self.runs.last_mut() {
            Some(last) if last.end == run.start && last.by == run.by => last.end = run.end,
            _ => self.runs.push(run),
        }
    }
}

/// The lines over which an insertion can slide: a diff may show any of these places.
fn slides(text: &Lines<'_>, lines: &Range<u32>) -> Range<u32> {
    let (mut start, mut end) = (lines.start, lines.end);
    let long = lines.end - lines.start;
    while start > 0 && text.line(start - 1) == text.line(start - 1 + long) {
        start -= 1;
    }
    while end < text.len() && text.line(end) == text.line(end - long) {
        end += 1;
    }
    start..end
}

#[cfg(test)]
mod tests;
