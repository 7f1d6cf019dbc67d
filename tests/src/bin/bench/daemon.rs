//! A daemon's place: its state, its homes, and the editors that are started there.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use outrigger::home;
use serde_json::Value;

use crate::Outcome;
use crate::client::Client;

/// Where a daemon runs once an editor is started; it is stopped when this is dropped.
pub struct Daemon {
    program: PathBuf,
    state: PathBuf,
    codex_home: PathBuf,
}

impl Daemon {
    /// `state` is the folder for everything of Outrigger's.
    pub fn new(program: &Path, state: &Path, codex_home: &Path) -> Outcome<Self> {
        std::fs::create_dir_all(state)?;
        std::fs::create_dir_all(codex_home)?;
        // It is stopped here, not by itself while something is measured.
        std::fs::write(state.join("settings.json"), r#"{ "daemon.idleSeconds": 3600 }"#)?;
        let (state, codex_home) = (state.to_owned(), codex_home.canonicalize()?);
        Ok(Self { program: program.to_owned(), state, codex_home })
    }

    /// What an editor starts.
    pub fn relay(&self) -> Command {
        let mut command = self.outrigger();
        command.arg("--stdio");
        command
    }

    /// An editor with this daemon, which is started if it does not run.
    pub fn editor(&self, codex: &Command) -> Outcome<Client> {
        Client::editor(&mut self.relay(), codex)
    }

    /// An editor at the socket itself.
    #[cfg(unix)]
    pub fn editor_at_socket(&self, codex: &Command) -> Outcome<Client> {
        let directory = home::directory(Some(self.state.clone()), &self.codex_home);
        let directory = directory.ok_or("no state directory")?;
        let stream = outrigger::daemon::attach(&directory).map_err(|failure| failure.message)?;
        Client::at_socket(stream.ok_or("no daemon runs")?, codex)
    }

    pub fn pid(&self) -> Outcome<u32> {
        let output = self.outrigger().args(["daemon", "status", "--json"]).output()?;
        let status: Value = serde_json::from_slice(&output.stdout)?;
        Ok(u32::try_from(status["pid"].as_u64().ok_or("no daemon runs")?)?)
    }

    pub fn stop(&self) -> Outcome<()> {
        self.outrigger().args(["daemon", "stop"]).stdout(Stdio::null()).status()?;
        Ok(())
    }

    fn outrigger(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("OUTRIGGER_HOME", &self.state).env("CODEX_HOME", &self.codex_home);
        // As below a shell, so that the person's own is not asked for what it sets.
        command.env("SHLVL", "1").env("HOME", &self.codex_home).current_dir(&self.codex_home);
        command
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}
