//! The one reducer of a Codex thread: what the app-server tells live and what it lists as history become the same state.
//!
//! Everything is keyed by (turn, item): the same item id in two turns is two items.
//! - A repeated `item/started`, `item/completed`, `turn/*` or marker changes nothing. Deltas carry no number and so
//!   cannot be told from their repetition; the app-server never repeats one.
//! - `item/completed` replaces what the deltas built, before or after the turn's own end; deltas after it say nothing new.
//! - The app-server leaves items open: when a turn settles, what it did not complete is `interrupted`. A command that goes
//!   on behind a `completed` turn stays `inProgress`; one that goes on behind a stopped turn is in [`Thread::running_commands`].
//! - A review has two turn ids. Its items and its end carry one, which is the turn's id here; `turn/started` and
//!   `turn/interrupt` use the other, which is an alias.

mod delta;
mod item;
mod kept;
mod live;
mod marker;
mod normal;
mod page;
mod replay;
mod turn;
mod wire;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde::Serialize;

use self::item::{Field, Item};
pub use self::kept::Keeping;
pub use self::normal::normalise;
pub use self::page::{BadCursor, History};
use self::turn::Turn;
use crate::protocol::thread::{ChangeOp, ItemState, Marker, ThreadChange};
use crate::protocol::{ItemId, Raw, ThreadId, TurnId};

/// Bytes of items held for one thread; beyond, the oldest that are done are let go.
pub const MAX_ITEM_BYTES: usize = 32 * 1024 * 1024;

/// Turns held for one thread, with or without their items.
const MAX_TURNS: usize = 5_000;

/// What one notification did.
#[derive(Debug, Default, PartialEq)]
pub struct Applied {
    /// What an editor has to be told; empty when nothing visible changed.
    pub changes: Vec<ThreadChange>,
    /// Why the notification could not be used, for a diagnostic.
    pub problem: Option<String>,
}

/// A command that runs on although its turn has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningCommand {
    pub turn_id: TurnId,
    pub item_id: ItemId,
    /// The app-server names the process late, or only when it ends.
    pub process_id: Option<String>,
    pub command: String,
    /// Epoch milliseconds.
    pub started_at: Option<u64>,
}

/// One thread: turns, their items and markers, and what the app-server said about it.
#[derive(Debug)]
pub struct Thread {
    id: ThreadId,
    name: Option<String>,
    cwd: Option<String>,
    model: Option<String>,
    status: Raw,
    usage: Option<Raw>,
    turns: Vec<Turn>,
    places: HashMap<TurnId, usize>,
    /// Other ids of a turn (a review's), to the id it has here.
    aliases: HashMap<TurnId, TurnId>,
    /// The running turn, by the id that `turn/interrupt` accepts.
    active: Option<TurnId>,
    /// Markers from before the first turn.
    held: Vec<Marker>,
    /// Turns from before `thread/reverted`; the history that is listed next says which of them are still there.
    reverted: Vec<Turn>,
    older_exists: bool,
    /// The app-server keeps nothing of it, and so do we.
    ephemeral: bool,
    bytes: usize,
    /// Where the last delta went.
    last: Option<(usize, usize)>,
}

type Outcome = Result<(), String>;

impl Thread {
    pub fn new(id: ThreadId) -> Self {
        Self {
            id,
            name: None,
            cwd: None,
            model: None,
            status: Raw::of(&serde_json::json!({ "type": "notLoaded" })),
            usage: None,
            turns: Vec::new(),
            places: HashMap::new(),
            aliases: HashMap::new(),
            active: None,
            held: Vec::new(),
            reverted: Vec::new(),
            older_exists: false,
            ephemeral: false,
            bytes: 0,
            last: None,
        }
    }

    pub fn id(&self) -> &ThreadId {
        &self.id
    }

    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub fn cwd(&self) -> Option<&str> {
        self.cwd.as_deref()
    }

    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// The app-server's own status object.
    pub fn status(&self) -> &Raw {
        &self.status
    }

