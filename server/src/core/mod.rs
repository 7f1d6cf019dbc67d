//! The core: one owner of all state. `step` takes an event and says what is to be done; it does no
//! I/O and cannot wait, so no two things that happen can interleave.

pub mod app_server;
pub mod approvals;
mod atoms;
pub mod automations;
mod calls;
mod commands;
mod diagnostics;
mod documents;
mod elsewhere;
mod emphasis;
mod failure;
pub mod grants;
mod history;
mod hunk_commands;
mod hunks;
mod idle;
mod kept;
mod lifecycle;
pub mod metrics;
mod notices;
pub mod placed;
pub mod proposals;
mod proxy;
mod queue;
mod refusals;
mod server_requests;
pub mod session;
mod settings;
mod shown_hunks;
mod stored;
mod terminal_events;
pub mod terminals;
pub mod thread;
mod threads;
pub mod turns;

use std::{
    collections::{BTreeMap, HashMap},
    ffi::OsString,
    path::PathBuf,
    sync::Arc,
};

use serde::Serialize;
use serde_json::Value;

use crate::{
    automation,
    clock::Now,
    codex, git,
    protocol::{
        ApprovalId, ClientCall, Failure, Incoming, Outgoing, Raw, RpcError, RpcId, SessionId,
        TerminalId, ThreadId,
        settings::{Changes, FileRead, Settings},
    },
    store, terminal,
};

pub use commands::{Action, HunkCommand, TurnOptions};
pub use idle::Daemon;
pub use notices::Notice;
use session::Session;
pub use terminals::Opening;

/// Something that happened, and when.
#[derive(Debug)]
pub struct Event {
    pub at: Now,
    pub kind: EventKind,
}

#[derive(Debug)]
pub enum EventKind {
    Opened(SessionId, session::Origin),
    Incoming(SessionId, Incoming),
    /// What the standard-LSP face made of a command of the editor.
    Action(SessionId, Action),
    Codex(codex::Event),
    HomeClaimed {
        session: SessionId,
        id: Option<RpcId>,
        /// The number of this run, which the store counts.
        result: Result<u64, HomeRefused>,
    },
    /// A daemon is there for what is due, and no editor: what it starts is given this environment.
    NobodyThere {
        /// The number of this run, which the store counts.
        run: u64,
        environment: Arc<Vec<(OsString, OsString)>>,
    },
    Store(store::Event),
    FilesRead {
        token: u64,
        texts: Vec<proposals::FileText>,
    },
    /// A folder that is to be granted, without links.
    FolderResolved {
        token: u64,
        result: Result<PathBuf, Failure>,
    },
    /// A watched file has other hunks now.
    HunksChanged {
        uri: String,
        revision: u64,
        /// The agent wrote the file once.
        authored: bool,
    },
    /// Turns that are known from earlier runs, the oldest first.
    TurnsKnown(Vec<git::TurnAbout>),
    /// A repository answered, or may not be asked.
    Git {
        token: u64,
        result: Result<git::Answer, Failure>,
    },
    Terminal(terminal::Event),
    /// A terminal may not be opened where it was asked for.
    TerminalRefused {
        token: u64,
        failure: Failure,
    },
    Automation(automation::Event),
    /// Where a run of an automation works.
    PlacePrepared {
        token: u64,
        result: Result<automation::Place, automation::PlaceError>,
    },
    /// The worktree of a run is gone, with what was in it kept, or stays.
    PlaceRemoved {
        token: u64,
        result: Result<(), automation::PlaceError>,
    },
    DirectoryListed {
        token: u64,
        result: Result<grants::Listing, Failure>,
    },
    /// The file of settings says something else than before.
    SettingsRead(FileRead),
    SettingsUpdated {
        token: u64,
        result: Result<FileRead, String>,
    },
    /// The moment asked for by [`Effect::WakeAt`] has come.
    Woken,
}

/// Why the state directory of a `CODEX_HOME` is not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HomeRefused {
    Taken { pid: Option<u32> },
    Io { message: String },
}

