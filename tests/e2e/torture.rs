//! Processes die at random while turns run.

use std::time::{SystemTime, UNIX_EPOCH};

use outrigger_tests::{automation_torture, hunk_torture, terminal_torture, torture};

#[test]
fn whatever_is_killed_nothing_is_left_undone_or_done_twice() {
    let all = std::env::var_os("OUTRIGGER_TEST_ALL").is_some();
    let rounds = if all { 50 } else { 10 };
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    eprintln!("npm run torture -- --rounds {rounds} --seed {seed}");
    let figures = torture(seed, rounds, |_, _| {});
    assert_eq!(figures.rounds, rounds, "{figures}");
}

#[test]
fn whoever_writes_at_the_same_time_and_dies_nothing_is_lost() {
    let all = std::env::var_os("OUTRIGGER_TEST_ALL").is_some();
    let rounds = if all { 60 } else { 6 };
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    eprintln!("npm run torture -- --hunks --rounds {rounds} --seed {seed}");
    let figures = hunk_torture(seed, rounds, |_, _| {});
    assert_eq!(figures.rounds, rounds, "{figures}");
}

#[test]
fn whatever_runs_in_a_terminal_ends_with_it_and_with_the_daemon() {
    let all = std::env::var_os("OUTRIGGER_TEST_ALL").is_some();
    let rounds = if all { 40 } else { 6 };
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    eprintln!("npm run torture -- --terminals --rounds {rounds} --seed {seed}");
    let figures = terminal_torture(seed, rounds, |_, _| {});
    assert_eq!(figures.rounds, rounds, "{figures}");
}

#[test]
fn however_often_the_daemon_is_killed_each_occurrence_fires_once_and_leaves_a_record() {
    let all = std::env::var_os("OUTRIGGER_TEST_ALL").is_some();
    let kills = if all { 50 } else { 10 };
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    eprintln!("npm run torture -- --automations --rounds {kills} --seed {seed}");
    let figures = automation_torture(seed, kills, |_| {});
    assert_eq!(figures.kills, kills, "{figures}");
}
