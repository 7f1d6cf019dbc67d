//! Windows: a named pipe for this user alone, and processes apart from the console and the job of an editor.

use std::{
    ffi::OsStr,
    io::{self, Read, Write},
    os::windows::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use interprocess::os::windows::named_pipe::{DuplexPipeStream, pipe_mode};

use crate::{daemon::place, home};

const DETACHED_PROCESS: u32 = 0x0000_0008;
const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
const CREATE_BREAKAWAY_FROM_JOB: u32 = 0x0100_0000;
const CREATE_NO_WINDOW: u32 = 0x0800_0000;

/// How often a process that is to end is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// One connection, at either end. Reading and writing at the same time do not wait for each other.
pub struct Stream(Arc<DuplexPipeStream<pipe_mode::Bytes>>);

impl Stream {
    pub fn of(pipe: DuplexPipeStream<pipe_mode::Bytes>) -> Self {
        Self(Arc::new(pipe))
    }

    /// Another handle to the same connection, which ends with the last of them.
    #[expect(clippy::unnecessary_wraps, reason = "a socket of Unix may fail here")]
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self(Arc::clone(&self.0)))
    }

    /// A pipe has none: whoever waits here waits for the end of the other process, which closes it.
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as a socket of Unix has it")]
    pub fn set_read_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(into)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.0).write(bytes)
    }

    /// To flush a pipe is to wait until the other end has read everything: nobody wants that here.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Connects to the daemon of this state directory, if one can be met. A pipe of that name which another process
/// made is not talked to: it would be told the environment.
pub fn connect(directory: &Path) -> Option<Stream> {
    let name = place::pipe(directory, &user());
    let pipe = DuplexPipeStream::<pipe_mode::Bytes>::connect_by_path(OsStr::new(&name)).ok()?;
    let owner = pipe.server_process_id().ok()?;
    (home::daemon_of(directory) == Some(owner)).then(|| Stream::of(pipe))
}

/// The user's name, as part of the pipe's.
pub fn user() -> String {
    std::env::var("USERNAME").unwrap_or_default()
}

/// A pipe has no half that could be closed: it ends with the process.
pub fn end_writing(_: &Stream) -> io::Result<()> {
    Ok(())
}

/// Whether the process lives that had the lock of this state directory: it would still have it.
pub fn is_alive(directory: &Path, _: u32) -> bool {
    home::is_claimed(directory)
}

/// The name of a pipe lasts as long as its process.
pub fn ask_for_socket(_: u32) {}

/// Ends a process that cannot be spoken with.
pub fn end(directory: &Path, owner: u32, patience: Duration) {
    let ended = Command::new("taskkill")
        .args(["/F", "/PID", &owner.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .creation_flags(CREATE_NO_WINDOW)
        .status();
    let since = Instant::now();
    while ended.is_ok() && is_alive(directory, owner) && since.elapsed() < patience {
        std::thread::sleep(LOOK);
    }
}

/// The name in lists of processes is that of the program.
pub fn name(command: &mut Command) -> &mut Command {
    command
}

/// In a process group of its own.
pub fn apart(command: &mut Command) -> &mut Command {
    command.creation_flags(CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP)
}

/// Starts what is to outlive this process: without its console, out of its job where that lets it.
pub fn spawn_detached(command: &mut Command) -> io::Result<Child> {
    let flags = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP;
    command.creation_flags(flags | CREATE_BREAKAWAY_FROM_JOB).spawn().or_else(|error| {
        match error.kind() {
            io::ErrorKind::PermissionDenied => command.creation_flags(flags).spawn(),
            _ => Err(error),
        }
    })
}

/// There are no sessions to leave: see [`spawn_detached`].
pub fn leave_session() {}

/// Whoever started this process reads one line and leaves; nothing more is written to them.
#[expect(clippy::unnecessary_wraps, reason = "Unix opens /dev/null")]
pub fn leave_stdio() -> io::Result<()> {
    Ok(())
}