    /// Items held.
    pub fn item_count(&self) -> usize {
        self.turns.iter().map(|turn| turn.items.len()).sum()
    }

    /// Bytes of the items held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Applies one live notification of this thread. `at` is epoch milliseconds.
    pub fn apply(&mut self, method: &str, params: &Raw, at: u64) -> Applied {
        let mut changes = Vec::new();
        let outcome = self.reduce(method, params, at, &mut changes);
        if self.bytes > MAX_ITEM_BYTES {
            self.let_go(&[]);
        }
        Applied { changes, problem: outcome.err() }
    }

    fn reduce(
        &mut self,
        method: &str,
        params: &Raw,
        at: u64,
        out: &mut Vec<ThreadChange>,
    ) -> Outcome {
        match method {
            "item/agentMessage/delta" => self.delta(params, "agentMessage", Field::Text, out),
            "item/commandExecution/outputDelta" => {
                self.delta(params, "commandExecution", Field::Output, out)
            }
            "item/reasoning/summaryTextDelta" => self.part_delta(params, Field::Summary, out),
            "item/reasoning/textDelta" => self.part_delta(params, Field::Content, out),
            "item/reasoning/summaryPartAdded" => self.summary_part(params, out),
            "item/plan/delta" => self.delta(params, "plan", Field::Text, out),
            "item/fileChange/outputDelta" => self.delta(params, "fileChange", Field::Output, out),
            "item/fileChange/patchUpdated" => self.patch_updated(params, out),
            "item/mcpToolCall/progress" => self.progress(params, out),
            "item/commandExecution/terminalInteraction" => self.terminal_interaction(params),
            "turn/plan/updated" => self.plan_updated(params, out),
            "item/started" => self.item_started(params, out),
            "item/completed" => self.item_completed(params, out),
            "turn/started" => self.turn_started(params, at, out),
            "turn/completed" => self.turn_completed(params, at, out),
            "thread/started" => {
                let note: wire::ThreadStarted = read(params)?;
                out.extend(self.describe(&Raw::from(note.thread)));
                Ok(())
            }
            "thread/status/changed" => {
                let note: wire::StatusChanged = read(params)?;
                self.set_status(note.status, out);
                Ok(())
            }
            "thread/name/updated" => {
                let note: wire::NameUpdated = read(params)?;
                set(&mut self.name, note.thread_name.map(Into::into), "name", out);
                Ok(())
            }
            "thread/settings/updated" => {
                let note: wire::SettingsUpdated = read(params)?;
                if let Some(cwd) = note.thread_settings.cwd {
                    set(&mut self.cwd, Some(cwd.into()), "cwd", out);
                }
                if let Some(model) = note.thread_settings.model {
                    set(&mut self.model, Some(model.into()), "model", out);
                }
                Ok(())
            }
            "thread/tokenUsage/updated" => {
                let note: wire::UsageUpdated = read(params)?;
                let usage = Raw::from(note.token_usage);
                if self.usage.as_ref() != Some(&usage) {
                    out.push(change(ChangeOp::Usage).with_value(usage.clone()));
                    self.usage = Some(usage);
                }
                Ok(())
            }
            "thread/reverted" => {
                self.revert(out);
                Ok(())
            }
            _ => self.mark(method, params, at, out),
        }
    }

    /// What a thread object says: from the result of `thread/start`, `resume`, `read` or `fork`, or from `thread/started`.
    /// Its `turns` are history, for [`Thread::replay`].
    pub fn describe(&mut self, thread: &Raw) -> Vec<ThreadChange> {
        let mut out = Vec::new();
        let Ok(about) = thread.view::<wire::ThreadObject>() else { return out };
        if let Some(name) = about.name {
            set(&mut self.name, name.0.map(Into::into), "name", &mut out);
        }
        if let Some(cwd) = about.cwd {
            set(&mut self.cwd, Some(cwd.into()), "cwd", &mut out);
        }
        if let Some(model) = about.model {
            set(&mut self.model, Some(model.into()), "model", &mut out);
        }
        self.ephemeral = about.ephemeral.unwrap_or(self.ephemeral);
        if let Some(status) = about.status {
            self.set_status(status, &mut out);
        }
        out
    }

