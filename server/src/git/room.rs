//! The way in: what is asked of repositories, what they answer, and a thread for each that is in use.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Instant,
};

use super::{
    Error,
    acts::Act,
    checkpoint::Checkpoint,
    document::{InDocument, OpenDocument},
    journal::{Journal, Listed},
    limits::MAX_THREADS,
    memory::Memory,
    refuse::Unwanted,
    repository::root_above,
    select::Selection,
    service,
};
use crate::protocol::diff::{FileDiff, FileHunks};

/// What is asked of a repository. Each is answered by one [`Event::Answer`] with the same token.
#[derive(Debug)]
pub struct Command {
    pub token: u64,
    /// Whoever asks: line numbers are understood by what this one was told.
    pub asker: u64,
    /// Now, in epoch milliseconds.
    pub at: u64,
    pub request: Request,
}

#[derive(Debug)]
pub enum Request {
    List {
        file: File,
        context: u32,
    },
    /// Is answered with the file's hunks at this context.
    Act {
        act: Act,
        file: File,
        selection: Selection,
        /// The list that line numbers are of; the last one told, where nothing is said.
        revision: Option<u64>,
        context: u32,
    },
    /// The hunks of a file, and what its text is known by.
    Look {
        file: File,
        context: u32,
    },
    /// The same request, of files that editors may have open with edits that are not saved. Is answered with
    /// [`Answer::Unsaved`] where they have.
    Minding {
        open: Vec<OpenDocument>,
        request: Box<Request>,
    },
    /// An editor made the edits that it was asked for, or did not. Is answered with the file's hunks.
    Settle {
        journal_id: String,
        made: bool,
        /// The name that the asker has for the file, where it has one.
        uri: Option<String>,
        context: u32,
    },
    /// Takes an entry of the journal back.
    Undo {
        journal_id: String,
        context: u32,
    },
    /// Acts of the journal, newest first: those of one file, and those before an entry of this number.
    Journal {
        file: Option<PathBuf>,
        before: Option<u64>,
        limit: usize,
    },
    /// Keeps the working tree that this folder is in, under a name of letters, digits, `-` and `_`.
    Checkpoint {
        folder: PathBuf,
        name: String,
    },
    /// The files that two checkpoints have differently; the second may be the working tree as it is.
    Compare {
        folder: PathBuf,
        from: String,
        to: Option<String>,
        context: u32,
    },
    /// Puts the files back that two checkpoints have differently: all are still as in `from`, or nothing is touched.
    /// Without `from`, the working tree as it is.
    Restore {
        folder: PathBuf,
        from: Option<String>,
        to: String,
    },
    /// Takes parts of a change out again, all of them or none; or only says whether that could be done in these files.
    Refuse {
        unwanted: Vec<Unwanted>,
        only_look: bool,
    },
    /// These checkpoints are of no more use.
    Forget {
        folder: PathBuf,
        names: Vec<String>,
    },
    /// Tells of changes to these files of one working tree from now on, and to no others of it.
    Watch {
        folder: PathBuf,
        files: Vec<File>,
    },
}

/// A file by the name the editor has for it and by its absolute path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub uri: String,
    pub path: PathBuf,
}

/// What the core hears.
#[derive(Debug)]
pub enum Event {
    Answer {
        token: u64,
        result: Result<Answer, Error>,
    },
    /// A watched file has other hunks than those last told, or another status.
    Changed {
        file: File,
        revision: u64,
    },
}

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
    Journal(Vec<Listed>),
    Checkpoint(Checkpoint),
    Compared(Vec<FileDiff>),
    /// These files, as absolute paths, are as the checkpoint has them. `None` where nothing had to be done.
    Restored {
        journal_id: Option<String>,
        paths: Vec<PathBuf>,
    },
    Done,
}

/// Where the room keeps its files, which nobody else may read.
#[derive(Clone, Debug)]
pub struct Options {
    pub state: PathBuf,
    /// The `file:` URI of a path.
    pub uri_of: fn(&Path) -> String,
}

/// The room. When the last handle is dropped, threads do what they were sent and end.
#[derive(Clone)]
pub struct Handle {
    room: Arc<Room>,
    _open: Arc<Open>,
}

/// Closes the room with the last handle; threads hold the room itself.
struct Open(Arc<Room>);

pub(super) struct Room {
    pub options: Options,
    pub report: Box<dyn Fn(Event) + Send + Sync>,
    pub memory: Mutex<Memory>,
    pub journal: Journal,
    threads: Mutex<HashMap<PathBuf, Thread>>,
}

/// What a repository's thread takes.
pub(super) enum Incoming {
    Command(Command),
    /// Something happened to these paths; to any, where there are none.
    Touched(Vec<PathBuf>),
    Close,
}

struct Thread {
    incoming: mpsc::Sender<Incoming>,
    used: Instant,
}

