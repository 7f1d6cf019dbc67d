//! Random files and random choices, with `git apply` as the judge.

use std::{fs, path::Path, sync::Mutex};

use super::world::World;
use crate::{
    git::{
        Error, LineNumbers, Selection, Target, Unsupported,
        acts::{Act, Outcomes, Scene},
        diff::tests::{Dice, edited, joined, text},
        hunks::Side,
        journal::Journal,
        memory::{Memory, Told},
        repository::Repository,
        select::{Asked, Refused},
        snapshot::Snapshot,
    },
    protocol::diff::{FileHunks, Hunk, LineKind},
};

pub struct Stage {
    pub repository: Repository,
    pub journal: Journal,
    memory: Mutex<Memory>,
}

impl Stage {
    pub fn of(world: &World) -> Self {
        let journal = Journal::open(&world.beside("journal")).unwrap();
        Self::with(world.repository(), journal)
    }

    pub fn with(repository: Repository, journal: Journal) -> Self {
        Self { repository, journal, memory: Mutex::default() }
    }

    pub fn scene(&self) -> Scene<'_> {
        Scene { repository: &self.repository, journal: &self.journal, at: 1 }
    }

    pub fn act(&self, act: Act, name: &str, selection: &Selection) -> Result<String, Refused> {
        let told = self.memory.lock().unwrap().told(Path::new(name), 1, None);
        let outcomes = self.scene().act(act, Path::new(name), &[Asked { selection, told }]);
        let one: Result<[_; 1], _> = outcomes.map_err(Refused::Because)?.try_into();
        one.unwrap().into_iter().next().unwrap()
    }

    pub fn hunks(&self, name: &str, side: Side, context: u32) -> Vec<Hunk> {
        let snapshot = Snapshot::take(&self.repository, Path::new(name)).unwrap();
        let hunks = snapshot.list(side, context).unwrap();
        let list = FileHunks {
            uri: String::new(),
            revision: 1,
            status: snapshot.status,
            unstaged: hunks.clone(),
            staged: Vec::new(),
        };
        self.memory.lock().unwrap().tell(Path::new(name), [1], &list);
        hunks
    }
}

pub fn whole(hunks: &[&Hunk]) -> Selection {
    Selection::Hunks(
        hunks.iter().map(|hunk| Target { hunk_id: hunk.hunk_id.clone(), lines: None }).collect(),
    )
}

/// For selections of whole hunks, which need no line numbers.
fn untold(selection: &Selection) -> Asked<'_> {
    Asked { selection, told: Told::default() }
}

const fn side(act: Act) -> Side {
    match act {
        Act::Stage | Act::Revert => Side::Unstaged,
        Act::Unstage => Side::Staged,
    }
}

/// A patch of these hunks for `git apply`, of each the lines that `chosen` says.
fn patch(hunks: &[(&Hunk, Option<&LineNumbers>)], act: Act) -> Vec<u8> {
    let mut patch = b"diff --git a/f b/f\n--- a/f\n+++ b/f\n".to_vec();
    let mut shift = 0;
    for (hunk, chosen) in hunks {
        let mut lines = Vec::new();
        let (mut old, mut new) = (hunk.old_start, hunk.new_start);
        // Lines that were not chosen are as they are in the text that is written to.
        let (keep, drop) = match act {
            Act::Stage => (LineKind::Removed, LineKind::Added),
            Act::Unstage | Act::Revert => (LineKind::Added, LineKind::Removed),
        };
        for line in &hunk.lines {
            let picked = chosen.is_none_or(|chosen| match line.kind {
                LineKind::Context => true,
                LineKind::Removed => chosen.old.contains(&old),
                LineKind::Added => chosen.new.contains(&new),
            });
            old += u32::from(line.kind != LineKind::Added);
            new += u32::from(line.kind != LineKind::Removed);
            let kind = match line.kind {
                kind if !picked && kind == drop => continue,
                kind if !picked && kind == keep => LineKind::Context,
                kind => kind,
            };
            let sign = match kind {
                LineKind::Context => ' ',
                LineKind::Added => '+',
                LineKind::Removed => '-',
            };
            let end = match line.eol {
                crate::protocol::diff::Eol::Lf => "\n",
                crate::protocol::diff::Eol::CrLf => "\r\n",
                crate::protocol::diff::Eol::None => "\n\\ No newline at end of file\n",
            };
            lines.push((kind, format!("{sign}{}{end}", line.text)));
        }
        let count = |not: LineKind| lines.iter().filter(|(kind, _)| *kind != not).count();
        let (olds, news) = (count(LineKind::Added), count(LineKind::Removed));
        // The line numbers are those of the chosen hunks.
        let forward = act == Act::Stage;
        let (start, from, to) = if forward {
            (hunk.old_start - u32::from(hunk.old_lines > 0), olds, news)
        } else {
            (hunk.new_start - u32::from(hunk.new_lines > 0), news, olds)
        };
        let target = i64::from(start) + shift;
        shift += i64::try_from(to).unwrap() - i64::try_from(from).unwrap();
        let head = |start: i64, count: usize| format!("{},{count}", start + i64::from(count > 0));
        let (from, to) = (head(start.into(), from), head(target, to));
        let (old, new) = if forward { (from, to) } else { (to, from) };
        patch.extend_from_slice(format!("@@ -{old} +{new} @@\n").as_bytes());
        for (_, line) in lines {
            patch.extend_from_slice(line.as_bytes());
        }
    }
    patch
}

