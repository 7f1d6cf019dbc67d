//! Stories of the core: events in, effects out, compared whole.

// A story hands over what it makes: `json!` on the spot reads better than a reference to it.
#![allow(clippy::needless_pass_by_value)]

mod approvals;
mod atoms;
mod automations;
mod idle;
mod kept;
mod lifecycle;
mod queue;
mod terminals;
mod turns;

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{session::Origin, *};
use crate::{
    codex::Frame,
    protocol::app_server::AppServerState,
    store::{Store, Surroundings},
};

/// A World with what an editor and an app-server would do to it, one call a step.
struct Stage {
    world: World,
    micros: u64,
    next_id: i64,
    home: Arc<TempDir>,
    store: Option<(Store, mpsc::Receiver<store::Event>)>,
    /// What goes to the store stays among the effects, and the story says what comes of it.
    holds_store: bool,
}

impl Stage {
    fn new() -> Self {
        Self::in_home(Arc::new(TempDir::new().unwrap()))
    }

    /// The first moment of a process that has this state directory.
    fn in_home(home: Arc<TempDir>) -> Self {
        let now = Now { epoch_ms: 1_000, micros: 0 };
        let world = World::new("0.0.0", now);
        Self { world, micros: 0, next_id: 100, home, store: None, holds_store: false }
    }

    /// The same place after this process has ended.
    fn restarted(self) -> Self {
        let home = Arc::clone(&self.home);
        drop(self);
        Self::in_home(home)
    }

    /// Opens the store as the wiring does, once, and says which run this is.
    fn open_store(&mut self) -> u64 {
        if let Some(run) = self.world.run {
            return run;
        }
        let (event, events) = mpsc::channel();
        let opened = store::open(Surroundings {
            directory: self.home.path().to_path_buf(),
            now: Box::new(|| 1_000),
            redact: Box::new(Raw::clone),
            events: Arc::new(move |told| drop(event.send(told))),
        });
        self.store = Some((opened.store, events));
        opened.run
    }

    fn keep(&mut self, command: store::Command) -> Vec<Effect> {
        let (store, events) = self.store.as_ref().expect("the store is not open");
        store.send(command);
        let event = events.recv().unwrap();
        self.step(EventKind::Store(event))
    }

    /// An editor that listens to everything, in `/w`, with the app-server ready.
    fn ready() -> Self {
        let mut stage = Self::new();
        stage.connect(1, "one", json!({ "events": ["*"] }));
        stage.app_server_up(1);
        stage
    }

    /// Nothing happens for a while, and then the wiring wakes the core as it asked for.
    fn sleep(&mut self, duration: Duration) -> Vec<Effect> {
        self.micros += u64::try_from(duration.as_micros()).unwrap();
        self.step(EventKind::Woken)
    }

    fn leave(&mut self, session: SessionId) -> Vec<Effect> {
        let reason = crate::protocol::wire::Closed::EndOfFile;
        self.step(EventKind::Incoming(session, Incoming::Closed { reason }))
    }

    fn step(&mut self, kind: EventKind) -> Vec<Effect> {
        self.micros += 1_000;
        let at = Now { epoch_ms: 1_000 + self.micros / 1_000, micros: self.micros };
        let mut effects = Vec::new();
        for effect in step(&mut self.world, Event { at, kind }) {
            match effect {
                // What the wiring does at once.
                Effect::ClaimHome { session, id } => {
                    let result = Ok(self.open_store());
                    effects.extend(self.step(EventKind::HomeClaimed { session, id, result }));
                }
                Effect::Introduced { session, id } => {
                    let result = Ok(Raw::of(&json!({})));
                    let action = Action::Answer { id, result };
                    effects.extend(self.step(EventKind::Action(session, action)));
                }
                Effect::Store(command) if !self.holds_store => {
                    effects.extend(self.keep(command));
                }
                effect => effects.push(effect),
            }
        }
        effects
    }

    fn connect(&mut self, session: u32, name: &str, options: Value) -> Vec<Effect> {
        self.connect_from(Origin::default(), session, name, options)
    }

    fn connect_from(
        &mut self,
        origin: Origin,
        session: u32,
        name: &str,
        options: Value,
    ) -> Vec<Effect> {
        let session = SessionId(session);
        let mut effects = self.step(EventKind::Opened(session, origin));
        let params = json!({
            "clientInfo": { "name": name },
            "workspaceFolders": [{ "uri": "file:///w", "name": "w" }],
            "initializationOptions": options,
        });
        effects.extend(self.request(session, "initialize", params).1);
        let method = "initialized".to_owned();
        let note = Incoming::Notification { method, params: json!({}) };
        effects.extend(self.step(EventKind::Incoming(session, note)));
        effects
    }

    /// Sends a request; the effects, with the id it was sent under.
    fn request(&mut self, session: SessionId, method: &str, params: Value) -> (RpcId, Vec<Effect>) {
        self.next_id += 1;
        let id = RpcId::Number(self.next_id);
        let message = Incoming::Request { id: id.clone(), method: method.to_owned(), params };
        (id, self.step(EventKind::Incoming(session, message)))
    }

    fn app_server_up(&mut self, epoch: u32) -> Vec<Effect> {
        let mut status = self.world.server.status().clone();
        status.state = AppServerState::Starting;
        self.step(EventKind::Codex(codex::Event::Status(status)));
        let version = "0.169.0".to_owned();
        let result = Raw::null();
        self.step(EventKind::Codex(codex::Event::Initialized { epoch, version, result }))
    }