/// Something to be done. Effects are carried out in order.
#[derive(Debug)]
pub enum Effect {
    Send(SessionId, Outgoing),
    Codex(codex::Command),
    Store(store::Command),
    /// A message of standard LSP: the editor room answers it from the World as it is now.
    Standard {
        session: SessionId,
        id: Option<RpcId>,
        method: String,
        params: Value,
    },
    /// The editor answered a prompt that the editor room had asked.
    PromptAnswered {
        session: SessionId,
        id: String,
        result: Result<Value, RpcError>,
    },
    /// `initialize` succeeded: the editor room says what is offered.
    Introduced {
        session: SessionId,
        id: RpcId,
    },
    /// Take the lock on the state directory, before anything is started or written.
    ClaimHome {
        session: SessionId,
        id: Option<RpcId>,
    },
    /// What the standard-LSP face draws may have changed.
    Redraw,
    /// Where the app-server's program is to be looked for from now on.
    LookFor {
        path: Option<String>,
        args: Vec<String>,
        forbidden_roots: Vec<PathBuf>,
        /// What it is started with: the environment of the first session that wanted it.
        environment: Arc<Vec<(OsString, OsString)>>,
    },
    ReadFiles {
        token: u64,
        paths: Vec<PathBuf>,
    },
    ResolveFolder {
        token: u64,
        path: PathBuf,
    },
    /// Ask a repository about what lies below these folders.
    Git {
        roots: Vec<grants::Root>,
        command: git::Command,
    },
    Terminal(terminal::Command),
    /// Start a program below these folders.
    OpenTerminal {
        roots: Vec<grants::Root>,
        opening: Box<Opening>,
    },
    /// Of the files that define automations.
    Automation(automation::Command),
    /// A run is to work in this folder, or in a worktree of this name of its repository.
    PreparePlace {
        token: u64,
        folder: PathBuf,
        worktree: Option<String>,
        branch: Option<String>,
        /// Not where there are changes that are in no commit.
        clean: bool,
        /// What prepares a new worktree.
        setup: Option<String>,
    },
    /// A worktree is not needed any more; what is only there is kept as a patch of this name.
    RemovePlace {
        token: u64,
        folder: PathBuf,
        worktree: PathBuf,
        name: String,
    },
    ListDirectory {
        token: u64,
        roots: Vec<grants::Root>,
        path: PathBuf,
    },
    /// For a person who looks elsewhere.
    Notify(Notice),
    UpdateSettings {
        token: u64,
        changes: Changes,
    },
    WatchParent {
        session: SessionId,
        pid: u32,
    },
    /// An event `Woken` is wanted at this moment of [`Now::micros`], or soon after.
    WakeAt(u64),
    Ended(SessionId),
    /// Nobody needs this process any more. It ends, unless something still runs that a person has let go on; then this
    /// comes again.
    Quit,
}

/// What an open request upstream, or of a file, will be used for.
enum Purpose {
    /// An editor's own `codex/*` request: the answer goes back as it is.
    Editor {
        session: SessionId,
        id: RpcId,
        method: String,
        thread: Option<ThreadId>,
        tools: bool,
        /// What the thread that it opens has configured for itself.
        config: Option<Value>,
    },
    /// Bringing an open thread back after the app-server was restarted.
    Resume {
        thread: ThreadId,
    },
    Command(commands::Flow),
    History(history::Flow),
    Proposal {
        session: SessionId,
        id: RpcId,
        approval: ApprovalId,
    },
    Queued {
        thread: ThreadId,
        message: String,
    },
    /// Looking whether messages that were on their way have arrived.
    Arrived {
        thread: ThreadId,
    },
    Stored(stored::Then),
    Running {
        session: SessionId,
        id: RpcId,
        thread: ThreadId,
    },
    EndProcess {
        session: SessionId,
        id: RpcId,
    },
    Settings {
        session: SessionId,
        id: RpcId,
    },
    Grant {
        session: SessionId,
        id: RpcId,
    },
    Hunk(hunks::Flow),
    /// An editor was asked to change a document.
    Edit(documents::Edit),
    /// Looking for the last act that can be taken back.
    UndoLast {
        session: SessionId,
        id: RpcId,
    },
    /// The hunks of an open document.
    Shown {
        uri: String,
    },
    Refusal(refusals::Flow),
    Terminal(terminals::Flow),
    /// A program in Codex's sandbox, up to its end.
    Sandboxed {
        terminal: TerminalId,
    },
    Typed {
        terminal: TerminalId,
    },
    /// Looking which process is to be ended, and ending it.
    Halting {
        terminal: TerminalId,
    },
    Halted {
        terminal: TerminalId,
    },
    Automation(automations::Flow),
    /// What is done about a turn, or about open files, for nobody in particular.
    Turn(turns::Errand),
    Directory {
        session: SessionId,
        id: RpcId,
    },
    /// Whatever the answer, nothing follows: a thread that nobody follows is left, or a screen is kept.
    Rest,
}

