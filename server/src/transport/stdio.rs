//! The real stdin and stdout, taken so that nothing else in the process can reach the wire.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::{AsFd, OwnedFd},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use rustix::event::{PollFd, PollFlags, poll};
use tokio::{
    io::{AsyncRead, ReadBuf},
    sync::mpsc,
};
use tracing::warn;

use crate::protocol::Incoming;

use super::{Connection, Limits, serve};

/// Serves the editor on stdin and stdout. File descriptor 1 then leads to stderr and 0 to nothing,
/// so neither a stray print nor a child that inherits them touches the wire. Called once, within a
/// tokio runtime.
pub fn stdio(
    incoming: impl Fn(Incoming) + Send + Sync + Clone + 'static,
    limits: Limits,
) -> io::Result<Connection> {
    let output = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(serve(read(input)?, Patient(File::from(output)), incoming, limits))
}

/// A descriptor that waits although someone made it non-blocking: the flag belongs to the pipe, so
/// whoever shares it may set it at any time.
struct Patient(File);

impl Patient {
    fn wait(&self, flags: PollFlags) -> io::Result<()> {
        match poll(&mut [PollFd::new(&self.0, flags)], None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Read for Patient {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait(PollFlags::IN)?;
                }
                read => return read,
            }
        }
    }
}

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait(PollFlags::OUT)?;
                }
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Reads on a thread of its own: tokio's stdin would hold up the end of the runtime.
fn read(input: OwnedFd) -> io::Result<Chunks> {
    let (sender, chunks) = mpsc::channel(4);
    std::thread::Builder::new().name("stdin".into()).spawn(move || {
        let mut input = Patient(File::from(input));
        let mut buffer = vec![0; 16 << 10];
        loop {
            match input.read(&mut buffer) {
                Ok(0) => return,
                Ok(length) => {
                    if sender.blocking_send(Bytes::copy_from_slice(&buffer[..length])).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return warn!(%error, "stdin can no longer be read"),
            }
        }
    })?;
    Ok(Chunks { chunks, rest: Bytes::new() })
}

/// What the thread has read, as a stream.
struct Chunks {
    chunks: mpsc::Receiver<Bytes>,
    rest: Bytes,
}

impl AsyncRead for Chunks {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.rest.is_empty() {
            self.rest = ready!(self.chunks.poll_recv(cx)).unwrap_or_default();
        }
        let length = self.rest.len().min(into.remaining());
        into.put_slice(&self.rest[..length]);
        self.rest.advance(length);
        Poll::Ready(Ok(()))
    }
}
