//! What git knows of one path. libgit2 is asked first, and git itself where libgit2 cannot say.

use std::path::Path;

use super::{Error, loose::SETTINGS, place::as_git, process::Git};

pub const REGULAR: u32 = 0o100_644;
pub const EXECUTABLE: u32 = 0o100_755;
pub const SYMLINK: u32 = 0o120_000;
pub const SUBMODULE: u32 = 0o160_000;

/// A mode and an object, as an index or a tree has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub mode: u32,
    pub oid: String,
}

/// What the index has at a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indexed {
    pub entry: Option<Entry>,
    pub conflicted: bool,
    /// Announced with `git add -N`, its text not staged yet.
    pub intent_to_add: bool,
    /// The working tree is not to be looked at: `skip-worktree` or `assume-unchanged`.
    pub unwatched: bool,
}

/// The attributes that decide how a file's bytes become git's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    pub text: Value,
    pub crlf: Value,
    pub eol: Value,
    pub ident: Value,
    pub filter: Value,
    pub encoding: Value,
    pub diff: Value,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    #[default]
    Unspecified,
    Set,
    Unset,
    Is(String),
}

/// In the order of the fields of [`Attributes`].
const NAMES: [&str; 7] =
    ["text", "crlf", "eol", "ident", "filter", "working-tree-encoding", "diff"];

impl Attributes {
    fn of([text, crlf, eol, ident, filter, encoding, diff]: [Value; 7]) -> Self {
        // The old name of `text`, which counts where `text` says nothing.
        let crlf = if text == Value::Unspecified { crlf } else { Value::Unspecified };
        Self { text, crlf, eol, ident, filter, encoding, diff }
    }
}

/// Settings of the repository that this room acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `core.autocrlf`, where it is `true` or `input`.
    pub autocrlf: Option<String>,
    /// `core.fileMode`: whether the executable bit means anything here.
    pub file_mode: bool,
}

/// A way to ask for these facts.
pub trait Source {
    fn indexed(&self, path: &Path) -> Result<Indexed, Error>;
    /// What the last commit has at a path.
    fn committed(&self, path: &Path) -> Result<Option<Entry>, Error>;
    fn attributes(&self, path: &Path) -> Result<Attributes, Error>;
    fn settings(&self) -> Result<Settings, Error>;
    fn is_ignored(&self, path: &Path) -> Result<bool, Error>;
    /// In bytes.
    fn blob_size(&self, oid: &str) -> Result<u64, Error>;
    fn blob(&self, oid: &str) -> Result<Vec<u8>, Error>;
    /// Keeps these bytes as they are, unfiltered; returns the object's name.
    fn keep_blob(&self, bytes: &[u8]) -> Result<String, Error>;
}

/// Through libgit2, for the repositories it can open.
pub struct Library(pub git2::Repository);

impl Library {
    /// Whether no setting says how objects are to be written.
    pub fn writes_as_usual(&self) -> bool {
        let config = self.0.config().and_then(|mut config| config.snapshot());
        config.is_ok_and(|config| SETTINGS.iter().all(|name| config.get_bytes(name).is_err()))
    }

    pub fn has(&self, oid: git2::Oid) -> Result<bool, Error> {
        Ok(self.0.odb()?.exists(oid))
    }
}

impl Source for Library {
    fn indexed(&self, path: &Path) -> Result<Indexed, Error> {
        const ASSUME_UNCHANGED: u16 = 0x8000;
        let mut index = self.0.index()?;
        index.read(false)?;
        let conflicted = (1..=3).any(|stage| index.get_path(path, stage).is_some());
        let Some(entry) = index.get_path(path, 0) else {
            return Ok(Indexed { conflicted, ..Indexed::default() });
        };
        let extended = git2::IndexEntryExtendedFlag::from_bits_truncate(entry.flags_extended);
        Ok(Indexed {
            conflicted,
            intent_to_add: extended.is_intent_to_add(),
            unwatched: extended.is_skip_worktree() || entry.flags & ASSUME_UNCHANGED != 0,
            entry: Some(Entry { mode: entry.mode, oid: entry.id.to_string() }),
        })
    }