    /// The app-server died: the running turn is interrupted, and so is everything it ran.
    pub fn process_exited(&mut self, at: u64) -> Vec<ThreadChange> {
        let mut out = Vec::new();
        self.active = None;
        for place in 0..self.turns.len() {
            let turn = &mut self.turns[place];
            turn.close_items(true, &mut out);
            for item in &mut turn.items {
                item.runs_on = false;
            }
            if !turn.settled {
                turn.settle("interrupted".into(), None, None, at, &mut out);
                let text = "The Codex app-server exited while this turn ran.".into();
                turn.push_marker(Marker { kind: "appServerExited".into(), text, at }, &mut out);
            }
        }
        let status = Raw::of(&serde_json::json!({ "type": "notLoaded" }));
        if self.status != status {
            out.push(change(ChangeOp::Status).with_value(status.clone()));
            self.status = status;
        }
        out
    }

    /// The id of the running turn that `turn/interrupt` accepts.
    pub fn active_turn(&self) -> Option<&TurnId> {
        self.active
            .as_ref()
            .or_else(|| self.turns.last().filter(|turn| !turn.settled).map(|turn| &turn.id))
    }

    /// The id under which this thread keeps a turn: a review's other id resolves to it.
    pub fn resolve_turn(&self, turn: &TurnId) -> TurnId {
        self.aliases.get(turn).unwrap_or(turn).clone()
    }

    /// An item with its texts whole.
    pub fn item(&self, turn: &TurnId, item: &ItemId) -> Option<ItemState> {
        self.find(turn, item).map(|item| item.state(usize::MAX))
    }

    /// What the agent said last in a turn.
    pub fn last_message(&self, turn: &TurnId) -> Option<String> {
        let items = &self.turns[self.turn_place(turn.as_str())?].items;
        let last = items.iter().rev().find(|item| item.kind == "agentMessage")?;
        let text = last.state(usize::MAX).fields.remove("text")?;
        text.as_str().map(str::to_owned)
    }

    /// Whether a turn came to anything but what it was asked.
    pub fn has_answer(&self, turn: &TurnId) -> bool {
        let Some(place) = self.turn_place(turn.as_str()) else { return false };
        self.turns[place].items.iter().any(|item| item.kind != "userMessage")
    }

    /// The `changes` of a fileChange item, which the approval request does not carry.
    pub fn file_changes(&self, turn: &TurnId, item: &ItemId) -> Option<Raw> {
        self.find(turn, item)?.changes()
    }

    /// Says that an item waits for a person, or no longer does: a command never begun does not run on.
    pub fn set_awaiting(&mut self, turn: &TurnId, item: &ItemId, awaiting: bool) {
        if let Some((turn, item)) = self.place_of(turn.as_str(), item.as_str()) {
            self.turns[turn].items[item].awaiting = awaiting;
        }
    }

    /// Whether a command of a turn that has ended still runs.
    pub fn runs_on(&self) -> bool {
        let mut settled = self.turns.iter().filter(|turn| turn.settled);
        settled.any(|turn| turn.items.iter().any(|item| item.runs_on))
    }

    /// Commands that were not told to have ended although their turn has.
    pub fn running_commands(&self) -> Vec<RunningCommand> {
        let settled = self.turns.iter().filter(|turn| turn.settled);
        let items = settled.flat_map(|turn| turn.items.iter().map(move |item| (turn, item)));
        items
            .filter(|(_, item)| item.runs_on)
            .map(|(turn, item)| RunningCommand {
                turn_id: turn.id.clone(),
                item_id: item.id.clone(),
                process_id: item.process_id(),
                command: item.command(),
                started_at: item.started_at,
            })
            .collect()
    }