/// The same lines as part of hunks with context: without, git can take one of two like lines for the other.
fn with_context<'a>(
    wide: &'a [Hunk],
    chosen: &[(&Hunk, Option<LineNumbers>)],
) -> Vec<(&'a Hunk, LineNumbers)> {
    let mut all = LineNumbers::default();
    for (hunk, lines) in chosen {
        let lines = lines.clone().unwrap_or_else(|| changed(hunk));
        all.old.extend(lines.old);
        all.new.extend(lines.new);
    }
    let within = wide.iter().map(|hunk| {
        let mut lines = changed(hunk);
        lines.old.retain(|line| all.old.contains(line));
        lines.new.retain(|line| all.new.contains(line));
        (hunk, lines)
    });
    within.filter(|(_, lines)| !lines.old.is_empty() || !lines.new.is_empty()).collect()
}

/// All changed lines of a hunk.
fn changed(hunk: &Hunk) -> LineNumbers {
    let (mut old, mut new) = (hunk.old_start, hunk.new_start);
    // Where a hunk has no lines of a text, its start is the line before.
    old += u32::from(hunk.old_lines == 0);
    new += u32::from(hunk.new_lines == 0);
    let mut changed = LineNumbers::default();
    for line in &hunk.lines {
        match line.kind {
            LineKind::Removed => changed.old.push(old),
            LineKind::Added => changed.new.push(new),
            LineKind::Context => {}
        }
        old += u32::from(line.kind != LineKind::Added);
        new += u32::from(line.kind != LineKind::Removed);
    }
    changed
}

fn numbers(dice: &mut Dice, hunk: &Hunk) -> LineNumbers {
    let mut numbers = changed(hunk);
    numbers.old.retain(|_| dice.roll(2) == 0);
    numbers.new.retain(|_| dice.roll(2) == 0);
    numbers
}

/// Binary files have no hunks.
fn printable(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| if *byte == 0 { b'z' } else { *byte }).collect()
}

fn staged(world: &World) -> Vec<u8> {
    world.git(&["cat-file", "blob", ":f"])
}

/// Everything that an act could change, and what it must leave behind.
fn picture(world: &World) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    assert!(!world.path(".git/index.lock").exists());
    let names: Vec<_> =
        fs::read_dir(world.root()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("outrigger")), "{names:?}");
    (world.git(&["ls-files", "-s"]), staged(world), world.read("f"))
}

