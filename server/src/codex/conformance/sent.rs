//! Everything that Outrigger sends is what the schema asks for.

use serde_json::{Value, json};

use super::schema::{errors, message_validator, methods, response_of, validator};
use crate::codex::answers::{Answer, immediate, refusal};
use crate::codex::contract::SERVER_REQUESTS;
use crate::codex::requests::{
    self, ForkPoint, Page, Request, SortDirection, ThreadSettings, TurnSettings,
};

/// One of each request, with everything set and with nothing set.
fn requests() -> Vec<Request> {
    let policy = json!("untrusted");
    let granular = json!({ "granular": { "mcp_elicitations": true, "rules": true, "sandbox_approval": true } });
    let sandbox = json!({ "type": "workspaceWrite", "networkAccess": false });
    let bare = ThreadSettings::default();
    let config = json!({ "mcp_servers": { "web": { "url": "https://mcp.example/x" } } });
    let thread = ThreadSettings {
        cwd: Some("/home/dev/repo"),
        model: Some("gpt-5.5"),
        model_provider: Some("mock"),
        approval_policy: Some(&policy),
        sandbox: Some("workspace-write"),
        config: Some(&config),
    };
    let granular = ThreadSettings { approval_policy: Some(&granular), ..ThreadSettings::default() };
    let turn = TurnSettings {
        model: Some("gpt-5.5"),
        effort: Some("high"),
        approval_policy: Some(&policy),
        sandbox_policy: Some(&sandbox),
        client_user_message_id: Some("message-1"),
    };
    let first = Page::default();
    let next =
        Page { cursor: Some("c"), limit: Some(50), sort_direction: Some(SortDirection::Desc) };
    vec![
        requests::initialize("0.1.0"),
        requests::thread_start(&bare),
        requests::thread_start(&thread),
        requests::thread_start(&granular),
        requests::thread_resume("t", &bare),
        requests::thread_resume("t", &thread),
        requests::thread_fork("t", ForkPoint::End, &bare),
        requests::thread_fork("t", ForkPoint::After("u"), &thread),
        requests::thread_fork("t", ForkPoint::Before("u"), &thread),
        requests::thread_read("t"),
        requests::thread_list(None, false, &first),
        requests::thread_list(Some("/home/dev/repo"), true, &next),
        requests::thread_turns_list("t", &first),
        requests::thread_turns_list("t", &next),
        requests::thread_items_list("t", None, &first),
        requests::thread_items_list("t", Some("u"), &next),
        requests::thread_unsubscribe("t"),
        requests::background_terminals_list("t", &first),
        requests::background_terminals_list("t", &next),
        requests::background_terminals_terminate("t", "p"),
        requests::turn_start("t", "hello", &TurnSettings::default()),
        requests::turn_start("t", "hello", &turn),
        requests::turn_steer("t", "u", "hello"),
        requests::turn_interrupt("t", "u"),
    ]
}

/// The fields of an object that its definition does not have: the schema is open, so a misspelt one would validate.
fn unknown_fields(params: &str, value: &Value) -> Vec<String> {
    let known = &super::schema::definition(params)["properties"];
    let fields = value.as_object().unwrap().keys();
    fields.filter(|field| known.get(field).is_none()).cloned().collect()
}

#[test]
fn every_request_we_send_validates() {
    let definitions = methods("ClientRequest");
    for Request { method, params } in requests() {
        let schema = message_validator("ClientRequest", method);
        let schema = schema.unwrap_or_else(|| panic!("{method} is not in the schema"));
        assert_eq!(unknown_fields(definitions[method].unwrap(), &params), [""; 0], "{method}");
        let message = json!({ "id": 0, "method": method, "params": params });
        assert_eq!(errors(&schema, &message), [""; 0], "{message}");
    }
}

#[test]
fn the_notification_we_send_validates() {
    let schema = message_validator("ClientNotification", requests::INITIALIZED).unwrap();
    assert_eq!(errors(&schema, &json!({ "method": requests::INITIALIZED })), [""; 0]);
}

#[test]
fn every_refusal_validates() {
    let errors_of = |answer: Answer, method: &str| match answer {
        Answer::Result(result) => {
            let response = response_of(methods("ServerRequest")[method].unwrap()).unwrap();
            assert_eq!(unknown_fields(&response, &result), [""; 0], "{method}");
            errors(&validator(&response), &result)
        }
        Answer::Error { code, message } => {
            let error = json!({ "id": 0, "error": { "code": code, "message": message } });
            errors(&validator("JSONRPCError"), &error)
        }
    };
    for method in SERVER_REQUESTS {
        assert_eq!(errors_of(refusal(method, "not here"), method), [""; 0], "{method}");
        if let Some(answer) = immediate(method, 1_800_000_000) {
            assert_eq!(errors_of(answer, method), [""; 0], "{method}");
        }
    }
}

#[test]
fn a_refusal_never_allows_anything() {
    let result = |value: Value| Answer::Result(value);
    let denied = json!({ "decision": { "denied": { "rejection": "no" } } });
    assert_eq!(
        SERVER_REQUESTS.iter().map(|method| (*method, refusal(method, "no"))).collect::<Vec<_>>(),
        [
            (
                "account/chatgptAuthTokens/refresh",
                Answer::Error { code: -32000, message: "no".into() }
            ),
            ("applyPatchApproval", result(denied.clone())),
            ("attestation/generate", Answer::Error { code: -32000, message: "no".into() }),
            ("currentTime/read", Answer::Error { code: -32000, message: "no".into() }),
            ("execCommandApproval", result(denied)),
            ("item/commandExecution/requestApproval", result(json!({ "decision": "decline" }))),
            ("item/fileChange/requestApproval", result(json!({ "decision": "decline" }))),
            ("item/permissions/requestApproval", result(json!({ "permissions": {} }))),
            (
                "item/tool/call",
                result(
                    json!({ "success": false, "contentItems": [{ "type": "inputText", "text": "no" }] })
                ),
            ),
            ("item/tool/requestUserInput", result(json!({ "answers": {} }))),
            ("mcpServer/elicitation/request", result(json!({ "action": "decline" }))),
        ]
    );
}
