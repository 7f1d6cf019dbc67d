//! Everything that came in, in order, and what of it a story has looked at; and both directions as a transcript.

use std::fmt::Write;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Instant;

use serde_json::Value;

use crate::PATIENCE;

/// The longest message that a transcript shows whole, in bytes.
const LONGEST_SHOWN: usize = 1_500;

pub struct Inbox {
    state: Mutex<State>,
    changed: Condvar,
    since: Instant,
}

#[derive(Default)]
struct State {
    received: Vec<Received>,
    transcript: Vec<String>,
    /// Why there will be no more.
    ended: Option<String>,
    paused: bool,
}

struct Received {
    message: Value,
    looked_at: bool,
}

impl Inbox {
    pub fn new() -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), since: Instant::now() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Adds a line to the transcript.
    pub fn log(&self, who: &str, text: &str) {
        let at = self.since.elapsed().as_secs_f64() * 1e3;
        let cut = text.floor_char_boundary(LONGEST_SHOWN);
        let rest =
            if cut < text.len() { format!(" … {} bytes", text.len()) } else { String::new() };
        self.lock().transcript.push(format!("{:>9.3} {who} {}{rest}", at, &text[..cut]));
    }

    pub fn push(&self, message: Value) {
        self.log("<-", &message.to_string());
        self.lock().received.push(Received { message, looked_at: false });
        self.changed.notify_all();
    }

    pub fn end(&self, why: String) {
        self.log("..", &why);
        self.lock().ended = Some(why);
        self.changed.notify_all();
    }

    /// Makes whoever calls [`Inbox::pass`] wait, or go on.
    pub fn pause(&self, paused: bool) {
        self.lock().paused = paused;
        self.changed.notify_all();
    }

    /// Returns once the inbox is not paused.
    pub fn pass(&self) {
        let state = self.lock();
        drop(self.changed.wait_while(state, |state| state.paused));
    }

    /// The first message not looked at yet that is wanted; it counts as looked at from here on.
    pub fn take(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.take_or_end(what, wanted).unwrap_or_else(|ended| panic!("no {what}: {ended}"))
    }

    /// The same, or why nothing more can come in.
    pub fn take_or_end(
        &self,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value, String> {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.lock();
        let mut seen = 0;
        loop {
            let fresh = &mut state.received[seen..];
            if let Some(found) = fresh.iter_mut().find(|r| !r.looked_at && wanted(&r.message)) {
                found.looked_at = true;
                return Ok(found.message.clone());
            }
            seen = state.received.len();
            if let Some(ended) = &state.ended {
                return Err(ended.clone());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no {what} within {PATIENCE:?}");
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
        }
    }

    /// How many wanted messages have come in, looked at or not.
    pub fn count(&self, wanted: impl Fn(&Value) -> bool) -> usize {
        self.lock().received.iter().filter(|received| wanted(&received.message)).count()
    }

    /// Waits until more than `seen` messages have come in; returns how many there are.
    pub fn await_more(&self, seen: usize) -> usize {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.lock();
        while state.received.len() <= seen {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && state.ended.is_none(), "no further message");
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
        }
        state.received.len()
    }

    /// All messages not looked at yet that are wanted; they count as looked at from here on.
    pub fn take_all(&self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut state = self.lock();
        let fresh = state.received.iter_mut().filter(|r| !r.looked_at && wanted(&r.message));
        fresh
            .map(|received| {
                received.looked_at = true;
                received.message.clone()
            })
            .collect()
    }

    /// Waits until nothing more can come in.
    pub fn await_end(&self) {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.lock();
        while state.ended.is_none() {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "stdout is still open after {PATIENCE:?}");
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
        }
    }

    pub fn transcript(&self) -> String {
        let mut text = String::new();
        for line in &self.lock().transcript {
            writeln!(text, "{line}").unwrap();
        }
        text
    }
}
