//! The daemon ends, or is ended: everyone is told, the next one goes on, and nothing of it is left.

use std::time::Duration;

use outrigger_tests::processes::{self, Signal};
use outrigger_tests::{Editor, Launch, Workspace};
use serde_json::{Value, json};

use crate::scene::{PATCH, THREE_LINES};

/// How long anything may outlive a daemon that was killed.
const WITHIN: Duration = Duration::from_secs(5);

fn window(workspace: &Workspace) -> Launch<'_> {
    workspace.editor().shared().overlook("codex/", "the story is told by approvals and answers")
}

fn pids(workspace: &Workspace, what: &str) -> Vec<u32> {
    let all = workspace.processes();
    all.iter().filter(|(_, command)| command.contains(what)).map(|(pid, _)| *pid).collect()
}

/// A shell command that runs until it is ended, with a child that has left its session.
const RESTLESS: &str = "[[exec:(setsid sleep 1000 &); sleep 1001]]";

/// What runs of it, without the shells, whose command lines name both as well.
fn sleeping(workspace: &Workspace) -> Vec<String> {
    let all = workspace.processes().into_iter().map(|(_, command)| command.trim_end().to_owned());
    let mut asleep: Vec<String> = all.filter(|command| command.starts_with("sleep 100")).collect();
    asleep.sort_unstable();
    asleep
}

/// An editor whose thread has a turn in which that command runs.
fn with_a_command_running(workspace: &Workspace) -> Editor {
    let editor = window(workspace).launch();
    let thread = editor.start_thread_with(json!({ "sandbox": "danger-full-access" }));
    editor.start_turn(&thread, RESTLESS);
    let approval = editor.approval();
    editor.decide(&approval, json!("accept")).unwrap();
    editor.resolved(&approval);
    processes::until(|| sleeping(workspace) == ["sleep 1000", "sleep 1001"]);
    editor
}

#[test]
fn when_the_daemon_is_killed_every_request_is_answered_and_the_next_daemon_goes_on() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let (one, other) = (window(&workspace).launch(), window(&workspace).launch());
    let thread = one.start_thread();
    assert_eq!(one.play(&thread, "[[msg:begun]]"), "completed");
    one.start_turn(&thread, PATCH);
    assert_eq!(one.approval(), other.approval());
    let command = json!({ "command": ["sleep", "1000"] });
    let open: Vec<(&Editor, i64)> = [&one, &other, &one]
        .map(|editor| (editor, editor.ask_for("codex/command/exec", command.clone())))
        .into();
    processes::kill(workspace.daemon_pid().unwrap());
    for (editor, id) in open {
        let gone = editor.response(id).unwrap_err();
        assert_eq!(
            gone,
            json!({
                "code": -32000,
                "message": "The Outrigger daemon has ended, or has let this editor go.",
                "data": {
                    "kind": "daemonGone",
                    "hint": "The editor starts it again; open threads are resumed.",
                },
            })
        );
    }
    assert_eq!([one.exit_status().code(), other.exit_status().code()], [Some(1); 2]);

    let again = window(&workspace).launch();
    again.call("codex/thread/resume", json!({ "threadId": thread }));
    let snapshot = again.call("outrigger/thread/snapshot", json!({ "threadId": thread }));
    let statuses: Vec<&Value> = snapshot["thread"]["turns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|turn| &turn["status"])
        .collect();
    assert_eq!(statuses, ["completed", "interrupted"]);
    assert_eq!(again.call("outrigger/approval/list", json!({})), json!({ "approvals": [] }));
    assert_eq!(again.play(&thread, "[[msg:and on]]"), "completed");
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(THREE_LINES));
}

#[test]
fn asked_to_end_the_daemon_first_writes_what_waits() {
    let workspace = Workspace::empty();
    let (slow, other) = (window(&workspace).launch(), window(&workspace).launch());
    slow.read_on(false);
    let asked: Vec<i64> = (0..300).map(|_| slow.ask_for("codex/model/list", json!({}))).collect();
    other.until(
        |other| {
            let metrics = other.call("outrigger/metrics", json!({}));
            let methods = metrics["methods"].as_array().unwrap();
            methods.iter().any(|m| m["method"] == "codex/model/list" && m["count"] == 300)
        },
        |_| {},
    );
    processes::signal(workspace.daemon_pid().unwrap(), Signal::TERM);
    slow.read_on(true);
    for id in asked {
        assert!(slow.response(id).unwrap()["data"].is_array());
    }
    assert_eq!([slow.exit_status().code(), other.exit_status().code()], [Some(1); 2]);
    workspace.assert_deserted(WITHIN);
}

