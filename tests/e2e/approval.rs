//! Codex asks, a person decides: nothing is written, run or granted before that, and everyone is told what became of it.

use outrigger_tests::{Editor, Workspace};
use serde_json::{Value, json};

use crate::scene::{DIFF, PATCH, PATCHED, THREE_LINES};

fn editor(workspace: &Workspace) -> Editor {
    workspace
        .editor()
        .overlook("codex/", "the story is told by approvals and by the end of turns")
        .launch()
}

/// A repository with three lines, an editor, a thread, and a turn that wants to change the second line.
fn asked_about_a_patch(workspace: &Workspace) -> (Editor, String, String, Value) {
    let editor = editor(workspace);
    let thread = editor.start_thread();
    let turn = editor.start_turn(&thread, PATCH);
    let approval = editor.approval();
    (editor, thread, turn, approval)
}

fn history(editor: &Editor) -> Vec<Value> {
    let page = editor.call("outrigger/approval/history", json!({}));
    assert_eq!(page["nextCursor"], Value::Null);
    page["entries"].as_array().unwrap().clone()
}

/// Decision, outcome and delivery of each row of the audit trail, the newest first.
fn outcomes(editor: &Editor) -> Vec<(Value, Value, Value)> {
    let rows = history(editor);
    rows.iter()
        .map(|row| (row["decision"].clone(), row["outcome"].clone(), row["delivery"].clone()))
        .collect()
}

#[test]
fn a_patch_is_shown_before_it_is_written_and_written_once_accepted() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let (editor, thread, turn, approval) = asked_about_a_patch(&workspace);
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(THREE_LINES));
    assert_eq!(
        approval,
        json!({
            "approvalId": approval["approvalId"],
            "kind": "fileChange",
            "method": "item/fileChange/requestApproval",
            "threadId": thread,
            "turnId": turn,
            "itemId": approval["itemId"],
            "requestedAt": approval["requestedAt"],
            "reason": null,
            "cwd": workspace.folder(),
            "command": null,
            "commandActions": null,
            "network": null,
            "changes": [{
                "uri": workspace.uri("notes.txt"),
                "kind": "update",
                "diff": DIFF,
                "hunks": [{ "oldStart": 1, "oldLines": 3, "newStart": 1, "newLines": 3 }],
            }],
            "questions": null,
            "elicitation": null,
            "permissions": null,
            "options": [
                { "decision": "accept", "label": "Accept", "scope": "once" },
                { "decision": "acceptForSession", "label": "Accept for session", "scope": "session" },
                { "decision": "decline", "label": "Decline", "scope": "no" },
                { "decision": "cancel", "label": "Stop the turn", "scope": "stop" },
            ],
            "request": {
                "threadId": thread,
                "turnId": turn,
                "itemId": approval["itemId"],
                "startedAtMs": approval["request"]["startedAtMs"],
                "reason": null,
                "grantRoot": null,
            },
        })
    );

    let named = json!({ "approvalId": approval["approvalId"] });
    assert_eq!(
        editor.call("outrigger/approval/proposed", named),
        json!({ "files": [{
            "uri": workspace.uri("notes.txt"),
            "kind": "update",
            "oldText": THREE_LINES,
            "newText": PATCHED,
            "hunks": [{
                "hunkId": "proposed-0",
                "oldStart": 1, "oldLines": 3, "newStart": 1, "newLines": 3,
                "lines": [
                    { "kind": "context", "text": "one", "eol": "\n" },
                    { "kind": "removed", "text": "two", "eol": "\n" },
                    { "kind": "added", "text": "zwei", "eol": "\n" },
                    { "kind": "context", "text": "three", "eol": "\n" },
                ],
                "origin": null,
            }],
            "conflict": null,
        }] })
    );
    assert_eq!(
        editor.call("outrigger/approval/list", json!({ "threadId": thread })),
        json!({ "approvals": [approval] })
    );

    assert_eq!(editor.decide(&approval, json!("accept")), Ok(json!({ "approval": approval })));
    assert_eq!(editor.resolved(&approval), (json!("decided"), json!("Test Editor")));
    assert_eq!(editor.turn_end(&turn), "completed");
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(PATCHED));
    assert_eq!(editor.call("outrigger/approval/list", json!({})), json!({ "approvals": [] }));
    let rows = history(&editor);
    assert_eq!(
        rows,
        [json!({
            "approval": approval,
            "outcome": "decided",
            "decision": "accept",
            "decidedBy": "Test Editor",
            "resolvedAt": rows[0]["resolvedAt"],
            "delivery": "confirmed",
        })]
    );
}

