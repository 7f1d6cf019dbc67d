//! What codex asks a person, as the client asks it; and the answers.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::{
    paths,
    protocol::{Raw, RpcError, RpcId},
};

use super::{
    face::{Call, Face},
    fragments,
    items::{command_title, edit_title},
    questions::{self, Waiting},
    session::{Phase, Session},
    update::{self, Voice},
};

/// A question that the client has and has not answered.
#[derive(Debug)]
pub struct Ask {
    /// The approval that it is about; empty for a sign-in.
    pub approval: String,
    pub session: String,
    /// The tool call that it stands at.
    pub call: Option<String>,
    pub answers: Answers,
}

/// What an answer means.
#[derive(Debug)]
pub enum Answers {
    Options(Vec<Choice>),
    /// A form of codex' own questions, or of an MCP server.
    Form(Box<Waiting>),
    /// A page that an MCP server wants to be opened.
    Page(Box<Waiting>),
    /// The questions one by one.
    OneByOne(Box<questions::OneByOne>),
    SignIn,
}

/// One answer that is offered.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub id: String,
    pub name: String,
    pub kind: &'static str,
    pub decision: Value,
    /// It ends the turn.
    pub stops: bool,
}

impl Choice {
    fn shown(&self) -> Value {
        json!({ "optionId": self.id, "name": self.name, "kind": self.kind })
    }
}

/// The choices of an approval, in the daemon's order: what the app-server offers, a no after which the turn goes on, and
/// the stop.
pub fn choices(approval: &Value) -> Vec<Choice> {
    let options = approval["options"].as_array().into_iter().flatten();
    let choice = |(at, option): (usize, &Value)| {
        let decision = option["decision"].clone();
        let scope = option["scope"].as_str().unwrap_or_default();
        let denies = decision
            .pointer("/applyNetworkPolicyAmendment/network_policy_amendment/action")
            == Some(&json!("deny"));
        Choice {
            id: decision.as_str().map_or_else(|| format!("{scope}-{at}"), str::to_owned),
            name: option["label"].as_str().unwrap_or_default().to_owned(),
            kind: match scope {
                "session" | "always" if denies => "reject_always",
                "session" | "always" => "allow_always",
                "no" | "stop" => "reject_once",
                _ => "allow_once",
            },
            stops: scope == "stop",
            decision,
        }
    };
    options.enumerate().map(choice).collect()
}

impl Face {
    /// Codex asks. Of sessions that are not open here others are asked.
    pub(super) fn approval_requested(&mut self, approval: &Value) {
        let thread = approval["threadId"].as_str().unwrap_or_default();
        let name = if self.sessions.contains_key(thread) {
            thread.to_owned()
        } else if let Some(parent) = self.children.get(thread) {
            parent.clone()
        } else {
            return;
        };
        let Some(session) = self.sessions.get(&name) else { return };
        if matches!(session.phase, Phase::Loading { .. }) {
            // It is asked for once the history is told.
            return;
        }
        let waiting = Waiting { session: name, approval: approval.clone() };
        match approval["kind"].as_str() {
            Some("fileChange") => {
                let id = approval["approvalId"].as_str().unwrap_or_default();
                self.proposing.insert(id.to_owned());
                let params = json!({ "approvalId": id });
                let call = Call::Proposed { waiting: Box::new(waiting) };
                self.call("outrigger/approval/proposed", params, call);
            }
            Some("question") => self.ask_questions(waiting),
            Some("elicitation") => self.ask_elicitation(&waiting),
            // A tool of another editor, which answers it.
            Some("toolCall") => {}
            _ => {
                let call = call_of(approval, session);
                self.ask_permission(&waiting, &call, choices(approval));
            }
        }
    }

