//! Who is to blame is decided once: every error of a room becomes a failure here.

use super::{HomeRefused, thread::BadCursor};
use crate::{
    protocol::{Failure, FailureKind},
    store,
};

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

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        use store::Error;
        let message = format!("{error}.");
        match error {
            Error::Limit { .. } => Self::new(FailureKind::LimitExceeded, message),
            Error::Conflict { revision } => {
                Self::new(FailureKind::RevisionConflict, message).with("revision", revision)
            }
            Error::Overloaded => Self::new(FailureKind::Overloaded, message),
            error => Self::new(FailureKind::Store, message).hint(match error {
                Error::Full => "Free some space, then try again.",
                Error::Newer { .. } => "Update Outrigger here as well.",
                Error::Damaged { .. } => "Try again: a damaged database is set aside.",
                _ => "See to the state directory, then start Outrigger again.",
            }),
        }
    }
}
