//! Terminals of the daemon: typed into, watched by several editors, and still there after each of them.

use outrigger_tests::{Editor, Launch, Workspace, processes};
use serde_json::{Value, json};

/// Lines of a program that counts: enough to come in many parts.
const LINES: usize = 20_000;

pub fn window<'w>(workspace: &'w Workspace, name: &'static str) -> Launch<'w> {
    workspace
        .editor()
        .shared()
        .name(name)
        .events(&["terminal"])
        .overlook("outrigger/terminal/changed", "titles and sizes have stories of their own")
        .overlook("outrigger/terminal/data", "a story looks for what it is about")
}

/// A terminal as one editor shows it.
pub struct View<'e> {
    editor: &'e Editor,
    id: String,
    pub snapshot: String,
    /// Where the stream went on when it attached, and where it is now, in UTF-16 code units.
    from: u64,
    offset: u64,
    /// What came since.
    pub text: String,
}

impl<'e> View<'e> {
    pub fn attach(editor: &'e Editor, id: &str) -> Self {
        let attached = editor.call("outrigger/terminal/attach", json!({ "terminalId": id }));
        let from = attached["offset"].as_u64().unwrap();
        let snapshot = attached["snapshot"].as_str().unwrap().to_owned();
        let text = String::new();
        Self { editor, id: id.to_owned(), snapshot, from, offset: from, text }
    }

    /// Takes the next part of the stream, which begins where the one before ended.
    pub fn take(&mut self) {
        let id = self.id.clone();
        let note = self
            .editor
            .note_where("outrigger/terminal/data", |note| note["terminalId"] == json!(id));
        let data = note["data"].as_str().unwrap();
        assert_eq!(note["offset"], json!(self.offset), "neither gap nor double");
        self.offset += data.encode_utf16().count() as u64;
        self.text.push_str(data);
        // What a terminal says when it is asked what it is.
        if data.contains("\x1b[c") || data.contains("\x1b[0c") {
            self.types("\x1b[?1;2c");
        }
        let ack = json!({ "terminalId": self.id, "offset": self.offset });
        self.editor.notify("outrigger/terminal/ack", ack);
    }

    pub fn shows(&self, text: &str) -> bool {
        self.snapshot.contains(text) || self.text.contains(text)
    }

    pub fn until_it_shows(&mut self, text: &str) {
        let mut found = self.shows(text);
        while !found {
            // What is looked for may have begun in the part before.
            let mut from = self.text.len().saturating_sub(text.len());
            while !self.text.is_char_boundary(from) {
                from -= 1;
            }
            self.take();
            found = self.text[from..].contains(text);
        }
    }

    pub fn types(&self, data: &str) {
        write(self.editor, &self.id, data);
    }
}

fn write(editor: &Editor, id: &str, data: &str) {
    editor.call("outrigger/terminal/write", json!({ "terminalId": id, "data": data }));
}

pub fn create(editor: &Editor, params: Value) -> Value {
    let mut all = json!({ "cols": 80, "rows": 24 });
    all.as_object_mut().unwrap().extend(params.as_object().unwrap().clone());
    editor.call("outrigger/terminal/create", all)["terminal"].take()
}

pub fn id_of(terminal: &Value) -> String {
    terminal["terminalId"].as_str().unwrap().to_owned()
}

/// A terminal in which `sh` runs this script.
fn script(editor: &Editor, script: &str) -> String {
    id_of(&create(editor, json!({ "command": "/bin/sh", "args": ["-c", script] })))
}

/// A plain bash, whose prompt is `$ `.
fn bash(editor: &Editor) -> String {
    let params = json!({
        "command": "bash",
        "args": ["--norc", "--noprofile"],
        "env": { "PS1": "$ ", "HISTFILE": "" },
    });
    id_of(&create(editor, params))
}

pub fn exit_of(editor: &Editor, id: &str) -> (Value, Value) {
    let mut note =
        editor.note_where("outrigger/terminal/exited", |note| note["terminalId"] == json!(id));
    (note["exitCode"].take(), note["signal"].take())
}

pub fn close(editor: &Editor, id: &str) {
    editor.call("outrigger/terminal/close", json!({ "terminalId": id, "force": true }));
}