    fn app_server_says(&mut self, epoch: u32, frame: Frame) -> Vec<Effect> {
        let frames = vec![frame];
        self.step(EventKind::Codex(codex::Event::Frames { epoch, frames }))
    }

    fn note(&mut self, method: &str, params: Value) -> Vec<Effect> {
        let epoch = self.world.server.epoch();
        let frame = Frame::Notification { method: method.into(), params: Raw::of(&params) };
        self.app_server_says(epoch, frame)
    }

    fn asks(&mut self, epoch: u32, id: i64, method: &str, params: Value) -> Vec<Effect> {
        let params = Raw::of(&params);
        self.app_server_says(
            epoch,
            Frame::Request { id: RpcId::Number(id), method: method.into(), params },
        )
    }

    /// The app-server's answer to the request that `effects` sent up.
    fn answered(&mut self, effects: &[Effect], result: Value) -> Vec<Effect> {
        self.told_back(effects, Ok(Raw::of(&result)))
    }

    /// Its refusal of that request.
    fn refused(&mut self, effects: &[Effect], message: &str) -> Vec<Effect> {
        let error = RpcError { code: -32600, message: message.into(), data: None };
        self.told_back(effects, Err(error))
    }

    fn told_back(&mut self, effects: &[Effect], result: Result<Raw, RpcError>) -> Vec<Effect> {
        let (token, method) = sent_up(effects);
        let epoch = self.world.server.epoch();
        let elapsed = Duration::ZERO;
        self.app_server_says(epoch, Frame::Response { token, method, result, elapsed })
    }

    /// Opens thread `t` for a session and returns what was sent on the way.
    fn open_thread(&mut self, session: SessionId) {
        self.open_thread_with(session, json!({ "cwd": "/w" }));
    }

    /// The same with these params.
    fn open_thread_with(&mut self, session: SessionId, params: Value) {
        let (_, effects) = self.request(session, "codex/thread/start", params);
        let thread = json!({ "id": "t", "cwd": "/w", "preview": "", "modelProvider": "m",
            "createdAt": 1, "updatedAt": 1, "status": { "type": "idle" }, "cliVersion": "x",
            "source": "vscode", "turns": [], "ephemeral": false, "sessionId": "t" });
        self.answered(
            &effects,
            json!({ "thread": thread, "model": "m", "modelProvider": "m",
            "cwd": "/w", "approvalPolicy": "untrusted", "approvalsReviewer": "user",
            "sandbox": { "type": "readOnly" } }),
        );
        assert!(self.world.threads.is_subscribed("t", session), "the thread was not opened");
    }

    fn ask_command(&mut self, id: i64) -> Vec<Effect> {
        let epoch = self.world.server.epoch();
        let params = json!({ "threadId": "t", "turnId": "u", "itemId": format!("c{id}"), "startedAtMs": 1,
            "command": "touch a", "cwd": "/w", "reason": "why" });
        self.asks(epoch, id, "item/commandExecution/requestApproval", params)
    }
}

/// Token and method of the one request that went up.
fn sent_up(effects: &[Effect]) -> (u64, String) {
    let mut sent = effects.iter().filter_map(|effect| match effect {
        Effect::Codex(codex::Command::Request { token, method, .. }) => {
            Some((*token, method.clone()))
        }
        _ => None,
    });
    let one = sent.next().expect("nothing was sent up");
    assert!(sent.next().is_none(), "more than one request was sent up");
    one
}

/// What went to the app-server and to editors, in order, in a form to compare.
fn told(effects: &[Effect]) -> Vec<(String, Value)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Send(session, Outgoing::Note { method, params }) => {
                Some((format!("{session} {method}"), params.decode().unwrap()))
            }
            Effect::Send(session, Outgoing::Reply { id, result }) => {
                let value = match result {
                    Ok(result) => json!({ "result": result }),
                    Err(error) => json!({ "error": error }),
                };
                Some((format!("{session} reply {id}"), value))
            }
            Effect::Codex(codex::Command::Respond { epoch, id, result }) => {
                let value =
                    result.as_ref().map_or_else(|e| json!({ "error": e.code }), |r| json!(r));
                Some((format!("codex {epoch} respond {id}"), value))
            }
            Effect::Codex(codex::Command::Request { method, .. }) => {
                Some((format!("codex request {method}"), Value::Null))
            }
            Effect::Codex(codex::Command::Forget { .. }) => {
                Some(("codex forget".into(), Value::Null))
            }
            Effect::Codex(codex::Command::Start) => Some(("codex start".into(), Value::Null)),
            Effect::Codex(codex::Command::Stop) => Some(("codex stop".into(), Value::Null)),
            Effect::Quit => Some(("quit".into(), Value::Null)),
            _ => None,
        })
        .collect()
}

/// The names of what was told, without the values.
fn names(effects: &[Effect]) -> Vec<String> {
    told(effects).into_iter().map(|(name, _)| name).collect()
}

/// The kind of the one error that was replied.
fn refusal(effects: &[Effect]) -> Value {
    let errors: Vec<Value> = told(effects)
        .into_iter()
        .filter_map(|(_, value)| value.pointer("/error/data/kind").cloned())
        .collect();
    assert_eq!(errors.len(), 1, "{:?}", told(effects));
    errors[0].clone()
}
