//! Builds: which one this is, which is newer, and the copy that the daemon runs from.

use std::{
    cmp::Ordering,
    env::consts::EXE_SUFFIX,
    fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use serde::{Deserialize, Serialize};

use super::greeting::LINK_VERSION;
use crate::home;

/// Copies that are kept: the one that runs and the one that comes next.
const KEPT: usize = 2;
const PREFIX: &str = "outrigger-";

/// One build of Outrigger: its version and, between builds of one version, when its file was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Build {
    pub version: String,
    /// Epoch milliseconds.
    pub modified_ms: u64,
    /// The size of the program, in bytes.
    pub size: u64,
}

impl Build {
    /// The build of a program file.
    pub fn of(program: &Path) -> io::Result<Self> {
        let file = fs::metadata(program)?;
        let modified = file.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Self {
            version: crate::VERSION.to_owned(),
            modified_ms: u64::try_from(modified.as_millis()).unwrap_or(u64::MAX),
            size: file.len(),
        })
    }

    pub fn is_newer_than(&self, other: &Self) -> bool {
        match compare_versions(&self.version, &other.version) {
            Ordering::Equal => self.modified_ms > other.modified_ms && self != other,
            order => order == Ordering::Greater,
        }
    }

    /// The name of its copy. The version of the link is in it: a daemon of another one would not be
    /// understood.
    fn file_name(&self) -> String {
        let Self { version, modified_ms, size } = self;
        format!("{PREFIX}{LINK_VERSION}-{version}-{modified_ms:x}-{size:x}{EXE_SUFFIX}")
    }

    /// The build of a copy of this version of the link.
    fn named(name: &str) -> Option<Self> {
        let name = name.strip_prefix(PREFIX)?.strip_suffix(EXE_SUFFIX)?;
        let (name, size) = name.rsplit_once('-')?;
        let (name, modified_ms) = name.rsplit_once('-')?;
        let (link, version) = name.split_once('-')?;
        (link.parse() == Ok(LINK_VERSION)).then_some(())?;
        Some(Self {
            version: version.to_owned(),
            modified_ms: u64::from_str_radix(modified_ms, 16).ok()?,
            size: u64::from_str_radix(size, 16).ok()?,
        })
    }
}

/// Numbers part by part; what is no number compares as text.
fn compare_versions(one: &str, other: &str) -> Ordering {
    let parts = |version: &str| -> Vec<(u64, String)> {
        let part = |part: &str| (part.parse().unwrap_or(0), part.to_owned());
        version.split(['.', '-', '+']).map(part).collect()
    };
    parts(one).cmp(&parts(other))
}

/// A copy of this program in the state directory: an update of the extension, which deletes or
/// overwrites the original, does not touch what runs.
pub fn copy_into(directory: &Path) -> io::Result<(PathBuf, Build)> {
    let program = std::env::current_exe()?;
    let build = Build::of(&program)?;
    let programs = directory.join("bin");
    if program.starts_with(&programs) {
        return Ok((program, build));
    }
    home::create_private(&programs)?;
    let copy = programs.join(build.file_name());
    if fs::metadata(&copy).is_ok_and(|there| there.len() == build.size) {
        return Ok((copy, build));
    }
    duplicate(&program, &copy).map(|()| (copy, build))
}

/// A copy of this program at `target`, unless one that is as new is there.
pub fn copy_to(target: &Path) -> io::Result<()> {
    let program = std::env::current_exe()?;
    let own = Build::of(&program)?;
    let there = Build::of(target).ok();
    let as_new = there.is_some_and(|there| there.modified_ms >= own.modified_ms);
    if as_new || program == target { Ok(()) } else { duplicate(&program, target) }
}

/// Renamed into place whole: another process may be copying, or starting, the same build.
fn duplicate(program: &Path, target: &Path) -> io::Result<()> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let partial = target.with_file_name(format!(".{name}.{}", std::process::id()));
    let copied = fs::copy(program, &partial).and_then(|_| {
        let times = fs::FileTimes::new().set_modified(fs::metadata(program)?.modified()?);
        fs::File::options().write(true).open(&partial)?.set_times(times)?;
        fs::rename(&partial, target)
    });
    if copied.is_err() {
        let _ = fs::remove_file(&partial);
    }
    copied
}

/// The newest build that any editor has brought, which is the one to start: an editor with an older one
/// joins it.
pub fn newest(directory: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(directory.join("bin")).ok()?;
    let mut newest: Option<(Build, PathBuf)> = None;
    for entry in entries.flatten() {
        let Some(build) = entry.file_name().to_str().and_then(Build::named) else { continue };
        if newest.as_ref().is_none_or(|(known, _)| build.is_newer_than(known)) {
            newest = Some((build, entry.path()));
        }
    }
    newest.map(|(_, program)| program)
}

/// Removes copies that nobody runs any more: all but the newest ones and `running`.
pub fn prune(directory: &Path, running: &Path) {
    let Ok(entries) = fs::read_dir(directory.join("bin")) else { return };
    let mut copies: Vec<(std::time::SystemTime, PathBuf)> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path != running)
        .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
        .collect();
    copies.sort();
    for (_, path) in copies.iter().rev().skip(KEPT - 1) {
        // A copy that cannot be removed now, as on Windows while it runs, is removed next time.
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(version: &str, modified_ms: u64) -> Build {
        Build { version: version.into(), modified_ms, size: 7 }
    }

    #[test]
    fn the_version_decides_and_then_the_time() {
        assert!(build("0.10.0", 1).is_newer_than(&build("0.9.9", 2)));
        assert!(!build("0.9.9", 2).is_newer_than(&build("0.10.0", 1)));
        assert!(build("1.0.0", 2).is_newer_than(&build("1.0.0", 1)));
        assert!(!build("1.0.0", 1).is_newer_than(&build("1.0.0", 1)));
    }

    #[test]
    fn the_newest_copy_of_this_version_of_the_link_is_started() {
        let home = tempfile::tempdir().unwrap();
        let bin = home.path().join("bin");
        fs::create_dir(&bin).unwrap();
        let builds = [build("0.2.0-rc.1", 9), build("0.10.0", 5), build("0.10.0", 6)];
        for name in builds.iter().map(Build::file_name).chain(["outrigger-99-9.0.0-1-1".into()]) {
            fs::write(bin.join(name), "").unwrap();
        }
        assert_eq!(newest(home.path()), Some(bin.join(builds[2].file_name())));
        assert_eq!(Build::named(&builds[0].file_name()), Some(builds[0].clone()));
    }

    #[test]
    fn only_the_running_copy_and_the_newest_other_stay() {
        let home = tempfile::tempdir().unwrap();
        let bin = home.path().join("bin");
        fs::create_dir(&bin).unwrap();
        for (name, second) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
            fs::write(bin.join(name), name).unwrap();
            let modified = UNIX_EPOCH + std::time::Duration::from_secs(second);
            let times = fs::FileTimes::new().set_modified(modified);
            fs::File::options().write(true).open(bin.join(name)).unwrap().set_times(times).unwrap();
        }
        prune(home.path(), &bin.join("a"));
        let mut left: Vec<_> =
            fs::read_dir(&bin).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["a", "d"]);
    }
}
