//! What Outrigger knows of the app-server's protocol, held to the vendored schema by tests.
//!
//! The schema is that of one codex version, experimental methods included. An installed codex may be older or
//! newer: nothing here decides what passes through, only what Outrigger itself acts on, sends or explains.

pub use super::contract_methods::{CLIENT_REQUESTS, NOTIFICATIONS};

/// The codex version whose schema is vendored, such as `0.169.0`.
pub const CONTRACT_VERSION: &str = include_str!("../../schema/codex/VERSION").trim_ascii();

/// The oldest codex version that has every method Outrigger calls.
pub const MINIMUM_VERSION: &str = "0.160.0";

/// The requests of the app-server that Outrigger answers, by a person or by itself.
pub const SERVER_REQUESTS: &[&str] = &[
    "account/chatgptAuthTokens/refresh",
    "applyPatchApproval",
    "attestation/generate",
    "currentTime/read",
    "execCommandApproval",
    "item/commandExecution/requestApproval",
    "item/fileChange/requestApproval",
    "item/permissions/requestApproval",
    "item/tool/call",
    "item/tool/requestUserInput",
    "mcpServer/elicitation/request",
];

/// The requests of the app-server that Outrigger knows of and leaves to the answer for unknown methods.
pub const NOT_HANDLED: &[&str] = &[];

/// Requests that the app-server answers although its schema no longer names them.
pub const LEGACY_ANSWERED: &[&str] =
    &["getAuthStatus", "getConversationSummary", "gitDiffToRemote"];

/// Requests whose params are `null` in the schema.
pub const WITHOUT_PARAMS: &[&str] = &[
    "account/gatewayOAuth/cancel",
    "account/logout",
    "account/securitySetup/read",
    "account/workspaceMessages/read",
    "config/mcpServer/reload",
    "configRequirements/read",
    "externalAgentConfig/import/readHistories",
    "memory/reset",
    "remoteControl/status/read",
    "rollout/compress",
    "windowsSandbox/readiness",
];

/// Requests that only read, so that one refused as overloaded may be sent again. Sorted.
///
/// Left out on purpose: reads that reach a third party's server (`mcpServer/resource/read`), and everything
/// that starts, subscribes, moves or writes, whatever its name.
pub const IDEMPOTENT_READS: &[&str] = &[
    "account/gatewayOAuth/read",
    "account/rateLimits/read",
    "account/read",
    "account/usage/read",
    "account/workspaceMessages/read",
    "accountSession/list",
    "app/installed",
    "app/list",
    "app/read",
    "collaborationMode/list",
    "config/read",
    "configRequirements/read",
    "environment/info",
    "environment/status",
    "experimentalFeature/list",
    "externalAgentConfig/import/readHistories",
    "fs/getMetadata",
    "fs/readDirectory",
    "fs/readFile",
    "fuzzyFileSearch",
    "hooks/list",
    "mcpServerStatus/list",
    "memory/status",
    "model/list",
    "modelProvider/capabilities/read",
    "modelProvider/list",
    "permissionProfile/list",
    "plugin/installed",
    "plugin/list",
    "plugin/read",
    "plugin/search",
    "plugin/share/list",
    "plugin/skill/read",
    "project/list",
    "project/read",
    "remoteControl/client/list",
    "remoteControl/pairing/status",
    "remoteControl/status/read",
    "server/diagnostics",
    "skills/list",
    "thread/attachment/list",
    "thread/attachmentOwner/list",
    "thread/backgroundTerminals/list",
    "thread/goal/get",
    "thread/items/list",
    "thread/items/read",
    "thread/list",
    "thread/loaded/list",
    "thread/memory/read",
    "thread/queue/list",
    "thread/read",
    "thread/realtime/listVoices",
    "thread/search",
    "thread/searchOccurrences",
    "thread/timeline/list",
    "thread/turns/list",
    "threadSection/list",
    "userVerification/status",
    "windowsSandbox/readiness",
];

/// Whether `method` takes no params at all: even an empty object is refused.
pub fn takes_no_params(method: &str) -> bool {
    WITHOUT_PARAMS.binary_search(&method).is_ok()
}

/// Whether `method` only reads: sent again when the app-server was overloaded, as no other request is.
pub fn is_idempotent_read(method: &str) -> bool {
    IDEMPOTENT_READS.binary_search(&method).is_ok()
}

/// Whether the app-server is known to answer the request `method`.
pub fn is_known_request(method: &str) -> bool {
    CLIENT_REQUESTS.binary_search(&method).is_ok() || LEGACY_ANSWERED.contains(&method)
}

/// Whether `method` is a notification of the contract; one that is not passes through with a diagnostic.
pub fn is_known_notification(method: &str) -> bool {
    NOTIFICATIONS.binary_search(&method).is_ok()
}

/// Whether `method` is a request of the app-server that Outrigger answers.
pub fn is_handled_server_request(method: &str) -> bool {
    SERVER_REQUESTS.contains(&method)
}
