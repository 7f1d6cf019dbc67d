//! The link to the app-server, tried on the real one and, for faults, on `fake-codex`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "all of this is tests")]

mod bench;
mod fake;
mod fake_start;
mod real;
