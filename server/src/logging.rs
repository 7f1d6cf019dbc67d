//! Where the log goes. Every line passes the redactor below the formatter, so that nothing gets around it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::{
    home,
    redact::{self, Redactor},
};

/// Bytes of one file of the log.
const MAX_FILE: u64 = 10 << 20;
/// Files of the log, the one that is written among them.
const FILES: u32 = 5;
/// More than codex ever writes to its `auth.json`.
const MAX_LOGIN: u64 = 1 << 20;

/// A redactor that knows the secrets of this process's environment and of codex's login.
pub fn redactor() -> Redactor {
    let variables: Vec<_> = std::env::vars_os().collect();
    let variables = variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()));
    let redactor = Redactor::new(redact::of_environment(variables));
    if let Some(login) = home::codex_home_of_this_environment()
        .and_then(|home| read_bounded(&home.join("auth.json")).ok())
    {
        redactor.learn(redact::of_login(&login));
    }
    redactor
}

fn read_bounded(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_LOGIN).read_to_string(&mut text)?;
    Ok(text)
}

/// Logs to stderr, which editors keep: stdout is the wire.
pub fn to_stderr(redactor: Redactor) {
    start(Log { redactor, sink: Sink::Stderr });
}

/// Logs to `daemon.log` in this directory, 5 files of 10 MiB at most: a daemon has no stderr that anyone reads.
pub fn to_file(directory: &Path, redactor: Redactor) -> io::Result<()> {
    home::create_private(directory)?;
    let file = RollingFile::open(directory.join("daemon.log"), MAX_FILE, FILES)?;
    start(Log { redactor, sink: Sink::File(Mutex::new(file)) });
    Ok(())
}

fn start(log: Log) {
    let filter =
        EnvFilter::try_from_env("OUTRIGGER_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_writer(log).with_ansi(false).with_env_filter(filter).init();
    std::panic::set_hook(Box::new(|panic| tracing::error!("defect: {panic}")));
}

struct Log {
    redactor: Redactor,
    sink: Sink,
}

enum Sink {
    Stderr,
    File(Mutex<RollingFile>),
}

/// One event on its way: the formatter writes it in one piece.
struct Line<'l>(&'l Log);

impl<'l> MakeWriter<'l> for Log {
    type Writer = Line<'l>;

    fn make_writer(&'l self) -> Line<'l> {
        Line(self)
    }
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let clean = self.0.redactor.bytes(line);
        match &self.0.sink {
            Sink::Stderr => io::stderr().lock().write_all(&clean)?,
            Sink::File(file) => {
                file.lock().unwrap_or_else(PoisonError::into_inner).write_line(&clean)?;
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that, once it is full, becomes `name.1.log`, that one `name.2.log` and so on to the last, which goes.
struct RollingFile {
    path: PathBuf,
    file: File,
    written: u64,
    limit: u64,
    files: u32,
}

impl RollingFile {
    fn open(path: PathBuf, limit: u64, files: u32) -> io::Result<Self> {
        let file = append_to(&path)?;
        let written = file.metadata()?.len();
        Ok(Self { path, file, written, limit, files })
    }

    fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        let length = line.len() as u64;
        if self.written > 0 && self.written + length > self.limit {
            self.roll()?;
        }
        self.file.write_all(line)?;
        self.written += length;
        Ok(())
    }

    fn roll(&mut self) -> io::Result<()> {
        for number in (1..self.files).rev() {
            let older = if number == 1 { self.path.clone() } else { self.numbered(number - 1) };
            // One that is not there leaves a gap that the next roll closes.
            let _ = fs::rename(older, self.numbered(number));
        }
        self.file = append_to(&self.path)?;
        // Where it could not be renamed, the bound counts for more than what it says.
        self.file.set_len(0)?;
        self.written = 0;
        Ok(())
    }

    fn numbered(&self, number: u32) -> PathBuf {
        self.path.with_extension(format!("{number}.log"))
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(folder: &Path) -> Vec<(String, String)> {
        let mut files: Vec<(String, String)> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let name = entry.file_name().into_string().unwrap();
                (name, fs::read_to_string(entry.path()).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    fn named(files: &[(&str, &str)]) -> Vec<(String, String)> {
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_full_file_makes_room_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("daemon.log");
        let mut file = RollingFile::open(path.clone(), 8, 3).unwrap();
        for line in ["one\n", "two\n", "three\n", "four\n", "five\n"] {
            file.write_line(line.as_bytes()).unwrap();
        }
        let expected =
            [("daemon.1.log", "four\n"), ("daemon.2.log", "three\n"), ("daemon.log", "five\n")];
        assert_eq!(read(folder.path()), named(&expected));

        // The next process goes on where this one stopped.
        let mut file = RollingFile::open(path, 8, 3).unwrap();
        file.write_line(b"six\n").unwrap();
        let expected =
            [("daemon.1.log", "five\n"), ("daemon.2.log", "four\n"), ("daemon.log", "six\n")];
        assert_eq!(read(folder.path()), named(&expected));
    }

    #[test]
    fn a_line_longer_than_a_file_is_written_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = RollingFile::open(folder.path().join("daemon.log"), 4, 2).unwrap();
        file.write_line(b"a long line\n").unwrap();
        file.write_line(b"b\n").unwrap();
        let expected = [("daemon.1.log", "a long line\n"), ("daemon.log", "b\n")];
        assert_eq!(read(folder.path()), named(&expected));
    }

    #[test]
    fn a_line_is_redacted_below_the_formatter() {
        let folder = tempfile::tempdir().unwrap();
        let file = RollingFile::open(folder.path().join("daemon.log"), MAX_FILE, FILES).unwrap();
        let redactor = Redactor::new(["planted-canary".to_owned()]);
        let log = Log { redactor, sink: Sink::File(Mutex::new(file)) };
        let line = b"WARN path=/x/planted-canary\n";
        assert_eq!(log.make_writer().write(line).unwrap(), line.len());
        let (_, text) = read(folder.path()).remove(0);
        assert!(
            text.starts_with("WARN path=/x/[REDACTED:known:") && text.ends_with("]\n"),
            "{text}"
        );
    }
}