impl Handle {
    /// `report` is called on the threads of repositories and must not block.
    pub fn new(
        options: Options,
        report: impl Fn(Event) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let journal = Journal::open(&options.state.join("journal"))?;
        let scratch = options.state.join("scratch");
        if scratch.exists() {
            // Left by a process that was ended.
            std::fs::remove_dir_all(&scratch).map_err(Error::io("removing old files"))?;
        }
        let room = Arc::new(Room {
            journal,
            options,
            report: Box::new(report),
            memory: Mutex::default(),
            threads: Mutex::default(),
        });
        Ok(Self { _open: Arc::new(Open(Arc::clone(&room))), room })
    }

    /// The working tree in which an act of the journal was done.
    pub fn root_of(&self, journal_id: &str) -> Result<PathBuf, Error> {
        self.room.journal.root_of(journal_id)
    }

    /// Looks for the repository and hands the command to its thread. Does not wait for the answer.
    pub fn send(&self, command: Command) {
        let token = command.token;
        match self.room.root_of(&command.request) {
            Ok(Some(root)) => {
                if !self.room.hand_over(&root, command) {
                    self.room.answer(token, Err(Error::Gone));
                }
            }
            Ok(None) => self.room.answer(token, Ok(self.room.journaled(&command.request))),
            Err(error) => self.room.answer(token, Err(error)),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        for (_, thread) in leaf(&self.0.threads).drain() {
            // One that has ended needs no word.
            let _ = thread.incoming.send(Incoming::Close);
        }
    }
}

impl Room {
    pub(super) fn answer(&self, token: u64, result: Result<Answer, Error>) {
        (self.report)(Event::Answer { token, result });
    }

    /// The working tree that has to be asked, if one has to.
    fn root_of(&self, request: &Request) -> Result<Option<PathBuf>, Error> {
        let inside = match request {
            Request::List { file, .. } | Request::Look { file, .. } | Request::Act { file, .. } => {
                file.path.clone()
            }
            Request::Minding { request, .. } => return self.root_of(request),
            Request::Checkpoint { folder, .. }
            | Request::Compare { folder, .. }
            | Request::Restore { folder, .. }
            | Request::Forget { folder, .. }
            | Request::Watch { folder, .. } => folder.join("any"),
            Request::Undo { journal_id, .. } | Request::Settle { journal_id, .. } => {
                return self.journal.root_of(journal_id).map(Some);
            }
            Request::Refuse { unwanted, .. } => match unwanted.first() {
                Some(first) => first.path.clone(),
                None => return Ok(None),
            },
            Request::Journal { .. } => return Ok(None),
        };
        root_above(&inside).map(Some).ok_or(Error::NotARepository(inside))
    }

    fn journaled(&self, request: &Request) -> Answer {
        let Request::Journal { file, before, limit } = request else {
            return Answer::Journal(Vec::new());
        };
        let file = file.as_ref().map(|file| {
            let root = root_above(file).unwrap_or_default();
            let path = file.strip_prefix(&root).unwrap_or(file).to_owned();
            (root, path)
        });
        let file = file.as_ref().map(|(root, path)| (root.as_path(), path.as_path()));
        Answer::Journal(self.journal.list(file, *before, *limit))
    }

    /// False where no thread can be had.
    fn hand_over(self: &Arc<Self>, root: &Path, command: Command) -> bool {
        let mut threads = leaf(&self.threads);
        let mut incoming = Incoming::Command(command);
        if let Some(thread) = threads.get_mut(root) {
            thread.used = Instant::now();
            match thread.incoming.send(incoming) {
                Ok(()) => return true,
                Err(mpsc::SendError(back)) => incoming = back,
            }
        }
        if threads.len() >= MAX_THREADS && !threads.contains_key(root) {
            let oldest = threads.iter().min_by_key(|(_, thread)| thread.used);
            let oldest = oldest.map(|(root, _)| root.clone());
            if let Some(thread) = oldest.and_then(|root| threads.remove(&root)) {
                // It does what it was sent, and ends.
                let _ = thread.incoming.send(Incoming::Close);
            }
        }
        let (sender, taken) = mpsc::channel();
        let (room, served, again) = (Arc::clone(self), root.to_owned(), sender.clone());
        let started = thread::Builder::new()
            .name("git".into())
            .spawn(move || service::serve(&room, &served, &taken, &again));
        if started.is_err() || sender.send(incoming).is_err() {
            return false;
        }
        threads.insert(root.to_owned(), Thread { incoming: sender, used: Instant::now() });
        true
    }

    /// Lets a thread end that has nothing to do, unless something came at the last moment.
    pub(super) fn retire(
        &self,
        root: &Path,
        incoming: &mpsc::Receiver<Incoming>,
    ) -> Option<Incoming> {
        let mut threads = leaf(&self.threads);
        let last = incoming.try_recv().ok();
        if last.is_none() {
            threads.remove(root);
        }
        last
    }
}

/// A lock around a few lines: whoever panicked in it left nothing half done.
pub(super) fn leaf<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
