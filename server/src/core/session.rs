//! One connected editor: who it is, what it may, what it listens to and what it has been shown.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ffi::OsString,
    fmt,
    path::PathBuf,
    sync::Arc,
};

use serde::Deserialize;
use serde_json::Value;

use super::{Effect, placed::PlacedHunk};
use crate::{
    clock::Now,
    paths,
    protocol::{ApprovalId, Outgoing, RpcId, SessionId, ThreadId},
};

/// Open documents that one session is remembered with; past it the oldest are forgotten.
const MAX_DOCUMENTS: usize = 2_000;
/// Bytes of one document's text that are held, and of all of a session's; of what is more, only what is saved counts.
const MAX_TEXT: usize = 8 << 20;
const MAX_TEXTS: usize = 64 << 20;
/// Notes that are kept for an editor that has not said `initialized`.
const MAX_WAITING: usize = 1_024;

/// Where a session comes from: what its terminals, its git and its runs are given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub cwd: Option<PathBuf>,
    pub environment: Arc<Vec<(OsString, OsString)>>,
    /// The editor came with a build that is newer than the one that runs.
    pub newer_build: bool,
}

pub struct Session {
    pub id: SessionId,
    pub origin: Origin,
    /// The editor's own name, from `clientInfo`.
    pub name: String,
    pub initialized: bool,
    pub trusted: bool,
    /// Which codex it asks for.
    pub codex: CodexOptions,
    /// It looks and decides, but neither codex nor the daemon is started or kept running for it.
    pub observer: bool,
    pub events: Subscriptions,
    pub folders: Vec<PathBuf>,
    pub inline: Inline,
    pub client: ClientAbilities,
    pub documents: BTreeMap<String, Document>,
    /// The document that the person was in last, as far as LSP tells.
    pub active: Option<String>,
    /// When the editor last said anything but a heartbeat, in microseconds of [`Now::micros`].
    pub active_at: u64,
    /// When each pending approval first reached this editor.
    pub shown: HashMap<ApprovalId, Now>,
    pub last_thread: Option<ThreadId>,
    pub open: HashMap<RpcId, OpenRequest>,
    /// Notes from before `initialized`, which go out in order once it is said.
    waiting: Vec<Outgoing>,
    /// Notes that found no room among the waiting ones.
    lost: u32,
}

/// A request of the editor that has not been answered yet.
pub struct OpenRequest {
    pub method: String,
    pub since: Now,
    /// The token of the request upstream that it waits for.
    pub token: Option<u64>,
    /// A failure of it is shown to the person as well.
    pub says_failure: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    pub version: i64,
    /// Edited since it was opened or saved.
    pub dirty: bool,
    /// Its text was that of the file when one was last held against the other, and was not edited since. When the file
    /// changes now, its editor takes the new text.
    pub synced: bool,
    /// `None` where it is too large to be held.
    pub text: Option<Arc<str>>,
    /// The hunks of its file, where they stand in its text.
    pub hunks: Arc<[PlacedHunk]>,
    opened: u64,
}

/// What a session listens to, by the first segment of a note's name; of the app-server's notes, also by a whole name
/// such as `codex/thread/status/changed`.
#[derive(Debug, Default)]
pub struct Subscriptions {
    all: bool,
    names: HashSet<String>,
    /// Of the app-server's notes, as it names them itself.
    upstream: HashSet<String>,
}

impl Subscriptions {
    pub fn new(events: &[String]) -> Self {
        Self {
            all: events.iter().any(|event| event == "*"),
            names: events.iter().cloned().collect(),
            upstream: events
                .iter()
                .filter_map(|event| event.strip_prefix("codex/").map(str::to_owned))
                .collect(),
        }
    }

    /// Whether a note of the app-server is listened to, by its own name for it.
    pub fn wants_upstream(&self, method: &str) -> bool {
        self.wants("codex") || self.upstream.contains(method)
    }

