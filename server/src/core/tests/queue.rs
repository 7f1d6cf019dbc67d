use super::*;

const ONE: SessionId = SessionId(1);

fn turn(status: &str) -> Value {
    json!({ "threadId": "t", "turn": { "id": "u", "items": [], "status": status } })
}

fn add(stage: &mut Stage, text: &str) -> Vec<Effect> {
    let input = json!([{ "type": "text", "text": text }]);
    let params = json!({ "threadId": "t", "input": input });
    stage.request(ONE, "outrigger/thread/queue/add", params).1
}

/// The texts that wait.
fn waiting(stage: &mut Stage) -> Vec<String> {
    let params = json!({ "threadId": "t" });
    let (_, effects) = stage.request(ONE, "outrigger/thread/queue/list", params);
    let messages = told(&effects)[0].1["result"]["messages"].clone();
    let text = |message: &Value| message["input"][0]["text"].as_str().unwrap().to_owned();
    messages.as_array().unwrap().iter().map(text).collect()
}

/// An editor and the app-server are there again, and the app-server has given thread `t` back.
fn resumed(stage: &mut Stage) -> Vec<Effect> {
    stage.connect(1, "one", json!({ "events": ["*"] }));
    let up = stage.app_server_up(1);
    assert_eq!(sent_up(&up).1, "thread/resume");
    stage.answered(&up, json!({ "thread": { "id": "t", "status": { "type": "idle" } } }))
}

/// `t` with a running turn and this message waiting.
fn with_waiting(text: &str) -> Stage {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    stage.note("turn/started", turn("inProgress"));
    add(&mut stage, text);
    stage
}

#[test]
fn what_waits_is_sent_after_a_restart_though_no_editor_opens_the_thread() {
    let mut stage = with_waiting("next").restarted();
    let effects = resumed(&mut stage);
    assert_eq!(sent_up(&effects).1, "turn/start");
    assert_eq!(waiting(&mut stage), ["next"]);
    stage.answered(&effects, taken());
    assert_eq!(waiting(&mut stage), Vec::<String>::new());
    goes_on(&mut stage);
    let mut stage = stage.restarted();
    stage.connect(1, "one", json!({ "events": ["*"] }));
    assert!(!names(&stage.app_server_up(1)).contains(&"codex request thread/resume".to_owned()));
}

/// The answer to `turn/start`, which begins turn `v`.
fn taken() -> Value {
    json!({ "turn": { "id": "v", "items": [], "status": "inProgress" } })
}

/// Turn `v` is more than the message that began it.
fn goes_on(stage: &mut Stage) {
    for (id, kind) in [("i", "userMessage"), ("j", "agentMessage")] {
        let item = json!({ "id": id, "type": kind, "text": "", "content": [] });
        stage.note(
            "item/started",
            json!({ "threadId": "t", "turnId": "v", "item": item, "startedAtMs": 1 }),
        );
    }
}

#[test]
fn the_turns_before_are_there_in_a_thread_that_was_opened_for_its_queue() {
    let mut stage = with_waiting("next").restarted();
    resumed(&mut stage);
    let (_, read) = stage.request(ONE, "outrigger/thread/snapshot", json!({ "threadId": "t" }));
    assert_eq!(sent_up(&read).1, "thread/turns/list");
}

#[test]
fn a_message_whose_turn_ended_with_the_app_server_waits_again() {
    let mut stage = with_waiting("next");
    let ended = stage.note("turn/completed", turn("completed"));
    stage.answered(&ended, taken());
    assert_eq!(waiting(&mut stage), Vec::<String>::new());
    let mut stage = stage.restarted();
    let looked = resumed(&mut stage);
    assert_eq!(sent_up(&looked).1, "thread/turns/list");
    let effects = stage.answered(&looked, json!({ "data": [], "nextCursor": null }));
    assert_eq!(sent_up(&effects).1, "turn/start");
    stage.answered(&effects, taken());
    goes_on(&mut stage);
    let mut stage = stage.restarted();
    stage.connect(1, "one", json!({ "events": ["*"] }));
    assert!(!names(&stage.app_server_up(1)).contains(&"codex request thread/resume".to_owned()));
}

