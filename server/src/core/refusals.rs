//! A change that a person accepted but for some of its hunks. The app-server knows no such answer: the change is
//! accepted whole, Codex is told first which hunks go, and they are taken out the moment the change is written.

use std::fmt::Write;

use serde_json::json;

use super::{Effect, Purpose, Step, approvals::Taken, documents::Holder, grants::Root, proposals};
use crate::{
    codex::{requests, views},
    git::{self, Answer, Request},
    protocol::{
        ApprovalId, Failure, FailureKind, ItemId, Raw, RpcError, RpcId, SessionId, ThreadId,
        TurnId,
        approval::{Approval, ApprovalKind, DecideParams, HunkRef, HunksRefused, RefusalFailed},
        note,
    },
};

/// Bytes of the hunks that Codex is shown; the names of their files are told all the same.
const MAX_TOLD: usize = 16 * 1024;

/// Hunks that wait for their change to be written.
pub struct Refusal {
    session: SessionId,
    approval: ApprovalId,
    thread: ThreadId,
    turn: TurnId,
    item: ItemId,
    /// The folders in which the window that decided may change files.
    roots: Vec<Root>,
    hunks: Vec<HunkRef>,
    unwanted: Vec<git::Unwanted>,
}

/// What waits for an answer.
pub(super) enum Flow {
    /// Whether something could be taken out of these files.
    Look {
        session: SessionId,
        id: RpcId,
        approval: ApprovalId,
        hunks: Vec<HunkRef>,
        /// Documents that the repository was told of.
        open: Vec<Holder>,
    },
    /// Codex is told before the change is accepted.
    Told {
        session: SessionId,
        id: Option<RpcId>,
        approval: ApprovalId,
    },
    TakenOut(Box<Refusal>),
}