#[test]
fn hunks_and_lines_are_carried_as_git_apply_does() {
    let rounds = if std::env::var_os("OUTRIGGER_ALL_DIFFS").is_some() { 2000 } else { 60 };
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let world = World::new();
    world.commit(&[("f", b"x\n")]);
    let stage = Stage::of(&world);
    let (mut done, mut joins) = (0, 0);
    for round in 0..rounds {
        let lines = 1 + dice.roll(30);
        let committed = text(&mut dice, lines);
        let indexed = edited(&mut dice, &committed);
        let working = edited(&mut dice, &indexed);
        let [committed, indexed, working] =
            [committed, indexed, working].map(|lines| printable(&joined(&mut dice, &lines)));
        if committed.is_empty() || indexed.is_empty() || working.is_empty() {
            continue;
        }
        world.commit(&[("f", &committed)]);
        world.write("f", &indexed);
        world.git(&["add", "f"]);
        world.write("f", &working);
        let act = [Act::Stage, Act::Unstage, Act::Revert][dice.roll(3) as usize];
        let context = [0, 3][dice.roll(2) as usize];
        let hunks = stage.hunks("f", side(act), context);
        let wide = stage.hunks("f", side(act), 3);
        let mut chosen = Vec::new();
        for hunk in &hunks {
            match dice.roll(4) {
                0 => chosen.push((hunk, None)),
                1 => {
                    let numbers = numbers(&mut dice, hunk);
                    if !numbers.old.is_empty() || !numbers.new.is_empty() {
                        chosen.push((hunk, Some(numbers)));
                    }
                }
                _ => {}
            }
        }
        if chosen.is_empty() {
            continue;
        }
        let before = picture(&world);
        let targets = chosen
            .iter()
            .map(|(hunk, lines)| Target { hunk_id: hunk.hunk_id.clone(), lines: lines.clone() });
        let acted = stage.act(act, "f", &Selection::Hunks(targets.collect()));
        let for_git = with_context(&wide, &chosen);
        let for_git: Vec<_> = for_git.iter().map(|(hunk, lines)| (*hunk, Some(lines))).collect();
        let journal_id = match acted {
            Ok(journal_id) => journal_id,
            Err(Refused::Because(Error::Unsupported(Unsupported::JoinsLines))) => {
                joins += 1;
                assert_eq!(picture(&world), before, "round {round}");
                continue;
            }
            refused => panic!("round {round}: {refused:?}"),
        };
        let ours = picture(&world);
        // The same by git, on the texts as they were.
        let other = World::new();
        other.commit(&[("f", &committed)]);
        other.write("f", &before.1);
        other.git(&["add", "f"]);
        other.write("f", &before.2);
        fs::write(other.beside("patch"), patch(&for_git, act)).unwrap();
        let how: &[&str] = match act {
            Act::Stage => &["--cached"],
            Act::Unstage => &["--cached", "-R"],
            Act::Revert => &["-R"],
        };
        let file = other.beside("patch");
        let mut arguments = vec!["-c", "core.whitespace=cr-at-eol", "apply", "--whitespace=nowarn"];
        arguments.extend(how);
        arguments.push(file.to_str().unwrap());
        other.git(&arguments);
        assert_eq!(show(&ours.1), show(&staged(&other)), "round {round}, {act:?}, {for_git:?}");
        assert_eq!(show(&ours.2), show(&other.read("f")), "round {round}, {act:?}, {for_git:?}");
        // What git thinks of the file is so, and taking it back leaves no trace.
        let quiet = world.try_git(&["diff", "--quiet"]).status.success();
        assert_eq!(quiet, ours.1 == ours.2, "round {round}");
        stage.scene().undo(&journal_id).unwrap();
        assert_eq!(picture(&world), before, "round {round}, {act:?} undone");
        done += 1;
    }
    assert!(done > rounds / 4 && joins < done, "{done} of {rounds} rounds, {joins} joins");
    world.git(&["fsck", "--strict", "--no-progress"]);
}

