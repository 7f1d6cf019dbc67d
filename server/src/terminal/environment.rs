//! What a terminal's program is started with.

use std::collections::BTreeMap;

use super::message::Spec;

/// The variable that marks every process of a terminal.
pub(super) const MARK: &str = "OUTRIGGER_TERMINAL";
/// The variable that marks every process of this run of Outrigger.
const OWNER: &str = "OUTRIGGER_OWNER";

/// What marks processes as ours; the marks of this terminal are given anew.
const OURS: &[&str] = &[OWNER, MARK, "OUTRIGGER_RESOLVING_ENVIRONMENT"];

/// Marks of the editor and of whatever terminal it was started from: they don't hold in this one.
const FOREIGN: &[&str] = &[
    "COLUMNS",
    "ELECTRON_NO_ATTACH_CONSOLE",
    "ELECTRON_RUN_AS_NODE",
    "LINES",
    "NODE_CHANNEL_FD",
    "NODE_OPTIONS",
    "STY",
    "TERMCAP",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "TMUX",
    "TMUX_PANE",
    "WINDOWID",
];

/// Programs that wait for a person when they are given nothing to do.
const SHELLS: &[&str] = &[
    "ash",
    "bash",
    "cmd",
    "csh",
    "dash",
    "elvish",
    "fish",
    "ksh",
    "mksh",
    "nu",
    "powershell",
    "pwsh",
    "sh",
    "tcsh",
    "xonsh",
    "zsh",
];

/// The whole environment of a terminal's program, by name.
pub(super) fn environment(spec: &Spec, id: &str) -> BTreeMap<String, String> {
    let ours = |name: &str| OURS.contains(&name);
    let foreign = |name: &str| name.starts_with("VSCODE_") || FOREIGN.contains(&name);
    let mut all: BTreeMap<String, String> = spec
        .base_env
        .iter()
        .filter(|(name, _)| !ours(name) && !foreign(name))
        .chain(spec.env.iter().filter(|(name, _)| !ours(name)))
        .filter(|(name, value)| is_variable(name) && !value.contains('\0'))
        .cloned()
        .collect();
    let fixed = [
        ("TERM", "xterm-256color"),
        ("COLORTERM", "truecolor"),
        ("TERM_PROGRAM", "outrigger"),
        ("TERM_PROGRAM_VERSION", env!("CARGO_PKG_VERSION")),
        (MARK, id),
    ];
    all.extend(fixed.map(|(name, value)| (name.to_owned(), value.to_owned())));
    all.extend(spec.owner.clone().map(|owner| (OWNER.to_owned(), owner)));
    all
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}

/// The person's shell and its arguments: that of the environment, else that of the account, else the platform's.
pub(super) fn shell(environment: &BTreeMap<String, String>) -> (String, Vec<String>) {
    let known = environment.get("SHELL").filter(|shell| shell.starts_with('/')).cloned();
    if cfg!(windows) {
        let fallback = environment.get("COMSPEC").cloned();
        return (fallback.unwrap_or_else(|| "cmd.exe".into()), Vec::new());
    }
    let shell = known.or_else(account_shell).unwrap_or_else(|| "/bin/sh".into());
    // Only there does a graphical session not have what a login shell sets.
    let args = if cfg!(target_os = "macos") { vec!["-l".into()] } else { Vec::new() };
    (shell, args)
}

/// Whether this is a shell at its prompt, rather than a script or a command of one.
pub(super) fn is_shell(program: &str, args: &[String]) -> bool {
    let name = program.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let long = |arg: &String| arg.starts_with("--");
    // A long option may have its value behind it, as `--rcfile`; else a name is that of a script.
    let is_option = |at: usize| {
        let arg = &args[at];
        long(arg) || arg.starts_with('-') && !arg.contains('c') || at > 0 && long(&args[at - 1])
    };
    SHELLS.contains(&name) && (0..args.len()).all(is_option)
}

#[cfg(unix)]
fn account_shell() -> Option<String> {
    let user = rustix::process::getuid().as_raw().to_string();
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    let of_user = |line: &&str| line.split(':').nth(2) == Some(user.as_str());
    let shell = accounts.lines().find(of_user)?.split(':').nth(6)?;
    shell.starts_with('/').then(|| shell.to_owned())
}

#[cfg(not(unix))]
fn account_shell() -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_gets_the_editors_environment_without_marks_of_others() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let spec = Spec {
            base_env: vec![
                pair("PATH", "/bin"),
                pair("TMUX", "/tmp/tmux"),
                pair("VSCODE_IPC_HOOK", "x"),
                pair("OUTRIGGER_OWNER", "another"),
                pair("OUTRIGGER_HOME", "/o"),
                pair("TERM", "dumb"),
                pair("LANG", "C"),
            ],
            env: vec![
                pair("LANG", "C.UTF-8"),
                pair("OUTRIGGER_TERMINAL", "forged"),
                pair("A=B", "c"),
                pair("NUL", "a\0b"),
            ],
            owner: Some("run".into()),
            ..Spec::default()
        };
        let expected = [
            pair("COLORTERM", "truecolor"),
            pair("LANG", "C.UTF-8"),
            pair("OUTRIGGER_HOME", "/o"),
            pair("OUTRIGGER_OWNER", "run"),
            pair("OUTRIGGER_TERMINAL", "t1"),
            pair("PATH", "/bin"),
            pair("TERM", "xterm-256color"),
            pair("TERM_PROGRAM", "outrigger"),
            pair("TERM_PROGRAM_VERSION", env!("CARGO_PKG_VERSION")),
        ];
        assert_eq!(environment(&spec, "t1"), BTreeMap::from(expected));
    }

    #[test]
    fn a_shell_that_is_given_a_task_is_none() {
        let is = |program: &str, args: &[&str]| {
            is_shell(program, &args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
        };
        assert!(is("/bin/bash", &["--rcfile", "/a/rc", "-i"]));
        assert!(is("zsh", &["-il"]));
        assert!(!is("bash", &["-c", "make"]));
        assert!(!is("bash", &["-lc", "make"]));
        assert!(!is("sh", &["deploy.sh"]));
        assert!(!is("/usr/bin/make", &[]));
    }

    #[test]
    fn the_shell_is_the_persons_own() {
        let with = |shell: &str| BTreeMap::from([("SHELL".to_owned(), shell.to_owned())]);
        assert_eq!(shell(&with("/bin/zsh")).0, "/bin/zsh");
        assert_ne!(shell(&with("relative")).0, "relative");
    }
}
