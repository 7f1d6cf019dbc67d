//! Sessions come and go: `initialize`, what an editor tells of itself, cancellation, the end.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{
    Effect, HomeRefused, Purpose, Step,
    session::{Folder, InitializeParams, Origin, Session, Subscriptions},
};
use crate::{
    codex::Command,
    paths,
    protocol::{
        ApprovalId, Failure, FailureKind, Outgoing, RpcId, SessionId,
        app_server::{DiagnosticKind, DiagnosticLevel},
        host::SessionUpdate,
        wire::Closed,
    },
};

#[derive(Deserialize)]
struct FoldersChanged {
    event: FolderEvent,
}

#[derive(Deserialize)]
struct FolderEvent {
    added: Vec<Folder>,
    removed: Vec<Folder>,
}

#[derive(Deserialize)]
struct DocumentNote<'a> {
    #[serde(rename = "textDocument", borrow)]
    document: DocumentName<'a>,
    #[serde(rename = "contentChanges", default, borrow)]
    changes: Vec<ContentChange<'a>>,
}

#[derive(Deserialize)]
struct ContentChange<'a> {
    /// A part only, which nobody was asked for.
    #[serde(default)]
    range: Option<IgnoredAny>,
    #[serde(borrow)]
    text: std::borrow::Cow<'a, str>,
}

#[derive(Deserialize)]
struct DocumentName<'a> {
    #[serde(borrow)]
    uri: std::borrow::Cow<'a, str>,
    #[serde(default)]
    version: i64,
    #[serde(borrow, default)]
    text: Option<std::borrow::Cow<'a, str>>,
}

