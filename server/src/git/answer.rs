//! What a repository answers.

use std::{path::PathBuf, sync::Arc};

use super::{checkpoint::Checkpoint, document::InDocument, journal::Listed, journaled::Texts};
use crate::protocol::{
    diff::{FileDiff, FileHunks},
    turn::FileReview,
};

#[derive(Debug)]
pub enum Answer {
    Hunks(Arc<FileHunks>),
    Acted {
        hunks: Arc<FileHunks>,
        journal_id: String,
    },
    Looked {
        hunks: Arc<FileHunks>,
        /// The [`fingerprint`](crate::protocol::document::fingerprint) of what is on the disk, where that is a text.
        text: Option<u64>,
    },
    /// Nothing was written: these documents, by number, have edits that are not saved. Where it can be done in a
    /// document instead, this is to be done, and settled.
    Unsaved {
        documents: Vec<usize>,
        instead: Option<InDocument>,
    },
    /// An act of several files was taken back. Of very many, only the first have their hunks.
    Undone {
        files: Vec<Arc<FileHunks>>,
        journal_id: String,
    },
    Journal(Vec<Listed>),
    Texts(Vec<Texts>),
    Checkpoint(Checkpoint),
    Compared(Vec<FileDiff>),
    /// These files, as absolute paths, are as the checkpoint has them. `None` where nothing had to be done.
    Restored {
        journal_id: Option<String>,
        paths: Vec<PathBuf>,
    },
    TurnUndone {
        journal_id: Option<String>,
        uris: Vec<String>,
        left_out: Vec<String>,
        late: bool,
    },
    /// Of how many files the authors are others now.
    Attributed {
        files: usize,
    },
    Review(Vec<FileReview>),
    Done,
}
