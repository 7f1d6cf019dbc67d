//! One app-server process in a process group of its own, and its death.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use super::locate::Found;
use crate::protocol::app_server::{AppServerError, AppServerErrorKind};

/// What a spawned process is talked to through. Its stdin is the only handle that keeps it alive.
pub struct Spawned {
    pub process: Process,
    pub stdin: ChildStdin,
    pub stdout: ChildStdout,
    pub stderr: ChildStderr,
    pub exit: Exit,
}

/// Ends the process together with what it started. Does nothing once it is gone.
pub struct Process(Arc<Mutex<Living>>);

/// Waits for the end; to be done on a thread of its own.
pub struct Exit(Arc<Mutex<Living>>, Child);

/// The process as long as its id is surely its own: until it is reaped.
struct Living(Option<group::Handle>);

/// Starts what was found. `environment` falls back to that of this process, `cwd` to the home directory.
pub fn spawn(
    found: &Found,
    environment: Option<&Vec<(OsString, OsString)>>,
    env: &[(OsString, OsString)],
    cwd: Option<&Path>,
) -> Result<Spawned, AppServerError> {
    let mut command = Command::new(&found.program);
    if let Some(environment) = environment {
        command.env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
    }
    command
        .args(&found.args)
        .arg("app-server")
        .envs(env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(cwd) = cwd.map(PathBuf::from).or_else(std::env::home_dir) {
        command.current_dir(cwd);
    }
    group::own(&mut command);
    let mut child = command.spawn().map_err(|error| cannot_start(&found.program, &error))?;
    let (Some(stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(cannot_start(&found.program, &io::ErrorKind::BrokenPipe.into()));
    };
    let living = Arc::new(Mutex::new(Living(group::Handle::of(&child))));
    Ok(Spawned {
        process: Process(Arc::clone(&living)),
        stdin,
        stdout,
        stderr,
        exit: Exit(living, child),
    })
}

fn cannot_start(program: &Path, error: &io::Error) -> AppServerError {
    let (kind, hint) = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::NotFound => {
            (AppServerErrorKind::NotExecutable, true)
        }
        // A file of another machine's format.
        _ if error.raw_os_error() == Some(EXEC_FORMAT) => (AppServerErrorKind::NotExecutable, true),
        _ => (AppServerErrorKind::Io, false),
    };
    AppServerError {
        kind,
        message: format!("Codex at {} could not be started: {error}", program.display()),
        hint: hint.then(|| super::locate::INSTALL_HINT.into()),
    }
}

/// `ENOEXEC`, and on Windows `ERROR_BAD_EXE_FORMAT`.
const EXEC_FORMAT: i32 = if cfg!(windows) { 193 } else { 8 };

impl Process {
    /// Asks the group to end: SIGTERM. On Windows there is no such way, so nothing happens.
    pub fn terminate(&self) {
        if let Living(Some(handle)) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            handle.terminate();
        }
    }

    /// Ends the group at once: SIGKILL.
    pub fn kill(&self) {
        if let Living(Some(handle)) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            handle.kill();
        }
    }
}

impl Exit {
    /// Blocks until the process has ended, ends what is left of its group and says how it ended.
    pub fn wait(mut self) -> String {
        group::wait_unreaped(&self.1);
        let mut living = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let handle = living.0.take();
        if let Some(handle) = &handle {
            handle.kill();
        }
        let status = self.1.wait();
        drop(living);
        if let Some(handle) = handle {
            handle.wait_until_empty();
        }
        status.map_or_else(|error| error.to_string(), describe)
    }
}

fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    status.code().map_or_else(|| "no exit code".into(), |code| format!("exit code {code}"))
}

#[cfg(unix)]
mod group {
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command};
    use std::time::Duration;

    use rustix::process::{
        Pid, Signal, WaitId, WaitIdOptions, kill_process_group, test_kill_process_group, waitid,
    };

    /// The process group that the child leads.
    pub struct Handle(Pid);

    pub fn own(command: &mut Command) {
        command.process_group(0);
    }

    /// Returns when the child has ended but is not reaped yet, so that its group id cannot be another's.
    pub fn wait_unreaped(child: &Child) {
        let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
            return;
        };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(error) = waitid(WaitId::Pid(pid), options) {
            if error != rustix::io::Errno::INTR {
                return;
            }
        }
    }

    impl Handle {
        pub fn of(child: &Child) -> Option<Self> {
            i32::try_from(child.id()).ok().and_then(Pid::from_raw).map(Self)
        }

        // A group that is gone already is what was wanted.
        pub fn terminate(&self) {
            let _ = kill_process_group(self.0, Signal::TERM);
        }

        pub fn kill(&self) {
            let _ = kill_process_group(self.0, Signal::KILL);
        }

        /// Killed members need a moment to vanish, and longer where nobody reaps orphans: up to 500 ms.
        pub fn wait_until_empty(&self) {
            for _ in 0..100 {
                if test_kill_process_group(self.0).is_err() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

#[cfg(windows)]
mod group {
    use std::os::windows::io::{AsHandle, OwnedHandle};
    use std::os::windows::process::CommandExt;
    use std::process::{Child, Command};

    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;

    /// The child's process id, held by a handle so that it stays its own.
    pub struct Handle(u32, OwnedHandle);

    pub fn own(command: &mut Command) {
        command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW);
    }

    /// The handle keeps the process id, so there is nothing to hold back here.
    pub fn wait_unreaped(_: &Child) {}

    impl Handle {
        pub fn of(child: &Child) -> Option<Self> {
            let handle = child.as_handle().try_clone_to_owned().ok()?;
            Some(Self(child.id(), handle))
        }

        /// Closing stdin was the request; there is no second one that a process without a console gets.
        pub fn terminate(&self) {}

        pub fn kill(&self) {
            let _ = Command::new("taskkill")
                .args(["/T", "/F", "/PID", &self.0.to_string()])
                .creation_flags(CREATE_NO_WINDOW)
                .status();
        }

        pub fn wait_until_empty(&self) {}
    }
}