/// All state. Read by the editor room, changed by `step` alone.
pub struct World {
    pub version: &'static str,
    started: Now,
    /// The time of the last event.
    pub now: Now,
    pub sessions: BTreeMap<SessionId, Session>,
    pub threads: threads::Threads,
    pub approvals: approvals::Approvals,
    pub turns: turns::Turns,
    pub server: app_server::AppServer,
    /// Set where editors share this process: it ends when nobody needs it, not with an editor.
    pub daemon: Option<idle::Daemon>,
    pub settings: Settings,
    pub terminals: terminals::Terminals,
    pub automations: automations::Automations,
    notices: notices::Notices,
    /// The number of this run, once the store is open.
    run: Option<u64>,
    granted: grants::Granted,
    /// Where the worktrees of runs are, once the state directory is known.
    pub run_worktrees: Option<PathBuf>,
    shown_hunks: shown_hunks::ShownHunks,
    refusals: Vec<refusals::Refusal>,
    purposes: HashMap<u64, Purpose>,
    next_token: u64,
    metrics: metrics::Recorder,
    diagnostics: diagnostics::Tally,
    /// What the wiring last told of memory, for `outrigger/metrics`.
    pub usage: metrics::Usage,
    /// Whether the daemon starts when the person logs in, as the wiring last told; none of `--solo`.
    pub starts_at_login: Option<bool>,
    /// The hunks that were last written for an editor: many answers may hold the same.
    told_hunks: hunks::Written,
}

impl World {
    pub fn new(version: &'static str, now: Now) -> Self {
        Self {
            version,
            started: now,
            now,
            sessions: BTreeMap::new(),
            threads: threads::Threads::default(),
            approvals: approvals::Approvals::default(),
            turns: turns::Turns::default(),
            server: app_server::AppServer::default(),
            daemon: None,
            settings: Settings::default(),
            terminals: terminals::Terminals::default(),
            automations: automations::Automations::default(),
            notices: notices::Notices::default(),
            run: None,
            granted: grants::Granted::default(),
            run_worktrees: None,
            shown_hunks: shown_hunks::ShownHunks::default(),
            refusals: Vec::new(),
            purposes: HashMap::new(),
            next_token: 0,
            metrics: metrics::Recorder::default(),
            diagnostics: diagnostics::Tally::default(),
            usage: metrics::Usage::default(),
            starts_at_login: None,
            told_hunks: hunks::Written::default(),
        }
    }

    #[cfg(test)]
    pub fn waits(&mut self, approval: crate::protocol::approval::Approval) {
        self.approvals.wait(approval);
    }

    /// The editor that waits for this answer of a repository, if one does.
    pub fn asked_by(&self, token: u64) -> Option<SessionId> {
        match self.purposes.get(&token)? {
            Purpose::Hunk(flow) => Some(flow.session),
            _ => None,
        }
    }
}

/// Takes one event. The effects are to be carried out in order, before the next event.
pub fn step(world: &mut World, event: Event) -> Vec<Effect> {
    world.now = event.at;
    let mut step = Step { world, now: event.at, effects: Vec::new() };
    match event.kind {
        EventKind::Opened(session, origin) => step.opened(session, origin),
        EventKind::Incoming(session, message) => step.incoming(session, message),
        EventKind::Action(session, action) => step.act(session, action),
        EventKind::Codex(event) => step.codex(event),
        EventKind::HomeClaimed { session, id, result } => {
            step.home_claimed(session, id, result);
        }
        EventKind::NobodyThere { run, environment } => {
            step.world.server.serve_nobody(environment);
            step.store_opened(run);
        }
        EventKind::Store(event) => step.stored(event),
        EventKind::FilesRead { token, texts } => step.files_read(token, texts),
        EventKind::FolderResolved { token, result } => step.folder_resolved(token, result),
        EventKind::HunksChanged { uri, revision, authored } => {
            step.hunks_changed(uri, revision, authored);
        }
        EventKind::TurnsKnown(turns) => step.world.turns.know(turns),
        EventKind::Git { token, result } => step.git_answered(token, result),
        EventKind::Terminal(event) => step.terminal_said(event),
        EventKind::TerminalRefused { token, failure } => step.terminal_refused(token, failure),
        EventKind::Automation(event) => step.automation_said(event),
        EventKind::PlacePrepared { token, result } => step.place_prepared(token, result),
        EventKind::PlaceRemoved { token, result } => {
            step.place_removed(token, result.as_ref().copied());
        }
        EventKind::DirectoryListed { token, result } => step.directory_listed(token, result),
        EventKind::SettingsRead(read) => step.settings_read(read),
        EventKind::SettingsUpdated { token, result } => step.settings_updated(token, result),
        EventKind::Woken => step.woken(),
    }
    step.let_rest();
    step.effects
}

/// Before the first event: a daemon to which nobody comes ends too.
pub fn rest(world: &mut World, now: Now) -> Vec<Effect> {
    let mut step = Step { world, now, effects: Vec::new() };
    step.let_rest();
    step.effects
}

/// One step in the making: the World, the time, and what is to be done so far.
struct Step<'w> {
    world: &'w mut World,
    now: Now,
    effects: Vec<Effect>,
}

