//! The threads that are held: their state, who follows them, and what is told of them.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::{Purpose, Step, World, notices::Occasion, queue::Queued, thread::Thread};
use crate::{
    codex::{requests, views},
    protocol::{
        Failure, FailureKind, ItemId, Raw, RpcError, RpcId, SessionId, ThreadId, TurnId,
        app_server::{DiagnosticKind, DiagnosticLevel},
        note,
        thread::{
            EndProcessParams, ItemRef, ItemWhole, Running, RunningProcess, ThreadChange,
            ThreadChanged, ThreadRef,
        },
    },
    store::queue::State,
};

/// Threads that are held although nobody follows them; past it the longest unused is let go.
const MAX_IDLE: usize = 64;
/// Threads that are held at all.
const MAX_HELD: usize = 1_000;

/// One thread that is held.
pub struct Entry {
    pub thread: Thread,
    /// Goes up by one with every `outrigger/thread/changed`.
    pub revision: u64,
    subscribers: BTreeSet<SessionId>,
    /// Open on the app-server, so that its notes come here.
    pub(super) upstream: bool,
    pub(super) queue: Vec<Queued>,
    /// What whoever opened it configured for it alone. The app-server does not keep it.
    pub(super) config: Option<Value>,
    /// The app-server has said what this thread is.
    pub(super) described: bool,
    /// Where the next older page of turns begins.
    pub(super) turns_cursor: Option<String>,
    used: u64,
}

impl Entry {
    fn new(id: ThreadId) -> Self {
        Self {
            thread: Thread::new(id),
            revision: 0,
            subscribers: BTreeSet::new(),
            upstream: false,
            queue: Vec::new(),
            config: None,
            described: false,
            turns_cursor: None,
            used: 0,
        }
    }

    pub(super) fn file_changes(&self, turn: &TurnId, item: &ItemId) -> Option<Raw> {
        self.thread.file_changes(turn, item)
    }

    /// Whether a queued message is on its way up.
    pub(super) fn is_sending(&self) -> bool {
        self.queue.iter().any(|queued| queued.state == State::Sending)
    }

    fn is_idle(&self) -> bool {
        self.subscribers.is_empty() && !self.upstream && self.queue.is_empty()
    }
}

#[derive(Default)]
pub struct Threads {
    held: HashMap<ThreadId, Entry>,
    /// Threads that an editor started with tools of its own.
    with_tools: HashSet<ThreadId>,
    /// An editor signed in with `ChatGPT` tokens that it renews itself.
    tokens_from_editor: bool,
}

impl Threads {
    /// A turn begins, or ends, in a thread that is open, as for a test of what is drawn.
    #[cfg(test)]
    pub fn note(&mut self, id: &str, method: &str, params: &Value) {
        let entry = self.entry(&ThreadId::from(id), 0);
        entry.upstream = true;
        entry.thread.apply(method, &Raw::of(params), 0);
    }

    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.held.get(id)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Entry> {
        self.held.get_mut(id)
    }

    pub fn len(&self) -> usize {
        self.held.len()
    }

    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    pub fn cwd(&self, id: &str) -> Option<String> {
        self.held.get(id).and_then(|entry| entry.thread.cwd()).map(str::to_owned)
    }

    /// Threads of which a turn runs, with that turn.
    pub fn running(&self) -> impl Iterator<Item = (&Entry, &TurnId)> {
        let open = self.held.values().filter(|entry| entry.upstream);
        open.filter_map(|entry| Some((entry, entry.thread.active_turn()?)))
    }

    pub fn is_subscribed(&self, id: &str, session: SessionId) -> bool {
        self.held.get(id).is_some_and(|entry| entry.subscribers.contains(&session))
    }

    /// Threads that are open on the app-server, or have messages waiting, which are to be given back after a restart.
    pub(super) fn open(&self) -> Vec<ThreadId> {
        self.ids_of(|entry| entry.upstream || !entry.queue.is_empty())
    }

    /// Threads that are not open, in which messages wait.
    pub(super) fn with_queue_only(&self) -> Vec<ThreadId> {
        self.ids_of(|entry| !entry.upstream && !entry.queue.is_empty())
    }

    fn ids_of(&self, which: impl Fn(&Entry) -> bool) -> Vec<ThreadId> {
        let mut ids: Vec<ThreadId> =
            self.held.iter().filter(|(_, entry)| which(entry)).map(|(id, _)| id.clone()).collect();
        ids.sort();
        ids
    }

    /// Whether anything goes on or waits to: a turn, a process in the background, a queued message.
    pub(super) fn have_work(&self) -> bool {
        let open = || self.held.values().filter(|entry| entry.upstream);
        self.held.values().any(|entry| !entry.queue.is_empty())
            || open().any(|entry| entry.thread.active_turn().is_some())
            || open().any(|entry| entry.thread.runs_on())
    }

