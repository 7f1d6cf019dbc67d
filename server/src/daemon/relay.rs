//! What an editor starts: bytes from its stdin to the daemon and back, and nothing kept.
//!
//! When the daemon is gone, what the editor still waits for is answered here, and the exit code has the
//! editor start another relay, which starts another daemon.

use std::{
    io::{self, Read, Write},
    path::Path,
    process::exit,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tracing::{debug, error};

use crate::{
    home,
    protocol::{Failure, FailureKind},
};

use super::{
    Build, Hello, build,
    flight::{Flight, whole_frames},
    launch,
    system::{self, Stream},
};

/// Bytes that are passed on at once.
const CHUNK: usize = 64 << 10;
/// A frame of the daemon up to this many bytes is passed on whole, so that a daemon that dies in the
/// middle of it leaves the editor a stream that can be gone on with.
const MAX_HELD: usize = 1 << 20;

/// How long an editor that goes on writing is listened to when the daemon is gone.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// The exit code for a daemon that is gone: the editor starts us again.
const GONE: u8 = 1;

type Shared = Arc<Mutex<Flight>>;

/// Serves the editor on stdin and stdout until one side ends. Returns the exit code, or does not return.
pub fn run() -> u8 {
    let flight = Shared::default();
    let stream = match reach() {
        Ok(stream) => stream,
        Err(failure) => return refuse(&flight, &failure),
    };
    let from_daemon = match stream.try_clone() {
        Ok(stream) => stream,
        Err(error) => {
            error!(%error, "the socket cannot be used");
            return GONE;
        }
    };
    let watched = Arc::clone(&flight);
    let back = std::thread::Builder::new()
        .name("from daemon".into())
        .spawn(move || exit(i32::from(pass_back(from_daemon, &watched))));
    let back = match back {
        Ok(back) => back,
        Err(error) => {
            error!(%error, "no thread for what the daemon says");
            return GONE;
        }
    };
    pass_on(stream, &flight);
    if cfg!(windows) && lock(&flight).exit_code().is_none() {
        // The end of what we write is no end for the daemon there: the end of this process is.
        return GONE;
    }
    // The daemon writes what is left and closes; the other thread ends the process then.
    let _ = back.join();
    GONE
}

/// Connects this process to the daemon as an editor's, starting the daemon if need be.
pub fn reach() -> Result<Stream, Failure> {
    let directory = home::of_this_environment().ok_or_else(|| {
        let why = "There is no home directory to keep Outrigger's state in.";
        Failure::new(FailureKind::Io, why)
    })?;
    meet(&directory)
}

fn meet(directory: &Path) -> Result<Stream, Failure> {
    let build = std::env::current_exe().and_then(|program| Build::of(&program));
    let build = build.map_err(|error| {
        Failure::new(FailureKind::Io, format!("This program cannot be read: {error}."))
    })?;
    let hello = Hello::of_editor(build);
    let (stream, welcome) = launch::meet(directory, &hello)?;
    // Not said at the usual level: the first line of a log costs a relay more than all else it does.
    debug!(pid = welcome.pid, version = welcome.build.version, "with the daemon");
    if hello.build.is_newer_than(&welcome.build) {
        // Ready for when the daemon is idle; the one that runs is not replaced under a running turn.
        if let Err(error) = build::copy_into(directory) {
            debug!(%error, "this newer build was not copied");
        }
    }
    Ok(stream)
}

fn lock(flight: &Shared) -> MutexGuard<'_, Flight> {
    flight.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the editor has written something, or closed its end: waits for it, or only looks.
#[cfg(unix)]
fn has_input(waits: bool) -> bool {
    use rustix::{
        event::{PollFd, PollFlags, poll},
        fs::Timespec,
    };
    let (stdin, now) = (io::stdin(), Timespec::default());
    let limit = if waits { None } else { Some(&now) };
    poll(&mut [PollFd::new(&stdin, PollFlags::IN)], limit).is_ok_and(|ready| ready > 0)
}

/// A pipe cannot be waited for here without reading it: the read waits.
#[cfg(not(unix))]
fn has_input(waits: bool) -> bool {
    waits
}

/// Passes the editor's bytes on until it closes its end. When the daemon takes no more they are only
/// noted, for the other thread to answer.
fn pass_on(mut stream: Stream, flight: &Shared) {
    let mut input = io::stdin().lock();
    let mut chunk = vec![0; CHUNK];
    let mut is_taken = true;
    loop {
        if !has_input(true) {
            continue;
        }
        // Read and noted in one: an answer must not come before its question was seen, and at the end
        // nothing may be on the way between the two.
        let early = cfg!(unix).then(|| lock(flight));
        let length = match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                debug!(%error, "stdin can no longer be read");
                break;
            }
        };
        early.unwrap_or_else(|| lock(flight)).asked(&chunk[..length]);
        is_taken = is_taken && stream.write_all(&chunk[..length]).is_ok();
    }
    let _ = system::end_writing(&stream);
}

