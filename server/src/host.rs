//! The loop around the core, for any number of sessions: events in, effects out, in order.

mod opening;

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{sync::mpsc, task::AbortHandle};

use crate::{
    VERSION,
    automation::Setup,
    automations::Automations,
    clock::Clock,
    codex::{self, Link, Options, locate},
    core::{self, Effect, Event, EventKind, World, metrics::Usage, session::Origin},
    daemon::{self, Ask, Build, Caller, LINK_VERSION, Visitor, Welcome},
    editor::{Face, Redrawn},
    environment::Environment,
    files, grants, home, notices,
    offspring::{self, Mark},
    pacing::{BEHIND, Pacing},
    protocol::{Incoming, Outgoing, SessionId, wire::Closed},
    redact::{self, Redactor},
    repositories::Repositories,
    settings,
    starting::{self, Starting},
    store,
    terminals::Terminals,
    this_process::{anonymous_resident_bytes, terminated},
    transport::{self, Connection, Limits, Outbox},
};

/// Batches of the app-server that may wait for the core; more and the app-server has to wait.
const CODEX_INBOX: usize = 256;

/// How often outboxes that are behind are looked at again.
const BEHIND_PAUSE: Duration = Duration::from_millis(1);
/// How long what is queued for the editors may take to be written at the end.
const DRAIN: Duration = Duration::from_secs(2);

/// Editors that may be connected at one time.
const MAX_EDITORS: usize = 256;
/// How long editors that are all behind, and read nothing at all, are waited for.
const STUCK_MICROS: u64 = 10_000_000;

/// What ends the loop.
#[derive(Debug)]
pub enum Lifetime {
    /// Its only session.
    Session,
    /// Nobody needing it any more: the daemon, of this build.
    Need(Build),
}

/// Where the messages of one session go.
#[derive(Clone)]
pub struct Tell {
    session: SessionId,
    inbox: Inbox,
}

impl Tell {
    pub fn tell(&self, message: Incoming) {
        // The loop is gone only at the end of the process.
        let _ = self.inbox.send(Arrival::Event(EventKind::Incoming(self.session, message)));
    }
}

/// What the loop takes, one after another.
pub enum Arrival {
    Event(EventKind),
    /// Somebody came to the daemon.
    Caller(Caller),
    /// What the app-server is to be started with: the login shell was asked.
    Environment(Environment),
}

/// The loop's inbox.
pub type Inbox = mpsc::UnboundedSender<Arrival>;

pub struct Host {
    clock: Clock,
    world: World,
    face: Face,
    editors: HashMap<SessionId, Editor>,
    link: Starting,
    inbox: Inbox,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    codex_events: mpsc::Receiver<codex::Event>,
    claim: Option<home::Claim>,
    mark: Option<Mark>,
    store: Option<store::Store>,
    /// The number of this run, which the store counts.
    run: Option<u64>,
    repositories: Repositories,
    pacing: Pacing,
    terminals: Terminals,
    /// There once the store is.
    automations: Option<Automations>,
    wake_at: Option<u64>,
    ended: Option<u8>,
    last_session: u32,
    lifetime: Lifetime,
    /// Knows the secrets of every session's environment.
    redactor: Redactor,
    settings: Option<settings::Keeper>,
    /// Terminals that wait for the end of the daemon, which their connection tells them.
    leaving: Vec<Visitor>,
    /// Since when (in microseconds) every editor is behind, and the fewest bytes queued since.
    behind_since: Option<(u64, u64)>,
}

/// What the loop holds of one connected editor.
struct Editor {
    outbox: Outbox,
    parent: Option<AbortHandle>,
}

impl Host {
    /// A host without sessions. `claim` is the state directory, where it is taken already; `mark` is what
    /// everything that it starts is known by.
    pub fn new(
        claim: Option<home::Claim>,
        mark: Option<Mark>,
        lifetime: Lifetime,
        redactor: Redactor,
    ) -> std::io::Result<Self> {
        let clock = Clock::start();
        let (inbox, arrivals) = mpsc::unbounded_channel();
        let (codex_inbox, codex_events) = mpsc::channel(CODEX_INBOX);
        let mut options = Options::new(locate::Search::default());
        options.mark.clone_from(&mark);
        let link = Link::spawn(options, codex_inbox)?;
        let mut world = World::new(VERSION, clock.now());
        if let Lifetime::Need(_) = lifetime {
            world.daemon = Some(core::Daemon::new(std::process::id()));
        }
        if let Some(mark) = &mark {
            world.terminals.name_after(mark.as_str());
        }
        let told = inbox.clone();
        let terminals = Terminals::new(mark.as_ref(), move |event| {
            // The loop is gone only at the end of the process.
            let _ = told.send(Arrival::Event(event));
        });
        let mut host = Self {
            clock,
            world,
            face: Face::default(),
            editors: HashMap::new(),
            link: Starting::new(link),
            inbox,
            arrivals,
            codex_events,
            claim,
            mark,
            store: None,
            run: None,
            repositories: Repositories::default(),
            pacing: Pacing::default(),
            terminals,
            automations: None,
            wake_at: None,
            ended: None,
            last_session: 0,
            lifetime,
            redactor,
            settings: None,
            leaving: Vec::new(),
            behind_since: None,
        };
        if host.claim.is_some() {
            host.keep_settings();
        }
        Ok(host)
    }

