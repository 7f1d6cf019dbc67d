//! Hunks in an editor that knows nothing but standard LSP: documents with unsaved edits, lenses, actions and hover, with
//! `git` itself as the witness.

use outrigger_tests::{Ask, Editor, Launch, Workspace};
use serde_json::{Value, json};

use crate::scene::{PATCH, PATCHED, THREE_LINES};

const OLD: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n";
const NEW: &str = "ONE\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nTEN\n";
/// The file as it is, with a line that is not saved between the two hunks.
const TYPED: &str = "ONE\ntwo\nthree\nfour\nfive 𝄞\nsix\nseven\neight\nnine\nTEN\n";

fn launch(workspace: &Workspace) -> Launch<'_> {
    let capabilities = json!({
        "textDocument": { "codeLens": {}, "hover": { "contentFormat": ["markdown"] } },
        "workspace": {
            "applyEdit": true,
            "workspaceEdit": { "documentChanges": true },
            "codeLens": { "refreshSupport": true },
        },
    });
    workspace.editor().events(&[]).capabilities(capabilities)
}

fn open(editor: &Editor, uri: &str, text: &str) {
    let document = json!({ "uri": uri, "languageId": "plaintext", "version": 1, "text": text });
    editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
}

fn edit(editor: &Editor, uri: &str, version: i64, text: &str) {
    let document = json!({ "uri": uri, "version": version });
    let changes = json!([{ "text": text }]);
    let params = json!({ "textDocument": document, "contentChanges": changes });
    editor.notify("textDocument/didChange", params);
}

fn ids(editor: &Editor, uri: &str) -> Vec<String> {
    let listed = editor.call("outrigger/hunk/list", json!({ "uri": uri }));
    let hunks = listed["unstaged"].as_array().unwrap().iter();
    hunks.map(|hunk| hunk["hunkId"].as_str().unwrap().to_owned()).collect()
}

fn actions(editor: &Editor) -> Vec<Value> {
    let journal = editor.call("outrigger/hunk/journal", json!({}));
    let entries = journal["entries"].as_array().unwrap().iter();
    entries.map(|entry| entry["action"].clone()).collect()
}

/// The file changed under a document that is open: two hunks, and a line that was typed and not saved.
struct Dirty {
    workspace: Workspace,
    uri: String,
}

impl Dirty {
    fn new() -> Self {
        let workspace = Workspace::with(&[("poem.txt", OLD)]);
        workspace.write("poem.txt", NEW);
        let uri = workspace.uri("poem.txt");
        Self { workspace, uri }
    }

    /// An editor in which it is open and edited.
    fn edited_in(&self, launch: Launch<'_>) -> Editor {
        let editor = launch.launch();
        open(&editor, &self.uri, NEW);
        edit(&editor, &self.uri, 2, TYPED);
        editor
    }

    fn revert(&self, editor: &Editor, hunk: &str) -> i64 {
        let params = json!({ "uri": self.uri, "hunkId": hunk });
        editor.ask_for("outrigger/hunk/revert", params)
    }

    fn on_disk(&self) -> Option<String> {
        self.workspace.read("poem.txt")
    }

    fn changed(&self, arguments: &[&str]) -> Vec<String> {
        crate::scene::changed(&self.workspace, arguments)
    }
}

fn applied(editor: &Editor, ask: &Ask, applied: bool) {
    editor.answer(ask, json!({ "applied": applied }));
}

#[test]
fn a_hunk_of_a_document_with_unsaved_edits_is_reverted_by_its_editor() {
    let dirty = Dirty::new();
    let editor = dirty.edited_in(launch(&dirty.workspace));
    let [first, last] = ids(&editor, &dirty.uri).try_into().unwrap();

    let reverted = dirty.revert(&editor, &last);
    let ask = editor.ask("workspace/applyEdit");
    let at =
        json!({ "start": { "line": 9, "character": 0 }, "end": { "line": 10, "character": 0 } });
    let change = json!({
        "textDocument": { "uri": dirty.uri, "version": 2 },
        "edits": [{ "range": at, "newText": "ten\n" }],
    });
    let asked = json!({ "label": "Undo hunk", "edit": { "documentChanges": [change] } });
    assert_eq!(ask.params, asked);
    edit(&editor, &dirty.uri, 3, &TYPED.replace("TEN", "ten"));
    applied(&editor, &ask, true);
    let reverted = editor.response(reverted).unwrap();
    assert_eq!(reverted["unsaved"], json!(true));
    assert_eq!(dirty.on_disk().as_deref(), Some(NEW));
    assert_eq!(actions(&editor), ["revert"]);

    // What was reverted is in the document no more, whatever the file has.
    let again = editor.response(dirty.revert(&editor, &last)).unwrap_err();
    assert_eq!(again["data"]["kind"], "hunkStale");

    // It is taken back in the document too.
    let undone = json!({ "journalId": reverted["journalId"] });
    let undone = editor.ask_for("outrigger/hunk/undo", undone);
    let ask = editor.ask("workspace/applyEdit");
    let edits = &ask.params["edit"]["documentChanges"][0];
    assert_eq!(edits["textDocument"]["version"], 3);
    assert_eq!(edits["edits"], json!([{ "range": at, "newText": "TEN\n" }]));
    edit(&editor, &dirty.uri, 4, TYPED);
    applied(&editor, &ask, true);
    assert_eq!(editor.response(undone).unwrap()["unsaved"], json!(true));

    // Once it is saved, the file is what is written to.
    dirty.workspace.write("poem.txt", TYPED);
    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": dirty.uri } }));
    assert!(!ids(&editor, &dirty.uri).contains(&first), "the saved line joined the hunks");
    let whole = json!({ "uri": dirty.uri });
    let reverted = editor.call("outrigger/file/revert", whole);
    assert_eq!(reverted.get("unsaved"), None);
    assert_eq!(dirty.on_disk().as_deref(), Some(OLD));
}

