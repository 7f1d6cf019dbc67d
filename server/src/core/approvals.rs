//! What Codex asks and a person decides. An approval is a row, not a parked future: the first
//! decision wins, is on the disk before it goes up, goes up verbatim on the id it was asked with, and everyone is told.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::{Effect, Purpose, Step, World, notices::Occasion, proposals, stored::Then};
use crate::{
    codex::{Command, answers::AnswerKind, decisions::validate_decision},
    paths,
    protocol::{
        ApprovalId, Failure, FailureKind, Raw, RpcId, SessionId, ThreadId, TurnId,
        approval::{
            Approval, ApprovalList, ApprovalListParams, ApprovalRef, ApprovalRequested,
            ApprovalResolved, DecideParams, Delivery, History, HistoryEntry, HistoryParams,
            HunkRef, Outcome, ProposedFiles,
        },
        note,
    },
    store::{
        Answer, Error,
        approvals::{Record, Request},
    },
};

/// Approvals of this process that are remembered once they are settled; those before are in the store.
const MAX_SETTLED: usize = 1_000;
/// Requests that may wait for a person at one time; one more is refused.
const MAX_PENDING: usize = 1_000;
const DEFAULT_PAGE: u32 = 100;

/// A request of the app-server that waits for a person.
pub struct Pending {
    pub approval: Approval,
    epoch: u32,
    request: RpcId,
    /// Taken, and on its way to the disk.
    deciding: Option<Decision>,
}

struct Decision {
    decision: Value,
    by: String,
}

/// What an editor decided.
pub(super) struct Taken {
    pub decision: Value,
    /// The hunks of an accepted change that are not.
    pub but: Vec<HunkRef>,
}

impl From<Value> for Taken {
    fn from(decision: Value) -> Self {
        Self { decision, but: Vec::new() }
    }
}

/// What became of an approval. Its whole is in the store.
struct Settled {
    id: ApprovalId,
    epoch: u32,
    request: RpcId,
    verdict: Verdict,
    delivery: Option<Delivery>,
}

struct Verdict {
    outcome: Outcome,
    decided_by: Option<String>,
    decision: Option<Raw>,
}

/// What waits for the store.
pub(super) enum Kept {
    /// A decision, before it goes up. A prompt has no request to answer.
    Decision {
        session: SessionId,
        id: Option<RpcId>,
        approval: ApprovalId,
    },
    History {
        session: SessionId,
        id: RpcId,
    },
    /// Somebody meant an approval that is not of this process.
    Past {
        session: SessionId,
        id: Option<RpcId>,
        approval: ApprovalId,
    },
}

#[derive(Default)]
pub struct Approvals {
    pending: Vec<Pending>,
    settled: VecDeque<Settled>,
}

impl Approvals {
    /// One more waits, as for a test of what is drawn.
    #[cfg(test)]
    pub(super) fn wait(&mut self, approval: Approval) {
        let (epoch, request) = (1, RpcId::Number(0));
        self.pending.push(Pending { approval, epoch, request, deciding: None });
    }

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
            || self.settled.iter().any(|s| s.epoch == epoch && s.request == *request)
    }

    fn verdict(&self, id: &ApprovalId) -> Option<&Verdict> {
        self.settled.iter().rev().find(|settled| settled.id == *id).map(|s| &s.verdict)
    }

    fn place(&self, id: &ApprovalId) -> Option<usize> {
        self.pending.iter().position(|pending| pending.approval.approval_id == *id)
    }
}

/// The id of an approval: run, process and request together, since request ids begin again at 0 with each process, and
/// processes at 1 with each run.
pub(super) fn approval_id(run: u64, epoch: u32, request: &RpcId) -> ApprovalId {
    ApprovalId::from(format!("{run}.{epoch}:{request}"))
}

