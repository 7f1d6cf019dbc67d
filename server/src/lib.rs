//! Outrigger: Codex in the editor you already use.
//!
//! The rooms and who may import whom are in `docs/architecture.md`; this file wires them together.

pub mod acp;
pub mod automation;
mod automations;
pub mod clock;
pub mod codex;
pub mod console;
pub mod core;
pub mod daemon;
mod edited;
pub mod editor;
pub mod environment;
mod files;
// It goes by descriptors of folders, which Windows has not.
#[cfg(unix)]
pub mod git;
mod grants;
pub mod home;
mod host;
pub mod logging;
mod notices;
pub mod offspring;
mod pacing;
pub mod paths;
pub mod protocol;
pub mod redact;
mod repositories;
pub mod settings;
mod shared;
mod solo;
mod starting;
pub mod store;
pub mod terminal;
mod terminals;
mod this_process;
pub mod transport;

pub use shared::{
    Outcome, install as install_daemon, log as log_daemon, run as run_daemon,
    start as start_daemon, status as daemon_status, stop as stop_daemon,
    uninstall as uninstall_daemon,
};
pub use solo::{acp as run_acp_solo, run as run_solo};

/// The version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
