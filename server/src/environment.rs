//! The environment that what we start is given. An editor that a dock or a launcher started knows nothing of
//! what the person's shell sets, `PATH` first of all: then the login shell is asked.

use std::ffi::OsString;

/// Names with their values.
pub type Environment = Vec<(OsString, OsString)>;

/// What every shell sets, or the terminal that it runs in; an editor started from one has inherited it.
const OF_A_SHELL: &[&str] = &["TERM", "SHLVL", "PS1", "OLDPWD"];

/// What stays as it was: it says which state is ours, or belongs to the shell that was asked alone.
#[cfg(unix)]
const KEPT: &[&str] =
    &["CODEX_HOME", "OUTRIGGER_HOME", "PWD", "OLDPWD", "SHLVL", "TERM", "_", RESOLVING];

/// How long the login shell may take.
#[cfg(unix)]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// Set while the login shell is asked, so that its start-up files may leave out what takes long.
#[cfg(unix)]
const RESOLVING: &str = "OUTRIGGER_RESOLVING_ENVIRONMENT";

/// Whether a shell had a part in it. On Windows there is none to be asked.
pub fn is_whole(environment: &Environment) -> bool {
    cfg!(windows) || environment.iter().any(|(name, _)| OF_A_SHELL.iter().any(|of| name == of))
}

#[cfg(unix)]
pub use login::{Unanswered, of_login_shell, print};

/// The environment with what the login shell sets, or as it was where that does not say. Blocks for some seconds at
/// the most.
#[cfg(unix)]
pub fn completed(before: &Environment) -> Environment {
    let asked = std::env::current_exe().map_err(|error| error.to_string()).and_then(|printer| {
        of_login_shell(before, &printer, PATIENCE).map_err(|why| why.to_string())
    });
    asked.unwrap_or_else(|why| {
        tracing::warn!("the login shell's environment is not known: {why}");
        before.clone()
    })
}

#[cfg(not(unix))]
pub fn completed(before: &Environment) -> Environment {
    before.clone()
}

#[cfg(unix)]
mod login {
    use std::{
        ffi::{OsStr, OsString},
        hash::{BuildHasher, RandomState},
        io::{self, Read, Write},
        os::unix::{ffi::OsStrExt, process::CommandExt},
        path::Path,
        process::{Child, ChildStdout, Command, Stdio},
        sync::mpsc::{RecvTimeoutError, channel},
        time::Duration,
    };

    use rustix::process::{Pid, Signal, kill_process_group};

    use super::{Environment, KEPT, RESOLVING};

    /// The most that a shell may say, in bytes.
    const MOST: usize = 4 << 20;

    /// Why the login shell's environment is not known.
    #[derive(Debug, thiserror::Error)]
    pub enum Unanswered {
        #[error("SHELL names no shell")]
        NoShell,
        #[error("{shell} could not be started: {error}")]
        NotStarted { shell: String, error: io::Error },
        #[error("{shell} said nothing for {seconds} s")]
        Slow { shell: String, seconds: u64 },
        #[error("{shell} ended without saying its environment")]
        Odd { shell: String },
    }

    /// Asks the login shell that `environment` names, for `patience` at most. What it sets is added; `printer` is the
    /// program that [`print`]s, by `environment` as its argument. No process is left.
    pub fn of_login_shell(
        environment: &Environment,
        printer: &Path,
        patience: Duration,
    ) -> Result<Environment, Unanswered> {
        let shell = environment.iter().find(|(name, _)| name == "SHELL").map(|(_, shell)| shell);
        let shell = shell.filter(|shell| Path::new(shell).is_absolute());
        let shell = shell.ok_or(Unanswered::NoShell)?;
        let said = ask(shell, environment, printer, patience)?;
        Ok(merged(environment, said))
    }

    /// Writes the environment of this process for whoever asked the shell.
    pub fn print() -> io::Result<()> {
        let mut all = Vec::new();
        for (name, value) in std::env::vars_os() {
            all.extend_from_slice(name.as_bytes());
            all.push(b'=');
            all.extend_from_slice(value.as_bytes());
            all.push(0);
        }
        io::stdout().write_all(&all)
    }