#[test]
fn a_declined_patch_leaves_the_file_and_the_turn_goes_on() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let (editor, _, turn, approval) = asked_about_a_patch(&workspace);
    editor.decide(&approval, json!("decline")).unwrap();
    assert_eq!(editor.resolved(&approval), (json!("decided"), json!("Test Editor")));
    assert_eq!(editor.turn_end(&turn), "completed");
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(THREE_LINES));
    assert_eq!(outcomes(&editor), [(json!("decline"), json!("decided"), json!("confirmed"))]);
}

#[test]
fn a_cancelled_patch_leaves_the_file_and_ends_the_turn() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let (editor, thread, turn, approval) = asked_about_a_patch(&workspace);
    editor.decide(&approval, json!("cancel")).unwrap();
    assert_eq!(editor.resolved(&approval), (json!("decided"), json!("Test Editor")));
    assert_eq!(editor.turn_end(&turn), "interrupted");
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(THREE_LINES));
    assert_eq!(editor.play(&thread, "[[msg:still here]]"), "completed");
}

#[test]
fn a_command_accepted_for_the_session_is_not_asked_about_again() {
    let workspace = Workspace::empty();
    let editor = editor(&workspace);
    let thread = editor.start_thread();
    let first = editor.start_turn(&thread, "[[exec:touch kept]]");
    let approval = editor.approval();
    editor.decide(&approval, json!("acceptForSession")).unwrap();
    editor.resolved(&approval);
    assert_eq!(editor.turn_end(&first), "completed");
    std::fs::remove_file(workspace.path("kept")).unwrap();

    assert_eq!(editor.play(&thread, "[[exec:touch kept]]"), "completed");
    assert_eq!(workspace.read("kept").as_deref(), Some(""));

    let other = editor.start_turn(&thread, "[[exec:touch other]]");
    let approval = editor.approval();
    assert_eq!(workspace.read("other"), None);
    editor.decide(&approval, json!("accept")).unwrap();
    editor.resolved(&approval);
    assert_eq!(editor.turn_end(&other), "completed");
    assert_eq!(workspace.read("other").as_deref(), Some(""));
}

#[test]
fn a_command_is_asked_about_with_its_folder_and_its_choices_in_order() {
    let workspace = Workspace::empty();
    let editor = editor(&workspace);
    let thread = editor.start_thread();
    let turn = editor.start_turn(&thread, "[[exec:touch made]]");
    let approval = editor.approval();
    let amendment =
        json!({ "acceptWithExecpolicyAmendment": { "execpolicy_amendment": ["touch", "made"] } });
    let command = approval["command"].as_str().unwrap();
    assert!(command.contains("touch made"), "{command}");
    assert_eq!(
        json!([approval["kind"], approval["cwd"], approval["changes"], approval["options"]]),
        json!(["command", workspace.folder(), null, [
            { "decision": "accept", "label": "Accept", "scope": "once" },
            { "decision": "acceptForSession", "label": "Accept for session", "scope": "session" },
            { "decision": amendment, "label": "Always allow `touch made …` (every project, for ever)", "scope": "always" },
            { "decision": "decline", "label": "Decline", "scope": "no" },
            { "decision": "cancel", "label": "Stop the turn", "scope": "stop" },
        ]])
    );
    let named = json!({ "approvalId": approval["approvalId"] });
    assert_eq!(editor.call("outrigger/approval/proposed", named), json!({ "files": [] }));

    // Nobody was offered to allow everything that begins with `touch`, so nobody can.
    let wider = json!({ "acceptWithExecpolicyAmendment": { "execpolicy_amendment": ["touch"] } });
    let refused = editor.decide(&approval, wider).unwrap_err();
    assert_eq!(refused["data"]["kind"], "decisionInvalid");
    assert_eq!(workspace.read("made"), None);

    editor.decide(&approval, amendment).unwrap();
    editor.resolved(&approval);
    assert_eq!(editor.turn_end(&turn), "completed");
    assert_eq!(workspace.read("made").as_deref(), Some(""));
    let another = editor.start_thread();
    assert_eq!(editor.play(&another, "[[exec:touch made]]"), "completed");
}

