//! Requests of the app-server. Each is answered: by a person, by the host, or with a clear error at
//! once. None is left hanging, and none is accepted unasked.

use serde_json::{Value, json};

use super::{Effect, Step, approvals::approval_id, proposals};
use crate::{
    codex::{
        Command,
        answers::{self, Answer},
        contract, views,
    },
    protocol::{
        ItemId, Raw, RpcError, RpcId, ThreadId, TurnId,
        app_server::{DiagnosticKind, DiagnosticLevel},
        approval::{Approval, ApprovalKind, DecisionOption, DecisionScope},
    },
};

impl Step<'_> {
    pub(super) fn server_request(&mut self, epoch: u32, id: RpcId, method: &str, params: &Raw) {
        if !contract::is_handled_server_request(method) {
            self.diagnose(
                DiagnosticLevel::Error,
                DiagnosticKind::UnknownRequest,
                Some(method),
                format!(
                    "The app-server asked {method}, which this Outrigger does not know. It was refused."
                ),
            );
        }
        match method {
            "item/tool/call" if !self.editor_has_tool(params) => {
                let no = answers::refusal(method, "No editor that is connected has this tool.");
                self.respond(epoch, id, no);
            }
            // ChatGPT tokens that an editor signed in with are that editor's to renew, within 10 s.
            "account/chatgptAuthTokens/refresh" if self.world.threads.tokens_from_editor() => {
                self.ask(epoch, id, method, params);
            }
            _ => match answers::immediate(method, self.now.epoch_ms.cast_signed() / 1_000) {
                Some(answer) => self.respond(epoch, id, answer),
                None => self.ask(epoch, id, method, params),
            },
        }
    }

    fn respond(&mut self, epoch: u32, id: RpcId, answer: Answer) {
        let result = match answer {
            Answer::Result(value) => Ok(Raw::of(&value)),
            Answer::Error { code, message } => Err(RpcError { code, message, data: None }),
        };
        self.effects.push(Effect::Codex(Command::Respond { epoch, id, result }));
    }

    fn editor_has_tool(&self, params: &Raw) -> bool {
        let call = params.view::<views::DynamicToolCall>();
        call.is_ok_and(|call| self.world.threads.has_tools(&call.thread_id))
    }

    /// Puts a request before a person. One that cannot be read is refused, with a diagnostic.
    fn ask(&mut self, epoch: u32, id: RpcId, method: &str, params: &Raw) {
        if self.world.approvals.is_full() {
            let no = answers::refusal(method, "Too many requests wait for the person already.");
            return self.respond(epoch, id, no);
        }
        let Some(approval) = self.approval_of(epoch, &id, method, params) else {
            self.diagnose(
                DiagnosticLevel::Error,
                DiagnosticKind::Malformed,
                Some(method),
                format!("The params of {method} could not be read, so it was refused."),
            );
            let message = format!("The params of {method} are not valid.");
            return self.respond(epoch, id, Answer::Error { code: -32602, message });
        };
        self.ask_person(epoch, id, approval);
        // It waits for a person only so long in a run that nobody watches.
        self.automations_woken();
    }

    fn approval_of(&self, epoch: u32, id: &RpcId, method: &str, params: &Raw) -> Option<Approval> {
        let request: Value = params.decode().ok()?;
        let text = |key: &str| request.get(key).and_then(Value::as_str).map(str::to_owned);
        let part = |key: &str| request.get(key).filter(|v| !v.is_null()).map(Raw::of);
        let mut approval = Approval {
            refused_hunks: Vec::new(),
            approval_id: approval_id(self.world.run.unwrap_or_default(), epoch, id),
            kind: ApprovalKind::Elicitation,
            method: method.to_owned(),
            thread_id: text("threadId").map(ThreadId::from),
            turn_id: text("turnId").map(TurnId::from),
            item_id: text("itemId").or_else(|| text("callId")).map(ItemId::from),
            requested_at: self.now.epoch_ms,
            reason: text("reason"),
            cwd: text("cwd"),
            command: None,
            command_actions: None,
            network: None,
            changes: None,
            questions: None,
            elicitation: None,
            permissions: None,
            options: Vec::new(),
            request: params.detached(),
        };
        match method {
            "item/commandExecution/requestApproval" => {
                params.view::<views::CommandApproval>().ok()?;
                approval.kind = ApprovalKind::Command;
                approval.command = text("command");
                approval.command_actions = part("commandActions");
                approval.network = part("networkApprovalContext");
                approval.options = decision_options(&request);
            }
            "item/fileChange/requestApproval" => {
                params.view::<views::FileChangeApproval>().ok()?;
                approval.kind = ApprovalKind::FileChange;
                approval.options = decision_options(&request);
                approval.changes = Some(self.proposed_changes(&approval));
            }
            "item/permissions/requestApproval" => {
                approval.kind = ApprovalKind::Permissions;
                approval.permissions = Some(part("permissions")?);
                approval.options = permission_options(&request);
            }
            "item/tool/requestUserInput" => {
                approval.kind = ApprovalKind::Question;
                approval.questions = Some(part("questions")?);
                approval.options = refusal_option(method, "Skip");
            }
            "mcpServer/elicitation/request" => {
                approval.elicitation = Some(params.detached());
                approval.options = elicitation_options(&request);
            }
            "item/tool/call" => {
                approval.kind = ApprovalKind::ToolCall;
                approval.options = refusal_option(method, "Decline");
            }
            _ => {}
        }
        if approval.cwd.is_none() {
            approval.cwd =
                approval.thread_id.as_ref().and_then(|id| self.world.threads.cwd(id.as_str()));
        }
        Some(approval)
    }

    fn proposed_changes(
        &self,
        approval: &Approval,
    ) -> Vec<crate::protocol::approval::ProposedChange> {
        let (Some(thread), Some(turn), Some(item)) =
            (&approval.thread_id, &approval.turn_id, &approval.item_id)
        else {
            return Vec::new();
        };
        let cwd = self.world.threads.cwd(thread.as_str());
        let raw = self
            .world
            .threads
            .get(thread.as_str())
            .and_then(|entry| entry.file_changes(turn, item));
        raw.map(|raw| proposals::changes(&raw, cwd.as_deref())).unwrap_or_default()
    }
}

