//! The wire contract between Outrigger and an editor: one table of methods, the params and results
//! of each noun, and the closed list of failure kinds. `docs/protocol.md` says it for people.

pub mod app_server;
pub mod approval;
pub mod atom;
pub mod automation;
pub mod diff;
pub mod document;
pub mod failure;
pub mod file;
pub mod host;
pub mod hunk;
pub mod ids;
pub mod members;
pub mod raw;
pub mod settings;
mod table;
pub mod terminal;
pub mod thread;
pub mod turn;
#[cfg(test)]
mod typescript;
pub mod wire;

pub use failure::{Failure, FailureKind};
pub use ids::{ApprovalId, ItemId, RpcId, RunId, SessionId, TerminalId, ThreadId, TurnId};
pub use raw::Raw;
pub use table::{ClientCall, NOTIFICATIONS, REQUESTS, Scope, note};
pub use wire::{Incoming, Outgoing, RpcError};

/// The version of this contract; a client of another version is refused with a clear message.
pub const PROTOCOL_VERSION: u32 = 1;
