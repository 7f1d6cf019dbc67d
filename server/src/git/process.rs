//! Runs of the `git` program: plumbing only, in a fixed environment, within bounds.

use std::{
    ffi::{OsStr, OsString},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::{Error, limits::GIT_TIMEOUT};

/// What would make git look at another repository than the one it is run in, or print other things.
const NOT_INHERITED: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_EXTERNAL_DIFF",
    "GIT_DIFF_OPTS",
    "GIT_TRACE",
];

/// How much of what git says on stderr is kept, in bytes.
const MAX_WORDS: u64 = 4096;

/// A way to run git in one folder.
#[derive(Clone, Debug)]
pub struct Git {
    folder: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Git {
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), environment: Vec::new() }
    }

    /// The same with one more variable.
    #[must_use]
    pub fn with(&self, name: &str, value: impl Into<OsString>) -> Self {
        self.with_all(&[(name.into(), value.into())])
    }

    /// The same with these variables.
    #[must_use]
    pub fn with_all(&self, variables: &[(OsString, OsString)]) -> Self {
        let mut git = self.clone();
        git.environment.extend_from_slice(variables);
        git
    }

    /// The same in another folder.
    #[must_use]
    pub fn beside(&self, folder: &Path) -> Self {
        Self { folder: folder.to_owned(), ..self.clone() }
    }

    /// What git prints; any exit code but 0 is an error.
    pub fn run(&self, arguments: &[&OsStr]) -> Result<Vec<u8>, Error> {
        self.feed(arguments, &[])
    }

    /// As [`run`](Self::run), with this on its stdin.
    pub fn feed(&self, arguments: &[&OsStr], input: &[u8]) -> Result<Vec<u8>, Error> {
        let ended = self.end(arguments, input)?;
        if ended.code == Some(0) {
            return Ok(ended.output);
        }
        Err(Error::Git { command: command(arguments), message: ended.words })
    }

    /// Whether git says yes (0) or no (1).
    pub fn asks(&self, arguments: &[&OsStr]) -> Result<bool, Error> {
        let ended = self.end(arguments, &[])?;
        match ended.code {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(Error::Git { command: command(arguments), message: ended.words }),
        }
    }

    fn end(&self, arguments: &[&OsStr], input: &[u8]) -> Result<Ended, Error> {
        let mut child = self.command(arguments).spawn().map_err(Error::GitMissing)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(mut stdin), Some(mut stdout), Some(stderr)) = pipes else {
            return Err(Error::GitMissing(io::ErrorKind::BrokenPipe.into()));
        };
        let (done, wait) = mpsc::channel();
        let (output, words) = thread::scope(|scope| {
            // A git that ends before it has read everything says why on stderr.
            scope.spawn(move || drop(stdin.write_all(input)));
            let words = scope.spawn(move || words(stderr));
            let child = &mut child;
            scope.spawn(move || kill_unless_done(child, &wait));
            let mut output = Vec::new();
            let read = stdout.read_to_end(&mut output);
            let words = words.join().unwrap_or_default();
            drop(done);
            (read.map(|_| output), words)
        });
        let status = child.wait().map_err(Error::io("waiting for git"))?;
        let output = output.map_err(Error::io("reading from git"))?;
        match status.code() {
            None => Err(Error::TimedOut { command: command(arguments), after: GIT_TIMEOUT }),
            code => Ok(Ended { code, output, words }),
        }
    }

    fn command(&self, arguments: &[&OsStr]) -> Command {
        let mut command = Command::new("git");
        command.current_dir(&self.folder);
        for name in NOT_INHERITED {
            command.env_remove(name);
        }
        command
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            // Names of files may look like patterns.
            .env("GIT_LITERAL_PATHSPECS", "1")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            // Staging is exact: what safecrlf warns of was the file's own state.
            .args(["-c", "core.safecrlf=false", "-c", "core.quotePath=false"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

struct Ended {
    code: Option<i32>,
    output: Vec<u8>,
    words: String,
}

fn kill_unless_done(child: &mut Child, wait: &mpsc::Receiver<()>) {
    if wait.recv_timeout(GIT_TIMEOUT) == Err(mpsc::RecvTimeoutError::Timeout) {
        // It may have ended just now.
        let _ = child.kill();
    }
}

fn words(stderr: impl Read) -> String {
    let mut stderr = stderr;
    let mut words = Vec::new();
    // The rest is read too, so that git is not held up.
    let _ = stderr.by_ref().take(MAX_WORDS).read_to_end(&mut words);
    let _ = io::copy(&mut stderr, &mut io::sink());
    String::from_utf8_lossy(&words).trim().to_owned()
}

/// The subcommand, which is what a person can make something of.
fn command(arguments: &[&OsStr]) -> String {
    let settings = arguments.iter().step_by(2).take_while(|argument| **argument == "-c").count();
    let name = arguments.get(settings * 2);
    name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// How long [`Git`] waits between two looks at a lock, in a spread that keeps two waiters apart.
pub fn pause(attempt: u32) {
    let spread =
        u64::from(std::process::id().wrapping_mul(2_654_435_761).wrapping_add(attempt * 7919) % 16);
    thread::sleep(Duration::from_millis(4 + spread));
}
