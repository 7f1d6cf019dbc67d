//! The one state machine between an ACP client and the daemon. It takes one message at a time and says what is to be sent;
//! it waits for nothing and nobody.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;
use serde_json::{Value, json};

use crate::protocol::{Failure, Raw, RpcError, RpcId};

use super::{
    abilities::{self, Abilities, Introduction},
    asks::Ask,
    commands::Command,
    opening::Opening,
    options::{self, Model},
    questions::Waiting,
    rpc::{self, Message, error_of},
    session::{Phase, Session},
};

/// What the face takes.
#[derive(Debug)]
pub enum In {
    /// From the client: a message, or why there was none.
    Client(Result<Message, RpcError>),
    Daemon(Message),
    /// There is no daemon to speak with, or no more.
    Gone(Failure),
}

/// What is to be done, in this order.
#[derive(Debug, PartialEq)]
pub enum Out {
    Client(Vec<u8>),
    /// Reach the daemon. What follows is said to it.
    Connect,
    Daemon(Vec<u8>),
}

/// How it stands with the daemon.
#[derive(Debug, Default, PartialEq)]
enum Link {
    #[default]
    Away,
    /// It has not said yet that it takes us.
    Introducing,
    Ready,
}

/// What the answer to a call of the daemon is for.
#[derive(Debug)]
pub enum Call {
    Introduced,
    Models,
    Opened {
        request: RpcId,
        opening: Opening,
    },
    /// A page of the history of a session that is being loaded.
    Page {
        request: RpcId,
        session: String,
    },
    /// What waits for a person in a session that was there before.
    Pending {
        session: String,
    },
    Listed {
        request: RpcId,
    },
    /// Nothing is told but that it was done.
    Done {
        request: RpcId,
    },
    Titled {
        request: RpcId,
        title: String,
    },
    /// A choice of a person; the answer has all options as they are then, or nothing.
    Chosen {
        request: RpcId,
        session: String,
        before: options::Options,
        config: bool,
    },
    /// A prompt was sent; it is known by its message.
    Prompted {
        session: String,
        message: String,
    },
    /// The session was opened again for a prompt.
    Reopened {
        session: String,
        message: String,
    },
    Proposed {
        waiting: Box<Waiting>,
    },
    /// A decision was handed on.
    Decided {
        session: String,
    },
    Command {
        session: String,
        message: String,
        command: Command,
    },
    /// Whether somebody has signed in already.
    Account {
        request: RpcId,
        by_chatgpt: bool,
    },
    SignIn {
        request: RpcId,
    },
    /// Whatever comes of it is told by notes.
    Ignored,
}

/// A request of the client that has not been answered.
#[derive(Debug, Default)]
struct Open {
    /// The session whose prompt it is.
    session: Option<String>,
}

/// The face of one client.
#[derive(Debug, Default)]
pub struct Face {
    pub(super) abilities: Abilities,
    name: String,
    introduced: bool,
    link: Link,
    /// Calls that wait for the daemon to take us.
    held: Vec<(&'static str, Value, Option<Call>)>,
    calls: BTreeMap<u64, Call>,
    /// What the client is asked and has not answered.
    pub(super) asks: BTreeMap<u64, Ask>,
    /// Approvals whose texts are being fetched, and that still wait.
    pub(super) proposing: HashSet<String>,
    open: HashMap<RpcId, Open>,
    pub(super) sessions: HashMap<String, Session>,
    /// Threads of agents that a session's agent started, and that session.
    pub(super) children: HashMap<String, String>,
    pub(super) models: Vec<Model>,
    /// The sign-in that waits for its person.
    pub(super) sign_in: Option<RpcId>,
    last_id: u64,
    out: Vec<Out>,
}

impl Face {
    /// Takes one message. What it says is to be done before the next one.
    pub fn step(&mut self, input: In) -> Vec<Out> {
        match input {
            In::Client(Ok(Message::Request { id, method, params })) => {
                self.request(id, &method, &params);
            }
            In::Client(Ok(Message::Note { method, params })) => self.note(&method, &params),
            In::Client(Ok(Message::Answer { id, result })) => self.client_answered(&id, result),
            In::Client(Err(error)) => self.out.push(Out::Client(rpc::stray(&error))),
            In::Daemon(Message::Note { method, params }) => self.daemon_said(&method, &params),
            In::Daemon(Message::Answer { id, result }) => self.daemon_answered(&id, result),
            In::Daemon(Message::Request { id, method, .. }) => {
                let error =
                    error_of(rpc::METHOD_NOT_FOUND, format!("{method} is nothing for ACP."));
                self.out.push(Out::Daemon(rpc::answer(&id, Err(error))));
            }
            In::Gone(failure) => self.gone(failure),
        }
        std::mem::take(&mut self.out)
    }

