//! The state directory of one `CODEX_HOME`, and the lock that makes one process its owner.

use std::{
    fs::{File, OpenOptions, TryLockError},
    hash::Hasher,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::core::HomeRefused;

/// A process that is killed while it starts another one leaves the lock to that one until it runs its own program. So
/// long a lock is waited for whose owner is gone.
const LEFT_BEHIND: Duration = Duration::from_secs(2);

/// Holds the lock for as long as it lives; the kernel lets go of it when the process dies.
pub struct Claim {
    directory: PathBuf,
    _lock: File,
}

impl Claim {
    /// The state directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

/// What kind of process has the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Solo,
    Daemon,
}

impl Owner {
    fn as_str(self) -> &'static str {
        match self {
            Self::Solo => "solo",
            Self::Daemon => "daemon",
        }
    }
}

/// Where the owner of the lock says who it is: in the locked file. Windows lets nobody else read that.
fn owner_file(directory: &Path) -> PathBuf {
    directory.join(if cfg!(windows) { "owner" } else { "lock" })
}

/// Whether some process has the lock.
#[cfg(windows)]
pub fn is_claimed(directory: &Path) -> bool {
    let lock = OpenOptions::new().read(true).write(true).open(directory.join("lock"));
    lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
}

/// The daemon that has the lock, if one has: its process.
pub fn daemon_of(directory: &Path) -> Option<u32> {
    let text = std::fs::read_to_string(owner_file(directory)).ok()?;
    let mut lines = text.lines();
    let pid = lines.next()?.parse().ok()?;
    (lines.next() == Some(Owner::Daemon.as_str())).then_some(pid)
}

/// Where Outrigger keeps what belongs to this `CODEX_HOME`.
pub fn directory(outrigger_home: Option<PathBuf>, codex_home: &Path) -> Option<PathBuf> {
    let root = outrigger_home.or_else(default_root)?;
    let canonical = codex_home.canonicalize().unwrap_or_else(|_| codex_home.to_path_buf());
    Some(root.join("homes").join(name_of(&canonical)))
}

/// A short name for a path, the same in every build.
pub fn name_of(path: &Path) -> String {
    // FNV-1a: std's hasher does not promise to stay what it is.
    let mut name = Fnv(0xcbf2_9ce4_8422_2325);
    name.write(path.as_os_str().as_encoded_bytes());
    format!("{:016x}", name.finish())
}

/// The state directory of the `CODEX_HOME` that the environment names; none without a home directory.
pub fn of_this_environment() -> Option<PathBuf> {
    let outrigger_home = std::env::var_os("OUTRIGGER_HOME").map(PathBuf::from);
    directory(outrigger_home, &codex_home_of_this_environment()?)
}

/// The `CODEX_HOME` that the environment names.
pub fn codex_home_of_this_environment() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let user = variable(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
    codex_home(variable("CODEX_HOME"), user.as_deref())
}

/// `CODEX_HOME`, which comes from the environment only, or where codex has it by default.
pub fn codex_home(variable: Option<PathBuf>, home: Option<&Path>) -> Option<PathBuf> {
    variable.or_else(|| home.map(|home| home.join(".codex")))
}

fn default_root() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    if cfg!(windows) {
        return variable("LOCALAPPDATA").map(|data| data.join("outrigger"));
    }
    let home = variable("HOME");
    if cfg!(target_os = "macos") {
        return home.map(|home| home.join("Library/Application Support/outrigger"));
    }
    variable("XDG_STATE_HOME")
        .or_else(|| home.map(|home| home.join(".local/state")))
        .map(|state| state.join("outrigger"))
}

/// Takes the lock, or says who has it.
pub fn claim(directory: &Path, owner: Owner) -> Result<Claim, HomeRefused> {
    let io = |error: std::io::Error| HomeRefused::Io {
        message: format!("The state directory {} cannot be used: {error}.", directory.display()),
    };
    create_private(directory).map_err(io)?;
    let lock = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(directory.join("lock"))
        .map_err(io)?;
    let until = Instant::now() + LEFT_BEHIND;
    loop {
        match lock.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(error)) => return Err(io(error)),
            Err(TryLockError::WouldBlock) => {
                let text = std::fs::read_to_string(owner_file(directory));
                let pid = text.ok().and_then(|text| text.lines().next()?.parse().ok());
                if Instant::now() > until || pid.is_none_or(|pid| !is_gone(pid)) {
                    return Err(HomeRefused::Taken { pid });
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
    let text = format!("{}\n{}\n", std::process::id(), owner.as_str());
    std::fs::write(owner_file(directory), text).map_err(io)?;
    Ok(Claim { directory: directory.to_owned(), _lock: lock })
}

#[cfg(unix)]
fn is_gone(pid: u32) -> bool {
    use rustix::process::{Pid, test_kill_process};
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}

/// Windows keeps a lock to the process that took it.
#[cfg(not(unix))]
fn is_gone(_pid: u32) -> bool {
    false
}

pub fn create_private(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_owner_is_refused_and_told_the_first() {
        let root = tempfile::tempdir().unwrap();
        let directory = directory(Some(root.path().into()), Path::new("/home/me/.codex")).unwrap();
        let first = claim(&directory, Owner::Solo).unwrap();
        let refused = claim(&directory, Owner::Solo).err().unwrap();
        assert_eq!(refused, HomeRefused::Taken { pid: Some(std::process::id()) });
        drop(first);
        assert!(claim(&directory, Owner::Solo).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_that_outlives_its_owner_for_a_moment_is_waited_for() {
        use std::process::{Command, Stdio};
        let root = tempfile::tempdir().unwrap();
        let directory = directory(Some(root.path().into()), Path::new("/home/me/.codex")).unwrap();
        drop(claim(&directory, Owner::Solo).unwrap());
        let mut owner = Command::new("true").spawn().unwrap();
        owner.wait().unwrap();
        let lock = OpenOptions::new().read(true).write(true).open(directory.join("lock")).unwrap();
        lock.try_lock().unwrap();
        std::fs::write(owner_file(&directory), format!("{}\nsolo\n", owner.id())).unwrap();
        // It has the lock with its stdin, until it ends.
        let mut heir = Command::new("sleep").arg("0.3").stdin(Stdio::from(lock)).spawn().unwrap();
        assert!(claim(&directory, Owner::Solo).is_ok());
        heir.wait().unwrap();
    }

    #[test]
    fn each_codex_home_has_a_directory_of_its_own() {
        let root = Path::new("/state");
        let of = |home: &str| directory(Some(root.into()), Path::new(home)).unwrap();
        assert_eq!(of("/a"), of("/a"));
        assert_ne!(of("/a"), of("/b"));
        assert!(of("/a").starts_with("/state/homes"));
    }
}
