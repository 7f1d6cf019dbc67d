//! A link with everything it is tried on, and the words to tell a story with it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use outrigger::codex::link::{Command, Event, Frame, Link};
use outrigger::codex::locate::Search;
use outrigger::codex::options::{Options, Timing};
use outrigger::protocol::app_server::{AppServerErrorKind, AppServerState, AppServerStatus};
use outrigger::protocol::{Raw, RpcError};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc;

/// No event of a healthy test takes this long, not even on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Batches that wait for the core, as in the product.
const ROOM: usize = 256;

pub struct Bench {
    pub link: Link,
    pub events: mpsc::Receiver<Event>,
    directory: TempDir,
}

/// Short where a test waits for the delay to pass, long where it must not.
pub fn timing() -> Timing {
    Timing {
        backoff_first: Duration::from_millis(20),
        close_grace: Duration::from_secs(20),
        terminate_grace: Duration::from_secs(20),
        ..Timing::default()
    }
}

impl Bench {
    /// A link to a fake that plays `script`.
    pub fn fake(script: &Value) -> Self {
        Self::fake_with(script, |_| {})
    }

    pub fn fake_with(script: &Value, set: impl FnOnce(&mut Options)) -> Self {
        Self::fake_with_room(script, ROOM, set)
    }

    /// A link that may be `room` batches ahead of the core.
    pub fn fake_with_room(script: &Value, room: usize, set: impl FnOnce(&mut Options)) -> Self {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("script");
        std::fs::write(&file, script.to_string()).unwrap();
        let mut options = options(env!("CARGO_BIN_EXE_fake-codex").into());
        options.env = vec![
            ("FAKE_CODEX_SCRIPT".into(), file.into()),
            ("CODEX_HOME".into(), "/home/kim/.codex".into()),
        ];
        set(&mut options);
        Self::new(options, room, directory)
    }

    /// A link to the real app-server in a home of its own, with `settings` in its `config.toml`.
    pub fn real(settings: &str) -> Self {
        let directory = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let home = directory.path().join("codex-home");
        std::fs::create_dir(&home).unwrap();
        std::fs::write(home.join("config.toml"), settings).unwrap();
        let mut options = options(real_codex());
        options.env = vec![
            ("CODEX_HOME".into(), OsString::from(&home)),
            ("HOME".into(), OsString::from(directory.path())),
        ];
        options.cwd = Some(directory.path().to_owned());
        Self::new(options, ROOM, directory)
    }

    fn new(options: Options, room: usize, directory: TempDir) -> Self {
        let (sender, events) = mpsc::channel(room);
        let link = Link::spawn(options, sender).unwrap();
        Self { link, events, directory }
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub async fn event(&mut self) -> Event {
        tokio::time::timeout(PATIENCE, self.events.recv())
            .await
            .expect("no event came")
            .expect("the link ended")
    }

    /// Starts it and returns its epoch when it may be asked.
    pub async fn start(&mut self) -> u32 {
        self.link.send(Command::Start);
        self.initialized().await
    }

    /// The epoch of the next process that may be asked.
    pub async fn initialized(&mut self) -> u32 {
        loop {
            if let Event::Initialized { epoch, .. } = self.event().await {
                return epoch;
            }
        }
    }

    /// The next status: its state, with the kind of its last error.
    pub async fn state(&mut self) -> (AppServerState, Option<AppServerErrorKind>) {
        let status = self.status().await;
        (status.state, status.last_error.map(|error| error.kind))
    }

    pub async fn status(&mut self) -> AppServerStatus {
        loop {
            if let Event::Status(status) = self.event().await {
                return status;
            }
        }
    }

    /// The next status that is `failed`.
    pub async fn failure(&mut self) -> AppServerStatus {
        loop {
            let status = self.status().await;
            if status.state == AppServerState::Failed {
                return status;
            }
        }
    }

    /// The next frames, as short texts.
    pub async fn told(&mut self) -> Vec<String> {
        loop {
            match self.event().await {
                Event::Frames { frames, .. } => return frames.iter().map(short).collect(),
                Event::Exited { epoch, error } => {
                    return vec![format!("exited {epoch}: {}", error.message)];
                }
                Event::Status(_) | Event::Initialized { .. } => {}
            }
        }
    }

    /// The next `count` frames, however they come.
    pub async fn told_all(&mut self, count: usize) -> Vec<String> {
        let mut told = Vec::new();
        while told.len() < count {
            told.extend(self.told().await);
        }
        told
    }

    pub fn ask(&self, token: u64, method: &str) {
        self.ask_for(token, method, Some(PATIENCE));
    }

    pub fn ask_for(&self, token: u64, method: &str, timeout: Option<Duration>) {
        self.link.send(Command::Request {
            token,
            method: method.into(),
            params: Raw::null(),
            timeout,
        });
    }

    /// What the fake has read, but for the handshake.
    pub fn log(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.directory().join("script.log")).unwrap();
        log.lines().filter(|line| !line.contains("\"initialize")).map(str::to_owned).collect()
    }

    /// Ends the link.
    pub async fn shut_down(self) {
        tokio::time::timeout(PATIENCE, self.link.shutdown()).await.expect("it did not end");
    }

    /// The processes of this test: those with its directory in their environment.
    pub fn processes(&self) -> Vec<i32> {
        processes_with(self.directory())
    }
}

fn options(program: PathBuf) -> Options {
    let search = Search { path: Some(program), ..Search::default() };
    Options {
        timing: timing(),
        jitter: Arc::new(|most| most),
        wall_clock: Arc::new(|| 1_000_000),
        ..Options::new(search)
    }
}

fn short(frame: &Frame) -> String {
    match frame {
        Frame::Notification { method, params } if params.len() > 200 => {
            format!("{method} of {} bytes", params.len())
        }
        Frame::Notification { method, params } => format!("{method} {params:?}"),
        Frame::Request { id, method, params } => format!("{id} asks {method} {params:?}"),
        Frame::Response { token, method, result, .. } => match result {
            Ok(result) => format!("{token} {method}: {result:?}"),
            Err(error) => format!("{token} {method} failed: {}", kind(error)),
        },
        Frame::Unsent { token, method, .. } => format!("{token} {method} unsent"),
        Frame::Garbled { message } => format!("garbled: {message}"),
    }
}

/// The kind that this room gave an error, or else its code.
fn kind(error: &RpcError) -> String {
    let kind = error.data.as_ref().and_then(|data| data["kind"].as_str());
    kind.map_or_else(|| error.code.to_string(), str::to_owned)
}

/// `CODEX_BIN`, or the native binary among the npm packages of this repository.
fn real_codex() -> PathBuf {
    if let Some(program) = std::env::var_os("CODEX_BIN") {
        return program.into();
    }
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|directory| directory.join("node_modules/@openai/codex/bin/codex.js"))
        .find(|launcher| launcher.is_file())
        .expect("codex is among the npm packages: run `npm ci`")
}

/// The living processes that were started with `directory` in their environment.
pub fn processes_with(directory: &Path) -> Vec<i32> {
    let needle = directory.to_str().unwrap();
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            // A process that has ended has no environment any more.
            let environment = std::fs::read(entry.path().join("environ")).ok()?;
            String::from_utf8_lossy(&environment).contains(needle).then_some(pid)
        })
        .collect()
}