    fn request(&mut self, id: RpcId, method: &str, params: &Raw) {
        if self.open.contains_key(&id) {
            let error = error_of(rpc::INVALID_REQUEST, "This id is that of another open request.");
            self.out.push(Out::Client(rpc::answer(&id, Err(error))));
            return;
        }
        self.open.insert(id.clone(), Open::default());
        let params: Value = params.decode().unwrap_or_default();
        if method == "initialize" {
            return self.initialize(&id, &params);
        }
        if !self.introduced {
            let error = error_of(rpc::INVALID_REQUEST, "initialize comes first.");
            return self.refuse(&id, error);
        }
        match method {
            "authenticate" => self.authenticate(id, &params),
            "logout" => {
                self.call("codex/account/logout", json!({}), Call::Done { request: id });
            }
            "session/new" => self.new_session(id, &params),
            "session/load" => self.load_session(id, &params),
            "session/resume" => self.resume_session(id, &params),
            "session/fork" => self.fork_session(id, &params),
            "session/list" => self.list_sessions(id, &params),
            "session/close" => self.close_session(&id, &params),
            "session/delete" => self.delete_session(id, &params),
            "session/set_title" => self.set_title(id, &params),
            "session/set_mode" => {
                let mode = params["modeId"].as_str().unwrap_or_default().to_owned();
                self.choose(id, &params, "mode", &mode, false);
            }
            "session/set_config_option" => {
                let option = params["configId"].as_str().unwrap_or_default().to_owned();
                let value = params["value"].as_str().unwrap_or_default().to_owned();
                self.choose(id, &params, &option, &value, true);
            }
            "session/prompt" => self.prompt(id, &params),
            _ => {
                let error =
                    error_of(rpc::METHOD_NOT_FOUND, format!("There is no method {method}."));
                self.refuse(&id, error);
            }
        }
    }

    fn initialize(&mut self, id: &RpcId, params: &Value) {
        let introduction: Introduction = serde_json::from_value(params.clone()).unwrap_or_default();
        self.abilities = introduction.abilities();
        introduction.name().clone_into(&mut self.name);
        self.introduced = true;
        self.answer(id, &abilities::answer());
        // Met now, so that the first session does not wait for it.
        self.connect();
    }

    fn note(&mut self, method: &str, params: &Raw) {
        let params: Value = params.decode().unwrap_or_default();
        match method {
            "session/cancel" => {
                if let Some(session) = params["sessionId"].as_str() {
                    self.cancel_session(session);
                }
            }
            "$/cancel_request" => {
                if let Ok(id) = serde_json::from_value::<RpcId>(params["requestId"].clone()) {
                    self.cancel_request(&id);
                }
            }
            // Of a newer client, or of an extension: notes are not answered.
            _ => tracing::debug!(method, "a note that is nothing to us"),
        }
    }

    fn cancel_request(&mut self, id: &RpcId) {
        let Some(open) = self.open.get(id) else { return };
        if let Some(session) = open.session.clone() {
            // Its answer is the turn's end.
            return self.cancel_session(&session);
        }
        self.refuse(id, error_of(rpc::CANCELLED, "It was cancelled."));
    }

    fn daemon_said(&mut self, method: &str, params: &Raw) {
        if let Some(method) = method.strip_prefix("codex/") {
            return self.codex_said(method, params);
        }
        match method {
            "outrigger/approval/requested" => {
                if let Ok(told) = params.decode::<Value>() {
                    self.approval_requested(&told["approval"]);
                }
            }
            "outrigger/approval/resolved" => {
                if let Ok(told) = params.decode::<Value>() {
                    self.approval_resolved(&told);
                }
            }
            "outrigger/appServer/status" => {
                if let Ok(status) = params.decode::<Value>() {
                    self.app_server_is(&status);
                }
            }
            _ => {}
        }
    }

