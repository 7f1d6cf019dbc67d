//! What a run cannot help: no network, a spent quota, an expired login.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::runs::Phase;
use crate::{
    automation::schedule::iso,
    clock::micros,
    core::{Effect, Step, stored::Then},
    protocol::{Raw, RunId},
    store::automations::Request,
};

/// What Codex calls a spent quota.
const QUOTA: &str = "usageLimitExceeded";
/// A spent quota, and an expired login.
const PAUSING: [&str; 2] = [QUOTA, "unauthorized"];
/// When a quota is looked at again of which nobody said when it is there again, in milliseconds.
const UNKNOWN_RESET: u64 = 60 * 60 * 1_000;
/// After how long a turn that came to nothing for want of a network is begun again.
const RETRIES: [Duration; 3] =
    [Duration::from_mins(1), Duration::from_mins(3), Duration::from_mins(6)];

impl Step<'_> {
    /// The turn of a run came to nothing for want of a network: it is begun again, as the same run, some times.
    pub(super) fn try_again(&mut self, id: &RunId, cause: &str) -> bool {
        if !is_want_of_network(cause) {
            return false;
        }
        let now = self.now.micros;
        let Some(active) = self.world.automations.active.get_mut(id) else { return false };
        let Some(wait) = RETRIES.get(active.retries) else { return false };
        active.retries += 1;
        active.run.attempt += 1;
        active.run.turn_id = None;
        active.phase = Phase::Retrying;
        let until = now + micros(*wait);
        active.until = Some(until);
        let run = active.run.clone();
        self.effects.push(Effect::WakeAt(until));
        self.store(Request::Note(run).into(), Then::Noted);
        self.tell_run(id);
        self.runs_go_on();
        true
    }

    /// Begins what was put off for want of a network.
    pub(super) fn network_may_be_back(&mut self, id: &RunId) {
        if let Some(active) = self.world.automations.active.get_mut(id) {
            active.phase = Phase::Waiting;
            active.until = None;
        }
        self.runs_go_on();
    }

    /// A spent quota or an expired login will not be better next time: it waits for the person.
    pub(super) fn pause_if_it_must(&mut self, name: &str, cause: &str, why: &str) {
        if !PAUSING.iter().any(|one| cause.contains(one)) {
            return;
        }
        let quota = cause.contains(QUOTA);
        let now = self.now.epoch_ms;
        let resets_at = self.world.automations.quota_resets_at.filter(|at| *at > now);
        let Some(held) = self.world.automations.held.get_mut(name) else { return };
        let resumes = quota && held.definition.resume_after_reset;
        held.mark.resumes_at = resumes.then(|| resets_at.unwrap_or(now + UNKNOWN_RESET));
        let resumes = held.mark.resumes_at.map(|at| format!(" It goes on at {}.", iso(at)));
        held.mark.paused = Some(format!("Paused: {why}{}", resumes.unwrap_or_default()));
        let mark = held.mark.clone();
        self.store(Request::Mark(mark).into(), Then::Noted);
        self.world.automations.plan(name, None);
        self.tell_automation(name);
    }

    /// The app-server says how much of the quota is used, and when it is there again.
    pub(in crate::core) fn quota_noted(&mut self, params: &Raw) {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Note {
            rate_limits: Limits,
        }
        #[derive(Deserialize)]
        struct Limits {
            primary: Option<Window>,
            secondary: Option<Window>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Window {
            used_percent: f64,
            /// Epoch seconds.
            resets_at: Option<u64>,
        }
        let Ok(Note { rate_limits: Limits { primary, secondary } }) = params.decode() else {
            return;
        };
        let windows = [primary, secondary].into_iter().flatten();
        let spent = windows.filter(|window| window.used_percent >= 100.0);
        let resets_at = spent.filter_map(|window| window.resets_at).max();
        self.world.automations.quota_resets_at = resets_at.map(|at| at.saturating_mul(1_000));
    }
}

/// Whether Codex could not reach whom it asks, and nobody refused it. What it calls so, with the status of the answer.
fn is_want_of_network(cause: &str) -> bool {
    let Ok(Value::Object(cause)) = serde_json::from_str(cause) else { return false };
    let unreached = [
        "httpConnectionFailed",
        "responseStreamConnectionFailed",
        "responseStreamDisconnected",
        "responseTooManyFailedAttempts",
    ];
    unreached.iter().filter_map(|name| cause.get(*name)).any(|about| {
        // Proxies say so where there is nothing behind them.
        matches!(about["httpStatusCode"].as_u64(), None | Some(502..=504))
    })
}
