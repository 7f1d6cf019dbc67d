//! The way to the app-server until it is known what it is started with: the login shell may have to be
//! asked first, and what is sent meanwhile waits, in order.

use std::{ffi::OsStr, path::PathBuf, sync::Arc};

use crate::{
    codex::{
        Command, Link,
        locate::{Search, Surroundings},
    },
    environment::{self, Environment},
};

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
            tokio::task::spawn_blocking(move || known(environment::completed(&before)));
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

/// How codex is looked for as the editors wish.
pub fn search(path: Option<String>, args: Vec<String>, forbidden_roots: Vec<PathBuf>) -> Search {
    Search {
        path: path.map(Into::into),
        args: args.into_iter().map(Into::into).collect(),
        forbidden_roots,
        ..Search::default()
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
