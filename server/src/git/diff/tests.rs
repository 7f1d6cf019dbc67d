//! Random texts, and `git diff` itself as the judge. `OUTRIGGER_ALL_DIFFS=1` tries 20,000 of them.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use super::{Change, changes, groups};
use crate::git::lines::Lines;

/// Numbers that are the same in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}

/// Lines as code has them: few distinct ones, blanks and indents, so that a hunk can slide.
pub fn text(dice: &mut Dice, lines: u64) -> Vec<Vec<u8>> {
    (0..lines).map(|_| line(dice)).collect()
}

fn line(dice: &mut Dice) -> Vec<u8> {
    let indent = " ".repeat(4 * dice.roll(3) as usize);
    let words: [&str; 9] = ["", "}", "{", "end", "x = 1", "call()", "a\rb", "\0", "return"];
    let word = words[dice.roll(9) as usize];
    let number = if dice.roll(3) == 0 { dice.roll(40).to_string() } else { String::new() };
    let end = if dice.roll(20) == 0 { "\r\n" } else { "\n" };
    format!("{indent}{word}{number}{end}").into_bytes()
}

pub fn edited(dice: &mut Dice, old: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut new = old.to_vec();
    for _ in 0..=dice.roll(8) {
        let at = dice.roll(new.len() as u64 + 1) as usize;
        let count = dice.roll(4) as usize;
        let end = (at + count).min(new.len());
        match dice.roll(4) {
            0 => drop(new.drain(at..end)),
            1 => drop(new.splice(at..end, text(dice, count as u64))),
            2 => drop(new.splice(at..at, text(dice, count as u64))),
            // A block once more, which is where heuristics show.
            _ => {
                let block = new[at..end].to_vec();
                drop(new.splice(at..at, block));
            }
        }
    }
    new
}

/// Without the newline at the end now and then.
pub fn joined(dice: &mut Dice, lines: &[Vec<u8>]) -> Vec<u8> {
    let mut text = lines.concat();
    if dice.roll(5) == 0 && text.ends_with(b"\n") {
        text.pop();
    }
    text
}

type Ranges = Vec<(u32, u32, u32, u32)>;

/// The hunk headers that `git diff` writes for two folders, by file.
fn as_git(folder: &Path, context: u32) -> BTreeMap<String, Ranges> {
    let output = Command::new("git")
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args([
            "diff",
            "--no-index",
            "--text",
            "--no-renames",
            &format!("-U{context}"),
            "old",
            "new",
        ])
        .output()
        .unwrap();
    let mut found: BTreeMap<String, Ranges> = BTreeMap::new();
    let mut file = String::new();
    for line in output.stdout.split(|byte| *byte == b'\n') {
        if let Some(name) = line.strip_prefix(b"diff --git a/old/") {
            let name = String::from_utf8_lossy(name);
            file = name.split(' ').next().unwrap().to_owned();
        } else if line.starts_with(b"@@ -") {
            found.entry(file.clone()).or_default().push(header(&String::from_utf8_lossy(line)));
        }
    }
    found
}

fn header(line: &str) -> (u32, u32, u32, u32) {
    let mut words = line.split(' ').skip(1);
    let mut range = || {
        let word = &words.next().unwrap()[1..];
        let (start, lines) = word.split_once(',').unwrap_or((word, "1"));
        (start.parse().unwrap(), lines.parse().unwrap())
    };
    let (old, new): ((u32, u32), (u32, u32)) = (range(), range());
    (old.0, old.1, new.0, new.1)
}

fn as_we(old: &[u8], new: &[u8], context: u32) -> Ranges {
    let found = changes(old, new, context).unwrap();
    ranges(&found, &Lines::of(old), &Lines::of(new), context)
}

fn ranges(found: &[Change], old: &Lines, new: &Lines, context: u32) -> Ranges {
    groups(found, context)
        .into_iter()
        .map(|group| crate::git::hunks::range(&found[group], old.len(), new.len(), context))
        .map(|range| (range.old_start, range.old_lines, range.new_start, range.new_lines))
        .collect()
}

