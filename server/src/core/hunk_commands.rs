//! Commands of lenses and actions at hunks: the same calls that a rich editor makes.

use std::path::PathBuf;

use super::{Effect, HunkCommand, Purpose, Step};
use crate::{
    git::{self, Act, Action, Answer, Listed, Request},
    paths,
    protocol::{
        Failure, FailureKind, RpcId, SessionId,
        hunk::{HunkActParams, HunkAnswer, HunkKeepParams, HunkUndoParams},
    },
};

/// Acts that are looked through for one that can be taken back.
const MAX_LOOKED: usize = 1_000;

impl Step<'_> {
    pub(super) fn hunk_command(
        &mut self,
        session: SessionId,
        id: RpcId,
        command: HunkCommand,
        uri: String,
        hunk_id: String,
    ) {
        let act = match command {
            HunkCommand::Keep => {
                let params = HunkKeepParams { uri, hunk_id: Some(hunk_id), targets: None };
                return self.hunk_keep(session, id, params);
            }
            HunkCommand::Revert => Act::Revert,
            HunkCommand::Stage => Act::Stage,
            HunkCommand::Unstage => Act::Unstage,
        };
        let params = HunkActParams {
            uri,
            hunk_id: Some(hunk_id),
            lines: None,
            targets: None,
            revision: None,
            answer: Some(HunkAnswer::Ids),
        };
        self.hunk_act(session, id, act, params);
    }

    pub(super) fn undo_last(&mut self, session: SessionId, id: RpcId) {
        let Some(roots) = self.roots(session, &id) else { return };
        let token = self.token(Purpose::UndoLast { session, id });
        let request = Request::Journal { file: None, before: None, limit: MAX_LOOKED };
        let (asker, at) = (session.0.into(), self.now.epoch_ms);
        let command = git::Command { token, asker, at, within: Vec::new(), request };
        self.effects.push(Effect::Git { roots, command });
    }

    pub(super) fn journal_looked_through(
        &mut self,
        session: SessionId,
        id: RpcId,
        result: Result<Answer, Failure>,
    ) {
        let listed = match result {
            Ok(Answer::Journal(listed)) => listed,
            Ok(_) => Vec::new(),
            Err(failure) => return self.fail(session, id, failure),
        };
        let Some(roots) = self.roots(session, &id) else { return };
        let stands = |one: &&Listed| {
            let root = PathBuf::from(&one.record.root);
            // An undo is taken back by name: to go on means to go further back.
            one.undone_by.is_none()
                && one.record.action != Action::Undo
                && roots.iter().any(|granted| {
                    paths::holds(&granted.path, &root) || paths::holds(&root, &granted.path)
                })
        };
        let Some(last) = listed.iter().find(stands) else {
            let why = "There is nothing to take back.";
            return self.fail(session, id, Failure::new(FailureKind::JournalUnknown, why));
        };
        let journal_id = last.journal_id.clone();
        self.hunk_undo(session, id, HunkUndoParams { journal_id });
    }
}
