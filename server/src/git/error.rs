//! What can go wrong, by cause.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::turn_id::TurnId;
use crate::protocol::{FailureKind, diff::FileHunks};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is in no git repository")]
    NotARepository(PathBuf),
    /// Nothing was touched; this is the file as it is now.
    #[error("the hunk is no longer there")]
    HunkStale(Arc<FileHunks>),
    /// What was to be written over is not what it was taken for. Nothing was touched.
    #[error("{} changed since", list(.0))]
    Changed(Vec<PathBuf>),
    #[error("another git holds the index lock{}", .age.map(|age| format!(", since {} s", age.as_secs())).unwrap_or_default())]
    IndexLocked { age: Option<Duration> },
    #[error("{0} has a merge conflict")]
    Conflicted(PathBuf),
    #[error("{0}")]
    Unsupported(Unsupported),
    #[error("{path} has {found} {unit}; {most} is the most")]
    TooLarge { path: PathBuf, found: u64, most: u64, unit: &'static str },
    #[error("line {0} is not a changed line of the hunk")]
    NoSuchLine(u32),
    #[error("no line is selected")]
    NothingSelected,
    #[error("there is no journal entry {0}")]
    JournalUnknown(String),
    #[error("the journal entry {id} cannot be read: {why}")]
    JournalDamaged { id: String, why: String },
    #[error("nothing is known of turn {} of thread {}", .0.turn, .0.thread)]
    TurnUnknown(TurnId),
    #[error("no turn of thread {0} is known here")]
    ThreadUnknown(String),
    #[error("there is no checkpoint {0}")]
    CheckpointUnknown(String),
    #[error("{doing}: {source}")]
    Io { doing: String, source: std::io::Error },
    #[error("git {command}: {message}")]
    Git { command: String, message: String },
    #[error("git cannot be started: {0}")]
    GitMissing(std::io::Error),
    #[error("git {command} took longer than {} s", .after.as_secs())]
    TimedOut { command: String, after: Duration },
    #[error(transparent)]
    Library(#[from] git2::Error),
    /// The act was done; only the list after it could not be made.
    #[error("done, but the file's hunks cannot be listed: {0}")]
    Unlisted(String),
    /// The write that this shared with others failed.
    #[error("{0}")]
    Together(Arc<Error>),
    /// The repository's thread is gone; the request may be made again.
    #[error("the repository is no longer served")]
    Gone,
}

/// What there are no hunks of, or what a write would not keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    #[error("the path leads through a symbolic link")]
    BeyondSymlink,
    #[error("the path is not one that git tracks")]
    Path,
    #[error("a submodule is changed in its own repository")]
    Submodule,
    #[error("the file is neither a regular file nor a symbolic link")]
    Special,
    #[error("the file has no hunks; take all of it")]
    NoHunks,
    #[error(
        "the selection would join two lines, since the first has no newline at its end; take both"
    )]
    JoinsLines,
    #[error("git ignores the file")]
    Ignored,
    #[error("the filters of the file do not give back what was taken from it")]
    Filters,
}

impl Error {
    /// What an editor branches on.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::NotARepository(_) => FailureKind::NotARepository,
            Self::HunkStale(_) | Self::Changed(_) => FailureKind::HunkStale,
            Self::IndexLocked { .. } => FailureKind::IndexLocked,
            Self::Conflicted(_) => FailureKind::Conflicted,
            Self::Unsupported(_) => FailureKind::UnsupportedContent,
            Self::TooLarge { .. } => FailureKind::LimitExceeded,
            Self::NoSuchLine(_) | Self::NothingSelected => FailureKind::InvalidParams,
            Self::JournalUnknown(_) | Self::CheckpointUnknown(_) | Self::TurnUnknown(_) => {
                FailureKind::JournalUnknown
            }
            Self::ThreadUnknown(_) => FailureKind::ThreadUnknown,
            Self::JournalDamaged { .. } => FailureKind::Store,
            Self::Io { .. } => FailureKind::Io,
            Self::Git { .. } | Self::GitMissing(_) | Self::TimedOut { .. } | Self::Library(_) => {
                FailureKind::Git
            }
            Self::Together(error) => error.kind(),
            Self::Unlisted(_) | Self::Gone => FailureKind::Internal,
        }
    }

    pub fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        |source| Self::Io { doing, source }
    }
}

fn list(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().take(5).map(|path| path.display().to_string()).collect();
    let more = paths.len().saturating_sub(5);
    if more == 0 { names.join(", ") } else { format!("{} and {more} more", names.join(", ")) }
}
