// A story hands over what it makes: `json!` on the spot reads better than a reference to it.
#![allow(clippy::needless_pass_by_value)]

use std::{fs, sync::mpsc, time::Duration};

use serde_json::{Value, json};

use super::*;

fn said(value: Value) -> FileRead {
    FileRead::Said(value.as_object().unwrap().clone())
}

fn changes(value: Value) -> Changes {
    serde_json::from_value(value).unwrap()
}

#[test]
fn a_change_keeps_comments_unknown_keys_and_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.json");
    let before = "// mine\n{\n  \"other\": [1, 2], // theirs\n  \"daemon.idleSeconds\": 30, // half a minute\n}\n";
    fs::write(&path, before).unwrap();
    let wanted = changes(json!({ "daemon.idleSeconds": 90, "approvals.osNotifications": false }));
    let now = file::update(&path, &wanted).unwrap();
    let expected =
        json!({ "other": [1, 2], "daemon.idleSeconds": 90, "approvals.osNotifications": false });
    assert_eq!(now, said(expected));
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "// mine\n{\n  \"other\": [1, 2], // theirs\n  \"daemon.idleSeconds\": 90, // half a minute\n  \
         \"approvals.osNotifications\": false,\n}\n"
    );
    let now = file::update(&path, &changes(json!({ "daemon.idleSeconds": null }))).unwrap();
    assert_eq!(now, said(json!({ "other": [1, 2], "approvals.osNotifications": false })));
}

#[test]
fn the_first_change_makes_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outrigger/settings.json");
    file::update(&path, &changes(json!({ "daemon.idleSeconds": 90 }))).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\n  \"daemon.idleSeconds\": 90\n}\n");
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn a_broken_file_is_told_with_its_place_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.json");
    let broken = "{\n  \"daemon.idleSeconds\": ,\n}";
    fs::write(&path, broken).unwrap();
    let FileRead::Broken { message } = read(&path) else { panic!("it was read") };
    assert!(message.contains("line 2, column "), "{message}");
    let refused = file::update(&path, &changes(json!({ "daemon.idleSeconds": 90 })));
    assert!(matches!(refused, Err(Error::Broken(_))), "{refused:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), broken);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_the_mode_stays() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let dotfiles = folder.path().join("dotfiles.json");
    let path = folder.path().join("settings.json");
    fs::write(&dotfiles, "{}").unwrap();
    fs::set_permissions(&dotfiles, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("dotfiles.json", &path).unwrap();
    file::update(&path, &changes(json!({ "daemon.idleSeconds": 90 }))).unwrap();
    assert!(path.is_symlink());
    assert_eq!(fs::metadata(&dotfiles).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(read(&dotfiles), said(json!({ "daemon.idleSeconds": 90 })));
}

#[test]
fn what_a_person_writes_is_seen_also_behind_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config/settings.json");
    let (tell, told) = mpsc::channel();
    let tell = move |event| drop(tell.send(event));
    let keeper = Keeper::spawn(path.clone(), read(&path), tell).unwrap();
    let next = || match told.recv_timeout(Duration::from_secs(30)).unwrap() {
        Event::Read(read) => read,
        Event::Updated { result, .. } => result.unwrap(),
    };
    // The folder is there, and watched, once an update has been answered.
    keeper.update(1, changes(json!({ "a": 1 })));
    assert_eq!(next(), said(json!({ "a": 1 })));
    fs::write(&path, "{ \"a\": 2 }").unwrap();
    assert_eq!(next(), said(json!({ "a": 2 })));
    fs::write(&path, "{").unwrap();
    assert!(matches!(next(), FileRead::Broken { .. }));
    fs::remove_file(&path).unwrap();
    assert_eq!(next(), said(json!({})));

    #[cfg(unix)]
    {
        let target = folder.path().join("dotfiles.json");
        fs::write(&target, "{ \"a\": 3 }").unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
        assert_eq!(next(), said(json!({ "a": 3 })));
        fs::write(&target, "{ \"a\": 4 }").unwrap();
        assert_eq!(next(), said(json!({ "a": 4 })));
    }
}
