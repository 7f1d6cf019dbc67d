//! Terminals with an ear on them.

use std::{
    collections::{HashMap, VecDeque},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc::{Receiver, channel},
    },
    time::{Duration, Instant},
};

use super::super::{Command, Error, Event, Exit, Process, Size, Spec, Started, Terminals};
use crate::protocol::{SessionId, TerminalId};

/// Only ends a test that hangs.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub const ADA: SessionId = SessionId(1);
pub const KIM: SessionId = SessionId(2);

/// The lines that `seq` writes to a terminal.
pub fn numbers(last: u32) -> String {
    let mut lines = String::new();
    for number in 1..=last {
        lines.push_str(&number.to_string());
        lines.push_str("\r\n");
    }
    lines
}

pub struct Scene {
    pub terminals: Terminals,
    events: Receiver<Event>,
    /// Came while something else was waited for.
    aside: VecDeque<Event>,
    token: u64,
    /// What each session has been shown of each terminal since it attached.
    pub seen: HashMap<(TerminalId, SessionId), String>,
    snapshots: HashMap<(TerminalId, SessionId), String>,
    /// Takes nothing of what it is sent.
    pub stalled: Option<SessionId>,
}

impl Scene {
    pub fn new() -> Self {
        let (send, events) = channel();
        let terminals = Terminals::new(Arc::new(move |event| drop(send.send(event))));
        let (seen, snapshots) = (HashMap::new(), HashMap::new());
        let aside = VecDeque::new();
        Self { terminals, events, aside, token: 0, seen, snapshots, stalled: None }
    }

    /// A name that no terminal of this machine has had.
    pub fn name() -> TerminalId {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        format!("test-{}-{number}", std::process::id()).into()
    }

    pub fn spec(command: &str, args: &[&str]) -> Spec {
        Spec {
            cwd: PathBuf::from("/"),
            command: Some(command.into()),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            base_env: vec![
                ("PATH".into(), std::env::var("PATH").unwrap()),
                ("LANG".into(), "C.UTF-8".into()),
                ("PS1".into(), "$ ".into()),
                ("SHELL".into(), "/bin/sh".into()),
            ],
            size: Size::new(80, 24),
            ..Spec::default()
        }
    }

    pub fn token(&mut self) -> u64 {
        self.token += 1;
        self.token
    }

    pub fn try_create(&mut self, spec: Spec) -> (TerminalId, Result<Started, Error>) {
        let (terminal, token) = (Self::name(), self.token());
        self.terminals.send(Command::Create {
            token,
            terminal: terminal.clone(),
            spec: Box::new(spec),
        });
        let result = self.wait(|event| match event {
            Event::Created { token: told, result, .. } if *told == token => Some(result.clone()),
            _ => None,
        });
        (terminal, result)
    }

    pub fn create(&mut self, spec: Spec) -> TerminalId {
        let (terminal, started) = self.try_create(spec);
        started.unwrap();
        terminal
    }

    /// A terminal that runs this script.
    pub fn script(&mut self, script: &str) -> TerminalId {
        self.create(Self::spec("/bin/sh", &["-c", script]))
    }

    /// Attaches, and gives the snapshot.
    pub fn attach(&mut self, terminal: &TerminalId, session: SessionId) -> (String, u64) {
        let token = self.token();
        self.terminals.send(Command::Attach { token, terminal: terminal.clone(), session });
        self.wait(|event| match event {
            Event::Attached { token: told, snapshot, offset, .. } if *told == token => {
                Some((snapshot.clone(), *offset))
            }
            _ => None,
        })
    }

    pub fn write(&mut self, terminal: &TerminalId, data: &str) -> Result<(), Error> {
        let token = self.token();
        let (terminal, data) = (terminal.clone(), data.to_owned());
        self.terminals.send(Command::Write { token, terminal, data });
        self.done(token)
    }

    pub fn done(&mut self, token: u64) -> Result<(), Error> {
        self.wait(|event| match event {
            Event::Done { token: told } if *told == token => Some(Ok(())),
            Event::Refused { token: told, error } if *told == token => Some(Err(error.clone())),
            _ => None,
        })
    }

    pub fn close(
        &mut self,
        terminal: &TerminalId,
        force: bool,
        everything: bool,
    ) -> Result<(Vec<Process>, Vec<Process>), Error> {
        let (token, terminal) = (self.token(), terminal.clone());
        self.terminals.send(Command::Close { token, terminal, force, everything });
        self.wait(|event| match event {
            Event::Closed { token: told, left, survived, .. } if *told == token => {
                Some(Ok((left.clone(), survived.clone())))
            }
            Event::Refused { token: told, error } if *told == token => Some(Err(error.clone())),
            _ => None,
        })
    }

    pub fn exit(&mut self, terminal: &TerminalId) -> Exit {
        self.wait(|event| match event {
            Event::Exited { terminal: ended, exit } if ended == terminal => Some(*exit),
            _ => None,
        })
    }

    /// What came since it attached, once it is enough.
    pub fn sees(
        &mut self,
        terminal: &TerminalId,
        session: SessionId,
        enough: impl Fn(&str) -> bool,
    ) -> String {
        let key = (terminal.clone(), session);
        let deadline = Instant::now() + PATIENCE;
        while !enough(&self.seen[&key]) {
            self.listen(deadline);
        }
        self.seen[&key].clone()
    }

    pub fn shows(&mut self, terminal: &TerminalId, session: SessionId, text: &str) -> String {
        let key = (terminal.clone(), session);
        let deadline = Instant::now() + PATIENCE;
        if self.snapshots.get(&key).is_some_and(|snapshot| snapshot.contains(text)) {
            return self.seen[&key].clone();
        }
        let mut from = 0;
        loop {
            let seen = &self.seen[&key].as_bytes()[from..];
            if memchr::memmem::find(seen, text.as_bytes()).is_some() {
                return self.seen[&key].clone();
            }
            from = self.seen[&key].len().saturating_sub(text.len());
            self.listen(deadline);
        }
    }

    /// Waits for an event; others are kept.
    pub fn wait<T>(&mut self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        if let Some(at) = self.aside.iter().position(|event| wanted(event).is_some()) {
            let event = self.aside.remove(at).unwrap();
            return wanted(&event).unwrap();
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.listen(deadline);
            if let Some(found) = self.aside.back().and_then(&wanted) {
                self.aside.pop_back();
                return found;
            }
        }
    }

    /// Takes the next event. Data are shown, and their offsets must join.
    fn listen(&mut self, deadline: Instant) {
        let left = deadline.saturating_duration_since(Instant::now());
        let event = match self.events.recv_timeout(left) {
            Ok(event) => event,
            Err(error) => panic!("{error}; before: {:?}", self.aside),
        };
        if let Event::Attached { terminal, session, snapshot, .. } = &event {
            let key = (terminal.clone(), *session);
            self.seen.insert(key.clone(), String::new());
            self.snapshots.insert(key, snapshot.clone());
        }
        let Event::Data { terminal, session, offset, data } = event else {
            return self.aside.push_back(event);
        };
        let seen = self.seen.entry((terminal.clone(), session)).or_default();
        seen.push_str(&data);
        if self.stalled != Some(session) {
            let offset = offset + data.encode_utf16().count() as u64;
            self.terminals.send(Command::Ack { terminal, session, offset });
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.terminals.end();
    }
}