    /// Threads that are open on the app-server though no editor follows them and nothing goes on in them,
    /// with the microsecond at which they were last used.
    pub(super) fn unfollowed(&self) -> impl Iterator<Item = (&ThreadId, u64)> {
        let is_unfollowed = |entry: &Entry| {
            entry.upstream
                && entry.subscribers.is_empty()
                && entry.queue.is_empty()
                && entry.thread.active_turn().is_none()
                && !entry.thread.runs_on()
        };
        let unfollowed = self.held.iter().filter(move |(_, entry)| is_unfollowed(entry));
        unfollowed.map(|(id, entry)| (id, entry.used))
    }

    /// No thread is open on the app-server any more: it was ended on purpose.
    pub(super) fn close_all(&mut self) {
        for entry in self.held.values_mut() {
            entry.upstream = false;
        }
    }

    pub(super) fn has_tools(&self, id: &str) -> bool {
        self.with_tools.contains(id)
    }

    pub(super) fn tokens_from_editor(&self) -> bool {
        self.tokens_from_editor
    }

    pub(super) fn entry(&mut self, id: &ThreadId, used: u64) -> &mut Entry {
        if !self.held.contains_key(id.as_str()) {
            self.make_room();
        }
        let entry = self.held.entry(id.clone()).or_insert_with(|| Entry::new(id.clone()));
        entry.used = used;
        entry
    }

    fn make_room(&mut self) {
        if self.held.values().filter(|entry| entry.is_idle()).count() < MAX_IDLE {
            return;
        }
        let idle = self.held.iter().filter(|(_, entry)| entry.is_idle());
        if let Some(oldest) = idle.min_by_key(|(_, entry)| entry.used).map(|(id, _)| id.clone()) {
            self.held.remove(oldest.as_str());
        }
    }
}

