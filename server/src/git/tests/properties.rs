//! What holds for any text and any choice of hunks. Long with `OUTRIGGER_TEST_ALL=1`.

use std::{fs, path::Path};

use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any, prop_oneof},
    prop_assert, prop_assert_eq,
    test_runner::{Config, TestRunner},
};

use super::{
    acting::{Stage, whole},
    world::World,
};
use crate::{
    git::{acts::Act, hunks::Side},
    protocol::diff::{Hunk, LineKind},
};

type Lines = Vec<String>;

/// A text, the one it became, and which of its hunks are chosen.
#[derive(Clone, Debug)]
struct Case {
    old: String,
    new: String,
    /// By number, modulo the hunks there are; the first is chosen whatever it says.
    chosen: Vec<bool>,
    context: u32,
}

fn line() -> impl Strategy<Value = String> {
    let words =
        prop_oneof![Just(""), Just("}"), Just("    x"), Just("end"), Just("a\rb"), Just("é")];
    let ends = prop_oneof![9 => Just("\n"), 1 => Just("\r\n")];
    (words, 0..30_u32, ends).prop_map(|(word, number, end)| {
        if number < 12 { format!("{word}{number}{end}") } else { format!("{word}{end}") }
    })
}

fn case() -> impl Strategy<Value = Case> {
    let edits = vec((any::<u16>(), 0..4_usize, vec(line(), 0..4)), 1..8);
    let shape = (vec(line(), 1..40), edits, vec(any::<bool>(), 12), any::<[bool; 3]>());
    shape.prop_map(|(old, edits, chosen, [old_end, new_end, narrow])| {
        let mut new: Lines = old.clone();
        for (at, gone, come) in edits {
            let at = usize::from(at) % (new.len() + 1);
            let end = (at + gone).min(new.len());
            new.splice(at..end, come);
        }
        let context = if narrow { 0 } else { 3 };
        Case { old: joined(&old, old_end), new: joined(&new, new_end), chosen, context }
    })
}

/// Without the last newline now and then.
fn joined(lines: &[String], whole: bool) -> String {
    let text = lines.concat();
    if whole { text } else { text.strip_suffix('\n').unwrap_or(&text).to_owned() }
}

impl Case {
    fn picked<'a>(&self, hunks: &'a [Hunk]) -> Vec<&'a Hunk> {
        let is_chosen = |(at, _): &(usize, &Hunk)| *at == 0 || self.chosen[at % self.chosen.len()];
        hunks.iter().enumerate().filter(is_chosen).map(|(_, hunk)| hunk).collect()
    }
}

/// The old text with these hunks, or the new one without them: worked out from what the hunks show.
fn carried(text: &str, hunks: &[&Hunk], forward: bool) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut result = String::new();
    let mut at = 0;
    for hunk in hunks {
        let (start, count) = if forward {
            (hunk.old_start, hunk.old_lines)
        } else {
            (hunk.new_start, hunk.new_lines)
        };
        let start = (start - u32::from(count > 0)) as usize;
        result.extend(lines[at..start].iter().copied());
        at = start + count as usize;
        let gone = if forward { LineKind::Removed } else { LineKind::Added };
        for line in hunk.lines.iter().filter(|line| line.kind != gone) {
            result.push_str(&line.text);
            result.push_str(match line.eol {
                crate::protocol::diff::Eol::Lf => "\n",
                crate::protocol::diff::Eol::CrLf => "\r\n",
                crate::protocol::diff::Eol::None => "",
            });
        }
    }
    result.extend(lines[at..].iter().copied());
    result
}

/// Whether carrying them would join two lines, which is refused.
fn joins(text: &str, hunks: &[&Hunk], forward: bool) -> bool {
    let count = |text: &str| i64::try_from(text.split_inclusive('\n').count()).unwrap();
    let grown: i64 = hunks
        .iter()
        .map(|hunk| i64::from(hunk.new_lines) - i64::from(hunk.old_lines))
        .map(|grown| if forward { grown } else { -grown })
        .sum();
    count(&carried(text, hunks, forward)) != count(text) + grown
}

struct Bench {
    world: World,
    stage: Stage,
}

impl Bench {
    fn new() -> Self {
        let world = World::new();
        world.commit(&[("f", b"x\n"), ("other", b"other\n")]);
        let stage = Stage::of(&world);
        Self { world, stage }
    }

    /// `old` is committed, `new` is on disk.
    fn set(&self, case: &Case) {
        self.world.git(&["reset", "-q", "--hard"]);
        self.world.commit(&[("f", case.old.as_bytes())]);
        self.world.write("f", &case.new);
    }

    fn staged(&self) -> String {
        String::from_utf8(self.world.git(&["cat-file", "blob", ":f"])).unwrap()
    }

    fn index(&self) -> String {
        String::from_utf8(self.world.git(&["ls-files", "-s", "-v"])).unwrap()
    }

    /// What git says of the file is so, and nothing is left behind.
    fn is_sound(&self) -> bool {
        let differs = !self.world.git(&["diff", "--name-only"]).is_empty();
        let disk = fs::read(self.world.path("f")).unwrap();
        differs == (self.staged().as_bytes() != disk)
            && !self.world.path(".git/index.lock").exists()
            && fs::read_dir(self.world.root()).unwrap().count() == 3
    }
}

