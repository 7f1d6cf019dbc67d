//! Files that a person edits too: read once they are quiet, and replaced at once or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

/// An editor writes in several steps; a file is read when it has been quiet for this long.
const QUIET: Duration = Duration::from_millis(50);
/// But not later than this after the first step.
const LATEST: Duration = Duration::from_secs(1);

/// Waits until nothing is touched any more; `Some` with what else is asked for meanwhile. Where nobody asks any more,
/// `stop`.
pub fn quiet<T>(commands: &Receiver<T>, touched: impl Fn(&T) -> bool, stop: T) -> Option<T> {
    let latest = Instant::now() + LATEST;
    while Instant::now() < latest {
        match commands.recv_timeout(QUIET) {
            Ok(command) if touched(&command) => {}
            Ok(other) => return Some(other),
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => return Some(stop),
        }
    }
    None
}

/// Replaces the file at once or not at all. It keeps its mode; a new one is the person's alone.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}", std::process::id()));
    let written = write_new(&temporary, path, content).and_then(|()| rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written?;
    // The name is as durable as the content only with its folder.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn write_new(temporary: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    // What a process that died in the middle left behind.
    let _ = fs::remove_file(temporary);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(temporary)?;
    file.write_all(content)?;
    if let Ok(old) = fs::metadata(path) {
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()
}

#[cfg(not(windows))]
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// While someone has the file open, Windows does not let it be replaced.
#[cfg(windows)]
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    for _ in 0..9 {
        if fs::rename(from, to).is_ok() {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    fs::rename(from, to)
}
