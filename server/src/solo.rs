//! Everything in one process over stdio: one session, and all ends with the editor.

use std::{collections::HashMap, time::Duration};

use tokio::sync::mpsc;

use crate::{
    VERSION,
    clock::Clock,
    codex::{self, Link, Options, locate},
    core::{self, Effect, Event, EventKind, World, metrics::Usage},
    editor::{Face, Redrawn},
    files, home,
    protocol::{Incoming, Outgoing, SessionId, wire::Closed},
    transport::{self, Limits, Outbox},
};

/// Batches of the app-server that may wait for the core; more and the app-server has to wait.
const CODEX_INBOX: usize = 256;
/// How long what is queued for an editor may take to be written at the end.
const DRAIN: Duration = Duration::from_secs(2);

/// Queued bytes above which the app-server has to wait for the editor: with one editor there is nobody
/// else to be kept waiting, and a slow reader loses nothing.
const CONGESTED: u64 = 8 << 20;
/// How often a congested outbox is looked at again.
const CONGESTED_PAUSE: Duration = Duration::from_millis(1);

const SESSION: SessionId = SessionId(1);

/// Serves one editor over stdio until it leaves. The exit code is LSP's: 0 after `shutdown`, else 1.
pub async fn run() -> std::io::Result<u8> {
    let clock = Clock::start();
    let (inbox, events) = mpsc::unbounded_channel();
    let (codex_inbox, codex_events) = mpsc::channel(CODEX_INBOX);
    let to_core = inbox.clone();
    let connection = transport::stdio(
        move |message| {
            let _ = to_core.send(EventKind::Incoming(SESSION, message));
        },
        Limits::default(),
    )?;
    let host = Host {
        clock,
        world: World::new(VERSION, clock.now()),
        face: Face::default(),
        outboxes: HashMap::from([(SESSION, connection.outbox.clone())]),
        link: Link::spawn(Options::new(search(None, Vec::new(), Vec::new())), codex_inbox)?,
        inbox,
        claim: None,
        wake_at: None,
        ended: None,
    };
    let (link, code) = host.run(events, codex_events).await;
    let drained = tokio::time::timeout(DRAIN, connection.outbox.closed());
    let _ = tokio::join!(drained, link.shutdown());
    Ok(code)
}

/// The loop around the core: events in, effects out, in order.
struct Host {
    clock: Clock,
    world: World,
    face: Face,
    outboxes: HashMap<SessionId, Outbox>,
    link: Link,
    inbox: mpsc::UnboundedSender<EventKind>,
    claim: Option<home::Claim>,
    wake_at: Option<u64>,
    ended: Option<u8>,
}

impl Host {
    async fn run(
        mut self,
        mut events: mpsc::UnboundedReceiver<EventKind>,
        mut codex_events: mpsc::Receiver<codex::Event>,
    ) -> (Link, u8) {
        let mut terminated = std::pin::pin!(terminated());
        self.take(EventKind::Opened(SESSION));
        let code = loop {
            if let Some(code) = self.ended {
                break code;
            }
            let congested = self.outboxes.values().any(|o| o.queued_bytes() > CONGESTED);
            let kind = tokio::select! {
                biased;
                Some(kind) = events.recv() => kind,
                Some(event) = codex_events.recv(), if !congested => EventKind::Codex(event),
                () = tokio::time::sleep(CONGESTED_PAUSE), if congested => continue,
                () = sleep_until(self.wake_at, self.clock) => {
                    self.wake_at = None;
                    EventKind::Woken
                }
                () = &mut terminated => {
                    EventKind::Incoming(SESSION, Incoming::Closed { reason: Closed::EndOfFile })
                }
            };
            self.take(kind);
        };
        (self.link, code)
    }

    fn take(&mut self, kind: EventKind) {
        match &kind {
            EventKind::Incoming(_, Incoming::Closed { reason }) => {
                let clean = !matches!(reason, Closed::Exit { after_shutdown: false });
                self.ended.get_or_insert(u8::from(!clean));
            }
            EventKind::Incoming(_, Incoming::Request { method, .. })
                if method == "outrigger/metrics" =>
            {
                self.world.usage = self.usage();
            }
            _ => {}
        }
        let effects = core::step(&mut self.world, Event { at: self.clock.now(), kind });
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
            Effect::LookFor { path, args, forbidden_roots } => {
                let search = search(path, args, forbidden_roots);
                self.link.send(codex::Command::Reconfigure(search));
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
                let result = Ok(Face::introduction(&self.world));
                self.act(session, vec![core::Action::Answer { id, result }]);
            }
            Effect::ClaimHome { session, id } => {
                let result = self.claim_home();
                self.take(EventKind::HomeClaimed { session, id, result });
            }
            // Gathered by `take`, so that one event redraws once.
            Effect::Redraw => {}
            Effect::ReadFiles { token, paths } => {
                let inbox = self.inbox.clone();
                tokio::task::spawn_blocking(move || {
                    let texts = paths.iter().map(|path| files::read(path)).collect();
                    let _ = inbox.send(EventKind::FilesRead { token, texts });
                });
            }
            Effect::WatchParent { session, pid } => {
                let inbox = self.inbox.clone();
                transport::watch_parent(pid, move |message| {
                    let _ = inbox.send(EventKind::Incoming(session, message));
                });
            }
            Effect::WakeAt(at) => {
                self.wake_at = Some(self.wake_at.map_or(at, |earlier| earlier.min(at)));
            }
            Effect::Ended(session) => {
                self.outboxes.remove(&session);
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
        if let Some(outbox) = self.outboxes.get(&session) {
            outbox.send(message);
        }
    }

    fn claim_home(&mut self) -> Result<(), core::HomeRefused> {
        if self.claim.is_some() {
            return Ok(());
        }
        let variable = |name| std::env::var_os(name).map(std::path::PathBuf::from);
        let user = variable(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
        let codex_home = home::codex_home(variable("CODEX_HOME"), user.as_deref());
        let directory =
            codex_home.and_then(|codex| home::directory(variable("OUTRIGGER_HOME"), &codex));
        let Some(directory) = directory else {
            let message = "There is no home directory to keep Outrigger's state in.".to_owned();
            return Err(core::HomeRefused::Io { message });
        };
        self.claim = Some(home::claim(&directory)?);
        Ok(())
    }

    fn usage(&self) -> Usage {
        Usage {
            resident_bytes: anonymous_resident_bytes(),
            outbox_bytes: self.outboxes.values().map(Outbox::queued_bytes).sum(),
        }
    }
}

fn search(
    path: Option<String>,
    args: Vec<String>,
    forbidden_roots: Vec<std::path::PathBuf>,
) -> locate::Search {
    locate::Search {
        path: path.map(Into::into),
        args: args.into_iter().map(Into::into).collect(),
        forbidden_roots,
        surroundings: locate::Surroundings::of_this_process(),
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

/// Resolves when the process is asked to end.
async fn terminated() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut term), Ok(mut int)) =
            (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            return std::future::pending().await;
        };
        tokio::select! { _ = term.recv() => {} _ = int.recv() => {} }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

/// `RssAnon` of this process, which leaves out the pages of the program itself.
fn anonymous_resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