#[test]
fn a_shell_takes_what_is_typed_and_a_size_and_says_how_it_ended() {
    let workspace = Workspace::empty();
    let editor = window(&workspace, "One").launch();
    let terminal = create(
        &editor,
        json!({
            "command": "bash",
            "args": ["--norc", "--noprofile"],
            "env": { "PS1": "$ ", "SECRET_OF_MINE": "as given" },
            "name": "Work",
        }),
    );
    let pid = terminal["pid"].as_u64().unwrap();
    let created_at = terminal["createdAt"].as_u64().unwrap();
    let id = id_of(&terminal);
    assert_eq!(
        terminal,
        json!({
            "terminalId": id,
            "name": "Work",
            "cwd": workspace.uri("").trim_end_matches('/'),
            "pid": pid,
            "cols": 80,
            "rows": 24,
            "title": "",
            "mode": "pty",
            "interactive": true,
            "supportsResize": true,
            "status": "running",
            "exitCode": null,
            "signal": null,
            "threadId": null,
            "createdAt": created_at,
        })
    );
    let mut view = View::attach(&editor, &id);
    view.types("echo $((6 * 7)) $TERM $TERM_PROGRAM $SECRET_OF_MINE $OUTRIGGER_TERMINAL\r");
    view.until_it_shows(&format!("42 xterm-256color outrigger as given {id}"));
    editor.call("outrigger/terminal/resize", json!({ "terminalId": id, "cols": 132, "rows": 43 }));
    editor.note_where("outrigger/terminal/changed", |note| {
        note["terminal"]["cols"] == 132 && note["terminal"]["rows"] == 43
    });
    view.types("stty size\r");
    view.until_it_shows("43 132");
    view.types("exit 3\r");
    assert_eq!(exit_of(&editor, &id), (json!(3), Value::Null));
    // The exit is the last of it, and it can still be looked at.
    let again = View::attach(&editor, &id);
    assert!(again.shows("43 132"), "{}", again.snapshot);
    let listed = editor.call("outrigger/terminal/list", json!({}));
    assert_eq!(listed["terminals"][0]["status"], "exited");
    let refused =
        editor.refused("outrigger/terminal/write", json!({ "terminalId": id, "data": "x" }));
    assert_eq!(refused["data"]["kind"], "terminalUnknown");
    close(&editor, &id);
    let listed = editor.call("outrigger/terminal/list", json!({}));
    assert_eq!(listed, json!({ "terminals": [] }));

    let killed = script(&editor, "kill -KILL $$");
    assert_eq!(exit_of(&editor, &killed), (json!(137), json!(9)));
    assert_eq!(editor.notes_so_far("outrigger/terminal/exited"), Vec::<Value>::new());
}

#[test]
fn a_terminal_runs_only_where_it_is_granted_and_for_a_trusted_window() {
    let workspace = Workspace::with(&[("inside/file", "")]);
    let editor = window(&workspace, "One").launch();
    let size = json!({ "cols": 80, "rows": 24 });
    let at = |cwd: String| json!({ "cols": 80, "rows": 24, "cwd": cwd, "command": "/bin/pwd" });
    let kind = |params: Value| {
        let refused = editor.refused("outrigger/terminal/create", params);
        refused["data"]["kind"].as_str().unwrap().to_owned()
    };
    assert_eq!(kind(at("file:///".into())), "pathNotGranted");
    assert_eq!(kind(at(workspace.uri("../home"))), "pathNotGranted");
    assert_eq!(kind(at(workspace.uri("nowhere"))), "cwdMissing");
    assert_eq!(kind(at("not a uri".into())), "invalidParams");
    assert_eq!(kind(json!({ "cols": 80 })), "invalidParams");
    let nothing = json!({ "cols": 80, "rows": 24, "command": "/nonexistent/program" });
    assert_eq!(kind(nothing), "io");
    for method in ["attach", "detach", "close", "restart"] {
        let method = format!("outrigger/terminal/{method}");
        let refused = editor.refused(&method, json!({ "terminalId": "t-none" }));
        assert_eq!(refused["data"]["kind"], "terminalUnknown", "{method}");
    }
    let inside = create(&editor, at(workspace.uri("inside")));
    assert_eq!(inside["cwd"], json!(workspace.uri("inside")));
    assert_eq!(exit_of(&editor, &id_of(&inside)), (json!(0), Value::Null));

    let untrusted = window(&workspace, "Untrusted").option("trusted", json!(false)).launch();
    for (method, params) in [("create", size), ("list", json!({}))] {
        let refused = untrusted.refused(&format!("outrigger/terminal/{method}"), params);
        assert_eq!(refused["data"]["kind"], "workspaceUntrusted", "{method}");
    }
}

