use super::*;

const ONE: SessionId = SessionId(1);
const TWO: SessionId = SessionId(2);
const MINUTE: Duration = Duration::from_mins(1);

/// An editor in `/w` on a daemon, with the app-server ready.
fn shared() -> Stage {
    let mut stage = Stage::new();
    stage.world.daemon = Some(Daemon::new(7));
    stage.connect(1, "one", json!({ "events": ["*"] }));
    stage.app_server_up(1);
    stage
}

fn turn(status: &str) -> Value {
    json!({ "threadId": "t", "turn": { "id": "u", "items": [], "status": status } })
}

/// The moment at which the core asked to be woken last, from now.
fn wakes_in(stage: &Stage, effects: &[Effect]) -> Option<Duration> {
    let at = effects.iter().rev().find_map(|effect| match effect {
        Effect::WakeAt(at) => Some(*at),
        _ => None,
    })?;
    Some(Duration::from_micros(at - stage.micros))
}

#[test]
fn with_an_editor_nothing_ends() {
    let mut stage = shared();
    assert_eq!(names(&stage.sleep(24 * 60 * MINUTE)), Vec::<String>::new());
}

#[test]
fn the_settings_say_how_long_that_is_or_that_it_is_for_ever() {
    let mut stage = shared();
    let said = |value: Value| FileRead::Said(value.as_object().unwrap().clone());
    let file = json!({ "daemon.idleSeconds": 600, "appServer.idleMinutes": 0 });
    stage.step(EventKind::SettingsRead(said(file)));
    let left = stage.leave(ONE);
    assert_eq!(wakes_in(&stage, &left), Some(10 * MINUTE));
    stage.step(EventKind::SettingsRead(said(json!({ "daemon.idleSeconds": 0 }))));
    assert!(!names(&stage.sleep(24 * 60 * MINUTE)).contains(&"quit".to_owned()));
}

#[test]
fn the_daemon_ends_a_minute_after_the_last_editor() {
    let mut stage = shared();
    let left = stage.leave(ONE);
    assert_eq!(wakes_in(&stage, &left), Some(MINUTE));
    assert_eq!(names(&stage.sleep(MINUTE / 2)), Vec::<String>::new());
    assert_eq!(names(&stage.sleep(MINUTE / 2)), ["quit"]);
}

#[test]
fn a_daemon_that_is_kept_by_what_it_left_asks_again_and_not_at_every_turn() {
    let mut stage = shared();
    stage.leave(ONE);
    let asked = stage.sleep(MINUTE);
    assert_eq!(names(&asked), ["quit"]);
    assert_eq!(wakes_in(&stage, &asked), Some(MINUTE / 6));
    assert_eq!(names(&stage.sleep(MINUTE / 6)), Vec::<String>::new());
    assert_eq!(names(&stage.sleep(MINUTE)), ["quit"]);
}

#[test]
fn a_daemon_to_which_nobody_comes_ends() {
    let mut world = World::new("0.0.0", Now { epoch_ms: 1_000, micros: 0 });
    world.daemon = Some(Daemon::new(7));
    let asked = rest(&mut world, Now { epoch_ms: 1_000, micros: 0 });
    assert!(matches!(asked[..], [Effect::WakeAt(60_000_000)]), "{asked:?}");
}

#[test]
fn an_editor_that_comes_back_in_time_finds_everything_as_it_was() {
    let mut stage = shared();
    stage.leave(ONE);
    stage.sleep(MINUTE / 2);
    stage.connect(2, "two", json!({ "events": ["*"] }));
    assert_eq!(names(&stage.sleep(10 * MINUTE)), Vec::<String>::new());
    stage.leave(TWO);
    assert_eq!(names(&stage.sleep(MINUTE)), ["quit"]);
}

#[test]
fn a_turn_and_a_question_keep_the_daemon() {
    let mut stage = shared();
    stage.open_thread(ONE);
    stage.note("turn/started", turn("inProgress"));
    stage.leave(ONE);
    assert_eq!(names(&stage.sleep(60 * MINUTE)), Vec::<String>::new());
    stage.ask_command(0);
    assert_eq!(names(&stage.sleep(60 * MINUTE)), Vec::<String>::new());
    stage.note("turn/completed", turn("completed"));
    assert_eq!(names(&stage.sleep(MINUTE)), ["quit"]);
}

