//! The hunks of the documents that editors have open, for what is drawn in them.

use std::{collections::BTreeMap, sync::Arc};

use super::{Effect, Purpose, Step, placed};
use crate::{
    git::{self, Answer, File, Request},
    paths,
    protocol::{SessionId, diff::FileHunks, document::fingerprint},
};

const CONTEXT: u32 = 3;
/// Who asks where nobody does: no session has this number.
const ASKER: u64 = 0;

/// What is known of each open document's file, by the name that an editor has for it.
#[derive(Default)]
pub(super) struct ShownHunks(BTreeMap<String, Shown>);

#[derive(Default)]
struct Shown {
    hunks: Option<Arc<FileHunks>>,
    /// The [`fingerprint`] of what is on the disk.
    disk: Option<u64>,
    /// The question that is on its way.
    asked: Option<u64>,
    /// The file changed after that was asked.
    again: bool,
}

impl Step<'_> {
    pub(super) fn document_opened(&mut self, session: SessionId, uri: &str) {
        if paths::from_uri(uri).is_none() {
            return;
        }
        self.world.shown_hunks.0.entry(uri.to_owned()).or_default();
        self.place_hunks(session, uri);
        self.look_at(uri);
    }

    pub(super) fn document_edited(&mut self, session: SessionId, uri: &str) {
        let disk = self.world.shown_hunks.0.get(uri).and_then(|shown| shown.disk);
        let Some(state) = self.world.sessions.get_mut(&session) else { return };
        if let Some(document) = state.documents.get_mut(uri)
            && let (Some(text), Some(disk)) = (&document.text, disk)
            // It took what is on the disk, or the edits were taken back.
            && fingerprint(text) == disk
        {
            (document.dirty, document.synced) = (false, true);
        }
        self.place_hunks(session, uri);
    }

    pub(super) fn document_closed(&mut self, uri: &str) {
        let open = self.world.sessions.values().any(|state| state.documents.contains_key(uri));
        if !open {
            self.world.shown_hunks.0.remove(uri);
        }
    }

    /// This file may have other hunks now, however its name is written.
    pub(super) fn look_at_hunks(&mut self, uri: &str) {
        let shown = self.world.shown_hunks.0.keys();
        let meant: Vec<String> =
            shown.filter(|open| paths::same_file(open, uri)).cloned().collect();
        for uri in meant {
            self.look_at(&uri);
        }
    }

    /// Every file that this session has open may have other hunks now.
    pub(super) fn look_at_hunks_of(&mut self, session: SessionId) {
        let Some(state) = self.world.sessions.get(&session) else { return };
        let uris: Vec<String> = state.documents.keys().cloned().collect();
        for uri in uris {
            self.look_at(&uri);
        }
    }

    /// What an act left of a file is drawn before anybody can ask for it.
    pub(super) fn hunks_are(&mut self, hunks: &Arc<FileHunks>) {
        let shown = self.world.shown_hunks.0.iter_mut();
        let mut open = Vec::new();
        for (uri, shown) in shown.filter(|(open, _)| paths::same_file(open, &hunks.uri)) {
            // Of the text they are in, only a look knows.
            (shown.hunks, shown.disk) = (Some(Arc::clone(hunks)), None);
            open.push(uri.clone());
        }
        for uri in open {
            self.place_everywhere(&uri);
        }
    }

    fn place_everywhere(&mut self, uri: &str) {
        let sessions = self.world.sessions.values();
        let holders: Vec<SessionId> = sessions
            .filter(|session| session.documents.contains_key(uri))
            .map(|session| session.id)
            .collect();
        for session in holders {
            self.place_hunks(session, uri);
        }
        self.redraw();
    }

    fn look_at(&mut self, uri: &str) {
        let holds =
            |session: &&super::Session| session.trusted && session.documents.contains_key(uri);
        let asker = self.world.sessions.values().find(holds).map(|session| session.id);
        let Some(roots) = asker.and_then(|session| self.roots_of(session)) else { return };
        let Some(path) = paths::from_uri(uri) else { return };
        let Some(shown) = self.world.shown_hunks.0.get_mut(uri) else { return };
        if shown.asked.is_some() {
            shown.again = true;
            return;
        }
        let token = self.token(Purpose::Shown { uri: uri.to_owned() });
        if let Some(shown) = self.world.shown_hunks.0.get_mut(uri) {
            shown.asked = Some(token);
        }
        let file = File { uri: uri.to_owned(), path };
        let request = Request::Look { file, context: CONTEXT };
        let at = self.now.epoch_ms;
        let command = git::Command { token, asker: ASKER, at, within: Vec::new(), request };
        self.effects.push(Effect::Git { roots, command });
    }

    pub(super) fn hunks_looked_at(&mut self, uri: &str, token: u64, answer: Option<Answer>) {
        let Some(shown) = self.world.shown_hunks.0.get_mut(uri) else { return };
        if shown.asked != Some(token) {
            return;
        }
        shown.asked = None;
        (shown.hunks, shown.disk) = match answer {
            Some(Answer::Looked { hunks, text }) => (Some(hunks), text),
            // In no repository, say.
            _ => (None, None),
        };
        if std::mem::take(&mut shown.again) {
            self.look_at(uri);
        }
        let disk = self.world.shown_hunks.0.get(uri).and_then(|shown| shown.disk);
        for state in self.world.sessions.values_mut() {
            let Some(document) = state.documents.get_mut(uri) else { continue };
            if let (Some(text), Some(disk)) = (&document.text, disk)
                && !document.synced
                && fingerprint(text) == disk
            {
                (document.dirty, document.synced) = (false, true);
            }
        }
        self.place_everywhere(uri);
    }

    fn place_hunks(&mut self, session: SessionId, uri: &str) {
        let shown = self.world.shown_hunks.0.get(uri);
        let disk = shown.and_then(|shown| shown.disk);
        let hunks = shown.and_then(|shown| shown.hunks.clone());
        let Some(state) = self.world.sessions.get_mut(&session) else { return };
        let Some(document) = state.documents.get_mut(uri) else { return };
        document.hunks = match (hunks, &document.text) {
            (Some(hunks), Some(text))
                if !(hunks.unstaged.is_empty() && hunks.staged.is_empty()) =>
            {
                let as_saved = disk.is_some_and(|disk| fingerprint(text) == disk);
                placed::place(&hunks, text, as_saved).into()
            }
            _ => Arc::default(),
        };
    }
}
