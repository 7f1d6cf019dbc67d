//! The sending half of a Unix domain socket.

use std::{
    io::{self, Write},
    net::Shutdown,
    os::unix::net::UnixStream,
};

use super::patient::Patient;

/// Writes to a socket, also one that is non-blocking because something else reads it. The other end
/// sees the end of the stream when this is dropped.
pub struct SocketWriter(Patient<UnixStream>);

impl SocketWriter {
    pub fn new(socket: UnixStream) -> Self {
        Self(Patient(socket))
    }
}

impl Write for SocketWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for SocketWriter {
    fn drop(&mut self) {
        // It fails when the other end is gone, which is what was wanted.
        let _ = self.0.0.shutdown(Shutdown::Write);
    }
}
