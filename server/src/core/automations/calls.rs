//! What editors ask about automations, their runs and the inbox.

use super::{
    Flow, Kept,
    changes::{schedule_invalid, unknown},
};
use crate::{
    automation::{Place, PlaceError, schedule::Schedule},
    core::{Effect, Step, stored::Then},
    paths,
    protocol::{
        ClientCall, Failure, FailureKind, RpcId, RunId, SessionId,
        app_server::{DiagnosticKind, DiagnosticLevel},
        automation::{
            AutomationHeld, AutomationList, AutomationPreview, AutomationPreviewParams,
            AutomationRun, AutomationRunHeld, AutomationRunParams, AutomationRuns,
            AutomationRunsParams, AutomationStatus, ExecutionEnvironment, InboxItemHeld, InboxList,
            RunStatus, RunTrigger,
        },
    },
    store::{Answer, Error, automations::Request},
};

const MAX_PREVIEW: u32 = 1_000;
const RUNS: u32 = 50;
const MAX_RUNS: u32 = 500;

/// What an editor asked of the store.
pub struct Asked {
    session: SessionId,
    id: RpcId,
    what: What,
}

enum What {
    Runs,
    /// A run that is to be accepted or archived.
    Settle(RunStatus),
    Settled,
    Items,
    Item,
}

/// A run that is accepted or archived once its worktree is gone.
pub struct Settling {
    session: SessionId,
    id: RpcId,
    run: RunId,
    status: RunStatus,
}

/// A run that a person asked for.
pub struct Manual {
    session: SessionId,
    id: RpcId,
    automation: String,
}

