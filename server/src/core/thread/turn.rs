//! A turn: its items in the order they began, and its markers.

use std::collections::HashMap;

use super::item::Item;
use super::wire::TurnRow;
use super::{TurnHead, change};
use crate::protocol::thread::{ChangeOp, Marker, ThreadChange};
use crate::protocol::{ItemId, Raw, TurnId};

/// Markers kept for one turn; what comes beyond is not shown.
pub const MAX_MARKERS: usize = 128;

/// Markers of how a turn ended.
pub const ENDS: [&str; 3] = ["turnCompleted", "turnFailed", "turnInterrupted"];

/// Whether a marker is of a turn's beginning or end, which the history tells too; all others are live-only.
pub fn bounds_turn(marker: &Marker) -> bool {
    marker.kind == "turnStarted" || ENDS.contains(&&*marker.kind)
}

#[derive(Debug)]
pub struct Turn {
    pub id: TurnId,
    pub status: String,
    pub error: Option<Raw>,
    /// Epoch milliseconds.
    pub started_at: Option<u64>,
    pub completed_at: Option<u64>,
    /// What Codex means to do, step by step, as the app-server last told it; its history has none of it.
    pub plan: Option<Raw>,
    pub settled: bool,
    pub items: Vec<Item>,
    pub places: HashMap<ItemId, usize>,
    pub markers: Vec<Marker>,
    /// The earliest of its items, or all of them, are no longer held.
    pub let_go: bool,
    /// What only the live stream had of it is in the store.
    pub kept: bool,
}

impl Turn {
    pub fn new(id: TurnId) -> Self {
        Self {
            id,
            status: "inProgress".into(),
            error: None,
            started_at: None,
            completed_at: None,
            plan: None,
            settled: false,
            items: Vec::new(),
            places: HashMap::new(),
            markers: Vec::new(),
            let_go: false,
            kept: false,
        }
    }

    pub fn from_row(id: TurnId, row: &TurnRow<'_>) -> Self {
        Self { started_at: row.started_at(), ..Self::new(id) }
    }

    /// Notes that the turn runs, once. The time is the app-server's where it gives one.
    pub fn begin(&mut self, started_at: Option<u64>, at: u64, out: &mut Vec<ThreadChange>) {
        if self.started_at.is_none() && started_at.is_some() {
            self.started_at = started_at;
            out.push(self.change());
        }
        if !self.markers.iter().any(|marker| marker.kind == "turnStarted") {
            let at = self.started_at.unwrap_or(at);
            self.push_marker(Marker { kind: "turnStarted".into(), text: String::new(), at }, out);
        }
    }

    /// Ends the turn with the app-server's status.
    pub fn settle(
        &mut self,
        status: String,
        error: Option<Raw>,
        completed_at: Option<u64>,
        at: u64,
        out: &mut Vec<ThreadChange>,
    ) {
        self.settled = true;
        self.status = status;
        self.error = error.or(self.error.take());
        self.completed_at = completed_at.or(self.completed_at);
        out.push(self.change());
        let marker = self.end_marker(self.completed_at.unwrap_or(at));
        self.push_marker(marker, out);
    }

    /// The marker of how the turn ended. A status that we do not know is told in its text.
    pub fn end_marker(&self, at: u64) -> Marker {
        let (kind, text) = match self.status.as_str() {
            "completed" => ("turnCompleted", String::new()),
            "interrupted" => ("turnInterrupted", String::new()),
            "failed" => ("turnFailed", self.error.as_ref().map_or_else(String::new, error_message)),
            other => ("turnCompleted", other.to_owned()),
        };
        Marker { kind: kind.into(), text, at }
    }

    /// Closes what the app-server left open; `stopped` unless the turn completed.
    pub fn close_items(&mut self, stopped: bool, out: &mut Vec<ThreadChange>) {
        let id = &self.id;
        out.extend(
            self.items.iter_mut().filter_map(|item| item.close(stopped).then(|| item.change(id))),
        );
    }

    /// Adds a marker; one that says the same in the same turn is a repetition.
    pub fn push_marker(&mut self, marker: Marker, out: &mut Vec<ThreadChange>) {
        let repeated =
            self.markers.iter().any(|known| known.kind == marker.kind && known.text == marker.text);
        if repeated || self.markers.len() >= MAX_MARKERS {
            return;
        }
        out.push(change(ChangeOp::Marker).about(&self.id).with_value(Raw::of(&marker)));
        self.markers.push(marker);
    }

    /// Adds an item behind the others. In a settled turn nothing would close it any more, so it is closed at once.
    pub fn push_item(&mut self, mut item: Item, out: &mut Vec<ThreadChange>) {
        if self.settled {
            item.close(self.status != "completed");
        }
        out.push(item.change(&self.id));
        self.places.insert(item.id.clone(), self.items.len());
        self.items.push(item);
    }

    pub fn index_items(&mut self) {
        self.places =
            self.items.iter().enumerate().map(|(place, item)| (item.id.clone(), place)).collect();
    }

    pub fn bytes(&self) -> usize {
        self.items.iter().map(Item::bytes).sum()
    }

    pub fn change(&self) -> ThreadChange {
        let head = TurnHead {
            turn_id: &self.id,
            status: &self.status,
            error: self.error.as_ref(),
            started_at: self.started_at,
            completed_at: self.completed_at,
            plan: self.plan.as_ref(),
        };
        change(ChangeOp::Turn).about(&self.id).with_value(Raw::of(&head))
    }
}

fn error_message(error: &Raw) -> String {
    #[derive(serde::Deserialize)]
    struct Message {
        message: String,
    }
    error.decode::<Message>().map_or_else(|_| error.as_str().to_owned(), |error| error.message)
}
