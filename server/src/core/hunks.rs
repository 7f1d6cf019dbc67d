//! Hunks: what an editor asks of a file goes to its repository, and everyone is told what changed.

use std::{path::Path, sync::Arc};

use super::{Effect, Purpose, Step, documents::Holder, emphasis};
use crate::{
    git::{self, Act, Answer, File, Listed, Request, Selection, Target},
    paths,
    protocol::{
        Failure, FailureKind, Raw, RpcId, SessionId, ThreadId,
        diff::FileHunks,
        hunk::{
            FileActParams, HunkActParams, HunkAnswer, HunkChanged, HunkIds, HunkJournal,
            HunkJournalParams, HunkJournaled, HunkJournaledParams, HunkKeepParams, HunkKept,
            HunkLines, HunkListParams, HunkTarget, HunkUndoParams, HunkUndone, JournalAction,
            JournalEntry, JournaledFile,
        },
        note,
        turn::{ReviewChanged, ReviewList, TurnDiff, TurnUndone},
    },
};

/// git's own number of unchanged lines around a change.
pub(super) const CONTEXT: u32 = 3;
/// More of them show no more: a file has not that many lines that are worth it.
const MAX_CONTEXT: u32 = 10_000;
const DEFAULT_PAGE: u32 = 100;
const MAX_PAGE: u32 = 1_000;

/// A request that waits for a repository.
pub(super) struct Flow {
    pub(super) session: SessionId,
    pub(super) id: RpcId,
    pub(super) wanted: Wanted,
    /// Documents that the repository was told of, which it names by their place here.
    pub(super) open: Vec<Holder>,
}

/// Hunks as text, for the answers of all who shared one write; and those that everyone was told of last.
#[derive(Default)]
pub(super) struct Written {
    full: Option<(Arc<FileHunks>, Raw)>,
    ids: Option<(Arc<FileHunks>, Raw)>,
    announced: Option<Arc<FileHunks>>,
}

impl Written {
    fn text(&mut self, hunks: &Arc<FileHunks>, answer: HunkAnswer) -> &Raw {
        let (kept, write): (_, fn(&FileHunks) -> Raw) = match answer {
            HunkAnswer::Full => (&mut self.full, |hunks| Raw::of(hunks)),
            HunkAnswer::Ids => (&mut self.ids, |hunks| Raw::of(&HunkIds::from(hunks))),
        };
        if kept.as_ref().is_none_or(|(known, _)| !Arc::ptr_eq(known, hunks)) {
            *kept = None;
        }
        let (_, text) = kept.get_or_insert_with(|| (Arc::clone(hunks), write(hunks)));
        text
    }
}

pub(super) enum Wanted {
    List,
    ListWithWords,
    Act(HunkAnswer),
    Undo,
    Texts,
    Journal {
        limit: usize,
    },
    /// An act that an editor did, or did not do, in a document of its own.
    InDocument {
        made: bool,
        wanted: Box<Wanted>,
    },
    Keep,
    /// Of a thread, which may be held though no turn of it is known.
    TurnDiff(ThreadId),
    TurnUndo(ThreadId),
    Review,
}

