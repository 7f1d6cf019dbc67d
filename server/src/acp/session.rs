//! What is known of one session, which is a thread of codex.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

use serde_json::{Map, Value};

use crate::protocol::{Raw, RpcId};

use super::{items::ToolCall, options::Options};

/// Tool calls that are remembered after their turn: a command may outlive it.
const MAX_SHOWN: usize = 1_000;

/// One session of the client.
#[derive(Debug, Default)]
pub struct Session {
    pub cwd: PathBuf,
    /// Folders beside `cwd`.
    pub directories: Vec<PathBuf>,
    /// What the thread was opened with: its folders and its MCP servers.
    pub opening: Map<String, Value>,
    /// This connection to the daemon has the thread open.
    pub attached: bool,
    pub phase: Phase,
    pub options: Options,
    /// The running turn, by the id that interrupts it.
    pub running: Option<String>,
    /// The running turn was asked to end.
    pub stopping: bool,
    /// The turn that ended last, for an answer that comes after its end.
    pub ended: Option<(String, Ending)>,
    pub prompts: Vec<Prompt>,
    pub shown: HashMap<String, Shown>,
    /// Items of the running turn whose text has begun to come.
    pub spoken: HashSet<String>,
    /// The last turn that was seen, which `/undo` takes back.
    pub last_turn: Option<String>,
}

/// Whether what happens is told.
#[derive(Debug, Default)]
pub enum Phase {
    #[default]
    Live,
    /// The history is being fetched. What happens before its first page is in it; what happens after is told when
    /// the history is.
    Loading { pages: Vec<Value>, held: Vec<(String, Raw)> },
}

/// A prompt that has not been answered.
#[derive(Debug)]
pub struct Prompt {
    pub request: RpcId,
    /// The id of the person's message, by which it is known when the app-server tells of it.
    pub message: String,
    pub work: Work,
    pub turn: Awaited,
    pub cancelled: bool,
}

/// What a prompt has the app-server do.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    Turn { input: Vec<Value> },
    Review { target: Value },
    Compact,
}

/// Which turn answers a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// Not sent yet: a turn that was asked to end has not.
    Unsent,
    /// The app-server has not said which.
    Unknown,
    /// The next one that begins.
    Next,
    Is(String),
}

/// How a turn ended: its status and its error.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    pub status: String,
    pub error: Value,
}

/// A tool call that the client has been told of.
#[derive(Debug)]
pub struct Shown {
    pub call: ToolCall,
    /// The client draws its output as a terminal.
    pub terminal: bool,
    /// The output that was told of; in a terminal all of it, else its end.
    pub output: String,
    /// Bytes of output since the client was last told.
    pub untold: usize,
    /// Its diffs are those of whole files.
    pub whole: bool,
}

impl Session {
    /// Remembers a tool call, and forgets those that are over when there are too many.
    pub fn show(&mut self, shown: Shown) {
        if self.shown.len() >= MAX_SHOWN {
            self.shown.retain(|_, shown| !shown.call.is_over());
        }
        self.shown.insert(shown.call.id.clone(), shown);
    }

    /// Whether a review of this client runs: its prompt is written by the app-server.
    pub fn reviews(&self) -> bool {
        self.prompts.iter().any(|prompt| matches!(prompt.work, Work::Review { .. }))
    }

    /// Whether a message of the person is one that this client sent.
    pub fn sent(&self, message: &str) -> bool {
        self.prompts.iter().any(|prompt| prompt.message == message)
    }
}
