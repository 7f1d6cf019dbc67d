use std::sync::Arc;
use std::time::Duration;

use super::*;

/// A supervisor and a clock that only moves when told to.
struct Bench {
    supervisor: Supervisor,
    now: Instant,
    start: Instant,
}

impl Bench {
    /// Without jitter: every pause is the longest.
    fn new() -> Self {
        let now = Instant::now();
        Self {
            supervisor: Supervisor::new(Timing::default(), Arc::new(|most| most)),
            now,
            start: now,
        }
    }

    /// One that runs in its first epoch.
    fn up() -> Self {
        let mut bench = Self::new();
        assert_eq!(bench.supervisor.start(bench.now), Some(Step::Spawn { epoch: 1 }));
        bench.greet();
        bench
    }

    fn greet(&mut self) {
        assert_eq!(self.supervisor.initialized("0.169.0", self.now), None);
        assert!(self.supervisor.is_up());
    }

    fn wait(&mut self, ms: u64) -> &mut Self {
        self.now += Duration::from_millis(ms);
        self
    }

    /// Waits for the next deadline and says how long that was.
    fn next(&mut self) -> (u64, Option<Step>) {
        let deadline = self.supervisor.deadline().unwrap();
        let waited = deadline.duration_since(self.now).as_millis() as u64;
        let early = deadline.checked_sub(Duration::from_millis(1)).unwrap();
        assert_eq!(self.supervisor.tick(early), None);
        self.now = deadline;
        (waited, self.supervisor.tick(self.now))
    }

    fn exit(&mut self) -> (AppServerErrorKind, Option<Step>) {
        let exit = Exit { how: "exit code 1".into(), words: None, hint: None };
        let (error, step) = self.supervisor.exited(&exit, self.now);
        (error.kind, step)
    }

    /// What an editor sees: state, attempt, ms until the next try, kind of the last error.
    fn shown(&self) -> (AppServerState, u32, Option<u64>, Option<AppServerErrorKind>) {
        let shown = self.supervisor.shown().unwrap();
        (
            shown.state,
            shown.attempt,
            shown.retry_at.map(|at| at.duration_since(self.now).as_millis() as u64),
            shown.last_error.map(|error| error.kind),
        )
    }
}

use AppServerErrorKind as Kind;
use AppServerState::{Failed, Restarting, Starting, Stopped};

#[test]
fn it_starts_when_asked_and_leaves_ready_to_the_core() {
    let mut bench = Bench::new();
    assert_eq!(bench.shown(), (Stopped, 0, None, None));
    assert_eq!(bench.supervisor.start(bench.now), Some(Step::Spawn { epoch: 1 }));
    assert_eq!(bench.supervisor.start(bench.now), None);
    assert_eq!(bench.shown(), (Starting, 1, None, None));
    bench.greet();
    assert_eq!(bench.supervisor.shown(), None);
    assert_eq!(bench.supervisor.deadline(), None);
    assert_eq!(bench.supervisor.start(bench.now), None);
}

#[test]
fn an_exit_is_followed_by_a_start_after_a_pause_that_doubles() {
    let mut bench = Bench::up();
    let mut pauses = Vec::new();
    // Far enough apart to be no crash loop, and too short to be healthy.
    for epoch in 2..11 {
        bench.wait(50_000);
        assert_eq!(bench.exit(), (Kind::Exited, None));
        let (pause, step) = bench.next();
        assert_eq!(step, Some(Step::Spawn { epoch }));
        pauses.push(pause);
        bench.greet();
    }
    assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);

    bench.wait(60_000);
    bench.exit();
    assert_eq!(bench.shown(), (Restarting, 0, Some(250), Some(Kind::Exited)));
}

#[test]
fn the_pause_is_jittered_but_never_longer() {
    for (jittered, pause) in [(0, 0), (100, 100), (9000, 250)] {
        let mut bench = Bench::up();
        bench.supervisor.jitter = Arc::new(move |_| Duration::from_millis(jittered));
        bench.exit();
        assert_eq!(bench.shown().2, Some(pause));
    }
}