    pub fn wants(&self, segment: &str) -> bool {
        self.all || self.names.contains(segment)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Prompts {
    /// Where the editor has no inline surface for it.
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Inline {
    pub code_lens: bool,
    pub diagnostics: bool,
    pub prompts: Prompts,
    /// A turn that runs, as work in progress.
    pub progress: bool,
}

impl Default for Inline {
    fn default() -> Self {
        Self { code_lens: true, diagnostics: true, prompts: Prompts::Auto, progress: true }
    }
}

/// What the editor said it can do.
#[expect(clippy::struct_excessive_bools, reason = "each is one of LSP's own yes or no")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientAbilities {
    pub code_lens: bool,
    pub code_lens_refresh: bool,
    pub show_document: bool,
    /// It changes documents when asked, and looks at their versions.
    pub apply_edit: bool,
    /// It shows Markdown in a hover.
    pub markdown: bool,
    /// It shows work in progress that it did not ask for.
    pub progress: bool,
}

/// The part of `initialize` that Outrigger reads.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InitializeParams {
    pub process_id: Option<u32>,
    client_info: Option<ClientInfo>,
    root_uri: Option<String>,
    workspace_folders: Option<Vec<Folder>>,
    capabilities: Value,
    pub initialization_options: Option<InitializationOptions>,
}

#[derive(Debug, Deserialize)]
struct ClientInfo {
    name: String,
}

#[derive(Debug, Deserialize)]
pub struct Folder {
    pub uri: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InitializationOptions {
    events: Vec<String>,
    trusted: bool,
    observer: bool,
    codex: CodexOptions,
    inline: Inline,
}

impl Default for InitializationOptions {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            trusted: true,
            observer: false,
            codex: CodexOptions::default(),
            inline: Inline::default(),
        }
    }
}

/// Which codex an editor asks for. An empty path is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "CodexSettings")]
pub struct CodexOptions {
    pub path: Option<String>,
    pub args: Vec<String>,
}

#[derive(Deserialize)]
struct CodexSettings {
    path: Option<String>,
    args: Option<Vec<String>>,
}

impl From<CodexSettings> for CodexOptions {
    fn from(settings: CodexSettings) -> Self {
        let CodexSettings { path, args } = settings;
        Self { path: path.filter(|path| !path.is_empty()), args: args.unwrap_or_default() }
    }
}

impl CodexOptions {
    /// Whether it asks for any in particular.
    pub fn is_a_wish(&self) -> bool {
        *self != Self::default()
    }
}

impl fmt::Display for CodexOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path.as_deref().unwrap_or("the codex that is found"))?;
        if !self.args.is_empty() {
            write!(f, " with the arguments {}", self.args.join(" "))?;
        }
        Ok(())
    }
}

impl Session {
    pub fn new(id: SessionId, origin: Origin) -> Self {
        Self {
            id,
            origin,
            name: "editor".to_owned(),
            initialized: false,
            trusted: false,
            codex: CodexOptions::default(),
            observer: false,
            events: Subscriptions::default(),
            folders: Vec::new(),
            inline: Inline::default(),
            client: ClientAbilities::default(),
            documents: BTreeMap::new(),
            active: None,
            active_at: 0,
            shown: HashMap::new(),
            last_thread: None,
            open: HashMap::new(),
            waiting: Vec::new(),
            lost: 0,
        }
    }

    pub fn introduce(&mut self, params: &InitializeParams) {
        let ability = |pointer: &str| params.capabilities.pointer(pointer);
        self.client = ClientAbilities {
            code_lens: ability("/textDocument/codeLens").is_some(),
            code_lens_refresh: ability("/workspace/codeLens/refreshSupport")
                == Some(&Value::Bool(true)),
            show_document: ability("/window/showDocument/support") == Some(&Value::Bool(true)),
            apply_edit: ability("/workspace/applyEdit") == Some(&Value::Bool(true))
                && ability("/workspace/workspaceEdit/documentChanges") != Some(&Value::Bool(false)),
            markdown: ability("/textDocument/hover/contentFormat")
                .and_then(Value::as_array)
                .is_some_and(|formats| formats.iter().any(|format| format == "markdown")),
            progress: ability("/window/workDoneProgress") == Some(&Value::Bool(true)),
        };
        if let Some(info) = &params.client_info {
            self.name.clone_from(&info.name);
        }
        let options = params.initialization_options.as_ref();
        self.trusted = options.is_none_or(|options| options.trusted);
        self.codex = options.map(|options| options.codex.clone()).unwrap_or_default();
        self.observer = options.is_some_and(|options| options.observer);
        self.inline = options.map(|options| options.inline).unwrap_or_default();
        self.events =
            options.map(|options| Subscriptions::new(&options.events)).unwrap_or_default();
        let folders = params.workspace_folders.iter().flatten().map(|folder| &folder.uri);
        self.folders = folders.filter_map(|uri| paths::from_uri(uri)).collect();
        if self.folders.is_empty() {
            self.folders.extend(params.root_uri.as_deref().and_then(paths::from_uri));
        }
    }

