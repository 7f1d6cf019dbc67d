//! A program that runs elsewhere, as the app-server's do: its output is handed in, what is typed is handed out. To the
//! rest of the room it is a program on a PTY.

use std::{
    io::{self, Read, Write},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
};

use portable_pty::{Child, ChildKiller, ExitStatus, MasterPty, PtySize};

use super::{
    live::Events,
    message::{Event, Size},
    spawn::{Spawned, pty_size},
};
use crate::protocol::TerminalId;

/// Bytes that may wait to be read. Whoever writes elsewhere cannot be made to wait.
const WAITING: usize = 4 << 20;
/// Stands where more came than may wait.
const LEFT_OUT: &[u8] = b"\r\n[output left out]\r\n";
/// The exit code where nobody said one.
const UNKNOWN: i32 = -1;

/// Where the output goes in.
pub(super) struct Feed {
    parts: Sender<Vec<u8>>,
    exit: Sender<i32>,
    waiting: Arc<AtomicUsize>,
    /// Something was left out, and that is said.
    overfull: bool,
    /// The last byte that came.
    last: u8,
}

impl Feed {
    /// Takes a part of the output, or leaves it out and says so.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let overfull = self.waiting.load(Ordering::Relaxed) + bytes.len() > WAITING;
        if overfull && self.overfull {
            return;
        }
        self.overfull = overfull;
        let part = self.lines(if overfull { LEFT_OUT } else { bytes });
        self.waiting.fetch_add(part.len(), Ordering::Relaxed);
        // A terminal that was forgotten reads nothing more.
        let _ = self.parts.send(part);
    }

    /// A program that is on no terminal ends its lines with `\n` alone.
    fn lines(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        for byte in bytes {
            if *byte == b'\n' && self.last != b'\r' {
                out.push(b'\r');
            }
            out.push(*byte);
            self.last = *byte;
        }
        out
    }

    /// Nothing more comes.
    pub(super) fn finish(self, code: i32) {
        let _ = self.exit.send(code);
    }
}

/// The program as a terminal needs it, and where its output goes in.
pub(super) fn program(
    terminal: &TerminalId,
    name: String,
    cwd: PathBuf,
    size: Size,
    events: &Events,
) -> (Spawned, Feed) {
    let (parts, output) = channel();
    let (exit, ends) = channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let reader = Output { parts: output, rest: Vec::new(), read: 0, waiting: Arc::clone(&waiting) };
    let hands = || Hands { terminal: terminal.clone(), events: Arc::clone(events) };
    let spawned = Spawned {
        master: Box::new(Master { hands: hands(), size: Mutex::new(pty_size(size)) }),
        reader: Box::new(reader),
        writer: Box::new(Keys(hands())),
        child: Box::new(Elsewhere(Mutex::new(ends))),
        pid: 0,
        program: name,
        cwd,
        is_shell: false,
    };
    (spawned, Feed { parts, exit, waiting, overfull: false, last: 0 })
}

/// The way to who runs it.
struct Hands {
    terminal: TerminalId,
    events: Events,
}

struct Output {
    parts: Receiver<Vec<u8>>,
    rest: Vec<u8>,
    /// Of `rest`.
    read: usize,
    waiting: Arc<AtomicUsize>,
}

impl Read for Output {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.read == self.rest.len() {
            let Ok(part) = self.parts.recv() else { return Ok(0) };
            (self.rest, self.read) = (part, 0);
        }
        let count = into.len().min(self.rest.len() - self.read);
        into[..count].copy_from_slice(&self.rest[self.read..self.read + count]);
        self.read += count;
        self.waiting.fetch_sub(count, Ordering::Relaxed);
        Ok(count)
    }
}

struct Keys(Hands);

impl Write for Keys {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let Hands { terminal, events } = &self.0;
        events(Event::Typed { terminal: terminal.clone(), data: data.to_vec() });
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Master {
    hands: Hands,
    size: Mutex<PtySize>,
}

impl MasterPty for Master {
    fn resize(&self, size: PtySize) -> Result<(), anyhow::Error> {
        *self.size.lock().unwrap_or_else(PoisonError::into_inner) = size;
        let Hands { terminal, events } = &self.hands;
        let size = Size::new(size.cols.into(), size.rows.into());
        events(Event::Sized { terminal: terminal.clone(), size });
        Ok(())
    }

    fn get_size(&self) -> Result<PtySize, anyhow::Error> {
        Ok(*self.size.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn try_clone_reader(&self) -> Result<Box<dyn Read + Send>, anyhow::Error> {
        Err(io::Error::from(io::ErrorKind::Unsupported).into())
    }

    fn take_writer(&self) -> Result<Box<dyn Write + Send>, anyhow::Error> {
        Err(io::Error::from(io::ErrorKind::Unsupported).into())
    }

    #[cfg(unix)]
    fn process_group_leader(&self) -> Option<i32> {
        None
    }

    #[cfg(unix)]
    fn as_raw_fd(&self) -> Option<std::os::fd::RawFd> {
        None
    }

    #[cfg(unix)]
    fn tty_name(&self) -> Option<PathBuf> {
        None
    }
}

/// Its end is heard of.
#[derive(Debug)]
struct Elsewhere(Mutex<Receiver<i32>>);

impl Elsewhere {
    fn status(code: i32) -> ExitStatus {
        ExitStatus::with_exit_code(code.cast_unsigned())
    }
}

impl Child for Elsewhere {
    fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let ends = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        Ok(ends.try_recv().ok().map(Self::status))
    }

    fn wait(&mut self) -> io::Result<ExitStatus> {
        let ends = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        Ok(Self::status(ends.recv().unwrap_or(UNKNOWN)))
    }

    fn process_id(&self) -> Option<u32> {
        None
    }

    #[cfg(windows)]
    fn as_raw_handle(&self) -> Option<std::os::windows::io::RawHandle> {
        None
    }
}

impl ChildKiller for Elsewhere {
    fn kill(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn clone_killer(&self) -> Box<dyn ChildKiller + Send + Sync> {
        Box::new(Elsewhere(Mutex::new(channel().1)))
    }
}
