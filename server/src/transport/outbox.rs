//! Everything that goes to one editor: one ordered queue, behind which one thread writes.

use std::{
    collections::{HashMap, VecDeque},
    io::{self, Write},
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::{io::AsyncWrite, sync::Notify};
use tracing::{debug, warn};

use crate::protocol::{
    Outgoing, PROTOCOL_VERSION, Raw, RpcError, ThreadId,
    app_server::{Diagnostic, DiagnosticKind, DiagnosticLevel},
    note,
    wire::Closed,
};

use super::{
    Limits,
    delta::{Changed, Growing, THREAD_CHANGED, delta_span, is_delta_method},
    encode::{Entry, Head, Payload},
    ending::Ending,
    ledger::Ledger,
    writer,
};

/// How far back a delta looks for the note it continues.
const LOOK_BACK: usize = 8;

/// Takes messages for one editor, in order, and never blocks. When the editor's side has ended and
/// the last clone is dropped, what is queued is written and the connection is closed.
#[derive(Clone)]
pub struct Outbox {
    sender: Arc<Sender>,
}

struct Sender {
    queue: Arc<Queue>,
    ledger: Arc<Ledger>,
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Outbox {
    pub(super) fn spawn<W: Write + Send + 'static>(
        writer: W,
        limits: Limits,
        ledger: Arc<Ledger>,
        ending: Arc<Ending>,
    ) -> Self {
        let queue = Arc::new(Queue::new(limits, ending));
        let reader = Arc::clone(&queue);
        let spawned = std::thread::Builder::new()
            .name("outbox".into())
            .spawn(move || writer::run(&reader, writer));
        if let Err(error) = spawned {
            warn!(%error, "no thread for what goes to the editor");
            queue.fail();
        }
        Self { sender: Arc::new(Sender { queue, ledger }) }
    }

    /// Queues one message. A second reply to one request is dropped, and so is anything after
    /// [`Outgoing::Close`] or the end of the connection.
    pub fn send(&self, message: Outgoing) {
        let Sender { queue, ledger } = &*self.sender;
        let entry = match message {
            Outgoing::Reply { id, result } => {
                if !ledger.settle(&id, result.is_ok()) {
                    debug!(%id, "a reply to no open request was dropped");
                    return;
                }
                match result {
                    Ok(result) => Entry::new(Head::Result(id), result.bytes()),
                    Err(error) => Entry::new(Head::Error(Raw::of(&id)), Raw::of(&error).bytes()),
                }
            }
            Outgoing::Note { method, params } => Entry::new(Head::Note(method), params.bytes()),
            Outgoing::Ask { id, method, params } => {
                ledger.ask(&id);
                Entry::new(Head::Ask { id, method }, params.bytes())
            }
            Outgoing::Close => return queue.close(),
        };
        queue.push(entry);
    }

    /// Queues an error for a request that the core never saw.
    pub(super) fn refuse(&self, id: Raw, error: &RpcError) {
        self.sender.queue.push(Entry::new(Head::Error(id), Raw::of(error).bytes()));
    }

    /// Bytes that are queued or being written, framing included, to within some bytes per message.
    pub fn queued_bytes(&self) -> u64 {
        self.sender.queue.lock().total()
    }

    /// Waits until everything queued was written, or can no longer be. After [`Outgoing::Close`]
    /// that includes the writer being dropped.
    pub async fn closed(&self) {
        self.sender.queue.settled().await;
    }
}

/// What tower-lsp writes: nothing, unless it meets a message that the tap should have held back.
/// It offers whole frames, and every byte offered is taken.
#[derive(Clone)]
pub(super) struct Stray(pub Outbox);

impl AsyncWrite for Stray {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        frame: &[u8],
    ) -> Poll<io::Result<usize>> {
        warn!("tower-lsp answered on its own");
        self.0.sender.queue.push(Entry::new(Head::Frame, Bytes::copy_from_slice(frame)));
        Poll::Ready(Ok(frame.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// What is queued is written, then the writer ends.
    Closing,
    Ended,
}

struct State {
    phase: Phase,
    entries: VecDeque<Entry>,
    /// How many entries were taken before the first of `entries`.
    taken: u64,
    queued: u64,
    in_flight: u64,
    /// The largest entry in flight.
    largest: u64,
    /// The writer waits to be notified.
    is_idle: bool,
    /// Where, counted from the start, a thread's note was queued that the next one is merged into.
    changed: HashMap<ThreadId, u64>,
}

impl State {
    fn total(&self) -> u64 {
        self.queued + self.in_flight
    }

    /// Whether more waits than `bytes`, one message left out: a large one alone says nothing of how
    /// the editor reads.
    fn is_beyond(&self, bytes: u64) -> bool {
        self.total() > bytes && {
            let largest = self.entries.iter().map(Entry::size).max().unwrap_or(0).max(self.largest);
            self.total() - largest > bytes
        }
    }
}

/// The queue between everyone who sends and the writer.
pub(super) struct Queue {
    state: Mutex<State>,
    ready: Condvar,
    settled: Notify,
    limits: Limits,
    ending: Arc<Ending>,
}

impl Queue {
    fn new(limits: Limits, ending: Arc<Ending>) -> Self {
        Self {
            state: Mutex::new(State {
                phase: Phase::Open,
                entries: VecDeque::new(),
                taken: 0,
                queued: 0,
                in_flight: 0,
                largest: 0,
                is_idle: false,
                changed: HashMap::new(),
            }),
            ready: Condvar::new(),
            settled: Notify::new(),
            limits,
            ending,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, entry: Entry) {
        let mut state = self.lock();
        if state.phase != Phase::Open {
            return;
        }
        if state.is_beyond(self.limits.hard_bytes) {
            self.give_up(&mut state);
        } else if state.total() > self.limits.soft_bytes {
            state.merge_or_push(entry);
        } else {
            state.push(entry);
        }
        self.wake(&mut state);
    }

    fn wake(&self, state: &mut State) {
        if std::mem::take(&mut state.is_idle) {
            self.ready.notify_one();
        }
    }

    /// The editor does not read: what it would never see is dropped and the connection ends. The
    /// frames that are being written stay whole, so an editor that wakes up can read why.
    fn give_up(&self, state: &mut State) {
        let message = format!(
            "The editor left {} bytes unread, so its session was ended. Reconnect to go on.",
            state.total()
        );
        state.entries = VecDeque::new();
        state.queued = 0;
        let told = note::Diagnostic(&Diagnostic {
            level: DiagnosticLevel::Error,
            kind: DiagnosticKind::Refused,
            method: None,
            message,
            count: 1,
            contract_version: PROTOCOL_VERSION.to_string(),
        });
        if let Outgoing::Note { method, params } = told {
            state.push(Entry::new(Head::Note(method), params.bytes()));
        }
        state.phase = Phase::Closing;
        self.ending.end(Closed::TooSlow);
    }

    fn close(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Open {
            state.phase = Phase::Closing;
        }
        self.wake(&mut state);
    }

    /// Ends the queue because nothing more can be written.
    pub fn fail(&self) {
        self.end();
        self.ending.end(Closed::WriteFailed);
    }

    /// Ends the queue because all of it is written.
    pub fn finish(&self) {
        self.end();
        self.ending.close();
    }

    fn end(&self) {
        let mut state = self.lock();
        state.phase = Phase::Ended;
        state.entries = VecDeque::new();
        state.changed = HashMap::new();
        (state.queued, state.in_flight, state.largest) = (0, 0, 0);
        drop(state);
        self.settled.notify_waiters();
    }

    async fn settled(&self) {
        loop {
            let told = self.settled.notified();
            {
                let state = self.lock();
                let is_drained = state.phase == Phase::Open && state.total() == 0;
                if is_drained || state.phase == Phase::Ended {
                    return;
                }
            }
            told.await;
        }
    }

    /// Waits for entries and moves up to `bytes` of them, one at the least, into `batch`; false when
    /// there will be no more. What was taken before counts as written. `relax` is called before a
    /// wait.
    pub fn take(&self, batch: &mut Vec<Entry>, bytes: u64, relax: impl FnOnce()) -> bool {
        let mut state = self.lock();
        (state.in_flight, state.largest) = (0, 0);
        if state.entries.is_empty() {
            if state.phase != Phase::Open {
                return false;
            }
            state.relax();
            self.settled.notify_waiters();
            relax();
            state.is_idle = true;
            while state.entries.is_empty() {
                if state.phase != Phase::Open {
                    return false;
                }
                state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.is_idle = false;
        }
        while state.in_flight < bytes {
            let Some(entry) = state.entries.pop_front() else { break };
            let size = entry.size();
            state.taken += 1;
            state.queued -= size;
            state.in_flight += size;
            state.largest = state.largest.max(size);
            batch.push(entry);
        }
        true
    }
}

impl State {
    fn push(&mut self, entry: Entry) {
        self.queued += entry.size();
        self.entries.push_back(entry);
    }

    /// Gives memory of a burst back.
    fn relax(&mut self) {
        self.changed = HashMap::new();
        self.entries.shrink_to(64);
    }

    fn merge_or_push(&mut self, mut entry: Entry) {
        if let (Head::Note(method), Payload::Whole(params)) = (&entry.head, &entry.payload) {
            if is_delta_method(method)
                && let Some(span) = delta_span(params)
            {
                if self.append_delta(method, params, &span) {
                    return;
                }
                entry.payload = Payload::Growing(Growing::new(params, &span));
            } else if method == THREAD_CHANGED
                && let Some(changed) = Changed::read(params)
            {
                if self.replace_changed(&changed) {
                    return;
                }
                let place = self.taken + self.entries.len() as u64;
                self.changed.insert(changed.thread_id, place);
            }
        }
        self.push(entry);
    }

    /// Appends to the latest queued note that this delta continues. Only deltas may stand between,
    /// so nothing else is overtaken.
    fn append_delta(&mut self, method: &str, params: &[u8], span: &std::ops::Range<usize>) -> bool {
        for entry in self.entries.iter_mut().rev().take(LOOK_BACK) {
            let (Head::Note(queued), Payload::Growing(growing)) = (&entry.head, &mut entry.payload)
            else {
                return false;
            };
            if queued == method && growing.absorb(params, span) {
                self.queued += span.len() as u64;
                return true;
            }
        }
        false
    }

    /// Turns the queued note of the same thread into a reset with this revision.
    fn replace_changed(&mut self, changed: &Changed) -> bool {
        let place =
            self.changed.get(&changed.thread_id).and_then(|place| place.checked_sub(self.taken));
        let Some(entry) = place.and_then(|place| self.entries.get_mut(place as usize)) else {
            return false;
        };
        let before = entry.size();
        entry.payload = Payload::Whole(changed.reset());
        self.queued = self.queued - before + entry.size();
        true
    }
}
