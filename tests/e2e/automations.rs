//! Automations on the real app-server: fired once, whoever looks and whatever is killed, and a record of each.

use std::fs;

use outrigger_tests::schedule::{minutely_from, now};
use outrigger_tests::{Editor, Launch, Workspace, processes};
use serde_json::{Value, json};

pub(crate) fn window<'w>(workspace: &'w Workspace, name: &'static str) -> Launch<'w> {
    workspace
        .editor()
        .shared()
        .name(name)
        .events(&["automation", "inbox", "approval"])
        .overlook("outrigger/automation/", "a story looks for what it is about")
        .overlook("outrigger/inbox/", "as above")
        .overlook("outrigger/approval/", "as above")
}

pub(crate) fn soon() -> (u64, String) {
    // Enough for a slow machine to take it in before.
    let second = now() / 1_000 + 6;
    (second * 1_000, minutely_from(second))
}

pub(crate) fn create(editor: &Editor, said: Value) -> Value {
    let mut fields = json!({ "name": "Look", "prompt": "[[say]]", "timezone": "UTC",
        "rrule": "FREQ=YEARLY", "executionEnvironment": "local" });
    fields.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
    editor.call("outrigger/automation/create", fields)["automation"].take()
}

pub(crate) fn ended(editor: &Editor, automation: &Value) -> Value {
    let over = |note: &Value| {
        note["run"]["automationId"] == automation["id"] && !note["run"]["finishedAt"].is_null()
    };
    editor.note_where("outrigger/automation/runChanged", over)["run"].take()
}

pub(crate) fn runs(editor: &Editor, automation: &Value) -> Vec<Value> {
    let page =
        editor.call("outrigger/automation/runs", json!({ "automationId": automation["id"] }));
    page["runs"].as_array().unwrap().clone()
}

pub(crate) fn inbox(editor: &Editor) -> Vec<Value> {
    editor.call("outrigger/inbox/list", json!({}))["items"].as_array().unwrap().clone()
}

/// How often the model was asked this.
pub(crate) fn asked(workspace: &Workspace, prompt: &str) -> usize {
    let requests = workspace.model().requests();
    requests.iter().filter(|request| request.body["input"].to_string().contains(prompt)).count()
}

#[test]
fn a_rule_that_is_due_fires_once_with_two_windows_of_which_one_is_killed() {
    let workspace = Workspace::empty();
    let (one, other) = (window(&workspace, "One").launch(), window(&workspace, "Other").launch());
    let (due, rrule) = soon();
    let automation = create(
        &one,
        json!({ "rrule": rrule, "prompt": "All is well [[msg:::inbox-item{title=\"Well\" summary=\"All of it\"}]]" }),
    );
    assert_eq!(automation["nextRunAt"], json!(due));
    one.kill();
    one.exit_status();
    let run = ended(&other, &automation);
    assert_eq!(
        (&run["status"], &run["trigger"], &run["scheduledFor"], &run["error"]),
        (&json!("PENDING_REVIEW"), &json!("schedule"), &json!(due), &Value::Null)
    );
    assert_eq!((&run["title"], &run["summary"]), (&json!("Well"), &json!("All of it")));
    let all = runs(&other, &automation);
    assert_eq!((all.len(), &all[0]), (1, &run));
    let items = inbox(&other);
    assert_eq!(items.len(), 1, "{items:?}");
    assert_eq!(
        (&items[0]["runId"], &items[0]["threadId"], &items[0]["title"], &items[0]["readAt"]),
        (&run["runId"], &run["threadId"], &json!("Well"), &Value::Null)
    );
    assert_eq!(asked(&workspace, "All is well"), 1);
    // To read the item is to read the run.
    other.call("outrigger/inbox/markRead", json!({ "id": items[0]["id"] }));
    let unread = other.call("outrigger/inbox/list", json!({ "unreadOnly": true }));
    assert_eq!(unread, json!({ "items": [] }));
    assert!(runs(&other, &automation)[0]["readAt"].is_u64());
    other.call("outrigger/automation/delete", json!({ "id": automation["id"] }));
    let listed = other.call("outrigger/automation/list", json!({}));
    assert_eq!(listed, json!({ "automations": [], "problems": [], "startsAtLogin": false }));
}

