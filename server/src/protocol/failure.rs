//! Every way in which a request of ours can fail. The list is closed: an editor branches on `kind`.

use serde::Serialize;
use serde_json::{Map, Value};

use super::RpcError;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What went wrong, for a program to branch on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        pub enum FailureKind { $($(#[$doc])* #[serde(rename = $text)] $name,)* }

        impl FailureKind {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

kinds! {
    InvalidParams = "invalidParams",
    MethodUnknown = "methodUnknown",
    NotInitialized = "notInitialized",
    AlreadyRunning = "alreadyRunning",
    DaemonGone = "daemonGone",
    Cancelled = "cancelled",
    Overloaded = "overloaded",
    AppServerDown = "appServerDown",
    AppServerTimeout = "appServerTimeout",
    ThreadUnknown = "threadUnknown",
    ThreadBusy = "threadBusy",
    ApprovalUnknown = "approvalUnknown",
    ApprovalResolved = "approvalResolved",
    DecisionInvalid = "decisionInvalid",
    HunkStale = "hunkStale",
    JournalUnknown = "journalUnknown",
    NotARepository = "notARepository",
    IndexLocked = "indexLocked",
    Conflicted = "conflicted",
    UnsupportedContent = "unsupportedContent",
    WorktreeDirty = "worktreeDirty",
    PathNotGranted = "pathNotGranted",
    WorkspaceUntrusted = "workspaceUntrusted",
    TerminalUnknown = "terminalUnknown",
    AutomationUnknown = "automationUnknown",
    ScheduleInvalid = "scheduleInvalid",
    RunUnknown = "runUnknown",
    ConversationUnknown = "conversationUnknown",
    ConversationArchived = "conversationArchived",
    ProviderMismatch = "providerMismatch",
    SessionUnknown = "sessionUnknown",
    ProfileUnknown = "profileUnknown",
    CliMissing = "cliMissing",
    CwdMissing = "cwdMissing",
    KeyringUnavailable = "keyringUnavailable",
    QueueFull = "queueFull",
    PolicyDenied = "policyDenied",
    LimitExceeded = "limitExceeded",
    RevisionConflict = "revisionConflict",
    AlreadyExists = "alreadyExists",
    Io = "io",
    Git = "git",
    Store = "store",
    Internal = "internal",
}

impl FailureKind {
    /// The JSON-RPC code that stands beside this kind.
    pub const fn code(self) -> i64 {
        match self {
            Self::InvalidParams => -32602,
            Self::MethodUnknown => -32601,
            Self::Internal => -32603,
            Self::Cancelled => -32800,
            Self::Overloaded => -32001,
            Self::NotInitialized => -32002,
            _ => -32000,
        }
    }
}

/// A refused or failed request: the kind, a sentence for the person, and what to do about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub kind: FailureKind,
    pub message: String,
    pub hint: Option<String>,
    pub data: Map<String, Value>,
}

impl Failure {
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, data: Map::new() }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.data.insert(key.to_owned(), value.into());
        self
    }
}

impl From<Failure> for RpcError {
    fn from(failure: Failure) -> Self {
        let mut data = failure.data;
        data.insert("kind".into(), failure.kind.as_str().into());
        if let Some(hint) = failure.hint {
            data.insert("hint".into(), hint.into());
        }
        Self { code: failure.kind.code(), message: failure.message, data: Some(data.into()) }
    }
}
