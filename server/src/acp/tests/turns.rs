//! Prompts, and what is told of their turns.

use serde_json::{Value, json};

use super::{Story, prompt};
use crate::{acp::rpc, protocol::FailureKind};

fn chunk(kind: &str, message: &str, text: &str) -> Value {
    json!({ "sessionUpdate": kind, "messageId": message, "content": { "type": "text", "text": text } })
}

fn command(status: &str) -> Value {
    json!({
        "type": "commandExecution",
        "id": "c",
        "command": "/bin/sh -c 'make'",
        "commandActions": [{ "type": "unknown", "command": "make" }],
        "cwd": "/w",
        "status": status,
        "aggregatedOutput": null,
        "exitCode": null,
        "durationMs": null,
    })
}

#[test]
fn a_turn_is_told_as_it_comes_and_its_end_answers_the_prompt() {
    let mut story = Story::begun();
    story.session();
    let id = story.request("session/prompt", prompt("Go"));
    let sent = story.answer("codex/turn/start", json!({ "turn": { "id": "u" } }));
    assert_eq!(sent["threadId"], "t");
    assert_eq!(sent["input"], json!([{ "type": "text", "text": "Go" }]));
    story.codex("turn/started", json!({ "turn": { "id": "u" } }));
    // What this client wrote it knows; what another one wrote is told.
    let user = |client: &Value| {
        json!({ "item": { "type": "userMessage", "id": "m0", "clientId": client, "content": [
            { "type": "text", "text": "Go" },
        ] } })
    };
    story.codex("item/started", user(&sent["clientUserMessageId"]));
    story.codex("item/started", user(&Value::Null));
    story.codex("item/reasoning/summaryTextDelta", json!({ "itemId": "r", "delta": "Hm" }));
    story.codex("item/reasoning/summaryPartAdded", json!({ "itemId": "r" }));
    let reasoning = json!({ "type": "reasoning", "id": "r", "summary": ["Hm", ""] });
    story.codex("item/completed", json!({ "item": reasoning }));
    story.codex("item/agentMessage/delta", json!({ "itemId": "m1", "delta": "Do" }));
    story.codex("item/agentMessage/delta", json!({ "itemId": "m1", "delta": "ne" }));
    let message =
        |id: &str| json!({ "item": { "type": "agentMessage", "id": id, "text": "Done" } });
    story.codex("item/completed", message("m1"));
    // One that did not stream is told whole.
    story.codex("item/completed", message("m2"));
    story.codex(
        "turn/plan/updated",
        json!({ "plan": [{ "step": "One", "status": "inProgress" }, { "step": "Two", "status": "new" }] }),
    );
    story.codex(
        "thread/tokenUsage/updated",
        json!({ "tokenUsage": { "last": { "totalTokens": 15 }, "modelContextWindow": 1000 } }),
    );
    story.codex("thread/name/updated", json!({ "threadName": "The title" }));
    story.turn_ends("completed");
    assert_eq!(story.result(id), json!({ "stopReason": "end_turn" }));
    assert_eq!(
        story.updates(),
        [
            chunk("user_message_chunk", "m0", "Go"),
            chunk("agent_thought_chunk", "r", "Hm"),
            chunk("agent_thought_chunk", "r", "\n\n"),
            chunk("agent_message_chunk", "m1", "Do"),
            chunk("agent_message_chunk", "m1", "ne"),
            chunk("agent_message_chunk", "m2", "Done"),
            json!({ "sessionUpdate": "plan", "entries": [
                { "content": "One", "priority": "medium", "status": "in_progress" },
                { "content": "Two", "priority": "medium", "status": "pending" },
            ] }),
            json!({ "sessionUpdate": "usage_update", "used": 15, "size": 1000 }),
            json!({ "sessionUpdate": "session_info_update", "title": "The title" }),
        ]
    );
}

