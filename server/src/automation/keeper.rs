//! The thread that owns `$CODEX_HOME/automations`: what stands there, and what is written there.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
};

use super::{
    Definition, Fault, Found, Problem,
    toml::{self, MAX_BYTES},
    watch::Watch,
};
use crate::edited::{quiet, replace};

/// Automations that there may be.
const MAX_AUTOMATIONS: usize = 10_000;
const FILE: &str = "automation.toml";
/// Characters of an id.
const MAX_ID: usize = 48;

#[derive(Debug)]
pub enum Command {
    /// Makes a folder, named after the automation, and writes its file. Folders in which it works are looked for first.
    Create {
        token: u64,
        definition: Box<Definition>,
    },
    /// Writes the file again, unless somebody else has since.
    Update {
        token: u64,
        definition: Box<Definition>,
    },
    /// Marks it as deleted: what else is in its folder stays.
    Delete {
        token: u64,
        id: String,
    },
    Look(Touched),
    Stop,
}

/// What may say something else than before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touched {
    /// All of it.
    Any,
    /// The automation with this id.
    One(String),
}

#[derive(Debug)]
pub enum Event {
    /// What there is now, when it is something else than before.
    Found(Box<Found>),
    /// What became of a command. The folders of a definition are named without links.
    Written {
        token: u64,
        result: Result<Box<Definition>, Error>,
    },
    Deleted {
        token: u64,
        result: Result<(), Error>,
    },
}

/// Why a definition was not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{} is no folder that can be entered.", .0.display())]
    NoFolder(PathBuf),
    #[error("{} has a name that is no text, which a definition cannot hold.", .0.display())]
    NotText(PathBuf),
    #[error("The definition was edited since: look at it again, then change it.")]
    Edited,
    #[error("There is no definition any more.")]
    Gone,
    #[error("There are {0} automations already.")]
    Many(usize),
    #[error("{} cannot be changed. {fault}", path.display())]
    Fault { path: PathBuf, fault: Fault },
    #[error("{} cannot be written: {message}.", path.display())]
    Io { path: PathBuf, message: String },
}

/// Owns the folder; ends when dropped.
pub struct Keeper {
    inbox: Sender<Command>,
}

impl Keeper {
    /// Reads what there is, and tells of it and of every change from then on.
    pub fn spawn(codex_home: &Path, tell: impl Fn(Event) + Send + 'static) -> io::Result<Self> {
        let (inbox, commands) = mpsc::channel();
        let touched = inbox.clone();
        let folder = codex_home.join("automations");
        std::thread::Builder::new()
            .name("automations".into())
            .spawn(move || keep(&folder, &commands, touched, &tell))?;
        Ok(Self { inbox })
    }

    pub fn send(&self, command: Command) {
        // The thread lives for as long as this does.
        let _ = self.inbox.send(command);
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.inbox.send(Command::Stop);
    }
}

fn keep(
    folder: &Path,
    commands: &Receiver<Command>,
    touched: Sender<Command>,
    tell: &impl Fn(Event),
) {
    let mut watch = Watch::start(folder, touched);
    let mut shelf = Shelf::read(folder);
    let mut known = shelf.found();
    tell(Event::Found(Box::new(known.clone())));
    let mut next = None;
    while let Some(command) = next.take().or_else(|| commands.recv().ok()) {
        match command {
            Command::Stop => return,
            Command::Create { token, definition } => {
                let result = create(folder, *definition).map(Box::new);
                let id = result.as_ref().ok().map(|made| made.id.clone());
                tell(Event::Written { token, result });
                if let Some(id) = id {
                    shelf.look_at(id);
                }
            }
            Command::Update { token, definition } => {
                let id = definition.id.clone();
                let result = update(folder, *definition).map(Box::new);
                tell(Event::Written { token, result });
                shelf.look_at(id);
            }
            Command::Delete { token, id } => {
                tell(Event::Deleted { token, result: delete(folder, &id) });
                shelf.look_at(id);
            }
            Command::Look(touched) => {
                let all = RefCell::new(BTreeSet::from([touched]));
                let more = |command: &Command| {
                    let Command::Look(touched) = command else { return false };
                    all.borrow_mut().insert(touched.clone());
                    true
                };
                next = quiet(commands, more, Command::Stop);
                let all = all.into_inner();
                if all.contains(&Touched::Any) {
                    shelf = Shelf::read(folder);
                } else {
                    let ids = all.into_iter().filter_map(|touched| match touched {
                        Touched::One(id) => Some(id),
                        Touched::Any => None,
                    });
                    for id in ids {
                        shelf.look_at(id);
                    }
                }
            }
        }
        watch.follow(folder);
        let found = shelf.found();
        if found != known {
            known = found;
            tell(Event::Found(Box::new(known.clone())));
        }
    }
}

/// What stands in the folder, by id.
struct Shelf {
    folder: PathBuf,
    files: BTreeMap<String, Result<Arc<Definition>, Fault>>,
    /// Why nobody can say what stands there.
    unread: Option<Fault>,
}

