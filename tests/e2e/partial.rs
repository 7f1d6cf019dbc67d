//! A person accepts a change but for some of its hunks.

use outrigger_tests::{Editor, Workspace};
use serde_json::{Value, json};

const OLD: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n";
const PATCH: &str = "[[patch:*** Begin Patch\n*** Update File: poem.txt\n@@\n-one\n+ONE\n two\n@@\n nine\n-ten\n+TEN\n\
                     *** Add File: new.txt\n+hello\n*** Delete File: gone.txt\n*** End Patch]]";

fn asked(workspace: &Workspace) -> (Editor, String, String, Value) {
    let editor = workspace
        .editor()
        .events(&["approval", "codex", "hunk"])
        .overlook("", "the story is told by approvals, files and the end of turns")
        .launch();
    let thread = editor.start_thread();
    let turn = editor.start_turn(&thread, PATCH);
    let approval = editor.approval();
    (editor, thread, turn, approval)
}

fn files() -> Workspace {
    Workspace::with(&[("poem.txt", OLD), ("gone.txt", "old\n")])
}

/// The hunks of the proposal by file, as they are named to refuse them.
fn hunks(editor: &Editor, approval: &Value, workspace: &Workspace, name: &str) -> Vec<Value> {
    let named = json!({ "approvalId": approval["approvalId"] });
    let proposed = editor.call("outrigger/approval/proposed", named);
    let uri = json!(workspace.uri(name));
    let file =
        proposed["files"].as_array().unwrap().iter().find(|file| file["uri"] == uri).unwrap();
    let hunks = file["hunks"].as_array().unwrap().iter();
    hunks.map(|hunk| json!({ "uri": uri, "hunkId": hunk["hunkId"] })).collect()
}

fn decide(
    editor: &Editor,
    approval: &Value,
    decision: &str,
    refused: Value,
) -> Result<Value, Value> {
    let params = json!({ "approvalId": approval["approvalId"], "decision": decision, "refusedHunks": refused });
    editor.request("outrigger/approval/decide", params)
}

#[test]
fn the_hunks_that_are_left_out_go_as_the_change_lands_and_codex_is_told() {
    let workspace = files();
    let (editor, thread, turn, approval) = asked(&workspace);
    let poem = hunks(&editor, &approval, &workspace, "poem.txt");
    let gone = hunks(&editor, &approval, &workspace, "gone.txt");
    assert_eq!((poem.len(), gone.len()), (2, 1));
    let refused = json!([poem[1], gone[0]]);
    let taken = decide(&editor, &approval, "accept", refused.clone()).unwrap();
    assert_eq!(taken["approval"]["refusedHunks"], refused);
    let told = editor.note("outrigger/approval/hunksRefused");
    assert_eq!(
        told,
        json!({
            "approvalId": approval["approvalId"], "threadId": thread, "turnId": turn,
            "hunks": refused, "journalId": told["journalId"], "failure": null,
        })
    );
    assert_eq!(editor.turn_end(&turn), "completed");

    assert_eq!(workspace.read("poem.txt").unwrap(), OLD.replace("one", "ONE"));
    assert_eq!(workspace.read("new.txt").as_deref(), Some("hello\n"));
    assert_eq!(workspace.read("gone.txt").as_deref(), Some("old\n"));
    let last = workspace.model().requests().pop().unwrap();
    let heard = last.body.to_string();
    assert!(heard.contains("-ten\\n+TEN") && heard.contains("gone.txt"), "{heard}");
    assert!(!heard.contains("-one\\n+ONE\\n two\\n@@ -"), "{heard}");

    // What was taken out is in the journal and comes back.
    let undo = json!({ "journalId": told["journalId"] });
    editor.call("outrigger/hunk/undo", undo);
    assert_eq!(
        workspace.read("poem.txt").unwrap(),
        OLD.replace("one", "ONE").replace("ten", "TEN")
    );
    assert_eq!(workspace.read("gone.txt"), None);
    let history = editor.call("outrigger/approval/history", json!({}));
    assert_eq!(history["entries"][0]["decision"], "accept");
    assert_eq!(history["entries"][0]["approval"]["refusedHunks"], refused);
}

#[test]
fn what_cannot_be_left_out_decides_nothing() {
    let workspace = files();
    let (editor, _, turn, approval) = asked(&workspace);
    let poem = hunks(&editor, &approval, &workspace, "poem.txt");
    let all: Vec<Value> = ["poem.txt", "new.txt", "gone.txt"]
        .iter()
        .flat_map(|name| hunks(&editor, &approval, &workspace, name))
        .collect();
    let unknown = json!([{ "uri": workspace.uri("poem.txt"), "hunkId": "proposed-9" }]);
    for (decision, refused) in [
        ("accept", json!(all)),
        ("accept", unknown),
        ("acceptForSession", json!([poem[0]])),
        ("decline", json!([poem[0]])),
    ] {
        let error = decide(&editor, &approval, decision, refused).unwrap_err();
        assert_eq!(error["data"]["kind"], "decisionInvalid", "{error}");
    }
    let document = json!({
        "uri": workspace.uri("poem.txt"), "languageId": "plaintext", "version": 1,
        "text": format!("{OLD}typed\n"),
    });
    editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
    let error = decide(&editor, &approval, "accept", json!([poem[0]])).unwrap_err();
    assert_eq!(error["data"]["kind"], "conflicted");
    assert_eq!(error["message"], "poem.txt has unsaved edits in Test Editor.");
    decide(&editor, &approval, "decline", json!([])).unwrap();
    assert_eq!(editor.turn_end(&turn), "completed");
    assert_eq!(workspace.read("poem.txt").unwrap(), OLD);
}

#[test]
fn a_folder_without_a_repository_takes_a_change_only_whole() {
    let workspace = files();
    let (editor, _, turn, approval) = asked(&workspace);
    std::fs::rename(workspace.folder().join(".git"), workspace.folder().join("no-git")).unwrap();
    let poem = hunks(&editor, &approval, &workspace, "poem.txt");
    let error = decide(&editor, &approval, "accept", json!([poem[0]])).unwrap_err();
    assert_eq!(error["data"]["kind"], "notARepository");
    decide(&editor, &approval, "accept", json!([])).unwrap();
    assert_eq!(editor.turn_end(&turn), "completed");
    assert_eq!(workspace.read("new.txt").as_deref(), Some("hello\n"));
}
