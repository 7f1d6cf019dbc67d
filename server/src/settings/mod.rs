//! The one file of settings of a person: read, watched, and changed without touching what else stands in it.

mod file;

use std::{
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, Sender},
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::{
    edited::quiet,
    protocol::settings::{Changes, FileRead},
};

pub use file::Error;

/// What the keeper tells.
#[derive(Debug)]
pub enum Event {
    /// The file says something else than before.
    Read(FileRead),
    /// An update was written, and this is what the file says now; or nothing was.
    Updated { token: u64, result: Result<FileRead, Error> },
}

enum Command {
    Touched,
    Update { token: u64, changes: Changes },
    Stop,
}

/// Owns the file; ends when dropped.
pub struct Keeper {
    inbox: Sender<Command>,
}

/// Where the settings of this person are; none without a home directory.
pub fn path() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let folder = if let Some(home) = variable("OUTRIGGER_HOME") {
        home
    } else if cfg!(windows) {
        variable("APPDATA")?.join("outrigger")
    } else if cfg!(target_os = "macos") {
        variable("HOME")?.join("Library/Application Support/outrigger")
    } else {
        variable("XDG_CONFIG_HOME")
            .or_else(|| Some(variable("HOME")?.join(".config")))?
            .join("outrigger")
    };
    Some(folder.join("settings.json"))
}

/// What the file says now.
pub fn read(path: &Path) -> FileRead {
    file::read(path)
}

impl Keeper {
    /// Watches the file and tells when it says something else than `read`. Its folder is made if it is not there.
    pub fn spawn(
        path: PathBuf,
        read: FileRead,
        tell: impl Fn(Event) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (inbox, commands) = mpsc::channel();
        let touched = inbox.clone();
        std::thread::Builder::new()
            .name("settings".into())
            .spawn(move || keep(&path, read, &commands, touched, &tell))?;
        Ok(Self { inbox })
    }

    /// Changes the file; `Event::Updated` answers.
    pub fn update(&self, token: u64, changes: Changes) {
        // The thread lives for as long as this does.
        let _ = self.inbox.send(Command::Update { token, changes });
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.inbox.send(Command::Stop);
    }
}

fn keep(
    path: &Path,
    mut known: FileRead,
    commands: &Receiver<Command>,
    touched: Sender<Command>,
    tell: &impl Fn(Event),
) {
    let mut watch = Watch::start(path, touched);
    // It may have changed before it was watched.
    let mut next = Some(Command::Touched);
    while let Some(command) = next.take().or_else(|| commands.recv().ok()) {
        match command {
            Command::Stop => return,
            Command::Update { token, changes } => {
                let result = file::update(path, &changes);
                if let Ok(read) = &result {
                    known = read.clone();
                }
                tell(Event::Updated { token, result });
            }
            Command::Touched => {
                next =
                    quiet(commands, |command| matches!(command, Command::Touched), Command::Stop);
                watch.follow(path);
                let read = file::read(path);
                if read != known {
                    known = read.clone();
                    tell(Event::Read(read));
                }
            }
        }
    }
}

/// Watches the folder, since a file that is replaced or not there yet cannot be watched itself; and the folder that
/// a symbolic link leads to.
struct Watch {
    watcher: Option<RecommendedWatcher>,
    elsewhere: Option<PathBuf>,
}

impl Watch {
    fn start(path: &Path, touched: Sender<Command>) -> Self {
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // To be read is no change, and reading would tell of itself for ever.
            if event.is_ok_and(|event| !event.kind.is_access()) {
                let _ = touched.send(Command::Touched);
            }
        });
        let mut watch = Self { watcher: watcher.inspect_err(tell_unwatched).ok(), elsewhere: None };
        if let Some(folder) = path.parent() {
            if let Err(error) = crate::home::create_private(folder) {
                tracing::warn!(%error, "there is no folder for the settings");
            }
            watch.add(folder);
        }
        watch
    }

    fn add(&mut self, folder: &Path) -> bool {
        let Some(watcher) = &mut self.watcher else { return false };
        watcher.watch(folder, RecursiveMode::NonRecursive).inspect_err(tell_unwatched).is_ok()
    }

    fn follow(&mut self, path: &Path) {
        let target = path.canonicalize().ok().and_then(|file| file.parent().map(Path::to_path_buf));
        let here = path.parent().and_then(|folder| folder.canonicalize().ok());
        let elsewhere = target.filter(|folder| Some(folder) != here.as_ref());
        if elsewhere == self.elsewhere {
            return;
        }
        if let (Some(watcher), Some(old)) = (&mut self.watcher, &self.elsewhere) {
            let _ = watcher.unwatch(old);
        }
        self.elsewhere = elsewhere.filter(|folder| self.add(folder));
    }
}

fn tell_unwatched(error: &notify::Error) {
    tracing::warn!(%error, "changes of the settings are seen at the next start only");
}

#[cfg(test)]
mod tests;
