//! The way in: what is asked of repositories, what they answer, and a thread for each that is in use.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ffi::OsString,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Instant,
};

use super::{
    Error,
    acts::Act,
    answer::Answer,
    attribute::{Heard, Item},
    document::OpenDocument,
    journal::Journal,
    journaled::texts,
    limits::MAX_THREADS,
    memory::Memory,
    refuse::Unwanted,
    repository::root_above,
    select::Selection,
    service,
    turn_id::{TurnAbout, TurnId},
    turns::Turns,
};
use crate::protocol::turn::FileReview;

/// What is asked of a repository. Each is answered by one [`Event::Answer`] with the same token.
#[derive(Debug)]
pub struct Command {
    pub token: u64,
    /// Whoever asks: line numbers are understood by what this one was told.
    pub asker: u64,
    /// Now, in epoch milliseconds.
    pub at: u64,
    /// The folders that may be looked at and written, absolute and without links, where that is not for one file only.
    pub within: Vec<PathBuf>,
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
    /// What an entry of the journal replaced, and by what.
    Texts {
        journal_id: String,
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
    /// The same of these files of all working trees.
    WatchAll {
        files: Vec<File>,
    },
    /// A turn of this thread was asked for: the tree is kept for it as it is now.
    TurnComes {
        folder: PathBuf,
        thread: String,
    },
    /// An agent's turn begins in this folder: the tree is kept as it was when it was asked for, else as it is.
    TurnBegins {
        folder: PathBuf,
        id: TurnId,
    },
    /// An item of the turn has ended: what it wrote is its own.
    TurnWrote {
        folder: PathBuf,
        id: TurnId,
        item: Item,
        heard: Heard,
    },
    /// The turn has ended, and with it items that were not told to have ended.
    TurnEnds {
        folder: PathBuf,
        id: TurnId,
        open: Vec<Item>,
        heard: Heard,
    },
    /// A person saved this file in an editor.
    Saved {
        file: File,
    },
    /// What a turn changed, or has changed so far.
    TurnDiff {
        thread: String,
        /// Without it, the thread's last one.
        turn: Option<String>,
        /// It runs, in this folder.
        runs: Option<PathBuf>,
        context: u32,
    },
    /// Puts the tree back as it was before the turn.
    TurnUndo {
        id: TurnId,
    },
    /// A person looked at these hunks and keeps them.
    Keep {
        file: File,
        hunks: Vec<String>,
        context: u32,
    },
    /// The agent's hunks that were neither staged nor kept, in these working trees.
    Review {
        roots: Vec<PathBuf>,
        context: u32,
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
    /// A file has other hunks than those last told, or another status.
    Changed {
        file: File,
        revision: u64,
        /// The agent wrote it once.
        authored: bool,
    },
    /// Turns that are known from earlier, the oldest first.
    Turns(Vec<TurnAbout>),
}

/// Where the room keeps its files, which nobody else may read.
#[derive(Clone, Debug)]
pub struct Options {
    pub state: PathBuf,
    /// What git is started with besides our own environment.
    pub environment: Vec<(OsString, OsString)>,
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
    pub turns: Turns,
    gathers: Mutex<HashMap<u64, Gather>>,
    watched: Mutex<BTreeSet<PathBuf>>,
    threads: Mutex<HashMap<PathBuf, Thread>>,
}

/// Files whose hunks are told when an act of several is taken back.
pub const MAX_TOLD: usize = 100;

/// An answer that several repositories have a part in.
struct Gather {
    left: usize,
    files: Vec<FileReview>,
}

/// What a repository's thread takes.
pub(super) enum Incoming {
    Command(Command),
    /// Something happened to these paths; to any, where there are none.
    Touched(Vec<PathBuf>),
    Close,
}

/// The token of what nobody waits for.
const NOBODY: u64 = 0;

struct Thread {
    incoming: mpsc::Sender<Incoming>,
    used: Instant,
}

impl Request {
    /// What a person wrote that would be kept.
    pub fn prompt(&mut self) -> Option<&mut String> {
        match self {
            Self::TurnWrote { heard, .. } | Self::TurnEnds { heard, .. } => heard.prompt.as_mut(),
            _ => None,
        }
    }
}

impl Handle {
    /// `report` is called on the threads of repositories and must not block.
    pub fn new(
        options: Options,
        report: impl Fn(Event) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        // As git: what is unpacked is held against its checksum, and not hashed again each time.
        git2::opts::strict_hash_verification(false);
        let journal = Journal::open(&options.state.join("journal"))?;
        let scratch = options.state.join("scratch");
        if scratch.exists() {
            // Left by a process that was ended.
            std::fs::remove_dir_all(&scratch).map_err(Error::io("removing old files"))?;
        }
        let room = Arc::new(Room {
            turns: Turns::new(options.state.join("turns")),
            gathers: Mutex::default(),
            watched: Mutex::default(),
            journal,
            options,
            report: Box::new(report),
            memory: Mutex::default(),
            threads: Mutex::default(),
        });
        Ok(Self { _open: Arc::new(Open(Arc::clone(&room))), room })
    }

    /// The files that an entry of the journal is about.
    pub fn files_of(&self, journal_id: &str) -> Result<Vec<PathBuf>, Error> {
        self.room.journal.files_of(journal_id)
    }

    /// Working trees in which turns are known.
    pub fn roots_of_turns(&self) -> Result<Vec<PathBuf>, Error> {
        self.room.turns.roots(None)
    }

    /// That of a turn, or of the last one of its thread.
    pub fn root_of_turn(&self, thread: &str, turn: Option<&str>) -> Result<PathBuf, Error> {
        self.room.turn(thread, turn).map(|(root, _)| root)
    }

    /// The working tree that a folder is in.
    pub fn root_above(&self, folder: &Path) -> Result<PathBuf, Error> {
        root_above(&folder.join("any")).ok_or_else(|| Error::NotARepository(folder.to_owned()))
    }

    /// Tells which turns are known from earlier.
    pub fn tell_turns(&self) {
        match self.room.turns.about() {
            Ok(turns) => (self.room.report)(Event::Turns(turns)),
            Err(error) => tracing::warn!(%error, "turns cannot be read"),
        }
    }

    /// Looks for the repository and hands the command to its thread. Does not wait for the answer.
    pub fn send(&self, command: Command) {
        let token = command.token;
        let Command { asker, at, within, request, .. } = command;
        let command = match request {
            Request::WatchAll { files } => return self.room.watch_all(token, at, files),
            Request::Review { roots, context } => {
                return self.room.review((token, asker), at, &within, (roots, context));
            }
            request => Command { token, asker, at, within, request },
        };
        match self.room.root_of(&command.request) {
            Ok(Some(root)) => {
                if !self.room.hand_over(&root, command) {
                    self.room.answer(token, Err(Error::Gone));
                }
            }
            Ok(None) => self.room.answer(token, self.room.journaled(&command.request)),
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
        if token == NOBODY {
            if let Err(error) = result {
                tracing::debug!(%error, "files cannot be watched");
            }
        } else if let Some(result) = self.gather(token, result) {
            (self.report)(Event::Answer { token, result });
        }
    }

    /// The working tree that has to be asked, if one has to.
    fn root_of(&self, request: &Request) -> Result<Option<PathBuf>, Error> {
        let inside = match request {
            Request::List { file, .. }
            | Request::Look { file, .. }
            | Request::Act { file, .. }
            | Request::Saved { file }
            | Request::Keep { file, .. } => file.path.clone(),
            Request::Minding { request, .. } => return self.root_of(request),
            Request::Checkpoint { folder, .. }
            | Request::Compare { folder, .. }
            | Request::Restore { folder, .. }
            | Request::Forget { folder, .. }
            | Request::TurnComes { folder, .. }
            | Request::TurnBegins { folder, .. }
            | Request::TurnWrote { folder, .. }
            | Request::TurnEnds { folder, .. }
            | Request::TurnDiff { runs: Some(folder), .. }
            | Request::Watch { folder, .. } => folder.join("any"),
            Request::Undo { journal_id, .. } | Request::Settle { journal_id, .. } => {
                return self.journal.root_of(journal_id).map(Some);
            }
            Request::Refuse { unwanted, .. } => match unwanted.first() {
                Some(first) => first.path.clone(),
                None => return Ok(None),
            },
            Request::TurnDiff { thread, turn, .. } => {
                return self.turn(thread, turn.as_deref()).map(|(root, _)| Some(root));
            }
            Request::TurnUndo { id } => {
                return self.turn(&id.thread, Some(&id.turn)).map(|(root, _)| Some(root));
            }
            // Of one working tree, once they are handed over.
            Request::Review { roots, .. } => return Ok(roots.first().cloned()),
            Request::Journal { .. } | Request::Texts { .. } | Request::WatchAll { .. } => {
                return Ok(None);
            }
        };
        root_above(&inside).map(Some).ok_or(Error::NotARepository(inside))
    }

    /// The turn that is meant, and its working tree.
    pub(super) fn turn(
        &self,
        thread: &str,
        turn: Option<&str>,
    ) -> Result<(PathBuf, TurnId), Error> {
        let last = self.turns.last_of(thread)?;
        let last = last.ok_or_else(|| Error::ThreadUnknown(thread.to_owned()))?;
        let id = match turn {
            Some(turn) => TurnId { thread: thread.to_owned(), turn: turn.to_owned() },
            None => last,
        };
        let root = self.turns.roots(Some(&id))?.into_iter().next();
        root.map(|root| (root, id.clone())).ok_or(Error::TurnUnknown(id))
    }

    /// Every working tree watches its own of these files; those that had some and have none any more, none.
    fn watch_all(self: &Arc<Self>, token: u64, at: u64, files: Vec<File>) {
        let mut by_root: BTreeMap<PathBuf, Vec<File>> = BTreeMap::new();
        for root in leaf(&self.watched).iter() {
            by_root.insert(root.clone(), Vec::new());
        }
        for file in files {
            if let Some(root) = root_above(&file.path) {
                by_root.entry(root).or_default().push(file);
            }
        }
        let watched = by_root.iter().filter(|(_, files)| !files.is_empty());
        *leaf(&self.watched) = watched.map(|(root, _)| root.clone()).collect();
        for (root, files) in by_root {
            let request = Request::Watch { folder: root.clone(), files };
            // Nobody waits for each.
            self.hand_over(
                &root,
                Command { token: NOBODY, asker: 0, at, within: Vec::new(), request },
            );
        }
        self.answer(token, Ok(Answer::Done));
    }

    fn review(
        self: &Arc<Self>,
        (token, asker): (u64, u64),
        at: u64,
        within: &[PathBuf],
        (roots, context): (Vec<PathBuf>, u32),
    ) {
        if roots.is_empty() {
            return self.answer(token, Ok(Answer::Review(Vec::new())));
        }
        let gather = Gather { left: roots.len(), files: Vec::new() };
        leaf(&self.gathers).insert(token, gather);
        for root in roots {
            let request = Request::Review { roots: vec![root.clone()], context };
            let within = within.to_vec();
            if !self.hand_over(&root, Command { token, asker, at, within, request }) {
                self.answer(token, Err(Error::Gone));
            }
        }
    }

    /// One of several parts of an answer; all of it goes with the last. A repository that cannot say has no part.
    fn gather(&self, token: u64, result: Result<Answer, Error>) -> Option<Result<Answer, Error>> {
        let mut gathers = leaf(&self.gathers);
        let Some(gather) = gathers.get_mut(&token) else { return Some(result) };
        match result {
            Ok(Answer::Review(files)) => gather.files.extend(files),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "a repository's hunks cannot be reviewed"),
        }
        gather.left -= 1;
        if gather.left > 0 {
            return None;
        }
        let gather = gathers.remove(&token)?;
        let mut files = gather.files;
        files.sort_by(|one, other| one.uri.cmp(&other.uri));
        Some(Ok(Answer::Review(files)))
    }

    fn journaled(&self, request: &Request) -> Result<Answer, Error> {
        let (file, before, limit) = match request {
            Request::Journal { file, before, limit } => (file, before, limit),
            Request::Texts { journal_id } => {
                let (written, act) = self.journal.read(journal_id)?;
                return Ok(Answer::Texts(texts(&written, act)));
            }
            _ => return Ok(Answer::Journal(Vec::new())),
        };
        let file = file.as_ref().map(|file| {
            let root = root_above(file).unwrap_or_default();
            let path = file.strip_prefix(&root).unwrap_or(file).to_owned();
            (root, path)
        });
        let file = file.as_ref().map(|(root, path)| (root.as_path(), path.as_path()));
        Ok(Answer::Journal(self.journal.list(file, *before, *limit)))
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
