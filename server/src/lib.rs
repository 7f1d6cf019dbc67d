//! Outrigger: Codex in the editor you already use.
//!
//! The rooms and who may import whom are in `docs/architecture.md`; this file wires them together.

pub mod clock;
pub mod codex;
pub mod core;
pub mod editor;
mod files;
pub mod home;
pub mod paths;
pub mod protocol;
mod solo;
pub mod transport;

pub use solo::run as run_solo;

/// The version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