    fn find(&self, turn: &TurnId, item: &ItemId) -> Option<&Item> {
        let (turn, item) = self.place_of(turn.as_str(), item.as_str())?;
        Some(&self.turns[turn].items[item])
    }

    fn place_of(&self, turn: &str, item: &str) -> Option<(usize, usize)> {
        let turn = self.turn_place(turn)?;
        Some((turn, *self.turns[turn].places.get(item)?))
    }

    fn turn_place(&self, id: &str) -> Option<usize> {
        let id = self.aliases.get(id).map_or(id, TurnId::as_str);
        self.places.get(id).copied()
    }

    /// The turn that a notification is about. One that names no turn is about the running one.
    fn scope(&mut self, named: Option<&str>, out: &mut Vec<ThreadChange>) -> Result<usize, String> {
        let id = match named {
            Some(id) => id.into(),
            None => self.active_turn().cloned().ok_or("it names no turn, and none is running")?,
        };
        Ok(self.turn_place(id.as_str()).unwrap_or_else(|| self.add_turn(Turn::new(id), out)))
    }

    fn add_turn(&mut self, mut turn: Turn, out: &mut Vec<ThreadChange>) -> usize {
        self.forget_oldest_turns();
        let place = self.turns.len();
        let held = std::mem::take(&mut self.held);
        out.push(turn.change());
        for marker in held {
            turn.push_marker(marker, out);
        }
        self.places.insert(turn.id.clone(), place);
        self.turns.push(turn);
        place
    }

    fn forget_oldest_turns(&mut self) {
        let excess = (self.turns.len() + 1).saturating_sub(MAX_TURNS);
        if excess == 0 {
            return;
        }
        self.bytes -= self.turns.drain(..excess).map(|turn| turn.bytes()).sum::<usize>();
        self.index_turns();
        let places = &self.places;
        self.aliases.retain(|_, turn| places.contains_key(turn));
        self.older_exists = true;
    }

    fn index_turns(&mut self) {
        self.last = None;
        self.places =
            self.turns.iter().enumerate().map(|(place, turn)| (turn.id.clone(), place)).collect();
    }

    fn set_status(&mut self, status: &serde_json::value::RawValue, out: &mut Vec<ThreadChange>) {
        if self.status.as_str() != status.get() {
            self.status = Raw::from(status);
            out.push(change(ChangeOp::Status).with_value(self.status.clone()));
        }
    }
}

/// Reads the params of a notification; the reason of a failure is for a diagnostic.
fn read<'a, T: serde::Deserialize<'a>>(params: &'a Raw) -> Result<T, String> {
    params.view().map_err(|error| error.to_string())
}

fn change(op: ChangeOp) -> ThreadChange {
    ThreadChange { op, turn_id: None, item_id: None, field: None, value: None, append: None }
}

fn set(slot: &mut Option<String>, value: Option<String>, field: &str, out: &mut Vec<ThreadChange>) {
    if *slot != value {
        out.push(ThreadChange {
            field: Some(field.into()),
            ..change(ChangeOp::Status).with_value(Raw::of(&value))
        });
        *slot = value;
    }
}

impl ThreadChange {
    fn with_value(mut self, value: Raw) -> Self {
        self.value = Some(value);
        self
    }

    fn about(mut self, turn: &TurnId) -> Self {
        self.turn_id = Some(turn.clone());
        self
    }
}

/// What a `turn` change carries: the turn without its items and markers, which have changes of their own.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TurnHead<'a> {
    turn_id: &'a TurnId,
    status: &'a str,
    error: Option<&'a Raw>,
    started_at: Option<u64>,
    completed_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'a Raw>,
}
