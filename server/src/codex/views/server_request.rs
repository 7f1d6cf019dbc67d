//! Requests that the app-server makes: approvals, questions and what it asks of the client itself.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{Text, read, view};

view! {
    /// May this command run? What it is and why is all in here, unlike a file change.
    pub struct CommandApproval<'a> of "CommandExecutionRequestApprovalParams" {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
        item_id = "itemId": Text<'a>,
        /// Tells several approvals of one item apart.
        approval_id = "approvalId": Option<Text<'a>>,
        /// `command`, `writeStdin` or `humanCommand`.
        kind = "kind": Option<Text<'a>>,
        /// Epoch milliseconds.
        started_at_ms = "startedAtMs": i64,
        command = "command": Option<Text<'a>>,
        cwd = "cwd": Option<Text<'a>>,
        reason = "reason": Option<Text<'a>>,
        command_actions = "commandActions": Option<Vec<&'a RawValue>>,
        network = "networkApprovalContext": Option<NetworkContext<'a>>,
        additional_permissions = "additionalPermissions": Option<&'a RawValue>,
        /// May leave out decisions that are accepted all the same.
        available_decisions = "availableDecisions": Option<Vec<&'a RawValue>>,
        proposed_execpolicy_amendment = "proposedExecpolicyAmendment": Option<Vec<Text<'a>>>,
        proposed_network_policy_amendments = "proposedNetworkPolicyAmendments": Option<Vec<&'a RawValue>>,
    }
}

view! {
    /// The host that a command wants to reach.
    pub struct NetworkContext<'a> of "NetworkApprovalContext" {
        host = "host": Text<'a>,
        protocol = "protocol": Text<'a>,
    }
}

view! {
    /// May this patch be written? Its changes are in the item, not here.
    pub struct FileChangeApproval<'a> of "FileChangeRequestApprovalParams" {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
        item_id = "itemId": Text<'a>,
        /// Epoch milliseconds.
        started_at_ms = "startedAtMs": i64,
        reason = "reason": Option<Text<'a>>,
        /// The directory that may be written from now on.
        grant_root = "grantRoot": Option<Text<'a>>,
    }
}

view! {
    /// May the turn have these permissions?
    pub struct PermissionsApproval<'a> of "PermissionsRequestApprovalParams" {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
        item_id = "itemId": Text<'a>,
        /// Epoch milliseconds.
        started_at_ms = "startedAtMs": i64,
        cwd = "cwd": Text<'a>,
        reason = "reason": Option<Text<'a>>,
        permissions = "permissions": &'a RawValue,
    }
}

view! {
    /// Questions from the agent.
    pub struct UserInputRequest<'a> of "ToolRequestUserInputParams" {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
        item_id = "itemId": Text<'a>,
        questions = "questions": Vec<Question<'a>>,
    }
}

view! {
    /// One question; free text where there are no options.
    pub struct Question<'a> of "ToolRequestUserInputQuestion" {
        id = "id": Text<'a>,
        header = "header": Text<'a>,
        question = "question": Text<'a>,
        options = "options": Option<Vec<QuestionOption<'a>>>,
        /// An answer of one's own is allowed beside the options.
        is_other = "isOther": Option<bool>,
        /// The answer must not be shown or kept.
        is_secret = "isSecret": Option<bool>,
    }
}

view! {
    /// An answer to choose; its label is what goes back.
    pub struct QuestionOption<'a> of "ToolRequestUserInputOption" {
        label = "label": Text<'a>,
        description = "description": Text<'a>,
    }
}

view! {
    /// A question of an MCP server. Which other fields it has depends on `mode`.
    pub struct Elicitation<'a> of "McpServerElicitationRequestParams" {
        thread_id = "threadId": Text<'a>,
        /// Absent when the server asks outside a turn.
        turn_id = "turnId": Option<Text<'a>>,
        server_name = "serverName": Text<'a>,
        /// `form`, `url`, `openai/form`, `openaiForm` or `openai/userVerification`.
        mode = "mode": Text<'a>,
        message = "message": Option<Text<'a>>,
        requested_schema = "requestedSchema": Option<&'a RawValue>,
        url = "url": Option<Text<'a>>,
        elicitation_id = "elicitationId": Option<Text<'a>>,
    }
}