/// The schema's own no, as a choice of the person.
fn refusal_option(method: &str, label: &str) -> Vec<DecisionOption> {
    match answers::refusal(method, "The person declined.") {
        Answer::Result(no) => vec![option(&no, label, DecisionScope::No)],
        Answer::Error { .. } => Vec::new(),
    }
}

fn option(decision: &Value, label: &str, scope: DecisionScope) -> DecisionOption {
    DecisionOption { decision: Raw::of(decision), label: label.to_owned(), scope }
}

/// What the server offers, with acceptForSession, decline and cancel where it left them out (they
/// work although unlisted), ordered accept, session, always, decline, stop.
fn decision_options(request: &Value) -> Vec<DecisionOption> {
    let mut decisions: Vec<Value> = request
        .get("availableDecisions")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_else(|| vec![json!("accept")]);
    if let Some(words) = request.get("proposedExecpolicyAmendment").filter(|v| !v.is_null()) {
        add_missing(
            &mut decisions,
            json!({ "acceptWithExecpolicyAmendment": { "execpolicy_amendment": words } }),
        );
    }
    let rules = request.get("proposedNetworkPolicyAmendments").and_then(Value::as_array);
    for rule in rules.into_iter().flatten() {
        add_missing(
            &mut decisions,
            json!({ "applyNetworkPolicyAmendment": { "network_policy_amendment": rule } }),
        );
    }
    for standard in ["acceptForSession", "decline", "cancel"] {
        add_missing(&mut decisions, json!(standard));
    }
    let mut options: Vec<DecisionOption> = decisions.iter().map(described).collect();
    options.sort_by_key(|option| option.scope as u8);
    options
}

