//! A PTY: what floods it, and the plainest loop that reads it.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};
use std::time::Instant;

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::Outcome;

/// One line; the terminal makes `\r\n` of its end.
pub const LINE: &[u8] =
    b"abcdefghijklmnopqrstuvwxyz 0123456789 abcdefghijklmnopqrstuvwxyz 0123456789 abcdefghijklmnopqrst\n";

/// Writes so many lines to stdout.
pub fn flood(args: &[OsString]) -> Outcome<()> {
    let [lines] = args else { return Err("how many lines?".into()) };
    let mut left: usize = lines.to_str().ok_or("a number")?.parse()?;
    let many = LINE.repeat(640);
    let mut stdout = std::io::stdout().lock();
    while left > 0 {
        let lines = left.min(640);
        stdout.write_all(&many[..lines * LINE.len()])?;
        left -= lines;
    }
    Ok(stdout.flush()?)
}

/// A program on a PTY, with nothing between.
pub struct Plain {
    master: std::fs::File,
    child: std::process::Child,
}

impl Plain {
    pub fn start(mut command: Command) -> Outcome<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?.into_string()?;
        // Else it would become the terminal of whoever leads a session, and hang that up with its end.
        let flags = OFlags::NOCTTY.bits().cast_signed();
        let slave = OpenOptions::new().read(true).write(true).custom_flags(flags).open(name)?;
        let child =
            command.stdin(Stdio::from(slave.try_clone()?)).stdout(Stdio::from(slave)).spawn()?;
        Ok(Self { master: std::fs::File::from(master), child })
    }

    /// Types one key and waits until it is echoed.
    pub fn key(&mut self) -> Outcome<()> {
        self.master.write_all(b"x")?;
        self.master.read_exact(&mut [0])?;
        Ok(())
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program on a PTY and reads all it writes; prints the bytes and the seconds.
pub fn read(args: &[OsString]) -> Outcome<()> {
    let began = Instant::now();
    let mut plain = Plain::start(super::command(args)?)?;
    let (mut bytes, mut buffer) = (0_u64, vec![0; 64 << 10]);
    loop {
        match plain.master.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => bytes += read as u64,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // So a PTY says that its other end is closed.
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => {
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    let took = began.elapsed().as_secs_f64();
    Ok(writeln!(std::io::stdout(), "{bytes} {took}")?)
}
