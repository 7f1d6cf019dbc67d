//! The requests that one app-server process has not answered yet, under ids of our own.
//!
//! Time is given to every call, so that the rules can be tested without waiting.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::json;

use super::contract;
use super::options::Jitter;
use super::outgoing;
use crate::protocol::{Raw, RpcError};

/// How long a request may take unless it says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_mins(2);

/// The code with which the app-server, and this room, refuse what they have no room for.
pub const OVERLOADED: i64 = -32001;

/// The code of the errors that this room answers itself, `overloaded` apart.
pub const NOT_ANSWERED: i64 = -32000;

/// The bounds of what one process is asked at a time. The app-server loses requests silently from about 150 on.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests with a timeout that are sent and not answered.
    pub in_flight: usize,
    /// Requests without a timeout, such as a running command, that are sent and not answered. They have slots of
    /// their own, so that long work never keeps an interrupt waiting.
    pub untimed_in_flight: usize,
    /// Requests that wait for a slot.
    pub waiting: usize,
    /// Bytes of params that may wait for a slot before the next request is refused.
    pub waiting_bytes: usize,
    /// How often a read that was refused as overloaded is sent again.
    pub retries: u32,
    /// The longest pause before the first of these; each further one doubles it.
    pub retry_after: Duration,
    /// How long a cancelled request without a timeout keeps its slot.
    pub forgotten_for: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight: 64,
            untimed_in_flight: 32,
            waiting: 512,
            waiting_bytes: 64 << 20,
            retries: 5,
            retry_after: Duration::from_millis(100),
            forgotten_for: DEFAULT_TIMEOUT,
        }
    }
}

/// The one answer to a request of the core.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub token: u64,
    pub method: String,
    pub result: Result<Raw, RpcError>,
    /// Since the core asked.
    pub elapsed: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    InFlight,
    /// Refused as overloaded; goes back to the front of the line at this time.
    Paused(Instant),
}

#[derive(Debug)]
struct Open {
    token: u64,
    method: String,
    params: Raw,
    asked_at: Instant,
    deadline: Option<Instant>,
    untimed: bool,
    stage: Stage,
    refusals: u32,
    forgotten: bool,
}

impl Open {
    fn answer(self, result: Result<Raw, RpcError>, now: Instant) -> Option<Answer> {
        (!self.forgotten).then(|| Answer {
            token: self.token,
            method: self.method,
            result,
            elapsed: now.saturating_duration_since(self.asked_at),
        })
    }
}

/// A line of requests that share a number of slots.
#[derive(Debug, Default)]
struct Lane {
    slots: usize,
    in_flight: usize,
    waiting: VecDeque<i64>,
}

pub(super) struct Pending {
    limits: Limits,
    jitter: Jitter,
    last_id: i64,
    open: HashMap<i64, Open>,
    by_token: HashMap<u64, i64>,
    timed: Lane,
    untimed: Lane,
    waiting_bytes: usize,
    /// Deadlines and ends of pauses, soonest first.
    due: BTreeSet<(Instant, i64)>,
}

impl Pending {
    pub fn new(limits: Limits, jitter: Jitter) -> Self {
        let lane = |slots| Lane { slots, ..Lane::default() };
        Self {
            limits,
            jitter,
            last_id: outgoing::HANDSHAKE_ID,
            open: HashMap::new(),
            by_token: HashMap::new(),
            timed: lane(limits.in_flight),
            untimed: lane(limits.untimed_in_flight),
            waiting_bytes: 0,
            due: BTreeSet::new(),
        }
    }

    /// Takes a request of the core; the answer is there at once if there is no room for it.
    pub fn ask(
        &mut self,
        token: u64,
        method: String,
        params: Raw,
        timeout: Option<Duration>,
        now: Instant,
    ) -> Option<Answer> {
        let open = Open {
            token,
            method,
            params,
            asked_at: now,
            deadline: timeout.map(|timeout| now + timeout),
            untimed: timeout.is_none(),
            stage: Stage::Waiting,
            refusals: 0,
            forgotten: false,
        };
        let waiting = self.timed.waiting.len() + self.untimed.waiting.len();
        if waiting >= self.limits.waiting || self.waiting_bytes > self.limits.waiting_bytes {
            return open.answer(Err(overloaded()), now);
        }
        self.last_id += 1;
        let id = self.last_id;
        self.due.extend(open.deadline.map(|at| (at, id)));
        self.by_token.insert(token, id);
        self.waiting_bytes += open.params.len();
        self.lane(open.untimed).waiting.push_back(id);
        self.open.insert(id, open);
        None
    }

    /// The next line that may be written now. Call it until it has none, whenever something was asked or answered.
    pub fn next_line(&mut self) -> Option<Bytes> {
        for untimed in [false, true] {
            let lane = self.lane(untimed);
            if lane.in_flight >= lane.slots {
                continue;
            }
            let Some(id) = lane.waiting.pop_front() else {
                continue;
            };
            lane.in_flight += 1;
            let open = self.open.get_mut(&id)?;
            open.stage = Stage::InFlight;
            let line = outgoing::request(id, &open.method, &open.params);
            self.waiting_bytes -= open.params.len();
            if !contract::is_idempotent_read(&open.method) {
                // Only what may be sent again is kept.
                open.params = Raw::null();
            }
            return Some(line);
        }
        None
    }

