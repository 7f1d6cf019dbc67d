//! One terminal: its threads and what they share.
//!
//! One thread reads, one writes, one shows, one waits for the child. The reader never waits for the screen, unless
//! that is hopelessly behind; it waits for sessions as [`Flow`] says.

use std::{
    collections::VecDeque,
    io::{self, Read},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, MasterPty};

#[cfg(unix)]
use super::processes::{self, Marks};
use super::{
    Error,
    close::{self, Process},
    decode::Decoder,
    flow::{Flow, Told},
    input::Input,
    message::{Event, Exit, Face, Kept, Size},
    screen::Screen,
    spawn::{Spawned, pty_size},
};
use crate::protocol::{SessionId, TerminalId};

/// Bytes of one read: more than a PTY ever gives at once.
const READ: usize = 64 * 1024;
/// Text that waits to be shown, bytes: from the first on, what is oldest is skimmed; at the second reading waits.
const SKIM: usize = 2 << 20;
const STOP: usize = 3 << 20;
/// How long output may still come after the program's end.
const DRAIN: Duration = Duration::from_millis(250);
/// Resizes are passed on no more often.
const RESIZE_EVERY: Duration = Duration::from_millis(16);
/// Rows of scrollback that are kept over a restart.
const KEPT_ROWS: usize = 1_000;

pub(super) type Events = Arc<dyn Fn(Event) + Send + Sync>;

pub(super) struct Live {
    id: TerminalId,
    /// 0 for a program that runs elsewhere.
    pid: u32,
    program: String,
    is_shell: bool,
    #[cfg(unix)]
    marks: Marks,
    events: Events,
    state: Mutex<State>,
    /// The reader waits for it, and who waits for the end.
    reading: Condvar,
    /// The screen's thread waits for it.
    showing: Condvar,
}

struct State {
    flow: Flow,
    work: VecDeque<Work>,
    /// Bytes of text in `work`.
    unshown: usize,
    input: Option<Input>,
    master: Option<Box<dyn MasterPty + Send>>,
    last_read: Instant,
    /// That something was put out is told.
    active: bool,
    /// No more output will come.
    ended: bool,
    exit: Option<Exit>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Its creation isn't told yet, so nothing else may be.
    Created,
    Running,
    /// Its exit is told; it can still be looked at.
    Over,
    /// Its threads end.
    Forgotten,
}

/// What the screen's thread is to do, in the order of the stream.
enum Work {
    Text(Arc<str>),
    Resize(Size),
    Snapshot { session: SessionId, token: u64 },
    Keep { token: u64 },
}

impl State {
    fn must_wait(&self) -> bool {
        match self.stage {
            Stage::Created => true,
            Stage::Running => self.flow.must_wait() || self.unshown > STOP,
            Stage::Over | Stage::Forgotten => false,
        }
    }
}

impl Live {
    /// Takes a program over and starts its threads, which wait for [`Live::begin`].
    pub(super) fn start(
        id: TerminalId,
        spawned: Spawned,
        size: Size,
        before: Option<&str>,
        events: Events,
    ) -> io::Result<Arc<Self>> {
        let Spawned { master, reader, writer, child, pid, program, is_shell, .. } = spawned;
        #[cfg(unix)]
        let marks = Marks { terminal: id.to_string(), tty: master.tty_name() };
        let mut screen = Screen::new(size);
        if let Some(before) = before {
            screen.feed(before);
            screen.feed("\r\n");
            screen.take_answers();
            screen.take_marks();
        }
        let state = State {
            flow: Flow::default(),
            work: VecDeque::new(),
            unshown: 0,
            input: Some(Input::start(writer)?),
            master: Some(master),
            last_read: Instant::now(),
            active: false,
            stage: Stage::Created,
            ended: false,
            exit: None,
        };
        let live = Arc::new(Self {
            id,
            pid,
            program,
            is_shell,
            #[cfg(unix)]
            marks,
            events,
            state: Mutex::new(state),
            reading: Condvar::new(),
            showing: Condvar::new(),
        });
        let thread = |name: &str| thread::Builder::new().name(format!("terminal-{name}"));
        let shared = Arc::clone(&live);
        thread("child").spawn(move || shared.wait(child))?;
        let shared = Arc::clone(&live);
        thread("screen").spawn(move || shared.show(screen))?;
        let shared = Arc::clone(&live);
        thread("output").spawn(move || shared.read(reader))?;
        Ok(live)
    }

