//! What the reducer reads of the app-server's notifications. Everything else stays in the raw text.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// A string that is borrowed from the message unless it has an escape.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Text<'_> {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Text<'_>> for String {
    fn from(text: Text<'_>) -> Self {
        text.0.into_owned()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delta<'a> {
    #[serde(borrow)]
    pub turn_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub item_id: Text<'a>,
    #[serde(borrow, rename = "delta")]
    pub text: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartDelta<'a> {
    #[serde(borrow)]
    pub turn_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub item_id: Text<'a>,
    #[serde(borrow, rename = "delta")]
    pub text: Text<'a>,
    #[serde(alias = "summaryIndex", alias = "contentIndex")]
    pub part_index: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SummaryPart<'a> {
    #[serde(borrow)]
    pub turn_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub item_id: Text<'a>,
    pub summary_index: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatchUpdated<'a> {
    #[serde(borrow)]
    pub turn_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub item_id: Text<'a>,
    #[serde(borrow)]
    pub changes: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress<'a> {
    #[serde(borrow)]
    pub turn_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub item_id: Text<'a>,
    #[serde(borrow)]
    pub message: Text<'a>,
}

#[derive(Deserialize)]
pub struct TerminalInteraction<'a> {
    #[serde(borrow, rename = "turnId")]
    pub turn: Text<'a>,
    #[serde(borrow, rename = "itemId")]
    pub item: Text<'a>,
    #[serde(borrow, rename = "processId")]
    pub process: Text<'a>,
}

/// `item/started` and `item/completed`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemNote<'a> {
    #[serde(borrow)]
    pub turn_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub item: &'a RawValue,
    pub started_at_ms: Option<u64>,
}

/// A row of `thread/items/list`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemRow<'a> {
    #[serde(borrow)]
    pub turn_id: Text<'a>,
    #[serde(borrow)]
    pub item: &'a RawValue,
    pub started_at_ms: Option<u64>,
}

/// The part of an item that places it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemHead<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    #[serde(borrow, default)]
    pub status: Option<&'a RawValue>,
    #[serde(default)]
    pub started_at_ms: Option<u64>,
}

/// `turn/started` and `turn/completed`.
#[derive(Deserialize)]
pub struct TurnNote<'a> {
    #[serde(borrow)]
    pub turn: TurnRow<'a>,
}

/// A turn, live or as a row of `thread/turns/list`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TurnRow<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow, default)]
    pub root_turn_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub status: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub error: Option<&'a RawValue>,
    /// Epoch seconds, as the app-server has it.
    #[serde(default)]
    started_at: Option<u64>,
    #[serde(default)]
    completed_at: Option<u64>,
    #[serde(borrow, default)]
    pub items: Vec<&'a RawValue>,
}

impl TurnRow<'_> {
    /// Epoch milliseconds.
    pub fn started_at(&self) -> Option<u64> {
        self.started_at.map(|seconds| seconds.saturating_mul(1000))
    }

    /// Epoch milliseconds.
    pub fn completed_at(&self) -> Option<u64> {
        self.completed_at.map(|seconds| seconds.saturating_mul(1000))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanUpdated<'a> {
    #[serde(borrow)]
    pub turn_id: Text<'a>,
    #[serde(borrow, default)]
    pub explanation: Option<&'a RawValue>,
    #[serde(borrow)]
    pub plan: &'a RawValue,
}

/// A plan as it is told to editors: the note without where it belongs.
#[derive(Serialize)]
pub struct Plan<'a> {
    pub explanation: Option<&'a RawValue>,
    pub plan: &'a RawValue,
}

#[derive(Deserialize)]
pub struct ThreadStarted<'a> {
    #[serde(borrow)]
    pub thread: &'a RawValue,
}

/// A thread object; what it leaves out is not known to have changed.
#[derive(Deserialize)]
pub struct ThreadObject<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    pub name: Option<Nullable<'a>>,
    #[serde(borrow, default)]
    pub cwd: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub model: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub status: Option<&'a RawValue>,
    #[serde(default)]
    pub ephemeral: Option<bool>,
}

/// A text or null, where null says something and absence does not.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Nullable<'a>(#[serde(borrow)] pub Option<Text<'a>>);

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Nullable<'de>>, D::Error> {
    Nullable::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
pub struct StatusChanged<'a> {
    #[serde(borrow)]
    pub status: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NameUpdated<'a> {
    #[serde(borrow, default)]
    pub thread_name: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingsUpdated<'a> {
    #[serde(borrow)]
    pub thread_settings: Settings<'a>,
}

#[derive(Deserialize)]
pub struct Settings<'a> {
    #[serde(borrow, default)]
    pub cwd: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub model: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsageUpdated<'a> {
    #[serde(borrow)]
    pub token_usage: &'a RawValue,
}
