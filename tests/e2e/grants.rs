//! Where host operations are allowed: in the folders of a trusted window, and in those that the person granted.

use std::{fs, os::unix::fs::symlink};

use outrigger_tests::{Editor, Workspace};
use serde_json::{Value, json};

fn uri(path: &std::path::Path) -> Value {
    json!(url::Url::from_file_path(path).unwrap().as_str())
}

fn names(editor: &Editor, uri: &Value) -> Vec<Value> {
    let listed = editor.call("outrigger/file/listDirectory", json!({ "uri": uri }));
    listed["entries"].as_array().unwrap().iter().map(|entry| entry["name"].clone()).collect()
}

#[test]
fn a_folder_is_listed_once_it_is_granted_and_no_longer_after() {
    let workspace = Workspace::with(&[("b ü.txt", "12345"), ("a/inner", "")]);
    let editor = workspace.editor().events(&["grant"]).launch();
    let window = uri(&workspace.folder());
    let of_window = json!({ "uri": window, "source": "workspace", "addedAt": null });
    assert_eq!(editor.call("outrigger/grant/list", json!({})), json!({ "grants": [of_window] }));
    let listed = editor.call("outrigger/file/listDirectory", json!({ "uri": window }));
    let entry = listed["entries"].as_array().unwrap().last().unwrap();
    assert!(entry["modifiedAt"].as_u64().unwrap() > 1_600_000_000_000);
    assert_eq!(
        entry,
        &json!({
            "name": "b ü.txt", "uri": workspace.uri("b ü.txt"), "isDirectory": false,
            "isSymlink": false, "size": 5, "modifiedAt": entry["modifiedAt"],
        })
    );

    let outside = workspace.beside("elsewhere");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("file"), "").unwrap();
    let outside = outside.canonicalize().unwrap();
    symlink(&outside, workspace.path("way-out")).unwrap();
    let way_out = uri(&workspace.path("way-out"));
    for place in [&uri(&outside), &way_out] {
        let refused = editor.refused("outrigger/file/listDirectory", json!({ "uri": place }));
        assert_eq!(refused["data"]["kind"], "pathNotGranted", "{refused}");
    }

    // It is granted as what its path leads to.
    let added = editor.call("outrigger/grant/add", json!({ "uri": way_out }));
    let at = added["grants"][0]["addedAt"].clone();
    let granted = json!({ "uri": uri(&outside), "source": "user", "addedAt": at });
    assert_eq!(added, json!({ "grants": [granted, of_window] }));
    assert_eq!(editor.note("outrigger/grant/changed"), added);
    for place in [&uri(&outside), &way_out] {
        assert_eq!(names(&editor, place), [json!("file")]);
    }

    let removed = editor.call("outrigger/grant/remove", json!({ "uri": uri(&outside) }));
    assert_eq!(removed, json!({ "grants": [of_window] }));
    assert_eq!(editor.note("outrigger/grant/changed"), removed);
    let refused = editor.refused("outrigger/file/listDirectory", json!({ "uri": way_out }));
    assert_eq!(refused["data"]["kind"], "pathNotGranted");
}

#[test]
fn a_window_that_is_not_trusted_has_no_way_to_any_file() {
    let workspace = Workspace::with(&[("a.txt", "")]);
    let editor = workspace.editor().option("trusted", json!(false)).launch();
    let window = json!({ "uri": uri(&workspace.folder()) });
    for (method, params) in [
        ("outrigger/file/listDirectory", &window),
        ("outrigger/grant/add", &window),
        ("outrigger/grant/remove", &window),
        ("outrigger/grant/list", &json!({})),
    ] {
        let refused = editor.refused(method, params.clone());
        assert_eq!(refused["data"]["kind"], "workspaceUntrusted", "{method}");
    }
}

#[test]
fn what_is_no_folder_to_be_listed_is_said_by_its_kind() {
    let workspace = Workspace::with(&[("a.txt", "")]);
    let editor = workspace.editor().launch();
    for (uri, kind) in [
        (json!("https://example.com/x"), "invalidParams"),
        (json!("file://server/share"), "invalidParams"),
        (json!(workspace.uri("a.txt")), "io"),
        (json!(workspace.uri("not-there")), "io"),
        (json!("file:///etc/not-there"), "pathNotGranted"),
        (json!("file:///w%00"), "pathNotGranted"),
    ] {
        let refused = editor.refused("outrigger/file/listDirectory", json!({ "uri": uri }));
        assert_eq!(refused["data"]["kind"], kind, "{refused}");
    }
}

#[test]
fn what_the_person_granted_is_granted_after_a_restart() {
    let workspace = Workspace::with(&[]);
    let outside = workspace.beside("elsewhere");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("file"), "").unwrap();
    let outside = uri(&outside.canonicalize().unwrap());
    let first = workspace.editor().launch();
    let granted = first.call("outrigger/grant/add", json!({ "uri": outside }));
    first.kill();
    first.exit_status();

    let second = workspace.editor().events(&["grant"]).launch();
    assert_eq!(second.note("outrigger/grant/changed"), granted);
    assert_eq!(names(&second, &outside), [json!("file")]);
    second.call("outrigger/grant/remove", json!({ "uri": outside }));
    second.note("outrigger/grant/changed");
    second.kill();
    second.exit_status();

    let third = workspace.editor().launch();
    let refused = third.refused("outrigger/file/listDirectory", json!({ "uri": outside }));
    assert_eq!(refused["data"]["kind"], "pathNotGranted");
}