impl Step<'_> {
    pub(super) fn hunk_list(&mut self, session: SessionId, id: RpcId, params: HunkListParams) {
        let Some(file) = self.file_of(session, &id, params.uri) else { return };
        let context = params.context_lines.unwrap_or(CONTEXT).min(MAX_CONTEXT);
        let wanted = if params.emphasis { Wanted::ListWithWords } else { Wanted::List };
        self.ask_git(session, id, wanted, Request::List { file, context });
    }

    pub(super) fn hunk_act(
        &mut self,
        session: SessionId,
        id: RpcId,
        act: Act,
        params: HunkActParams,
    ) {
        let HunkActParams { uri, hunk_id, lines, targets, revision, answer } = params;
        let targets = match (hunk_id, targets) {
            (Some(hunk_id), None) => vec![HunkTarget { hunk_id, lines }],
            (None, Some(targets)) if !targets.is_empty() && lines.is_none() => targets,
            _ => {
                let why = "Name one hunkId, with lines if you like, or several targets.";
                return self.fail(session, id, Failure::new(FailureKind::InvalidParams, why));
            }
        };
        let selection = Selection::Hunks(targets.into_iter().map(target).collect());
        self.act_on_file(session, id, act, uri, (selection, revision), answer);
    }

    pub(super) fn file_act(
        &mut self,
        session: SessionId,
        id: RpcId,
        act: Act,
        params: FileActParams,
    ) {
        self.act_on_file(session, id, act, params.uri, (Selection::File, None), params.answer);
    }

    fn act_on_file(
        &mut self,
        session: SessionId,
        id: RpcId,
        act: Act,
        uri: String,
        (selection, revision): (Selection, Option<u64>),
        answer: Option<HunkAnswer>,
    ) {
        let Some(file) = self.file_of(session, &id, uri) else { return };
        let wanted = Wanted::Act(answer.unwrap_or_default());
        let request = Request::Act { act, file, selection, revision, context: CONTEXT };
        self.ask_git(session, id, wanted, request);
    }

    pub(super) fn hunk_undo(&mut self, session: SessionId, id: RpcId, params: HunkUndoParams) {
        let request = Request::Undo { journal_id: params.journal_id, context: CONTEXT };
        self.ask_git(session, id, Wanted::Undo, request);
    }

    pub(super) fn hunk_journal(
        &mut self,
        session: SessionId,
        id: RpcId,
        params: HunkJournalParams,
    ) {
        let before = match params.cursor.as_deref().map(str::parse) {
            None => None,
            Some(Ok(before)) => Some(before),
            Some(Err(_)) => {
                let why = "The cursor is not one of the journal's.";
                return self.fail(session, id, Failure::new(FailureKind::InvalidParams, why));
            }
        };
        let file = match params.uri {
            None => None,
            Some(uri) => match self.file_of(session, &id, uri) {
                Some(file) => Some(file.path),
                None => return,
            },
        };
        let limit = params.limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE) as usize;
        let request = Request::Journal { file, before, limit };
        self.ask_git(session, id, Wanted::Journal { limit }, request);
    }

    pub(super) fn hunk_journaled(
        &mut self,
        session: SessionId,
        id: RpcId,
        params: HunkJournaledParams,
    ) {
        let request = Request::Texts { journal_id: params.journal_id };
        self.ask_git(session, id, Wanted::Texts, request);
    }

    fn file_of(&mut self, session: SessionId, id: &RpcId, uri: String) -> Option<File> {
        let Some(path) = paths::from_uri(&uri) else {
            let why = format!("{uri} is not a file: URI.");
            self.fail(session, id.clone(), Failure::new(FailureKind::InvalidParams, why));
            return None;
        };
        Some(File { uri, path })
    }

    pub(super) fn hunk_keep(&mut self, session: SessionId, id: RpcId, params: HunkKeepParams) {
        let HunkKeepParams { uri, hunk_id, targets } = params;
        let hunks = match (hunk_id, targets) {
            (Some(hunk_id), None) => vec![hunk_id],
            (None, Some(targets)) if !targets.is_empty() => {
                targets.into_iter().map(|target| target.hunk_id).collect()
            }
            _ => {
                let why = "Name one hunkId or several targets.";
                return self.fail(session, id, Failure::new(FailureKind::InvalidParams, why));
            }
        };
        let Some(file) = self.file_of(session, &id, uri) else { return };
        let request = Request::Keep { file, hunks, context: CONTEXT };
        self.ask_git(session, id, Wanted::Keep, request);
    }

    pub(super) fn ask_git(
        &mut self,
        session: SessionId,
        id: RpcId,
        wanted: Wanted,
        request: Request,
    ) {
        let Some(roots) = self.roots(session, &id) else { return };
        let (request, open) = self.minding(request);
        let at = self.now.epoch_ms;
        let token = self.token(Purpose::Hunk(Flow { session, id, wanted, open }));
        let command =
            git::Command { token, asker: session.0.into(), at, within: Vec::new(), request };
        self.effects.push(Effect::Git { roots, command });
    }

    pub(super) fn git_answered(&mut self, token: u64, result: Result<Answer, Failure>) {
        match self.world.purposes.remove(&token) {
            Some(Purpose::Hunk(flow)) => self.hunks_answered(flow, result),
            Some(Purpose::Refusal(flow)) => self.refusal_answered(flow, result),
            Some(Purpose::UndoLast { session, id }) => {
                self.journal_looked_through(session, id, result);
            }
            Some(Purpose::Shown { uri }) => self.hunks_looked_at(&uri, token, result.ok()),
            Some(Purpose::Turn(errand)) => self.errand_done(errand, &result),
            _ => {}
        }
    }

    fn hunks_answered(&mut self, flow: Flow, result: Result<Answer, Failure>) {
        let Flow { session, id, wanted, open } = flow;
        match (result, wanted) {
            (Err(failure), Wanted::TurnDiff(thread) | Wanted::TurnUndo(thread)) => {
                let failure = self.of_thread(&thread, failure);
                self.fail(session, id, failure);
            }
            (Err(failure), _) => self.fail(session, id, failure),
            (Ok(Answer::Hunks(hunks)), Wanted::ListWithWords) => {
                let mut hunks = FileHunks::clone(&hunks);
                emphasis::mark(&mut hunks.unstaged);
                emphasis::mark(&mut hunks.staged);
                self.answer(session, id, &hunks);
            }
            (Ok(Answer::Hunks(hunks) | Answer::Looked { hunks, .. }), _) => {
                self.answer(session, id, &*hunks);
            }
            (Ok(Answer::Acted { hunks, .. }), Wanted::InDocument { made: false, .. }) => {
                let why = "The editor did not make the change: its document is another one by now.";
                let failure = Failure::new(FailureKind::HunkStale, why)
                    .hint("Nothing was touched. Try again.")
                    .with("hunks", serde_json::to_value(&*hunks).unwrap_or_default());
                self.fail(session, id, failure);
            }
            (Ok(Answer::Acted { hunks, journal_id }), Wanted::InDocument { wanted, .. }) => {
                // The file is as it was, and so are its hunks.
                self.acted(session, id, &wanted, &hunks, &journal_id, true);
            }
            (Ok(Answer::Acted { hunks, journal_id }), wanted) => {
                self.acted(session, id, &wanted, &hunks, &journal_id, false);
                self.tell_hunks(&hunks);
            }
            (Ok(Answer::Unsaved { documents, instead }), wanted) => {
                let flow = Flow { session, id, wanted, open };
                self.through_editor(flow, &documents, instead);
            }
            (Ok(Answer::Undone { files, journal_id }), _) => {
                let files = files.iter().map(|file| FileHunks::clone(file)).collect();
                let (hunks, files) = (None, Some(files));
                let undone = HunkUndone { hunks, files, journal_id, unsaved: false };
                self.answer(session, id, &undone);
            }
            (Ok(Answer::Compared(files)), Wanted::TurnDiff(_)) => {
                self.answer(session, id, &TurnDiff { files });
            }
            (Ok(Answer::TurnUndone { journal_id, uris, left_out, late }), _) => {
                self.answer(session, id, &TurnUndone { journal_id, uris, left_out, late });
            }
            (Ok(Answer::Review(files)), _) => self.answer(session, id, &ReviewList { files }),
            (Ok(Answer::Journal(listed)), wanted) => {
                let limit = match wanted {
                    Wanted::Journal { limit } => limit,
                    _ => usize::MAX,
                };
                self.answer(session, id, &page(&listed, limit));
            }
            (Ok(Answer::Texts(texts)), _) => {
                let files = texts.into_iter().filter_map(journaled_file).collect();
                self.answer(session, id, &HunkJournaled { files });
            }
            // Not asked for here: trees are kept and put back by turns, not by hunks.
            (
                Ok(
                    Answer::Checkpoint(_)
                    | Answer::Compared(_)
                    | Answer::Restored { .. }
                    | Answer::Attributed { .. }
                    | Answer::Done,
                ),
                _,
            ) => {
                let why = "The repository answered something else.";
                self.fail(session, id, Failure::new(FailureKind::Internal, why));
            }
        }
    }

    fn acted(
        &mut self,
        session: SessionId,
        id: RpcId,
        wanted: &Wanted,
        hunks: &Arc<FileHunks>,
        journal_id: &str,
        unsaved: bool,
    ) {
        let answer = match wanted {
            Wanted::Act(answer) => *answer,
            Wanted::Keep => {
                let journal_id = journal_id.to_owned();
                return self.answer(session, id, &HunkKept { journal_id });
            }
            _ => HunkAnswer::Full,
        };
        let (journal_id, unsaved) = (Raw::of(journal_id), unsaved.then(|| Raw::of(&true)));
        let text = self.world.told_hunks.text(hunks, answer);
        let mut members = vec![("hunks", text), ("journalId", &journal_id)];
        members.extend(unsaved.as_ref().map(|unsaved| ("unsaved", unsaved)));
        let acted = Raw::object(&members);
        self.reply(session, id, Ok(acted));
    }

    /// Everyone who shows the file's hunks asks for them again; once, where several acts shared a write.
    fn tell_hunks(&mut self, hunks: &Arc<FileHunks>) {
        let told = self.world.told_hunks.announced.replace(Arc::clone(hunks));
        if told.is_some_and(|told| Arc::ptr_eq(&told, hunks)) {
            return;
        }
        self.hunks_are(hunks);
        let all = || hunks.unstaged.iter().chain(&hunks.staged);
        let authored = all().any(|hunk| hunk.origin.is_some()) || self.world.turns.any();
        self.hunks_changed(hunks.uri.clone(), hunks.revision, authored);
    }

    pub(super) fn hunks_changed(&mut self, uri: String, revision: u64, authored: bool) {
        self.look_at_hunks(&uri);
        let changed = HunkChanged { uri, revision };
        self.broadcast("hunk", &note::HunkChanged(&changed), |session| session.trusted);
        if authored {
            self.tell_review();
        }
    }

    pub(super) fn tell_review(&mut self) {
        let changed = note::ReviewChanged(&ReviewChanged {});
        self.broadcast("hunk", &changed, |session| session.trusted);
    }
}

