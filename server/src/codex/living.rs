//! One spawned process with its threads, until its end is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::{mpsc, watch};

use super::link::Event;
use super::locate;
use super::options::Options;
use super::outgoing::{self, HANDSHAKE_ID};
use super::pending::Pending;
use super::process::{self, Process};
use super::reader::{Notice, Reader};
use super::stderr::Tail;
use super::upstream::Upstream;
use super::writer::Writer;
use crate::offspring::{self, Mark};
use crate::protocol::Raw;
use crate::protocol::app_server::{AppServerError, AppServerErrorKind};

/// What the threads of a process tell.
pub enum Signal {
    Reader(u32, Notice),
    /// There is room in front of its stdin again.
    Room,
    OutputEnded(u32),
    StderrEnded(u32),
    Exited(u32, String),
}

/// A process whose [`Event::Exited`] is not told yet.
pub struct Living {
    pub epoch: u32,
    pub process: Process,
    pub upstream: Arc<Upstream>,
    pub tail: Tail,
    pub output_ended: Option<Instant>,
    pub stderr_ended: bool,
    /// How it ended, and when.
    pub exit: Option<(String, Instant)>,
    cut_off: watch::Sender<bool>,
    held: Arc<AtomicBool>,
}

impl Living {
    /// Finds codex, starts it and sends `initialize`.
    pub fn spawn(
        options: &Options,
        epoch: u32,
        events: mpsc::Sender<Event>,
        signal: &mpsc::UnboundedSender<Signal>,
    ) -> Result<Self, AppServerError> {
        let found = locate::find(&options.search)?;
        tracing::info!("starting {} ({:?})", found.program.display(), found.source);
        let mark = options.mark.as_ref().map(|mark| mark.part(epoch));
        let mut env = options.env.clone();
        env.extend(mark.as_ref().map(Mark::variable));
        let environment = options.search.environment.as_deref();
        let spawned = process::spawn(&found, environment, &env, options.cwd.as_deref())?;
        let tell = |what: fn(u32) -> Signal| {
            let signal = signal.clone();
            move || drop(signal.send(what(epoch)))
        };
        let writer = Writer::start(spawned.stdin, tell(|_| Signal::Room))
            .map_err(|error| no_thread(&spawned.process, &error))?;
        let pending = Pending::new(options.limits, Arc::clone(&options.jitter));
        let upstream = Arc::new(Upstream::new(pending, writer));
        let (cut_off, cut_off_seen) = watch::channel(false);
        let held = Arc::new(AtomicBool::new(false));
        let notices = signal.clone();
        let reader = Reader::new(
            epoch,
            Arc::clone(&upstream),
            events,
            cut_off_seen,
            Arc::clone(&held),
            move |notice| drop(notices.send(Signal::Reader(epoch, notice))),
        );
        let tail = Tail::default();

        let (stdout, stderr, exit) = (spawned.stdout, spawned.stderr, spawned.exit);
        let exited = signal.clone();
        let (output_ended, stderr_ended) = (tell(Signal::OutputEnded), tell(Signal::StderrEnded));
        let stderr_tail = tail.clone();
        let end = move || {
            let _ = exited.send(Signal::Exited(epoch, exit.wait()));
            // What it started has nobody who knows of it any more.
            mark.inspect(|mark| offspring::end(mark, Duration::ZERO));
        };
        thread("codex-exit", end)
            .and_then(|()| {
                thread("codex-stdout", move || {
                    reader.run(stdout);
                    output_ended();
                })
            })
            .and_then(|()| {
                thread("codex-stderr", move || {
                    stderr_tail.read(stderr);
                    stderr_ended();
                })
            })
            .map_err(|error| no_thread(&spawned.process, &error))?;

        // The queue is empty, so it has room.
        let _ = upstream.writer.push(greeting(options));
        Ok(Self {
            epoch,
            process: spawned.process,
            upstream,
            tail,
            output_ended: None,
            stderr_ended: false,
            exit: None,
            cut_off,
            held,
        })
    }

    /// Waits for a batch that is just being handed on, and lets no further one through.
    pub fn cut_off(&self) {
        self.cut_off.send_replace(true);
    }

    /// Since when bytes wait that it does not read, unless it is the core that keeps it from reading.
    pub fn stalled_since(&self) -> Option<Instant> {
        if self.is_held() {
            self.upstream.writer.excuse();
        }
        self.upstream.writer.stalled_since()
    }

    /// From when on its output may end after its exit at `exit`. While the core keeps the reader waiting, there are
    /// frames to come.
    pub fn drains_from(&self, exit: Instant) -> Instant {
        if self.is_held() { Instant::now() } else { exit }
    }

    fn is_held(&self) -> bool {
        self.held.load(Ordering::Acquire)
    }
}

fn greeting(options: &Options) -> bytes::Bytes {
    let params = Raw::of(&json!({
        "clientInfo": {
            "name": options.client_name,
            "title": options.client_title,
            "version": options.client_version,
        },
        "capabilities": { "experimentalApi": true },
    }));
    outgoing::request(HANDSHAKE_ID, "initialize", &params)
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().name(name.into()).spawn(work).map(drop)
}

/// Without its threads a process is of no use.
fn no_thread(process: &Process, error: &std::io::Error) -> AppServerError {
    process.kill();
    AppServerError {
        kind: AppServerErrorKind::Io,
        message: format!("A thread for Codex could not be started: {error}"),
        hint: None,
    }
}
