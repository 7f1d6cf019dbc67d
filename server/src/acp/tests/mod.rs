//! The face without a pipe: what a client and a daemon say, and what each is told for it. Whatever the client is told is held
//! to the schema of the protocol.

#![expect(
    clippy::needless_pass_by_value,
    reason = "a story hands over what it makes: `json!` on the spot reads better than a reference to it"
)]

mod asked;
mod schema;
mod sessions;
mod turns;

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{
    face::{Face, In, Out},
    rpc::{self, Message, error_of},
};
use crate::protocol::{Failure, FailureKind, Raw, RpcId};

/// A conversation with a face.
struct Story {
    face: Face,
    last_id: i64,
    /// The methods of the client's open requests.
    open: HashMap<i64, String>,
    /// What the client was told and has not looked at.
    told: Vec<Value>,
    /// What the daemon was asked and has not answered, and notes.
    asked: Vec<Value>,
    connections: usize,
}

impl Story {
    /// A client with these capabilities, and a daemon that has taken it in.
    fn with(capabilities: Value) -> Self {
        let mut story = Self {
            face: Face::default(),
            last_id: 0,
            open: HashMap::new(),
            told: Vec::new(),
            asked: Vec::new(),
            connections: 0,
        };
        let id = story.request(
            "initialize",
            json!({ "protocolVersion": 1, "clientCapabilities": capabilities, "clientInfo": { "name": "Client", "version": "1" } }),
        );
        story.result(id);
        story.take_in();
        story
    }

    fn begun() -> Self {
        Self::with(json!({}))
    }

    /// The daemon takes the client in, and lists no models.
    fn take_in(&mut self) {
        self.answer("initialize", json!({}));
        assert_eq!(self.note_to_daemon("initialized"), json!({}));
        self.answer("codex/model/list", json!({ "data": [] }));
    }

    fn step(&mut self, input: In) {
        for out in self.face.step(input) {
            match out {
                Out::Connect => self.connections += 1,
                Out::Daemon(body) => self.asked.push(serde_json::from_slice(&body).unwrap()),
                Out::Client(line) => {
                    let message: Value = serde_json::from_slice(&line).unwrap();
                    let method = message["method"].as_str().map(str::to_owned);
                    let method = method.or_else(|| self.open.remove(&message["id"].as_i64()?));
                    schema::check(method.as_deref(), &message);
                    self.told.push(message);
                }
            }
        }
    }

    /// The client asks for something.
    fn request(&mut self, method: &str, params: Value) -> i64 {
        self.last_id += 1;
        self.open.insert(self.last_id, method.to_owned());
        let id = RpcId::Number(self.last_id);
        let message = Message::Request { id, method: method.to_owned(), params: Raw::of(&params) };
        self.step(In::Client(Ok(message)));
        self.last_id
    }

    fn note(&mut self, method: &str, params: Value) {
        let message = Message::Note { method: method.to_owned(), params: Raw::of(&params) };
        self.step(In::Client(Ok(message)));
    }

    /// The client answers a question.
    fn reply(&mut self, id: &Value, result: Value) {
        let id = RpcId::Number(id.as_i64().unwrap());
        self.step(In::Client(Ok(Message::Answer { id, result: Ok(Raw::of(&result)) })));
    }

    /// The client's answer to a question is an error.
    fn reply_error(&mut self, id: &Value, code: i64) {
        let id = RpcId::Number(id.as_i64().unwrap());
        let result = Err(error_of(code, "not here"));
        self.step(In::Client(Ok(Message::Answer { id, result })));
    }

    /// The daemon tells something.
    fn daemon(&mut self, method: &str, params: Value) {
        let message = Message::Note { method: method.to_owned(), params: Raw::of(&params) };
        self.step(In::Daemon(message));
    }

    /// The app-server tells something of thread `t`.
    fn codex(&mut self, method: &str, mut params: Value) {
        params["threadId"] = "t".into();
        self.daemon(&format!("codex/{method}"), params);
    }

    /// The oldest call of this method that the daemon has not answered, with its params.
    fn call(&mut self, method: &str) -> (RpcId, Value) {
        let at = self.asked.iter().position(|asked| asked["method"] == method);
        let at = at.unwrap_or_else(|| panic!("no {method} among {:?}", self.asked));
        let call = self.asked.remove(at);
        (RpcId::Number(call["id"].as_i64().unwrap()), call["params"].clone())
    }

    /// The daemon answers the oldest call of this method. Returns the params.
    fn answer(&mut self, method: &str, result: Value) -> Value {
        let (id, params) = self.call(method);
        self.step(In::Daemon(Message::Answer { id, result: Ok(Raw::of(&result)) }));
        params
    }

