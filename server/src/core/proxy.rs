//! `codex/*`: the app-server's own methods, passed through unchanged.

use std::time::Duration;

use serde_json::Value;

use super::{
    Effect, Purpose, Step, World,
    app_server::{Passage, Work},
};
use crate::{
    codex::{Command, contract, requests, views},
    protocol::{
        Failure, FailureKind, Outgoing, Raw, RpcError, RpcId, SessionId, ThreadId,
        app_server::{DiagnosticKind, DiagnosticLevel},
    },
};

/// Notes about a thread that every session gets, so that its list of threads is right.
const FOR_EVERYONE: &[&str] = &[
    "thread/started",
    "thread/status/changed",
    "thread/name/updated",
    "thread/archived",
    "thread/unarchived",
    "thread/deleted",
    "thread/closed",
    "thread/readState/changed",
    "thread/section/changed",
    "thread/project/updated",
];

/// How long a request waits for the app-server before it fails with `appServerTimeout`.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(2);

/// Commands and sign-ins take as long as they take; all else has a bound.
fn timeout_of(method: &str) -> Option<Duration> {
    match method {
        "command/exec"
        | "thread/shellCommand"
        | "process/spawn"
        | "thread/sample"
        | "mcpServer/oauth/login"
        | "mcpServer/tool/call"
        | "thread/compact/start" => None,
        _ => Some(REQUEST_TIMEOUT),
    }
}

/// The result of these names a thread that the session follows from then on.
pub(super) fn opens_thread(method: &str) -> bool {
    matches!(method, "thread/start" | "thread/resume" | "thread/fork")
}