    fn ask(
        shell: &OsStr,
        environment: &Environment,
        printer: &Path,
        patience: Duration,
    ) -> Result<Environment, Unanswered> {
        let name = shell.to_string_lossy().into_owned();
        // What start-up files print stands around it.
        let mark = format!("outrigger-{:016x}", RandomState::new().hash_one(std::process::id()));
        let command = said_between(&mark, printer);
        let home = std::env::home_dir().filter(|home| home.is_dir());
        let mut child = Command::new(shell)
            .args(["-l", "-i", "-c"])
            .arg(command)
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env(RESOLVING, "1")
            .current_dir(home.unwrap_or_else(|| "/".into()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|error| Unanswered::NotStarted { shell: name.clone(), error })?;
        let said = child.stdout.take().map(|output| listen(output, &mark, patience));
        end(&mut child);
        match said {
            Some(Ok(Some(said))) => Ok(parse(&said)),
            Some(Err(RecvTimeoutError::Timeout)) => {
                Err(Unanswered::Slow { shell: name, seconds: patience.as_secs() })
            }
            _ => Err(Unanswered::Odd { shell: name }),
        }
    }

    /// The command line, in what all shells have in common.
    fn said_between(mark: &str, printer: &Path) -> OsString {
        let printer = printer.as_os_str().as_bytes();
        let mut quoted = Vec::new();
        for part in printer.split(|byte| *byte == b'\'') {
            if !quoted.is_empty() {
                quoted.extend_from_slice(br"'\''");
            }
            quoted.extend_from_slice(part);
        }
        let quoted = OsStr::from_bytes(&quoted);
        let mut line = OsString::from(format!("echo {mark}; '"));
        line.push(quoted);
        line.push(format!("' environment; echo {mark}"));
        line
    }

    /// What stands between the marks. A process that the shell leaves behind may hold its stdout open, so the end
    /// of it is not waited for.
    fn listen(
        mut output: ChildStdout,
        mark: &str,
        patience: Duration,
    ) -> Result<Option<Vec<u8>>, RecvTimeoutError> {
        let mark = format!("{mark}\n").into_bytes();
        let (told, said) = channel();
        let reader = std::thread::Builder::new().name("login-shell".into());
        let started = reader.spawn(move || {
            let (mut all, mut chunk) = (Vec::new(), vec![0; 64 << 10]);
            while all.len() < MOST {
                match output.read(&mut chunk) {
                    Ok(0) | Err(_) => break,
                    Ok(length) => all.extend_from_slice(&chunk[..length]),
                }
                if let Some(between) = between(&all, &mark) {
                    let _ = told.send(Some(between.to_vec()));
                    return;
                }
            }
            let _ = told.send(None);
        });
        if started.is_err() {
            return Ok(None);
        }
        said.recv_timeout(patience)
    }

    fn between<'a>(all: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
        let start = memchr::memmem::find(all, mark)? + mark.len();
        let length = memchr::memmem::find(&all[start..], mark)?;
        Some(&all[start..start + length])
    }

    fn parse(said: &[u8]) -> Environment {
        let pair = |entry: &[u8]| {
            let equals = entry.iter().position(|byte| *byte == b'=').filter(|at| *at > 0)?;
            let (name, value) = (&entry[..equals], &entry[equals + 1..]);
            Some((OsStr::from_bytes(name).to_owned(), OsStr::from_bytes(value).to_owned()))
        };
        said.split(|byte| *byte == 0).filter_map(pair).collect()
    }

    fn merged(before: &Environment, said: Environment) -> Environment {
        let is_kept = |name: &OsStr| KEPT.iter().any(|kept| name == *kept);
        let mut merged: Environment = said.into_iter().filter(|(name, _)| !is_kept(name)).collect();
        for (name, value) in before {
            if !merged.iter().any(|(known, _)| known == name) {
                merged.push((name.clone(), value.clone()));
            }
        }
        merged
    }