#[test]
fn an_editor_that_does_not_make_the_change_changes_nothing() {
    let dirty = Dirty::new();
    let editor = dirty.edited_in(launch(&dirty.workspace));
    let hunks = ids(&editor, &dirty.uri);

    let reverted = dirty.revert(&editor, &hunks[0]);
    let ask = editor.ask("workspace/applyEdit");
    edit(&editor, &dirty.uri, 3, &TYPED.replace("two", "2"));
    applied(&editor, &ask, false);
    let error = editor.response(reverted).unwrap_err();
    assert_eq!(error["data"]["kind"], "hunkStale");
    assert_eq!(error["data"]["hunks"]["unstaged"][0]["hunkId"], json!(hunks[0]));
    assert_eq!((dirty.on_disk().as_deref(), actions(&editor)), (Some(NEW), vec![]));
}

#[test]
fn a_document_with_unsaved_edits_in_two_editors_is_left_alone() {
    let dirty = Dirty::new();
    let one = dirty.edited_in(launch(&dirty.workspace).shared().name("One"));
    let two = dirty.edited_in(launch(&dirty.workspace).shared().name("Two"));
    // Its notes have arrived when it is answered.
    two.call("outrigger/ping", json!({}));
    let hunks = ids(&one, &dirty.uri);

    let error = one.response(dirty.revert(&one, &hunks[0])).unwrap_err();
    assert_eq!(error["message"], "poem.txt has unsaved edits in One and Two.");
    assert_eq!(error["data"]["kind"], "conflicted");
    assert_eq!(error["data"]["editors"], json!(["One", "Two"]));
    assert_eq!(error["data"]["uris"], json!([dirty.uri]));

    // The other one has what is saved: now it is done in the one that has not, whoever asks.
    edit(&two, &dirty.uri, 3, NEW);
    let reverted = dirty.revert(&two, &hunks[0]);
    let ask = one.ask("workspace/applyEdit");
    applied(&one, &ask, true);
    assert_eq!(two.response(reverted).unwrap()["unsaved"], json!(true));
    assert_eq!(dirty.on_disk().as_deref(), Some(NEW));
}

#[test]
fn an_editor_that_cannot_be_asked_is_to_save_first() {
    let dirty = Dirty::new();
    let editor = dirty.edited_in(launch(&dirty.workspace).capabilities(json!({})));
    let hunks = ids(&editor, &dirty.uri);
    let error = editor.response(dirty.revert(&editor, &hunks[0])).unwrap_err();
    assert_eq!(error["message"], "poem.txt has unsaved edits in Test Editor.");
    assert_eq!(error["data"]["kind"], "conflicted");
    assert_eq!(
        error["data"]["hint"],
        "Save or discard them there first, then try again. Nothing was touched."
    );
    assert_eq!((dirty.on_disk().as_deref(), actions(&editor)), (Some(NEW), vec![]));
}

#[test]
fn an_editor_that_leaves_before_it_answers_leaves_no_request_open() {
    let dirty = Dirty::new();
    let one = dirty.edited_in(launch(&dirty.workspace).shared().name("One"));
    let two = launch(&dirty.workspace).shared().launch();
    let hunks = ids(&two, &dirty.uri);
    let reverted = dirty.revert(&two, &hunks[0]);
    one.ask("workspace/applyEdit");
    one.leave();
    let error = two.response(reverted).unwrap_err();
    assert_eq!(error["message"], "One went away before it said whether it changed poem.txt.");
    assert_eq!(error["data"]["kind"], "conflicted");
    assert_eq!(dirty.on_disk().as_deref(), Some(NEW));

    // What may have been done is in the journal, and found to be nowhere.
    let journal = two.call("outrigger/hunk/journal", json!({}));
    let undo = json!({ "journalId": journal["entries"][0]["journalId"] });
    let error = two.refused("outrigger/hunk/undo", undo);
    assert_eq!(error["data"]["kind"], "hunkStale");
    assert_eq!(dirty.on_disk().as_deref(), Some(NEW));
}

