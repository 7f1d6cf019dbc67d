//! Where the hunks of a file stand in the text of a document, which may not be saved: by their lines, not by numbers.

use std::collections::HashMap;

use crate::protocol::{
    diff::{FileHunks, Hunk, LineKind, Origin},
    document,
};

/// Hunks of one list that are looked for in a document.
const MAX_PLACED: usize = 2_000;

/// A hunk at its place. Lines are an editor's, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedHunk {
    pub hunk_id: String,
    pub staged: bool,
    pub origin: Option<Origin>,
    /// A person looked at the agent's hunk and kept it.
    pub kept: bool,
    /// Its runs of added lines; of removed ones the line that follows, with a count of 0.
    pub runs: Vec<Run>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub first: u32,
    pub lines: u32,
}

impl PlacedHunk {
    /// The first and the last line that it is drawn at.
    pub fn bounds(&self) -> (u32, u32) {
        let first = self.runs.first().map_or(0, |run| run.first);
        let last = self.runs.last().map_or(first, |run| run.first + run.lines.saturating_sub(1));
        (first, last)
    }

    /// Whether this line came with it.
    pub fn wrote(&self, line: u32) -> bool {
        self.runs.iter().any(|run| (run.first..run.first + run.lines).contains(&line))
    }

    /// A change of the agent that no person has said anything about.
    pub fn awaits_review(&self) -> bool {
        self.origin.is_some() && !self.kept && !self.staged
    }
}

/// The hunks whose lines are in the text, at one place only. Where the text is that of the file, the numbers decide
/// among several.
pub fn place(hunks: &FileHunks, text: &str, as_saved: bool) -> Vec<PlacedHunk> {
    let lines: Vec<&str> = document::lines(text).collect();
    let mut finder = Finder { lines: &lines, places: None };
    let unstaged = hunks.unstaged.iter().take(MAX_PLACED).map(|hunk| (hunk, false));
    let staged = hunks.staged.iter().take(MAX_PLACED).map(|hunk| (hunk, true));
    let mut placed = Vec::new();
    for (hunk, staged) in unstaged.chain(staged) {
        let Some(runs) = finder.runs(hunk, as_saved && !staged) else { continue };
        placed.push(PlacedHunk {
            hunk_id: hunk.hunk_id.clone(),
            staged,
            origin: hunk.origin.clone(),
            kept: hunk.kept,
            runs,
        });
    }
    placed
}

struct Finder<'a> {
    lines: &'a [&'a str],
    /// Where each line stands; made when it is first needed.
    places: Option<HashMap<&'a str, Vec<u32>>>,
}