#[test]
fn boundaries_are_those_of_git_diff() {
    let all = std::env::var_os("OUTRIGGER_ALL_DIFFS").is_some();
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut differing = Vec::new();
    for round in 0..if all { 20 } else { 1 } {
        let folder = tempfile::tempdir().unwrap();
        for side in ["old", "new"] {
            fs::create_dir(folder.path().join(side)).unwrap();
        }
        let mut texts = BTreeMap::new();
        for number in 0..1000 {
            let size = [3, 12, 60, 400][dice.roll(4) as usize];
            let lines = dice.roll(size);
            let old = text(&mut dice, lines);
            let new = edited(&mut dice, &old);
            let (old, new) = (joined(&mut dice, &old), joined(&mut dice, &new));
            fs::write(folder.path().join(format!("old/{number}")), &old).unwrap();
            fs::write(folder.path().join(format!("new/{number}")), &new).unwrap();
            texts.insert(number.to_string(), (old, new));
        }
        for context in [0, 1, 3] {
            let git = as_git(folder.path(), context);
            for (name, (old, new)) in &texts {
                let theirs = git.get(name).cloned().unwrap_or_default();
                if as_we(old, new, context) != theirs {
                    differing.push(format!("round {round}, file {name}, -U{context}"));
                }
            }
        }
    }
    assert_eq!(differing, Vec::<String>::new(), "texts whose hunks are not those of `git diff`");
}

#[test]
fn git_leaves_the_common_end_out_when_there_is_no_context() {
    let end = "common\n".repeat(400);
    let (old, new) = (format!("a\n{end}"), format!("b\n{end}"));
    let (old, new) = super::without_common_end(old.as_bytes(), new.as_bytes());
    // 2,802 bytes, less two blocks of 1,024, and on to the end of the line that the cut went through.
    assert_eq!((old.len(), new.len()), (758, 758));
}

/// The way that is not taken for most texts finds what the other one does.
#[test]
fn the_fast_way_finds_what_the_slow_one_does() {
    let rounds = if std::env::var_os("OUTRIGGER_ALL_DIFFS").is_some() { 1_000_000 } else { 4_000 };
    let mut dice = Dice(0x0123_4567_89ab_cdef);
    let mut settled = 0;
    for round in 0..rounds {
        let size = [3, 12, 60, 400][dice.roll(4) as usize];
        let lines = dice.roll(size);
        let mut old = text(&mut dice, lines);
        // Of three lines one that may occur again, or all of them.
        if dice.roll(2) == 0 {
            for (number, line) in old.iter_mut().enumerate().filter(|(number, _)| number % 3 != 0) {
                let words = format!("{}word {number} ", " ".repeat(4 * (number % 4)));
                line.splice(0..0, words.into_bytes());
            }
        }
        let new = edited(&mut dice, &old);
        let (old, new) = (joined(&mut dice, &old), joined(&mut dice, &new));
        if old == new {
            continue;
        }
        if let Some(fast) = crate::git::fast::changes(&old, &new) {
            settled += 1;
            assert_eq!(fast, super::by_libgit2(&old, &new).unwrap(), "round {round}");
        }
    }
    assert!(settled > rounds / 4, "{settled} of {rounds} took the fast way");
}

/// Each side has lines of its own around one that is frequent among the lines that differ at all, and not in the text.
#[test]
fn a_line_that_is_frequent_for_the_library_only_is_compared_as_git_does() {
    let mut differing = Vec::new();
    for count in 0..60 {
        for frequent in 1..8 {
            let texts = ["old", "new"].map(|word| {
                let some = |number: u32| (0..4).map(move |n| format!("line {}\n", number * 4 + n));
                let shared = (0..frequent).flat_map(|number| some(number).chain(["}\n".into()]));
                let own = ["a", "b", "}", "c", "d"].map(|end| match end {
                    "}" => "}\n".to_owned(),
                    end => format!("{word} {end}\n"),
                });
                let more = (0..count).map(|n| format!("more {n}\n"));
                let ends = [[format!("{word}\n")], [word.to_owned()]];
                let [first, last] = ends.map(IntoIterator::into_iter);
                first.chain(shared).chain(own).chain(more).chain(last).collect::<String>()
            });
            let [old, new] = texts.each_ref().map(String::as_bytes);
            let slow = super::by_libgit2(old, new).unwrap();
            if crate::git::fast::changes(old, new).is_some_and(|fast| fast != slow) {
                differing.push((count, frequent));
            }
        }
    }
    assert_eq!(differing, Vec::new());
}
