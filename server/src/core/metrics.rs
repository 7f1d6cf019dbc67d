//! How quick and how sound each method is, over the last samples of each.

use std::collections::{BTreeMap, VecDeque};

use super::Step;
use crate::{
    clock::Now,
    protocol::{
        RpcId, SessionId,
        host::{MemoryMetrics, MethodMetrics, Metrics, Startup},
    },
};

/// Samples kept per method, and methods kept: both bound what is held.
const MAX_SAMPLES: usize = 1_024;
const MAX_METHODS: usize = 256;
const WINDOW_MICROS: u64 = 15 * 60 * 1_000_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub resident_bytes: Option<u64>,
    pub outbox_bytes: u64,
}

struct Sample {
    at: u64,
    micros: u64,
    error: bool,
}

#[derive(Default)]
pub struct Recorder {
    methods: BTreeMap<String, VecDeque<Sample>>,
}

impl Recorder {
    pub fn record(&mut self, method: &str, at: Now, micros: u64, error: bool) {
        if !self.methods.contains_key(method) && self.methods.len() >= MAX_METHODS {
            return;
        }
        let samples = self.methods.entry(method.to_owned()).or_default();
        if samples.len() >= MAX_SAMPLES {
            samples.pop_front();
        }
        samples.push_back(Sample { at: at.micros, micros, error });
    }

    fn report(&self, now: Now) -> Vec<MethodMetrics> {
        let since = now.micros.saturating_sub(WINDOW_MICROS);
        self.methods
            .iter()
            .filter_map(|(method, samples)| {
                let recent: Vec<&Sample> = samples.iter().filter(|s| s.at >= since).collect();
                let mut micros: Vec<u64> = recent.iter().map(|sample| sample.micros).collect();
                micros.sort_unstable();
                Some(MethodMetrics {
                    method: method.clone(),
                    count: u32::try_from(recent.len()).ok().filter(|count| *count > 0)?,
                    errors: u32::try_from(recent.iter().filter(|s| s.error).count()).ok()?,
                    p50_ms: percentile(&micros, 50),
                    p95_ms: percentile(&micros, 95),
                    p99_ms: percentile(&micros, 99),
                })
            })
            .collect()
    }
}

/// The nearest-rank percentile of sorted microseconds, in milliseconds.
fn percentile(sorted: &[u64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    let micros = sorted.get(rank).copied().unwrap_or(0);
    // Exact below 2^52 microseconds, 142 years.
    #[allow(clippy::cast_precision_loss)]
    let millis = micros as f64 / 1_000.0;
    millis
}

impl Step<'_> {
    pub(super) fn metrics(&mut self, session: SessionId, id: RpcId) {
        let world = &self.world;
        let metrics = Metrics {
            startup: Startup {
                started_at: world.started.epoch_ms,
                ready_latency_ms: world
                    .server
                    .first_ready()
                    .map(|at| (at.micros - world.started.micros) / 1_000),
            },
            methods: world.metrics.report(self.now),
            memory: MemoryMetrics {
                resident_bytes: world.usage.resident_bytes,
                threads_held: u32::try_from(world.threads.len()).unwrap_or(u32::MAX),
                outbox_bytes: world.usage.outbox_bytes,
            },
            sessions: u32::try_from(world.sessions.len()).unwrap_or(u32::MAX),
        };
        self.answer(session, id, &metrics);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_samples_themselves() {
        let sorted: Vec<u64> = (1..=100).map(|n| n * 1_000).collect();
        let shown = [50, 95, 99].map(|p| percentile(&sorted, p).to_string());
        assert_eq!(shown, ["50", "95", "99"]);
        assert_eq!(percentile(&[7_500], 99).to_string(), "7.5");
    }

    #[test]
    fn old_samples_leave_the_window() {
        let mut recorder = Recorder::default();
        let at = |micros| Now { epoch_ms: 0, micros };
        recorder.record("outrigger/ping", at(0), 1_000, false);
        recorder.record("outrigger/ping", at(WINDOW_MICROS), 3_000, true);
        let expected = MethodMetrics {
            method: "outrigger/ping".into(),
            count: 1,
            errors: 1,
            p50_ms: 3.0,
            p95_ms: 3.0,
            p99_ms: 3.0,
        };
        assert_eq!(recorder.report(at(WINDOW_MICROS + 1)), [expected]);
    }
}