impl Shelf {
    fn read(folder: &Path) -> Self {
        let mut shelf = Self { folder: folder.to_path_buf(), files: BTreeMap::new(), unread: None };
        match ids(folder) {
            Ok(ids) => {
                for id in ids {
                    shelf.look_at(id);
                }
            }
            Err(error) => shelf.unread = Some(Fault::Unread(error.kind())),
        }
        shelf
    }

    fn look_at(&mut self, id: String) {
        let read = match bytes(&self.folder.join(&id).join(FILE)) {
            Ok(bytes) => toml::read(&id, &bytes),
            // A folder without a definition is nobody's business, nor is a file beside the folders.
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(None),
                kind => Err(Fault::Unread(kind)),
            },
        };
        match read.transpose() {
            Some(read) => self.files.insert(id, read.map(Arc::new)),
            None => self.files.remove(&id),
        };
    }

    fn found(&self) -> Found {
        let timezone = jiff::tz::TimeZone::system();
        let mut found = Found {
            folder: self.folder.clone(),
            timezone: timezone.iana_name().unwrap_or("UTC").to_owned(),
            ..Found::default()
        };
        let unread = self.unread.clone();
        found.problems.extend(unread.map(|fault| Problem { path: self.folder.clone(), fault }));
        for (id, file) in &self.files {
            match file {
                Ok(definition) => found.definitions.push(Arc::clone(definition)),
                Err(fault) => {
                    let path = self.folder.join(id).join(FILE);
                    found.problems.push(Problem { path, fault: fault.clone() });
                }
            }
        }
        found
    }
}

/// The names of the folders that there are, in order.
fn ids(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut ids = Vec::new();
    for entry in entries {
        let name = entry?.file_name().into_string().ok().filter(|name| !name.starts_with('.'));
        ids.extend(name);
    }
    ids.sort();
    ids.truncate(MAX_AUTOMATIONS);
    Ok(ids)
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn create(folder: &Path, mut definition: Definition) -> Result<Definition, Error> {
    resolve(&mut definition)?;
    let io = |error: io::Error| failed(folder, &error);
    fs::create_dir_all(folder).map_err(io)?;
    if ids(folder).map_err(io)?.len() >= MAX_AUTOMATIONS {
        return Err(Error::Many(MAX_AUTOMATIONS));
    }
    let stem = id_of(&definition.name);
    let mut names = std::iter::once(stem.clone()).chain((2..).map(|n| format!("{stem}-{n}")));
    let id = loop {
        let Some(id) = names.next() else { return Err(Error::Many(MAX_AUTOMATIONS)) };
        match fs::create_dir(folder.join(&id)) {
            Ok(()) => break id,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io(error)),
        }
    };
    definition.id = id;
    store(&folder.join(&definition.id).join(FILE), &[], definition)
}

fn update(folder: &Path, mut definition: Definition) -> Result<Definition, Error> {
    resolve(&mut definition)?;
    let path = folder.join(&definition.id).join(FILE);
    let old = there(&path)?;
    if toml::stamp(&old) != definition.stamp {
        return Err(Error::Edited);
    }
    store(&path, &old, definition)
}

fn delete(folder: &Path, id: &str) -> Result<(), Error> {
    let path = folder.join(id).join(FILE);
    let text = toml::write_deleted(&there(&path)?)
        .map_err(|fault| Error::Fault { path: path.clone(), fault })?;
    replace(&path, text.as_bytes()).map_err(|error| failed(&path, &error))
}

fn there(path: &Path) -> Result<Vec<u8>, Error> {
    match bytes(path) {
        Ok(old) => Ok(old),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Error::Gone),
        Err(error) => Err(failed(path, &error)),
    }
}

fn store(path: &Path, old: &[u8], mut definition: Definition) -> Result<Definition, Error> {
    let text = toml::write(old, &definition)
        .map_err(|fault| Error::Fault { path: path.to_path_buf(), fault })?;
    replace(path, text.as_bytes()).map_err(|error| failed(path, &error))?;
    definition.stamp = toml::stamp(text.as_bytes());
    definition.adopted = false;
    Ok(definition)
}

/// Names the folders without links: what is granted is a place, not a way there.
fn resolve(definition: &mut Definition) -> Result<(), Error> {
    for cwd in &mut definition.cwds {
        let folder = fs::canonicalize(&*cwd).ok().filter(|path| path.is_dir());
        let Some(folder) = folder else { return Err(Error::NoFolder(cwd.clone())) };
        if folder.to_str().is_none() {
            return Err(Error::NotText(folder));
        }
        *cwd = folder;
    }
    Ok(())
}

/// A name of letters, digits and hyphens.
fn id_of(name: &str) -> String {
    let mut id = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            id.push(letter);
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    id.truncate(MAX_ID);
    let id = id.trim_end_matches('-');
    if id.is_empty() { "automation".to_owned() } else { id.to_owned() }
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::Io { path: path.to_path_buf(), message: error.to_string() }
}
