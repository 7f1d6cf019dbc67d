//! Faults of an app-server that runs.

use std::time::Duration;

use outrigger::codex::link::{Command, Event};
use outrigger::codex::options::{Options, Timing};
use outrigger::protocol::app_server::{AppServerErrorKind, AppServerState, AppServerStatus};
use outrigger::protocol::{Raw, RpcId};
use serde_json::json;

use super::bench::{Bench, timing};

#[tokio::test]
async fn garbage_is_told_and_what_follows_is_read() {
    let mut bench = Bench::fake(&json!([
        {"handshake": "0.169.0"},
        {"raw": "hello\n\n{\"method\":\n[]\n"},
        {"send": {"method": "one", "params": {"x": 1}}},
        {"raw": "{\"method\":\"cut"}
    ]));
    bench.start().await;
    assert_eq!(
        bench.told_all(4).await,
        [
            "garbled: not a JSON object: hello",
            "garbled: EOF while parsing a value at line 1 column 10: {\"method\":",
            "garbled: not a JSON object: []",
            "one {\"x\":1}",
        ]
    );
    bench.link.send(Command::Stop);
    assert_eq!(
        bench.told_all(2).await,
        [
            "garbled: EOF while parsing a string at line 1 column 14: {\"method\":\"cut",
            "exited 1: Codex was stopped.",
        ]
    );
}

#[tokio::test]
async fn a_line_of_fifty_megabytes_passes() {
    let mut bench = Bench::fake(&json!([
        {"handshake": "0.169.0"},
        {"big": 50_000_000},
        {"send": {"method": "after"}}
    ]));
    bench.start().await;
    assert_eq!(bench.told_all(2).await, ["fake/big of 50000002 bytes", "after null"]);
}

#[tokio::test]
async fn responses_keep_their_place_among_the_rest_and_the_second_answer_is_dropped() {
    let mut bench = Bench::fake(&json!([
        {"handshake": "0.169.0"},
        {"expect": "thread/read"},
        {"send": {"method": "before"}},
        {"reply": {"n": 1}},
        {"reply": {"n": 2}},
        {"send": {"id": 0, "method": "ask", "params": {}}},
        {"send": {"id": "7", "result": {}}},
        {"send": {"id": 99, "result": {}}},
        {"send": {"method": "after"}}
    ]));
    bench.start().await;
    bench.ask(70, "thread/read");
    assert_eq!(
        bench.told_all(4).await,
        ["before null", "70 thread/read: {\"n\":1}", "0 asks ask {}", "after null"]
    );
}

#[tokio::test]
async fn an_answer_reaches_the_process_that_asked_with_its_id_as_it_was_and_no_other() {
    let ask = json!([
        {"handshake": "0.169.0"},
        {"send": {"id": 0, "method": "ask"}},
        {"send": {"id": "0", "method": "ask"}},
        {"expect": "go"},
        {"exit": 1}
    ]);
    let mut bench = Bench::fake(&json!({"starts": [ask, [
        {"handshake": "0.169.0"},
        {"send": {"id": 0, "method": "ask"}},
        {"drain": true}
    ]]}));
    let first = bench.start().await;
    let respond =
        |epoch, id| Command::Respond { epoch, id, result: Ok(Raw::of(&json!({"by": epoch}))) };
    bench.link.send(respond(first, RpcId::Text("0".into())));
    bench.link.send(Command::Notify { method: "go".into(), params: Raw::null() });
    let second = bench.initialized().await;
    assert_eq!((first, second), (1, 2));
    bench.link.send(respond(first, RpcId::Number(0)));
    bench.link.send(respond(second, RpcId::Number(0)));
    bench.link.send(Command::Stop);
    while !matches!(bench.event().await, Event::Exited { epoch: 2, .. }) {}
    assert_eq!(
        bench.log(),
        [
            "{\"id\":\"0\",\"result\":{\"by\":1}}",
            "{\"method\":\"go\"}",
            "{\"id\":0,\"result\":{\"by\":2}}",
        ]
    );
}

#[tokio::test]
async fn a_request_that_is_never_answered_runs_out_of_time() {
    let mut bench = Bench::fake(&json!([{"handshake": "0.169.0"}, {"drain": true}]));
    bench.start().await;
    bench.ask_for(70, "turn/start", Some(Duration::from_millis(30)));
    assert_eq!(bench.told().await, ["70 turn/start failed: appServerTimeout"]);
}

#[tokio::test]
async fn a_read_is_tried_again_through_a_storm_of_refusals_and_a_turn_is_not() {
    let refusal = json!({"error": {"code": -32001, "message": "Server overloaded; retry later."}});
    let mut bench = Bench::fake_with(
        &json!([
            {"handshake": "0.169.0"},
            {"expect": "turn/start"}, refusal,
            {"expect": "thread/read"}, refusal,
            {"expect": "thread/read"}, refusal,
            {"expect": "thread/read"}, {"reply": {"n": 1}}
        ]),
        |options| options.limits.retry_after = Duration::from_millis(1),
    );
    bench.start().await;
    bench.ask(70, "turn/start");
    assert_eq!(bench.told().await, ["70 turn/start failed: -32001"]);
    bench.ask(71, "thread/read");
    assert_eq!(bench.told().await, ["71 thread/read: {\"n\":1}"]);
}

