//! Terminals: who may use them, who is attached to which, and what is known of each. They run in a room of their own.

use std::{ffi::OsString, path::PathBuf, sync::Arc};

use super::{Effect, Purpose, Step, elsewhere::Elsewhere, grants::Root};
use crate::{
    paths,
    protocol::{
        ClientCall, Failure, FailureKind, RpcId, SessionId, TerminalId, ThreadId,
        host::Done,
        terminal::{
            Terminal, TerminalAckParams, TerminalAttached, TerminalClosed, TerminalCreateParams,
            TerminalList, TerminalMode, TerminalRef, TerminalResizeParams, TerminalStatus,
            TerminalWriteParams,
        },
    },
    terminal::{self, Command, Exit, Size, Spec},
};

/// Terminals of all kinds at one time. At the bound those that have ended make room, the oldest first.
pub(super) const LIMIT: usize = terminal::LIMIT;
/// Bytes of a name.
const MAX_LABEL: usize = 1_024;
/// Changes of one terminal are told no more often, in microseconds.
pub(super) const TELL_EVERY: u64 = 100_000;
/// Microseconds from the first output until the screen is kept.
pub(super) const KEEP_AFTER: u64 = 5_000_000;

/// A program that is to be started, and what for.
#[derive(Debug)]
pub struct Opening {
    pub token: u64,
    pub terminal: TerminalId,
    pub spec: Box<Spec>,
    /// That of the session.
    pub environment: Arc<Vec<(OsString, OsString)>>,
    /// A shell is to say where its prompts are.
    pub integrated: bool,
}

/// All terminals, in the order in which they were created.
#[derive(Default)]
pub struct Terminals {
    pub(super) all: Vec<Entry>,
    /// What their names begin with: of this run alone.
    prefix: String,
    named: u64,
    /// What earlier runs left is known.
    loaded: bool,
    /// Calls that came before that.
    waiting: Vec<(SessionId, RpcId, ClientCall)>,
}

/// One terminal.
pub(super) struct Entry {
    pub(super) id: TerminalId,
    pub(super) name: String,
    pub(super) cwd: PathBuf,
    pub(super) pid: Option<u32>,
    pub(super) size: Size,
    pub(super) title: String,
    pub(super) status: TerminalStatus,
    pub(super) exit: Option<Exit>,
    pub(super) thread_id: Option<ThreadId>,
    /// Epoch milliseconds.
    pub(super) created_at: u64,
    /// In the order in which they came.
    pub(super) attached: Vec<SessionId>,
    /// Who wrote last.
    writer: Option<SessionId>,
    /// What a restored one shows.
    pub(super) screen: String,
    pub(super) restarting: bool,
    /// When it is kept next, and when its changes are told, in microseconds.
    pub(super) keep_at: Option<u64>,
    pub(super) tell_at: Option<u64>,
    pub(super) told: u64,
    /// It shows what the app-server runs.
    pub(super) elsewhere: Option<Elsewhere>,
}

/// A request that waits for the terminals' room.
pub(super) struct Flow {
    pub(super) session: SessionId,
    pub(super) id: RpcId,
    pub(super) terminal: TerminalId,
    pub(super) wanted: Wanted,
}

pub(super) enum Wanted {
    Create {
        name: Option<String>,
        thread_id: Option<ThreadId>,
        elsewhere: Option<Elsewhere>,
    },
    Restart,
    Attach,
    /// Input or a new size.
    Act,
    Close,
}

impl Terminals {
    /// Names new terminals after what marks this run: the mark of a terminal is never that of another.
    pub fn name_after(&mut self, run: &str) {
        let run = run.rsplit('.').next().unwrap_or(run);
        self.prefix = format!("t{run}-");
    }

    /// Whether a program runs in any.
    pub fn any_running(&self) -> bool {
        let holds = |entry: &Entry| entry.elsewhere.as_ref().is_none_or(Elsewhere::is_interactive);
        self.all.iter().any(|entry| entry.runs() && holds(entry) || entry.restarting)
    }

