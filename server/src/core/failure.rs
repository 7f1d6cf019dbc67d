//! Who is to blame is decided once: every error of a room becomes a failure here.

use super::{HomeRefused, thread::BadCursor};
use crate::protocol::{Failure, FailureKind};

impl From<BadCursor> for Failure {
    fn from(_: BadCursor) -> Self {
        Self::new(FailureKind::InvalidParams, "The cursor is not one of this thread's.")
    }
}

impl From<HomeRefused> for Failure {
    fn from(refused: HomeRefused) -> Self {
        match refused {
            HomeRefused::Taken { pid } => {
                let failure = Self::new(
                    FailureKind::AlreadyRunning,
                    "Another Outrigger already serves this CODEX_HOME.",
                )
                .hint("Close the other editor, or give this one a CODEX_HOME of its own.");
                match pid {
                    Some(pid) => failure.with("pid", pid),
                    None => failure,
                }
            }
            HomeRefused::Io { message } => Self::new(FailureKind::Io, message)
                .hint("OUTRIGGER_HOME names another directory for Outrigger's state."),
        }
    }
}
