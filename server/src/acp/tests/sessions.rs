//! Sessions opened, loaded, set and listed.

use serde_json::{Value, json};

use super::{Story, opened, prompt};
use crate::{acp::rpc, protocol::FailureKind};

fn kinds(updates: &[Value]) -> Vec<&str> {
    updates.iter().map(|update| update["sessionUpdate"].as_str().unwrap()).collect()
}

#[test]
fn a_new_session_waits_for_the_daemon_and_is_told_its_commands() {
    let mut story = Story::begun();
    let id = story.request(
        "session/new",
        json!({ "cwd": "/w", "additionalDirectories": ["/more"], "mcpServers": [] }),
    );
    let folders = story.note_to_daemon("workspace/didChangeWorkspaceFolders");
    assert_eq!(
        folders["event"]["added"],
        json!([{ "uri": "file:///w", "name": "w" }, { "uri": "file:///more", "name": "more" }])
    );
    let sent = story.answer("codex/thread/start", opened());
    assert_eq!(sent, json!({ "cwd": "/w", "runtimeWorkspaceRoots": ["/w", "/more"] }));
    let result = story.result(id);
    assert_eq!(result["sessionId"], "t");
    assert_eq!(result["modes"]["currentModeId"], "agent");
    assert_eq!(kinds(&story.updates()), ["available_commands_update"]);
}

#[test]
fn what_is_asked_before_the_daemon_is_there_waits_for_it() {
    let mut story = Story::begun();
    story.gone();
    let id = story.request("session/list", json!({ "cwd": "/w" }));
    assert_eq!(story.asked.len(), 1);
    story.take_in();
    let sent = story.answer("codex/thread/list", json!({ "data": [], "nextCursor": "more" }));
    assert_eq!(sent["cwd"], "/w");
    assert_eq!(story.result(id), json!({ "sessions": [], "nextCursor": "more" }));
}

#[test]
fn a_loaded_session_tells_its_history_and_then_what_happened_meanwhile() {
    let mut story = Story::begun();
    let params = json!({ "sessionId": "t", "cwd": "/w", "mcpServers": [] });
    let id = story.request("session/load", params);
    let sent = story.answer("codex/thread/resume", opened());
    assert_eq!(sent, json!({ "threadId": "t", "excludeTurns": true, "cwd": "/w" }));
    // This is in the first page, and is not told twice.
    story.codex("item/agentMessage/delta", json!({ "itemId": "m2", "delta": "Be" }));
    let item = |id: &str, kind: &str, rest: Value| {
        let mut item = json!({ "itemId": id, "type": kind, "status": null });
        item.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        item
    };
    let newest = json!({ "turns": [
        { "turnId": "u2", "status": "inProgress", "items": [
            item("m2", "agentMessage", json!({ "text": "Beg" })),
        ] },
    ], "usage": { "last": { "totalTokens": 5 }, "modelContextWindow": 100 } });
    let page = json!({ "revision": 1, "thread": newest, "olderCursor": "older" });
    assert_eq!(story.answer("outrigger/thread/snapshot", page)["before"], Value::Null);
    story.codex("item/agentMessage/delta", json!({ "itemId": "m2", "delta": "un" }));
    let oldest = json!({ "turns": [{ "turnId": "u1", "status": "interrupted", "items": [
        item("m0", "userMessage", json!({ "content": [{ "type": "text", "text": "Go" }, { "type": "localImage", "path": "/w/a.png" }] })),
        item("r", "reasoning", json!({ "summary": ["Hm", "Ah"] })),
        item("c", "commandExecution", json!({ "status": "inProgress", "command": "make", "commandActions": [], "cwd": "/w", "aggregatedOutput": "ok\n" })),
        item("m1", "agentMessage", json!({ "text": "Done" })),
    ] }], "usage": null });
    let page = json!({ "revision": 1, "thread": oldest, "olderCursor": null });
    assert_eq!(story.answer("outrigger/thread/snapshot", page)["before"], "older");
    let result = story.result(id);
    assert_eq!(result.get("sessionId"), None);
    let updates = story.updates();
    let told: Vec<Value> = updates
        .iter()
        .map(|update| match update["sessionUpdate"].as_str().unwrap() {
            "tool_call" => json!([update["title"], update["status"]]),
            "available_commands_update" => json!("commands"),
            "usage_update" => json!(update["used"]),
            kind => json!([kind, update["content"]["text"]]),
        })
        .collect();
    assert_eq!(
        json!(told),
        json!([
            ["user_message_chunk", "Go"],
            ["user_message_chunk", null],
            ["agent_thought_chunk", "Hm\n\nAh"],
            ["make", "failed"],
            ["agent_message_chunk", "Done"],
            ["agent_message_chunk", "Beg"],
            5,
            "commands",
            ["agent_message_chunk", "un"],
        ])
    );
    // The turn that runs can be stopped, though another began it.
    story.note("session/cancel", json!({ "sessionId": "t" }));
    assert_eq!(story.answer("codex/turn/interrupt", json!({}))["turnId"], "u2");
}

