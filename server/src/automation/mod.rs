//! Automations: when they are due, and the files that define them.

pub mod schedule;