#[test]
fn what_a_person_stopped_waits_over_a_restart() {
    let mut stage = with_waiting("next");
    stage.note("turn/completed", turn("interrupted"));
    let mut stage = stage.restarted();
    let effects = resumed(&mut stage);
    assert!(!names(&effects).iter().any(|name| name.starts_with("codex")), "{:?}", names(&effects));
    assert_eq!(waiting(&mut stage), ["next"]);
}

/// `t` after a restart in the midst of sending; what is asked of the app-server then.
fn restarted_while_sending() -> (Stage, Vec<Effect>) {
    let mut stage = with_waiting("next");
    let ended = stage.note("turn/completed", turn("completed"));
    assert_eq!(sent_up(&ended).1, "turn/start");
    let mut stage = stage.restarted();
    let looked = resumed(&mut stage);
    assert_eq!(sent_up(&looked).1, "thread/turns/list");
    (stage, looked)
}

#[test]
fn a_message_that_had_arrived_is_not_sent_again() {
    let (mut stage, looked) = restarted_while_sending();
    let id = &stage.world.threads.get("t").unwrap().queue[0].message.id;
    let user = json!({ "type": "userMessage", "id": "i", "clientId": format!("outrigger-{id}") });
    let list = json!({ "data": [{ "id": "v", "status": "completed", "items": [user] }],
        "nextCursor": null });
    let effects = stage.answered(&looked, list);
    assert!(!names(&effects).iter().any(|name| name.starts_with("codex request")));
    assert_eq!(waiting(&mut stage), Vec::<String>::new());
}

#[test]
fn a_message_that_had_not_arrived_is_sent_once() {
    let (mut stage, looked) = restarted_while_sending();
    let list = json!({ "data": [{ "id": "u", "status": "completed", "items": [
        { "type": "userMessage", "id": "i", "clientId": null }] }], "nextCursor": null });
    let effects = stage.answered(&looked, list);
    assert_eq!(sent_up(&effects).1, "turn/start");
    stage.answered(&effects, taken());
    assert_eq!(waiting(&mut stage), Vec::<String>::new());
}

#[test]
fn nothing_goes_up_before_it_is_marked_as_on_its_way() {
    let mut stage = with_waiting("next");
    stage.holds_store = true;
    let ended = stage.note("turn/completed", turn("completed"));
    assert!(!names(&ended).contains(&"codex request turn/start".to_owned()));
    let token = ended
        .iter()
        .find_map(|effect| match effect {
            Effect::Store(command) => Some(command.token),
            _ => None,
        })
        .unwrap();
    let result = Err(store::Error::Full);
    let failed = stage.step(EventKind::Store(store::Event::Answered { token, result }));
    assert_eq!(names(&failed), ["s1 outrigger/diagnostic"]);
    assert_eq!(waiting(&mut stage), ["next"]);
}

#[test]
fn a_message_that_cannot_be_kept_is_not_queued() {
    let mut stage = with_waiting("first");
    stage.holds_store = true;
    let held = add(&mut stage, "second");
    let [Effect::Store(command)] = held.as_slice() else { panic!("{held:?}") };
    let (token, result) = (command.token, Err(store::Error::Full));
    let failed = stage.step(EventKind::Store(store::Event::Answered { token, result }));
    assert_eq!((refusal(&failed), names(&failed).len()), (json!("store"), 1));
    assert_eq!(waiting(&mut stage), ["first"]);
}

#[test]
fn the_hundred_and_first_message_is_refused() {
    let mut stage = with_waiting("0");
    for n in 1..100 {
        add(&mut stage, &n.to_string());
    }
    assert_eq!(refusal(&add(&mut stage, "100")), "queueFull");
    assert_eq!(waiting(&mut stage).len(), 100);
}
