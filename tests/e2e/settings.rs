//! One file of settings, changed by an editor and by a person.

use outrigger_tests::{Editor, Workspace};
use serde_json::{Value, json};

fn editor(workspace: &Workspace) -> Editor {
    workspace.editor().events(&["settings", "diagnostic"]).launch()
}

/// What `settings/get` says when only these are set.
fn only(user: Value, problems: Value) -> Value {
    let mut settings = json!({
        "appServer.idleMinutes": 5, "approvals.osNotifications": true, "daemon.idleSeconds": 60,
        "notices.automations": true, "notices.content": false, "notices.program": "",
        "notices.quietFrom": 0, "notices.quietUntil": 0, "notices.turns": false,
        "terminals.shellIntegration": true,
    });
    let mut sources = json!({
        "appServer.idleMinutes": "default", "approvals.osNotifications": "default",
        "daemon.idleSeconds": "default", "notices.automations": "default",
        "notices.content": "default", "notices.program": "default",
        "notices.quietFrom": "default", "notices.quietUntil": "default", "notices.turns": "default",
        "terminals.shellIntegration": "default",
    });
    for (key, value) in user.as_object().unwrap() {
        settings[key] = value.clone();
        sources[key] = json!("user");
    }
    json!({ "settings": settings, "sources": sources, "problems": problems })
}

#[test]
fn an_editor_and_a_person_change_the_same_file() {
    let workspace = Workspace::empty();
    let editor = editor(&workspace);
    assert_eq!(editor.call("outrigger/settings/get", json!({})), only(json!({}), json!([])));

    let changes = json!({ "changes": { "daemon.idleSeconds": 600 } });
    let expected = only(json!({ "daemon.idleSeconds": 600 }), json!([]));
    assert_eq!(editor.call("outrigger/settings/update", changes), expected);
    assert_eq!(editor.note("outrigger/settings/changed"), expected);
    let file = workspace.beside("outrigger").join("settings.json");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\n  \"daemon.idleSeconds\": 600\n}\n");

    std::fs::write(&file, "// mine\n{ \"approvals.osNotifications\": false, }").unwrap();
    let expected = only(json!({ "approvals.osNotifications": false }), json!([]));
    assert_eq!(editor.note("outrigger/settings/changed"), expected);

    let changes = json!({ "changes": { "approvals.osNotifications": null } });
    assert_eq!(editor.call("outrigger/settings/update", changes), only(json!({}), json!([])));
    assert_eq!(editor.note("outrigger/settings/changed"), only(json!({}), json!([])));
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("// mine\n"));
}

#[test]
fn a_broken_file_leaves_the_last_good_settings_and_says_where() {
    let workspace = Workspace::empty();
    let editor = editor(&workspace);
    let changes = json!({ "changes": { "daemon.idleSeconds": 600 } });
    editor.call("outrigger/settings/update", changes.clone());
    editor.note("outrigger/settings/changed");

    let file = workspace.beside("outrigger").join("settings.json");
    std::fs::write(&file, "{\n  \"daemon.idleSeconds\": ,\n}").unwrap();
    let told = editor.note("outrigger/diagnostic");
    let message = told["message"].as_str().unwrap();
    assert_eq!((&told["kind"], &told["level"]), (&json!("settings"), &json!("warning")));
    assert!(message.contains("line 2, column "), "{message}");
    let expected = only(json!({ "daemon.idleSeconds": 600 }), json!([message]));
    assert_eq!(editor.note("outrigger/settings/changed"), expected);
    let refused = editor.refused("outrigger/settings/update", changes);
    assert_eq!(refused["data"]["kind"], "io");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\n  \"daemon.idleSeconds\": ,\n}");
}

#[test]
fn a_wrong_change_is_refused_by_name_and_nothing_is_written() {
    let workspace = Workspace::empty();
    let editor = editor(&workspace);
    for (key, value, why) in [
        ("daemon.idleSecs", json!(9), "There is no setting daemon.idleSecs."),
        (
            "daemon.idleSeconds",
            json!(4),
            "daemon.idleSeconds must be a whole number from 5 to 86400, or 0 for never, not 4.",
        ),
        (
            "approvals.osNotifications",
            json!("yes"),
            "approvals.osNotifications must be true or false, not \"yes\".",
        ),
    ] {
        let changes = json!({ "appServer.idleMinutes": 7, key: value });
        assert_eq!(
            editor.refused("outrigger/settings/update", json!({ "changes": changes })),
            json!({
                "code": -32602, "message": why, "data": { "kind": "invalidParams", "key": key },
            })
        );
    }
    assert!(!workspace.beside("outrigger").join("settings.json").exists());

    let untrusted = Workspace::empty();
    let untrusted = untrusted.editor().option("trusted", json!(false)).launch();
    let changes = json!({ "changes": { "appServer.idleMinutes": 7 } });
    let refused = untrusted.refused("outrigger/settings/update", changes);
    assert_eq!(refused["data"]["kind"], "workspaceUntrusted");
}