impl Step<'_> {
    pub(in crate::core) fn automation_call(
        &mut self,
        session: SessionId,
        id: RpcId,
        call: ClientCall,
    ) {
        if !self.may_keep(session, &id) {
            return;
        }
        if let ClientCall::AutomationPreview(params) = &call {
            return self.automation_preview(session, id, params);
        }
        if !self.world.automations.is_known() {
            if self.world.automations.early.len() >= super::MAX_EARLY {
                let why = "Too many requests wait for the automations to be read.";
                return self.fail(session, id, Failure::new(FailureKind::Overloaded, why));
            }
            return self.world.automations.early.push((session, id, call));
        }
        match call {
            ClientCall::AutomationCreate(fields) => self.automation_create(session, id, fields),
            ClientCall::AutomationUpdate(fields) => self.automation_update(session, id, fields),
            ClientCall::AutomationGet(named) => self.automation_get(session, id, &named.id),
            ClientCall::AutomationPause(named) => {
                self.automation_switch(session, id, &named.id, AutomationStatus::Paused);
            }
            ClientCall::AutomationResume(named) => {
                self.automation_switch(session, id, &named.id, AutomationStatus::Active);
            }
            ClientCall::AutomationDelete(named) => self.automation_delete(session, id, &named.id),
            ClientCall::AutomationList(_) => {
                let timezone = self.world.automations.timezone();
                let held = self.world.automations.held.values();
                let automations = held.map(|held| held.automation(&timezone)).collect();
                let problems = self.problems();
                let starts_at_login = self.world.starts_at_login;
                let list = AutomationList { automations, problems, starts_at_login };
                self.answer(session, id, &list);
            }
            ClientCall::AutomationRun(params) => self.automation_run(session, id, params),
            ClientCall::AutomationRuns(params) => self.automation_runs(session, id, params),
            ClientCall::AutomationRunAccept(named) => {
                let request = Request::Run { id: named.run_id };
                self.ask_store(session, id, request, What::Settle(RunStatus::Accepted));
            }
            ClientCall::AutomationRunArchive(named) => {
                let request = Request::Run { id: named.run_id };
                self.ask_store(session, id, request, What::Settle(RunStatus::Archived));
            }
            ClientCall::InboxList(params) => {
                let unread_only = params.unread_only.unwrap_or(false);
                self.ask_store(session, id, Request::Items { unread_only }, What::Items);
            }
            ClientCall::InboxMarkRead(named) => {
                let at = self.now.epoch_ms;
                self.ask_store(session, id, Request::Read { id: named.id, at }, What::Item);
            }
            ClientCall::InboxArchive(named) => {
                let at = self.now.epoch_ms;
                self.ask_store(session, id, Request::Archive { id: named.id, at }, What::Item);
            }
            _ => {}
        }
    }

    fn automation_get(&mut self, session: SessionId, id: RpcId, name: &str) {
        let timezone = self.world.automations.timezone();
        match self.world.automations.held.get(name).map(|held| held.automation(&timezone)) {
            Some(automation) => self.answer(session, id, &AutomationHeld { automation }),
            None => self.fail(session, id, unknown(name)),
        }
    }

    fn automation_preview(
        &mut self,
        session: SessionId,
        id: RpcId,
        params: &AutomationPreviewParams,
    ) {
        let after = params.after.unwrap_or(self.now.epoch_ms);
        let timezone = params.timezone.clone().unwrap_or_else(|| self.world.automations.timezone());
        let count = params.count.unwrap_or(5);
        if count > MAX_PREVIEW {
            let why = format!("No more than {MAX_PREVIEW} occurrences are shown.");
            return self.fail(session, id, Failure::new(FailureKind::LimitExceeded, why));
        }
        match Schedule::parse(&params.rrule, &timezone, params.created_at.unwrap_or(after)) {
            Ok(schedule) => {
                let occurrences = schedule.upcoming(after, count as usize);
                let canonical_rule = schedule.canonical().to_owned();
                let preview = AutomationPreview { occurrences, canonical_rule, timezone };
                self.answer(session, id, &preview);
            }
            Err(invalid) => self.fail(session, id, schedule_invalid(&invalid)),
        }
    }

    /// In the folder itself a person is asked first, if it has changes that are in no commit.
    fn automation_run(&mut self, session: SessionId, id: RpcId, params: AutomationRunParams) {
        if !self.may_use_server(session, &id) {
            return;
        }
        let AutomationRunParams { id: name, force } = params;
        let Some(held) = self.world.automations.held.get(&name) else {
            return self.fail(session, id, unknown(&name));
        };
        let definition = held.definition.clone();
        let manual = Manual { session, id, automation: name };
        let asks =
            definition.execution_environment == ExecutionEnvironment::Local && force != Some(true);
        match definition.cwds.first().filter(|_| asks) {
            Some(folder) => {
                let token = self.automation_flow(Flow::Manual(manual));
                let folder = folder.clone();
                let (worktree, branch, clean, setup) = (None, None, true, None);
                self.effects.push(Effect::PreparePlace {
                    token,
                    folder,
                    worktree,
                    branch,
                    clean,
                    setup,
                });
            }
            None => self.run_by_hand(manual),
        }
    }

    pub(in crate::core) fn place_prepared(
        &mut self,
        token: u64,
        result: Result<Place, PlaceError>,
    ) {
        use crate::core::Purpose;
        match self.world.purposes.remove(&token) {
            Some(Purpose::Automation(Flow::Placed(run))) => self.place_found(&run, result),
            Some(Purpose::Automation(Flow::Manual(manual))) => match result {
                Ok(_) => self.run_by_hand(manual),
                Err(error) => self.fail(manual.session, manual.id, error.into()),
            },
            _ => {}
        }
    }

    fn run_by_hand(&mut self, manual: Manual) {
        let now = self.now.epoch_ms;
        self.claim_by_hand(manual, now);
    }

    fn claim_by_hand(&mut self, manual: Manual, at: u64) {
        let Manual { session, id, automation } = manual;
        let (trigger, status) = (RunTrigger::Manual, RunStatus::InProgress);
        // A run by hand deals with no occurrence.
        match self.claim(&automation, at, trigger, status, 0, None, u64::MAX) {
            Some(run) => {
                if let Some(active) = self.world.automations.active.get_mut(&run.run_id) {
                    active.asked = Some((session, id));
                }
            }
            None => self.fail(session, id, unknown(&automation)),
        }
    }

    /// Answers who asked for a run, if somebody did.
    pub(super) fn answer_manual(&mut self, run: &RunId, failure: Option<Failure>) {
        let Some(active) = self.world.automations.active.get_mut(run) else { return };
        let Some((session, id)) = active.asked.take() else { return };
        let run = active.run.clone();
        match failure {
            None => self.answer(session, id, &AutomationRunHeld { run }),
            Some(failure) => self.fail(session, id, failure),
        }
    }

    /// Another run was asked for in the same millisecond: this one is a moment later.
    pub(super) fn claim_a_moment_later(&mut self, run: &AutomationRun) {
        let asked = self.world.automations.active.remove(&run.run_id).and_then(|one| one.asked);
        if let Some((session, id)) = asked {
            let manual = Manual { session, id, automation: run.automation_id.clone() };
            self.claim_by_hand(manual, run.scheduled_for + 1);
        }
    }

    fn automation_runs(&mut self, session: SessionId, id: RpcId, params: AutomationRunsParams) {
        let before = params.cursor.as_deref().map(str::parse).transpose();
        let Ok(before) = before else {
            let why = "The cursor is not one of outrigger/automation/runs.";
            return self.fail(session, id, Failure::new(FailureKind::InvalidParams, why));
        };
        let request = Request::Runs {
            automation: params.automation_id,
            status: params.status,
            limit: params.limit.unwrap_or(RUNS).clamp(1, MAX_RUNS),
            before,
        };
        self.ask_store(session, id, request, What::Runs);
    }

    fn ask_store(&mut self, session: SessionId, id: RpcId, request: Request, what: What) {
        let asked = Asked { session, id, what };
        self.store(request.into(), Then::Automation(Kept::Asked(asked)));
    }

    pub(super) fn automation_asked(&mut self, asked: Asked, result: Result<Answer, Error>) {
        let Asked { session, id, what } = asked;
        let answer = match result {
            Ok(answer) => answer,
            Err(error) => return self.fail(session, id, error.into()),
        };
        match (what, answer) {
            (What::Runs, Answer::AutomationRuns { runs, next }) => {
                let next_cursor = next.map(|next| next.to_string());
                self.answer(session, id, &AutomationRuns { runs, next_cursor });
            }
            (What::Settle(status), Answer::AutomationRun(Some(run))) => {
                self.settle_run(session, id, &run, status);
            }
            (What::Settled, Answer::AutomationRun(Some(run))) => {
                let held = AutomationRunHeld { run: *run };
                let note = crate::protocol::note::RunChanged(&held);
                self.broadcast("automation", &note, |session| session.trusted);
                self.answer(session, id, &held);
            }
            (What::Settle(_) | What::Settled, Answer::AutomationRun(None)) => {
                let failure = Failure::new(FailureKind::RunUnknown, "There is no such run.");
                self.fail(session, id, failure);
            }
            (What::Items, Answer::InboxItems(items)) => {
                self.answer(session, id, &InboxList { items });
            }
            (What::Item, Answer::InboxItems(mut items)) => {
                if let Some(item) = items.pop() {
                    self.tell_item(&item);
                    self.answer(session, id, &InboxItemHeld { item });
                } else {
                    let why = "There is no such item in the inbox.";
                    self.fail(session, id, Failure::new(FailureKind::RunUnknown, why));
                }
            }
            _ => self.fail(session, id, Self::misanswered()),
        }
    }

    /// The person has seen to a run: its worktree goes, and what was in it and in no commit is kept as a patch.
    fn settle_run(
        &mut self,
        session: SessionId,
        id: RpcId,
        run: &AutomationRun,
        status: RunStatus,
    ) {
        if run.status == RunStatus::InProgress {
            let failure = Failure::new(FailureKind::ThreadBusy, "The run still goes on.")
                .hint("Stop its turn first.");
            return self.fail(session, id, failure);
        }
        let settling = Settling { session, id, run: run.run_id.clone(), status };
        let Some(worktree) = run.worktree.as_deref().and_then(paths::from_uri) else {
            return self.settled(settling, false);
        };
        let thread =
            run.thread_id.as_ref().and_then(|thread| self.world.threads.get(thread.as_str()));
        if thread.is_some_and(|entry| entry.thread.active_turn().is_some()) {
            let why = "A turn still works in the worktree of the run.";
            let failure = Failure::new(FailureKind::ThreadBusy, why).hint("Stop it first.");
            return self.fail(settling.session, settling.id, failure);
        }
        let held = self.world.automations.held.get(&run.automation_id);
        let folder = held.and_then(|held| held.definition.cwds.first().cloned());
        let folder = folder.unwrap_or_else(|| worktree.clone());
        let token = self.automation_flow(Flow::Settling(settling));
        let name = run.run_id.to_string();
        self.effects.push(Effect::RemovePlace { token, folder, worktree, name });
    }

    /// The row says that a worktree is gone only once it is.
    pub(in crate::core) fn place_removed(&mut self, token: u64, result: Result<(), &PlaceError>) {
        use crate::core::Purpose;
        let asked = self.world.purposes.remove(&token);
        let Some(Purpose::Automation(Flow::Settling(settling))) = asked else { return };
        if let Err(error) = result {
            let message = format!("The worktree of a run stays. {error}");
            self.tell(DiagnosticLevel::Warning, DiagnosticKind::Automation, None, message, 1);
        }
        self.settled(settling, result.is_ok());
    }

    fn settled(&mut self, settling: Settling, cleared: bool) {
        let Settling { session, id, run, status } = settling;
        let at = self.now.epoch_ms;
        let item = format!("i-{run}");
        let seen = if status == RunStatus::Archived {
            Request::Archive { id: item, at }
        } else {
            Request::Read { id: item, at }
        };
        self.store(seen.into(), Then::Noted);
        let reason = (status == RunStatus::Archived).then(|| "user".to_owned());
        let request = Request::Settle { id: run, status, reason, cleared };
        self.ask_store(session, id, request, What::Settled);
    }
}

impl From<PlaceError> for Failure {
    fn from(error: PlaceError) -> Self {
        let (kind, hint) = match &error {
            PlaceError::Gone(_) => (FailureKind::CwdMissing, None),
            PlaceError::Dirty(_) => {
                let hint = "Commit or stash them, choose a worktree, or run it with force.";
                (FailureKind::WorktreeDirty, Some(hint))
            }
            PlaceError::Git(_) | PlaceError::Foreign(_) | PlaceError::Setup(_) => {
                (FailureKind::Git, None)
            }
        };
        let failure = Self::new(kind, error.to_string());
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
