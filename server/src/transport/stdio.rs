//! The real stdin and stdout, taken so that nothing else in the process can reach the wire.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::{AsFd, OwnedFd},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use tokio::{
    io::{AsyncRead, ReadBuf},
    sync::mpsc,
};
use tracing::warn;

use super::patient::Patient;

/// Takes stdin and stdout for an editor. File descriptor 1 then leads to stderr and 0 to nothing, so
/// neither a stray print nor a child that inherits them touches the wire. Called once.
pub fn stdio() -> io::Result<(impl AsyncRead + Send + Unpin, impl Write + Send)> {
    let output = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok((read(input)?, Patient(File::from(output))))
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
