//! Messages that wait for a running turn to end. Each is sent once, in order, also over a restart: the store has each
//! step before it is answered or goes up, and is the judge of what still waits.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Purpose, Step, history, stored::Then, threads::unknown};
use crate::{
    codex::{
        requests::{self, ThreadSettings},
        views,
    },
    protocol::{
        Failure, FailureKind, Raw, RpcError, RpcId, SessionId, ThreadId, TurnId,
        app_server::{DiagnosticKind, DiagnosticLevel},
        note,
        thread::{
            Queue, QueueAddParams, QueueChanged, QueueRemoveParams, QueueReorderParams,
            QueueUpdateParams, QueuedMessage, ThreadRef,
        },
    },
    store::{
        Answer, Error,
        queue::{Request, Row, State},
    },
};

/// The bytes of one message: the app-server takes 1 MiB.
const MAX_INPUT_BYTES: usize = 1 << 20;

/// A message and how far it is.
pub(super) struct Queued {
    pub message: QueuedMessage,
    pub state: State,
    /// The turn that it began. Nobody waits for it any more; but until that turn goes on, the app-server may end without
    /// having written it down.
    pub turn: Option<TurnId>,
}

impl Queued {
    fn new(message: QueuedMessage, state: State) -> Self {
        Self { message, state, turn: None }
    }
}

/// What waits for the store.
pub(super) enum Kept {
    Loaded,
    /// What an editor changed about a queue.
    Change {
        session: SessionId,
        id: RpcId,
        thread: ThreadId,
        change: Change,
    },
    /// A message is marked as on its way; now it may go.
    Marked {
        thread: ThreadId,
        message: String,
    },
    /// A message was looked for and had not arrived; now it may be tried again.
    Unmarked {
        thread: ThreadId,
    },
}

pub(super) enum Change {
    Add(QueuedMessage),
    Update { message: String, input: Raw },
    Remove { message: String },
    Reorder { ids: Vec<String> },
}

