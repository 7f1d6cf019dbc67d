//! The daemon: one host for all editors of a person, and what a terminal asks of it.

use std::{io, path::PathBuf};

use tracing::info;

use crate::{
    core::HomeRefused,
    daemon::{self, Ask, Build, Guard, control},
    home,
    host::{Arrival, Host, Lifetime},
    logging,
    offspring::Mark,
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
            serde_json::json!({ "pid": pid, "version": build.version, "sessions": sessions })
                .to_string()
        } else {
            format!("The daemon runs: pid {pid}, version {}, sessions: {sessions}.", build.version)
        }),
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

fn ask(ask: Ask) -> Result<Option<daemon::Welcome>, String> {
    let directory = directory().map_err(|error| error.to_string())?;
    control::ask(&directory, ask).map_err(|failure| match failure.hint {
        Some(hint) => format!("{} {hint}", failure.message),
        None => failure.message,
    })
}

fn directory() -> io::Result<PathBuf> {
    home::of_this_environment()
        .ok_or_else(|| io::Error::other("There is no home directory to keep Outrigger's state in."))
}
