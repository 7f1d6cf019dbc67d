//! What goes on around automations: many windows, edits in the middle, and things that are gone when they are due.

use std::fs;

use outrigger_tests::{Launch, Workspace};
use serde_json::{Value, json};

use crate::automations::{asked, create, ended, runs, soon, window};

fn listening<'w>(workspace: &'w Workspace, name: &'static str) -> Launch<'w> {
    window(workspace, name)
        .events(&["automation", "inbox", "approval", "appServer"])
        .overlook("outrigger/appServer/", "a story looks for what it is about")
}

#[test]
fn twenty_windows_see_one_run() {
    let workspace = Workspace::empty();
    let windows: Vec<_> = (0..20).map(|_| window(&workspace, "One of many").launch()).collect();
    let (due, rrule) = soon();
    let said =
        json!({ "rrule": format!("{rrule};COUNT=1"), "prompt": "Once for all [[msg:Done.]]" });
    let automation = create(&windows[7], said);
    let seen: Vec<Value> = windows.iter().map(|window| ended(window, &automation)).collect();
    assert!(seen.iter().all(|run| *run == seen[0]), "{seen:#?}");
    assert_eq!(
        (&seen[0]["status"], &seen[0]["scheduledFor"]),
        (&json!("PENDING_REVIEW"), &json!(due))
    );
    assert_eq!(asked(&workspace, "Once for all"), 1);
}

#[test]
fn a_definition_that_is_edited_and_broken_during_a_run_does_not_touch_the_run() {
    let workspace = Workspace::empty();
    let editor = window(&workspace, "One").launch();
    let said = json!({ "prompt": "[[exec:touch asked]]", "approvalPolicy": "untrusted" });
    let automation = create(&editor, said);
    let id = &automation["id"];
    editor.call("outrigger/automation/run", json!({ "id": id, "force": true }));
    let question = editor.note("outrigger/approval/requested")["approval"].take();
    let file = workspace
        .codex_home()
        .join("automations")
        .join(id.as_str().unwrap())
        .join("automation.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\nbroken =")).unwrap();
    editor.note_where("outrigger/automation/changed", |note| note["automation"].is_null());
    let listed = editor.call("outrigger/automation/list", json!({}));
    assert_eq!(listed["automations"], json!([]));
    assert!(listed["problems"][0]["message"].as_str().unwrap().starts_with("It is no TOML"));

    editor.decide(&question, json!("accept")).unwrap();
    let run = ended(&editor, &automation);
    assert_eq!((&run["status"], &run["attempt"]), (&json!("PENDING_REVIEW"), &json!(1)));
    // Two of one id are one too many: the folder's name decides.
    let copy = workspace.codex_home().join("automations/copy");
    fs::create_dir(&copy).unwrap();
    fs::write(copy.join("automation.toml"), &text).unwrap();
    fs::write(&file, text.replace("name = \"Look\"", "name = \"Another\"")).unwrap();
    let whole = editor
        .note_where("outrigger/automation/changed", |note| note["automation"]["name"] == "Another");
    assert!(whole["automation"]["lastRunAt"].is_u64());
    let listed = editor.call("outrigger/automation/list", json!({}));
    assert_eq!(listed["automations"].as_array().unwrap().len(), 1);
    assert!(listed["problems"][0]["message"].as_str().unwrap().contains("must be the same"));
    assert_eq!(runs(&editor, &automation).len(), 1);
}

#[test]
fn a_folder_that_is_gone_fails_its_run_and_an_app_server_that_was_stopped_starts_for_another() {
    let workspace = Workspace::with(&[("sub/notes.txt", "one\n")]);
    let editor = listening(&workspace, "One").launch();
    let (_, rrule) = soon();
    let rrule = format!("{rrule};COUNT=1");
    let gone =
        create(&editor, json!({ "name": "Gone", "rrule": rrule, "cwds": [workspace.uri("sub")] }));
    let there =
        create(&editor, json!({ "name": "There", "rrule": rrule, "prompt": "[[msg:Here.]]" }));
    fs::remove_dir_all(workspace.path("sub")).unwrap();
    editor.call("outrigger/appServer/stop", json!({}));
    let failed = ended(&editor, &gone);
    let why = failed["error"].as_str().unwrap_or_default();
    assert_eq!(
        (&failed["status"], why.ends_with("is no folder any more.")),
        (&json!("FAILED"), true)
    );
    let run = match runs(&editor, &there).pop() {
        Some(run) if !run["finishedAt"].is_null() => run,
        _ => ended(&editor, &there),
    };
    assert_eq!((&run["status"], &run["summary"]), (&json!("PENDING_REVIEW"), &json!("Here.")));
}

