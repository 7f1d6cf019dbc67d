//! The owner of all state. Nothing in here does I/O or waits.

pub mod thread;
