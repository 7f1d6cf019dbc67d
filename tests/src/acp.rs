//! An ACP client at the other end of `outrigger acp`: one line of JSON each way.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::Arc;
use std::thread;

use serde_json::{Value, json};

use crate::inbox::Inbox;
use crate::{Ask, Workspace, programs};

/// A running client. Dropping it leaves as clients do, and fails the story if the exit code is not 0.
pub struct AcpClient {
    inbox: Arc<Inbox>,
    stdin: RefCell<Option<ChildStdin>>,
    child: RefCell<Child>,
    next_id: Cell<i64>,
}

impl AcpClient {
    /// A client with the daemon of the workspace.
    pub fn launch(workspace: &Workspace) -> Self {
        workspace.will_share();
        Self::start(workspace, &[])
    }

    /// A client with an Outrigger of its own.
    pub fn launch_solo(workspace: &Workspace) -> Self {
        Self::start(workspace, &["--solo"])
    }

    fn start(workspace: &Workspace, arguments: &[&str]) -> Self {
        let mut command = workspace.command(programs::outrigger());
        let codex = programs::codex().parent().unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(codex.to_owned())
            .chain(std::env::split_paths(&path))
            .collect::<Vec<_>>();
        command.env("PATH", std::env::join_paths(path).unwrap());
        command.arg("acp").args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let inbox = Arc::new(Inbox::new());
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let reader = Arc::clone(&inbox);
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                match serde_json::from_str(&line) {
                    Ok(message) => reader.push(message),
                    Err(error) => return reader.end(format!("{line} is no message: {error}")),
                }
            }
            reader.end("the end of stdout".into());
        });
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let logger = Arc::clone(&inbox);
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                logger.log("  ", &line);
            }
        });
        let stdin = RefCell::new(child.stdin.take());
        let client = Self { inbox, stdin, child: RefCell::new(child), next_id: Cell::new(1) };
        client.call(
            "initialize",
            json!({
                "protocolVersion": 1,
                "clientCapabilities": {},
                "clientInfo": { "name": "acp-client", "title": "ACP Client", "version": "1" },
            }),
        );
        client
    }

    pub fn pid(&self) -> u32 {
        self.child.borrow().id()
    }

    /// Writes a line as it is.
    pub fn write(&self, line: &str) {
        self.inbox.log("->", line);
        let mut stdin = self.stdin.borrow_mut();
        let stdin = stdin.as_mut().expect("stdin is closed");
        stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Sends a request and returns its id, for [`AcpClient::response`].
    pub fn ask_for(&self, method: &str, params: Value) -> i64 {
        let id = self.next_id.replace(self.next_id.get() + 1);
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.write(&request.to_string());
        id
    }

    /// Waits for the answer to a request: its result or its error.
    pub fn response(&self, id: i64) -> Result<Value, Value> {
        let is_answer = |message: &Value| message["id"] == id && message.get("method").is_none();
        let mut answer = self.inbox.take(&format!("answer to request {id}"), is_answer);
        match answer.get_mut("error") {
            Some(error) => Err(error.take()),
            None => Ok(answer["result"].take()),
        }
    }

    /// A request that has to succeed.
    pub fn call(&self, method: &str, params: Value) -> Value {
        let response = self.response(self.ask_for(method, params));
        response.unwrap_or_else(|error| panic!("{method} failed: {error}"))
    }

    /// A session in the workspace's repository.
    pub fn session(&self, workspace: &Workspace) -> String {
        let params = json!({ "cwd": workspace.folder(), "mcpServers": [] });
        let session = self.call("session/new", params);
        session["sessionId"].as_str().unwrap().to_owned()
    }

    /// A session in which codex asks before everything that is not known to be harmless.
    pub fn asked_session(&self, workspace: &Workspace) -> String {
        let session = self.session(workspace);
        let asks =
            json!({ "sessionId": session, "configId": "approval_policy", "value": "untrusted" });
        self.call("session/set_config_option", asks);
        session
    }

    /// Prompts a session; the id of the request.
    pub fn prompt(&self, session: &str, text: &str) -> i64 {
        let prompt = json!([{ "type": "text", "text": text }]);
        self.ask_for("session/prompt", json!({ "sessionId": session, "prompt": prompt }))
    }

    /// The stop reason of a prompt.
    pub fn stop_reason(&self, prompt: i64) -> String {
        self.response(prompt).unwrap()["stopReason"].as_str().unwrap().to_owned()
    }

    /// The next question.
    pub fn ask(&self, method: &str) -> Ask {
        let is_it = |message: &Value| message["method"] == method && message.get("id").is_some();
        let mut message = self.inbox.take(method, is_it);
        Ask { id: message["id"].take(), params: message["params"].take() }
    }

    /// Answers a permission request.
    pub fn select(&self, ask: &Ask, option: &str) {
        let outcome = json!({ "outcome": { "outcome": "selected", "optionId": option } });
        self.write(&json!({ "jsonrpc": "2.0", "id": ask.id, "result": outcome }).to_string());
    }

    /// The params of the next note that is wanted.
    pub fn note_where(&self, method: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let is_it = |message: &Value| {
            message["method"] == method && message.get("id").is_none() && wanted(&message["params"])
        };
        self.inbox.take(method, is_it)["params"].take()
    }

    /// The next error that answers no request.
    pub fn stray_error(&self) -> Value {
        let is_it = |message: &Value| message.get("method").is_none() && message["id"].is_null();
        self.inbox.take("an error without an id", is_it)["error"].take()
    }
}

impl Drop for AcpClient {
    fn drop(&mut self) {
        drop(self.stdin.borrow_mut().take());
        let mut child = self.child.borrow_mut();
        if thread::panicking() {
            eprintln!("transcript of the ACP client\n{}", self.inbox.transcript());
            let _ = child.kill();
            let _ = child.wait();
            return;
        }
        self.inbox.await_end();
        assert_eq!(child.wait().unwrap().code(), Some(0), "exit code");
    }
}
