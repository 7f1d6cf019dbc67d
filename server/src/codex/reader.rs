//! The thread that reads one process's stdout, matches responses and hands everything on in wire order.

use std::io::{ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tokio::sync::{mpsc, watch};

use super::link::{Event, Frame};
use super::ndjson::{Decoder, Message};
use super::outgoing::HANDSHAKE_ID;
use super::pending::Answer;
use super::upstream::Upstream;
use crate::protocol::{Raw, RpcError, RpcId};

/// How much is read at once: a pipe's capacity.
const READ: usize = 64 << 10;

/// Frames in one batch at most.
pub const BATCH: usize = 512;

/// A batch of more bytes than this waits until the core has taken all earlier ones, so that what waits for the
/// core is bounded in bytes too.
const LARGE: usize = 256 << 10;

/// What the reader tells the link.
pub enum Notice {
    /// `initialize` was answered. The reader goes on when `proceed` is answered with `true`, so that the core hears
    /// of the process before it hears from it.
    Greeted { result: Result<Raw, RpcError>, proceed: std::sync::mpsc::SyncSender<bool> },
    /// The time of the next thing to do may have changed.
    Sooner,
}

pub struct Reader<N> {
    epoch: u32,
    upstream: Arc<Upstream>,
    events: mpsc::Sender<Event>,
    /// True once nothing of this process may reach the core any more.
    cut_off: watch::Receiver<bool>,
    /// True while the core, not the process, keeps this thread waiting.
    held: Arc<AtomicBool>,
    tell: N,
    greeted: bool,
    /// The process was not accepted and is being ended.
    muted: bool,
    frames: Vec<Frame>,
    bytes: usize,
}

impl<N: Fn(Notice)> Reader<N> {
    pub fn new(
        epoch: u32,
        upstream: Arc<Upstream>,
        events: mpsc::Sender<Event>,
        cut_off: watch::Receiver<bool>,
        held: Arc<AtomicBool>,
        tell: N,
    ) -> Self {
        Self {
            epoch,
            upstream,
            events,
            cut_off,
            held,
            tell,
            greeted: false,
            muted: false,
            frames: Vec::new(),
            bytes: 0,
        }
    }

    /// Reads until the end of `stdout`, also when nobody wants to hear more: a process that may write ends well.
    pub fn run(mut self, mut stdout: impl Read) {
        let mut decoder = Decoder::default();
        let mut buffer = vec![0; READ];
        loop {
            let read = match stdout.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    tracing::warn!("reading from codex failed: {error}");
                    break;
                }
            };
            decoder.feed(&buffer[..read], &mut |message| self.take(message));
            self.flush();
        }
        decoder.end(&mut |message| self.take(message));
        self.flush();
    }

    fn take(&mut self, message: Message) {
        let frame = match message {
            Message::Notification { method, params } => {
                self.bytes += params.len();
                Frame::Notification { method, params }
            }
            Message::Request { id, method, params } => {
                self.bytes += params.len();
                Frame::Request { id, method, params }
            }
            Message::Response { id, result } => {
                if !self.greeted && id == RpcId::Number(HANDSHAKE_ID) {
                    self.greet(result);
                    return;
                }
                let (answer, sooner) = self.upstream.answered(&id, result, Instant::now());
                if sooner {
                    (self.tell)(Notice::Sooner);
                }
                let Some(answer) = answer else {
                    tracing::debug!("codex answered {id}, for which nobody waits");
                    return;
                };
                self.bytes += answer.result.as_ref().map_or(0, Raw::len);
                answer.into()
            }
            Message::Garbled { message } => Frame::Garbled { message },
        };
        self.frames.push(frame);
        if self.frames.len() == BATCH {
            self.flush();
        }
    }

    fn greet(&mut self, result: Result<Raw, RpcError>) {
        self.greeted = true;
        self.flush();
        let (proceed, verdict) = std::sync::mpsc::sync_channel(1);
        (self.tell)(Notice::Greeted { result, proceed });
        self.muted = verdict.recv() != Ok(true);
    }

    fn flush(&mut self) {
        if self.frames.is_empty() {
            return;
        }
        let large = std::mem::take(&mut self.bytes) > LARGE;
        let event = Event::Frames { epoch: self.epoch, frames: std::mem::take(&mut self.frames) };
        // Borrowing keeps `cut_off` from turning true between the look and the sending.
        let cut_off = self.cut_off.borrow();
        if *cut_off || self.muted {
            return;
        }
        let event = if large {
            event
        } else {
            match self.events.try_send(event) {
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => return,
                Err(mpsc::error::TrySendError::Full(event)) => event,
            }
        };
        drop(cut_off);
        self.held.store(true, Ordering::Release);
        self.send_when_there_is_room(event, large);
        self.upstream.writer.excuse();
        self.held.store(false, Ordering::Release);
    }

    fn send_when_there_is_room(&mut self, event: Event, large: bool) {
        // Without drivers a runtime only parks this thread.
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else {
            return;
        };
        let slots = if large { self.events.max_capacity() } else { 1 };
        let mut cut_off = self.cut_off.clone();
        let room = runtime.block_on(async {
            tokio::select! {
                room = self.events.reserve_many(slots) => room.ok(),
                _ = cut_off.wait_for(|cut_off| *cut_off) => None,
            }
        });
        let cut_off = self.cut_off.borrow();
        if let Some(permit) = room.and_then(|mut room| room.next())
            && !*cut_off
        {
            permit.send(event);
        }
    }
}

impl From<Answer> for Frame {
    fn from(answer: Answer) -> Self {
        Self::Response {
            token: answer.token,
            method: answer.method,
            result: answer.result,
            elapsed: answer.elapsed,
        }
    }
}
