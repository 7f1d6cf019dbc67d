//! The link to the app-server: what the core says to it and hears from it.

use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::driver::Driver;
use super::locate::Search;
pub use super::ndjson::Method;
use super::options::Options;
use crate::protocol::app_server::{AppServerError, AppServerStatus};
use crate::protocol::{Raw, RpcError, RpcId};

/// What the core asks of the link.
#[derive(Debug)]
pub enum Command {
    /// Starts codex, unless it runs or has failed.
    Start,
    /// Ends codex, or the wait for its next start.
    Stop,
    /// Starts codex anew with a clean record; the way on from `failed`.
    Restart,
    /// Looks elsewhere from the next start on. After a failure to find or start codex it is tried at once.
    Reconfigure(Search),
    /// Asks codex. It is answered by exactly one [`Frame::Response`] with the same token, or given back as
    /// [`Frame::Unsent`], unless it is forgotten.
    Request {
        token: u64,
        method: String,
        params: Raw,
        /// [`DEFAULT_TIMEOUT`](super::pending::DEFAULT_TIMEOUT) is the usual one; none for what may run for hours.
        timeout: Option<Duration>,
    },
    /// Nobody waits for this answer any more.
    Forget {
        token: u64,
    },
    Notify {
        method: String,
        params: Raw,
    },
    /// Answers a request of codex. Dropped unless `epoch` is the living process: ids begin anew with each.
    Respond {
        epoch: u32,
        id: RpcId,
        result: Result<Raw, RpcError>,
    },
}

/// What the core hears. Every process has an epoch of its own, counted from 1.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// The state changed. `ready` is never told here: the core announces it after [`Event::Initialized`].
    Status(AppServerStatus),
    /// Codex may be asked now.
    Initialized {
        epoch: u32,
        version: String,
        /// The result of `initialize`.
        result: Raw,
    },
    /// What codex sent, in wire order. A line that could not be read may come before [`Event::Initialized`].
    Frames { epoch: u32, frames: Vec<Frame> },
    /// The process is gone, after all its frames and the answers to all its open requests.
    Exited { epoch: u32, error: AppServerError },
}

/// One message of codex, or one answer in its place.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    Notification {
        method: Method,
        params: Raw,
    },
    Request {
        id: RpcId,
        method: Method,
        params: Raw,
    },
    Response {
        token: u64,
        method: String,
        result: Result<Raw, RpcError>,
        /// Since the core asked.
        elapsed: Duration,
    },
    /// A request that no process ever got, given back: it was asked when the last one was gone and the next
    /// one not ready.
    Unsent {
        token: u64,
        method: String,
        params: Raw,
    },
    /// A line that is no message; the connection goes on.
    Garbled {
        message: String,
    },
}

/// A handle to the one supervised app-server. Dropping the last one ends the child.
#[derive(Clone)]
pub struct Link {
    commands: mpsc::UnboundedSender<Command>,
    closing: watch::Sender<bool>,
    /// Closed when everything has ended.
    ended: watch::Receiver<()>,
}

impl Link {
    /// Prepares a link; codex starts with [`Command::Start`]. `events` bounds how far codex may run ahead of the core.
    pub fn spawn(options: Options, events: mpsc::Sender<Event>) -> std::io::Result<Self> {
        let (commands, commands_taken) = mpsc::unbounded_channel();
        let (closing, closing_seen) = watch::channel(false);
        let (alive, ended) = watch::channel(());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let driver = Driver::new(options, events, commands_taken, closing_seen);
        std::thread::Builder::new().name("codex-link".into()).spawn(move || {
            runtime.block_on(driver.run());
            drop(alive);
        })?;
        Ok(Self { commands, closing, ended })
    }

    /// Never blocks. What codex has no room for is answered so.
    pub fn send(&self, command: Command) {
        // Without a receiver the link was shut down, and then there is nobody to tell.
        let _ = self.commands.send(command);
    }

    /// Ends codex: closes its stdin, then SIGTERM, then SIGKILL to its group, each after its time. Returns when the
    /// group is gone. What was sent before is still written; what comes after goes nowhere, and events may be lost.
    pub async fn shutdown(mut self) {
        self.closing.send_replace(true);
        // The sender is only ever dropped.
        while self.ended.changed().await.is_ok() {}
    }
}
