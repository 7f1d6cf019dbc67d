//! `outrigger daemon guard`: ends what the daemon started when the daemon can no longer do it itself.
//!
//! Killed, the daemon leaves its app-server an end of input, on which that ends with most of what it runs;
//! what has left its session, or an app-server that hangs, would stay. So a second process waits for the
//! end of a pipe that the kernel closes with the daemon.

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

type Hold = Arc<Mutex<Option<ChildStdin>>>;

impl Guard {
    /// Starts it, and starts it again should it end.
    pub fn start(mark: &Mark) -> io::Result<Self> {
        let (mut child, stdin) = spawn(mark)?;
        let hold = Arc::new(Mutex::new(Some(stdin)));
        let (held, mark) = (Arc::clone(&hold), mark.clone());
        let watch = thread::Builder::new().name("guard".into()).spawn(move || {
            loop {
                let _ = child.wait();
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
                        child = anew;
                        *hold = Some(stdin);
                    }
                    Err(error) => return tracing::error!(%error, "there is no guard any more"),
                }
            }
        })?;
        Ok(Self { hold, watch })
    }

    /// Ends the guard: there is nothing left that it would have to end.
    pub fn dismiss(self) {
        *lock(&self.hold) = None;
        let _ = self.watch.join();
    }
}

fn lock(hold: &Hold) -> MutexGuard<'_, Option<ChildStdin>> {
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

/// What the guard does. Returns when the daemon is gone and nothing of it is left.
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
