//! The files of the database: made for this user alone, moved together, never deleted.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::Read,
    path::{Path, PathBuf},
};

use super::Error;

/// The database's name within the state directory.
pub const NAME: &str = "outrigger.db";
/// Backups kept.
const BACKUPS: usize = 3;

/// What belongs to one database: the file, its WAL and that one's index.
fn parts() -> [OsString; 3] {
    ["", "-wal", "-shm"].map(|suffix| OsString::from(format!("{NAME}{suffix}")))
}

/// Says whether a part is there although the file itself is not.
pub fn has_orphans(directory: &Path) -> bool {
    !directory.join(NAME).exists() && parts().iter().any(|part| directory.join(part).exists())
}

/// Says whether this is an `SQLite` database with this application id.
pub fn begins_as(path: &Path, application: i32) -> Result<bool, Error> {
    let mut header = [0; 72];
    match File::open(path)?.read_exact(&mut header) {
        Ok(()) => {
            Ok(header.starts_with(b"SQLite format 3\0")
                && header[68..] == application.to_be_bytes())
        }
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Moves all parts into a directory of their own below `corrupt/` and says which.
pub fn set_aside(directory: &Path, now: u64) -> Result<PathBuf, Error> {
    let corrupt = directory.join("corrupt");
    let mut number = 0;
    let place = loop {
        let name = if number == 0 { now.to_string() } else { format!("{now}-{number}") };
        let place = corrupt.join(name);
        match private_directory(&corrupt).and_then(|()| fs::create_dir(&place)) {
            Ok(()) => break place,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error.into()),
        }
    };
    // The file itself first: cut off here, the next start finds a log without it, and sets that aside too.
    for part in parts() {
        match fs::rename(directory.join(&part), place.join(&part)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(place)
}

/// Makes an empty file that only this user may read.
pub fn private_file(path: &Path) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    Ok(())
}

/// Gives a finished database its name, durably.
pub fn put_in_place(new: &Path, directory: &Path) -> Result<(), Error> {
    fs::rename(new, directory.join(NAME))?;
    if cfg!(unix) {
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}

/// A place for one more backup. The oldest beyond the three that are kept are deleted.
pub fn backup_place(directory: &Path, version: u64, now: u64) -> Result<PathBuf, Error> {
    let backups = directory.join("backups");
    private_directory(&backups)?;
    let mut kept: Vec<PathBuf> = fs::read_dir(&backups)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "db"))
        .collect();
    kept.sort();
    let excess = (kept.len() + 1).saturating_sub(BACKUPS);
    for oldest in kept.drain(..excess) {
        fs::remove_file(oldest)?;
    }
    let place = backups.join(format!("{now:015}-schema-{version}.db"));
    private_file(&place)?;
    Ok(place)
}

fn private_directory(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