#[test]
fn a_thread_that_the_person_deletes_interrupts_its_run_which_is_not_begun_again() {
    let workspace = Workspace::empty();
    let editor = window(&workspace, "One").launch();
    let said = json!({ "prompt": "Delete me [[exec:touch asked]]", "approvalPolicy": "untrusted" });
    let automation = create(&editor, said);
    editor.call("outrigger/automation/run", json!({ "id": automation["id"], "force": true }));
    editor.note("outrigger/approval/requested");
    let running = runs(&editor, &automation).remove(0);
    editor.call("codex/thread/delete", json!({ "threadId": running["threadId"] }));
    let run = ended(&editor, &automation);
    assert_eq!((&run["status"], &run["attempt"]), (&json!("INTERRUPTED"), &json!(1)));
    assert_eq!((runs(&editor, &automation).len(), asked(&workspace, "Delete me")), (1, 1));
    assert!(!workspace.path("asked").exists());
}

#[test]
fn a_heartbeat_goes_on_in_its_thread_once_that_is_free() {
    let workspace = Workspace::empty();
    let editor = window(&workspace, "One").launch();
    let thread = editor.start_thread();
    editor.call("codex/turn/start", outrigger_tests::turn(&thread, "[[exec:touch asked]]"));
    let question = editor.note("outrigger/approval/requested")["approval"].take();
    let said =
        json!({ "kind": "heartbeat", "targetThreadId": thread, "prompt": "Go on [[msg:Going.]]" });
    let automation = create(&editor, said);
    let begun =
        editor.call("outrigger/automation/run", json!({ "id": automation["id"], "force": true }));
    assert_eq!(begun["run"]["status"], "IN_PROGRESS");
    assert_eq!(asked(&workspace, "Go on"), 0);
    editor.decide(&question, json!("accept")).unwrap();
    let run = ended(&editor, &automation);
    assert_eq!(
        (&run["status"], &run["threadId"], &run["summary"]),
        (&json!("PENDING_REVIEW"), &json!(thread), &json!("Going."))
    );
    assert_eq!(asked(&workspace, "<heartbeat>"), 1);
}

#[test]
fn a_new_worktree_is_set_up_before_its_run_begins() {
    let workspace = Workspace::with(&[("notes.txt", "one\n")]);
    let editor = window(&workspace, "One").launch();
    let said = json!({ "prompt": "[[msg:Done.]]", "executionEnvironment": "worktree" });
    let automation = create(&editor, said);
    let id = automation["id"].as_str().unwrap();
    let file = workspace.codex_home().join("automations").join(id).join("automation.toml");
    let text = fs::read_to_string(&file).unwrap();
    let text = text.replace("name = \"Look\"", "name = \"Seen\"");
    fs::write(&file, format!("{text}setup = \"cat notes.txt > copied\"\n")).unwrap();
    editor.note_where("outrigger/automation/changed", |note| note["automation"]["name"] == "Seen");
    editor.call("outrigger/automation/run", json!({ "id": id }));
    let run = ended(&editor, &automation);
    assert_eq!((&run["status"], &run["error"]), (&json!("PENDING_REVIEW"), &Value::Null));
    let worktree = run["worktree"].as_str().unwrap().strip_prefix("file://").unwrap().to_owned();
    assert_eq!(fs::read_to_string(format!("{worktree}/copied")).unwrap(), "one\n");
    let accepted = editor.call("outrigger/automation/run/accept", json!({ "runId": run["runId"] }));
    assert_eq!(accepted["run"]["worktree"], Value::Null);
    assert!(!fs::exists(&worktree).unwrap());
    assert!(fs::read_to_string(format!("{worktree}.patch")).unwrap().contains("copied"));
}

#[test]
fn a_spent_quota_pauses_the_automation_and_says_so() {
    let workspace = Workspace::empty();
    let editor = window(&workspace, "One").launch();
    let automation = create(&editor, json!({ "prompt": "[[failed:insufficient_quota]]" }));
    let id = &automation["id"];
    editor.call("outrigger/automation/run", json!({ "id": id, "force": true }));
    let run = ended(&editor, &automation);
    assert_eq!(run["status"], "FAILED");
    let paused = editor.call("outrigger/automation/get", json!({ "id": id }))["automation"].take();
    assert_eq!((&paused["status"], &paused["nextRunAt"]), (&json!("PAUSED"), &Value::Null));
    assert!(paused["problem"].as_str().unwrap().starts_with("Paused: "), "{paused}");
    let resumed = editor.call("outrigger/automation/resume", json!({ "id": id }));
    assert!(resumed["automation"]["nextRunAt"].is_u64());
}
