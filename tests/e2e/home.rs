//! One process owns the state of a `CODEX_HOME`.

use outrigger_tests::Workspace;
use serde_json::json;

#[test]
fn a_second_outrigger_is_refused_and_told_the_first() {
    let workspace = Workspace::empty();
    let first = workspace.editor().overlook("codex/", "only the lock matters").launch();
    let second = workspace.editor().spawn();
    assert_eq!(
        second.initialize().unwrap_err(),
        json!({
            "code": -32000,
            "message": "Another Outrigger already serves this CODEX_HOME.",
            "data": {
                "kind": "alreadyRunning",
                "hint": "Close the other editor, or give this one a CODEX_HOME of its own.",
                "pid": first.pid(),
            },
        })
    );
    assert_eq!(second.processes().len(), 1, "it started something: {:?}", second.processes());

    // The lock goes with its owner: the same process may try again.
    assert_eq!(first.leave(), Some(0));
    second.initialize().unwrap();
    assert_eq!(second.play(&second.start_thread(), "[[msg:mine now]]"), "completed");
    second.rest("codex/");
}

#[test]
fn the_lock_of_a_killed_process_is_free() {
    let workspace = Workspace::empty();
    let first = workspace.editor().overlook("codex/", "only the lock matters").launch();
    first.kill();
    first.exit_status();
    let second = workspace.editor().overlook("codex/", "only the lock matters").launch();
    assert_eq!(second.call("outrigger/approval/list", json!({})), json!({ "approvals": [] }));
}

#[test]
fn another_codex_home_is_another_lock() {
    let (one, two) = (Workspace::empty(), Workspace::empty());
    let state = one.beside("outrigger").to_str().unwrap().to_owned();
    let first = one.editor().overlook("codex/", "only the lock matters").launch();
    let second = two.editor().env("OUTRIGGER_HOME", state).overlook("codex/", "as above").launch();
    for editor in [&first, &second] {
        assert_eq!(editor.call("outrigger/approval/list", json!({})), json!({ "approvals": [] }));
    }
}
