use super::*;

const ONE: SessionId = SessionId(1);

fn item(stage: &mut Stage, item: Value) {
    let params = json!({ "threadId": "t", "turnId": "u", "item": item, "startedAtMs": 1,
        "completedAtMs": 2 });
    stage.note("item/completed", params);
}

fn message(id: &str, kind: &str) -> Value {
    json!({ "type": kind, "id": id, "text": id })
}

fn turn(status: &str, items: Value) -> Value {
    json!({ "id": "u", "items": items, "status": status, "startedAt": 1, "completedAt": 2 })
}

/// `t` with a turn in which a command was declined and a warning came, and another warning since.
fn with_declined() -> Stage {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    stage.note("turn/started", json!({ "threadId": "t", "turn": turn("inProgress", json!([])) }));
    item(&mut stage, message("i", "userMessage"));
    item(
        &mut stage,
        json!({ "type": "commandExecution", "id": "c", "command": "rm a",
        "status": "declined" }),
    );
    stage.note("warning", json!({ "threadId": "t", "message": "early" }));
    item(&mut stage, message("m", "agentMessage"));
    stage.note("turn/completed", json!({ "threadId": "t", "turn": turn("completed", json!([])) }));
    stage.note("warning", json!({ "threadId": "t", "message": "late" }));
    stage
}

fn snapshot(stage: &mut Stage) -> Vec<Effect> {
    stage.request(ONE, "outrigger/thread/snapshot", json!({ "threadId": "t" })).1
}

/// What the app-server's history has of `t`.
fn history() -> Value {
    let items = json!([message("i", "userMessage"), message("m", "agentMessage")]);
    json!({ "data": [turn("completed", items)], "nextCursor": null })
}

/// Answers the reading of `t` that went up; the thread that the snapshot has.
fn read(stage: &mut Stage, effects: &[Effect]) -> Value {
    let thread = json!({ "id": "t", "cwd": "/w", "status": { "type": "idle" } });
    let effects = stage.answered(effects, json!({ "thread": thread }));
    let effects = stage.answered(&effects, history());
    let told = told(&effects);
    assert_eq!(told.len(), 1, "{told:?}");
    told[0].1["result"]["thread"].clone()
}

fn restarted(stage: Stage) -> Stage {
    let mut stage = stage.restarted();
    stage.connect(1, "one", json!({ "events": ["*"] }));
    stage.app_server_up(1);
    stage
}

/// A snapshot of the thread in a run that has not seen it.
fn after_restart(stage: Stage) -> (Stage, Value) {
    let mut stage = restarted(stage);
    let asked = snapshot(&mut stage);
    let thread = read(&mut stage, &asked);
    (stage, thread)
}

fn item_ids(thread: &Value) -> Vec<&str> {
    let items = thread["turns"][0]["items"].as_array().unwrap();
    items.iter().map(|item| item["itemId"].as_str().unwrap()).collect()
}

#[test]
fn a_snapshot_is_the_same_before_and_after_a_restart() {
    let mut stage = with_declined();
    let before = told(&snapshot(&mut stage))[0].1["result"]["thread"].clone();
    assert_eq!(item_ids(&before), ["i", "c", "m"]);
    let (stage, after) = after_restart(stage);
    assert_eq!(after, before);
    let (_, later) = after_restart(stage);
    assert_eq!(later, before);
}

#[test]
fn a_turn_that_died_with_the_app_server_is_told_the_same() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    let began = json!({ "id": "u", "items": [], "status": "inProgress", "startedAt": 1 });
    stage.note("turn/started", json!({ "threadId": "t", "turn": began }));
    let started = json!({ "type": "fileChange", "id": "f", "status": "inProgress", "changes": [] });
    stage.note("item/started", json!({ "threadId": "t", "turnId": "u", "item": started }));
    stage.step(lifecycle::died());
    let turns = |stage: &Stage| {
        let held = stage.world.threads.get("t").unwrap();
        held.thread.snapshot(0, None, 9).unwrap().thread.turns
    };
    let before = turns(&stage);

    let mut stage = restarted(stage);
    let asked = snapshot(&mut stage);
    let read = stage.answered(&asked, json!({ "thread": { "id": "t" } }));
    let row = json!({ "id": "u", "items": [], "status": "interrupted", "startedAt": 1 });
    stage.answered(&read, json!({ "data": [row], "nextCursor": null }));
    assert_eq!(turns(&stage), before);
}

#[test]
fn a_deleted_thread_is_forgotten() {
    let mut stage = with_declined();
    stage.note("thread/deleted", json!({ "threadId": "t" }));
    let (_, after) = after_restart(stage);
    assert_eq!(item_ids(&after), ["i", "m"]);
}

#[test]
fn a_store_that_fails_leaves_the_history() {
    let mut stage = restarted(with_declined());
    stage.holds_store = true;
    let asked = snapshot(&mut stage);
    let [.., Effect::Store(command)] = asked.as_slice() else { panic!("{asked:?}") };
    let (token, result) = (command.token, Err(store::Error::Closed));
    let failed = stage.step(EventKind::Store(store::Event::Answered { token, result }));
    assert_eq!(names(&failed), ["s1 outrigger/diagnostic", "codex request thread/read"]);
    let after = read(&mut stage, &failed);
    assert_eq!(item_ids(&after), ["i", "m"]);
}

#[test]
fn a_store_that_does_not_answer_is_not_waited_for_for_long() {
    let mut stage = restarted(with_declined());
    stage.holds_store = true;
    let asked = snapshot(&mut stage);
    let [Effect::WakeAt(_), Effect::Store(command)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(names(&stage.sleep(Duration::from_secs(4))), Vec::<String>::new());
    let woken = stage.sleep(Duration::from_secs(1));
    let after = read(&mut stage, &woken);
    assert_eq!(item_ids(&after), ["i", "m"]);
    let (token, result) = (command.token, Ok(store::Answer::Turns(vec![])));
    let late = stage.step(EventKind::Store(store::Event::Answered { token, result }));
    assert_eq!(names(&late), Vec::<String>::new());
}
