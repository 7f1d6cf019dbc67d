//! Hunks in an editor that knows nothing but standard LSP: documents with unsaved edits, lenses, actions and hover, with
//! `git` itself as the witness.

use outrigger_tests::{Ask, Editor, Launch, Workspace};
use serde_json::{Value, json};

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
