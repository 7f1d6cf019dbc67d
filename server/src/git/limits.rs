//! Bounds of this room.

use std::time::Duration;

/// Texts beyond this have no hunks, and files beyond it are not reverted, in bytes.
pub const MAX_BYTES: u64 = 50 * 1024 * 1024;
/// Texts with more lines have no hunks.
pub const MAX_LINES: u32 = 500_000;
/// Lines of context that a list may be asked for; more is cut to this.
pub const MAX_CONTEXT: u32 = 10_000;
/// How long another git's lock on the index is waited for.
pub const LOCK_PATIENCE: Duration = Duration::from_secs(2);
/// A repository's thread ends when it had nothing to do for this long.
pub const IDLE: Duration = Duration::from_mins(1);
/// Repositories with a thread at one time.
pub const MAX_THREADS: usize = 32;
/// How long one run of git may take.
pub const GIT_TIMEOUT: Duration = Duration::from_mins(2);