    /// Whether a program runs in Codex's sandbox, which the app-server must outlast.
    pub(super) fn any_sandboxed(&self) -> bool {
        let sandboxed =
            |entry: &Entry| entry.elsewhere.as_ref().is_some_and(Elsewhere::is_interactive);
        self.all.iter().any(|entry| entry.runs() && sandboxed(entry))
    }

    /// As they are told.
    pub fn list(&self) -> TerminalList {
        TerminalList { terminals: self.all.iter().map(Entry::told_as).collect() }
    }

    pub(super) fn get_mut(&mut self, id: &TerminalId) -> Option<&mut Entry> {
        self.all.iter_mut().find(|entry| entry.id == *id)
    }

    pub(super) fn new_id(&mut self) -> TerminalId {
        self.named += 1;
        format!("{}{}", self.prefix, self.named).into()
    }
}

impl Entry {
    pub(super) fn new(id: TerminalId, name: String, cwd: PathBuf, created_at: u64) -> Self {
        Self {
            id,
            name,
            cwd,
            pid: None,
            size: Size::default(),
            title: String::new(),
            status: TerminalStatus::Restored,
            exit: None,
            thread_id: None,
            created_at,
            attached: Vec::new(),
            writer: None,
            screen: String::new(),
            restarting: false,
            keep_at: None,
            tell_at: None,
            told: 0,
            elsewhere: None,
        }
    }

    pub(super) fn told_as(&self) -> Terminal {
        Terminal {
            terminal_id: self.id.clone(),
            name: self.name.clone(),
            cwd: paths::to_uri(&self.cwd).unwrap_or_default(),
            pid: self.pid,
            cols: self.size.cols(),
            rows: self.size.rows(),
            title: self.title.clone(),
            mode: TerminalMode::Pty,
            interactive: self.elsewhere.as_ref().is_none_or(Elsewhere::is_interactive),
            supports_resize: self.elsewhere.as_ref().is_none_or(Elsewhere::is_interactive),
            status: self.status,
            exit_code: self.exit.map(|exit| exit.code),
            signal: self.exit.and_then(|exit| exit.signal),
            thread_id: self.thread_id.clone(),
            created_at: self.created_at,
        }
    }

    fn runs(&self) -> bool {
        self.status == TerminalStatus::Running
    }

    /// Of several attached editors one answers what programs ask of their terminal: where the person wrote last.
    fn answers(&self, session: SessionId) -> bool {
        let writer = self.writer.filter(|writer| self.attached.contains(writer));
        let answers = writer.or_else(|| self.attached.first().copied());
        answers.is_none_or(|answers| answers == session) || !self.attached.contains(&session)
    }
}