#[test]
fn what_waits_in_a_resumed_session_is_asked_for() {
    let mut story = Story::begun();
    let params = json!({ "sessionId": "t", "cwd": "/w" });
    let id = story.request("session/resume", params);
    story.answer("codex/thread/resume", opened());
    story.result(id);
    let approval = json!({ "approvalId": "1.1:0", "kind": "permissions", "threadId": "t", "itemId": "i",
        "permissions": { "network": { "enabled": true } }, "reason": "To fetch", "options": [] });
    let list = json!({ "approvals": [approval] });
    assert_eq!(story.answer("outrigger/approval/list", list), json!({ "threadId": "t" }));
    let (_, params) = story.question("session/request_permission");
    assert_eq!(params["toolCall"]["title"], "Grant permissions");
}

#[test]
fn a_choice_counts_once_codex_has_taken_it() {
    let mut story = Story::begun();
    story.session();
    let id =
        story.request("session/set_mode", json!({ "sessionId": "t", "modeId": "full-access" }));
    let sent = story.answer("codex/thread/settings/update", json!({}));
    assert_eq!(
        sent,
        json!({ "threadId": "t", "approvalPolicy": "never", "sandboxPolicy": { "type": "dangerFullAccess" } })
    );
    assert_eq!(story.result(id), json!({}));

    let choice = json!({ "sessionId": "t", "configId": "sandbox", "value": "readOnly" });
    let id = story.request("session/set_config_option", choice.clone());
    story.refuse("codex/thread/settings/update", FailureKind::AppServerDown, "Not now.");
    assert_eq!(story.error(id), (rpc::INTERNAL_ERROR, "Not now.".into()));
    let id = story.request("session/set_config_option", choice);
    story.answer("codex/thread/settings/update", json!({}));
    let options = story.result(id)["configOptions"].clone();
    assert_eq!(options[0]["currentValue"], "custom");
    let id = story.request("session/set_mode", json!({ "sessionId": "t", "modeId": "none" }));
    assert_eq!(story.error(id), (rpc::INVALID_PARAMS, "mode cannot be set to \"none\".".into()));
}

#[test]
fn what_another_editor_sets_is_told() {
    let mut story = Story::begun();
    story.session();
    let settings = |sandbox: &str| {
        json!({ "threadSettings": { "model": "big", "effort": null, "approvalPolicy": "on-request",
            "sandboxPolicy": { "type": sandbox } } })
    };
    story.codex("thread/settings/updated", settings("workspaceWrite"));
    assert_eq!(story.updates(), [] as [Value; 0]);
    story.codex("thread/settings/updated", settings("readOnly"));
    let updates = story.updates();
    assert_eq!(kinds(&updates), ["current_mode_update", "config_option_update"]);
    assert_eq!(updates[0]["currentModeId"], "read-only");
}

