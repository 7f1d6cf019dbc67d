//! From due to claimed: what is missed, what overlaps, and which occurrence a run is for.

use super::{Active, Kept, Phase};
use crate::{
    automation::schedule::Passed,
    core::{Step, stored::Then},
    protocol::{
        RunId,
        automation::{AutomationRun, MissedPolicy, OverlapPolicy, RunStatus, RunTrigger},
    },
    store::{
        Answer, Error,
        automations::{Mark, Request},
    },
};

/// An occurrence that is noticed within this time, in milliseconds, is on time.
const PUNCTUAL: u64 = 60_000;
/// When what could not be claimed is tried again, in milliseconds.
const TRY_AGAIN: u64 = 30_000;

/// What is to become of an occurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Run(RunTrigger),
    /// One record that says why.
    Missed(String),
}

impl Step<'_> {
    pub(super) fn fire_due(&mut self) {
        let now = self.now.epoch_ms;
        while let Some((at, id)) = self.world.automations.due.first().cloned() {
            if at > now {
                return;
            }
            self.fire(&id, now);
        }
    }

    fn fire(&mut self, id: &str, now: u64) {
        let automations = &mut self.world.automations;
        let Some(held) = automations.held.get_mut(id) else { return };
        if held.mark.resumes_at.is_some_and(|at| at <= now) {
            (held.mark.resumes_at, held.mark.paused) = (None, None);
            let mark = held.mark.clone();
            automations.plan(id, None);
            self.store(Request::Mark(mark).into(), Then::Noted);
            return self.tell_automation(id);
        }
        let passed = held.fires().and_then(|all| all.passed(held.mark.seen_until, now));
        let Some(Passed { latest, count }) = passed else {
            // It was put off: nothing is due any more.
            return automations.plan(id, Some(now + 1));
        };
        let seen_until = std::mem::replace(&mut held.mark.seen_until, latest);
        let missed = u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX);
        let definition = held.definition.clone();
        let (mut going_on, mut waiting) = (false, false);
        let of_it =
            |one: &&Active| one.run.automation_id == id && one.run.status == RunStatus::InProgress;
        for active in automations.active.values().filter(of_it) {
            going_on = true;
            waiting |= active.phase == Phase::Waiting;
        }
        let late = now.saturating_sub(latest);
        let verdict = if going_on && (definition.overlap == OverlapPolicy::Skip || waiting) {
            Verdict::Missed("The run before it was still going on.".into())
        } else if late <= PUNCTUAL {
            Verdict::Run(RunTrigger::Schedule)
        } else if definition.missed == MissedPolicy::Skip {
            Verdict::Missed("Nothing ran at the time, and what is missed is skipped.".into())
        } else if late <= definition.deadline.millis() {
            Verdict::Run(RunTrigger::CatchUp)
        } else {
            Verdict::Missed("Nothing ran at the time, and it is too long ago to catch up.".into())
        };
        let (status, trigger, error) = match verdict {
            Verdict::Run(trigger) => (RunStatus::InProgress, trigger, None),
            Verdict::Missed(why) => (RunStatus::Missed, RunTrigger::Schedule, Some(why)),
        };
        let missed = missed + u32::from(status == RunStatus::Missed);
        self.claim(id, latest, trigger, status, missed, error, seen_until);
        self.world.automations.plan(id, None);
        self.tell_automation(id);
    }

    /// Asks the store for an occurrence; what follows waits for its answer. The run as it will be. `seen_until` is how far
    /// occurrences were dealt with before it.
    #[expect(clippy::too_many_arguments, reason = "each is a column of the row")]
    pub(super) fn claim(
        &mut self,
        id: &str,
        scheduled_for: u64,
        trigger: RunTrigger,
        status: RunStatus,
        missed: u32,
        error: Option<String>,
        seen_until: u64,
    ) -> Option<AutomationRun> {
        let now = self.now.epoch_ms;
        self.world.next_token += 1;
        let number = self.world.next_token;
        let run_id = RunId::from(format!("r{}.{number}", self.world.run.unwrap_or_default()));
        let automations = &mut self.world.automations;
        let held = automations.held.get_mut(id)?;
        let last_run = held.mark.last_run_at;
        let finished = status == RunStatus::Missed;
        let run = AutomationRun {
            run_id: run_id.clone(),
            automation_id: id.to_owned(),
            scheduled_for,
            trigger,
            status,
            thread_id: None,
            turn_id: None,
            title: finished.then(|| held.definition.name.clone()),
            summary: None,
            error,
            started_at: None,
            finished_at: finished.then_some(now),
            read_at: None,
            archived_reason: None,
            missed,
            attempt: 1,
            cwd: None,
            worktree: None,
        };
        if !finished {
            held.mark.last_run_at = Some(now);
        }
        let mark: Mark = held.mark.clone();
        automations.claimed += 1;
        let mut active =
            Active::new(run.clone(), held.definition.clone(), last_run, automations.claimed);
        active.seen_until = seen_until;
        automations.active.insert(run_id.clone(), active);
        let request = Request::Claim { run: run.clone(), mark };
        self.store(request.into(), Then::Automation(Kept::Claimed(run_id)));
        Some(run)
    }

    pub(super) fn claimed(&mut self, id: &RunId, result: Result<Answer, Error>) {
        let now = self.now.epoch_ms;
        let Some(active) = self.world.automations.active.get_mut(id) else { return };
        match result {
            Ok(Answer::Changed(true)) if active.run.status == RunStatus::InProgress => {
                active.phase = Phase::Waiting;
                self.answer_manual(id, None);
                self.tell_run(id);
                self.runs_go_on();
            }
            Ok(Answer::Changed(true)) => {
                self.tell_run(id);
                self.world.automations.active.remove(id);
            }
            // Somebody has had it.
            Ok(_) => {
                let run = active.run.clone();
                self.claim_a_moment_later(&run);
                self.world.automations.active.remove(id);
            }
            Err(error) => {
                let automation = active.run.automation_id.clone();
                self.answer_manual(id, Some(error.clone().into()));
                if let Some(active) = self.world.automations.active.remove(id) {
                    self.not_claimed(&active);
                    self.world.automations.plan(&automation, Some(now + TRY_AGAIN));
                    self.tell_automation(&automation);
                }
                self.not_stored(&error);
            }
        }
        self.automations_woken();
    }

    /// Nothing was written: the occurrence is as it was.
    fn not_claimed(&mut self, active: &Active) {
        let Some(held) = self.world.automations.held.get_mut(&active.run.automation_id) else {
            return;
        };
        held.mark.last_run_at = active.last_run;
        held.mark.seen_until = held.mark.seen_until.min(active.seen_until);
    }
}
