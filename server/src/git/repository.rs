//! One working tree and its repository.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    rc::Rc,
    thread,
};

use super::{
    Error,
    cache::Cache,
    facts::{Attributes, Entry, Indexed, Library, Settings, Source},
    loose,
    place::from_git,
    process::Git,
    text::Text,
};

/// Texts that take longer to write than another process takes to start, in bytes.
const LARGE: usize = 1024 * 1024;

pub struct Repository {
    /// The top of the working tree.
    pub root: PathBuf,
    /// The git directory of this working tree, where `HEAD` is.
    pub folder: PathBuf,
    /// The git directory that linked working trees share, where branches are.
    pub common: PathBuf,
    /// The index of this working tree.
    pub index: PathBuf,
    /// Where objects are.
    pub objects: PathBuf,
    /// How long the names of objects are.
    pub oid_digits: usize,
    /// Where files go that are of use once; nobody else may read there.
    pub scratch: PathBuf,
    pub git: Git,
    pub cache: Rc<Cache>,
    library: Option<Library>,
}

/// The nearest folder above that is a working tree. An empty `.git` makes none: sandboxes leave such folders behind.
pub fn root_above(path: &Path) -> Option<PathBuf> {
    let holds = |folder: &&Path| {
        let git = folder.join(".git");
        git.is_file() || git.join("HEAD").symlink_metadata().is_ok()
    };
    path.ancestors().skip(1).find(holds).map(Path::to_owned)
}

impl Repository {
    /// Asks git for its directories, and lets libgit2 try. git is started with these variables too.
    pub fn open(
        root: &Path,
        scratch: &Path,
        environment: &[(OsString, OsString)],
    ) -> Result<Self, Error> {
        let git = Git::at(root).with_all(environment);
        let printed = git.run(arguments![
            "rev-parse",
            "--path-format=absolute",
            "--git-dir",
            "--git-common-dir",
            "--git-path",
            "index",
            "--git-path",
            "objects",
            "--show-object-format",
        ])?;
        let lines: Vec<&[u8]> = printed.split(|byte| *byte == b'\n').collect();
        let [folder, common, index, objects, format, _] = *lines else {
            return Err(Error::NotARepository(root.to_owned()));
        };
        let library = git2::Repository::open(root).ok().filter(|opened| opened.index().is_ok());
        Ok(Self {
            root: root.to_owned(),
            folder: from_git(folder),
            common: from_git(common),
            index: from_git(index),
            objects: from_git(objects),
            oid_digits: if format == b"sha256" { 64 } else { 40 },
            scratch: scratch.to_owned(),
            git,
            cache: Rc::default(),
            library: library.map(Library),
        })
    }

    /// The text of a blob, shared with whoever asked for it before.
    pub fn text(&self, oid: &str) -> Result<Text, Error> {
        self.cache.text(oid, || self.blob(oid))
    }

    /// Keeps a text as it is, unfiltered; returns the object's name.
    pub fn keep_text(&self, text: &Text) -> Result<String, Error> {
        let oid = self.keep_blob(text)?;
        self.cache.keep(&oid, text);
        Ok(oid)
    }

    /// The same, and a large text is written while something else is done.
    pub fn keep_text_while<T>(
        &self,
        text: &Text,
        something: impl FnOnce() -> T,
    ) -> Result<String, Error> {
        if text.len() < LARGE {
            return self.keep_text(text);
        }
        let usual = self.library.as_ref().filter(|library| library.writes_as_usual());
        let oid = if let Some(library) = usual {
            self.keep_loose(library, text, something)?
        } else {
            let git = &self.git;
            beside(|| git.keep_blob(text), something).0?
        };
        self.cache.keep(&oid, text);
        Ok(oid)
    }

    fn keep_loose<T>(
        &self,
        library: &Library,
        text: &Text,
        something: impl FnOnce() -> T,
    ) -> Result<String, Error> {
        let objects = self.objects.as_path();
        let (object, (name, _)) =
            beside(|| loose::packed(objects, text), || beside(|| loose::name(text), something));
        let (object, name) = (object?, name?);
        if library.has(name)? {
            // It has to be made as good as new, or a `git gc` could take it.
            return self.keep_blob(text);
        }
        loose::keep(&self.objects, name, object)?;
        Ok(name.to_string())
    }

    /// Where libgit2 fails, git is asked; what git then says counts.
    fn ask<T>(&self, question: impl Fn(&dyn Source) -> Result<T, Error>) -> Result<T, Error> {
        match &self.library {
            Some(library) => question(library).or_else(|_| question(&self.git)),
            None => question(&self.git),
        }
    }
}

/// Does the one on a thread of its own while the other is done here.
fn beside<T: Send, U>(
    one: impl FnOnce() -> Result<T, Error> + Send,
    other: impl FnOnce() -> U,
) -> (Result<T, Error>, U) {
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap_or(Err(Error::Gone)), other)
    })
}

impl Source for Repository {
    fn indexed(&self, path: &Path) -> Result<Indexed, Error> {
        self.ask(|source| source.indexed(path))
    }

    fn committed(&self, path: &Path) -> Result<Option<Entry>, Error> {
        self.ask(|source| source.committed(path))
    }

    fn attributes(&self, path: &Path) -> Result<Attributes, Error> {
        self.ask(|source| source.attributes(path))
    }

    fn settings(&self) -> Result<Settings, Error> {
        self.ask(|source| source.settings())
    }

    fn is_ignored(&self, path: &Path) -> Result<bool, Error> {
        self.ask(|source| source.is_ignored(path))
    }

    fn blob_size(&self, oid: &str) -> Result<u64, Error> {
        self.ask(|source| source.blob_size(oid))
    }

    fn blob(&self, oid: &str) -> Result<Vec<u8>, Error> {
        self.ask(|source| source.blob(oid))
    }

    fn keep_blob(&self, bytes: &[u8]) -> Result<String, Error> {
        self.ask(|source| source.keep_blob(bytes))
    }
}
