//! The seam to time: the rest takes `Now` as an argument.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// One moment, on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now {
    /// Epoch milliseconds, by the wall clock: for people and records.
    pub epoch_ms: u64,
    /// Microseconds since the process began, never backwards: for durations.
    pub micros: u64,
}

/// Tells the time; made once, at start.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
}

impl Clock {
    pub fn start() -> Self {
        Self { began: Instant::now() }
    }

    pub fn now(&self) -> Now {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now {
            epoch_ms: u64::try_from(epoch.as_millis()).unwrap_or(u64::MAX),
            micros: micros(self.began.elapsed()),
        }
    }
}

/// A duration as [`Now::micros`] counts.
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
