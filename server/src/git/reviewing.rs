//! What a repository's thread does about the agent's work: looks at it, tells of it, takes it back, keeps it.

use std::path::{Path, PathBuf};

use super::{
    Error,
    acts::Scene,
    answer::Answer,
    attribute::{Desk, Undone},
    checkpoint, compare,
    hunks::{Side, context_of},
    journal::id,
    keep::{Kept, Story, marks},
    limits::MAX_CONTEXT,
    record::{Action, Changed, Keeps, PathText},
    room::{Event, File, MAX_TOLD},
    service::Service,
    snapshot::Snapshot,
    turn_id::TurnId,
};
use crate::protocol::turn::FileReview;

/// Unchanged lines around the hunks of a review, as git has it.
const CONTEXT: u32 = 3;

impl Service<'_> {
    pub fn desk(&mut self, at: u64) -> Result<Desk<'_>, Error> {
        let room = self.room;
        let (repository, scope) = self.there()?;
        Ok(Desk { repository, turns: &room.turns, mark: &room.journal.mark, scope, at })
    }

    /// What is known of a file besides its hunks.
    pub fn story(&self, path: &Path) -> Story {
        let known = self.room.turns.known_lately(self.root, path);
        Story { known, kept: self.room.journal.kept(self.root, path) }
    }

    /// What else than the file makes its hunks others.
    pub fn besides(&self, path: &Path, kept: &Kept) -> (u64, u64) {
        (self.room.turns.generation(self.root, path), kept.last)
    }

    /// Files that changed since, by their absolute paths.
    pub fn changed(&self, paths: Vec<PathBuf>) -> Error {
        Error::Changed(paths.into_iter().map(|path| self.root.join(path)).collect())
    }

    pub fn whole(&self, error: Error) -> Error {
        match error {
            Error::Changed(paths) => self.changed(paths),
            error => error,
        }
    }

    /// A file of this working tree, by the name that the editor has for it where it watches it.
    pub fn file(&self, path: &Path) -> File {
        let path = self.root.join(path);
        let watched = self.watch.as_ref().map(super::watch::Watch::files).unwrap_or_default();
        let known = watched.iter().find(|file| file.path == path);
        known.cloned().unwrap_or_else(|| File { uri: (self.room.options.uri_of)(&path), path })
    }

    pub fn report(&self, file: File, revision: u64) {
        let authored = self.room.turns.known(self.root, &self.inside(&file.path)).is_some();
        (self.room.report)(Event::Changed { file, revision, authored });
    }

    /// Everyone hears of these files that they are others now.
    fn report_all(&mut self, paths: &[PathBuf]) {
        for path in paths.iter().take(super::turns::MAX_FILES) {
            let file = self.file(path);
            match self.revision(&file) {
                Ok(revision) => self.report(file, revision),
                Err(error) => tracing::debug!(%error, "a file cannot be looked at"),
            }
        }
    }

    pub fn looked(&mut self, looked: Result<Vec<PathBuf>, Error>) -> Result<Answer, Error> {
        let paths = looked?;
        self.report_all(&paths);
        Ok(Answer::Attributed { files: paths.len() })
    }

    pub fn saved(&mut self, file: &File, at: u64) -> Result<Answer, Error> {
        let path = self.inside(&file.path);
        self.desk(at)?.not_the_agents(&path, true)?;
        Ok(Answer::Done)
    }

    /// An act of a person is none of the turns that run.
    pub fn not_the_agents(&mut self, at: u64, paths: &[PathBuf]) {
        for path in paths {
            let told = self.desk(at).and_then(|desk| desk.not_the_agents(path, false));
            if let Err(error) = told {
                tracing::warn!(%error, "an act may be taken for the agent's");
            }
        }
    }

    pub fn turn_diff(
        &mut self,
        thread: &str,
        turn: Option<&str>,
        runs: bool,
        context: u32,
    ) -> Result<Answer, Error> {
        let room = self.room;
        let (root, id) = room.turn(thread, turn)?;
        let turn = room.turns.get(&root, &id)?;
        let scope = turn.scope().and(&self.scope);
        let repository = self.repository()?;
        let start = checkpoint::tree(repository, &id.start())?;
        let end = if runs {
            checkpoint::take_of(repository, &room.journal.mark, &scope, None)?.tree
        } else {
            checkpoint::tree(repository, &id.end())?
        };
        let differences = checkpoint::compare(&repository.git, &start, &end)?;
        let differences = scope.of_differences(differences);
        let story_of = |path: &Path| Story {
            known: turn.known(&PathText::from(path)).into_iter().collect(),
            kept: Kept::default(),
        };
        let context = context.min(MAX_CONTEXT);
        let uri_of = room.options.uri_of;
        compare::files(repository, &differences, context, uri_of, &story_of).map(Answer::Compared)
    }

    pub fn turn_undo(&mut self, at: u64, id: &TurnId) -> Result<Answer, Error> {
        let room = self.room;
        let turn = room.turns.get(self.root, id)?;
        let desk = self.desk(at)?;
        let scene = Scene { repository: desk.repository, journal: &room.journal, at };
        let undone = desk.undo(&scene, &turn);
        let Undone { number, paths, elsewhere } = undone.map_err(|error| self.whole(error))?;
        self.not_the_agents(at, &paths);
        self.report_all(&paths);
        let uri = |path: &Path| {
            let whole = path.as_os_str().is_empty();
            (room.options.uri_of)(&if whole { self.root.to_owned() } else { self.root.join(path) })
        };
        let left_out = turn.left_out.iter().map(PathBuf::from).chain(elsewhere);
        Ok(Answer::TurnUndone {
            journal_id: number.map(id_of),
            uris: paths.iter().map(|path| uri(path)).collect(),
            left_out: left_out.map(|path| uri(&path)).collect(),
            late: turn.late,
        })
    }

    /// Several files were put back as they had been.
    pub fn undone(
        &mut self,
        asker: u64,
        journal_id: String,
        paths: &[PathBuf],
        context: u32,
    ) -> Answer {
        let mut files = Vec::new();
        for path in paths.iter().take(MAX_TOLD) {
            let file = self.file(path);
            files.extend(self.list(&file, [asker], context).ok());
        }
        self.report_all(paths);
        Answer::Undone { files, journal_id }
    }

    pub fn keep(
        &mut self,
        at: u64,
        asker: u64,
        file: &File,
        hunks: &[String],
        context: u32,
    ) -> Result<Answer, Error> {
        let path = self.inside(&file.path);
        let snapshot = Snapshot::take(self.repository()?, &path)?;
        let mut changes = Vec::new();
        for wanted in hunks {
            // Of a mode, which no context is around.
            let around = context_of(wanted, Side::Unstaged).unwrap_or(CONTEXT).min(MAX_CONTEXT);
            let mut listed = snapshot.list(Side::Unstaged, around)?;
            let pair = snapshot.pair(Side::Unstaged)?;
            let marked = marks(&pair, &mut listed)?;
            let Some((_, marks)) = marked.into_iter().find(|(hunk, _)| hunk.hunk_id == *wanted)
            else {
                return Err(Error::HunkStale(self.list(file, [asker], context)?));
            };
            changes.extend(marks);
        }
        let state = super::acts::disk_state(&snapshot.disk)?;
        let (before, after) = (state.clone(), state);
        let files = vec![Changed { path: path.as_path().into(), before, after, temporary: None }];
        let keeps = Keeps { kept: true, changes };
        let number = self.scene(at)?.keep(Action::Keep, files, keeps, None)?;
        let hunks = self.list(file, [asker], context)?;
        Ok(Answer::Acted { hunks, journal_id: id_of(number) })
    }

    pub fn review(&mut self, asker: u64, context: u32) -> Result<Answer, Error> {
        let (mut files, mut reviewed) = (Vec::new(), Vec::new());
        for path in self.desk(0)?.to_review()? {
            let file = self.file(&path);
            let hunks = match self.list(&file, [asker], context) {
                Ok(hunks) => hunks,
                Err(error) => {
                    tracing::debug!(%error, "a file cannot be reviewed");
                    continue;
                }
            };
            let open = |hunk: &&crate::protocol::diff::Hunk| hunk.origin.is_some() && !hunk.kept;
            let hunks: Vec<_> = hunks.unstaged.iter().filter(open).cloned().collect();
            if !hunks.is_empty() {
                files.push(FileReview { uri: file.uri.clone(), hunks });
                reviewed.push(file);
            }
        }
        if self.reviewed != reviewed {
            self.reviewed = reviewed;
            if let Err(error) = self.rewatch() {
                tracing::debug!(%error, "files of the review list cannot be watched");
            }
        }
        Ok(Answer::Review(files))
    }
}

fn id_of(number: u64) -> String {
    id(number, 0)
}
