//! The daemon: one host for all editors of a person, and what a terminal asks of it.

use std::{
    io,
    path::{Path, PathBuf},
};

use tracing::info;

use crate::{
    core::HomeRefused,
    daemon::{self, Ask, Build, Guard, control, login},
    home,
    host::{Arrival, Host, Lifetime},
    logging,
    offspring::Mark,
    protocol::Failure,
    redact::Redactor,
};

/// What a command has to say, and its exit code.
pub struct Outcome {
    pub code: u8,
    pub text: String,
}

impl Outcome {
    fn said(text: impl Into<String>) -> Self {
        Self { code: 0, text: text.into() }
    }

    pub fn failed(why: &impl ToString) -> Self {
        Self { code: 1, text: why.to_string() }
    }
}

/// Runs the daemon until nobody needs it; `guarded` by the process that started it. The exit code is 0, also when
/// another process has the lock: then there is nothing to be done.
pub async fn run(redactor: Redactor, guarded: bool) -> io::Result<u8> {
    daemon::leave_session();
    let directory = directory()?;
    let claim = match home::claim(&directory, home::Owner::Daemon) {
        Ok(claim) => claim,
        Err(refused) => {
            daemon::say_ready(Err(&refused))?;
            return Ok(u8::from(!matches!(refused, HomeRefused::Taken { .. })));
        }
    };
    let program = std::env::current_exe()?;
    let build = Build::of(&program)?;
    daemon::prune(&directory, &program);
    login::refresh(&directory);
    let mark = Mark::new(&directory);
    let guard = Guard::start(&mark, guarded)?;
    let mut host = Host::new(Some(claim), Some(mark), Lifetime::Need(build), redactor)?;
    let inbox = host.inbox();
    let door = daemon::listen(&directory, move |caller| {
        // The loop is gone only at the end of the process.
        let _ = inbox.send(Arrival::Caller(caller));
    })?;
    info!(pid = std::process::id(), version = crate::VERSION, "the daemon runs");
    daemon::say_ready(Ok(()))?;
    let code = host.serve().await;
    // Whoever comes from here on starts the next daemon, which waits for the lock.
    door.close();
    let leaving = host.end().await;
    guard.dismiss();
    // Those who wait for the end are told by the kernel: nothing of the daemon is left then.
    std::mem::forget(leaving);
    Ok(code)
}

/// Has the daemon log to its state directory.
pub fn log(redactor: Redactor) -> io::Result<()> {
    logging::to_file(&directory()?.join("logs"), redactor)
}

/// `outrigger daemon status`: 0 when it runs, 1 when not.
pub fn status(json: bool) -> Outcome {
    match ask(Ask::Status) {
        Err(why) => Outcome::failed(&why),
        Ok(None) => Outcome::failed(&"No daemon is running."),
        Ok(Some(daemon::Welcome { pid, build, sessions, .. })) => Outcome::said(if json {
            serde_json::json!({ "pid": pid, "version": build.version, "sessions": sessions,
                "startsAtLogin": starts_at_login() })
            .to_string()
        } else {
            let login = if starts_at_login() { "It starts" } else { "It does not start" };
            format!(
                "The daemon runs: pid {pid}, version {}, sessions: {sessions}. {login} when you log in.",
                build.version
            )
        }),
    }
}

/// `outrigger daemon start`: returns once it can be met.
pub fn start() -> Outcome {
    let started = directory()
        .map_err(|error| error.to_string())
        .and_then(|directory| control::start(&directory).map_err(said));
    match started {
        Err(why) => Outcome::failed(&why),
        Ok(daemon::Welcome { pid, build, .. }) => {
            Outcome::said(format!("The daemon runs: pid {pid}, version {}.", build.version))
        }
    }
}

/// `outrigger daemon stop`: returns once it has ended.
pub fn stop() -> Outcome {
    match ask(Ask::Stop) {
        Err(why) => Outcome::failed(&why),
        Ok(None) => Outcome::said("No daemon is running."),
        Ok(Some(daemon::Welcome { pid, .. })) => {
            Outcome::said(format!("The daemon (pid {pid}) has ended."))
        }
    }
}

fn starts_at_login() -> bool {
    directory().is_ok_and(|directory| login::is_installed(&directory))
}

fn ask(ask: Ask) -> Result<Option<daemon::Welcome>, String> {
    let directory = directory().map_err(|error| error.to_string())?;
    control::ask(&directory, ask).map_err(said)
}

/// `outrigger daemon install`: the daemon starts at login from then on.
pub fn install() -> Outcome {
    of_login(
        login::install,
        "The daemon starts when you log in already.",
        "The daemon starts when you log in, by",
    )
}

/// `outrigger daemon uninstall`: it does not any more.
pub fn uninstall() -> Outcome {
    of_login(
        login::uninstall,
        "The daemon was not installed to start when you log in.",
        "The daemon does not start when you log in any more. Taken away:",
    )
}

fn of_login(
    act: impl Fn(&Path) -> Result<login::Done, login::Error>,
    already: &str,
    changed: &str,
) -> Outcome {
    let done = directory()
        .map_err(|error| error.to_string())
        .and_then(|directory| act(&directory).map_err(|error| error.to_string()));
    match done {
        Err(why) => Outcome::failed(&why),
        Ok(login::Done::Already) => Outcome::said(already),
        Ok(login::Done::Changed(what)) => Outcome::said(format!("{changed} {what}")),
    }
}

fn said(failure: Failure) -> String {
    match failure.hint {
        Some(hint) => format!("{} {hint}", failure.message),
        None => failure.message,
    }
}

fn directory() -> io::Result<PathBuf> {
    home::of_this_environment()
        .ok_or_else(|| io::Error::other("There is no home directory to keep Outrigger's state in."))
}
