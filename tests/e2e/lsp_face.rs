//! An editor that knows nothing but standard LSP: lenses, actions, diagnostics, message requests and commands.

use outrigger_tests::{Ask, Editor, Launch, Workspace};
use serde_json::{Value, json};

use crate::scene::{DIFF, PATCH, PATCHED, THREE_LINES};

/// An editor that subscribes to nothing.
fn plain(workspace: &Workspace) -> Launch<'_> {
    let capabilities = json!({
        "textDocument": { "codeLens": {} },
        "workspace": { "codeLens": { "refreshSupport": true } },
    });
    workspace.editor().events(&[]).option("inline", json!({})).capabilities(capabilities)
}

fn open(editor: &Editor, workspace: &Workspace, name: &str) {
    let document = json!({
        "uri": workspace.uri(name), "languageId": "plaintext", "version": 1,
        "text": workspace.read(name),
    });
    editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
}

fn lenses(editor: &Editor, uri: &str) -> Value {
    editor.call("textDocument/codeLens", json!({ "textDocument": { "uri": uri } }))
}

fn run(editor: &Editor, command: &str, arguments: Value) -> Result<Value, Value> {
    let params = json!({ "command": command, "arguments": arguments });
    editor.request("workspace/executeCommand", params)
}

/// Starts a turn on a new thread that asks before everything.
fn start(editor: &Editor, prompt: &str) {
    let options = json!({ "approvalPolicy": "untrusted" });
    let started = run(editor, "outrigger.turn.start", json!([prompt, options])).unwrap();
    assert!(started["threadId"].is_string() && started["turnId"].is_string(), "{started}");
}

fn refresh(editor: &Editor) {
    let ask = editor.ask("workspace/codeLens/refresh");
    editor.answer(&ask, Value::Null);
}

fn prompt(editor: &Editor) -> Ask {
    editor.ask("window/showMessageRequest")
}

fn pending(editor: &Editor) -> usize {
    editor.call("outrigger/approval/list", json!({}))["approvals"].as_array().unwrap().len()
}

#[test]
fn a_change_is_accepted_by_the_lens_above_its_lines() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let editor = plain(&workspace).launch();
    let uri = workspace.uri("notes.txt");
    open(&editor, &workspace, "notes.txt");
    assert_eq!(lenses(&editor, &uri), json!([]));
    start(&editor, PATCH);

    refresh(&editor);
    let drawn = lenses(&editor, &uri);
    let id = drawn[1]["command"]["arguments"][0].clone();
    let at = json!({
        "start": { "line": 1, "character": 0 }, "end": { "line": 1, "character": 10_000 },
    });
    let lens = |title: &str, command: &str| {
        let command = json!({
            "title": title, "command": format!("outrigger.approval.{command}"), "arguments": [id],
        });
        json!({ "range": at, "command": command })
    };
    assert_eq!(
        drawn,
        json!([
            lens("Codex wants to change line 2", "next"),
            lens("Accept", "accept"),
            lens("Accept for session", "acceptForSession"),
            lens("Decline", "decline"),
            lens("Show diff", "showDiff"),
        ])
    );
    let diagnostic = json!({
        "range": at, "severity": 3, "source": "outrigger", "code": "approval",
        "message": "Codex wants to change line 2", "data": { "approvalId": id },
    });
    assert_eq!(
        editor.note("textDocument/publishDiagnostics"),
        json!({ "uri": uri, "diagnostics": [diagnostic] })
    );

    let diff = format!("--- {uri}\n+++ {uri}\n{DIFF}");
    let shown = run(&editor, "outrigger.approval.showDiff", json!([id]));
    assert_eq!(shown, Ok(json!({ "diff": diff })));
    assert_eq!(editor.note("window/showMessage"), json!({ "type": 3, "message": diff }));
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(THREE_LINES));

    let accept = &drawn[1]["command"];
    let accepted = editor.call("workspace/executeCommand", accept.clone());
    assert_eq!(accepted["approval"]["approvalId"], id);
    assert_eq!(
        editor.note("textDocument/publishDiagnostics"),
        json!({ "uri": uri, "diagnostics": [] })
    );
    refresh(&editor);
    assert_eq!(lenses(&editor, &uri), json!([]));
    workspace.await_text("notes.txt", PATCHED);
}

