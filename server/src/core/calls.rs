//! Which part of the core takes which request of ours.

use super::Step;
use crate::{
    git,
    protocol::{ClientCall, Failure, FailureKind, RpcId, SessionId, host::Pong},
};

impl Step<'_> {
    pub(super) fn call(&mut self, session: SessionId, id: RpcId, call: ClientCall) {
        match call {
            ClientCall::Ping(_) => {
                let uptime_ms = (self.now.micros - self.world.started.micros) / 1_000;
                self.answer(session, id, &Pong { uptime_ms });
            }
            ClientCall::Metrics(_) => self.metrics(session, id),
            ClientCall::AppServerStatus(_) => self.app_server_status(session, id),
            ClientCall::AppServerStart(_) => self.app_server_start(session, id),
            ClientCall::AppServerStop(_) => self.app_server_stop(session, id),
            ClientCall::AppServerRestart(_) => self.app_server_restart(session, id),
            ClientCall::ApprovalList(params) => self.approval_list(session, id, &params),
            ClientCall::ApprovalDecide(params) => self.approval_decide(session, id, params),
            ClientCall::ApprovalProposed(params) => self.approval_proposed(session, id, params),
            ClientCall::ApprovalHistory(params) => self.approval_history(session, id, params),
            ClientCall::ThreadSubscribe(params) => self.thread_subscribe(session, id, &params),
            ClientCall::ThreadUnsubscribe(params) => self.thread_unsubscribe(session, id, &params),
            ClientCall::ThreadSnapshot(params) => self.thread_snapshot(session, id, params),
            ClientCall::ThreadItem(params) => self.thread_item(session, id, &params),
            ClientCall::ThreadRunning(params) => self.thread_running(session, id, params),
            ClientCall::ThreadEndProcess(params) => self.thread_end_process(session, id, &params),
            ClientCall::QueueList(params) => self.queue_list(session, id, &params),
            ClientCall::QueueAdd(params) => self.queue_add(session, id, params),
            ClientCall::QueueUpdate(params) => self.queue_update(session, id, params),
            ClientCall::QueueRemove(params) => self.queue_remove(session, id, params),
            ClientCall::QueueReorder(params) => self.queue_reorder(session, id, params),
            ClientCall::AtomGet(params) => self.atom_get(session, id, params),
            ClientCall::AtomSet(params) => self.atom_set(session, id, params),
            ClientCall::AtomDelete(params) => self.atom_delete(session, id, params),
            ClientCall::AtomList(params) => self.atom_list(session, id, params),
            ClientCall::GrantList(_) => self.grant_list(session, id),
            ClientCall::GrantAdd(params) => self.grant_add(session, id, &params),
            ClientCall::GrantRemove(params) => self.grant_remove(session, id, &params),
            ClientCall::HunkList(params) => self.hunk_list(session, id, params),
            ClientCall::HunkStage(params) => self.hunk_act(session, id, git::Act::Stage, params),
            ClientCall::HunkUnstage(params) => {
                self.hunk_act(session, id, git::Act::Unstage, params);
            }
            ClientCall::HunkRevert(params) => self.hunk_act(session, id, git::Act::Revert, params),
            ClientCall::FileStage(params) => self.file_act(session, id, git::Act::Stage, params),
            ClientCall::FileUnstage(params) => {
                self.file_act(session, id, git::Act::Unstage, params);
            }
            ClientCall::FileRevert(params) => self.file_act(session, id, git::Act::Revert, params),
            ClientCall::HunkKeep(params) => self.hunk_keep(session, id, params),
            ClientCall::TurnDiff(params) => self.turn_diff(session, id, &params),
            ClientCall::TurnUndo(params) => self.turn_undo(session, id, &params),
            ClientCall::ReviewList(params) => self.review_list(session, id, &params),
            ClientCall::HunkUndo(params) => self.hunk_undo(session, id, params),
            ClientCall::HunkJournal(params) => self.hunk_journal(session, id, params),
            ClientCall::HunkJournaled(params) => self.hunk_journaled(session, id, params),
            call @ (ClientCall::TerminalCreate(_)
            | ClientCall::TerminalAttach(_)
            | ClientCall::TerminalWrite(_)
            | ClientCall::TerminalResize(_)
            | ClientCall::TerminalAck(_)
            | ClientCall::TerminalDetach(_)
            | ClientCall::TerminalClose(_)
            | ClientCall::TerminalRestart(_)
            | ClientCall::TerminalWatch(_)
            | ClientCall::TerminalList(_)) => self.terminal_call(session, id, call),
            call @ (ClientCall::AutomationCreate(_)
            | ClientCall::AutomationUpdate(_)
            | ClientCall::AutomationGet(_)
            | ClientCall::AutomationPause(_)
            | ClientCall::AutomationResume(_)
            | ClientCall::AutomationDelete(_)
            | ClientCall::AutomationList(_)
            | ClientCall::AutomationRun(_)
            | ClientCall::AutomationPreview(_)
            | ClientCall::AutomationRuns(_)
            | ClientCall::AutomationRunAccept(_)
            | ClientCall::AutomationRunArchive(_)
            | ClientCall::InboxList(_)
            | ClientCall::InboxMarkRead(_)
            | ClientCall::InboxArchive(_)) => self.automation_call(session, id, call),
            ClientCall::FileListDirectory(params) => self.list_directory(session, id, &params),
            ClientCall::SettingsGet(_) => self.settings_get(session, id),
            ClientCall::SettingsUpdate(params) => self.settings_update(session, id, params),
            ClientCall::SettingsSchema(_) => self.settings_schema(session, id),
            ClientCall::SessionUpdate(_) => self.fail(
                session,
                id,
                Failure::new(
                    FailureKind::InvalidParams,
                    "outrigger/session/update is a note: send it without an id.",
                ),
            ),
        }
    }
}