    /// From here on there are events.
    pub(super) fn begin(&self) {
        self.lock().stage = Stage::Running;
        self.reading.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Told while the lock is held, so that all of one session comes in order.
    fn tell(&self, told: Vec<Told>) {
        for one in told {
            let terminal = self.id.clone();
            (self.events)(match one {
                Told::Data { session, offset, data } => {
                    Event::Data { terminal, session, offset, data }
                }
                Told::TooSlow { session } => Event::TooSlow { terminal, session },
            });
        }
    }

    // What is asked of it.

    pub(super) fn attach(&self, session: SessionId, token: u64) {
        let mut state = self.lock();
        state.flow.await_snapshot(session, token);
        state.work.push_back(Work::Snapshot { session, token });
        self.showing.notify_one();
    }

    pub(super) fn detach(&self, session: SessionId) {
        self.lock().flow.detach(session);
        self.reading.notify_all();
    }

    pub(super) fn ack(&self, session: SessionId, offset: u64) {
        let mut told = Vec::new();
        let mut state = self.lock();
        state.flow.ack(session, offset, Instant::now(), &mut told);
        self.tell(told);
        drop(state);
        self.reading.notify_all();
    }

    pub(super) fn write(&self, data: String) -> Result<(), Error> {
        let state = self.lock();
        match &state.input {
            Some(input) if state.exit.is_none() => input.send(data),
            Some(_) | None => Err(Error::Ended),
        }
    }

    pub(super) fn resize(&self, size: Size) -> Result<(), Error> {
        let mut state = self.lock();
        if state.exit.is_some() {
            return Err(Error::Ended);
        }
        state.work.push_back(Work::Resize(size));
        self.showing.notify_one();
        Ok(())
    }

    pub(super) fn keep(&self, token: u64) {
        self.lock().work.push_back(Work::Keep { token });
        self.showing.notify_one();
    }

    /// Whether its exit is told.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.lock().stage, Stage::Over | Stage::Forgotten)
    }

    /// Waits until its exit is told, for so long at the most.
    pub(super) fn wait_over(&self, patience: Duration) {
        let state = self.lock();
        let going = |state: &mut State| matches!(state.stage, Stage::Created | Stage::Running);
        drop(self.reading.wait_timeout_while(state, patience, going));
    }

    /// Ends the screen's thread too.
    pub(super) fn forget(&self) {
        self.lock().stage = Stage::Forgotten;
        self.showing.notify_one();
        self.reading.notify_all();
    }

    /// What runs in it beside the shell; a command that was started in place of one counts itself.
    pub(super) fn running(&self) -> Vec<Process> {
        if self.lock().exit.is_some() {
            return Vec::new();
        }
        if self.pid == 0 {
            return vec![Process { pid: 0, command: self.program.clone() }];
        }
        close::running(self.pid.cast_signed(), self.is_shell, &self.marks)
    }

    /// Ends what runs in it. Blocks for two seconds at the most.
    pub(super) fn end(&self, everything: bool) -> close::Ended {
        if self.pid == 0 {
            (self.events)(Event::Halted { terminal: self.id.clone() });
            return close::Ended::default();
        }
        let foreground = self.foreground();
        let ended = self.lock().exit.is_some();
        close::end(self.pid.cast_signed(), ended, foreground, &self.marks, everything)
    }

    /// Where its program is, for one that does not say so itself.
    #[cfg(unix)]
    fn folder(&self) -> Option<String> {
        // The number 0 is nobody's: nothing is found.
        processes::folder_of(self.pid.cast_signed())
    }