/// The code actions at a line, by title. What is on its way of the file's hunks has arrived by then.
fn offered(editor: &Editor, uri: &str, line: u32) -> Vec<(String, Value)> {
    ids(editor, uri);
    let at = json!({ "line": line, "character": 0 });
    let params = json!({
        "textDocument": { "uri": uri },
        "range": { "start": at, "end": at },
        "context": { "diagnostics": [] },
    });
    let actions = editor.call("textDocument/codeAction", params);
    let named =
        |action: &Value| (action["title"].as_str().unwrap().to_owned(), action["command"].clone());
    actions.as_array().unwrap().iter().map(named).collect()
}

/// Does what the action of this title at a line does.
fn choose(editor: &Editor, uri: &str, line: u32, title: &str) -> Value {
    let offered = offered(editor, uri, line);
    let chosen = offered.iter().find(|(offered, _)| offered == title);
    let (_, command) = chosen.unwrap_or_else(|| panic!("no {title} among {offered:?}"));
    editor.call("workspace/executeCommand", command.clone())
}

#[test]
fn a_persons_own_hunks_are_staged_unstaged_and_undone_by_code_actions() {
    let dirty = Dirty::new();
    let editor = launch(&dirty.workspace).launch();
    let uri = &dirty.uri;
    open(&editor, uri, NEW);
    let titles = |line| -> Vec<String> {
        offered(&editor, uri, line).into_iter().map(|(title, _)| title).collect()
    };
    assert_eq!(titles(0), ["Stage hunk", "Undo hunk"]);
    assert_eq!(titles(4), Vec::<String>::new());

    choose(&editor, uri, 0, "Stage hunk");
    assert_eq!(dirty.changed(&["--cached"]), ["-one", "+ONE"]);
    assert_eq!(titles(0), ["Unstage hunk"]);
    choose(&editor, uri, 0, "Unstage hunk");
    assert_eq!(dirty.changed(&["--cached"]), Vec::<String>::new());

    choose(&editor, uri, 9, "Undo hunk");
    assert_eq!(dirty.on_disk(), Some(NEW.replace("TEN", "ten")));
    // The editor takes the new text.
    edit(&editor, uri, 2, &NEW.replace("TEN", "ten"));
    assert_eq!(titles(9), Vec::<String>::new());

    let undo_last = || {
        let command = json!({ "command": "outrigger.journal.undoLast", "arguments": [] });
        editor.call("workspace/executeCommand", command);
    };
    undo_last();
    assert_eq!(dirty.on_disk().as_deref(), Some(NEW));
    undo_last();
    assert_eq!(dirty.changed(&["--cached"]), ["-one", "+ONE"]);
    undo_last();
    assert_eq!(dirty.changed(&["--cached"]), Vec::<String>::new());
    let command = json!({ "command": "outrigger.journal.undoLast", "arguments": [] });
    let nothing = editor.refused("workspace/executeCommand", command);
    assert_eq!(nothing["data"]["kind"], "journalUnknown");
    let said = json!({ "type": 3, "message": "There is nothing to take back." });
    assert_eq!(editor.note("window/showMessage"), said);

    let stale = json!({ "command": "outrigger.hunk.revert", "arguments": [uri, "u3-none"] });
    let stale = editor.refused("workspace/executeCommand", stale);
    assert_eq!(stale["data"]["kind"], "hunkStale");
    assert_eq!(editor.note("window/showMessage")["message"], stale["message"]);
    let wrong = json!({ "command": "outrigger.hunk.stage", "arguments": [uri] });
    let wrong = editor.refused("workspace/executeCommand", wrong);
    assert_eq!(wrong["data"]["kind"], "invalidParams");
}

