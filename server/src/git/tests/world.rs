//! A repository in a folder of its own.

use std::{
    ffi::OsStr,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::{
    git::{hunks::Side, repository::Repository, snapshot::Snapshot},
    protocol::diff::{FileStatus, LineKind},
};

pub struct World {
    folder: tempfile::TempDir,
}

impl World {
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// A folder without a repository.
    pub fn bare() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With more arguments for `git init`.
    pub fn with(options: &[&str]) -> Self {
        let world = Self::bare();
        fs::create_dir(world.root()).unwrap();
        let init: Vec<&str> = ["init", "-q", "-b", "main"].iter().chain(options).copied().collect();
        world.git(&init);
        let settings = [
            ("user.name", "Ada"),
            ("user.email", "ada@example.com"),
            ("commit.gpgsign", "false"),
            // It goes on behind the commit that started it, and holds locks.
            ("gc.auto", "0"),
        ];
        for (name, value) in settings {
            world.git(&["config", name, value]);
        }
        world
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("tree")
    }

    /// A folder beside the repository.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root().join(name)
    }

    pub fn repository(&self) -> Repository {
        Repository::open(&self.root(), &self.beside("scratch"), &[]).unwrap()
    }

    pub fn write(&self, name: impl AsRef<Path>, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub fn chmod(&self, name: impl AsRef<Path>, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Adds and commits these texts.
    pub fn commit(&self, files: &[(&str, &[u8])]) {
        for (name, text) in files {
            self.write(name, text);
        }
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "a commit"]);
    }

    /// What git prints; the test fails with git.
    pub fn git<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Vec<u8> {
        let output = self.try_git(arguments);
        assert!(output.status.success(), "git: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    pub fn try_git<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Output {
        Command::new("git")
            .current_dir(self.root())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .args(arguments)
            .output()
            .unwrap()
    }

    pub fn status(&self, name: impl AsRef<Path>) -> FileStatus {
        Snapshot::take(&self.repository(), name.as_ref()).unwrap().status
    }

    /// The hunks of one list as a patch without its first lines.
    pub fn hunks(&self, name: impl AsRef<Path>, side: Side, context: u32) -> Vec<u8> {
        let snapshot = Snapshot::take(&self.repository(), name.as_ref()).unwrap();
        patch(&snapshot, side, context)
    }

    /// The same from git.
    pub fn hunks_of_git(&self, name: &str, side: Side, context: u32) -> Vec<u8> {
        let context = format!("-U{context}");
        let mut arguments =
            vec!["diff", "--no-color", "--text", "--no-ext-diff", "--no-textconv", &context];
        if side == Side::Staged {
            arguments.extend(["--cached", "-M"]);
        }
        // A rename is only seen with both names in view.
        arguments.extend(["--", name]);
        if name.starts_with("is-") {
            arguments.push("was-*");
        }
        let printed = self.git(&arguments);
        let lines = printed.split_inclusive(|byte| *byte == b'\n');
        let mut patch = Vec::new();
        let mut inside = false;
        for line in lines {
            if line.starts_with(b"diff --git") {
                inside = false;
            } else if line.starts_with(b"@@ ") {
                inside = true;
                let head = String::from_utf8_lossy(line).into_owned();
                let end = head[3..].find(" @@").unwrap() + 6;
                patch.extend_from_slice(&line[..end]);
                patch.push(b'\n');
                continue;
            }
            if inside {
                patch.extend_from_slice(line);
            }
        }
        patch
    }
}

fn patch(snapshot: &Snapshot, side: Side, context: u32) -> Vec<u8> {
    let mut patch = Vec::new();
    let count = |start: u32, lines: u32| {
        if lines == 1 { start.to_string() } else { format!("{start},{lines}") }
    };
    for hunk in snapshot.list(side, context).unwrap() {
        if hunk.mode_change.is_some() {
            continue;
        }
        let (old, new) =
            (count(hunk.old_start, hunk.old_lines), count(hunk.new_start, hunk.new_lines));
        patch.extend_from_slice(format!("@@ -{old} +{new} @@\n").as_bytes());
        for line in hunk.lines {
            patch.push(match line.kind {
                LineKind::Context => b' ',
                LineKind::Added => b'+',
                LineKind::Removed => b'-',
            });
            let text = line.base64.map_or_else(|| line.text.into_bytes(), |text| decoded(&text));
            patch.extend_from_slice(&text);
            patch.extend_from_slice(match line.eol {
                crate::protocol::diff::Eol::Lf => b"\n",
                crate::protocol::diff::Eol::CrLf => b"\r\n",
                crate::protocol::diff::Eol::None => b"\n\\ No newline at end of file\n",
            });
        }
    }
    patch
}

fn decoded(text: &str) -> Vec<u8> {
    let output = Command::new("sh").args(["-c", "printf %s \"$0\" | base64 -d", text]).output();
    output.unwrap().stdout
}
