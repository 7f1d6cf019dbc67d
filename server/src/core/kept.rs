//! What only the live stream had of a turn: kept once the turn has settled, and put back when its history is read.

use std::{collections::BTreeSet, time::Duration};

use super::{Effect, Purpose, Step, history::Flow, stored::Then, thread::Keeping};
use crate::{
    clock::micros,
    protocol::{
        ThreadId,
        thread::{ChangeOp, ThreadChange},
    },
    store::{
        Answer, Error,
        live::{Request, Turn},
    },
};

/// How long a snapshot waits for the store; then it is answered with what the history has.
const PATIENCE: Duration = Duration::from_secs(5);

/// A reading of history that waits for what was kept.
pub(super) struct Awaited {
    flow: Flow,
    /// In microseconds, as [`crate::clock::Now::micros`].
    until: u64,
}

impl Step<'_> {
    /// Keeps what the history will lack of the settled turns that changed.
    pub(super) fn keep_settled(&mut self, id: &ThreadId, changes: &[ThreadChange]) {
        let of_turns = changes.iter().filter(|change| {
            matches!(change.op, ChangeOp::Turn | ChangeOp::Item | ChangeOp::Marker)
        });
        let turns: BTreeSet<_> = of_turns.filter_map(|change| change.turn_id.clone()).collect();
        for turn in turns {
            let Some(entry) = self.world.threads.get_mut(id.as_str()) else { return };
            let thread = id.clone();
            let request = match entry.thread.keep(&turn) {
                Some(Keeping::Keep(body)) => Request::Keep { thread, turn: Turn { turn, body } },
                Some(Keeping::Forget) => Request::Forget { thread, turn },
                None => continue,
            };
            self.store(request.into(), Then::Noted);
        }
    }

    pub(super) fn forget_kept(&mut self, thread: &ThreadId) {
        self.store(Request::ForgetThread { thread: thread.clone() }.into(), Then::Noted);
    }

    /// Reads history, with what was kept of it at hand.
    pub(super) fn read_history(&mut self, flow: Flow) {
        let patience = micros(PATIENCE);
        let until = self.now.micros.saturating_add(patience);
        let request = Request::List { thread: flow.thread().clone() };
        self.effects.push(Effect::WakeAt(until));
        self.store(request.into(), Then::Live(Awaited { flow, until }));
    }

    pub(super) fn kept_listed(&mut self, awaited: Awaited, result: Result<Answer, Error>) {
        let kept = match result {
            Ok(Answer::Turns(turns)) => turns,
            Ok(_) => Vec::new(),
            Err(error) => {
                self.not_stored(&error);
                Vec::new()
            }
        };
        self.fetch(awaited.flow.with(kept));
    }

    /// What waits too long for the store goes on without it.
    pub(super) fn read_without_store(&mut self) {
        let now = self.now.micros;
        let mut next = None;
        let mut late = Vec::new();
        for (token, purpose) in &self.world.purposes {
            match purpose {
                Purpose::Stored(Then::Live(awaited)) if awaited.until <= now => late.push(*token),
                Purpose::Stored(Then::Live(awaited)) => {
                    next = Some(next.map_or(awaited.until, |next: u64| next.min(awaited.until)));
                }
                _ => {}
            }
        }
        self.effects.extend(next.map(Effect::WakeAt));
        late.sort_unstable();
        for token in late {
            let purpose = self.world.purposes.remove(&token);
            if let Some(Purpose::Stored(Then::Live(awaited))) = purpose {
                self.fetch(awaited.flow);
            }
        }
    }
}
