//! Hunks on the wire where files, repositories and questions are out of the ordinary.

use std::fs;

use outrigger_tests::{Editor, Workspace};
use serde_json::{Value, json};

fn git(workspace: &Workspace, arguments: &[&str]) -> String {
    let output = workspace.command("git").args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn lines(changed: &[u32]) -> String {
    let line =
        |n: u32| if changed.contains(&n) { format!("new {n}\n") } else { format!("line {n}\n") };
    (1..=40).map(line).collect()
}

fn listed(editor: &Editor, uri: &str) -> Value {
    editor.call("outrigger/hunk/list", json!({ "uri": uri }))
}

fn launch(workspace: &Workspace) -> Editor {
    workspace
        .editor()
        .events(&["hunk"])
        .overlook("outrigger/hunk/changed", "answers say it")
        .launch()
}

#[test]
fn names_with_anything_in_them_are_percent_encoded_and_back() {
    let names = ["a b%20c#d?.txt", "ö/[x]*{y}.txt", "\"quoted\" 'n' \\back\\.txt", ":(glob)**"];
    let committed = names.map(|name| (name, "one\ntwo\n"));
    let workspace = Workspace::with(&committed);
    let editor = launch(&workspace);
    for name in names {
        workspace.write(name, "one\nTWO\n");
        let uri = workspace.uri(name);
        let hunks = listed(&editor, &uri);
        assert_eq!((&hunks["uri"], &hunks["status"]), (&json!(uri), &json!("modified")), "{name}");
        let stage = json!({ "uri": uri, "hunkId": hunks["unstaged"][0]["hunkId"] });
        editor.call("outrigger/hunk/stage", stage);
        assert_eq!(git(&workspace, &["show", &format!(":{name}")]), "one\nTWO\n");
    }
    assert_eq!(git(&workspace, &["diff", "--name-only"]), "");
}

#[test]
fn before_the_first_commit_and_with_nothing_in_it_a_file_is_staged_and_taken_back() {
    let workspace = Workspace::empty();
    git(&workspace, &["update-ref", "-d", "HEAD"]);
    workspace.write("empty.txt", "");
    workspace.write("short.txt", "no newline");
    let editor = launch(&workspace);
    let (empty, short) = (workspace.uri("empty.txt"), workspace.uri("short.txt"));
    let hunks = listed(&editor, &empty);
    assert_eq!((&hunks["status"], &hunks["unstaged"]), (&json!("untracked"), &json!([])));
    let staged = editor.call("outrigger/file/stage", json!({ "uri": empty }));
    assert_eq!(staged["hunks"]["status"], "added");
    let hunks = listed(&editor, &short);
    assert_eq!(
        hunks["unstaged"][0]["lines"][0],
        json!({ "kind": "added", "text": "no newline", "eol": "" })
    );
    let target = json!({ "uri": short, "targets": [{ "hunkId": hunks["unstaged"][0]["hunkId"] }] });
    let acted = editor.call("outrigger/hunk/stage", target);
    assert_eq!(git(&workspace, &["ls-files"]), "empty.txt\nshort.txt\n");
    let unstage =
        json!({ "uri": short, "hunkId": acted["hunks"]["staged"][0]["hunkId"], "answer": "ids" });
    let unstaged = editor.call("outrigger/hunk/unstage", unstage);
    assert_eq!(unstaged["hunks"]["status"], "untracked");
    editor.call("outrigger/hunk/undo", json!({ "journalId": staged["journalId"] }));
    assert_eq!(git(&workspace, &["ls-files"]), "");
    assert_eq!(workspace.read("short.txt").unwrap(), "no newline");
}

#[test]
fn targets_are_taken_all_or_none_and_by_lines_of_any_context() {
    let workspace = Workspace::with(&[("f", &lines(&[]))]);
    let editor = launch(&workspace);
    workspace.write("f", &lines(&[3, 4, 20, 36]));
    let uri = workspace.uri("f");
    let narrow = editor.call("outrigger/hunk/list", json!({ "uri": uri, "contextLines": 0 }));
    let id = |at: usize| narrow["unstaged"][at]["hunkId"].clone();
    let none = json!({ "uri": uri, "targets": [{ "hunkId": id(0) }, { "hunkId": "u0-nothing" }] });
    let stale = editor.refused("outrigger/hunk/stage", none);
    assert_eq!(stale["data"]["kind"], "hunkStale");
    assert_eq!(stale["data"]["hunks"]["unstaged"].as_array().unwrap().len(), 3);
    assert_eq!(git(&workspace, &["diff", "--cached", "--name-only"]), "");
    let twice = json!({ "uri": uri, "targets": [{ "hunkId": id(0) }, { "hunkId": id(0) }] });
    assert_eq!(editor.refused("outrigger/hunk/stage", twice)["data"]["kind"], "hunkStale");
    // A wide hunk and a narrow one together, one of them in part.
    let wide = listed(&editor, &uri);
    let targets = json!([
        { "hunkId": id(0), "lines": { "old": [4], "new": [4] } },
        { "hunkId": wide["unstaged"][1]["hunkId"] },
    ]);
    editor.call("outrigger/hunk/stage", json!({ "uri": uri, "targets": targets, "answer": "ids" }));
    assert_eq!(git(&workspace, &["show", ":f"]), lines(&[4, 20]));
    assert_eq!(workspace.read("f").unwrap(), lines(&[3, 4, 20, 36]));
}

#[test]
fn lines_are_those_that_this_editor_was_told_whatever_another_one_saw() {
    let workspace = Workspace::with(&[("f", &lines(&[]))]);
    let [one, other] = [(); 2].map(|()| {
        workspace.editor().shared().overlook("outrigger/hunk/changed", "answers say it").launch()
    });
    workspace.write("f", &lines(&[20, 21]));
    let uri = workspace.uri("f");
    let told = listed(&one, &uri);
    workspace.write("f", &format!("above\nabove\n{}", lines(&[20, 21])));
    listed(&other, &uri);
    let second = json!({ "uri": uri, "hunkId": told["unstaged"][0]["hunkId"], "lines": { "old": [21], "new": [21] } });
    one.call("outrigger/hunk/stage", second);
    assert_eq!(git(&workspace, &["show", ":f"]), lines(&[21]));
}

#[test]
fn a_linked_worktree_and_a_folder_below_are_repositories_of_their_own() {
    let workspace = Workspace::with(&[("f", &lines(&[]))]);
    git(&workspace, &["worktree", "add", "--quiet", "linked"]);
    fs::write(workspace.path("linked/f"), lines(&[7])).unwrap();
    let editor = launch(&workspace);
    let uri = workspace.uri("linked/f");
    let hunks = listed(&editor, &uri);
    editor.call(
        "outrigger/hunk/stage",
        json!({ "uri": uri, "hunkId": hunks["unstaged"][0]["hunkId"] }),
    );
    assert_eq!(git(&workspace, &["-C", "linked", "show", ":f"]), lines(&[7]));
    assert_eq!(git(&workspace, &["show", ":f"]), lines(&[]));
}

#[test]
fn two_thousand_requests_that_nobody_waited_for_are_answered_one_by_one() {
    let text = |word: &str| {
        (0..8_000)
            .map(|n| format!("{} {n}\n", if n % 4 == 0 { word } else { "line" }))
            .collect::<Vec<_>>()
            .concat()
    };
    let workspace = Workspace::with(&[("f", &text("old"))]);
    workspace.write("f", &text("new"));
    let editor = launch(&workspace);
    let uri = workspace.uri("f");
    let hunks = editor.call("outrigger/hunk/list", json!({ "uri": uri, "contextLines": 0 }));
    let hunks = hunks["unstaged"].as_array().unwrap();
    assert_eq!(hunks.len(), 2_000);
    let asked: Vec<i64> = hunks
        .iter()
        .map(|hunk| json!({ "uri": uri, "hunkId": hunk["hunkId"], "answer": "ids" }))
        .map(|params| editor.ask_for("outrigger/hunk/stage", params))
        .collect();
    let mut journal: Vec<Value> =
        asked.into_iter().map(|id| editor.response(id).unwrap()["journalId"].take()).collect();
    assert_eq!(git(&workspace, &["diff", "--name-only"]), "");
    journal.sort_by_key(ToString::to_string);
    journal.dedup();
    assert_eq!(journal.len(), 2_000);
}
