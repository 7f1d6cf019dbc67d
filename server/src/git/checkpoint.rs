//! The working tree at one moment, as a tree that nothing but a ref of ours knows of.
//!
//! It is written through an index of its own, so the person's index, branches and stash stay as they are. What git
//! ignores is not in it, nor are other repositories inside, nor files beyond a bound, which are told.

use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    thread,
};

use super::{
    Error,
    facts::{Entry, SUBMODULE, named},
    index::Side,
    place::{as_git, from_git},
    process::Git,
    repository::Repository,
    scope::Scope,
};

/// Where the refs are; the default refspecs neither push nor fetch them.
const REFS: &str = "refs/outrigger/checkpoints/";
/// The index beside the person's is of use once: nobody will look at its checksum.
const NO_HASH: &str = "index.skipHash=true";
/// A file beyond this is left out unless it is as in the index, in bytes.
const MAX_FILE: u64 = 50 * 1024 * 1024;
/// Changed files beyond this in sum are left out, in bytes.
const MAX_ALL: u64 = 512 * 1024 * 1024;

/// A checkpoint that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The tree's name as an object.
    pub tree: String,
    /// Files and folders that could not be kept, relative to the root.
    pub left_out: Vec<PathBuf>,
}

/// A file that two checkpoints have differently; `None` where one has it not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub path: PathBuf,
    pub before: Option<Entry>,
    pub after: Option<Entry>,
}

/// Keeps the working tree as it is now. With a name it stays until it is forgotten; without, as long as git lets it.
pub fn take(repository: &Repository, mark: &str, name: Option<&str>) -> Result<Checkpoint, Error> {
    take_of(repository, mark, &Scope::whole(), name)
}

/// The same of a part of the tree: of the rest it has what the index has, which says nothing.
pub fn take_of(
    repository: &Repository,
    mark: &str,
    scope: &Scope,
    name: Option<&str>,
) -> Result<Checkpoint, Error> {
    if let Some(name) = name {
        reference(name)?;
    }
    let side = Side::of(repository, mark)?;
    let git = repository.git.with("GIT_INDEX_FILE", side.path().as_os_str());
    let (changed, new) = listed(&git, scope)?;
    let of = |listed: &'_ [u8]| -> Vec<Vec<u8>> {
        let paths = listed.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        paths.map(<[u8]>::to_vec).collect()
    };
    let paths: BTreeSet<Vec<u8>> = of(&changed).into_iter().chain(of(&new)).collect();
    let (mut input, mut left_out, mut sum) = (Vec::new(), Vec::new(), 0);
    for path in paths {
        let path = from_git(&path);
        match kept(&repository.root.join(&path), sum) {
            Some(size) => {
                sum += size;
                input.extend_from_slice(&as_git(&path));
                input.push(0);
            }
            None => left_out.push(path),
        }
    }
    if !input.is_empty() {
        let update =
            ["-c", NO_HASH, "update-index", "-z", "--add", "--remove", "--replace", "--stdin"];
        git.feed(&update.map(AsRef::as_ref), &input)?;
    }
    let tree = named(&git.run(arguments!["-c", NO_HASH, "write-tree", "--missing-ok"])?)?;
    if let Some(name) = name {
        keep(repository, &[(name, &tree)])?;
    }
    Ok(Checkpoint { tree, left_out })
}

/// Keeps trees under these names, all or none.
pub fn keep(repository: &Repository, names: &[(&str, &str)]) -> Result<(), Error> {
    let mut input = Vec::new();
    for (name, tree) in names {
        input.extend_from_slice(format!("update {}\0{tree}\0\0", reference(name)?).as_bytes());
    }
    repository.git.feed(arguments!["update-ref", "-z", "--stdin"], &input).map(drop)
}

/// What differs from the index, and what is neither in it nor ignored. Both look at all files, so they do it side by side.
fn listed(git: &Git, scope: &Scope) -> Result<(Vec<u8>, Vec<u8>), Error> {
    if scope.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let within = scope.arguments();
    let run = |arguments: &[&OsStr]| {
        let within = within.iter().map(OsString::as_os_str);
        git.run(&arguments.iter().copied().chain(within).collect::<Vec<_>>())
    };
    thread::scope(|both| {
        let new = both.spawn(|| run(arguments!["ls-files", "-z", "-o", "--exclude-standard"]));
        let changed =
            run(arguments!["diff-files", "-z", "--name-only", "--ignore-submodules=dirty"])?;
        let new = new.join().map_err(|_| Error::Gone)??;
        Ok((changed, new))
    })
}

