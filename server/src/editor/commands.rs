//! `workspace/executeCommand`: from the names and arguments of LSP to actions of the core.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Face, automations, calls::argument, draw, terminals};
use crate::{
    core::{Action, HunkCommand, TurnOptions, World, session::Session},
    protocol::{
        ApprovalId, Failure, FailureKind, Raw, RpcId, ThreadId,
        approval::{Approval, DecisionScope},
    },
};

/// Every command, as `executeCommandProvider` lists them.
pub const NAMES: &[&str] = &[
    "outrigger.approval.accept",
    "outrigger.approval.acceptForSession",
    "outrigger.approval.decline",
    "outrigger.approval.cancel",
    "outrigger.approval.next",
    "outrigger.approval.showDiff",
    "outrigger.hunk.keep",
    "outrigger.hunk.revert",
    "outrigger.hunk.stage",
    "outrigger.hunk.unstage",
    "outrigger.journal.undoLast",
    "outrigger.turn.start",
    "outrigger.turn.interrupt",
    "outrigger.thread.new",
    "outrigger.appServer.restart",
    "outrigger.automation.list",
    "outrigger.automation.create",
    "outrigger.automation.run",
    "outrigger.automation.pause",
    "outrigger.automation.resume",
    "outrigger.terminal.list",
    "outrigger.terminal.create",
    "outrigger.terminal.send",
    "outrigger.terminal.close",
];

/// A command without an id acts only on what this editor has shown for this long.
const SHOWN_MICROS: u64 = 500_000;

impl Face {
    pub(super) fn execute(
        &mut self,
        world: &World,
        state: &Session,
        id: RpcId,
        params: &Value,
    ) -> Vec<Action> {
        let command = params.get("command").and_then(Value::as_str).unwrap_or_default();
        let arguments = params.get("arguments").and_then(Value::as_array);
        let all = arguments.map_or(&[][..], Vec::as_slice);
        if let Some(actions) = terminals::execute(world, state, &id, command, all)
            .or_else(|| automations::execute(world, &id, command, all))
        {
            return actions;
        }
        let argument = |place: usize| argument(all, place);
        let scope = match command {
            "outrigger.approval.accept" => DecisionScope::Once,
            "outrigger.approval.acceptForSession" => DecisionScope::Session,
            "outrigger.approval.decline" => DecisionScope::No,
            "outrigger.approval.cancel" => DecisionScope::Stop,
            "outrigger.approval.next" => {
                let named = argument(0).and_then(Value::as_str);
                let next = next(world, state, named);
                let mut actions = answer(id, Ok(Raw::of(&json!({ "approval": next }))));
                actions.extend(next.and_then(|next| draw::reveal(state, next)));
                return actions;
            }
            "outrigger.approval.showDiff" => return show_diff(world, state, id, argument(0)),
            "outrigger.hunk.keep" => return hunk(id, HunkCommand::Keep, command, arguments),
            "outrigger.hunk.revert" => return hunk(id, HunkCommand::Revert, command, arguments),
            "outrigger.hunk.stage" => return hunk(id, HunkCommand::Stage, command, arguments),
            "outrigger.hunk.unstage" => return hunk(id, HunkCommand::Unstage, command, arguments),
            "outrigger.journal.undoLast" => return vec![Action::UndoLast { id }],
            "outrigger.turn.start" => {
                let Some(text) = argument(0).and_then(Value::as_str) else {
                    return refuse(
                        id,
                        "outrigger.turn.start takes the text as its first argument.",
                    );
                };
                return match options(argument(1)) {
                    Ok(options) => {
                        vec![Action::StartTurn { id, text: text.to_owned(), options }]
                    }
                    Err(why) => refuse(id, &why),
                };
            }
            "outrigger.thread.new" => {
                return match options(argument(0)) {
                    Ok(options) => vec![Action::NewThread { id, options }],
                    Err(why) => refuse(id, &why),
                };
            }
            "outrigger.turn.interrupt" => {
                let thread = argument(0).and_then(Value::as_str).map(ThreadId::from);
                return vec![Action::Interrupt { id, thread }];
            }
            "outrigger.appServer.restart" => return vec![Action::RestartAppServer { id }],
            _ => {
                let why = format!("Outrigger has no command {command}.");
                return answer(id, Err(Failure::new(FailureKind::InvalidParams, why)));
            }
        };
        match argument(0) {
            Some(Value::String(approval)) => {
                decide(world, id, &ApprovalId::from(approval.as_str()), scope)
            }
            Some(_) => refuse(id, "The approval's id is a string."),
            None => self.decide_unnamed(world, state, id, scope),
        }
    }

