use std::sync::Arc;

use super::*;

const READ: &str = "thread/read";
const WRITE: &str = "turn/start";

/// Requests as they are asked and answered, at seconds after the start.
struct Bench {
    pending: Pending,
    start: Instant,
}

impl Bench {
    fn new(limits: Limits) -> Self {
        Self { pending: Pending::new(limits, Arc::new(|most| most)), start: Instant::now() }
    }

    fn at(&self, seconds: f64) -> Instant {
        self.start + Duration::from_secs_f64(seconds)
    }

    /// Asks at the start, with a timeout of 10 s, and answers what could not be taken.
    fn ask(&mut self, token: u64, method: &str) -> Option<Answer> {
        let timeout = Some(Duration::from_secs(10));
        self.pending.ask(token, method.into(), Raw::null(), timeout, self.start)
    }

    /// The ids of the lines that may be written now.
    fn written(&mut self) -> Vec<i64> {
        std::iter::from_fn(|| self.pending.next_line())
            .map(|line| serde_json::from_slice::<serde_json::Value>(&line).unwrap())
            .map(|line| line["id"].as_i64().unwrap())
            .collect()
    }

    fn refuse(&mut self, id: i64, seconds: f64) -> Option<Answer> {
        let refused = RpcError {
            code: OVERLOADED,
            message: "Server overloaded; retry later.".into(),
            data: None,
        };
        let now = self.at(seconds);
        self.pending.answered(id, Err(refused), now)
    }
}

fn small() -> Limits {
    Limits { in_flight: 2, untimed_in_flight: 1, waiting: 3, ..Limits::default() }
}

fn kind(answer: &Answer) -> (u64, &str) {
    let data = answer.result.as_ref().unwrap_err().data.as_ref().unwrap();
    (answer.token, data["kind"].as_str().unwrap())
}

fn kinds(answers: &[Answer]) -> Vec<(u64, &str)> {
    answers.iter().map(kind).collect()
}

#[test]
fn each_request_gets_its_one_answer_under_its_own_token() {
    let mut bench = Bench::new(small());
    bench.ask(70, READ);
    bench.ask(71, WRITE);
    assert_eq!(bench.written(), [1, 2]);
    let result = Raw::of("ok");
    let now = bench.at(1.5);
    assert_eq!(
        bench.pending.answered(2, Ok(result.clone()), now),
        Some(Answer {
            token: 71,
            method: WRITE.into(),
            result: Ok(result.clone()),
            elapsed: Duration::from_millis(1500),
        })
    );
    assert_eq!(bench.pending.answered(2, Ok(result.clone()), now), None);
    assert_eq!(bench.pending.answered(9, Ok(result.clone()), now), None);
    assert_eq!(bench.pending.answered(0, Ok(result), now), None);
}

#[test]
fn what_has_no_slot_waits_in_order_and_one_too_many_is_refused_at_once() {
    let mut bench = Bench::new(small());
    for token in 0..2 {
        bench.ask(token, WRITE);
    }
    assert_eq!(bench.written(), [1, 2]);
    for token in 2..5 {
        assert_eq!(bench.ask(token, WRITE), None);
        assert_eq!(bench.written(), [0; 0]);
    }
    let refused = bench.ask(5, WRITE).unwrap();
    assert_eq!(kind(&refused), (5, "overloaded"));
    assert_eq!(refused.result.unwrap_err().code, OVERLOADED);

    let now = bench.at(1.0);
    bench.pending.answered(2, Ok(Raw::null()), now).unwrap();
    assert_eq!(bench.written(), [3]);
    bench.pending.answered(1, Ok(Raw::null()), now).unwrap();
    bench.pending.answered(3, Ok(Raw::null()), now).unwrap();
    assert_eq!(bench.written(), [4, 5]);
}

#[test]
fn the_product_keeps_64_in_flight_and_512_waiting() {
    let mut bench = Bench::new(Limits::default());
    let mut written = 0;
    let refused: Vec<u64> = (0..600)
        .filter_map(|token| {
            let refused = bench.ask(token, WRITE).map(|answer| answer.token);
            written += bench.written().len();
            refused
        })
        .collect();
    assert_eq!(written, 64);
    assert_eq!(refused, (64 + 512..600).collect::<Vec<u64>>());
}

#[test]
fn work_without_a_timeout_never_takes_the_slots_of_the_rest() {
    let mut bench = Bench::new(small());
    for token in 0..2 {
        let now = bench.start;
        bench.pending.ask(token, "command/exec".into(), Raw::null(), None, now);
    }
    assert_eq!(bench.written(), [1]);
    bench.ask(2, "turn/interrupt");
    assert_eq!(bench.written(), [3]);
    let far = bench.at(1e6);
    assert_eq!(kinds(&bench.pending.take_due(far)), [(2, "appServerTimeout")]);
}