fn target(target: HunkTarget) -> Target {
    let lines = |HunkLines { old, new }| git::LineNumbers { old, new };
    Target { hunk_id: target.hunk_id, lines: target.lines.map(lines) }
}

/// Acts of one write stand together, so a page may be a little longer than was asked for.
fn page(listed: &[Listed], limit: usize) -> HunkJournal {
    let last = listed.last().filter(|_| listed.len() >= limit);
    let number = |listed: &Listed| {
        let name = listed.journal_id.trim_start_matches('j');
        name.split('.').next().map(str::to_owned)
    };
    HunkJournal { entries: listed.iter().map(entry).collect(), next_cursor: last.and_then(number) }
}

fn entry(listed: &Listed) -> JournalEntry {
    let record = &listed.record;
    let root = std::path::PathBuf::from(&record.root);
    let uri = |file: &git::Changed| uri(&root.join(std::path::PathBuf::from(&file.path)));
    JournalEntry {
        journal_id: listed.journal_id.clone(),
        action: match record.action {
            git::Action::Stage => JournalAction::Stage,
            git::Action::Unstage => JournalAction::Unstage,
            git::Action::Revert => JournalAction::Revert,
            git::Action::Undo => JournalAction::Undo,
            git::Action::Restore => JournalAction::Restore,
            git::Action::Refuse => JournalAction::Refuse,
            git::Action::Keep => JournalAction::Keep,
        },
        uris: record.files.iter().filter_map(uri).collect(),
        at: record.at,
        undoes: record.undoes.clone(),
        undone_by: listed.undone_by.clone(),
    }
}

