//! What codex may do to us: die at any moment, say nonsense, or not be there.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use outrigger_tests::{Editor, Launch, Workspace, processes, programs};
use serde_json::{Value, json};

/// A turn with all that can be open: a message, a command to be approved, and a last word.
fn rich_turn(workspace: &Workspace) -> &'static str {
    workspace.script(
        "rich",
        &json!([
            ["words:I will look", "exec:echo looked"],
            ["words:and that is all there is to see"]
        ]),
    );
    "[[file:rich]]"
}

fn watcher(workspace: &Workspace) -> Launch<'_> {
    workspace
        .editor()
        .events(&["approval", "appServer", "codex"])
        .overlook("codex/", "the story is told by what Outrigger makes of them")
        .overlook(
            "outrigger/appServer/status",
            "the states on the way are looked at where they matter",
        )
}

fn state(editor: &Editor, state: &str) -> Value {
    editor.note_where("outrigger/appServer/status", |status| status["state"] == state)
}

/// Kills codex once so many notes of a turn have come, and sees to it that the session heals.
fn killed_after(notes: usize) {
    let workspace = Workspace::empty();
    let editor = watcher(&workspace).launch();
    let thread = editor.start_thread();
    state(&editor, "ready");
    // Codex writes nothing of a thread down before its first turn, and what is not written it cannot resume.
    assert_eq!(editor.play(&thread, "[[msg:begun]]"), "completed");
    editor.rest("codex/");
    let before = editor.notes_ever("codex/");
    let turn = editor.start_turn(&thread, rich_turn(&workspace));
    let mut asked = Vec::new();
    editor.until(
        |editor| editor.notes_ever("codex/") >= before + notes,
        |editor| {
            for note in editor.notes_so_far("outrigger/approval/requested") {
                editor.decide(&note["approval"], json!("accept")).unwrap();
                asked.push(note["approval"]["approvalId"].clone());
            }
        },
    );
    let open = editor.ask_for("codex/model/list", json!({}));
    processes::kill(editor.app_server());
    let named = json!({ "threadId": thread });
    let held = editor.ask_for("outrigger/thread/snapshot", named.clone());

    state(&editor, "restarting");
    state(&editor, "ready");
    let loaded = editor.call("codex/thread/loaded/list", json!({}));
    assert_eq!(loaded["data"], json!([thread]), "point {notes}");
    // Every request is answered, one way or the other.
    let _ = (editor.response(open), editor.response(held));
    let snapshot = editor.call("outrigger/thread/snapshot", named);
    let shown = &snapshot["thread"]["turns"][1];
    let is_it = |note: &Value| note["turn"]["id"] == turn;
    let ended = editor.notes_so_far("codex/turn/completed").iter().any(is_it);
    let status = if ended { "completed" } else { "interrupted" };
    let expected = json!([turn, status]);
    assert_eq!(json!([shown["turnId"], shown["status"]]), expected, "point {notes}");
    let late = editor.notes_so_far("outrigger/approval/requested");
    asked.extend(late.iter().map(|note| note["approval"]["approvalId"].clone()));
    let resolved = editor.notes_so_far("outrigger/approval/resolved");
    let resolved: Vec<Value> = resolved.iter().map(|note| note["approvalId"].clone()).collect();
    assert_eq!(resolved, asked, "point {notes}");
    let left = editor.call("outrigger/approval/list", json!({}));
    assert_eq!(left, json!({ "approvals": [] }), "point {notes}");

    assert_eq!(editor.play(&thread, "[[msg:healed]]"), "completed", "point {notes}");
}

#[test]
fn a_killed_codex_is_started_again_and_the_session_heals() {
    let all = std::env::var_os("OUTRIGGER_TEST_ALL").is_some();
    let points: Vec<usize> = if all { (1..=20).collect() } else { vec![1, 4, 8, 12, 16, 20] };
    std::thread::scope(|scope| {
        for pair in points.chunks(points.len().div_ceil(2)) {
            scope.spawn(move || pair.iter().copied().for_each(killed_after));
        }
    });
}

#[test]
fn an_approval_of_a_killed_codex_is_over() {
    let workspace = Workspace::empty();
    let editor = watcher(&workspace).launch();
    let thread = editor.start_thread();
    editor.start_turn(&thread, "[[exec:touch made]]");
    let approval = editor.approval();
    processes::kill(editor.app_server());
    assert_eq!(editor.resolved(&approval), (json!("appServerExited"), Value::Null));
    let late = editor.decide(&approval, json!("accept")).unwrap_err();
    assert_eq!(
        json!([late["data"]["kind"], late["data"]["outcome"]]),
        json!(["approvalResolved", "appServerExited"])
    );
    let history = editor.call("outrigger/approval/history", json!({}));
    assert_eq!(
        json!([history["entries"][0]["outcome"], history["entries"][0]["delivery"]]),
        json!(["appServerExited", null])
    );

    // Ids begin again in the new process: the old answer must not reach the new question.
    let turn = editor.start_turn(&thread, "[[exec:touch made]]");
    let again = editor.approval();
    assert_ne!(again["approvalId"], approval["approvalId"]);
    assert_eq!(workspace.read("made"), None);
    editor.decide(&again, json!("accept")).unwrap();
    editor.resolved(&again);
    assert_eq!(editor.turn_end(&turn), "completed");
}

