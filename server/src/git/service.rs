//! The thread of one repository.

use std::{
    collections::{BTreeSet, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender},
    },
    time::{Duration, Instant},
};

use super::{
    Error, Unsupported,
    acts::{Act, Scene},
    answer::Answer,
    checkpoint, compare,
    hunks::Side,
    journal::id,
    limits::{IDLE, MAX_CONTEXT},
    place::OnDisk,
    recover::recover,
    refuse::Unwanted,
    repository::Repository,
    room::{Command, File, Incoming, Request, Room, leaf},
    scope::Scope,
    select::{Asked, Refused, Selection},
    snapshot::Snapshot,
    watch::Watch,
};
use crate::protocol::{diff::FileHunks, document::fingerprint};

/// Requests that share one write at most.
const MAX_SHARED: usize = 10_000;

/// Serves until there is nothing to do for a while, or the room is closed. `again` is the way into this thread.
pub fn serve(
    room: &Arc<Room>,
    root: &Path,
    incoming: &Receiver<Incoming>,
    again: &Sender<Incoming>,
) {
    let mut service = Service {
        room,
        root,
        again,
        repository: None,
        watch: None,
        open: Vec::new(),
        reviewed: Vec::new(),
        scope: Scope::default(),
    };
    let mut queue = VecDeque::new();
    loop {
        let mut next = Vec::new();
        if queue.is_empty() {
            match incoming.recv_timeout(service.patience(Instant::now())) {
                Ok(one) => next.push(one),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) if service.watches() => {}
                Err(RecvTimeoutError::Timeout) => match room.retire(root, incoming) {
                    Some(one) => next.push(one),
                    None => return,
                },
            }
        }
        next.extend(incoming.try_iter());
        let mut closing = false;
        for one in next {
            match one {
                Incoming::Command(command) => queue.push_back(command),
                Incoming::Touched(paths) => service.touch(paths),
                Incoming::Close => closing = true,
            }
        }
        let together = shared(&mut queue);
        let tokens: Vec<u64> = together.iter().map(|command| command.token).collect();
        // A bug in one answer must not leave the others waiting.
        let served = catch_unwind(AssertUnwindSafe(|| {
            service.serve(together);
            service.tell_changes(Instant::now());
        }));
        if served.is_err() {
            tracing::error!("a repository's thread panicked");
            service.repository = None;
            for token in tokens {
                room.answer(token, Err(Error::Gone));
            }
        }
        if closing && queue.is_empty() {
            return;
        }
    }
}

/// The next command, with those behind it that can share its write.
fn shared(queue: &mut VecDeque<Command>) -> Vec<Command> {
    let mut together: Vec<Command> = queue.pop_front().into_iter().collect();
    let key = |command: &Command| match &command.request {
        Request::Act { act, file, selection: Selection::Hunks(_), context, .. } => {
            Some((*act, file.clone(), *context))
        }
        _ => None,
    };
    let Some(first) = together.first().and_then(key) else { return together };
    while together.len() < MAX_SHARED && queue.front().and_then(key).as_ref() == Some(&first) {
        together.extend(queue.pop_front());
    }
    together
}

/// What one of several acts of one write is to do.
#[derive(Clone, Copy)]
struct Wish<'a> {
    token: u64,
    asker: u64,
    selection: &'a Selection,
    revision: Option<u64>,
}

pub struct Service<'a> {
    pub room: &'a Arc<Room>,
    pub root: &'a Path,
    again: &'a Sender<Incoming>,
    repository: Option<Repository>,
    pub watch: Option<Watch>,
    /// Files that editors have open.
    open: Vec<File>,
    /// Files of the review list, once somebody asked for it.
    pub reviewed: Vec<File>,
    /// What whoever asks now may have looked at and written.
    pub scope: Scope,
}