fn show(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

const TEN: &[u8] = b"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n";
const TWO: &[u8] = b"one\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\neighteen\n";

#[test]
fn several_requests_share_a_write_and_each_is_undone_alone() {
    let world = World::new();
    world.commit(&[("f", TEN)]);
    world.write("f", TWO);
    let stage = Stage::of(&world);
    let hunks = stage.hunks("f", Side::Unstaged, 3);
    let [first, second] = [whole(&[&hunks[0]]), whole(&[&hunks[1]])];
    let again = first.clone();
    let outcomes: Outcomes = stage
        .scene()
        .act(Act::Stage, Path::new("f"), &[&first, &second, &again].map(untold))
        .unwrap();
    let [Ok(first), Ok(second), Err(Refused::Stale)] = outcomes.as_slice() else {
        panic!("{outcomes:?}");
    };
    assert_eq!((first.as_str(), second.as_str()), ("j1", "j1.1"));
    assert_eq!(show(&staged(&world)), show(TWO));
    stage.scene().undo(first).unwrap();
    assert_eq!(show(&staged(&world)), show(TWO).replace("one", "1"));
    stage.scene().undo(second).unwrap();
    assert_eq!(show(&staged(&world)), show(TEN));
}

#[test]
fn an_undo_never_writes_over_newer_work() {
    let world = World::new();
    world.commit(&[("f", TEN)]);
    world.write("f", TWO);
    let stage = Stage::of(&world);
    let hunks = stage.hunks("f", Side::Unstaged, 3);
    let reverted = stage.act(Act::Revert, "f", &whole(&[&hunks[0]])).unwrap();
    assert_eq!(show(&world.read("f")), show(TWO).replace("one", "1"));
    // Newer work in the lines themselves, or next to them: refused.
    for newer in [show(TEN).replace("1\n2\n", "uno\n2\n"), show(TEN).replace("3\n", "tre\n")] {
        world.write("f", &newer);
        let refused = stage.scene().undo(&reverted);
        assert!(matches!(refused, Err(Error::Changed(_))), "{refused:?}");
        assert_eq!(show(&world.read("f")), newer);
    }
    // Elsewhere: both are kept.
    world.write("f", show(TEN).replace("12\n", "twelve\n"));
    stage.scene().undo(&reverted).unwrap();
    assert_eq!(
        show(&world.read("f")),
        show(TEN).replace("12\n", "twelve\n").replacen('1', "one", 1)
    );
}

#[test]
fn what_is_gone_or_moved_is_stale_or_found() {
    let world = World::new();
    world.commit(&[("f", TEN)]);
    world.write("f", TWO);
    let stage = Stage::of(&world);
    let hunks = stage.hunks("f", Side::Unstaged, 3);
    // Lines above shift the second hunk; its name and the numbers that were told still find it.
    world.write("f", [b"0\n0\n".as_slice(), TWO].concat());
    let lines = Some(LineNumbers { old: vec![18], new: vec![18] });
    let target = Target { hunk_id: hunks[1].hunk_id.clone(), lines };
    stage.act(Act::Stage, "f", &Selection::Hunks(vec![target.clone()])).unwrap();
    assert_eq!(show(&staged(&world)), show(TEN).replace("18", "eighteen"));
    let again = stage.act(Act::Stage, "f", &Selection::Hunks(vec![target]));
    assert!(matches!(again, Err(Refused::Stale)), "{again:?}");
    let context = Target {
        hunk_id: stage.hunks("f", Side::Unstaged, 3)[0].hunk_id.clone(),
        lines: Some(LineNumbers { old: vec![4], new: vec![] }),
    };
    let refused = stage.act(Act::Stage, "f", &Selection::Hunks(vec![context]));
    assert!(matches!(refused, Err(Refused::Because(Error::NoSuchLine(4)))), "{refused:?}");
}

#[test]
fn every_kind_of_file_is_taken_whole_and_given_back() {
    let world = World::new();
    world.git(&["config", "filter.up.clean", "tr a-z A-Z"]);
    world.git(&["config", "filter.up.smudge", "tr A-Z a-z"]);
    let files: [(&str, &[u8]); 9] = [
        (".gitattributes", b"crlf eol=crlf\nup filter=up\nwide working-tree-encoding=UTF-16LE\n"),
        ("plain", TEN),
        ("picture", b"\x89PNG\0\0"),
        ("crlf", b"1\r\n2\r\n"),
        ("up", b"one\ntwo\n"),
        ("wide", b"1\x00\n\x00"),
        ("gone", TEN),
        ("odd \"[*name\té", b"1\n"),
        ("exec", b"1\n"),
    ];
    world.commit(&files);
    let changed: [(&str, &[u8]); 8] = [
        ("plain", b"1\nbytes \xff\n"),
        ("picture", b"\x89PNG\0\x01"),
        ("crlf", b"1\r\ntwo\r\n"),
        ("up", b"one\nthree\n"),
        ("wide", b"2\x00\n\x00"),
        ("odd \"[*name\té", b"2"),
        ("new", b"new\n"),
        ("intended", b"text\n"),
    ];
    for (name, text) in changed {
        world.write(name, text);
    }
    fs::remove_file(world.path("gone")).unwrap();
    world.chmod("exec", 0o755);
    std::os::unix::fs::symlink("plain", world.path("link")).unwrap();
    world.git(&["add", "-N", "intended"]);
    let stage = Stage::of(&world);
    let names: Vec<&str> =
        changed.iter().map(|(name, _)| *name).chain(["gone", "exec", "link"]).collect();
    let everything =
        || (world.git(&["ls-files", "-s"]), world.git(&["status", "--porcelain=v2", "-z"]));
    for name in names {
        let before = everything();
        let staged = stage.act(Act::Stage, name, &Selection::File).unwrap();
        assert_eq!(world.git(&["diff", "--name-only", "--", name]), b"", "{name} is staged");
        let ours = world.git(&["ls-files", "-s"]);
        if fs::symlink_metadata(world.path(name)).is_ok() {
            world.git(&["add", "-A", "--", name]);
        }
        assert_eq!(show(&ours), show(&world.git(&["ls-files", "-s"])), "{name}: as git add");
        stage.scene().undo(&staged).unwrap();
        assert_eq!(everything(), before, "{name}: stage undone");
        stage.act(Act::Stage, name, &Selection::File).unwrap();
        let unstaged = stage.act(Act::Unstage, name, &Selection::File).unwrap();
        assert_eq!(
            world.git(&["diff", "--cached", "--name-only", "--", name]),
            b"",
            "{name} is unstaged"
        );
        stage.scene().undo(&unstaged).unwrap();
        world.git(&["reset", "-q", "--", name]);
        let content = fs::read(world.path(name)).ok();
        let reverted = stage.act(Act::Revert, name, &Selection::File).unwrap();
        assert_eq!(
            world.git(&["status", "--porcelain", "-z", "--", name]),
            b"",
            "{name} is reverted"
        );
        stage.scene().undo(&reverted).unwrap();
        assert_eq!(fs::read(world.path(name)).ok(), content, "{name}: revert undone");
    }
    world.git(&["fsck", "--strict", "--no-progress"]);
}

#[test]
fn a_reverted_line_gets_the_ends_of_its_neighbours_and_the_others_keep_theirs() {
    let world = World::new();
    world.git(&["config", "core.autocrlf", "true"]);
    world.commit(&[("f", b"1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n")]);
    world.write("f", b"1\r\n2\r\nthree\r\n4\n5\n6\n7\n8\r\n9\r\n");
    let stage = Stage::of(&world);
    let hunks = stage.hunks("f", Side::Unstaged, 0);
    stage.act(Act::Revert, "f", &whole(&[&hunks[0]])).unwrap();
    assert_eq!(show(&world.read("f")), "1\r\n2\r\n3\r\n4\n5\n6\n7\n8\r\n9\r\n");
    let hunks = stage.hunks("f", Side::Unstaged, 3);
    stage.act(Act::Revert, "f", &whole(&[&hunks[0]])).unwrap();
    assert_eq!(show(&world.read("f")), "1\r\n2\r\n3\r\n4\n5\n6\n7\n8\r\n");
}

#[test]
fn a_mode_is_a_hunk_of_its_own() {
    let world = World::new();
    world.commit(&[("f", TEN)]);
    world.write("f", TWO);
    world.chmod("f", 0o755);
    let stage = Stage::of(&world);
    let hunks = stage.hunks("f", Side::Unstaged, 3);
    stage.act(Act::Stage, "f", &whole(&[&hunks[1]])).unwrap();
    assert!(world.git(&["ls-files", "-s"]).starts_with(b"100644 "));
    let id = stage.act(Act::Stage, "f", &whole(&[&hunks[0]])).unwrap();
    assert!(world.git(&["ls-files", "-s"]).starts_with(b"100755 "));
    stage.scene().undo(&id).unwrap();
    assert!(world.git(&["ls-files", "-s"]).starts_with(b"100644 "));
    let hunks = stage.hunks("f", Side::Unstaged, 3);
    stage.act(Act::Revert, "f", &whole(&[&hunks[0]])).unwrap();
    assert_eq!(show(&world.git(&["diff", "--summary"])), "");
}