#[test]
fn each_kind_of_item_is_a_call_of_its_own() {
    let mut story = Story::begun();
    story.session();
    story.turn();
    let items = json!([
        { "type": "mcpToolCall", "id": "1", "server": "files", "tool": "read", "arguments": { "a": 1 }, "status": "completed",
          "result": { "content": [{ "type": "text", "text": "found" }, { "type": "odd" }] } },
        { "type": "mcpToolCall", "id": "2", "server": "files", "tool": "read", "arguments": {}, "status": "failed",
          "error": { "message": "no" } },
        { "type": "webSearch", "id": "3", "query": "rust", "action": { "type": "search" } },
        { "type": "imageView", "id": "4", "path": "a.png" },
        { "type": "fileChange", "id": "5", "status": "inProgress", "changes": [
            { "path": "/w/a.txt", "kind": { "type": "add" }, "diff": "a\n" },
            { "path": "/w/b.txt", "kind": { "type": "add" }, "diff": "b\n" },
        ] },
        { "type": "commandExecution", "id": "6", "command": "cat a", "cwd": "/w", "status": "inProgress",
          "commandActions": [{ "type": "read", "command": "cat a", "name": "a", "path": "a" }] },
        { "type": "collabAgentToolCall", "id": "7", "tool": "spawnAgent", "prompt": "Look", "status": "completed", "receiverThreadIds": [] },
        { "type": "ofANewerCodex", "id": "8", "status": "inProgress" },
        { "type": "enteredReviewMode", "id": "9", "review": "all" },
    ]);
    for item in items.as_array().unwrap() {
        story.codex("item/started", json!({ "item": item }));
    }
    let text =
        |text: &str| json!([{ "type": "content", "content": { "type": "text", "text": text } }]);
    let diff = |path: &str, new: &str| json!({ "type": "diff", "path": path, "oldText": null, "newText": new });
    assert_eq!(
        json!(story.updates()),
        json!([
            { "sessionUpdate": "tool_call", "toolCallId": "1", "title": "files: read", "kind": "other", "status": "completed",
              "content": text("found"), "rawInput": { "a": 1 } },
            { "sessionUpdate": "tool_call", "toolCallId": "2", "title": "files: read", "kind": "other", "status": "failed",
              "content": text("no"), "rawInput": {} },
            { "sessionUpdate": "tool_call", "toolCallId": "3", "title": "Search the web: rust", "kind": "fetch",
              "status": "completed", "rawInput": { "type": "search" } },
            { "sessionUpdate": "tool_call", "toolCallId": "4", "title": "View a.png", "kind": "read", "status": "completed",
              "locations": [{ "path": "/w/a.png" }] },
            { "sessionUpdate": "tool_call", "toolCallId": "5", "title": "Add a.txt, b.txt", "kind": "edit", "status": "in_progress",
              "content": [diff("/w/a.txt", "a\n"), diff("/w/b.txt", "b\n")],
              "locations": [{ "path": "/w/a.txt" }, { "path": "/w/b.txt" }] },
            { "sessionUpdate": "tool_call", "toolCallId": "6", "title": "cat a", "kind": "read", "status": "in_progress",
              "locations": [{ "path": "/w/a" }], "rawInput": { "command": "cat a", "cwd": "/w" } },
            { "sessionUpdate": "tool_call", "toolCallId": "7", "title": "Agent: spawnAgent", "kind": "think", "status": "completed",
              "content": text("Look") },
            { "sessionUpdate": "tool_call", "toolCallId": "8", "title": "ofANewerCodex", "kind": "other", "status": "in_progress",
              "rawInput": items[7] },
        ])
    );
}

#[test]
fn output_goes_to_a_terminal_where_the_client_draws_one() {
    let mut story = Story::with(json!({ "_meta": { "terminal_output": true } }));
    story.session();
    story.turn();
    story.codex("item/started", json!({ "item": command("inProgress") }));
    story.codex("item/commandExecution/outputDelta", json!({ "itemId": "c", "delta": "one\n" }));
    let mut ended = command("failed");
    (ended["exitCode"], ended["durationMs"]) = (2.into(), 7.into());
    ended["aggregatedOutput"] = "one\n".into();
    story.codex("item/completed", json!({ "item": ended }));
    assert_eq!(
        json!(story.updates()),
        json!([
            { "sessionUpdate": "tool_call", "toolCallId": "c", "title": "make", "kind": "execute", "status": "in_progress",
              "content": [{ "type": "terminal", "terminalId": "c" }],
              "rawInput": { "command": "/bin/sh -c 'make'", "cwd": "/w" },
              "_meta": { "terminal_info": { "terminal_id": "c", "cwd": "/w" } } },
            { "sessionUpdate": "tool_call_update", "toolCallId": "c",
              "_meta": { "terminal_output": { "terminal_id": "c", "data": "one\n" } } },
            { "sessionUpdate": "tool_call_update", "toolCallId": "c", "status": "failed",
              "rawOutput": { "exitCode": 2, "durationMs": 7 },
              "_meta": { "terminal_exit": { "terminal_id": "c", "exit_code": 2, "signal": null } } },
        ])
    );
}

