//! What the wiring decides about the app-server link: where to look, who we are, and every delay.

use std::ffi::OsString;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::locate::Search;
use super::pending::Limits;
use crate::offspring::Mark;

/// Picks a pause between nothing and the given one.
pub type Jitter = Arc<dyn Fn(Duration) -> Duration + Send + Sync>;

/// Tells the time in epoch milliseconds.
pub type WallClock = Arc<dyn Fn() -> u64 + Send + Sync>;

#[derive(Clone)]
pub struct Options {
    pub search: Search,
    /// Set for the child on top of the environment of this process.
    pub env: Vec<(OsString, OsString)>,
    /// Whose the child and all that it starts are; each process is a part of its own.
    pub mark: Option<Mark>,
    /// The child's working directory; without one, the home directory.
    pub cwd: Option<PathBuf>,
    pub client_name: String,
    pub client_title: String,
    pub client_version: String,
    pub limits: Limits,
    pub timing: Timing,
    pub wall_clock: WallClock,
    pub jitter: Jitter,
}

impl Options {
    /// The options of the product, looking for codex as `search` says.
    pub fn new(search: Search) -> Self {
        Self {
            search,
            env: Vec::new(),
            mark: None,
            cwd: None,
            client_name: "outrigger".into(),
            client_title: "Outrigger".into(),
            client_version: env!("CARGO_PKG_VERSION").into(),
            limits: Limits::default(),
            timing: Timing::default(),
            wall_clock: Arc::new(epoch_ms),
            jitter: Arc::new(full_jitter),
        }
    }
}

/// Every delay of the link.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// How long `initialize` may take.
    pub handshake: Duration,
    /// From closed stdin to SIGTERM.
    pub close_grace: Duration,
    /// From SIGTERM to SIGKILL.
    pub terminate_grace: Duration,
    /// The longest pause before the first restart; each further one doubles it.
    pub backoff_first: Duration,
    pub backoff_most: Duration,
    /// A process that ran this long lets the backoff begin anew.
    pub healthy_after: Duration,
    /// This many exits ...
    pub crash_limit: usize,
    /// ... within this time end the restarts.
    pub crash_window: Duration,
    /// How long the child may leave its stdin unread while bytes wait.
    pub stdin_stall: Duration,
    /// How long its output is read after its exit; another process may hold the pipe open.
    pub drain: Duration,
    /// How long it may live on after it closed its stdout.
    pub closed_output: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(15),
            close_grace: Duration::from_secs(2),
            terminate_grace: Duration::from_secs(3),
            backoff_first: Duration::from_millis(250),
            backoff_most: Duration::from_secs(30),
            healthy_after: Duration::from_mins(1),
            crash_limit: 5,
            crash_window: Duration::from_mins(3),
            stdin_stall: Duration::from_secs(10),
            drain: Duration::from_secs(1),
            closed_output: Duration::from_secs(2),
        }
    }
}

fn epoch_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn full_jitter(most: Duration) -> Duration {
    // A fresh RandomState hashes with random keys.
    let random = u32::try_from(RandomState::new().hash_one(0) >> 32).unwrap_or(u32::MAX);
    most.mul_f64(f64::from(random) / f64::from(u32::MAX))
}
