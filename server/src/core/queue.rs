//! Messages that wait for a running turn to end. Each is sent once, in order.

use serde_json::{Value, json};

use super::{Purpose, Step, threads::unknown};
use crate::protocol::{
    Failure, FailureKind, Raw, RpcError, RpcId, SessionId, ThreadId,
    app_server::{DiagnosticKind, DiagnosticLevel},
    note,
    thread::{
        Queue, QueueAddParams, QueueChanged, QueueRemoveParams, QueueReorderParams,
        QueueUpdateParams, QueuedMessage, ThreadRef,
    },
};

/// Messages that may wait for one thread, and the bytes of each: the app-server takes 1 MiB.
const MAX_QUEUED: usize = 100;
const MAX_INPUT_BYTES: usize = 1 << 20;

impl Step<'_> {
    pub(super) fn queue_list(&mut self, session: SessionId, id: RpcId, params: &ThreadRef) {
        self.answer_queue(session, id, &params.thread_id);
    }

    pub(super) fn queue_add(&mut self, session: SessionId, id: RpcId, params: QueueAddParams) {
        if !self.may_use_server(session, &id) {
            return;
        }
        let QueueAddParams { thread_id, input } = params;
        let input = match queueable(input) {
            Ok(input) => input,
            Err(failure) => return self.fail(session, id, failure),
        };
        self.world.next_token += 1;
        let message = QueuedMessage {
            id: format!("q{}", self.world.next_token),
            input,
            queued_at: self.now.epoch_ms,
        };
        let used = self.now.micros;
        let entry = self.world.threads.entry(&thread_id, used);
        if entry.queue.len() >= MAX_QUEUED {
            let why = format!("{MAX_QUEUED} messages wait for this thread already.");
            return self.fail(session, id, Failure::new(FailureKind::QueueFull, why));
        }
        entry.queue.push(message);
        self.answer_queue(session, id, &thread_id);
        self.tell_queue(&thread_id);
        self.send_queued(&thread_id);
    }

    pub(super) fn queue_update(
        &mut self,
        session: SessionId,
        id: RpcId,
        params: QueueUpdateParams,
    ) {
        let input = match queueable(params.input) {
            Ok(input) => input,
            Err(failure) => return self.fail(session, id, failure),
        };
        let message = self
            .world
            .threads
            .get_mut(params.thread_id.as_str())
            .and_then(|entry| entry.queue.iter_mut().find(|message| message.id == params.id));
        let Some(message) = message else {
            return self.fail(session, id, gone(&params.thread_id));
        };
        message.input = input;
        self.answer_queue(session, id, &params.thread_id);
        self.tell_queue(&params.thread_id);
    }

    pub(super) fn queue_remove(
        &mut self,
        session: SessionId,
        id: RpcId,
        params: &QueueRemoveParams,
    ) {
        let removed = self.world.threads.get_mut(params.thread_id.as_str()).is_some_and(|entry| {
            let before = entry.queue.len();
            entry.queue.retain(|message| message.id != params.id);
            entry.queue.len() < before
        });
        if !removed {
            return self.fail(session, id, gone(&params.thread_id));
        }
        self.answer_queue(session, id, &params.thread_id);
        self.tell_queue(&params.thread_id);
    }

    pub(super) fn queue_reorder(
        &mut self,
        session: SessionId,
        id: RpcId,
        params: &QueueReorderParams,
    ) {
        let QueueReorderParams { thread_id, ids } = params;
        let Some(entry) = self.world.threads.get_mut(thread_id.as_str()) else {
            return self.fail(session, id, unknown(thread_id, "is not known here"));
        };
        let place = |message: &QueuedMessage| ids.iter().position(|id| *id == message.id);
        let mut named: Vec<&String> = ids.iter().collect();
        named.sort();
        named.dedup();
        if named.len() != entry.queue.len() || entry.queue.iter().any(|m| place(m).is_none()) {
            let why = "The queue has changed since: name every waiting message once.";
            return self.fail(session, id, Failure::new(FailureKind::RevisionConflict, why));
        }
        entry.queue.sort_by_key(place);
        self.answer_queue(session, id, thread_id);
        self.tell_queue(thread_id);
    }

    /// Sends the first waiting message, if the thread's turn is over and none is on its way.
    pub(super) fn send_queued(&mut self, thread: &ThreadId) {
        let living = self.world.server.living().is_some();
        let Some(entry) = self.world.threads.get_mut(thread.as_str()) else { return };
        if !living || !entry.upstream || entry.sending || entry.thread.active_turn().is_some() {
            return;
        }
        let Some(first) = entry.queue.first() else { return };
        entry.sending = true;
        let message = first.id.clone();
        // The message's own id, so that a look at the thread tells whether it arrived.
        let params = json!({
            "threadId": thread,
            "input": first.input,
            "clientUserMessageId": format!("outrigger-{message}"),
        });
        let purpose = Purpose::Queued { thread: thread.clone(), message };
        self.upstream("turn/start", Raw::of(&params), purpose);
    }

    pub(super) fn queued_sent(
        &mut self,
        thread: &ThreadId,
        message: &str,
        result: Result<Raw, RpcError>,
    ) {
        let Some(entry) = self.world.threads.get_mut(thread.as_str()) else { return };
        entry.sending = false;
        match result {
            Ok(_) => {
                entry.queue.retain(|queued| queued.id != message);
                self.tell_queue(thread);
            }
            // It stays in the queue: the person sees it there and decides.
            Err(error) => self.diagnose(
                DiagnosticLevel::Warning,
                DiagnosticKind::Refused,
                Some("turn/start"),
                format!("A queued message was not taken: {}", error.message),
            ),
        }
    }

    fn answer_queue(&mut self, session: SessionId, id: RpcId, thread: &ThreadId) {
        let messages = self.queued(thread);
        self.answer(session, id, &Queue { messages });
    }

    fn tell_queue(&mut self, thread: &ThreadId) {
        let messages = self.queued(thread);
        let note = note::QueueChanged(&QueueChanged { thread_id: thread.clone(), messages });
        self.broadcast("thread", &note, |session| session.trusted);
    }

    fn queued(&self, thread: &ThreadId) -> Vec<QueuedMessage> {
        let entry = self.world.threads.get(thread.as_str());
        entry.map(|entry| entry.queue.clone()).unwrap_or_default()
    }
}

fn queueable(input: Vec<Value>) -> Result<Raw, Failure> {
    let input = Raw::of(&Value::Array(input));
    if input.len() > MAX_INPUT_BYTES {
        let why = "A message is larger than 1 MiB, which the app-server would not take.";
        return Err(Failure::new(FailureKind::LimitExceeded, why));
    }
    Ok(input)
}

fn gone(thread: &ThreadId) -> Failure {
    Failure::new(
        FailureKind::InvalidParams,
        "That message no longer waits: it was sent or removed.",
    )
    .with("threadId", thread.as_str())
}
