//! What is opened once: the state directory, the store in it, the settings, and what runs though no editor is there.

use std::{borrow::Cow, path::PathBuf, sync::Arc};

use super::{Arrival, Host, Lifetime};
use crate::protocol::Raw;
use crate::{
    automations::{self, Automations},
    core::{self, EventKind},
    home, redact, settings, store,
};

impl Host {
    /// A daemon to which no editor came fires what is due all the same.
    pub(super) fn wait_for_nobody(&mut self) {
        if !matches!(self.lifetime, Lifetime::Need(_)) || !automations::are_defined() {
            return;
        }
        match self.claim_home() {
            Ok(run) => {
                let environment: Vec<_> = std::env::vars_os().collect();
                let variables = environment.iter().map(|(name, value)| (&**name, &**value));
                self.redactor.learn(redact::of_environment(variables));
                let environment = Arc::new(environment);
                self.take(EventKind::NobodyThere { run, environment });
            }
            Err(error) => tracing::error!(?error, "no automation runs before an editor comes"),
        }
    }

    /// Takes the state directory, where that is not done yet, and opens the store in it. The number of this run.
    pub(super) fn claim_home(&mut self) -> Result<u64, core::HomeRefused> {
        if let Some(run) = self.run {
            return Ok(run);
        }
        let Some(directory) = home::of_this_environment() else {
            let message = "There is no home directory to keep Outrigger's state in.".to_owned();
            return Err(core::HomeRefused::Io { message });
        };
        if self.claim.is_none() {
            self.claim = Some(home::claim(&directory, home::Owner::Solo)?);
            self.keep_settings();
        }
        Ok(self.open_store(directory))
    }

    fn open_store(&mut self, directory: PathBuf) -> u64 {
        let (clock, inbox, redactor) = (self.clock, self.inbox.clone(), self.redactor.clone());
        let state = directory.clone();
        let opened = store::open(store::Surroundings {
            directory,
            now: Box::new(move || clock.now().epoch_ms),
            redact: Box::new(move |raw| match redactor.json(raw.as_str()) {
                Cow::Borrowed(_) => raw.clone(),
                Cow::Owned(text) => Raw::from_text(text),
            }),
            events: Arc::new(move |event| {
                // The loop is gone only at the end of the process.
                let _ = inbox.send(Arrival::Event(EventKind::Store(event)));
            }),
        });
        self.world.run_worktrees = Some(state.join("worktrees"));
        let inbox = self.inbox.clone();
        self.automations = Some(Automations::follow(&state, move |event| {
            // The loop is gone only at the end of the process.
            let _ = inbox.send(Arrival::Event(event));
        }));
        self.store = Some(opened.store);
        self.run = Some(opened.run);
        opened.run
    }

    /// Reads the settings, and follows them from here on.
    pub(super) fn keep_settings(&mut self) {
        let Some(path) = settings::path() else { return };
        let read = settings::read(&path);
        let inbox = self.inbox.clone();
        let keeper = settings::Keeper::spawn(path, read.clone(), move |event| {
            let kind = match event {
                settings::Event::Read(read) => EventKind::SettingsRead(read),
                settings::Event::Updated { token, result } => {
                    let result = result.map_err(|error| error.to_string());
                    EventKind::SettingsUpdated { token, result }
                }
            };
            // The loop is gone only at the end of the process.
            let _ = inbox.send(Arrival::Event(kind));
        });
        match keeper {
            Ok(keeper) => self.settings = Some(keeper),
            Err(error) => tracing::warn!(%error, "no thread for the settings"),
        }
        self.take(EventKind::SettingsRead(read));
    }
}
