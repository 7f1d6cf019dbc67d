//! A thread as an editor follows it: changes, snapshots, pages, what runs on; and `codex/*` as it comes.

use std::time::Duration;

use outrigger_tests::{Direct, Editor, Launch, Workspace, turn};
use serde_json::{Map, Value, json};

/// An editor that follows threads, on threads that ask nothing.
fn follower(workspace: &Workspace) -> Launch<'_> {
    workspace
        .editor()
        .events(&["thread", "codex"])
        .overlook("codex/", "the story is told by what Outrigger makes of them")
        .overlook("outrigger/thread/changed", "as many as the turn has")
}

fn unasked(editor: &Editor) -> String {
    editor.start_thread_with(json!({ "approvalPolicy": "never", "sandbox": "danger-full-access" }))
}

fn snapshot(editor: &Editor, thread: &str) -> Value {
    editor.call("outrigger/thread/snapshot", json!({ "threadId": thread, "limit": 1_000 }))
}

/// Items of all turns of a snapshot, the oldest first.
fn items(snapshot: &Value) -> Vec<Value> {
    let turns = snapshot["thread"]["turns"].as_array().unwrap().iter();
    turns.flat_map(|turn| turn["items"].as_array().unwrap().clone()).collect()
}

/// Type and text of an item.
fn gist(item: &Value) -> (String, String) {
    let text = item.get("text").or_else(|| item.pointer("/content/0/text"));
    let text = text.and_then(Value::as_str).unwrap_or_default();
    (item["type"].as_str().unwrap().to_owned(), text.to_owned())
}

/// What a client does with `outrigger/thread/changed`, written from the contract alone.
fn apply(thread: &mut Value, change: &Value) {
    match change["op"].as_str().unwrap() {
        "turn" => {
            let mut turn = change["value"].clone();
            if let Some(known) = find(&mut thread["turns"], "turnId", &change["turnId"]) {
                merge(known, &turn);
            } else {
                merge(&mut turn, &json!({ "items": [], "markers": [] }));
                thread["turns"].as_array_mut().unwrap().push(turn);
            }
        }
        "item" => {
            let items = &mut turn_of(thread, change)["items"];
            match find(items, "itemId", &change["itemId"]) {
                Some(item) => *item = change["value"].clone(),
                None => items.as_array_mut().unwrap().push(change["value"].clone()),
            }
        }
        "text" => {
            let items = &mut turn_of(thread, change)["items"];
            let item = find(items, "itemId", &change["itemId"]).expect("the item is known");
            let field = change["field"].as_str().unwrap();
            let (list, part) = field.split_once('/').map_or((None, field), |(l, p)| (Some(l), p));
            let text = match list {
                None => &mut item[part],
                Some(list) => {
                    let part: usize = part.parse().unwrap();
                    if item[list].is_null() {
                        item[list] = json!([]);
                    }
                    let parts = item[list].as_array_mut().unwrap();
                    parts.resize(parts.len().max(part + 1), json!(""));
                    &mut parts[part]
                }
            };
            let before = text.as_str().unwrap_or_default();
            *text = json!(format!("{before}{}", change["append"].as_str().unwrap()));
        }
        "marker" => {
            let markers = turn_of(thread, change)["markers"].as_array_mut().unwrap();
            markers.push(change["value"].clone());
        }
        "status" => {
            let field = change.get("field").and_then(Value::as_str).unwrap_or("status");
            thread[field] = change["value"].clone();
        }
        "usage" => thread["usage"] = change["value"].clone(),
        other => panic!("{other} was not to be expected"),
    }
}

fn turn_of<'t>(thread: &'t mut Value, change: &Value) -> &'t mut Value {
    find(&mut thread["turns"], "turnId", &change["turnId"]).expect("the turn is known")
}

fn find<'l>(list: &'l mut Value, key: &str, id: &Value) -> Option<&'l mut Value> {
    list.as_array_mut().unwrap().iter_mut().find(|entry| &entry[key] == id)
}

fn merge(object: &mut Value, more: &Value) {
    let fields: Map<String, Value> = more.as_object().unwrap().clone();
    object.as_object_mut().unwrap().extend(fields);
}

