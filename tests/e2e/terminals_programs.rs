//! Programs that a person may have, in terminals.

use outrigger_tests::Workspace;
use serde_json::{Value, json};

use crate::terminals::{View, close, create, exit_of, id_of, window};

#[test]
fn a_shell_says_where_it_is_unless_the_setting_says_otherwise() {
    let workspace = Workspace::with(&[("inside/file", "")]);
    let editor = window(&workspace, "One").launch();
    for wanted in [true, false] {
        let changes = json!({ "changes": { "terminals.shellIntegration": wanted } });
        editor.call("outrigger/settings/update", changes);
        let id = id_of(&create(&editor, json!({ "env": { "SHELL": "/bin/bash", "PS1": "$ " } })));
        let mut view = View::attach(&editor, &id);
        view.types("cd inside; echo at-$((1 + 1))\r");
        view.until_it_shows("at-2\r\n");
        if wanted {
            editor.note_where("outrigger/terminal/changed", |note| {
                note["terminal"]["cwd"] == json!(workspace.uri("inside"))
            });
        }
        assert_eq!(view.shows("\x1b]133;C"), wanted);
        close(&editor, &id);
        exit_of(&editor, &id);
    }
}

/// A program that a person may have: what is typed into it, and what is to be seen then.
struct Program {
    name: &'static str,
    args: &'static [&'static str],
    typed: &'static str,
    shown: &'static str,
    end: &'static str,
}

const PROGRAMS: &[Program] = &[
    Program {
        name: "bash",
        args: &["--norc"],
        typed: "echo $((6 * 7))\r",
        shown: "42\r\n",
        end: "exit\r",
    },
    Program {
        name: "zsh",
        args: &["-f"],
        typed: "echo $((6 * 7))\r",
        shown: "42\r\n",
        end: "exit\r",
    },
    Program {
        name: "fish",
        args: &["--no-config"],
        typed: "echo (math 6 x 7)\r",
        shown: "42",
        end: "exit\r",
    },
    Program {
        name: "python3",
        args: &["-q"],
        typed: "print(6 * 7)\r",
        shown: "42\r\n",
        end: "exit()\r",
    },
    Program {
        name: "vim",
        args: &["-u", "NONE", "-N"],
        typed: "ihello\x1b:echo 6*7\r",
        shown: "42",
        end: ":q!\r",
    },
    Program {
        name: "tmux",
        args: &["-f", "/dev/null", "-L", "outrigger-test", "new-session", "sh"],
        typed: "echo $((6*7))\r",
        shown: "42",
        end: "exit\r",
    },
];

#[test]
fn programs_that_are_installed_run_and_are_redrawn_for_whoever_comes() {
    let workspace = Workspace::empty();
    let editor = window(&workspace, "One").launch();
    let other = window(&workspace, "Other").launch();
    let path = std::env::var("PATH").unwrap();
    for Program { name, args, typed, shown, end } in PROGRAMS {
        if !std::env::split_paths(&path).any(|folder| folder.join(name).is_file()) {
            eprintln!("skipped: {name} is not installed");
            continue;
        }
        let id = id_of(&create(&editor, json!({ "command": name, "args": args })));
        let mut view = View::attach(&editor, &id);
        while view.snapshot.trim().is_empty() && view.text.is_empty() {
            view.take();
        }
        view.types(typed);
        view.until_it_shows(shown);
        let again = View::attach(&other, &id);
        assert!(again.shows("42"), "{name}: {}", again.snapshot);
        view.types(end);
        assert_eq!(exit_of(&editor, &id), (json!(0), Value::Null), "{name}");
        exit_of(&other, &id);
    }
}
