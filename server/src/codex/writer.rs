//! The app-server's stdin: a bounded queue of lines and the thread that writes them.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;

/// Bytes that may wait before requests are held back; a single larger line still passes alone.
pub const ROOM: usize = 8 << 20;

/// Bytes that may wait before the next line is refused. Answers and notes are never held back, so they may pass
/// [`ROOM`]; a process that lets this much wait does not read.
pub const HARD_LIMIT: usize = 2 * ROOM;

/// How much is written at once: about a pipe's capacity, so that a slow reader is seen to make progress.
const PIECE: usize = 64 << 10;

/// The queue in front of one process's stdin. Clones share it; nobody who writes to it is ever blocked.
#[derive(Clone)]
pub struct Writer(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    lines: VecDeque<Bytes>,
    /// Of the lines and of the rest of the one that is being written.
    bytes: usize,
    /// When the process last took something, or something began to wait.
    progress: Instant,
    /// Somebody was refused for want of room and is to be told when there is some.
    starved: bool,
    closed: bool,
}

/// [`HARD_LIMIT`] bytes wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the app-server does not read its input")]
pub struct Overfull;

impl Writer {
    /// Begins to write to `stdin`; `on_room` is called, on the writer's thread, when there is room again.
    pub fn start(
        stdin: impl Write + Send + 'static,
        on_room: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                lines: VecDeque::new(),
                bytes: 0,
                progress: Instant::now(),
                starved: false,
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let thread_shared = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("codex-stdin".into())
            .spawn(move || thread_shared.write(stdin, &on_room))?;
        Ok(Self(shared))
    }

    /// Whether a request may be pushed now; if not, `on_room` will be called.
    pub fn has_room(&self) -> bool {
        let mut state = self.0.lock();
        state.starved |= state.bytes >= ROOM;
        state.bytes < ROOM
    }

    /// Queues one line. A line for a process that is gone is dropped.
    pub fn push(&self, line: Bytes) -> Result<(), Overfull> {
        let mut state = self.0.lock();
        if state.closed {
            return Ok(());
        }
        if state.bytes >= HARD_LIMIT {
            return Err(Overfull);
        }
        if state.bytes == 0 {
            state.progress = Instant::now();
        }
        state.bytes += line.len();
        state.lines.push_back(line);
        self.0.changed.notify_one();
        Ok(())
    }

    /// Closes stdin once what waits is written.
    pub fn close(&self) {
        self.0.lock().closed = true;
        self.0.changed.notify_one();
    }

    /// Since when bytes wait without the process taking any.
    pub fn stalled_since(&self) -> Option<Instant> {
        let state = self.0.lock();
        (state.bytes > 0).then_some(state.progress)
    }

    /// Lets the time without progress begin anew: the process could not read for a reason of ours.
    pub fn excuse(&self) {
        self.0.lock().progress = Instant::now();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, mut stdin: impl Write, on_room: &dyn Fn()) {
        while let Some(line) = self.next_line() {
            for piece in line.chunks(PIECE) {
                if stdin.write_all(piece).and_then(|()| stdin.flush()).is_err() {
                    // The process is gone or going: its exit is told by whoever waits for it.
                    let mut state = self.lock();
                    state.closed = true;
                    state.lines.clear();
                    state.bytes = 0;
                    return;
                }
                let mut state = self.lock();
                state.bytes -= piece.len();
                state.progress = Instant::now();
                let told = state.starved && state.bytes < ROOM;
                if told {
                    state.starved = false;
                    drop(state);
                    on_room();
                }
            }
        }
    }

    fn next_line(&self) -> Option<Bytes> {
        let mut state = self.lock();
        loop {
            if let Some(line) = state.lines.pop_front() {
                return Some(line);
            }
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn lines_leave_in_order_and_closing_writes_what_waits() {
        let (mut reader, stdin) = std::io::pipe().unwrap();
        let writer = Writer::start(stdin, || {}).unwrap();
        let line = Bytes::from(vec![b'a'; 300_000]);
        writer.push(line.clone()).unwrap();
        writer.push("b\n".into()).unwrap();
        writer.close();
        writer.push("too late\n".into()).unwrap();
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        assert_eq!(read, [&line[..], b"b\n"].concat());
    }

    #[test]
    fn a_reader_that_stops_is_seen_and_fills_the_queue_only_to_its_bound() {
        let (mut reader, stdin) = std::io::pipe().unwrap();
        let (room, told) = mpsc::channel();
        let writer = Writer::start(stdin, move || room.send(()).unwrap()).unwrap();
        let megabyte = Bytes::from(vec![b'a'; 1 << 20]);
        let began = Instant::now();
        for _ in 0..9 {
            writer.push(megabyte.clone()).unwrap();
        }
        assert!(!writer.has_room());
        assert!(writer.stalled_since().unwrap() >= began);
        let refused = (0..16).find_map(|_| writer.push(megabyte.clone()).err());
        assert_eq!(refused, Some(Overfull));

        let drained = std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
        told.recv().unwrap();
        assert!(writer.has_room());
        writer.close();
        assert!(drained.join().unwrap().unwrap() >= 16 << 20);
        assert_eq!(writer.stalled_since(), None);
    }

    #[test]
    fn a_closed_reader_ends_the_thread_quietly() {
        let (reader, stdin) = std::io::pipe().unwrap();
        drop(reader);
        let writer = Writer::start(stdin, || {}).unwrap();
        writer.push("x\n".into()).unwrap();
        while writer.stalled_since().is_some() {
            std::thread::yield_now();
        }
        assert_eq!(writer.push("y\n".into()), Ok(()));
    }
}
