//! Prompts, and the turns that answer them.

use serde_json::{Value, json};

use crate::protocol::{RpcError, RpcId};

use super::{
    commands::{self, Command},
    face::{Call, Face, refusal},
    prompt,
    rpc::{self, error_of},
    session::{Awaited, Ending, Prompt, Work},
    update,
};

impl Face {
    pub(super) fn prompt(&mut self, id: RpcId, params: &Value) {
        let Some(name) = self.session_of(&id, params) else { return };
        let blocks = params["prompt"].as_array().map_or(&[][..], Vec::as_slice);
        let asked = match commands::read(blocks) {
            Some(command) => Ok(command),
            None => prompt::input(blocks).map(|input| Command::Work(Work::Turn { input })),
        };
        let command = match asked {
            Ok(command) => command,
            Err(why) => return self.refuse(&id, error_of(rpc::INVALID_PARAMS, why)),
        };
        self.belongs_to(&id, &name);
        let Some(session) = self.sessions.get_mut(&name) else { return };
        let message = format!("acp-{}-{id}-{}", std::process::id(), session.prompts.len());
        let waits = session.stopping && session.running.is_some();
        let (work, is_work) = match &command {
            Command::Work(work) => (work.clone(), true),
            _ => (Work::Turn { input: Vec::new() }, false),
        };
        let turn = if waits && is_work { Awaited::Unsent } else { Awaited::Unknown };
        session.prompts.push(Prompt {
            request: id,
            message: message.clone(),
            work,
            turn,
            cancelled: false,
        });
        let attached = session.attached;
        if !is_work {
            self.run_command(&name, &message, command);
        } else if !attached {
            let mut request = session.opening.clone();
            request.insert("threadId".into(), name.clone().into());
            request.insert("excludeTurns".into(), true.into());
            let call = Call::Reopened { session: name, message };
            self.call("codex/thread/resume", request.into(), call);
        } else if !waits {
            self.send_prompt(&name, &message);
        }
    }

    /// The daemon that had the thread open has ended; the one that runs now has opened it again.
    pub(super) fn reopened(&mut self, name: &str, message: &str, result: Result<Value, RpcError>) {
        if let Err(error) = result {
            return self.prompt_failed(name, message, error);
        }
        if let Some(session) = self.sessions.get_mut(name) {
            session.attached = true;
        }
        self.send_prompt(name, message);
    }

    fn send_prompt(&mut self, name: &str, message: &str) {
        let Some(session) = self.sessions.get_mut(name) else { return };
        let Some(prompt) = session.prompts.iter_mut().find(|prompt| prompt.message == message)
        else {
            return;
        };
        if prompt.cancelled {
            return self.answer_prompt(name, message, Ok(json!({ "stopReason": "cancelled" })));
        }
        prompt.turn = Awaited::Unknown;
        let (method, params) = match &prompt.work {
            Work::Turn { input } => (
                "codex/turn/start",
                json!({ "threadId": name, "input": input, "clientUserMessageId": message }),
            ),
            Work::Review { target } => (
                "codex/review/start",
                json!({ "threadId": name, "target": target, "delivery": "inline" }),
            ),
            Work::Compact => {
                prompt.turn = Awaited::Next;
                ("codex/thread/compact/start", json!({ "threadId": name }))
            }
        };
        let call = Call::Prompted { session: name.to_owned(), message: message.to_owned() };
        self.call(method, params, call);
    }

    pub(super) fn prompted(&mut self, name: &str, message: &str, result: Result<Value, RpcError>) {
        let result = match result {
            Ok(result) => result,
            Err(error) => return self.prompt_failed(name, message, error),
        };
        let Some(session) = self.sessions.get_mut(name) else { return };
        let Some(prompt) = session.prompts.iter_mut().find(|prompt| prompt.message == message)
        else {
            return;
        };
        let Some(turn) = result["turn"]["id"].as_str() else { return };
        prompt.turn = Awaited::Is(turn.to_owned());
        session.last_turn = Some(turn.to_owned());
        if let Some((ended, ending)) = session.ended.clone().filter(|(ended, _)| ended == turn) {
            self.end_prompts(name, &ended, &ending);
        }
    }