impl Step<'_> {
    /// Sends a request upstream for a purpose of ours or of an editor.
    pub(super) fn upstream(&mut self, method: &str, params: Raw, purpose: Purpose) -> u64 {
        if method == "turn/start" {
            self.turn_comes(&params);
        }
        let token = self.token(purpose);
        self.effects.push(Effect::Codex(Command::Request {
            token,
            method: method.to_owned(),
            params,
            timeout: timeout_of(method),
        }));
        token
    }

    pub(super) fn ask_upstream(&mut self, request: &requests::Request, purpose: Purpose) {
        self.upstream(request.method, Raw::of(&request.params), purpose);
    }

    pub(super) fn proxy(&mut self, session: SessionId, id: RpcId, method: &str, params: &Value) {
        if method == "initialize" {
            let failure = Failure::new(
                FailureKind::PolicyDenied,
                "Outrigger itself speaks initialize with the app-server.",
            );
            return self.fail(session, id, failure);
        }
        if !self.may_use_server(session, &id) {
            return;
        }
        let thread = thread_of(params);
        match self.world.server.passage(thread.as_ref()) {
            Passage::Go => self.pass_on(session, id, method, params, thread),
            Passage::Hold => {
                let work = Work::Proxy { method: method.to_owned(), params: params.clone() };
                self.hold(session, id, thread, work);
            }
            Passage::Refuse(failure) => self.fail(session, id, failure),
        }
    }

    pub(super) fn pass_on(
        &mut self,
        session: SessionId,
        id: RpcId,
        method: &str,
        params: &Value,
        thread: Option<ThreadId>,
    ) {
        if method == "thread/unsubscribe"
            && let Some(thread) = &thread
            && self.leave_thread(session, thread)
        {
            // Others still listen: upstream hears of it with the last one.
            let result = serde_json::json!({ "status": "unsubscribed" });
            return self.answer(session, id, &result);
        }
        if let (Some(thread), Some(state)) = (&thread, self.world.sessions.get_mut(&session))
            && method.starts_with("turn/")
        {
            state.last_thread = Some(thread.clone());
        }
        self.note_sent(method, params);
        let purpose = Purpose::Editor {
            session,
            id: id.clone(),
            method: method.to_owned(),
            thread,
            tools: params.get("dynamicTools").is_some_and(|tools| !tools.is_null()),
            config: params.get("config").filter(|_| opens_thread(method)).cloned(),
        };
        let token = self.upstream(method, params_for(method, params), purpose);
        let open = self.world.sessions.get_mut(&session).and_then(|s| s.open.get_mut(&id));
        if let Some(open) = open {
            open.token = Some(token);
        }
    }

    pub(super) fn proxy_notification(&mut self, session: SessionId, method: &str, params: &Value) {
        let trusted = self.world.sessions.get(&session).is_some_and(|session| session.trusted);
        if method == "initialized" || !trusted || self.world.server.living().is_none() {
            return self.refused(Some(method), "the app-server does not take it now");
        }
        let command = Command::Notify { method: method.to_owned(), params: Raw::of(params) };
        self.effects.push(Effect::Codex(command));
    }

    pub(super) fn response(&mut self, token: u64, result: Result<Raw, RpcError>) {
        let Some(purpose) = self.world.purposes.remove(&token) else { return };
        match purpose {
            Purpose::Editor { session, id, method, thread, tools, config } => {
                if let (Ok(result), Some(thread)) = (&result, &thread)
                    && method == "turn/start"
                {
                    self.turn_accepted(thread, result);
                }
                if let Ok(result) = &result
                    && opens_thread(&method)
                {
                    let thread = self.thread_opened(session, &method, result);
                    if let (Some(thread), Some(config)) = (&thread, config) {
                        self.world.threads.entry(thread, self.now.micros).config = Some(config);
                    }
                    self.note_tools(thread.filter(|_| tools));
                }
                self.reply(session, id, result);
            }
            Purpose::Resume { thread } => self.resumed(&thread, result),
            Purpose::Command(flow) => self.command_answered(flow, result),
            Purpose::History(flow) => self.history_answered(flow, result),
            Purpose::Queued { thread, message } => self.queued_sent(&thread, &message, result),
            Purpose::Running { session, id, thread } => {
                self.running_answered(session, id, &thread, result);
            }
            Purpose::EndProcess { session, id } => {
                self.reply(session, id, result.map(|_| Raw::of(&crate::protocol::host::Done {})));
            }
            Purpose::Refusal(flow) => self.refusal_told(flow, result),
            Purpose::Arrived { thread } => self.arrivals_listed(&thread, result),
            Purpose::Automation(flow) => self.run_answered(flow, result),
            Purpose::Sandboxed { terminal } => self.sandbox_ended(terminal, result),
            Purpose::Typed { terminal } => self.typed_arrived(&terminal),
            Purpose::Halting { terminal } => self.halting(terminal, result),
            Purpose::Halted { terminal } => self.elsewhere_gone(terminal),
            Purpose::Proposal { .. }
            | Purpose::Hunk(_)
            | Purpose::Edit(_)
            | Purpose::UndoLast { .. }
            | Purpose::Shown { .. }
            | Purpose::Turn(_)
            | Purpose::Settings { .. }
            | Purpose::Stored(_)
            | Purpose::Grant { .. }
            | Purpose::Directory { .. }
            | Purpose::Terminal(_)
            | Purpose::Rest => {}
        }
    }

    /// The process was gone before a request got to it. An editor's own waits for the next process.
    pub(super) fn unsent(&mut self, token: u64, method: String, params: &Raw) {
        let thread = match self.world.purposes.get(&token) {
            Some(Purpose::Editor { thread, .. }) => thread.clone(),
            _ => None,
        };
        let refused = match self.world.server.passage(thread.as_ref()) {
            Passage::Refuse(failure) => Some(failure),
            Passage::Go | Passage::Hold => None,
        };
        match self.world.purposes.remove(&token) {
            Some(Purpose::Editor { session, id, thread, .. }) if refused.is_none() => {
                let open = self.world.sessions.get_mut(&session).and_then(|s| s.open.get_mut(&id));
                // Cancelled meanwhile, it is answered already.
                let Some(open) = open else { return };
                open.token = None;
                let params = params.decode().unwrap_or_default();
                self.hold(session, id, thread, Work::Proxy { method, params });
            }
            Some(purpose) => {
                let failure = refused.unwrap_or_else(|| self.world.server.down());
                self.world.purposes.insert(token, purpose);
                self.response(token, Err(failure.into()));
            }
            None => {}
        }
    }

    /// A note of the app-server: reduced, told as changes, and passed on as it came.
    pub(super) fn note_upstream(&mut self, method: &str, params: &Raw) {
        let thread = views::thread_id(params).map(|id| ThreadId::from(&*id));
        if !contract::is_known_notification(method) {
            self.diagnose(
                DiagnosticLevel::Info,
                DiagnosticKind::UnknownNotification,
                Some(method),
                format!("The app-server sent {method}, which this Outrigger does not know. It was passed on."),
            );
        }
        self.before_note(method, params);
        self.reduce(method, thread.as_ref(), params);
        self.turn_noted(method, thread.as_ref(), params);
        self.pass_note(method, thread.as_ref(), params);
        self.after_note(method, thread.as_ref(), params);
    }

    fn pass_note(&mut self, method: &str, thread: Option<&ThreadId>, params: &Raw) {
        let everyone = thread.is_none() || FOR_EVERYONE.contains(&method);
        let mut note = None;
        let World { sessions, threads, .. } = &mut *self.world;
        for session in sessions.values_mut() {
            let follows = |thread: &ThreadId| threads.is_subscribed(thread.as_str(), session.id);
            let listens = session.trusted
                && session.events.wants_upstream(method)
                && (everyone || thread.is_some_and(follows));
            if listens {
                let note = note.get_or_insert_with(|| Outgoing::Note {
                    method: format!("codex/{method}").into(),
                    params: params.clone(),
                });
                session.deliver(note.clone(), &mut self.effects);
            }
        }
    }

    pub(super) fn garbled_upstream(&mut self, message: String) {
        self.diagnose(DiagnosticLevel::Warning, DiagnosticKind::Garbled, None, message);
    }
}

/// `params` may be left out where nothing is required; the app-server wants an object there, or,
/// for a few methods, nothing at all.
fn params_for(method: &str, params: &Value) -> Raw {
    let empty = params.as_object().is_some_and(serde_json::Map::is_empty);
    if contract::takes_no_params(method) && empty {
        Raw::null()
    } else if params.is_null()
        && contract::is_known_request(method)
        && !contract::takes_no_params(method)
    {
        Raw::of(&serde_json::json!({}))
    } else {
        Raw::of(params)
    }
}

pub(super) fn thread_of(params: &Value) -> Option<ThreadId> {
    params.get("threadId").and_then(Value::as_str).map(ThreadId::from)
}