    /// The texts of a change of files are known, or why they are not.
    pub(super) fn proposed(&mut self, waiting: &Waiting, result: Result<Value, RpcError>) {
        let approval = &waiting.approval;
        let id = approval["approvalId"].as_str().unwrap_or_default();
        if !self.proposing.remove(id) || result.as_ref().is_err_and(is_settled) {
            // It was decided meanwhile.
            return;
        }
        let files = result.ok().and_then(|mut result| match result["files"].take() {
            Value::Array(files) => Some(files),
            _ => None,
        });
        let files = files.unwrap_or_default();
        let Some(session) = self.sessions.get_mut(&waiting.session) else { return };
        let mut call = call_of(approval, session);
        let diffs: Vec<Value> = files.iter().filter_map(whole_diff).collect();
        if diffs.len() == files.len() && !diffs.is_empty() {
            call["content"] = diffs.into();
            let id = approval["itemId"].as_str().unwrap_or_default();
            if let Some(shown) = session.shown.get_mut(id) {
                shown.whole = true;
            }
        }
        if let Some(reason) = approval["reason"].as_str().filter(|reason| !reason.is_empty())
            && let Some(content) = call["content"].as_array_mut()
        {
            content.push(update::content(reason));
        }
        let conflicts = files.iter().filter_map(|file| file["conflict"].as_str());
        let conflicts: Vec<Value> = conflicts.map(update::content).collect();
        if let Some(content) = call["content"].as_array_mut() {
            content.extend(conflicts);
        }
        let choices = choices(approval);
        self.ask_permission(waiting, &call, choices);
    }

    pub(super) fn ask_permission(&mut self, waiting: &Waiting, call: &Value, choices: Vec<Choice>) {
        let params = json!({
            "sessionId": waiting.session,
            "toolCall": call,
            "options": choices.iter().map(Choice::shown).collect::<Vec<_>>(),
        });
        let ask = waiting.ask(Answers::Options(choices));
        self.ask("session/request_permission", &params, ask);
    }

    pub(super) fn client_answered(&mut self, id: &RpcId, result: Result<Raw, RpcError>) {
        let RpcId::Number(id) = id else { return };
        // Withdrawn, and so of no consequence.
        let Some(ask) = u64::try_from(*id).ok().and_then(|id| self.asks.remove(&id)) else {
            return;
        };
        let result = match result {
            Ok(result) => result.decode::<Value>().unwrap_or_default(),
            Err(error) => return self.not_asked(&ask, &error),
        };
        match ask.answers {
            Answers::Options(choices) => {
                if let Some(choice) = chosen(&choices, &result) {
                    self.decide(&ask.session, &ask.approval, &choice.decision);
                }
            }
            Answers::Form(waiting) => self.form_answered(&waiting, &result),
            Answers::Page(waiting) => self.page_answered(&waiting, &result),
            Answers::OneByOne(questions) => self.question_answered(*questions, &result),
            Answers::SignIn => self.sign_in_answered(&result),
        }
    }

    /// The client could not ask. The question still waits: it is said where else it can be answered.
    fn not_asked(&mut self, ask: &Ask, error: &RpcError) {
        if matches!(ask.answers, Answers::SignIn) {
            return self.sign_in_failed(error.message.clone());
        }
        let why = format!(
            "Codex waits for a decision that this client could not ask for ({}). Decide it in another editor, or with `outrigger approvals`.",
            error.message
        );
        self.tell(update::text(&ask.session, Voice::Agent, &ask.approval, &why));
    }

    pub(super) fn decide(&mut self, session: &str, approval: &str, decision: &Value) {
        let params = json!({ "approvalId": approval, "decision": decision });
        let decided = Call::Decided { session: session.to_owned() };
        self.call("outrigger/approval/decide", params, decided);
    }

    pub(super) fn decided(&mut self, session: &str, result: Result<Value, RpcError>) {
        let Err(error) = result else { return };
        // Somebody else was first, which is as good.
        if !is_settled(&error) {
            let why = format!("The decision was not taken: {}", error.message);
            self.tell(update::text(session, Voice::Agent, "decision", &why));
        }
    }

    /// Nobody has to decide it any more: the question is taken back.
    pub(super) fn approval_resolved(&mut self, told: &Value) {
        let approval = told["approvalId"].as_str().unwrap_or_default();
        self.proposing.remove(approval);
        let asks = self.asks.iter().filter(|(_, ask)| ask.approval == approval);
        let ids: Vec<u64> = asks.map(|(id, _)| *id).collect();
        for id in ids {
            let Some(ask) = self.withdraw(id) else { continue };
            // A client that does not know of withdrawn questions takes the call's next step for it.
            if told["outcome"] == "decided"
                && let Some(call) = &ask.call
            {
                let goes_on = json!({
                    "sessionUpdate": "tool_call_update",
                    "toolCallId": call,
                    "status": "in_progress",
                });
                self.tell(update::update(&ask.session, &goes_on));
            }
        }
    }

