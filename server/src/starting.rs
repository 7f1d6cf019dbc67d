//! The way to the app-server until it is known what it is started with: the login shell may have to be
//! asked first, and what is sent meanwhile waits, in order.

#[cfg(unix)]
use std::time::Duration;
use std::{ffi::OsStr, sync::Arc};

use crate::{
    codex::{
        Command, Link,
        locate::{Search, Surroundings},
    },
    environment::{self, Environment},
};

/// How long the login shell may take.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(5);

/// The link to the app-server, and what waits before it.
pub struct Starting {
    link: Link,
    environment: Option<Arc<Environment>>,
    asking: Option<Asking>,
}

/// While the login shell is asked.
struct Asking {
    search: Search,
    waiting: Vec<Command>,
}

impl Starting {
    pub fn new(link: Link) -> Self {
        Self { link, environment: None, asking: None }
    }

    pub fn send(&mut self, command: Command) {
        match &mut self.asking {
            Some(asking) => asking.waiting.push(command),
            None => self.link.send(command),
        }
    }

    /// Looks for codex as `search` says, to be started with this environment, which the first call decides. Where a
    /// shell has to be asked, `known` tells what it said, for [`Self::environment_is`].
    pub fn look_for(
        &mut self,
        search: Search,
        environment: &Arc<Environment>,
        known: impl FnOnce(Environment) + Send + 'static,
    ) {
        if let Some(asking) = &mut self.asking {
            asking.search = search;
            return;
        }
        if self.environment.is_none() && !environment::is_whole(environment) {
            self.asking = Some(Asking { search, waiting: Vec::new() });
            let before = Arc::clone(environment);
            tokio::task::spawn_blocking(move || known(completed(&before)));
            return;
        }
        let environment = self.environment.get_or_insert_with(|| Arc::clone(environment));
        self.link.send(Command::Reconfigure(within(search, environment)));
    }

    pub fn environment_is(&mut self, environment: Environment) {
        let environment = self.environment.insert(Arc::new(environment));
        let Some(Asking { search, waiting }) = self.asking.take() else { return };
        self.link.send(Command::Reconfigure(within(search, environment)));
        for command in waiting {
            self.link.send(command);
        }
    }

    /// Ends the app-server; what still waits goes nowhere.
    pub async fn shutdown(self) {
        self.link.shutdown().await;
    }
}

/// Programs are looked for where this environment has them.
fn within(search: Search, environment: &Arc<Environment>) -> Search {
    let variable = |wanted: &str| {
        let is_it = |name: &OsStr| {
            if cfg!(windows) { name.eq_ignore_ascii_case(wanted) } else { name == wanted }
        };
        let found = environment.iter().find(|(name, _)| is_it(name));
        found.map(|(_, value)| value.clone())
    };
    let surroundings = Surroundings::of(variable);
    Search { surroundings, environment: Some(Arc::clone(environment)), ..search }
}

#[cfg(unix)]
fn completed(before: &Environment) -> Environment {
    let asked = std::env::current_exe().map_err(|error| error.to_string()).and_then(|printer| {
        environment::of_login_shell(before, &printer, PATIENCE).map_err(|why| why.to_string())
    });
    asked.unwrap_or_else(|why| {
        tracing::warn!("the login shell's environment is not known: {why}");
        before.clone()
    })
}

#[cfg(not(unix))]
fn completed(before: &Environment) -> Environment {
    before.clone()
}