impl Step<'_> {
    pub(super) fn decide_in_part(&mut self, session: SessionId, id: RpcId, params: DecideParams) {
        let DecideParams { approval_id: approval, decision, refused_hunks: hunks } = params;
        let Some(roots) = self.roots(session, &id) else { return };
        let Some(pending) = self.world.approvals.get(&approval) else {
            return self.no_longer_pending(session, Some(id), approval);
        };
        let unwanted = match unwanted(pending, &hunks) {
            Ok(unwanted) if decision == "accept" => unwanted,
            Ok(_) => {
                let why = "Only what is accepted once can be accepted in part.";
                let failure = Failure::new(FailureKind::DecisionInvalid, why);
                return self.fail(session, id, failure.with("approvalId", approval.as_str()));
            }
            Err(why) => {
                let failure = Failure::new(FailureKind::DecisionInvalid, why);
                return self.fail(session, id, failure.with("approvalId", approval.as_str()));
            }
        };
        let flow = Flow::Look { session, id, approval, hunks, open: Vec::new() };
        self.refuse(session, roots, unwanted, flow);
    }

    fn refuse(
        &mut self,
        session: SessionId,
        roots: Vec<Root>,
        unwanted: Vec<git::Unwanted>,
        mut flow: Flow,
    ) {
        let only_look = matches!(flow, Flow::Look { .. });
        let (request, holders) = self.minding(Request::Refuse { unwanted, only_look });
        if let Flow::Look { open, .. } = &mut flow {
            *open = holders;
        }
        let at = self.now.epoch_ms;
        let token = self.token(Purpose::Refusal(flow));
        let command =
            git::Command { token, asker: u64::from(session.0), at, within: Vec::new(), request };
        self.effects.push(Effect::Git { roots, command });
    }

    /// A repository answered.
    pub(super) fn refusal_answered(&mut self, flow: Flow, result: Result<Answer, Failure>) {
        match (flow, result) {
            (Flow::Look { session, id, open, .. }, Ok(Answer::Unsaved { documents, .. })) => {
                let failure = self.unsaved(&open, &documents);
                self.fail(session, id, failure);
            }
            (Flow::Look { session, id, approval, hunks, .. }, Ok(_)) => {
                let decision = json!("accept");
                self.decide(session, Some(id), approval, Taken { decision, but: hunks });
            }
            (Flow::Look { session, id, .. }, Err(failure)) => self.fail(session, id, failure),
            (Flow::TakenOut(refusal), Ok(Answer::Restored { journal_id, .. })) => {
                self.tell_refusal(&refusal, journal_id, None);
            }
            (Flow::TakenOut(refusal), Ok(_)) => {
                let why = "The repository answered something else.";
                self.not_taken_out(&refusal, Failure::new(FailureKind::Internal, why));
            }
            (Flow::TakenOut(refusal), Err(failure)) => self.not_taken_out(&refusal, failure),
            (Flow::Told { .. }, _) => {}
        }
    }

    /// A decision is on the disk. Where hunks are refused, Codex is told of them before it hears that the change is
    /// accepted, so that it never takes the change for whole. True where the answer has to wait for that.
    pub(super) fn tells_first(
        &mut self,
        session: SessionId,
        id: Option<&RpcId>,
        approval: &ApprovalId,
    ) -> bool {
        let Some(pending) = self.world.approvals.get(approval) else { return false };
        let (Some(thread), Some(turn)) = (&pending.thread_id, &pending.turn_id) else {
            return false;
        };
        if pending.refused_hunks.is_empty() {
            return false;
        }
        let request = requests::turn_steer(thread.as_str(), turn.as_str(), &told(pending));
        let flow = Flow::Told { session, id: id.cloned(), approval: approval.clone() };
        self.ask_upstream(&request, Purpose::Refusal(flow));
        true
    }

    /// Codex was told, or could not be.
    pub(super) fn refusal_told(&mut self, flow: Flow, result: Result<Raw, RpcError>) {
        let Flow::Told { session, id, approval } = flow else { return };
        if let Err(error) = result {
            tracing::warn!(%approval, error = error.message, "Codex was not told which hunks are refused");
        }
        self.deliver_decision(session, id, approval);
    }

    /// The change is accepted: its hunks wait for it to be written.
    pub(super) fn await_written(&mut self, session: SessionId, approval: &Approval) {
        let Approval { thread_id, turn_id, item_id, refused_hunks, .. } = approval;
        let (Some(thread), Some(turn), Some(item)) = (thread_id, turn_id, item_id) else { return };
        if refused_hunks.is_empty() {
            return;
        }
        let refusal = Refusal {
            session,
            approval: approval.approval_id.clone(),
            thread: thread.clone(),
            turn: turn.clone(),
            item: item.clone(),
            roots: self.roots_of(session).unwrap_or_default(),
            hunks: refused_hunks.clone(),
            unwanted: unwanted(approval, refused_hunks).unwrap_or_default(),
        };
        self.world.refusals.push(refusal);
    }

    /// A change was written, or its turn is over.
    pub(super) fn refusals_noted(&mut self, method: &str, thread: &ThreadId, params: &Raw) {
        if self.world.refusals.is_empty() {
            return;
        }
        match method {
            "item/completed" => {
                let Ok(note) = params.view::<views::ItemCompleted>() else { return };
                let item = Raw::from(note.item);
                let Ok(item) = item.view::<views::FileChangeItem>() else { return };
                let found = self.take_refusals(|refusal| {
                    refusal.thread == *thread
                        && note.turn_id == refusal.turn.as_str()
                        && item.id == refusal.item.as_str()
                });
                for mut refusal in found {
                    if item.status == "completed" {
                        let unwanted = std::mem::take(&mut refusal.unwanted);
                        let (session, roots) =
                            (refusal.session, std::mem::take(&mut refusal.roots));
                        self.refuse(session, roots, unwanted, Flow::TakenOut(Box::new(refusal)));
                    } else {
                        self.never_written(&refusal);
                    }
                }
            }
            "turn/completed" => {
                let Ok(note) = params.view::<views::TurnNote>() else { return };
                let of_turn = |refusal: &Refusal| {
                    refusal.thread == *thread && note.turn.id == refusal.turn.as_str()
                };
                for refusal in self.take_refusals(of_turn) {
                    self.never_written(&refusal);
                }
            }
            _ => {}
        }
    }

    /// Nobody says any more whether a change was written.
    pub(super) fn refusals_of_dead_process(&mut self) {
        for refusal in self.take_refusals(|_| true) {
            let why = "Codex ended before it said that the change was written; if it was, the hunks are in it.";
            self.not_taken_out(&refusal, Failure::new(FailureKind::AppServerDown, why));
        }
    }

    fn take_refusals(&mut self, which: impl Fn(&Refusal) -> bool) -> Vec<Refusal> {
        let all = std::mem::take(&mut self.world.refusals);
        let (taken, left) = all.into_iter().partition(which);
        self.world.refusals = left;
        taken
    }

    /// Nothing had to be taken out.
    fn never_written(&mut self, refusal: &Refusal) {
        self.tell_refusal(refusal, None, None);
    }

    fn not_taken_out(&mut self, refusal: &Refusal, failure: Failure) {
        let message = format!(
            "The hunks that you left out could not be taken out of the change again: {}",
            failure.message
        );
        self.show_message(refusal.session, &message);
        // What Codex was told before is not so.
        let text = format!("The hunks named before were not taken out: {}", failure.message);
        let request = requests::turn_steer(refusal.thread.as_str(), refusal.turn.as_str(), &text);
        if self.world.server.living().is_some() {
            self.ask_upstream(&request, Purpose::Rest);
        }
        let failed = RefusalFailed { kind: failure.kind, message: failure.message };
        self.tell_refusal(refusal, None, Some(failed));
    }

    fn tell_refusal(
        &mut self,
        refusal: &Refusal,
        journal_id: Option<String>,
        failure: Option<RefusalFailed>,
    ) {
        let told = HunksRefused {
            approval_id: refusal.approval.clone(),
            thread_id: refusal.thread.clone(),
            turn_id: refusal.turn.clone(),
            hunks: refusal.hunks.clone(),
            journal_id,
            failure,
        };
        self.broadcast("approval", &note::HunksRefused(&told), |session| session.trusted);
    }
}

/// What is to be taken out of which files, or why these hunks cannot be refused.
fn unwanted(approval: &Approval, hunks: &[HunkRef]) -> Result<Vec<git::Unwanted>, String> {
    if approval.kind != ApprovalKind::FileChange {
        return Err("Only a change of files has hunks.".to_owned());
    }
    proposals::unwanted(approval.changes.as_deref().unwrap_or_default(), hunks)
}

/// What Codex hears of the refused hunks.
fn told(approval: &Approval) -> String {
    let mut text = "The user accepted this change but for the hunks below. They are taken out of the files again \
                    right after the change is written. Read the files before you go on, and do not write these \
                    hunks again unless you are asked to.\n"
        .to_owned();
    let changes = approval.changes.as_deref().unwrap_or_default();
    let refused = proposals::shown(changes, &approval.refused_hunks);
    for (uri, hunk) in refused {
        let _ = writeln!(text, "\n{uri}");
        if text.len() + hunk.len() <= MAX_TOLD {
            text.push_str(&hunk);
        }
    }
    text
}
