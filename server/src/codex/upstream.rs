//! One process as it is asked: its open requests and the queue in front of its stdin, kept in step.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::outgoing;
use super::pending::{Answer, Pending};
use super::writer::{Overfull, Writer};
use crate::protocol::{Raw, RpcError, RpcId};

/// Shared by the link, which asks, and the reader, which answers.
pub struct Upstream {
    pending: Mutex<Pending>,
    pub writer: Writer,
}

impl Upstream {
    pub fn new(pending: Pending, writer: Writer) -> Self {
        Self { pending: Mutex::new(pending), writer }
    }

    /// Asks now or when there is room; the answer is there at once if there will be none.
    pub fn ask(
        &self,
        token: u64,
        method: String,
        params: Raw,
        timeout: Option<Duration>,
        now: Instant,
    ) -> Option<Answer> {
        let mut pending = self.lock();
        let refused = pending.ask(token, method, params, timeout, now);
        self.write_waiting(&mut pending);
        refused
    }

    pub fn forget(&self, token: u64, now: Instant) {
        self.lock().forget(token, now);
    }

    /// The process answered. Says what the core is to get, and whether the time of the next thing to do may have changed.
    pub fn answered(
        &self,
        id: &RpcId,
        result: Result<Raw, RpcError>,
        now: Instant,
    ) -> (Option<Answer>, bool) {
        // Ours are numbers: a text is the answer to nothing.
        let RpcId::Number(id) = *id else {
            return (None, false);
        };
        let mut pending = self.lock();
        let answer = pending.answered(id, result, now);
        let wrote = self.write_waiting(&mut pending);
        let sooner = answer.is_none() || wrote;
        (answer, sooner)
    }

    /// Answers what ran out of time and sends what waited for its time or for room.
    pub fn take_due(&self, now: Instant) -> Vec<Answer> {
        let mut pending = self.lock();
        let answers = pending.take_due(now);
        self.write_waiting(&mut pending);
        answers
    }

    pub fn next_due(&self) -> Option<Instant> {
        self.lock().next_due()
    }

    pub fn notify(&self, method: &str, params: &Raw) -> Result<(), Overfull> {
        self.writer.push(outgoing::notification(method, params))
    }

    pub fn respond(&self, id: &RpcId, result: &Result<Raw, RpcError>) -> Result<(), Overfull> {
        self.writer.push(outgoing::response(id, result))
    }

    /// The process is gone: every open request is answered with `error`.
    pub fn close(&self, error: &RpcError, now: Instant) -> Vec<Answer> {
        self.writer.close();
        self.lock().close(error, now)
    }

    /// Under the lock of `pending`, so that lines are written in the order of their ids.
    fn write_waiting(&self, pending: &mut Pending) -> bool {
        let mut wrote = false;
        while self.writer.has_room() {
            let Some(line) = pending.next_line() else {
                break;
            };
            // A request that finds no room although there was some is answered by its timeout.
            wrote |= self.writer.push(line).is_ok();
        }
        wrote
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