/// Passes the daemon's frames back until it closes. The exit code.
fn pass_back(mut stream: Stream, flight: &Shared) -> u8 {
    let mut output = io::stdout().lock();
    let mut held: Vec<u8> = Vec::with_capacity(CHUNK);
    let mut chunk = vec![0; CHUNK];
    // Bytes of a large frame that are still to come: it passes as it is read.
    let mut torn = 0_usize;
    loop {
        let length = match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                debug!(%error, "the daemon's end is broken");
                break;
            }
        };
        let mut bytes = &chunk[..length];
        let through = torn.min(bytes.len());
        if write(&mut output, &bytes[..through]).is_err() {
            return GONE;
        }
        torn -= through;
        bytes = &bytes[through..];
        held.extend_from_slice(bytes);
        let Some(whole) = whole_frames(&held, |body| lock(flight).answered(body)) else {
            error!("what the daemon writes are no frames");
            break;
        };
        if write(&mut output, &held[..whole]).is_err() {
            return GONE;
        }
        held.drain(..whole);
        if held.len() > MAX_HELD {
            lock(flight).answered(&held);
            torn = missing(&held);
            if write(&mut output, &held).is_err() {
                return GONE;
            }
            held = Vec::with_capacity(CHUNK);
        }
    }
    end(&mut output, torn, flight)
}

/// How many bytes the frame that these begin still lacks.
fn missing(begun: &[u8]) -> usize {
    let header = memchr::memmem::find(begun, b"\r\n\r\n").unwrap_or(0);
    let length = begun
        .get(b"Content-Length: ".len()..header)
        .and_then(|length| std::str::from_utf8(length).ok()?.parse::<usize>().ok());
    length.map_or(0, |length| (header + 4 + length).saturating_sub(begun.len()))
}

fn write(output: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    output.write_all(bytes)?;
    output.flush()
}

/// The daemon has closed. After `exit` that is what was wanted; else the editor is told.
fn end(output: &mut impl Write, torn: usize, flight: &Shared) -> u8 {
    let since = Instant::now();
    let mut flight = loop {
        let flight = lock(flight);
        // What the editor had written by now is answered too.
        if since.elapsed() > LAST_WORDS || !has_input(false) {
            break flight;
        }
        drop(flight);
        std::thread::yield_now();
    };
    if let Some(code) = flight.exit_code() {
        return code;
    }
    let gone = Failure::new(
        FailureKind::DaemonGone,
        "The Outrigger daemon has ended, or has let this editor go.",
    )
    .hint("The editor starts it again; open threads are resumed.");
    let refused = flight.refuse_all(&gone);
    // A frame that was cut off is filled up: the editor drops it and reads on behind it.
    let filled = (0..torn)
        .step_by(CHUNK)
        .try_for_each(|at| output.write_all(&vec![b' '; CHUNK.min(torn - at)]));
    let _ = filled.and_then(|()| write(output, &refused));
    GONE
}

/// There is no daemon to speak with: every request is answered with why, until the editor leaves.
fn refuse(flight: &Shared, failure: &Failure) -> u8 {
    error!("{}", failure.message);
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut chunk = vec![0; CHUNK];
    loop {
        match input.read(&mut chunk) {
            Ok(0) => return GONE,
            Ok(length) => {
                let mut flight = lock(flight);
                flight.asked(&chunk[..length]);
                let refused = flight.refuse_all(failure);
                if write(&mut output, &refused).is_err() {
                    return GONE;
                }
                if let Some(code) = flight.exit_code() {
                    return code;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return GONE,
        }
    }
}
