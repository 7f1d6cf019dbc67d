//! In which folders host operations are allowed: those that the person granted, and those of the session's window while
//! it is trusted.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{Effect, Purpose, Step, session::Session, stored::Then};
use crate::{
    paths,
    protocol::{
        Failure, FailureKind, RpcId, SessionId,
        file::{Directory, DirectoryEntry, FileRef, Grant, GrantSource, Grants},
        note,
    },
    store::{Answer, Error, grants as stored},
};

/// Folders that a person may grant.
const MAX_GRANTS: usize = 1_000;
/// Entries of one folder that are listed.
pub const MAX_ENTRIES: usize = 10_000;

/// A granted folder, for whoever opens what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    pub path: PathBuf,
    /// The folder of a window is where its path leads to; one that the person granted was resolved then.
    pub may_be_link: bool,
}

/// What a folder holds.
#[derive(Debug, PartialEq, Eq)]
pub struct Listing {
    pub entries: Vec<Entry>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    pub path: PathBuf,
    pub is_directory: bool,
    pub is_symlink: bool,
    /// Bytes.
    pub size: u64,
    /// Epoch milliseconds.
    pub modified_at: u64,
}

/// The folders that the person granted, with when, in epoch milliseconds.
pub type Granted = BTreeMap<PathBuf, u64>;

/// What waits for the store.
pub(super) enum Kept {
    Added { session: SessionId, id: RpcId, path: PathBuf, added_at: u64 },
    Removed { session: SessionId, id: RpcId },
    Loaded,
}

