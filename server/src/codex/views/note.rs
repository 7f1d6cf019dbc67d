//! Notifications of the app-server.

use serde_json::value::RawValue;

use super::{FileChange, Text, Thread, ThreadStatus, Turn, TurnError, read, view};
use crate::protocol::Raw;

/// The thread that a notification belongs to, whatever its method: what routing needs of those with no view.
///
/// None on what concerns the whole app-server, and on `thread/started`, which has it in `thread.id`. Every note is
/// asked for it, so nothing else of the note is parsed.
pub fn thread_id(params: &Raw) -> Option<Text<'_>> {
    serde_json::from_slice(params.member("threadId")?).ok()
}

view! {
    /// A thread came to be, or was loaded.
    pub struct ThreadStarted<'a> of "ThreadStartedNotification" {
        thread = "thread": Thread<'a>,
    }
}

view! {
    /// A note that says of a thread no more than its id.
    pub struct ThreadNote<'a> of
        "ThreadArchivedNotification" | "ThreadUnarchivedNotification" | "ThreadDeletedNotification"
        | "ThreadClosedNotification" | "ThreadRevertedNotification"
    {
        thread_id = "threadId": Text<'a>,
    }
}

view! {
    /// A thread became idle, active or broken.
    pub struct ThreadStatusChanged<'a> of "ThreadStatusChangedNotification" {
        thread_id = "threadId": Text<'a>,
        status = "status": ThreadStatus<'a>,
    }
}

view! {
    /// A thread has another name, or none.
    pub struct ThreadNamed<'a> of "ThreadNameUpdatedNotification" {
        thread_id = "threadId": Text<'a>,
        thread_name = "threadName": Option<Text<'a>>,
    }
}

view! {
    /// The tokens that a thread used.
    pub struct TokenUsageUpdated<'a> of "ThreadTokenUsageUpdatedNotification" {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
        token_usage = "tokenUsage": TokenUsage,
    }
}

view! {
    /// Tokens of the whole thread and of its last model call.
    pub struct TokenUsage of "ThreadTokenUsage" {
        total = "total": TokenCounts,
        last = "last": TokenCounts,
        /// Tokens that the model's context holds.
        model_context_window = "modelContextWindow": Option<i64>,
    }
}

view! {
    /// Numbers of tokens.
    pub struct TokenCounts of "TokenUsageBreakdown" {
        total = "totalTokens": i64,
        input = "inputTokens": i64,
        cached_input = "cachedInputTokens": i64,
        output = "outputTokens": i64,
        reasoning_output = "reasoningOutputTokens": i64,
    }
}

view! {
    /// A turn started or ended. Of a review, the two carry different turn ids.
    pub struct TurnNote<'a> of "TurnStartedNotification" | "TurnCompletedNotification" {
        thread_id = "threadId": Text<'a>,
        turn = "turn": Turn<'a>,
    }
}

view! {
    /// A note that says of a turn no more than its id.
    pub struct TurnRef<'a> of "ContextCompactedNotification" {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
    }
}

view! {
    /// The turn's patches so far as one unified diff; edits by shell commands are not in it.
    pub struct TurnDiffUpdated<'a> of "TurnDiffUpdatedNotification" {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
        diff = "diff": Text<'a>,
    }
}

view! {
    /// The agent's list of steps.
    pub struct TurnPlanUpdated<'a> of "TurnPlanUpdatedNotification" {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
        explanation = "explanation": Option<Text<'a>>,
        plan = "plan": Vec<&'a RawValue>,
    }
}

view! {
    /// An item began; not every item that begins is ever completed.
    pub struct ItemStarted<'a> of "ItemStartedNotification" {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
        item = "item": &'a RawValue,
        /// Epoch milliseconds.
        started_at_ms = "startedAtMs": i64,
    }
}

view! {
    /// An item as it is in the end: what the deltas said no longer counts. May come after its turn's end.
    pub struct ItemCompleted<'a> of "ItemCompletedNotification" {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
        item = "item": &'a RawValue,
        /// Epoch milliseconds.
        completed_at_ms = "completedAtMs": i64,
    }
}

view! {
    /// More text of an item.
    pub struct Delta<'a> of
        "AgentMessageDeltaNotification" | "PlanDeltaNotification" | "CommandExecutionOutputDeltaNotification"
        | "FileChangeOutputDeltaNotification"
    {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
        item_id = "itemId": Text<'a>,
        delta = "delta": Text<'a>,
    }
}

view! {
    /// More text of one part of a reasoning summary.
    pub struct SummaryDelta<'a> of "ReasoningSummaryTextDeltaNotification" {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
        item_id = "itemId": Text<'a>,
        summary_index = "summaryIndex": i64,
        delta = "delta": Text<'a>,
    }
}

view! {
    /// A reasoning summary got another part.
    pub struct SummaryPart<'a> of "ReasoningSummaryPartAddedNotification" {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
        item_id = "itemId": Text<'a>,
        summary_index = "summaryIndex": i64,
    }
}

view! {
    /// More text of one part of the reasoning itself.
    pub struct ReasoningDelta<'a> of "ReasoningTextDeltaNotification" {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
        item_id = "itemId": Text<'a>,
        content_index = "contentIndex": i64,
        delta = "delta": Text<'a>,
    }
}