#[test]
fn five_exits_in_three_minutes_end_the_restarts_until_somebody_asks() {
    let mut bench = Bench::up();
    for _ in 0..4 {
        bench.exit();
        assert_eq!(bench.shown().0, Restarting);
        bench.next();
        bench.greet();
    }
    bench.exit();
    assert_eq!(bench.shown(), (Failed, 0, None, Some(Kind::CrashLoop)));
    assert_eq!(bench.supervisor.deadline(), None);
    assert_eq!(bench.supervisor.start(bench.now), None);

    assert_eq!(bench.supervisor.restart(bench.now), Some(Step::Spawn { epoch: 6 }));
    bench.greet();
    bench.exit();
    assert_eq!(bench.shown(), (Restarting, 0, Some(250), Some(Kind::Exited)));
}

#[test]
fn exits_more_than_three_minutes_apart_are_no_crash_loop() {
    let mut bench = Bench::up();
    for _ in 0..20 {
        bench.wait(46_000);
        bench.exit();
        assert_eq!(bench.shown().0, Restarting);
        bench.next();
        bench.greet();
    }
    assert!(bench.now.duration_since(bench.start) > Duration::from_mins(15));
}

#[test]
fn an_exit_before_it_is_ready_is_tried_once_more_and_then_told() {
    let mut bench = Bench::new();
    bench.supervisor.start(bench.now);
    assert_eq!(bench.exit(), (Kind::ExitedAtStart, None));
    assert_eq!(bench.shown(), (Restarting, 1, Some(250), Some(Kind::ExitedAtStart)));
    assert_eq!(bench.next(), (250, Some(Step::Spawn { epoch: 2 })));
    assert_eq!(bench.shown(), (Starting, 2, None, Some(Kind::ExitedAtStart)));
    bench.exit();
    assert_eq!(bench.shown(), (Failed, 2, None, Some(Kind::ExitedAtStart)));
}

#[test]
fn a_known_complaint_is_told_at_once_with_what_to_do() {
    let mut bench = Bench::new();
    bench.supervisor.start(bench.now);
    let exit = Exit {
        how: "exit code 1".into(),
        words: Some("Error: x is no longer supported".into()),
        hint: Some("Remove x.".into()),
    };
    let expected = AppServerError {
        kind: Kind::ExitedAtStart,
        message: "Codex ended before it was ready (exit code 1): Error: x is no longer supported"
            .into(),
        hint: Some("Remove x.".into()),
    };
    assert_eq!(bench.supervisor.exited(&exit, bench.now), (expected.clone(), None));
    assert_eq!(
        bench.supervisor.shown(),
        Some(Shown {
            state: Failed,
            version: None,
            attempt: 1,
            retry_at: None,
            last_error: Some(expected),
        })
    );
}

#[test]
fn one_that_does_not_answer_is_killed_and_tried_once_more() {
    let mut bench = Bench::new();
    bench.supervisor.start(bench.now);
    assert_eq!(bench.next(), (15_000, Some(Step::Kill)));
    assert_eq!(bench.exit(), (Kind::NoAnswer, None));
    assert_eq!(bench.next(), (250, Some(Step::Spawn { epoch: 2 })));
    assert_eq!(bench.next(), (15_000, Some(Step::Kill)));
    bench.exit();
    assert_eq!(bench.shown(), (Failed, 2, None, Some(Kind::NoAnswer)));
}

#[test]
fn a_version_that_is_too_old_is_ended_and_not_started_again() {
    let mut bench = Bench::new();
    bench.supervisor.start(bench.now);
    assert_eq!(bench.supervisor.initialized("0.159.9", bench.now), Some(Step::CloseStdin));
    assert!(!bench.supervisor.is_up());
    assert_eq!(bench.exit(), (Kind::VersionTooOld, None));
    assert_eq!(bench.shown(), (Failed, 1, None, Some(Kind::VersionTooOld)));
    assert_eq!(bench.supervisor.restart(bench.now), Some(Step::Spawn { epoch: 2 }));
}

