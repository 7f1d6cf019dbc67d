//! What codex asks a person.

use serde_json::{Value, json};

use super::{Story, prompt};
use crate::{acp::rpc, protocol::FailureKind};

fn approval(kind: &str) -> Value {
    json!({
        "approvalId": "1.1:0",
        "kind": kind,
        "threadId": "t",
        "turnId": "u",
        "itemId": "i",
        "cwd": "/w",
        "reason": null,
        "options": [
            { "decision": "accept", "label": "Accept", "scope": "once" },
            { "decision": "acceptForSession", "label": "Accept for session", "scope": "session" },
            { "decision": { "acceptWithExecpolicyAmendment": {} }, "label": "Always", "scope": "always" },
            { "decision": { "applyNetworkPolicyAmendment": { "network_policy_amendment": { "action": "deny" } } },
              "label": "Always block", "scope": "always" },
            { "decision": "decline", "label": "Decline", "scope": "no" },
            { "decision": "cancel", "label": "Stop the turn", "scope": "stop" },
        ],
    })
}

fn command() -> Value {
    let mut approval = approval("command");
    approval["command"] = "/bin/sh -c 'rm a'".into();
    approval["commandActions"] = json!([{ "type": "unknown", "command": "rm a" }]);
    approval["reason"] = "It is old.".into();
    approval
}

fn file_change() -> Value {
    let mut approval = approval("fileChange");
    approval["changes"] = json!([{ "uri": "file:///w/a.txt", "kind": "update", "diff": "" }]);
    approval
}

fn asked(capabilities: Value, approval: &Value) -> Story {
    let mut story = Story::with(capabilities);
    story.session();
    story.turn();
    story.daemon("outrigger/approval/requested", json!({ "approval": approval }));
    story
}

fn selected(option: &str) -> Value {
    json!({ "outcome": { "outcome": "selected", "optionId": option } })
}

fn resolved(outcome: &str) -> Value {
    json!({ "approvalId": "1.1:0", "outcome": outcome, "decidedBy": "VS Code" })
}

/// What the daemon was told to decide.
fn decision(story: &mut Story) -> Value {
    let params = story.answer("outrigger/approval/decide", json!({}));
    assert_eq!(params["approvalId"], "1.1:0");
    params["decision"].clone()
}

#[test]
fn a_command_is_asked_about_with_the_app_servers_own_choices() {
    let mut story = asked(json!({}), &command());
    let (id, params) = story.question("session/request_permission");
    assert_eq!(
        params,
        json!({
            "sessionId": "t",
            "toolCall": {
                "toolCallId": "i",
                "title": "rm a",
                "kind": "execute",
                "status": "pending",
                "content": [{ "type": "content", "content": { "type": "text", "text": "It is old." } }],
                "rawInput": { "command": "/bin/sh -c 'rm a'", "cwd": "/w" },
            },
            "options": [
                { "optionId": "accept", "name": "Accept", "kind": "allow_once" },
                { "optionId": "acceptForSession", "name": "Accept for session", "kind": "allow_always" },
                { "optionId": "always-2", "name": "Always", "kind": "allow_always" },
                { "optionId": "always-3", "name": "Always block", "kind": "reject_always" },
                { "optionId": "decline", "name": "Decline", "kind": "reject_once" },
                { "optionId": "cancel", "name": "Stop the turn", "kind": "reject_once" },
            ],
        })
    );
    story.reply(&id, selected("always-2"));
    assert_eq!(decision(&mut story), json!({ "acceptWithExecpolicyAmendment": {} }));
    // A second answer is none.
    story.reply(&id, selected("decline"));
    assert_eq!(story.asked, [] as [Value; 0]);
}

