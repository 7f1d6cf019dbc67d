//! How long a run may take, and how long it waits for a person.

use std::time::Duration;

use super::runs::Phase;
use crate::{
    clock::micros,
    codex::requests,
    core::{Purpose, Step},
    protocol::{RunId, automation::RunStatus},
};

/// How long the end of an interrupted turn is waited for.
const LAST_WORD: Duration = Duration::from_secs(30);

impl Step<'_> {
    /// Ends what takes too long; the next moment, in microseconds, at which one would.
    pub(super) fn watch_runs(&mut self) -> Option<u64> {
        let now = self.now;
        let mut next: Option<u64> = None;
        let mut over = Vec::new();
        for (id, active) in &self.world.automations.active {
            let mut until = active.until;
            let mut why = format!("It took longer than {} minutes.", active.definition.max_run.0);
            if active.phase == Phase::Running && active.stopped.is_none() {
                let asked = self.world.approvals.pending().filter(|approval| {
                    approval.thread_id.is_some() && approval.thread_id == active.run.thread_id
                });
                let timeout = active.definition.approval_timeout.millis();
                if let Some(since) = asked.map(|approval| approval.requested_at).min() {
                    let left = (since + timeout).saturating_sub(now.epoch_ms);
                    let end = now.micros + left.saturating_mul(1_000);
                    if until.is_none_or(|until| end < until) {
                        until = Some(end);
                        let minutes = active.definition.approval_timeout.0;
                        why = format!("Nobody answered what Codex asked within {minutes} minutes.");
                    }
                }
            }
            // Whether the app-server is back is looked at by the way.
            if matches!(active.phase, Phase::Ready | Phase::Lost) {
                until = until.into_iter().chain([now.micros + micros(LAST_WORD)]).min();
            }
            match until {
                Some(until) if until <= now.micros => over.push((id.clone(), why)),
                Some(until) => next = Some(next.map_or(until, |next| next.min(until))),
                None => {}
            }
        }
        for (id, why) in over {
            let again = self.took_too_long(&id, why);
            next = next.into_iter().chain(again).min();
        }
        next
    }

    fn took_too_long(&mut self, id: &RunId, why: String) -> Option<u64> {
        let now = self.now.micros;
        let down = self.world.server.down().message;
        let living = self.world.server.living().is_some();
        let active = self.world.automations.active.get_mut(id)?;
        match active.phase {
            Phase::Running if active.stopped.is_none() => {
                active.stopped = Some(why);
                let end = now + micros(LAST_WORD);
                active.until = Some(end);
                let thread = active.run.thread_id.clone()?;
                let turn = active.run.turn_id.clone()?;
                let request = requests::turn_interrupt(thread.as_str(), turn.as_str());
                self.ask_upstream(&request, Purpose::Rest);
                Some(end)
            }
            Phase::Running => {
                let why = active.stopped.clone();
                self.end_run(id, RunStatus::Interrupted, why);
                None
            }
            Phase::Claiming | Phase::Waiting | Phase::Ending => None,
            Phase::Retrying => {
                self.network_may_be_back(id);
                None
            }
            Phase::Lost | Phase::Looking if living => {
                let why = "How far it came could not be looked up: its thread does not say.";
                self.end_run(id, RunStatus::Failed, Some(why.into()));
                None
            }
            Phase::Starting | Phase::Lost | Phase::Looking => {
                // It may have begun: it stays until that is known.
                active.until = None;
                None
            }
            Phase::Placing => {
                let why = "Its folder could not be prepared in time.";
                self.end_run(id, RunStatus::Failed, Some(why.into()));
                None
            }
            Phase::Ready | Phase::Opening | Phase::Noting => {
                self.end_run(id, RunStatus::Failed, Some(down));
                None
            }
        }
    }
}