    pub(super) fn prompt_failed(&mut self, name: &str, message: &str, error: RpcError) {
        self.answer_prompt(name, message, Err(error));
    }

    /// Answers a prompt. One that was cancelled ends as cancelled, whatever came of it.
    pub(super) fn answer_prompt(
        &mut self,
        name: &str,
        message: &str,
        result: Result<Value, RpcError>,
    ) {
        let Some(session) = self.sessions.get_mut(name) else { return };
        let Some(at) = session.prompts.iter().position(|prompt| prompt.message == message) else {
            return;
        };
        let prompt = session.prompts.remove(at);
        if prompt.cancelled {
            return self.answer(&prompt.request, &json!({ "stopReason": "cancelled" }));
        }
        self.finish(&prompt.request, result);
    }

    /// The person stops what goes on in a session, whoever began it.
    pub(super) fn cancel_session(&mut self, name: &str) {
        let Some(session) = self.sessions.get_mut(name) else { return };
        let mut unsent = Vec::new();
        for prompt in &mut session.prompts {
            prompt.cancelled = true;
            if prompt.turn == Awaited::Unsent {
                unsent.push(prompt.message.clone());
            }
        }
        for message in unsent {
            self.answer_prompt(name, &message, Ok(Value::Null));
        }
        self.interrupt(name);
    }

    fn interrupt(&mut self, name: &str) {
        let Some(session) = self.sessions.get_mut(name) else { return };
        if let Some(turn) = session.running.clone() {
            session.stopping = true;
            let request = json!({ "threadId": name, "turnId": turn });
            self.call("codex/turn/interrupt", request, Call::Ignored);
        }
    }

    pub(super) fn turn_started(&mut self, name: &str, turn: &str) {
        let Some(session) = self.sessions.get_mut(name) else { return };
        session.running = Some(turn.to_owned());
        session.last_turn = Some(turn.to_owned());
        session.stopping = false;
        session.spoken.clear();
        for prompt in session.prompts.iter_mut().filter(|prompt| prompt.turn == Awaited::Next) {
            prompt.turn = Awaited::Is(turn.to_owned());
        }
        if session.prompts.iter().any(|prompt| prompt.cancelled) {
            // It was stopped before it had begun.
            self.interrupt(name);
        }
    }

    pub(super) fn turn_ended(&mut self, name: &str, turn: &Value) {
        let id = turn["id"].as_str().unwrap_or_default();
        let ending = Ending {
            status: turn["status"].as_str().unwrap_or_default().to_owned(),
            error: turn["error"].clone(),
        };
        self.close_calls(name, ending.status == "completed");
        let Some(session) = self.sessions.get_mut(name) else { return };
        session.running = None;
        session.stopping = false;
        session.spoken.clear();
        session.ended = Some((id.to_owned(), ending.clone()));
        self.end_prompts(name, id, &ending);
        let unsent: Vec<String> = self.sessions.get(name).map_or_else(Vec::new, |session| {
            let unsent = session.prompts.iter().filter(|prompt| prompt.turn == Awaited::Unsent);
            unsent.map(|prompt| prompt.message.clone()).collect()
        });
        for message in unsent {
            self.send_prompt(name, &message);
        }
    }

    fn end_prompts(&mut self, name: &str, turn: &str, ending: &Ending) {
        for message in
            self.messages_of(name, |awaited| matches!(awaited, Awaited::Is(id) if id == turn))
        {
            self.answer_prompt(name, &message, stop_reason(ending));
        }
    }

    fn messages_of(&self, name: &str, is_it: impl Fn(&Awaited) -> bool) -> Vec<String> {
        let prompts = self.sessions.get(name).map_or(&[][..], |session| &session.prompts);
        let prompts = prompts.iter().filter(|prompt| is_it(&prompt.turn));
        prompts.map(|prompt| prompt.message.clone()).collect()
    }

