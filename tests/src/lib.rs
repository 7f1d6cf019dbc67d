//! The harness of the end-to-end tests: a [`Workspace`] with a repository, homes and a scripted model of its own, and
//! an [`Editor`] that drives the real `outrigger` over its real stdio, with the real `codex app-server` behind it.
//!
//! The framing here is written by hand: it is the independent second implementation of the wire.

// The harness speaks of processes and signals as Unix does.
#![cfg(unix)]
// Its purpose is to fail tests, and to say why on stderr.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]
#![allow(clippy::missing_panics_doc)]
// A story hands over what it makes: `json!` on the spot reads better than a reference to it.
#![allow(clippy::needless_pass_by_value, clippy::return_self_not_must_use)]

mod acp;
mod automation_torture;
mod codex;
mod editor;
mod hunk_torture;
mod inbox;
mod launch;
pub mod processes;
pub mod programs;
mod random;
pub mod schedule;
mod terminal_torture;
mod torture;
mod wire;
mod workspace;

use std::time::Duration;

pub use acp::AcpClient;
pub use automation_torture::{AutomationFigures, automation_torture};
pub use codex::{Direct, turn};
pub use editor::{Ask, Editor};
pub use hunk_torture::{HunkFigures, hunk_torture};
pub use launch::Launch;
pub use terminal_torture::{TerminalFigures, terminal_torture};
pub use torture::{Figures, torture};
pub use wire::frame;
pub use workspace::Workspace;

/// How long anything may take before a story fails. A bound, never a way to wait.
pub const PATIENCE: Duration = Duration::from_secs(30);
