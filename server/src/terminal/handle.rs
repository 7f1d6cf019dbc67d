//! All terminals of this process.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use base64::prelude::*;

use super::{
    Command, Error, Event, Output, Size, Spec, Started, close,
    elsewhere::{self, Feed},
    live::{Events, Live},
    spawn::{Spawned, Spawner},
};
use crate::protocol::{SessionId, TerminalId};

/// Terminals at one time, with those that have exited and are not forgotten.
pub const LIMIT: usize = 128;

/// How long the closing of a terminal waits for sessions that have not taken the end of its stream.
const LAST_WORDS: Duration = Duration::from_secs(12);

/// Takes commands and never blocks; what becomes of them is told as [`Event`]s.
#[derive(Clone)]
pub struct Terminals {
    shared: Arc<Shared>,
}

struct Shared {
    events: Events,
    spawner: Spawner,
    terminals: Mutex<HashMap<TerminalId, Entry>>,
    /// Of programs that run elsewhere, until they end.
    feeds: Mutex<HashMap<TerminalId, Feed>>,
}

enum Entry {
    Starting,
    Live(Arc<Live>),
}

impl Terminals {
    /// `events` is called on the terminals' own threads, one terminal's events at a time. It must neither block nor
    /// send a command itself.
    pub fn new(events: Arc<dyn Fn(Event) + Send + Sync>) -> Self {
        let (terminals, feeds) = (Mutex::default(), Mutex::default());
        Self { shared: Arc::new(Shared { events, spawner: Spawner::default(), terminals, feeds }) }
    }

    /// Takes one command.
    pub fn send(&self, command: Command) {
        match command {
            Command::Create { token, terminal, spec } => self.create(token, terminal, spec),
            Command::Open { token, terminal, program, cwd, size } => {
                self.shared.open(token, &terminal, program, cwd, size);
            }
            Command::Feed { terminal, output } => {
                if let Some(feed) = self.shared.feeds().get_mut(&terminal) {
                    match output {
                        Output::Text(text) => feed.push(text.as_bytes()),
                        Output::Base64(text) => match BASE64_STANDARD.decode(text) {
                            Ok(bytes) => feed.push(&bytes),
                            Err(error) => tracing::warn!(%error, "output that is no base64"),
                        },
                    }
                }
            }
            Command::Finish { terminal, code } => {
                let feed = self.shared.feeds().remove(&terminal);
                if let Some(feed) = feed {
                    feed.finish(code);
                }
            }
            Command::Attach { token, terminal, session } => match self.live(&terminal) {
                Ok(live) => live.attach(session, token),
                Err(error) => self.refuse(token, error),
            },
            Command::Detach { terminal, session } => {
                if let Ok(live) = self.live(&terminal) {
                    live.detach(session);
                }
            }
            Command::Leave { session } => self.leave(session),
            Command::Write { token, terminal, data } => {
                let written = self.live(&terminal).and_then(|live| live.write(data));
                self.answer(token, written);
            }
            Command::Resize { token, terminal, size } => {
                let resized = self.live(&terminal).and_then(|live| live.resize(size));
                self.answer(token, resized);
            }
            Command::Ack { terminal, session, offset } => {
                if let Ok(live) = self.live(&terminal) {
                    live.ack(session, offset);
                }
            }
            Command::Close { token, terminal, force, everything } => {
                self.close(token, terminal, force, everything);
            }
            Command::Keep { token, terminal } => match self.live(&terminal) {
                Ok(live) => live.keep(token),
                Err(error) => self.refuse(token, error),
            },
            Command::Forget { terminal } => {
                if self.live(&terminal).is_ok_and(|live| live.is_over()) {
                    self.shared.remove(&terminal);
                }
            }
        }
    }

    /// Ends every terminal and waits for it: at the end of this process.
    pub fn end(&self) {
        let lives: Vec<Arc<Live>> = {
            let entries = self.shared.entries();
            let lives = entries.values().filter_map(|entry| match entry {
                Entry::Live(live) if !live.is_over() => Some(Arc::clone(live)),
                Entry::Live(_) | Entry::Starting => None,
            });
            lives.collect()
        };
        thread::scope(|scope| {
            for live in &lives {
                scope.spawn(|| live.end(false));
            }
        });
    }

    fn create(&self, token: u64, terminal: TerminalId, spec: Box<Spec>) {
        if let Err(error) = self.shared.reserve(&terminal) {
            return (self.shared.events)(Event::Created { token, terminal, result: Err(error) });
        }
        let shared = Arc::clone(&self.shared);
        let id = terminal.clone();
        let started = thread::Builder::new()
            .name("terminal-create".into())
            .spawn(move || shared.create(token, &id, spec));
        if let Err(error) = started {
            self.shared.remove(&terminal);
            let result = Err(no_thread(&error));
            (self.shared.events)(Event::Created { token, terminal, result });
        }
    }

