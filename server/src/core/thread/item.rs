//! An item: the app-server's own object as text, and the texts that deltas appended to it.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::change;
use super::wire::{ItemHead, Text};
use crate::protocol::thread::{ChangeOp, ItemState, ThreadChange};
use crate::protocol::{ItemId, Raw, TurnId};

/// Bytes of one text in a snapshot or a change; the whole is in `outrigger/thread/item`.
pub const MAX_SHOWN: usize = 64 * 1024;

/// Bytes that deltas may build of one text. What comes beyond is known again when the item is completed.
const MAX_LIVE_TEXT: usize = 8 * 1024 * 1024;

/// Parts of a reasoning item; an index beyond is not believed.
pub const MAX_PARTS: u32 = 1024;

/// Which text of an item a delta continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Text,
    /// What a command printed. It takes the place of the app-server's `aggregatedOutput`.
    Output,
    Summary(u32),
    Content(u32),
    /// What a tool said while it ran, a line each.
    Progress,
}

impl Field {
    pub fn name(self) -> String {
        match self {
            Self::Text => "text".into(),
            Self::Output => "output".into(),
            Self::Summary(part) => format!("summary/{part}"),
            Self::Content(part) => format!("content/{part}"),
            Self::Progress => "progress".into(),
        }
    }
}

#[derive(Debug)]
pub struct Item {
    pub id: ItemId,
    pub kind: String,
    pub raw: Raw,
    /// Epoch milliseconds.
    pub started_at: Option<u64>,
    /// Waits for a person.
    pub awaiting: bool,
    /// A command that its turn's end did not stop.
    pub runs_on: bool,
    /// Known by a delta alone so far.
    pub stub: bool,
    state: State,
    texts: Vec<LiveText>,
    /// Changes of a patch that were told after it began.
    patched: Option<Raw>,
    process_id: Option<String>,
}

/// What deltas added to one text of the item's object.
#[derive(Debug)]
struct LiveText {
    field: Field,
    /// Bytes that the object itself has.
    base: usize,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// Its turn ended without it.
    Closed,
    /// As `item/completed` or the history has it.
    Done,
}

impl Item {
    pub fn started(item: &RawValue, started_at: Option<u64>) -> Result<Self, String> {
        Self::new(item, started_at, State::Open)
    }

    pub fn completed(item: &RawValue, started_at: Option<u64>) -> Result<Self, String> {
        Self::new(item, started_at, State::Done)
    }

    /// A row of the history, which may still be in progress.
    pub fn listed(item: &RawValue, started_at: Option<u64>) -> Result<Self, String> {
        let mut listed = Self::new(item, started_at, State::Done)?;
        if listed.own_status().as_deref() == Some("inProgress") {
            listed.state = State::Open;
        }
        Ok(listed)
    }

    /// An item as [`Item::kept`] gave it.
    pub fn restored(item: &RawValue, started_at: Option<u64>, done: bool) -> Result<Self, String> {
        Self::new(item, started_at, if done { State::Done } else { State::Closed })
    }

    fn new(item: &RawValue, started_at: Option<u64>, state: State) -> Result<Self, String> {
        let head: ItemHead = serde_json::from_str(item.get()).map_err(|error| error.to_string())?;
        Ok(Self {
            id: head.id.as_str().into(),
            kind: head.kind.into(),
            raw: Raw::from(item),
            started_at: head.started_at_ms.or(started_at),
            awaiting: false,
            runs_on: false,
            stub: false,
            state,
            texts: Vec::new(),
            patched: None,
            process_id: None,
        })
    }

    /// An item whose beginning we did not see.
    pub fn stub(id: &str, kind: &str) -> Self {
        Self {
            id: id.into(),
            kind: kind.into(),
            raw: Raw::of(&serde_json::json!({ "type": kind, "id": id })),
            started_at: None,
            awaiting: false,
            runs_on: false,
            stub: true,
            state: State::Open,
            texts: Vec::new(),
            patched: None,
            process_id: None,
        }
    }

