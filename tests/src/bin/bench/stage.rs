//! What a measurement stands on: a scripted model, and homes for the app-servers that talk to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command};

use serde_json::Value;
use tempfile::TempDir;

use crate::daemon::Daemon;
use crate::frames::{Framing, Messages};
use crate::process::Process;
use crate::{Outcome, Programs};

/// A folder of its own and a model; both are gone when this is dropped.
pub struct Stage<'p> {
    programs: &'p Programs,
    /// Ends the model when it is closed, so it goes first.
    _model_stdin: ChildStdin,
    _model_stdout: Messages<ChildStdout>,
    _model: Process,
    folder: TempDir,
}

impl<'p> Stage<'p> {
    pub fn set(programs: &'p Programs) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let mut model = Command::new(&programs.scripted_model);
        model.arg("--exit-on-stdin-eof");
        model.arg("--write-codex-home").arg(folder.path().join("model"));
        model.arg("--first-byte-log").arg(folder.path().join("first-bytes"));
        let (process, stdin, stdout) = Process::start(&mut model)?;
        let mut messages = Messages::new(stdout, Framing::Lines);
        messages.next()?.ok_or("the scripted model did not start")?;
        fs::create_dir(folder.path().join("work"))?;
        Ok(Self { programs, _model_stdin: stdin, _model_stdout: messages, _model: process, folder })
    }

    /// The folder that threads work in.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What Outrigger is told to run.
    pub fn codex(&self) -> Command {
        Command::new(&self.programs.codex)
    }

    /// A daemon's place, whose app-server has a home of this name.
    pub fn daemon(&self, home: &str) -> Outcome<Daemon> {
        let mut command = Command::new(&self.programs.outrigger);
        self.at_home(&mut command, home)?;
        Daemon::new(&self.programs.outrigger, &self.folder.path().join("state"), &self.file(home))
    }

    /// The app-server itself, with a home of this name.
    pub fn app_server(&self, home: &str) -> Outcome<Command> {
        let mut command = self.codex();
        command.arg("app-server");
        self.at_home(&mut command, home)?;
        Ok(command)
    }

    /// Outrigger, whose app-server has a home of this name.
    pub fn outrigger(&self, home: &str) -> Outcome<Command> {
        let mut command = outrigger(self.programs, self.folder.path());
        self.at_home(&mut command, home)?;
        Ok(command)
    }

    /// Two app-servers on one home would be in each other's way.
    pub fn at_home(&self, command: &mut Command, home: &str) -> Outcome<()> {
        let home = self.folder.path().join(home);
        fs::create_dir_all(&home)?;
        fs::copy(self.folder.path().join("model/config.toml"), home.join("config.toml"))?;
        command.env("CODEX_HOME", &home).env("HOME", &home).current_dir(self.work());
        Ok(())
    }

    /// When the model began its last response, on the clock of [`monotonic_ns`](super::clock::monotonic_ns).
    pub fn last_first_byte_ns(&self) -> Outcome<i64> {
        let log = fs::read_to_string(self.folder.path().join("first-bytes"))?;
        let last: Value = serde_json::from_str(log.lines().last().unwrap_or_default())?;
        last["firstByteNs"].as_i64().ok_or_else(|| "a log without times".into())
    }
}

/// Outrigger with its state in a folder of this directory and a person's home there.
pub fn outrigger(programs: &Programs, directory: &Path) -> Command {
    let mut command = Command::new(&programs.outrigger);
    command.args(["--stdio", "--solo"]);
    command.env("OUTRIGGER_HOME", directory.join("outrigger"));
    command.env("CODEX_HOME", directory).env("HOME", directory);
    // As below a shell, so that the person's own is not asked for what it sets.
    command.env("SHLVL", "1");
    command
}