#[test]
fn a_queued_message_is_sent_though_its_editor_is_gone() {
    let mut stage = shared();
    stage.open_thread(ONE);
    stage.note("turn/started", turn("inProgress"));
    let input = json!([{ "type": "text", "text": "next" }]);
    let add = json!({ "threadId": "t", "input": input });
    stage.request(ONE, "outrigger/thread/queue/add", add);
    stage.leave(ONE);
    let ended = stage.note("turn/completed", turn("completed"));
    assert_eq!(sent_up(&ended).1, "turn/start");
    assert_eq!(names(&stage.sleep(10 * MINUTE)), Vec::<String>::new());
    stage.answered(&ended, json!({ "turn": { "id": "v" } }));
    // Its turn has not said that it began, and goes on all the same.
    assert_eq!(names(&stage.sleep(10 * MINUTE)), Vec::<String>::new());
    let last =
        json!({ "threadId": "t", "turn": { "id": "v", "items": [], "status": "completed" } });
    stage.note("turn/completed", last);
    assert_eq!(names(&stage.sleep(MINUTE)), ["quit"]);
}

#[test]
fn the_app_server_rests_before_an_editor_that_wants_none() {
    let mut stage = shared();
    let note = json!({ "trusted": false });
    let method = "outrigger/session/update".to_owned();
    let update = Incoming::Notification { method, params: note };
    stage.step(EventKind::Incoming(ONE, update));
    assert_eq!(names(&stage.sleep(4 * MINUTE)), Vec::<String>::new());
    assert_eq!(names(&stage.sleep(MINUTE)), ["codex stop"]);
    assert_eq!(names(&stage.sleep(60 * MINUTE)), Vec::<String>::new());
    stage.connect(2, "two", json!({ "events": ["*"] }));
    assert!(stage.world.server.is_wanted());
}

#[test]
fn a_newer_build_takes_over_as_soon_as_nobody_needs_the_older() {
    let mut stage = shared();
    stage.step(EventKind::Opened(TWO, Origin { newer_build: true, ..Origin::default() }));
    assert_eq!(names(&stage.leave(TWO)), Vec::<String>::new());
    assert_eq!(names(&stage.leave(ONE)), ["quit"]);
}

#[test]
fn a_thread_that_nobody_follows_is_let_go_and_one_that_works_is_not() {
    let mut stage = shared();
    stage.connect(2, "two", json!({ "events": ["*"] }));
    stage.open_thread(ONE);
    stage.note("turn/started", turn("inProgress"));
    stage.leave(ONE);
    assert_eq!(names(&stage.sleep(60 * MINUTE)), Vec::<String>::new());
    stage.note("turn/completed", turn("completed"));
    assert_eq!(names(&stage.sleep(29 * MINUTE)), Vec::<String>::new());
    assert_eq!(names(&stage.sleep(MINUTE)), ["codex request thread/unsubscribe"]);
    assert_eq!(names(&stage.sleep(60 * MINUTE)), Vec::<String>::new());
}

#[test]
fn who_only_looks_keeps_nothing_and_starts_nothing() {
    let mut stage = Stage::new();
    stage.world.daemon = Some(Daemon::new(7));
    stage.connect(1, "outrigger approvals", json!({ "events": ["approval"], "observer": true }));
    assert!(!stage.world.server.is_wanted());
    assert_eq!(names(&stage.sleep(MINUTE)), ["quit"]);
}

#[test]
fn who_only_looks_decides_like_an_editor() {
    let mut stage = shared();
    stage.open_thread(ONE);
    stage.ask_command(0);
    stage.connect(2, "outrigger approvals", json!({ "events": ["approval"], "observer": true }));
    let decision = json!({ "approvalId": "1.1:0", "decision": "accept" });
    let (_, effects) = stage.request(TWO, "outrigger/approval/decide", decision);
    assert!(names(&effects).contains(&"codex 1 respond 0".to_owned()), "{:?}", names(&effects));
    assert_eq!(names(&stage.leave(ONE)), Vec::<String>::new());
}
