//! What things take, beside git itself in the same run. Gates nothing:
//! `cargo test -p outrigger --lib git::tests::figures -- --ignored --nocapture --test-threads 1`.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::{
    acting::{Stage, whole},
    world::World,
};
use crate::git::{acts::Act, checkpoint, hunks::Side, snapshot::Snapshot};

/// The middle one of several runs.
fn median(runs: usize, mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let began = Instant::now();
            run();
            began.elapsed()
        })
        .collect();
    times.sort();
    times[runs / 2]
}

fn show(what: &str, ours: Duration, rival: &str, theirs: Duration) {
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("{what}: {ours:.1?}, {rival} {theirs:.1?} ({ratio:.2}x)");
}

fn lines(count: u32, every: u32) -> Vec<u8> {
    let line = |n: u32| {
        let mark = if every > 0 && n.is_multiple_of(every) { "changed" } else { "as it was" };
        format!("    let line_{n} = \"{mark} in line {n}\";\n")
    };
    (0..count).map(line).collect::<Vec<_>>().concat().into_bytes()
}

#[test]
#[ignore = "a measurement"]
fn hunks_and_acts() {
    for (count, every) in [(10_000, 50), (100_000, 20)] {
        let world = World::new();
        world.commit(&[("f", &lines(count, 0))]);
        world.write("f", lines(count, every));
        let stage = Stage::of(&world);
        let ours = median(5, || drop(stage.hunks("f", Side::Unstaged, 3)));
        let git = median(5, || drop(world.git(&["diff", "--", "f"])));
        show(&format!("list, {count} lines, {} hunks", count / every), ours, "git diff", git);
        let snapshot =
            median(5, || drop(Snapshot::take(&stage.repository, Path::new("f")).unwrap()));
        println!("  of it the snapshot: {snapshot:.1?}");
        let hunks = stage.hunks("f", Side::Unstaged, 3);
        let mut next = hunks.iter();
        let ours = median(5, || {
            let hunk = next.next().unwrap();
            drop(stage.act(Act::Stage, "f", &whole(&[hunk])).unwrap());
        });
        std::fs::write(world.beside("patch"), one_hunk(&world)).unwrap();
        let patch = world.beside("patch");
        let patch = patch.to_str().unwrap();
        let apply = |reverse: &[&str]| {
            world.git(&[&["apply", "--cached"], reverse, &[patch]].concat());
        };
        let mut there = false;
        let git = median(5, || {
            apply(if there { &["-R"] } else { &[] });
            there = !there;
        });
        show("  stage one hunk", ours, "git apply --cached", git);
        let all: Vec<_> = stage.hunks("f", Side::Unstaged, 3);
        let all: Vec<_> = all.iter().collect();
        let ours = median(1, || drop(stage.act(Act::Stage, "f", &whole(&all)).unwrap()));
        println!("  stage the other {} in one request: {ours:.1?}", all.len());
    }
}

/// A patch of the first hunk that is not staged.
fn one_hunk(world: &World) -> Vec<u8> {
    let diff = String::from_utf8(world.git(&["diff", "--", "f"])).unwrap();
    let mut starts = diff.match_indices("\n@@ ").map(|(at, _)| at + 1);
    starts.next();
    let end = starts.next().unwrap_or(diff.len());
    diff[..end].to_owned().into_bytes()
}

#[test]
#[ignore = "a measurement"]
fn checkpoints() {
    for count in [20_000, 50_000] {
        let world = World::new();
        for number in 0..count {
            world.write(
                format!("d{}/e{}/f{number}", number % 40, number % 400),
                format!("file {number}\n"),
            );
        }
        world.git(&["add", "-A"]);
        world.git(&["commit", "-qm", "all"]);
        for number in 0..20 {
            world.write(format!("d{number}/e{number}/f{number}"), "changed\n");
        }
        for number in 0..10 {
            world.write(format!("d{number}/new{number}"), "new\n");
        }
        let stage = Stage::of(&world);
        world.git(&["status"]);
        let mark = &stage.journal.mark;
        let ours = median(5, || {
            checkpoint::take(&stage.repository, mark, Some("one")).unwrap();
        });
        let git = median(5, || drop(world.git(&["status", "--porcelain"])));
        show(&format!("checkpoint, {count} files, 30 changed"), ours, "git status", git);
        let one = Path::new("d1/e1/f1");
        let ours = median(5, || drop(Snapshot::take(&stage.repository, one).unwrap()));
        println!("  a file's snapshot: {ours:.1?}");
        let act = [Act::Stage, Act::Unstage];
        let mut turn = 0;
        let ours = median(4, || {
            stage.act(act[turn % 2], "d1/e1/f1", &crate::git::Selection::File).unwrap();
            turn += 1;
        });
        let git = median(4, || drop(world.git(&["add", "d2/e2/f2"])));
        show("  stage a file", ours, "git add", git);
    }
}