#[test]
fn a_run_by_hand_asks_before_it_works_among_changes_that_are_in_no_commit() {
    let workspace = Workspace::with(&[("notes.txt", "one\n")]);
    let editor = window(&workspace, "One").launch();
    let automation = create(&editor, json!({ "prompt": "[[msg:Done.]]" }));
    workspace.write("notes.txt", "two\n");
    let id = &automation["id"];
    let refused = editor.refused("outrigger/automation/run", json!({ "id": id }));
    assert_eq!(refused["data"]["kind"], "worktreeDirty");
    let begun = editor.call("outrigger/automation/run", json!({ "id": id, "force": true }));
    assert_eq!(
        (&begun["run"]["trigger"], &begun["run"]["status"]),
        (&json!("manual"), &json!("IN_PROGRESS"))
    );
    let run = ended(&editor, &automation);
    assert_eq!((&run["status"], &run["summary"]), (&json!("PENDING_REVIEW"), &json!("Done.")));
    let accepted = editor.call("outrigger/automation/run/accept", json!({ "runId": run["runId"] }));
    assert_eq!(accepted["run"]["status"], "ACCEPTED");
    // By the commands that every editor has.
    let command = |name: &str, arguments: Value| {
        let command = format!("outrigger.automation.{name}");
        editor
            .call("workspace/executeCommand", json!({ "command": command, "arguments": arguments }))
    };
    let paused = command("pause", json!([id]))["automation"].take();
    assert_eq!((&paused["status"], &paused["nextRunAt"]), (&json!("PAUSED"), &Value::Null));
    assert!(command("resume", json!([id]))["automation"]["nextRunAt"].is_u64());
    let unknown = editor.refused("outrigger/automation/run", json!({ "id": "none" }));
    assert_eq!(unknown["data"]["kind"], "automationUnknown");
    let unknown = editor.refused("outrigger/automation/run/accept", json!({ "runId": "none" }));
    assert_eq!(unknown["data"]["kind"], "runUnknown");
}

/// A run that is over, and has changed `notes.txt` in a worktree of its own.
fn patched_in_a_worktree(editor: &Editor) -> Value {
    let prompt =
        "[[patch:*** Begin Patch\n*** Update File: notes.txt\n@@\n-one\n+eins\n*** End Patch]]";
    let said = json!({ "prompt": prompt, "executionEnvironment": "worktree", "approvalPolicy": "never",
        "sandbox": "workspace-write" });
    let automation = create(editor, said);
    editor.call("outrigger/automation/run", json!({ "id": automation["id"] }));
    ended(editor, &automation)
}

#[test]
fn a_run_in_a_worktree_leaves_the_folder_alone_and_its_patch_is_kept() {
    let workspace = Workspace::with(&[("notes.txt", "one\n")]);
    let editor = window(&workspace, "One").launch();
    let run = patched_in_a_worktree(&editor);
    assert_eq!((&run["status"], &run["error"]), (&json!("PENDING_REVIEW"), &Value::Null));
    let worktree = run["worktree"].as_str().unwrap().strip_prefix("file://").unwrap().to_owned();
    assert_eq!(fs::read_to_string(format!("{worktree}/notes.txt")).unwrap(), "eins\n");
    assert_eq!(workspace.read("notes.txt").as_deref(), Some("one\n"));
    let archived =
        editor.call("outrigger/automation/run/archive", json!({ "runId": run["runId"] }));
    assert_eq!(
        (&archived["run"]["status"], &archived["run"]["worktree"]),
        (&json!("ARCHIVED"), &Value::Null)
    );
    let patch = format!("{worktree}.patch");
    processes::until(|| !fs::exists(&worktree).unwrap());
    assert!(fs::read_to_string(patch).unwrap().contains("+eins"));
    assert_eq!(inbox(&editor), Vec::<Value>::new());
}

#[test]
fn what_a_run_did_in_its_worktree_is_reviewed_like_any_turn() {
    let workspace = Workspace::with(&[("notes.txt", "one\n")]);
    let editor = window(&workspace, "One").launch();
    let run = patched_in_a_worktree(&editor);
    let uri = format!("{}/notes.txt", run["worktree"].as_str().unwrap());
    let turn = json!({ "threadId": run["threadId"], "turnId": run["turnId"] });
    let diff = editor.call("outrigger/turn/diff", turn);
    assert_eq!(diff["files"][0]["uri"], json!(uri));
    let review = editor.call("outrigger/review/list", json!({}));
    assert_eq!(review["files"][0]["uri"], json!(uri));
    let hunk = &review["files"][0]["hunks"][0]["hunkId"];
    editor.call("outrigger/hunk/revert", json!({ "uri": uri, "hunkId": hunk }));
    let file = uri.strip_prefix("file://").unwrap();
    assert_eq!(fs::read_to_string(file).unwrap(), "one\n");
}

