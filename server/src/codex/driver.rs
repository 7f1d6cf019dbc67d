//! The thread behind a [`Link`](super::link::Link): does what the supervisor decides, to real processes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::sync::{mpsc, watch};

use super::link::{Command, Event, Frame};
use super::living::{Living, Signal};
use super::options::Options;
use super::pending::{Answer, down};
use super::reader::Notice;
use super::supervise::{Exit, Shown, Step, Supervisor, version_in};
use super::upstream::Upstream;
use super::writer::Overfull;
use crate::offspring;
use crate::protocol::app_server::AppServerStatus;
use crate::protocol::{Raw, RpcError};

/// How long what a killed process left behind may take to write down what it has.
const LEAVING: Duration = Duration::from_secs(1);

pub struct Driver {
    options: Options,
    supervisor: Supervisor,
    events: mpsc::Sender<Event>,
    commands: mpsc::UnboundedReceiver<Command>,
    signals: mpsc::UnboundedReceiver<Signal>,
    signal: mpsc::UnboundedSender<Signal>,
    closing: watch::Receiver<bool>,
    living: Option<Living>,
    shown: Option<Shown>,
    /// Nobody hears events any more.
    unheard: bool,
}

impl Driver {
    pub fn new(
        options: Options,
        events: mpsc::Sender<Event>,
        commands: mpsc::UnboundedReceiver<Command>,
        closing: watch::Receiver<bool>,
    ) -> Self {
        let (signal, signals) = mpsc::unbounded_channel();
        let supervisor = Supervisor::new(options.timing, Arc::clone(&options.jitter));
        Self {
            options,
            supervisor,
            events,
            commands,
            signals,
            signal,
            closing,
            living: None,
            shown: None,
            unheard: false,
        }
    }

    /// Runs until the last handle is gone or asks to end, then ends the process.
    pub async fn run(mut self) {
        while !self.unheard {
            let deadline = self.deadline();
            tokio::select! {
                biased;
                () = turns_true(&mut self.closing) => break,
                Some(signal) = self.signals.recv() => self.on_signal(signal).await,
                command = self.commands.recv() => match command {
                    Some(command) => self.on_command(command).await,
                    None => break,
                },
                () = sleep_until(deadline) => {}
            }
            // What has happened comes before what did not happen in time.
            if self.signals.is_empty() {
                self.on_time().await;
            }
        }
        self.end().await;
    }