#[test]
fn nothing_is_left_of_a_daemon_that_was_stopped() {
    let workspace = Workspace::empty();
    let editor = with_a_command_running(&workspace);
    let stopped = workspace.daemon(&["stop"]);
    assert_eq!(stopped.status.code(), Some(0));
    let left = workspace.processes();
    let but_relays: Vec<_> =
        left.iter().filter(|(_, c)| !c.contains("outrigger --stdio")).collect();
    assert_eq!(but_relays, [] as [&(u32, String); 0]);
    assert_eq!(editor.exit_status().code(), Some(1));
}

#[test]
fn nothing_is_left_of_a_daemon_that_was_killed() {
    let workspace = Workspace::empty();
    let editor = with_a_command_running(&workspace);
    // An app-server that hangs does not see the end of its input.
    processes::signal(pids(&workspace, "app-server")[0], Signal::STOP);
    processes::kill(workspace.daemon_pid().unwrap());
    assert_eq!(editor.exit_status().code(), Some(1));
    workspace.assert_deserted(WITHIN);
}

#[test]
fn nothing_is_left_of_an_app_server_that_was_killed() {
    let workspace = Workspace::empty();
    let editor = with_a_command_running(&workspace);
    let killed = pids(&workspace, "app-server");
    processes::kill(killed[0]);
    processes::until(|| sleeping(&workspace).is_empty());
    processes::until(|| {
        let now = pids(&workspace, "app-server");
        now.len() == 1 && now != killed
    });
    let thread = editor.start_thread();
    assert_eq!(editor.play(&thread, "[[msg:another]]"), "completed");
}

#[test]
fn a_guard_that_is_killed_is_started_again() {
    let workspace = Workspace::empty();
    let editor = with_a_command_running(&workspace);
    let first = pids(&workspace, "daemon guard");
    assert_eq!(first.len(), 1);
    processes::kill(first[0]);
    processes::until(|| {
        let now = pids(&workspace, "daemon guard");
        now.len() == 1 && now != first
    });
    processes::kill(workspace.daemon_pid().unwrap());
    assert_eq!(editor.exit_status().code(), Some(1));
    workspace.assert_deserted(WITHIN);
}

#[test]
fn what_a_killed_daemon_and_its_guard_left_is_ended_by_the_next_one() {
    let workspace = Workspace::empty();
    let editor = with_a_command_running(&workspace);
    let daemon = workspace.daemon_pid().unwrap();
    processes::kill(pids(&workspace, "daemon guard")[0]);
    processes::kill(daemon);
    assert_eq!(editor.exit_status().code(), Some(1));
    // The app-server ends with its input, and not what has left its session.
    processes::until(|| pids(&workspace, "app-server").is_empty());
    processes::until(|| sleeping(&workspace) == ["sleep 1000"]);

    let next = window(&workspace).launch();
    assert_eq!(next.play(&next.start_thread(), "[[msg:after all that]]"), "completed");
    assert_eq!(sleeping(&workspace), [] as [String; 0]);
}

#[test]
fn the_app_servers_input_is_held_by_the_daemon_alone() {
    let workspace = Workspace::empty();
    let editor = with_a_command_running(&workspace);
    let app_server = pids(&workspace, "app-server")[0];
    let input = std::fs::read_link(format!("/proc/{app_server}/fd/0")).unwrap();
    let holds = |pid: u32| {
        let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten();
        descriptors.flatten().any(|fd| std::fs::read_link(fd.path()).is_ok_and(|it| it == input))
    };
    let mut holders = workspace.processes();
    holders.retain(|(pid, _)| holds(*pid));
    let mut holders: Vec<u32> = holders.into_iter().map(|(pid, _)| pid).collect();
    holders.sort_unstable();
    let mut expected = [workspace.daemon_pid().unwrap(), app_server];
    expected.sort_unstable();
    assert_eq!(holders, expected);
    workspace.daemon(&["stop"]);
    assert_eq!(editor.exit_status().code(), Some(1));
}