#[test]
fn a_daemon_that_is_killed_in_the_middle_fires_no_occurrence_twice() {
    let workspace = Workspace::empty();
    for (n, moment) in ["claimed", "begun", "ended"].into_iter().enumerate() {
        let prompt = format!("Story {n} [[msg:Done.]]");
        let first = window(&workspace, "First").launch();
        let (due, rrule) = soon();
        let rrule = format!("{rrule};COUNT=1");
        let automation =
            create(&first, json!({ "name": moment, "rrule": rrule, "prompt": prompt }));
        let changed = first.note_where("outrigger/automation/runChanged", |note| {
            let run = &note["run"];
            run["automationId"] == automation["id"]
                && match moment {
                    "claimed" => true,
                    "begun" => !run["threadId"].is_null(),
                    _ => !run["finishedAt"].is_null(),
                }
        });
        processes::kill(workspace.daemon_pid().unwrap());
        first.exit_status();

        let second = window(&workspace, "Second").launch();
        let over = |run: &Value| !run["finishedAt"].is_null();
        second.until(|second| runs(second, &automation).iter().all(over), |_| {});
        let all = runs(&second, &automation);
        assert_eq!(
            (all.len(), &all[0]["runId"], &all[0]["scheduledFor"]),
            (1, &changed["run"]["runId"], &json!(due)),
            "{moment}: {all:?}"
        );
        let of_run = |item: &&Value| item["runId"] == all[0]["runId"];
        assert_eq!(inbox(&second).iter().filter(of_run).count(), 1, "{moment}");
        // Where the first attempt came to a turn, there is no second one.
        let attempts = all[0]["attempt"].as_u64().unwrap();
        assert!(asked(&workspace, &format!("Story {n}")) as u64 <= attempts, "{moment}: {all:?}");
        assert_eq!(second.leave(), Some(0));
    }
}

#[test]
fn an_approval_of_a_run_waits_in_every_editor() {
    let workspace = Workspace::empty();
    let (one, other) = (window(&workspace, "One").launch(), window(&workspace, "Other").launch());
    let automation =
        create(&one, json!({ "prompt": "[[exec:touch asked]]", "approvalPolicy": "untrusted" }));
    one.call("outrigger/automation/run", json!({ "id": automation["id"], "force": true }));
    let asked = other.note("outrigger/approval/requested")["approval"].take();
    assert_eq!(
        one.note("outrigger/approval/requested")["approval"]["approvalId"],
        asked["approvalId"]
    );
    other.decide(&asked, json!("accept")).unwrap();
    let run = ended(&one, &automation);
    assert_eq!(run["status"], "PENDING_REVIEW");
    assert!(workspace.path("asked").exists());
}

#[test]
fn what_nobody_may_run_unwatched_is_refused_and_what_takes_too_long_is_stopped() {
    let workspace = Workspace::empty();
    let editor = window(&workspace, "One").launch();
    let kind = |method: &str, params: Value| {
        editor.refused(&format!("outrigger/automation/{method}"), params)["data"]["kind"].take()
    };
    let base = |key: &str, value: Value| {
        let mut fields =
            json!({ "name": "Look", "prompt": "x", "rrule": "FREQ=DAILY", "timezone": "UTC" });
        fields[key] = value;
        fields
    };
    let mut unbounded = base("sandbox", json!("danger-full-access"));
    unbounded["approvalPolicy"] = json!("never");
    assert_eq!(kind("create", unbounded), "policyDenied");
    assert_eq!(kind("create", base("rrule", json!("FREQ=DAILY;BYHOUR=25"))), "scheduleInvalid");
    assert_eq!(kind("create", base("timezone", json!("Mars/Base"))), "scheduleInvalid");
    assert_eq!(kind("create", base("cwds", json!([workspace.uri("nowhere")]))), "cwdMissing");
    assert_eq!(kind("create", base("maxRunMinutes", json!(200))), "invalidParams");
    assert_eq!(kind("create", json!({ "name": "x" })), "invalidParams");
    let preview = json!({ "rrule": "FREQ=DAILY;BYHOUR=9;BYMINUTE=0", "timezone": "UTC", "after": 0, "count": 2 });
    assert_eq!(
        editor.call("outrigger/automation/preview", preview)["occurrences"],
        json!([32_400_000, 118_800_000])
    );
    let automation = create(
        &editor,
        json!({ "prompt": "[[exec:touch asked]]", "approvalPolicy": "untrusted",
            "approvalTimeoutMinutes": 0.02 }),
    );
    editor.call("outrigger/automation/run", json!({ "id": automation["id"], "force": true }));
    let run = ended(&editor, &automation);
    assert_eq!(
        (&run["status"], &run["error"]),
        (&json!("INTERRUPTED"), &json!("Nobody answered what Codex asked within 0.02 minutes."))
    );
    assert!(!workspace.path("asked").exists());
}