    pub fn inbox(&self) -> Inbox {
        self.inbox.clone()
    }

    /// Takes in an editor. `connect` serves its connection, given where its messages go and the bounds.
    pub fn join(&mut self, origin: Origin, connect: impl FnOnce(Tell, Limits) -> Connection) {
        let variables =
            origin.environment.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
        self.redactor.learn(redact::of_environment(variables));
        self.last_session += 1;
        let session = SessionId(self.last_session);
        let connection = connect(Tell { session, inbox: self.inbox.clone() }, Limits::default());
        self.editors.insert(session, Editor { outbox: connection.outbox, parent: None });
        self.take(EventKind::Opened(session, origin));
    }

    /// Runs until it is asked to end or nobody needs it, and says with which exit code.
    pub async fn serve(&mut self) -> u8 {
        let mut terminated = std::pin::pin!(terminated());
        self.wait_for_nobody();
        // Nobody may ever come.
        let effects = core::rest(&mut self.world, self.clock.now());
        self.carry_out_all(effects);
        loop {
            if let Some(code) = self.ended {
                return code;
            }
            self.send_what_waited();
            let held_up = self.held_up();
            let waits = held_up || !self.pacing.is_idle();
            tokio::select! {
                biased;
                Some(arrival) = self.arrivals.recv() => self.arrived(arrival),
                Some(event) = self.codex_events.recv(), if !held_up => self.take(EventKind::Codex(event)),
                () = tokio::time::sleep(BEHIND_PAUSE), if waits => {}
                () = sleep_until(self.wake_at, self.clock) => {
                    self.wake_at = None;
                    self.take(EventKind::Woken);
                }
                () = &mut terminated => return 0,
            }
        }
    }

    /// Lets the editors go. Everything that was queued for them is written, and the app-server has ended
    /// with all that it started, when this returns. Who waits for the end of the process is handed back.
    pub async fn end(mut self) -> Vec<Visitor> {
        let outboxes: Vec<Outbox> = self.editors.values().map(|e| e.outbox.clone()).collect();
        let sessions: Vec<SessionId> = self.editors.keys().copied().collect();
        for session in sessions {
            let reason = Closed::EndOfFile;
            self.take(EventKind::Incoming(session, Incoming::Closed { reason }));
        }
        let drained = async {
            for outbox in outboxes {
                outbox.closed().await;
            }
        };
        let terminals = self.terminals;
        let ended = tokio::task::spawn_blocking(move || terminals.end());
        let _ = tokio::join!(tokio::time::timeout(DRAIN, drained), self.link.shutdown(), ended);
        if let Some(mark) = &self.mark {
            offspring::end(mark, Duration::ZERO);
        }
        if let Some(store) = self.store {
            store.close();
        }
        self.leaving
    }

