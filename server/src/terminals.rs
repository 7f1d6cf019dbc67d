//! The way to terminals: each begins in a granted folder, with the environment of the session that opened it.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use crate::{
    core::{EventKind, Opening, grants::Root},
    environment::{self, Environment},
    grants, home,
    offspring::Mark,
    protocol::{Failure, FailureKind},
    terminal::{self, Command, Event},
};

/// All terminals of this process, and what is needed to start one.
pub struct Terminals {
    room: terminal::Terminals,
    told: Arc<dyn Fn(EventKind) + Send + Sync>,
    owner: Option<String>,
    /// What was last asked of the login shell, and what it said.
    login: Arc<Mutex<Option<Login>>>,
}

/// An environment, and what the login shell made of it.
struct Login {
    before: Arc<Environment>,
    completed: Arc<Environment>,
}

impl Terminals {
    /// Starts nothing yet. `mark` is on everything that is started; `told` is called on other threads and must not
    /// block.
    pub fn new(mark: Option<&Mark>, told: impl Fn(EventKind) + Send + Sync + 'static) -> Self {
        let told: Arc<dyn Fn(EventKind) + Send + Sync> = Arc::new(told);
        let events = Arc::clone(&told);
        let room = terminal::Terminals::new(Arc::new(move |event| match event {
            // Nobody asks for marks yet, and a program may write any number of them.
            Event::Marked { .. } => {}
            event => events(EventKind::Terminal(event)),
        }));
        let owner = mark.map(|mark| mark.as_str().to_owned());
        Self { room, told, owner, login: Arc::default() }
    }

    /// Does not wait.
    pub fn send(&self, command: Command) {
        self.room.send(command);
    }

    /// Starts a program, if its folder is granted. Does not wait: the disk may be slow, and so may a login shell.
    pub fn open(&self, roots: Vec<Root>, opening: Box<Opening>) {
        let (token, owner) = (opening.token, self.owner.clone());
        let (room, told, login) =
            (self.room.clone(), Arc::clone(&self.told), Arc::clone(&self.login));
        let work = move || {
            let Opening { token, terminal, mut spec, environment, integrated } = *opening;
            match folder(&roots, &spec.cwd) {
                Ok(cwd) => spec.cwd = cwd,
                Err(failure) => return told(EventKind::TerminalRefused { token, failure }),
            }
            let environment = whole(&environment, &login);
            let text = |(name, value): &(std::ffi::OsString, std::ffi::OsString)| {
                Some((name.to_str()?.to_owned(), value.to_str()?.to_owned()))
            };
            spec.base_env = environment.iter().filter_map(text).collect();
            spec.owner = owner;
            spec.integration = integrated.then(integration).flatten();
            room.send(Command::Create { token, terminal, spec });
        };
        if let Err(error) = thread::Builder::new().name("terminal-open".into()).spawn(work) {
            let failure = Failure::new(FailureKind::Io, format!("No thread can start: {error}."));
            (self.told)(EventKind::TerminalRefused { token, failure });
        }
    }

    /// Ends all of them. Blocks for two seconds at the most.
    pub fn end(&self) {
        self.room.end();
    }
}

/// Where the shells' integration is; `None` when it could not be put there, and then they do without.
fn integration() -> Option<PathBuf> {
    let folder = home::of_this_environment()?.join("shell");
    match terminal::install_integration(&folder) {
        Ok(()) => Some(folder),
        Err(error) => {
            tracing::warn!(%error, "shells start without integration");
            None
        }
    }
}

fn folder(roots: &[Root], cwd: &Path) -> Result<PathBuf, Failure> {
    let resolved = grants::resolve(roots, cwd).map_err(|error| {
        let gone = matches!(error, grants::Error::Io { .. });
        let failure = Failure::from(error);
        if gone { Failure { kind: FailureKind::CwdMissing, ..failure } } else { failure }
    })?;
    Ok(resolved)
}

/// The environment as the person's shell would have made it, where no shell had a part in it.
fn whole(environment: &Arc<Environment>, login: &Mutex<Option<Login>>) -> Arc<Environment> {
    if environment::is_whole(environment) {
        return Arc::clone(environment);
    }
    // Who comes while the shell is asked waits for what it says.
    let mut known = login.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = &*known
        && known.before == *environment
    {
        return Arc::clone(&known.completed);
    }
    let completed = Arc::new(environment::completed(environment));
    *known = Some(Login { before: Arc::clone(environment), completed: Arc::clone(&completed) });
    completed
}