impl<'a> Finder<'a> {
    fn runs(&mut self, hunk: &Hunk, by_number: bool) -> Option<Vec<Run>> {
        if hunk.mode_change.is_some() {
            return None;
        }
        let new = |hunk: &'_ [crate::protocol::diff::HunkLine]| -> Vec<String> {
            let new = hunk.iter().filter(|line| line.kind != LineKind::Removed);
            new.map(|line| line.text.clone()).collect()
        };
        let whole = new(&hunk.lines);
        let told = hunk.new_start.saturating_sub(u32::from(hunk.new_lines > 0));
        if by_number && self.fits(&whole, told) {
            return Some(self.marked(&hunk.lines, told));
        }
        if let Some(at) = self.only_place(&whole) {
            return Some(self.marked(&hunk.lines, at));
        }
        // Somebody wrote beside it.
        let context = |line: &&crate::protocol::diff::HunkLine| line.kind == LineKind::Context;
        let before = hunk.lines.iter().take_while(context).count();
        let after = hunk.lines.iter().rev().take_while(context).count();
        let changed = hunk.lines.get(before..hunk.lines.len() - after)?;
        let at = self.only_place(&new(changed))?;
        Some(self.marked(changed, at))
    }

    fn fits(&self, wanted: &[String], at: u32) -> bool {
        let there = self.lines.get(at as usize..at as usize + wanted.len());
        there.is_some_and(|there| there.iter().zip(wanted).all(|(is, wanted)| is == wanted))
    }

    /// Where these lines stand, one after the other, if that is one place.
    fn only_place(&mut self, wanted: &[String]) -> Option<u32> {
        let lines = self.lines;
        let places = self.places.get_or_insert_with(|| {
            let mut places: HashMap<&'a str, Vec<u32>> = HashMap::new();
            for (number, line) in (0..).zip(lines) {
                places.entry(line).or_default().push(number);
            }
            places
        });
        let mut rarest: Option<(u32, &Vec<u32>)> = None;
        for (offset, line) in (0..).zip(wanted) {
            let at = places.get(line.as_str())?;
            if rarest.is_none_or(|(_, least)| at.len() < least.len()) {
                rarest = Some((offset, at));
            }
        }
        let (offset, candidates) = rarest?;
        let candidates: Vec<u32> =
            candidates.iter().filter_map(|at| at.checked_sub(offset)).collect();
        let mut found = candidates.into_iter().filter(|at| self.fits(wanted, *at));
        let one = found.next();
        one.filter(|_| found.next().is_none())
    }

    fn marked(&self, lines: &[crate::protocol::diff::HunkLine], at: u32) -> Vec<Run> {
        let last = u32::try_from(self.lines.len()).unwrap_or(u32::MAX).saturating_sub(1);
        let mut runs: Vec<Run> = Vec::new();
        let mut at = at;
        // Whether the last run still grows.
        let mut open = false;
        for line in lines {
            match (line.kind, runs.last_mut()) {
                (LineKind::Context, _) => {
                    open = false;
                    at += 1;
                }
                (LineKind::Removed, Some(_)) if open => {}
                (LineKind::Removed, _) => {
                    runs.push(Run { first: at.min(last), lines: 0 });
                    open = true;
                }
                (LineKind::Added, Some(run)) if open => {
                    *run = Run {
                        first: if run.lines == 0 { at } else { run.first },
                        lines: run.lines + 1,
                    };
                    at += 1;
                }
                (LineKind::Added, _) => {
                    runs.push(Run { first: at, lines: 1 });
                    open = true;
                    at += 1;
                }
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::diff::{Eol, FileStatus, HunkLine};

    /// A hunk as `git diff` prints it, without its head.
    fn hunk(new_start: u32, diff: &str) -> Hunk {
        let lines: Vec<HunkLine> = diff
            .lines()
            .map(|line| HunkLine {
                kind: match line.as_bytes()[0] {
                    b'+' => LineKind::Added,
                    b'-' => LineKind::Removed,
                    _ => LineKind::Context,
                },
                text: line[1..].to_owned(),
                eol: Eol::Lf,
                base64: None,
                emphasis: None,
            })
            .collect();
        let count = |without| lines.iter().filter(|line| line.kind != without).count() as u32;
        Hunk {
            hunk_id: format!("at {new_start}"),
            old_start: new_start,
            old_lines: count(LineKind::Added),
            new_start,
            new_lines: count(LineKind::Removed),
            lines,
            mode_change: None,
            origin: None,
            kept: false,
        }
    }

    /// Where these hunks are drawn: `(id, [(line, lines)])`.
    fn placed(hunks: &[Hunk], text: &str, as_saved: bool) -> Vec<(String, Vec<(u32, u32)>)> {
        let file = FileHunks {
            uri: String::new(),
            revision: 1,
            status: FileStatus::Modified,
            unstaged: hunks.to_vec(),
            staged: Vec::new(),
        };
        let runs = |runs: &[Run]| runs.iter().map(|run| (run.first, run.lines)).collect();
        let placed = place(&file, text, as_saved).into_iter();
        placed.map(|hunk| (hunk.hunk_id.clone(), runs(&hunk.runs))).collect()
    }

    #[test]
    fn each_run_of_changed_lines_has_its_place() {
        let file = "a\nB\nc\ne\nf\nnew\nnew\ng\n";
        let hunk = hunk(1, " a\n-b\n+B\n c\n-d\n e\n f\n+new\n+new\n g");
        let runs = vec![(1, 1), (3, 0), (5, 2)];
        assert_eq!(placed(&[hunk], file, true), [("at 1".to_owned(), runs)]);
    }

    #[test]
    fn what_was_typed_elsewhere_moves_a_hunk_and_beside_it_leaves_it_there() {
        let hunk = hunk(1, " a\n-b\n+B\n c");
        let at = |line| [("at 1".to_owned(), vec![(line, 1)])];
        let one = std::slice::from_ref(&hunk);
        assert_eq!(placed(one, "x\ny\na\r\nB\r\nc\r\n", false), at(3));
        assert_eq!(placed(one, "a!\nB\nc\n", false), at(1));
        assert_eq!(placed(one, "a\nB!\nc\n", false), []);
    }

    #[test]
    fn of_two_places_neither_is_chosen_unless_the_file_is_what_is_shown() {
        let hunk = hunk(4, " a\n-b\n+B\n c");
        let text = "a\nB\nc\na\nB\nc\n";
        let one = std::slice::from_ref(&hunk);
        assert_eq!(placed(one, text, false), []);
        assert_eq!(placed(one, text, true), [("at 4".to_owned(), vec![(4, 1)])]);
    }

    #[test]
    fn removed_lines_stand_where_the_next_one_is() {
        let last = hunk(1, " a\n-b");
        assert_eq!(placed(&[last], "a\n", true), [("at 1".to_owned(), vec![(1, 0)])]);
        let mut all = hunk(0, "-a\n-b");
        all.new_lines = 0;
        assert_eq!(placed(&[all.clone()], "", true), [("at 0".to_owned(), vec![(0, 0)])]);
        assert_eq!(placed(&[all], "typed\n", false), []);
    }
}
