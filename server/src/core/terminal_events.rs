//! What the terminals say, and what is told and kept of it.

use serde::{Deserialize, Serialize};

use super::{
    Effect, Purpose, Step,
    stored::Then,
    terminals::{Entry, Flow, KEEP_AFTER, TELL_EVERY, Wanted},
};
use crate::{
    paths,
    protocol::{
        Failure, FailureKind, Outgoing, Raw, SessionId, TerminalId, ThreadId,
        host::Done,
        note,
        terminal::{
            DetachReason, TerminalAttached, TerminalChanged, TerminalClosed, TerminalData,
            TerminalDetached, TerminalExited, TerminalHeld, TerminalProcess, TerminalStatus,
        },
    },
    store::{Answer, Error, terminals as stored},
    terminal::{self, Command, Event, Exit, Face, Kept, Process, Size, Started},
};

/// Bytes of a screen that is kept; of a larger one its end.
const MAX_SCREEN: usize = 1 << 20;

/// What is kept of a terminal as it is.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct About {
    name: String,
    /// A `file:` URI.
    cwd: String,
    cols: u32,
    rows: u32,
    thread_id: Option<ThreadId>,
    created_at: u64,
}

/// What is kept of it without secrets.
#[derive(Default, Serialize, Deserialize)]
struct Shown {
    title: String,
    screen: String,
}

