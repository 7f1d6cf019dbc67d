use super::{session::Origin, *};

const ONE: SessionId = SessionId(1);
const TWO: SessionId = SessionId(2);

pub(super) fn died() -> EventKind {
    let error = crate::protocol::app_server::AppServerError {
        kind: crate::protocol::app_server::AppServerErrorKind::Exited,
        message: "killed".into(),
        hint: None,
    };
    EventKind::Codex(codex::Event::Exited { epoch: 1, error })
}

#[test]
fn ready_is_announced_only_after_every_open_thread_is_resumed() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    stage.step(died());
    let up = stage.app_server_up(2);
    assert_eq!(names(&up), ["codex request thread/resume"]);

    let turn = json!({ "threadId": "t", "input": [] });
    let (_, held) = stage.request(ONE, "codex/turn/start", turn);
    assert_eq!(names(&held), Vec::<String>::new());
    let (_, other) = stage.request(ONE, "codex/model/list", json!({}));
    assert_eq!(names(&other), ["codex request model/list"]);

    let resumed = stage.answered(&up, json!({ "thread": { "id": "t", "cwd": "/w" } }));
    let names = names(&resumed);
    let place = |name: &str| names.iter().position(|one| one == name);
    assert!(place("codex request turn/start").is_some(), "{names:?}");
    assert!(place("s1 outrigger/appServer/status").is_some(), "{names:?}");
    assert_eq!(stage.world.server.status().state, AppServerState::Ready);
}

#[test]
fn what_a_thread_has_configured_for_itself_is_given_again_to_the_next_process() {
    let mut stage = Stage::ready();
    let config = json!({ "mcp_servers": { "web": { "url": "https://mcp.example/x" } } });
    stage.open_thread_with(ONE, json!({ "cwd": "/w", "config": config }));
    stage.step(died());
    let up = stage.app_server_up(2);
    let asked = up.iter().find_map(|effect| match effect {
        Effect::Codex(codex::Command::Request { params, .. }) => params.decode::<Value>().ok(),
        _ => None,
    });
    assert_eq!(asked, Some(json!({ "threadId": "t", "excludeTurns": true, "config": config })));
}

#[test]
fn a_request_right_after_an_exit_waits_for_the_next_process() {
    let mut stage = Stage::ready();
    stage.step(died());
    let (_, held) = stage.request(ONE, "codex/model/list", json!({}));
    assert_eq!(names(&held), Vec::<String>::new());
    assert!(names(&stage.app_server_up(2)).contains(&"codex request model/list".to_owned()));
}

#[test]
fn a_request_that_no_process_got_waits_for_the_next_one() {
    let mut stage = Stage::ready();
    let (id, asked) = stage.request(ONE, "codex/model/list", json!({ "limit": 3 }));
    let (token, method) = sent_up(&asked);
    // The link knew before the core did that the process is gone.
    let params = Raw::of(&json!({ "limit": 3 }));
    let unsent = stage.app_server_says(1, codex::Frame::Unsent { token, method, params });
    assert_eq!(names(&unsent), Vec::<String>::new());
    stage.step(died());
    let again = stage.app_server_up(2);
    assert!(names(&again).contains(&"codex request model/list".to_owned()), "{again:?}");
    let answered = stage.answered(&again, json!({ "data": [] }));
    assert_eq!(names(&answered), [format!("s1 reply {id}")]);
}

#[test]
fn a_turn_is_there_from_its_answer_on_though_the_process_dies_before_it_says_so() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    let input = json!([{ "type": "text", "text": "hi" }]);
    let params = json!({ "threadId": "t", "input": input });
    let (_, asked) = stage.request(ONE, "codex/turn/start", params);
    let turn = json!({ "id": "u", "items": [], "status": "inProgress", "error": null });
    stage.answered(&asked, json!({ "turn": turn }));
    stage.step(died());
    stage.app_server_up(2);
    let (_, shown) =
        stage.request(ONE, "outrigger/thread/snapshot", json!({ "threadId": "t", "limit": 1 }));
    let turns = &told(&shown)[0].1["result"]["thread"]["turns"];
    assert_eq!(json!([turns[0]["turnId"], turns[0]["status"]]), json!(["u", "interrupted"]));
}

#[test]
fn a_request_waits_for_the_first_start_and_fails_with_it() {
    let mut stage = Stage::new();
    stage.connect(1, "one", json!({}));
    let mut status = stage.world.server.status().clone();
    let (_, held) = stage.request(ONE, "codex/model/list", json!({}));
    assert_eq!(names(&held), Vec::<String>::new());
    status.state = AppServerState::Failed;
    let failed = stage.step(EventKind::Codex(codex::Event::Status(status)));
    assert_eq!(refusal(&failed), "appServerDown");
}

#[test]
fn a_link_that_has_not_heard_of_the_start_yet_fails_no_request() {
    let mut stage = Stage::new();
    stage.connect(1, "one", json!({}));
    let mut status = stage.world.server.status().clone();
    status.state = AppServerState::Stopped;
    stage.step(EventKind::Codex(codex::Event::Status(status)));
    let (_, held) = stage.request(ONE, "codex/model/list", json!({}));
    assert_eq!(names(&held), Vec::<String>::new());
    assert_eq!(names(&stage.app_server_up(1)), ["codex request model/list"]);
}

