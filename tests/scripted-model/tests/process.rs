//! The binary: what it prints, what it writes, and that it ends when it should.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helping functions too")]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A running `scripted-model`; it is killed if a test fails.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(arguments: &[&str]) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scripted-model"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Process(command.spawn().unwrap())
}

#[test]
fn it_says_where_it_listens_and_ends_with_its_stdin() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let mut process =
        start(&["--story", "--exit-on-stdin-eof", "--write-codex-home", home.to_str().unwrap()]);
    let mut stdout = BufReader::new(process.0.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    let base_url = line["baseUrl"].as_str().unwrap();
    let config = std::fs::read_to_string(home.join("config.toml")).unwrap();
    assert!(config.contains(&format!("base_url = \"{base_url}\"\n")), "{config}");
    assert!(config.contains("sandbox_mode = \"workspace-write\"\n"), "{config}");

    drop(process.0.stdin.take());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!((process.0.wait().unwrap().code(), rest.as_str()), (Some(0), ""));
}

#[cfg(unix)]
#[test]
fn it_ends_when_terminated() {
    let mut process = start(&[]);
    let mut line = String::new();
    BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let pid = process.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(process.0.wait().unwrap().code(), Some(0));
}

#[test]
fn it_refuses_what_it_does_not_know() {
    let mut process = start(&["--storey"]);
    let mut stderr = String::new();
    process.0.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(process.0.wait().unwrap().code(), Some(1));
    assert_eq!(stderr.lines().next(), Some("scripted-model: invalid option '--storey'"));
}
