//! History: the rows of `thread/turns/list` and `thread/items/list`, or the turns of a whole thread object.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::item::Item;
use super::turn::{ENDS, Turn};
use super::{MAX_ITEM_BYTES, Thread, change, wire};
use crate::protocol::thread::{ChangeOp, ThreadChange};
use crate::protocol::{ItemId, Raw, TurnId};

impl Thread {
    /// Merges history under what was seen live; rows may be newest or oldest first. What only the live stream had keeps
    /// its place. Says `reset` when anything changed that an editor may have; history older than that is for its next page.
    /// A turn whose items were let go counts as whole again, so all its items belong in one call. Rows that cannot be
    /// read are left out.
    pub fn replay(&mut self, turns: &[Raw], items: &[Raw]) -> Vec<ThreadChange> {
        let mut rows: Vec<wire::TurnRow<'_>> =
            turns.iter().filter_map(|row| row.view().ok()).collect();
        let mut entries: Vec<wire::ItemRow<'_>> =
            items.iter().filter_map(|row| row.view().ok()).collect();
        oldest_first(&mut rows, |row| (row.started_at(), row.id.as_str().to_owned()));
        oldest_first(&mut entries, |entry| (entry.started_at_ms, String::new()));

        let mut pass = Pass::default();
        pass.paged.extend(self.turns.iter().filter(|turn| turn.let_go).map(|turn| turn.id.clone()));
        self.place_rows(&rows, &mut pass);
        for row in &rows {
            pass.before = None;
            for item in &row.items {
                self.replay_item(row.id.as_str(), item, None, &mut pass);
            }
        }
        pass.before = None;
        for entry in &entries {
            self.replay_item(entry.turn_id.as_str(), entry.item, entry.started_at_ms, &mut pass);
        }
        for row in &rows {
            self.replay_row(row, &mut pass);
        }
        self.end_outrun(&rows, &mut pass);
        self.last = None;
        if self.bytes > MAX_ITEM_BYTES {
            self.let_go(&pass.given);
        }
        if pass.changed { vec![change(ChangeOp::Reset)] } else { Vec::new() }
    }

