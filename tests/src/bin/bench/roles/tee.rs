//! Stands before codex and notes when codex wrote each delta: `tee LOG PROGRAM [ARG]...`.
//!
//! Whoever reads behind it, Outrigger or the benchmark itself, pays for it alike.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};

use memchr::{memchr_iter, memmem};

use super::command;
use crate::Outcome;
use crate::clock::monotonic_ns;

pub fn run(args: &[OsString]) -> Outcome<()> {
    let (log, program) = args.split_first().ok_or("usage: tee LOG PROGRAM [ARG]...")?;
    let mut log = File::create(log)?;
    let mut child = command(program)?.spawn()?;
    let (Some(mut to_child), Some(mut from_child)) = (child.stdin.take(), child.stdout.take())
    else {
        return Err("a program without pipes".into());
    };
    std::thread::spawn(move || {
        // At the end of our stdin the child's is closed.
        let _ = std::io::copy(&mut std::io::stdin(), &mut to_child);
    });
    let mut stdout = std::io::stdout();
    let (mut buffer, mut line) = (vec![0; 64 << 10], Vec::new());
    loop {
        let read = from_child.read(&mut buffer)?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else { break };
        // Before the write: whoever reads may be faster than the next statement.
        let now = monotonic_ns();
        stdout.write_all(chunk)?;
        stdout.flush()?;
        let stamps = deltas_ended(chunk, &mut line);
        log.write_all(format!("{now}\n").repeat(stamps).as_bytes())?;
    }
    child.wait()?;
    Ok(())
}

/// How many delta notes end in this chunk; `line` keeps what has no end yet.
fn deltas_ended(chunk: &[u8], line: &mut Vec<u8>) -> usize {
    let mut ended = 0;
    let mut start = 0;
    for end in memchr_iter(b'\n', chunk) {
        line.extend_from_slice(&chunk[start..end]);
        ended += usize::from(memmem::find(line, br#""item/agentMessage/delta""#).is_some());
        line.clear();
        start = end + 1;
    }
    line.extend_from_slice(&chunk[start..]);
    ended
}