    /// Sends a note, or keeps it until the editor takes notes.
    pub(super) fn deliver(&mut self, note: Outgoing, effects: &mut Vec<Effect>) {
        if self.initialized {
            effects.push(Effect::Send(self.id, note));
        } else if self.waiting.len() < MAX_WAITING {
            self.waiting.push(note);
        } else {
            self.lost = self.lost.saturating_add(1);
        }
    }

    /// The editor takes notes from here on; what waited goes out. `Some` the first time, with how
    /// many notes found no room.
    pub(super) fn take_notes(&mut self, effects: &mut Vec<Effect>) -> Option<u32> {
        if std::mem::replace(&mut self.initialized, true) {
            return None;
        }
        let id = self.id;
        effects.extend(self.waiting.drain(..).map(|note| Effect::Send(id, note)));
        Some(self.lost)
    }

    /// Whether turns that run are shown as work in progress. Who follows threads shows them better.
    pub fn shows_progress(&self) -> bool {
        self.trusted && self.client.progress && self.inline.progress && !self.events.wants("thread")
    }

    /// Whether codex runs for it.
    pub fn wants_server(&self) -> bool {
        self.trusted && !self.observer
    }

    pub fn holds(&self, cwd: &str) -> bool {
        let cwd = std::path::Path::new(cwd);
        self.folders.iter().any(|folder| paths::holds(folder, cwd) || paths::holds(cwd, folder))
    }

    pub fn document(&self, uri: &str) -> Option<&Document> {
        self.documents.get(uri).or_else(|| {
            self.documents.iter().find(|(open, _)| paths::same_file(open, uri)).map(|(_, d)| d)
        })
    }

    pub fn opened(&mut self, uri: String, version: i64, text: Option<&str>, at: Now) {
        if self.documents.len() >= MAX_DOCUMENTS
            && let Some(oldest) =
                self.documents.iter().min_by_key(|(_, d)| d.opened).map(|(uri, _)| uri.clone())
        {
            self.documents.remove(&oldest);
        }
        self.active = Some(uri.clone());
        self.documents.remove(&uri);
        let text = self.held(text);
        let document = Document { version, text, opened: at.micros, ..Document::default() };
        self.documents.insert(uri, document);
    }

    /// Open documents, and when each was opened, in microseconds of [`Now::micros`].
    pub fn open_files(&self) -> impl Iterator<Item = (&str, u64)> {
        self.documents.iter().map(|(uri, document)| (uri.as_str(), document.opened))
    }

    /// `text` is all of it; `None` where it is not known.
    pub fn edited(&mut self, uri: &str, version: i64, text: Option<&str>) {
        if let Some(document) = self.documents.get_mut(uri) {
            document.version = version;
            (document.dirty, document.synced) = (true, false);
            document.text = None;
            let text = self.held(text);
            if let Some(document) = self.documents.get_mut(uri) {
                document.text = text;
            }
        }
        self.active = Some(uri.to_owned());
    }

    pub fn saved(&mut self, uri: &str) {
        if let Some(document) = self.documents.get_mut(uri) {
            (document.dirty, document.synced) = (false, true);
        }
        self.active = Some(uri.to_owned());
    }

    fn held(&self, text: Option<&str>) -> Option<Arc<str>> {
        let held = self.documents.values().filter_map(|document| document.text.as_deref());
        let held: usize = held.map(str::len).sum();
        text.filter(|text| text.len() <= MAX_TEXT && held + text.len() <= MAX_TEXTS).map(Arc::from)
    }

    pub fn closed(&mut self, uri: &str) {
        self.documents.remove(uri);
        if self.active.as_deref() == Some(uri) {
            self.active = None;
        }
    }

    /// The workspace folder that holds the active document, else the first one.
    pub fn active_folder(&self) -> Option<&PathBuf> {
        let active = self.active.as_deref().and_then(paths::from_uri);
        active
            .and_then(|path| self.folders.iter().find(|folder| paths::holds(folder, &path)))
            .or_else(|| self.folders.first())
    }
}
