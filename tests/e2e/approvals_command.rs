//! `outrigger approvals`: what waits and what is decided, in any terminal.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};

use outrigger_tests::{Editor, PATIENCE, Workspace, processes, programs};
use serde_json::{Value, json};

use crate::scene::{PATCH, PATCHED, THREE_LINES};

/// Runs `outrigger approvals` to its end: exit code, stdout and stderr.
fn approvals(workspace: &Workspace, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut terminal = workspace.command(programs::outrigger());
    terminal.arg("approvals").args(arguments).stdin(Stdio::null());
    let output = terminal.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// An editor on the daemon, whose thread asks about the second line of `notes.txt`.
fn asked(workspace: &Workspace) -> (Editor, String, Value) {
    let editor = workspace
        .editor()
        .shared()
        .overlook("codex/", "the story is told by approvals and by the end of turns")
        .launch();
    let turn = editor.start_turn(&editor.start_thread(), PATCH);
    let approval = editor.approval();
    (editor, turn, approval)
}

fn id(approval: &Value) -> &str {
    approval["approvalId"].as_str().unwrap()
}

#[test]
fn without_a_daemon_nothing_waits_and_none_is_started() {
    let workspace = Workspace::empty();
    let nothing = "Nothing waits: no daemon is running.\n".to_owned();
    assert_eq!(approvals(&workspace, &[]), (Some(1), nothing, String::new()));
    let empty = "{\"approvals\":[]}\n".to_owned();
    assert_eq!(approvals(&workspace, &["--json"]), (Some(1), empty, String::new()));
    let told = "outrigger: Nothing waits: no daemon is running. (approvalUnknown)\n".to_owned();
    assert_eq!(approvals(&workspace, &["accept", "1"]), (Some(1), String::new(), told));
    assert!(!workspace.beside("outrigger").exists(), "it left something behind");
}

#[test]
fn what_waits_is_listed_and_accepted_by_how_its_id_begins() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let (editor, turn, approval) = asked(&workspace);

    let (code, listed, _) = approvals(&workspace, &[]);
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(code, Some(0), "{listed}");
    assert!(lines[0].starts_with(&format!("{}  wants to change · ", id(&approval))), "{listed}");
    assert!(lines[1].ends_with("notes.txt  +1 -1  +-"), "{listed}");
    let (code, listed, _) = approvals(&workspace, &["--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((code, &listed), (Some(0), &json!({ "approvals": [approval] })));

    let begin = id(&approval).rsplit_once(':').unwrap().0;
    let (code, told, _) = approvals(&workspace, &["accept", begin]);
    assert_eq!(code, Some(0));
    assert!(
        told.starts_with(&format!(
            "Accepted {} wants to change: notes.txt +1 -1 · ",
            id(&approval)
        )),
        "{told}"
    );
    assert_eq!(editor.resolved(&approval), (json!("decided"), json!("outrigger approvals")));
    assert_eq!(editor.turn_end(&turn), "completed");
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(PATCHED));

    let (code, told, why) = approvals(&workspace, &["decline", id(&approval)]);
    assert_eq!((code, told.as_str()), (Some(1), ""));
    assert!(why.ends_with("(approvalResolved)\n"), "{why}");
    assert_eq!(approvals(&workspace, &[]), (Some(1), "Nothing waits.\n".into(), String::new()));
}

#[test]
fn without_an_id_the_only_one_is_declined_and_nothing_unseen_is_accepted() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let (editor, turn, approval) = asked(&workspace);
    let hint = format!(
        "outrigger: Nothing is accepted that nobody was shown. Name it: `accept {}`. (invalidParams)\n",
        id(&approval)
    );
    assert_eq!(approvals(&workspace, &["accept"]), (Some(2), String::new(), hint));

    let (code, told, _) = approvals(&workspace, &["decline", "--json"]);
    let done = json!({ "approvalId": id(&approval), "verdict": "decline", "decidedBy": "outrigger approvals" });
    assert_eq!((code, serde_json::from_str(&told).unwrap()), (Some(0), done));
    assert_eq!(editor.resolved(&approval), (json!("decided"), json!("outrigger approvals")));
    assert_eq!(editor.turn_end(&turn), "completed");
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(THREE_LINES));
}

/// `outrigger approvals --watch --json`, whose lines come as they are written.
struct Watch {
    process: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(workspace: &Workspace) -> Self {
        let mut command = workspace.command(programs::outrigger());
        command.args(["approvals", "--watch", "--json"]).stdin(Stdio::null());
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { process, lines }
    }

    fn line(&self) -> Value {
        serde_json::from_str(&self.lines.recv_timeout(PATIENCE).unwrap()).unwrap()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn who_watches_is_told_what_comes_and_who_decides_over_the_death_of_a_daemon() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let watch = Watch::start(&workspace);
    let (editor, turn, approval) = asked(&workspace);
    assert_eq!(watch.line(), json!({ "event": "requested", "approval": approval }));
    editor.decide(&approval, json!("decline")).unwrap();
    editor.resolved(&approval);
    assert_eq!(
        watch.line(),
        json!({ "event": "resolved", "approvalId": approval["approvalId"], "outcome": "decided",
            "decidedBy": "Test Editor" })
    );
    assert_eq!(editor.turn_end(&turn), "completed");

    processes::kill(workspace.daemon_pid().unwrap());
    assert_eq!(editor.exit_status().code(), Some(1));

    let (editor, turn, approval) = asked(&workspace);
    assert_eq!(watch.line(), json!({ "event": "requested", "approval": approval }));
    let (code, ..) = approvals(&workspace, &["accept", id(&approval)]);
    assert_eq!(code, Some(0));
    assert_eq!(watch.line()["decidedBy"], "outrigger approvals");
    editor.resolved(&approval);
    assert_eq!(editor.turn_end(&turn), "completed");
}
