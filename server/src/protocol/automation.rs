//! Automations: prompts that run by themselves when they are due, what each run came to, and the inbox.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{RunId, ThreadId, TurnId};

/// A time in minutes, with parts of one.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = "number"))]
#[serde(transparent)]
pub struct Minutes(pub f64);

impl Minutes {
    /// Whole milliseconds.
    pub fn millis(self) -> u64 {
        std::time::Duration::try_from_secs_f64(self.0 * 60.0)
            .ok()
            .and_then(|duration| u64::try_from(duration.as_millis()).ok())
            .unwrap_or(u64::MAX)
    }
}

impl Serialize for Minutes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = std::time::Duration::try_from_secs_f64(self.0).ok().map(|all| all.as_secs());
        match whole.filter(|_| self.0.fract() == 0.0) {
            Some(whole) => serializer.serialize_u64(whole),
            None => serializer.serialize_f64(self.0),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AutomationStatus {
    Active,
    Paused,
}

/// What becomes of occurrences that passed while nothing ran. Either way one record is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum MissedPolicy {
    Skip,
    /// One run for the last of them, unless it is longer ago than `deadlineMinutes`.
    CatchUpOnce,
}

/// What becomes of an occurrence while the run before goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum OverlapPolicy {
    Skip,
    /// One waits for the end of the other.
    Queue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum ExecutionEnvironment {
    /// In the folder itself.
    Local,
    /// In a new worktree of its repository.
    Worktree,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum AutomationKind {
    /// Each run is a thread of its own.
    Cron,
    /// Each run is a turn of one thread.
    Heartbeat,
}

/// Who fires it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum AutomationOwner {
    Outrigger,
    /// The Codex desktop app; never fired here.
    Desktop,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Automation {
    pub id: String,
    pub name: String,
    pub prompt: String,
    pub status: AutomationStatus,
    /// As it was written.
    pub rrule: String,
    /// The rule as it is understood; null when it is not valid.
    pub canonical_rule: Option<String>,
    /// An IANA name.
    pub timezone: String,
    pub missed: MissedPolicy,
    pub overlap: OverlapPolicy,
    pub deadline_minutes: Minutes,
    /// `file:` URIs.
    pub cwds: Vec<String>,
    /// Null is the person's own.
    pub model: Option<String>,
    pub reasoning_effort: Option<String>,
    pub execution_environment: ExecutionEnvironment,
    /// Where a worktree begins; null is `HEAD`.
    pub branch: Option<String>,
    /// `untrusted`, `on-request`, `never`, or an object; null is the person's own.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub approval_policy: Option<Value>,
    /// `read-only`, `workspace-write` or `danger-full-access`; null is the person's own.
    pub sandbox: Option<String>,
    pub approval_timeout_minutes: Minutes,
    pub max_run_minutes: Minutes,
    /// Epoch milliseconds, as are all times here.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub next_run_at: Option<u64>,
    #[cfg_attr(test, ts(type = "number | null"))]
    pub last_run_at: Option<u64>,
    #[cfg_attr(test, ts(type = "number"))]
    pub created_at: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub updated_at: u64,
    pub kind: AutomationKind,
    pub target_thread_id: Option<ThreadId>,
    pub owner: AutomationOwner,
    /// Why it does not fire although it is active, or was paused by Outrigger; a sentence for the person.
    pub problem: Option<String>,
}

/// What a person says of an automation. `create` needs `name`, `prompt` and `rrule`, `update` the `id`; what is left out
/// is the default, or stays as it is. A null takes back what was said.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct AutomationFields {
    #[cfg_attr(test, ts(optional = nullable))]
    pub id: Option<String>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub name: Option<String>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub prompt: Option<String>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub status: Option<AutomationStatus>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub rrule: Option<String>,
    /// The machine's own where nothing is said.
    #[cfg_attr(test, ts(optional = nullable))]
    pub timezone: Option<String>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub missed: Option<MissedPolicy>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub overlap: Option<OverlapPolicy>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub deadline_minutes: Option<Minutes>,
    /// The session's first folder where nothing is said.
    #[cfg_attr(test, ts(optional = nullable))]
    pub cwds: Option<Vec<String>>,
    #[serde(deserialize_with = "said")]
    #[cfg_attr(test, ts(optional, type = "string | null"))]
    pub model: Option<Option<String>>,
    #[serde(deserialize_with = "said")]
    #[cfg_attr(test, ts(optional, type = "string | null"))]
    pub reasoning_effort: Option<Option<String>>,
    /// `worktree` in a git repository where nothing is said.
    #[cfg_attr(test, ts(optional = nullable))]
    pub execution_environment: Option<ExecutionEnvironment>,
    #[serde(deserialize_with = "said")]
    #[cfg_attr(test, ts(optional, type = "string | null"))]
    pub branch: Option<Option<String>>,
    #[serde(deserialize_with = "said")]
    #[cfg_attr(test, ts(optional, type = "unknown"))]
    pub approval_policy: Option<Option<Value>>,
    #[serde(deserialize_with = "said")]
    #[cfg_attr(test, ts(optional, type = "string | null"))]
    pub sandbox: Option<Option<String>>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub approval_timeout_minutes: Option<Minutes>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub max_run_minutes: Option<Minutes>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub kind: Option<AutomationKind>,
    #[serde(deserialize_with = "said")]
    #[cfg_attr(test, ts(optional, type = "ThreadId | null"))]
    pub target_thread_id: Option<Option<ThreadId>>,
    /// `outrigger` takes over one of the desktop app's, which then no longer fires it.
    #[cfg_attr(test, ts(optional = nullable))]
    pub owner: Option<AutomationOwner>,
}

