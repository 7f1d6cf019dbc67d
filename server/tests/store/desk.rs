//! One who uses a store and waits for each answer.

use std::{
    path::Path,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use outrigger::{
    protocol::{
        Raw, RpcId,
        approval::{HistoryEntry, Outcome},
    },
    store::{self, Answer, Command, Error, Event, Notice, Request, Store, Surroundings},
};
use serde_json::json;

/// Ends a test that hangs.
const DEADLINE: Duration = Duration::from_mins(1);
/// The wall clock of every test.
pub const NOW: u64 = 1_795_000_000_000;

pub struct Desk {
    pub run: u64,
    pub notices: Arc<Mutex<Vec<Notice>>>,
    store: Store,
    answers: mpsc::Receiver<(u64, Result<Answer, Error>)>,
    token: u64,
}

impl Desk {
    pub fn open(directory: &Path) -> Self {
        let (answer, answers) = mpsc::channel();
        let notices = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&notices);
        let opened = store::open(Surroundings {
            directory: directory.to_path_buf(),
            now: Box::new(|| NOW),
            redact: Box::new(|raw| Raw::from_text(raw.as_str().replace("hunter2", "[REDACTED]"))),
            events: Arc::new(move |event| match event {
                Event::Answered { token, result } => drop(answer.send((token, result))),
                Event::Notice(notice) => heard.lock().unwrap().push(notice),
            }),
        });
        Self { run: opened.run, notices, store: opened.store, answers, token: 0 }
    }

    pub fn ask(&mut self, request: Request) -> Result<Answer, Error> {
        self.token += 1;
        self.store.send(Command { token: self.token, request });
        let (token, result) = self.answers.recv_timeout(DEADLINE).unwrap();
        assert_eq!(token, self.token);
        result
    }

    pub fn notices(&self) -> Vec<Notice> {
        self.notices.lock().unwrap().clone()
    }

    pub fn close(self) {
        self.store.close();
    }

    /// All rows of the audit trail by their ids, the oldest first.
    pub fn recorded(&mut self) -> Vec<String> {
        let page = store::approvals::Request::Page { thread: None, limit: 100_000, before: None };
        let Answer::History { entries, next: None } = self.ask(Request::Approval(page)).unwrap()
        else {
            panic!("not one page of history");
        };
        let id = |entry: &HistoryEntry| -> serde_json::Value { entry.approval.decode().unwrap() };
        entries.iter().rev().map(|e| id(e)["approvalId"].as_str().unwrap().to_owned()).collect()
    }
}

/// A decision on the approval with this id, sent but not confirmed.
pub fn decided(id: &str) -> Request {
    let entry = HistoryEntry {
        approval: Raw::of(&json!({ "approvalId": id, "command": "echo hunter2" })),
        outcome: Outcome::Decided,
        decision: Some(Raw::of(&json!("accept"))),
        decided_by: Some("vscode".to_owned()),
        resolved_at: 2,
        delivery: Some(outrigger::protocol::approval::Delivery::Sent),
    };
    Request::Approval(store::approvals::Request::Record(Box::new(store::approvals::Record {
        id: id.into(),
        epoch: 1,
        request: RpcId::Number(0),
        thread: Some("t".into()),
        requested_at: 1,
        entry,
    })))
}

pub fn atom(key: &str, value: &Raw) -> Request {
    let (key, value) = (key.to_owned(), value.clone());
    Request::Atom(store::atoms::Request::Set { key, value, if_revision: None })
}