    /// Gives a stub the object it stands for.
    pub fn describe(&mut self, started: Self) {
        self.stub = false;
        self.kind = started.kind;
        self.raw = started.raw;
        self.started_at = started.started_at;
    }

    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    pub fn bytes(&self) -> usize {
        self.raw.len() + self.texts.iter().map(|live| live.text.len()).sum::<usize>()
    }

    /// Continues a text. Says whether an editor has to be told, and if so whether as a whole.
    pub fn append(&mut self, field: Field, delta: &str) -> Appended {
        if self.state == State::Done {
            return Appended::Nothing;
        }
        let place = self.texts.iter().position(|live| live.field == field).unwrap_or_else(|| {
            self.texts.push(LiveText { field, base: self.base_len(field), text: String::new() });
            self.texts.len() - 1
        });
        let live = &mut self.texts[place];
        let before = live.base + live.text.len();
        if live.text.len() + delta.len() > MAX_LIVE_TEXT {
            return Appended::Nothing;
        }
        live.text.push_str(delta);
        // What prints was approved, whoever answered.
        self.awaiting = false;
        if before > MAX_SHOWN {
            Appended::Unseen
        } else if before + delta.len() > MAX_SHOWN {
            Appended::Whole
        } else {
            Appended::Text
        }
    }

    pub fn has_part(&self, field: Field) -> bool {
        self.texts.iter().any(|live| live.field == field) || self.base_len(field) > 0
    }

    /// Bytes of a text that the item's own object has already.
    fn base_len(&self, field: Field) -> usize {
        let Ok(Value::Object(fields)) = self.raw.decode() else { return 0 };
        let text = match field {
            Field::Text => fields.get("text"),
            Field::Output => fields.get("aggregatedOutput"),
            Field::Summary(part) => {
                fields.get("summary").and_then(|parts| parts.get(part as usize))
            }
            Field::Content(part) => {
                fields.get("content").and_then(|parts| parts.get(part as usize))
            }
            Field::Progress => None,
        };
        text.and_then(Value::as_str).map_or(0, str::len)
    }

    pub fn patch(&mut self, changes: &RawValue) -> bool {
        if self.state == State::Done
            || self.patched.as_ref().is_some_and(|known| known.as_str() == changes.get())
        {
            return false;
        }
        self.patched = Some(Raw::from(changes));
        true
    }

    pub fn interacted(&mut self, process_id: Text<'_>) {
        self.process_id = Some(process_id.into());
    }

    /// Takes the app-server's final word. Says whether anything is new.
    pub fn complete(&mut self, done: Self) -> bool {
        if self.state == State::Done && self.raw == done.raw {
            return false;
        }
        self.kind = done.kind;
        self.raw = done.raw;
        self.started_at = done.started_at.or(self.started_at);
        self.state = State::Done;
        self.stub = false;
        self.runs_on = false;
        self.patched = None;
        let whole_output = self.base_len(Field::Output) > 0;
        let command = self.kind == "commandExecution";
        // What the final object has no place for is kept.
        self.texts.retain(|live| match live.field {
            Field::Progress => true,
            Field::Output => !(command && whole_output),
            Field::Text | Field::Summary(_) | Field::Content(_) => false,
        });
        true
    }

    /// Ends an item that the app-server left open. Says whether that shows.
    pub fn close(&mut self, stopped: bool) -> bool {
        if self.state != State::Open {
            return false;
        }
        let command = self.kind == "commandExecution";
        self.runs_on = command && !self.awaiting;
        if self.runs_on && !stopped {
            return false;
        }
        self.state = State::Closed;
        true
    }

    pub fn command(&self) -> String {
        self.string("command").unwrap_or_default()
    }

    pub fn process_id(&self) -> Option<String> {
        self.process_id.clone().or_else(|| self.string("processId"))
    }

