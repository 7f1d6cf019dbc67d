//! What outlives a restart: who decided what, what only the live stream of a turn had, and messages that wait.

use outrigger_tests::{Editor, Launch, Workspace};
use serde_json::{Value, json};

fn editor(workspace: &Workspace) -> Launch<'_> {
    workspace
        .editor()
        .overlook("codex/", "only what is kept matters")
        .overlook("outrigger/", "as above")
}

fn history(editor: &Editor) -> Vec<Value> {
    let page = editor.call("outrigger/approval/history", json!({}));
    page["entries"].as_array().unwrap().clone()
}

/// A thread in which a command was asked for and declined.
fn declined(editor: &Editor) -> (String, Value) {
    let thread = editor.start_thread();
    let turn = editor.start_turn(&thread, "[[exec:touch kept]]");
    let approval = editor.approval();
    editor.decide(&approval, json!("decline")).unwrap();
    editor.turn_end(&turn);
    (thread, approval)
}

#[test]
fn who_decided_what_is_known_after_a_restart() {
    let workspace = Workspace::empty();
    let first = editor(&workspace).name("first").launch();
    let (_, approval) = declined(&first);
    first.kill();
    first.exit_status();

    let second = editor(&workspace).name("second").launch();
    let entries = history(&second);
    let entry = &entries[0];
    assert_eq!(
        (entries.len(), &entry["approval"]["approvalId"], &entry["decision"], &entry["decidedBy"]),
        (1, &approval["approvalId"], &json!("decline"), &json!("first"))
    );
    assert!(["confirmed", "appServerExited"].iter().any(|told| entry["delivery"] == *told));
    // The same request id of the next process is another approval.
    let late = second.decide(&approval, json!("accept")).unwrap_err();
    assert_eq!(late["data"]["kind"], "approvalResolved");
}

#[test]
fn what_the_history_leaves_out_is_there_after_a_restart() {
    let workspace = Workspace::empty();
    let first = editor(&workspace).name("first").launch();
    let (thread, _) = declined(&first);
    // The model breaks off in the midst of a message.
    first.play(&thread, "[[drop]]");
    let turns = |editor: &Editor| {
        let snapshot = editor.call("outrigger/thread/snapshot", json!({ "threadId": thread }));
        snapshot["thread"]["turns"].as_array().unwrap().clone()
    };
    let before = turns(&first);
    assert_eq!(first.leave(), Some(0));

    let second = editor(&workspace).name("second").launch();
    let after = turns(&second);
    assert_eq!(after, before);
    let statuses = |turn: &Value| -> Vec<(Value, Value)> {
        let items = turn["items"].as_array().unwrap().iter();
        items.map(|item| (item["type"].clone(), item["status"].clone())).collect()
    };
    let row = |kind: &str, status: &str| (json!(kind), json!(status));
    assert_eq!(
        [statuses(&after[0]), statuses(&after[1])],
        [
            vec![
                row("userMessage", "completed"),
                row("commandExecution", "declined"),
                row("agentMessage", "completed"),
            ],
            vec![row("userMessage", "completed"), row("agentMessage", "interrupted")],
        ]
    );
    let markers = after[1]["markers"].as_array().unwrap().iter();
    let kinds: Vec<&Value> = markers.map(|marker| &marker["kind"]).collect();
    assert_eq!(kinds, ["turnStarted", "error", "turnFailed"]);
}

#[test]
fn a_message_that_waits_is_sent_once_after_a_kill() {
    let workspace = Workspace::empty();
    let first = editor(&workspace).launch();
    let options = json!({ "approvalPolicy": "never", "sandbox": "danger-full-access" });
    let thread = first.start_thread_with(options);
    first.play(&thread, "[[msg:begun]]");
    first.start_turn(&thread, "[[exec:sleep 30]]");
    let input = json!([{ "type": "text", "text": "[[msg:kept]]", "text_elements": [] }]);
    first.call("outrigger/thread/queue/add", json!({ "threadId": thread, "input": input }));
    first.kill();
    first.exit_status();

    let second = editor(&workspace).launch();
    let of_thread = json!({ "threadId": thread });
    second.until(
        |editor| {
            let waiting = editor.call("outrigger/thread/queue/list", of_thread.clone());
            waiting["messages"] == json!([])
        },
        |_| {},
    );
    let sent = |editor: &Editor| {
        let snapshot = editor.call("outrigger/thread/snapshot", of_thread.clone());
        snapshot.to_string().matches("[[msg:kept]]").count()
    };
    second.until(|editor| sent(editor) > 0, |_| {});
    assert_eq!(second.leave(), Some(0));
    let third = editor(&workspace).launch();
    assert_eq!(sent(&third), 1);
}
