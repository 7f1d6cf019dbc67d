//! The state of the `codex app-server` and what could not be understood of it.

use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum AppServerState {
    Stopped,
    Starting,
    Ready,
    Restarting,
    Failed,
}

/// What an editor shows of the app-server. Times are epoch milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AppServerStatus {
    pub state: AppServerState,
    pub version: Option<String>,
    /// Starts since the last time it was ready; 0 when it runs.
    pub attempt: u32,
    #[cfg_attr(test, ts(type = "number | null"))]
    pub retry_at: Option<u64>,
    pub last_error: Option<AppServerError>,
}

/// Why the app-server is not there, in its own words where it had any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AppServerError {
    pub kind: AppServerErrorKind,
    pub message: String,
    /// What the person can do about it.
    pub hint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum AppServerErrorKind {
    /// No `codex` was found.
    CliMissing,
    NotExecutable,
    VersionTooOld,
    /// It left before it was ready, mostly over its `config.toml`.
    ExitedAtStart,
    /// It did not answer `initialize` in time.
    NoAnswer,
    Exited,
    /// Five exits in three minutes.
    CrashLoop,
    Io,
}

/// What could not be understood or was refused; one per method and process, with a count.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    pub level: DiagnosticLevel,
    pub kind: DiagnosticKind,
    pub method: Option<String>,
    pub message: String,
    pub count: u32,
    pub contract_version: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum DiagnosticLevel {
    Info,
    Warning,
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum DiagnosticKind {
    /// A notification of no method that the vendored contract has: it was passed on.
    UnknownNotification,
    /// A request of no method that the vendored contract has: it was refused at once.
    UnknownRequest,
    /// A known method whose params could not be read: it was passed on.
    Malformed,
    /// A line that is not JSON-RPC, or longer than the limit.
    Garbled,
    /// A frame from the editor that could not be read.
    EditorFrame,
    /// The editor or the host refused what was asked.
    Refused,
    /// Codex runs otherwise than this editor asks for, since another one asked first.
    OtherCodex,
    /// The file of settings, or a value in it, cannot be used.
    Settings,
    /// Something could not be kept, or its database was damaged.
    Store,
    Automation,
}