    fn daemon_answered(&mut self, id: &RpcId, result: Result<Raw, RpcError>) {
        let RpcId::Number(number) = id else { return };
        let Some(call) = u64::try_from(*number).ok().and_then(|id| self.calls.remove(&id)) else {
            return;
        };
        let result = result.and_then(|raw| {
            raw.decode::<Value>().map_err(|error| {
                error_of(rpc::INTERNAL_ERROR, format!("An answer could not be read: {error}."))
            })
        });
        match call {
            Call::Introduced => self.introduced_to_daemon(result),
            Call::Models => {
                if let Ok(result) = result {
                    self.models = options::models(&result);
                    self.tell_all_options();
                }
            }
            Call::Opened { request, opening } => self.opened(&request, opening, result),
            Call::Page { request, session } => self.page(request, session, result),
            Call::Pending { session } => {
                if let Ok(result) = result {
                    self.pending_approvals(&session, &result);
                }
            }
            Call::Listed { request } => self.listed(&request, result),
            Call::Done { request } => self.finish(&request, result.map(|_| json!({}))),
            Call::Titled { request, title } => {
                self.finish(&request, result.map(|_| json!({ "title": title })));
            }
            Call::Chosen { request, session, before, config } => {
                self.chosen(&request, &session, before, config, result);
            }
            Call::Prompted { session, message } => self.prompted(&session, &message, result),
            Call::Reopened { session, message } => self.reopened(&session, &message, result),
            Call::Proposed { waiting } => self.proposed(&waiting, result),
            Call::Decided { session } => self.decided(&session, result),
            Call::Command { session, message, command } => {
                self.command_answered(&session, &message, command, result);
            }
            Call::Account { request, by_chatgpt } => {
                self.account_is(request, by_chatgpt, result);
            }
            Call::SignIn { request } => self.sign_in_begun(&request, result),
            Call::Ignored => {
                if let Err(error) = result {
                    tracing::debug!(message = error.message, "refused");
                }
            }
        }
    }

    fn connect(&mut self) {
        if self.link != Link::Away {
            return;
        }
        self.link = Link::Introducing;
        self.out.push(Out::Connect);
        let introduction = json!({
            "processId": std::process::id(),
            "clientInfo": { "name": self.name, "version": crate::VERSION },
            "capabilities": {},
            "workspaceFolders": self.folders(),
            "initializationOptions": {
                "events": ["codex", "approval", "appServer"],
                "inline": { "codeLens": false, "diagnostics": false, "prompts": "never" },
            },
        });
        self.send("initialize", &introduction, Call::Introduced);
    }

    fn folders(&self) -> Vec<Value> {
        let folders = self
            .sessions
            .values()
            .flat_map(|session| std::iter::once(&session.cwd).chain(&session.directories));
        folders.filter_map(|folder| super::opening::workspace_folder(folder)).collect()
    }

    fn introduced_to_daemon(&mut self, result: Result<Value, RpcError>) {
        if let Err(error) = result {
            self.link = Link::Away;
            return self.fail_held(&error);
        }
        self.link = Link::Ready;
        self.out.push(Out::Daemon(rpc::note("initialized", &json!({}))));
        self.send("codex/model/list", &json!({}), Call::Models);
        for (method, params, call) in std::mem::take(&mut self.held) {
            match call {
                Some(call) => self.send(method, &params, call),
                None => self.out.push(Out::Daemon(rpc::note(method, &params))),
            }
        }
    }

    /// Calls the daemon, once it takes us.
    pub(super) fn call(&mut self, method: &'static str, params: Value, call: Call) {
        self.connect();
        if self.link == Link::Ready {
            self.send(method, &params, call);
        } else {
            self.held.push((method, params, Some(call)));
        }
    }

    fn send(&mut self, method: &str, params: &Value, call: Call) {
        self.last_id += 1;
        self.calls.insert(self.last_id, call);
        self.out.push(Out::Daemon(rpc::request(self.last_id, method, params)));
    }

    /// Tells the daemon something, once it takes us.
    pub(super) fn tell_daemon(&mut self, method: &'static str, params: Value) {
        self.connect();
        if self.link == Link::Ready {
            self.out.push(Out::Daemon(rpc::note(method, &params)));
        } else {
            self.held.push((method, params, None));
        }
    }

    /// Asks the client. The number names the question.
    pub(super) fn ask(&mut self, method: &str, params: &Value, ask: Ask) {
        self.last_id += 1;
        self.asks.insert(self.last_id, ask);
        self.out.push(Out::Client(rpc::request(self.last_id, method, params)));
    }

    pub(super) fn tell(&mut self, line: Vec<u8>) {
        self.out.push(Out::Client(line));
    }

