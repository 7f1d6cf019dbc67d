//! What outlives the process: one `SQLite` database in the state directory, written by one thread.
//!
//! A [`Command`] goes in, an [`Event`] with its token comes out. What waits is written in one transaction, and an
//! answer is given only when that is on the disk. A damaged file is set aside, a newer one is only read; without
//! either, whoever asks is told, and all else goes on.

pub mod approvals;
pub mod atoms;
pub mod automations;
mod connect;
mod error;
mod files;
pub mod grants;
pub mod live;
mod meta;
mod open;
pub mod queue;
mod request;
mod schema;
pub mod terminals;
mod writer;

use std::path::PathBuf;

pub use error::Error;
pub use open::open;
pub use request::{Answer, Command, Event, Notice, Request};
pub use writer::Store;

use crate::protocol::Raw;

/// What the store is given of the world.
pub struct Surroundings {
    /// The state directory, which the caller has locked.
    pub directory: PathBuf,
    /// Epoch milliseconds.
    pub now: Box<dyn Fn() -> u64 + Send>,
    /// Takes secrets out of what is kept. The one place where values pass on their way in; queued messages and atoms
    /// are the person's own words, which must come back whole, and do not.
    pub redact: Box<dyn Fn(&Raw) -> Raw + Send>,
    /// Hears every event. Called on the store's thread, and on the sender's when the inbox is full.
    pub events: std::sync::Arc<dyn Fn(Event) + Send + Sync>,
}

/// An open store.
pub struct Opened {
    pub store: Store,
    /// Higher than at any time before for this directory: what is named after it is named once.
    pub run: u64,
}
