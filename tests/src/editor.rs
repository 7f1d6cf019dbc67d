//! An editor at the other end of `outrigger`'s stdio.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ExitStatus};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::inbox::Inbox;
use crate::{PATIENCE, frame, processes, wire};

/// How long a process of ours, or one that codex started, may outlive the editor or the daemon.
pub(crate) const AFTERLIFE: Duration = Duration::from_secs(3);

/// A running editor. Dropping it ends the session as an editor does, and fails the story if a message was left unread,
/// if the exit code is not 0, or if a process remains.
pub struct Editor {
    inbox: Arc<Inbox>,
    stdin: RefCell<Option<ChildStdin>>,
    exit: mpsc::Receiver<ExitStatus>,
    pid: u32,
    tree: Tree,
    folder: PathBuf,
    introduction: Value,
    overlooked: Vec<&'static str>,
    next_id: Cell<i64>,
    introduced: Cell<bool>,
    ended: Cell<bool>,
    given_up: Cell<bool>,
}

/// Which processes came of an editor, by the mark in their environment.
pub(crate) enum Tree {
    /// Its own ones, which end with it.
    Own(String),
    /// All of its workspace, which end with that: it shares them.
    OfWorkspace(String),
}

impl Tree {
    fn mark(&self) -> &str {
        match self {
            Self::Own(mark) | Self::OfWorkspace(mark) => mark,
        }
    }
}

/// A request of the server that the editor has to answer.
#[derive(Debug)]
pub struct Ask {
    pub id: Value,
    pub params: Value,
}