/// A tree that holds nothing but these blobs.
pub fn of_blobs<'a>(
    repository: &Repository,
    oids: impl IntoIterator<Item = &'a str>,
) -> Result<String, Error> {
    let lines = oids.into_iter().map(|oid| format!("100644 blob {oid}\t{oid}\0"));
    let input: String = lines.collect();
    named(&repository.git.feed(arguments!["mktree", "-z"], input.as_bytes())?)
}

/// The size of what stands there, if it is to be kept; what is gone is kept as gone.
fn kept(path: &Path, sum: u64) -> Option<u64> {
    let Ok(found) = fs::symlink_metadata(path) else { return Some(0) };
    let size = found.len();
    let fits = size <= MAX_FILE && sum + size <= MAX_ALL;
    ((found.is_file() && fits) || found.is_symlink()).then_some(size)
}

fn reference(name: &str) -> Result<String, Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 200 || !name.chars().all(plain) {
        return Err(Error::CheckpointUnknown(name.to_owned()));
    }
    Ok(format!("{REFS}{name}"))
}

/// The tree of a checkpoint.
pub fn tree(repository: &Repository, name: &str) -> Result<String, Error> {
    let unknown = || Error::CheckpointUnknown(name.to_owned());
    let reference = reference(name)?;
    let found = repository.git.run(arguments!["rev-parse", "-q", "--verify", &reference]);
    found.and_then(|printed| named(&printed)).map_err(|_| unknown())
}

/// Lets git throw these away when it cleans up. Names that are not there are no error.
pub fn forget(repository: &Repository, names: &[String]) -> Result<(), Error> {
    let mut input = Vec::new();
    for name in names {
        input.extend_from_slice(format!("delete {}\0\0", reference(name)?).as_bytes());
    }
    repository.git.feed(arguments!["update-ref", "-z", "--stdin"], &input).map(drop)
}

/// The files that two trees have differently. Submodules are left out: their files are their own repository's.
pub fn compare(git: &Git, before: &str, after: &str) -> Result<Vec<Difference>, Error> {
    let printed = git.run(arguments![
        "diff-tree",
        "-r",
        "-z",
        "--raw",
        "--no-abbrev",
        "--no-renames",
        before,
        after
    ])?;
    let mut fields = printed.split(|byte| *byte == 0);
    let mut found = Vec::new();
    // `:100644 100755 <old> <new> M`, then the path.
    while let (Some(head), Some(path)) = (fields.next(), fields.next()) {
        let head = String::from_utf8_lossy(head).into_owned();
        let [old_mode, new_mode, old, new, _] =
            *head.trim_start_matches(':').split(' ').collect::<Vec<_>>()
        else {
            continue;
        };
        let entry = |mode: &str, oid: &str| {
            let mode = u32::from_str_radix(mode, 8).unwrap_or(0);
            (mode != 0).then(|| Entry { mode, oid: oid.to_owned() })
        };
        let (before, after) = (entry(old_mode, old), entry(new_mode, new));
        let submodule =
            [&before, &after].into_iter().flatten().any(|entry| entry.mode == SUBMODULE);
        if !submodule {
            found.push(Difference { path: from_git(path), before, after });
        }
    }
    Ok(found)
}

/// The files of a tree as git would check them out, in a folder that is removed with this.
pub struct CheckedOut {
    folder: PathBuf,
}

impl CheckedOut {
    pub fn of(
        repository: &Repository,
        mark: &str,
        tree: &str,
        paths: &[&Path],
    ) -> Result<Self, Error> {
        let folder = repository.scratch.join(format!("tree-{}", super::publish::temporary()));
        fs::create_dir_all(&folder).map_err(Error::io("making a folder"))?;
        let checked_out = Self { folder };
        let side = Side::empty(repository, mark);
        let git = repository.git.with("GIT_INDEX_FILE", side.path().as_os_str());
        git.run(arguments!["read-tree", tree])?;
        let mut prefix = std::ffi::OsString::from("--prefix=");
        prefix.push(&checked_out.folder);
        prefix.push("/");
        let mut input = Vec::new();
        for path in paths {
            input.extend_from_slice(&as_git(path));
            input.push(0);
        }
        git.feed(arguments!["checkout-index", "-q", "-f", "-z", &prefix, "--stdin"], &input)?;
        Ok(checked_out)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for CheckedOut {
    fn drop(&mut self) {
        // What stays behind is removed when the room starts again.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