    #[cfg(not(unix))]
    fn folder(&self) -> Option<String> {
        None
    }

    #[cfg(unix)]
    fn foreground(&self) -> Option<i32> {
        self.lock().master.as_ref().and_then(|master| master.process_group_leader())
    }

    #[cfg(not(unix))]
    fn foreground(&self) -> Option<i32> {
        None
    }

    // The reader.

    fn read(&self, mut reader: Box<dyn Read + Send>) {
        let mut decoder = Decoder::default();
        let mut buffer = vec![0; READ];
        loop {
            self.wait_to_read();
            let count = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            let mut text = String::with_capacity(count);
            decoder.push(&buffer[..count], &mut text);
            self.take(text);
        }
        let mut text = String::new();
        decoder.finish(&mut text);
        self.take(text);
        let mut state = self.lock();
        state.ended = true;
        // Whoever is behind still gets the rest, or is given up.
        while !state.flow.is_drained() && state.stage != Stage::Forgotten {
            state = self.wait_for_sessions(state);
        }
        drop(state);
        self.reading.notify_all();
    }

    /// Takes the next part of the stream, for the sessions and for the screen.
    fn take(&self, text: String) {
        if text.is_empty() {
            return;
        }
        let text: Arc<str> = text.into();
        let mut told = Vec::new();
        let mut state = self.lock();
        if state.ended {
            return;
        }
        state.last_read = Instant::now();
        let now = state.last_read;
        if !std::mem::replace(&mut state.active, true) {
            (self.events)(Event::Active { terminal: self.id.clone() });
        }
        state.flow.push(&text, now, &mut told);
        self.tell(told);
        state.unshown += text.len();
        state.work.push_back(Work::Text(text));
        drop(state);
        self.showing.notify_one();
    }

    fn wait_to_read(&self) {
        let mut state = self.lock();
        while state.must_wait() {
            state = self.wait_for_sessions(state);
        }
    }

    /// Waits until something has changed, and gives up on sessions that are late.
    fn wait_for_sessions<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let now = Instant::now();
        let deadline = state.flow.deadline();
        let mut state = match deadline {
            Some(deadline) => {
                let patience = deadline.saturating_duration_since(now);
                let waited = self.reading.wait_timeout(state, patience);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.reading.wait(state).unwrap_or_else(PoisonError::into_inner),
        };
        let mut told = Vec::new();
        state.flow.expire(Instant::now(), &mut told);
        self.tell(told);
        state
    }

    // The child's end.

