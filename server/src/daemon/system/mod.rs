//! What each platform has its own way for: where relay and daemon meet, a process that outlives whoever
//! started it, and its end.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;