#[test]
fn an_untrusted_session_starts_and_sends_nothing() {
    let mut stage = Stage::new();
    stage.step(EventKind::Opened(ONE, Origin::default()));
    let options = json!({ "initializationOptions": { "trusted": false } });
    let (id, effects) = stage.request(ONE, "initialize", options);
    assert_eq!(names(&effects), [format!("s1 reply {id}")]);
    for method in ["codex/model/list", "outrigger/appServer/start", "outrigger/thread/queue/add"] {
        let params = json!({ "threadId": "t", "input": [] });
        let (_, effects) = stage.request(ONE, method, params);
        assert_eq!(
            (refusal(&effects), effects.len()),
            (json!("workspaceUntrusted"), 1),
            "{method}"
        );
    }
}

#[test]
fn a_cancelled_request_is_answered_once_and_its_late_result_dropped() {
    let mut stage = Stage::ready();
    let (id, sent) = stage.request(ONE, "codex/model/list", json!({}));
    let cancel =
        Incoming::Notification { method: "$/cancelRequest".into(), params: json!({ "id": id }) };
    let cancelled = stage.step(EventKind::Incoming(ONE, cancel));
    assert_eq!(refusal(&cancelled), "cancelled");
    assert!(names(&cancelled).contains(&"codex forget".to_owned()));
    assert_eq!(names(&stage.answered(&sent, json!({}))), Vec::<String>::new());
}

#[test]
fn unsubscribing_goes_up_with_the_last_session() {
    let mut stage = Stage::ready();
    stage.connect(2, "two", json!({ "events": ["*"] }));
    stage.open_thread(ONE);
    stage.request(TWO, "outrigger/thread/subscribe", json!({ "threadId": "t" }));
    let thread = json!({ "threadId": "t" });
    let (id, first) = stage.request(ONE, "codex/thread/unsubscribe", thread.clone());
    let answer = json!({ "result": { "status": "unsubscribed" } });
    assert_eq!(told(&first), [(format!("s1 reply {id}"), answer)]);
    let (_, last) = stage.request(TWO, "codex/thread/unsubscribe", thread);
    assert_eq!(names(&last), ["codex request thread/unsubscribe"]);
}

#[test]
fn notes_of_a_thread_go_to_those_who_follow_it_and_its_status_to_all() {
    let mut stage = Stage::ready();
    stage.connect(2, "two", json!({ "events": ["codex"] }));
    stage.connect(3, "three", json!({ "events": ["codex/thread/status/changed"] }));
    stage.open_thread(ONE);
    let delta = json!({ "threadId": "t", "turnId": "u", "itemId": "i", "delta": "x" });
    let told = names(&stage.note("item/agentMessage/delta", delta));
    assert!(!told.iter().any(|name| name.starts_with("s2")), "{told:?}");
    let status = json!({ "threadId": "t", "status": { "type": "active", "activeFlags": [] } });
    let told = names(&stage.note("thread/status/changed", status));
    assert!(told.contains(&"s2 codex/thread/status/changed".to_owned()), "{told:?}");
    assert!(told.contains(&"s3 codex/thread/status/changed".to_owned()), "{told:?}");
    let named =
        names(&stage.note("thread/name/updated", json!({ "threadId": "t", "threadName": "Tea" })));
    assert!(named.contains(&"s2 codex/thread/name/updated".to_owned()), "{named:?}");
    assert!(!named.contains(&"s3 codex/thread/name/updated".to_owned()), "{named:?}");
}

#[test]
fn an_unknown_note_is_passed_on_and_told_once() {
    let mut stage = Stage::ready();
    let first = names(&stage.note("made/up", json!({ "a": 1 })));
    assert_eq!(first, ["s1 outrigger/diagnostic", "s1 codex/made/up"]);
    assert_eq!(names(&stage.note("made/up", json!({ "a": 2 }))), ["s1 codex/made/up"]);
}

#[test]
fn a_queued_message_is_sent_once_when_the_turn_is_over() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    let turn = |status: &str| json!({ "threadId": "t", "turn": { "id": "u", "items": [], "status": status } });
    stage.note("turn/started", turn("inProgress"));
    let input = json!([{ "type": "text", "text": "next" }]);
    let add = json!({ "threadId": "t", "input": input });
    let (_, added) = stage.request(ONE, "outrigger/thread/queue/add", add);
    assert!(!names(&added).iter().any(|name| name.starts_with("codex")), "{:?}", names(&added));
    let ended = stage.note("turn/completed", turn("completed"));
    assert_eq!(sent_up(&ended).1, "turn/start");
    let again = stage.note("turn/completed", turn("completed"));
    assert!(!names(&again).contains(&"codex request turn/start".to_owned()));
    let taken = stage.answered(&ended, json!({ "turn": { "id": "v" } }));
    let empty = json!({ "threadId": "t", "messages": [] });
    let after_its_turn = &told(&taken)[1..];
    assert_eq!(after_its_turn, [("s1 outrigger/thread/queue/changed".to_owned(), empty)]);
}

