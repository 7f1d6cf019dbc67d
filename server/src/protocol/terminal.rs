//! Terminals: programs on PTYs that outlive every window.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ItemId, TerminalId, ThreadId, TurnId, diff::is_false};

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TerminalCreateParams {
    /// A `file:` URI; the session's first folder where nothing is said.
    #[cfg_attr(test, ts(optional = nullable))]
    pub cwd: Option<String>,
    /// A program; the person's shell where nothing is said.
    #[cfg_attr(test, ts(optional = nullable))]
    pub command: Option<String>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub args: Option<Vec<String>>,
    /// Set on top of the session's own environment.
    #[cfg_attr(test, ts(optional = nullable, type = "Record<string, string>"))]
    pub env: Option<std::collections::BTreeMap<String, String>>,
    /// Cells: 2 to 1,000.
    pub cols: u32,
    /// Cells: 1 to 1,000.
    pub rows: u32,
    /// The program's name where nothing is said.
    #[cfg_attr(test, ts(optional = nullable))]
    pub name: Option<String>,
    /// The thread that it belongs to, for whoever shows both.
    #[cfg_attr(test, ts(optional = nullable))]
    pub thread_id: Option<ThreadId>,
    /// Run by the app-server in Codex's sandbox, with its environment; `env` does not count.
    #[cfg_attr(test, ts(optional = nullable))]
    pub sandboxed: Option<bool>,
}

/// A command of the agent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TerminalWatchParams {
    pub thread_id: ThreadId,
    pub turn_id: TurnId,
    pub item_id: ItemId,
    /// Cells: 2 to 1,000.
    pub cols: u32,
    /// Cells: 1 to 1,000.
    pub rows: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TerminalRef {
    pub terminal_id: TerminalId,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TerminalWriteParams {
    pub terminal_id: TerminalId,
    pub data: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TerminalResizeParams {
    pub terminal_id: TerminalId,
    pub cols: u32,
    pub rows: u32,
}

/// The stream has been shown up to this offset.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TerminalAckParams {
    pub terminal_id: TerminalId,
    /// UTF-16 code units.
    #[cfg_attr(test, ts(type = "number"))]
    pub offset: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TerminalCloseParams {
    pub terminal_id: TerminalId,
    /// Also when something runs in it.
    #[cfg_attr(test, ts(optional = nullable))]
    pub force: Option<bool>,
    /// Ends what has left the terminal's session too.
    #[cfg_attr(test, ts(optional = nullable))]
    pub everything: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum TerminalStatus {
    Running,
    Exited,
    /// What is known of one that ended with an earlier daemon; nothing runs.
    Restored,
}

/// How a terminal is served; there is one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum TerminalMode {
    #[default]
    Pty,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Terminal {
    pub terminal_id: TerminalId,
    pub name: String,
    /// A `file:` URI: where the shell says it is, else where it began.
    pub cwd: String,
    /// Null where nothing runs.
    pub pid: Option<u32>,
    pub cols: u16,
    pub rows: u16,
    /// As its program set it; empty until it does.
    pub title: String,
    pub mode: TerminalMode,
    pub interactive: bool,
    pub supports_resize: bool,
    pub status: TerminalStatus,
    /// Null until it has exited; by a signal, 128 and its number.
    pub exit_code: Option<i32>,
    pub signal: Option<i32>,
    pub thread_id: Option<ThreadId>,
    /// Epoch milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub created_at: u64,
}

/// One terminal, as the result of what was done with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TerminalHeld {
    pub terminal: Terminal,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TerminalAttached {
    pub terminal: Terminal,
    /// Redraws scrollback and screen in a fresh terminal of its size.
    pub snapshot: String,
    /// Where the stream goes on, in UTF-16 code units since its beginning.
    #[cfg_attr(test, ts(type = "number"))]
    pub offset: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TerminalProcess {
    pub pid: i32,
    /// Its command line.
    pub command: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TerminalClosed {
    /// Had left the terminal's session, and still run.
    pub left: Vec<TerminalProcess>,
    /// Could not be ended.
    pub survived: Vec<TerminalProcess>,
}

/// In the order in which they were created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TerminalList {
    pub terminals: Vec<Terminal>,
}

/// A part of the stream, for a session that is attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TerminalData {
    pub terminal_id: TerminalId,
    /// Where `data` begins, in UTF-16 code units.
    #[cfg_attr(test, ts(type = "number"))]
    pub offset: u64,
    #[cfg_attr(test, ts(type = "string"))]
    pub data: Arc<str>,
}

/// The last of a terminal, after all of its data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TerminalExited {
    pub terminal_id: TerminalId,
    pub exit_code: i32,
    pub signal: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TerminalChanged {
    pub terminal: Terminal,
    /// It is in no list any more.
    #[serde(skip_serializing_if = "is_false")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub closed: bool,
}

/// Why a session is sent nothing more of a terminal that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum DetachReason {
    /// It was behind for too long: it may attach again.
    TooSlow,
    /// The terminal was started again: what is shown of it now comes by attaching.
    Restarted,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TerminalDetached {
    pub terminal_id: TerminalId,
    pub reason: DetachReason,
}