impl Step<'_> {
    fn incoming(&mut self, session: SessionId, message: Incoming) {
        self.note_activity(session, &message);
        match message {
            Incoming::Request { id, method, params } => self.request(session, id, method, params),
            Incoming::Notification { method, params } => {
                self.notification(session, method, params);
            }
            Incoming::Answer { id, result } => match documents::token_of(&id) {
                Some(token) => self.edit_answered(session, token, &result),
                None => self.effects.push(Effect::PromptAnswered { session, id, result }),
            },
            Incoming::Garbled { message } => self.editor_frame(message),
            Incoming::Closed { reason } => self.session_closed(session, reason),
        }
    }

    /// A person is where things happen; a heartbeat is none.
    fn note_activity(&mut self, session: SessionId, message: &Incoming) {
        let beat =
            matches!(message, Incoming::Request { method, .. } if method == "outrigger/ping");
        if let Some(state) = self.world.sessions.get_mut(&session).filter(|_| !beat) {
            state.active_at = self.now.micros;
        }
    }

    fn request(&mut self, session: SessionId, id: RpcId, method: String, params: Value) {
        let now = self.now;
        let Some(state) = self.world.sessions.get_mut(&session) else { return };
        let open = session::OpenRequest {
            method: method.clone(),
            since: now,
            token: None,
            says_failure: false,
        };
        state.open.insert(id.clone(), open);
        if let Some(upstream) = method.strip_prefix("codex/") {
            self.proxy(session, id, upstream, &params);
        } else if method.starts_with("outrigger/") {
            match ClientCall::decode(&method, params) {
                Ok(call) => self.call(session, id, call),
                Err(failure) => self.fail(session, id, failure),
            }
        } else if method == "initialize" {
            self.initialize(session, id, params);
        } else if method == "shutdown" {
            self.reply(session, id, Ok(Raw::null()));
        } else {
            self.effects.push(Effect::Standard { session, id: Some(id), method, params });
        }
    }

    fn notification(&mut self, session: SessionId, method: String, params: Value) {
        if let Some(upstream) = method.strip_prefix("codex/") {
            self.proxy_notification(session, upstream, &params);
        } else if method == "$/cancelRequest" {
            self.cancel(session, &params);
        } else if method.starts_with("outrigger/") {
            match ClientCall::decode(&method, params) {
                Ok(ClientCall::SessionUpdate(update)) => self.session_update(session, update),
                Ok(ClientCall::TerminalAck(ack)) => self.terminal_ack(session, ack),
                Ok(_) => self.refused(Some(&method), "it is a request and needs an id"),
                Err(failure) => self.refused(Some(&method), &failure.message),
            }
        } else {
            self.standard_note(session, &method, &params);
            self.effects.push(Effect::Standard { session, id: None, method, params });
        }
    }

    /// The one place where a request of an editor is answered, exactly once.
    fn reply(&mut self, session: SessionId, id: RpcId, result: Result<Raw, RpcError>) {
        let Some(state) = self.world.sessions.get_mut(&session) else { return };
        // Cancelled already: the editor has had its answer.
        let Some(open) = state.open.remove(&id) else { return };
        let micros = self.now.micros.saturating_sub(open.since.micros);
        self.world.metrics.record(&open.method, self.now, micros, result.is_err());
        self.send(session, Outgoing::Reply { id, result });
    }

    fn answer<T: Serialize>(&mut self, session: SessionId, id: RpcId, result: &T) {
        self.reply(session, id, Ok(Raw::of(result)));
    }

    fn fail(&mut self, session: SessionId, id: RpcId, failure: Failure) {
        let open = self.world.sessions.get(&session).and_then(|state| state.open.get(&id));
        if open.is_some_and(|open| open.says_failure) {
            self.show_message(session, &failure.message);
        }
        self.reply(session, id, Err(failure.into()));
    }

    fn send(&mut self, session: SessionId, message: Outgoing) {
        self.effects.push(Effect::Send(session, message));
    }

    fn redraw(&mut self) {
        if !matches!(self.effects.last(), Some(Effect::Redraw)) {
            self.effects.push(Effect::Redraw);
        }
    }

    fn token(&mut self, purpose: Purpose) -> u64 {
        self.world.next_token += 1;
        self.world.purposes.insert(self.world.next_token, purpose);
        self.world.next_token
    }

    /// Sends one note to every session that listens and that `reaches` says yes for.
    fn broadcast(&mut self, segment: &str, note: &Outgoing, reaches: impl Fn(&Session) -> bool) {
        for session in self.world.sessions.values_mut() {
            if session.events.wants(segment) && reaches(session) {
                session.deliver(note.clone(), &mut self.effects);
            }
        }
    }
}

#[cfg(test)]
mod tests;