    pub fn changes(&self) -> Option<Raw> {
        #[derive(serde::Deserialize)]
        struct Changes<'a> {
            #[serde(borrow)]
            changes: &'a RawValue,
        }
        self.patched.clone().or_else(|| Some(self.raw.view::<Changes<'_>>().ok()?.changes.into()))
    }

    fn string(&self, field: &str) -> Option<String> {
        let Ok(Value::Object(mut fields)) = self.raw.decode() else { return None };
        match fields.remove(field) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    fn own_status(&self) -> Option<String> {
        let head: ItemHead<'_> = self.raw.view().ok()?;
        // A status that is no text passes through as the text of its JSON.
        head.status.map(|status| {
            serde_json::from_str(status.get()).unwrap_or_else(|_| status.get().to_owned())
        })
    }

    pub fn status(&self) -> String {
        match self.state {
            State::Closed => "interrupted".into(),
            State::Open => self.own_status().unwrap_or_else(|| "inProgress".into()),
            State::Done => self.own_status().unwrap_or_else(|| "completed".into()),
        }
    }

    /// The item as one object, with all its texts whole.
    pub fn kept(&self) -> Raw {
        let ItemState { item_id, kind, status, mut fields, .. } = self.state(usize::MAX);
        fields.insert("id".into(), item_id.as_str().into());
        fields.insert("type".into(), kind.into());
        fields.insert("status".into(), status.into());
        Raw::of(&fields)
    }

    /// The item as an editor gets it, with no text over `limit` bytes.
    pub fn state(&self, limit: usize) -> ItemState {
        let mut fields: Map<String, Value> = self.raw.decode().unwrap_or_default();
        // These have a place of their own beside the fields.
        for named in ["id", "itemId", "type", "status", "truncated"] {
            fields.remove(named);
        }
        if let Some(output @ Value::String(_)) = fields.remove("aggregatedOutput") {
            fields.insert("output".into(), output);
        }
        if let Some(changes) = self.patched.as_ref().and_then(|changes| changes.decode().ok()) {
            fields.insert("changes".into(), changes);
        }
        for live in &self.texts {
            append_to(&mut fields, live.field, &live.text);
        }
        let mut truncated = false;
        for value in fields.values_mut() {
            truncated |= cut(value, limit);
        }
        let status = Some(self.status());
        ItemState { item_id: self.id.clone(), kind: self.kind.clone(), status, truncated, fields }
    }

    pub fn change(&self, turn: &TurnId) -> ThreadChange {
        let value = Raw::of(&self.state(MAX_SHOWN));
        ThreadChange {
            item_id: Some(self.id.clone()),
            ..change(ChangeOp::Item).about(turn).with_value(value)
        }
    }
}

/// What a delta did to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// The item is done, or its text is full.
    Nothing,
    /// The text is longer than what is shown of it.
    Unseen,
    /// The text has just grown longer than what is shown of it: the item is told whole, cut.
    Whole,
    Text,
}

fn append_to(fields: &mut Map<String, Value>, field: Field, text: &str) {
    let (name, part) = match field {
        Field::Text => ("text", None),
        Field::Output => ("output", None),
        Field::Progress => ("progress", None),
        Field::Summary(part) => ("summary", Some(part as usize)),
        Field::Content(part) => ("content", Some(part as usize)),
    };
    let slot = fields.entry(name).or_insert(Value::Null);
    let slot = match part {
        None => slot,
        Some(part) => {
            if !slot.is_array() {
                *slot = Value::Array(Vec::new());
            }
            let Value::Array(parts) = slot else { return };
            if parts.len() <= part {
                parts.resize(part + 1, Value::String(String::new()));
            }
            &mut parts[part]
        }
    };
    match slot {
        Value::String(base) => base.push_str(text),
        other => *other = Value::String(text.to_owned()),
    }
}

/// Cuts every text in `value` to `limit` bytes, at a character. Says whether one was longer.
fn cut(value: &mut Value, limit: usize) -> bool {
    match value {
        Value::String(text) if text.len() > limit => {
            text.truncate(text.floor_char_boundary(limit));
            true
        }
        Value::Array(values) => {
            values.iter_mut().fold(false, |cut_one, value| cut(value, limit) | cut_one)
        }
        Value::Object(fields) => {
            fields.values_mut().fold(false, |cut_one, value| cut(value, limit) | cut_one)
        }
        _ => false,
    }
}
