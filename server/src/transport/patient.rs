//! Blocking reads and writes of a descriptor that somebody made non-blocking.

use std::{
    io::{self, Read, Write},
    os::fd::AsFd,
};

use rustix::event::{PollFd, PollFlags, poll};

/// A descriptor that waits although someone made it non-blocking: the flag belongs to the pipe, so
/// whoever shares it may set it at any time.
pub(super) struct Patient<F>(pub F);

impl<F: AsFd> Patient<F> {
    fn wait(&self, flags: PollFlags) -> io::Result<()> {
        match poll(&mut [PollFd::new(&self.0, flags)], None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl<F: AsFd + Read> Read for Patient<F> {
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

impl<F: AsFd + Write> Write for Patient<F> {
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
