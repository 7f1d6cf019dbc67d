//! The agent's turns as changes of files: each is framed by two checkpoints, and after each item its repository looks
//! at what the item wrote. Nothing of the turn waits for that.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    path::PathBuf,
};

use super::{
    Effect, Purpose, Step,
    grants::Root,
    hunks::{CONTEXT, Wanted},
};
use crate::{
    codex::views,
    git::{self, Answer, File, Heard, Item, Request},
    paths,
    protocol::{
        Failure, FailureKind, Raw, RpcId, SessionId, ThreadId, TurnId,
        turn::{ReviewListParams, TurnDiffParams, TurnUndoParams},
    },
};

/// Turns whose prompts are remembered.
const MAX_ABOUT: usize = 10_000;
/// Open files that are watched.
const MAX_WATCHED: usize = 256;

/// Turns that run, and what is known of all.
#[derive(Default)]
pub struct Turns {
    running: HashMap<ThreadId, Running>,
    prompts: HashMap<git::TurnId, Option<String>>,
    /// The oldest first.
    order: VecDeque<git::TurnId>,
    /// Files are watched.
    watches: bool,
}

struct Running {
    id: git::TurnId,
    folder: PathBuf,
    /// Where host operations were allowed when it began: it outlives the window that began it.
    roots: Vec<Root>,
    /// What became of the checkpoint from before the turn.
    taken: Taken,
    heard: Heard,
    /// Items that may write and have not ended, with when they began, in epoch milliseconds.
    open: BTreeMap<String, u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    NotYet,
    Yes,
    No,
}

/// What was asked of a repository for nobody in particular.
pub(super) enum Errand {
    Begin(ThreadId, git::TurnId),
    Look,
    Watch,
}

impl Turns {
    /// The first line of what was asked in a turn, where that is known.
    pub fn prompt(&self, thread: &str, turn: &str) -> Option<&str> {
        let id = git::TurnId { thread: thread.to_owned(), turn: turn.to_owned() };
        self.prompts.get(&id)?.as_deref()
    }

    /// Whether any turn is known.
    pub(super) fn any(&self) -> bool {
        !self.order.is_empty()
    }

    /// Turns of earlier runs. What is known better already stays.
    pub(super) fn know(&mut self, turns: Vec<git::TurnAbout>) {
        for git::TurnAbout { id, prompt, .. } in turns {
            if self.prompts.get(&id).is_none_or(Option::is_none) {
                self.remember(id, prompt);
            }
        }
    }

    fn remember(&mut self, id: git::TurnId, prompt: Option<String>) {
        if self.prompts.insert(id.clone(), prompt).is_none() {
            self.order.push_back(id);
        }
        while self.order.len() > MAX_ABOUT {
            if let Some(oldest) = self.order.pop_front() {
                self.prompts.remove(&oldest);
            }
        }
    }
}

