//! What an editor may do to us, and what becomes of everything when it goes.

use std::time::Duration;

use outrigger_tests::{Editor, Launch, Workspace, frame};
use serde_json::{Value, json};

fn quiet(workspace: &Workspace) -> Launch<'_> {
    workspace.editor().overlook("codex/", "what the app-server says is no part of this story")
}

fn ping(editor: &Editor) {
    assert!(editor.call("outrigger/ping", json!({}))["uptimeMs"].is_u64());
}

#[test]
fn garbage_and_broken_frames_do_not_lose_the_next_message() {
    let workspace = Workspace::empty();
    let editor = quiet(&workspace).events(&["diagnostic"]).launch();
    editor.write(b"no header at all\r\n\r\n\x00\xff\xfe");
    ping(&editor);
    let told = editor.note("outrigger/diagnostic");
    assert_eq!(
        json!([told["level"], told["kind"], told["method"], told["count"]]),
        json!(["warning", "editorFrame", null, 1])
    );
    editor.write(b"Content-Length: 9\r\n\r\n{\"id\":1,}");
    assert_eq!(editor.stray_error()["code"], -32_700);
    editor.write(b"Content-Length: 2\r\n\r\n[]");
    assert_eq!(editor.stray_error()["code"], -32_600);
    editor.write(b"Content-Length: many\r\n\r\n");
    editor.write(b"Content-Length: 3\r\n\r\n\xff\xff\xff");
    assert_eq!(editor.stray_error()["code"], -32_700);
    ping(&editor);
}

#[test]
fn a_frame_of_100_mb_is_refused_and_the_next_is_served() {
    let workspace = Workspace::empty();
    let editor = quiet(&workspace).launch();
    let start = br#"{"jsonrpc":"2.0","id":77,"method":"outrigger/ping","params":{"a":""#;
    let length = 100 << 20;
    editor.write(format!("Content-Length: {length}\r\n\r\n").as_bytes());
    editor.write(start);
    let chunk = vec![b'x'; 1 << 20];
    let mut left = length - start.len() - 3;
    while left > 0 {
        let piece = left.min(chunk.len());
        editor.write(&chunk[..piece]);
        left -= piece;
    }
    editor.write(b"\"}}");
    let refused = editor.response(77).unwrap_err();
    assert_eq!(refused["data"]["kind"], "limitExceeded");
    ping(&editor);
}

#[test]
fn what_comes_before_initialize_or_is_not_known_is_refused() {
    let workspace = Workspace::empty();
    let editor = quiet(&workspace).spawn();
    let refusal = |method: &str| {
        let error = editor.refused(method, json!({}));
        json!([error["code"], error["data"]["kind"]])
    };
    assert_eq!(refusal("outrigger/ping"), json!([-32_002, "notInitialized"]));
    assert_eq!(refusal("codex/model/list"), json!([-32_002, "notInitialized"]));
    editor.notify("textDocument/didOpen", json!({ "nonsense": true }));
    editor.initialize().unwrap();
    assert_eq!(refusal("outrigger/made/up"), json!([-32_601, "methodUnknown"]));
    assert_eq!(refusal("textDocument/foldingRange"), json!([-32_601, "methodUnknown"]));
    assert_eq!(refusal("outrigger/thread/snapshot"), json!([-32_602, "invalidParams"]));
    assert_eq!(refusal("initialize"), json!([-32_600, "invalidParams"]));
    editor.notify("outrigger/made/up", json!({}));
    editor.notify("$/made/up", json!({}));
    ping(&editor);
}

#[test]
fn an_id_that_is_still_open_is_not_taken_twice_and_a_cancelled_request_is_answered_once() {
    let workspace = Workspace::empty();
    let editor = quiet(&workspace).launch();
    let command = json!({ "command": ["sleep", "260"], "cwd": editor.folder() });
    let id = editor.ask_for("codex/command/exec", command);
    let twin = json!({ "jsonrpc": "2.0", "id": id, "method": "outrigger/ping", "params": {} });
    editor.send(&twin);
    assert_eq!(editor.response(id).unwrap_err()["code"], -32_600);

    editor.notify("$/cancelRequest", json!({ "id": id }));
    let cancelled = editor.response(id).unwrap_err();
    assert_eq!(
        json!([cancelled["code"], cancelled["data"]["kind"]]),
        json!([-32_800, "cancelled"])
    );
    editor.notify("$/cancelRequest", json!({ "id": id }));
    editor.notify("$/cancelRequest", json!({ "id": "none" }));
    editor.notify("$/cancelRequest", json!({}));
    editor.send(&twin);
    assert!(editor.response(id).is_ok());
}

#[test]
fn exit_without_shutdown_is_code_1() {
    let workspace = Workspace::empty();
    let editor = quiet(&workspace).launch();
    editor.start_thread();
    editor.notify("exit", Value::Null);
    assert_eq!(editor.exit_status().code(), Some(1));
}

