//! The way to the files of a person: only below a granted folder, however the path is written and whatever happens to it
//! meanwhile.
//!
//! A path is first resolved, links and all, and then opened as it was resolved, without following any link: what was
//! swapped for a link in between is not opened.

use std::{
    fs::{self, File},
    io,
    path::{Component, Path, PathBuf},
};

use thiserror::Error;

use crate::{
    core::grants::{Entry, Listing, MAX_ENTRIES, Root},
    protocol::{Failure, FailureKind},
};

#[derive(Debug, Error)]
pub enum Error {
    #[error("{} is not in a granted folder.", .0.display())]
    NotGranted(PathBuf),
    #[error("{} cannot be used: {source}.", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{} has more than {MAX_ENTRIES} entries.", .0.display())]
    TooMany(PathBuf),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::NotGranted(_) => Self::new(FailureKind::PathNotGranted, message)
                .hint("Open its folder in the editor, or grant it with outrigger/grant/add."),
            Error::Io { .. } => Self::new(FailureKind::Io, message),
            Error::TooMany(_) => {
                Self::new(FailureKind::LimitExceeded, message).with("limit", MAX_ENTRIES)
            }
        }
    }
}

/// The path without links, if a granted folder holds it now.
pub fn resolve(roots: &[Root], path: &Path) -> Result<PathBuf, Error> {
    let refused = || Error::NotGranted(path.to_path_buf());
    if !is_plain(path) {
        return Err(refused());
    }
    let roots = folders(roots);
    let held = |path: &Path| roots.iter().any(|root| path.starts_with(root));
    match path.canonicalize() {
        Ok(canonical) if held(&canonical) => Ok(canonical),
        Ok(_) => Err(refused()),
        // What is not there is told only to whom may know: the last folder that is there decides.
        Err(source) => {
            let above = path.ancestors().skip(1).find_map(|above| above.canonicalize().ok());
            if above.is_some_and(|above| held(&above)) {
                Err(Error::Io { path: path.to_path_buf(), source })
            } else {
                Err(refused())
            }
        }
    }
}

/// The granted folders that are there now, without links.
pub fn folders(roots: &[Root]) -> Vec<PathBuf> {
    roots.iter().filter_map(current).collect()
}

/// Opens what is there for reading, a folder too, below a granted folder and nowhere else.
pub fn open(roots: &[Root], path: &Path) -> Result<(PathBuf, File), Error> {
    let canonical = resolve(roots, path)?;
    let file = without_links(&canonical).map_err(|source| {
        if is_link_error(&source) {
            Error::NotGranted(path.to_path_buf())
        } else {
            Error::Io { path: path.to_path_buf(), source }
        }
    })?;
    Ok((canonical, file))
}

/// What a folder holds, in the order of the bytes of the names.
pub fn list(roots: &[Root], path: &Path) -> Result<Listing, Error> {
    let (folder, opened) = open(roots, path)?;
    let mut entries = entries(&folder, opened, path)?;
    for entry in entries.iter_mut().filter(|entry| entry.is_symlink) {
        // Where a link leads is told only within the granted folders.
        entry.is_directory = resolve(roots, &entry.path).is_ok_and(|target| target.is_dir());
    }
    entries.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(Listing { entries })
}

/// The folder as it is now. A path that was granted without links and has one now leads to something else.
fn current(root: &Root) -> Option<PathBuf> {
    let now = root.path.canonicalize().ok()?;
    (root.may_be_link || now == root.path).then_some(now)
}

/// Absolute, without steps to the parent and without what names a device, a stream or another machine.
fn is_plain(path: &Path) -> bool {
    let odd = cfg!(windows) && is_odd_on_windows(&path.to_string_lossy());
    path.is_absolute()
        && !odd
        && !path.as_os_str().as_encoded_bytes().contains(&0)
        && !path.components().any(|part| part == Component::ParentDir)
}

/// Whether Windows would take this path for more than a file on a drive.
fn is_odd_on_windows(path: &str) -> bool {
    let path = path.replace('/', "\\");
    let rest = match path.as_bytes() {
        [drive, b':', b'\\', ..] if drive.is_ascii_alphabetic() => &path[3..],
        // UNC, `\\?\`, `\\.\`, and what is relative to a drive.
        _ => return true,
    };
    rest.split('\\').any(|part| {
        let name = part.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
        let device = matches!(name.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
            || (name.len() == 4
                && (name.starts_with("COM") || name.starts_with("LPT"))
                && name.ends_with(|last: char| last.is_ascii_digit()));
        // A trailing dot or blank is dropped, and a colon names a stream of the file.
        device || part.contains(':') || part.ends_with(['.', ' '])
    })
}

#[cfg(unix)]
fn is_link_error(error: &io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::LOOP, Errno::NOTDIR, Errno::XDEV]
        .iter()
        .any(|e| error.raw_os_error() == Some(e.raw_os_error()))
}