fn run(property: impl Fn(&Bench, Case) -> Result<(), proptest::test_runner::TestCaseError>) {
    let cases = if std::env::var_os("OUTRIGGER_TEST_ALL").is_some() { 1_500 } else { 40 };
    let bench = Bench::new();
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    runner.run(&case(), |case| property(&bench, case)).unwrap();
    let fsck = bench.world.try_git(&["fsck", "--strict", "--no-progress"]);
    assert!(fsck.status.success(), "{}", String::from_utf8_lossy(&fsck.stderr));
}

#[test]
fn to_stage_and_then_unstage_the_same_changes_nothing() {
    run(|bench, case| {
        bench.set(&case);
        let before = bench.index();
        let hunks = bench.stage.hunks("f", Side::Unstaged, case.context);
        let picked = case.picked(&hunks);
        if picked.is_empty() || joins(&case.old, &picked, true) {
            return Ok(());
        }
        bench.stage.act(Act::Stage, "f", &whole(&picked)).unwrap();
        prop_assert_eq!(bench.staged(), carried(&case.old, &picked, true));
        prop_assert!(bench.is_sound());
        let staged = bench.stage.hunks("f", Side::Staged, case.context);
        let all: Vec<&Hunk> = staged.iter().collect();
        bench.stage.act(Act::Unstage, "f", &whole(&all)).unwrap();
        prop_assert_eq!(bench.index(), before);
        prop_assert!(bench.is_sound());
        Ok(())
    });
}

#[test]
fn to_stage_one_by_one_in_any_order_comes_to_the_same() {
    run(|bench, case| {
        bench.set(&case);
        let hunks = bench.stage.hunks("f", Side::Unstaged, 0);
        let picked = case.picked(&hunks);
        if picked.is_empty() || joins(&case.old, &picked, true) {
            return Ok(());
        }
        let wanted = carried(&case.old, &picked, true);
        let mut order = picked.clone();
        order.sort_by_key(|hunk| (case.chosen[hunk.new_start as usize % 12], hunk.hunk_id.clone()));
        for hunk in order {
            // The names change with what is next to a hunk; where it is on disk does not.
            let now = bench.stage.hunks("f", Side::Unstaged, 0);
            let same = |other: &&Hunk| {
                (other.new_start, other.new_lines) == (hunk.new_start, hunk.new_lines)
                    && other.lines == hunk.lines
            };
            // A change that could stand at several places may have gone to another.
            let Some(hunk) = now.iter().find(same) else { return Ok(()) };
            if bench.stage.act(Act::Stage, "f", &whole(&[hunk])).is_err() {
                return Ok(());
            }
            prop_assert!(bench.is_sound());
        }
        prop_assert_eq!(bench.staged(), wanted);
        Ok(())
    });
}

#[test]
fn to_revert_some_leaves_the_others_and_undo_brings_them_back() {
    run(|bench, case| {
        bench.set(&case);
        let before = bench.index();
        let hunks = bench.stage.hunks("f", Side::Unstaged, case.context);
        let picked = case.picked(&hunks);
        if picked.is_empty() || joins(&case.new, &picked, false) {
            return Ok(());
        }
        let reverted = bench.stage.act(Act::Revert, "f", &whole(&picked)).unwrap();
        let disk = String::from_utf8(bench.world.read("f")).unwrap();
        prop_assert_eq!(&disk, &carried(&case.new, &picked, false));
        prop_assert_eq!(bench.index(), before);
        let (undone, _) = bench.stage.scene().undo(&reverted).unwrap();
        prop_assert_eq!(String::from_utf8(bench.world.read("f")).unwrap(), case.new);
        // The undo can be taken back in turn.
        bench.stage.scene().undo(&undone).unwrap();
        prop_assert_eq!(String::from_utf8(bench.world.read("f")).unwrap(), disk);
        prop_assert!(bench.is_sound());
        Ok(())
    });
}

#[test]
fn every_act_on_the_index_is_undone_to_the_letter() {
    run(|bench, case| {
        bench.set(&case);
        let before = bench.index();
        let hunks = bench.stage.hunks("f", Side::Unstaged, case.context);
        let picked = case.picked(&hunks);
        if picked.is_empty() || joins(&case.old, &picked, true) {
            return Ok(());
        }
        let staged = bench.stage.act(Act::Stage, "f", &whole(&picked)).unwrap();
        let between = bench.index();
        let list = bench.stage.hunks("f", Side::Staged, case.context);
        let some = case.picked(&list);
        if !joins(&bench.staged(), &some, false) {
            let unstaged = bench.stage.act(Act::Unstage, "f", &whole(&some)).unwrap();
            bench.stage.scene().undo(&unstaged).unwrap();
            prop_assert_eq!(bench.index(), between);
        }
        bench.stage.scene().undo(&staged).unwrap();
        prop_assert_eq!(bench.index(), before);
        prop_assert_eq!(bench.world.read(Path::new("f")), case.new.into_bytes());
        prop_assert!(bench.is_sound());
        Ok(())
    });
}
