//! Notices that the editor's process is gone although its end of the pipe is still held open.

use crate::protocol::Incoming;

/// How often the process is looked at.
#[cfg(unix)]
const LOOK: std::time::Duration = std::time::Duration::from_secs(1);

/// Tells [`Closed::ParentGone`](crate::protocol::wire::Closed::ParentGone) once when the process
/// `pid` has ended. Must be called within a tokio runtime; aborting the handle ends the watch.
///
/// A process that is not there to begin with is taken for one of another PID namespace, as when the
/// editor runs outside of the container: nothing is told, and the end of the pipe decides. On Linux
/// the process itself is held on to, so that another one of the same number cannot stand for it.
pub fn watch_parent(
    pid: u32,
    incoming: impl Fn(Incoming) + Send + 'static,
) -> tokio::task::AbortHandle {
    // Held before anything is awaited: a process that ends at once is noticed all the same.
    let parent = Parent::find(pid);
    tokio::spawn(async move {
        if let Some(parent) = parent {
            parent.end().await;
            incoming(Incoming::Closed { reason: crate::protocol::wire::Closed::ParentGone });
        }
    })
    .abort_handle()
}

#[cfg(not(unix))]
struct Parent;

#[cfg(not(unix))]
impl Parent {
    fn find(_: u32) -> Option<Self> {
        None
    }

    async fn end(self) {}
}

/// The process being watched: itself where the kernel lets us hold it, else its number.
#[cfg(unix)]
enum Parent {
    #[cfg(target_os = "linux")]
    Held(tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>),
    Number(rustix::process::Pid),
}

#[cfg(unix)]
impl Parent {
    /// The process of this number, if it is to be seen from here.
    fn find(pid: u32) -> Option<Self> {
        let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
        let Some(pid) = pid.filter(|pid| is_alive(*pid)) else {
            tracing::warn!("the editor's process is not to be seen from here and is not watched");
            return None;
        };
        #[cfg(target_os = "linux")]
        // Sound here: an `OwnedFd` stays what it is for as long as it is registered.
        #[expect(deprecated, reason = "its successor is `unsafe`")]
        if let Ok(process) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty())
            && let Ok(process) = tokio::io::unix::AsyncFd::new(process)
        {
            return Some(Self::Held(process));
        }
        Some(Self::Number(pid))
    }

    async fn end(self) {
        match self {
            // Woken by the kernel: an idle session costs nothing.
            #[cfg(target_os = "linux")]
            Self::Held(process) => {
                let _ = process.readable().await;
            }
            Self::Number(pid) => {
                let mut look = tokio::time::interval(LOOK);
                while is_alive(pid) {
                    look.tick().await;
                }
            }
        }
    }
}

#[cfg(unix)]
fn is_alive(pid: rustix::process::Pid) -> bool {
    // A process that we may not signal is there all the same.
    rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
}
