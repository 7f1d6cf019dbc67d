//! Where a run works: the folder itself, or a new worktree of its repository.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use super::setup::{self, Setup};
use crate::edited::replace;

/// Where a run works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The folder that is the thread's.
    pub cwd: PathBuf,
    /// The worktree that was made, if one was; `cwd` is it or lies in it.
    pub worktree: Option<PathBuf>,
}

/// Why a run has no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    #[error("{} is no folder any more.", .0.display())]
    Gone(PathBuf),
    #[error("{} has changes that are not committed.", .0.display())]
    Dirty(PathBuf),
    #[error("No worktree could be made: {0}")]
    Git(String),
    #[error("Its set-up failed. {0}")]
    Setup(String),
    #[error("{} is no worktree of Outrigger's.", .0.display())]
    Foreign(PathBuf),
}

/// The folder of a run. A worktree is made at `worktree`, at `branch` or `HEAD`, where one is wanted and the folder lies in
/// a repository that has a commit; a folder of a repository that is to be `clean` and is not is refused.
pub fn prepare(
    folder: &Path,
    worktree: Option<&Path>,
    branch: Option<&str>,
    clean: bool,
    setup: Option<&Setup>,
) -> Result<Place, PlaceError> {
    if !folder.is_dir() {
        return Err(PlaceError::Gone(folder.to_path_buf()));
    }
    let in_place = Place { cwd: folder.to_path_buf(), worktree: None };
    let prefix = git(folder, ["rev-parse", "--show-prefix"]);
    let Some(prefix) = prefix.ok().filter(|output| output.status.success()) else {
        return Ok(in_place);
    };
    let Some(worktree) = worktree else {
        let dirty = clean
            && !words(folder, ["status", "--porcelain", "--untracked-files=normal"])?.is_empty();
        return if dirty { Err(PlaceError::Dirty(folder.to_path_buf())) } else { Ok(in_place) };
    };
    let begin = branch.unwrap_or("HEAD");
    let commit = format!("{begin}^{{commit}}");
    let known = git(folder, ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]);
    let has_commit = known.is_ok_and(|output| output.status.success());
    if !has_commit && branch.is_none() {
        return Ok(in_place);
    }
    // One that a run before a crash has made.
    if !worktree.join(".git").exists() {
        if let Some(parent) = worktree.parent() {
            std::fs::create_dir_all(parent).map_err(|error| PlaceError::Git(error.to_string()))?;
        }
        let path = worktree.as_os_str();
        let arguments = ["worktree", "add", "--quiet", "--detach"].map(OsStr::new);
        words(folder, arguments.into_iter().chain([path, OsStr::new(begin)]))?;
    }
    let below = String::from_utf8_lossy(&prefix.stdout);
    let below = below.trim_end_matches('\n');
    let cwd = if below.is_empty() { worktree.to_path_buf() } else { worktree.join(below) };
    // A folder that is not committed is not in the worktree.
    let cwd = if cwd.is_dir() { cwd } else { worktree.to_path_buf() };
    if let Some(setup) = setup {
        setup.prepare(worktree)?;
    }
    Ok(Place { cwd, worktree: Some(worktree.to_path_buf()) })
}

/// Takes a worktree away. What is in it and in no commit is kept as a patch at `patch`.
pub fn remove(folder: &Path, worktree: &Path, patch: &Path) -> Result<(), PlaceError> {
    if worktree.is_dir() {
        words(worktree, ["add", "--all", "--intent-to-add"])?;
        let changed = words(worktree, ["diff", "--binary", "HEAD"])?;
        if !changed.is_empty() {
            keep(patch, &changed).map_err(|error| PlaceError::Git(error.to_string()))?;
        }
        keep_commits(worktree)?;
    }
    let arguments = ["worktree", "remove", "--force"].map(OsStr::new);
    let removed = words(folder, arguments.into_iter().chain([worktree.as_os_str()])).map(drop);
    // Somebody else took it away, or a try before this one.
    if worktree.exists() {
        return removed;
    }
    setup::clear(worktree);
    Ok(())
}

/// Writes a patch beside those that are there: one of a try that came half way is the only whole one.
fn keep(patch: &Path, changed: &[u8]) -> io::Result<()> {
    let others = (2..).map(|n| patch.with_extension(format!("{n}.patch")));
    for path in std::iter::once(patch.to_path_buf()).chain(others) {
        match std::fs::read(&path) {
            Ok(there) if there == changed => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return replace(&path, changed);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Commits of a run that no branch has stay, under a name of their own.
fn keep_commits(worktree: &Path) -> Result<(), PlaceError> {
    let Some(name) = worktree.file_name() else { return Ok(()) };
    let contained = ["for-each-ref", "--count=1", "--contains", "HEAD"];
    if words(worktree, contained)?.is_empty() {
        let kept = format!("refs/outrigger/runs/{}", name.to_string_lossy());
        words(worktree, ["update-ref", &kept, "HEAD"])?;
    }
    Ok(())
}

fn words<S: AsRef<OsStr>>(
    folder: &Path,
    arguments: impl IntoIterator<Item = S>,
) -> Result<Vec<u8>, PlaceError> {
    let output = git(folder, arguments).map_err(|error| PlaceError::Git(error.to_string()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(PlaceError::Git(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

fn git<S: AsRef<OsStr>>(
    folder: &Path,
    arguments: impl IntoIterator<Item = S>,
) -> io::Result<Output> {
    let mut command = Command::new("git");
    // Another repository than that of the folder is never meant.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    command.arg("-C").arg(folder).args(arguments).env("GIT_TERMINAL_PROMPT", "0");
    command.stdin(Stdio::null()).output()
}
