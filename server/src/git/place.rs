//! A path inside a repository, reached without following a symbolic link on the way.

use std::{
    ffi::OsString,
    fs::File,
    io::Read,
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::OsStringExt,
    },
    path::{Component, Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, Stat, mkdirat, openat, readlinkat, statat},
    io::Errno,
};

use super::{Error, Unsupported, limits::MAX_BYTES};

/// What stands at a path of the working tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnDisk {
    Absent,
    File(Content),
    /// Too large to be read, in bytes.
    Large(u64),
    /// Where it points to.
    Symlink(Vec<u8>),
    Directory,
    /// A pipe, a socket or a device.
    Special,
}

/// A regular file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    pub bytes: Vec<u8>,
    /// Permissions, without the file's type.
    pub permissions: u32,
    /// It has other names too, as hard links.
    pub linked: bool,
}

impl Content {
    /// The mode that git gives it.
    pub fn mode(&self) -> u32 {
        if self.permissions & 0o100 == 0 { 0o100_644 } else { 0o100_755 }
    }
}

/// The folder a path is in, held open, and its name there.
pub struct Place {
    pub folder: OwnedFd,
    pub name: OsString,
}

impl Place {
    /// `None` where a folder on the way is missing.
    pub fn find(root: &Path, path: &Path) -> Result<Option<Self>, Error> {
        Self::walk(root, path, false)
    }

    /// Makes the folders on the way where they are missing.
    pub fn make(root: &Path, path: &Path) -> Result<Self, Error> {
        Self::walk(root, path, true)?.ok_or(Error::Unsupported(Unsupported::Path))
    }

    fn walk(root: &Path, path: &Path, make: bool) -> Result<Option<Self>, Error> {
        let failed = |errno: Errno| Error::io(format!("opening {}", path.display()))(errno.into());
        let name = path.file_name().ok_or(Error::Unsupported(Unsupported::Path))?.to_owned();
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut folder = rustix::fs::open(root, flags, Mode::empty()).map_err(failed)?;
        for component in path.parent().into_iter().flat_map(Path::components) {
            let Component::Normal(part) = component else {
                return Err(Error::Unsupported(Unsupported::Path));
            };
            let open =
                |folder: &OwnedFd| openat(folder, part, flags | OFlags::NOFOLLOW, Mode::empty());
            folder = match open(&folder) {
                Err(Errno::NOENT) if make => {
                    match mkdirat(&folder, part, Mode::from_raw_mode(0o777)) {
                        Ok(()) | Err(Errno::EXIST) => open(&folder).map_err(failed)?,
                        Err(errno) => return Err(failed(errno)),
                    }
                }
                // With NOFOLLOW and DIRECTORY, a symbolic link is "not a directory" on Linux.
                Err(Errno::NOTDIR | Errno::LOOP) => match kind(&folder, part) {
                    Some(FileType::Symlink) => {
                        return Err(Error::Unsupported(Unsupported::BeyondSymlink));
                    }
                    _ => return Ok(None),
                },
                Err(Errno::NOENT) => return Ok(None),
                other => other.map_err(failed)?,
            };
        }
        Ok(Some(Self { folder, name }))
    }

    /// What is there, if anything.
    pub fn stat(&self) -> Result<Option<Stat>, Error> {
        match statat(&self.folder, &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(self.failed("looking at", errno)),
        }
    }

    pub fn read(&self) -> Result<OnDisk, Error> {
        let Some(stat) = self.stat()? else { return Ok(OnDisk::Absent) };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => self.read_file(),
            FileType::Directory => Ok(OnDisk::Directory),
            FileType::Symlink => match readlinkat(&self.folder, &self.name, Vec::new()) {
                Ok(target) => Ok(OnDisk::Symlink(target.into_bytes())),
                Err(errno) => Err(self.failed("reading", errno)),
            },
            _ => Ok(OnDisk::Special),
        }
    }

    fn read_file(&self) -> Result<OnDisk, Error> {
        // Not to hang on a pipe that took the file's place.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.folder, &self.name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(OnDisk::Absent),
            Err(errno) => return Err(self.failed("opening", errno)),
        };
        let stat =
            rustix::fs::fstat(file.as_fd()).map_err(|errno| self.failed("reading", errno))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Ok(OnDisk::Special);
        }
        let mut bytes = Vec::with_capacity(stat.st_size.unsigned_abs().min(MAX_BYTES) as usize + 1);
        file.take(MAX_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(Error::io(format!("reading {}", self.name.display())))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Ok(OnDisk::Large(stat.st_size.unsigned_abs().max(bytes.len() as u64)));
        }
        let permissions = stat.st_mode & 0o7777;
        Ok(OnDisk::File(Content { bytes, permissions, linked: stat.st_nlink > 1 }))
    }

    pub fn failed(&self, doing: &str, errno: Errno) -> Error {
        Error::io(format!("{doing} {}", self.name.display()))(errno.into())
    }
}

fn kind(folder: &OwnedFd, name: &std::ffi::OsStr) -> Option<FileType> {
    let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Some(FileType::from_raw_mode(stat.st_mode))
}

/// What stands at a path of the working tree; nothing where a folder on the way is missing.
pub fn read(root: &Path, path: &Path) -> Result<OnDisk, Error> {
    match Place::find(root, path)? {
        Some(place) => place.read(),
        None => Ok(OnDisk::Absent),
    }
}

/// A path as git writes it.
pub fn as_git(path: &Path) -> Vec<u8> {
    path.as_os_str().to_owned().into_vec()
}

pub fn from_git(path: &[u8]) -> PathBuf {
    OsString::from_vec(path.to_vec()).into()
}

/// Whether git could track it: relative, without `..` and without `.git`.
pub fn is_trackable(path: &Path) -> bool {
    path.file_name().is_some()
        && path.components().all(
            |part| matches!(part, Component::Normal(name) if !name.eq_ignore_ascii_case(".git")),
        )
}
