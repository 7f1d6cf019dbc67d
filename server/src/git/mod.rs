//! Repositories: which hunks a file has, and staging, unstaging and reverting them without losing a byte.

/// Arguments of git, from texts and paths alike.
macro_rules! arguments {
    ($($argument:expr),* $(,)?) => { &[$(::std::ffi::OsStr::new($argument)),*] };
}

mod acts;
mod answer;
mod attribute;
mod authorship;
mod cache;
mod checkpoint;
mod clean;
mod compare;
mod diff;
mod document;
mod error;
mod facts;
mod fast;
mod hunks;
mod index;
mod journal;
mod journaled;
mod keep;
mod limits;
mod lines;
mod loose;
mod memory;
mod mind;
mod numbers;
mod place;
mod process;
mod publish;
mod record;
mod recover;
mod refuse;
mod repository;
mod restore;
mod reviewing;
mod room;
mod scope;
mod select;
mod service;
mod snapshot;
mod splice;
mod text;
mod turn_id;
mod turns;
mod undo;
mod watch;

pub use acts::Act;
pub use answer::Answer;
pub use attribute::{Heard, Item};
pub use checkpoint::Checkpoint;
pub use document::{InDocument, OpenDocument, TextEdit};
pub use error::{Error, Unsupported};
pub use journal::Listed;
pub use journaled::Texts;
pub use record::{Action, Changed, PathText, Place, Record, State, Trees};
pub use refuse::{Part, Unwanted, Written};
pub use room::{Command, Event, File, Handle, Options, Request};
pub use select::{LineNumbers, Selection, Target};
pub use turn_id::{TurnAbout, TurnId};

#[cfg(test)]
mod tests;