/// An editor with a codex that plays this script.
fn with_fake(workspace: &Workspace, script: &Value) -> Editor {
    let file = workspace.beside("fake.json");
    std::fs::write(&file, script.to_string()).unwrap();
    workspace
        .editor()
        .events(&["appServer", "diagnostic", "codex", "approval", "thread"])
        .codex(Path::new(env!("CARGO_BIN_EXE_fake-codex")))
        .env("FAKE_CODEX_SCRIPT", file.to_str().unwrap())
        .overlook(
            "outrigger/appServer/status",
            "the states on the way are looked at where they matter",
        )
        .launch()
}

fn handshake() -> Value {
    json!({ "handshake": "0.169.0" })
}

#[test]
fn nonsense_is_told_once_and_passed_on_where_it_can_be() {
    let workspace = Workspace::empty();
    let note = |n: u32| json!({ "send": { "method": "made/up", "params": { "n": n } } });
    let mut steps = vec![
        handshake(),
        json!({ "raw": "this is no JSON\n" }),
        json!({ "raw": "[1,2]\n" }),
        json!({ "send": { "id": 5, "method": "made/request", "params": {} } }),
    ];
    steps.extend((0..10).map(note));
    let item = json!({ "type": "madeUpItem", "id": "i1", "shape": "new" });
    let item = json!({ "threadId": "t", "turnId": "u", "item": item, "startedAtMs": 1 });
    steps.push(json!({ "send": { "method": "item/started", "params": item } }));
    let status = json!({ "threadId": "t", "status": { "type": "dreaming" } });
    steps.push(json!({ "send": { "method": "thread/status/changed", "params": status } }));
    steps.push(json!({ "serve": {} }));
    let editor = with_fake(&workspace, &json!(steps));
    editor.call("outrigger/thread/subscribe", json!({ "threadId": "t" }));
    assert_eq!(editor.call("codex/model/list", json!({})), json!({}));

    let told: Vec<Value> = editor
        .notes_so_far("outrigger/diagnostic")
        .iter()
        .map(|note| json!([note["kind"], note["method"], note["count"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!(["garbled", null, 1]),
            json!(["unknownRequest", "made/request", 1]),
            json!(["unknownNotification", "made/up", 1]),
            json!(["unknownNotification", "made/up", 10]),
        ]
    );
    let passed: Vec<Value> = editor.notes_so_far("codex/made/up");
    assert_eq!(passed, (0..10).map(|n| json!({ "n": n })).collect::<Vec<_>>());
    assert_eq!(editor.notes_so_far("codex/thread/status/changed"), [status]);
    editor.rest("codex/item/");
    editor.rest("outrigger/thread/changed");
    // What was answered before this went up before it.
    assert_eq!(editor.call("codex/model/list", json!({})), json!({}));
    let log = std::fs::read_to_string(workspace.beside("fake.json.log")).unwrap();
    let refusal = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let refusal = refusal.into_iter().find(|message| message["id"] == 5).unwrap();
    assert_eq!(refusal["error"]["code"], -32_601);
}

#[test]
fn a_line_of_50_mb_is_survived() {
    let workspace = Workspace::empty();
    let editor =
        with_fake(&workspace, &json!([handshake(), { "big": 50_000_000 }, { "serve": {} }]));
    assert_eq!(editor.call("codex/model/list", json!({})), json!({}));
    let told = editor.note("outrigger/diagnostic");
    assert!(["garbled", "unknownNotification"].contains(&told["kind"].as_str().unwrap()), "{told}");
    editor.rest("codex/fake/");
}

#[test]
fn a_wrong_config_is_told_in_codex_own_words_with_the_remedy() {
    let workspace = Workspace::empty();
    let config = workspace.codex_home().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let wrong =
        text.replace(r#"approval_policy = "on-request""#, r#"approval_policy = "untrusted""#);
    std::fs::write(&config, &wrong).unwrap();
    let editor = watcher(&workspace).launch();
    let waiting = editor.ask_for("codex/model/list", json!({}));
    let failed = state(&editor, "failed");
    let error = &failed["lastError"];
    assert_eq!(error["kind"], "exitedAtStart");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains(r#"approval_policy = "untrusted" is no longer supported"#),
        "{message}"
    );
    assert_eq!(
        error["hint"],
        format!(r#"Remove the line `approval_policy = "untrusted"` from {}."#, config.display())
    );
    let refused = editor.response(waiting).unwrap_err();
    assert_eq!(
        json!([refused["data"]["kind"], refused["data"]["hint"]]),
        json!(["appServerDown", error["hint"]])
    );
    assert_eq!(editor.processes().len(), 1);

    std::fs::write(&config, text).unwrap();
    editor.call("outrigger/appServer/restart", json!({}));
    state(&editor, "ready");
    assert_eq!(editor.play(&editor.start_thread(), "[[msg:mended]]"), "completed");
}

#[test]
fn a_codex_that_is_too_old_is_refused() {
    let workspace = Workspace::empty();
    let editor = with_fake(&workspace, &json!([{ "handshake": "0.100.0" }, { "serve": {} }]));
    let failed = state(&editor, "failed");
    assert_eq!(failed["lastError"]["kind"], "versionTooOld");
    assert!(failed["lastError"]["message"].as_str().unwrap().contains("0.100.0"), "{failed}");
    assert_eq!(editor.refused("codex/model/list", json!({}))["data"]["kind"], "appServerDown");
}

#[test]
fn a_codex_that_is_not_there_or_may_not_run_is_named() {
    let workspace = Workspace::empty();
    let plain = workspace.beside("plain");
    std::fs::write(&plain, "#!/bin/sh\n").unwrap();
    let inside = workspace.path("codex");
    std::fs::copy("/bin/true", &inside).unwrap();
    std::fs::set_permissions(&inside, std::fs::Permissions::from_mode(0o755)).unwrap();
    for (path, kind) in [
        (workspace.beside("none"), "cliMissing"),
        (plain, "notExecutable"),
        (inside, "cliMissing"),
        (PathBuf::from("codex"), "cliMissing"),
    ] {
        let editor = watcher(&workspace).codex(&path).launch();
        let failed = state(&editor, "failed");
        assert_eq!(failed["lastError"]["kind"], kind, "{failed}");
        let message = failed["lastError"]["message"].as_str().unwrap();
        assert!(message.contains(path.to_str().unwrap()), "{message}");
        assert!(failed["lastError"]["hint"].is_string(), "{failed}");
        assert_eq!(editor.processes().len(), 1);
    }
}

#[test]
fn a_crash_loop_ends_as_failed_and_a_restart_works() {
    let workspace = Workspace::empty();
    let dying = json!([handshake(), { "expect": "model/list" }, { "exit": 3 }]);
    let healthy = json!([{ "serve": {} }]);
    let starts = [&dying, &dying, &dying, &dying, &dying, &healthy];
    let editor = with_fake(&workspace, &json!({ "starts": starts }));
    for _ in 0..5 {
        state(&editor, "ready");
        let failed = editor.refused("codex/model/list", json!({}));
        assert_eq!(failed["data"]["kind"], "appServerDown", "{failed}");
    }
    let failed = state(&editor, "failed");
    assert_eq!(failed["lastError"]["kind"], "crashLoop");
    assert_eq!(editor.processes().len(), 1);
    editor.call("outrigger/appServer/restart", json!({}));
    assert_eq!(editor.call("codex/model/list", json!({})), json!({}));
}

#[test]
fn a_codex_that_hangs_before_initialize_is_given_up_and_ended() {
    let workspace = Workspace::empty();
    let starts = json!({ "starts": [[{ "hang": true }], [{ "serve": {} }]] });
    let editor = with_fake(&workspace, &starts);
    let waiting = editor.ask_for("codex/model/list", json!({}));
    let told = editor.note_where("outrigger/appServer/status", |s| !s["lastError"].is_null());
    assert_eq!(told["lastError"]["kind"], "noAnswer");
    assert_eq!(editor.response(waiting), Ok(json!({})));
}

#[test]
fn stopping_and_starting_the_app_server_is_the_editors_to_do() {
    let workspace = Workspace::empty();
    let editor = watcher(&workspace).launch();
    let ready = state(&editor, "ready");
    assert!(programs::codex().is_file());
    assert_eq!(
        json!([ready["attempt"], ready["retryAt"], ready["lastError"]]),
        json!([0, null, null])
    );
    editor.call("outrigger/appServer/stop", json!({}));
    state(&editor, "stopped");
    assert_eq!(editor.processes().len(), 1);
    assert_eq!(editor.refused("codex/model/list", json!({}))["data"]["kind"], "appServerDown");
    editor.call("outrigger/appServer/start", json!({}));
    state(&editor, "ready");
    assert_eq!(editor.play(&editor.start_thread(), "[[msg:back]]"), "completed");
}