#[test]
fn a_definition_of_the_desktop_app_is_shown_and_fires_only_once_it_is_taken_over() {
    let workspace = Workspace::empty();
    let folder = workspace.codex_home().join("automations/theirs");
    fs::create_dir_all(&folder).unwrap();
    let cwd = workspace.folder();
    let text = format!(
        "# mine\nversion = 1\nid = \"theirs\"\nkind = \"cron\"\nname = \"Theirs\" # a name\nprompt = \"[[msg:Hi.]]\"\nstatus = \"ACTIVE\"\nrrule = {}\nexecution_environment = \"local\"\ncwds = [{}]\ncreated_at = 1\nupdated_at = 1\nlater = true\n",
        json!("FREQ=MINUTELY"),
        json!(cwd),
    );
    fs::write(folder.join("automation.toml"), &text).unwrap();
    let broken = workspace.codex_home().join("automations/broken");
    fs::create_dir_all(&broken).unwrap();
    fs::write(broken.join("automation.toml"), format!("\u{feff}{text}")).unwrap();

    let editor = window(&workspace, "One").launch();
    let listed = editor.call("outrigger/automation/list", json!({}));
    assert_eq!(listed["automations"].as_array().unwrap().len(), 1);
    let automation = &listed["automations"][0];
    assert_eq!(
        (&automation["owner"], &automation["nextRunAt"], &automation["status"]),
        (&json!("desktop"), &Value::Null, &json!("ACTIVE"))
    );
    assert!(listed["problems"][0]["message"].as_str().unwrap().contains("byte order mark"));
    let refused = editor.refused("outrigger/automation/pause", json!({ "id": "theirs" }));
    assert_eq!(refused["data"]["kind"], "policyDenied");

    let (due, rrule) = soon();
    let taken = json!({ "id": "theirs", "owner": "outrigger", "timezone": "UTC", "rrule": rrule });
    let taken = editor.call("outrigger/automation/update", taken)["automation"].take();
    assert_eq!((&taken["owner"], &taken["status"]), (&json!("outrigger"), &json!("ACTIVE")));
    let run = ended(&editor, &taken);
    assert_eq!(run["scheduledFor"], json!(due));
    let written = fs::read_to_string(folder.join("automation.toml")).unwrap();
    let (theirs, ours) = written.split_once("[outrigger]").unwrap();
    assert!(theirs.starts_with("# mine\nversion = 1\n") && theirs.contains("later = true"));
    assert!(theirs.contains("name = \"Theirs\" # a name"));
    assert!(theirs.contains("status = \"PAUSED\"") && ours.contains("status = \"ACTIVE\""));

    // By hand: what is said in the file counts at once.
    fs::write(
        folder.join("automation.toml"),
        written.replace("name = \"Theirs\"", "name = \"Mine\""),
    )
    .unwrap();
    editor.note_where("outrigger/automation/changed", |note| note["automation"]["name"] == "Mine");
    // The desktop app adopts it: it is not fired here any more, and that is said.
    fs::write(folder.join("automation.toml"), written.replace("\"PAUSED\"", "\"ACTIVE\"")).unwrap();
    let adopted = editor.note_where("outrigger/automation/changed", |note| {
        note["automation"]["problem"].is_string()
    });
    assert_eq!(adopted["automation"]["nextRunAt"], Value::Null);
    fs::remove_dir_all(&folder).unwrap();
    editor.note_where("outrigger/automation/changed", |note| note["automation"].is_null());
}