#[test]
fn commands_are_done_here_and_end_their_prompt() {
    let mut story = Story::begun();
    story.session();
    let id = story.request("session/prompt", prompt("/undo"));
    assert_eq!(story.result(id), json!({ "stopReason": "end_turn" }));
    assert_eq!(story.updates()[0]["content"]["text"], "There is no turn to take back.");

    story.turn();
    story.turn_ends("completed");
    story.told.clear();
    let id = story.request("session/prompt", prompt("/undo"));
    let undone = json!({ "journalId": "7", "uris": ["file:///w/a.txt"], "leftOut": [] });
    let sent = story.answer("outrigger/turn/undo", undone);
    assert_eq!(sent, json!({ "threadId": "t", "turnId": "u" }));
    assert_eq!(story.result(id), json!({ "stopReason": "end_turn" }));
    assert_eq!(story.updates()[0]["content"]["text"], "As before the last turn: a.txt.");
}

#[test]
fn automations_are_listed_and_one_is_run() {
    let mut story = Story::begun();
    story.session();
    let id = story.request("session/prompt", prompt("/automations"));
    story.answer("outrigger/automation/list", json!({ "automations": [], "problems": [] }));
    assert_eq!(story.result(id), json!({ "stopReason": "end_turn" }));
    assert_eq!(story.updates()[0]["content"]["text"], "There is no automation.");

    story.told.clear();
    let id = story.request("session/prompt", prompt("/automations run nightly"));
    let run = json!({ "run": { "status": "IN_PROGRESS" } });
    assert_eq!(story.answer("outrigger/automation/run", run), json!({ "id": "nightly" }));
    assert_eq!(story.result(id), json!({ "stopReason": "end_turn" }));
    assert_eq!(
        story.updates()[0]["content"]["text"],
        "nightly runs. What comes of it is in the inbox, and in its own thread."
    );
}

#[test]
fn staging_goes_on_file_by_file_and_says_where_it_stopped() {
    let mut story = Story::begun();
    story.session();
    let id = story.request("session/prompt", prompt("/stage"));
    let file =
        |name: &str| json!({ "uri": format!("file:///w/{name}"), "hunks": [{ "hunkId": name }] });
    story.answer("outrigger/review/list", json!({ "files": [file("a"), file("b"), file("c")] }));
    let first = story.answer("outrigger/hunk/stage", json!({}));
    assert_eq!(
        first,
        json!({ "uri": "file:///w/a", "targets": [{ "hunkId": "a" }], "answer": "ids" })
    );
    story.refuse("outrigger/hunk/stage", FailureKind::HunkStale, "It is no longer there.");
    assert_eq!(story.result(id), json!({ "stopReason": "end_turn" }));
    assert_eq!(
        story.updates()[0]["content"]["text"],
        "- Staged 1 hunk of a\nb was not staged: It is no longer there."
    );
}

#[test]
fn a_deleted_session_is_archived_and_a_titled_one_named() {
    let mut story = Story::begun();
    story.session();
    let id = story.request("session/set_title", json!({ "sessionId": "t", "title": "Mine" }));
    let sent = story.answer("codex/thread/name/set", json!({}));
    assert_eq!(sent, json!({ "threadId": "t", "name": "Mine" }));
    assert_eq!(story.result(id), json!({ "title": "Mine" }));
    let id = story.request("session/delete", json!({ "sessionId": "t" }));
    assert_eq!(story.answer("codex/thread/archive", json!({})), json!({ "threadId": "t" }));
    assert_eq!(story.result(id), json!({}));
}

#[test]
fn a_request_that_is_cancelled_is_answered_once() {
    let mut story = Story::begun();
    let id = story.request("session/list", json!({}));
    story.note("$/cancel_request", json!({ "requestId": id }));
    assert_eq!(story.error(id).0, rpc::CANCELLED);
    story.answer("codex/thread/list", json!({ "data": [] }));
    assert_eq!(story.told, [] as [Value; 0]);
    story.note("$/cancel_request", json!({ "requestId": 99 }));
    assert_eq!(story.told, [] as [Value; 0]);
}