#[test]
fn what_happens_before_initialized_comes_after_it_in_order_and_once() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    stage.step(EventKind::Opened(TWO, Origin::default()));
    let options = json!({ "initializationOptions": { "events": ["approval", "codex"] } });
    stage.request(TWO, "initialize", options);
    let to_two = |effects: &[Effect]| {
        let mut names = names(effects);
        names.retain(|name| name.starts_with("s2"));
        names
    };
    assert_eq!(to_two(&stage.ask_command(0)), Vec::<String>::new());
    assert_eq!(to_two(&stage.note("skills/changed", json!({}))), Vec::<String>::new());
    let note = Incoming::Notification { method: "initialized".into(), params: json!({}) };
    let told = to_two(&stage.step(EventKind::Incoming(TWO, note)));
    assert_eq!(told, ["s2 outrigger/approval/requested", "s2 codex/skills/changed"]);
}

#[test]
fn a_session_that_comes_later_is_told_of_all_that_waits() {
    let mut stage = Stage::ready();
    stage.open_thread(ONE);
    stage.ask_command(0);
    stage.step(EventKind::Opened(TWO, Origin::default()));
    let options = json!({ "initializationOptions": { "events": ["approval"] } });
    stage.request(TWO, "initialize", options);
    let note = Incoming::Notification { method: "initialized".into(), params: json!({}) };
    let told = names(&stage.step(EventKind::Incoming(TWO, note)));
    assert_eq!(told, ["s2 outrigger/approval/requested"]);
}

/// The diagnostics that one session was told.
fn diagnostics(effects: &[Effect], session: &str) -> Vec<(Value, Value)> {
    let of_session = format!("{session} outrigger/diagnostic");
    let told = told(effects).into_iter().filter(|(what, _)| *what == of_session);
    told.map(|(_, note)| (note["kind"].clone(), note["message"].clone())).collect()
}

/// Where codex was to be looked for last.
fn looked_for(effects: &[Effect]) -> Option<(Option<String>, Vec<String>)> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::LookFor { path, args, .. } => Some((path.clone(), args.clone())),
        _ => None,
    })
}

#[test]
fn an_editor_that_asks_for_another_codex_is_told_and_gets_it_by_a_restart() {
    let mut stage = Stage::new();
    let one = json!({ "events": ["*"], "codex": { "path": "/opt/codex" } });
    let started = stage.connect(1, "one", one.clone());
    assert_eq!(looked_for(&started), Some((Some("/opt/codex".into()), vec![])));
    stage.app_server_up(1);

    let same = stage.connect(2, "the same", one);
    let content = stage.connect(3, "content", json!({ "events": ["*"], "codex": { "path": "" } }));
    assert_eq!((diagnostics(&same, "s2"), diagnostics(&content, "s3")), (vec![], vec![]));

    let args = json!({ "path": "/opt/codex", "args": ["-c", "model=x"] });
    let other = stage.connect(4, "other", json!({ "events": ["*"], "codex": args }));
    let message = "Codex runs for all editors as the first one asked for: /opt/codex. This editor asks for /opt/codex with the arguments -c model=x: restart codex from it to have that one run instead.";
    assert_eq!(diagnostics(&other, "s4"), [(json!("otherCodex"), json!(message))]);
    assert_eq!(diagnostics(&other, "s1"), []);
    assert_eq!(looked_for(&other), None);

    let (_, restarted) = stage.request(SessionId(4), "outrigger/appServer/restart", json!({}));
    let args = vec!["-c".into(), "model=x".into()];
    assert_eq!(looked_for(&restarted), Some((Some("/opt/codex".into()), args)));
}

#[test]
fn a_workspace_that_is_not_trusted_chooses_no_codex() {
    let mut stage = Stage::new();
    let codex = json!({ "path": "/w/codex" });
    stage.connect(1, "one", json!({ "trusted": false, "codex": codex }));
    let started = stage.connect(2, "two", json!({}));
    assert_eq!(looked_for(&started), Some((None, vec![])));
}

#[test]
fn codex_is_started_in_the_environment_of_the_first_session_that_wants_it() {
    let mut stage = Stage::new();
    let environment = |name: &str| Arc::new(vec![("FROM".into(), name.into())]);
    let mut given = Vec::new();
    for (id, name, options) in [
        (1, "looks", json!({ "observer": true })),
        (2, "first", json!({})),
        (3, "second", json!({})),
    ] {
        let origin = Origin { environment: environment(name), ..Origin::default() };
        stage.connect_from(origin, id, name, options);
    }
    let (_, effects) = stage.request(SessionId(3), "outrigger/appServer/restart", json!({}));
    given.extend(effects.iter().filter_map(|effect| match effect {
        Effect::LookFor { environment, .. } => Some(environment.clone()),
        _ => None,
    }));
    assert_eq!(given, [environment("first")]);
}
