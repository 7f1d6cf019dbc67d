//! Outrigger: Codex in the editor you already use.

pub mod codex;
pub mod core;
pub mod protocol;
pub mod transport;