#[test]
fn a_request_runs_out_of_time_wherever_it_is_and_its_late_answer_is_dropped() {
    let mut bench = Bench::new(Limits { in_flight: 1, ..small() });
    bench.ask(70, WRITE);
    bench.ask(71, WRITE);
    assert_eq!(bench.written(), [1]);
    assert_eq!(bench.pending.next_due(), Some(bench.at(10.0)));
    let early = bench.at(9.9);
    assert_eq!(bench.pending.take_due(early), []);
    let late = bench.at(10.0);
    let answers = bench.pending.take_due(late);
    assert_eq!(kinds(&answers), [(70, "appServerTimeout"), (71, "appServerTimeout")]);
    assert_eq!(answers[0].result.as_ref().unwrap_err().code, NOT_ANSWERED);
    assert_eq!(bench.pending.answered(1, Ok(Raw::null()), late), None);
    assert_eq!(bench.pending.next_due(), None);
    // The slot is free again although nothing came back.
    bench.ask(72, WRITE);
    assert_eq!(bench.written(), [3]);
}

#[test]
fn a_forgotten_request_is_answered_to_nobody_and_keeps_its_slot_until_then() {
    let mut bench = Bench::new(Limits { in_flight: 1, ..small() });
    bench.ask(70, WRITE);
    bench.ask(71, WRITE);
    bench.ask(72, WRITE);
    assert_eq!(bench.written(), [1]);
    let now = bench.at(1.0);
    bench.pending.forget(70, now);
    bench.pending.forget(71, now);
    bench.pending.forget(404, now);
    assert_eq!(bench.written(), [0; 0]);
    assert_eq!(bench.pending.answered(1, Ok(Raw::null()), now), None);
    // 71 had not been sent, and never is.
    assert_eq!(bench.written(), [3]);
}

#[test]
fn a_forgotten_request_without_a_timeout_gives_its_slot_back_in_the_end() {
    let mut bench = Bench::new(small());
    let start = bench.start;
    for token in [70, 71] {
        bench.pending.ask(token, "command/exec".into(), Raw::null(), None, start);
    }
    assert_eq!(bench.written(), [1]);
    bench.pending.forget(70, start);
    let end = bench.start + DEFAULT_TIMEOUT;
    assert_eq!(bench.pending.next_due(), Some(end));
    assert_eq!(bench.pending.take_due(end), []);
    assert_eq!(bench.written(), [2]);
}

#[test]
fn a_read_refused_as_overloaded_is_sent_again_after_growing_pauses() {
    let mut bench = Bench::new(small());
    bench.ask(70, READ);
    let seconds = |ms: u32| f64::from(ms) / 1000.0;
    let mut refused_at = 0;
    for pause in [100, 200, 400, 800, 1600] {
        assert_eq!(bench.written(), [1]);
        assert_eq!(bench.refuse(1, seconds(refused_at)), None);
        assert_eq!(bench.written(), [0; 0]);
        refused_at += pause;
        let due = bench.pending.next_due().unwrap();
        assert_eq!(due, bench.at(seconds(refused_at)));
        assert_eq!(bench.pending.take_due(due), []);
    }
    assert_eq!(bench.written(), [1]);
    let answer = bench.refuse(1, seconds(refused_at)).unwrap();
    assert_eq!((answer.token, answer.result.unwrap_err().code), (70, OVERLOADED));
}

#[test]
fn a_pause_never_outlasts_the_timeout() {
    let mut bench = Bench::new(small());
    bench.ask(70, READ);
    bench.written();
    assert!(bench.refuse(1, 9.95).is_some());
}

#[test]
fn what_starts_something_is_never_sent_again() {
    let mut bench = Bench::new(small());
    bench.ask(70, WRITE);
    bench.written();
    let answer = bench.refuse(1, 0.0).unwrap();
    assert_eq!(answer.result.unwrap_err().code, OVERLOADED);
    assert_eq!(bench.written(), [0; 0]);
}

#[test]
fn when_the_process_is_gone_everything_open_is_answered_in_order() {
    let mut bench = Bench::new(small());
    bench.ask(70, READ);
    bench.ask(71, WRITE);
    assert_eq!(bench.written(), [1, 2]);
    bench.ask(72, WRITE);
    bench.ask(73, WRITE);
    bench.refuse(1, 0.0);
    assert_eq!(bench.written(), [3]);
    bench.pending.forget(71, bench.start);
    let now = bench.at(1.0);
    let answers = bench.pending.close(&down("gone"), now);
    assert_eq!(kinds(&answers), [70, 72, 73].map(|token| (token, "appServerDown")));
    assert_eq!(bench.pending.next_due(), None);
    assert_eq!(bench.pending.close(&down("gone"), now), []);
}

#[test]
fn more_bytes_than_the_bound_do_not_wait() {
    let mut bench = Bench::new(Limits { in_flight: 0, waiting_bytes: 100, ..small() });
    let start = bench.start;
    let mut ask = |token| {
        let params = Raw::of(&"x".repeat(80));
        bench.pending.ask(token, WRITE.into(), params, None, start)
    };
    assert_eq!((ask(1), ask(2)), (None, None));
    assert_eq!(kind(&ask(3).unwrap()), (3, "overloaded"));
}