impl Editor {
    pub(crate) fn new(
        mut child: Child,
        tree: Tree,
        folder: PathBuf,
        introduction: Value,
        overlooked: Vec<&'static str>,
    ) -> Self {
        let inbox = Arc::new(Inbox::new());
        let pid = child.id();
        let stdin = RefCell::new(child.stdin.take());
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let reader = Arc::clone(&inbox);
        thread::spawn(move || read(stdout, &reader));
        let logger = Arc::clone(&inbox);
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                logger.log("  ", &line);
            }
        });
        let (told, exit) = mpsc::channel();
        thread::spawn(move || told.send(child.wait().unwrap()));
        Self {
            inbox,
            stdin,
            exit,
            pid,
            tree,
            folder,
            introduction,
            overlooked,
            next_id: Cell::new(1),
            introduced: Cell::new(false),
            ended: Cell::new(false),
            given_up: Cell::new(false),
        }
    }

    /// Sends `initialize` and, once it is answered, `initialized`.
    pub fn initialize(&self) -> Result<Value, Value> {
        let result = self.request("initialize", self.introduction.clone())?;
        self.notify("initialized", json!({}));
        self.introduced.set(true);
        Ok(result)
    }

    /// The params of `initialize`.
    pub fn introduction(&self) -> &Value {
        &self.introduction
    }

    /// The first workspace folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The process that was started: outrigger, or the shell above it.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Every process that came of this editor, with its command line; of one that shares a daemon, of its workspace.
    pub fn processes(&self) -> Vec<(u32, String)> {
        processes::with_mark(self.tree.mark())
    }

    /// What is left of those after `bound`; returns as soon as none is.
    pub fn remaining(&self, bound: Duration) -> Vec<(u32, String)> {
        self.remaining_of(|_| true, bound)
    }

    /// The same of the processes whose command line is wanted.
    pub fn remaining_of(
        &self,
        wanted: impl Fn(&str) -> bool,
        bound: Duration,
    ) -> Vec<(u32, String)> {
        processes::remaining(self.tree.mark(), wanted, bound)
    }

    /// The pid of the app-server.
    pub fn app_server(&self) -> u32 {
        let all = self.processes();
        let found = all.iter().find(|(_, command)| command.contains("app-server"));
        found.unwrap_or_else(|| panic!("no app-server among {all:?}")).0
    }

    /// Writes bytes as they are.
    pub fn write(&self, bytes: &[u8]) {
        self.inbox.log("->", &String::from_utf8_lossy(&bytes[..bytes.len().min(2_000)]));
        let mut stdin = self.stdin.borrow_mut();
        let stdin = stdin.as_mut().expect("stdin is closed");
        stdin.write_all(bytes).unwrap();
        stdin.flush().unwrap();
    }

    /// Sends one message.
    pub fn send(&self, message: &Value) {
        self.write(&frame(message));
    }

    pub fn notify(&self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request and returns its id, for [`Editor::response`].
    pub fn ask_for(&self, method: &str, params: Value) -> i64 {
        let id = self.next_id.replace(self.next_id.get() + 1);
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// The same when the other end may be gone by now.
    pub fn try_to_ask_for(&self, method: &str, params: Value) -> i64 {
        let id = self.next_id.replace(self.next_id.get() + 1);
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        if let Some(stdin) = &mut *self.stdin.borrow_mut() {
            self.inbox.log("->", &request.to_string());
            let _ = stdin.write_all(&frame(&request)).and_then(|()| stdin.flush());
        }
        id
    }

    /// Waits for the answer to a request: its result or its error.
    pub fn response(&self, id: i64) -> Result<Value, Value> {
        self.response_or_end(id).unwrap_or_else(|| panic!("no answer to request {id}"))
    }

    /// The same; none when the wire ended before the answer.
    pub fn response_or_end(&self, id: i64) -> Option<Result<Value, Value>> {
        let is_answer = |message: &Value| message["id"] == id && message.get("method").is_none();
        let what = format!("answer to request {id}");
        let mut answer = self.inbox.take_or_end(&what, is_answer).ok()?;
        assert_eq!(answer["jsonrpc"], "2.0");
        Some(match answer.get_mut("error") {
            Some(error) => Err(error.take()),
            None => Ok(answer["result"].take()),
        })
    }

    /// The ids of the next so many answers, in the order in which they came.
    pub fn answers_in_order(&self, count: usize) -> Vec<i64> {
        let is_answer = |message: &Value| message.get("method").is_none();
        let next = |_| self.inbox.take("an answer", is_answer)["id"].as_i64().unwrap();
        (0..count).map(next).collect()
    }

    pub fn request(&self, method: &str, params: Value) -> Result<Value, Value> {
        self.response(self.ask_for(method, params))
    }

    /// A request that has to succeed.
    pub fn call(&self, method: &str, params: Value) -> Value {
        self.request(method, params).unwrap_or_else(|error| panic!("{method} failed: {error}"))
    }

    /// A request that has to fail, and its error.
    pub fn refused(&self, method: &str, params: Value) -> Value {
        match self.request(method, params) {
            Ok(result) => panic!("{method} succeeded: {result}"),
            Err(error) => error,
        }
    }

    /// The params of the next note of this method.
    pub fn note(&self, method: &str) -> Value {
        self.note_where(method, |_| true)
    }

    /// The params of the next note of this method that is wanted.
    pub fn note_where(&self, method: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let is_it = |message: &Value| is_note(message, method) && wanted(&message["params"]);
        self.inbox.take(method, is_it)["params"].take()
    }

    /// The params of all notes of this method that came in so far and were not looked at.
    pub fn notes_so_far(&self, method: &str) -> Vec<Value> {
        let notes = self.inbox.take_all(|message| is_note(message, method));
        notes.into_iter().map(|mut note| note["params"].take()).collect()
    }

    /// Everything not looked at yet whose method begins like this, in order.
    pub fn rest(&self, prefix: &str) -> Vec<Value> {
        self.inbox.take_all(|message| {
            message["method"].as_str().is_some_and(|method| method.starts_with(prefix))
        })
    }

    /// How many notes came in whose method begins like this, looked at or not.
    pub fn notes_ever(&self, prefix: &str) -> usize {
        self.inbox.count(|message| {
            message["method"].as_str().is_some_and(|method| method.starts_with(prefix))
        })
    }

    /// Waits until `done`, and does `meanwhile` whenever something has come in.
    pub fn until(&self, done: impl Fn(&Self) -> bool, mut meanwhile: impl FnMut(&Self)) {
        let mut seen = 0;
        while !done(self) {
            meanwhile(self);
            seen = self.inbox.await_more(seen);
        }
    }

    /// The next request of the server with this method.
    pub fn ask(&self, method: &str) -> Ask {
        let is_it = |message: &Value| message["method"] == method && message.get("id").is_some();
        let mut message = self.inbox.take(method, is_it);
        Ask { id: message["id"].take(), params: message["params"].take() }
    }

    pub fn answer(&self, ask: &Ask, result: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "id": ask.id, "result": result }));
    }

    /// The next message that has no method and no id of ours: what answers a broken frame.
    pub fn stray_error(&self) -> Value {
        let is_it = |message: &Value| message.get("method").is_none() && message["id"].is_null();
        self.inbox.take("an error without an id", is_it)["error"].take()
    }

    /// Leaves what comes in unread from here on, or reads on.
    pub fn read_on(&self, on: bool) {
        self.inbox.pause(!on);
    }

    /// Closes stdin.
    pub fn hang_up(&self) {
        self.inbox.log("->", "end of stdin");
        drop(self.stdin.borrow_mut().take());
    }

    /// Waits for the end of the process that was started.
    pub fn exit_status(&self) -> ExitStatus {
        let status = self.exit.recv_timeout(PATIENCE).expect("the process goes on");
        self.ended.set(true);
        status
    }

    /// Sends SIGKILL to the process that was started.
    pub fn kill(&self) {
        processes::kill(self.pid);
    }

    /// Its end is a part of the story: what it had not read yet does not matter.
    pub fn give_up(&self) {
        self.given_up.set(true);
        self.ended.set(true);
        self.hang_up();
    }

    /// Ends the session as LSP has it and returns the exit code.
    pub fn leave(&self) -> Option<i32> {
        self.call("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.exit_status().code()
    }

    fn unread(&self) -> Vec<Value> {
        let is_overlooked = |message: &Value| {
            let method = message["method"].as_str();
            method.is_some_and(|method| self.overlooked.iter().any(|o| method.starts_with(o)))
        };
        self.inbox.take_all(|message| !is_overlooked(message))
    }

    fn end_of_story(&self) {
        if self.given_up.get() {
            return;
        }
        if !self.ended.get() {
            if self.introduced.get() {
                assert_eq!(self.leave(), Some(0), "exit code");
            } else {
                self.hang_up();
                self.exit_status();
            }
        }
        if matches!(self.tree, Tree::Own(_)) {
            assert_eq!(self.remaining(AFTERLIFE), [], "processes that remain");
        }
        self.inbox.await_end();
        let unread = self.unread();
        assert!(
            unread.is_empty(),
            "left unread: {}",
            serde_json::to_string_pretty(&unread).unwrap()
        );
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let told_before = thread::panicking();
        let end = std::panic::AssertUnwindSafe(|| self.end_of_story());
        let failed = told_before || std::panic::catch_unwind(end).is_err();
        if failed {
            eprintln!(
                "transcript (ms; -> editor, <- server, else stderr)\n{}",
                self.inbox.transcript()
            );
            processes::kill_marked(self.tree.mark());
        }
        assert!(told_before || !failed, "the end of the story, see above");
    }
}

fn is_note(message: &Value, method: &str) -> bool {
    message["method"] == method && message.get("id").is_none()
}

fn read(mut stdout: impl BufRead, inbox: &Inbox) {
    loop {
        inbox.pass();
        match wire::read(&mut stdout) {
            Ok(Some(message)) => inbox.push(message),
            Ok(None) => return inbox.end("the end of stdout".into()),
            Err(error) => return inbox.end(format!("stdout is broken: {error}")),
        }
    }
}