fn add_missing(decisions: &mut Vec<Value>, decision: Value) {
    if !decisions.contains(&decision) {
        decisions.push(decision);
    }
}

fn described(decision: &Value) -> DecisionOption {
    if let Some(prefix) = decision.pointer("/acceptWithExecpolicyAmendment/execpolicy_amendment") {
        let words: Vec<&str> =
            prefix.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let label = format!("Always allow `{} …` (every project, for ever)", words.join(" "));
        return option(decision, &label, DecisionScope::Always);
    }
    if let Some(rule) = decision.pointer("/applyNetworkPolicyAmendment/network_policy_amendment") {
        let part = |key: &str| rule.get(key).and_then(Value::as_str).unwrap_or_default();
        let verb = if part("action") == "deny" { "Always block" } else { "Always allow" };
        let label = format!("{verb} {} (every project, for ever)", part("host"));
        return option(decision, &label, DecisionScope::Always);
    }
    let (label, scope) = match decision.as_str() {
        Some("accept") => ("Accept", DecisionScope::Once),
        Some("acceptForSession") => ("Accept for session", DecisionScope::Session),
        Some("decline") => ("Decline", DecisionScope::No),
        Some("cancel") => ("Stop the turn", DecisionScope::Stop),
        Some(other) => (other, DecisionScope::Once),
        None => ("Another choice", DecisionScope::Once),
    };
    option(decision, label, scope)
}

fn permission_options(request: &Value) -> Vec<DecisionOption> {
    let asked = request.get("permissions").cloned().unwrap_or_default();
    let grant = |scope: &str| json!({ "permissions": asked, "scope": scope });
    vec![
        option(&grant("turn"), "Allow for this turn", DecisionScope::Once),
        option(&grant("session"), "Allow for this session", DecisionScope::Session),
        option(&json!({ "permissions": {}, "scope": "turn" }), "Decline", DecisionScope::No),
    ]
}

fn elicitation_options(request: &Value) -> Vec<DecisionOption> {
    let mut options = Vec::new();
    if request.get("mode").and_then(Value::as_str) == Some("url") {
        options.push(option(&json!({ "action": "accept" }), "Done", DecisionScope::Once));
    }
    options.push(option(&json!({ "action": "decline" }), "Decline", DecisionScope::No));
    options.push(option(&json!({ "action": "cancel" }), "Cancel", DecisionScope::Stop));
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(options: &[DecisionOption]) -> Vec<(String, &str, DecisionScope)> {
        options
            .iter()
            .map(|o| (o.decision.as_str().to_owned(), o.label.as_str(), o.scope))
            .collect()
    }

    #[test]
    fn options_the_server_left_out_are_added_and_all_stand_in_order() {
        let request = json!({ "availableDecisions": ["accept",
            { "acceptWithExecpolicyAmendment": { "execpolicy_amendment": ["touch", "a"] } }, "cancel"] });
        assert_eq!(
            shown(&decision_options(&request)),
            [
                (r#""accept""#.into(), "Accept", DecisionScope::Once),
                (r#""acceptForSession""#.into(), "Accept for session", DecisionScope::Session),
                (
                    r#"{"acceptWithExecpolicyAmendment":{"execpolicy_amendment":["touch","a"]}}"#
                        .into(),
                    "Always allow `touch a …` (every project, for ever)",
                    DecisionScope::Always
                ),
                (r#""decline""#.into(), "Decline", DecisionScope::No),
                (r#""cancel""#.into(), "Stop the turn", DecisionScope::Stop),
            ]
        );
    }

    #[test]
    fn a_file_change_offers_the_four_of_the_schema() {
        let scopes: Vec<DecisionScope> =
            decision_options(&json!({})).iter().map(|option| option.scope).collect();
        assert_eq!(
            scopes,
            [DecisionScope::Once, DecisionScope::Session, DecisionScope::No, DecisionScope::Stop]
        );
    }
}
