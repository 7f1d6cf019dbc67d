//! Unix: a domain socket, signals, a session of its own.

use std::{
    fs::OpenOptions,
    io,
    net::Shutdown,
    os::unix::{net::UnixStream, process::CommandExt},
    path::Path,
    process::{Child, Command},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, setsid, test_kill_process};

use crate::daemon::place;

/// One connection, at either end.
pub type Stream = UnixStream;

/// How often a process that is to end is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// Connects to the daemon of this state directory, if one can be met.
pub fn connect(directory: &Path) -> Option<Stream> {
    place::sockets(directory).iter().find_map(|socket| Stream::connect(socket).ok())
}

/// Nothing more is written; what the other end still writes is read.
pub fn end_writing(stream: &Stream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)
}

/// Whether the process lives that had the lock of this state directory.
pub fn is_alive(_: &Path, owner: u32) -> bool {
    process(owner).is_some_and(|owner| test_kill_process(owner) != Err(rustix::io::Errno::SRCH))
}

/// Its socket is gone, as when somebody clears /tmp: SIGHUP has it made anew.
pub fn ask_for_socket(owner: u32) {
    if let Some(owner) = process(owner) {
        let _ = kill_process(owner, Signal::HUP);
    }
}

/// Ends a process that cannot be spoken with: asks it by SIGTERM, and after `patience` no longer asks.
pub fn end(directory: &Path, owner: u32, patience: Duration) {
    let Some(pid) = process(owner) else { return };
    let since = Instant::now();
    let _ = kill_process(pid, Signal::TERM);
    while is_alive(directory, owner) && since.elapsed() < patience {
        std::thread::sleep(LOOK);
    }
    let _ = kill_process(pid, Signal::KILL);
}

/// The name in lists of processes, wherever the copy lies.
pub fn name(command: &mut Command) -> &mut Command {
    command.arg0("outrigger")
}

/// In a process group of its own.
pub fn apart(command: &mut Command) -> &mut Command {
    command.process_group(0)
}

/// Starts what is to outlive this process.
pub fn spawn_detached(command: &mut Command) -> io::Result<Child> {
    // The daemon makes a session of its own, once it runs: see `leave_session`.
    command.spawn()
}

/// The terminal that an editor was started from does not take this process along.
pub fn leave_session() {
    // It fails for the leader of a session, which has left already.
    let _ = setsid();
}

/// Leaves stdin, stdout and stderr to nobody.
pub fn leave_stdio() -> io::Result<()> {
    let nothing = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&nothing)?;
    rustix::stdio::dup2_stderr(&nothing)?;
    Ok(())
}

fn process(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}