impl Step<'_> {
    /// Records a request and tells every trusted session. Asked again after a resume: once is enough.
    pub(super) fn ask_person(&mut self, epoch: u32, request: RpcId, approval: Approval) {
        if self.world.approvals.was_asked(epoch, &request) {
            return;
        }
        self.item_awaits(&approval, true);
        let told = ApprovalRequested { approval: approval.clone() };
        self.world.approvals.pending.push(Pending { approval, epoch, request, deciding: None });
        self.broadcast("approval", &note::ApprovalRequested(&told), |session| session.trusted);
        let id = told.approval.approval_id;
        let now = self.now;
        for session in self.world.sessions.values_mut() {
            if session.trusted && session.events.wants("approval") {
                session.shown.insert(id.clone(), now);
            }
        }
        self.call_person(Occasion::Approval, "Codex waits for you.", None);
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

    pub(super) fn approval_decide(&mut self, session: SessionId, id: RpcId, params: DecideParams) {
        if params.refused_hunks.is_empty() {
            self.decide(session, Some(id), params.approval_id, params.decision.into());
        } else {
            self.decide_in_part(session, id, params);
        }
    }

    /// Takes the first decision on an approval. Nothing is guessed or upgraded on the way. It goes up, and is answered,
    /// once it is on the disk.
    pub(super) fn decide(
        &mut self,
        session: SessionId,
        id: Option<RpcId>,
        approval: ApprovalId,
        taken: Taken,
    ) {
        let Taken { decision, but } = taken;
        let Some(state) = self.world.sessions.get(&session) else { return };
        if !state.trusted {
            let why = "A workspace that is not trusted decides nothing.";
            let failure = Failure::new(FailureKind::WorkspaceUntrusted, why);
            return self.not_decided(session, id, failure);
        }
        let by = state.name.clone();
        let Some(at) = self.world.approvals.place(&approval) else {
            return self.no_longer_pending(session, id, approval);
        };
        let pending = &mut self.world.approvals.pending[at];
        let refused = if let Some(taken) = &pending.deciding {
            Some(resolved(&approval, &taken.verdict(&pending.approval)))
        } else {
            check(&pending.approval, &decision).err()
        };
        if let Some(failure) = refused {
            return self.not_decided(session, id, failure);
        }
        pending.approval.refused_hunks = but;
        let decision = pending.deciding.insert(Decision { decision, by });
        let verdict = decision.verdict(&pending.approval);
        let record = pending.record(&verdict, self.now.epoch_ms);
        let request = Request::Record(Box::new(record)).into();
        self.store(request, Then::Approval(Kept::Decision { session, id, approval }));
    }

    pub(super) fn approval_stored(&mut self, kept: Kept, result: Result<Answer, Error>) {
        match (kept, result) {
            (Kept::Decision { session, id, approval }, Ok(_)) => {
                self.decided(session, id, approval);
            }
            (Kept::Decision { session, id, approval }, Err(error)) => {
                let place = self.world.approvals.place(&approval);
                let Some(pending) = place.map(|at| &mut self.world.approvals.pending[at]) else {
                    return self.no_longer_pending(session, id, approval);
                };
                pending.deciding = None;
                pending.approval.refused_hunks.clear();
                let failure = Failure::from(error).with("approvalId", approval.as_str());
                self.not_decided(session, id, failure);
            }
            (Kept::History { session, id }, Ok(Answer::History { entries, next })) => {
                let next_cursor = next.map(|next| next.to_string());
                self.answer(session, id, &History { entries, next_cursor });
            }
            (Kept::History { session, id }, Err(error)) => self.fail(session, id, error.into()),
            (Kept::Past { session, id, approval }, Ok(Answer::Entry(entry))) => {
                let known = entry.map(|HistoryEntry { outcome, decided_by, decision, .. }| {
                    resolved(&approval, &Verdict { outcome, decided_by, decision })
                });
                let failure = known.unwrap_or_else(|| {
                    let why = format!("There is no approval {approval}.");
                    Failure::new(FailureKind::ApprovalUnknown, why)
                });
                self.not_decided(session, id, failure);
            }
            (Kept::Past { session, id, .. }, Err(error)) => {
                self.not_decided(session, id, error.into());
            }
            (Kept::History { session, id }, Ok(_)) => self.fail(session, id, Self::misanswered()),
            (Kept::Past { session, id, .. }, Ok(_)) => {
                self.not_decided(session, id, Self::misanswered());
            }
        }
    }

    /// A decision is on the disk.
    fn decided(&mut self, session: SessionId, id: Option<RpcId>, approval: ApprovalId) {
        if !self.tells_first(session, id.as_ref(), &approval) {
            self.deliver_decision(session, id, approval);
        }
    }

    /// A decision goes up, unless what was asked ended meanwhile.
    pub(super) fn deliver_decision(
        &mut self,
        session: SessionId,
        id: Option<RpcId>,
        approval: ApprovalId,
    ) {
        let place = self.world.approvals.place(&approval);
        let Some(at) = place.filter(|at| self.world.approvals.pending[*at].deciding.is_some())
        else {
            return self.no_longer_pending(session, id, approval);
        };
        let mut pending = self.world.approvals.pending.remove(at);
        let Some(decision) = pending.deciding.take() else { return };
        let response = match AnswerKind::of(&pending.approval.method) {
            Some(kind) => Raw::of(&kind.result(decision.decision.clone())),
            None => Raw::of(&decision.decision),
        };
        let told = pending.approval.clone();
        let (epoch, request) = (pending.epoch, pending.request.clone());
        let verdict = decision.verdict(&pending.approval);
        self.remember(pending, verdict, Some(Delivery::Sent));
        self.effects.push(Effect::Codex(Command::Respond {
            epoch,
            id: request,
            result: Ok(response),
        }));
        self.delivered(approval, Delivery::Sent);
        self.await_written(session, &told);
        if let Some(id) = id {
            self.answer(session, id, &ApprovalRequested { approval: told });
        }
    }

    fn delivered(&mut self, id: ApprovalId, delivery: Delivery) {
        self.store(Request::Deliver { id, delivery }.into(), Then::Noted);
    }

    /// Tells whoever tried that the decision was not taken.
    fn not_decided(&mut self, session: SessionId, id: Option<RpcId>, failure: Failure) {
        match id {
            Some(id) => self.fail(session, id, failure),
            None => self.show_message(session, &failure.message),
        }
    }

    /// Says what became of an approval that does not wait; if this process does not know, the store may.
    pub(super) fn no_longer_pending(
        &mut self,
        session: SessionId,
        id: Option<RpcId>,
        approval: ApprovalId,
    ) {
        if let Some(verdict) = self.world.approvals.verdict(&approval) {
            let failure = resolved(&approval, verdict);
            return self.not_decided(session, id, failure);
        }
        let request = Request::Find { id: approval.clone() }.into();
        self.store(request, Then::Approval(Kept::Past { session, id, approval }));
    }

    /// Moves an approval from the pending ones to the settled, and tells every session.
    fn remember(&mut self, pending: Pending, verdict: Verdict, delivery: Option<Delivery>) {
        let Pending { approval, epoch, request, .. } = pending;
        self.item_awaits(&approval, false);
        let id = approval.approval_id;
        for session in self.world.sessions.values_mut() {
            session.shown.remove(&id);
        }
        let told = ApprovalResolved {
            approval_id: id.clone(),
            outcome: verdict.outcome,
            decided_by: verdict.decided_by.clone(),
        };
        let settled = &mut self.world.approvals.settled;
        if settled.len() >= MAX_SETTLED {
            settled.pop_front();
        }
        settled.push_back(Settled { id, epoch, request, verdict, delivery });
        self.broadcast("approval", &note::ApprovalResolved(&told), |session| session.trusted);
        self.redraw();
    }

    /// The app-server says that a request of its is settled: ours is confirmed, or it was withdrawn.
    pub(super) fn request_resolved(&mut self, request: &RpcId) {
        let Some(epoch) = self.world.server.living() else { return };
        let mut settled = self.world.approvals.settled.iter_mut().rev();
        let ours = settled.find(|s| s.epoch == epoch && s.request == *request);
        if let Some(ours) = ours {
            if ours.delivery == Some(Delivery::Sent) {
                ours.delivery = Some(Delivery::Confirmed);
                let id = ours.id.clone();
                self.delivered(id, Delivery::Confirmed);
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
        let mut lost = Vec::new();
        for settled in &mut self.world.approvals.settled {
            if settled.delivery == Some(Delivery::Sent) {
                settled.delivery = Some(Delivery::AppServerExited);
                lost.push(settled.id.clone());
            }
        }
        for id in lost {
            self.delivered(id, Delivery::AppServerExited);
        }
        self.settle(Outcome::AppServerExited, |_| true);
    }

    /// Settles without a decision; one that was on its way to the disk does not go up any more.
    fn settle(&mut self, outcome: Outcome, which: impl Fn(&Pending) -> bool) {
        let (settled, waiting) = std::mem::take(&mut self.world.approvals.pending)
            .into_iter()
            .partition::<Vec<_>, _>(which);
        self.world.approvals.pending = waiting;
        for pending in settled {
            let verdict = Verdict { outcome, decided_by: None, decision: None };
            let record = pending.record(&verdict, self.now.epoch_ms);
            self.store(Request::Record(Box::new(record)).into(), Then::Noted);
            self.remember(pending, verdict, None);
        }
    }

    pub(super) fn approval_history(
        &mut self,
        session: SessionId,
        id: RpcId,
        params: HistoryParams,
    ) {
        let before = match params.cursor.as_deref().map(str::parse::<u64>) {
            None => None,
            Some(Ok(before)) => Some(before),
            Some(Err(_)) => {
                let failure =
                    Failure::new(FailureKind::InvalidParams, "The cursor is not one of ours.");
                return self.fail(session, id, failure);
            }
        };
        let limit = params.limit.unwrap_or(DEFAULT_PAGE).clamp(1, 1_000);
        let request = Request::Page { thread: params.thread_id, limit, before }.into();
        self.store(request, Then::Approval(Kept::History { session, id }));
    }

    pub(super) fn approval_proposed(&mut self, session: SessionId, id: RpcId, params: ApprovalRef) {
        let Some(approval) = self.world.approvals.get(&params.approval_id) else {
            return self.no_longer_pending(session, Some(id), params.approval_id);
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
            return self.no_longer_pending(session, Some(id), approval);
        };
        let changes = pending.changes.iter().flatten();
        let files = changes.zip(texts).map(|(change, text)| proposals::file(change, text));
        let files = ProposedFiles { files: files.collect() };
        self.answer(session, id, &files);
    }
}

impl Decision {
    fn verdict(&self, approval: &Approval) -> Verdict {
        Verdict {
            outcome: Outcome::Decided,
            decided_by: Some(self.by.clone()),
            // Some answers are secrets: that they were given is kept, not what they are.
            decision: (!is_secret(approval)).then(|| Raw::of(&self.decision)),
        }
    }
}

impl Pending {
    /// The row of the audit trail. A decision counts as sent only once it is.
    fn record(&self, verdict: &Verdict, now: u64) -> Record {
        let approval = &self.approval;
        Record {
            id: approval.approval_id.clone(),
            epoch: self.epoch,
            request: self.request.clone(),
            thread: approval.thread_id.clone(),
            requested_at: approval.requested_at,
            entry: HistoryEntry {
                approval: Raw::of(approval),
                outcome: verdict.outcome,
                decision: verdict.decision.clone(),
                decided_by: verdict.decided_by.clone(),
                resolved_at: now,
                delivery: None,
            },
        }
    }
}

/// Tokens of a sign-in, and answers to questions that ask for a secret.
fn is_secret(approval: &Approval) -> bool {
    let asks = |question: &Value| question.get("isSecret") == Some(&Value::Bool(true));
    let questions = approval.questions.as_ref().and_then(|raw| raw.decode::<Vec<Value>>().ok());
    approval.method == "account/chatgptAuthTokens/refresh"
        || questions.is_some_and(|questions| questions.iter().any(asks))
}

/// The failure of whoever comes after the decision, or after there was anything to decide.
fn resolved(id: &ApprovalId, verdict: &Verdict) -> Failure {
    let how = match verdict.outcome {
        Outcome::Decided => format!(
            "It was already {} in {}.",
            answered_how(verdict.decision.as_ref()),
            verdict.decided_by.as_deref().unwrap_or("another editor")
        ),
        Outcome::TurnEnded => "Its turn has ended.".to_owned(),
        Outcome::AppServerExited => "Its app-server is gone.".to_owned(),
        Outcome::Withdrawn => "Codex no longer asks.".to_owned(),
    };
    let failure = Failure::new(FailureKind::ApprovalResolved, how)
        .with("approvalId", id.as_str())
        .with("outcome", json!(verdict.outcome))
        .with("decidedBy", verdict.decided_by.clone());
    match &verdict.decision {
        Some(decision) => failure.with("decision", decision.decode::<Value>().unwrap_or_default()),
        None => failure,
    }
}

/// What a decision did, as a person says it.
fn answered_how(decision: Option<&Raw>) -> &'static str {
    let decision = decision.and_then(|raw| raw.decode::<Value>().ok()).unwrap_or_default();
    let of_a_form = decision.get("action").or(decision.get("decision"));
    let word = of_a_form.unwrap_or(&decision).as_str();
    let rule = decision.as_object().and_then(|whole| whole.keys().next());
    match word.or(rule.map(String::as_str)) {
        Some("accept" | "approved") => "accepted",
        Some("acceptForSession" | "approved_for_session") => "accepted for the session",
        Some("acceptWithExecpolicyAmendment" | "applyNetworkPolicyAmendment") => {
            "accepted with a rule"
        }
        Some("decline" | "denied") => "declined",
        Some("cancel" | "abort") => "stopped",
        _ => "answered",
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