#[test]
fn a_snapshot_and_the_changes_after_it_make_the_next_snapshot() {
    let workspace = Workspace::empty();
    let editor = follower(&workspace).launch();
    let thread = unasked(&editor);
    let before = snapshot(&editor, &thread);
    workspace.script(
        "all",
        &json!([
            ["reason:", "words:one two three", "plan:"],
            ["exec:echo hello"],
            ["words:that was it"]
        ]),
    );
    for prompt in [
        "[[file:all]]",
        "[[two:echo a|echo b]]",
        "[[patch:*** Begin Patch\n*** Add File: n\n+x\n*** End Patch]]",
    ] {
        assert_eq!(editor.play(&thread, prompt), "completed");
    }
    assert_eq!(editor.play(&thread, "[[failed:server_error]]"), "failed");
    let after = snapshot(&editor, &thread);

    let from = before["revision"].as_u64().unwrap();
    let mut state = before["thread"].clone();
    let mut revisions = Vec::new();
    for note in editor.notes_so_far("outrigger/thread/changed") {
        let revision = note["revision"].as_u64().unwrap();
        if note["threadId"] == thread && revision > from {
            revisions.push(revision);
            note["changes"].as_array().unwrap().iter().for_each(|change| apply(&mut state, change));
        }
    }
    let last = after["revision"].as_u64().unwrap();
    assert_eq!(revisions, (from + 1..=last).collect::<Vec<_>>());
    assert_eq!(state, after["thread"]);
}

#[test]
fn results_and_errors_come_back_as_the_app_server_gave_them() {
    let workspace = Workspace::empty();
    let through = {
        let editor = workspace.editor().overlook("codex/", "only answers matter").launch();
        ASKED.map(|(method, params)| {
            editor.request(&format!("codex/{method}"), serde_json::from_str(params).unwrap())
        })
    };
    let mut direct = Direct::start(&workspace);
    for ((method, params), through) in ASKED.iter().zip(through) {
        let given = direct.request(method, serde_json::from_str(params).unwrap());
        assert_eq!(through, given, "{method}");
    }
}