    fn close(&self, token: u64, terminal: TerminalId, force: bool, everything: bool) {
        let live = match self.live(&terminal) {
            Ok(live) => live,
            Err(error) => return self.refuse(token, error),
        };
        let shared = Arc::clone(&self.shared);
        let ending = move || {
            if !force {
                let running = live.running();
                if !running.is_empty() {
                    return (shared.events)(Event::Refused {
                        token,
                        error: Error::Busy { running },
                    });
                }
            }
            let ended = live.end(everything);
            live.wait_over(LAST_WORDS);
            shared.remove(&terminal);
            let close::Ended { left, survived } = ended;
            (shared.events)(Event::Closed { token, terminal, left, survived });
        };
        if let Err(error) = thread::Builder::new().name("terminal-close".into()).spawn(ending) {
            self.refuse(token, no_thread(&error));
        }
    }

    fn leave(&self, session: SessionId) {
        let entries = self.shared.entries();
        for entry in entries.values() {
            if let Entry::Live(live) = entry {
                live.detach(session);
            }
        }
    }

    fn live(&self, terminal: &TerminalId) -> Result<Arc<Live>, Error> {
        match self.shared.entries().get(terminal) {
            Some(Entry::Live(live)) => Ok(Arc::clone(live)),
            Some(Entry::Starting) | None => Err(Error::Unknown { id: terminal.to_string() }),
        }
    }

    fn answer(&self, token: u64, result: Result<(), Error>) {
        match result {
            Ok(()) => (self.shared.events)(Event::Done { token }),
            Err(error) => self.refuse(token, error),
        }
    }

    fn refuse(&self, token: u64, error: Error) {
        (self.shared.events)(Event::Refused { token, error });
    }
}

impl Shared {
    fn entries(&self) -> MutexGuard<'_, HashMap<TerminalId, Entry>> {
        self.terminals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn feeds(&self) -> MutexGuard<'_, HashMap<TerminalId, Feed>> {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reserve(&self, terminal: &TerminalId) -> Result<(), Error> {
        let mut entries = self.entries();
        if entries.contains_key(terminal) {
            return Err(Error::Taken { id: terminal.to_string() });
        }
        if entries.len() >= LIMIT {
            return Err(Error::TooMany { limit: LIMIT });
        }
        entries.insert(terminal.clone(), Entry::Starting);
        Ok(())
    }

    fn remove(&self, terminal: &TerminalId) {
        self.feeds().remove(terminal);
        let removed = self.entries().remove(terminal);
        if let Some(Entry::Live(live)) = removed {
            live.forget();
        }
    }

    fn create(&self, token: u64, terminal: &TerminalId, spec: Box<Spec>) {
        let (size, before) = (spec.size, spec.before.clone());
        let spawned = self.spawner.spawn(spec, terminal.as_str());
        self.begin(token, terminal, spawned, size, before.as_deref());
    }

    /// At once: what is handed in may follow.
    fn open(&self, token: u64, terminal: &TerminalId, program: String, cwd: PathBuf, size: Size) {
        let spawned = self.reserve(terminal).map(|()| {
            let (spawned, feed) = elsewhere::program(terminal, program, cwd, size, &self.events);
            self.feeds().insert(terminal.clone(), feed);
            spawned
        });
        if let Err(error) = spawned {
            let (terminal, result) = (terminal.clone(), Err(error));
            return (self.events)(Event::Created { token, terminal, result });
        }
        self.begin(token, terminal, spawned, size, None);
    }

    fn begin(
        &self,
        token: u64,
        terminal: &TerminalId,
        spawned: Result<Spawned, Error>,
        size: Size,
        before: Option<&str>,
    ) {
        let result = spawned.and_then(|spawned| {
            let started = Started {
                pid: spawned.pid,
                program: spawned.program.clone(),
                cwd: spawned.cwd.clone(),
                size,
            };
            let events = Arc::clone(&self.events);
            let live = Live::start(terminal.clone(), spawned, size, before, events);
            live.map(|live| (live, started)).map_err(|error| no_thread(&error))
        });
        match result {
            Ok((live, started)) => {
                self.entries().insert(terminal.clone(), Entry::Live(Arc::clone(&live)));
                let (terminal, result) = (terminal.clone(), Ok(started));
                (self.events)(Event::Created { token, terminal, result });
                live.begin();
            }
            Err(error) => {
                self.remove(terminal);
                let (terminal, result) = (terminal.clone(), Err(error));
                (self.events)(Event::Created { token, terminal, result });
            }
        }
    }
}

fn no_thread(error: &std::io::Error) -> Error {
    Error::Spawn { command: "A thread".into(), message: error.to_string() }
}