#[test]
fn output_whose_beginning_was_not_streamed_is_whole_in_the_end() {
    for terminal in [true, false] {
        let mut story = Story::with(json!({ "_meta": { "terminal_output": terminal } }));
        story.session();
        story.turn();
        story.codex("item/started", json!({ "item": command("inProgress") }));
        story
            .codex("item/commandExecution/outputDelta", json!({ "itemId": "c", "delta": "two\n" }));
        let mut ended = command("completed");
        ended["aggregatedOutput"] = "one\ntwo\n".into();
        story.codex("item/completed", json!({ "item": ended }));
        let last = story.updates().pop().unwrap();
        let whole = json!([{ "type": "content", "content": { "type": "text", "text": "```\none\ntwo\n```" } }]);
        assert_eq!(last["content"], whole, "terminal: {terminal}");
    }
}

#[test]
fn a_flood_of_output_is_told_in_proportion() {
    let mut story = Story::begun();
    story.session();
    story.turn();
    story.codex("item/started", json!({ "item": command("inProgress") }));
    story.updates();
    for line in 0..20_000 {
        let delta = format!("line {line}\n");
        story.codex("item/commandExecution/outputDelta", json!({ "itemId": "c", "delta": delta }));
    }
    let told: usize = story.updates().iter().map(|update| update.to_string().len()).sum();
    let written: usize = (0..20_000).map(|line| format!("line {line}\n").len()).sum();
    assert!(told < 8 * written, "{told} bytes for {written}");
}

#[test]
fn what_was_open_when_a_turn_was_stopped_is_over() {
    let mut story = Story::begun();
    story.session();
    let id = story.turn();
    story.codex("item/started", json!({ "item": command("inProgress") }));
    story.updates();
    story.note("session/cancel", json!({ "sessionId": "t" }));
    let interrupted = story.answer("codex/turn/interrupt", json!({}));
    assert_eq!(interrupted, json!({ "threadId": "t", "turnId": "u" }));
    assert!(!story.is_answered(id));
    story.turn_ends("interrupted");
    assert_eq!(story.result(id), json!({ "stopReason": "cancelled" }));
    let failed =
        json!({ "sessionUpdate": "tool_call_update", "toolCallId": "c", "status": "failed" });
    assert_eq!(story.updates(), [failed]);

    // The command lives on, and its end is told.
    story.codex("item/completed", json!({ "item": command("completed") }));
    let told = story.updates();
    assert_eq!(
        json!([told[0]["sessionUpdate"], told[0]["toolCallId"], told[0]["status"]]),
        json!(["tool_call", "c", "completed"])
    );
}

#[test]
fn a_prompt_that_is_stopped_before_its_turn_began_stops_it_as_it_begins() {
    let mut story = Story::begun();
    story.session();
    let id = story.request("session/prompt", prompt("Go"));
    story.note("$/cancel_request", json!({ "requestId": id }));
    assert!(!story.is_answered(id));
    story.answer("codex/turn/start", json!({ "turn": { "id": "u" } }));
    story.codex("turn/started", json!({ "turn": { "id": "u" } }));
    story.answer("codex/turn/interrupt", json!({}));
    story.turn_ends("interrupted");
    assert_eq!(story.result(id), json!({ "stopReason": "cancelled" }));
}

#[test]
fn a_prompt_waits_for_the_end_of_a_turn_that_is_being_stopped_and_else_steers() {
    let mut story = Story::begun();
    story.session();
    let first = story.turn();
    let steers = story.request("session/prompt", prompt("And this"));
    story.answer("codex/turn/start", json!({ "turn": { "id": "u" } }));
    story.note("session/cancel", json!({ "sessionId": "t" }));
    let next = story.request("session/prompt", prompt("Next"));
    assert!(!story.asked.iter().any(|asked| asked["method"] == "codex/turn/start"));
    story.turn_ends("interrupted");
    for id in [first, steers] {
        assert_eq!(story.result(id), json!({ "stopReason": "cancelled" }));
    }
    story.answer("codex/turn/start", json!({ "turn": { "id": "v" } }));
    story.codex("turn/started", json!({ "turn": { "id": "v" } }));
    story.codex("turn/completed", json!({ "turn": { "id": "v", "status": "completed" } }));
    assert_eq!(story.result(next), json!({ "stopReason": "end_turn" }));
}

