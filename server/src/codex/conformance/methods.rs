//! Every method that Outrigger names exists, and every request of the app-server is accounted for.

use std::collections::BTreeSet;

use super::schema::{definition, methods, variants};
use crate::codex::answers::{Answer, AnswerKind, immediate};
use crate::codex::contract::{
    CLIENT_REQUESTS, CONTRACT_VERSION, IDEMPOTENT_READS, LEGACY_ANSWERED, MINIMUM_VERSION,
    NOT_HANDLED, NOTIFICATIONS, SERVER_REQUESTS, WITHOUT_PARAMS, is_idempotent_read,
    is_known_notification, is_known_request,
};
use crate::codex::requests::INITIALIZED;
use crate::codex::views::{Note, ServerRequest};

fn union(name: &str) -> Vec<&'static str> {
    methods(name).into_keys().collect()
}

#[test]
fn the_generated_lists_are_those_of_the_schema() {
    assert_eq!(CLIENT_REQUESTS, union("ClientRequest"), "run npm run codex:schema");
    assert_eq!(NOTIFICATIONS, union("ServerNotification"), "run npm run codex:schema");
    assert_eq!(union("ClientNotification"), [INITIALIZED]);
}

#[test]
fn every_request_of_the_app_server_is_handled_or_named_as_not_handled() {
    let accounted: BTreeSet<&str> = SERVER_REQUESTS.iter().chain(NOT_HANDLED).copied().collect();
    assert_eq!(
        accounted.len(),
        SERVER_REQUESTS.len() + NOT_HANDLED.len(),
        "a method is listed twice"
    );
    assert_eq!(accounted, union("ServerRequest").into_iter().collect());
    let viewed: BTreeSet<&str> =
        ServerRequest::table().into_iter().map(|(method, _)| method).collect();
    assert_eq!(viewed, SERVER_REQUESTS.iter().copied().collect());
}

#[test]
fn a_handled_request_is_answered_at_once_or_waits_for_a_person() {
    for method in SERVER_REQUESTS {
        let at_once = immediate(method, 0).is_some();
        let legacy = AnswerKind::of(method) == Some(AnswerKind::Legacy);
        assert_eq!(at_once, AnswerKind::of(method).is_none() || legacy, "{method}");
    }
    let unknown = "Outrigger does not know the request item/new/ask".to_owned();
    assert_eq!(
        immediate("item/new/ask", 0),
        Some(Answer::Error { code: -32601, message: unknown })
    );
}

#[test]
fn what_is_legacy_is_not_in_the_schema() {
    for method in LEGACY_ANSWERED {
        assert!(!CLIENT_REQUESTS.contains(method), "{method} is in the schema again");
        assert!(is_known_request(method));
    }
}

#[test]
fn the_requests_without_params_are_those_of_the_schema() {
    let mut without: Vec<&str> = variants(definition("ClientRequest"))
        .into_iter()
        .filter(|variant| variant["properties"]["params"]["type"] == "null")
        .filter_map(|variant| variant["properties"]["method"]["enum"][0].as_str())
        .collect();
    without.sort_unstable();
    assert_eq!(WITHOUT_PARAMS, without);
}

#[test]
fn the_reads_that_may_be_retried_exist_and_are_in_order() {
    assert!(IDEMPOTENT_READS.is_sorted(), "binary_search needs them sorted");
    for method in IDEMPOTENT_READS {
        assert!(CLIENT_REQUESTS.contains(method), "{method} is not in the schema");
        assert!(is_idempotent_read(method));
    }
    for method in ["turn/start", "turn/steer", "thread/start", "thread/resume", "thread/fork"] {
        assert!(!is_idempotent_read(method), "{method} must never be sent twice");
    }
}

#[test]
fn every_viewed_notification_exists() {
    for (method, _) in Note::table() {
        assert!(is_known_notification(method), "{method} is not in the schema");
    }
    assert!(!is_known_notification("item/invented/delta"));
}

#[test]
fn the_versions_are_in_order_and_the_same_everywhere() {
    let parts = |version: &str| -> Vec<u32> {
        version.split('.').map(|part| part.parse().unwrap()).collect()
    };
    assert!(parts(MINIMUM_VERSION) <= parts(CONTRACT_VERSION));

    let manifest: serde_json::Value =
        serde_json::from_str(include_str!("../../../../package.json")).unwrap();
    assert_eq!(manifest["devDependencies"]["@openai/codex"], CONTRACT_VERSION);

    let page = include_str!("../../../../docs/upstream.md");
    assert!(page.contains(&format!("| Vendored contract | {CONTRACT_VERSION} |")));
    assert!(page.contains(&format!("| Minimum | {MINIMUM_VERSION} |")));
}
