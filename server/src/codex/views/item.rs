//! Items of a turn: the envelope all share, and the kinds that Outrigger acts on.

use serde_json::value::RawValue;

use super::{Text, view};

view! {
    /// What every item has. An id is unique within its turn only.
    pub struct Item<'a> of "ThreadItem" {
        kind = "type": Text<'a>,
        id = "id": Text<'a>,
    }
}

view! {
    /// What the person (or a steer) said.
    pub struct UserMessageItem<'a> of "ThreadItem#userMessage" {
        id = "id": Text<'a>,
        content = "content": Vec<&'a RawValue>,
        client_id = "clientId": Option<Text<'a>>,
    }
}

view! {
    /// What the agent said.
    pub struct AgentMessageItem<'a> of "ThreadItem#agentMessage" {
        id = "id": Text<'a>,
        text = "text": Text<'a>,
    }
}

view! {
    /// The agent's plan, as text.
    pub struct PlanItem<'a> of "ThreadItem#plan" {
        id = "id": Text<'a>,
        text = "text": Text<'a>,
    }
}

view! {
    /// The agent's reasoning: summaries and, where the model shows it, the content.
    pub struct ReasoningItem<'a> of "ThreadItem#reasoning" {
        id = "id": Text<'a>,
        summary = "summary": Option<Vec<Text<'a>>>,
        content = "content": Option<Vec<Text<'a>>>,
    }
}

view! {
    /// A shell command.
    pub struct CommandExecutionItem<'a> of "ThreadItem#commandExecution" {
        id = "id": Text<'a>,
        command = "command": Text<'a>,
        cwd = "cwd": Text<'a>,
        /// `inProgress`, `completed`, `failed` or `declined`.
        status = "status": Text<'a>,
        command_actions = "commandActions": Vec<&'a RawValue>,
        /// Complete up to about 1 MiB, unlike the deltas; only on a completed item.
        aggregated_output = "aggregatedOutput": Option<Text<'a>>,
        exit_code = "exitCode": Option<i64>,
        duration_ms = "durationMs": Option<i64>,
        process_id = "processId": Option<Text<'a>>,
    }
}

view! {
    /// A patch.
    pub struct FileChangeItem<'a> of "ThreadItem#fileChange" {
        id = "id": Text<'a>,
        /// `inProgress`, `completed`, `failed` or `declined`.
        status = "status": Text<'a>,
        changes = "changes": Vec<FileChange<'a>>,
    }
}

view! {
    /// What a patch does to one file.
    pub struct FileChange<'a> of "FileUpdateChange" {
        /// Absolute.
        path = "path": Text<'a>,
        kind = "kind": ChangeKind<'a>,
        /// A unified diff for `update`, with a `Moved to:` tail for a move; the raw content for `add` and `delete`.
        diff = "diff": Text<'a>,
    }
}

view! {
    /// `add`, `delete` or `update`.
    pub struct ChangeKind<'a> of "PatchChangeKind" {
        kind = "type": Text<'a>,
        /// Where an `update` moves the file, absolute.
        move_path = "move_path": Option<Text<'a>>,
    }
}
