//! The way to the files that define automations, and to the worktrees in which they run.

use std::path::{Path, PathBuf};

use crate::{
    automation::{self, Command, Error, Event, Keeper, Place, PlaceError, Setup},
    core::EventKind,
    home,
};

/// Tells the core what happened.
type Tell = std::sync::Arc<dyn Fn(EventKind) + Send + Sync>;

pub struct Automations {
    keeper: Option<Keeper>,
    /// The state directory.
    state: PathBuf,
    tell: Tell,
}

/// Whether the `CODEX_HOME` of this environment defines any automation.
pub fn are_defined() -> bool {
    let folder = home::codex_home_of_this_environment().map(|home| home.join("automations"));
    let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok());
    entries.is_some_and(|entries| {
        entries.flatten().any(|entry| entry.path().join("automation.toml").exists())
    })
}

impl Automations {
    /// Reads what is defined in the `CODEX_HOME` of this environment, and follows it from here on.
    pub fn follow(state: &Path, tell: impl Fn(EventKind) + Send + Sync + 'static) -> Self {
        let tell: Tell = std::sync::Arc::new(tell);
        let told = std::sync::Arc::clone(&tell);
        let keeper = home::codex_home_of_this_environment().and_then(|codex_home| {
            let keeper =
                Keeper::spawn(&codex_home, move |event| told(EventKind::Automation(event)));
            keeper.inspect_err(|error| tracing::warn!(%error, "no thread for automations")).ok()
        });
        if keeper.is_none() {
            tell(EventKind::Automation(Event::Found(Box::default())));
        }
        Self { keeper, state: state.to_path_buf(), tell }
    }

    pub fn send(&self, command: Command) {
        if let Some(keeper) = &self.keeper {
            return keeper.send(command);
        }
        let gone = Err(Error::Gone);
        (self.tell)(EventKind::Automation(match command {
            Command::Create { token, .. } | Command::Update { token, .. } => {
                Event::Written { token, result: gone }
            }
            Command::Delete { token, .. } => Event::Deleted { token, result: Err(Error::Gone) },
            Command::Look(_) | Command::Stop => return,
        }));
    }

    /// Looks at the folder of a run, or makes its worktree, off the loop.
    pub fn prepare(
        &self,
        token: u64,
        folder: PathBuf,
        worktree: Option<String>,
        branch: Option<String>,
        clean: bool,
        setup: Option<Setup>,
    ) {
        let tell = std::sync::Arc::clone(&self.tell);
        let worktree = worktree.map(|name| self.state.join("worktrees").join(name));
        tokio::task::spawn_blocking(move || {
            let place: Result<Place, PlaceError> = automation::prepare(
                &folder,
                worktree.as_deref(),
                branch.as_deref(),
                clean,
                setup.as_ref(),
            );
            tell(EventKind::PlacePrepared { token, result: place });
        });
    }

    /// Takes a worktree away that is one of ours, and tells when that is done.
    pub fn remove(&self, token: u64, folder: PathBuf, worktree: PathBuf, name: &str) {
        let ours = self.state.join("worktrees");
        let tell = std::sync::Arc::clone(&self.tell);
        let patch = ours.join(format!("{name}.patch"));
        tokio::task::spawn_blocking(move || {
            let result = if worktree.parent() == Some(ours.as_path()) {
                automation::remove(&folder, &worktree, &patch)
            } else {
                Err(PlaceError::Foreign(worktree))
            };
            tell(EventKind::PlaceRemoved { token, result });
        });
    }
}
