//! What Codex asks and a person decides. An approval is a row, not a parked future: the first
//! decision wins, goes up verbatim on the id it was asked with, and everyone is told.

use std::collections::VecDeque;

use serde_json::Value;

use super::{Effect, Purpose, Step, World, proposals};
use crate::{
    codex::{Command, answers::AnswerKind, decisions::validate_decision},
    paths,
    protocol::{
        ApprovalId, Failure, FailureKind, Raw, RpcId, SessionId, ThreadId, TurnId,
        approval::{
            Approval, ApprovalList, ApprovalListParams, ApprovalRef, ApprovalRequested,
            ApprovalResolved, DecideParams, Delivery, History, HistoryEntry, HistoryParams,
            Outcome, ProposedFiles,
        },
        note,
    },
};

/// Rows of the audit trail that are held in memory.
const MAX_HISTORY: usize = 1_000;
/// Requests that may wait for a person at one time; one more is refused.
const MAX_PENDING: usize = 1_000;
const DEFAULT_PAGE: u32 = 100;

/// A request of the app-server that waits for a person.
pub struct Pending {
    pub approval: Approval,
    epoch: u32,
    request: RpcId,
}

struct Row {
    number: u64,
    epoch: u32,
    request: RpcId,
    id: ApprovalId,
    thread: Option<ThreadId>,
    entry: HistoryEntry,
}

#[derive(Default)]
pub struct Approvals {
    pending: Vec<Pending>,
    history: VecDeque<Row>,
    rows: u64,
}

impl Approvals {
    /// Those that wait, the oldest first.
    pub fn pending(&self) -> impl Iterator<Item = &Approval> {
        self.pending.iter().map(|pending| &pending.approval)
    }

    pub fn is_pending(&self, id: &ApprovalId) -> bool {
        self.pending().any(|approval| approval.approval_id == *id)
    }

    /// Whether one of a thread waits.
    pub(super) fn concern(&self, thread: &ThreadId) -> bool {
        self.pending().any(|approval| approval.thread_id.as_ref() == Some(thread))
    }

    pub fn get(&self, id: &ApprovalId) -> Option<&Approval> {
        self.pending().find(|approval| approval.approval_id == *id)
    }

    pub(super) fn is_full(&self) -> bool {
        self.pending.len() >= MAX_PENDING
    }

    fn was_asked(&self, epoch: u32, request: &RpcId) -> bool {
        self.pending.iter().any(|p| p.epoch == epoch && p.request == *request)
            || self.history.iter().any(|row| row.epoch == epoch && row.request == *request)
    }

    fn resolved(&self, id: &ApprovalId) -> Option<&HistoryEntry> {
        self.history.iter().rev().find(|row| row.id == *id).map(|row| &row.entry)
    }
}

/// The id of an approval: process and request together, since request ids begin again at 0.
pub(super) fn approval_id(epoch: u32, request: &RpcId) -> ApprovalId {
    ApprovalId::from(format!("{epoch}:{request}"))
}