    fn refuse(&mut self, method: &str, kind: FailureKind, message: &str) {
        let (id, _) = self.call(method);
        let result = Err(Failure::new(kind, message).into());
        self.step(In::Daemon(Message::Answer { id, result }));
    }

    fn note_to_daemon(&mut self, method: &str) -> Value {
        let at = self.asked.iter().position(|asked| asked["method"] == method).unwrap();
        assert_eq!(self.asked[at].get("id"), None);
        self.asked.remove(at)["params"].take()
    }

    /// Session `t` in `/w`.
    fn session(&mut self) {
        let id = self.request("session/new", json!({ "cwd": "/w", "mcpServers": [] }));
        self.note_to_daemon("workspace/didChangeWorkspaceFolders");
        self.answer("codex/thread/start", opened());
        self.result(id);
        self.told.clear();
    }

    /// Prompts session `t`, and has the app-server begin turn `u`. The id of the request.
    fn turn(&mut self) -> i64 {
        let id = self.request("session/prompt", prompt("Go"));
        self.answer("codex/turn/start", json!({ "turn": { "id": "u", "status": "inProgress" } }));
        self.codex("turn/started", json!({ "turn": { "id": "u" } }));
        id
    }

    fn turn_ends(&mut self, status: &str) {
        self.codex("turn/completed", json!({ "turn": { "id": "u", "status": status } }));
    }

    /// The result of a request of the client.
    fn result(&mut self, id: i64) -> Value {
        let is_it = |told: &Value| told["id"] == id && told.get("method").is_none();
        let at = self.told.iter().position(is_it);
        let at = at.unwrap_or_else(|| panic!("no answer to {id} in {:?}", self.told));
        let mut answer = self.told.remove(at);
        assert_eq!(answer.get("error"), None);
        answer["result"].take()
    }

    /// Code and message of the error that answered a request of the client.
    fn error(&mut self, id: i64) -> (i64, String) {
        let at = self.told.iter().position(|told| told["id"] == id).unwrap();
        let answer = self.told.remove(at);
        let error = &answer["error"];
        (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())
    }

    fn is_answered(&self, id: i64) -> bool {
        !self.open.contains_key(&id)
    }

    /// All updates of session `t` that were not looked at.
    fn updates(&mut self) -> Vec<Value> {
        let (updates, rest) = std::mem::take(&mut self.told)
            .into_iter()
            .partition(|told| told["method"] == "session/update");
        self.told = rest;
        let of_t = |mut told: Value| {
            assert_eq!(told["params"]["sessionId"], "t");
            told["params"]["update"].take()
        };
        Vec::into_iter(updates).map(of_t).collect()
    }

    /// The next question to the client: its id and its params.
    fn question(&mut self, method: &str) -> (Value, Value) {
        let at = self.told.iter().position(|told| told["method"] == method);
        let at = at.unwrap_or_else(|| panic!("no {method} in {:?}", self.told));
        let mut asked = self.told.remove(at);
        (asked["id"].take(), asked["params"].take())
    }

    fn gone(&mut self) {
        self.asked.clear();
        self.step(In::Gone(Failure::new(FailureKind::DaemonGone, "It has ended.")));
    }
}

/// What the app-server says of a thread that it opened.
fn opened() -> Value {
    json!({
        "thread": { "id": "t" },
        "cwd": "/w",
        "model": "big",
        "reasoningEffort": null,
        "approvalPolicy": "on-request",
        "sandbox": { "type": "workspaceWrite" },
    })
}

fn prompt(text: &str) -> Value {
    json!({ "sessionId": "t", "prompt": [{ "type": "text", "text": text }] })
}

#[test]
fn nothing_is_answered_before_the_introduction_and_nothing_twice() {
    let mut face = Face::default();
    let mut ask = |id: i64, method: &str| {
        let id = RpcId::Number(id);
        let params = Raw::of(&json!({ "protocolVersion": 9 }));
        let message = Message::Request { id, method: method.to_owned(), params };
        let outs = face.step(In::Client(Ok(message)));
        let Some(Out::Client(line)) = outs.first() else { panic!("{outs:?}") };
        serde_json::from_slice::<Value>(line).unwrap()
    };
    assert_eq!(ask(1, "session/list")["error"]["code"], rpc::INVALID_REQUEST);
    // One version is spoken here, whatever the client would rather have.
    assert_eq!(ask(2, "initialize")["result"]["protocolVersion"], 1);
    assert_eq!(ask(3, "session/imagine")["error"]["code"], rpc::METHOD_NOT_FOUND);
}