#[test]
fn a_change_is_asked_about_with_its_whole_texts() {
    let mut story = asked(json!({}), &file_change());
    let file = json!({ "uri": "file:///w/a.txt", "kind": "update", "oldText": "a\n", "newText": "b\n", "conflict": null });
    story.answer("outrigger/approval/proposed", json!({ "files": [file] }));
    let (id, params) = story.question("session/request_permission");
    assert_eq!(
        params["toolCall"],
        json!({
            "toolCallId": "i",
            "title": "Edit a.txt",
            "kind": "edit",
            "status": "pending",
            "content": [{ "type": "diff", "path": "/w/a.txt", "oldText": "a\n", "newText": "b\n" }],
            "locations": [{ "path": "/w/a.txt" }],
        })
    );
    story.reply(&id, selected("accept"));
    assert_eq!(decision(&mut story), "accept");
}

#[test]
fn a_change_whose_texts_cannot_be_shown_is_asked_about_with_its_diff() {
    let mut story = Story::begun();
    story.session();
    story.turn();
    let change = json!({ "path": "/w/a.txt", "kind": { "type": "update" }, "diff": "@@ -1 +1 @@\n-a\n+b\n" });
    let item =
        json!({ "type": "fileChange", "id": "i", "status": "inProgress", "changes": [change] });
    story.codex("item/started", json!({ "item": item }));
    story.daemon("outrigger/approval/requested", json!({ "approval": file_change() }));
    let file = json!({ "uri": "file:///w/a.txt", "kind": "update", "oldText": null, "newText": null, "conflict": "It is another file now." });
    story.answer("outrigger/approval/proposed", json!({ "files": [file] }));
    let (_, params) = story.question("session/request_permission");
    assert_eq!(
        params["toolCall"]["content"],
        json!([
            { "type": "diff", "path": "/w/a.txt", "oldText": "a\n", "newText": "b\n" },
            { "type": "content", "content": { "type": "text", "text": "It is another file now." } },
        ])
    );
}

#[test]
fn a_question_that_is_answered_elsewhere_is_taken_back() {
    let mut story = asked(json!({}), &command());
    let (id, _) = story.question("session/request_permission");
    story.updates();
    story.daemon("outrigger/approval/resolved", resolved("decided"));
    let goes_on =
        json!({ "sessionUpdate": "tool_call_update", "toolCallId": "i", "status": "in_progress" });
    assert_eq!(story.updates(), [goes_on]);
    let withdrawn =
        json!({ "jsonrpc": "2.0", "method": "$/cancel_request", "params": { "requestId": id } });
    assert_eq!(story.told, [withdrawn]);
    // Too late, and of no consequence.
    story.reply(&id, selected("accept"));
    assert_eq!(story.asked, [] as [Value; 0]);
}

#[test]
fn a_change_that_is_decided_before_its_texts_are_known_is_not_asked_about() {
    let mut story = asked(json!({}), &file_change());
    story.daemon("outrigger/approval/resolved", resolved("decided"));
    story.refuse("outrigger/approval/proposed", FailureKind::ApprovalResolved, "It was decided.");
    assert_eq!(story.told, [] as [Value; 0]);

    // The texts may come all the same.
    story.daemon("outrigger/approval/requested", json!({ "approval": file_change() }));
    story.daemon("outrigger/approval/resolved", resolved("turnEnded"));
    story.answer("outrigger/approval/proposed", json!({ "files": [] }));
    assert_eq!(story.told, [] as [Value; 0]);
}

#[test]
fn an_answer_that_comes_second_is_not_complained_about_and_another_failure_is() {
    let mut story = asked(json!({}), &command());
    let (id, _) = story.question("session/request_permission");
    story.reply(&id, selected("accept"));
    story.refuse("outrigger/approval/decide", FailureKind::ApprovalResolved, "It was decided.");
    assert_eq!(story.updates(), [] as [Value; 0]);

    story.daemon("outrigger/approval/requested", json!({ "approval": command() }));
    let (id, _) = story.question("session/request_permission");
    story.reply(&id, selected("accept"));
    story.refuse("outrigger/approval/decide", FailureKind::Store, "The disk is full.");
    let told = story.updates();
    assert_eq!(told[0]["content"]["text"], "The decision was not taken: The disk is full.");
}

