//! What goes to the store and what follows from its answers. Nothing that a person was promised goes on before it is on
//! the disk.

use super::{Effect, Purpose, Step, approvals, atoms, automations, grants, kept, queue};
use crate::{
    protocol::{
        Failure, FailureKind, RpcId, SessionId,
        app_server::{DiagnosticKind, DiagnosticLevel},
    },
    store::{Answer, Command, Error, Event, Notice, Request},
};

/// What a request to the store was for.
pub(super) enum Then {
    Approval(approvals::Kept),
    Atom(atoms::Kept),
    Live(kept::Awaited),
    Queue(queue::Kept),
    Grant(grants::Kept),
    /// What earlier runs left of their terminals.
    Terminals,
    Automation(automations::Kept),
    /// Nobody waits for it; that it failed is told.
    Noted,
}

impl Step<'_> {
    pub(super) fn store(&mut self, request: Request, then: Then) {
        let token = self.token(Purpose::Stored(then));
        self.effects.push(Effect::Store(Command { token, request }));
    }

    /// The store is open, under the number of this run.
    pub(super) fn store_opened(&mut self, run: u64) {
        if self.world.run != Some(run) {
            self.world.run = Some(run);
            self.load_queues();
            self.load_grants();
            self.load_terminals();
            self.load_automations();
        }
    }

    pub(super) fn stored(&mut self, event: Event) {
        match event {
            Event::Answered { token, result } => {
                let Some(Purpose::Stored(then)) = self.world.purposes.remove(&token) else {
                    return;
                };
                match then {
                    Then::Approval(kept) => self.approval_stored(kept, result),
                    Then::Atom(kept) => self.atom_stored(kept, result),
                    Then::Live(awaited) => self.kept_listed(awaited, result),
                    Then::Queue(kept) => self.queue_stored(kept, result),
                    Then::Grant(kept) => self.grant_stored(kept, result),
                    Then::Terminals => self.terminals_stored(result),
                    Then::Automation(kept) => self.automation_stored(kept, result),
                    Then::Noted => {
                        result.map_or_else(|error| self.not_stored(&error), |_: Answer| ());
                    }
                }
            }
            Event::Notice(Notice::SetAside { directory, message }) => {
                let message = format!(
                    "Outrigger's database was damaged ({message}). It was set aside in {} and a new one begun.",
                    directory.display()
                );
                self.store_trouble(message);
            }
            Event::Notice(Notice::Unavailable { error }) => self.not_stored(&error),
        }
    }

    /// Refuses, and says no, to a session for which nothing is written.
    pub(super) fn may_keep(&mut self, session: SessionId, id: &RpcId) -> bool {
        let trusted = self.world.sessions.get(&session).is_some_and(|session| session.trusted);
        if !trusted {
            let why = "This workspace is not trusted, so nothing is kept for it.";
            let failure = Failure::new(FailureKind::WorkspaceUntrusted, why)
                .hint("Trust the workspace in the editor, then try again.");
            self.fail(session, id.clone(), failure);
        }
        trusted
    }

    /// Says that something could not be kept which nobody waits for.
    pub(super) fn not_stored(&mut self, error: &Error) {
        let failure = Failure::from(error.clone());
        let hint = failure.hint.map(|hint| format!(" {hint}")).unwrap_or_default();
        self.store_trouble(format!("{}{hint}", failure.message));
    }

    fn store_trouble(&mut self, message: String) {
        self.diagnose(DiagnosticLevel::Error, DiagnosticKind::Store, None, message);
    }

    /// An answer of another kind than was asked for, which is a defect of ours.
    pub(super) fn misanswered() -> Failure {
        Failure::new(FailureKind::Internal, "The store answered something else than was asked.")
    }
}
