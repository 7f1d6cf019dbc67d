//! Requests of files that editors have open: nothing is written behind a document with unsaved edits.

use std::path::{Path, PathBuf};

use super::{
    Error,
    acts::{Act, path_of},
    answer::Answer,
    checkpoint,
    document::{InDocument, OpenDocument, Planned},
    journal::numbers,
    place,
    record::{Place, Written},
    room::{File, Request, leaf},
    select::{Asked, Refused},
    service::Service,
};

impl Service<'_> {
    /// What is to be done in a document instead, or why nothing is done at all. `None` where no document has edits
    /// that are not saved.
    pub fn mind(
        &mut self,
        at: u64,
        asker: u64,
        open: &[OpenDocument],
        request: &Request,
    ) -> Result<Option<Answer>, Error> {
        let paths = self.written_by(request)?;
        let mut unsaved = Vec::new();
        for document in open {
            let path = self.inside(&document.path);
            if paths.contains(&path) && document.is_unsaved(&place::read(self.root, &path)?) {
                unsaved.push(document);
            }
        }
        let instead = match (unsaved.as_slice(), paths.as_slice(), request) {
            ([], ..) => return Ok(None),
            ([OpenDocument { editable: true, text: Some(text), .. }], [path], request) => {
                self.instead(at, asker, path, text, request)?
            }
            _ => None,
        };
        let documents = unsaved.iter().map(|document| document.number).collect();
        Ok(Some(Answer::Unsaved { documents, instead }))
    }

    fn instead(
        &mut self,
        at: u64,
        asker: u64,
        path: &Path,
        text: &str,
        request: &Request,
    ) -> Result<Option<InDocument>, Error> {
        let planned = match request {
            Request::Act { act: Act::Revert, file, selection, revision, context } => {
                let told = leaf(&self.room.memory).told(&file.path, asker, *revision);
                let asked = Asked { selection, told };
                match self.scene(at)?.revert_in_document(path, &asked, text) {
                    Ok(planned) => planned,
                    Err(Refused::Stale) => {
                        return Err(Error::HunkStale(self.list(file, [asker], *context)?));
                    }
                    Err(Refused::Because(error)) => {
                        return Err(self.with_fresh_list(error, file, [asker], *context));
                    }
                }
            }
            Request::Undo { journal_id, context } => {
                let (written, act) = self.room.journal.read(journal_id)?;
                let planned = self.scene(at)?.undo_in_document(journal_id, &written, act, text);
                match planned {
                    Ok(planned) => planned,
                    Err(error) => {
                        let file = self.file(path);
                        return Err(self.with_fresh_list(error, &file, [asker], *context));
                    }
                }
            }
            _ => Planned::OnDiskOnly,
        };
        Ok(match planned {
            Planned::Edits(edits) => Some(edits),
            Planned::OnDiskOnly => None,
        })
    }

    /// The files of the working tree that a request would write, relative to its root.
    fn written_by(&mut self, request: &Request) -> Result<Vec<PathBuf>, Error> {
        match request {
            Request::Act { act: Act::Revert, file, .. } => Ok(vec![self.inside(&file.path)]),
            Request::Undo { journal_id, .. } => {
                let (Written { record, .. }, _) = self.room.journal.read(journal_id)?;
                let on_disk = record.place != Place::Index && record.keeps.is_none();
                Ok(record.files.iter().filter(|_| on_disk).map(path_of).collect())
            }
            Request::Restore { from, to, .. } => {
                let mark = self.room.journal.mark.clone();
                let repository = self.repository()?;
                let from = match from {
                    Some(from) => checkpoint::tree(repository, from)?,
                    None => checkpoint::take(repository, &mark, None)?.tree,
                };
                let to = checkpoint::tree(repository, to)?;
                let differences = checkpoint::compare(&repository.git, &from, &to)?;
                Ok(differences.into_iter().map(|one| one.path).collect())
            }
            Request::TurnUndo { id } => {
                let scope = self.room.turns.get(self.root, id)?.scope().and(&self.scope);
                let repository = self.repository()?;
                let tree = |name: &str| checkpoint::tree(repository, name);
                let (start, end) = (tree(&id.start())?, tree(&id.end())?);
                let differences = checkpoint::compare(&repository.git, &end, &start)?;
                let differences = scope.of_differences(differences);
                Ok(differences.into_iter().map(|one| one.path).collect())
            }
            Request::Refuse { unwanted, .. } => {
                Ok(unwanted.iter().map(|one| self.inside(&one.path)).collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    pub fn settle(
        &mut self,
        asker: u64,
        journal_id: &str,
        made: bool,
        uri: Option<String>,
        context: u32,
    ) -> Result<Answer, Error> {
        let (Written { record, .. }, _) = self.room.journal.read(journal_id)?;
        let (number, _) =
            numbers(journal_id).ok_or_else(|| Error::JournalUnknown(journal_id.to_owned()))?;
        self.room.journal.settle(number, made)?;
        let path = record.files.first().map(path_of).unwrap_or_default();
        let file = self.file(&path);
        let file = File { uri: uri.unwrap_or(file.uri), ..file };
        let hunks = self.list(&file, [asker], context)?;
        Ok(Answer::Acted { hunks, journal_id: journal_id.to_owned() })
    }
}