#[test]
fn a_cancelled_question_stops_the_turn_and_one_that_cannot_be_asked_waits() {
    let mut story = asked(json!({}), &command());
    let (id, _) = story.question("session/request_permission");
    story.reply(&id, json!({ "outcome": { "outcome": "cancelled" } }));
    assert_eq!(decision(&mut story), "cancel");

    let mut story = asked(json!({}), &command());
    let (id, _) = story.question("session/request_permission");
    story.reply_error(&id, rpc::METHOD_NOT_FOUND);
    assert_eq!(story.asked, [] as [Value; 0]);
    let text = story.updates()[0]["content"]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("`outrigger approvals`"), "{text}");
}

#[test]
fn only_sessions_that_are_open_here_are_asked_about_and_those_of_their_agents() {
    let mut story = Story::begun();
    story.session();
    story.turn();
    let mut elsewhere = command();
    elsewhere["threadId"] = "child".into();
    story.daemon("outrigger/approval/requested", json!({ "approval": elsewhere }));
    assert_eq!(story.told, [] as [Value; 0]);
    let spawned = json!({ "type": "subAgentActivity", "id": "s", "agentThreadId": "child", "agentPath": "a", "kind": "started" });
    story.codex("item/started", json!({ "item": spawned }));
    story.daemon("outrigger/approval/requested", json!({ "approval": elsewhere }));
    assert_eq!(story.question("session/request_permission").1["sessionId"], "t");
}

fn question() -> Value {
    let mut approval = approval("question");
    approval["options"] =
        json!([{ "decision": { "answers": {} }, "label": "Skip", "scope": "no" }]);
    approval["questions"] = json!([
        { "id": "a", "header": "First", "question": "Quick?", "options": [
            { "label": "Yes", "description": "One look" }, { "label": "No", "description": "All of it" },
        ] },
        { "id": "b", "header": "Second", "question": "Sure?", "options": [{ "label": "Sure", "description": "" }] },
    ]);
    approval
}

#[test]
fn questions_are_a_form_or_come_one_by_one() {
    let both = json!({ "answers": { "a": { "answers": ["No"] }, "b": { "answers": ["Sure"] } } });
    let mut story = asked(json!({ "elicitation": { "form": {} } }), &question());
    let (id, params) = story.question("elicitation/create");
    assert_eq!(params["message"], "Codex has 2 questions.");
    story.reply(&id, json!({ "action": "accept", "content": { "a": "No", "b": "Sure" } }));
    assert_eq!(decision(&mut story), both);

    let mut story = asked(json!({}), &question());
    let (id, params) = story.question("session/request_permission");
    assert_eq!(params["toolCall"]["title"], "Quick?");
    let names: Vec<&Value> =
        params["options"].as_array().unwrap().iter().map(|option| &option["name"]).collect();
    assert_eq!(names, ["Yes", "No", "Skip"]);
    story.reply(&id, selected("1"));
    let (id, _) = story.question("session/request_permission");
    story.reply(&id, selected("0"));
    assert_eq!(decision(&mut story), both);
}

#[test]
fn a_form_that_is_declined_leaves_the_questions_unanswered() {
    let mut story = asked(json!({ "elicitation": { "form": {} } }), &question());
    let (id, _) = story.question("elicitation/create");
    story.reply(&id, json!({ "action": "decline" }));
    assert_eq!(decision(&mut story), json!({ "answers": {} }));
}

fn elicitation(asked: Value) -> Value {
    let mut approval = approval("elicitation");
    approval["itemId"] = Value::Null;
    approval["elicitation"] = asked;
    approval["options"] = json!([
        { "decision": { "action": "decline" }, "label": "Decline", "scope": "no" },
        { "decision": { "action": "cancel" }, "label": "Cancel", "scope": "stop" },
    ]);
    approval
}

