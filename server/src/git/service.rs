//! The thread of one repository.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
};

use super::{
    Error, Unsupported,
    acts::{Act, Scene},
    hunks::Side,
    limits::{IDLE, MAX_CONTEXT},
    memory::Told,
    recover::recover,
    repository::Repository,
    room::{Answer, Command, File, Request, Room, leaf},
    select::{Refused, Selection},
    snapshot::Snapshot,
};
use crate::protocol::diff::FileHunks;

/// Requests that share one write at most.
const MAX_SHARED: usize = 10_000;

/// Serves until there is nothing to do for a while, or nobody left to ask.
pub fn serve(room: &Arc<Room>, root: &Path, commands: &Receiver<Command>) {
    let mut service = Service { room, root, repository: None };
    let mut queue = VecDeque::new();
    loop {
        if queue.is_empty() {
            match commands.recv_timeout(IDLE) {
                Ok(command) => queue.push_back(command),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => match room.retire(root, commands) {
                    Some(command) => queue.push_back(command),
                    None => return,
                },
            }
        }
        queue.extend(commands.try_iter());
        let together = shared(&mut queue);
        let tokens: Vec<u64> = together.iter().map(|command| command.token).collect();
        // A bug in one answer must not leave the others waiting.
        let answered = catch_unwind(AssertUnwindSafe(|| service.serve(together)));
        if answered.is_err() {
            tracing::error!("a repository's thread panicked");
            service.repository = None;
            for token in tokens {
                room.answer(token, Err(Error::Gone));
            }
        }
    }
}

