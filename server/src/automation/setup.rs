//! What prepares a new worktree before a run begins in it: a command of the person's, once.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::PlaceError;

/// How long it may take. A run waits no longer for its place.
const PATIENCE: Duration = Duration::from_mins(9);
const LOOK: Duration = Duration::from_millis(50);
/// Characters of what it said last that are told when it fails.
const TOLD: usize = 600;

/// A command for the system's shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    pub command: String,
    /// What it is known by among the processes, so that it ends with Outrigger.
    pub mark: Option<(OsString, OsString)>,
}

impl Setup {
    /// Prepares a worktree, unless that was done. Blocks until it has ended; what it says goes to a file beside the
    /// worktree.
    pub(super) fn prepare(&self, worktree: &Path) -> Result<(), PlaceError> {
        let done = beside(worktree, "ready");
        if done.exists() {
            return Ok(());
        }
        let failed = |error: io::Error| PlaceError::Setup(error.to_string());
        let log = beside(worktree, "setup.log");
        let said = File::create(&log).map_err(failed)?;
        let errors = said.try_clone().map_err(failed)?;
        let mut command = shell(&self.command);
        command.envs(self.mark.clone()).current_dir(worktree);
        command.stdin(Stdio::null()).stdout(said).stderr(errors);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(failed)?;
        let ended = wait(&mut child);
        match ended {
            Ok(None) => File::create(&done).map(drop).map_err(failed),
            Ok(Some(how)) => {
                let said = fs::read(&log).unwrap_or_default();
                let said = String::from_utf8_lossy(&said);
                let from = said.char_indices().rev().nth(TOLD - 1).map_or(0, |(at, _)| at);
                Err(PlaceError::Setup(format!("It {how}: {}", said[from..].trim())))
            }
            Err(error) => Err(failed(error)),
        }
    }
}

/// Takes away what was left beside a worktree that is gone.
pub(super) fn clear(worktree: &Path) {
    for name in ["ready", "setup.log"] {
        let _ = fs::remove_file(beside(worktree, name));
    }
}

fn beside(worktree: &Path, what: &str) -> PathBuf {
    worktree.with_extension(what)
}

fn shell(command: &str) -> Command {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
    let mut shell = Command::new(shell);
    shell.args([flag, command]);
    shell
}

/// None when it ended well, else how it ended. One that takes too long is ended.
fn wait(child: &mut Child) -> io::Result<Option<String>> {
    let until = Instant::now() + PATIENCE;
    loop {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(None),
            Some(status) => return Ok(Some(format!("ended with {status}"))),
            None if Instant::now() > until => {
                end(child);
                child.wait()?;
                return Ok(Some("took too long".to_owned()));
            }
            None => std::thread::sleep(LOOK),
        }
    }
}

#[cfg(unix)]
fn end(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn end(child: &mut Child) {
    let _ = child.kill();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(command: &str) -> Setup {
        Setup { command: command.into(), mark: None }
    }

    #[cfg(unix)]
    #[test]
    fn a_worktree_is_prepared_once_and_again_where_it_failed() {
        let folder = tempfile::tempdir().unwrap();
        let worktree = folder.path().join("r1.2");
        fs::create_dir(&worktree).unwrap();
        let failed = setup("echo one >> made; echo no luck; exit 3").prepare(&worktree);
        let why = failed.unwrap_err().to_string();
        assert_eq!(why, "Its set-up failed. It ended with exit status: 3: no luck");
        for _ in 0..2 {
            setup("echo two >> made").prepare(&worktree).unwrap();
        }
        assert_eq!(fs::read_to_string(worktree.join("made")).unwrap(), "one\ntwo\n");
        clear(&worktree);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
