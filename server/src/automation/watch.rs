//! Hears when a definition is touched, and when the folder of all of them comes to be.

use std::{
    path::{Path, PathBuf},
    sync::mpsc::Sender,
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use super::{Command, keeper::Touched};

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
                let below = path.strip_prefix(&ours).ok()?;
                let mut parts = below.components();
                let Some(first) = parts.next() else { return Some(Touched::Any) };
                let id = first.as_os_str().to_str()?.to_owned();
                let memory = parts.next().is_some_and(|part| part.as_os_str() == "memory.md");
                (!memory).then_some(Touched::One(id))
            };
            let Ok(event) = event else { return };
            if event.need_rescan() {
                let _ = touched.send(Command::Look(Touched::Any));
            } else if !event.kind.is_access() {
                for what in event.paths.iter().filter_map(concerns) {
                    let _ = touched.send(Command::Look(what));
                }
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