    fn committed(&self, path: &Path) -> Result<Option<Entry>, Error> {
        let head = match self.0.head() {
            Ok(head) => head,
            Err(error) if error.code() == git2::ErrorCode::UnbornBranch => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match head.peel_to_tree()?.get_path(path) {
            Ok(entry) if entry.filemode() == 0o040_000 => Ok(None),
            Ok(entry) => Ok(Some(Entry {
                mode: entry.filemode().unsigned_abs(),
                oid: entry.id().to_string(),
            })),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn attributes(&self, path: &Path) -> Result<Attributes, Error> {
        let mut values: [Value; 7] = Default::default();
        for (value, name) in values.iter_mut().zip(NAMES) {
            let found = self.0.get_attr_bytes(path, name, git2::AttrCheckFlags::FILE_THEN_INDEX)?;
            *value = match git2::AttrValue::always_bytes(found) {
                git2::AttrValue::True => Value::Set,
                git2::AttrValue::False => Value::Unset,
                git2::AttrValue::Unspecified => Value::Unspecified,
                git2::AttrValue::String(text) => Value::Is(text.to_owned()),
                git2::AttrValue::Bytes(text) => {
                    Value::Is(String::from_utf8_lossy(text).into_owned())
                }
            };
        }
        Ok(Attributes::of(values))
    }

    fn settings(&self) -> Result<Settings, Error> {
        let config = self.0.config()?.snapshot()?;
        Ok(Settings {
            autocrlf: config.get_str("core.autocrlf").ok().and_then(autocrlf),
            file_mode: config.get_bool("core.filemode").unwrap_or(true),
        })
    }

    fn is_ignored(&self, path: &Path) -> Result<bool, Error> {
        Ok(self.0.status_should_ignore(path)?)
    }

    fn blob_size(&self, oid: &str) -> Result<u64, Error> {
        let (size, _) = self.0.odb()?.read_header(git2::Oid::from_str(oid)?)?;
        Ok(size as u64)
    }

    fn blob(&self, oid: &str) -> Result<Vec<u8>, Error> {
        Ok(self.0.find_blob(git2::Oid::from_str(oid)?)?.content().to_vec())
    }

    fn keep_blob(&self, bytes: &[u8]) -> Result<String, Error> {
        Ok(self.0.blob(bytes)?.to_string())
    }
}

/// `core.autocrlf` as git reads it; `None` for the ways to say no.
fn autocrlf(value: &str) -> Option<String> {
    let value = value.trim().to_ascii_lowercase();
    (!matches!(value.as_str(), "" | "false" | "no" | "off" | "0")).then_some(value)
}

impl Source for Git {
    fn indexed(&self, path: &Path) -> Result<Indexed, Error> {
        let printed = self.run(arguments!["ls-files", "-s", "-v", "-z", "--", path])?;
        let mut indexed = Indexed::default();
        for line in printed.split(|byte| *byte == 0) {
            // `H 100644 <oid> <stage>\t<path>`
            let Some(tab) = memchr::memchr(b'\t', line) else { continue };
            if line[tab + 1..] != *as_git(path) {
                continue;
            }
            let head = String::from_utf8_lossy(&line[..tab]).into_owned();
            let [tag, mode, oid, stage] = *head.split(' ').collect::<Vec<_>>() else { continue };
            if stage == "0" {
                let entry = entry(mode, oid);
                indexed.intent_to_add = is_empty_blob(&entry.oid) && self.is_only_intended(path)?;
                indexed.unwatched = tag == "S" || tag.chars().all(|c| c.is_ascii_lowercase());
                indexed.entry = Some(entry);
            } else {
                indexed.conflicted = true;
            }
        }
        Ok(indexed)
    }

    fn committed(&self, path: &Path) -> Result<Option<Entry>, Error> {
        if !self.asks(arguments!["rev-parse", "-q", "--verify", "HEAD"])? {
            return Ok(None);
        }
        let printed = self.run(arguments!["ls-tree", "-z", "HEAD", "--", path])?;
        for line in printed.split(|byte| *byte == 0) {
            // `100644 blob <oid>\t<path>`
            let Some(tab) = memchr::memchr(b'\t', line) else { continue };
            let head = String::from_utf8_lossy(&line[..tab]).into_owned();
            let [mode, kind, oid] = *head.split(' ').collect::<Vec<_>>() else { continue };
            if line[tab + 1..] == *as_git(path) && kind != "tree" {
                return Ok(Some(entry(mode, oid)));
            }
        }
        Ok(None)
    }

    fn attributes(&self, path: &Path) -> Result<Attributes, Error> {
        let [text, crlf, eol, ident, filter, encoding, diff] = NAMES;
        let printed = self.run(arguments![
            "check-attr",
            "-z",
            text,
            crlf,
            eol,
            ident,
            filter,
            encoding,
            diff,
            "--",
            path
        ])?;
        let fields: Vec<&[u8]> = printed.split(|byte| *byte == 0).collect();
        let mut values: [Value; 7] = Default::default();
        for (value, three) in values.iter_mut().zip(fields.chunks(3)) {
            let Some(found) = three.get(2) else { break };
            *value = match *found {
                b"unspecified" => Value::Unspecified,
                b"set" => Value::Set,
                b"unset" => Value::Unset,
                text => Value::Is(String::from_utf8_lossy(text).into_owned()),
            };
        }
        Ok(Attributes::of(values))
    }

    fn settings(&self) -> Result<Settings, Error> {
        let printed = self.run(arguments!["config", "-z", "--list"])?;
        let mut settings = Settings { autocrlf: None, file_mode: true };
        // The last one counts.
        for line in printed.split(|byte| *byte == 0) {
            let line = String::from_utf8_lossy(line).into_owned();
            let (name, value) = line.split_once('\n').unwrap_or((&line, "true"));
            match name {
                "core.autocrlf" => settings.autocrlf = autocrlf(value),
                "core.filemode" => settings.file_mode = autocrlf(value).is_some(),
                _ => {}
            }
        }
        Ok(settings)
    }

    fn is_ignored(&self, path: &Path) -> Result<bool, Error> {
        // It knows no literal names, but what begins with a dot is no magic.
        let path = Path::new(".").join(path);
        self.with("GIT_LITERAL_PATHSPECS", "0").asks(arguments!["check-ignore", "-q", "--", &path])
    }

    fn blob_size(&self, oid: &str) -> Result<u64, Error> {
        let printed = self.run(arguments!["cat-file", "-s", oid])?;
        let printed = String::from_utf8_lossy(&printed);
        printed.trim().parse().map_err(|_| Error::Git {
            command: "cat-file".into(),
            message: format!("{oid} has no size"),
        })
    }

    fn blob(&self, oid: &str) -> Result<Vec<u8>, Error> {
        self.run(arguments!["cat-file", "blob", oid])
    }

    fn keep_blob(&self, bytes: &[u8]) -> Result<String, Error> {
        named(&self.feed(arguments!["hash-object", "-w", "--no-filters", "--stdin"], bytes)?)
    }
}

impl Git {
    /// Whether an entry without text is there only because of `git add -N`: then it counts as not staged.
    fn is_only_intended(&self, path: &Path) -> Result<bool, Error> {
        let head = if self.asks(arguments!["rev-parse", "-q", "--verify", "HEAD"])? {
            "HEAD".to_owned()
        } else {
            named(&self.run(arguments!["hash-object", "-t", "tree", "/dev/null"])?)?
        };
        if !self.run(arguments!["ls-tree", "-z", &head, "--", path])?.is_empty() {
            return Ok(false);
        }
        let seen = ["diff-index", "--cached", "--raw", "-z", "--ita-invisible-in-index"];
        let [command, cached, raw, z, ita] = seen;
        Ok(self.run(arguments![command, cached, raw, z, ita, &head, "--", path])?.is_empty())
    }
}

/// The object's name that git printed.
pub fn named(printed: &[u8]) -> Result<String, Error> {
    let name = String::from_utf8_lossy(printed).trim().to_owned();
    if name.len() >= 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(name);
    }
    Err(Error::Git { command: "hash-object".into(), message: format!("no object's name: {name}") })
}

fn entry(mode: &str, oid: &str) -> Entry {
    Entry { mode: u32::from_str_radix(mode, 8).unwrap_or(0), oid: oid.to_owned() }
}

/// In SHA-1 and in SHA-256.
pub fn is_empty_blob(oid: &str) -> bool {
    oid.starts_with("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
        || oid.starts_with("473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813")
}