    pub(super) fn answer(&mut self, id: &RpcId, result: &impl Serialize) {
        self.finish_raw(id, Ok(Raw::of(result)));
    }

    pub(super) fn refuse(&mut self, id: &RpcId, error: RpcError) {
        self.finish_raw(id, Err(error));
    }

    /// Answers with what came of a call.
    pub(super) fn finish(&mut self, id: &RpcId, result: Result<Value, RpcError>) {
        self.finish_raw(id, result.map(|result| Raw::of(&result)).map_err(refusal));
    }

    /// The one place where the client is answered. What was cancelled has had its answer.
    fn finish_raw(&mut self, id: &RpcId, result: Result<Raw, RpcError>) {
        if self.open.remove(id).is_some() {
            self.out.push(Out::Client(rpc::answer(id, result)));
        }
    }

    /// Cancelling this request cancels the turn of this session.
    pub(super) fn belongs_to(&mut self, id: &RpcId, session: &str) {
        if let Some(open) = self.open.get_mut(id) {
            open.session = Some(session.to_owned());
        }
    }

    /// The session that the params name, if it is open here.
    pub(super) fn session_of(&mut self, id: &RpcId, params: &Value) -> Option<String> {
        let session = params["sessionId"].as_str().unwrap_or_default();
        if self.sessions.contains_key(session) {
            return Some(session.to_owned());
        }
        let why = format!("Session {session} is not open: load or resume it first.");
        self.refuse(id, error_of(rpc::NOT_FOUND, why));
        None
    }

    /// The daemon has ended, or cannot be reached: what waits for it fails, and the next call tries again.
    fn gone(&mut self, failure: Failure) {
        let error = RpcError::from(failure);
        self.link = Link::Away;
        self.models.clear();
        let calls: Vec<Call> = std::mem::take(&mut self.calls).into_values().collect();
        for call in calls {
            self.fail(call, &error);
        }
        self.fail_held(&error);
        self.withdraw_all();
        self.proposing.clear();
        for session in self.sessions.values_mut() {
            session.attached = false;
            session.phase = Phase::Live;
        }
        let sessions: Vec<String> = self.sessions.keys().cloned().collect();
        for session in sessions {
            self.turn_lost(&session, &error);
        }
        if let Some(request) = self.sign_in.take() {
            self.finish(&request, Err(error));
        }
    }

    fn fail_held(&mut self, error: &RpcError) {
        for (_, _, call) in std::mem::take(&mut self.held) {
            if let Some(call) = call {
                self.fail(call, error);
            }
        }
    }

    fn fail(&mut self, call: Call, error: &RpcError) {
        match call {
            Call::Opened { request, .. }
            | Call::Page { request, .. }
            | Call::Listed { request }
            | Call::Done { request }
            | Call::Titled { request, .. }
            | Call::Account { request, .. }
            | Call::SignIn { request } => self.finish(&request, Err(error.clone())),
            Call::Chosen { request, session, before, .. } => {
                if let Some(session) = self.sessions.get_mut(&session) {
                    session.options = before;
                }
                self.finish(&request, Err(error.clone()));
            }
            Call::Prompted { session, message }
            | Call::Reopened { session, message }
            | Call::Command { session, message, .. } => {
                self.prompt_failed(&session, &message, error.clone());
            }
            Call::Introduced
            | Call::Models
            | Call::Pending { .. }
            | Call::Proposed { .. }
            | Call::Decided { .. }
            | Call::Ignored => {}
        }
    }
}

/// An error of the daemon as ACP has it, where `-32000` says that somebody has to sign in.
pub(super) fn refusal(error: RpcError) -> RpcError {
    let RpcError { code, mut message, data } = error;
    let kind = data.as_ref().and_then(|data| data["kind"].as_str()).unwrap_or_default();
    if let Some(hint) = data.as_ref().and_then(|data| data["hint"].as_str()) {
        message = format!("{message} {hint}");
    }
    let is_unknown = kind == "threadUnknown"
        || ["thread not found", "thread not loaded", "no rollout found", "invalid thread id"]
            .iter()
            .any(|why| message.contains(why));
    let code = match code {
        _ if is_unknown => rpc::NOT_FOUND,
        rpc::INVALID_PARAMS | rpc::CANCELLED | rpc::METHOD_NOT_FOUND | rpc::AUTH_REQUIRED
            if code != rpc::AUTH_REQUIRED || kind == "authRequired" =>
        {
            code
        }
        _ => rpc::INTERNAL_ERROR,
    };
    RpcError { code, message, data }
}
