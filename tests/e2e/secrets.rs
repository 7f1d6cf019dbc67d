//! What is secret in the environment reaches no log.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::Stdio,
};

use outrigger_tests::{Workspace, frame, programs};
use serde_json::{Value, json};

/// Ten kilobytes that a note with wrong params brings into the log, with the secret in them over and over.
#[test]
fn a_secret_of_the_environment_never_reaches_stderr() {
    let workspace = Workspace::empty();
    let canary = format!("canary/{}+{}", std::process::id(), "yellow".repeat(3));
    let mut child = workspace
        .command(programs::outrigger())
        .args(["--stdio", "--solo"])
        .env("CANARY_TOKEN", &canary)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut say = |message: Value| stdin.write_all(&frame(&message)).unwrap();
    // Nothing is started for a session that is not trusted.
    let params = json!({ "capabilities": {}, "initializationOptions": { "trusted": false } });
    say(json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params }));
    let mut answered = BufReader::new(child.stdout.take().unwrap());
    answered.read_line(&mut String::new()).unwrap();

    let text = format!("{canary} and ").repeat(10_240 / canary.len());
    for params in [json!({ "trusted": text }), json!({ "events": canary })] {
        say(json!({ "jsonrpc": "2.0", "method": "outrigger/session/update", "params": params }));
    }
    drop(stdin);
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    child.wait().unwrap();
    assert!(log.contains("[REDACTED:known:"), "the params were not logged: {log}");
    assert!(!log.contains("yellow"), "{log}");
}
