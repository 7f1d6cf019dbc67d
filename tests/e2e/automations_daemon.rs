//! Automations while no editor is open: the daemon that starts by itself, and how it comes to start at login.

use outrigger_tests::{Workspace, processes};
use serde_json::json;

use crate::automations::{asked, create, ended, runs, soon, window};

#[test]
fn a_daemon_that_starts_with_no_editor_fires_what_comes_due_and_what_was_missed() {
    let workspace = Workspace::empty();
    let editor = window(&workspace, "Before").launch();
    let (due, rrule) = soon();
    let said =
        json!({ "rrule": format!("{rrule};COUNT=1"), "prompt": "Missed [[msg:Caught up.]]" });
    let missed = create(&editor, said);
    assert_eq!(editor.leave(), Some(0));
    workspace.daemon(&["stop"]);
    processes::until(|| outrigger_tests::schedule::now() > due);
    let (program, told) = (workspace.beside("notify"), workspace.beside("told"));
    workspace.write("../notify", &format!("#!/bin/sh\necho \"$1: $2\" >> {}\n", told.display()));
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .unwrap();
    let settings = json!({ "notices.program": program });
    std::fs::write(workspace.beside("outrigger/settings.json"), settings.to_string()).unwrap();

    assert!(workspace.daemon(&["start"]).status.success());
    // Nobody is there but the model.
    processes::until(|| asked(&workspace, "Missed") == 1);
    processes::until(|| {
        let told = std::fs::read_to_string(&told).unwrap_or_default();
        told == "Outrigger: Look is done.\n"
    });
    let again = workspace.daemon(&["start"]);
    assert!(again.status.success(), "a daemon that runs is as good as one that was started");

    let editor = window(&workspace, "After").launch();
    let over = |run: &serde_json::Value| !run["finishedAt"].is_null();
    editor.until(|editor| runs(editor, &missed).iter().all(over), |_| {});
    let all = runs(&editor, &missed);
    assert_eq!(
        (all.len(), &all[0]["scheduledFor"], &all[0]["status"], &all[0]["summary"]),
        (1, &json!(due), &json!("PENDING_REVIEW"), &json!("Caught up."))
    );
    let (due, rrule) = soon();
    let said = json!({ "name": "Next", "rrule": format!("{rrule};COUNT=1"), "prompt": "Next [[msg:Done.]]" });
    let next = create(&editor, said);
    assert_eq!(editor.leave(), Some(0));
    workspace.daemon(&["stop"]);
    assert!(workspace.daemon(&["start"]).status.success());
    processes::until(|| asked(&workspace, "Next") == 1);
    let editor = window(&workspace, "Last").launch();
    let run = match runs(&editor, &next).pop() {
        Some(run) if over(&run) => run,
        _ => ended(&editor, &next),
    };
    assert_eq!((&run["scheduledFor"], &run["status"]), (&json!(due), &json!("PENDING_REVIEW")));
    assert_eq!(asked(&workspace, "Missed") + asked(&workspace, "Next"), 2);
}

#[test]
fn the_daemon_is_installed_once_to_start_at_login_and_taken_away_again() {
    let workspace = Workspace::empty();
    let config = workspace.beside("config");
    let said = |arguments: &[&str]| {
        let mut command = workspace.command(outrigger_tests::programs::outrigger());
        command.arg("daemon").args(arguments).env("XDG_CONFIG_HOME", &config);
        let output = command.output().unwrap();
        let text = if output.status.success() { output.stdout } else { output.stderr };
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    let units = config.join("systemd/user");
    let name = format!(
        "outrigger-{}.service",
        workspace.state_directory().file_name().unwrap().to_str().unwrap()
    );
    let (unit, link) = (units.join(&name), units.join("default.target.wants").join(&name));

    let (code, text) = said(&["install"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(unit.to_str().unwrap()), "{text}");
    assert_eq!(std::fs::canonicalize(&link).unwrap(), std::fs::canonicalize(&unit).unwrap());
    let written = std::fs::read_to_string(&unit).unwrap();
    let program = workspace.state_directory().join("login/outrigger");
    assert!(written.contains(&format!("ExecStart=\"{}\" daemon start\n", program.display())));
    let (code, text) = said(&["install"]);
    assert_eq!((code, text.contains("already")), (Some(0), true), "{text}");
    assert_eq!(std::fs::read_to_string(&unit).unwrap(), written);

    // As the system starts it, and as an editor hears of it.
    let started = workspace.command(&program).args(["daemon", "start"]).output().unwrap();
    assert!(started.status.success());
    let status = said(&["status", "--json"]).1;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["startsAtLogin"], true);
    let editor =
        window(&workspace, "One").env("XDG_CONFIG_HOME", config.to_str().unwrap()).launch();
    assert_eq!(editor.leave(), Some(0));

    // What somebody else wrote stays.
    std::fs::write(&unit, "[Service]\nExecStart=/bin/true\n").unwrap();
    let (code, text) = said(&["uninstall"]);
    assert_eq!((code, text.contains("not written by Outrigger")), (Some(1), true), "{text}");
    assert!(unit.exists() && link.is_symlink());
    std::fs::write(&unit, written).unwrap();
    assert_eq!(said(&["uninstall"]).0, Some(0));
    assert!(!unit.exists() && !link.is_symlink() && !program.exists());
    let (code, text) = said(&["uninstall"]);
    assert_eq!((code, text.contains("not installed")), (Some(0), true), "{text}");
}