impl Step<'_> {
    pub(super) fn terminal_said(&mut self, event: Event) {
        match event {
            Event::Created { token, terminal, result } => {
                self.terminal_created(token, &terminal, result);
            }
            Event::Attached { token, terminal, session, snapshot, offset, .. } => {
                self.terminal_attached(token, &terminal, session, snapshot, offset);
            }
            Event::Data { terminal, session, offset, data } => {
                let entry = self.world.terminals.get_mut(&terminal);
                if entry.is_some_and(|entry| entry.attached.contains(&session)) {
                    let data = TerminalData { terminal_id: terminal, offset, data };
                    self.send(session, note::TerminalData(&data));
                }
            }
            Event::TooSlow { terminal, session } => {
                if let Some(entry) = self.world.terminals.get_mut(&terminal) {
                    entry.attached.retain(|one| *one != session);
                    self.tell_detached(&terminal, session, DetachReason::TooSlow);
                }
            }
            Event::Active { terminal } => self.keep_terminal_soon(&terminal),
            Event::Changed { terminal, face } => self.terminal_face(&terminal, face),
            Event::Typed { terminal, data } => self.elsewhere_typed(&terminal, &data),
            Event::Sized { terminal, size } => self.elsewhere_sized(&terminal, size),
            Event::Halted { terminal } => self.elsewhere_halted(&terminal),
            // The wiring lets none through.
            Event::Marked { .. } => {}
            Event::Done { token } => {
                if let Some(Purpose::Terminal(flow)) = self.world.purposes.remove(&token) {
                    self.answer(flow.session, flow.id, &Done {});
                }
            }
            Event::Refused { token, error } => self.terminal_refused(token, error.into()),
            Event::Closed { token, terminal, left, survived } => {
                let flow = self.world.purposes.remove(&token);
                self.forget_terminal(&terminal);
                if let Some(Purpose::Terminal(flow)) = flow {
                    let closed =
                        TerminalClosed { left: processes(left), survived: processes(survived) };
                    self.answer(flow.session, flow.id, &closed);
                }
            }
            Event::Kept { token, terminal, kept } => {
                self.world.purposes.remove(&token);
                self.keep_terminal(&terminal, *kept);
            }
            Event::Exited { terminal, exit } => self.terminal_exited(&terminal, exit),
        }
    }

    /// A request that the room, or the door before it, did not carry out.
    pub(super) fn terminal_refused(&mut self, token: u64, failure: Failure) {
        let Some(Purpose::Terminal(flow)) = self.world.purposes.remove(&token) else { return };
        if matches!(flow.wanted, Wanted::Restart)
            && let Some(entry) = self.world.terminals.get_mut(&flow.terminal)
        {
            entry.restarting = false;
        }
        self.fail(flow.session, flow.id, failure);
    }

    fn terminal_created(
        &mut self,
        token: u64,
        terminal: &TerminalId,
        result: Result<Started, terminal::Error>,
    ) {
        let started = match result {
            Ok(started) => started,
            Err(error) => return self.terminal_refused(token, error.into()),
        };
        let Some(Purpose::Terminal(flow)) = self.world.purposes.remove(&token) else { return };
        let Flow { session, id, wanted, .. } = flow;
        let created_at = self.now.epoch_ms;
        let terminals = &mut self.world.terminals;
        let mut watching = Vec::new();
        match wanted {
            Wanted::Restart => {
                let Some(entry) = terminals.get_mut(terminal) else { return };
                entry.restarting = false;
                entry.screen = String::new();
                watching = std::mem::take(&mut entry.attached);
            }
            Wanted::Create { name, thread_id, elsewhere } => {
                let program = started.program.rsplit('/').next().unwrap_or_default().to_owned();
                let name = name.unwrap_or(program);
                let cwd = started.cwd.clone();
                let mut entry = Entry::new(terminal.clone(), name, cwd, created_at);
                entry.thread_id = thread_id;
                entry.elsewhere = elsewhere;
                terminals.all.push(entry);
            }
            _ => {}
        }
        let Some(entry) = terminals.get_mut(terminal) else { return };
        entry.status = TerminalStatus::Running;
        entry.pid = Some(started.pid).filter(|pid| *pid > 0);
        entry.cwd = started.cwd;
        entry.size = started.size;
        let held = TerminalHeld { terminal: entry.told_as() };
        let shown = Shown { title: entry.title.clone(), screen: String::new() };
        self.answer(session, id, &held);
        self.store_terminal(terminal, &shown);
        for session in watching {
            self.tell_detached(terminal, session, DetachReason::Restarted);
        }
        self.tell_changed(terminal, false);
    }

    fn terminal_attached(
        &mut self,
        token: u64,
        terminal: &TerminalId,
        session: SessionId,
        snapshot: String,
        offset: u64,
    ) {
        let flow = self.world.purposes.remove(&token);
        let id = match flow {
            Some(Purpose::Terminal(flow)) => flow.id,
            _ => return,
        };
        let state = self.world.sessions.get(&session);
        let wanted = state.is_some_and(|state| state.trusted && state.open.contains_key(&id));
        let entry = self.world.terminals.get_mut(terminal).filter(|_| wanted);
        let Some(entry) = entry else {
            // Cancelled meanwhile.
            let (terminal, session) = (terminal.clone(), session);
            return self.effects.push(Effect::Terminal(Command::Detach { terminal, session }));
        };
        entry.attached.retain(|one| *one != session);
        entry.attached.push(session);
        let terminal = entry.told_as();
        self.answer(session, id, &TerminalAttached { terminal, snapshot, offset });
    }

    fn terminal_exited(&mut self, terminal: &TerminalId, exit: Exit) {
        let Some(entry) = self.world.terminals.get_mut(terminal) else { return };
        entry.status = TerminalStatus::Exited;
        entry.exit = Some(exit);
        entry.pid = None;
        entry.keep_at = None;
        let attached = entry.attached.clone();
        self.forget_stored(terminal);
        let Exit { code: exit_code, signal } = exit;
        let told = TerminalExited { terminal_id: terminal.clone(), exit_code, signal };
        let note = note::TerminalExited(&told);
        for session in self.world.sessions.values_mut() {
            let listens = session.trusted && session.events.wants("terminal");
            if attached.contains(&session.id) {
                self.effects.push(Effect::Send(session.id, note.clone()));
            } else if listens {
                session.deliver(note.clone(), &mut self.effects);
            }
        }
        self.tell_changed(terminal, false);
    }

    fn terminal_face(&mut self, terminal: &TerminalId, face: Face) {
        let Some(entry) = self.world.terminals.get_mut(terminal) else { return };
        let Face { title, cwd, size } = face;
        entry.title = title;
        entry.size = size;
        if let Some(cwd) = cwd {
            entry.cwd = cwd.into();
        }
        self.terminal_changed(terminal);
        self.keep_terminal_soon(terminal);
    }

    /// Tells it now, or soon where it was told just before: a program may change its title without end.
    pub(super) fn terminal_changed(&mut self, terminal: &TerminalId) {
        let now = self.now.micros;
        let Some(entry) = self.world.terminals.get_mut(terminal) else { return };
        let due = entry.told.saturating_add(TELL_EVERY);
        if entry.told == 0 || due <= now {
            self.tell_changed(terminal, false);
        } else if entry.tell_at.is_none() {
            entry.tell_at = Some(due);
            self.effects.push(Effect::WakeAt(due));
        }
    }

    fn tell_changed(&mut self, terminal: &TerminalId, closed: bool) {
        let now = self.now.micros;
        let Some(entry) = self.world.terminals.get_mut(terminal) else { return };
        (entry.told, entry.tell_at) = (now, None);
        let changed = TerminalChanged { terminal: entry.told_as(), closed };
        let note = note::TerminalChanged(&changed);
        self.broadcast("terminal", &note, |session| session.trusted);
    }

    fn tell_detached(&mut self, terminal: &TerminalId, session: SessionId, reason: DetachReason) {
        let told = TerminalDetached { terminal_id: terminal.clone(), reason };
        if self.world.sessions.contains_key(&session) {
            let note: Outgoing = note::TerminalDetached(&told);
            self.send(session, note);
        }
    }

    /// It is in no list any more, and nothing is kept of it.
    pub(super) fn forget_terminal(&mut self, terminal: &TerminalId) {
        self.tell_changed(terminal, true);
        self.world.terminals.all.retain(|entry| entry.id != *terminal);
        self.forget_stored(terminal);
    }

    // What outlives this process.

    fn keep_terminal_soon(&mut self, terminal: &TerminalId) {
        let due = self.now.micros.saturating_add(KEEP_AFTER);
        let Some(entry) = self.world.terminals.get_mut(terminal) else { return };
        let runs = entry.status == TerminalStatus::Running && entry.elsewhere.is_none();
        if runs && entry.keep_at.is_none() {
            entry.keep_at = Some(due);
            self.effects.push(Effect::WakeAt(due));
        }
    }

    /// A moment has come: whatever is due of terminals is done.
    pub(super) fn terminals_woken(&mut self) {
        let now = self.now.micros;
        let mut next = None;
        let (mut kept, mut told) = (Vec::new(), Vec::new());
        for entry in &mut self.world.terminals.all {
            for (due, list) in [(&mut entry.keep_at, &mut kept), (&mut entry.tell_at, &mut told)] {
                match *due {
                    Some(at) if at <= now => {
                        *due = None;
                        list.push(entry.id.clone());
                    }
                    Some(at) => next = Some(next.map_or(at, |next: u64| next.min(at))),
                    None => {}
                }
            }
        }
        for terminal in kept {
            let token = self.token(Purpose::Rest);
            self.effects.push(Effect::Terminal(Command::Keep { token, terminal }));
        }
        for terminal in told {
            self.tell_changed(&terminal, false);
        }
        self.effects.extend(next.map(Effect::WakeAt));
    }

    fn keep_terminal(&mut self, terminal: &TerminalId, kept: Kept) {
        let Kept { face, screen } = kept;
        let Some(entry) = self.world.terminals.get_mut(terminal) else { return };
        if entry.status != TerminalStatus::Running {
            return;
        }
        if let Some(cwd) = face.cwd
            && entry.cwd.as_os_str() != cwd.as_str()
        {
            entry.cwd = cwd.into();
            self.terminal_changed(terminal);
        }
        let screen = end_of(screen);
        self.store_terminal(terminal, &Shown { title: face.title, screen });
    }

    fn store_terminal(&mut self, terminal: &TerminalId, shown: &Shown) {
        let entry = self.world.terminals.get_mut(terminal);
        // What the app-server ran cannot be there again.
        let Some(entry) = entry.filter(|entry| entry.elsewhere.is_none()) else { return };
        let about = About {
            name: entry.name.clone(),
            cwd: paths::to_uri(&entry.cwd).unwrap_or_default(),
            cols: entry.size.cols().into(),
            rows: entry.size.rows().into(),
            thread_id: entry.thread_id.clone(),
            created_at: entry.created_at,
        };
        let (about, shown) = (Raw::of(&about), Raw::of(shown));
        let kept = stored::Terminal { id: terminal.clone(), about, shown };
        self.store(stored::Request::Keep(kept).into(), Then::Noted);
    }

    fn forget_stored(&mut self, terminal: &TerminalId) {
        let request = stored::Request::Forget { id: terminal.clone() };
        self.store(request.into(), Then::Noted);
    }

    /// Asks for what earlier runs left.
    pub(super) fn load_terminals(&mut self) {
        self.store(stored::Request::List.into(), Then::Terminals);
    }

    pub(super) fn terminals_stored(&mut self, result: Result<Answer, Error>) {
        let mut restored = match result {
            Ok(Answer::Terminals(kept)) => kept.into_iter().filter_map(restored).collect(),
            Ok(_) => Vec::new(),
            Err(error) => {
                self.not_stored(&error);
                Vec::new()
            }
        };
        restored.sort_by_key(|entry| entry.created_at);
        self.terminals_loaded(restored);
    }
}

