//! Shells say where their prompts and commands are, and read the person's own files all the same.

use std::{fs, path::Path};

use super::{
    super::{Event, Mark, install_integration},
    scene::{ADA, Scene},
};

struct Shell {
    name: &'static str,
    /// A file of the person, below their home folder, and what is in it.
    own: &'static [(&'static str, &'static str)],
    /// Prints how the command before ended.
    code: &'static str,
}

const SHELLS: &[Shell] = &[
    Shell {
        name: "bash",
        own: &[(".bashrc", "PS1='mine> '\nOWN=read\nPROMPT_COMMAND='SEEN=$?;'\n")],
        code: "echo code-$SEEN",
    },
    Shell {
        name: "zsh",
        own: &[
            (".zshenv", "FROM=env\n"),
            (
                ".zshrc",
                "PS1='mine> '\nOWN=read\nprecmd() { SEEN=$?; }\n[[ $FROM == env ]] || OWN=lost\n",
            ),
        ],
        code: "echo code-$SEEN",
    },
    Shell {
        name: "fish",
        own: &[(
            ".config/fish/config.fish",
            "set -g OWN read\nset -g fish_greeting\nfunction fish_prompt; set -g SEEN $status; echo -n 'mine> '; end\n",
        )],
        code: "echo code-$SEEN",
    },
];

fn installed(name: &str) -> Option<String> {
    let path = std::env::var("PATH").unwrap();
    let found =
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|it| it.is_file());
    if found.is_none() {
        eprintln!("skipped: {name} is not installed");
    }
    found?.to_str().map(str::to_owned)
}

fn begin(
    scene: &mut Scene,
    shell: &str,
    home: &Path,
    integration: Option<&Path>,
) -> crate::protocol::TerminalId {
    let mut spec = Scene::spec("", &[]);
    spec.command = None;
    spec.cwd = home.into();
    spec.integration = integration.map(Into::into);
    spec.base_env.retain(|(name, _)| name != "PS1");
    let home = home.to_str().unwrap().to_owned();
    spec.env = vec![("SHELL".into(), shell.into()), ("HOME".into(), home)];
    let terminal = scene.create(spec);
    scene.attach(&terminal, ADA);
    terminal
}

/// The marks up to the end of a command, and how that ended.
fn ended(scene: &mut Scene) -> (Vec<Mark>, Option<i32>) {
    let mut before = Vec::new();
    loop {
        let mark = scene.wait(|event| match event {
            Event::Marked { mark, .. } => Some(*mark),
            _ => None,
        });
        match mark {
            Mark::CommandEnd { exit_code } => return (before, exit_code),
            mark => before.push(mark),
        }
    }
}

#[test]
fn shells_mark_prompts_commands_and_folders_and_read_the_persons_files() {
    let folder = tempfile::tempdir().unwrap();
    let integration = folder.path().join("shell's");
    install_integration(&integration).unwrap();
    for Shell { name, own, code } in SHELLS {
        let Some(shell) = installed(name) else { continue };
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        let inside = home.join("é b");
        fs::create_dir(&inside).unwrap();
        for (file, text) in *own {
            let file = home.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let mut scene = Scene::new();
        let terminal = begin(&mut scene, &shell, &home, Some(&integration));
        scene.shows(&terminal, ADA, "mine> ");
        scene.write(&terminal, "echo own-$OWN-\"$ZDOTDIR\".\r").unwrap();
        scene.shows(&terminal, ADA, "own-read-.");
        let (marks, exit) = ended(&mut scene);
        let round = [Mark::PromptStart, Mark::CommandStart, Mark::OutputStart];
        assert_eq!((marks.as_slice(), exit), (round.as_slice(), Some(0)), "{name}");
        scene.write(&terminal, "false\r").unwrap();
        let (marks, exit) = ended(&mut scene);
        // A shell may draw its prompt again while it is typed at.
        assert_eq!((marks.last(), exit), (Some(&Mark::OutputStart), Some(1)), "{name}");
        scene.write(&terminal, &format!("{code}\r")).unwrap();
        scene.shows(&terminal, ADA, "code-1");
        assert_eq!(ended(&mut scene).1, Some(0), "{name}");
        scene.write(&terminal, "cd 'é b'\r").unwrap();
        scene.wait(|event| match event {
            Event::Changed { face, .. } => {
                face.cwd.as_deref().filter(|cwd| Path::new(cwd) == inside).map(drop)
            }
            _ => None,
        });
        scene.close(&terminal, true, true).unwrap();
        for (file, text) in *own {
            assert_eq!(fs::read_to_string(home.join(file)).unwrap(), *text, "{name}");
        }
    }
}

#[test]
fn a_shell_without_integration_says_nothing() {
    let Some(shell) = installed("bash") else { return };
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(".bashrc"), "PS1='mine> '\n").unwrap();
    let mut scene = Scene::new();
    let terminal = begin(&mut scene, &shell, home.path(), None);
    scene.shows(&terminal, ADA, "mine> ");
    scene.write(&terminal, "echo $((6 * 7))\r").unwrap();
    let seen = scene.shows(&terminal, ADA, "42\r\n");
    assert!(!seen.contains("\x1b]133"), "{seen:?}");
}
