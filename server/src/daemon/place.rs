//! Where the daemon of a state directory is met.
//!
//! The socket lies in the state directory, not in the runtime directory: that one goes when the person
//! logs out, while the daemon, and with it a running turn, may stay.

use std::path::{Path, PathBuf};

use crate::home;

/// A Unix domain socket's path holds 108 bytes on Linux and 104 on macOS, its end included.
#[cfg(unix)]
const MAX_PATH: usize = 100;

/// Where the socket may be, the best place first. Both ends look in the same order.
#[cfg(unix)]
pub fn sockets(directory: &Path) -> Vec<PathBuf> {
    let inside = directory.join("socket");
    let mut places = Vec::new();
    if inside.as_os_str().len() <= MAX_PATH {
        places.push(inside);
    }
    // Also for state directories on a file system that has no sockets.
    places.push(fallback().join(home::name_of(directory)));
    places
}

/// A folder of this user beside the state directory, for paths that are too long. Not `TMPDIR`, which
/// two editors may have set differently.
#[cfg(unix)]
fn fallback() -> PathBuf {
    Path::new("/tmp").join(format!("outrigger-{}", rustix::process::geteuid().as_raw()))
}

/// The name of the pipe on Windows: by the user and the state directory.
#[cfg(any(windows, test))]
pub fn pipe(directory: &Path, user: &str) -> String {
    let user: String = user.chars().filter(char::is_ascii_alphanumeric).collect();
    format!(r"\\.\pipe\outrigger-{user}-{}", home::name_of(directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_has_only_the_short_place() {
        let short = Path::new("/home/me/.local/state/outrigger/homes/0123456789abcdef");
        assert_eq!(sockets(short)[0], short.join("socket"));
        let long = PathBuf::from(format!("/{}", "x".repeat(120)));
        let places = sockets(&long);
        assert_eq!(places, [fallback().join(home::name_of(&long))]);
        assert!(places[0].as_os_str().len() <= MAX_PATH);
    }

    #[test]
    fn the_pipe_of_each_user_and_directory_is_its_own() {
        let of = |directory: &str, user: &str| pipe(Path::new(directory), user);
        assert!(of("/a", "S-1-5-21").starts_with(r"\\.\pipe\outrigger-S1521-"));
        assert_ne!(of("/a", "me"), of("/b", "me"));
        assert_ne!(of("/a", "me"), of("/a", "you"));
    }
}
