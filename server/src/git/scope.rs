//! The part of a working tree that lies in granted folders: nothing else of it is looked at or written.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::{checkpoint::Difference, record::PathText};

/// Folders relative to the root of a working tree; the empty path is all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(Vec<PathBuf>);

impl Scope {
    pub fn whole() -> Self {
        Self(vec![PathBuf::new()])
    }

    /// What these folders, which are absolute and without links, have of the tree.
    pub fn of(root: &Path, granted: &[PathBuf]) -> Self {
        if granted.iter().any(|folder| root.starts_with(folder)) {
            return Self::whole();
        }
        let inside = granted.iter().filter_map(|folder| folder.strip_prefix(root).ok());
        Self::smallest(inside.map(Path::to_owned).collect())
    }

    /// As it was written down; without a word, all of the tree.
    pub fn read(written: Option<&[PathText]>) -> Self {
        written.map_or_else(Self::whole, |folders| Self(folders.iter().map(Into::into).collect()))
    }

    pub fn written(&self) -> Option<Vec<PathText>> {
        let folders = || self.0.iter().map(|folder| folder.as_path().into()).collect();
        (!self.is_whole()).then(folders)
    }

    pub fn is_whole(&self) -> bool {
        self.holds(Path::new(""))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn holds(&self, path: &Path) -> bool {
        self.0.iter().any(|folder| path.starts_with(folder))
    }

    /// What is in both.
    pub fn and(&self, other: &Self) -> Self {
        let mine = self.0.iter().filter(|folder| other.holds(folder));
        let theirs = other.0.iter().filter(|folder| self.holds(folder));
        Self::smallest(mine.chain(theirs).cloned().collect())
    }

    pub fn of_differences(&self, mut differences: Vec<Difference>) -> Vec<Difference> {
        differences.retain(|one| self.holds(&one.path));
        differences
    }

    /// Arguments of git that keep it to these folders, which it takes literally; not for an empty scope.
    pub fn arguments(&self) -> Vec<OsString> {
        if self.is_whole() {
            return Vec::new();
        }
        let folders = self.0.iter().map(|folder| folder.as_os_str().to_owned());
        std::iter::once("--".into()).chain(folders).collect()
    }

    fn smallest(mut folders: Vec<PathBuf>) -> Self {
        folders.sort();
        folders.dedup_by(|inner, outer| inner.starts_with(outer));
        Self(folders)
    }
}
