//! Documents with unsaved edits: what would be written to their files is done by their editors, or not at all.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};

use super::{
    Effect, Purpose, Step,
    hunks::{Flow, Wanted},
    session::Session,
};
use crate::{
    git::{self, Act, InDocument, OpenDocument, Request, TextEdit},
    paths,
    protocol::{Failure, FailureKind, Outgoing, Raw, RpcError, RpcId, SessionId, document::Places},
};

/// What the id of a request to an editor begins with.
const EDIT: &str = "outrigger:edit:";
const CONTEXT: u32 = 3;

/// A document as it was when its repository was asked.
#[derive(Clone)]
pub(super) struct Holder {
    session: SessionId,
    uri: String,
    version: i64,
    text: Option<Arc<str>>,
}

/// A change of a document that its editor was asked for. Whoever wanted it is answered when the editor has answered.
pub(super) struct Edit {
    editor: SessionId,
    uri: String,
    journal_id: String,
    session: SessionId,
    id: RpcId,
    wanted: Wanted,
}

/// The change that an editor's answer is about.
pub(super) fn token_of(ask: &str) -> Option<u64> {
    ask.strip_prefix(EDIT)?.parse().ok()
}

impl Step<'_> {
    /// The request with every document that may have unsaved edits, if it writes files. What is known to be saved is
    /// read anew by its editor.
    pub(super) fn minding(&self, request: Request) -> (Request, Vec<Holder>) {
        let writes = matches!(
            request,
            Request::Act { act: Act::Revert, .. }
                | Request::Undo { .. }
                | Request::Restore { .. }
                | Request::TurnUndo { .. }
                // Before a change is accepted in part; once it is, what Codex wrote is on the disk already.
                | Request::Refuse { only_look: true, .. }
        );
        let mut holders = Vec::new();
        let mut open = Vec::new();
        for (session, (uri, document)) in self
            .world
            .sessions
            .values()
            .filter(|_| writes)
            .flat_map(|session| session.documents.iter().map(move |one| (session, one)))
            .filter(|(_, (_, document))| !document.synced)
        {
            let Some(path) = paths::from_uri(uri) else { continue };
            let text = document.text.clone();
            open.push(OpenDocument {
                number: holders.len(),
                path,
                text: text.clone(),
                edited: document.dirty,
                editable: session.trusted && session.client.apply_edit,
            });
            let (uri, version) = (uri.clone(), document.version);
            holders.push(Holder { session: session.id, uri, version, text });
        }
        if open.is_empty() {
            return (request, holders);
        }
        (Request::Minding { open, request: Box::new(request) }, holders)
    }

    /// Nothing was written since documents have unsaved edits: one that can be changed by its editor is.
    pub(super) fn through_editor(
        &mut self,
        flow: Flow,
        documents: &[usize],
        instead: Option<InDocument>,
    ) {
        let Flow { session, id, wanted, open } = flow;
        let holders: Vec<&Holder> = documents.iter().filter_map(|one| open.get(*one)).collect();
        let (Some(InDocument { journal_id, edits }), [holder]) = (instead, holders.as_slice())
        else {
            let failure = self.unsaved(&open, documents);
            return self.fail(session, id, failure);
        };
        let (editor, uri) = (holder.session, holder.uri.clone());
        let edit = Edit { editor, uri, journal_id, session, id, wanted };
        let (Some(text), true) = (&holder.text, self.world.sessions.contains_key(&editor)) else {
            return self.settle_edit(edit, false);
        };
        let params = params(holder, text, &edits);
        let token = self.token(Purpose::Edit(edit));
        let (id, method) = (format!("{EDIT}{token}"), "workspace/applyEdit");
        self.send(editor, Outgoing::Ask { id, method, params: Raw::of(&params) });
    }

    /// The editor made the change, or refused it since its document is another one by now.
    pub(super) fn edit_answered(
        &mut self,
        editor: SessionId,
        token: u64,
        result: &Result<Value, RpcError>,
    ) {
        let asked = matches!(
            self.world.purposes.get(&token),
            Some(Purpose::Edit(edit)) if edit.editor == editor
        );
        let Some(Purpose::Edit(edit)) = asked.then(|| self.world.purposes.remove(&token)).flatten()
        else {
            return;
        };
        let applied = result.as_ref().ok().and_then(|answer| answer.get("applied"));
        self.settle_edit(edit, applied == Some(&Value::Bool(true)));
    }

    fn settle_edit(&mut self, edit: Edit, made: bool) {
        let Edit { uri, journal_id, session, id, wanted, .. } = edit;
        let wanted = Wanted::InDocument { made, wanted: Box::new(wanted) };
        let flow = Flow { session, id, wanted, open: Vec::new() };
        let token = self.token(Purpose::Hunk(flow));
        let request = Request::Settle { journal_id, made, uri: Some(uri), context: CONTEXT };
        let (asker, at) = (session.0.into(), self.now.epoch_ms);
        let command = git::Command { token, asker, at, within: Vec::new(), request };
        self.effects.push(Effect::Git { roots: Vec::new(), command });
    }

    /// An editor went away. Nobody knows whether it made what it was asked for; the journal keeps it, and an undo finds
    /// it where it was made.
    pub(super) fn editor_gone(&mut self, gone: SessionId, state: &Session) {
        let asked: BTreeSet<u64> = self
            .world
            .purposes
            .iter()
            .filter(|(_, purpose)| matches!(purpose, Purpose::Edit(edit) if edit.editor == gone))
            .map(|(token, _)| *token)
            .collect();
        for token in asked {
            let Some(Purpose::Edit(edit)) = self.world.purposes.remove(&token) else { continue };
            let why = format!(
                "{} went away before it said whether it changed {}.",
                state.name,
                name(&edit.uri)
            );
            let failure = Failure::new(FailureKind::Conflicted, why)
                .hint("Look at the file before you try again.");
            self.fail(edit.session, edit.id.clone(), failure);
            self.settle_edit(edit, true);
        }
        for uri in state.documents.keys() {
            self.document_closed(uri);
        }
    }

    /// Why nothing is done to files that somebody edits.
    pub(super) fn unsaved(&self, open: &[Holder], documents: &[usize]) -> Failure {
        let holders: Vec<&Holder> = documents.iter().filter_map(|one| open.get(*one)).collect();
        let uris: BTreeSet<&str> = holders.iter().map(|holder| holder.uri.as_str()).collect();
        let editors: Vec<&str> = holders
            .iter()
            .filter_map(|holder| Some(self.world.sessions.get(&holder.session)?.name.as_str()))
            .collect();
        let files: Vec<String> = uris.iter().map(|uri| name(uri)).collect();
        let has = if files.len() == 1 { "has" } else { "have" };
        let editors_of: BTreeSet<&str> = editors.iter().copied().collect();
        let named: Vec<&str> = editors_of.into_iter().collect();
        let why = format!("{} {has} unsaved edits in {}.", joined(&files), joined(&named));
        Failure::new(FailureKind::Conflicted, why)
            .hint("Save or discard them there first, then try again. Nothing was touched.")
            .with("uris", uris.into_iter().map(str::to_owned).collect::<Vec<_>>())
            .with("editors", editors.into_iter().map(str::to_owned).collect::<Vec<_>>())
    }
}

fn params(holder: &Holder, text: &str, edits: &[TextEdit]) -> Value {
    let mut places = Places::of(text);
    let mut place = |byte| {
        let (line, character) = places.at(byte);
        json!({ "line": line, "character": character })
    };
    let edits: Vec<Value> = edits
        .iter()
        .map(|TextEdit { span, with }| {
            let range = json!({ "start": place(span.start), "end": place(span.end) });
            json!({ "range": range, "newText": with })
        })
        .collect();
    let document = json!({ "uri": holder.uri, "version": holder.version });
    json!({
        "label": "Undo hunk",
        "edit": { "documentChanges": [{ "textDocument": document, "edits": edits }] },
    })
}

fn name(uri: &str) -> String {
    let path = paths::from_uri(uri);
    let name = path.as_deref().and_then(|path| path.file_name());
    name.map_or_else(|| uri.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// "a", "a and b", "a, b and c".
fn joined<T: AsRef<str>>(parts: &[T]) -> String {
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    match parts.as_slice() {
        [] => "an editor".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