    fn withdraw(&mut self, id: u64) -> Option<Ask> {
        let ask = self.asks.remove(&id)?;
        self.tell(super::rpc::note("$/cancel_request", &json!({ "requestId": id })));
        Some(ask)
    }

    pub(super) fn withdraw_of(&mut self, session: &str) {
        let asks = self.asks.iter().filter(|(_, ask)| ask.session == session);
        let ids: Vec<u64> = asks.map(|(id, _)| *id).collect();
        for id in ids {
            self.withdraw(id);
        }
    }

    pub(super) fn withdraw_all(&mut self) {
        let ids: Vec<u64> = self.asks.keys().copied().collect();
        for id in ids {
            self.withdraw(id);
        }
    }
}

/// What the client's person chose. `cancelled` means that the turn was.
fn chosen<'a>(choices: &'a [Choice], result: &Value) -> Option<&'a Choice> {
    let outcome = &result["outcome"];
    match outcome["outcome"].as_str()? {
        "selected" => choices.iter().find(|choice| outcome["optionId"] == *choice.id),
        "cancelled" => choices.iter().find(|choice| choice.stops),
        _ => None,
    }
}

pub fn is_settled(error: &RpcError) -> bool {
    let kind = error.data.as_ref().and_then(|data| data["kind"].as_str());
    matches!(kind, Some("approvalResolved" | "approvalUnknown"))
}

/// The tool call that an approval stands at, with what it is about.
fn call_of(approval: &Value, session: &Session) -> Value {
    let text = |name: &str| approval[name].as_str().filter(|text| !text.is_empty());
    let id = text("itemId").or_else(|| text("approvalId")).unwrap_or_default();
    let mut call = json!({ "toolCallId": id, "status": "pending" });
    let mut content: Vec<Value> = Vec::new();
    match text("kind") {
        Some("command") => {
            let actions = approval["commandActions"].as_array().map_or(&[][..], Vec::as_slice);
            let host = approval["network"]["host"].as_str();
            call["kind"] = "execute".into();
            call["title"] = match (text("command"), host) {
                (Some(command), _) => command_title(command, actions),
                (None, Some(host)) => format!("Connect to {host}"),
                (None, None) => "Run a command".to_owned(),
            }
            .into();
            call["rawInput"] = json!({ "command": approval["command"], "cwd": approval["cwd"] });
            if session.shown.get(id).is_some_and(|shown| shown.terminal) {
                content.push(json!({ "type": "terminal", "terminalId": id }));
            }
            content.extend(host.map(|host| update::content(&format!("Connects to {host}."))));
            content.extend(text("reason").map(update::content));
        }
        Some("fileChange") => {
            let changes = approval["changes"].as_array().map_or(&[][..], Vec::as_slice);
            let changes: Vec<(&str, PathBuf)> = changes
                .iter()
                .filter_map(|change| {
                    let uri = change["movedTo"].as_str().or_else(|| change["uri"].as_str())?;
                    Some((change["kind"].as_str()?, paths::from_uri(uri)?))
                })
                .collect();
            call["kind"] = "edit".into();
            call["title"] =
                edit_title(changes.iter().map(|(kind, path)| (*kind, path.as_path()))).into();
            let locations = changes.iter().map(|(_, path)| json!({ "path": path }));
            call["locations"] = locations.collect::<Vec<_>>().into();
            content =
                session.shown.get(id).map_or_else(Vec::new, |shown| shown.call.content.clone());
        }
        _ => {
            call["kind"] = "other".into();
            call["title"] = "Grant permissions".into();
            content.extend(text("reason").map(update::content));
            if let Ok(asked) = serde_json::to_string_pretty(&approval["permissions"]) {
                content.push(update::verbatim(&asked));
            }
        }
    }
    call["content"] = content.into();
    call
}

/// ACP's diff of a proposed file; `None` where its texts cannot be shown.
fn whole_diff(file: &Value) -> Option<Value> {
    let path = paths::from_uri(file["movedTo"].as_str().or_else(|| file["uri"].as_str())?)?;
    let path: &Path = &path;
    let (old, new) = (file["oldText"].as_str(), file["newText"].as_str());
    match file["kind"].as_str()? {
        "delete" => Some(fragments::diff(path, Some(old?), "")),
        "add" => Some(fragments::diff(path, None, new?)),
        _ => Some(fragments::diff(path, Some(old?), new?)),
    }
}
