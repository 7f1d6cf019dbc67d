//! The app-server as the core knows it: is it there, what waits for it, which threads it must be
//! given back before it counts as ready.

use std::{
    collections::{HashSet, VecDeque},
    ffi::OsString,
    sync::Arc,
};

use serde_json::Value;

use super::{
    Effect, Purpose, Step, commands,
    session::{CodexOptions, Session},
    stored::Then,
};
use crate::{
    clock::Now,
    codex::{
        self, Command,
        requests::{self, ThreadSettings},
    },
    protocol::{
        Failure, FailureKind, Raw, RpcError, RpcId, SessionId, ThreadId,
        app_server::{AppServerState, AppServerStatus, DiagnosticKind},
        note,
        thread::SnapshotParams,
    },
    store::automations::{self as stored, LastCodex},
};

/// Requests that wait for the app-server or for a thread; one more is refused as `overloaded`.
const MAX_HELD: usize = 512;
/// A request that has waited this long for the app-server to come back fails.
const HOLD_MICROS: u64 = 30 * 1_000_000;

/// A request that came while the app-server, or its thread, was on the way.
struct Held {
    session: SessionId,
    id: RpcId,
    work: Work,
    thread: Option<ThreadId>,
    until: u64,
}

/// What a held request will do once it may.
pub(super) enum Work {
    Proxy { method: String, params: Value },
    Snapshot(SnapshotParams),
    Command { request: requests::Request, flow: commands::Flow },
}

pub struct AppServer {
    status: AppServerStatus,
    /// The living process, from `initialize` on.
    epoch: Option<u32>,
    last_epoch: u32,
    /// Asked to start and not asked to stop since.
    wanted: bool,
    preference: CodexOptions,
    /// That of the first session that wanted it, for as long as this process lives.
    environment: Option<Arc<Vec<(OsString, OsString)>>>,
    /// What is taken while no session ever wanted it: that of the daemon itself.
    own_environment: Arc<Vec<(OsString, OsString)>>,
    /// Threads that are being given back after a restart.
    resuming: HashSet<ThreadId>,
    held: VecDeque<Held>,
    first_ready: Option<Now>,
}

impl Default for AppServer {
    fn default() -> Self {
        Self {
            status: AppServerStatus {
                state: AppServerState::Stopped,
                version: None,
                attempt: 0,
                retry_at: None,
                last_error: None,
            },
            epoch: None,
            last_epoch: 0,
            wanted: false,
            preference: CodexOptions::default(),
            environment: None,
            own_environment: Arc::default(),
            resuming: HashSet::new(),
            held: VecDeque::new(),
            first_ready: None,
        }
    }
}

/// What is to become of a request for the app-server, now.
pub(super) enum Passage {
    Go,
    Hold,
    Refuse(Failure),
}

impl AppServer {
    pub fn status(&self) -> &AppServerStatus {
        &self.status
    }

    pub(super) fn serve_nobody(&mut self, environment: Arc<Vec<(OsString, OsString)>>) {
        self.own_environment = environment;
    }

    pub fn epoch(&self) -> u32 {
        self.last_epoch
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.wanted
    }

    pub(super) fn living(&self) -> Option<u32> {
        self.epoch
    }

    pub(super) fn first_ready(&self) -> Option<Now> {
        self.first_ready
    }

    /// Whether a request, for this thread or for none, may go up now.
    pub(super) fn passage(&self, thread: Option<&ThreadId>) -> Passage {
        match self.status.state {
            AppServerState::Ready => Passage::Go,
            AppServerState::Starting | AppServerState::Restarting => {
                let resumed = thread.is_some_and(|thread| !self.resuming.contains(thread));
                if self.epoch.is_some() && (resumed || thread.is_none()) {
                    Passage::Go
                } else {
                    Passage::Hold
                }
            }
            AppServerState::Stopped | AppServerState::Failed => Passage::Refuse(self.down()),
        }
    }

