//! Faults of an app-server that starts.

use std::time::Duration;

use outrigger::codex::link::{Command, Event};
use outrigger::codex::locate::Search;
use outrigger::protocol::app_server::{AppServerError, AppServerErrorKind, AppServerState};
use serde_json::json;

use super::bench::Bench;

use AppServerErrorKind::{CliMissing, ExitedAtStart, NoAnswer, VersionTooOld};
use AppServerState::{Failed, Restarting, Starting};

#[tokio::test]
async fn it_says_who_it_is_and_hears_who_answers() {
    let mut bench = Bench::fake(&json!([{"handshake": "0.170.0-alpha.2"}]));
    bench.link.send(Command::Start);
    assert_eq!(bench.state().await, (Starting, None));
    let Event::Initialized { epoch, version, .. } = bench.event().await else {
        panic!("it was to be initialized");
    };
    assert_eq!((epoch, version.as_str()), (1, "0.170.0-alpha.2"));
    let log = std::fs::read_to_string(bench.directory().join("script.log")).unwrap();
    let sent: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        sent[0],
        json!({"id": 0, "method": "initialize", "params": {
            "clientInfo": {"name": "outrigger", "title": "Outrigger", "version": env!("CARGO_PKG_VERSION")},
            "capabilities": {"experimentalApi": true}
        }})
    );
}

#[tokio::test]
async fn one_that_exits_at_once_is_tried_once_more_and_quoted() {
    let mut bench = Bench::fake(&json!([
        {"stderr": "WARN something"},
        {"stderr": "Error: no such luck"},
        {"exit": 1}
    ]));
    bench.link.send(Command::Start);
    assert_eq!(bench.state().await, (Starting, None));
    assert_eq!(bench.state().await, (Restarting, Some(ExitedAtStart)));
    assert_eq!(bench.state().await, (Starting, Some(ExitedAtStart)));
    let failed = bench.status().await;
    assert_eq!((failed.state, failed.attempt), (Failed, 2));
    assert_eq!(
        failed.last_error,
        Some(AppServerError {
            kind: ExitedAtStart,
            message: "Codex ended before it was ready (exit code 1): Error: no such luck".into(),
            hint: None,
        })
    );
}

#[tokio::test]
async fn a_known_complaint_about_the_configuration_comes_with_its_remedy() {
    let mut bench = Bench::fake(&json!([
        {"stderr": "Error: approval_policy = \"untrusted\" is no longer supported; remove this setting"},
        {"exit": 1}
    ]));
    bench.link.send(Command::Start);
    let failed = bench.failure().await;
    assert_eq!(failed.attempt, 1);
    assert_eq!(
        failed.last_error.unwrap().hint.unwrap(),
        "Remove the line `approval_policy = \"untrusted\"` from /home/kim/.codex/config.toml."
    );
}

#[tokio::test]
async fn one_that_never_answers_is_killed_and_tried_once_more() {
    let mut bench = Bench::fake_with(&json!([{"hang": true}]), |options| {
        options.timing.handshake = Duration::from_millis(100);
    });
    bench.link.send(Command::Start);
    assert_eq!(bench.state().await, (Starting, None));
    assert_eq!(bench.state().await, (Restarting, Some(NoAnswer)));
    assert_eq!(bench.state().await, (Starting, Some(NoAnswer)));
    assert_eq!(bench.state().await, (Failed, Some(NoAnswer)));
    assert_eq!(bench.processes(), [0; 0]);
}

#[tokio::test]
async fn an_old_version_is_refused_before_the_core_hears_of_it() {
    let mut bench = Bench::fake(
        &json!([{"expect": "initialize"}, {"reply": {"userAgent": "outrigger/0.159.0 (x)"}}, {"send": {"method": "unheard"}}]),
    );
    bench.link.send(Command::Start);
    assert_eq!(bench.state().await, (Starting, None));
    let error = AppServerError {
        kind: VersionTooOld,
        message: "Codex 0.159.0 is too old: Outrigger needs 0.160.0 or newer.".into(),
        hint: Some("Run `npm install -g @openai/codex`.".into()),
    };
    assert_eq!(bench.event().await, Event::Exited { epoch: 1, error: error.clone() });
    assert_eq!(bench.status().await.last_error, Some(error));
}

#[tokio::test]
async fn one_that_refuses_to_begin_is_quoted() {
    let mut bench = Bench::fake(
        &json!([{"expect": "initialize"}, {"error": {"code": 1, "message": "not today"}}]),
    );
    bench.link.send(Command::Start);
    let error = bench.failure().await.last_error.unwrap();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (NoAnswer, "Codex refused to start a session: not today")
    );
}

#[tokio::test]
async fn what_is_not_there_is_found_when_the_setting_is_mended() {
    let mut bench = Bench::fake_with(&json!([{"handshake": "0.169.0"}]), |options| {
        options.search.path = Some("/nowhere/codex".into());
    });
    bench.link.send(Command::Start);
    assert_eq!(bench.state().await, (Starting, None));
    assert_eq!(bench.state().await, (Failed, Some(CliMissing)));
    bench.link.send(Command::Reconfigure(Search {
        path: Some(env!("CARGO_BIN_EXE_fake-codex").into()),
        ..Search::default()
    }));
    assert_eq!(bench.initialized().await, 2);
}
