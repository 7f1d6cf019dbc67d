//! The schema of the protocol: `schema.json` of `@agentclientprotocol/sdk` 2.4.0, stable version 1.

use std::{collections::HashMap, sync::LazyLock};

use jsonschema::Validator;
use serde_json::{Value, json};

/// Methods, and what their params are, or the result that answers them.
const PARAMS: &[(&str, &str)] = &[
    ("session/update", "SessionNotification"),
    ("session/request_permission", "RequestPermissionRequest"),
    ("elicitation/create", "CreateElicitationRequest"),
    ("$/cancel_request", "CancelRequestNotification"),
];
const RESULTS: &[(&str, &str)] = &[
    ("initialize", "InitializeResponse"),
    ("authenticate", "AuthenticateResponse"),
    ("session/new", "NewSessionResponse"),
    ("session/load", "LoadSessionResponse"),
    ("session/resume", "ResumeSessionResponse"),
    ("session/list", "ListSessionsResponse"),
    ("session/close", "CloseSessionResponse"),
    ("session/delete", "DeleteSessionResponse"),
    ("session/set_mode", "SetSessionModeResponse"),
    ("session/set_config_option", "SetSessionConfigOptionResponse"),
    ("session/prompt", "PromptResponse"),
];
/// Of the unstable part, which this schema has not.
const UNSTABLE: &[&str] = &["session/fork", "session/set_title"];

static VALIDATORS: LazyLock<HashMap<&str, Validator>> = LazyLock::new(|| {
    let document: Value =
        serde_json::from_str(include_str!("../../../schema/acp/schema.json")).unwrap();
    let validator = |name: &str| {
        assert!(document["$defs"][name].is_object(), "the schema has no {name}");
        let schema = json!({
            "$schema": document["$schema"],
            "$ref": format!("#/$defs/{name}"),
            "$defs": document["$defs"],
        });
        jsonschema::validator_for(&schema).unwrap()
    };
    PARAMS.iter().chain(RESULTS).map(|(_, name)| (*name, validator(name))).collect()
});

/// Fails when a message of ours is not as the protocol has it. An answer comes with the method that it answers.
pub fn check(method: Option<&str>, message: &Value) {
    assert_eq!(message["jsonrpc"], "2.0");
    let Some(method) = method else { return };
    let find = |list: &'static [(&str, &str)]| list.iter().find(|(known, _)| *known == method);
    let (name, value) = if let Some((_, name)) = find(PARAMS) {
        (name, &message["params"])
    } else if message.get("error").is_some() || UNSTABLE.contains(&method) {
        return;
    } else {
        let found = find(RESULTS).unwrap_or_else(|| panic!("{method} is not in the list"));
        (&found.1, &message["result"])
    };
    let validator = &VALIDATORS[name];
    let errors: Vec<String> = validator.iter_errors(value).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{name}: {errors:?} in {value:#}");
}

#[test]
fn what_is_not_of_the_protocol_is_found() {
    let wrong = json!({ "jsonrpc": "2.0", "method": "session/update", "params": {
        "sessionId": "t", "update": { "sessionUpdate": "agent_message_chunk" },
    } });
    assert!(std::panic::catch_unwind(|| check(Some("session/update"), &wrong)).is_err());
}