#[test]
fn an_end_that_is_told_before_the_answer_is_not_missed() {
    let mut story = Story::begun();
    story.session();
    let id = story.request("session/prompt", prompt("Go"));
    story.codex("turn/started", json!({ "turn": { "id": "u" } }));
    story.turn_ends("completed");
    story.answer("codex/turn/start", json!({ "turn": { "id": "u" } }));
    assert_eq!(story.result(id), json!({ "stopReason": "end_turn" }));
}

#[test]
fn a_review_ends_with_its_own_turn_and_is_stopped_by_the_other_name() {
    let mut story = Story::begun();
    story.session();
    let id = story.request("session/prompt", prompt("/review"));
    let sent = story.answer("codex/review/start", json!({ "turn": { "id": "answered" } }));
    assert_eq!(sent["target"], json!({ "type": "uncommittedChanges" }));
    story.codex("turn/started", json!({ "turn": { "id": "started" } }));
    story.note("session/cancel", json!({ "sessionId": "t" }));
    assert_eq!(story.answer("codex/turn/interrupt", json!({}))["turnId"], "started");
    let ended = json!({ "turn": { "id": "answered", "status": "interrupted" } });
    story.codex("turn/completed", ended);
    assert_eq!(story.result(id), json!({ "stopReason": "cancelled" }));
}

#[test]
fn a_failed_turn_and_a_refused_prompt_say_why() {
    let mut story = Story::begun();
    story.session();
    let id = story.turn();
    let error = json!({ "message": "The model is gone.", "codexErrorInfo": "serverOverloaded" });
    story.codex(
        "turn/completed",
        json!({ "turn": { "id": "u", "status": "failed", "error": error } }),
    );
    assert_eq!(story.error(id), (rpc::INTERNAL_ERROR, "The model is gone.".into()));

    let id = story.request("session/prompt", prompt("Go"));
    story.refuse("codex/turn/start", FailureKind::AppServerDown, "Codex is not there.");
    // -32000 would have the client ask for a sign-in.
    assert_eq!(story.error(id), (rpc::INTERNAL_ERROR, "Codex is not there.".into()));
    let id = story
        .request("session/prompt", json!({ "sessionId": "t", "prompt": [{ "type": "audio" }] }));
    assert_eq!(story.error(id).0, rpc::INVALID_PARAMS);
    let id = story.request("session/prompt", json!({ "sessionId": "other", "prompt": [] }));
    assert_eq!(story.error(id).0, rpc::NOT_FOUND);
}

#[test]
fn a_turn_ends_with_its_app_server() {
    let mut story = Story::begun();
    story.session();
    let id = story.turn();
    story.daemon("outrigger/appServer/status", json!({ "state": "ready", "lastError": null }));
    assert!(!story.is_answered(id));
    story.daemon(
        "outrigger/appServer/status",
        json!({ "state": "restarting", "lastError": { "message": "Codex was killed." } }),
    );
    assert_eq!(story.error(id), (rpc::INTERNAL_ERROR, "Codex was killed.".into()));
}

#[test]
fn a_daemon_that_ends_fails_what_waits_and_the_next_prompt_finds_the_next_one() {
    let mut story = Story::begun();
    story.session();
    let running = story.turn();
    story.note("session/cancel", json!({ "sessionId": "t" }));
    let waiting = story.request("session/prompt", prompt("Next"));
    let listing = story.request("session/list", json!({}));
    story.gone();
    assert_eq!(story.result(running), json!({ "stopReason": "cancelled" }));
    assert_eq!(story.error(waiting), (rpc::INTERNAL_ERROR, "It has ended.".into()));
    assert_eq!(story.error(listing), (rpc::INTERNAL_ERROR, "It has ended.".into()));
    assert_eq!(story.connections, 1);

    let id = story.request("session/prompt", prompt("Still there?"));
    assert_eq!(story.connections, 2);
    let introduction = story.asked[0]["params"].clone();
    assert_eq!(introduction["workspaceFolders"], json!([{ "uri": "file:///w", "name": "w" }]));
    story.take_in();
    assert_eq!(
        story.answer("codex/thread/resume", super::opened()),
        json!({ "threadId": "t", "excludeTurns": true, "cwd": "/w" })
    );
    story.answer("codex/turn/start", json!({ "turn": { "id": "v" } }));
    story.codex("turn/completed", json!({ "turn": { "id": "v", "status": "completed" } }));
    assert_eq!(story.result(id), json!({ "stopReason": "end_turn" }));

    // None can be reached at all.
    story.gone();
    let id = story.request("session/prompt", prompt("And now?"));
    story.gone();
    assert_eq!(story.error(id), (rpc::INTERNAL_ERROR, "It has ended.".into()));
}
