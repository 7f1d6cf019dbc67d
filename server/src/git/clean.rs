//! From the bytes of the working tree to those that git would stage, and back.
//!
//! Where no attribute or setting could make a difference they are the same. Everywhere else git itself does it, with a
//! folder for objects that is thrown away, so that looking leaves nothing behind in the repository.

use std::{
    borrow::Cow,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use super::{
    Error,
    facts::{Attributes, Settings, Value, named},
    lines::looks_binary,
    process::Git,
    repository::Repository,
};

/// What can come between a file's bytes and git's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// A filter driver or another encoding: lines need not correspond.
    pub driver: bool,
    ident: bool,
    ends: Ends,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    Kept,
    Converted,
    /// Converted unless the staged text has CRLF already.
    Guessed,
}

impl Conversion {
    pub fn of(attributes: &Attributes, settings: &Settings) -> Self {
        let text = match &attributes.text {
            Value::Unspecified => &attributes.crlf,
            text => text,
        };
        let ends = match (text, &attributes.eol) {
            (Value::Unset, _) => Ends::Kept,
            (Value::Is(auto), _) if auto == "auto" => Ends::Guessed,
            (Value::Set | Value::Is(_), _) | (_, Value::Is(_)) => Ends::Converted,
            _ if settings.autocrlf.is_some() => Ends::Guessed,
            _ => Ends::Kept,
        };
        let driver = matches!(attributes.filter, Value::Is(_))
            || matches!(attributes.encoding, Value::Is(_) | Value::Set);
        Self { driver, ident: attributes.ident == Value::Set, ends }
    }

    /// Whether git might stage other bytes than these. `staged` is what the index has.
    fn changes(&self, bytes: &[u8], staged: Option<&[u8]>) -> bool {
        let crlf = match self.ends {
            Ends::Kept => false,
            Ends::Converted => has_crlf(bytes),
            Ends::Guessed => has_crlf(bytes) && !staged.is_some_and(is_text_with_crlf),
        };
        self.driver || crlf || (self.ident && memchr::memmem::find(bytes, b"$Id").is_some())
    }
}

fn has_crlf(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, b"\r\n").is_some()
}

/// As git judges the staged text before it converts line ends on its own account.
fn is_text_with_crlf(bytes: &[u8]) -> bool {
    let lone = memchr::memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n'));
    has_crlf(bytes) && !lone && memchr::memchr(0, bytes).is_none()
}

/// Whether git shows the file as binary.
pub fn is_binary(attributes: &Attributes, bytes: &[u8]) -> bool {
    match attributes.diff {
        Value::Unset => true,
        Value::Set => false,
        Value::Unspecified | Value::Is(_) => looks_binary(bytes),
    }
}

/// The bytes that git would stage for a file with these.
pub fn clean<'a>(
    repository: &Repository,
    conversion: &Conversion,
    path: &Path,
    bytes: &'a [u8],
    staged: Option<&[u8]>,
) -> Result<Cow<'a, [u8]>, Error> {
    if !conversion.changes(bytes, staged) {
        return Ok(Cow::Borrowed(bytes));
    }
    let scratch = Scratch::new(repository)?;
    let name = option(b"--path=", path);
    let object = scratch.git.feed(arguments!["hash-object", "-w", "--stdin", &name], bytes)?;
    Ok(Cow::Owned(scratch.git.run(arguments!["cat-file", "blob", &named(&object)?])?))
}

/// The bytes that git would write to the working tree for these.
pub fn smudge(repository: &Repository, path: &Path, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let scratch = Scratch::new(repository)?;
    let keep = arguments!["hash-object", "-w", "--no-filters", "--stdin"];
    let object = named(&scratch.git.feed(keep, bytes)?)?;
    let name = option(b"--path=", path);
    scratch.git.run(arguments!["cat-file", "--filters", &name, &object])
}

fn option(name: &[u8], path: &Path) -> PathBuf {
    super::place::from_git(&[name, &super::place::as_git(path)].concat())
}

/// A folder for objects that are of use once.
struct Scratch {
    folder: PathBuf,
    git: Git,
}

impl Scratch {
    fn new(repository: &Repository) -> Result<Self, Error> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = repository.scratch.join(format!("objects-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).map_err(Error::io(format!("making {}", folder.display())))?;
        let git = repository
            .git
            .with("GIT_OBJECT_DIRECTORY", folder.as_os_str())
            .with("GIT_ALTERNATE_OBJECT_DIRECTORIES", repository.objects.as_os_str());
        Ok(Self { folder, git })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind is removed when the room starts again.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
