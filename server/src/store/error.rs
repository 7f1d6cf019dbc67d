//! Why something could not be kept or read.

use rusqlite::ErrorCode;

/// A refusal or a failure of the store. It lives on after any of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(
        "A newer Outrigger has written the database (schema {found}, this one knows {known}), so it is only read"
    )]
    Newer { found: u64, known: u64 },
    #[error("The disk is full")]
    Full,
    #[error("The database is damaged: {message}")]
    Damaged { message: String },
    #[error("The database cannot be read or written: {message}")]
    Io { message: String },
    #[error("The database refused: {message}")]
    Sqlite { message: String },
    #[error("SQLite {found} is older than 3.51.3")]
    SqliteTooOld { found: &'static str },
    #[error("More waits to be written than the store takes")]
    Overloaded,
    #[error("The store is closed")]
    Closed,
    #[error("{what}: {limit} at the most")]
    Limit { what: &'static str, limit: usize },
    /// Somebody else wrote since; `revision` is what it is now, 0 when absent.
    #[error("It has changed since: its revision is {revision}")]
    Conflict { revision: u64 },
}

impl Error {
    /// Refused for what was asked; nothing is wrong with the database.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Limit { .. } | Self::Conflict { .. })
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let message = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { message },
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly,
            ) => Self::Io { message },
            _ => Self::Sqlite { message },
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::Full,
            _ => Self::Io { message: error.to_string() },
        }
    }
}