    pub(super) fn down(&self) -> Failure {
        let error = self.status.last_error.as_ref();
        let message = error.map_or("The Codex app-server is not running.", |e| &e.message);
        let hint = error.and_then(|error| error.hint.clone());
        Failure::new(FailureKind::AppServerDown, message)
            .hint(hint.unwrap_or_else(|| "Start it with outrigger/appServer/restart.".to_owned()))
    }

    /// The editor cancelled one held request, or left with all of its own.
    pub(super) fn drop_held(&mut self, session: SessionId, id: Option<&RpcId>) {
        self.held.retain(|held| held.session != session || id.is_some_and(|id| held.id != *id));
    }
}

impl Step<'_> {
    /// A session that may use the app-server is there.
    pub(super) fn server_wanted(&mut self, session: SessionId) {
        if let Some(state) = self.world.sessions.get(&session) {
            let origin = &state.origin;
            self.world.server.environment.get_or_insert_with(|| Arc::clone(&origin.environment));
        }
        self.server_needed();
    }

    /// The app-server is needed, for whomever.
    pub(super) fn server_needed(&mut self) {
        if !std::mem::replace(&mut self.world.server.wanted, true) {
            // From this moment on requests wait, although the link has not said so yet.
            self.world.server.status.state = AppServerState::Starting;
            self.configure();
            self.effects.push(Effect::Codex(Command::Start));
            self.keep_codex();
        }
    }

    /// The codex that this session asks for is taken while none is wanted; the session of another wish than what
    /// runs is told. One without a wish takes what there is.
    pub(super) fn codex_preferred(&mut self, session: SessionId) {
        let Some(state) = self.world.sessions.get(&session).filter(|s| s.wants_server()) else {
            return;
        };
        let server = &mut self.world.server;
        if !server.wanted {
            server.preference = state.codex.clone();
        } else if state.codex.is_a_wish() && state.codex != server.preference {
            let message = format!(
                "Codex runs for all editors as the first one asked for: {}. This editor asks for {}: restart codex from it to have that one run instead.",
                server.preference, state.codex
            );
            self.tell_diagnostic(session, DiagnosticKind::OtherCodex, message);
        }
    }

    /// Which codex was started last is what runs for automations while no editor is there to say.
    fn keep_codex(&mut self) {
        let CodexOptions { path, args } = self.world.server.preference.clone();
        let last = LastCodex { path, args };
        if self.world.run.is_some() && self.world.automations.last_codex != last {
            self.world.automations.last_codex = last.clone();
            self.store(stored::Request::Codex(last).into(), Then::Noted);
        }
    }

    pub(super) fn codex_was(&mut self, last: &LastCodex) {
        let wished = self.world.sessions.values().any(Session::wants_server);
        if !self.world.server.wanted && !wished {
            let LastCodex { path, args } = last.clone();
            self.world.server.preference = CodexOptions { path, args };
        }
    }

    fn configure(&mut self) {
        let server = &self.world.server;
        let environment = server.environment.as_ref().unwrap_or(&server.own_environment);
        let preference = &server.preference;
        let folders = self.world.sessions.values().flat_map(|s| s.folders.iter().cloned());
        self.effects.push(Effect::LookFor {
            path: preference.path.clone(),
            args: preference.args.clone(),
            forbidden_roots: folders.chain(self.world.automations.folders()).collect(),
            environment: Arc::clone(environment),
        });
    }

    pub(super) fn codex(&mut self, event: codex::Event) {
        match event {
            codex::Event::Status(status) => self.server_status(status),
            codex::Event::Initialized { epoch, version, .. } => self.server_up(epoch, version),
            codex::Event::Frames { epoch, frames } => {
                for frame in frames {
                    self.frame(epoch, frame);
                }
            }
            codex::Event::Exited { epoch, error } => {
                tracing::warn!(epoch, error = %error.message, "app-server exited");
                self.server_exited();
            }
        }
    }

    fn frame(&mut self, epoch: u32, frame: codex::Frame) {
        match frame {
            codex::Frame::Notification { method, params } => {
                self.note_upstream(method.as_str(), &params);
            }
            codex::Frame::Request { id, method, params } => {
                self.server_request(epoch, id, method.as_str(), &params);
            }
            codex::Frame::Response { token, result, .. } => self.response(token, result),
            codex::Frame::Unsent { token, method, params } => self.unsent(token, method, &params),
            codex::Frame::Garbled { message } => self.garbled_upstream(message),
        }
    }

    fn server_status(&mut self, status: AppServerStatus) {
        // Told before our Start got there: the link looked for another program first.
        if status.state == AppServerState::Stopped && self.world.server.wanted {
            return;
        }
        let gone = matches!(status.state, AppServerState::Stopped | AppServerState::Failed);
        self.world.server.status = status;
        if gone {
            self.world.server.wanted = false;
            self.fail_held();
            self.runs_lost();
        }
        self.tell_server_status(None);
        self.redraw();
    }

    /// The process answered `initialize`: open threads are given back before anyone hears `ready`.
    fn server_up(&mut self, epoch: u32, version: String) {
        let server = &mut self.world.server;
        server.epoch = Some(epoch);
        server.last_epoch = epoch;
        self.world.diagnostics.forget_older_than(epoch);
        let server = &mut self.world.server;
        server.status.version = Some(version);
        let open = self.world.threads.open();
        self.world.server.resuming = open.iter().cloned().collect();
        for thread in open {
            let entry = self.world.threads.get(thread.as_str());
            let config = entry.and_then(|entry| entry.config.as_ref());
            let settings = ThreadSettings { config, ..ThreadSettings::default() };
            let request = requests::thread_resume(thread.as_str(), &settings);
            self.ask_upstream(&request, Purpose::Resume { thread });
        }
        self.release_held();
        self.announce_ready();
    }

    pub(super) fn resumed(&mut self, thread: &ThreadId, result: Result<Raw, RpcError>) {
        match result {
            Ok(result) => {
                self.thread_resumed(thread, &result);
                self.thread_back(thread);
            }
            Err(error) => self.thread_lost(thread, &error),
        }
        self.world.server.resuming.remove(thread);
        self.release_held();
        self.announce_ready();
    }

    fn announce_ready(&mut self) {
        let now = self.now;
        let server = &mut self.world.server;
        if !server.resuming.is_empty() || server.epoch.is_none() {
            return;
        }
        server.status = AppServerStatus {
            state: AppServerState::Ready,
            version: server.status.version.take(),
            attempt: 0,
            retry_at: None,
            last_error: None,
        };
        server.first_ready.get_or_insert(now);
        self.tell_server_status(None);
        self.release_held();
        self.runs_go_on();
        self.redraw();
    }

    fn server_exited(&mut self) {
        self.world.server.epoch = None;
        if self.world.server.wanted {
            // From this moment on requests wait, although the link has not said yet when it tries again.
            self.world.server.status.state = AppServerState::Restarting;
        }
        self.world.server.resuming.clear();
        self.approvals_of_dead_process();
        self.refusals_of_dead_process();
        self.threads_interrupted();
        self.turns_died();
        self.elsewhere_lost();
        self.runs_lost();
        self.redraw();
    }

    /// Holds a request until the app-server, or its thread, is there.
    pub(super) fn hold(
        &mut self,
        session: SessionId,
        id: RpcId,
        thread: Option<ThreadId>,
        work: Work,
    ) {
        if self.world.server.held.len() >= MAX_HELD {
            let failure = Failure::new(
                FailureKind::Overloaded,
                "Too many requests wait for the Codex app-server to start.",
            );
            return self.fail(session, id, failure);
        }
        let until = self.now.micros + HOLD_MICROS;
        self.world.server.held.push_back(Held { session, id, work, thread, until });
        self.effects.push(Effect::WakeAt(until));
    }

    /// Sends on what no longer has to wait, in the order in which it came.
    fn release_held(&mut self) {
        let mut waiting = VecDeque::new();
        for held in std::mem::take(&mut self.world.server.held) {
            match self.world.server.passage(held.thread.as_ref()) {
                Passage::Go => self.let_through(held),
                Passage::Hold => waiting.push_back(held),
                Passage::Refuse(failure) => self.fail(held.session, held.id, failure),
            }
        }
        waiting.append(&mut self.world.server.held);
        self.world.server.held = waiting;
    }

    fn let_through(&mut self, held: Held) {
        let Held { session, id, work, thread, .. } = held;
        match work {
            Work::Proxy { method, params } => {
                self.pass_on(session, id, &method, &params, thread);
            }
            Work::Snapshot(params) => self.thread_snapshot(session, id, params),
            Work::Command { request, flow } => {
                self.ask_upstream(&request, Purpose::Command(flow));
            }
        }
    }

    fn fail_held(&mut self) {
        let failure = self.world.server.down();
        for held in std::mem::take(&mut self.world.server.held) {
            self.fail(held.session, held.id, failure.clone());
        }
    }

    pub(super) fn woken(&mut self) {
        let now = self.now.micros;
        let (late, waiting) = std::mem::take(&mut self.world.server.held)
            .into_iter()
            .partition::<VecDeque<_>, _>(|held| held.until <= now);
        self.world.server.held = waiting;
        let next = self.world.server.held.iter().map(|held| held.until).min();
        self.effects.extend(next.map(Effect::WakeAt));
        let failure = self.world.server.down();
        for held in late {
            self.fail(held.session, held.id, failure.clone());
        }
        if self.world.server.epoch.is_some() {
            self.let_threads_rest();
        }
        self.read_without_store();
        self.terminals_woken();
        self.automations_woken();
        self.redraw();
    }

    /// Ends the app-server because nobody needs it; the next session that does starts it again.
    pub(super) fn rest_server(&mut self) {
        tracing::info!("nobody needs the app-server");
        self.world.server.wanted = false;
        self.world.threads.close_all();
        self.effects.push(Effect::Codex(Command::Stop));
    }

    /// Tells one session, or all, how the app-server is.
    pub(super) fn tell_server_status(&mut self, only: Option<SessionId>) {
        let note = note::AppServerStatus(&self.world.server.status);
        self.broadcast("appServer", &note, |session| only.is_none_or(|id| id == session.id));
    }

    pub(super) fn app_server_status(&mut self, session: SessionId, id: RpcId) {
        let status = self.world.server.status.clone();
        self.answer(session, id, &status);
    }

    pub(super) fn app_server_start(&mut self, session: SessionId, id: RpcId) {
        if self.may_use_server(session, &id) {
            self.server_wanted(session);
            self.app_server_status(session, id);
        }
    }

    pub(super) fn app_server_stop(&mut self, session: SessionId, id: RpcId) {
        if self.may_use_server(session, &id) {
            self.world.server.wanted = false;
            self.effects.push(Effect::Codex(Command::Stop));
            self.app_server_status(session, id);
        }
    }

    pub(super) fn app_server_restart(&mut self, session: SessionId, id: RpcId) {
        if self.may_use_server(session, &id) {
            self.world.server.wanted = true;
            self.world.server.status.state = AppServerState::Restarting;
            // Whoever restarts it gets the codex that they ask for.
            if let Some(state) = self.world.sessions.get(&session).filter(|s| s.codex.is_a_wish()) {
                self.world.server.preference = state.codex.clone();
            }
            self.configure();
            self.effects.push(Effect::Codex(Command::Restart));
            self.app_server_status(session, id);
        }
    }

    /// Refuses, and says no, to a session whose workspace is not trusted.
    pub(super) fn may_use_server(&mut self, session: SessionId, id: &RpcId) -> bool {
        let trusted = self.world.sessions.get(&session).is_some_and(|session| session.trusted);
        if !trusted {
            let failure = Failure::new(
                FailureKind::WorkspaceUntrusted,
                "This workspace is not trusted, so Codex is not started for it.",
            )
            .hint("Trust the workspace in the editor, then try again.");
            self.fail(session, id.clone(), failure);
        }
        trusted
    }
}
