//! What codex is started with, whoever started the editor.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use outrigger_tests::Workspace;

/// A shell of this name that greets, sets `STORY` and does what it is told.
fn fake_shell(workspace: &Workspace, story: &str) -> PathBuf {
    let shell = workspace.beside("FakeShell");
    let script = format!("#!/bin/sh\necho Welcome\nexport STORY={story}\neval \"$4\"\n");
    std::fs::write(&shell, script).unwrap();
    std::fs::set_permissions(&shell, PermissionsExt::from_mode(0o700)).unwrap();
    shell
}

/// One variable of a living process.
fn variable(pid: u32, name: &str) -> Option<String> {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
    let environment = String::from_utf8(environment).unwrap();
    let mut entries = environment.split('\0').filter_map(|entry| entry.split_once('='));
    entries.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

#[cfg(target_os = "linux")]
#[test]
fn an_editor_from_a_dock_has_codex_know_what_the_login_shell_sets() {
    let workspace = Workspace::empty();
    let shell = fake_shell(&workspace, "told-by-the-shell");
    for shared in [false, true] {
        let editor = workspace.editor().from_a_dock(shell.clone()).overlook("codex/", "not told");
        let editor = if shared { editor.shared() } else { editor }.launch();
        assert_eq!(editor.play(&editor.start_thread(), "[[msg:here]]"), "completed");
        let told = variable(editor.app_server(), "STORY");
        assert_eq!(told.as_deref(), Some("told-by-the-shell"));
        editor.rest("codex/");
        assert_eq!(editor.leave(), Some(0));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_app_server_has_the_environment_of_the_editor_that_came_first() {
    let workspace = Workspace::empty();
    let editor = |story: &str| {
        let editor = workspace.editor().shared().env("STORY", story);
        editor.overlook("codex/", "only the environment matters").launch()
    };
    let (first, second) = (editor("first"), editor("second"));
    assert_eq!(second.play(&second.start_thread(), "[[msg:here]]"), "completed");
    assert_eq!(variable(first.app_server(), "STORY").as_deref(), Some("first"));
}