/// What is there was said, null included.
#[allow(clippy::option_option)] // Not said, taken back, and said are three things.
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AutomationRef {
    pub id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AutomationRunParams {
    pub id: String,
    /// In place, also where the working tree has changes that are not committed.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub force: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AutomationPreviewParams {
    pub rrule: String,
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub timezone: Option<String>,
    /// Epoch milliseconds; now where nothing is said.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable, type = "number"))]
    pub after: Option<u64>,
    /// At most 1,000.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub count: Option<u32>,
    /// Where a rule without a beginning of its own begins, in epoch milliseconds: an automation's `createdAt`; `after`
    /// where nothing is said.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable, type = "number"))]
    pub created_at: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AutomationPreview {
    #[cfg_attr(test, ts(type = "Array<number>"))]
    pub occurrences: Vec<u64>,
    pub canonical_rule: String,
    pub timezone: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AutomationHeld {
    pub automation: Automation,
}

/// In the order of their ids.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AutomationList {
    pub automations: Vec<Automation>,
    /// Definitions that cannot be used.
    pub problems: Vec<AutomationProblem>,
    /// Whether Outrigger starts when the person logs in; if not, automations run only while an editor has been open since.
    /// Null with `--solo`.
    pub starts_at_login: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AutomationProblem {
    pub uri: String,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AutomationChanged {
    pub id: String,
    /// Null when it is gone.
    pub automation: Option<Automation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum RunTrigger {
    Schedule,
    Manual,
    CatchUp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RunStatus {
    InProgress,
    PendingReview,
    Accepted,
    Archived,
    Failed,
    Interrupted,
    Missed,
}

/// One occurrence and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AutomationRun {
    pub run_id: RunId,
    pub automation_id: String,
    /// Epoch milliseconds, as are all times here; of a manual run, when it was asked for.
    #[cfg_attr(test, ts(type = "number"))]
    pub scheduled_for: u64,
    pub trigger: RunTrigger,
    pub status: RunStatus,
    pub thread_id: Option<ThreadId>,
    pub turn_id: Option<TurnId>,
    pub title: Option<String>,
    pub summary: Option<String>,
    /// Why it failed, was interrupted or missed; a sentence for the person.
    pub error: Option<String>,
    #[cfg_attr(test, ts(type = "number | null"))]
    pub started_at: Option<u64>,
    #[cfg_attr(test, ts(type = "number | null"))]
    pub finished_at: Option<u64>,
    #[cfg_attr(test, ts(type = "number | null"))]
    pub read_at: Option<u64>,
    pub archived_reason: Option<String>,
    /// Occurrences that passed without a run and for which this record stands.
    pub missed: u32,
    /// How often it was begun; 2 after a crash in the middle of the first.
    pub attempt: u32,
    /// The folder in which it works, a `file:` URI.
    pub cwd: Option<String>,
    /// The worktree that was made for it and is still there, a `file:` URI.
    pub worktree: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AutomationRunHeld {
    pub run: AutomationRun,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct AutomationRunsParams {
    #[cfg_attr(test, ts(optional = nullable))]
    pub automation_id: Option<String>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub status: Option<RunStatus>,
    /// 50 where nothing is said, at most 500.
    #[cfg_attr(test, ts(optional = nullable))]
    pub limit: Option<u32>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub cursor: Option<String>,
}

/// The newest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AutomationRuns {
    pub runs: Vec<AutomationRun>,
    pub next_cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RunRef {
    pub run_id: RunId,
}

/// What a finished run left for the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct InboxItem {
    pub id: String,
    pub run_id: RunId,
    pub automation_id: String,
    pub thread_id: Option<ThreadId>,
    pub title: String,
    pub description: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub created_at: u64,
    #[cfg_attr(test, ts(type = "number | null"))]
    pub read_at: Option<u64>,
    #[cfg_attr(test, ts(type = "number | null"))]
    pub archived_at: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct InboxListParams {
    #[cfg_attr(test, ts(optional = nullable))]
    pub unread_only: Option<bool>,
}

/// The newest first; what is archived is left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InboxList {
    pub items: Vec<InboxItem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InboxRef {
    pub id: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InboxItemHeld {
    pub item: InboxItem,
}
