//! One automation as its file says it.

use std::{path::PathBuf, sync::Arc};

use serde_json::Value;

use crate::protocol::{
    ThreadId,
    automation::{
        AutomationKind, AutomationOwner, AutomationStatus, ExecutionEnvironment, Minutes,
        MissedPolicy, OverlapPolicy,
    },
};

/// What `automation.toml` says. What it leaves out is the default.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The name of its folder.
    pub id: String,
    pub name: String,
    pub prompt: String,
    pub status: AutomationStatus,
    pub rrule: String,
    /// None is the machine's own.
    pub timezone: Option<String>,
    pub missed: MissedPolicy,
    pub overlap: OverlapPolicy,
    pub deadline: Minutes,
    pub cwds: Vec<PathBuf>,
    pub model: Option<String>,
    pub reasoning_effort: Option<String>,
    pub execution_environment: ExecutionEnvironment,
    pub branch: Option<String>,
    pub approval_policy: Option<Value>,
    pub sandbox: Option<String>,
    pub approval_timeout: Minutes,
    pub max_run: Minutes,
    /// Whether it goes on by itself once a spent quota is there again.
    pub resume_after_reset: bool,
    /// What prepares a new worktree, by the system's shell, before the run begins in it.
    pub setup: Option<String>,
    /// Epoch milliseconds.
    pub created_at: u64,
    /// Epoch milliseconds.
    pub updated_at: u64,
    pub kind: AutomationKind,
    pub target_thread_id: Option<ThreadId>,
    pub owner: AutomationOwner,
    /// The desktop app was told to fire what is Outrigger's.
    pub adopted: bool,
    /// A checksum of the file, so that nobody's edit is overwritten unseen; 0 before there is one.
    pub stamp: u64,
}

impl Definition {
    /// An automation of ours with the defaults, at this moment in epoch milliseconds.
    pub fn new(name: String, prompt: String, rrule: String, now: u64) -> Self {
        Self {
            id: String::new(),
            name,
            prompt,
            status: AutomationStatus::Active,
            rrule,
            timezone: None,
            missed: MissedPolicy::CatchUpOnce,
            overlap: OverlapPolicy::Skip,
            deadline: Minutes(720.0),
            cwds: Vec::new(),
            model: None,
            reasoning_effort: None,
            execution_environment: ExecutionEnvironment::Worktree,
            branch: None,
            approval_policy: None,
            sandbox: None,
            approval_timeout: Minutes(60.0),
            max_run: Minutes(120.0),
            resume_after_reset: false,
            setup: None,
            created_at: now,
            updated_at: now,
            kind: AutomationKind::Cron,
            target_thread_id: None,
            owner: AutomationOwner::Outrigger,
            adopted: false,
            stamp: 0,
        }
    }
}

/// Why a file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error(
        "It begins with a byte order mark, and Codex then ignores it: save it as UTF-8 without one."
    )]
    ByteOrderMark,
    #[error("It is no UTF-8.")]
    NotText,
    #[error("It is no TOML: {0}")]
    NotToml(String),
    #[error("`{key}` {why}.")]
    Value { key: String, why: &'static str },
    #[error(
        "Its `id` is {found:?}, but its folder is named {expected:?}: the two must be the same."
    )]
    OtherId { found: String, expected: String },
    #[error("It is larger than {0} bytes.")]
    TooLarge(usize),
    #[error("It cannot be read: {0}.")]
    Unread(std::io::ErrorKind),
}

/// A file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub path: PathBuf,
    pub fault: Fault,
}

/// What there is under `$CODEX_HOME/automations`, in the order of the ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Where they are.
    pub folder: PathBuf,
    pub definitions: Vec<Arc<Definition>>,
    pub problems: Vec<Problem>,
    /// The machine's own time zone.
    pub timezone: String,
}