view! {
    /// The agent calls a tool that the client declared with the thread.
    pub struct DynamicToolCall<'a> of "DynamicToolCallParams" {
        thread_id = "threadId": Text<'a>,
        turn_id = "turnId": Text<'a>,
        call_id = "callId": Text<'a>,
        namespace = "namespace": Option<Text<'a>>,
        tool = "tool": Text<'a>,
        arguments = "arguments": &'a RawValue,
    }
}

view! {
    /// Fresh tokens are wanted, from a client that logged in with its own; the turn fails after ten seconds.
    pub struct TokensRefresh<'a> of "ChatgptAuthTokensRefreshParams" {
        reason = "reason": Text<'a>,
        previous_account_id = "previousAccountId": Option<Text<'a>>,
    }
}

view! {
    /// An attestation is wanted; sent only to a client that offered one.
    pub struct AttestationGenerate of "AttestationGenerateParams" {
    }
}

view! {
    /// The time is wanted, in Unix seconds.
    pub struct CurrentTimeRead<'a> of "CurrentTimeReadParams" {
        thread_id = "threadId": Text<'a>,
    }
}

view! {
    /// The older form of [`FileChangeApproval`].
    pub struct LegacyPatchApproval<'a> of "ApplyPatchApprovalParams" {
        /// The thread.
        conversation_id = "conversationId": Text<'a>,
        call_id = "callId": Text<'a>,
        /// By path.
        file_changes = "fileChanges": BTreeMap<String, &'a RawValue>,
        reason = "reason": Option<Text<'a>>,
        grant_root = "grantRoot": Option<Text<'a>>,
    }
}

view! {
    /// The older form of [`CommandApproval`].
    pub struct LegacyCommandApproval<'a> of "ExecCommandApprovalParams" {
        /// The thread.
        conversation_id = "conversationId": Text<'a>,
        call_id = "callId": Text<'a>,
        approval_id = "approvalId": Option<Text<'a>>,
        command = "command": Vec<Text<'a>>,
        cwd = "cwd": Text<'a>,
        reason = "reason": Option<Text<'a>>,
    }
}

/// Declares [`ServerRequest`] from one table: variant, method, view.
macro_rules! server_requests {
    ($($variant:ident = $method:literal ($($view:tt)+),)*) => {
        /// A request of the app-server, read. Every one in the contract has a variant.
        #[derive(Clone, Debug)]
        pub enum ServerRequest<'a> {
            $(#[doc = concat!("`", $method, "`")] $variant($($view)+),)*
            /// A method of a newer codex: refused at once, since the app-server waits for an answer.
            Unknown,
        }

        impl<'a> ServerRequest<'a> {
            /// Reads the request `method`; an error means that its params are not what the contract says.
            pub fn read(method: &str, params: &'a RawValue) -> Result<Self, serde_json::Error> {
                Ok(match method {
                    $($method => Self::$variant(read(params)?),)*
                    _ => Self::Unknown,
                })
            }

            /// The methods that have a variant, each with the shape of its view.
            #[cfg(test)]
            pub fn table() -> Vec<(&'static str, crate::codex::conformance::Shape)> {
                vec![$(($method, <$($view)+ as crate::codex::conformance::Shaped>::shape())),*]
            }
        }
    };
}

server_requests! {
    Command = "item/commandExecution/requestApproval" (CommandApproval<'a>),
    FileChange = "item/fileChange/requestApproval" (FileChangeApproval<'a>),
    Permissions = "item/permissions/requestApproval" (PermissionsApproval<'a>),
    UserInput = "item/tool/requestUserInput" (UserInputRequest<'a>),
    Elicitation = "mcpServer/elicitation/request" (Elicitation<'a>),
    ToolCall = "item/tool/call" (DynamicToolCall<'a>),
    TokensRefresh = "account/chatgptAuthTokens/refresh" (TokensRefresh<'a>),
    Attestation = "attestation/generate" (AttestationGenerate),
    CurrentTime = "currentTime/read" (CurrentTimeRead<'a>),
    LegacyPatch = "applyPatchApproval" (LegacyPatchApproval<'a>),
    LegacyCommand = "execCommandApproval" (LegacyCommandApproval<'a>),
}
