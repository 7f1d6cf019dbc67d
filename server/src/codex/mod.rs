//! The app-server: the child process and its wire, its contract, the views read from its messages and the
//! messages sent to it.

pub mod answers;
pub mod contract;
mod contract_methods;
pub mod decisions;
mod driver;
pub mod link;
mod living;
pub mod locate;
pub mod ndjson;
mod npm;
pub mod options;
mod outgoing;
pub mod pending;
mod process;
mod reader;
pub mod requests;
mod stderr;
mod supervise;
mod upstream;
pub mod views;
mod writer;

#[cfg(test)]
mod conformance;

pub use link::{Command, Event, Frame, Link};
pub use options::Options;
