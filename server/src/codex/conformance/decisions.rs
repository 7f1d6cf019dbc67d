//! The hand-written check of decisions agrees with the schema.

use jsonschema::Validator;
use serde_json::{Value, json};

use super::schema::{errors, methods, response_of, validator};
use crate::codex::answers::AnswerKind;
use crate::codex::decisions::{amendment_was_offered, validate_decision};
use crate::codex::views::CommandApproval;

/// The request that each kind answers.
const REQUESTS: [(AnswerKind, &str); 8] = [
    (AnswerKind::Command, "item/commandExecution/requestApproval"),
    (AnswerKind::FileChange, "item/fileChange/requestApproval"),
    (AnswerKind::Permissions, "item/permissions/requestApproval"),
    (AnswerKind::Question, "item/tool/requestUserInput"),
    (AnswerKind::Elicitation, "mcpServer/elicitation/request"),
    (AnswerKind::ToolCall, "item/tool/call"),
    (AnswerKind::Legacy, "applyPatchApproval"),
    (AnswerKind::Legacy, "execCommandApproval"),
];

fn response_validator(method: &str) -> Validator {
    let params = methods("ServerRequest")[method].unwrap();
    validator(&response_of(params).unwrap())
}

/// Values that are right for some kind and wrong for most.
fn decisions() -> Vec<Value> {
    let words = [
        "accept",
        "acceptForSession",
        "decline",
        "cancel",
        "approved",
        "approved_for_session",
        "approved_mcp_policy_amendment",
        "denied",
        "timed_out",
        "abort",
        "Accept",
        "",
    ];
    let execpolicy = |rule: Value| json!({ "acceptWithExecpolicyAmendment": rule });
    let network = |rule: Value| json!({ "applyNetworkPolicyAmendment": rule });
    let rule = |host: Value, action: Value| json!({ "network_policy_amendment": { "host": host, "action": action } });
    let granted = |permissions: Value| json!({ "permissions": permissions });
    let entry = |path: Value| {
        granted(json!({ "fileSystem": { "entries": [{ "access": "read", "path": path }] } }))
    };
    let content = |item: Value| json!({ "success": true, "contentItems": [item] });
    let mut values: Vec<Value> = words.into_iter().map(Value::from).collect();
    values.extend([
        json!(null),
        json!(0),
        json!(true),
        json!([]),
        json!({}),
        json!({ "decision": "accept" }),
        json!({ "foo": 1 }),
        execpolicy(json!({ "execpolicy_amendment": ["touch", "a"] })),
        execpolicy(json!({ "execpolicy_amendment": [] })),
        execpolicy(json!({ "execpolicy_amendment": ["touch", 1] })),
        execpolicy(json!({ "execpolicy_amendment": "touch" })),
        execpolicy(json!({ "execpolicyAmendment": ["touch"] })),
        execpolicy(json!(["touch"])),
        execpolicy(json!(null)),
        json!({ "acceptWithExecpolicyAmendment": { "execpolicy_amendment": [] }, "accept": true }),
        network(rule(json!("example.com"), json!("allow"))),
        network(rule(json!("example.com"), json!("deny"))),
        network(rule(json!("example.com"), json!("ask"))),
        network(rule(json!(1), json!("allow"))),
        network(json!({ "network_policy_amendment": { "host": "example.com" } })),
        network(json!({})),
        rule(json!("example.com"), json!("allow")),
        json!({ "network_policy_amendment": rule(json!("example.com"), json!("allow")) }),
        json!({ "network_policy_amendment": rule(json!("example.com"), json!(0)) }),
        json!({ "approved_execpolicy_amendment": { "proposed_execpolicy_amendment": ["ls"] } }),
        json!({ "approved_execpolicy_amendment": { "execpolicy_amendment": ["ls"] } }),
        json!({ "denied": { "rejection": "not here" } }),
        json!({ "denied": { "rejection": null } }),
        json!({ "denied": {} }),
        json!({ "denied": { "rejection": "a" }, "more": 1 }),
        granted(json!({})),
        granted(json!({ "network": null, "fileSystem": null })),
        granted(json!({ "network": { "enabled": true } })),
        granted(json!({ "network": { "enabled": null } })),
        granted(json!({ "network": { "enabled": "yes" } })),
        granted(json!({ "network": true })),
        granted(json!({ "fileSystem": { "read": ["/a"], "write": null } })),
        granted(json!({ "fileSystem": { "write": [1] } })),
        granted(json!({ "fileSystem": { "globScanMaxDepth": 3 } })),
        granted(json!({ "fileSystem": { "globScanMaxDepth": 0 } })),
        granted(json!({ "fileSystem": { "globScanMaxDepth": "3" } })),
        granted(json!({ "fileSystem": { "entries": null } })),
        granted(json!({ "fileSystem": { "entries": {} } })),
        granted(json!({ "fileSystem": { "entries": [{ "access": "read" }] } })),
        granted(json!({ "fileSystem": { "entries": [{ "access": "own", "path": { "type": "path", "path": "/a" } }] } })),
        granted(json!(null)),
        entry(json!({ "type": "path", "path": "/a" })),
        entry(json!({ "type": "path", "pattern": "/a" })),
        entry(json!({ "type": "glob_pattern", "pattern": "**/*.rs" })),
        entry(json!({ "type": "glob_pattern", "path": "**/*.rs" })),
        entry(json!({ "type": "special", "value": { "kind": "root" } })),
        entry(json!({ "type": "special", "value": { "kind": "project_roots", "subpath": "src" } })),
        entry(json!({ "type": "special", "value": { "kind": "project_roots", "subpath": null } })),
        entry(json!({ "type": "special", "value": { "kind": "project_roots", "subpath": 1 } })),
        entry(json!({ "type": "special", "value": { "kind": "unknown", "path": "/x" } })),
        entry(json!({ "type": "special", "value": { "kind": "unknown" } })),
        entry(json!({ "type": "special", "value": { "kind": "home" } })),
        entry(json!({ "type": "special" })),
        entry(json!({ "type": "other", "path": "/a" })),
        entry(json!("/a")),
        json!({ "permissions": {}, "scope": "turn" }),
        json!({ "permissions": {}, "scope": "session", "strictAutoReview": null }),
        json!({ "permissions": {}, "scope": "always" }),
        json!({ "permissions": {}, "scope": null }),
        json!({ "permissions": {}, "strictAutoReview": 1 }),
        json!({ "scope": "turn" }),
        json!({ "answers": {} }),
        json!({ "answers": { "q1": { "answers": ["A", "B"] } } }),
        json!({ "answers": { "q1": { "answers": [] } } }),
        json!({ "answers": { "q1": { "answers": "A" } } }),
        json!({ "answers": { "q1": { "answers": [1] } } }),
        json!({ "answers": { "q1": ["A"] } }),
        json!({ "answers": { "q1": {} } }),
        json!({ "answers": [] }),
        json!({ "action": "accept", "content": { "name": "a" } }),
        json!({ "action": "decline", "content": null, "_meta": 1 }),
        json!({ "action": "cancel" }),
        json!({ "action": "acceptForSession" }),
        json!({ "action": null }),
        json!({ "content": {} }),
        json!({ "success": false, "contentItems": [] }),
        json!({ "success": "no", "contentItems": [] }),
        json!({ "success": true }),
        json!({ "contentItems": [] }),
        content(json!({ "type": "inputText", "text": "a" })),
        content(json!({ "type": "inputImage", "imageUrl": "data:," })),
        content(json!({ "type": "inputAudio", "audioUrl": "data:," })),
        content(json!({ "type": "inputImage", "text": "a" })),
        content(json!({ "type": "inputVideo", "text": "a" })),
        content(json!({ "text": "a" })),
        content(json!("a")),
    ]);
    values
}