#[test]
fn the_end_of_stdin_ends_everything_even_within_a_frame() {
    let workspace = Workspace::empty();
    for rest in [&b""[..], b"Content-Length: 5000\r\n\r\n{\"jsonrpc\""] {
        let editor = quiet(&workspace).launch();
        let thread = editor.start_thread_with(json!({ "approvalPolicy": "never" }));
        editor.start_turn(&thread, "[[exec:sleep 250]]");
        editor.note_where("codex/item/started", |note| note["item"]["type"] == "commandExecution");
        editor.write(rest);
        editor.hang_up();
        assert_eq!(editor.exit_status().code(), Some(0));
        assert_eq!(editor.remaining(Duration::from_secs(3)), []);
    }
}

#[test]
fn nothing_outlives_a_killed_editor_that_left_its_pipes_open() {
    let workspace = Workspace::empty();
    let editor = quiet(&workspace).below_shell().launch();
    let thread = editor.start_thread_with(json!({ "approvalPolicy": "never" }));
    editor.start_turn(&thread, "[[exec:sleep 240]]");
    editor.note_where("codex/item/started", |note| note["item"]["type"] == "commandExecution");
    assert!(editor.processes().len() >= 3, "{:?}", editor.processes());
    editor.kill();
    editor.exit_status();
    assert_eq!(editor.remaining(Duration::from_secs(3)), []);
}

#[test]
fn codex_does_not_outlive_a_killed_outrigger() {
    let workspace = Workspace::empty();
    let editor = quiet(&workspace).launch();
    let thread = editor.start_thread_with(json!({ "approvalPolicy": "never" }));
    editor.start_turn(&thread, "[[exec:sleep 230]]");
    editor.note_where("codex/item/started", |note| note["item"]["type"] == "commandExecution");
    editor.kill();
    editor.exit_status();
    assert_eq!(editor.remaining(Duration::from_secs(3)), []);
}

#[test]
fn a_reader_that_stops_for_a_while_loses_nothing() {
    const DELTAS: usize = 20_000;
    let workspace = Workspace::empty();
    let editor = workspace.editor().launch();
    let thread = editor.start_thread_with(json!({ "approvalPolicy": "never" }));
    editor.rest("codex/");
    editor.read_on(false);
    let params = outrigger_tests::turn(&thread, &format!("[[long:{DELTAS}]]"));
    let turn = editor.ask_for("codex/turn/start", params);
    // The model has sent its last word when the app-server asks for nothing more: what is unread waits in the pipes.
    let bound = std::time::Instant::now() + outrigger_tests::PATIENCE;
    while workspace.model().requests().is_empty() && std::time::Instant::now() < bound {
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_secs(2));
    editor.read_on(true);
    let turn = editor.response(turn).unwrap()["turn"]["id"].clone();
    assert_eq!(editor.turn_end(turn.as_str().unwrap()), "completed");
    let deltas = editor.notes_so_far("codex/item/agentMessage/delta");
    let heard: String = deltas.iter().map(|delta| delta["delta"].as_str().unwrap()).collect();
    let said = editor.note_where("codex/item/completed", |n| n["item"]["type"] == "agentMessage");
    assert_eq!(said["item"]["text"].as_str(), Some(heard.as_str()));
    assert_eq!(heard.split_whitespace().count(), DELTAS);
    assert!(deltas.len() < DELTAS, "nothing was merged, so the pipe was never full");
    editor.rest("codex/");
}

#[test]
fn an_untrusted_workspace_starts_nothing_until_it_is_trusted() {
    let workspace = Workspace::empty();
    let editor = quiet(&workspace).option("trusted", json!(false)).launch();
    let refused = editor.refused("codex/thread/start", json!({ "cwd": editor.folder() }));
    assert_eq!(refused["data"]["kind"], "workspaceUntrusted");
    let refused = editor.refused("outrigger/appServer/start", json!({}));
    assert_eq!(refused["data"]["kind"], "workspaceUntrusted");
    assert_eq!(editor.call("outrigger/appServer/status", json!({}))["state"], "stopped");
    assert_eq!(editor.processes().len(), 1);
    assert!(!workspace.beside("outrigger").exists(), "something was written");

    editor.notify("outrigger/session/update", json!({ "trusted": true }));
    assert_eq!(editor.play(&editor.start_thread(), "[[msg:trusted]]"), "completed");
}

#[test]
fn many_messages_in_one_write_are_served_in_order() {
    let workspace = Workspace::empty();
    let editor = quiet(&workspace).launch();
    let ids: Vec<i64> = (1_000..1_300).collect();
    let bytes: Vec<u8> = ids
        .iter()
        .flat_map(|id| {
            frame(&json!({ "jsonrpc": "2.0", "id": id, "method": "outrigger/ping", "params": {} }))
        })
        .collect();
    editor.write(&bytes);
    assert_eq!(editor.answers_in_order(ids.len()), ids);
}