impl Step<'_> {
    /// A note of a thread, once the thread itself has taken it in.
    pub(super) fn turn_noted(&mut self, method: &str, thread: Option<&ThreadId>, params: &Raw) {
        let Some(thread) = thread else { return };
        match method {
            "turn/started" => {
                let Ok(note) = params.view::<views::TurnNote>() else { return };
                self.turn_begins(thread, &TurnId::from(&*note.turn.id));
            }
            "item/started" => {
                let Ok(note) = params.view::<views::ItemStarted>() else { return };
                self.item_begins(thread, &Raw::from(note.item), note.started_at_ms);
            }
            "item/completed" => {
                let Ok(note) = params.view::<views::ItemCompleted>() else { return };
                self.item_ends(thread, &Raw::from(note.item));
            }
            "turn/completed" => self.turn_ends(thread),
            _ => {}
        }
    }

    /// A turn is asked for: the tree is looked at before the agent hears of it.
    pub(super) fn turn_comes(&mut self, params: &Raw) {
        let Some(thread) = views::thread_id(params) else { return };
        let Some(folder) = self.world.threads.cwd(&thread).map(PathBuf::from) else { return };
        let (roots, thread) = (self.all_roots(), thread.into_string());
        self.send_errand(roots, Errand::Look, Request::TurnComes { folder, thread });
    }

    fn turn_begins(&mut self, thread: &ThreadId, turn: &TurnId) {
        let turn = self.own_id(thread, turn);
        let id = git::TurnId { thread: thread.to_string(), turn };
        let runs = self.world.turns.running.get(thread).map(|running| &running.id);
        if runs == Some(&id) || self.world.turns.prompts.contains_key(&id) {
            return;
        }
        let Some(folder) = self.world.threads.cwd(thread.as_str()).map(PathBuf::from) else {
            return;
        };
        // One that was not told to have ended.
        self.turn_ends(thread);
        let roots = self.all_roots();
        let running = Running {
            id: id.clone(),
            folder: folder.clone(),
            roots: roots.clone(),
            taken: Taken::NotYet,
            heard: Heard::default(),
            open: BTreeMap::new(),
        };
        self.world.turns.running.insert(thread.clone(), running);
        self.world.turns.remember(id.clone(), None);
        let errand = Errand::Begin(thread.clone(), id.clone());
        self.send_errand(roots, errand, Request::TurnBegins { folder, id });
    }

    fn item_begins(&mut self, thread: &ThreadId, item: &Raw, began_at: i64) {
        let Ok(about) = item.view::<views::Item>() else { return };
        if &*about.kind == "userMessage" {
            return self.asked(thread, item);
        }
        let Some(running) = self.world.turns.running.get_mut(thread) else { return };
        if writes(&about.kind) {
            // In its first moment it may have written already.
            running.heard.late |= running.taken == Taken::NotYet;
            let began_at = u64::try_from(began_at).unwrap_or(0);
            running.open.entry(about.id.into_string()).or_insert(began_at);
        }
    }

    fn item_ends(&mut self, thread: &ThreadId, item: &Raw) {
        let Ok(about) = item.view::<views::Item>() else { return };
        if &*about.kind == "userMessage" {
            return self.asked(thread, item);
        }
        let at = self.now.epoch_ms;
        let Some(running) = self.world.turns.running.get_mut(thread) else { return };
        if !writes(&about.kind) || running.taken == Taken::No {
            return;
        }
        let began_at = running.open.remove(&*about.id).unwrap_or(at);
        let paths = match item.view::<views::FileChangeItem>() {
            Ok(change) if &*about.kind == "fileChange" => Some(paths_of(&change)),
            _ => None,
        };
        let item = Item { id: about.id.into_string(), began_at, paths };
        let (id, heard) = (running.id.clone(), running.heard.clone());
        let (folder, roots) = (running.folder.clone(), running.roots.clone());
        self.send_errand(roots, Errand::Look, Request::TurnWrote { folder, id, item, heard });
    }

    /// What was asked first is what the turn is known by.
    fn asked(&mut self, thread: &ThreadId, item: &Raw) {
        let Some(running) = self.world.turns.running.get_mut(thread) else { return };
        if running.heard.prompt.is_some() {
            return;
        }
        let Ok(message) = item.view::<views::UserMessageItem>() else { return };
        let texts = message.content.iter().filter_map(|part| {
            let part: Text = serde_json::from_str(part.get()).ok()?;
            part.text
        });
        let text = texts.collect::<Vec<_>>().join("\n");
        let line = text.lines().map(str::trim).find(|line| !line.is_empty());
        let prompt = line.map(str::to_owned);
        running.heard.prompt.clone_from(&prompt);
        let id = running.id.clone();
        self.world.turns.remember(id, prompt);
    }

    fn turn_ends(&mut self, thread: &ThreadId) {
        let Some(running) = self.world.turns.running.remove(thread) else { return };
        if running.taken == Taken::No {
            return;
        }
        let Running { id, folder, roots, heard, open, .. } = running;
        let open = open.into_iter().map(|(id, began_at)| Item { id, began_at, paths: None });
        let request = Request::TurnEnds { folder, id, open: open.collect(), heard };
        self.send_errand(roots, Errand::Look, request);
    }

    /// The app-server is gone, and every turn with it.
    pub(super) fn turns_died(&mut self) {
        let mut threads: Vec<ThreadId> = self.world.turns.running.keys().cloned().collect();
        threads.sort();
        for thread in threads {
            self.turn_ends(&thread);
        }
    }

    /// A person saved a file while a turn runs: that is not the agent's.
    pub(super) fn file_saved(&mut self, session: SessionId, uri: &str) {
        let trusted = self.world.sessions.get(&session).is_some_and(|session| session.trusted);
        if !trusted || self.world.turns.running.is_empty() {
            return;
        }
        let Some(path) = paths::from_uri(uri) else { return };
        let roots = self.all_roots();
        let file = File { uri: uri.to_owned(), path };
        self.send_errand(roots, Errand::Look, Request::Saved { file });
    }

    /// From now on changes of the files that are open are told, the latest opened first.
    pub(super) fn watch_open_files(&mut self) {
        let trusted = self.world.sessions.values().filter(|session| session.trusted);
        let mut files: Vec<(u64, File)> = trusted
            .flat_map(super::session::Session::open_files)
            .filter_map(|(uri, opened)| {
                Some((opened, File { uri: uri.to_owned(), path: paths::from_uri(uri)? }))
            })
            .collect();
        files.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.uri.cmp(&other.1.uri)));
        files.dedup_by(|one, other| one.1 == other.1);
        files.truncate(MAX_WATCHED);
        let watches = !files.is_empty();
        if watches || std::mem::replace(&mut self.world.turns.watches, watches) {
            self.world.turns.watches = watches;
            let files = files.into_iter().map(|(_, file)| file).collect();
            let roots = self.all_roots();
            self.send_errand(roots, Errand::Watch, Request::WatchAll { files });
        }
    }

    fn send_errand(&mut self, roots: Vec<Root>, errand: Errand, request: Request) {
        let at = self.now.epoch_ms;
        let token = self.token(Purpose::Turn(errand));
        self.effects.push(Effect::Git {
            roots,
            command: git::Command { token, asker: 0, at, within: Vec::new(), request },
        });
    }

    pub(super) fn errand_done(&mut self, errand: Errand, result: &Result<Answer, Failure>) {
        if let Err(failure) = result {
            tracing::debug!(failure = %failure.message, "a turn's files cannot be followed");
        }
        if let Errand::Begin(thread, id) = errand
            && let Some(running) = self.world.turns.running.get_mut(&thread)
            && running.id == id
        {
            running.taken = if result.is_ok() { Taken::Yes } else { Taken::No };
        }
    }

    pub(super) fn turn_diff(&mut self, session: SessionId, id: RpcId, params: &TurnDiffParams) {
        let thread = &params.thread_id;
        let asked = params.turn_id.as_ref().map(|turn| self.own_id(thread, turn));
        let running = self.world.turns.running.get(thread);
        let running =
            running.filter(|running| asked.as_ref().is_none_or(|turn| *turn == running.id.turn));
        let request = Request::TurnDiff {
            thread: thread.to_string(),
            turn: running.map(|running| running.id.turn.clone()).or(asked),
            runs: running.map(|running| running.folder.clone()),
            context: CONTEXT,
        };
        self.ask_git(session, id, Wanted::TurnDiff(thread.clone()), request);
    }

    pub(super) fn turn_undo(&mut self, session: SessionId, id: RpcId, params: &TurnUndoParams) {
        let TurnUndoParams { thread_id, turn_id } = params;
        if self.world.turns.running.contains_key(thread_id) {
            let why = "A turn of this thread runs, and writes.";
            let failure = Failure::new(FailureKind::ThreadBusy, why)
                .hint("Stop it or wait for its end, then try again.")
                .with("threadId", thread_id.as_str());
            return self.fail(session, id, failure);
        }
        let turn = self.own_id(thread_id, turn_id);
        let turn = git::TurnId { thread: thread_id.to_string(), turn };
        let request = Request::TurnUndo { id: turn };
        self.ask_git(session, id, Wanted::TurnUndo(thread_id.clone()), request);
    }

    pub(super) fn review_list(&mut self, session: SessionId, id: RpcId, params: &ReviewListParams) {
        let context = params.context_lines.unwrap_or(CONTEXT);
        self.ask_git(session, id, Wanted::Review, Request::Review { roots: Vec::new(), context });
    }

    /// A thread that is held is known, though none of its turns is.
    pub(super) fn of_thread(&self, thread: &ThreadId, failure: Failure) -> Failure {
        let held = self.world.threads.get(thread.as_str()).is_some();
        if held && failure.kind == FailureKind::ThreadUnknown {
            let why = format!("Nothing is known of what turns of thread {thread} changed.");
            return Failure::new(FailureKind::JournalUnknown, why);
        }
        failure
    }

    /// The id that the thread itself has for this turn: a review has two.
    fn own_id(&self, thread: &ThreadId, turn: &TurnId) -> String {
        let held = self.world.threads.get(thread.as_str());
        held.map_or_else(|| turn.to_string(), |held| held.thread.resolve_turn(turn).to_string())
    }
}

/// A part of a message; others than texts have none.
#[derive(serde::Deserialize)]
struct Text {
    text: Option<String>,
}

/// Whether an item of this kind may write files.
fn writes(kind: &str) -> bool {
    matches!(
        kind,
        "fileChange" | "commandExecution" | "mcpToolCall" | "dynamicToolCall" | "imageGeneration"
    )
}

fn paths_of(change: &views::FileChangeItem<'_>) -> Vec<PathBuf> {
    let paths = change.changes.iter().flat_map(|change| {
        let moved = change.kind.move_path.as_ref().map(|path| PathBuf::from(&**path));
        [Some(PathBuf::from(&*change.path)), moved]
    });
    paths.flatten().collect()
}