#[test]
fn stopping_goes_down_the_ladder() {
    let mut bench = Bench::up();
    assert_eq!(bench.supervisor.stop(bench.now), Some(Step::CloseStdin));
    assert_eq!(bench.supervisor.shown(), None);
    assert_eq!(bench.next(), (2000, Some(Step::Terminate)));
    assert_eq!(bench.next(), (3000, Some(Step::Kill)));
    assert_eq!(bench.supervisor.deadline(), None);
    assert_eq!(bench.exit(), (Kind::Exited, None));
    assert_eq!(bench.shown(), (Stopped, 0, None, None));
}

#[test]
fn restarting_a_living_one_starts_the_next_when_it_is_gone() {
    let mut bench = Bench::up();
    assert_eq!(bench.supervisor.restart(bench.now), Some(Step::CloseStdin));
    assert_eq!(bench.shown(), (Restarting, 0, None, None));
    assert_eq!(bench.exit(), (Kind::Exited, Some(Step::Spawn { epoch: 2 })));
    assert_eq!(bench.shown(), (Starting, 1, None, None));
}

#[test]
fn the_last_word_counts_while_it_is_being_ended() {
    let mut bench = Bench::up();
    bench.supervisor.stop(bench.now);
    assert_eq!(bench.supervisor.start(bench.now), None);
    assert_eq!(bench.exit().1, Some(Step::Spawn { epoch: 2 }));
    bench.greet();

    bench.supervisor.restart(bench.now);
    assert_eq!(bench.supervisor.stop(bench.now), None);
    assert_eq!(bench.exit().1, None);
    assert_eq!(bench.shown().0, Stopped);
}

#[test]
fn stopping_ends_the_wait_for_the_next_start() {
    let mut bench = Bench::up();
    bench.exit();
    assert_eq!(bench.supervisor.stop(bench.now), None);
    assert_eq!(bench.supervisor.deadline(), None);
    assert_eq!(bench.shown().0, Stopped);
}

#[test]
fn one_that_is_hung_is_killed_and_started_again() {
    let mut bench = Bench::up();
    assert_eq!(bench.supervisor.hung("It does not read."), Some(Step::Kill));
    assert_eq!(bench.supervisor.hung("It does not read."), None);
    assert_eq!(bench.exit(), (Kind::NoAnswer, None));
    assert_eq!(bench.shown(), (Restarting, 0, Some(250), Some(Kind::NoAnswer)));
}

#[test]
fn what_cannot_be_found_fails_and_what_cannot_be_started_now_is_tried_again() {
    let error = |kind| AppServerError { kind, message: "no".into(), hint: None };
    let mut bench = Bench::new();
    bench.supervisor.start(bench.now);
    bench.supervisor.spawn_failed(error(Kind::CliMissing), bench.now);
    assert_eq!(bench.shown(), (Failed, 1, None, Some(Kind::CliMissing)));
    assert!(bench.supervisor.was_not_found());

    bench.supervisor.restart(bench.now);
    bench.supervisor.spawn_failed(error(Kind::Io), bench.now);
    assert_eq!(bench.shown(), (Restarting, 1, Some(250), Some(Kind::Io)));
    assert!(!bench.supervisor.was_not_found());
}

#[test]
fn versions_are_compared_by_their_numbers() {
    let old = ["0.159.0", "0.9.0", "0.99.99-alpha.1"];
    let new = ["0.160.0", "0.160.0-alpha.3", "0.1000.0", "1.0.0", "0.0.0", "unknown", "0.1"];
    assert_eq!(old.map(is_too_old), [true; 3]);
    assert_eq!(new.map(is_too_old), [false; 7]);
}

#[test]
fn the_version_is_read_from_the_user_agent() {
    let agents = [
        "outrigger/0.169.0 (Debian 13.0.0; x86_64) unknown (outrigger; 0.1.0)",
        "a/0.170.0-alpha.1",
        "codex",
        "a/b c",
    ];
    assert_eq!(agents.map(version_in), [Some("0.169.0"), Some("0.170.0-alpha.1"), None, None]);
}