#[tokio::test]
async fn at_most_64_requests_are_in_flight_and_every_one_is_answered() {
    let mut bench = Bench::fake(&json!([{"handshake": "0.169.0"}, {"hold": "go"}, {"serve": {}}]));
    bench.start().await;
    for token in 0..640 {
        bench.ask(token, "turn/start");
    }
    let refused: Vec<String> =
        (576..640).map(|token| format!("{token} turn/start failed: overloaded")).collect();
    assert_eq!(bench.told_all(64).await, refused);
    bench.link.send(Command::Notify { method: "go".into(), params: Raw::null() });
    let answered: Vec<String> = (0..576).map(|token| format!("{token} turn/start: {{}}")).collect();
    assert_eq!(bench.told_all(576).await, answered);
    let before = bench.log().iter().position(|line| line.contains("go"));
    assert_eq!(before, Some(64));
}

#[tokio::test]
async fn when_it_dies_every_open_request_is_answered_before_its_exit_is_told() {
    let mut bench = Bench::fake(&json!([
        {"handshake": "0.169.0"},
        {"expect": "turn/start"},
        {"flood": 2000},
        {"exit": 3}
    ]));
    bench.start().await;
    bench.ask(70, "thread/read");
    bench.ask(71, "turn/start");
    let mut told = bench.told_all(2003).await;
    let end = told.split_off(2000);
    let flood: Vec<String> = (0..2000).map(|n| format!("fake/flood {{\"n\":{n}}}")).collect();
    assert_eq!(told, flood);
    assert_eq!(
        end,
        [
            "70 thread/read failed: appServerDown",
            "71 turn/start failed: appServerDown",
            "exited 1: Codex ended (exit code 3).",
        ]
    );
}

#[tokio::test]
async fn without_a_process_a_request_is_given_back_at_once() {
    let mut bench = Bench::fake(&json!([]));
    bench.ask(70, "thread/read");
    assert_eq!(bench.told().await, ["70 thread/read unsent"]);
}

#[tokio::test]
async fn a_forgotten_request_is_answered_to_nobody() {
    let mut bench = Bench::fake(&json!([
        {"handshake": "0.169.0"},
        {"expect": "thread/read"},
        {"expect": "go"},
        {"send": {"id": 1, "result": {}}},
        {"send": {"method": "after"}}
    ]));
    bench.start().await;
    bench.ask(70, "thread/read");
    bench.link.send(Command::Forget { token: 70 });
    bench.link.send(Command::Notify { method: "go".into(), params: Raw::null() });
    assert_eq!(bench.told().await, ["after null"]);
}

#[tokio::test]
async fn one_that_does_not_read_is_killed_and_started_again() {
    let mut bench = Bench::fake_with(
        &json!({"starts": [
            [{"handshake": "0.169.0"}, {"hang": true}],
            [{"handshake": "0.169.0"}, {"drain": true}]
        ]}),
        |options| options.timing.stdin_stall = Duration::from_millis(100),
    );
    bench.start().await;
    bench.link.send(Command::Request {
        token: 70,
        method: "turn/start".into(),
        params: Raw::of(&"x".repeat(1_000_000)),
        timeout: None,
    });
    assert_eq!(
        bench.told_all(2).await,
        [
            "70 turn/start failed: appServerDown",
            "exited 1: Codex did not read its input for 0 s and was ended.",
        ]
    );
    assert_eq!(bench.initialized().await, 2);
}

#[tokio::test]
async fn a_core_that_does_not_listen_holds_codex_back_and_loses_nothing() {
    let script = json!([
        {"handshake": "0.169.0"},
        {"expect": "go"},
        {"flood": 20_000},
        {"serve": {}}
    ]);
    let mut bench = Bench::fake_with_room(&script, 4, |options| {
        options.timing.stdin_stall = Duration::from_millis(500);
    });
    bench.start().await;
    bench.link.send(Command::Notify { method: "go".into(), params: Raw::null() });
    while bench.events.capacity() > 0 {
        tokio::task::yield_now().await;
    }
    // It cannot write its flood, so it does not come to read this: the core's fault, not its own.
    bench.link.send(Command::Request {
        token: 70,
        method: "thread/read".into(),
        params: Raw::of(&"x".repeat(1_000_000)),
        timeout: None,
    });
    // Far longer than a stall of its own would be suffered.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let mut expected: Vec<String> =
        (0..20_000).map(|n| format!("fake/flood {{\"n\":{n}}}")).collect();
    expected.push("70 thread/read: {}".into());
    assert_eq!(bench.told_all(20_001).await, expected);
}