#[test]
fn a_lens_says_that_the_file_has_unsaved_edits() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let editor = plain(&workspace).launch();
    let uri = workspace.uri("notes.txt");
    open(&editor, &workspace, "notes.txt");
    lenses(&editor, &uri);
    start(&editor, PATCH);
    refresh(&editor);
    editor.note("textDocument/publishDiagnostics");
    let title = |drawn: &Value| drawn[0]["command"]["title"].clone();
    assert_eq!(title(&lenses(&editor, &uri)), "Codex wants to change line 2");

    let changed = json!({
        "textDocument": { "uri": uri, "version": 2 },
        "contentChanges": [{ "text": "ONE\ntwo\nthree\n" }],
    });
    editor.notify("textDocument/didChange", changed);
    refresh(&editor);
    let unsaved = "Codex wants to change line 2 (this file has unsaved edits: save it first)";
    assert_eq!(title(&lenses(&editor, &uri)), unsaved);

    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
    refresh(&editor);
    assert_eq!(title(&lenses(&editor, &uri)), "Codex wants to change line 2");
}

#[test]
fn a_change_is_declined_by_a_code_action() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let editor = plain(&workspace)
        .events(&["codex"])
        .overlook("codex/", "only to know when the turn is over")
        .launch();
    let uri = workspace.uri("notes.txt");
    open(&editor, &workspace, "notes.txt");
    lenses(&editor, &uri);
    start(&editor, PATCH);
    refresh(&editor);
    let published = editor.note("textDocument/publishDiagnostics");
    let actions = |line: u32, diagnostics: &Value| {
        let at = json!({ "line": line, "character": 0 });
        let params = json!({
            "textDocument": { "uri": uri }, "range": { "start": at, "end": at },
            "context": { "diagnostics": diagnostics },
        });
        editor.call("textDocument/codeAction", params)
    };
    let titles = |actions: &Value| {
        let each = actions.as_array().unwrap().iter();
        each.map(|action| json!([action["kind"], action["title"]])).collect::<Vec<_>>()
    };
    let marked = actions(1, &published["diagnostics"]);
    assert_eq!(
        titles(&marked),
        [
            json!(["quickfix", "Accept: Codex wants to change line 2"]),
            json!(["quickfix", "Accept for session: Codex wants to change line 2"]),
            json!(["quickfix", "Decline: Codex wants to change line 2"]),
            json!(["quickfix", "Show diff: Codex wants to change line 2"]),
        ]
    );
    assert_eq!(actions(1, &json!([]))[0]["kind"], "refactor");
    assert_eq!(actions(0, &json!([])), json!([]));

    editor.call("workspace/executeCommand", marked[2]["command"].clone());
    refresh(&editor);
    assert_eq!(editor.note("textDocument/publishDiagnostics")["diagnostics"], json!([]));
    let turn = editor.note("codex/turn/completed");
    assert_eq!(turn["turn"]["status"], "completed");
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(THREE_LINES));
}

#[test]
fn a_command_stands_at_the_top_of_the_active_document() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES), ("other.txt", "x\n")]);
    let editor = plain(&workspace).launch();
    open(&editor, &workspace, "other.txt");
    open(&editor, &workspace, "notes.txt");
    let uri = workspace.uri("notes.txt");
    lenses(&editor, &uri);
    start(&editor, "[[exec:touch made]]");
    refresh(&editor);
    editor.note("textDocument/publishDiagnostics");
    let drawn = lenses(&editor, &uri);
    let title = drawn[0]["command"]["title"].as_str().unwrap();
    assert!(title.starts_with("Codex wants to run: ") && title.contains("touch made"), "{title}");
    assert_eq!(drawn[0]["range"]["start"], json!({ "line": 0, "character": 0 }));
    assert_eq!(lenses(&editor, &workspace.uri("other.txt")), json!([]));

    editor.call("workspace/executeCommand", drawn[1]["command"].clone());
    editor.note("textDocument/publishDiagnostics");
    refresh(&editor);
    workspace.await_text("made", "");
}