#[test]
fn two_at_once_are_decided_in_either_order() {
    let workspace = Workspace::empty();
    let editor = editor(&workspace);
    let thread = editor.start_thread();
    let turn = editor.start_turn(&thread, "[[two:touch first|touch second]]");
    let approvals = [editor.approval(), editor.approval()];
    assert_eq!(
        editor.call("outrigger/approval/list", json!({})),
        json!({ "approvals": approvals })
    );
    let is_first = |approval: &&Value| approval["command"].as_str().unwrap().contains("first");
    let first = approvals.iter().find(is_first).unwrap();
    let second = approvals.iter().find(|approval| !is_first(approval)).unwrap();

    editor.decide(second, json!("accept")).unwrap();
    assert_eq!(editor.resolved(second), (json!("decided"), json!("Test Editor")));
    editor.decide(first, json!("decline")).unwrap();
    assert_eq!(editor.resolved(first), (json!("decided"), json!("Test Editor")));
    assert_eq!(editor.turn_end(&turn), "completed");
    assert_eq!([workspace.read("first"), workspace.read("second")], [None, Some(String::new())]);
    assert_eq!(
        outcomes(&editor),
        [
            (json!("decline"), json!("decided"), json!("confirmed")),
            (json!("accept"), json!("decided"), json!("confirmed")),
        ]
    );
}

#[test]
fn files_added_deleted_moved_and_changed_are_shown_as_unified_diffs() {
    let workspace =
        Workspace::with(&[("gone.txt", "old\n"), ("from.txt", "a\nb\n"), ("kept.txt", "1\n2\n")]);
    let editor = editor(&workspace);
    let thread = editor.start_thread();
    let patch = "[[patch:*** Begin Patch\n*** Add File: new.txt\n+hello\n+there\n*** Delete File: gone.txt\n\
                 *** Update File: from.txt\n*** Move to: to.txt\n@@\n a\n-b\n+c\n\
                 *** Update File: kept.txt\n@@\n-1\n+one\n 2\n*** End Patch]]";
    let turn = editor.start_turn(&thread, patch);
    let approval = editor.approval();
    let mut changes = approval["changes"].as_array().unwrap().clone();
    changes.sort_by_key(|change| change["uri"].to_string());
    let hunk = |range: [u32; 4]| json!([{ "oldStart": range[0], "oldLines": range[1], "newStart": range[2], "newLines": range[3] }]);
    assert_eq!(
        json!(changes),
        json!([
            { "uri": workspace.uri("from.txt"), "kind": "update", "movedTo": workspace.uri("to.txt"),
              "diff": "@@ -1,2 +1,2 @@\n a\n-b\n+c\n", "hunks": hunk([1, 2, 1, 2]) },
            { "uri": workspace.uri("gone.txt"), "kind": "delete",
              "diff": "@@ -1 +0,0 @@\n-old\n", "hunks": hunk([1, 1, 0, 0]) },
            { "uri": workspace.uri("kept.txt"), "kind": "update",
              "diff": "@@ -1,2 +1,2 @@\n-1\n+one\n 2\n", "hunks": hunk([1, 2, 1, 2]) },
            { "uri": workspace.uri("new.txt"), "kind": "add",
              "diff": "@@ -0,0 +1,2 @@\n+hello\n+there\n", "hunks": hunk([0, 0, 1, 2]) },
        ])
    );
    let named = json!({ "approvalId": approval["approvalId"] });
    let proposed = editor.call("outrigger/approval/proposed", named);
    let mut texts: Vec<Value> = proposed["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| json!([file["uri"], file["oldText"], file["newText"], file["conflict"]]))
        .collect();
    texts.sort_by_key(|file| file[0].to_string());
    assert_eq!(
        json!(texts),
        json!([
            [workspace.uri("from.txt"), "a\nb\n", "a\nc\n", null],
            [workspace.uri("gone.txt"), "old\n", null, null],
            [workspace.uri("kept.txt"), "1\n2\n", "one\n2\n", null],
            [workspace.uri("new.txt"), null, "hello\nthere\n", null],
        ])
    );

    editor.decide(&approval, json!("accept")).unwrap();
    editor.resolved(&approval);
    assert_eq!(editor.turn_end(&turn), "completed");
    let names = ["from.txt", "gone.txt", "kept.txt", "new.txt", "to.txt"];
    let texts = [None, None, Some("one\n2\n"), Some("hello\nthere\n"), Some("a\nc\n")];
    assert_eq!(names.map(|name| workspace.read(name)), texts.map(|text| text.map(str::to_owned)));
}

#[test]
fn a_question_is_answered() {
    let workspace = Workspace::empty();
    let editor = editor(&workspace);
    let thread = editor.start_thread();
    let turn = editor.start_turn(&thread, "[[input]]");
    let approval = editor.approval();
    let questions = approval["questions"].as_array().unwrap();
    let id = questions[0]["id"].as_str().unwrap();
    let label = &questions[0]["options"][0]["label"];
    assert_eq!((&approval["kind"], questions.len()), (&json!("question"), 1));

    let refused = editor.decide(&approval, json!("accept")).unwrap_err();
    assert_eq!(refused["data"]["kind"], "decisionInvalid");
    let answers = json!({ "answers": { id: { "answers": [label] } } });
    editor.decide(&approval, answers.clone()).unwrap();
    assert_eq!(editor.resolved(&approval), (json!("decided"), json!("Test Editor")));
    assert_eq!(editor.turn_end(&turn), "completed");
    assert_eq!(outcomes(&editor), [(answers, json!("decided"), json!("confirmed"))]);
    let heard = workspace.model().requests().last().unwrap().body.to_string();
    assert!(heard.contains("function_call_output"), "the answer did not reach the model: {heard}");
}

#[test]
fn a_second_decision_is_told_of_the_first_and_changes_nothing() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let (editor, _, turn, approval) = asked_about_a_patch(&workspace);
    editor.decide(&approval, json!("decline")).unwrap();
    let late = editor.decide(&approval, json!("accept")).unwrap_err();
    assert_eq!(
        late,
        json!({
            "code": -32000,
            "message": "It was already declined in Test Editor.",
            "data": {
                "kind": "approvalResolved",
                "approvalId": approval["approvalId"],
                "outcome": "decided",
                "decision": "decline",
                "decidedBy": "Test Editor",
            },
        })
    );
    editor.resolved(&approval);
    assert_eq!(editor.turn_end(&turn), "completed");
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(THREE_LINES));
}

