//! A process that is killed in the middle of acts, again and again.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use super::{
    acting::{Stage, whole},
    world::World,
};
use crate::git::{
    Selection,
    acts::{Act, disk_state, indexed_state},
    diff::tests::Dice,
    hunks::Side,
    journal::{Journal, numbers},
    place,
    record::Place,
    recover::recover,
    repository::Repository,
    snapshot::Snapshot,
};

const TREE: &str = "OUTRIGGER_CRASH_TREE";
const SEED: &str = "OUTRIGGER_CRASH_SEED";

/// Not a test of its own: [`a_process_killed_at_any_moment_leaves_before_or_after`] starts and kills it.
#[test]
#[ignore = "is started by another test"]
fn the_child_that_is_killed() {
    let Some(folder) = std::env::var_os(TREE).map(PathBuf::from) else { return };
    let mut dice = Dice(std::env::var(SEED).unwrap().parse().unwrap());
    let repository = Repository::open(&folder.join("tree"), &folder.join("scratch"), &[]).unwrap();
    let journal = Journal::open(&folder.join("journal")).unwrap();
    recover(&repository, &journal).unwrap();
    let stage = Stage::with(repository, journal);
    loop {
        let act = [Act::Stage, Act::Unstage, Act::Revert][dice.roll(3) as usize];
        let side = if act == Act::Unstage { Side::Staged } else { Side::Unstaged };
        let hunks = stage.hunks("f", side, 0);
        let done = match dice.roll(4) {
            0 => stage.act(act, "f", &Selection::File),
            _ if hunks.is_empty() => continue,
            _ => {
                let hunk = &hunks[dice.roll(hunks.len() as u64) as usize];
                stage.act(act, "f", &whole(&[hunk]))
            }
        };
        // A revert is taken back, or soon there would be nothing left to do.
        if let (Ok(id), true) = (done, act == Act::Revert) {
            stage.scene().undo(&id).unwrap();
        }
    }
}

#[test]
fn a_process_killed_at_any_moment_leaves_before_or_after() {
    let rounds = if std::env::var_os("OUTRIGGER_ALL_DIFFS").is_some() { 300 } else { 12 };
    let world = World::new();
    let lines = |word: &str| (0..40).map(|n| format!("{word} {}\n", n / 2 * 2)).collect::<Vec<_>>();
    world.commit(&[("f", lines("old").concat().as_bytes())]);
    let mut working = lines("old");
    for at in (0..40).step_by(4) {
        working[at] = format!("new {at}\n");
    }
    world.write("f", working.concat());
    let mut dice = Dice(0xdead_beef_cafe_f00d);
    let mut seen = 0;
    // On a busy machine a process may be killed before it has done anything; then there are more of them.
    for round in 0..rounds * 20 {
        if round >= rounds && seen > rounds {
            break;
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "git::tests::crash::the_child_that_is_killed", "--ignored"])
            .env(TREE, world.beside(""))
            .env(SEED, (round + 1).to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Killed at random, not waited for: whenever it is, what it leaves must be whole.
        std::thread::sleep(Duration::from_millis(60 + dice.roll(150)));
        child.kill().unwrap();
        child.wait().unwrap();
        let repository = world.repository();
        let journal = Journal::open(&world.beside("journal")).unwrap();
        let outcomes = recover(&repository, &journal).unwrap();
        assert!(!format!("{outcomes:?}").contains("Neither"), "round {round}: {outcomes:?}");
        assert!(journal.pending(&world.root()).unwrap().is_empty());
        assert!(!world.path(".git/index.lock").exists(), "round {round}");
        for folder in [world.root(), world.path(".git")] {
            let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
            let ours: Vec<_> =
                names.filter(|name| name.to_string_lossy().contains("outrigger")).collect();
            assert!(ours.is_empty(), "round {round}: {ours:?}");
        }
        // The journal can say what the index and the file are.
        let listed = journal.list(None, None, 1000);
        for at in [Place::Index, Place::WorkingTree] {
            let Some(last) = listed.iter().find(|one| one.record.place == at) else { continue };
            let now = match at {
                Place::Index => {
                    indexed_state(&Snapshot::take(&repository, Path::new("f")).unwrap())
                }
                Place::WorkingTree | Place::Document => {
                    disk_state(&place::read(&world.root(), Path::new("f")).unwrap()).unwrap()
                }
            };
            assert_eq!(now, last.record.files[0].after, "round {round}, {at:?}");
        }
        seen = listed.first().map_or(seen, |one| numbers(&one.journal_id).unwrap().0);
        let git = world.try_git(&["fsck", "--strict", "--no-progress"]);
        assert!(git.status.success(), "round {round}: {}", String::from_utf8_lossy(&git.stderr));
    }
    assert!(seen > rounds, "only {seen} acts in {rounds} rounds");
}