    /// A command without an id acts on the one approval that this person has seen; else it asks.
    fn decide_unnamed(
        &mut self,
        world: &World,
        state: &Session,
        id: RpcId,
        scope: DecisionScope,
    ) -> Vec<Action> {
        let mut pending = world.approvals.pending();
        match (pending.next(), pending.next()) {
            (None, _) => answer(
                id,
                Err(Failure::new(FailureKind::ApprovalUnknown, "Codex asks nothing now.")),
            ),
            (Some(only), None) if seen(world, state, &only.approval_id) => {
                decide(world, id, &only.approval_id, scope)
            }
            _ => {
                let drawn = self.drawn.entry(state.id).or_default();
                for approval in draw::relevant(world, state) {
                    drawn.prompts.force(&approval.approval_id);
                }
                let mut actions = answer(id, Ok(Raw::null()));
                actions.push(Action::Redraw);
                actions
            }
        }
    }
}

fn seen(world: &World, state: &Session, approval: &ApprovalId) -> bool {
    let now = world.now.micros;
    state.shown.get(approval).is_some_and(|since| now.saturating_sub(since.micros) >= SHOWN_MICROS)
}

/// The decision of this scope that the approval offers, verbatim.
fn decide(world: &World, id: RpcId, approval: &ApprovalId, scope: DecisionScope) -> Vec<Action> {
    // Of one that is no longer pending, the core says what became of it.
    let pending = world.approvals.get(approval);
    let decision = pending.map_or(Some(Value::Null), |pending| offered(pending, scope));
    let Some(decision) = decision else {
        let why = "This choice is not offered for this request.";
        return answer(id, Err(Failure::new(FailureKind::DecisionInvalid, why)));
    };
    vec![Action::Decide { id: Some(id), approval: approval.clone(), decision }]
}

fn offered(approval: &Approval, scope: DecisionScope) -> Option<Value> {
    let option = approval.options.iter().find(|option| option.scope == scope)?;
    option.decision.decode().ok()
}

/// The approval named, or the one that waits longest.
fn next<'w>(world: &'w World, state: &Session, named: Option<&str>) -> Option<&'w Approval> {
    let relevant = draw::relevant(world, state);
    let by_name = relevant.iter().find(|approval| Some(approval.approval_id.as_str()) == named);
    by_name.or(relevant.first()).copied()
}

/// The unified diff of a proposed change, as the result and as a message.
fn show_diff(world: &World, state: &Session, id: RpcId, named: Option<&Value>) -> Vec<Action> {
    let named = named.and_then(Value::as_str);
    let Some(approval) = next(world, state, named) else {
        let failure = Failure::new(FailureKind::ApprovalUnknown, "Codex asks nothing now.");
        return answer(id, Err(failure));
    };
    let mut diff = String::new();
    for change in approval.changes.iter().flatten() {
        let to = change.moved_to.as_ref().unwrap_or(&change.uri);
        diff.extend(["--- ", &change.uri, "\n+++ ", to, "\n", &change.diff]);
    }
    let mut actions = answer(id, Ok(Raw::of(&json!({ "diff": diff }))));
    actions.push(Action::Say { text: diff });
    actions
}

fn options(argument: Option<&Value>) -> Result<TurnOptions, String> {
    match argument {
        None => Ok(TurnOptions::default()),
        Some(value) => TurnOptions::deserialize(value)
            .map_err(|error| format!("The options are not valid: {error}.")),
    }
}

fn hunk(id: RpcId, act: HunkCommand, command: &str, arguments: Option<&Vec<Value>>) -> Vec<Action> {
    match arguments.map(Vec::as_slice) {
        Some([Value::String(uri), Value::String(hunk_id)]) => {
            vec![Action::Hunk { id, act, uri: uri.clone(), hunk_id: hunk_id.clone() }]
        }
        _ => refuse(id, &format!("{command} takes a file: URI and the id of a hunk in it.")),
    }
}

fn refuse(id: RpcId, why: &str) -> Vec<Action> {
    answer(id, Err(Failure::new(FailureKind::InvalidParams, why)))
}

fn answer(id: RpcId, result: Result<Raw, Failure>) -> Vec<Action> {
    vec![Action::Answer { id, result }]
}
