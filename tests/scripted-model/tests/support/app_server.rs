//! The real `codex app-server`, driven over its stdio.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// A message that has not come after this long will not come.
const PATIENCE: Duration = Duration::from_mins(1);

/// An app-server with a home of its own; it is killed when dropped.
pub struct AppServer {
    _process: Child,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    requests: u64,
}

/// What a client sees of one turn.
#[derive(Debug, PartialEq)]
pub struct Turn {
    /// The approvals that were asked for, by method.
    pub asked: Vec<String>,
    /// The completed items, in order: `type status text-or-command`.
    pub items: Vec<String>,
    pub status: String,
}

impl AppServer {
    /// Starts the binary of the installed npm package, or the one that `CODEX_BIN` names.
    pub async fn start(codex_home: &Path) -> Self {
        let mut process = Command::new(binary())
            .arg("app-server")
            .env("CODEX_HOME", codex_home)
            .env("HOME", codex_home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdin = process.stdin.take().unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut server = Self { _process: process, stdin, stdout, requests: 0 };
        let client = json!({ "clientInfo": { "name": "scripted-model-tests", "version": "1" } });
        server.request("initialize", &client).await;
        server
    }

    /// Starts a thread that asks before everything; returns its id.
    pub async fn thread(&mut self, cwd: &Path) -> String {
        let params = json!({ "cwd": cwd, "approvalPolicy": "untrusted" });
        let started = self.request("thread/start", &params).await;
        started["thread"]["id"].as_str().unwrap().to_owned()
    }

    /// Plays a turn to its end and answers every approval with this decision.
    pub async fn turn(&mut self, thread: &str, prompt: &str, decision: &str) -> Turn {
        let input = json!([{ "type": "text", "text": prompt }]);
        self.request("turn/start", &json!({ "threadId": thread, "input": input })).await;
        let mut turn = Turn { asked: Vec::new(), items: Vec::new(), status: String::new() };
        loop {
            let message = self.receive().await;
            let method = message["method"].as_str().unwrap_or_default();
            if let Some(id) = message.get("id") {
                turn.asked.push(method.to_owned());
                self.send(&json!({ "id": id, "result": { "decision": decision } })).await;
            } else if method == "item/completed" {
                turn.items.push(summary(&message["params"]["item"]));
            } else if method == "turn/completed" {
                turn.status = message["params"]["turn"]["status"].as_str().unwrap().to_owned();
                return turn;
            }
        }
    }

    async fn request(&mut self, method: &str, params: &Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({ "id": id, "method": method, "params": params })).await;
        loop {
            let message = self.receive().await;
            if message["id"] == id && message.get("method").is_none() {
                assert_eq!(message.get("error"), None, "{method}");
                return message["result"].clone();
            }
        }
    }

    async fn send(&mut self, message: &Value) {
        self.stdin.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    async fn receive(&mut self) -> Value {
        let line = timeout(PATIENCE, self.stdout.next_line()).await.expect("codex says nothing");
        serde_json::from_str(&line.unwrap().expect("codex ended")).unwrap()
    }
}

fn summary(item: &Value) -> String {
    let words =
        ["type", "status", "text", "command"].map(|field| item[field].as_str().unwrap_or(""));
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("CODEX_BIN") {
        return path.into();
    }
    let packages = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|dir| dir.join("node_modules/@openai"));
    let name = format!("codex{}", std::env::consts::EXE_SUFFIX);
    packages
        .flat_map(|packages| folders(&packages))
        .flat_map(|package| folders(&package.join("vendor")))
        .map(|target| target.join("bin").join(&name))
        .find(|path| path.is_file())
        .expect("no codex: run `npm install --ignore-scripts`, or set CODEX_BIN")
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}
