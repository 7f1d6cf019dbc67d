//! Several editors with one daemon: the same threads, the same approvals, and nothing that ends because a window does.

use outrigger_tests::{Editor, Launch, Workspace, processes};
use serde_json::{Value, json};

use crate::scene::{PATCH, PATCHED, THREE_LINES};

fn window<'w>(workspace: &'w Workspace, name: &'static str) -> Launch<'w> {
    workspace
        .editor()
        .shared()
        .name(name)
        .overlook("codex/", "the story is told by approvals and by the end of turns")
}

fn follow(editor: &Editor, thread: &str) {
    editor.call("outrigger/thread/subscribe", json!({ "threadId": thread }));
}

fn turns(editor: &Editor, thread: &str) -> Vec<Value> {
    let mut snapshot = editor.call("outrigger/thread/snapshot", json!({ "threadId": thread }));
    let Value::Array(turns) = snapshot["thread"]["turns"].take() else { panic!("{snapshot}") };
    turns
}

/// Waits until so many daemons and app-servers run. What a daemon is just starting has its command line until it runs
/// its own program.
fn until_there_run(workspace: &Workspace, (daemons, app_servers): (usize, usize)) {
    outrigger_tests::processes::until(|| {
        let all = workspace.processes();
        let count = |what: &str| all.iter().filter(|(_, command)| command.contains(what)).count();
        (count("outrigger daemon run"), count("app-server")) == (daemons, app_servers)
    });
}

#[test]
fn two_editors_see_one_approval_and_the_first_decision_wins() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let (one, other) = (window(&workspace, "One").launch(), window(&workspace, "Other").launch());
    let thread = one.start_thread();
    follow(&other, &thread);
    let turn = one.start_turn(&thread, PATCH);
    let (approval, same) = (one.approval(), other.approval());
    assert_eq!(approval, same);

    other.decide(&same, json!("accept")).unwrap();
    let late = one.decide(&approval, json!("decline")).unwrap_err();
    assert_eq!(
        json!([late["message"], late["data"]["kind"], late["data"]["decidedBy"]]),
        json!(["It was already accepted in Other.", "approvalResolved", "Other"])
    );
    for editor in [&one, &other] {
        assert_eq!(editor.resolved(&approval), (json!("decided"), json!("Other")));
        assert_eq!(editor.turn_end(&turn), "completed");
    }
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(PATCHED));
    assert_eq!(turns(&one, &thread), turns(&other, &thread));
    until_there_run(&workspace, (1, 1));
}

#[test]
fn what_waits_when_an_editor_leaves_is_decided_in_the_next_one() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let first = window(&workspace, "First").launch();
    let thread = first.start_thread();
    let turn = first.start_turn(&thread, PATCH);
    let approval = first.approval();
    assert_eq!(first.leave(), Some(0));

    let second = window(&workspace, "Second").launch();
    assert_eq!(second.approval(), approval);
    follow(&second, &thread);
    assert_eq!(turns(&second, &thread)[0]["status"], "inProgress");
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(THREE_LINES));
    second.decide(&approval, json!("accept")).unwrap();
    assert_eq!(second.resolved(&approval), (json!("decided"), json!("Second")));
    assert_eq!(second.turn_end(&turn), "completed");
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(PATCHED));
}

#[test]
fn a_message_queued_by_an_editor_that_left_is_sent_once() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let first = window(&workspace, "First").launch();
    let thread = first.start_thread();
    let turn = first.start_turn(&thread, PATCH);
    let approval = first.approval();
    let input = json!([{ "type": "text", "text": "[[msg:what waited]]" }]);
    first.call("outrigger/thread/queue/add", json!({ "threadId": thread, "input": input }));
    assert_eq!(first.leave(), Some(0));

    let second = window(&workspace, "Second").launch();
    assert_eq!(second.approval(), approval);
    follow(&second, &thread);
    second.decide(&approval, json!("accept")).unwrap();
    second.resolved(&approval);
    assert_eq!(second.turn_end(&turn), "completed");
    let sent = second.note_where("codex/turn/completed", |note| note["turn"]["id"] != turn);
    assert_eq!(sent["turn"]["status"], "completed");
    let waiting = second.call("outrigger/thread/queue/list", json!({ "threadId": thread }));
    assert_eq!(waiting, json!({ "messages": [] }));
    let turns = turns(&second, &thread);
    assert_eq!(turns.len(), 2);
    assert_eq!(
        turns[1]["items"][0]["content"],
        json!([{ "type": "text", "text": "[[msg:what waited]]", "text_elements": [] }])
    );
}

