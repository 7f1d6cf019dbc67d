//! What goes back to the app-server's own requests: a person's decision, or a polite no.

use serde_json::{Value, json};

/// JSON-RPC's code for a method that is not known.
const METHOD_NOT_FOUND: i64 = -32601;
/// The code of a request that Outrigger knows and does not serve.
const REFUSED: i64 = -32000;

/// The answer to a request of the app-server.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Result(Value),
    Error { code: i64, message: String },
}

/// What a person decides on, by the shape of the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    Command,
    FileChange,
    Permissions,
    Question,
    Elicitation,
    ToolCall,
    /// `applyPatchApproval` and `execCommandApproval`.
    Legacy,
}

impl AnswerKind {
    /// The kind of the request `method`; none where no person decides.
    pub fn of(method: &str) -> Option<Self> {
        match method {
            "item/commandExecution/requestApproval" => Some(Self::Command),
            "item/fileChange/requestApproval" => Some(Self::FileChange),
            "item/permissions/requestApproval" => Some(Self::Permissions),
            "item/tool/requestUserInput" => Some(Self::Question),
            "mcpServer/elicitation/request" => Some(Self::Elicitation),
            "item/tool/call" => Some(Self::ToolCall),
            "applyPatchApproval" | "execCommandApproval" => Some(Self::Legacy),
            _ => None,
        }
    }

    /// The result that carries `decision` upstream: verbatim, wrapped only where the schema wants it in a field.
    pub fn result(self, decision: Value) -> Value {
        match self {
            Self::Command | Self::FileChange | Self::Legacy => json!({ "decision": decision }),
            Self::Permissions | Self::Question | Self::Elicitation | Self::ToolCall => decision,
        }
    }
}

/// The no that the schema has for `method`, or an error where it has none; never leaves the app-server waiting.
///
/// A declined approval lets the turn go on: the agent is told and tries something else.
pub fn refusal(method: &str, reason: &str) -> Answer {
    match method {
        "item/commandExecution/requestApproval" | "item/fileChange/requestApproval" => {
            Answer::Result(json!({ "decision": "decline" }))
        }
        "item/permissions/requestApproval" => Answer::Result(json!({ "permissions": {} })),
        "item/tool/requestUserInput" => Answer::Result(json!({ "answers": {} })),
        "mcpServer/elicitation/request" => Answer::Result(json!({ "action": "decline" })),
        "item/tool/call" => Answer::Result(json!({
            "success": false,
            "contentItems": [{ "type": "inputText", "text": reason }],
        })),
        "applyPatchApproval" | "execCommandApproval" => {
            Answer::Result(json!({ "decision": { "denied": { "rejection": reason } } }))
        }
        "account/chatgptAuthTokens/refresh" | "attestation/generate" | "currentTime/read" => {
            Answer::Error { code: REFUSED, message: reason.to_owned() }
        }
        _ => Answer::Error {
            code: METHOD_NOT_FOUND,
            message: format!("Outrigger does not know the request {method}"),
        },
    }
}

/// What is answered at once, with no person asked; none for requests that wait for a person or, in the case of
/// `item/tool/call`, for the editor that declared the tool.
pub fn immediate(method: &str, now_unix_seconds: i64) -> Option<Answer> {
    match method {
        "currentTime/read" => Some(Answer::Result(json!({ "currentTimeAt": now_unix_seconds }))),
        "account/chatgptAuthTokens/refresh" => Some(refusal(
            method,
            "Outrigger keeps no ChatGPT tokens: sign in again with `codex login`",
        )),
        "attestation/generate" => Some(refusal(method, "Outrigger offers no attestation")),
        "applyPatchApproval" | "execCommandApproval" => Some(refusal(
            method,
            "Outrigger answers approvals of threads only; start a thread with thread/start",
        )),
        _ if AnswerKind::of(method).is_some() => None,
        _ => Some(refusal(method, "")),
    }
}