#[test]
fn a_message_request_decides_where_no_lens_is_shown() {
    let workspace = Workspace::empty();
    let editor = plain(&workspace).capabilities(json!({})).launch();
    start(&editor, "[[exec:touch made]]");
    let asked = prompt(&editor);
    let message = asked.params["message"].as_str().unwrap();
    assert!(
        message.starts_with("Codex wants to run: ") && message.contains("touch made"),
        "{message}"
    );
    let titles: Vec<&Value> =
        asked.params["actions"].as_array().unwrap().iter().map(|action| &action["title"]).collect();
    assert_eq!(
        json!(titles),
        json!([
            "Accept",
            "Accept for session",
            "Always allow `touch made …` (every project, for ever)",
            "Decline",
            "Stop the turn",
        ])
    );
    assert_eq!(workspace.read("made"), None);
    editor.answer(&asked, json!({ "title": "Accept" }));
    workspace.await_text("made", "");
}

#[test]
fn a_closed_message_request_leaves_it_pending_and_a_late_answer_is_told_so() {
    let workspace = Workspace::empty();
    let editor = plain(&workspace).option("inline", json!({ "prompts": "always" })).launch();
    start(&editor, "[[exec:touch made]]");
    refresh(&editor);
    let asked = prompt(&editor);
    editor.answer(&asked, Value::Null);
    let list = editor.call("outrigger/approval/list", json!({}));
    let id = &list["approvals"][0]["approvalId"];
    assert_eq!(list["approvals"].as_array().unwrap().len(), 1);

    // It is not asked again by itself; once it is, it may be decided elsewhere first.
    run(&editor, "outrigger.approval.decline", json!([id])).unwrap();
    refresh(&editor);

    start(&editor, "[[exec:touch made]]");
    refresh(&editor);
    let asked = prompt(&editor);
    let list = editor.call("outrigger/approval/list", json!({}));
    let id = &list["approvals"][0]["approvalId"];
    run(&editor, "outrigger.approval.decline", json!([id])).unwrap();
    refresh(&editor);
    editor.answer(&asked, json!({ "title": "Accept" }));
    assert_eq!(
        editor.note("window/showMessage"),
        json!({ "type": 3, "message": "It was already declined in Test Editor." })
    );
    assert_eq!((pending(&editor), workspace.read("made")), (0, None));
}

#[test]
fn a_command_without_an_id_asks_when_two_wait() {
    let workspace = Workspace::empty();
    // It listens to approvals only so that the story knows when both are there.
    let editor = plain(&workspace)
        .events(&["approval"])
        .option("inline", json!({ "prompts": "never" }))
        .capabilities(json!({}))
        .launch();
    start(&editor, "[[two:touch first|touch second]]");
    let approvals = [editor.approval(), editor.approval()];
    assert_eq!(run(&editor, "outrigger.approval.accept", json!([])), Ok(Value::Null));
    let one = prompt(&editor);
    assert_eq!(pending(&editor), 2);
    let name = |asked: &Ask| {
        let message = asked.params["message"].as_str().unwrap().to_owned();
        if message.contains("first") { "first" } else { "second" }
    };
    editor.answer(&one, json!({ "title": "Accept" }));
    let other = prompt(&editor);
    editor.answer(&other, json!({ "title": "Decline" }));
    for approval in &approvals {
        assert_eq!(editor.resolved(approval), (json!("decided"), json!("Test Editor")));
    }
    workspace.await_text(name(&one), "");
    assert_eq!((pending(&editor), workspace.read(name(&other))), (0, None));
}

#[test]
fn a_question_is_answered_by_its_options() {
    let workspace = Workspace::empty();
    let editor = plain(&workspace)
        .events(&["codex"])
        .overlook("codex/", "only to know when the turn is over")
        .launch();
    start(&editor, "[[input]]");
    let asked = prompt(&editor);
    refresh(&editor);
    let title = asked.params["actions"][0]["title"].clone();
    editor.answer(&asked, json!({ "title": title }));
    refresh(&editor);
    assert_eq!(editor.note("codex/turn/completed")["turn"]["status"], "completed");
    let heard = workspace.model().requests().last().unwrap().body.to_string();
    assert!(heard.contains(title.as_str().unwrap()), "{heard}");
}