#[test]
fn a_decision_is_valid_exactly_when_the_schema_says_so() {
    for (kind, method) in REQUESTS {
        let schema = response_validator(method);
        let (mut good, mut bad) = (0, 0);
        for decision in decisions() {
            let wanted = errors(&schema, &kind.result(decision.clone()));
            match validate_decision(kind, &decision) {
                Ok(()) => good += 1,
                Err(_) => bad += 1,
            }
            assert_eq!(
                validate_decision(kind, &decision).is_ok(),
                wanted.is_empty(),
                "{method}: {decision}: {wanted:?}"
            );
        }
        assert!(good >= 2 && bad >= 2, "{method}: the table tries both");
    }
}

#[test]
fn the_kinds_are_those_of_their_requests() {
    for (kind, method) in REQUESTS {
        assert_eq!(AnswerKind::of(method), Some(kind));
    }
    assert_eq!(AnswerKind::of("currentTime/read"), None);
}

#[test]
fn a_refused_decision_is_told_what_is_wrong() {
    assert_eq!(
        validate_decision(AnswerKind::FileChange, &json!("approved")),
        Err("`decision` must be one of accept, acceptForSession, decline, cancel".to_owned())
    );
    assert_eq!(
        validate_decision(AnswerKind::Question, &json!({ "answers": { "q1": ["A"] } })),
        Err("`answers.q1` must be an object".to_owned())
    );
}

#[test]
fn only_an_offered_amendment_may_go_upstream() {
    let params = json!({
        "threadId": "t", "turnId": "u", "itemId": "i", "startedAtMs": 1,
        "availableDecisions": ["accept", { "acceptWithExecpolicyAmendment": { "execpolicy_amendment": ["npm", "test"] } }],
        "proposedExecpolicyAmendment": ["npm"],
        "proposedNetworkPolicyAmendments": [{ "host": "example.com", "action": "allow" }],
    })
    .to_string();
    let request: CommandApproval<'_> = serde_json::from_str(&params).unwrap();
    let execpolicy = |words: Value| json!({ "acceptWithExecpolicyAmendment": { "execpolicy_amendment": words } });
    let network = |host: &str, action: &str| json!({ "applyNetworkPolicyAmendment": { "network_policy_amendment": { "host": host, "action": action } } });
    let offered = [
        json!("acceptForSession"),
        execpolicy(json!(["npm", "test"])),
        execpolicy(json!(["npm"])),
        network("example.com", "allow"),
    ];
    for decision in offered {
        assert!(amendment_was_offered(&request, &decision), "{decision}");
    }
    let made_up = [
        execpolicy(json!(["rm"])),
        execpolicy(json!(["npm", "run"])),
        execpolicy(json!([])),
        execpolicy(json!("npm")),
        network("example.com", "deny"),
        network("example.org", "allow"),
        json!({ "somethingElse": {} }),
    ];
    for decision in made_up {
        assert!(!amendment_was_offered(&request, &decision), "{decision}");
    }
}
