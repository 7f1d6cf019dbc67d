//! The way to repositories: in the order that the core asks, and only to what lies below a granted folder.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::mpsc,
};

use crate::{
    core::{EventKind, grants::Root},
    git::{self, Command, Handle, Options, Request},
    grants, paths,
    protocol::{Failure, FailureKind},
};

/// The way to repositories, opened with the first question: most sessions ask none.
#[derive(Default)]
pub struct Repositories {
    door: Option<Door>,
}

impl Repositories {
    /// Does not wait; every command is answered by one event. The journal is kept under `state`, and git is started with
    /// the variable `mark`.
    pub fn ask(
        &mut self,
        (state, mark): (Option<&Path>, Option<Variable>),
        roots: Vec<Root>,
        command: Command,
        told: impl Fn(EventKind) + Send + Sync + Clone + 'static,
    ) {
        if self.door.is_none() {
            let opened = match state {
                Some(state) => Door::open(state, mark, told.clone()),
                None => Err(Failure::new(FailureKind::Io, "There is no folder for the journal.")),
            };
            match opened {
                Ok(door) => self.door = Some(door),
                Err(failure) => {
                    return told(EventKind::Git { token: command.token, result: Err(failure) });
                }
            }
        }
        if let Some(door) = &self.door {
            // The thread lives as long as this door.
            let _ = door.asked.send((roots, command));
        }
    }
}

/// A name and a value of the environment.
type Variable = (OsString, OsString);

/// A thread that looks where a path leads before the repository is asked, so that the loop never waits for a disk.
struct Door {
    asked: mpsc::Sender<(Vec<Root>, Command)>,
}

impl Door {
    fn open(
        state: &Path,
        mark: Option<Variable>,
        told: impl Fn(EventKind) + Send + Sync + Clone + 'static,
    ) -> Result<Self, Failure> {
        let answers = told.clone();
        let options = Options {
            state: state.join("git"),
            environment: mark.into_iter().collect(),
            uri_of: |path| paths::to_uri(path).unwrap_or_default(),
        };
        let report = move |event| {
            answers(match event {
                git::Event::Answer { token, result } => {
                    EventKind::Git { token, result: result.map_err(Failure::from) }
                }
                git::Event::Changed { file, revision, authored } => {
                    EventKind::HunksChanged { uri: file.uri, revision, authored }
                }
                git::Event::Turns(turns) => EventKind::TurnsKnown(turns),
            });
        };
        let (asked, asking) = mpsc::channel::<(Vec<Root>, Command)>();
        let started = std::thread::Builder::new().name("git door".into()).spawn(move || {
            // What earlier runs kept may take a while to read.
            let rooms = Handle::new(options, report).map_err(Failure::from);
            if let Ok(rooms) = &rooms {
                rooms.tell_turns();
            }
            for (roots, command) in asking {
                let token = command.token;
                let rooms = rooms.as_ref().map_err(Clone::clone);
                let sent = rooms.and_then(|rooms| {
                    rooms.send(allowed(rooms, &roots, command)?);
                    Ok(())
                });
                if let Err(failure) = sent {
                    told(EventKind::Git { token, result: Err(failure) });
                }
            }
        });
        let failed = |error: std::io::Error| Failure::new(FailureKind::Io, error.to_string());
        started.map_err(failed)?;
        Ok(Self { asked })
    }
}

/// The command with its path as it is without links above it, if that is granted.
fn allowed(rooms: &Handle, roots: &[Root], mut command: Command) -> Result<Command, Failure> {
    command.within = grants::folders(roots);
    allow(rooms, roots, &mut command.request)?;
    if let Request::Minding { open, request } = &mut command.request {
        for document in open {
            // Of a link it is what it leads to: that is what an editor has open.
            document.path = place_of_document(&document.path);
        }
        allow(rooms, roots, request)?;
    }
    Ok(command)
}

fn allow(rooms: &Handle, roots: &[Root], request: &mut Request) -> Result<(), Failure> {
    match request {
        Request::List { file, .. }
        | Request::Look { file, .. }
        | Request::Act { file, .. }
        | Request::Saved { file }
        | Request::Keep { file, .. } => {
            file.path = place(roots, &file.path)?;
        }
        Request::Journal { file: Some(path), .. } => *path = place(roots, path)?,
        // The request within is looked at by itself, and what is settled was allowed when it began.
        Request::Journal { file: None, .. } | Request::Minding { .. } | Request::Settle { .. } => {}
        Request::Checkpoint { folder, .. }
        | Request::Compare { folder, .. }
        | Request::Restore { folder, .. }
        | Request::Forget { folder, .. } => {
            *folder = grants::resolve(roots, folder)?;
            // All of the tree is kept and put back.
            grants::resolve(roots, &rooms.root_above(folder)?)?;
        }
        Request::Watch { folder, files } => {
            *folder = grants::resolve(roots, folder)?;
            for file in files {
                file.path = place(roots, &file.path)?;
            }
        }
        Request::Refuse { unwanted, .. } => {
            for one in unwanted {
                one.path = place(roots, &one.path)?;
            }
        }
        Request::WatchAll { files } => {
            files.retain_mut(|file| match place(roots, &file.path) {
                Ok(path) => {
                    file.path = path;
                    true
                }
                Err(_) => false,
            });
        }
        // Of the tree only what is granted is looked at and written.
        Request::TurnDiff { runs: Some(folder), .. }
        | Request::TurnComes { folder, .. }
        | Request::TurnBegins { folder, .. }
        | Request::TurnWrote { folder, .. }
        | Request::TurnEnds { folder, .. } => {
            *folder = grants::resolve(roots, folder)?;
        }
        Request::TurnDiff { thread, turn, .. } => {
            any_of(roots, &rooms.root_of_turn(thread, turn.as_deref())?)?;
        }
        Request::TurnUndo { id } => {
            any_of(roots, &rooms.root_of_turn(&id.thread, Some(&id.turn))?)?;
        }
        Request::Review { roots: trees, .. } => {
            *trees = rooms.roots_of_turns()?;
            trees.retain(|tree| any_of(roots, tree).is_ok());
        }
        Request::Undo { journal_id, .. } | Request::Texts { journal_id } => {
            for file in rooms.files_of(journal_id)? {
                place(roots, &file)?;
            }
        }
    }
    Ok(())
}

/// A granted folder holds this working tree, or is in it.
fn any_of(roots: &[Root], tree: &Path) -> Result<(), Failure> {
    if grants::folders(roots).iter().any(|folder| folder.starts_with(tree)) {
        return Ok(());
    }
    grants::resolve(roots, tree)?;
    Ok(())
}

fn place_of_document(path: &Path) -> PathBuf {
    if let Ok(there) = path.canonicalize() {
        return there;
    }
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    folder.zip(path.file_name()).map_or_else(|| path.to_owned(), |(folder, name)| folder.join(name))
}

/// A file's own place: of a link it is the link, and what was deleted has one too.
fn place(roots: &[Root], path: &Path) -> Result<PathBuf, Failure> {
    let nowhere = || {
        let why = format!("{} names no file.", path.display());
        Failure::new(FailureKind::InvalidParams, why)
    };
    let there = path.ancestors().skip(1).find(|above| above.exists()).ok_or_else(nowhere)?;
    let below = path.strip_prefix(there).map_err(|_| nowhere())?;
    if below.components().any(|part| !matches!(part, std::path::Component::Normal(_))) {
        return Err(nowhere());
    }
    Ok(grants::resolve(roots, there)?.join(below))
}
