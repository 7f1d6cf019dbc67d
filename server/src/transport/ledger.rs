//! What is open between an editor and us: its requests, our asks, and where the session stands.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::protocol::{FailureKind, RpcError, RpcId};

use super::{INVALID_REQUEST, refusal};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Fresh,
    Running,
    ShutDown,
}

struct Pages {
    phase: Phase,
    /// The request whose failure lets the editor try `initialize` again.
    initialize: Option<RpcId>,
    requests: HashSet<RpcId>,
    asks: HashSet<String>,
}

/// The one owner of "exactly one response": an id is entered by the gate and struck by the outbox.
pub(super) struct Ledger {
    pages: Mutex<Pages>,
    capacity: usize,
}

impl Ledger {
    pub fn new(capacity: usize) -> Self {
        Self {
            pages: Mutex::new(Pages {
                phase: Phase::Fresh,
                initialize: None,
                requests: HashSet::new(),
                asks: HashSet::new(),
            }),
            capacity,
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a request of the editor, or says why it is refused.
    pub fn open(&self, id: &RpcId, method: &str) -> Result<(), RpcError> {
        let mut pages = self.pages();
        match (pages.phase, method) {
            (Phase::Fresh, "initialize") | (Phase::Running, _) => {}
            (Phase::Fresh, _) => {
                let kind = FailureKind::NotInitialized;
                return Err(refusal(kind.code(), kind, "Send initialize first."));
            }
            (Phase::ShutDown, _) => {
                return Err(refusal(
                    INVALID_REQUEST,
                    FailureKind::NotInitialized,
                    "The session was shut down: only exit may follow.",
                ));
            }
        }
        if pages.phase == Phase::Running && method == "initialize" {
            return Err(refusal(
                INVALID_REQUEST,
                FailureKind::InvalidParams,
                "initialize was already sent on this connection.",
            ));
        }
        if pages.requests.contains(id) {
            return Err(refusal(
                INVALID_REQUEST,
                FailureKind::InvalidParams,
                format!("The id {id} belongs to a request that is still open."),
            ));
        }
        if pages.requests.len() >= self.capacity && method != "shutdown" {
            let kind = FailureKind::Overloaded;
            let message = format!("{} requests are unanswered: wait for some.", self.capacity);
            return Err(refusal(kind.code(), kind, message));
        }
        match method {
            "initialize" => {
                pages.phase = Phase::Running;
                pages.initialize = Some(id.clone());
            }
            "shutdown" => pages.phase = Phase::ShutDown,
            _ => {}
        }
        pages.requests.insert(id.clone());
        Ok(())
    }

    /// Strikes a request that is answered now; false when it is not open.
    pub fn settle(&self, id: &RpcId, succeeded: bool) -> bool {
        let mut pages = self.pages();
        if !pages.requests.remove(id) {
            return false;
        }
        if pages.initialize.as_ref() == Some(id) {
            pages.initialize = None;
            if !succeeded && pages.phase == Phase::Running {
                pages.phase = Phase::Fresh;
            }
        }
        true
    }

    pub fn is_fresh(&self) -> bool {
        self.pages().phase == Phase::Fresh
    }

    pub fn is_shut_down(&self) -> bool {
        self.pages().phase == Phase::ShutDown
    }

    /// Enters a request of ours.
    pub fn ask(&self, id: &str) {
        self.pages().asks.insert(id.to_owned());
    }

    pub fn is_asked(&self, id: &str) -> bool {
        self.pages().asks.contains(id)
    }

    /// Strikes a request of ours that is answered now; false when there is none of that id.
    pub fn answered(&self, id: &str) -> bool {
        self.pages().asks.remove(id)
    }
}
