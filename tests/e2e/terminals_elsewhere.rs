//! What the app-server runs, in terminals like any other: a program in Codex's sandbox, and the agent's own commands.

use outrigger_tests::Workspace;
use serde_json::{Value, json};

use crate::terminals::{View, close, create, exit_of, id_of, window};

#[test]
fn a_program_in_codexs_sandbox_is_typed_into_sized_and_ended() {
    let workspace = Workspace::empty();
    let editor = window(&workspace, "One").launch();
    // From here on the app-server is there.
    editor.start_thread();
    let script = "read -r line; echo got-$line; stty size; read -r _; stty size; exec sleep 1005";
    let terminal = create(
        &editor,
        json!({ "command": "sh", "args": ["-c", script], "sandboxed": true, "name": "Inside" }),
    );
    let id = id_of(&terminal);
    assert_eq!(
        [&terminal["name"], &terminal["pid"], &terminal["mode"], &terminal["interactive"]],
        [&json!("Inside"), &Value::Null, &json!("pty"), &json!(true)]
    );
    let other = window(&workspace, "Other").launch();
    let (mut here, mut there) = (View::attach(&editor, &id), View::attach(&other, &id));
    for key in ["é", "2", "3", "\r"] {
        here.types(key);
    }
    here.until_it_shows("got-é23\r\n");
    there.until_it_shows("24 80");
    editor.call("outrigger/terminal/resize", json!({ "terminalId": id, "cols": 132, "rows": 43 }));
    editor.note_where("outrigger/terminal/changed", |note| note["terminal"]["cols"] == 132);
    there.types("\r");
    here.until_it_shows("43 132");
    let refused = editor.refused("outrigger/terminal/close", json!({ "terminalId": id }));
    assert_eq!(refused["data"]["kind"], "conflicted");
    close(&editor, &id);
    for editor in [&editor, &other] {
        // The code is what the app-server says of one that it ended.
        exit_of(editor, &id);
    }
    let listed = editor.call("outrigger/terminal/list", json!({}));
    assert_eq!(listed, json!({ "terminals": [] }));

    let short =
        create(&editor, json!({ "command": "sh", "args": ["-c", "exit 3"], "sandboxed": true }));
    for editor in [&editor, &other] {
        assert_eq!(exit_of(editor, &id_of(&short)), (json!(3), Value::Null));
    }
}

#[test]
fn a_command_of_the_agent_is_watched_to_its_end() {
    let workspace = Workspace::empty();
    let editor = window(&workspace, "One")
        .events(&["terminal", "thread"])
        .overlook("outrigger/thread/", "the item is asked for")
        .launch();
    let thread = editor
        .start_thread_with(json!({ "approvalPolicy": "never", "sandbox": "danger-full-access" }));
    let script = "echo one; while [ ! -e go ]; do sleep 0.05; done; echo two; echo three";
    let turn = editor.start_turn(&thread, &format!("[[exec:{script}]]"));
    let mut item = None;
    outrigger_tests::processes::until(|| {
        let snapshot = editor.call("outrigger/thread/snapshot", json!({ "threadId": thread }));
        let items = snapshot["thread"]["turns"][0]["items"].as_array().cloned().unwrap_or_default();
        item = items.into_iter().find(|item| item["type"] == "commandExecution");
        item.is_some()
    });
    let watch = json!({
        "threadId": thread, "turnId": turn, "itemId": item.unwrap()["itemId"], "cols": 80, "rows": 24,
    });
    let watched = editor.call("outrigger/terminal/watch", watch.clone())["terminal"].take();
    let id = id_of(&watched);
    assert_eq!(
        [&watched["threadId"], &watched["interactive"], &watched["supportsResize"]],
        [&json!(thread), &json!(false), &json!(false)]
    );
    let again = editor.call("outrigger/terminal/watch", watch)["terminal"].take();
    assert_eq!(id_of(&again), id);
    let mut view = View::attach(&editor, &id);
    let refused =
        editor.refused("outrigger/terminal/write", json!({ "terminalId": id, "data": "x" }));
    assert_eq!(refused["data"]["kind"], "invalidParams");
    workspace.write("go", "");
    // The app-server streams not all that was printed first; at the end all of it is shown.
    view.until_it_shows("one\r\ntwo\r\nthree\r\n");
    assert_eq!(exit_of(&editor, &id), (json!(0), Value::Null));
    close(&editor, &id);
}