#[cfg(not(unix))]
fn is_link_error(_: &io::Error) -> bool {
    false
}

/// Opens an absolute path of which no part is a link.
#[cfg(unix)]
fn without_links(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open};
    let below = path.strip_prefix("/").map_err(io::Error::other)?;
    let below = if below.as_os_str().is_empty() { Path::new(".") } else { below };
    let folder = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY;
    let top = open("/", folder, Mode::empty())?;
    // A pipe would keep whoever opens it waiting.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOFOLLOW;
    #[cfg(target_os = "linux")]
    {
        use rustix::{
            fs::{ResolveFlags, openat2},
            io::Errno,
        };
        let resolve =
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        match openat2(&top, below, flags, Mode::empty(), resolve) {
            Ok(file) => return Ok(file.into()),
            // Kernels before 5.6, and sandboxes that do not let it through.
            Err(Errno::NOSYS | Errno::PERM) => {}
            Err(error) => return Err(error.into()),
        }
    }
    step_by_step(top, below, flags)
}

#[cfg(unix)]
fn step_by_step(
    top: rustix::fd::OwnedFd,
    below: &Path,
    flags: rustix::fs::OFlags,
) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, openat};
    let mut at = top;
    let mut parts = below.components().peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        let flags = if last { flags } else { flags | OFlags::DIRECTORY };
        at = openat(&at, part.as_os_str(), flags, Mode::empty())?;
    }
    Ok(at.into())
}

#[cfg(not(unix))]
fn without_links(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
fn entries(folder: &Path, opened: File, asked: &Path) -> Result<Vec<Entry>, Error> {
    use rustix::fs::{AtFlags, Dir, FileType, statat};
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let io =
        |error: rustix::io::Errno| Error::Io { path: asked.to_path_buf(), source: error.into() };
    let mut entries = Vec::new();
    let handle =
        opened.try_clone().map_err(|source| Error::Io { path: asked.to_path_buf(), source })?;
    for entry in Dir::new(opened).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        if entries.len() >= MAX_ENTRIES {
            return Err(Error::TooMany(asked.to_path_buf()));
        }
        // One that is gone meanwhile was never there.
        let Ok(stat) = statat(&handle, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
        let kind = FileType::from_raw_mode(stat.st_mode);
        // How wide and of which sign these are differs from platform to platform.
        let seconds = u64::try_from(i128::from(stat.st_mtime)).unwrap_or(0);
        let millis = u64::try_from(i128::from(stat.st_mtime_nsec)).unwrap_or(0) / 1_000_000;
        entries.push(Entry {
            path: folder.join(OsStr::from_bytes(name.to_bytes())),
            is_directory: kind == FileType::Directory,
            is_symlink: kind == FileType::Symlink,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified_at: seconds * 1_000 + millis,
        });
    }
    Ok(entries)
}

#[cfg(not(unix))]
fn entries(folder: &Path, _: File, asked: &Path) -> Result<Vec<Entry>, Error> {
    let io = |source: io::Error| Error::Io { path: asked.to_path_buf(), source };
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        if entries.len() >= MAX_ENTRIES {
            return Err(Error::TooMany(asked.to_path_buf()));
        }
        let Ok(metadata) = entry.metadata() else { continue };
        let modified = metadata.modified().ok();
        let since = modified.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        entries.push(Entry {
            path: entry.path(),
            is_directory: metadata.is_dir(),
            is_symlink: metadata.is_symlink(),
            size: metadata.len(),
            modified_at: since.and_then(|since| u64::try_from(since.as_millis()).ok()).unwrap_or(0),
        });
    }
    Ok(entries)
}

/// The path to be granted: of a folder that is there, without links.
pub fn canonical_folder(path: &Path) -> Result<PathBuf, Error> {
    let io = |source: io::Error| Error::Io { path: path.to_path_buf(), source };
    if !is_plain(path) {
        return Err(Error::NotGranted(path.to_path_buf()));
    }
    let canonical = path.canonicalize().map_err(io)?;
    if !fs::metadata(&canonical).map_err(io)?.is_dir() {
        return Err(io(io::ErrorKind::NotADirectory.into()));
    }
    Ok(canonical)
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