impl Service<'_> {
    fn serve(&mut self, commands: Vec<Command>) {
        let room = Arc::clone(self.room);
        if let Some(first) = commands.first() {
            self.scope = Scope::of(self.root, &first.within);
        }
        let acts: Option<Vec<Wish<'_>>> = commands
            .iter()
            .map(|Command { token, asker, request, .. }| match request {
                Request::Act { selection, revision, .. } => {
                    let (token, asker, revision) = (*token, *asker, *revision);
                    Some(Wish { token, asker, selection, revision })
                }
                _ => None,
            })
            .collect();
        if let (
            Some(acts),
            Some(Command { at, request: Request::Act { act, file, context, .. }, .. }),
        ) = (acts, commands.first())
        {
            for (token, result) in self.act(*at, *act, file, &acts, *context) {
                room.answer(token, result);
            }
            return;
        }
        for Command { token, asker, at, within, request } in commands {
            let result = match request {
                Request::List { file, context } => {
                    self.list(&file, [asker], context).map(Answer::Hunks)
                }
                Request::Look { file, context } => self.look(&file, context),
                Request::Minding { open, request } => match self.mind(at, asker, &open, &request) {
                    Ok(None) => {
                        self.serve(vec![Command { token, asker, at, within, request: *request }]);
                        continue;
                    }
                    Ok(Some(answer)) => Ok(answer),
                    Err(error) => Err(error),
                },
                Request::Settle { journal_id, made, uri, context } => {
                    self.settle(asker, &journal_id, made, uri, context)
                }
                Request::Undo { journal_id, context } => self.undo(at, asker, &journal_id, context),
                Request::Checkpoint { name, .. } => self.checkpoint(&name),
                Request::TurnComes { thread, .. } => self.desk(at).and_then(|desk| {
                    desk.comes(&thread)?;
                    Ok(Answer::Done)
                }),
                Request::TurnBegins { id, .. } => self.desk(at).and_then(|desk| {
                    desk.begins(&id)?;
                    Ok(Answer::Done)
                }),
                Request::TurnWrote { id, item, heard, .. } => {
                    let looked = self.desk(at).and_then(|desk| desk.wrote(&id, &[item], &heard));
                    self.looked(looked)
                }
                Request::TurnEnds { id, open, heard, .. } => {
                    let looked = self.desk(at).and_then(|desk| desk.ends(&id, &open, &heard));
                    self.looked(looked)
                }
                Request::Saved { file } => self.saved(&file, at),
                Request::TurnDiff { thread, turn, runs, context } => {
                    self.turn_diff(&thread, turn.as_deref(), runs.is_some(), context)
                }
                Request::TurnUndo { id } => self.turn_undo(at, &id),
                Request::Keep { file, hunks, context } => {
                    self.keep(at, asker, &file, &hunks, context)
                }
                Request::Review { context, .. } => self.review(asker, context),
                Request::Compare { from, to, context, .. } => {
                    self.compare(&from, to.as_deref(), context)
                }
                Request::Restore { from, to, .. } => self.restore(at, from.as_deref(), &to),
                Request::Refuse { unwanted, only_look } => self.refuse(at, &unwanted, only_look),
                Request::Forget { names, .. } => self
                    .repository()
                    .and_then(|repository| checkpoint::forget(repository, &names))
                    .map(|()| Answer::Done),
                Request::Watch { files, .. } => {
                    self.open = files;
                    self.rewatch().map(|()| Answer::Done)
                }
                // These are for nobody's thread.
                Request::Act { .. }
                | Request::Journal { .. }
                | Request::Texts { .. }
                | Request::WatchAll { .. } => Err(Error::Gone),
            };
            room.answer(token, result);
        }
    }

    pub fn repository(&mut self) -> Result<&Repository, Error> {
        let opened = if let Some(repository) = self.repository.take() {
            repository
        } else {
            let opened = {
                let options = &self.room.options;
                Repository::open(self.root, &options.state.join("scratch"), &options.environment)?
            };
            let outcomes = recover(&opened, &self.room.journal)?;
            if !outcomes.is_empty() {
                tracing::info!(?outcomes, "acts that were under way were settled");
            }
            opened
        };
        Ok(self.repository.insert(opened))
    }

    /// The repository, and where it may be looked at and written.
    pub fn there(&mut self) -> Result<(&Repository, &Scope), Error> {
        self.repository()?;
        let repository = self.repository.as_ref().ok_or(Error::Gone)?;
        Ok((repository, &self.scope))
    }

    pub fn list(
        &mut self,
        file: &File,
        askers: impl IntoIterator<Item = u64>,
        context: u32,
    ) -> Result<Arc<FileHunks>, Error> {
        let path = self.inside(&file.path);
        let snapshot = Snapshot::take(self.repository()?, &path)?;
        self.told(file, &snapshot, askers, context)
    }

    fn look(&mut self, file: &File, context: u32) -> Result<Answer, Error> {
        let path = self.inside(&file.path);
        let snapshot = Snapshot::take(self.repository()?, &path)?;
        let text = match &snapshot.disk {
            OnDisk::File(on_disk) => std::str::from_utf8(&on_disk.bytes).ok().map(fingerprint),
            _ => None,
        };
        let hunks = self.told(file, &snapshot, [], context)?;
        Ok(Answer::Looked { hunks, text })
    }

    pub fn inside(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.root).unwrap_or(path).to_owned()
    }

    fn told(
        &mut self,
        file: &File,
        snapshot: &Snapshot,
        askers: impl IntoIterator<Item = u64>,
        context: u32,
    ) -> Result<Arc<FileHunks>, Error> {
        let context = context.min(MAX_CONTEXT);
        let (mut unstaged, mut staged) =
            (snapshot.list(Side::Unstaged, context)?, snapshot.list(Side::Staged, context)?);
        let story = self.story(&snapshot.path);
        for (side, hunks) in [(Side::Unstaged, &mut unstaged), (Side::Staged, &mut staged)] {
            if !hunks.is_empty() {
                story.tell(self.repository()?, &snapshot.pair(side)?, hunks)?;
            }
        }
        let besides = self.besides(&snapshot.path, &story.kept);
        let mut memory = leaf(&self.room.memory);
        let revision = memory.revision(&file.path, snapshot, besides);
        let (uri, status) = (file.uri.clone(), snapshot.status);
        let hunks = FileHunks { uri, revision, status, unstaged, staged };
        memory.tell(&file.path, askers, &hunks);
        Ok(Arc::new(hunks))
    }

    fn act(
        &mut self,
        at: u64,
        act: Act,
        file: &File,
        wishes: &[Wish<'_>],
        context: u32,
    ) -> Vec<(u64, Result<Answer, Error>)> {
        let path = self.inside(&file.path);
        let asked: Vec<Asked<'_>> = {
            let memory = leaf(&self.room.memory);
            let asked = wishes.iter().map(|wish| {
                let told =
                    wish.lines_count().then(|| memory.told(&file.path, wish.asker, wish.revision));
                Asked { selection: wish.selection, told: told.unwrap_or_default() }
            });
            asked.collect()
        };
        let outcomes = self.scene(at).and_then(|scene| scene.act(act, &path, &asked));
        let outcomes = match outcomes {
            Ok(outcomes) => outcomes,
            Err(Error::Unsupported(Unsupported::JoinsLines)) if wishes.len() > 1 => {
                // One of them cannot be done, and that is no fault of the others.
                return wishes
                    .iter()
                    .flat_map(|one| self.act(at, act, file, &[*one], context))
                    .collect();
            }
            Err(error) => return self.all_failed(wishes, error, file, context),
        };
        let fresh = |fresh: &Result<Arc<FileHunks>, Error>| match fresh {
            Ok(fresh) => Ok(Arc::clone(fresh)),
            Err(error) => Err(Error::Unlisted(error.to_string())),
        };
        if act == Act::Revert {
            self.not_the_agents(at, &[path]);
        }
        let listed = self.list(file, askers(wishes), context);
        wishes
            .iter()
            .zip(outcomes)
            .map(|(wish, outcome)| {
                let answer = match outcome {
                    Ok(journal_id) => {
                        fresh(&listed).map(|hunks| Answer::Acted { hunks, journal_id })
                    }
                    Err(Refused::Because(error)) => Err(error),
                    Err(Refused::Stale) => {
                        fresh(&listed).and_then(|hunks| Err(Error::HunkStale(hunks)))
                    }
                };
                (wish.token, answer)
            })
            .collect()
    }

    fn all_failed(
        &mut self,
        wishes: &[Wish<'_>],
        error: Error,
        file: &File,
        context: u32,
    ) -> Vec<(u64, Result<Answer, Error>)> {
        let error = self.with_fresh_list(error, file, askers(wishes), context);
        if let [only] = wishes {
            return vec![(only.token, Err(error))];
        }
        let error = Arc::new(error);
        let each = wishes.iter().map(|wish| (wish.token, Err(Error::Together(Arc::clone(&error)))));
        each.collect()
    }

    /// What changed since is told with the file as it is now.
    pub fn with_fresh_list(
        &mut self,
        error: Error,
        file: &File,
        askers: impl IntoIterator<Item = u64>,
        context: u32,
    ) -> Error {
        match error {
            Error::Changed(_) => {
                self.list(file, askers, context).map_or_else(|error| error, Error::HunkStale)
            }
            error => error,
        }
    }

    fn undo(
        &mut self,
        at: u64,
        asker: u64,
        journal_id: &str,
        context: u32,
    ) -> Result<Answer, Error> {
        let undone = self.scene(at)?.undo(journal_id);
        if let Ok((journal_id, paths)) = &undone {
            self.not_the_agents(at, paths);
            if paths.len() > 1 {
                return Ok(self.undone(asker, journal_id.clone(), paths, context));
            }
        }
        let several = || {
            self.room.journal.read(journal_id).is_ok_and(|(entry, _)| entry.record.files.len() > 1)
        };
        let undone = match undone {
            Err(Error::Changed(paths)) if several() => return Err(self.changed(paths)),
            undone => undone,
        };
        let first = |paths: &[PathBuf]| paths.first().cloned().unwrap_or_default();
        let path = match &undone {
            Ok((_, paths)) | Err(Error::Changed(paths)) => self.root.join(first(paths)),
            Err(_) => PathBuf::new(),
        };
        let file = File { uri: (self.room.options.uri_of)(&path), path };
        match undone {
            Ok((journal_id, _)) => {
                let hunks = self.list(&file, [asker], context)?;
                Ok(Answer::Acted { hunks, journal_id })
            }
            Err(error) => Err(self.with_fresh_list(error, &file, [asker], context)),
        }
    }

    fn checkpoint(&mut self, name: &str) -> Result<Answer, Error> {
        let room = Arc::clone(self.room);
        let repository = self.repository()?;
        checkpoint::take(repository, &room.journal.mark, Some(name)).map(Answer::Checkpoint)
    }

    fn compare(&mut self, from: &str, to: Option<&str>, context: u32) -> Result<Answer, Error> {
        let room = Arc::clone(self.room);
        let repository = self.repository()?;
        let from = checkpoint::tree(repository, from)?;
        let to = match to {
            Some(to) => checkpoint::tree(repository, to)?,
            None => checkpoint::take(repository, &room.journal.mark, None)?.tree,
        };
        let differences = checkpoint::compare(&repository.git, &from, &to)?;
        let context = context.min(MAX_CONTEXT);
        let files =
            compare::files(repository, &differences, context, room.options.uri_of, &|_| {
                super::keep::Story::default()
            })?;
        Ok(Answer::Compared(files))
    }

    fn restore(&mut self, at: u64, from: Option<&str>, to: &str) -> Result<Answer, Error> {
        let repository = self.repository()?;
        let from = from.map(|from| checkpoint::tree(repository, from)).transpose()?;
        let to = checkpoint::tree(repository, to)?;
        let root = repository.root.clone();
        let restored = self.scene(at)?.restore(from.as_deref(), &to, (&Scope::whole(), &[]));
        let (number, paths) = restored.map_err(|error| self.whole(error))?;
        self.not_the_agents(at, &paths);
        let journal_id = number.map(|number| id(number, 0));
        Ok(Answer::Restored {
            journal_id,
            paths: paths.iter().map(|path| root.join(path)).collect(),
        })
    }

    fn refuse(&mut self, at: u64, unwanted: &[Unwanted], only_look: bool) -> Result<Answer, Error> {
        let scene = self.scene(at)?;
        if only_look {
            return scene.may_refuse(unwanted).map(|()| Answer::Done);
        }
        let number = scene.refuse(unwanted)?;
        let written: Vec<PathBuf> = unwanted.iter().map(|one| self.inside(&one.path)).collect();
        self.not_the_agents(at, &written);
        let paths = unwanted.iter().map(|one| one.path.clone()).collect();
        Ok(Answer::Restored { journal_id: Some(id(number, 0)), paths })
    }

    /// Watches what is open, and what is to be reviewed.
    pub fn rewatch(&mut self) -> Result<(), Error> {
        let mut files = self.open.clone();
        let more =
            self.reviewed.iter().filter(|file| files.iter().all(|open| open.path != file.path));
        let more: Vec<File> = more.cloned().collect();
        files.extend(more);
        if files.is_empty() {
            self.watch = None;
            return Ok(());
        }
        let known = self.watch.as_ref().map(|watch| watch.files().to_vec()).unwrap_or_default();
        for file in files.iter().filter(|file| !known.contains(file)) {
            // What is told from now on is what is not so any more.
            if let Err(error) = self.revision(file) {
                tracing::debug!(%error, "a file to watch cannot be looked at");
            }
        }
        let again = self.again.clone();
        let mut watch = match self.watch.take() {
            Some(watch) => watch,
            None => Watch::new(self.repository()?, move |paths| {
                // A thread that has ended watches nothing.
                let _ = again.send(Incoming::Touched(paths));
            })?,
        };
        let set = watch.set(files);
        self.watch = Some(watch);
        set
    }

    fn watches(&self) -> bool {
        self.watch.as_ref().is_some_and(|watch| !watch.is_idle())
    }

    fn touch(&mut self, paths: Vec<PathBuf>) {
        if let Some(watch) = &mut self.watch {
            watch.touch(paths, Instant::now());
        }
    }

    /// How long there is nothing to do if nothing comes.
    fn patience(&self, now: Instant) -> Duration {
        let due = self.watch.as_ref().and_then(Watch::due);
        due.map_or(IDLE, |due| due.saturating_duration_since(now))
    }

    fn tell_changes(&mut self, now: Instant) {
        let Some(watch) = &mut self.watch else { return };
        if watch.due().is_none_or(|due| due > now) {
            return;
        }
        for file in watch.settle() {
            let known = leaf(&self.room.memory).known(&file.path);
            match self.revision(&file) {
                Ok(revision) if Some(revision) != known => {
                    self.report(file, revision);
                }
                Ok(_) => {}
                // Whoever lists it is told why it cannot be.
                Err(error) => tracing::debug!(%error, "a watched file cannot be looked at"),
            }
        }
    }

    pub fn revision(&mut self, file: &File) -> Result<u64, Error> {
        let path = self.inside(&file.path);
        let snapshot = Snapshot::take(self.repository()?, &path)?;
        let besides = self.besides(&path, &self.room.journal.kept(self.root, &path));
        Ok(leaf(&self.room.memory).revision(&file.path, &snapshot, besides))
    }

    pub fn scene(&mut self, at: u64) -> Result<Scene<'_>, Error> {
        let room = self.room;
        Ok(Scene { repository: self.repository()?, journal: &room.journal, at })
    }
}

impl Wish<'_> {
    fn lines_count(&self) -> bool {
        let Selection::Hunks(targets) = self.selection else { return false };
        targets.iter().any(|target| target.lines.is_some())
    }
}

fn askers(wishes: &[Wish<'_>]) -> BTreeSet<u64> {
    wishes.iter().map(|wish| wish.asker).collect()
}
