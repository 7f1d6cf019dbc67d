//! Terminals: programs on PTYs that live in this process, so that they outlive every window.
//!
//! A [`Command`] goes in, [`Event`]s come out. Each terminal's stream is sent to the sessions that are attached to it,
//! at the pace of each; who attaches is given a snapshot first, and then the stream from there on, with neither gap
//! nor double. With nobody attached the program runs on at full speed.

mod answers;
mod close;
mod decode;
mod elsewhere;
mod environment;
mod error;
mod flow;
mod handle;
mod input;
mod integration;
mod live;
mod message;
#[cfg(unix)]
mod processes;
mod screen;
mod spawn;
#[cfg(test)]
#[cfg(unix)]
mod tests;

pub use answers::is_report;
pub use close::Process;
pub use error::Error;
pub use handle::{LIMIT, Terminals};
pub use input::INPUT;
pub use integration::install as install_integration;
pub use message::{Command, Event, Exit, Face, Kept, Mark, Output, Size, Spec, Started};