impl Step<'_> {
    /// Records a request and tells every trusted session. Asked again after a resume: once is enough.
    pub(super) fn ask_person(&mut self, epoch: u32, request: RpcId, approval: Approval) {
        if self.world.approvals.was_asked(epoch, &request) {
            return;
        }
        self.item_awaits(&approval, true);
        let told = ApprovalRequested { approval: approval.clone() };
        self.world.approvals.pending.push(Pending { approval, epoch, request });
        self.broadcast("approval", &note::ApprovalRequested(&told), |session| session.trusted);
        let id = told.approval.approval_id;
        let now = self.now;
        for session in self.world.sessions.values_mut() {
            if session.trusted && session.events.wants("approval") {
                session.shown.insert(id.clone(), now);
            }
        }
        self.redraw();
    }

    /// A command that waits for a person has not begun, so it does not count as running.
    fn item_awaits(&mut self, approval: &Approval, awaits: bool) {
        if let (Some(thread), Some(turn), Some(item)) =
            (&approval.thread_id, &approval.turn_id, &approval.item_id)
            && let Some(entry) = self.world.threads.get_mut(thread.as_str())
        {
            entry.thread.set_awaiting(turn, item, awaits);
        }
    }

    pub(super) fn tell_pending_approvals(&mut self, session: SessionId) {
        if !self.world.sessions.get(&session).is_some_and(|session| session.trusted) {
            return;
        }
        let World { sessions, approvals, .. } = &mut *self.world;
        let Some(state) = sessions.get_mut(&session).filter(|s| s.events.wants("approval")) else {
            return;
        };
        for approval in approvals.pending() {
            // What waited for the editor to be ready is not told twice, but is shown only from now on.
            let told = state.shown.insert(approval.approval_id.clone(), self.now).is_some();
            if !told {
                let approval = approval.clone();
                let note = note::ApprovalRequested(&ApprovalRequested { approval });
                state.deliver(note, &mut self.effects);
            }
        }
    }

    pub(super) fn approval_list(
        &mut self,
        session: SessionId,
        id: RpcId,
        params: &ApprovalListParams,
    ) {
        let wanted = |approval: &&Approval| {
            params.thread_id.is_none() || approval.thread_id == params.thread_id
        };
        let approvals = self.world.approvals.pending().filter(wanted).cloned().collect();
        self.answer(session, id, &ApprovalList { approvals });
    }

    pub(super) fn approval_decide(&mut self, session: SessionId, id: RpcId, params: &DecideParams) {
        match self.decide(session, &params.approval_id, &params.decision) {
            Ok(approval) => self.answer(session, id, &ApprovalRequested { approval }),
            Err(failure) => self.fail(session, id, failure),
        }
    }

    /// Takes the first decision on an approval. Nothing is guessed or upgraded on the way.
    pub(super) fn decide(
        &mut self,
        session: SessionId,
        id: &ApprovalId,
        decision: &Value,
    ) -> Result<Approval, Failure> {
        let Some(state) = self.world.sessions.get(&session) else {
            return Err(Failure::new(FailureKind::SessionUnknown, "The session has ended."));
        };
        if !state.trusted {
            return Err(Failure::new(
                FailureKind::WorkspaceUntrusted,
                "A workspace that is not trusted decides nothing.",
            ));
        }
        let by = state.name.clone();
        let Some(at) =
            self.world.approvals.pending.iter().position(|p| p.approval.approval_id == *id)
        else {
            return Err(self.no_longer_pending(id));
        };
        let approval = &self.world.approvals.pending[at].approval;
        check(approval, decision)?;
        let pending = self.world.approvals.pending.remove(at);
        let response = match AnswerKind::of(&pending.approval.method) {
            Some(kind) => Raw::of(&kind.result(decision.clone())),
            None => Raw::of(decision),
        };
        let approval = pending.approval.clone();
        let (epoch, request) = (pending.epoch, pending.request.clone());
        self.record(pending, Outcome::Decided, Some((Raw::of(decision), by)));
        self.effects.push(Effect::Codex(Command::Respond {
            epoch,
            id: request,
            result: Ok(response),
        }));
        Ok(approval)
    }

    fn no_longer_pending(&self, id: &ApprovalId) -> Failure {
        match self.world.approvals.resolved(id) {
            None => {
                Failure::new(FailureKind::ApprovalUnknown, format!("There is no approval {id}."))
            }
            Some(entry) => {
                let outcome = serde_json::to_value(entry.outcome).unwrap_or_default();
                let how = match entry.outcome {
                    Outcome::Decided => format!(
                        "It was decided already, in {}.",
                        entry.decided_by.as_deref().unwrap_or("another editor")
                    ),
                    Outcome::TurnEnded => "Its turn has ended.".to_owned(),
                    Outcome::AppServerExited => "Its app-server is gone.".to_owned(),
                    Outcome::Withdrawn => "Codex no longer asks.".to_owned(),
                };
                let mut failure = Failure::new(FailureKind::ApprovalResolved, how)
                    .with("approvalId", id.as_str())
                    .with("outcome", outcome)
                    .with("decidedBy", entry.decided_by.clone());
                if let Some(decision) = &entry.decision {
                    failure =
                        failure.with("decision", decision.decode::<Value>().unwrap_or_default());
                }
                failure
            }
        }
    }

    /// Moves an approval from the pending ones to the audit trail, and tells every session.
    fn record(&mut self, pending: Pending, outcome: Outcome, decided: Option<(Raw, String)>) {
        let Pending { approval, epoch, request } = pending;
        self.item_awaits(&approval, false);
        for session in self.world.sessions.values_mut() {
            session.shown.remove(&approval.approval_id);
        }
        let (decision, decided_by) = decided.unzip();
        let resolved = ApprovalResolved {
            approval_id: approval.approval_id.clone(),
            outcome,
            decided_by: decided_by.clone(),
        };
        // Answers to a sign-in request are secrets: that it was answered is kept, not with what.
        let secret = approval.method == "account/chatgptAuthTokens/refresh";
        let (id, thread) = (approval.approval_id.clone(), approval.thread_id.clone());
        let entry = HistoryEntry {
            approval: Raw::of(&approval),
            outcome,
            delivery: decision.is_some().then_some(Delivery::Sent),
            decision: decision.filter(|_| !secret),
            decided_by,
            resolved_at: self.now.epoch_ms,
        };
        let approvals = &mut self.world.approvals;
        if approvals.history.len() >= MAX_HISTORY {
            approvals.history.pop_front();
        }
        approvals.rows += 1;
        approvals.history.push_back(Row {
            number: approvals.rows,
            epoch,
            request,
            id,
            thread,
            entry,
        });
        self.broadcast("approval", &note::ApprovalResolved(&resolved), |session| session.trusted);
        self.redraw();
    }

    /// The app-server says that a request of its is settled: ours is confirmed, or it was withdrawn.
    pub(super) fn request_resolved(&mut self, request: &RpcId) {
        let Some(epoch) = self.world.server.living() else { return };
        let approvals = &mut self.world.approvals;
        let row = approvals
            .history
            .iter_mut()
            .rev()
            .find(|row| row.epoch == epoch && row.request == *request);
        if let Some(row) = row {
            if row.entry.delivery == Some(Delivery::Sent) {
                row.entry.delivery = Some(Delivery::Confirmed);
            }
            return;
        }
        self.settle(Outcome::Withdrawn, |p| p.epoch == epoch && p.request == *request);
    }

    pub(super) fn approvals_of_turn_ended(&mut self, thread: &ThreadId, turn: &TurnId) {
        self.settle(Outcome::TurnEnded, |pending| {
            pending.approval.thread_id.as_ref() == Some(thread)
                && pending.approval.turn_id.as_ref() == Some(turn)
        });
    }

    pub(super) fn approvals_of_dead_process(&mut self) {
        for row in &mut self.world.approvals.history {
            if row.entry.delivery == Some(Delivery::Sent) {
                row.entry.delivery = Some(Delivery::AppServerExited);
            }
        }
        self.settle(Outcome::AppServerExited, |_| true);
    }

    fn settle(&mut self, outcome: Outcome, which: impl Fn(&Pending) -> bool) {
        let (settled, waiting) = std::mem::take(&mut self.world.approvals.pending)
            .into_iter()
            .partition::<Vec<_>, _>(which);
        self.world.approvals.pending = waiting;
        for pending in settled {
            self.record(pending, outcome, None);
        }
    }

    pub(super) fn approval_history(
        &mut self,
        session: SessionId,
        id: RpcId,
        params: &HistoryParams,
    ) {
        let before = match params.cursor.as_deref().map(str::parse::<u64>) {
            None => u64::MAX,
            Some(Ok(before)) => before,
            Some(Err(_)) => {
                let failure =
                    Failure::new(FailureKind::InvalidParams, "The cursor is not one of ours.");
                return self.fail(session, id, failure);
            }
        };
        let limit = params.limit.unwrap_or(DEFAULT_PAGE).clamp(1, 1_000) as usize;
        let mut rows = self.world.approvals.history.iter().rev().filter(|row| {
            row.number < before && (params.thread_id.is_none() || row.thread == params.thread_id)
        });
        let page: Vec<&Row> = rows.by_ref().take(limit).collect();
        let next_cursor = rows.next().and(page.last()).map(|last| last.number.to_string());
        let entries = page.into_iter().map(|row| row.entry.clone()).collect();
        self.answer(session, id, &History { entries, next_cursor });
    }

    pub(super) fn approval_proposed(&mut self, session: SessionId, id: RpcId, params: ApprovalRef) {
        let Some(approval) = self.world.approvals.get(&params.approval_id) else {
            let failure = self.no_longer_pending(&params.approval_id);
            return self.fail(session, id, failure);
        };
        let changes = approval.changes.as_deref().unwrap_or_default();
        let paths = changes.iter().filter_map(|change| paths::from_uri(&change.uri)).collect();
        let token = self.token(Purpose::Proposal { session, id, approval: params.approval_id });
        self.effects.push(Effect::ReadFiles { token, paths });
    }

    pub(super) fn files_read(&mut self, token: u64, texts: Vec<proposals::FileText>) {
        let Some(Purpose::Proposal { session, id, approval }) = self.world.purposes.remove(&token)
        else {
            return;
        };
        let Some(pending) = self.world.approvals.get(&approval) else {
            let failure = self.no_longer_pending(&approval);
            return self.fail(session, id, failure);
        };
        let changes = pending.changes.iter().flatten();
        let files = changes.zip(texts).map(|(change, text)| proposals::file(change, text));
        let files = ProposedFiles { files: files.collect() };
        self.answer(session, id, &files);
    }
}

/// Whether the app-server's schema allows this decision here, and whether it was offered.
fn check(approval: &Approval, decision: &Value) -> Result<(), Failure> {
    let invalid = |why: String| {
        Failure::new(FailureKind::DecisionInvalid, why)
            .with("approvalId", approval.approval_id.as_str())
    };
    if let Some(kind) = AnswerKind::of(&approval.method) {
        validate_decision(kind, decision).map_err(invalid)?;
    }
    let amends = decision.get("acceptWithExecpolicyAmendment").is_some()
        || decision.get("applyNetworkPolicyAmendment").is_some();
    let offered = |option: &crate::protocol::approval::DecisionOption| {
        option.decision.decode::<Value>().is_ok_and(|offered| offered == *decision)
    };
    if amends && !approval.options.iter().any(offered) {
        return Err(invalid("This rule was not offered for this request.".to_owned()));
    }
    Ok(())
}
