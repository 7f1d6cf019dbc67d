//! Processes die at random while turns run.

use std::time::{SystemTime, UNIX_EPOCH};

use outrigger_tests::torture;

#[test]
fn whatever_is_killed_nothing_is_left_undone_or_done_twice() {
    let all = std::env::var_os("OUTRIGGER_TEST_ALL").is_some();
    let rounds = if all { 50 } else { 10 };
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    eprintln!("npm run torture -- --rounds {rounds} --seed {seed}");
    let figures = torture(seed, rounds, |_, _| {});
    assert_eq!(figures.rounds, rounds, "{figures}");
}
