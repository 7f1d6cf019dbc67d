//! Why a terminal could not do what was asked.

use super::close::Process;

/// A refusal or a failure of one terminal. The others live on after any of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("There is no terminal {id}")]
    Unknown { id: String },
    #[error("There is a terminal {id} already")]
    Taken { id: String },
    #[error("{limit} terminals run, and that is the most: close one first")]
    TooMany { limit: usize },
    #[error("The folder {path} is not there, so no terminal can start in it")]
    NoFolder { path: String },
    #[error("{command} could not be started: {message}")]
    Spawn { command: String, message: String },
    #[error("{command} did not start within {seconds} s")]
    SpawnTimeout { command: String, seconds: u64 },
    #[error("The terminal has ended")]
    Ended,
    /// The program doesn't read what is typed: nothing of this input was taken.
    #[error("{waiting} bytes wait to be read by the program, and {limit} is the most")]
    InputFull { waiting: usize, limit: usize },
    #[error("This session is not attached to the terminal")]
    NotAttached,
    /// Something runs in it; `force` ends it all the same.
    #[error("{} still runs in the terminal", names(running))]
    Busy { running: Vec<Process> },
}

fn names(running: &[Process]) -> String {
    let names: Vec<&str> = running.iter().map(|process| process.command.as_str()).collect();
    names.join(", ")
}
