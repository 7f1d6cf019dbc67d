//! What is left of a terminal that is closed: nothing.

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::{
    super::{Error, Event},
    scene::{ADA, Scene},
};
use crate::{protocol::TerminalId, terminal::processes::lives};

/// The pids that a script has printed as `pid N`.
fn pids(seen: &str) -> Vec<i32> {
    seen.lines().filter_map(|line| line.strip_prefix("pid ")?.trim().parse().ok()).collect()
}

/// Six processes, one of which leaves the session. It begins once somebody looks.
const TREE: &str = "read go; sleep 1000 & echo pid $!
    (trap '' HUP; echo ignores HUP; exec sleep 1001) & echo pid $!
    sh -c 'sleep 1002 & echo pid $!; wait' & echo pid $!
    setsid sh -c 'echo pid $$; exec sleep 1003' &
    echo pid $$; wait";

fn tree(scene: &mut Scene, terminal: &TerminalId) -> String {
    scene.attach(terminal, ADA);
    scene.write(terminal, "\r").unwrap();
    let whole = |seen: &str| pids(seen).len() == 6 && seen.contains("ignores HUP");
    scene.sees(terminal, ADA, whole)
}

#[test]
fn closing_ends_the_whole_session_and_names_what_left_it() {
    let mut scene = Scene::new();
    let terminal = scene.script(TREE);
    let seen = tree(&mut scene, &terminal);
    let all = pids(&seen);
    assert!(all.iter().all(|pid| lives(*pid)), "{seen}");

    let Err(Error::Busy { running }) = scene.close(&terminal, false, false) else {
        panic!("it was not asked whether what runs may be ended");
    };
    assert!(running.iter().any(|process| process.command == "sleep 1000"), "{running:?}");

    let (left, survived) = scene.close(&terminal, true, false).unwrap();
    let commands: Vec<&str> = left.iter().map(|process| process.command.as_str()).collect();
    assert_eq!((commands, survived), (vec!["sleep 1003"], vec![]));
    let alive: Vec<i32> = all.into_iter().filter(|pid| lives(*pid)).collect();
    assert_eq!(alive, [left[0].pid]);
    kill_process(Pid::from_raw(alive[0]).unwrap(), Signal::KILL).unwrap();
    scene.exit(&terminal);
}

#[test]
fn closing_with_everything_leaves_no_process() {
    let mut scene = Scene::new();
    let terminal = scene.script(TREE);
    let seen = tree(&mut scene, &terminal);
    assert_eq!(scene.close(&terminal, true, true).unwrap(), (vec![], vec![]));
    let alive: Vec<i32> = pids(&seen).into_iter().filter(|pid| lives(*pid)).collect();
    assert_eq!(alive, Vec::<i32>::new());
}

#[test]
fn a_half_typed_command_is_never_carried_out() {
    let mut scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    let mut spec = Scene::spec("/bin/sh", &[]);
    spec.command = None;
    spec.cwd = folder.path().into();
    let terminal = scene.create(spec);
    scene.attach(&terminal, ADA);
    scene.shows(&terminal, ADA, "$ ");
    scene.write(&terminal, "touch executed").unwrap();
    scene.shows(&terminal, ADA, "touch executed");
    assert_eq!(scene.close(&terminal, false, false).unwrap(), (vec![], vec![]));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_terminal_that_somebody_else_holds_open_has_exited_all_the_same() {
    let mut scene = Scene::new();
    let terminal =
        scene.script("setsid sleep 1000 & sleep 0.1; echo pid $(pgrep -nf 'sleep 100[0]'); exit 5");
    scene.attach(&terminal, ADA);
    assert_eq!(scene.exit(&terminal).code, 5);
    let (left, survived) = scene.close(&terminal, false, true).unwrap();
    assert_eq!((left, survived), (vec![], vec![]));
    let seen = &scene.seen[&(terminal, ADA)];
    assert!(pids(seen).iter().all(|pid| !lives(*pid)), "{seen}");
}

#[test]
fn the_end_of_the_process_ends_every_terminal() {
    let mut scene = Scene::new();
    let shells: Vec<u32> = (0..4)
        .map(|_| scene.try_create(Scene::spec("/bin/sh", &["-c", "trap '' HUP; sleep 1000"])))
        .map(|(_, started)| started.unwrap().pid)
        .collect();
    scene.terminals.end();
    for _ in &shells {
        scene.wait(|event| matches!(event, Event::Exited { .. }).then_some(()));
    }
    let gone = |pid: &u32| test_kill_process(Pid::from_raw(pid.cast_signed()).unwrap()).is_err();
    assert!(shells.iter().all(gone), "{shells:?}");
}