#[test]
fn an_approval_ends_with_its_turn() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let (editor, thread, turn, approval) = asked_about_a_patch(&workspace);
    editor.call("codex/turn/interrupt", json!({ "threadId": thread, "turnId": turn }));
    assert_eq!(editor.resolved(&approval), (json!("turnEnded"), Value::Null));
    assert_eq!(editor.turn_end(&turn), "interrupted");
    let late = editor.decide(&approval, json!("accept")).unwrap_err();
    assert_eq!(
        json!([late["data"]["kind"], late["data"]["outcome"]]),
        json!(["approvalResolved", "turnEnded"])
    );
    assert_eq!(outcomes(&editor), [(Value::Null, json!("turnEnded"), Value::Null)]);
    assert_eq!(workspace.read("notes.txt").as_deref(), Some(THREE_LINES));
}

#[test]
fn what_is_no_decision_is_refused_and_the_approval_stays() {
    let workspace = Workspace::with(&[("notes.txt", THREE_LINES)]);
    let (editor, _, turn, approval) = asked_about_a_patch(&workspace);
    let unknown = json!({ "approvalId": "none such" });
    let refused = editor.decide(&unknown, json!("accept")).unwrap_err();
    assert_eq!(refused["data"]["kind"], "approvalUnknown");
    let amendment = json!({ "acceptWithExecpolicyAmendment": { "execpolicy_amendment": ["x"] } });
    for bad in [json!("approved"), json!(null), json!({}), json!(["accept"]), json!(1), amendment] {
        let refused = editor.decide(&approval, bad.clone()).unwrap_err();
        assert_eq!(refused["data"]["kind"], "decisionInvalid", "{bad}");
    }
    let missing = json!({ "approvalId": approval["approvalId"] });
    let refused = editor.refused("outrigger/approval/decide", missing);
    assert_eq!(json!([refused["code"], refused["data"]["kind"]]), json!([-32602, "invalidParams"]));

    assert_eq!(
        editor.call("outrigger/approval/list", json!({})),
        json!({ "approvals": [approval] })
    );
    editor.decide(&approval, json!("accept")).unwrap();
    editor.resolved(&approval);
    assert_eq!(editor.turn_end(&turn), "completed");
}
