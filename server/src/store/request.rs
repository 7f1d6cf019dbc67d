//! What can be asked of the store and what it says.

use std::path::PathBuf;

use super::{Error, approvals, atoms, automations, grants, live, queue, terminals};
use crate::protocol::{
    approval::HistoryEntry,
    automation::{AutomationRun, InboxItem},
};

/// One request, with the token that its answer will carry.
#[derive(Debug, PartialEq)]
pub struct Command {
    pub token: u64,
    pub request: Request,
}

/// One request, by the noun it is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    Approval(approvals::Request),
    Live(live::Request),
    Queue(queue::Request),
    Atom(atoms::Request),
    Grant(grants::Request),
    Terminal(terminals::Request),
    Automation(Box<automations::Request>),
}

/// What became of a request that was carried out. What it wrote is on the disk.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Done,
    /// Whether there was such a row to be changed.
    Changed(bool),
    /// Newest first; `next` continues.
    History {
        entries: Vec<HistoryEntry>,
        next: Option<u64>,
    },
    Entry(Option<HistoryEntry>),
    Turns(Vec<live::Turn>),
    Queue(Vec<queue::Row>),
    Atom(Option<atoms::Atom>),
    Atoms(Vec<atoms::Atom>),
    Revision(u64),
    Grants(Vec<grants::Grant>),
    Terminals(Vec<terminals::Terminal>),
    Automations(Box<automations::Kept>),
    AutomationRun(Option<Box<AutomationRun>>),
    /// Newest first; `next` continues.
    AutomationRuns {
        runs: Vec<AutomationRun>,
        next: Option<u64>,
    },
    InboxItems(Vec<InboxItem>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Answered { token: u64, result: Result<Answer, Error> },
    Notice(Notice),
}

/// What a person is to know of the store itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The database was damaged; it now lies in `directory`, whole, and a new one was begun.
    SetAside { directory: PathBuf, message: String },
    /// Nothing can be written, or neither written nor read, until Outrigger is started again.
    Unavailable { error: Error },
}

macro_rules! nouns {
    ($($variant:ident = $noun:ident,)*) => { $(
        impl From<$noun::Request> for Request {
            fn from(request: $noun::Request) -> Self {
                Self::$variant(request)
            }
        }
    )* };
}

nouns! {
    Approval = approvals,
    Live = live,
    Queue = queue,
    Atom = atoms,
    Grant = grants,
    Terminal = terminals,
}

impl From<automations::Request> for Request {
    fn from(request: automations::Request) -> Self {
        Self::Automation(Box::new(request))
    }
}

impl Request {
    pub(super) fn writes(&self) -> bool {
        match self {
            Self::Approval(request) => request.writes(),
            Self::Live(request) => request.writes(),
            Self::Queue(request) => request.writes(),
            Self::Atom(request) => request.writes(),
            Self::Grant(request) => request.writes(),
            Self::Terminal(request) => request.writes(),
            Self::Automation(request) => request.writes(),
        }
    }

    /// About how many bytes it holds while it waits.
    pub(super) fn bytes(&self) -> usize {
        let body = match self {
            Self::Approval(request) => request.bytes(),
            Self::Live(request) => request.bytes(),
            Self::Queue(request) => request.bytes(),
            Self::Atom(request) => request.bytes(),
            Self::Grant(_) => 4 * 1024,
            Self::Terminal(request) => request.bytes(),
            Self::Automation(request) => request.bytes(),
        };
        body + size_of::<Command>()
    }
}
