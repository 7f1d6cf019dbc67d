//! `outrigger approvals`: what waits for a person, in any terminal, and the decision on it.
//!
//! A client of the daemon that runs, like any editor. It starts no daemon and keeps none running.

mod client;
mod colour;
mod command;
mod show;
mod waiting;
mod watch;
mod words;

pub use command::approvals;
pub use waiting::Verdict;

/// What is asked on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub act: Act,
    /// One JSON value, or one a line while watching, in place of text.
    pub json: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    List,
    Watch,
    /// Without an id, the only one that waits.
    Decide {
        verdict: Verdict,
        id: Option<String>,
    },
}

/// The exit codes.
pub mod code {
    /// Something waits, or it was decided.
    pub const DONE: u8 = 0;
    /// Nothing waits, or it could not be done.
    pub const NOTHING: u8 = 1;
    /// An argument is wrong or missing.
    pub const USAGE: u8 = 2;
}
