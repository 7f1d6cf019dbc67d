//! Every field that the reducer reads is one of the vendored schema, or known to be sent beside it.

use serde_json::Value;

/// Definition by definition: what is read, and whether the schema promises it.
const READ: &[(&str, &[&str])] = &[
    ("AgentMessageDeltaNotification", &["turnId", "itemId", "delta"]),
    ("PlanDeltaNotification", &["turnId", "itemId", "delta"]),
    ("CommandExecutionOutputDeltaNotification", &["turnId", "itemId", "delta"]),
    ("FileChangeOutputDeltaNotification", &["turnId", "itemId", "delta"]),
    ("ReasoningSummaryTextDeltaNotification", &["turnId", "itemId", "delta", "summaryIndex"]),
    ("ReasoningTextDeltaNotification", &["turnId", "itemId", "delta", "contentIndex"]),
    ("ReasoningSummaryPartAddedNotification", &["turnId", "itemId", "summaryIndex"]),
    ("FileChangePatchUpdatedNotification", &["turnId", "itemId", "changes"]),
    ("McpToolCallProgressNotification", &["turnId", "itemId", "message"]),
    ("TerminalInteractionNotification", &["turnId", "itemId", "processId"]),
    ("ItemStartedNotification", &["turnId", "item", "startedAtMs"]),
    ("ItemCompletedNotification", &["turnId", "item"]),
    ("TurnStartedNotification", &["turn"]),
    ("TurnCompletedNotification", &["turn"]),
    ("Turn", &["id", "status", "items", "rootTurnId?", "error?", "startedAt?", "completedAt?"]),
    ("Thread", &["id", "cwd", "status", "turns", "name?", "model?"]),
    ("ThreadItemEntry", &["turnId", "item", "startedAtMs?"]),
    ("ThreadStartedNotification", &["thread"]),
    ("ThreadStatusChangedNotification", &["status"]),
    ("ThreadNameUpdatedNotification", &["threadName?"]),
    ("ThreadSettingsUpdatedNotification", &["threadSettings"]),
    ("ThreadSettings", &["cwd", "model"]),
    ("ThreadTokenUsageUpdatedNotification", &["tokenUsage"]),
    ("ContextCompactedNotification", &["turnId"]),
    ("ErrorNotification", &["turnId", "error", "willRetry"]),
    ("TurnError", &["message"]),
    ("WarningNotification", &["message"]),
    ("GuardianWarningNotification", &["message"]),
    ("AuthRecoveryNotification", &["turnId", "message"]),
    ("ConfigWarningNotification", &["summary", "details?"]),
    ("DeprecationNoticeNotification", &["summary", "details?"]),
    ("ModelReroutedNotification", &["turnId", "fromModel", "toModel", "reason"]),
    ("ModelVerificationNotification", &["turnId", "verifications"]),
    ("ModelSafetyBufferingUpdatedNotification", &["turnId", "model", "reasons", "showBufferingUi"]),
    ("HookCompletedNotification", &["run", "turnId?"]),
    ("HookRunSummary", &["eventName", "status", "statusMessage?"]),
    ("ItemGuardianApprovalReviewCompletedNotification", &["turnId", "review"]),
    ("GuardianApprovalReview", &["status", "rationale?"]),
    ("StrictReviewRequiredNotification", &["turnId"]),
];

#[test]
fn what_the_reducer_reads_is_in_the_schema() {
    let schema: Value =
        serde_json::from_str(include_str!("../../../../schema/codex/protocol.json")).unwrap();
    let definitions = &schema["definitions"];
    for (name, fields) in READ {
        let spaces = [&definitions["v2"][name], &definitions[name]];
        let definition = spaces.into_iter().find(|definition| definition.is_object());
        let definition = definition.unwrap_or_else(|| panic!("{name} is not in the schema"));
        for field in *fields {
            let name_in_json = field.trim_end_matches('?');
            assert!(
                definition["properties"][name_in_json].is_object()
                    || definition["properties"][name_in_json] == true,
                "{name}.{field}"
            );
            let promised = definition["required"]
                .as_array()
                .is_some_and(|names| names.contains(&name_in_json.into()));
            assert_eq!(promised, !field.ends_with('?'), "{name}.{field}: required or not");
        }
    }
}
