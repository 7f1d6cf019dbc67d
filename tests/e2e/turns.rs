//! What the agent did: seen turn by turn, told of each hunk, taken back, kept.

use std::collections::BTreeMap;

use outrigger_tests::{Editor, Launch, Workspace};
use serde_json::{Value, json};

const POEM: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\ntwelve\nthirteen\nfourteen\nfifteen\nsixteen\nseventeen\neighteen\nnineteen\ntwenty\n";
const PATCH: &str =
    "*** Begin Patch\n*** Update File: poem.txt\n@@\n one\n-two\n+zwei\n three\n*** End Patch";

fn editor(workspace: &Workspace) -> Launch<'_> {
    workspace
        .editor()
        .events(&["codex", "hunk"])
        .overlook("codex/", "what became of the files is asked for")
        .overlook("outrigger/", "as above")
}

/// A thread that asks nobody.
fn thread(editor: &Editor) -> String {
    editor.start_thread_with(json!({ "approvalPolicy": "never", "sandbox": "danger-full-access" }))
}

fn git(workspace: &Workspace, arguments: &[&str]) -> String {
    let mut git = workspace.command("git");
    git.args(["-c", "user.name=Tester", "-c", "user.email=tester@example.com"]);
    let output = git.args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What git says of the tree, and what is in every file of it.
fn tree(workspace: &Workspace) -> (String, BTreeMap<String, Vec<u8>>) {
    let status = git(workspace, &["status", "--porcelain", "--ignored"]);
    let files = git(workspace, &["ls-files", "-z", "--cached", "--others"]);
    let files = files.split('\0').filter(|name| !name.is_empty());
    let read = |name: &str| Some((name.to_owned(), std::fs::read(workspace.path(name)).ok()?));
    (status, files.filter_map(read).collect())
}

/// Asks until the answer is wanted: a look at the files takes its time, and a note says when to ask again.
fn ask_until(
    editor: &Editor,
    method: &str,
    params: Value,
    wanted: impl Fn(&Value) -> bool,
) -> Value {
    loop {
        let answer = editor.call(method, params.clone());
        if wanted(&answer) {
            return answer;
        }
        editor.note("outrigger/hunk/changed");
    }
}

fn hunks(editor: &Editor, uri: &str) -> Vec<Value> {
    let listed = editor.call("outrigger/hunk/list", json!({ "uri": uri }));
    listed["unstaged"].as_array().unwrap().clone()
}

/// The lines that hunks change, with the item that each hunk is of.
fn told(hunks: &[Value]) -> Vec<(String, Value)> {
    let line = |line: &Value| match line["kind"].as_str().unwrap() {
        "added" => format!("+{}", line["text"].as_str().unwrap()),
        "removed" => format!("-{}", line["text"].as_str().unwrap()),
        _ => String::new(),
    };
    let told = hunks.iter().map(|hunk| {
        let lines: Vec<String> = hunk["lines"].as_array().unwrap().iter().map(line).collect();
        (lines.concat(), hunk["origin"].clone())
    });
    told.collect()
}

/// The item of this kind that ended, in the order in which they did.
fn items(editor: &Editor, kind: &str) -> Vec<String> {
    let ended = editor.notes_so_far("codex/item/completed");
    let mine = ended.iter().filter(|note| note["item"]["type"] == kind);
    mine.map(|note| note["item"]["id"].as_str().unwrap().to_owned()).collect()
}

struct Done {
    thread: String,
    turn: String,
    patch: Value,
    shell: Value,
}

/// A turn that patches one file, and then edits one, makes two and deletes one by shell.
fn work(workspace: &Workspace, editor: &Editor) -> Done {
    workspace.script(
        "work",
        &json!([
            [{ "patch": PATCH }],
            ["exec:sed -i s/ten/zehn/ poem.txt; echo new > made.txt; rm gone.txt; echo x > build.log"],
            ["msg:Done."]
        ]),
    );
    let thread = thread(editor);
    let turn = editor.start_turn(&thread, "Translate the poem\n[[file:work]]");
    assert_eq!(editor.turn_end(&turn), "completed");
    let ended = editor.notes_so_far("codex/item/completed");
    let item = |kind: &str| {
        let note = ended.iter().find(|note| note["item"]["type"] == kind);
        let id = &note.unwrap_or_else(|| panic!("no {kind} among {ended:?}"))["item"]["id"];
        json!({ "threadId": thread, "turnId": turn, "itemId": id })
    };
    let (patch, shell) = (item("fileChange"), item("commandExecution"));
    Done { thread, turn, patch, shell }
}

fn workspace() -> Workspace {
    Workspace::with(&[("poem.txt", POEM), ("gone.txt", "gone\n"), (".gitignore", "*.log\n")])
}

/// The story so far has been looked at when the turn's last item is told.
fn settled(editor: &Editor, done: &Done) -> Value {
    let params = json!({ "threadId": done.thread, "turnId": done.turn });
    ask_until(editor, "outrigger/turn/diff", params, |diff| {
        let files = diff["files"].as_array().unwrap();
        files.len() == 3
            && files[2]["hunks"].as_array().unwrap().iter().all(|h| !h["origin"].is_null())
    })
}

#[test]
fn a_turns_diff_says_which_item_wrote_what() {
    let workspace = workspace();
    let editor = editor(&workspace).launch();
    let done = work(&workspace, &editor);
    let diff = settled(&editor, &done);
    let files = diff["files"].as_array().unwrap();
    let of = |file: &Value| told(file["hunks"].as_array().unwrap());
    let files: Vec<_> =
        files.iter().map(|file| (&file["uri"], &file["status"], of(file))).collect();
    let (patch, shell) = (done.patch.clone(), done.shell.clone());
    assert_eq!(
        files,
        [
            (
                &json!(workspace.uri("gone.txt")),
                &json!("deleted"),
                vec![("-gone".into(), shell.clone())]
            ),
            (
                &json!(workspace.uri("made.txt")),
                &json!("added"),
                vec![("+new".into(), shell.clone())]
            ),
            (
                &json!(workspace.uri("poem.txt")),
                &json!("modified"),
                vec![("-two+zwei".into(), patch), ("-ten+zehn".into(), shell)]
            ),
        ]
    );
    // Of the last turn nobody has to know the name.
    assert_eq!(editor.call("outrigger/turn/diff", json!({ "threadId": done.thread })), diff);
}

#[test]
fn who_wrote_what_survives_edits_a_commit_and_a_restart() {
    let workspace = workspace();
    let first = editor(&workspace).launch();
    let done = work(&workspace, &first);
    settled(&first, &done);
    let uri = workspace.uri("poem.txt");
    let (patch, shell) = (done.patch.clone(), done.shell.clone());
    let both = [("-two+zwei".to_owned(), patch.clone()), ("-ten+zehn".to_owned(), shell.clone())];
    assert_eq!(told(&hunks(&first, &uri)), both);

    // The person works on: elsewhere, and over what the agent wrote.
    let edited = workspace.read("poem.txt").unwrap();
    let edited = edited.replace("one\n", "zero\none\n").replace("zehn", "ten ten");
    workspace.write("poem.txt", &edited.replace("\nsix\n", "\nSIX\n"));
    let mine = json!(null);
    assert_eq!(
        told(&hunks(&first, &uri)),
        [("+zero-two+zwei-six+SIX-ten+ten ten".to_owned(), patch.clone())],
        "one hunk, and the latest item in it"
    );
    let one_by_one = |editor: &Editor, side: &str| {
        let listed = editor.call("outrigger/hunk/list", json!({ "uri": uri, "contextLines": 0 }));
        told(listed[side].as_array().unwrap())
    };
    let each = [
        ("+zero".to_owned(), mine.clone()),
        ("-two+zwei".to_owned(), patch.clone()),
        ("-six+SIX".to_owned(), mine.clone()),
        ("-ten+ten ten".to_owned(), mine),
    ];
    assert_eq!(one_by_one(&first, "unstaged"), each);
    git(&workspace, &["add", "poem.txt"]);
    assert_eq!(one_by_one(&first, "staged"), each);
    git(&workspace, &["commit", "-qm", "All of it"]);
    assert_eq!(one_by_one(&first, "staged"), []);
    assert_eq!(first.leave(), Some(0));

    let second = editor(&workspace).launch();
    git(&workspace, &["reset", "-q", "--soft", "HEAD~1"]);
    assert_eq!(one_by_one(&second, "staged"), each);
    git(&workspace, &["reset", "-q"]);
    assert_eq!(one_by_one(&second, "unstaged"), each);
}

#[test]
fn a_turn_is_taken_back_with_all_that_its_shell_did_and_that_too() {
    let workspace = workspace();
    let editor = editor(&workspace).launch();
    workspace.write("mine.txt", "not committed\n");
    workspace.write("build.log", "0\n");
    let before = tree(&workspace);
    let done = work(&workspace, &editor);
    settled(&editor, &done);
    let after = tree(&workspace);
    let params = json!({ "threadId": done.thread, "turnId": done.turn });

    // Newer work is not lost.
    workspace.write("poem.txt", "the person's\n");
    let written = tree(&workspace);
    let refused = editor.refused("outrigger/turn/undo", params.clone());
    assert_eq!(refused["data"]["kind"], "hunkStale");
    assert_eq!(refused["data"]["uris"], json!([workspace.uri("poem.txt")]));
    assert_eq!(tree(&workspace), written);
    workspace.write("poem.txt", std::str::from_utf8(&after.1["poem.txt"]).unwrap());

    let undone = editor.call("outrigger/turn/undo", params.clone());
    let mut uris: Vec<&str> =
        undone["uris"].as_array().unwrap().iter().map(|uri| uri.as_str().unwrap()).collect();
    uris.sort_unstable();
    assert_eq!(uris, ["gone.txt", "made.txt", "poem.txt"].map(|name| workspace.uri(name)));
    assert_eq!((&undone["leftOut"], undone.get("late")), (&json!([]), None));
    // What git ignores is nobody's to take back.
    let with_log = |mut tree: (String, BTreeMap<String, Vec<u8>>)| {
        tree.1.insert("build.log".into(), b"x\n".to_vec());
        tree
    };
    assert_eq!(with_log(tree(&workspace)), with_log(before));

    let redone = editor.call("outrigger/hunk/undo", json!({ "journalId": undone["journalId"] }));
    assert_eq!((&redone["hunks"], redone["files"].as_array().unwrap().len()), (&json!(null), 3));
    assert_eq!(tree(&workspace), after);
    let again = editor.call("outrigger/hunk/undo", json!({ "journalId": redone["journalId"] }));
    editor.call("outrigger/hunk/undo", json!({ "journalId": again["journalId"] }));
    assert_eq!(tree(&workspace), after);
    assert_eq!(told(&hunks(&editor, &workspace.uri("made.txt"))), [("+new".into(), done.shell)]);
}

#[test]
fn what_is_not_known_or_runs_is_not_taken_back() {
    let workspace = workspace();
    let editor = editor(&workspace).launch();
    let nobody = json!({ "threadId": "nobody", "turnId": "none" });
    for method in ["outrigger/turn/diff", "outrigger/turn/undo"] {
        let refused = editor.refused(method, nobody.clone());
        assert_eq!(refused["data"]["kind"], "threadUnknown", "{method}");
    }
    let thread = thread(&editor);
    let unknown = json!({ "threadId": thread, "turnId": "none" });
    for method in ["outrigger/turn/diff", "outrigger/turn/undo"] {
        let refused = editor.refused(method, unknown.clone());
        assert_eq!(refused["data"]["kind"], "journalUnknown", "{method}");
    }
    let turn = editor.start_turn(&thread, "[[exec:echo 1 > begun; sleep 30]]");
    workspace.await_text("begun", "1\n");
    let params = json!({ "threadId": thread, "turnId": turn });
    let refused = editor.refused("outrigger/turn/undo", params.clone());
    assert_eq!(refused["data"]["kind"], "threadBusy");
    let diff = editor.call("outrigger/turn/diff", params.clone());
    assert_eq!(diff["files"][0]["uri"], json!(workspace.uri("begun")));
    editor.call("codex/turn/interrupt", params.clone());
    assert_eq!(editor.turn_end(&turn), "interrupted");
    let undone = editor.call("outrigger/turn/undo", params);
    assert_eq!(undone["uris"], json!([workspace.uri("begun")]));
    assert_eq!(workspace.read("begun"), None);
}

#[test]
fn the_review_list_has_what_was_neither_kept_nor_reverted_nor_staged() {
    let workspace = workspace();
    let first = editor(&workspace).launch();
    assert_eq!(first.call("outrigger/review/list", json!({})), json!({ "files": [] }));
    let done = work(&workspace, &first);
    settled(&first, &done);
    let review = |editor: &Editor| {
        let list = editor.call("outrigger/review/list", json!({}));
        let files = list["files"].as_array().unwrap().iter().map(|file| {
            let uri = file["uri"].as_str().unwrap();
            let name = uri.rsplit('/').next().unwrap().to_owned();
            (name, told(file["hunks"].as_array().unwrap()))
        });
        files.collect::<Vec<_>>()
    };
    let (patch, shell) = (done.patch.clone(), done.shell.clone());
    let gone = ("gone.txt".to_owned(), vec![("-gone".to_owned(), shell.clone())]);
    let made = ("made.txt".to_owned(), vec![("+new".to_owned(), shell.clone())]);
    let (two, ten) = (("-two+zwei".to_owned(), patch), ("-ten+zehn".to_owned(), shell));
    let poem = |hunks: &[&(String, Value)]| {
        ("poem.txt".to_owned(), hunks.iter().map(|hunk| (*hunk).clone()).collect::<Vec<_>>())
    };
    assert_eq!(review(&first), [gone.clone(), made.clone(), poem(&[&two, &ten])]);

    let uri = workspace.uri("poem.txt");
    let id = hunks(&first, &uri)[0]["hunkId"].clone();
    first.notes_so_far("outrigger/review/changed");
    let kept = first.call("outrigger/hunk/keep", json!({ "uri": uri, "hunkId": id }));
    first.note("outrigger/review/changed");
    assert_eq!(review(&first), [gone.clone(), made.clone(), poem(&[&ten])]);
    let flags = |editor: &Editor| -> Vec<Value> {
        hunks(editor, &uri).iter().map(|hunk| hunk["kept"].clone()).collect()
    };
    assert_eq!(flags(&first), [json!(true), json!(null)]);
    let stale = first.refused("outrigger/hunk/keep", json!({ "uri": uri, "hunkId": "u3-none" }));
    assert_eq!(stale["data"]["kind"], "hunkStale");
    // Kept is by content, and outlives the process.
    let edited = workspace.read("poem.txt").unwrap().replace("twenty", "TWENTY");
    workspace.write("poem.txt", &edited);
    assert_eq!(first.leave(), Some(0));
    let second = editor(&workspace).launch();
    assert_eq!(flags(&second), [json!(true), json!(null), json!(null)]);
    assert_eq!(review(&second), [gone.clone(), made.clone(), poem(&[&ten])]);

    second.call("outrigger/file/stage", json!({ "uri": workspace.uri("made.txt") }));
    assert_eq!(review(&second), [gone.clone(), poem(&[&ten])]);
    second.call("outrigger/file/revert", json!({ "uri": workspace.uri("gone.txt") }));
    assert_eq!(review(&second), [poem(&[&ten])]);
    let journal = second.call("outrigger/hunk/journal", json!({ "uri": uri }));
    assert_eq!(journal["entries"][0]["action"], "keep");
    let undone = second.call("outrigger/hunk/undo", json!({ "journalId": kept["journalId"] }));
    assert_eq!(review(&second), [poem(&[&two, &ten])]);
    second.call("outrigger/hunk/undo", json!({ "journalId": undone["journalId"] }));
    assert_eq!(review(&second), [poem(&[&ten])]);
}

#[test]
fn an_open_file_is_told_of_whoever_changes_it() {
    let workspace = workspace();
    git(&workspace, &["branch", "other"]);
    workspace.write("poem.txt", "another\n");
    git(&workspace, &["commit", "-qam", "Another"]);
    let editor = editor(&workspace).launch();
    let uri = workspace.uri("poem.txt");
    let document = json!({ "uri": uri, "languageId": "text", "version": 1, "text": "another\n" });
    editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
    // The one is watched when the other is answered: both go one way.
    editor.call("outrigger/hunk/list", json!({ "uri": uri }));
    let told = || {
        let revision = editor.note_where("outrigger/hunk/changed", |note| note["uri"] == uri);
        let listed = editor.call("outrigger/hunk/list", json!({ "uri": uri }));
        assert!(listed["revision"].as_u64() >= revision["revision"].as_u64());
        listed["status"].as_str().unwrap().to_owned()
    };
    workspace.write("poem.txt", "saved\n");
    assert_eq!(told(), "modified");
    git(&workspace, &["checkout", "-q", "--", "poem.txt"]);
    assert_eq!(told(), "unmodified");
    git(&workspace, &["checkout", "-q", "other"]);
    assert_eq!(told(), "unmodified");
    assert_eq!(workspace.read("poem.txt").unwrap(), POEM);
}

#[test]
fn what_a_person_saves_while_a_turn_runs_is_their_own() {
    let workspace = workspace();
    let editor = editor(&workspace).launch();
    let thread = thread(&editor);
    let turn = editor.start_turn(
        &thread,
        "[[exec:echo 1 > begun; until [ -e go ]; do sleep 0.05; done; echo agent > made.txt]]",
    );
    workspace.await_text("begun", "1\n");
    let uri = workspace.uri("mine.txt");
    let document = json!({ "uri": uri, "languageId": "text", "version": 1, "text": "" });
    editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
    workspace.write("mine.txt", "typed\n");
    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
    // Once this is answered, the save has been looked at.
    editor.call("outrigger/hunk/list", json!({ "uri": uri }));
    workspace.write("go", "");
    assert_eq!(editor.turn_end(&turn), "completed");
    let item = items(&editor, "commandExecution").remove(0);
    let agent = json!({ "threadId": thread, "turnId": turn, "itemId": item });
    let made = workspace.uri("made.txt");
    let listed = ask_until(&editor, "outrigger/hunk/list", json!({ "uri": made }), |listed| {
        !listed["unstaged"][0]["origin"].is_null()
    });
    assert_eq!(told(listed["unstaged"].as_array().unwrap()), [("+agent".to_owned(), agent)]);
    assert_eq!(told(&hunks(&editor, &uri)), [("+typed".to_owned(), json!(null))]);
    // And it stays when the turn is taken back.
    let params = json!({ "threadId": thread, "turnId": turn });
    editor.call("outrigger/turn/undo", params);
    assert_eq!(workspace.read("mine.txt").unwrap(), "typed\n");
    assert_eq!(workspace.read("made.txt"), None);
}

#[test]
fn a_window_on_a_part_of_a_repository_has_the_turns_of_that_part() {
    let workspace = Workspace::with(&[
        ("in/poem.txt", POEM),
        ("out/poem.txt", POEM),
        (".gitignore", "*.log\n"),
    ]);
    let editor = editor(&workspace).window("in").launch();
    let thread = thread(&editor);
    let turn = editor.start_turn(&thread, "[[exec:sed -i s/two/zwei/ poem.txt ../out/poem.txt]]");
    assert_eq!(editor.turn_end(&turn), "completed");
    let item = items(&editor, "commandExecution").remove(0);
    let agent = json!({ "threadId": thread, "turnId": turn, "itemId": item });
    let uri = workspace.uri("in/poem.txt");
    let wanted = [("-two+zwei".to_owned(), agent)];
    ask_until(&editor, "outrigger/hunk/list", json!({ "uri": uri }), |listed| {
        !listed["unstaged"][0]["origin"].is_null()
    });
    let listed = editor.call("outrigger/review/list", json!({}));
    let files = listed["files"].as_array().unwrap();
    let review: Vec<_> = files
        .iter()
        .map(|file| (file["uri"].as_str().unwrap(), told(file["hunks"].as_array().unwrap())))
        .collect();
    assert_eq!(review, [(uri.as_str(), wanted.to_vec())]);

    // What is done to a hunk in it can be taken back, as anywhere.
    let hunk = listed["files"][0]["hunks"][0]["hunkId"].clone();
    let act = json!({ "uri": uri, "hunkId": hunk });
    let reverted = editor.call("outrigger/hunk/revert", act);
    assert_eq!(workspace.read("in/poem.txt").unwrap(), POEM);
    editor.call("outrigger/hunk/undo", json!({ "journalId": reverted["journalId"] }));
    assert_eq!(told(&hunks(&editor, &uri)), wanted);

    let params = json!({ "threadId": thread, "turnId": turn });
    let diff = editor.call("outrigger/turn/diff", params.clone());
    assert_eq!(diff["files"].as_array().unwrap().len(), 1);
    let undone = editor.call("outrigger/turn/undo", params);
    assert_eq!(undone["uris"], json!([uri]));
    let root = workspace.uri("in");
    assert_eq!(undone["leftOut"], json!([root.strip_suffix("/in").unwrap()]));
    assert_eq!(workspace.read("in/poem.txt").unwrap(), POEM);
    assert_eq!(workspace.read("out/poem.txt").unwrap(), POEM.replace("two", "zwei"));
}