#[test]
fn what_the_agent_wrote_is_marked_until_it_is_undone_kept_or_staged() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let uri = &workspace.uri("notes.txt");
    let editor = launch(&workspace)
        .events(&["codex"])
        .overlook("codex/", "only to know when the turn is over")
        .overlook("workspace/codeLens/refresh", "marks come and go with lenses")
        .launch();
    let run = |command: &str, arguments: Value| {
        let params = json!({ "command": command, "arguments": arguments });
        editor.call("workspace/executeCommand", params)
    };
    let marks = || editor.note("textDocument/publishDiagnostics")["diagnostics"].clone();
    // The editor takes what is on disk now.
    let mut version = 1;
    let mut reload = |text: &str| {
        assert_eq!(workspace.read("notes.txt").as_deref(), Some(text));
        version += 1;
        edit(&editor, uri, version, text);
    };
    open(&editor, uri, THREE_LINES);
    let started = run("outrigger.turn.start", json!([PATCH, { "approvalPolicy": "untrusted" }]));
    let approval = marks()[0]["data"]["approvalId"].clone();
    run("outrigger.approval.accept", json!([approval]));
    assert_eq!(marks(), json!([]));
    editor.note("codex/turn/completed");
    // The repository has looked at what the turn left when it answers.
    ids(&editor, uri);
    reload(PATCHED);

    let marked = marks();
    let at = json!({
        "start": { "line": 1, "character": 0 }, "end": { "line": 1, "character": 10_000 },
    });
    let hunk = &marked[0]["data"]["hunkId"];
    let message = "Codex changed line 2: [[patch:*** Begin Patch";
    let mark = json!([{
        "range": at, "severity": 3, "source": "outrigger", "code": "agentChange",
        "message": message, "data": { "hunkId": hunk },
    }]);
    assert_eq!(marked, mark);
    let lens = |title: &str, command: &str| {
        let command = json!({ "title": title, "command": command, "arguments": [uri, hunk] });
        json!({ "range": at, "command": command })
    };
    let lenses = || editor.call("textDocument/codeLens", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(
        lenses(),
        json!([
            lens("Keep", "outrigger.hunk.keep"),
            lens("Undo", "outrigger.hunk.revert"),
            lens("Stage", "outrigger.hunk.stage"),
        ])
    );
    let hover = || {
        let position = json!({ "line": 1, "character": 2 });
        let params = json!({ "textDocument": { "uri": uri }, "position": position });
        editor.call("textDocument/hover", params)
    };
    let said = |is: &str| {
        let id = |name: &str| started[name].as_str().unwrap().to_owned();
        let (thread, turn) = (id("threadId"), id("turnId"));
        let value = format!(
            "**Written by Codex**, {is}\n\n> \\[\\[patch\\:\\*\\*\\* Begin Patch\n\n\
             Thread {thread}, turn {turn}"
        );
        json!({ "contents": { "kind": "markdown", "value": value }, "range": at })
    };
    assert_eq!(hover(), said("not reviewed yet"));

    run("outrigger.hunk.revert", json!([uri, hunk]));
    assert_eq!(crate::scene::changed(&workspace, &[]), Vec::<String>::new());
    assert_eq!(marks(), json!([]));
    reload(THREE_LINES);
    assert_eq!((lenses(), hover()), (json!([]), Value::Null));
    run("outrigger.journal.undoLast", json!([]));
    reload(PATCHED);
    assert_eq!(marks(), mark);

    run("outrigger.hunk.keep", json!([uri, hunk]));
    assert_eq!(marks(), json!([]));
    assert_eq!((lenses(), hover()), (json!([]), said("kept")));
    assert_eq!(crate::scene::changed(&workspace, &[]), ["-two", "+zwei"]);
    run("outrigger.journal.undoLast", json!([]));
    assert_eq!(marks(), mark);

    run("outrigger.hunk.stage", json!([uri, hunk]));
    assert_eq!(marks(), json!([]));
    assert_eq!((lenses(), hover()), (json!([]), said("staged")));
    assert_eq!(crate::scene::changed(&workspace, &["--cached"]), ["-two", "+zwei"]);
}

#[test]
fn a_turn_is_not_taken_back_behind_unsaved_edits() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let uri = &workspace.uri("notes.txt");
    let editor = launch(&workspace)
        .events(&["codex", "approval"])
        .overlook("codex/", "only to know when the turn is over")
        .overlook("outrigger/approval/", "it is decided as it comes")
        .overlook("workspace/codeLens/refresh", "marks come and go with lenses")
        .overlook("textDocument/publishDiagnostics", "the story is told by files")
        .launch();
    let thread = editor.start_thread();
    let turn = editor.start_turn(&thread, PATCH);
    let approval = editor.approval();
    let decision = json!({ "approvalId": approval["approvalId"], "decision": "accept" });
    editor.call("outrigger/approval/decide", decision);
    assert_eq!(editor.turn_end(&turn), "completed");

    open(&editor, uri, &format!("{PATCHED}typed\n"));
    let back = json!({ "threadId": thread, "turnId": turn });
    let error = editor.refused("outrigger/turn/undo", back.clone());
    assert_eq!(error["data"]["kind"], "conflicted");
    assert_eq!(error["message"], "notes.txt has unsaved edits in Test Editor.");
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(PATCHED));

    edit(&editor, uri, 2, PATCHED);
    editor.call("outrigger/turn/undo", back);
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(THREE_LINES));
}