    /// The app-server answered `id`. No answer comes back for an id that is not open, is forgotten or is tried again.
    pub fn answered(
        &mut self,
        id: i64,
        result: Result<Raw, RpcError>,
        now: Instant,
    ) -> Option<Answer> {
        let open = self.open.get_mut(&id)?;
        if open.stage != Stage::InFlight {
            return None;
        }
        let refused = matches!(&result, Err(error) if error.code == OVERLOADED);
        if refused
            && !open.forgotten
            && open.refusals < self.limits.retries
            && contract::is_idempotent_read(&open.method)
        {
            let pause = (self.jitter)(self.limits.retry_after * 2u32.pow(open.refusals));
            let again = now + pause;
            if open.deadline.is_none_or(|deadline| again < deadline) {
                open.refusals += 1;
                open.stage = Stage::Paused(again);
                let untimed = open.untimed;
                self.lane(untimed).in_flight -= 1;
                self.due.insert((again, id));
                return None;
            }
        }
        self.remove(id)?.answer(result, now)
    }

    /// Nobody waits for the answer to `token` any more.
    pub fn forget(&mut self, token: u64, now: Instant) {
        let Some(id) = self.by_token.get(&token).copied() else {
            return;
        };
        let Some(open) = self.open.get_mut(&id) else {
            return;
        };
        if open.stage == Stage::InFlight {
            // The app-server still works on it, so its slot stays taken, though not for ever.
            open.forgotten = true;
            if open.deadline.is_none() {
                let deadline = now + self.limits.forgotten_for;
                open.deadline = Some(deadline);
                self.due.insert((deadline, id));
            }
        } else {
            self.remove(id);
        }
    }

    /// When [`Self::take_due`] has something to do next.
    pub fn next_due(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Answers what ran out of time and puts what was paused back in the line.
    pub fn take_due(&mut self, now: Instant) -> Vec<Answer> {
        let mut answers = Vec::new();
        while let Some(&(at, id)) = self.due.first()
            && at <= now
        {
            self.due.pop_first();
            let Some(open) = self.open.get_mut(&id) else {
                continue;
            };
            if open.deadline == Some(at) {
                let error = timed_out(&open.method, now.saturating_duration_since(open.asked_at));
                answers.extend(self.remove(id).and_then(|open| open.answer(Err(error), now)));
            } else if open.stage == Stage::Paused(at) {
                open.stage = Stage::Waiting;
                let untimed = open.untimed;
                self.waiting_bytes += open.params.len();
                self.lane(untimed).waiting.push_front(id);
            }
        }
        answers
    }

    /// The process is gone: every open request is answered with `error`, in the order they were asked.
    pub fn close(&mut self, error: &RpcError, now: Instant) -> Vec<Answer> {
        let mut ids: Vec<i64> = self.open.keys().copied().collect();
        ids.sort_unstable();
        let answers = ids
            .into_iter()
            .filter_map(|id| self.remove(id)?.answer(Err(error.clone()), now))
            .collect();
        self.due.clear();
        answers
    }

    fn remove(&mut self, id: i64) -> Option<Open> {
        let open = self.open.remove(&id)?;
        // A token that the core used anew belongs to the newer request.
        if self.by_token.get(&open.token) == Some(&id) {
            self.by_token.remove(&open.token);
        }
        if let Some(deadline) = open.deadline {
            self.due.remove(&(deadline, id));
        }
        let lane = self.lane(open.untimed);
        match open.stage {
            Stage::InFlight => lane.in_flight -= 1,
            Stage::Waiting => {
                lane.waiting.retain(|waiting| *waiting != id);
                self.waiting_bytes -= open.params.len();
            }
            Stage::Paused(until) => {
                self.due.remove(&(until, id));
            }
        }
        Some(open)
    }

    fn lane(&mut self, untimed: bool) -> &mut Lane {
        if untimed { &mut self.untimed } else { &mut self.timed }
    }
}

fn overloaded() -> RpcError {
    RpcError {
        code: OVERLOADED,
        message: "Codex has too many requests to answer; try again later.".into(),
        data: Some(json!({ "kind": "overloaded" })),
    }
}

fn timed_out(method: &str, after: Duration) -> RpcError {
    RpcError {
        code: NOT_ANSWERED,
        message: format!("Codex did not answer {method} in {} s.", after.as_secs()),
        data: Some(json!({ "kind": "appServerTimeout" })),
    }
}

/// What a request is answered with when no process is there to answer it.
pub(super) fn down(reason: &str) -> RpcError {
    RpcError {
        code: NOT_ANSWERED,
        message: reason.into(),
        data: Some(json!({ "kind": "appServerDown" })),
    }
}

#[cfg(test)]
mod tests;