/// The next command, with those behind it that can share its write.
fn shared(queue: &mut VecDeque<Command>) -> Vec<Command> {
    let mut together: Vec<Command> = queue.pop_front().into_iter().collect();
    let key = |command: &Command| match &command.request {
        Request::Act { act, file, selection: Selection::Hunks(_), context } => {
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

struct Service<'a> {
    room: &'a Arc<Room>,
    root: &'a Path,
    repository: Option<Repository>,
}

impl Service<'_> {
    fn serve(&mut self, commands: Vec<Command>) {
        let room = Arc::clone(self.room);
        let acts: Option<Vec<(u64, &Selection)>> = commands
            .iter()
            .map(|command| match &command.request {
                Request::Act { selection, .. } => Some((command.token, selection)),
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
        for Command { token, at, request } in commands {
            let result = match request {
                Request::List { file, context } => self.list(&file, context).map(Answer::Hunks),
                Request::Undo { journal_id, context } => self.undo(at, &journal_id, context),
                // These are for nobody's thread.
                Request::Act { .. } | Request::Journal { .. } => Err(Error::Gone),
            };
            room.answer(token, result);
        }
    }

    fn repository(&mut self) -> Result<&Repository, Error> {
        let opened = if let Some(repository) = self.repository.take() {
            repository
        } else {
            let opened = Repository::open(self.root, &self.room.options.state.join("scratch"))?;
            let outcomes = recover(&opened, &self.room.journal)?;
            if !outcomes.is_empty() {
                tracing::info!(?outcomes, "acts that were under way were settled");
            }
            opened
        };
        Ok(self.repository.insert(opened))
    }

    fn list(&mut self, file: &File, context: u32) -> Result<Arc<FileHunks>, Error> {
        let path = self.inside(&file.path);
        let snapshot = Snapshot::take(self.repository()?, &path)?;
        self.told(file, &snapshot, context)
    }

    fn inside(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.root).unwrap_or(path).to_owned()
    }

    fn told(
        &self,
        file: &File,
        snapshot: &Snapshot,
        context: u32,
    ) -> Result<Arc<FileHunks>, Error> {
        let context = context.min(MAX_CONTEXT);
        let (unstaged, staged) =
            (snapshot.list(Side::Unstaged, context)?, snapshot.list(Side::Staged, context)?);
        let mut memory = leaf(&self.room.memory);
        let revision = memory.revision(&file.path, snapshot);
        memory.tell(&file.path, &unstaged);
        memory.tell(&file.path, &staged);
        let (uri, status) = (file.uri.clone(), snapshot.status);
        Ok(Arc::new(FileHunks { uri, revision, status, unstaged, staged }))
    }

    fn act(
        &mut self,
        at: u64,
        act: Act,
        file: &File,
        acts: &[(u64, &Selection)],
        context: u32,
    ) -> Vec<(u64, Result<Answer, Error>)> {
        let path = self.inside(&file.path);
        let told = leaf(&self.room.memory).told(&file.path);
        let selections: Vec<&Selection> = acts.iter().map(|(_, selection)| *selection).collect();
        let outcomes = self.scene(at, &told).and_then(|scene| scene.act(act, &path, &selections));
        let outcomes = match outcomes {
            Ok(outcomes) => outcomes,
            Err(Error::Unsupported(Unsupported::JoinsLines)) if acts.len() > 1 => {
                // One of them cannot be done, and that is no fault of the others.
                return acts
                    .iter()
                    .flat_map(|one| self.act(at, act, file, &[*one], context))
                    .collect();
            }
            Err(error) if acts.len() == 1 => {
                return vec![(acts[0].0, Err(self.with_fresh_list(error, file, context)))];
            }
            Err(error) => return self.all_failed(acts, error, file, context),
        };
        let fresh = |fresh: &Result<Arc<FileHunks>, Error>| match fresh {
            Ok(fresh) => Ok(Arc::clone(fresh)),
            Err(error) => Err(Error::Unlisted(error.to_string())),
        };
        let listed = self.list(file, context);
        acts.iter()
            .zip(outcomes)
            .map(|((token, _), outcome)| {
                let answer = match outcome {
                    Ok(journal_id) => {
                        fresh(&listed).map(|hunks| Answer::Acted { hunks, journal_id })
                    }
                    Err(Refused::Because(error)) => Err(error),
                    Err(Refused::Stale) => {
                        fresh(&listed).and_then(|hunks| Err(Error::HunkStale(hunks)))
                    }
                };
                (*token, answer)
            })
            .collect()
    }

    fn all_failed(
        &mut self,
        acts: &[(u64, &Selection)],
        error: Error,
        file: &File,
        context: u32,
    ) -> Vec<(u64, Result<Answer, Error>)> {
        let error = Arc::new(self.with_fresh_list(error, file, context));
        acts.iter().map(|(token, _)| (*token, Err(Error::Together(Arc::clone(&error))))).collect()
    }

    /// What changed since is told with the file as it is now.
    fn with_fresh_list(&mut self, error: Error, file: &File, context: u32) -> Error {
        match error {
            Error::Changed(_) => {
                self.list(file, context).map_or_else(|error| error, Error::HunkStale)
            }
            error => error,
        }
    }

    fn undo(&mut self, at: u64, journal_id: &str, context: u32) -> Result<Answer, Error> {
        let told = Told::default();
        let undone = self.scene(at, &told)?.undo(journal_id);
        let path = match &undone {
            Ok((_, path)) => self.root.join(path),
            Err(Error::Changed(paths)) => {
                self.root.join(paths.first().cloned().unwrap_or_default())
            }
            Err(_) => PathBuf::new(),
        };
        let file = File { uri: (self.room.options.uri_of)(&path), path };
        match undone {
            Ok((journal_id, _)) => {
                let hunks = self.list(&file, context)?;
                Ok(Answer::Acted { hunks, journal_id })
            }
            Err(error) => Err(self.with_fresh_list(error, &file, context)),
        }
    }

    fn scene<'s>(&'s mut self, at: u64, told: &'s Told) -> Result<Scene<'s>, Error> {
        let journal = &self.room.journal;
        Ok(Scene { repository: self.repository()?, journal, told, at })
    }
}