#[test]
fn a_click_on_what_was_answered_elsewhere_says_what_was_answered_and_where() {
    let workspace = Workspace::empty();
    let window = plain(&workspace).name("VS Code").option("inline", json!({ "prompts": "never" }));
    let window = window.shared().launch();
    let editor = plain(&workspace).name("Zed").option("inline", json!({ "prompts": "always" }));
    let editor = editor.shared().launch();
    start(&editor, "[[exec:touch made]]");
    let asked = prompt(&editor);
    for one in [&editor, &window] {
        refresh(one);
    }
    let list = window.call("outrigger/approval/list", json!({}));
    let id = &list["approvals"][0]["approvalId"];
    run(&window, "outrigger.approval.accept", json!([id])).unwrap();
    for one in [&editor, &window] {
        refresh(one);
    }
    workspace.await_text("made", "");

    editor.answer(&asked, json!({ "title": "Decline" }));
    assert_eq!(
        editor.note("window/showMessage"),
        json!({ "type": 3, "message": "It was already accepted in VS Code." })
    );
}

#[test]
fn a_turn_that_runs_is_progress_and_can_be_cancelled() {
    let workspace = Workspace::empty();
    let capabilities = json!({ "window": { "workDoneProgress": true } });
    let editor = plain(&workspace).events(&["codex/turn/completed"]).capabilities(capabilities);
    let editor = editor.option("inline", json!({ "prompts": "never" })).launch();
    let shown = || {
        let create = editor.ask("window/workDoneProgress/create");
        let token = create.params["token"].clone();
        editor.answer(&create, Value::Null);
        assert_eq!(
            editor.note("$/progress"),
            json!({ "token": token, "value": {
                "kind": "begin", "title": "Codex", "message": "works", "cancellable": true,
            } })
        );
        token
    };
    let says = |token: &Value, value: Value| {
        assert_eq!(editor.note("$/progress"), json!({ "token": token, "value": value }));
    };
    let ended = || editor.note("codex/turn/completed")["turn"]["status"].clone();

    start(&editor, "[[exec:touch made]]");
    let token = shown();
    says(&token, json!({ "kind": "report", "message": "waits for you" }));
    let list = editor.call("outrigger/approval/list", json!({}));
    let id = &list["approvals"][0]["approvalId"];
    run(&editor, "outrigger.approval.accept", json!([id])).unwrap();
    says(&token, json!({ "kind": "report", "message": "works" }));
    says(&token, json!({ "kind": "end" }));
    assert_eq!(ended(), "completed");

    start(&editor, "[[slow:600,1]]");
    let token = shown();
    editor.notify("window/workDoneProgress/cancel", json!({ "token": "not-ours" }));
    editor.notify("window/workDoneProgress/cancel", json!({ "token": token }));
    says(&token, json!({ "kind": "end" }));
    assert_eq!(ended(), "interrupted");
}

#[test]
fn an_unknown_command_and_a_bad_argument_are_refused() {
    let workspace = Workspace::empty();
    let editor = plain(&workspace).launch();
    let refused = |command: &str, arguments: Value| {
        run(&editor, command, arguments).unwrap_err()["data"]["kind"].clone()
    };
    assert_eq!(refused("outrigger.none.such", json!([])), "invalidParams");
    assert_eq!(refused("outrigger.turn.start", json!([])), "invalidParams");
    assert_eq!(refused("outrigger.turn.start", json!(["x", { "folder": 1 }])), "invalidParams");
    assert_eq!(refused("outrigger.approval.accept", json!([7])), "invalidParams");
    assert_eq!(refused("outrigger.approval.accept", json!([])), "approvalUnknown");
    assert_eq!(refused("outrigger.approval.accept", json!(["none"])), "approvalUnknown");
    assert_eq!(refused("outrigger.turn.interrupt", json!([])), "threadUnknown");
}