view! {
    /// A patch grew while the model wrote it.
    pub struct PatchUpdated<'a> of "FileChangePatchUpdatedNotification" {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
        item_id = "itemId": Text<'a>,
        changes = "changes": Vec<FileChange<'a>>,
    }
}

view! {
    /// A request of the app-server is settled, by whoever answered it. May come after its turn's end.
    pub struct RequestResolved<'a> of "ServerRequestResolvedNotification" {
        thread_id = "threadId": Text<'a>,
        /// A number or a string, as the request had it; 0 is an id.
        request_id = "requestId": &'a RawValue,
    }
}

view! {
    /// Something failed within a turn.
    pub struct ErrorNote<'a> of "ErrorNotification" {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
        error = "error": TurnError<'a>,
        /// The turn goes on.
        will_retry = "willRetry": bool,
    }
}

view! {
    /// Words for the person.
    pub struct Warning<'a> of "WarningNotification" {
        message = "message": Text<'a>,
        thread_id = "threadId": Option<Text<'a>>,
    }
}

view! {
    /// Words for the person, from the automatic approval review.
    pub struct GuardianWarning<'a> of "GuardianWarningNotification" {
        message = "message": Text<'a>,
        thread_id = "threadId": Text<'a>,
    }
}

view! {
    /// Something is wrong in a configuration file.
    pub struct ConfigWarning<'a> of "ConfigWarningNotification" {
        summary = "summary": Text<'a>,
        details = "details": Option<Text<'a>>,
        path = "path": Option<Text<'a>>,
    }
}

view! {
    /// Something used here will go away.
    pub struct Deprecation<'a> of "DeprecationNoticeNotification" {
        summary = "summary": Text<'a>,
        details = "details": Option<Text<'a>>,
    }
}

view! {
    /// Another model answers than the one asked for.
    pub struct ModelRerouted<'a> of "ModelReroutedNotification" {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
        from_model = "fromModel": Text<'a>,
        to_model = "toModel": Text<'a>,
        reason = "reason": Text<'a>,
    }
}

/// Declares [`Note`] from one table: variant, method, view.
macro_rules! notes {
    ($($variant:ident = $method:literal ($view:ident),)*) => {
        /// A notification that Outrigger acts on; all others pass through unread.
        #[derive(Clone, Debug)]
        pub enum Note<'a> {
            $(#[doc = concat!("`", $method, "`")] $variant($view<'a>),)*
            /// Any other method: forwarded as it came.
            Other,
        }

        impl<'a> Note<'a> {
            /// Reads the notification `method`; an error means that its params are not what the contract says.
            pub fn read(method: &str, params: &'a RawValue) -> Result<Self, serde_json::Error> {
                Ok(match method {
                    $($method => Self::$variant(read(params)?),)*
                    _ => Self::Other,
                })
            }

            /// The methods that have a variant, each with the shape of its view.
            #[cfg(test)]
            pub fn table() -> Vec<(&'static str, crate::codex::conformance::Shape)> {
                vec![$(($method, <$view<'_> as crate::codex::conformance::Shaped>::shape())),*]
            }
        }
    };
}

notes! {
    ThreadStarted = "thread/started" (ThreadStarted),
    ThreadStatusChanged = "thread/status/changed" (ThreadStatusChanged),
    ThreadNamed = "thread/name/updated" (ThreadNamed),
    ThreadArchived = "thread/archived" (ThreadNote),
    ThreadUnarchived = "thread/unarchived" (ThreadNote),
    ThreadDeleted = "thread/deleted" (ThreadNote),
    ThreadClosed = "thread/closed" (ThreadNote),
    ThreadReverted = "thread/reverted" (ThreadNote),
    ThreadCompacted = "thread/compacted" (TurnRef),
    TokenUsageUpdated = "thread/tokenUsage/updated" (TokenUsageUpdated),
    TurnStarted = "turn/started" (TurnNote),
    TurnCompleted = "turn/completed" (TurnNote),
    TurnDiffUpdated = "turn/diff/updated" (TurnDiffUpdated),
    TurnPlanUpdated = "turn/plan/updated" (TurnPlanUpdated),
    ItemStarted = "item/started" (ItemStarted),
    ItemCompleted = "item/completed" (ItemCompleted),
    AgentMessageDelta = "item/agentMessage/delta" (Delta),
    PlanDelta = "item/plan/delta" (Delta),
    CommandOutputDelta = "item/commandExecution/outputDelta" (Delta),
    FileChangeOutputDelta = "item/fileChange/outputDelta" (Delta),
    PatchUpdated = "item/fileChange/patchUpdated" (PatchUpdated),
    ReasoningSummaryDelta = "item/reasoning/summaryTextDelta" (SummaryDelta),
    ReasoningSummaryPart = "item/reasoning/summaryPartAdded" (SummaryPart),
    ReasoningDelta = "item/reasoning/textDelta" (ReasoningDelta),
    RequestResolved = "serverRequest/resolved" (RequestResolved),
    Error = "error" (ErrorNote),
    Warning = "warning" (Warning),
    GuardianWarning = "guardianWarning" (GuardianWarning),
    ConfigWarning = "configWarning" (ConfigWarning),
    Deprecation = "deprecationNotice" (Deprecation),
    ModelRerouted = "model/rerouted" (ModelRerouted),
}
