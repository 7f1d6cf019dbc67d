//! Shell integration: what has bash, zsh and fish say where their prompts and commands begin and in which folder they
//! are. It is handed to the shell as it starts; the person's own files are read as ever, and none is changed.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

const BASH: &str = "bash/outrigger.bash";
const ZSH: &str = "zsh";
const FISH: &str = "fish/outrigger.fish";

/// What is written, and where below the folder.
const FILES: &[(&str, &str)] = &[
    (BASH, include_str!("shell/outrigger.bash")),
    ("zsh/.zshenv", include_str!("shell/zshenv.zsh")),
    ("zsh/outrigger.zsh", include_str!("shell/outrigger.zsh")),
    (FISH, include_str!("shell/outrigger.fish")),
];

/// Writes what the shells are to read below this folder, which belongs to Outrigger alone.
///
/// # Errors
/// The folder cannot be written.
pub fn install(folder: &Path) -> io::Result<()> {
    for (name, text) in FILES {
        let path = folder.join(name);
        if fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        // A shell that starts just now reads the old one or the new one.
        let unfinished = path.with_extension("new");
        fs::write(&unfinished, text)?;
        fs::rename(&unfinished, &path)?;
    }
    Ok(())
}

/// Has a shell that waits for a person read what is in this folder. One that is given other options than that it is
/// a login shell, or any other program, is left as it is.
pub(super) fn integrate(
    folder: &Path,
    program: &str,
    args: &mut Vec<String>,
    environment: &mut BTreeMap<String, String>,
) {
    let is_login = |arg: &String| arg == "-l" || arg == "--login";
    if !args.iter().all(|arg| is_login(arg) || arg == "-i") {
        return;
    }
    let Some(at) = text(folder.join(match program.rsplit('/').next() {
        Some("bash") => BASH,
        Some("zsh") => ZSH,
        Some("fish") => FISH,
        _ => return,
    })) else {
        return;
    };
    if at.ends_with(BASH) {
        // A login shell does not read such a file: it is told to read what one reads.
        if args.iter().any(is_login) {
            environment.insert("OUTRIGGER_SHELL_LOGIN".into(), "1".into());
        }
        *args = vec!["--init-file".into(), at];
    } else if at.ends_with(FISH) {
        let quoted = at.replace('\\', "\\\\").replace('\'', "\\'");
        args.extend(["--init-command".into(), format!("source '{quoted}'")]);
    } else {
        if let Some(own) = environment.remove("ZDOTDIR") {
            environment.insert("OUTRIGGER_ZDOTDIR".into(), own);
        }
        environment.insert("ZDOTDIR".into(), at);
    }
}

fn text(path: PathBuf) -> Option<String> {
    path.into_os_string().into_string().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of arguments and environment.
    fn given(
        program: &str,
        args: &[&str],
        variables: &[(&str, &str)],
    ) -> (Vec<String>, Vec<String>) {
        let mut args: Vec<String> = args.iter().map(|arg| (*arg).into()).collect();
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut environment = variables.iter().map(owned).collect();
        integrate(Path::new("/s/it's"), program, &mut args, &mut environment);
        (args, environment.iter().map(|(name, value)| format!("{name}={value}")).collect())
    }

    #[test]
    fn a_shell_is_told_where_to_read_and_any_other_program_is_left_alone() {
        let none: [&str; 0] = [];
        let (args, environment) = given("/bin/bash", &[], &[]);
        assert_eq!(args, ["--init-file", "/s/it's/bash/outrigger.bash"]);
        assert_eq!(environment, none);
        let (args, environment) = given("bash", &["-l"], &[]);
        assert_eq!(args, ["--init-file", "/s/it's/bash/outrigger.bash"]);
        assert_eq!(environment, ["OUTRIGGER_SHELL_LOGIN=1"]);
        let (args, environment) = given("/usr/bin/zsh", &["-l"], &[("ZDOTDIR", "/own")]);
        assert_eq!(args, ["-l"]);
        assert_eq!(environment, ["OUTRIGGER_ZDOTDIR=/own", "ZDOTDIR=/s/it's/zsh"]);
        let (args, _) = given("fish", &[], &[]);
        assert_eq!(args, ["--init-command", "source '/s/it\\'s/fish/outrigger.fish'"]);
        for (program, left) in [("bash", ["--norc"]), ("zsh", ["-f"]), ("/bin/sh", ["-i"])] {
            let (args, environment) = given(program, &left, &[]);
            assert_eq!((args, environment), (vec![left[0].to_owned()], vec![]), "{program}");
        }
    }
}