impl Step<'_> {
    pub(super) fn opened(&mut self, session: SessionId, origin: Origin) {
        if origin.newer_build {
            self.outdated();
        }
        self.world.sessions.insert(session, Session::new(session, origin));
    }

    pub(super) fn initialize(&mut self, session: SessionId, id: RpcId, params: Value) {
        let params: InitializeParams = match serde_json::from_value(params) {
            Ok(params) => params,
            Err(error) => {
                let message = format!("The params of initialize are not valid: {error}.");
                return self.fail(session, id, Failure::new(FailureKind::InvalidParams, message));
            }
        };
        let Some(state) = self.world.sessions.get_mut(&session) else { return };
        state.introduce(&params);
        let trusted = state.trusted;
        if let Some(pid) = params.process_id {
            self.effects.push(Effect::WatchParent { session, pid });
        }
        self.codex_preferred(session);
        if trusted {
            self.effects.push(Effect::ClaimHome { session, id: Some(id) });
        } else {
            self.effects.push(Effect::Introduced { session, id });
        }
    }

    /// The state directory is ours, or the process with this pid has it.
    pub(super) fn home_claimed(
        &mut self,
        session: SessionId,
        id: Option<RpcId>,
        result: Result<u64, HomeRefused>,
    ) {
        match (result, id) {
            (Ok(run), id) => {
                self.store_opened(run);
                self.effects.extend(id.map(|id| Effect::Introduced { session, id }));
                if self.world.sessions.get(&session).is_some_and(Session::wants_server) {
                    self.server_wanted(session);
                }
            }
            (Err(refused), Some(id)) => self.fail(session, id, refused.into()),
            (Err(refused), None) => {
                let failure = Failure::from(refused);
                self.diagnose(
                    DiagnosticLevel::Error,
                    DiagnosticKind::Refused,
                    None,
                    failure.message,
                );
            }
        }
    }

    /// What of standard LSP changes our own state; the editor room sees the note after this.
    pub(super) fn standard_note(&mut self, session: SessionId, method: &str, params: &Value) {
        match method {
            "initialized" => return self.session_ready(session),
            "workspace/didChangeWorkspaceFolders" => {
                return self.folders_changed(session, params);
            }
            "textDocument/didOpen"
            | "textDocument/didChange"
            | "textDocument/didSave"
            | "textDocument/didClose" => {}
            _ => return,
        }
        let now = self.now;
        let Some(state) = self.world.sessions.get_mut(&session) else { return };
        let Ok(note) = DocumentNote::deserialize(params) else {
            return self.refused(Some(method), "it names no document");
        };
        let DocumentName { uri, version, text } = note.document;
        match method {
            "textDocument/didOpen" => {
                state.opened(uri.clone().into_owned(), version, text.as_deref(), now);
                self.document_opened(session, &uri);
            }
            "textDocument/didChange" => {
                if let Some(last) = note.changes.last() {
                    let whole = note.changes.iter().all(|one| one.range.is_none());
                    state.edited(&uri, version, whole.then_some(&*last.text));
                } else if let Some(document) = state.documents.get_mut(&*uri) {
                    document.version = version;
                }
                self.document_edited(session, &uri);
            }
            "textDocument/didSave" => {
                state.saved(&uri);
                self.look_at_hunks(&uri);
            }
            _ => {
                state.closed(&uri);
                self.document_closed(&uri);
            }
        }
        match method {
            "textDocument/didOpen" | "textDocument/didClose" => self.watch_open_files(),
            "textDocument/didSave" => self.file_saved(session, &uri),
            _ => {}
        }
        self.redraw();
    }

    /// The editor takes notes from here on: it is told what there was before it came.
    fn session_ready(&mut self, session: SessionId) {
        let Some(state) = self.world.sessions.get_mut(&session) else { return };
        let Some(lost) = state.take_notes(&mut self.effects) else { return };
        if lost > 0 {
            self.refused(
                None,
                &format!("{lost} notes came before `initialized` and found no room"),
            );
        }
        self.tell_server_status(Some(session));
        self.tell_pending_approvals(session);
        self.redraw();
    }

    fn folders_changed(&mut self, session: SessionId, params: &Value) {
        let Ok(changed) = FoldersChanged::deserialize(params) else {
            return self.refused(
                Some("workspace/didChangeWorkspaceFolders"),
                "its folders cannot be read",
            );
        };
        let Some(state) = self.world.sessions.get_mut(&session) else { return };
        let path = |folder: &Folder| paths::from_uri(&folder.uri);
        let removed: Vec<_> = changed.event.removed.iter().filter_map(path).collect();
        state.folders.retain(|folder| !removed.contains(folder));
        for added in changed.event.added.iter().filter_map(path) {
            if !state.folders.contains(&added) {
                state.folders.push(added);
            }
        }
        self.tell_grants(Some(session));
        self.look_at_hunks_of(session);
        self.redraw();
    }

    pub(super) fn session_update(&mut self, session: SessionId, update: SessionUpdate) {
        let now = self.now;
        let Some(state) = self.world.sessions.get_mut(&session) else { return };
        if let Some(events) = update.events {
            state.events = Subscriptions::new(&events);
        }
        for approval in update.shown.into_iter().flatten() {
            let approval = ApprovalId::from(approval);
            if self.world.approvals.is_pending(&approval) {
                state.shown.entry(approval).or_insert(now);
            }
        }
        let Some(trusted) = update.trusted else { return };
        if std::mem::replace(&mut state.trusted, trusted) != trusted && trusted {
            self.codex_preferred(session);
            self.effects.push(Effect::ClaimHome { session, id: None });
            self.tell_pending_approvals(session);
            self.look_at_hunks_of(session);
        }
        if !trusted {
            self.leave_terminals(session);
        }
        self.redraw();
    }

    /// Answers a cancelled request with -32800. A cancelled `turn/start` is no interrupt: the turn
    /// goes on, only its answer is no longer wanted.
    pub(super) fn cancel(&mut self, session: SessionId, params: &Value) {
        let Some(id) = params.get("id").and_then(|id| RpcId::deserialize(id).ok()) else { return };
        let Some(state) = self.world.sessions.get(&session) else { return };
        let Some(open) = state.open.get(&id) else { return };
        let token = open.token;
        let failure =
            Failure::new(FailureKind::Cancelled, format!("{} was cancelled.", open.method));
        self.world.server.drop_held(session, Some(&id));
        self.fail(session, id, failure);
        if let Some(token) = token {
            self.forget(token);
        }
    }

    /// The answer to an editor's own request is no longer wanted; what it starts is still followed.
    fn forget(&mut self, token: u64) {
        if let Some(Purpose::Editor { method, .. }) = self.world.purposes.get(&token)
            && !super::proxy::opens_thread(method)
        {
            self.world.purposes.remove(&token);
            self.effects.push(Effect::Codex(Command::Forget { token }));
        }
    }

    pub(super) fn session_closed(&mut self, session: SessionId, reason: Closed) {
        let Some(state) = self.world.sessions.remove(&session) else { return };
        tracing::info!(session = %session, ?reason, "session ended");
        self.world.server.drop_held(session, None);
        for open in state.open.values() {
            if let Some(token) = open.token {
                self.forget(token);
            }
        }
        self.leave_threads(session);
        self.leave_terminals(session);
        self.editor_gone(session, &state);
        if !state.documents.is_empty() {
            self.watch_open_files();
        }
        self.send(session, Outgoing::Close);
        self.effects.push(Effect::Ended(session));
        self.redraw();
    }
}
