//! Typed, borrowed views of the app-server's JSON: the fields Outrigger acts on and no others.
//!
//! A view never decides what passes through; the raw bytes do that. String enums stay [`Text`], so a value that a
//! newer codex invented survives. The `view!` macro writes the struct and, for tests, the table of what it reads:
//! the conformance tests hold every field to the vendored schema, so a view and its table cannot drift apart.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

mod item;
mod note;
mod server_request;
mod thread;

pub use item::{
    AgentMessageItem, ChangeKind, CommandExecutionItem, FileChange, FileChangeItem, Item, PlanItem,
    ReasoningItem, UserMessageItem,
};
pub use note::{
    ConfigWarning, Delta, Deprecation, ErrorNote, GuardianWarning, ItemCompleted, ItemStarted,
    ModelRerouted, Note, PatchUpdated, ReasoningDelta, RequestResolved, SummaryDelta, SummaryPart,
    ThreadNamed, ThreadNote, ThreadStarted, ThreadStatusChanged, TokenCounts, TokenUsage,
    TokenUsageUpdated, TurnDiffUpdated, TurnNote, TurnPlanUpdated, TurnRef, Warning, thread_id,
};
pub use server_request::{
    AttestationGenerate, CommandApproval, CurrentTimeRead, DynamicToolCall, Elicitation,
    FileChangeApproval, LegacyCommandApproval, LegacyPatchApproval, NetworkContext,
    PermissionsApproval, Question, QuestionOption, ServerRequest, TokensRefresh, UserInputRequest,
};
pub use thread::{
    BackgroundTerminal, BackgroundTerminalPage, Initialized, ItemEntry, ItemPage, Terminated,
    Thread, ThreadOpened, ThreadPage, ThreadRead, ThreadStatus, Turn, TurnError, TurnPage,
    TurnStarted, TurnSteered, Unsubscribed,
};

/// A string of a message: borrowed from it, or owned where it had escapes to undo.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Text<'_> {
    /// The string itself, copied only if it was borrowed.
    pub fn into_string(self) -> String {
        self.0.into_owned()
    }

    /// Whether no copy was made.
    pub fn is_borrowed(&self) -> bool {
        matches!(self.0, Cow::Borrowed(_))
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == **other
    }
}

/// Reads a view from a message's raw `params` or `result`, borrowing from it.
pub fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, serde_json::Error> {
    serde_json::from_str(raw.get())
}

/// Declares a view: `pub struct Name<'a> of "SchemaDefinition" { field = "json": Type, … }`.
///
/// A view may read several definitions alike (`of "A" | "B"`), and one variant of a tagged union
/// (`of "ThreadItem#fileChange"`). Without a lifetime it holds numbers only.
macro_rules! view {
    (
        $(#[$meta:meta])*
        pub struct $name:ident<$lifetime:lifetime> of $($schema:literal)|+ { $($fields:tt)* }
    ) => {
        view! { @define [$(#[$meta])* #[serde(bound(deserialize = "'de: 'a"))]] [$name] [<$lifetime>] [$($schema)+] $($fields)* }
    };
    (
        $(#[$meta:meta])*
        pub struct $name:ident of $($schema:literal)|+ { $($fields:tt)* }
    ) => {
        view! { @define [$(#[$meta])*] [$name] [] [$($schema)+] $($fields)* }
    };
    (
        @define [$($attribute:tt)*] [$name:ident] [$($generics:tt)*] [$($schema:literal)+]
        $($(#[$field_meta:meta])* $field:ident = $json:literal: $type:ty,)*
    ) => {
        #[derive(Clone, Debug, serde::Deserialize)]
        $($attribute)*
        pub struct $name $($generics)* {
            $($(#[$field_meta])* #[serde(rename = $json)] pub $field: $type,)*
        }

        #[cfg(test)]
        impl $($generics)* $crate::codex::conformance::Shaped for $name $($generics)* {
            fn shape() -> $crate::codex::conformance::Shape {
                $crate::codex::conformance::Shape::View {
                    schemas: &[$($schema),+],
                    fields: vec![$($crate::codex::conformance::Field {
                        json: $json,
                        shape: <$type as $crate::codex::conformance::Shaped>::shape(),
                    }),*],
                }
            }
        }
    };
}
use view;
