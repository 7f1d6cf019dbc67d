//! What the stories say to codex through an editor, in one line each; and the app-server without Outrigger.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::{Editor, Workspace, programs};

impl Editor {
    /// Starts a thread in the workspace's folder that asks before everything, and returns its id.
    pub fn start_thread(&self) -> String {
        self.start_thread_with(json!({}))
    }

    /// The same with further params of `thread/start`.
    pub fn start_thread_with(&self, options: Value) -> String {
        let mut params = json!({ "cwd": self.folder(), "approvalPolicy": "untrusted" });
        let Value::Object(options) = options else { panic!("params are an object") };
        params.as_object_mut().unwrap().extend(options);
        text(&self.call("codex/thread/start", params)["thread"]["id"])
    }

    /// Starts a turn with this prompt and returns its id.
    pub fn start_turn(&self, thread: &str, prompt: &str) -> String {
        text(&self.call("codex/turn/start", turn(thread, prompt))["turn"]["id"])
    }

    /// Waits for the end of a turn and returns its status.
    pub fn turn_end(&self, turn: &str) -> String {
        let note = self.note_where("codex/turn/completed", |note| note["turn"]["id"] == turn);
        text(&note["turn"]["status"])
    }

    /// Starts a turn and waits for its end.
    pub fn play(&self, thread: &str, prompt: &str) -> String {
        self.turn_end(&self.start_turn(thread, prompt))
    }

    /// The next approval that is asked for.
    pub fn approval(&self) -> Value {
        self.note("outrigger/approval/requested")["approval"].take()
    }

    pub fn decide(&self, approval: &Value, decision: Value) -> Result<Value, Value> {
        let params = json!({ "approvalId": approval["approvalId"], "decision": decision });
        self.request("outrigger/approval/decide", params)
    }

    /// What became of an approval, from its `resolved` note: outcome and who decided.
    pub fn resolved(&self, approval: &Value) -> (Value, Value) {
        let mut note = self.note_where("outrigger/approval/resolved", |note| {
            note["approvalId"] == approval["approvalId"]
        });
        (note["outcome"].take(), note["decidedBy"].take())
    }
}

/// The params of `turn/start`.
pub fn turn(thread: &str, prompt: &str) -> Value {
    json!({ "threadId": thread, "input": [{ "type": "text", "text": prompt }] })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// A connection to an app-server of its own, with nothing of ours between.
pub struct Direct {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    next_id: Cell<i64>,
}

impl Direct {
    pub fn start(workspace: &Workspace) -> Self {
        let mut command = workspace.command(programs::codex());
        command
            .arg("app-server")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut direct = Self { child, stdin, stdout, next_id: Cell::new(1) };
        let client = json!({ "name": "outrigger", "title": "Outrigger", "version": "0.1.0" });
        let capabilities = json!({ "experimentalApi": true });
        direct
            .request("initialize", json!({ "clientInfo": client, "capabilities": capabilities }))
            .unwrap();
        direct.write(&json!({ "method": "initialized" }));
        direct
    }

    /// Sends a request and returns its result or its error.
    pub fn request(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.next_id.replace(self.next_id.get() + 1);
        self.write(&json!({ "id": id, "method": method, "params": params }));
        loop {
            let mut line = String::new();
            assert_ne!(self.stdout.read_line(&mut line).unwrap(), 0, "the app-server ended");
            let mut message: Value = serde_json::from_str(&line).unwrap();
            if message["id"] == id && message.get("method").is_none() {
                return match message.get_mut("error") {
                    Some(error) => Err(error.take()),
                    None => Ok(message["result"].take()),
                };
            }
        }
    }

    fn write(&mut self, message: &Value) {
        writeln!(self.stdin.as_mut().unwrap(), "{message}").unwrap();
    }
}

impl Drop for Direct {
    fn drop(&mut self) {
        drop(self.stdin.take());
        self.child.wait().unwrap();
    }
}
