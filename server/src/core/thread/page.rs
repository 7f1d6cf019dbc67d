//! Snapshots in pages from the newest item back, and what is let go when a thread grows too large.

use serde::{Deserialize, Serialize};

use super::item::MAX_SHOWN;
use super::turn::Turn;
use super::{MAX_ITEM_BYTES, Thread};
use crate::protocol::TurnId;
use crate::protocol::thread::{Snapshot, ThreadState, TurnState};

/// A cursor that this thread did not give, or whose place is gone.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one of this thread")]
pub struct BadCursor;

/// History that has to be fetched and replayed before a page is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum History {
    /// The items of a turn.
    Items(TurnId),
    /// The turns before this one, or the newest when there is none.
    TurnsBefore(Option<TurnId>),
}

/// Where a page ends: everything older is on the next one. On the wire a JSON array, opaque to editors.
#[derive(Debug, Serialize, Deserialize)]
enum Cursor {
    /// Before this item.
    #[serde(rename = "item")]
    Item(String, String),
    /// This turn, whose items are archived at the app-server, and older.
    #[serde(rename = "archived")]
    Turn(String),
    /// The turns before this one, or all when there is none.
    #[serde(rename = "older")]
    Older(Option<String>),
}

impl Cursor {
    fn text(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    fn read(text: &str) -> Result<Self, BadCursor> {
        serde_json::from_str(text).map_err(|_| BadCursor)
    }
}

impl Thread {
    /// The newest `limit` items (1 at least), or those before a cursor. A text over 64 KiB is cut.
    pub fn snapshot(
        &self,
        revision: u64,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Snapshot, BadCursor> {
        let (turn_end, mut item_end) = self.start(before)?;
        let mut room = limit.max(1);
        let mut turns = Vec::new();
        let mut older = self
            .older_exists
            .then(|| Cursor::Older(self.turns.first().map(|turn| turn.id.to_string())));
        let mut newer = None;
        for turn in self.turns[..turn_end].iter().rev() {
            let end = item_end.take().unwrap_or(turn.items.len());
            if room == 0 && (end > 0 || turn.let_go) {
                older = Some(Cursor::Older(newer));
                break;
            }
            if end == 0 && turn.let_go {
                older = Some(Cursor::Turn(turn.id.to_string()));
                break;
            }
            let begin = end.saturating_sub(room);
            room -= end - begin;
            turns.push(page_of(turn, begin, end));
            if begin > 0 || turn.let_go {
                older = Some(Cursor::Item(turn.id.to_string(), turn.items[begin].id.to_string()));
                break;
            }
            newer = Some(turn.id.to_string());
        }
        Ok(self.page(revision, turns, older))
    }

    /// What has to be fetched before [`Thread::snapshot`] with this cursor can be answered in full.
    pub fn needs_history(&self, before: Option<&str>) -> Option<History> {
        match before.map(Cursor::read) {
            None => {
                (self.turns.is_empty() && self.older_exists).then_some(History::TurnsBefore(None))
            }
            Some(Err(BadCursor)) => None,
            Some(Ok(Cursor::Item(turn, item))) => {
                let place = self.turn_place(&turn)?;
                let turn = &self.turns[place];
                let first = turn.places.get(item.as_str()).is_none_or(|place| *place == 0);
                (turn.let_go && first).then(|| History::Items(turn.id.clone()))
            }
            Some(Ok(Cursor::Turn(turn))) => {
                let place = self.turn_place(&turn)?;
                let turn = &self.turns[place];
                (turn.let_go && turn.items.is_empty()).then(|| History::Items(turn.id.clone()))
            }
            Some(Ok(Cursor::Older(turn))) => {
                let oldest = self.turns.first().map(|turn| turn.id.as_str());
                (self.older_exists && oldest == turn.as_deref())
                    .then(|| History::TurnsBefore(turn.map(Into::into)))
            }
        }
    }

    /// The app-server had nothing for what [`Thread::needs_history`] asked: pages end there.
    pub fn history_gone(&mut self, history: &History) {
        match history {
            History::Items(turn) => {
                if let Some(place) = self.turn_place(turn.as_str()) {
                    self.turns[place].let_go = false;
                }
            }
            History::TurnsBefore(_) => self.older_exists = false,
        }
    }

    /// Where a page begins, going back: the turns before the first number, of the last of them the items before the second.
    fn start(&self, before: Option<&str>) -> Result<(usize, Option<usize>), BadCursor> {
        let Some(before) = before else { return Ok((self.turns.len(), None)) };
        match Cursor::read(before)? {
            Cursor::Item(turn, item) => {
                let place = self.turn_place(&turn).ok_or(BadCursor)?;
                let turn = &self.turns[place];
                match turn.places.get(item.as_str()) {
                    Some(&item) => Ok((place + 1, Some(item))),
                    None if turn.let_go => Ok((place + 1, None)),
                    None => Err(BadCursor),
                }
            }
            Cursor::Turn(turn) => Ok((self.turn_place(&turn).ok_or(BadCursor)? + 1, None)),
            Cursor::Older(None) => Ok((self.turns.len(), None)),
            Cursor::Older(Some(turn)) => Ok((self.turn_place(&turn).ok_or(BadCursor)?, None)),
        }
    }

    fn page(&self, revision: u64, mut turns: Vec<TurnState>, older: Option<Cursor>) -> Snapshot {
        turns.reverse();
        let thread = ThreadState {
            thread_id: self.id.clone(),
            name: self.name.clone(),
            cwd: self.cwd.clone(),
            status: self.status.clone(),
            model: self.model.clone(),
            turns,
            usage: self.usage.clone(),
        };
        Snapshot { revision, thread, older_cursor: older.and_then(|cursor| cursor.text()) }
    }

    /// Lets the oldest items go that are done, until what is held fits; not those of turns just asked for.
    pub(super) fn let_go(&mut self, asked: &[TurnId]) {
        for turn in &mut self.turns {
            if self.bytes <= MAX_ITEM_BYTES {
                break;
            }
            if asked.contains(&turn.id) {
                continue;
            }
            let mut excess = self.bytes - MAX_ITEM_BYTES;
            let mut gone = 0;
            for item in &turn.items {
                if excess == 0 || !(item.is_done() || turn.settled) || item.runs_on {
                    break;
                }
                excess = excess.saturating_sub(item.bytes());
                gone += 1;
            }
            if gone > 0 {
                self.bytes -= turn.items.drain(..gone).map(|item| item.bytes()).sum::<usize>();
                turn.index_items();
                turn.let_go = true;
            }
        }
        self.last = None;
    }
}

fn page_of(turn: &Turn, begin: usize, end: usize) -> TurnState {
    TurnState {
        turn_id: turn.id.clone(),
        status: turn.status.clone(),
        error: turn.error.clone(),
        started_at: turn.started_at,
        completed_at: turn.completed_at,
        plan: turn.plan.clone(),
        items: turn.items[begin..end].iter().map(|item| item.state(MAX_SHOWN)).collect(),
        markers: turn.markers.clone(),
    }
}