#[test]
fn what_an_mcp_server_asks_is_passed_on_to_those_who_can_show_it() {
    let schema = json!({ "type": "object", "properties": { "name": { "type": "string" } } });
    let form = elicitation(json!({ "mode": "form", "message": "Who?", "requestedSchema": schema }));
    let mut story = asked(json!({ "elicitation": { "form": {} } }), &form);
    let (id, params) = story.question("elicitation/create");
    assert_eq!(params["requestedSchema"], schema);
    story.reply(&id, json!({ "action": "accept", "content": { "name": "Robin" } }));
    assert_eq!(decision(&mut story), json!({ "action": "accept", "content": { "name": "Robin" } }));

    let mut story = asked(json!({}), &form);
    let (id, params) = story.question("session/request_permission");
    let names: Vec<&Value> =
        params["options"].as_array().unwrap().iter().map(|option| &option["name"]).collect();
    assert_eq!(names, ["Decline", "Cancel"]);
    story.reply(&id, selected("no-0"));
    assert_eq!(decision(&mut story), json!({ "action": "decline" }));

    let page = elicitation(
        json!({ "mode": "url", "message": "Sign in", "url": "https://a.example", "elicitationId": "e" }),
    );
    let mut story = asked(json!({ "elicitation": { "url": {} } }), &page);
    let (id, params) = story.question("elicitation/create");
    assert_eq!(params["url"], "https://a.example");
    story.reply(&id, json!({ "action": "cancel" }));
    assert_eq!(decision(&mut story), json!({ "action": "cancel" }));
}

#[test]
fn a_sign_in_opens_a_page_and_ends_with_what_codex_says() {
    let nobody = json!({ "account": null, "requiresOpenaiAuth": true });
    let mut story = Story::with(json!({ "elicitation": { "url": {} } }));
    let id = story.request("authenticate", json!({ "methodId": "chatgpt" }));
    story.answer("codex/account/read", nobody.clone());
    story.answer(
        "codex/account/login/start",
        json!({ "loginId": "l", "authUrl": "https://auth.example" }),
    );
    let (ask, params) = story.question("elicitation/create");
    assert_eq!(
        (&params["requestId"], &params["url"]),
        (&json!(id), &json!("https://auth.example"))
    );
    story.reply(&ask, json!({ "action": "accept" }));
    assert!(!story.is_answered(id));
    story.daemon("codex/account/login/completed", json!({ "success": true, "loginId": "l" }));
    assert_eq!(story.result(id), json!({}));

    let mut story = Story::begun();
    let id = story.request("authenticate", json!({ "methodId": "chatgpt" }));
    story.answer("codex/account/read", nobody.clone());
    story.answer(
        "codex/account/login/start",
        json!({ "loginId": "l", "authUrl": "https://auth.example" }),
    );
    assert_eq!(story.answer("codex/account/login/cancel", json!({})), json!({ "loginId": "l" }));
    assert_eq!(story.error(id).0, rpc::AUTH_REQUIRED);

    let id = story.request("authenticate", json!({ "methodId": "openai-api-key" }));
    story.answer("codex/account/read", nobody);
    assert_eq!(story.error(id).0, rpc::AUTH_REQUIRED);
}

#[test]
fn who_has_signed_in_is_not_asked_again() {
    let mut story = Story::begun();
    for account in [
        json!({ "account": { "type": "apiKey" }, "requiresOpenaiAuth": true }),
        json!({ "account": null, "requiresOpenaiAuth": false }),
    ] {
        let id = story.request("authenticate", json!({ "methodId": "openai-api-key" }));
        story.answer("codex/account/read", account);
        assert_eq!(story.result(id), json!({}));
    }
    assert_eq!(story.asked, [] as [Value; 0]);
}

#[test]
fn the_questions_of_a_session_that_is_closed_are_taken_back() {
    let mut story = asked(json!({}), &command());
    let (id, _) = story.question("session/request_permission");
    let closing = story.request("session/close", json!({ "sessionId": "t" }));
    assert_eq!(story.result(closing), json!({}));
    let methods: Vec<&Value> = story.asked.iter().map(|asked| &asked["method"]).collect();
    assert_eq!(methods, ["codex/turn/interrupt", "codex/thread/unsubscribe"]);
    assert!(story.told.iter().any(|told| told["params"]["requestId"] == id));
    assert!(story.told.iter().any(|told| told["result"]["stopReason"] == "cancelled"));
    let again = story.request("session/prompt", prompt("Hello?"));
    assert_eq!(story.error(again).0, rpc::NOT_FOUND);
}