    fn arrived(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Event(kind) => self.take(kind),
            Arrival::Caller(caller) => self.called(caller),
            Arrival::Environment(environment) => self.environment_is(environment),
        }
    }

    fn environment_is(&mut self, environment: Environment) {
        let variables = environment.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
        self.redactor.learn(redact::of_environment(variables));
        self.link.environment_is(environment);
    }

    fn called(&mut self, caller: Caller) {
        let Lifetime::Need(build) = &self.lifetime else { return };
        let welcome = Welcome {
            outrigger: LINK_VERSION,
            build: build.clone(),
            pid: std::process::id(),
            sessions: u32::try_from(self.editors.len()).unwrap_or(u32::MAX),
            refused: None,
        };
        let greeted = match caller {
            Caller::Editor(mut visitor) if self.editors.len() >= MAX_EDITORS => {
                let why = format!("{MAX_EDITORS} editors are connected already: close one first.");
                visitor.welcome(&Welcome { refused: Some(why), ..welcome })
            }
            Caller::Editor(mut visitor) => visitor.welcome(&welcome).map(|()| {
                let Visitor { hello, reader, writer } = visitor;
                let origin = Origin {
                    cwd: hello.cwd(),
                    environment: Arc::new(hello.environment()),
                    newer_build: hello.build.is_newer_than(&welcome.build),
                };
                self.join(origin, |editor, limits| {
                    transport::serve(reader, writer, move |message| editor.tell(message), limits)
                });
            }),
            Caller::Terminal(ask, mut visitor) => visitor.welcome(&welcome).map(|()| {
                if ask == Ask::Stop {
                    tracing::info!("asked to stop");
                    self.ended.get_or_insert(0);
                    self.leaving.push(visitor);
                }
            }),
            Caller::Stranger(mut writer) => daemon::say(&mut writer, &welcome),
        };
        if let Err(error) = greeted {
            tracing::debug!(%error, "somebody left before the welcome");
        }
    }

    /// Answers of repositories whose editors have read on by now.
    fn send_what_waited(&mut self) {
        while let Some(event) = self.pacing.next(behind(&self.editors)) {
            self.step(event);
        }
    }

    /// Whether the app-server has to wait, so that a slow reader loses nothing; one that is alone behind keeps nobody
    /// else waiting: every editor that is there is behind with reading.
    fn held_up(&mut self) -> bool {
        let queued = || self.editors.values().map(|editor| editor.outbox.queued_bytes());
        if self.editors.is_empty() || queued().any(|bytes| bytes <= BEHIND) {
            self.behind_since = None;
            return false;
        }
        let total = queued().sum();
        let now = self.clock.now().micros;
        match self.behind_since {
            // A reader that takes nothing at all is not waited for when the turn is not its own alone.
            Some((since, least)) if total >= least => {
                matches!(self.lifetime, Lifetime::Session) || now - since < STUCK_MICROS
            }
            _ => {
                self.behind_since = Some((now, total));
                true
            }
        }
    }

    fn take(&mut self, kind: EventKind) {
        match &kind {
            EventKind::Incoming(_, Incoming::Closed { reason })
                if matches!(self.lifetime, Lifetime::Session) =>
            {
                let clean = !matches!(reason, Closed::Exit { after_shutdown: false });
                self.ended.get_or_insert(u8::from(!clean));
            }
            EventKind::Incoming(_, Incoming::Request { method, .. })
                if method == "outrigger/metrics" =>
            {
                self.world.usage = self.usage();
            }
            EventKind::Incoming(_, Incoming::Request { method, .. })
                if method == "outrigger/automation/list"
                    && matches!(self.lifetime, Lifetime::Need(_)) =>
            {
                let state = self.claim.as_ref().map(home::Claim::directory);
                self.world.starts_at_login = state.map(daemon::login::is_installed);
            }
            EventKind::Git { token, .. } => {
                if let Some(session) = self.world.asked_by(*token) {
                    let behind = behind(&self.editors);
                    let Some(event) = self.pacing.pass(session, kind, behind) else { return };
                    return self.step(event);
                }
            }
            _ => {}
        }
        self.step(kind);
    }

    fn step(&mut self, kind: EventKind) {
        let effects = core::step(&mut self.world, Event { at: self.clock.now(), kind });
        self.carry_out_all(effects);
    }

    fn carry_out_all(&mut self, effects: Vec<Effect>) {
        let mut redraw = false;
        for effect in effects {
            redraw |= matches!(effect, Effect::Redraw);
            self.carry_out(effect);
        }
        if redraw {
            self.redraw();
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send(session, message) => self.send(session, message),
            Effect::Codex(command) => self.link.send(command),
            Effect::Store(command) => self.keep(command),
            Effect::LookFor { path, args, forbidden_roots, environment } => {
                let inbox = self.inbox.clone();
                self.link.look_for(
                    starting::search(path, args, forbidden_roots),
                    &environment,
                    move |known| {
                        // The loop is gone only at the end of the process.
                        let _ = inbox.send(Arrival::Environment(known));
                    },
                );
            }
            Effect::Standard { session, id, method, params } => {
                let actions = self.face.standard(&self.world, session, id, &method, &params);
                self.act(session, actions);
            }
            Effect::PromptAnswered { session, id, result } => {
                let actions = self.face.answered(&self.world, session, &id, &result);
                self.act(session, actions);
                self.redraw();
            }
            Effect::Introduced { session, id } => {
                let result = Ok(Face::introduction(&self.world, session));
                self.act(session, vec![core::Action::Answer { id, result }]);
            }
            Effect::ClaimHome { session, id } => {
                let result = self.claim_home();
                self.take(EventKind::HomeClaimed { session, id, result });
            }
            // Gathered by `take`, so that one event redraws once.
            Effect::Redraw => {}
            Effect::ReadFiles { token, paths } => self.aside(move || {
                let texts = paths.iter().map(|path| files::read(path)).collect();
                EventKind::FilesRead { token, texts }
            }),
            Effect::ResolveFolder { token, path } => self.aside(move || {
                let result = grants::canonical_folder(&path).map_err(Into::into);
                EventKind::FolderResolved { token, result }
            }),
            Effect::Git { roots, mut command } => {
                if let Some(prompt) = command.request.prompt() {
                    *prompt = self.redactor.text(prompt).into_owned();
                }
                let state = self.claim.as_ref().map(home::Claim::directory);
                let inbox = self.inbox.clone();
                let mark = self.mark.as_ref().map(Mark::variable);
                self.repositories.ask((state, mark), roots, command, move |event| {
                    // The loop is gone only at the end of the process.
                    let _ = inbox.send(Arrival::Event(event));
                });
            }
            Effect::Terminal(command) => self.terminals.send(command),
            Effect::OpenTerminal { roots, opening } => self.terminals.open(roots, opening),
            Effect::Automation(command) => {
                if let Some(automations) = &self.automations {
                    automations.send(command);
                }
            }
            Effect::PreparePlace { token, folder, worktree, branch, clean, setup } => {
                if let Some(automations) = &self.automations {
                    let mark = self.mark.as_ref().map(Mark::variable);
                    let setup = setup.map(|command| Setup { command, mark });
                    automations.prepare(token, folder, worktree, branch, clean, setup);
                }
            }
            Effect::RemovePlace { token, folder, worktree, name } => {
                if let Some(automations) = &self.automations {
                    automations.remove(token, folder, worktree, &name);
                }
            }
            Effect::ListDirectory { token, roots, path } => self.aside(move || {
                let result = grants::list(&roots, &path).map_err(Into::into);
                EventKind::DirectoryListed { token, result }
            }),
            Effect::Notify(notice) => {
                drop(tokio::task::spawn_blocking(move || notices::say(&notice)));
            }
            Effect::UpdateSettings { token, changes } => {
                if let Some(keeper) = &self.settings {
                    keeper.update(token, changes);
                } else {
                    let result = Err("There is no folder for the settings.".to_owned());
                    self.take(EventKind::SettingsUpdated { token, result });
                }
            }
            Effect::WatchParent { session, pid } => {
                let tell = Tell { session, inbox: self.inbox.clone() };
                let watch = transport::watch_parent(pid, move |message| tell.tell(message));
                if let Some(editor) = self.editors.get_mut(&session) {
                    editor.parent = Some(watch);
                }
            }
            Effect::WakeAt(at) => {
                self.wake_at = Some(self.wake_at.map_or(at, |earlier| earlier.min(at)));
            }
            Effect::Quit => {
                // What a person was told goes on goes on: it would end with this process.
                if self.mark.as_ref().is_some_and(offspring::lives) {
                    tracing::info!("what has left a terminal still runs: the daemon stays");
                } else {
                    self.ended.get_or_insert(0);
                }
            }
            Effect::Ended(session) => {
                if let Some(watch) = self.editors.remove(&session).and_then(|editor| editor.parent)
                {
                    watch.abort();
                }
            }
        }
    }

    fn act(&mut self, session: SessionId, actions: Vec<core::Action>) {
        for action in actions {
            self.take(EventKind::Action(session, action));
        }
    }

    fn redraw(&mut self) {
        let Redrawn { messages, actions } = self.face.redraw(&self.world);
        for (session, message) in messages {
            self.send(session, message);
        }
        for (session, action) in actions {
            self.take(EventKind::Action(session, action));
        }
    }

    fn send(&self, session: SessionId, message: Outgoing) {
        if let Some(editor) = self.editors.get(&session) {
            editor.outbox.send(message);
        }
    }

    fn keep(&mut self, command: store::Command) {
        if let Some(store) = &self.store {
            return store.send(command);
        }
        let (token, result) = (command.token, Err(store::Error::Closed));
        self.take(EventKind::Store(store::Event::Answered { token, result }));
    }

    /// Does what may take a while off the loop, and takes in what came of it.
    fn aside(&self, work: impl FnOnce() -> EventKind + Send + 'static) {
        let inbox = self.inbox.clone();
        tokio::task::spawn_blocking(move || {
            // The loop is gone only at the end of the process.
            let _ = inbox.send(Arrival::Event(work()));
        });
    }

    fn usage(&self) -> Usage {
        Usage {
            resident_bytes: anonymous_resident_bytes(),
            outbox_bytes: self.editors.values().map(|editor| editor.outbox.queued_bytes()).sum(),
        }
    }
}

async fn sleep_until(wake_at: Option<u64>, clock: Clock) {
    match wake_at {
        None => std::future::pending().await,
        Some(at) => {
            let left = at.saturating_sub(clock.now().micros);
            tokio::time::sleep(Duration::from_micros(left)).await;
        }
    }
}

/// Whether an editor has more to read than is good for it.
fn behind(editors: &HashMap<SessionId, Editor>) -> impl Fn(SessionId) -> bool {
    |session| editors.get(&session).is_some_and(|editor| editor.outbox.queued_bytes() > BEHIND)
}
