//! Processes by a mark in their environment, which every child inherits: what is left of a tree, however it was orphaned.

use std::fs;
use std::time::{Duration, Instant};

pub use rustix::process::Signal;
use rustix::process::{Pid, kill_process};

use crate::PATIENCE;

/// The processes whose environment holds `NAME=value`, with their command lines. Linux only; elsewhere none is found.
pub fn with_mark(mark: &str) -> Vec<(u32, String)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
        let marked = environment.split(|byte| *byte == 0).any(|entry| entry == mark.as_bytes());
        let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        (marked && !is_zombie(pid)).then_some((pid, command))
    })
    .collect()
}

/// The processes that have this in their command lines, whatever their environment. Linux only.
pub fn with_command(part: &str) -> Vec<(u32, String)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: u32| {
        let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        (command.contains(part) && !is_zombie(pid)).then_some((pid, command))
    })
    .collect()
}

fn is_zombie(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_none_or(|(_, rest)| rest.trim_start().starts_with('Z'))
}

/// What remains of the marked processes with a wanted command line when `bound` has passed; returns as soon as none does.
pub fn remaining(mark: &str, wanted: impl Fn(&str) -> bool, bound: Duration) -> Vec<(u32, String)> {
    let deadline = Instant::now() + bound;
    loop {
        let mut left = with_mark(mark);
        left.retain(|(_, command)| wanted(command));
        if left.is_empty() || Instant::now() > deadline {
            return left;
        }
        // The kernel tells nobody but a parent: there is only looking again.
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Sends SIGKILL; a process that is gone already is fine.
pub fn kill(pid: u32) {
    if let Some(pid) = Pid::from_raw(pid.cast_signed()) {
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// Sends a signal to a process that is there.
pub fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), signal).unwrap();
}

/// Ends every marked process.
pub fn kill_marked(mark: &str) {
    for (pid, _) in with_mark(mark) {
        kill(pid);
    }
}

/// Looks again and again until `done`: for what the kernel or another process tells nobody.
pub fn until(mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
