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
    journal::{Journal, Listed},
    limits::MAX_THREADS,
    memory::Memory,
    repository::root_above,
    select::Selection,
    service,
};
use crate::protocol::diff::FileHunks;

/// What is asked of a repository. Each is answered by one [`Event::Answer`] with the same token.
#[derive(Debug)]
pub struct Command {
    pub token: u64,
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
    Answer { token: u64, result: Result<Answer, Error> },
}

#[derive(Debug)]
pub enum Answer {
    Hunks(Arc<FileHunks>),
    Acted { hunks: Arc<FileHunks>, journal_id: String },
    Journal(Vec<Listed>),
}

/// Where the room keeps its files, which nobody else may read.
#[derive(Clone, Debug)]
pub struct Options {
    pub state: PathBuf,
    /// The `file:` URI of a path.
    pub uri_of: fn(&Path) -> String,
}

/// The room. Threads end when the last handle is dropped and what was sent is done.
#[derive(Clone)]
pub struct Handle {
    room: Arc<Room>,
}

pub(super) struct Room {
    pub options: Options,
    pub report: Box<dyn Fn(Event) + Send + Sync>,
    pub memory: Mutex<Memory>,
    pub journal: Journal,
    threads: Mutex<HashMap<PathBuf, Thread>>,
}

struct Thread {
    commands: mpsc::Sender<Command>,
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
        let room = Room {
            journal,
            options,
            report: Box::new(report),
            memory: Mutex::default(),
            threads: Mutex::default(),
        };
        Ok(Self { room: Arc::new(room) })
    }

    /// Looks for the repository and hands the command to its thread. Does not wait for the answer.
    pub fn send(&self, command: Command) {
        let token = command.token;
        match self.room.root_of(&command.request) {
            Ok(Some(root)) => {
                if self.room.hand_over(&root, command).is_err() {
                    self.room.answer(token, Err(Error::Gone));
                }
            }
            Ok(None) => self.room.answer(token, Ok(self.room.journaled(&command.request))),
            Err(error) => self.room.answer(token, Err(error)),
        }
    }
}

impl Room {
    pub(super) fn answer(&self, token: u64, result: Result<Answer, Error>) {
        (self.report)(Event::Answer { token, result });
    }

    /// The working tree that has to be asked, if one has to.
    fn root_of(&self, request: &Request) -> Result<Option<PathBuf>, Error> {
        match request {
            Request::List { file, .. } | Request::Act { file, .. } => {
                match root_above(&file.path) {
                    Some(root) => Ok(Some(root)),
                    None => Err(Error::NotARepository(file.path.clone())),
                }
            }
            Request::Undo { journal_id, .. } => self.journal.root_of(journal_id).map(Some),
            Request::Journal { .. } => Ok(None),
        }
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

    fn hand_over(self: &Arc<Self>, root: &Path, command: Command) -> Result<(), Command> {
        let mut threads = leaf(&self.threads);
        let command = match threads.get_mut(root) {
            None => command,
            Some(thread) => {
                thread.used = Instant::now();
                match thread.commands.send(command) {
                    Ok(()) => return Ok(()),
                    Err(mpsc::SendError(command)) => command,
                }
            }
        };
        if threads.len() >= MAX_THREADS && !threads.contains_key(root) {
            let oldest = threads.iter().min_by_key(|(_, thread)| thread.used);
            if let Some(root) = oldest.map(|(root, _)| root.clone()) {
                // It does what it was sent, and ends.
                threads.remove(&root);
            }
        }
        let (commands, taken) = mpsc::channel();
        let (room, served) = (Arc::clone(self), root.to_owned());
        let started = thread::Builder::new()
            .name("git".into())
            .spawn(move || service::serve(&room, &served, &taken));
        if started.is_err() {
            return Err(command);
        }
        commands.send(command).map_err(|mpsc::SendError(command)| command)?;
        threads.insert(root.to_owned(), Thread { commands, used: Instant::now() });
        Ok(())
    }

    /// Lets a thread end that has nothing to do, unless something came at the last moment.
    pub(super) fn retire(
        &self,
        root: &Path,
        commands: &mpsc::Receiver<Command>,
    ) -> Option<Command> {
        let mut threads = leaf(&self.threads);
        let last = commands.try_recv();
        if let Err(mpsc::TryRecvError::Empty) = last {
            threads.remove(root);
        }
        last.ok()
    }
}

/// A lock around a few lines: whoever panicked in it left nothing half done.
pub(super) fn leaf<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
