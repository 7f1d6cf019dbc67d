//! Hears when a definition is touched, and when the folder of all of them comes to be.

use std::{
    path::{Path, PathBuf},
    sync::mpsc::Sender,
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use super::Command;

/// Watches the folder with all below it, or, while it is not there, the one in which it will be.
pub struct Watch {
    watcher: Option<RecommendedWatcher>,
    watched: Option<PathBuf>,
}

impl Watch {
    pub fn start(folder: &Path, touched: Sender<Command>) -> Self {
        let ours = folder.to_path_buf();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // To be read is no change; and what an agent remembers, or Codex keeps beside, is none of ours.
            let concerns = |path: &PathBuf| {
                *path == ours || (path.starts_with(&ours) && !path.ends_with("memory.md"))
            };
            if event.is_ok_and(|event| !event.kind.is_access() && event.paths.iter().any(concerns))
            {
                let _ = touched.send(Command::Look);
            }
        });
        let mut watch = Self { watcher: watcher.inspect_err(tell_unwatched).ok(), watched: None };
        watch.follow(folder);
        watch
    }

    /// The folder may have come, or gone, since.
    pub fn follow(&mut self, folder: &Path) {
        let there = folder.is_dir();
        let parent = folder.parent().map(Path::to_path_buf);
        let wanted = if there { Some(folder.to_path_buf()) } else { parent };
        if wanted == self.watched {
            return;
        }
        let Some(watcher) = &mut self.watcher else { return };
        if let Some(old) = self.watched.take() {
            let _ = watcher.unwatch(&old);
        }
        let mode = if there { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        self.watched =
            wanted.filter(|path| watcher.watch(path, mode).inspect_err(tell_unwatched).is_ok());
    }
}

fn tell_unwatched(error: &notify::Error) {
    tracing::warn!(%error, "changes of automations are seen at the next start only");
}