fn restored(kept: stored::Terminal) -> Option<Entry> {
    let about: About = kept.about.decode().ok()?;
    let shown: Shown = kept.shown.decode().unwrap_or_default();
    let cwd = paths::from_uri(&about.cwd)?;
    let mut entry = Entry::new(kept.id, about.name, cwd, about.created_at);
    entry.size = Size::new(about.cols, about.rows);
    entry.thread_id = about.thread_id;
    entry.title = shown.title;
    entry.screen = shown.screen;
    Some(entry)
}

/// The last lines of a screen, as many as are kept.
fn end_of(screen: String) -> String {
    let Some(too_many) = screen.len().checked_sub(MAX_SCREEN) else { return screen };
    let line = screen.as_bytes()[too_many..].iter().position(|byte| *byte == b'\n');
    line.map_or_else(String::new, |line| screen[too_many + line + 1..].to_owned())
}

fn processes(processes: Vec<Process>) -> Vec<TerminalProcess> {
    let told = |Process { pid, command }| TerminalProcess { pid, command };
    processes.into_iter().map(told).collect()
}

impl From<terminal::Error> for Failure {
    fn from(error: terminal::Error) -> Self {
        let message = format!("{error}.");
        match error {
            terminal::Error::Unknown { .. } => Self::new(FailureKind::TerminalUnknown, message),
            terminal::Error::Taken { .. } => Self::new(FailureKind::AlreadyExists, message),
            terminal::Error::TooMany { limit } => {
                Self::new(FailureKind::LimitExceeded, message).with("limit", limit)
            }
            terminal::Error::NoFolder { .. } => Self::new(FailureKind::CwdMissing, message),
            terminal::Error::Spawn { .. } | terminal::Error::SpawnTimeout { .. } => {
                Self::new(FailureKind::Io, message)
            }
            terminal::Error::Ended => Self::new(FailureKind::TerminalUnknown, message)
                .hint("Nothing runs in it any more: close it, or open another."),
            terminal::Error::InputFull { limit, .. } => {
                Self::new(FailureKind::LimitExceeded, message)
                    .hint("The program does not read what is typed.")
                    .with("limit", limit)
            }
            terminal::Error::NotAttached => Self::new(FailureKind::Cancelled, message),
            terminal::Error::Busy { running } => {
                let running = serde_json::to_value(processes(running)).unwrap_or_default();
                Self::new(FailureKind::Conflicted, message)
                    .hint("Close it with force to end what runs.")
                    .with("running", running)
            }
        }
    }
}
