//! Hunks through an editor, with `git` itself as the witness.

use outrigger_tests::Workspace;
use serde_json::{Value, json};

use crate::scene::changed;

const OLD: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n";
const NEW: &str = "ONE\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nTEN\n";

fn ids(hunks: &Value) -> Vec<String> {
    let ids =
        hunks.as_array().unwrap().iter().map(|hunk| hunk["hunkId"].as_str().unwrap().to_owned());
    ids.collect()
}

#[test]
fn one_hunk_is_staged_and_the_other_reverted_and_both_are_taken_back() {
    let workspace = Workspace::with(&[("poem.txt", OLD)]);
    let editor = workspace.editor().events(&["hunk"]).launch();
    workspace.write("poem.txt", NEW);
    let uri = workspace.uri("poem.txt");

    let listed = editor.call("outrigger/hunk/list", json!({ "uri": uri }));
    assert_eq!(listed["status"], "modified");
    let [first, second] = ids(&listed["unstaged"]).try_into().unwrap();

    let staged = json!({ "uri": uri, "hunkId": first });
    let staged = editor.call("outrigger/hunk/stage", staged);
    assert_eq!(editor.note("outrigger/hunk/changed")["uri"], json!(uri));
    assert_eq!(ids(&staged["hunks"]["unstaged"]), std::slice::from_ref(&second));
    assert_eq!(changed(&workspace, &["--cached"]), ["-one", "+ONE"]);
    assert_eq!(changed(&workspace, &[]), ["-ten", "+TEN"]);

    let reverted = json!({ "uri": uri, "hunkId": second, "answer": "ids" });
    let reverted = editor.call("outrigger/hunk/revert", reverted);
    editor.note("outrigger/hunk/changed");
    assert_eq!(reverted["hunks"]["unstaged"], json!([]));
    assert_eq!(workspace.read("poem.txt").unwrap(), NEW.replace("TEN", "ten"));

    // A hunk that is gone is refused with what is there now, and nothing is touched.
    let stale = editor.refused("outrigger/hunk/revert", json!({ "uri": uri, "hunkId": second }));
    assert_eq!(stale["data"]["kind"], "hunkStale");
    assert_eq!(stale["data"]["hunks"]["unstaged"], json!([]));

    for act in [&reverted, &staged] {
        editor.call("outrigger/hunk/undo", json!({ "journalId": act["journalId"] }));
        editor.note("outrigger/hunk/changed");
    }
    assert_eq!(workspace.read("poem.txt").unwrap(), NEW);
    assert_eq!(changed(&workspace, &["--cached"]), Vec::<String>::new());
    assert_eq!(changed(&workspace, &[]), ["-one", "+ONE", "-ten", "+TEN"]);

    let journal = editor.call("outrigger/hunk/journal", json!({ "uri": uri }));
    let acts: Vec<&Value> =
        journal["entries"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    assert_eq!(acts, ["undo", "undo", "revert", "stage"]);
}

#[test]
fn a_file_that_nobody_granted_has_no_hunks_here() {
    let workspace = Workspace::with(&[("poem.txt", OLD)]);
    let other = Workspace::with(&[("poem.txt", OLD)]);
    other.write("poem.txt", NEW);
    let editor = workspace.editor().launch();
    for method in ["outrigger/hunk/list", "outrigger/file/stage", "outrigger/file/revert"] {
        let refused = editor.refused(method, json!({ "uri": other.uri("poem.txt") }));
        assert_eq!(refused["data"]["kind"], "pathNotGranted", "{method}");
    }
    assert_eq!(other.read("poem.txt").unwrap(), NEW);
    let nowhere =
        editor.refused("outrigger/hunk/list", json!({ "uri": workspace.uri("../nowhere") }));
    assert_eq!(nowhere["data"]["kind"], "pathNotGranted");
}

#[test]
fn what_is_asked_wrongly_is_refused_and_an_untrusted_window_gets_nothing() {
    let workspace = Workspace::with(&[("poem.txt", OLD)]);
    workspace.write("poem.txt", NEW);
    let uri = workspace.uri("poem.txt");
    let editor = workspace.editor().launch();
    for wrong in [json!({ "uri": uri }), json!({ "uri": uri, "targets": [] })] {
        let refused = editor.refused("outrigger/hunk/stage", wrong);
        assert_eq!(refused["data"]["kind"], "invalidParams");
    }
    let unknown = editor.refused("outrigger/hunk/undo", json!({ "journalId": "j999" }));
    assert_eq!(unknown["data"]["kind"], "journalUnknown");
    drop(editor);
    let untrusted = workspace.editor().option("trusted", json!(false)).launch();
    let refused = untrusted.refused("outrigger/hunk/list", json!({ "uri": uri }));
    assert_eq!(refused["data"]["kind"], "workspaceUntrusted");
    assert_eq!(changed(&workspace, &[]), ["-one", "+ONE", "-ten", "+TEN"]);
}

#[test]
fn an_undo_that_would_lose_newer_work_is_refused_and_what_it_would_bring_back_is_there_to_see() {
    let workspace = Workspace::with(&[("poem.txt", OLD)]);
    let editor = workspace.editor().events(&[]).launch();
    workspace.write("poem.txt", NEW);
    let uri = workspace.uri("poem.txt");
    let listed = editor.call("outrigger/hunk/list", json!({ "uri": uri }));
    let first = json!({ "uri": uri, "hunkId": ids(&listed["unstaged"])[0] });
    let entry = editor.call("outrigger/hunk/revert", first)["journalId"].clone();
    workspace.write("poem.txt", &NEW.replace("ONE\ntwo", "uno\ndue"));

    let refused = editor.refused("outrigger/hunk/undo", json!({ "journalId": entry }));
    assert_eq!(refused["data"]["kind"], "hunkStale");
    assert_eq!(workspace.read("poem.txt").unwrap(), NEW.replace("ONE\ntwo", "uno\ndue"));
    let journaled = editor.call("outrigger/hunk/journaled", json!({ "journalId": entry }));
    let around = "two\nthree\nfour\n";
    assert_eq!(
        journaled,
        json!({ "files": [{
            "uri": uri, "before": format!("ONE\n{around}"), "after": format!("one\n{around}"), "whole": false,
        }] })
    );
    let unknown = editor.refused("outrigger/hunk/journaled", json!({ "journalId": "j99" }));
    assert_eq!(unknown["data"]["kind"], "journalUnknown");
}
