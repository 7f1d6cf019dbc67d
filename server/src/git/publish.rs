//! Writing a file of the working tree, without ever losing what somebody else wrote there at the same moment.
//!
//! The new file is prepared beside the old one and the two change places; what came out is then compared with what was
//! expected, and put back where it is something newer.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{Seek, Write},
    os::{fd::AsFd, unix::ffi::OsStrExt},
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use rustix::{
    fs::{
        AtFlags, Mode, OFlags, RenameFlags, XattrFlags, fchmod, fchown, fgetxattr, flistxattr,
        fsetxattr, openat, renameat, renameat_with, unlinkat,
    },
    io::Errno,
};

use super::{
    Error,
    place::{OnDisk, Place},
};

/// What is to stand at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum New<'a> {
    Nothing,
    File { bytes: &'a [u8], executable: bool },
    Symlink { target: &'a [u8] },
}

/// A name beside a file that nobody else uses.
pub fn temporary() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    format!(".outrigger-{}-{number}.tmp", std::process::id())
}

/// Replaces what is at `path`, provided that it is `expected`. Otherwise nothing changes and this is false.
pub fn publish(
    root: &Path,
    path: &Path,
    expected: &OnDisk,
    new: &New<'_>,
    temporary: &str,
) -> Result<bool, Error> {
    let place = if *new == New::Nothing {
        let Some(place) = Place::find(root, path)? else { return Ok(*expected == OnDisk::Absent) };
        place
    } else {
        Place::make(root, path)?
    };
    if !same(&place.read()?, expected) {
        return Ok(false);
    }
    let temporary = OsStr::new(temporary);
    let aside = Place { folder: dup(&place)?, name: temporary.to_owned() };
    let done = match (expected, new) {
        (OnDisk::Absent, New::Nothing) => Ok(true),
        (OnDisk::File(file), New::File { bytes, executable }) if file.linked => {
            // The other names are to go on naming this file.
            in_place(&place, bytes, *executable)
        }
        (_, New::Nothing) => remove(&place, &aside, expected),
        (OnDisk::Absent, _) => {
            prepare(&aside, None, new)?;
            // Fails where something came to be there.
            let moved = move_to(&aside, &place);
            if !matches!(moved, Ok(true)) {
                discard(&aside)?;
            }
            moved
        }
        (_, _) => {
            prepare(&aside, Some(&place), new)?;
            exchange(&place, &aside, expected, new)
        }
    }?;
    // So that the new name outlives a power failure. Not every file system can.
    let _ = rustix::fs::fsync(&place.folder);
    Ok(done)
}

fn same(found: &OnDisk, expected: &OnDisk) -> bool {
    match (found, expected) {
        (OnDisk::File(found), OnDisk::File(expected)) => found.bytes == expected.bytes,
        (found, expected) => found == expected,
    }
}

fn dup(place: &Place) -> Result<std::os::fd::OwnedFd, Error> {
    place.folder.try_clone().map_err(Error::io("opening a folder"))
}

fn prepare(aside: &Place, old: Option<&Place>, new: &New<'_>) -> Result<(), Error> {
    let failed = |errno| aside.failed("writing", errno);
    match new {
        New::Nothing => Ok(()),
        New::Symlink { target } => {
            rustix::fs::symlinkat(OsStr::from_bytes(target), &aside.folder, &aside.name)
                .map_err(failed)
        }
        New::File { bytes, executable } => {
            let flags =
                OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            let mode = Mode::from_raw_mode(if *executable { 0o777 } else { 0o666 });
            let file = openat(&aside.folder, &aside.name, flags, mode).map_err(failed)?;
            let mut file = File::from(file);
            let written = file.write_all(bytes).map_err(Error::io("writing a file"));
            let written = written.and_then(|()| match old {
                Some(old) => take_after(old, &file, *executable),
                None => Ok(()),
            });
            let written =
                written.and_then(|()| file.sync_all().map_err(Error::io("writing a file")));
            if written.is_err() {
                discard(aside)?;
            }
            written
        }
    }
}

/// Owner, extended attributes and permissions of the old file, as far as we may.
fn take_after(old: &Place, new: &File, executable: bool) -> Result<(), Error> {
    let failed = |errno| old.failed("reading", errno);
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    // A symbolic link has nothing to hand on.
    let Ok(source) = openat(&old.folder, &old.name, flags, Mode::empty()) else { return Ok(()) };
    let (was, is) =
        (rustix::fs::fstat(&source).map_err(failed)?, rustix::fs::fstat(new).map_err(failed)?);
    if (was.st_uid, was.st_gid) != (is.st_uid, is.st_gid) {
        let (uid, gid) =
            (rustix::fs::Uid::from_raw(was.st_uid), rustix::fs::Gid::from_raw(was.st_gid));
        // Only root may give files away; the group may still be ours to give.
        if fchown(new.as_fd(), Some(uid), Some(gid)).is_err() {
            let _ = fchown(new.as_fd(), None, Some(gid));
        }
    }
    extended_attributes(source.as_fd(), new);
    let permissions = with_execution(was.st_mode & 0o7777, executable);
    fchmod(new.as_fd(), Mode::from_raw_mode(permissions)).map_err(failed)
}

