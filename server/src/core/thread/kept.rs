//! What the history of a turn lacks: taken out to be kept, and put back behind what it followed.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Thread;
use super::item::Item;
use super::normal::in_history;
use super::replay::began_later;
use super::turn::{MAX_MARKERS, Turn, bounds_turn};
use crate::protocol::thread::Marker;
use crate::protocol::{ItemId, Raw, TurnId};

/// What is to be done about what is kept of a turn.
#[derive(Debug, PartialEq)]
pub enum Keeping {
    /// This takes the place of what was kept.
    Keep(Raw),
    /// The history has all of it now.
    Forget,
}

/// What is kept of a turn.
#[derive(Serialize, Deserialize)]
struct Body<I> {
    items: Vec<KeptItem<I>>,
    /// All of the turn's, so that their order is kept too.
    markers: Vec<Marker>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<I>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptItem<I> {
    /// The item before it, unless it was the first.
    after: Option<ItemId>,
    /// Epoch milliseconds.
    started_at: Option<u64>,
    done: bool,
    item: I,
}

impl Thread {
    /// What is to be kept of a turn; `None` while it runs, and when nothing of it is or was to be kept.
    pub fn keep(&mut self, turn: &TurnId) -> Option<Keeping> {
        let place = self.turn_place(turn.as_str())?;
        let turn = &mut self.turns[place];
        // What was let go cannot be told again: what was kept of it stays.
        if self.ephemeral || !turn.settled || (turn.let_go && turn.kept) {
            return None;
        }
        let items = live_only(turn);
        if items.is_empty() && turn.plan.is_none() && turn.markers.iter().all(bounds_turn) {
            return std::mem::take(&mut turn.kept).then_some(Keeping::Forget);
        }
        turn.kept = true;
        let (markers, plan) = (turn.markers.clone(), turn.plan.clone());
        Some(Keeping::Keep(Raw::of(&Body { items, markers, plan })))
    }

    /// Puts back what was kept of a turn whose history has just been replayed. What the thread has already is the
    /// newer word. What cannot be read is left out.
    pub fn restore(&mut self, turn: &TurnId, kept: &Raw) {
        let Some(place) = self.turn_place(turn.as_str()) else { return };
        let turn = &mut self.turns[place];
        let Ok(body) = kept.view::<Body<&RawValue>>() else { return };
        turn.kept = true;
        if turn.plan.is_none() {
            turn.plan = body.plan.map(Raw::from);
        }
        // Its items come back with the rest of the turn's.
        if turn.let_go {
            return;
        }
        for kept in body.items {
            let Ok(item) = Item::restored(kept.item, kept.started_at, kept.done) else { continue };
            if turn.places.contains_key(&item.id) {
                continue;
            }
            let next = match kept.after.map(|before| turn.places.get(&before)) {
                None => 0,
                Some(Some(before)) => before + 1,
                Some(None) => turn
                    .items
                    .iter()
                    .position(|other| began_later(other, &item))
                    .unwrap_or(turn.items.len()),
            };
            self.bytes += item.bytes();
            turn.items.insert(next, item);
            turn.index_items();
        }
        turn.markers = merged(body.markers, &turn.markers);
        self.last = None;
    }
}

fn live_only(turn: &Turn) -> Vec<KeptItem<Raw>> {
    let before = std::iter::once(None).chain(turn.items.iter().map(|item| Some(item.id.clone())));
    let items = before.zip(&turn.items);
    let lacking = items.filter(|(_, item)| !in_history(&item.kind, Some(&item.status())));
    lacking
        .map(|(after, item)| KeptItem {
            after,
            started_at: item.started_at,
            done: item.is_done(),
            item: item.kept(),
        })
        .collect()
}

/// The markers as they were kept, with what is known now of how the turn began and ended, and what came since.
fn merged(kept: Vec<Marker>, known: &[Marker]) -> Vec<Marker> {
    let says_same = |one: &Marker, other: &Marker| one.kind == other.kind && one.text == other.text;
    let mut merged = kept;
    merged.retain(|marker| {
        !bounds_turn(marker) || known.iter().any(|other| says_same(marker, other))
    });
    for marker in known {
        if !merged.iter().any(|other| says_same(marker, other)) {
            merged.push(marker.clone());
        }
    }
    merged.truncate(MAX_MARKERS);
    merged
}