    fn wait(&self, mut child: Box<dyn Child + Send + Sync>) {
        let exit = exit_of(&mut *child);
        let mut state = self.lock();
        state.exit = Some(exit);
        state.master = None;
        let mut since = Instant::now();
        while !(state.ended && state.flow.is_drained()) && state.stage != Stage::Forgotten {
            // While reading waits for sessions, nothing can come.
            if state.ended || state.must_wait() {
                since = Instant::now();
            }
            let quiet = since.max(state.last_read).elapsed();
            if quiet >= DRAIN {
                // Somebody else holds the terminal open.
                state.ended = true;
                continue;
            }
            let waited = self.reading.wait_timeout(state, DRAIN.saturating_sub(quiet));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        // Not before: what the writer types when it goes would be echoed into the stream.
        state.input = None;
        if state.stage != Stage::Forgotten {
            state.stage = Stage::Over;
        }
        (self.events)(Event::Exited { terminal: self.id.clone(), exit });
        drop(state);
        self.reading.notify_all();
    }

    // The screen.

    fn show(&self, mut screen: Screen) {
        let mut face = screen.face().clone();
        let mut resized = Instant::now().checked_sub(RESIZE_EVERY);
        loop {
            let mut state = self.lock();
            while state.work.is_empty() {
                if state.stage == Stage::Forgotten {
                    return;
                }
                state = self.showing.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            let Some(work) = state.work.pop_front() else { continue };
            match work {
                Work::Text(text) => {
                    let late = state.unshown > SKIM;
                    drop(state);
                    if late {
                        screen.skim(&text);
                    } else {
                        screen.feed(&text);
                    }
                    self.shown(text.len(), &mut screen);
                }
                Work::Resize(size) => {
                    // Of several that wait, the last counts.
                    if state.work.iter().any(|work| matches!(work, Work::Resize(_))) {
                        continue;
                    }
                    let due = resized.map(|resized| resized + RESIZE_EVERY);
                    if let Some(due) = due
                        && let Some(early) = due.checked_duration_since(Instant::now())
                    {
                        let idle = state.work.is_empty();
                        state.work.push_back(Work::Resize(size));
                        if idle {
                            drop(self.showing.wait_timeout(state, early));
                        }
                        continue;
                    }
                    if let Some(master) = &state.master {
                        let _ = master.resize(pty_size(size));
                    }
                    drop(state);
                    resized = Some(Instant::now());
                    screen.resize(size);
                }
                Work::Snapshot { session, token } => {
                    drop(state);
                    self.answer_attach(&screen, session, token);
                }
                Work::Keep { token } => {
                    // What waits to be shown is not in it.
                    state.active = state.unshown > 0;
                    if state.active {
                        (self.events)(Event::Active { terminal: self.id.clone() });
                    }
                    drop(state);
                    let mut face = screen.face().clone();
                    face.cwd = face.cwd.or_else(|| self.folder());
                    let kept = Kept { face, screen: screen.keep(KEPT_ROWS) };
                    let terminal = self.id.clone();
                    (self.events)(Event::Kept { token, terminal, kept: Box::new(kept) });
                }
            }
            self.tell_face(&screen, &mut face);
        }
    }

    fn shown(&self, bytes: usize, screen: &mut Screen) {
        let answers = screen.take_answers();
        let mut state = self.lock();
        state.unshown -= bytes;
        // With an editor there, its own terminal answers.
        if !answers.is_empty()
            && !state.flow.is_followed()
            && let Some(input) = &state.input
        {
            let _ = input.send(answers);
        }
        let waits = state.unshown <= STOP && state.unshown + bytes > STOP;
        drop(state);
        if waits {
            self.reading.notify_all();
        }
        for mark in screen.take_marks() {
            (self.events)(Event::Marked { terminal: self.id.clone(), mark });
        }
    }

    fn answer_attach(&self, screen: &Screen, session: SessionId, token: u64) {
        let snapshot = screen.snapshot();
        let size = screen.face().size;
        let mut told = Vec::new();
        let mut state = self.lock();
        if let Some(offset) = state.flow.begin(session, token) {
            let terminal = self.id.clone();
            (self.events)(Event::Attached { token, terminal, session, size, snapshot, offset });
            state.flow.pump(Instant::now(), &mut told);
            self.tell(told);
        } else {
            let error = Error::NotAttached;
            (self.events)(Event::Refused { token, error });
        }
        drop(state);
        self.reading.notify_all();
    }

    fn tell_face(&self, screen: &Screen, told: &mut Face) {
        if screen.face() != told {
            told.clone_from(screen.face());
            let (terminal, face) = (self.id.clone(), told.clone());
            (self.events)(Event::Changed { terminal, face });
        }
    }
}

/// Waits for the end of a child.
fn exit_of(child: &mut dyn Child) -> Exit {
    #[cfg(unix)]
    if let Some(child) = child.downcast_mut::<std::process::Child>() {
        use std::os::unix::process::ExitStatusExt;
        // The status of the system has the number; that of `portable_pty` has a word in some language.
        if let Ok(status) = child.wait() {
            let signal = status.signal();
            let code = status.code().unwrap_or_else(|| 128 + signal.unwrap_or_default());
            return Exit { code, signal };
        }
    }
    let code = child.wait().map_or(-1, |status| status.exit_code().cast_signed());
    Exit { code, signal: None }
}