/// Those that cannot be read or set here are left out: not every file system has them.
fn extended_attributes(source: std::os::fd::BorrowedFd<'_>, new: &File) {
    let mut names = vec![0_u8; 64 * 1024];
    let Ok(length) = flistxattr(source, names.as_mut_slice()) else { return };
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0_u8; 64 * 1024];
        if let Ok(length) = fgetxattr(source, name, value.as_mut_slice()) {
            let _ = fsetxattr(new.as_fd(), name, &value[..length], XattrFlags::empty());
        }
    }
}

/// Whoever may read may execute, or nobody may.
fn with_execution(permissions: u32, executable: bool) -> u32 {
    match (executable, permissions & 0o100 != 0) {
        (true, false) => permissions | (permissions & 0o444) >> 2,
        (false, true) => permissions & !0o111,
        _ => permissions,
    }
}

fn in_place(place: &Place, bytes: &[u8], executable: bool) -> Result<bool, Error> {
    let failed = |errno| place.failed("writing", errno);
    let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(&place.folder, &place.name, flags, Mode::empty()).map_err(failed)?;
    let mut file = File::from(file);
    let written = file
        .rewind()
        .and_then(|()| file.write_all(bytes))
        .and_then(|()| file.set_len(bytes.len() as u64))
        .and_then(|()| file.sync_all());
    written.map_err(Error::io("writing a file"))?;
    let was = rustix::fs::fstat(&file).map_err(failed)?.st_mode & 0o7777;
    let permissions = with_execution(was, executable);
    if permissions != was {
        fchmod(file.as_fd(), Mode::from_raw_mode(permissions)).map_err(failed)?;
    }
    Ok(true)
}

fn exchange(place: &Place, aside: &Place, expected: &OnDisk, new: &New<'_>) -> Result<bool, Error> {
    let swap = || {
        renameat_with(&aside.folder, &aside.name, &place.folder, &place.name, RenameFlags::EXCHANGE)
    };
    match swap() {
        Ok(()) => {}
        // Not on every file system; what is left is to look once more just before.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            if !same(&place.read()?, expected) {
                discard(aside)?;
                return Ok(false);
            }
            renameat(&aside.folder, &aside.name, &place.folder, &place.name)
                .map_err(|errno| place.failed("replacing", errno))?;
            return Ok(true);
        }
        Err(errno) => {
            discard(aside)?;
            return if errno == Errno::NOENT {
                Ok(false)
            } else {
                Err(place.failed("replacing", errno))
            };
        }
    }
    let as_expected = same(&aside.read()?, expected);
    if !as_expected {
        swap().map_err(|errno| place.failed("putting back", errno))?;
        if !is(&aside.read()?, new) {
            // Written while ours stood there, so later than what was put back.
            swap().map_err(|errno| place.failed("putting back", errno))?;
        }
    }
    discard(aside)?;
    Ok(as_expected)
}

fn is(found: &OnDisk, new: &New<'_>) -> bool {
    match (found, new) {
        (OnDisk::File(found), New::File { bytes, .. }) => found.bytes == *bytes,
        (OnDisk::Symlink(found), New::Symlink { target }) => found == target,
        (found, new) => *found == OnDisk::Absent && *new == New::Nothing,
    }
}

/// Gives a file that stands aside its place back, in which ours stands, or nothing.
pub fn put_back(root: &Path, path: &Path, aside: &Place, taken: bool) -> Result<(), Error> {
    let place = Place::make(root, path)?;
    if !taken {
        return move_to(aside, &place).map(drop);
    }
    renameat_with(&aside.folder, &aside.name, &place.folder, &place.name, RenameFlags::EXCHANGE)
        .map_err(|errno| place.failed("putting back", errno))?;
    discard(aside)
}

fn remove(place: &Place, aside: &Place, expected: &OnDisk) -> Result<bool, Error> {
    if !move_to(place, aside)? {
        return Ok(false);
    }
    if same(&aside.read()?, expected) {
        discard(aside)?;
        return Ok(true);
    }
    // Something newer: back, unless there is something newer still, and then both stay.
    move_to(aside, place)?;
    Ok(false)
}

/// Gives a file another name that is free. False where it is not, or where there is no file.
fn move_to(from: &Place, to: &Place) -> Result<bool, Error> {
    let moved =
        renameat_with(&from.folder, &from.name, &to.folder, &to.name, RenameFlags::NOREPLACE);
    match moved {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            let linked = rustix::fs::linkat(
                &from.folder,
                &from.name,
                &to.folder,
                &to.name,
                AtFlags::empty(),
            );
            match linked {
                Ok(()) => discard(from).map(|()| true),
                Err(Errno::EXIST | Errno::NOENT) => Ok(false),
                Err(errno) => Err(to.failed("writing", errno)),
            }
        }
        Ok(()) => Ok(true),
        Err(Errno::EXIST | Errno::NOENT) => Ok(false),
        Err(errno) => Err(to.failed("writing", errno)),
    }
}

pub fn discard(aside: &Place) -> Result<(), Error> {
    match unlinkat(&aside.folder, &aside.name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(aside.failed("removing", errno)),
    }
}

/// The place of the temporary name beside a path.
pub fn beside(root: &Path, path: &Path, temporary: &str) -> Result<Option<Place>, Error> {
    let place = Place::find(root, path)?;
    Ok(place.map(|place| Place { folder: place.folder, name: OsString::from(temporary) }))
}