fn journaled_file(texts: git::Texts) -> Option<JournaledFile> {
    let lossy =
        |text: Option<Vec<u8>>| text.map(|text| String::from_utf8_lossy(&text).into_owned());
    let git::Texts { path, before, after, whole } = texts;
    Some(JournaledFile { uri: uri(&path)?, before: lossy(before), after: lossy(after), whole })
}

fn uri(path: &Path) -> Option<String> {
    paths::to_uri(path)
}

impl From<git::Error> for Failure {
    fn from(error: git::Error) -> Self {
        let failure = Self::new(error.kind(), sentence(&error.to_string()));
        match error {
            git::Error::HunkStale(hunks) => failure
                .hint("The file has changed since: choose among its hunks as they are now.")
                .with("hunks", serde_json::to_value(&*hunks).unwrap_or_default()),
            git::Error::Changed(paths) => {
                let uris: Vec<String> = paths.iter().filter_map(|path| uri(path)).collect();
                failure.hint("What is there now is newer; nothing was touched.").with("uris", uris)
            }
            git::Error::IndexLocked { .. } => failure
                .hint("Another git works on this repository. If none does, remove its index.lock."),
            git::Error::TooLarge { most, .. } => failure.with("limit", most),
            git::Error::Gone => failure.hint("Try again."),
            _ => failure,
        }
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str().trim_end_matches('.'))
}