    /// Down the ladder, whoever listens.
    async fn end(&mut self) {
        self.unheard = true;
        while let Ok(command) = self.commands.try_recv() {
            // An answer that was given goes out before stdin is closed; nothing is begun any more.
            if matches!(command, Command::Respond { .. } | Command::Notify { .. }) {
                self.on_command(command).await;
            }
        }
        let step = self.supervisor.stop(Instant::now());
        self.take_step(step).await;
        let timing = &self.options.timing;
        let give_up = Instant::now()
            + timing.close_grace
            + timing.terminate_grace
            + timing.drain
            + Duration::from_secs(2);
        while self.living.is_some() && Instant::now() < give_up {
            let deadline = self.deadline().map_or(give_up, |at| at.min(give_up));
            tokio::select! {
                Some(signal) = self.signals.recv() => self.on_signal(signal).await,
                () = sleep_until(Some(deadline)) => {}
            }
            self.on_time().await;
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let timing = &self.options.timing;
        let living = self.living.as_ref().map(|living| {
            if let Some((_, at)) = &living.exit {
                return Some(living.drains_from(*at) + timing.drain);
            }
            let closed = living.output_ended.map(|at| at + timing.closed_output);
            let stalled = living.stalled_since().map(|at| at + timing.stdin_stall);
            [closed, stalled, living.upstream.next_due()].into_iter().flatten().min()
        });
        [living.flatten(), self.supervisor.deadline()].into_iter().flatten().min()
    }

    async fn on_time(&mut self) {
        let now = Instant::now();
        let step = self.supervisor.tick(now);
        self.take_step(step).await;
        let Some(living) = &self.living else {
            return;
        };
        let timing = self.options.timing;
        if let Some((how, at)) = &living.exit {
            let all_read = living.output_ended.is_some() && living.stderr_ended;
            if all_read || now >= living.drains_from(*at) + timing.drain {
                let how = how.clone();
                self.bury(how).await;
            }
            return;
        }
        let answers = living.upstream.take_due(now);
        let hung = if living.output_ended.is_some_and(|at| now >= at + timing.closed_output) {
            Some("Codex closed its output and was ended.".to_owned())
        } else if living.stalled_since().is_some_and(|at| now >= at + timing.stdin_stall) {
            Some(unread(timing.stdin_stall))
        } else {
            None
        };
        let epoch = living.epoch;
        self.answer(epoch, answers).await;
        if let Some(message) = hung {
            let step = self.supervisor.hung(&message);
            self.take_step(step).await;
        }
    }

    async fn on_command(&mut self, command: Command) {
        let now = Instant::now();
        let step = match command {
            Command::Start => self.supervisor.start(now),
            Command::Stop => self.supervisor.stop(now),
            Command::Restart => self.supervisor.restart(now),
            Command::Reconfigure(search) => {
                self.options.search = search;
                if self.supervisor.was_not_found() { self.supervisor.restart(now) } else { None }
            }
            Command::Request { token, method, params, timeout } => {
                let epoch = self.supervisor.epoch();
                if let Some(upstream) = self.upstream() {
                    let refused = upstream.ask(token, method, params, timeout, now);
                    self.answer(epoch, refused.into_iter().collect()).await;
                } else {
                    let frames = vec![Frame::Unsent { token, method, params }];
                    self.emit(Event::Frames { epoch, frames }).await;
                }
                None
            }
            Command::Forget { token } => {
                if let Some(upstream) = self.upstream() {
                    upstream.forget(token, now);
                }
                None
            }
            Command::Notify { method, params } => self.write(|up| up.notify(&method, &params)),
            Command::Respond { epoch, id, result } if epoch == self.supervisor.epoch() => {
                self.write(|up| up.respond(&id, &result))
            }
            Command::Respond { .. } => None,
        };
        self.take_step(step).await;
    }

    async fn on_signal(&mut self, signal: Signal) {
        let now = Instant::now();
        match signal {
            Signal::Room | Signal::Reader(_, Notice::Sooner) => {}
            Signal::Reader(epoch, Notice::Greeted { result, proceed }) => {
                self.on_greeting(epoch, result).await;
                // The reader may have been cut off meanwhile.
                let _ = proceed.send(self.supervisor.is_up());
            }
            Signal::OutputEnded(epoch) => {
                if let Some(living) = self.living_of(epoch) {
                    living.output_ended = Some(now);
                }
            }
            Signal::StderrEnded(epoch) => {
                if let Some(living) = self.living_of(epoch) {
                    living.stderr_ended = true;
                }
            }
            Signal::Exited(epoch, how) => {
                if let Some(living) = self.living_of(epoch) {
                    living.exit = Some((how, now));
                }
            }
        }
    }

    async fn on_greeting(&mut self, epoch: u32, result: Result<Raw, RpcError>) {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Greeting<'a> {
            #[serde(borrow)]
            user_agent: Option<std::borrow::Cow<'a, str>>,
        }
        let now = Instant::now();
        if self.living_of(epoch).is_none() {
            return;
        }
        let step = match result {
            Err(error) => self.supervisor.refused(&error.message, now),
            Ok(result) => {
                let version = result
                    .view::<Greeting<'_>>()
                    .ok()
                    .and_then(|greeting| version_in(&greeting.user_agent?).map(str::to_owned))
                    .unwrap_or_else(|| "unknown".into());
                let step = self.supervisor.initialized(&version, now);
                if self.supervisor.is_up() {
                    let _ = self.write(|up| up.notify("initialized", &Raw::null()));
                    self.shown = None;
                    self.emit(Event::Initialized { epoch, version, result }).await;
                }
                step
            }
        };
        self.take_step(step).await;
    }