#[tokio::test]
async fn large_frames_wait_for_the_core_one_by_one() {
    let mut script = vec![json!({"handshake": "0.169.0"})];
    script.resize(9, json!({"big": 2_000_000}));
    let mut bench = Bench::fake(&script.into());
    bench.start().await;
    for _ in 0..8 {
        // Time enough for a link without that bound to let several in.
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert!(bench.events.len() <= 1);
        assert_eq!(bench.told().await, ["fake/big of 2000002 bytes"]);
    }
}

#[tokio::test]
async fn a_crash_loop_ends_until_somebody_asks_for_a_restart() {
    let crash = json!([{"handshake": "0.169.0"}, {"stderr": "out of luck"}, {"exit": 1}]);
    let mut bench = Bench::fake(&json!({"starts": [
        crash, crash, crash, crash, crash, [{"handshake": "0.169.0"}]
    ]}));
    bench.link.send(Command::Start);
    let failed = bench.failure().await;
    let error = failed.last_error.clone().unwrap();
    assert_eq!(error.kind, AppServerErrorKind::CrashLoop);
    assert_eq!(
        error.message,
        "Codex ended 5 times within 3 minutes and is not started again by itself. The last time: Codex ended (exit code 1): out of luck"
    );
    bench.link.send(Command::Start);
    bench.link.send(Command::Restart);
    assert_eq!(
        bench.state().await,
        (AppServerState::Starting, Some(AppServerErrorKind::CrashLoop))
    );
    assert_eq!(bench.initialized().await, 6);
}

#[tokio::test]
async fn a_restart_after_a_crash_is_announced_with_its_time() {
    let mut bench = Bench::fake_with(&json!([{"handshake": "0.169.0"}, {"exit": 1}]), no_restart);
    bench.start().await;
    let AppServerStatus { state, version, attempt, retry_at, .. } = bench.status().await;
    assert_eq!(
        (state, version.as_deref(), attempt),
        (AppServerState::Restarting, Some("0.169.0"), 0)
    );
    // The wall clock of the bench stands still at 1,000,000.
    let most = 1_000_000 + 3_600_000;
    assert!((most - 60_000..=most).contains(&retry_at.unwrap()));
    bench.link.send(Command::Restart);
    assert_eq!(bench.initialized().await, 2);
}

#[tokio::test]
async fn one_that_closes_its_output_and_lives_on_is_ended() {
    let mut bench = Bench::fake_with(
        &json!([{"handshake": "0.169.0"}, {"closeStdout": true}, {"hang": true}]),
        |options| options.timing.closed_output = Duration::from_millis(50),
    );
    bench.start().await;
    assert_eq!(bench.told().await, ["exited 1: Codex closed its output and was ended."]);
}

#[tokio::test]
async fn a_process_left_behind_is_ended_with_its_group() {
    let mut bench = Bench::fake_with(
        &json!([{"handshake": "0.169.0"}, {"spawn": true}, {"exit": 1}]),
        no_restart,
    );
    bench.start().await;
    assert_eq!(bench.told().await, ["exited 1: Codex ended (exit code 1)."]);
    bench.link.send(Command::Stop);
    assert_eq!(bench.state().await.0, AppServerState::Restarting);
    assert_eq!(bench.state().await.0, AppServerState::Stopped);
    assert_eq!(bench.processes(), [0; 0]);
}

#[tokio::test]
async fn shutting_down_ends_one_that_ignores_everything() {
    let mut bench = Bench::fake_with(
        &json!([{"handshake": "0.169.0"}, {"ignoreTerm": true}, {"spawn": true}, {"send": {"method": "on"}}, {"hang": true}]),
        |options| {
            options.timing = Timing {
                close_grace: Duration::from_millis(50),
                terminate_grace: Duration::from_millis(50),
                ..timing()
            }
        },
    );
    bench.start().await;
    assert_eq!(bench.told().await, ["on null"]);
    assert_eq!(bench.processes().len(), 2);
    let directory = bench.directory().to_owned();
    bench.shut_down().await;
    assert_eq!(super::bench::processes_with(&directory), [0; 0]);
}

#[tokio::test]
async fn shutting_down_writes_what_was_answered_before() {
    let mut bench = Bench::fake(
        &json!([{"handshake": "0.169.0"}, {"send": {"id": 0, "method": "ask"}}, {"drain": true}]),
    );
    let epoch = bench.start().await;
    let link = bench.link.clone();
    link.send(Command::Respond { epoch, id: RpcId::Number(0), result: Ok(Raw::of("accept")) });
    link.shutdown().await;
    assert_eq!(bench.log(), ["{\"id\":0,\"result\":\"accept\"}"]);
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_child() {
    let mut bench = Bench::fake(&json!([{"handshake": "0.169.0"}, {"drain": true}]));
    bench.start().await;
    let Bench { link, mut events, .. } = bench;
    drop(link);
    // The sender of events is the last thing to go.
    while events.recv().await.is_some() {}
}

/// The first pause outlasts the test.
fn no_restart(options: &mut Options) {
    options.timing.backoff_first = Duration::from_hours(1);
    options.timing.backoff_most = Duration::from_hours(1);
}
