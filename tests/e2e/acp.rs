//! `outrigger acp` beside other editors, and when things break.

use outrigger_tests::{AcpClient, Workspace};
use serde_json::{Value, json};

use crate::scene::{PATCH, PATCHED, THREE_LINES};

fn text_of(params: &Value) -> &str {
    params["update"]["content"]["text"].as_str().unwrap_or_default()
}

#[test]
fn an_editor_and_an_acp_client_see_one_thread_and_the_first_answer_counts() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let editor =
        workspace.editor().shared().overlook("codex/", "the story is told by approvals").launch();
    let client = AcpClient::launch(&workspace);
    let session = client.asked_session(&workspace);

    let prompt = client.prompt(&session, PATCH);
    let ask = client.ask("session/request_permission");
    let approval = editor.approval();
    assert_eq!(approval["threadId"], session.as_str());
    let file = workspace.path("notes.txt");
    assert_eq!(
        ask.params["toolCall"]["content"],
        json!([{ "type": "diff", "path": file, "oldText": THREE_LINES, "newText": PATCHED }])
    );
    editor.decide(&approval, json!("decline")).unwrap();
    let withdrawn = client.note_where("$/cancel_request", |_| true);
    assert_eq!(withdrawn["requestId"], ask.id);
    // Too late, and of no consequence.
    client.select(&ask, "accept");
    assert_eq!(client.stop_reason(prompt), "end_turn");
    assert_eq!(editor.resolved(&approval), (json!("decided"), json!("Test Editor")));
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(THREE_LINES));

    // The other way round.
    let prompt = client.prompt(&session, PATCH);
    let ask = client.ask("session/request_permission");
    let approval = editor.approval();
    client.select(&ask, "accept");
    assert_eq!(editor.resolved(&approval), (json!("decided"), json!("ACP Client")));
    assert_eq!(client.stop_reason(prompt), "end_turn");
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(PATCHED));

    // A turn that the editor begins is told to both.
    let thread = json!({ "threadId": session, "excludeTurns": true });
    editor.call("codex/thread/resume", thread);
    assert_eq!(editor.play(&session, "[[msg:from the editor]]"), "completed");
    client.note_where("session/update", |params| {
        params["update"]["sessionUpdate"] == "user_message_chunk"
            && text_of(params) == "[[msg:from the editor]]"
    });
    client.note_where("session/update", |params| text_of(params) == "from the editor");
}

#[test]
fn a_daemon_that_is_killed_fails_the_prompt_and_the_next_prompt_has_another_one() {
    let workspace = Workspace::empty();
    let client = AcpClient::launch(&workspace);
    let session = client.session(&workspace);
    let begun = client.prompt(&session, "[[msg:begun]]");
    assert_eq!(client.stop_reason(begun), "end_turn");
    let prompt = client.prompt(&session, "[[slow:1000,0.05]]");
    client.note_where("session/update", |params| text_of(params).starts_with("tok"));
    outrigger_tests::processes::kill(workspace.daemon_pid().unwrap());
    let error = client.response(prompt).unwrap_err();
    assert_eq!((&error["code"], &error["data"]["kind"]), (&json!(-32603), &json!("daemonGone")));

    let prompt = client.prompt(&session, "[[msg:and on]]");
    assert_eq!(client.stop_reason(prompt), "end_turn");
    client.note_where("session/update", |params| text_of(params) == "and on");
}

#[test]
fn a_turn_ends_with_a_killed_app_server_and_the_next_one_goes_on() {
    let workspace = Workspace::empty();
    let client = AcpClient::launch(&workspace);
    let session = client.session(&workspace);
    let prompt = client.prompt(&session, "[[slow:1000,0.05]]");
    client.note_where("session/update", |params| text_of(params).starts_with("tok"));
    let is_server = |(_, command): &(u32, String)| command.contains("app-server");
    let server = workspace.processes().into_iter().find(is_server).unwrap().0;
    outrigger_tests::processes::kill(server);
    let error = client.response(prompt).unwrap_err();
    assert_eq!(error["code"], -32603);
    let prompt = client.prompt(&session, "[[msg:and on]]");
    assert_eq!(client.stop_reason(prompt), "end_turn");
}

#[test]
fn a_client_that_leaves_ends_no_turn() {
    let workspace = Workspace::empty();
    let one = AcpClient::launch(&workspace);
    let session = one.session(&workspace);
    one.prompt(&session, "[[exec:sleep 0.5; touch done]]");
    one.note_where("session/update", |params| params["update"]["sessionUpdate"] == "tool_call");
    drop(one);
    workspace.await_text("done", "");
    let two = AcpClient::launch(&workspace);
    let params = json!({ "sessionId": session, "cwd": workspace.folder(), "mcpServers": [] });
    two.call("session/load", params);
    two.note_where("session/update", |params| {
        params["update"]["sessionUpdate"] == "tool_call" && params["update"]["kind"] == "execute"
    });
}

#[test]
fn alone_everything_ends_with_the_client() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let client = AcpClient::launch_solo(&workspace);
    let session = client.asked_session(&workspace);
    let prompt = client.prompt(&session, PATCH);
    let ask = client.ask("session/request_permission");
    client.select(&ask, "accept");
    assert_eq!(client.stop_reason(prompt), "end_turn");
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(PATCHED));
    drop(client);
    // At its end the workspace fails if a process is left.
}

#[test]
fn lines_that_are_no_messages_do_not_end_the_conversation() {
    let workspace = Workspace::empty();
    let client = AcpClient::launch(&workspace);
    client.write("{");
    assert_eq!(client.stray_error()["code"], -32700);
    client.write("");
    client.write("[1]");
    assert_eq!(client.stray_error()["code"], -32600);
    client.write(&json!({ "jsonrpc": "2.0", "id": 7777, "result": {} }).to_string());
    client.write(&json!({ "jsonrpc": "2.0", "method": "session/imagine" }).to_string());
    assert_eq!(client.call("session/list", json!({}))["sessions"], json!([]));
}
