//! Reading a thread that is not open, or its older turns: fetched from the app-server page by page,
//! reduced like the live ones. Reading never resumes.

use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::{
    Purpose, Step,
    app_server::{Passage, Work},
    thread::History,
    threads::unknown,
};
use crate::{
    codex::requests::{self, Page, Request},
    protocol::{
        Failure, FailureKind, Raw, RpcError, RpcId, SessionId, ThreadId, thread::SnapshotParams,
    },
    store::live::Turn,
};

const DEFAULT_LIMIT: u32 = 200;
const MAX_LIMIT: u32 = 1_000;
/// Turns that one fetch asks for, and items of one turn that a page holds.
const TURNS: u32 = 20;
const ITEMS: u32 = 200;

/// A snapshot that waits for history to arrive.
pub(super) struct Flow {
    session: SessionId,
    id: RpcId,
    params: SnapshotParams,
    stage: Stage,
    /// What the store has of this thread beside the history.
    kept: Vec<Turn>,
}

impl Flow {
    pub(super) fn thread(&self) -> &ThreadId {
        &self.params.thread_id
    }

    pub(super) fn with(self, kept: Vec<Turn>) -> Self {
        Self { kept, ..self }
    }
}

enum Stage {
    /// What the thread is: name, folder, model.
    Read,
    Turns,
    /// The pages of one turn's items, all of which belong in one replay.
    Items {
        history: History,
        items: Vec<Raw>,
        cursor: Option<String>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct ListPage<'a> {
    data: Vec<&'a RawValue>,
    next_cursor: Option<String>,
}

impl Step<'_> {
    pub(super) fn thread_snapshot(
        &mut self,
        session: SessionId,
        id: RpcId,
        params: SnapshotParams,
    ) {
        if !self.may_use_server(session, &id) {
            return;
        }
        let entry = self.world.threads.get(params.thread_id.as_str());
        let held = entry.is_some_and(|entry| entry.described);
        let lacking = entry.and_then(|entry| entry.thread.needs_history(params.before.as_deref()));
        let stage = match lacking {
            _ if !held => Stage::Read,
            None => return self.answer_snapshot(session, id, &params),
            Some(History::TurnsBefore(_)) => Stage::Turns,
            Some(history) => Stage::Items { history, items: Vec::new(), cursor: None },
        };
        match self.world.server.passage(None) {
            Passage::Go => {
                self.read_history(Flow { session, id, params, stage, kept: Vec::new() });
            }
            Passage::Hold => self.hold(session, id, None, Work::Snapshot(params)),
            // What is held is better than nothing while the app-server is away.
            Passage::Refuse(_) if held => self.answer_snapshot(session, id, &params),
            Passage::Refuse(failure) => self.fail(session, id, failure),
        }
    }

    pub(super) fn fetch(&mut self, flow: Flow) {
        let thread = flow.params.thread_id.as_str();
        let request = match &flow.stage {
            Stage::Read => requests::thread_read(thread),
            Stage::Turns => {
                let entry = self.world.threads.get(thread);
                turns_with_items(thread, entry.and_then(|entry| entry.turns_cursor.as_deref()))
            }
            Stage::Items { history, cursor, .. } => {
                let turn = match history {
                    History::Items(turn) => Some(turn.as_str()),
                    History::TurnsBefore(_) => None,
                };
                let page =
                    Page { cursor: cursor.as_deref(), limit: Some(ITEMS), sort_direction: None };
                requests::thread_items_list(thread, turn, &page)
            }
        };
        self.ask_upstream(&request, Purpose::History(flow));
    }

    pub(super) fn history_answered(&mut self, flow: Flow, result: Result<Raw, RpcError>) {
        let result = match result {
            Ok(result) => result,
            Err(error) => return self.history_refused(flow, error),
        };
        let Flow { session, id, params, stage, kept } = flow;
        let thread = params.thread_id.clone();
        if let Stage::Read = stage {
            self.thread_described(&thread, &result);
            return self.fetch(Flow { session, id, params, stage: Stage::Turns, kept });
        }
        let Ok(page) = result.view::<ListPage>() else {
            let why = "The app-server's history could not be read.";
            return self.fail(session, id, Failure::new(FailureKind::Internal, why));
        };
        let used = self.now.micros;
        let entry = self.world.threads.entry(&thread, used);
        let rows = page.data.into_iter().map(Raw::from);
        let changes = match stage {
            Stage::Read | Stage::Turns => {
                entry.thread.set_older_exists(page.next_cursor.is_some());
                entry.turns_cursor = page.next_cursor;
                entry.thread.replay(&rows.collect::<Vec<_>>(), &[])
            }
            Stage::Items { history, mut items, .. } => {
                items.extend(rows);
                if let Some(cursor) = page.next_cursor {
                    let stage = Stage::Items { history, items, cursor: Some(cursor) };
                    return self.fetch(Flow { session, id, params, stage, kept });
                }
                if items.is_empty() {
                    entry.thread.history_gone(&history);
                }
                entry.thread.replay(&[], &items)
            }
        };
        for Turn { turn, body } in &kept {
            entry.thread.restore(turn, body);
        }
        self.tell_changes(&thread, changes);
        self.answer_snapshot(session, id, &params);
    }

    /// A thread without a turn has no history yet, which is no error.
    fn history_refused(&mut self, flow: Flow, error: RpcError) {
        let thread = &flow.params.thread_id;
        if let Some(entry) = self.world.threads.get_mut(thread.as_str())
            && entry.described
        {
            entry.thread.set_older_exists(false);
            return self.answer_snapshot(flow.session, flow.id, &flow.params);
        }
        if is_unknown(&error) || error.message.contains("invalid thread id") {
            let failure = unknown(thread, "is not known to the app-server")
                .with("appServerMessage", error.message);
            return self.fail(flow.session, flow.id, failure);
        }
        self.reply(flow.session, flow.id, Err(error));
    }

    fn answer_snapshot(&mut self, session: SessionId, id: RpcId, params: &SnapshotParams) {
        let Some(entry) = self.world.threads.get(params.thread_id.as_str()) else {
            return self.fail(session, id, unknown(&params.thread_id, "is not known here"));
        };
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT) as usize;
        match entry.thread.snapshot(entry.revision, params.before.as_deref(), limit) {
            Ok(snapshot) => self.answer(session, id, &snapshot),
            Err(error) => self.fail(session, id, error.into()),
        }
    }
}

fn is_unknown(error: &RpcError) -> bool {
    error.message.contains("not loaded")
}

/// Whether the app-server says so of a thread that no message has reached: it forgets it when it ends.
pub(super) fn has_no_turn(error: &RpcError) -> bool {
    is_unknown(error) || error.message.contains("not materialized yet")
}

/// The newest turns before a cursor, with their items.
pub(super) fn turns_with_items(thread: &str, cursor: Option<&str>) -> Request {
    let params = json!({
        "threadId": thread,
        "cursor": cursor,
        "limit": TURNS,
        "sortDirection": "desc",
        "itemsView": "full",
    });
    Request { method: "thread/turns/list", params }
}