#[test]
fn ten_editors_at_once_make_one_daemon() {
    let workspace = Workspace::empty();
    let editors: Vec<Editor> = (0..10).map(|_| window(&workspace, "One of ten").spawn()).collect();
    let introduction = editors[0].introduction().clone();
    let asked: Vec<i64> =
        editors.iter().map(|editor| editor.ask_for("initialize", introduction.clone())).collect();
    for (editor, id) in editors.iter().zip(asked) {
        editor.response(id).unwrap();
        editor.notify("initialized", json!({}));
    }
    let status = workspace.daemon(&["status", "--json"]);
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["sessions"], 10);
    let thread = editors[9].start_thread();
    assert_eq!(editors[9].play(&thread, "[[msg:one for all]]"), "completed");
    until_there_run(&workspace, (1, 1));
    for editor in &editors {
        assert_eq!(editor.leave(), Some(0));
    }
}

#[test]
fn an_untrusted_window_starts_no_codex() {
    let workspace = Workspace::empty();
    let untrusted = window(&workspace, "Untrusted").option("trusted", json!(false)).launch();
    let refused = untrusted.refused("codex/model/list", json!({}));
    assert_eq!(refused["data"]["kind"], "workspaceUntrusted");
    until_there_run(&workspace, (1, 0));

    // Beside a trusted one it is still told nothing and may decide nothing.
    let trusted = window(&workspace, "Trusted").launch();
    let thread = trusted.start_thread();
    let turn = trusted.start_turn(&thread, "[[exec:touch made]]");
    let approval = trusted.approval();
    let refused = untrusted.decide(&approval, json!("accept")).unwrap_err();
    assert_eq!(refused["data"]["kind"], "workspaceUntrusted");
    assert_eq!(workspace.read("made"), None);
    trusted.decide(&approval, json!("decline")).unwrap();
    trusted.resolved(&approval);
    assert_eq!(trusted.turn_end(&turn), "completed");
    assert_eq!(untrusted.notes_ever("outrigger/") + untrusted.notes_ever("codex/"), 0);
}

#[test]
fn a_window_that_is_killed_leaves_the_others_their_turns() {
    let workspace = Workspace::empty();
    let killed = window(&workspace, "Killed").below_shell().launch();
    let thread = killed.start_thread();
    let stays = window(&workspace, "Stays").launch();
    follow(&stays, &thread);
    let turn = killed.start_turn(&thread, "[[exec:touch made]]");
    let approval = killed.approval();
    killed.kill();
    killed.exit_status();
    // Its pipes are still open: the daemon sees that the window's process is gone, and the relay ends.
    processes::until(|| {
        let status = workspace.daemon(&["status", "--json"]);
        let status: Value = serde_json::from_slice(&status.stdout).unwrap();
        status["sessions"] == 1
    });
    assert_eq!(stays.approval(), approval);
    stays.decide(&approval, json!("accept")).unwrap();
    stays.resolved(&approval);
    assert_eq!(stays.turn_end(&turn), "completed");
    assert_eq!(workspace.read("made").as_deref(), Some(""));
    let is_relay = |command: &str| command.contains("outrigger --stdio");
    let relays = || workspace.processes().iter().filter(|(_, c)| is_relay(c)).count();
    processes::until(|| relays() == 1);
}

#[test]
fn a_window_that_reads_nothing_is_closed_and_told_why_while_the_others_go_on() {
    let workspace = Workspace::empty();
    let stuck = window(&workspace, "Stuck").launch();
    let stays = window(&workspace, "Stays").launch();
    let thread = stays.start_thread();
    // What it asks for comes to more than may wait for it: 32 MiB.
    let atom = json!({ "key": "large", "value": "x".repeat(1_000_000) });
    stuck.call("outrigger/atom/set", atom);
    stuck.read_on(false);
    let asked: Vec<i64> =
        (0..80).map(|_| stuck.ask_for("outrigger/atom/get", json!({ "key": "large" }))).collect();
    processes::until(|| {
        let status = workspace.daemon(&["status", "--json"]);
        let status: Value = serde_json::from_slice(&status.stdout).unwrap();
        status["sessions"] == 1
    });
    assert_eq!(stays.play(&thread, "[[msg:not held up]]"), "completed");

    stuck.read_on(true);
    let why = stuck.note("outrigger/diagnostic");
    assert_eq!((why["level"].as_str(), why["kind"].as_str()), (Some("error"), Some("refused")));
    let message = why["message"].as_str().unwrap();
    assert!(
        message.ends_with("unread, so its session was ended. Reconnect to go on."),
        "{message}"
    );
    let failures: Vec<Value> =
        asked.iter().filter_map(|id| stuck.response_or_end(*id)?.err()).collect();
    assert!(
        !failures.is_empty() && failures.iter().all(|e| e["data"]["kind"] == "daemonGone"),
        "{failures:?}"
    );
    assert_eq!(stuck.exit_status().code(), Some(1));
    stuck.give_up();
}
