//! A program that is measured: started, looked at from outside, and ended.

use std::fs;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::Outcome;

/// How long a program may take to end once its stdin is closed.
const GRACE: Duration = Duration::from_secs(5);

/// A running program, which is ended when this is dropped.
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts a program with pipes for its stdin and stdout.
    pub fn start(command: &mut Command) -> Outcome<(Self, ChildStdin, ChildStdout)> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| {
                format!("{} did not start: {error}", command.get_program().display())
            })?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(stdin), Some(stdout)) => Ok((Self { child }, stdin, stdout)),
            _ => Err("a program without pipes".into()),
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    /// By now its stdin is closed, at which every program here ends by itself and ends what it started.
    fn drop(&mut self) {
        let patience = Instant::now();
        while patience.elapsed() < GRACE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `RssAnon`: the memory of a process that is its own, in bytes. None where there is no `/proc`.
pub fn own_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

/// What the threads of a process that live now have computed so far, in nanoseconds.
pub fn computed_ns(process: u32) -> Option<u64> {
    let mut sum = 0;
    for task in fs::read_dir(format!("/proc/{process}/task")).ok()? {
        let text = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        sum += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(sum)
}

/// How often the threads of these processes that live now have slept and been woken. None without `/proc`.
pub fn woken(processes: &[u32]) -> Option<u64> {
    let mut sum = 0;
    for process in processes {
        for task in fs::read_dir(format!("/proc/{process}/task")).ok()? {
            let status = fs::read_to_string(task.ok()?.path().join("status")).ok()?;
            let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches:"))?;
            sum += line.split_whitespace().nth(1)?.parse::<u64>().ok()?;
        }
    }
    Some(sum)
}

/// Looks at the memory of a process every 20 ms.
pub struct MemoryWatch {
    ended: Arc<AtomicBool>,
    samples: Option<JoinHandle<Vec<u64>>>,
}

impl MemoryWatch {
    pub fn start(process: u32) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ended);
        let samples = std::thread::spawn(move || {
            let mut samples = Vec::new();
            while !end.load(Ordering::Acquire) {
                samples.extend(own_memory(process));
                std::thread::sleep(Duration::from_millis(20));
            }
            samples
        });
        Self { ended, samples: Some(samples) }
    }

    /// Ends the watch: all samples, in bytes, in order.
    pub fn samples(mut self) -> Vec<u64> {
        self.end()
    }

    fn end(&mut self) -> Vec<u64> {
        self.ended.store(true, Ordering::Release);
        self.samples.take().and_then(|samples| samples.join().ok()).unwrap_or_default()
    }
}

impl Drop for MemoryWatch {
    fn drop(&mut self) {
        self.end();
    }
}