#[test]
fn two_editors_see_the_same_and_what_one_types_the_other_sees() {
    let workspace = Workspace::empty();
    let (one, other) = (window(&workspace, "One").launch(), window(&workspace, "Other").launch());
    let id = bash(&one);
    let (mut here, mut there) = (View::attach(&one, &id), View::attach(&other, &id));
    here.types("echo from-$((1 + 1))\r");
    here.until_it_shows("from-2");
    there.until_it_shows("from-2");
    there.types("echo back-$((1 + 2))\r");
    here.until_it_shows("back-3");
    there.until_it_shows("back-3");
    // Both terminals answer what a program asks; one answer reaches it: of the editor where the person typed last.
    there.types(
        "read -rsd c answer; echo \"got ${answer#?}\"; read -rst1 more; echo \"more=$more.\"\r",
    );
    here.types("\x1b[?1;1c");
    there.types("\x1b[?2;2c");
    there.until_it_shows("got [?2;2");
    there.until_it_shows("more=.");
    here.until_it_shows("more=.");
    there.types("exit\r");
    for editor in [&one, &other] {
        assert_eq!(exit_of(editor, &id), (json!(0), Value::Null));
    }
}

#[test]
fn a_window_that_comes_back_sees_all_that_it_missed_once() {
    let workspace = Workspace::empty();
    let first = window(&workspace, "First").launch();
    let id = script(
        &first,
        &format!("for i in $(seq 1 {LINES}); do echo line $i; done; echo all; read -r _"),
    );
    let mut before = View::attach(&first, &id);
    before.until_it_shows("line 100\r\n");
    assert_eq!(first.leave(), Some(0));

    let second = window(&workspace, "Second").launch();
    let mut after = View::attach(&second, &id);
    assert!(after.from >= before.offset, "{} {}", after.from, before.offset);
    after.until_it_shows("all\r\n");
    // The lines of the snapshot and those of the stream are one row of numbers without gap or double.
    // The cursor may have been put within one.
    let shown = without_controls(&format!("{}{}", after.snapshot, after.text));
    let numbers: Vec<usize> = shown.split("line ").skip(1).map(number_at_start).collect();
    let from = numbers[0];
    let expected: Vec<usize> = (from..=LINES).collect();
    assert_eq!(numbers.len(), expected.len(), "from {from}");
    assert!(numbers == expected, "a line is missing or there twice");
    after.types("\r");
    assert_eq!(exit_of(&second, &id), (json!(0), Value::Null));
}

/// What is drawn, without where and how.
fn without_controls(text: &str) -> String {
    let mut drawn = String::new();
    let mut parts = text.split("\x1b[");
    drawn.push_str(parts.next().unwrap());
    for part in parts {
        let end = part.find(|c| ('@'..='~').contains(&c)).unwrap();
        drawn.push_str(&part[end + 1..]);
    }
    drawn
}

