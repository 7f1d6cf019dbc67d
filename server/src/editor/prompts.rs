//! Message requests: one at a time, each approval once, and no answer decides nothing.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::words;
use crate::{
    codex::views,
    core::{Action, World},
    protocol::{
        ApprovalId, Outgoing, Raw,
        approval::{Approval, ApprovalKind},
    },
};

/// LSP's `MessageType.Info`.
const INFO: u32 = 3;

#[derive(Default)]
pub struct Prompting {
    /// The one prompt that the person has before them.
    open: Option<Open>,
    /// Asked once already: closing a prompt means "still pending", not "ask me again".
    asked: HashSet<ApprovalId>,
    /// The person gave a command without saying for which approval.
    forced: HashSet<ApprovalId>,
}

struct Open {
    ask: String,
    approval: ApprovalId,
    choices: Vec<(String, Value)>,
}

impl Prompting {
    pub fn forget_settled(&mut self, world: &World) {
        self.asked.retain(|id| world.approvals.is_pending(id));
        self.forced.retain(|id| world.approvals.is_pending(id));
        // Its prompt may still stand in the editor: LSP cannot take it back. A late answer is told so.
        if self.open.as_ref().is_some_and(|open| !world.approvals.is_pending(&open.approval)) {
            self.open = None;
        }
    }

    pub fn force(&mut self, approval: &ApprovalId) {
        self.forced.insert(approval.clone());
        self.asked.remove(approval);
    }

    pub fn is_forced(&self, approval: &ApprovalId) -> bool {
        self.forced.contains(approval)
    }

    pub fn may_ask(&self, approval: &ApprovalId) -> bool {
        self.open.is_none() && !self.asked.contains(approval)
    }

    pub fn ask(&mut self, number: u64, approval: &Approval) -> Outgoing {
        let id = format!("outrigger:prompt:{number}:{}", approval.approval_id);
        let choices = choices(approval);
        let actions: Vec<Value> =
            choices.iter().map(|(title, _)| json!({ "title": title })).collect();
        let params = json!({ "type": INFO, "message": message(approval), "actions": actions });
        self.asked.insert(approval.approval_id.clone());
        self.forced.remove(&approval.approval_id);
        self.open = Some(Open { ask: id.clone(), approval: approval.approval_id.clone(), choices });
        Outgoing::Ask { id, method: "window/showMessageRequest", params: Raw::of(&params) }
    }

    /// What an answer decides; a closed prompt and an unknown one decide nothing.
    pub fn answered(&mut self, world: &World, ask: &str, title: Option<&str>) -> Option<Action> {
        let approval = ApprovalId::from(ask.strip_prefix("outrigger:prompt:")?.split_once(':')?.1);
        let open = self.open.take_if(|open| open.ask == ask);
        let title = title?;
        let decision = match open {
            Some(open) => open.choices.into_iter().find(|(choice, _)| choice == title)?.1,
            // Too late: the core tells the person what became of it, and changes nothing.
            None if !world.approvals.is_pending(&approval) => Value::Null,
            None => return None,
        };
        Some(Action::Decide { id: None, approval, decision })
    }
}

fn message(approval: &Approval) -> String {
    let mut text = words::detailed(approval);
    for question in questions(approval) {
        text.push('\n');
        text.push_str(&question.0);
    }
    text
}

/// The buttons: for a question with one choice to make its options, else the decisions offered.
fn choices(approval: &Approval) -> Vec<(String, Value)> {
    let mut choices: Vec<(String, Value)> = Vec::new();
    if let [(_, id, options)] = questions(approval).as_slice() {
        for option in options {
            let mut answers = Map::new();
            answers.insert(id.clone(), json!({ "answers": [option] }));
            choices.push((option.clone(), json!({ "answers": answers })));
        }
    }
    for option in &approval.options {
        if let Ok(decision) = option.decision.decode() {
            choices.push((option.label.clone(), decision));
        }
    }
    choices
}

/// Text, id and options of each question.
fn questions(approval: &Approval) -> Vec<(String, String, Vec<String>)> {
    if approval.kind != ApprovalKind::Question {
        return Vec::new();
    }
    let Ok(request) = approval.request.view::<views::UserInputRequest>() else {
        return Vec::new();
    };
    let options = |question: &views::Question| {
        question.options.iter().flatten().map(|option| option.label.to_string()).collect()
    };
    request
        .questions
        .iter()
        .map(|question| (question.question.to_string(), question.id.to_string(), options(question)))
        .collect()
}