impl Step<'_> {
    /// A session started, resumed or forked a thread: it follows it from now on.
    pub(super) fn thread_opened(
        &mut self,
        session: SessionId,
        method: &str,
        result: &Raw,
    ) -> Option<ThreadId> {
        let opened: views::ThreadOpened = result.view().ok()?;
        let id = ThreadId::from(&*opened.thread.id);
        let used = self.now.micros;
        let entry = self.world.threads.entry(&id, used);
        entry.upstream = true;
        entry.subscribers.insert(session);
        if let Some(state) = self.world.sessions.get_mut(&session) {
            state.last_thread = Some(id.clone());
        }
        if method == "thread/start" {
            self.thread_described(&id, result);
        } else {
            self.thread_resumed(&id, result);
        }
        Some(id)
    }

    /// A thread that was there before is open: one that is new here has turns that are still to be fetched.
    pub(super) fn thread_resumed(&mut self, id: &ThreadId, result: &Raw) {
        let used = self.now.micros;
        let entry = self.world.threads.entry(id, used);
        if !entry.described {
            entry.thread.set_older_exists(true);
        }
        self.thread_described(id, result);
    }

    /// Takes what the result of `thread/start`, `resume`, `fork` or `read` says of a thread.
    pub(super) fn thread_described(&mut self, id: &ThreadId, result: &Raw) {
        let Ok(parts) = result.view::<HashMap<String, &serde_json::value::RawValue>>() else {
            return;
        };
        let Some(thread) = parts.get("thread") else { return };
        let thread = Raw::from(*thread);
        let used = self.now.micros;
        let entry = self.world.threads.entry(id, used);
        entry.described = true;
        let changes = entry.thread.describe(&thread);
        self.tell_changes(id, changes);
    }

    /// The app-server gave a thread back.
    pub(super) fn thread_back(&mut self, id: &ThreadId) {
        if let Some(entry) = self.world.threads.get_mut(id.as_str()) {
            entry.upstream = true;
        }
        self.queue_resumed(id);
    }

    /// The app-server has taken a turn: it is there from the answer on, also when the process dies before
    /// it has said that it began.
    pub(super) fn turn_accepted(&mut self, thread: &ThreadId, result: &Raw) {
        let Ok(parts) = result.view::<HashMap<String, &serde_json::value::RawValue>>() else {
            return;
        };
        if let Some(turn) = parts.get("turn") {
            let params = Raw::of(&serde_json::json!({ "threadId": thread, "turn": turn }));
            self.reduce("turn/started", Some(thread), &params);
            self.turn_noted("turn/started", Some(thread), &params);
        }
    }

    /// The app-server did not give an open thread back after a restart.
    pub(super) fn thread_lost(&mut self, id: &ThreadId, error: &RpcError) {
        if let Some(entry) = self.world.threads.get_mut(id.as_str()) {
            entry.upstream = false;
        }
        let message = format!("A thread could not be resumed after the restart: {}", error.message);
        self.diagnose(
            DiagnosticLevel::Error,
            DiagnosticKind::Refused,
            Some("thread/resume"),
            message,
        );
    }

    /// What is remembered of a request that an editor sends up.
    pub(super) fn note_sent(&mut self, method: &str, params: &Value) {
        if method == "account/login/start" {
            self.world.threads.tokens_from_editor =
                params.get("type").and_then(Value::as_str) == Some("chatgptAuthTokens");
        }
    }

    pub(super) fn note_tools(&mut self, thread: Option<ThreadId>) {
        self.world.threads.with_tools.extend(thread);
    }

    /// Notes that change more than the thread's own state, before editors hear of them.
    pub(super) fn before_note(&mut self, method: &str, params: &Raw) {
        if method == "account/rateLimits/updated" {
            self.quota_noted(params);
        }
        if method == "command/exec/outputDelta" {
            self.sandbox_printed(params);
        }
        if method == "serverRequest/resolved"
            && let Ok(resolved) = params.decode::<ResolvedNote>()
        {
            self.request_resolved(&resolved.request_id);
        }
    }

    /// What follows from a note once it is told.
    pub(super) fn after_note(&mut self, method: &str, thread: Option<&ThreadId>, params: &Raw) {
        let Some(thread) = thread else { return };
        self.queue_noted(method, thread, params);
        self.refusals_noted(method, thread, params);
        self.command_noted(method, thread, params);
        match method {
            "turn/started" => self.redraw(),
            "turn/completed" => {
                let Ok(note) = params.view::<views::TurnNote>() else { return };
                let (turn, status) = (TurnId::from(&*note.turn.id), note.turn.status.to_string());
                self.approvals_of_turn_ended(thread, &turn);
                let now = self.now.micros;
                if let Some(entry) = self.world.threads.get_mut(thread.as_str()) {
                    entry.used = now;
                }
                if status == "completed" {
                    self.send_queued(thread);
                } else {
                    self.hold_queue(thread);
                }
                if !self.is_run_of_automation(thread) {
                    self.tell_turn_ended(thread, &turn, &status);
                }
                self.automation_turn_ended(thread, params);
                self.redraw();
            }
            "thread/closed" | "thread/deleted" | "thread/archived" => {
                if let Some(entry) = self.world.threads.get_mut(thread.as_str()) {
                    entry.upstream = false;
                }
                if method == "thread/deleted" {
                    self.forget_kept(thread);
                }
                if let "thread/deleted" | "thread/archived" = method {
                    self.automation_thread_gone(thread, &method["thread/".len()..]);
                }
            }
            _ => {}
        }
    }

    fn tell_turn_ended(&mut self, thread: &ThreadId, turn: &TurnId, status: &str) {
        let text = match status {
            "completed" => "Codex has finished.",
            "failed" => "A turn of Codex failed.",
            _ => return,
        };
        let entry = self.world.threads.get(thread.as_str());
        let said = entry.and_then(|entry| entry.thread.last_message(turn));
        self.call_person(Occasion::Turn, text, said.as_deref());
    }

    /// Applies a note of a thread to its state, if the thread is held.
    pub(super) fn reduce(&mut self, method: &str, thread: Option<&ThreadId>, params: &Raw) {
        let Some(id) = thread else { return };
        let at = self.now.epoch_ms;
        let Some(entry) = self.world.threads.get_mut(id.as_str()) else { return };
        let applied = entry.thread.apply(method, params, at);
        if let Some(problem) = applied.problem {
            self.diagnose(
                DiagnosticLevel::Warning,
                DiagnosticKind::Malformed,
                Some(method),
                format!("{method} could not be read: {problem}. It was passed on."),
            );
        }
        self.keep_settled(id, &applied.changes);
        self.tell_changes(id, applied.changes);
    }

    /// Tells those who follow a thread what changed, under the next revision.
    pub(super) fn tell_changes(&mut self, id: &ThreadId, changes: Vec<ThreadChange>) {
        if changes.is_empty() {
            return;
        }
        let World { sessions, threads, .. } = &mut *self.world;
        let Some(entry) = threads.get_mut(id.as_str()) else { return };
        entry.revision += 1;
        let revision = entry.revision;
        let mut listeners = sessions
            .values_mut()
            .filter(|session| entry.subscribers.contains(&session.id))
            .filter(|session| session.trusted && session.events.wants("thread"))
            .peekable();
        if listeners.peek().is_none() {
            return;
        }
        let note = note::ThreadChanged(&ThreadChanged { thread_id: id.clone(), revision, changes });
        for session in listeners {
            session.deliver(note.clone(), &mut self.effects);
        }
    }

    pub(super) fn threads_interrupted(&mut self) {
        let at = self.now.epoch_ms;
        let mut changed = Vec::new();
        for (id, entry) in &mut self.world.threads.held {
            if entry.upstream {
                changed.push((id.clone(), entry.thread.process_exited(at)));
            }
        }
        for (id, changes) in changed {
            self.keep_settled(&id, &changes);
            self.tell_changes(&id, changes);
        }
    }

    pub(super) fn thread_subscribe(&mut self, session: SessionId, id: RpcId, params: &ThreadRef) {
        if self.may_use_server(session, &id) {
            if self.world.threads.len() >= MAX_HELD
                && self.world.threads.get(params.thread_id.as_str()).is_none()
            {
                let why =
                    format!("{MAX_HELD} threads are held already: unsubscribe from one first.");
                return self.fail(session, id, Failure::new(FailureKind::LimitExceeded, why));
            }
            let used = self.now.micros;
            self.world.threads.entry(&params.thread_id, used).subscribers.insert(session);
            self.answer(session, id, &crate::protocol::host::Done {});
        }
    }

    pub(super) fn thread_unsubscribe(&mut self, session: SessionId, id: RpcId, params: &ThreadRef) {
        if let Some(entry) = self.world.threads.get_mut(params.thread_id.as_str()) {
            entry.subscribers.remove(&session);
        }
        self.answer(session, id, &crate::protocol::host::Done {});
    }

    /// A session no longer follows a thread; true when others still do.
    pub(super) fn leave_thread(&mut self, session: SessionId, thread: &ThreadId) -> bool {
        let Some(entry) = self.world.threads.get_mut(thread.as_str()) else { return false };
        entry.subscribers.remove(&session);
        let others = !entry.subscribers.is_empty();
        entry.upstream = others;
        others
    }

    /// A window closed. Its threads stay open on the app-server: no turn ends because of it.
    pub(super) fn leave_threads(&mut self, session: SessionId) {
        let now = self.now.micros;
        for entry in self.world.threads.held.values_mut() {
            if entry.subscribers.remove(&session) {
                entry.used = now;
            }
        }
        self.let_threads_rest();
    }

    pub(super) fn thread_item(&mut self, session: SessionId, id: RpcId, params: &ItemRef) {
        let ItemRef { thread_id, turn_id, item_id } = params;
        let entry = self.world.threads.get(thread_id.as_str());
        match entry.and_then(|entry| entry.thread.item(turn_id, item_id)) {
            Some(item) => self.answer(session, id, &ItemWhole { item }),
            None => self.fail(session, id, unknown(thread_id, "has no such item here")),
        }
    }

    /// What of the agent still runs: the app-server's own list, and what we saw start and not end.
    pub(super) fn thread_running(&mut self, session: SessionId, id: RpcId, params: ThreadRef) {
        if !self.may_use_server(session, &id) {
            return;
        }
        let thread = params.thread_id;
        if self.world.server.living().is_none() {
            // What the app-server ran died with it.
            return self.answer(session, id, &Running { processes: Vec::new() });
        }
        let request =
            requests::background_terminals_list(thread.as_str(), &requests::Page::default());
        self.ask_upstream(&request, Purpose::Running { session, id, thread });
    }

    pub(super) fn running_answered(
        &mut self,
        session: SessionId,
        id: RpcId,
        thread: &ThreadId,
        result: Result<Raw, RpcError>,
    ) {
        let page = match result {
            Ok(page) => page,
            Err(error) => return self.reply(session, id, Err(error)),
        };
        let Ok(page) = page.view::<views::BackgroundTerminalPage>() else {
            return self.fail(
                session,
                id,
                Failure::new(FailureKind::Internal, "The app-server's list could not be read."),
            );
        };
        let seen = self
            .world
            .threads
            .get(thread.as_str())
            .map(|entry| entry.thread.running_commands())
            .unwrap_or_default();
        let processes = page.data.iter().map(|terminal| RunningProcess {
            process_id: terminal.process_id.to_string(),
            command: terminal.command.to_string(),
            started_at: seen
                .iter()
                .find(|command| command.item_id.as_str() == &*terminal.item_id)
                .and_then(|command| command.started_at),
        });
        let running = Running { processes: processes.collect() };
        self.answer(session, id, &running);
    }

    pub(super) fn thread_end_process(
        &mut self,
        session: SessionId,
        id: RpcId,
        params: &EndProcessParams,
    ) {
        if self.may_use_server(session, &id) {
            let request = requests::background_terminals_terminate(
                params.thread_id.as_str(),
                &params.process_id,
            );
            self.ask_upstream(&request, Purpose::EndProcess { session, id });
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResolvedNote {
    request_id: RpcId,
}

pub(super) fn unknown(thread: &ThreadId, what: &str) -> Failure {
    Failure::new(FailureKind::ThreadUnknown, format!("Thread {thread} {what}."))
        .with("threadId", thread.as_str())
}