fn number_at_start(text: &str) -> usize {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

#[test]
fn a_flood_that_nobody_reads_stops_and_obeys_at_once_and_holds_up_nobody() {
    let workspace = Workspace::empty();
    let flooded = window(&workspace, "Flooded").launch();
    let other = window(&workspace, "Other").launch();
    let (flood, quiet) = (bash(&flooded), bash(&other));
    let mut view = View::attach(&flooded, &flood);
    view.types("yes\r");
    view.until_it_shows("y\r\ny\r\n");
    // It acknowledges nothing more: what it is sent is bounded, and the other goes on.
    let mut quiet_view = View::attach(&other, &quiet);
    quiet_view.types("echo still-$((3 + 4))\r");
    quiet_view.until_it_shows("still-7");
    // Ctrl-C reaches the program though the stream stands still, and the prompt comes once it is read on.
    view.types("\x03");
    view.types("echo after-$((4 + 5))\r");
    view.until_it_shows("after-9");
    assert!(view.offset < 50_000_000, "{}", view.offset);
    close(&flooded, &flood);
    close(&other, &quiet);
    for editor in [&flooded, &other] {
        exit_of(editor, &flood);
        exit_of(editor, &quiet);
    }
}

#[test]
fn who_cannot_keep_up_is_told_and_comes_back_with_a_new_snapshot() {
    let workspace = Workspace::empty();
    let slow = window(&workspace, "Slow").launch();
    let quick = window(&workspace, "Quick").launch();
    let id = bash(&slow);
    let left_behind = View::attach(&slow, &id);
    let mut view = View::attach(&quick, &id);
    view.types("for i in $(seq 1 400000); do echo line $i; done; echo all-$((1 + 1))\r");
    // One acknowledges nothing while the other reads on: more would have to be held for it than may be.
    view.until_it_shows("all-2\r\n");
    let told = slow.note("outrigger/terminal/detached");
    assert_eq!(told, json!({ "terminalId": id, "reason": "tooSlow" }));
    let again = View::attach(&slow, &id);
    assert!(again.from > left_behind.offset);
    assert!(again.shows("line 400000") && again.shows("all-2"), "{}", again.snapshot);
    close(&slow, &id);
    for editor in [&slow, &quick] {
        exit_of(editor, &id);
    }
}

#[test]
fn characters_that_are_split_over_reads_stay_whole() {
    let workspace = Workspace::empty();
    let editor = window(&workspace, "One").launch();
    let id = script(
        &editor,
        r"read -r _; printf '\303'; sleep 0.1; printf '\251\360\237'; sleep 0.1; printf '\230\200\377.\n'; read -r _",
    );
    let mut view = View::attach(&editor, &id);
    view.types("\r");
    view.until_it_shows("é😀\u{fffd}.\r\n");
    view.types("\r");
    assert_eq!(exit_of(&editor, &id), (json!(0), Value::Null));
}

#[test]
fn what_runs_is_asked_about_and_what_left_is_named_or_ended() {
    let workspace = Workspace::empty();
    let editor = window(&workspace, "One").launch();
    let sleepers = |seconds: &str| {
        let all = workspace.processes();
        let found =
            all.into_iter().filter(|(_, command)| command.trim() == format!("sleep {seconds}"));
        found.map(|(pid, _)| pid).collect::<Vec<u32>>()
    };
    for (everything, seconds) in [(false, "1001"), (true, "1002")] {
        let id = bash(&editor);
        let mut view = View::attach(&editor, &id);
        view.types(&format!("setsid -f sleep {seconds}; nohup sleep {seconds} >/dev/null 2>&1 & echo ready-$((1 + 1))\r"));
        view.until_it_shows("ready-2");
        processes::until(|| sleepers(seconds).len() == 2);
        let params = json!({ "terminalId": id });
        let refused = editor.refused("outrigger/terminal/close", params);
        assert_eq!(refused["data"]["kind"], "conflicted");
        assert_eq!(refused["data"]["running"][0]["command"], json!(format!("sleep {seconds}")));
        let params = json!({ "terminalId": id, "force": true, "everything": everything });
        let closed = editor.call("outrigger/terminal/close", params);
        exit_of(&editor, &id);
        let left: Vec<Value> =
            closed["left"].as_array().unwrap().iter().map(|left| left["pid"].clone()).collect();
        assert_eq!(closed["survived"], json!([]));
        assert_eq!(json!(left), json!(sleepers(seconds)));
        assert_eq!(left.len(), usize::from(!everything));
        sleepers(seconds).into_iter().for_each(processes::kill);
    }
}

#[test]
fn after_the_daemon_was_killed_nothing_runs_and_the_terminal_is_there_to_be_started_again() {
    let workspace = Workspace::with(&[("inside/file", "")]);
    let first = window(&workspace, "First").launch();
    let id = bash(&first);
    let mut view = View::attach(&first, &id);
    view.types("cd inside; echo kept-$((5 + 5)); token=ghp_0123456789abcdefghijklmnopqrstuvwxyz\r");
    view.until_it_shows("kept-10");
    view.types("setsid -f sleep 1003; nohup sleep 1003 >/dev/null 2>&1 & (setsid sh -c 'sleep 1003 & sleep 1003' &)\r");
    let sleepers = || {
        let all = workspace.processes();
        all.iter().filter(|(_, command)| command.contains("sleep 1003")).count()
    };
    processes::until(|| sleepers() >= 4);
    // The screen is kept a few seconds after something was put out.
    let kept = || {
        let database = workspace.state_directory();
        let files = std::fs::read_dir(database).into_iter().flatten().flatten();
        let texts = files.filter_map(|file| std::fs::read(file.path()).ok());
        texts.into_iter().any(|bytes| {
            let text = String::from_utf8_lossy(&bytes);
            text.contains("kept-10") && text.contains("inside\"")
        })
    };
    processes::until(kept);
    processes::kill(workspace.daemon_pid().unwrap());
    first.give_up();
    drop(first);
    assert_eq!(
        processes::remaining(
            workspace.mark(),
            |command| command.contains("sleep 1003"),
            std::time::Duration::from_secs(5)
        ),
        []
    );

    let second = window(&workspace, "Second").launch();
    let mut listed = second.call("outrigger/terminal/list", json!({}));
    let terminal = listed["terminals"][0].take();
    assert_eq!(
        json!([terminal["terminalId"], terminal["status"], terminal["pid"], terminal["cwd"]]),
        json!([id, "restored", null, workspace.uri("inside")])
    );
    let kept = View::attach(&second, &id);
    assert!(kept.shows("kept-10"), "{}", kept.snapshot);
    assert!(!kept.snapshot.contains("ghp_0123456789"), "{}", kept.snapshot);
    assert_eq!(sleepers(), 0);

    let restarted =
        second.call("outrigger/terminal/restart", json!({ "terminalId": id }))["terminal"].take();
    assert_eq!((&restarted["status"], &restarted["terminalId"]), (&json!("running"), &json!(id)));
    assert_eq!(second.note("outrigger/terminal/detached")["reason"], "restarted");
    let mut view = View::attach(&second, &id);
    view.types("echo \"in ${PWD##*/}\"\r");
    view.until_it_shows("kept-10");
    view.until_it_shows("in inside");
    close(&second, &id);
    exit_of(&second, &id);
    let listed = second.call("outrigger/terminal/list", json!({}));
    assert_eq!(listed, json!({ "terminals": [] }));
}

#[test]
fn a_terminal_goes_on_without_a_window_and_ends_with_the_daemon() {
    let workspace = Workspace::empty();
    let editor = window(&workspace, "One").launch();
    let id =
        script(&editor, "trap '' HUP TERM; setsid -f sleep 1004; read -r _; echo read; sleep 1004");
    let daemon = workspace.daemon_pid().unwrap();
    assert_eq!(editor.leave(), Some(0));
    let editor = window(&workspace, "Again").launch();
    assert_eq!(workspace.daemon_pid(), Some(daemon));
    let mut view = View::attach(&editor, &id);
    view.types("\r");
    view.until_it_shows("read\r\n");
    assert_eq!(editor.leave(), Some(0));
    assert!(workspace.daemon(&["stop"]).status.success());
    workspace.assert_deserted(std::time::Duration::from_secs(5));
}

#[test]
fn what_has_left_a_closed_terminal_keeps_the_daemon_until_it_ends() {
    let workspace = Workspace::empty();
    let editor = window(&workspace, "One").launch();
    editor.call("outrigger/settings/update", json!({ "changes": { "daemon.idleSeconds": 5 } }));
    let id = bash(&editor);
    let mut view = View::attach(&editor, &id);
    view.types("setsid -f sleep 1005; echo ready-$((1 + 1))\r");
    view.until_it_shows("ready-2");
    let params = json!({ "terminalId": id, "force": true });
    let closed = editor.call("outrigger/terminal/close", params);
    let sleeper = closed["left"][0]["pid"].as_u64().unwrap();
    exit_of(&editor, &id);
    assert_eq!(editor.leave(), Some(0));
    processes::until(|| workspace.daemon_log().contains("the daemon stays"));
    assert!(workspace.daemon_pid().is_some());
    processes::kill(sleeper.try_into().unwrap());
    processes::until(|| workspace.daemon_pid().is_none());
    workspace.assert_deserted(std::time::Duration::from_secs(5));
}

#[test]
fn any_editor_lists_opens_types_and_closes_by_commands() {
    let workspace = Workspace::empty();
    let editor = workspace.editor().shared().events(&[]).launch();
    let command = |command: &str, arguments: Value| {
        let params = json!({ "command": command, "arguments": arguments });
        editor.call("workspace/executeCommand", params)
    };
    let made = command(
        "outrigger.terminal.create",
        json!(["echo hello > made; read -r line; echo $line > typed"]),
    );
    let id = id_of(&made["terminal"]);
    workspace.await_text("made", "hello\n");
    command("outrigger.terminal.send", json!([id, "a line"]));
    workspace.await_text("typed", "a line\n");
    let listed = command("outrigger.terminal.list", json!([]));
    assert_eq!(listed["terminals"][0]["terminalId"], json!(id));
    let told = editor.note("window/showMessage");
    assert!(told["message"].as_str().unwrap().contains(&id), "{told}");
    command("outrigger.terminal.close", json!([id, { "force": true }]));
    assert_eq!(command("outrigger.terminal.list", json!([])), json!({ "terminals": [] }));
    assert_eq!(editor.note("window/showMessage")["message"], "No terminal is open.");
    assert_eq!(editor.notes_ever("outrigger/"), 0);
}
