//! What a terminal's program is started with.

use std::collections::BTreeMap;

use super::message::Spec;

/// The variable that marks every process of a terminal.
pub(super) const MARK: &str = "OUTRIGGER_TERMINAL";

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

/// The whole environment of a terminal's program, by name.
pub(super) fn environment(spec: &Spec, id: &str) -> BTreeMap<String, String> {
    let ours = |name: &str| name.starts_with("OUTRIGGER_");
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
                pair("OUTRIGGER_SOCKET", "secret"),
                pair("TERM", "dumb"),
                pair("LANG", "C"),
            ],
            env: vec![
                pair("LANG", "C.UTF-8"),
                pair("OUTRIGGER_TERMINAL", "forged"),
                pair("A=B", "c"),
                pair("NUL", "a\0b"),
            ],
            ..Spec::default()
        };
        let expected = [
            pair("COLORTERM", "truecolor"),
            pair("LANG", "C.UTF-8"),
            pair("OUTRIGGER_TERMINAL", "t1"),
            pair("PATH", "/bin"),
            pair("TERM", "xterm-256color"),
            pair("TERM_PROGRAM", "outrigger"),
            pair("TERM_PROGRAM_VERSION", env!("CARGO_PKG_VERSION")),
        ];
        assert_eq!(environment(&spec, "t1"), BTreeMap::from(expected));
    }

    #[test]
    fn the_shell_is_the_persons_own() {
        let with = |shell: &str| BTreeMap::from([("SHELL".to_owned(), shell.to_owned())]);
        assert_eq!(shell(&with("/bin/zsh")).0, "/bin/zsh");
        assert_ne!(shell(&with("relative")).0, "relative");
    }
}