    async fn take_step(&mut self, mut step: Option<Step>) {
        while let Some(now) = step.take() {
            match (now, &self.living) {
                (Step::Spawn { epoch }, _) => {
                    self.show().await;
                    if epoch == 1
                        && let Some(mark) = &self.options.mark
                    {
                        // Whoever starts codex owns the state directory: no other run is alive.
                        offspring::end_earlier(mark, LEAVING);
                    }
                    let events = self.events.clone();
                    match Living::spawn(&self.options, epoch, events, &self.signal) {
                        Ok(living) => self.living = Some(living),
                        Err(error) => {
                            tracing::warn!("codex was not started: {}", error.message);
                            self.supervisor.spawn_failed(error, Instant::now());
                        }
                    }
                }
                (Step::CloseStdin, Some(living)) => living.upstream.writer.close(),
                (Step::Terminate, Some(living)) => living.process.terminate(),
                (Step::Kill, Some(living)) => living.process.kill(),
                (_, None) => {}
            }
        }
        self.show().await;
    }

    /// The process is gone and its output was read: answers what is open, says so and decides what follows.
    async fn bury(&mut self, how: String) {
        let Some(living) = self.living.take() else {
            return;
        };
        living.cut_off();
        let now = Instant::now();
        let words = living.tail.words(codex_home(&self.options).as_deref());
        let exit = Exit { how, words: words.text, hint: words.hint };
        let (error, step) = self.supervisor.exited(&exit, now);
        tracing::info!("codex {}: {}", living.epoch, error.message);
        let answers = living.upstream.close(&down(&error.message), now);
        self.answer(living.epoch, answers).await;
        self.emit(Event::Exited { epoch: living.epoch, error }).await;
        self.take_step(step).await;
    }

    async fn show(&mut self) {
        let Some(shown) = self.supervisor.shown() else {
            return;
        };
        if self.shown.as_ref() == Some(&shown) {
            return;
        }
        self.shown = Some(shown.clone());
        let wall = (self.options.wall_clock)();
        let retry_at = shown.retry_at.map(|at| {
            let wait = at.saturating_duration_since(Instant::now()).as_millis();
            wall.saturating_add(u64::try_from(wait).unwrap_or(u64::MAX))
        });
        self.emit(Event::Status(AppServerStatus {
            state: shown.state,
            version: shown.version,
            attempt: shown.attempt,
            retry_at,
            last_error: shown.last_error,
        }))
        .await;
    }

    async fn answer(&mut self, epoch: u32, answers: Vec<Answer>) {
        if !answers.is_empty() {
            let frames = answers.into_iter().map(Frame::from).collect();
            self.emit(Event::Frames { epoch, frames }).await;
        }
    }

    /// Hands an event on when the core has room. During the end nobody may be listening, so nothing waits then.
    async fn emit(&mut self, event: Event) {
        if self.unheard {
            let _ = self.events.try_send(event);
            return;
        }
        tokio::select! {
            biased;
            sent = self.events.reserve() => match sent {
                Ok(permit) => permit.send(event),
                Err(_) => self.unheard = true,
            },
            () = turns_true(&mut self.closing) => self.unheard = true,
        }
    }

    /// The process that may be asked: it is greeted, and neither gone nor being ended.
    fn upstream(&self) -> Option<&Upstream> {
        let living = self.living.as_ref()?;
        (self.supervisor.is_up() && living.exit.is_none()).then_some(&*living.upstream)
    }

    /// Writes to the process, if one is up; one that lets too much wait is ended.
    fn write(&mut self, line: impl FnOnce(&Upstream) -> Result<(), Overfull>) -> Option<Step> {
        match line(self.upstream()?) {
            Ok(()) => None,
            Err(overfull) => self.supervisor.hung(&overfull.to_string()),
        }
    }

    fn living_of(&mut self, epoch: u32) -> Option<&mut Living> {
        self.living.as_mut().filter(|living| living.epoch == epoch)
    }
}

/// Returns when `flag` is true or can no longer become so.
async fn turns_true(flag: &mut watch::Receiver<bool>) {
    let _ = flag.wait_for(|set| *set).await;
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

fn unread(stall: Duration) -> String {
    format!("Codex did not read its input for {} s and was ended.", stall.as_secs())
}

/// Where the child will look for its configuration.
fn codex_home(options: &Options) -> Option<PathBuf> {
    let given = options.env.iter().rev().find(|(name, _)| name == "CODEX_HOME");
    given
        .map(|(_, home)| home.clone())
        .or_else(|| std::env::var_os("CODEX_HOME"))
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".codex")))
}