/// What the app-server answers alike from one process to the next.
const ASKED: [(&str, &str); 9] = [
    ("model/list", "{}"),
    ("modelProvider/list", "{}"),
    ("collaborationMode/list", "{}"),
    ("account/read", "{}"),
    ("account/rateLimits/read", "{}"),
    ("thread/read", r#"{"threadId":"0199aaaa-0000-7000-8000-000000000000"}"#),
    ("thread/read", "{}"),
    ("turn/start", r#"{"threadId":"no id","input":[]}"#),
    ("made/up", r#"{"a":[1,null,"ü"]}"#),
];

#[test]
fn codex_initialize_is_refused() {
    let workspace = Workspace::empty();
    let editor = workspace.editor().overlook("codex/", "only the refusal matters").launch();
    let refused = editor.refused("codex/initialize", json!({}));
    assert_eq!(refused["data"]["kind"], "policyDenied");
}

#[test]
fn a_thread_is_followed_by_whom_it_belongs_to_until_they_leave_it() {
    let workspace = Workspace::empty();
    let editor = workspace
        .editor()
        .events(&["thread", "codex"])
        .overlook("codex/", "looked through where it matters")
        .launch();
    let thread = unasked(&editor);
    assert_eq!(editor.play(&thread, "[[msg:heard]]"), "completed");
    assert!(!editor.notes_so_far("outrigger/thread/changed").is_empty());
    assert!(!editor.notes_so_far("codex/item/completed").is_empty());

    let named = json!({ "threadId": thread });
    editor.call("outrigger/thread/unsubscribe", named.clone());
    editor.rest("codex/");
    editor.start_turn(&thread, "[[msg:unheard]]");
    editor.note_where("codex/thread/status/changed", |note| note["status"]["type"] == "active");
    editor.note_where("codex/thread/status/changed", |note| note["status"]["type"] == "idle");
    assert_eq!(editor.notes_so_far("codex/item/completed"), [] as [Value; 0]);
    assert_eq!(editor.notes_so_far("outrigger/thread/changed"), [] as [Value; 0]);

    editor.call("outrigger/thread/subscribe", named);
    let state = snapshot(&editor, &thread);
    let said: Vec<_> =
        items(&state).iter().map(gist).filter(|(kind, _)| kind == "agentMessage").collect();
    assert_eq!(
        said.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(),
        ["heard", "unheard"]
    );
    assert_eq!(editor.play(&thread, "[[msg:again]]"), "completed");
    let taken = state["revision"].as_u64().unwrap();
    let revisions = editor.notes_so_far("outrigger/thread/changed");
    let mut revisions = revisions.iter().map(|note| note["revision"].as_u64().unwrap());
    assert_eq!(revisions.find(|revision| *revision > taken), Some(taken + 1));
}

#[test]
fn a_thread_of_before_is_read_without_being_resumed() {
    let workspace = Workspace::empty();
    let first = follower(&workspace).launch();
    let thread = unasked(&first);
    for prompt in ["[[msg:one]]", "[[exec:echo two]]"] {
        assert_eq!(first.play(&thread, prompt), "completed");
    }
    let seen: Vec<_> = items(&snapshot(&first, &thread)).iter().map(gist).collect();
    drop(first);

    let second = follower(&workspace).launch();
    let read = snapshot(&second, &thread);
    assert_eq!(items(&read).iter().map(gist).collect::<Vec<_>>(), seen);
    assert_eq!(read["thread"]["threadId"], json!(thread));
    assert_eq!(read["olderCursor"], Value::Null);
    assert_eq!(second.call("codex/thread/loaded/list", json!({}))["data"], json!([]));

    second.call("codex/thread/resume", json!({ "threadId": thread, "excludeTurns": true }));
    assert_eq!(second.play(&thread, "[[msg:three]]"), "completed");
    let now: Vec<_> = items(&snapshot(&second, &thread)).iter().map(gist).collect();
    assert_eq!(now[..seen.len()], seen);
    assert_eq!(now.last(), Some(&("agentMessage".into(), "three".into())));
}

#[test]
fn a_thread_that_is_not_there_is_unknown() {
    let workspace = Workspace::empty();
    let editor = follower(&workspace).launch();
    for id in ["0199aaaa-0000-7000-8000-000000000000", "no id"] {
        let refused = editor.refused("outrigger/thread/snapshot", json!({ "threadId": id }));
        assert_eq!(refused["data"]["kind"], "threadUnknown", "{id}");
    }
}

#[test]
fn older_pages_make_up_the_whole() {
    let workspace = Workspace::empty();
    let first = follower(&workspace).launch();
    let thread = unasked(&first);
    for number in 0..6 {
        assert_eq!(first.play(&thread, &format!("[[msg:number {number}]]")), "completed");
    }
    let pages = |editor: &Editor, limit: u32| {
        let mut all: Vec<(String, String)> = Vec::new();
        let mut before = Value::Null;
        loop {
            let params = json!({ "threadId": thread, "limit": limit, "before": before });
            let page = editor.call("outrigger/thread/snapshot", params);
            let on_it: Vec<_> = items(&page).iter().map(gist).collect();
            assert!(on_it.len() <= limit as usize, "{} on a page of {limit}", on_it.len());
            all.splice(0..0, on_it);
            before = page["olderCursor"].clone();
            if before.is_null() {
                return all;
            }
        }
    };
    let whole: Vec<_> = items(&snapshot(&first, &thread)).iter().map(gist).collect();
    assert_eq!(whole.len(), 12);
    assert_eq!(pages(&first, 5), whole);
    drop(first);
    // And the same from the app-server's history alone.
    let second = follower(&workspace).launch();
    assert_eq!(pages(&second, 5), whole);
    let bad = json!({ "threadId": thread, "before": "no cursor" });
    assert_eq!(second.refused("outrigger/thread/snapshot", bad)["data"]["kind"], "invalidParams");
}

#[test]
fn a_long_output_is_cut_in_the_snapshot_and_whole_on_its_own() {
    let workspace = Workspace::empty();
    let editor = follower(&workspace).launch();
    let thread = unasked(&editor);
    assert_eq!(editor.play(&thread, "[[exec:seq 1 30000]]"), "completed");
    let all = items(&snapshot(&editor, &thread));
    let cut = all.iter().find(|item| item["type"] == "commandExecution").unwrap();
    let shown = cut["output"].as_str().unwrap();
    assert_eq!((cut["truncated"].as_bool(), shown.len() <= 64 << 10), (Some(true), true));
    let turns = snapshot(&editor, &thread)["thread"]["turns"].clone();
    let named =
        json!({ "threadId": thread, "turnId": turns[0]["turnId"], "itemId": cut["itemId"] });
    let whole = editor.call("outrigger/thread/item", named)["item"].clone();
    let counted = (1..=30_000).map(|n| n.to_string()).collect::<Vec<_>>().join("\n") + "\n";
    assert_eq!((whole.get("truncated"), whole["output"].as_str()), (None, Some(counted.as_str())));
}

#[test]
fn what_outlives_its_turn_is_listed_and_can_be_ended() {
    let workspace = Workspace::empty();
    let editor = follower(&workspace).launch();
    let thread = unasked(&editor);
    assert_eq!(editor.play(&thread, "[[bg:sleep 271]]"), "completed");
    let named = json!({ "threadId": thread });
    let running = editor.call("outrigger/thread/running", named.clone());
    let process = &running["processes"][0];
    assert!(process["command"].as_str().unwrap().contains("sleep 271"), "{running}");
    assert!(process["startedAt"].as_u64().is_some(), "{running}");
    assert_eq!(running["processes"].as_array().unwrap().len(), 1);
    let sleeps = |command: &str| command.starts_with("sleep 271");
    assert_eq!(editor.processes().iter().filter(|(_, command)| sleeps(command)).count(), 1);

    let end = json!({ "threadId": thread, "processId": process["processId"] });
    editor.call("outrigger/thread/endProcess", end);
    editor.note_where("codex/item/completed", |note| note["item"]["type"] == "commandExecution");
    assert_eq!(editor.call("outrigger/thread/running", named), json!({ "processes": [] }));
    assert_eq!(editor.remaining_of(sleeps, Duration::from_secs(3)), []);
}

#[test]
fn a_stopped_turn_is_shown_as_interrupted() {
    let workspace = Workspace::empty();
    let editor = follower(&workspace).launch();
    let thread = unasked(&editor);
    let turn = editor.start_turn(&thread, "[[slow:1000,0.02]]");
    editor.note("codex/item/agentMessage/delta");
    editor.call("codex/turn/interrupt", json!({ "threadId": thread, "turnId": turn }));
    assert_eq!(editor.turn_end(&turn), "interrupted");
    let state = snapshot(&editor, &thread);
    let shown = &state["thread"]["turns"][0];
    let statuses: Vec<_> =
        items(&state).iter().map(|item| json!([item["type"], item["status"]])).collect();
    assert_eq!(
        json!([shown["turnId"], shown["status"], statuses]),
        json!([
            turn,
            "interrupted",
            [["userMessage", "completed"], ["agentMessage", "interrupted"]]
        ])
    );
    assert_eq!(editor.play(&thread, "[[msg:on we go]]"), "completed");
}

#[test]
fn a_steer_reaches_the_running_turn() {
    let workspace = Workspace::empty();
    let editor = follower(&workspace).events(&["thread", "codex", "approval"]).launch();
    let thread = editor.start_thread();
    let running = editor.start_turn(&thread, "[[exec:echo first]]");
    let approval = editor.approval();
    let mut steer = turn(&thread, "[[msg:steered]]");
    steer["expectedTurnId"] = json!(running);
    assert_eq!(editor.call("codex/turn/steer", steer)["turnId"], json!(running));
    editor.decide(&approval, json!("accept")).unwrap();
    editor.resolved(&approval);
    assert_eq!(editor.turn_end(&running), "completed");
    let all = items(&snapshot(&editor, &thread));
    assert_eq!(all.last().map(gist), Some(("agentMessage".into(), "steered".into())));
}

#[test]
fn a_queued_message_is_sent_once_when_the_turn_is_over() {
    let workspace = Workspace::empty();
    let editor = follower(&workspace).events(&["thread", "codex", "approval"]).launch();
    let thread = editor.start_thread();
    let running = editor.start_turn(&thread, "[[exec:echo first]]");
    let approval = editor.approval();
    let input = |text: &str| json!([{ "type": "text", "text": text }]);
    let add = |text: &str| {
        let params = json!({ "threadId": thread, "input": input(text) });
        editor.call("outrigger/thread/queue/add", params)["messages"].clone()
    };
    add("[[msg:dropped]]");
    add("[[msg:changed]]");
    let three = add("[[msg:last]]");
    let id = |at: usize| three[at]["id"].clone();
    let on = |mut params: Value| {
        params["threadId"] = json!(thread);
        params
    };
    editor.call("outrigger/thread/queue/remove", on(json!({ "id": id(0) })));
    let update = on(json!({ "id": id(1), "input": input("[[msg:better]]") }));
    editor.call("outrigger/thread/queue/update", update);
    let reordered =
        editor.call("outrigger/thread/queue/reorder", on(json!({ "ids": [id(2), id(1)] })));
    let waiting = |messages: &Value| -> Vec<Value> {
        let messages = messages.as_array().unwrap().iter();
        messages.map(|message| message["input"][0]["text"].clone()).collect()
    };
    assert_eq!(waiting(&reordered["messages"]), ["[[msg:last]]", "[[msg:better]]"]);
    let listed = editor.call("outrigger/thread/queue/list", on(json!({})));
    assert_eq!(listed, reordered);
    let gone = editor.refused("outrigger/thread/queue/remove", on(json!({ "id": id(0) })));
    assert_eq!(gone["data"]["kind"], "invalidParams");
    let stale = editor.refused("outrigger/thread/queue/reorder", on(json!({ "ids": [id(1)] })));
    assert_eq!(stale["data"]["kind"], "revisionConflict");

    editor.decide(&approval, json!("accept")).unwrap();
    editor.resolved(&approval);
    assert_eq!(editor.turn_end(&running), "completed");
    for _ in 0..2 {
        assert_eq!(editor.note("codex/turn/completed")["turn"]["status"], "completed");
    }
    let said: Vec<_> = items(&snapshot(&editor, &thread))
        .iter()
        .map(gist)
        .filter_map(|(kind, text)| (kind == "agentMessage").then_some(text))
        .collect();
    assert_eq!(said, ["done exec step 1", "last", "better"]);
    let told: Vec<_> = editor
        .notes_so_far("outrigger/thread/queue/changed")
        .iter()
        .map(|note| waiting(&note["messages"]).len())
        .collect();
    assert_eq!(told, [1, 2, 3, 2, 2, 2, 1, 0]);
}