impl Step<'_> {
    pub(super) fn load_queues(&mut self) {
        self.store(Request::Load.into(), Then::Queue(Kept::Loaded));
    }

    pub(super) fn queue_list(&mut self, session: SessionId, id: RpcId, params: &ThreadRef) {
        self.answer_queue(session, id, &params.thread_id);
    }

    pub(super) fn queue_add(&mut self, session: SessionId, id: RpcId, params: QueueAddParams) {
        if !self.may_use_server(session, &id) {
            return;
        }
        let QueueAddParams { thread_id: thread, input } = params;
        let input = match queueable(input) {
            Ok(input) => input,
            Err(failure) => return self.fail(session, id, failure),
        };
        self.world.next_token += 1;
        let run = self.world.run.unwrap_or_default();
        let message = QueuedMessage {
            id: format!("q{run}.{}", self.world.next_token),
            input,
            queued_at: self.now.epoch_ms,
        };
        let request = Request::Add { thread: thread.clone(), message: message.clone() };
        self.change_queue(session, id, thread, request, Change::Add(message));
    }

    pub(super) fn queue_update(
        &mut self,
        session: SessionId,
        id: RpcId,
        params: QueueUpdateParams,
    ) {
        let QueueUpdateParams { thread_id: thread, id: message, input } = params;
        let input = match queueable(input) {
            Ok(input) => input,
            Err(failure) => return self.fail(session, id, failure),
        };
        if self.queued_message(&thread, &message).is_none() {
            return self.fail(session, id, gone(&thread));
        }
        let request = Request::Update { id: message.clone(), input: input.clone() };
        self.change_queue(session, id, thread, request, Change::Update { message, input });
    }

    pub(super) fn queue_remove(
        &mut self,
        session: SessionId,
        id: RpcId,
        params: QueueRemoveParams,
    ) {
        let QueueRemoveParams { thread_id: thread, id: message } = params;
        if self.queued_message(&thread, &message).is_none() {
            return self.fail(session, id, gone(&thread));
        }
        let request = Request::Remove { id: message.clone() };
        self.change_queue(session, id, thread, request, Change::Remove { message });
    }

    pub(super) fn queue_reorder(
        &mut self,
        session: SessionId,
        id: RpcId,
        params: QueueReorderParams,
    ) {
        let QueueReorderParams { thread_id: thread, ids } = params;
        if self.world.threads.get(thread.as_str()).is_none() {
            return self.fail(session, id, unknown(&thread, "is not known here"));
        }
        let request = Request::Reorder { thread: thread.clone(), ids: ids.clone() };
        self.change_queue(session, id, thread, request, Change::Reorder { ids });
    }

    fn change_queue(
        &mut self,
        session: SessionId,
        id: RpcId,
        thread: ThreadId,
        request: Request,
        change: Change,
    ) {
        self.store(request.into(), Then::Queue(Kept::Change { session, id, thread, change }));
    }

    pub(super) fn queue_stored(&mut self, kept: Kept, result: Result<Answer, Error>) {
        match (kept, result) {
            (Kept::Loaded, Ok(Answer::Queue(rows))) => self.queues_loaded(rows),
            (Kept::Change { session, id, thread, change }, result) => {
                self.queue_changed(session, id, &thread, change, result);
            }
            (Kept::Marked { thread, message }, Ok(Answer::Changed(true))) => {
                self.send_marked(&thread, &message);
            }
            (Kept::Marked { thread, message }, result) => {
                // Removed a moment before, or it could not be marked: nothing went up.
                if let Some(queued) = self.queued_message(&thread, &message) {
                    queued.state = State::Held;
                }
                match result {
                    Ok(_) => self.send_queued(&thread),
                    Err(error) => self.not_stored(&error),
                }
            }
            (Kept::Unmarked { thread }, Ok(_)) => self.send_queued(&thread),
            (Kept::Loaded | Kept::Unmarked { .. }, Err(error)) => self.not_stored(&error),
            (Kept::Loaded, Ok(_)) => {}
        }
    }

    fn queue_changed(
        &mut self,
        session: SessionId,
        id: RpcId,
        thread: &ThreadId,
        change: Change,
        result: Result<Answer, Error>,
    ) {
        let changed = match result {
            Ok(answer) => answer != Answer::Changed(false),
            Err(error) => {
                let failure = match error {
                    Error::Limit { .. } => {
                        Failure::new(FailureKind::QueueFull, format!("{error}."))
                    }
                    error => error.into(),
                };
                return self.fail(session, id, failure);
            }
        };
        if !changed {
            let failure = match change {
                Change::Reorder { .. } => Failure::new(
                    FailureKind::RevisionConflict,
                    "The queue has changed since: name every waiting message once.",
                ),
                _ => gone(thread),
            };
            return self.fail(session, id, failure);
        }
        let added = matches!(change, Change::Add(_));
        let used = self.now.micros;
        let queue = &mut self.world.threads.entry(thread, used).queue;
        match change {
            Change::Add(message) => queue.push(Queued::new(message, State::Waiting)),
            Change::Update { message, input } => {
                if let Some(queued) = queue.iter_mut().find(|q| q.message.id == message) {
                    queued.message.input = input;
                }
            }
            Change::Remove { message } => queue.retain(|queued| queued.message.id != message),
            Change::Reorder { ids } => {
                queue.sort_by_key(|queued| ids.iter().position(|id| *id == queued.message.id));
            }
        }
        self.answer_queue(session, id, thread);
        self.tell_queue(thread);
        if added {
            self.send_queued(thread);
        }
    }

    /// What waited when the last run ended.
    fn queues_loaded(&mut self, rows: Vec<Row>) {
        let used = self.now.micros;
        for Row { thread, message, state } in rows {
            self.world.threads.entry(&thread, used).queue.push(Queued::new(message, state));
        }
        if self.world.server.living().is_some() {
            for thread in self.world.threads.with_queue_only() {
                let request = requests::thread_resume(thread.as_str(), &ThreadSettings::default());
                self.ask_upstream(&request, Purpose::Resume { thread });
            }
        }
    }

    /// A thread is open again after a restart. What was on its way is looked for first; what waits goes if nobody
    /// stopped it.
    pub(super) fn queue_resumed(&mut self, thread: &ThreadId) {
        let Some(entry) = self.world.threads.get(thread.as_str()) else { return };
        if entry.is_sending() {
            self.look_for_sent(thread);
        } else if entry.queue.first().is_some_and(|first| first.state == State::Waiting) {
            self.send_queued(thread);
        }
    }

    fn look_for_sent(&mut self, thread: &ThreadId) {
        let request = history::turns_with_items(thread.as_str(), None);
        self.ask_upstream(&request, Purpose::Arrived { thread: thread.clone() });
    }

    /// The thread's newest turns: a message that was on its way has arrived if one of them begins with it.
    pub(super) fn arrivals_listed(&mut self, thread: &ThreadId, result: Result<Raw, RpcError>) {
        let Some(entry) = self.world.threads.get_mut(thread.as_str()) else { return };
        let page = match result {
            Ok(page) => page,
            // Unknown is not unsent: it stays until it can be looked for again.
            Err(error) => return self.not_taken(&error),
        };
        let Ok(page) = page.decode::<Arrivals>() else { return };
        let items = page.data.iter().flat_map(|turn| &turn.items);
        let arrived: Vec<&str> = items.filter_map(|item| item.client_id.as_deref()).collect();
        let (mut sent, mut unsent) = (Vec::new(), Vec::new());
        for queued in &mut entry.queue {
            if queued.state != State::Sending {
                continue;
            }
            let id = queued.message.id.clone();
            if arrived.contains(&client_id(&id).as_str()) {
                sent.push(id);
            } else {
                queued.state = State::Waiting;
                queued.turn = None;
                unsent.push(id);
            }
        }
        for id in sent {
            self.queued_arrived(thread, &id);
        }
        if !unsent.is_empty() {
            self.tell_queue(thread);
        }
        for id in unsent {
            let request = Request::Unsent { id, state: State::Waiting };
            self.store(request.into(), Then::Queue(Kept::Unmarked { thread: thread.clone() }));
        }
        self.queue_resumed(thread);
    }

    /// A turn was stopped or broke: what waits for it goes only after a later one completed.
    pub(super) fn hold_queue(&mut self, thread: &ThreadId) {
        let Some(entry) = self.world.threads.get_mut(thread.as_str()) else { return };
        let mut held = false;
        for queued in &mut entry.queue {
            if queued.state == State::Waiting {
                queued.state = State::Held;
                held = true;
            }
        }
        if held {
            self.store(Request::Hold { thread: thread.clone() }.into(), Then::Noted);
        }
    }

    /// Sends the first waiting message, if the thread's turn is over and none is on its way. That it is on its way is on
    /// the disk before it is.
    pub(super) fn send_queued(&mut self, thread: &ThreadId) {
        if !self.may_send(thread) {
            return;
        }
        let Some(entry) = self.world.threads.get_mut(thread.as_str()) else { return };
        if entry.is_sending() {
            return;
        }
        let Some(first) = entry.queue.first_mut() else { return };
        first.state = State::Sending;
        let message = first.message.id.clone();
        let request = Request::Send { id: message.clone() };
        self.store(request.into(), Then::Queue(Kept::Marked { thread: thread.clone(), message }));
    }

    fn may_send(&self, thread: &ThreadId) -> bool {
        let entry = self.world.threads.get(thread.as_str());
        self.world.server.living().is_some()
            && entry.is_some_and(|e| e.upstream && e.thread.active_turn().is_none())
    }

    fn send_marked(&mut self, thread: &ThreadId, message: &str) {
        let may_send = self.may_send(thread);
        let Some(queued) = self.queued_message(thread, message) else { return };
        if !may_send {
            // Somebody else began a turn, or the app-server left: it waits on.
            queued.state = State::Waiting;
            let request = Request::Unsent { id: message.to_owned(), state: State::Waiting };
            return self.store(request.into(), Then::Noted);
        }
        // The message's own id, so that a look at the thread tells whether it arrived.
        let params = json!({
            "threadId": thread,
            "input": queued.message.input,
            "clientUserMessageId": client_id(message),
        });
        let purpose = Purpose::Queued { thread: thread.clone(), message: message.to_owned() };
        self.upstream("turn/start", Raw::of(&params), purpose);
    }

    pub(super) fn queued_sent(
        &mut self,
        thread: &ThreadId,
        message: &str,
        result: Result<Raw, RpcError>,
    ) {
        let error = match result {
            Ok(result) => {
                self.turn_accepted(thread, &result);
                return self.queued_accepted(thread, message, &result);
            }
            Err(error) => error,
        };
        match unanswered(&error) {
            // It may have arrived: after the restart it is looked for.
            Some(FailureKind::AppServerDown) => {}
            Some(_) => self.look_for_sent(thread),
            None => {
                // It stays in the queue: the person sees it there and decides.
                if let Some(queued) = self.queued_message(thread, message) {
                    queued.state = State::Held;
                }
                let request = Request::Unsent { id: message.to_owned(), state: State::Held };
                self.store(request.into(), Then::Noted);
                self.not_taken(&error);
            }
        }
    }

    fn queued_accepted(&mut self, thread: &ThreadId, message: &str, result: &Raw) {
        let Ok(started) = result.view::<views::TurnStarted>() else {
            return self.queued_arrived(thread, message);
        };
        if let Some(queued) = self.queued_message(thread, message) {
            queued.turn = Some(TurnId::from(&*started.turn.id));
            self.tell_queue(thread);
        }
    }

    /// A turn goes on or is over: the app-server has written down what began it.
    pub(super) fn queue_noted(&mut self, method: &str, thread: &ThreadId, params: &Raw) {
        let Some(entry) = self.world.threads.get(thread.as_str()) else { return };
        let begun = entry.queue.iter().find_map(|queued| Some((queued, queued.turn.as_ref()?)));
        let Some((queued, turn)) = begun else { return };
        let goes_on = match method {
            "item/started" => params.view::<views::ItemStarted>().is_ok_and(|note| {
                let item = Raw::from(note.item);
                note.turn_id == turn.as_str()
                    && item.view::<views::Item>().is_ok_and(|item| &*item.kind != "userMessage")
            }),
            "turn/completed" => {
                params.view::<views::TurnNote>().is_ok_and(|note| note.turn.id == turn.as_str())
            }
            _ => false,
        };
        if goes_on {
            let message = queued.message.id.clone();
            self.queued_arrived(thread, &message);
        }
    }

    fn queued_arrived(&mut self, thread: &ThreadId, message: &str) {
        let Some(entry) = self.world.threads.get_mut(thread.as_str()) else { return };
        let is_known = |queued: &Queued| queued.message.id == message && queued.turn.is_some();
        let told = entry.queue.iter().any(is_known);
        entry.queue.retain(|queued| queued.message.id != message);
        self.store(Request::Sent { id: message.to_owned() }.into(), Then::Noted);
        if !told {
            self.tell_queue(thread);
        }
    }

    fn not_taken(&mut self, error: &RpcError) {
        self.diagnose(
            DiagnosticLevel::Warning,
            DiagnosticKind::Refused,
            Some("turn/start"),
            format!("A queued message was not taken: {}", error.message),
        );
    }

    fn queued_message(&mut self, thread: &ThreadId, message: &str) -> Option<&mut Queued> {
        let entry = self.world.threads.get_mut(thread.as_str())?;
        entry.queue.iter_mut().find(|queued| queued.message.id == message)
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
        let queue = entry.iter().flat_map(|entry| &entry.queue);
        queue.filter(|queued| queued.turn.is_none()).map(|queued| queued.message.clone()).collect()
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

/// The turns of a page, as far as they tell who sent what.
#[derive(Deserialize)]
struct Arrivals {
    data: Vec<ArrivedTurn>,
}

#[derive(Deserialize)]
struct ArrivedTurn {
    #[serde(default)]
    items: Vec<ArrivedItem>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ArrivedItem {
    #[serde(default)]
    client_id: Option<String>,
}

fn client_id(message: &str) -> String {
    format!("outrigger-{message}")
}

/// The kind of a failure of ours that leaves open whether the app-server took a request.
fn unanswered(error: &RpcError) -> Option<FailureKind> {
    let kind = error.data.as_ref()?.get("kind")?.as_str()?;
    [FailureKind::AppServerDown, FailureKind::AppServerTimeout]
        .into_iter()
        .find(|unanswered| unanswered.as_str() == kind)
}