impl Step<'_> {
    pub(super) fn grant_list(&mut self, session: SessionId, id: RpcId) {
        if let Some(grants) = self.grants_of(session, &id) {
            self.answer(session, id, &grants);
        }
    }

    pub(super) fn grant_add(&mut self, session: SessionId, id: RpcId, params: &FileRef) {
        if !self.is_trusted(session, &id) {
            return;
        }
        let Some(path) = self.path_of(session, &id, params) else { return };
        if self.world.granted.len() >= MAX_GRANTS {
            let why = format!("No more than {MAX_GRANTS} folders can be granted.");
            return self.fail(session, id, Failure::new(FailureKind::LimitExceeded, why));
        }
        let token = self.token(Purpose::Grant { session, id });
        self.effects.push(Effect::ResolveFolder { token, path });
    }

    /// The folder that is to be granted, without links.
    pub(super) fn folder_resolved(&mut self, token: u64, result: Result<PathBuf, Failure>) {
        let Some(Purpose::Grant { session, id }) = self.world.purposes.remove(&token) else {
            return;
        };
        match result {
            Ok(path) => {
                let added_at = self.now.epoch_ms;
                let grant = stored::Grant { path: bytes_of(&path), added_at };
                let then = Then::Grant(Kept::Added { session, id, path, added_at });
                self.store(stored::Request::Add(grant).into(), then);
            }
            Err(failure) => self.fail(session, id, failure),
        }
    }

    pub(super) fn grant_remove(&mut self, session: SessionId, id: RpcId, params: &FileRef) {
        if !self.is_trusted(session, &id) {
            return;
        }
        let Some(path) = self.path_of(session, &id, params) else { return };
        if !self.world.granted.contains_key(&path) {
            return self.fail(session, id, not_granted(&path));
        }
        // Not allowed from now on, whatever becomes of the row.
        self.world.granted.remove(&path);
        self.tell_grants(None);
        let request = stored::Request::Remove { path: bytes_of(&path) };
        self.store(request.into(), Then::Grant(Kept::Removed { session, id }));
    }

    /// Asks for what earlier runs granted.
    pub(super) fn load_grants(&mut self) {
        self.store(stored::Request::List.into(), Then::Grant(Kept::Loaded));
    }

    /// A grant counts once it is on the disk: one that is gone after a restart would be a surprise.
    pub(super) fn grant_stored(&mut self, kept: Kept, result: Result<Answer, Error>) {
        match (kept, result) {
            (Kept::Added { session, id, path, added_at }, Ok(_)) => {
                let known = self.world.granted.contains_key(&path);
                self.world.granted.entry(path).or_insert(added_at);
                self.grant_list(session, id);
                if !known {
                    self.tell_grants(None);
                }
            }
            (Kept::Removed { session, id }, Ok(_)) => self.grant_list(session, id),
            (Kept::Loaded, Ok(Answer::Grants(grants))) => {
                let before = self.world.granted.len();
                for stored::Grant { path, added_at } in grants {
                    self.world.granted.entry(path_of_bytes(path)).or_insert(added_at);
                }
                if self.world.granted.len() > before {
                    self.tell_grants(None);
                }
            }
            (Kept::Added { session, id, .. } | Kept::Removed { session, id }, Err(error)) => {
                self.fail(session, id, error.into());
            }
            (Kept::Loaded, Err(error)) => self.not_stored(&error),
            (Kept::Loaded, Ok(_)) => {}
        }
    }

    pub(super) fn list_directory(&mut self, session: SessionId, id: RpcId, params: &FileRef) {
        let Some(roots) = self.roots(session, &id) else { return };
        let Some(path) = self.path_of(session, &id, params) else { return };
        let token = self.token(Purpose::Directory { session, id });
        self.effects.push(Effect::ListDirectory { token, roots, path });
    }

    pub(super) fn directory_listed(&mut self, token: u64, result: Result<Listing, Failure>) {
        let Some(Purpose::Directory { session, id }) = self.world.purposes.remove(&token) else {
            return;
        };
        match result {
            Ok(listing) => {
                let entries = listing.entries.iter().filter_map(entry).collect();
                self.answer(session, id, &Directory { entries });
            }
            Err(failure) => self.fail(session, id, failure),
        }
    }

    /// Where a session may do host operations; a session that is not trusted is refused.
    pub(super) fn roots(&mut self, session: SessionId, id: &RpcId) -> Option<Vec<Root>> {
        if !self.is_trusted(session, id) {
            return None;
        }
        self.roots_of(session)
    }

    /// The same, unasked; none of a session that is not trusted.
    pub(super) fn roots_of(&self, session: SessionId) -> Option<Vec<Root>> {
        let session = self.world.sessions.get(&session).filter(|session| session.trusted)?;
        Some(self.granted_and(session.folders.iter()))
    }

    /// Where any trusted session may.
    pub(super) fn all_roots(&self) -> Vec<Root> {
        let trusted = self.world.sessions.values().filter(|session| session.trusted);
        self.granted_and(trusted.flat_map(|session| &session.folders))
    }

    fn granted_and<'a>(&self, folders: impl Iterator<Item = &'a PathBuf>) -> Vec<Root> {
        let window = folders.map(|path| Root { path: path.clone(), may_be_link: true });
        let granted = self.world.granted.keys();
        let granted = granted.map(|path| Root { path: path.clone(), may_be_link: false });
        // Copies of what was granted with an automation, made by us; they are there until a run is seen to.
        let copies = self.world.run_worktrees.iter();
        let copies = copies.map(|path| Root { path: path.clone(), may_be_link: true });
        granted.chain(copies).chain(window).collect()
    }

    /// Tells one session, or all, in which folders host operations are allowed now.
    pub(super) fn tell_grants(&mut self, only: Option<SessionId>) {
        let granted = &self.world.granted;
        for session in self.world.sessions.values_mut() {
            let reached = only.is_none_or(|only| only == session.id);
            if reached && session.trusted && session.events.wants("grant") {
                let told = note::GrantChanged(&in_force(granted, session));
                session.deliver(told, &mut self.effects);
            }
        }
    }

    fn grants_of(&mut self, session: SessionId, id: &RpcId) -> Option<Grants> {
        if !self.is_trusted(session, id) {
            return None;
        }
        Some(in_force(&self.world.granted, self.world.sessions.get(&session)?))
    }

    fn is_trusted(&mut self, session: SessionId, id: &RpcId) -> bool {
        let trusted = self.world.sessions.get(&session).is_some_and(|session| session.trusted);
        if !trusted {
            let failure = Failure::new(
                FailureKind::WorkspaceUntrusted,
                "This workspace is not trusted, so no file of it is touched.",
            )
            .hint("Trust the workspace in the editor, then try again.");
            self.fail(session, id.clone(), failure);
        }
        trusted
    }

    fn path_of(&mut self, session: SessionId, id: &RpcId, params: &FileRef) -> Option<PathBuf> {
        let path = paths::from_uri(&params.uri);
        if path.is_none() {
            let why = format!("{} is no file: URI of this machine.", params.uri);
            let failure = Failure::new(FailureKind::InvalidParams, why).with("key", "uri");
            self.fail(session, id.clone(), failure);
        }
        path
    }
}

fn in_force(granted: &Granted, session: &Session) -> Grants {
    let user = granted.iter().filter_map(|(path, added_at)| {
        let uri = paths::to_uri(path)?;
        Some(Grant { uri, source: GrantSource::User, added_at: Some(*added_at) })
    });
    let window = session.folders.iter().filter_map(|path| {
        let uri = paths::to_uri(path)?;
        Some(Grant { uri, source: GrantSource::Workspace, added_at: None })
    });
    Grants { grants: user.chain(window).collect() }
}

fn entry(entry: &Entry) -> Option<DirectoryEntry> {
    Some(DirectoryEntry {
        name: entry.path.file_name()?.to_string_lossy().into_owned(),
        uri: paths::to_uri(&entry.path)?,
        is_directory: entry.is_directory,
        is_symlink: entry.is_symlink,
        size: entry.size,
        modified_at: entry.modified_at,
    })
}

fn not_granted(path: &Path) -> Failure {
    let why = format!("{} is not among the granted folders.", path.display());
    Failure::new(FailureKind::PathNotGranted, why)
}

/// A path as it is stored: its own bytes, which need not be text.
fn bytes_of(path: &Path) -> Vec<u8> {
    path.as_os_str().as_encoded_bytes().to_vec()
}

#[cfg(unix)]
fn path_of_bytes(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes))
}

#[cfg(not(unix))]
fn path_of_bytes(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}
