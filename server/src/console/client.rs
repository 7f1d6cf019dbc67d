//! The daemon as a terminal talks to it: LSP over its socket, one message at a time.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    path::Path,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    daemon,
    protocol::{Failure, FailureKind},
    transport::framer::{Framed, Framer, headers},
};

/// What this client calls itself; others are told that it decided.
pub const NAME: &str = "outrigger approvals";
/// The longest answer, in bytes: the diffs of all that waits are in it.
const MAX_FRAME: usize = 256 << 20;
const CHUNK: usize = 64 << 10;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A note of the daemon.
pub struct Note {
    pub method: String,
    pub params: Value,
}

/// A session with the daemon that runs.
pub struct Client {
    stream: daemon::Stream,
    framer: Framer,
    notes: VecDeque<Note>,
    last_id: u64,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Lost {
    /// The daemon has closed the connection, or cannot be read.
    Connection(io::Error),
    /// It says no.
    Refused(Failure),
}

impl From<io::Error> for Lost {
    fn from(error: io::Error) -> Self {
        Self::Connection(error)
    }
}

impl From<Lost> for Failure {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Refused(failure) => failure,
            Lost::Connection(error) => {
                let why = format!("The Outrigger daemon does not answer: {error}.");
                Self::new(FailureKind::DaemonGone, why)
                    .hint("Whether a decision went through is in `outrigger approvals`; try again.")
            }
        }
    }
}

impl Client {
    /// Introduces this terminal to the daemon; `None` when none runs.
    pub fn attach(directory: &Path) -> Result<Option<Self>, Failure> {
        let Some(stream) = daemon::attach(directory)? else { return Ok(None) };
        let framer = Framer::new(MAX_FRAME);
        let mut client = Self { stream, framer, notes: VecDeque::new(), last_id: 0 };
        client.introduce()?;
        Ok(Some(client))
    }

    fn introduce(&mut self) -> Result<(), Lost> {
        self.call(
            "initialize",
            &json!({
                "processId": null,
                "clientInfo": { "name": NAME, "version": crate::VERSION },
                "capabilities": {},
                "workspaceFolders": null,
                "initializationOptions": {
                    "events": ["approval"],
                    "observer": true,
                    "inline": { "codeLens": false, "diagnostics": false, "prompts": "never" },
                },
            }),
        )?;
        self.say(&json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }))?;
        Ok(())
    }

    /// Asks and waits for the answer. Notes that come before it are kept.
    pub fn call(&mut self, method: &str, params: &Value) -> Result<Value, Lost> {
        self.last_id += 1;
        let id = self.last_id;
        self.say(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))?;
        self.stream.set_read_timeout(Some(PATIENCE))?;
        loop {
            let mut message = self.next_message()?;
            if message.get("method").is_some() {
                self.keep(message)?;
            } else if message["id"] == id {
                self.stream.set_read_timeout(None)?;
                return match message.get_mut("error") {
                    Some(error) => Err(Lost::Refused(refusal(error))),
                    None => Ok(message["result"].take()),
                };
            }
        }
    }

    /// Waits for the next note, for as long as it takes.
    pub fn note(&mut self) -> Result<Note, Lost> {
        loop {
            if let Some(note) = self.notes.pop_front() {
                return Ok(note);
            }
            let message = self.next_message()?;
            if message.get("method").is_some() {
                self.keep(message)?;
            }
        }
    }

    /// Keeps a note; a request of the daemon, which has nothing to ask a terminal, is declined.
    fn keep(&mut self, mut message: Value) -> io::Result<()> {
        if let Some(id) = message.get("id") {
            let error = json!({ "code": -32601, "message": "A terminal answers no requests." });
            return self.say(&json!({ "jsonrpc": "2.0", "id": id, "error": error }));
        }
        if let Value::String(method) = message["method"].take() {
            self.notes.push_back(Note { method, params: message["params"].take() });
        }
        Ok(())
    }

    fn say(&mut self, message: &Value) -> io::Result<()> {
        let body = message.to_string();
        write!(self.stream, "{}{body}", headers(body.len()))
    }

    fn next_message(&mut self) -> io::Result<Value> {
        loop {
            match self.framer.next() {
                Some(Framed::Body(body)) => return Ok(serde_json::from_slice(&body)?),
                Some(Framed::TooLarge { .. } | Framed::Garbled(_)) => {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                None => {}
            }
            let mut chunk = vec![0; CHUNK];
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => self.framer.feed(&chunk[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// What a JSON-RPC error of the daemon says.
fn refusal(error: &Value) -> Failure {
    let kind = error["data"]["kind"].as_str();
    let kind = FailureKind::ALL.iter().copied().find(|known| Some(known.as_str()) == kind);
    let message = error["message"].as_str().unwrap_or("The daemon refused without a reason.");
    let failure = Failure::new(kind.unwrap_or(FailureKind::Internal), message);
    match error["data"]["hint"].as_str() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