impl Step<'_> {
    /// One call about terminals; it waits until those of earlier runs are known.
    pub(super) fn terminal_call(&mut self, session: SessionId, id: RpcId, call: ClientCall) {
        if !self.may_use_terminals(session, &id) {
            return;
        }
        if self.world.run.is_none() {
            let why = "Outrigger has no state directory to keep terminals in.";
            return self.fail(session, id, Failure::new(FailureKind::Store, why));
        }
        if !self.world.terminals.loaded {
            return self.world.terminals.waiting.push((session, id, call));
        }
        match call {
            ClientCall::TerminalCreate(params) => self.terminal_create(session, id, params),
            ClientCall::TerminalAttach(params) => self.terminal_attach(session, id, &params),
            ClientCall::TerminalWrite(params) => self.terminal_write(session, id, params),
            ClientCall::TerminalResize(params) => self.terminal_resize(session, id, &params),
            ClientCall::TerminalAck(params) => {
                self.terminal_ack(session, params);
                self.answer(session, id, &Done {});
            }
            ClientCall::TerminalDetach(params) => self.terminal_detach(session, id, &params),
            ClientCall::TerminalClose(params) => {
                let (force, everything) = (params.force, params.everything);
                let Some(entry) = self.terminal(session, &id, &params.terminal_id) else { return };
                if entry.status == TerminalStatus::Restored && !entry.restarting {
                    self.forget_terminal(&params.terminal_id);
                    return self.answer(session, id, &TerminalClosed::default());
                }
                let terminal = params.terminal_id;
                let token = self.terminal_token(session, id, terminal.clone(), Wanted::Close);
                let (force, everything) = (force.unwrap_or(false), everything.unwrap_or(false));
                self.ask_terminals(Command::Close { token, terminal, force, everything });
            }
            ClientCall::TerminalRestart(params) => self.terminal_restart(session, id, &params),
            ClientCall::TerminalWatch(params) => self.terminal_watch(session, id, &params),
            _ => {
                let list = self.world.terminals.list();
                self.answer(session, id, &list);
            }
        }
    }

    fn may_use_terminals(&mut self, session: SessionId, id: &RpcId) -> bool {
        let trusted = self.world.sessions.get(&session).is_some_and(|session| session.trusted);
        if !trusted {
            let why = "This workspace is not trusted, so no terminal runs for it.";
            let failure = Failure::new(FailureKind::WorkspaceUntrusted, why)
                .hint("Trust the workspace in the editor, then try again.");
            self.fail(session, id.clone(), failure);
        }
        trusted
    }

    /// What earlier runs left is known, as far as it can be.
    pub(super) fn terminals_loaded(&mut self, restored: Vec<Entry>) {
        let terminals = &mut self.world.terminals;
        terminals.loaded = true;
        terminals.all.extend(restored);
        for (session, id, call) in std::mem::take(&mut terminals.waiting) {
            self.terminal_call(session, id, call);
        }
    }

    fn terminal_create(&mut self, session: SessionId, id: RpcId, params: TerminalCreateParams) {
        let TerminalCreateParams {
            cwd,
            command,
            args,
            env,
            cols,
            rows,
            name,
            thread_id,
            sandboxed,
        } = params;
        let cwd = match cwd {
            Some(uri) => paths::from_uri(&uri).ok_or_else(|| {
                let why = format!("{uri} is no file: URI of this machine.");
                Failure::new(FailureKind::InvalidParams, why).with("key", "cwd")
            }),
            None => self.own_folder(session).ok_or_else(|| {
                let why =
                    "There is no folder for the terminal: open one, or name it as a file: URI.";
                Failure::new(FailureKind::CwdMissing, why)
            }),
        };
        let cwd = match cwd {
            Ok(cwd) => cwd,
            Err(failure) => return self.fail(session, id, failure),
        };
        if command.as_deref().is_some_and(|command| command.is_empty() || command.contains('\0')) {
            let failure = Failure::new(FailureKind::InvalidParams, "The command is no program.");
            return self.fail(session, id, failure.with("key", "command"));
        }
        let thread = thread_id.as_ref().map(ThreadId::as_str);
        if [name.as_deref(), thread].into_iter().flatten().any(|label| label.len() > MAX_LABEL) {
            let why = format!("A terminal's name and thread have {MAX_LABEL} bytes at the most.");
            return self.fail(session, id, Failure::new(FailureKind::LimitExceeded, why));
        }
        if sandboxed == Some(true) {
            let mut program = vec![command.unwrap_or_else(|| self.shell_of(session))];
            program.extend(args.unwrap_or_default());
            let what = (program, cwd, Size::new(cols, rows));
            return self.terminal_sandboxed(session, id, what, name, thread_id);
        }
        if !self.make_room_for_terminal() {
            let failure = Failure::from(terminal::Error::TooMany { limit: LIMIT });
            return self.fail(session, id, failure);
        }
        let spec = Spec {
            cwd,
            command,
            args: args.unwrap_or_default(),
            env: env.into_iter().flatten().collect(),
            size: Size::new(cols, rows),
            ..Spec::default()
        };
        let terminal = self.world.terminals.new_id();
        self.open_terminal(
            session,
            id,
            terminal,
            spec,
            Wanted::Create { name, thread_id, elsewhere: None },
        );
    }

    /// The person's shell, as the session's environment has it.
    fn shell_of(&self, session: SessionId) -> String {
        let state = self.world.sessions.get(&session);
        let shell = state.and_then(|state| {
            let known = state.origin.environment.iter().find(|(name, _)| name == "SHELL")?;
            known.1.to_str().map(str::to_owned)
        });
        shell.filter(|shell| shell.starts_with('/')).unwrap_or_else(|| "/bin/sh".into())
    }

    fn own_folder(&self, session: SessionId) -> Option<PathBuf> {
        self.world.sessions.get(&session)?.folders.first().cloned()
    }

    fn open_terminal(
        &mut self,
        session: SessionId,
        id: RpcId,
        terminal: TerminalId,
        spec: Spec,
        wanted: Wanted,
    ) {
        let roots: Vec<Root> = self.roots_of(session).unwrap_or_default();
        let environment = self.world.sessions.get(&session).map(|state| &state.origin.environment);
        let environment = environment.cloned().unwrap_or_default();
        let token = self.terminal_token(session, id, terminal.clone(), wanted);
        let integrated = self.world.settings.shell_integration();
        let spec = Box::new(spec);
        let opening = Box::new(Opening { token, terminal, spec, environment, integrated });
        self.effects.push(Effect::OpenTerminal { roots, opening });
    }

    /// Whether there is room for one more, once the oldest that has ended is gone.
    pub(super) fn make_room_for_terminal(&mut self) -> bool {
        let terminals = &self.world.terminals;
        if terminals.all.len() < LIMIT {
            return true;
        }
        let ended = terminals.all.iter().find(|entry| !entry.runs() && !entry.restarting);
        let Some((id, exited)) =
            ended.map(|entry| (entry.id.clone(), entry.status == TerminalStatus::Exited))
        else {
            return false;
        };
        if exited {
            self.ask_terminals(Command::Forget { terminal: id.clone() });
        }
        self.forget_terminal(&id);
        true
    }

    fn terminal_restart(&mut self, session: SessionId, id: RpcId, params: &TerminalRef) {
        let Some(entry) = self.terminal(session, &id, &params.terminal_id) else { return };
        if entry.status != TerminalStatus::Restored || entry.restarting {
            let why = "Only a terminal that was restored is started again.";
            return self.fail(session, id, Failure::new(FailureKind::InvalidParams, why));
        }
        entry.restarting = true;
        let spec = Spec {
            cwd: entry.cwd.clone(),
            size: entry.size,
            before: Some(entry.screen.clone()).filter(|screen| !screen.is_empty()),
            ..Spec::default()
        };
        self.open_terminal(session, id, params.terminal_id.clone(), spec, Wanted::Restart);
    }

    fn terminal_attach(&mut self, session: SessionId, id: RpcId, params: &TerminalRef) {
        let Some(entry) = self.terminal(session, &id, &params.terminal_id) else { return };
        let terminal = params.terminal_id.clone();
        if entry.status == TerminalStatus::Restored {
            entry.attached.retain(|one| *one != session);
            entry.attached.push(session);
            let (terminal, snapshot) = (entry.told_as(), entry.screen.clone());
            return self.answer(session, id, &TerminalAttached { terminal, snapshot, offset: 0 });
        }
        let token = self.terminal_token(session, id, terminal.clone(), Wanted::Attach);
        self.ask_terminals(Command::Attach { token, terminal, session });
    }

    fn terminal_write(&mut self, session: SessionId, id: RpcId, params: TerminalWriteParams) {
        let TerminalWriteParams { terminal_id: terminal, data } = params;
        let Some(entry) = self.terminal(session, &id, &terminal) else { return };
        if !entry.runs() {
            return self.fail(session, id, terminal::Error::Ended.into());
        }
        if let Err(failure) = self.may_type(&terminal, &data) {
            return self.fail(session, id, failure);
        }
        let Some(entry) = self.world.terminals.get_mut(&terminal) else { return };
        if terminal::is_report(&data) {
            if !entry.answers(session) {
                return self.answer(session, id, &Done {});
            }
        } else if entry.attached.contains(&session) {
            entry.writer = Some(session);
        }
        let token = self.terminal_token(session, id, terminal.clone(), Wanted::Act);
        self.ask_terminals(Command::Write { token, terminal, data });
    }

    fn terminal_resize(&mut self, session: SessionId, id: RpcId, params: &TerminalResizeParams) {
        let size = Size::new(params.cols, params.rows);
        let terminal = params.terminal_id.clone();
        let Some(entry) = self.terminal(session, &id, &terminal) else { return };
        match entry.status {
            TerminalStatus::Running => {
                let token = self.terminal_token(session, id, terminal.clone(), Wanted::Act);
                self.ask_terminals(Command::Resize { token, terminal, size });
            }
            // What is started there later has this size.
            TerminalStatus::Restored => {
                entry.size = size;
                self.answer(session, id, &Done {});
                self.terminal_changed(&terminal);
            }
            TerminalStatus::Exited => self.answer(session, id, &Done {}),
        }
    }

    pub(super) fn terminal_ack(&mut self, session: SessionId, params: TerminalAckParams) {
        let TerminalAckParams { terminal_id: terminal, offset } = params;
        let entry = self.world.terminals.get_mut(&terminal);
        if entry.is_some_and(|entry| entry.attached.contains(&session)) {
            self.ask_terminals(Command::Ack { terminal, session, offset });
        }
    }

    fn terminal_detach(&mut self, session: SessionId, id: RpcId, params: &TerminalRef) {
        let Some(entry) = self.terminal(session, &id, &params.terminal_id) else { return };
        entry.attached.retain(|one| *one != session);
        // An attach that is not answered yet is one no more.
        let mut overtaken = Vec::new();
        self.world.purposes.retain(|_, purpose| match purpose {
            Purpose::Terminal(Flow { session: whose, id, terminal, wanted: Wanted::Attach })
                if *whose == session && *terminal == params.terminal_id =>
            {
                overtaken.push(id.clone());
                false
            }
            _ => true,
        });
        for attach in overtaken {
            self.fail(session, attach, terminal::Error::NotAttached.into());
        }
        let terminal = params.terminal_id.clone();
        self.ask_terminals(Command::Detach { terminal, session });
        self.answer(session, id, &Done {});
    }

    /// A session is gone; its terminals go on.
    pub(super) fn leave_terminals(&mut self, session: SessionId) {
        let terminals = &mut self.world.terminals;
        if terminals.all.is_empty() {
            return;
        }
        for entry in &mut terminals.all {
            entry.attached.retain(|one| *one != session);
        }
        self.ask_terminals(Command::Leave { session });
    }

    /// The terminal of this name; who asks for another is refused.
    fn terminal(&mut self, session: SessionId, id: &RpcId, of: &TerminalId) -> Option<&mut Entry> {
        if !self.world.terminals.all.iter().any(|entry| entry.id == *of) {
            let failure = Failure::from(terminal::Error::Unknown { id: of.to_string() });
            self.fail(session, id.clone(), failure);
        }
        self.world.terminals.get_mut(of)
    }

    fn terminal_token(
        &mut self,
        session: SessionId,
        id: RpcId,
        terminal: TerminalId,
        wanted: Wanted,
    ) -> u64 {
        self.token(Purpose::Terminal(Flow { session, id, terminal, wanted }))
    }

    pub(super) fn ask_terminals(&mut self, command: Command) {
        self.effects.push(Effect::Terminal(command));
    }
}
