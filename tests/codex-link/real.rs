//! The real app-server.

use outrigger::codex::link::{Command, Event, Frame};
use outrigger::protocol::Raw;
use outrigger::protocol::app_server::{AppServerErrorKind, AppServerState};
use serde_json::{Value, json};

use super::bench::{Bench, processes_with};

/// No network, no login; the model is never asked.
const SETTINGS: &str = r#"
model = "gpt-5.5"
model_provider = "mock"
approval_policy = "on-request"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false
[model_providers.mock]
name = "mock"
base_url = "http://127.0.0.1:9/v1"
wire_api = "responses"
requires_openai_auth = false
request_max_retries = 0
stream_max_retries = 0
supports_websockets = false
[analytics]
enabled = false
[features]
plugins = false
remote_plugin = false
apps = false
shell_snapshot = false
"#;

impl Bench {
    /// The result of a request, with the methods of the notifications that came before it.
    async fn call(&mut self, token: u64, method: &str, params: &Value) -> (Value, Vec<String>) {
        self.link.send(Command::Request {
            token,
            method: method.into(),
            params: Raw::of(params),
            timeout: Some(outrigger::codex::pending::DEFAULT_TIMEOUT),
        });
        let mut before = Vec::new();
        loop {
            let Event::Frames { frames, .. } = self.event().await else {
                continue;
            };
            for frame in frames {
                match frame {
                    Frame::Response { token: answered, result, .. } if answered == token => {
                        return (result.unwrap().decode().unwrap(), before);
                    }
                    Frame::Notification { method, .. } => before.push(method.to_string()),
                    _ => {}
                }
            }
        }
    }
}

#[tokio::test]
async fn it_is_started_asked_and_ended_without_a_trace() {
    let mut bench = Bench::real(SETTINGS);
    bench.link.send(Command::Start);
    assert_eq!(bench.state().await, (AppServerState::Starting, None));
    let Event::Initialized { epoch, version, result } = bench.event().await else {
        panic!("it was to be initialized");
    };
    assert_eq!(epoch, 1);
    let result: Value = result.decode().unwrap();
    let agent = result["userAgent"].as_str().unwrap();
    assert!(agent.starts_with(&format!("outrigger/{version} ")), "{agent}");

    let cwd = bench.directory().to_owned();
    let (started, _) = bench.call(70, "thread/start", &json!({"cwd": cwd})).await;
    assert_eq!(started["thread"]["cwd"], json!(cwd));
    let (read, _) =
        bench.call(71, "thread/read", &json!({"threadId": started["thread"]["id"]})).await;
    assert_eq!(read["thread"]["id"], started["thread"]["id"]);

    assert_eq!(bench.processes().len(), 1);
    bench.shut_down().await;
    assert_eq!(processes_with(&cwd), [0; 0]);
}

#[tokio::test]
async fn killed_it_is_told_and_started_again_under_a_new_epoch() {
    let mut bench = Bench::real(SETTINGS);
    assert_eq!(bench.start().await, 1);
    for pid in bench.processes() {
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }
    // Whatever it still had to say comes before its end.
    let error = loop {
        match bench.event().await {
            Event::Exited { epoch: 1, error } => break error,
            Event::Frames { epoch: 1, .. } => {}
            other => panic!("{other:?} before the exit"),
        }
    };
    assert_eq!(error.kind, AppServerErrorKind::Exited);
    assert!(error.message.starts_with("Codex ended (signal 9)"), "{}", error.message);
    assert_eq!(bench.state().await, (AppServerState::Restarting, Some(AppServerErrorKind::Exited)));
    assert_eq!(bench.initialized().await, 2);
    let (listed, _) = bench.call(70, "thread/loaded/list", &json!({})).await;
    assert_eq!(listed["data"], json!([]));
    let directory = bench.directory().to_owned();
    bench.shut_down().await;
    assert_eq!(processes_with(&directory), [0; 0]);
}

#[tokio::test]
async fn a_setting_that_is_gone_is_told_in_its_own_words_with_the_remedy() {
    let mut bench = Bench::real(&format!(
        "approval_policy = \"untrusted\"\n{}",
        SETTINGS.replace("approval_policy", "# ")
    ));
    bench.link.send(Command::Start);
    let failed = bench.failure().await;
    let error = failed.last_error.unwrap();
    assert_eq!((error.kind, failed.attempt), (AppServerErrorKind::ExitedAtStart, 1));
    let words = "approval_policy = \"untrusted\" is no longer supported; remove this setting";
    assert!(error.message.contains(words), "{}", error.message);
    let config = bench.directory().join("codex-home/config.toml");
    assert_eq!(
        error.hint.unwrap(),
        format!("Remove the line `approval_policy = \"untrusted\"` from {}.", config.display())
    );
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_is_warned_of_once_it_runs() {
    let mut bench = Bench::real("model = [");
    bench.start().await;
    let first = bench.told().await.remove(0);
    assert!(first.starts_with("configWarning "), "{first}");
    bench.shut_down().await;
}

#[tokio::test]
async fn many_reads_at_once_are_all_answered() {
    let mut bench = Bench::real(SETTINGS);
    bench.start().await;
    for token in 0..500 {
        bench.link.send(Command::Request {
            token,
            method: "thread/loaded/list".into(),
            params: Raw::of(&json!({})),
            timeout: Some(outrigger::codex::pending::DEFAULT_TIMEOUT),
        });
    }
    let mut answered = Vec::new();
    while answered.len() < 500 {
        if let Event::Frames { frames, .. } = bench.event().await {
            answered.extend(frames.into_iter().filter_map(|frame| match frame {
                Frame::Response { token, result, .. } => Some((token, result.is_ok())),
                _ => None,
            }));
        }
    }
    answered.sort_unstable();
    let expected: Vec<(u64, bool)> = (0..500).map(|token| (token, true)).collect();
    assert_eq!(answered, expected);
    bench.shut_down().await;
}