    /// What ran the turn is gone, and will say nothing more of it.
    pub(super) fn turn_lost(&mut self, name: &str, error: &RpcError) {
        self.close_calls(name, false);
        if let Some(session) = self.sessions.get_mut(name) {
            session.running = None;
            session.stopping = false;
            session.spoken.clear();
        }
        for message in self.messages_of(name, |awaited| *awaited != Awaited::Unknown) {
            self.answer_prompt(name, &message, Err(error.clone()));
        }
    }

    pub(super) fn app_server_is(&mut self, status: &Value) {
        if !matches!(status["state"].as_str(), Some("restarting" | "failed" | "stopped")) {
            return;
        }
        let why = status["lastError"]["message"].as_str().unwrap_or("The app-server has ended.");
        let error = error_of(rpc::INTERNAL_ERROR, why);
        let names: Vec<String> = self.sessions.keys().cloned().collect();
        for name in names {
            self.turn_lost(&name, &error);
        }
    }

    /// Tool calls that nothing more will be heard of have failed. A command may outlive a turn that was completed.
    fn close_calls(&mut self, name: &str, completed: bool) {
        let Some(session) = self.sessions.get_mut(name) else { return };
        let mut closed = Vec::new();
        for shown in session.shown.values_mut() {
            let goes_on = completed && matches!(shown.call.kind, "execute" | "read" | "search");
            if !shown.call.is_over() && !goes_on {
                shown.call.status = "failed";
                closed.push(json!({
                    "sessionUpdate": "tool_call_update",
                    "toolCallId": shown.call.id,
                    "status": "failed",
                }));
            }
        }
        session.shown.retain(|_, shown| !shown.call.is_over());
        for closed in closed {
            self.tell(update::update(name, &closed));
        }
    }
}

/// What the end of a turn is to ACP.
fn stop_reason(ending: &Ending) -> Result<Value, RpcError> {
    let stop = |reason: &str| Ok(json!({ "stopReason": reason }));
    match ending.status.as_str() {
        "interrupted" => stop("cancelled"),
        "failed" => match ending.error["codexErrorInfo"].as_str() {
            Some("contextWindowExceeded" | "sessionBudgetExceeded") => stop("max_tokens"),
            Some("cyberPolicy" | "misalignmentPolicyViolation" | "inferenceHookDenied") => {
                stop("refusal")
            }
            info => {
                let message = ending.error["message"].as_str().unwrap_or("The turn failed.");
                let code = if info == Some("unauthorized") {
                    rpc::AUTH_REQUIRED
                } else {
                    rpc::INTERNAL_ERROR
                };
                let details = &ending.error["additionalDetails"];
                let mut error = error_of(code, message);
                error.data = Some(json!({
                    "kind": if code == rpc::AUTH_REQUIRED { "authRequired" } else { "turnFailed" },
                    "codexErrorInfo": ending.error["codexErrorInfo"],
                    "details": details,
                }));
                Err(refusal(error))
            }
        },
        _ => stop("end_turn"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_of_a_turn_has_its_reason() {
        let reason = |status: &str, error: Value| {
            stop_reason(&Ending { status: status.into(), error })
                .map(|result| result["stopReason"].as_str().unwrap().to_owned())
                .map_err(|error| (error.code, error.message))
        };
        let failed =
            |info: Value| reason("failed", json!({ "message": "No.", "codexErrorInfo": info }));
        assert_eq!(reason("completed", Value::Null), Ok("end_turn".into()));
        assert_eq!(reason("of a newer codex", Value::Null), Ok("end_turn".into()));
        assert_eq!(reason("interrupted", Value::Null), Ok("cancelled".into()));
        assert_eq!(failed(json!("contextWindowExceeded")), Ok("max_tokens".into()));
        assert_eq!(failed(json!("cyberPolicy")), Ok("refusal".into()));
        assert_eq!(failed(json!("unauthorized")), Err((rpc::AUTH_REQUIRED, "No.".into())));
        assert_eq!(failed(json!("serverOverloaded")), Err((rpc::INTERNAL_ERROR, "No.".into())));
        assert_eq!(
            failed(json!({ "httpConnectionFailed": { "httpStatusCode": 502 } })),
            Err((rpc::INTERNAL_ERROR, "No.".into()))
        );
    }
}
