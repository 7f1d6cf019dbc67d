//! `outrigger daemon guard`: ends what the daemon started when the daemon can no longer do it itself.
//!
//! Killed, the daemon leaves its app-server an end of input, on which that ends with most of what it runs;
//! what has left its session, or an app-server that hangs, would stay. So a second process waits for the
//! end of a pipe that the kernel closes with the daemon.
//!
//! On Linux that process is the daemon's parent and takes in every orphan below it (a child subreaper), so that
//! it also finds what has left its session, its parents and its environment; it reaps them too. Should it end
//! before the daemon, the daemon starts one as its child, which goes by marks alone.

use std::{
    io::{self, BufRead, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use super::system;
use crate::offspring::{self, Mark};

/// How long an app-server may take to write down what it has, once its input has ended.
const LEAVING: Duration = Duration::from_secs(1);
/// How long after the end of a guard another one is started.
const PAUSE: Duration = Duration::from_secs(1);

/// The guard, as the daemon holds it.
pub struct Guard {
    /// Open for as long as the guard is wanted; nobody else inherits it.
    hold: Hold,
    watch: JoinHandle<()>,
}

type Hold = Arc<Mutex<Option<Leash>>>;

/// The daemon's end of what its guard waits at.
enum Leash {
    Child(ChildStdin),
    #[cfg(target_os = "linux")]
    Parent(std::os::unix::net::UnixStream),
}

impl Leash {
    /// Has the guard end, which is then to end nothing of the daemon.
    fn let_go(self) {
        match self {
            Self::Child(stdin) => drop(stdin),
            #[cfg(target_os = "linux")]
            Self::Parent(mut socket) => {
                // One that is gone already is what was wanted.
                let _ = writeln!(socket, "{DISMISSED}");
                let _ = socket.shutdown(std::net::Shutdown::Write);
            }
        }
    }
}

/// What a daemon says to its parent when it ends in good order.
#[cfg(target_os = "linux")]
const DISMISSED: &str = "dismissed";

impl Guard {
    /// Starts it, and starts it again should it end. A daemon that is `guarded` was started by its guard.
    pub fn start(mark: &Mark, guarded: bool) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if guarded {
            return Self::of_parent(mark);
        }
        let _ = guarded;
        let (child, stdin) = spawn(mark)?;
        Self::watched(mark, Leash::Child(stdin), Watched::Child(child))
    }

    /// The guard is at the other end of stdin.
    #[cfg(target_os = "linux")]
    fn of_parent(mark: &Mark) -> io::Result<Self> {
        use std::os::{fd::AsFd, unix::net::UnixStream};
        let mut socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        writeln!(socket, "{}", mark.as_str())?;
        let end = socket.try_clone()?;
        Self::watched(mark, Leash::Parent(socket), Watched::Parent(end))
    }

    fn watched(mark: &Mark, leash: Leash, mut watched: Watched) -> io::Result<Self> {
        let hold = Arc::new(Mutex::new(Some(leash)));
        let (held, mark) = (Arc::clone(&hold), mark.clone());
        let watch = thread::Builder::new().name("guard".into()).spawn(move || {
            loop {
                watched.await_end();
                if lock(&held).is_none() {
                    return;
                }
                tracing::warn!("the guard has ended and is started again");
                thread::sleep(PAUSE);
                let mut hold = lock(&held);
                if hold.is_none() {
                    return;
                }
                match spawn(&mark) {
                    Ok((anew, stdin)) => {
                        watched = Watched::Child(anew);
                        *hold = Some(Leash::Child(stdin));
                    }
                    Err(error) => return tracing::error!(%error, "there is no guard any more"),
                }
            }
        })?;
        Ok(Self { hold, watch })
    }

    /// Ends the guard: there is nothing left that it would have to end.
    pub fn dismiss(self) {
        let leash = lock(&self.hold).take();
        if let Some(leash) = leash {
            leash.let_go();
        }
        let _ = self.watch.join();
    }
}

/// A guard, as its end is seen.
enum Watched {
    Child(Child),
    /// It never says a word.
    #[cfg(target_os = "linux")]
    Parent(std::os::unix::net::UnixStream),
}

impl Watched {
    fn await_end(&mut self) {
        match self {
            Self::Child(child) => drop(child.wait()),
            #[cfg(target_os = "linux")]
            Self::Parent(socket) => drop(io::copy(socket, &mut io::sink())),
        }
    }
}

fn lock(hold: &Hold) -> MutexGuard<'_, Option<Leash>> {
    hold.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spawn(mark: &Mark) -> io::Result<(Child, ChildStdin)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["daemon", "guard"]).current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // What ends the daemon's group is not to end it.
    let mut child = system::apart(system::name(&mut command)).spawn()?;
    let mut stdin = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    writeln!(stdin, "{}", mark.as_str())?;
    Ok((child, stdin))
}

/// What a guard does that the daemon has started. Returns when the daemon is gone and nothing of it is left.
pub fn guard() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut line = String::new();
    input.read_line(&mut line)?;
    let mark = Mark::read(line.trim_end()).ok_or(io::ErrorKind::InvalidData)?;
    // Nothing more is ever said.
    io::copy(&mut input, &mut io::sink())?;
    offspring::end(&mark, LEAVING);
    Ok(())
}

/// `outrigger daemon guard --start`: starts the daemon, and ends what is left of it. Returns when the daemon is gone,
/// or has let its guard go, and nothing of it is left.
#[cfg(target_os = "linux")]
pub fn start() -> io::Result<()> {
    use std::{
        io::{BufReader, Read},
        os::{fd::OwnedFd, unix::net::UnixStream},
    };

    use rustix::process::{WaitOptions, getpid, set_child_subreaper, wait};

    system::leave_session();
    set_child_subreaper(Some(getpid()))?;
    let (ours, theirs) = UnixStream::pair()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["daemon", "run", "--guarded"]).current_dir("/");
    command.stdin(OwnedFd::from(theirs)).stderr(Stdio::null());
    let daemon = system::name(&mut command).spawn()?.id();
    // It holds the daemon's end.
    drop(command);
    // Only the daemon says how it went.
    system::leave_stdio()?;
    thread::Builder::new().name("reaper".into()).spawn(|| {
        // All that is born or taken in here is nobody else's to wait for.
        while wait(WaitOptions::empty()).is_ok() {}
    })?;

    let mut ours = BufReader::new(ours);
    let mut line = String::new();
    ours.read_line(&mut line)?;
    // It ended as it started: another has the lock.
    let Some(mark) = Mark::read(line.trim_end()) else { return Ok(()) };
    let mut last = String::new();
    // What cannot be read is an end too.
    let _ = ours.read_to_string(&mut last);
    if last.trim_end() != DISMISSED {
        offspring::end(&mark, LEAVING);
    }
    offspring::end_children(|pid, command| pid == daemon || is_guard(command));
    Ok(())
}

/// Whether this is the guard of another daemon, which was started in a terminal of this one and is nobody's.
#[cfg(target_os = "linux")]
fn is_guard(command: &[u8]) -> bool {
    command == b"outrigger\0daemon\0guard\0--start\0"
}