    /// [`Thread::describe`] and the history in the same thread object, as `thread/resume` and `thread/read` give it
    /// when they are asked for turns.
    pub fn hydrate(&mut self, thread: &Raw) -> Vec<ThreadChange> {
        #[derive(serde::Deserialize)]
        struct WithTurns<'a> {
            #[serde(borrow, default)]
            turns: Vec<&'a RawValue>,
        }
        let mut out = self.describe(thread);
        if let Ok(thread) = thread.view::<WithTurns<'_>>() {
            let turns: Vec<Raw> = thread.turns.into_iter().map(Raw::from).collect();
            out.extend(self.replay(&turns, &[]));
        }
        out
    }

    /// Says whether the app-server has turns older than the oldest held here: a resumed thread has until its pages ended.
    pub fn set_older_exists(&mut self, exists: bool) {
        self.older_exists = exists;
    }

    /// Makes room for turns that are new, in order of time; learns a review's two ids.
    fn place_rows(&mut self, rows: &[wire::TurnRow<'_>], pass: &mut Pass) {
        let mut fresh = Vec::new();
        for row in rows {
            let id = TurnId::from(row.id.as_str());
            if self.turn_place(id.as_str()).is_some() {
                continue;
            }
            if let Some(root) = self.reviewed_by(row, rows) {
                if row.status.as_ref().is_some_and(|status| status.as_str() == "inProgress") {
                    self.active.get_or_insert(id.clone());
                }
                self.aliases.insert(id, root);
                continue;
            }
            let known = self
                .reverted
                .iter()
                .position(|turn| turn.id == id)
                .map(|place| self.reverted.remove(place));
            fresh.push(known.unwrap_or_else(|| Turn::from_row(id, row)));
        }
        if let Some(oldest) = rows.first() {
            // Older pages may follow; what is not on this one is gone.
            self.reverted.retain(|turn| turn.started_at < oldest.started_at());
        }
        if fresh.is_empty() {
            return;
        }
        let oldest = self.turns.first().and_then(|turn| turn.started_at);
        for turn in &fresh {
            if oldest.is_some() && turn.started_at < oldest {
                pass.paged.insert(turn.id.clone());
            } else {
                pass.changed = true;
            }
        }
        self.bytes += fresh.iter().map(Turn::bytes).sum::<usize>();
        // What is listed is older than what runs; a turn without a time stays behind the one before it.
        fresh.append(&mut self.turns);
        let mut time = 0;
        let mut timed: Vec<(u64, Turn)> = fresh
            .into_iter()
            .map(|turn| {
                time = turn.started_at.unwrap_or(time);
                (time, turn)
            })
            .collect();
        timed.sort_by_key(|(time, _)| *time);
        self.turns = timed.into_iter().map(|(_, turn)| turn).collect();
        self.index_turns();
    }

    /// The turn of which `row` is a review's inner one: it names that as its root, began no later, and was never completed.
    fn reviewed_by(&self, row: &wire::TurnRow<'_>, rows: &[wire::TurnRow<'_>]) -> Option<TurnId> {
        let root = row
            .root_turn_id
            .as_ref()
            .map(wire::Text::as_str)
            .filter(|root| *root != row.id.as_str())?;
        let listed =
            rows.iter().find(|other| other.id.as_str() == root).map(wire::TurnRow::started_at);
        let held = self.turn_place(root).map(|place| self.turns[place].started_at);
        let began = listed.or(held)?;
        (row.completed_at().is_none() && row.started_at() <= began).then(|| root.into())
    }

    fn replay_row(&mut self, row: &wire::TurnRow<'_>, pass: &mut Pass) {
        if self.aliases.contains_key(row.id.as_str()) {
            return;
        }
        let Some(place) = self.turn_place(row.id.as_str()) else { return };
        let turn = &mut self.turns[place];
        let mut told = Vec::new();
        let started_at = row.started_at();
        turn.begin(started_at, started_at.unwrap_or(0), &mut told);
        let status = row.status.as_ref().map_or("completed", wire::Text::as_str);
        if status != "inProgress" && turn.status != status {
            let completed_at = row.completed_at();
            let at = completed_at.or(turn.started_at).unwrap_or(0);
            turn.close_items(status != "completed", &mut told);
            // The app-server's word on how a turn ended replaces what we took its death for.
            turn.markers.retain(|marker| !ENDS.contains(&&*marker.kind));
            turn.settle(status.into(), row.error.map(Raw::from), completed_at, at, &mut told);
            let active = self.active.as_ref().and_then(|active| self.turn_place(active.as_str()));
            if active == Some(place) {
                self.active = None;
            }
        }
        pass.tell(&self.turns[place].id, !told.is_empty());
    }

    /// A thread runs one turn at a time: one that is listed as running before another ended with its app-server, which
    /// could not write that down.
    fn end_outrun(&mut self, rows: &[wire::TurnRow<'_>], pass: &mut Pass) {
        let last = self.turns.len().saturating_sub(1);
        for row in rows {
            let Some(place) = self.turn_place(row.id.as_str()).filter(|place| *place < last) else {
                continue;
            };
            let turn = &mut self.turns[place];
            if turn.settled || self.active.as_ref() == Some(&turn.id) {
                continue;
            }
            let mut told = Vec::new();
            turn.close_items(true, &mut told);
            let at = turn.started_at.unwrap_or(0);
            turn.settle("interrupted".into(), None, None, at, &mut told);
            pass.tell(&turn.id, true);
        }
    }

    fn replay_item(
        &mut self,
        turn: &str,
        item: &RawValue,
        started_at: Option<u64>,
        pass: &mut Pass,
    ) {
        let Ok(item) = Item::listed(item, started_at) else { return };
        let place = match self.turn_place(turn) {
            Some(place) => place,
            None => self.add_turn(Turn::new(turn.into()), &mut Vec::new()),
        };
        let turn = &mut self.turns[place];
        if std::mem::take(&mut turn.let_go) || !pass.given.contains(&turn.id) {
            pass.given.push(turn.id.clone());
        }
        let before = pass
            .before
            .replace((turn.id.clone(), item.id.clone()))
            .filter(|(before, _)| *before == turn.id);
        if let Some(&known) = turn.places.get(&item.id) {
            let known = &mut turn.items[known];
            // The stream is ahead of a list that has the item in progress.
            if item.is_done() {
                let before = known.bytes();
                pass.tell(&turn.id, known.complete(item));
                self.bytes = self.bytes + known.bytes() - before;
            }
            return;
        }
        let next = match before.and_then(|(_, before)| turn.places.get(&before).copied()) {
            Some(before) => before + 1,
            None => turn
                .items
                .iter()
                .position(|other| began_later(other, &item))
                .unwrap_or(turn.items.len()),
        };
        self.bytes += item.bytes();
        let mut item = item;
        if turn.settled {
            item.close(turn.status != "completed");
        }
        turn.items.insert(next, item);
        turn.index_items();
        pass.tell(&turn.id, true);
    }
}

/// One replay under way.
#[derive(Default)]
struct Pass {
    /// The item of the row before: a new one goes behind it.
    before: Option<(TurnId, ItemId)>,
    /// Turns that an editor has at most the newer part of: what is added to them is for its next page.
    paged: HashSet<TurnId>,
    /// Turns that items were given of.
    given: Vec<TurnId>,
    changed: bool,
}

impl Pass {
    fn tell(&mut self, turn: &TurnId, changed: bool) {
        self.changed |= changed && !self.paged.contains(turn);
    }
}

pub(super) fn began_later(one: &Item, other: &Item) -> bool {
    matches!((one.started_at, other.started_at), (Some(one), Some(other)) if one > other)
}

/// Turns a list around that is newest first.
fn oldest_first<T, K: Ord>(rows: &mut [T], key: impl Fn(&T) -> (Option<u64>, K)) {
    if let (Some(first), Some(last)) = (rows.first(), rows.last())
        && key(first) > key(last)
    {
        rows.reverse();
    }
}