    /// Ends the shell and what is still in its group.
    fn end(child: &mut Child) {
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = child.wait();
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    /// A folder with a `FakeShell` that does this with `$4`, the command, and a printer.
    struct Stage(tempfile::TempDir);

    impl Stage {
        fn with_shell(body: &str) -> Self {
            let stage = Self(tempfile::tempdir().unwrap());
            stage.script("FakeShell", body);
            // Stands for `outrigger environment`; the name has what shells quote.
            stage.script("it's a printer", r#"[ "$1" = environment ] && exec env -0"#);
            stage
        }

        fn script(&self, name: &str, body: &str) {
            let path = self.path(name);
            fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn environment(&self, more: &[(&str, &str)]) -> Environment {
            let mut environment = vec![
                ("SHELL".into(), self.path("FakeShell").into()),
                ("PATH".into(), "/usr/bin:/bin".into()),
            ];
            environment.extend(more.iter().map(|(name, value)| (name.into(), value.into())));
            environment
        }

        fn ask(
            &self,
            more: &[(&str, &str)],
            patience: Duration,
        ) -> Result<Environment, Unanswered> {
            of_login_shell(&self.environment(more), &self.path("it's a printer"), patience)
        }
    }

    fn value(environment: &Environment, name: &str) -> Option<String> {
        let found = environment.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.to_string_lossy().into_owned())
    }

    #[test]
    fn a_shell_leaves_its_marks_and_a_dock_none() {
        let of = |names: &[&str]| names.iter().map(|name| (name.into(), "x".into())).collect();
        assert!(is_whole(&of(&["PATH", "TERM"])));
        assert!(is_whole(&of(&["SHLVL"])));
        assert!(!is_whole(&of(&["PATH", "HOME", "SHELL", "DISPLAY", "XDG_SESSION_ID"])));
    }

    #[test]
    fn what_the_login_shell_sets_is_added_whatever_it_prints() {
        let stage = Stage::with_shell(
            r#"echo "Welcome, $1 $2 $3"; export PATH="/opt/tools:$PATH" TOKEN="two
lines"; eval "$4"; echo bye"#,
        );
        let found = stage.ask(&[("DISPLAY", ":1")], LONG).unwrap();
        assert_eq!(value(&found, "PATH").as_deref(), Some("/opt/tools:/usr/bin:/bin"));
        assert_eq!(value(&found, "TOKEN").as_deref(), Some("two\nlines"));
        assert_eq!(value(&found, "DISPLAY").as_deref(), Some(":1"));
        assert_eq!(value(&found, "OUTRIGGER_RESOLVING_ENVIRONMENT"), None);
    }

    #[test]
    fn which_home_is_ours_stays_as_the_editor_had_it() {
        let stage = Stage::with_shell(
            r#"export CODEX_HOME=/elsewhere OUTRIGGER_HOME=/elsewhere SHLVL=7; eval "$4""#,
        );
        let found = stage.ask(&[("OUTRIGGER_HOME", "/ours")], LONG).unwrap();
        let kept = ["CODEX_HOME", "OUTRIGGER_HOME", "SHLVL"].map(|name| value(&found, name));
        assert_eq!(kept, [None, Some("/ours".into()), None]);
    }

    #[test]
    fn a_process_that_the_shell_leaves_behind_is_not_waited_for() {
        let stage = Stage::with_shell(r#"sleep 1000 & eval "$4""#);
        assert!(stage.ask(&[], LONG).is_ok());
    }

    #[test]
    fn a_shell_that_hangs_is_ended_with_what_it_started() {
        let stage =
            Stage::with_shell(r#"sleep 1000 & echo "$$ $!" > "$(dirname "$0")/pids"; wait"#);
        // Long enough to write two numbers, however busy the machine.
        let refused = stage.ask(&[], Duration::from_secs(2)).unwrap_err();
        assert!(matches!(refused, Unanswered::Slow { seconds: 2, .. }), "{refused}");
        let pids = fs::read_to_string(stage.path("pids")).unwrap();
        let lives = |pid: &str| {
            let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            !state.is_empty() && !state.contains(" Z ")
        };
        // SIGKILL takes a moment where the machine is busy.
        let deadline = std::time::Instant::now() + LONG;
        while let Some(pid) = pids.split_whitespace().find(|pid| lives(pid)) {
            assert!(std::time::Instant::now() < deadline, "{pid} lives");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn a_shell_that_fails_is_said_to() {
        let odd = Stage::with_shell("echo no; exit 3").ask(&[], LONG).unwrap_err();
        assert!(matches!(odd, Unanswered::Odd { .. }), "{odd}");
        let none = of_login_shell(&Environment::new(), "/bin/true".as_ref(), LONG).unwrap_err();
        assert!(matches!(none, Unanswered::NoShell), "{none}");
    }
}
