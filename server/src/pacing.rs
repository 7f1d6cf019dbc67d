//! Large answers wait until their editor has read what it was sent before: many requests may share one write, and each is
//! answered with the file's hunks.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use crate::{
    core::EventKind,
    git::Answer,
    protocol::{SessionId, diff::FileHunks},
};

/// Bytes that an editor may be behind before answers wait.
pub const BEHIND: u64 = 8 << 20;
/// What may wait for one editor, in bytes; beyond it answers go out, and the editor is let go as any that does not read.
const MAX_HELD: usize = 256 << 20;

/// Events of repositories whose answers wait, by editor, in order.
#[derive(Default)]
pub struct Pacing {
    queues: HashMap<SessionId, Queue>,
}

#[derive(Default)]
struct Queue {
    events: VecDeque<EventKind>,
    /// What they hold; what several of them share counts once.
    bytes: usize,
}

impl Pacing {
    /// Gives the event back unless it has to wait. `behind` says whether an editor has more to read than is good.
    pub fn pass(
        &mut self,
        session: SessionId,
        event: EventKind,
        behind: impl Fn(SessionId) -> bool,
    ) -> Option<EventKind> {
        if !self.queues.contains_key(&session) && !behind(session) {
            return Some(event);
        }
        let queue = self.queues.entry(session).or_default();
        let shared = queue.events.back().and_then(hunks).zip(hunks(&event));
        if shared.is_none_or(|(one, other)| !Arc::ptr_eq(one, other)) {
            queue.bytes += hunks(&event).map_or(0, |hunks| bytes(hunks));
        }
        queue.events.push_back(event);
        None
    }

    pub fn is_idle(&self) -> bool {
        self.queues.is_empty()
    }

    /// The next event that need not wait any more.
    pub fn next(&mut self, behind: impl Fn(SessionId) -> bool) -> Option<EventKind> {
        let may_go = |(session, queue): (&SessionId, &Queue)| {
            (queue.bytes > MAX_HELD || !behind(*session)).then_some(*session)
        };
        let session = self.queues.iter().find_map(may_go)?;
        let queue = self.queues.get_mut(&session)?;
        let event = queue.events.pop_front();
        if queue.events.is_empty() {
            self.queues.remove(&session);
        }
        event
    }
}

fn hunks(event: &EventKind) -> Option<&Arc<FileHunks>> {
    match event {
        EventKind::Git {
            result: Ok(Answer::Hunks(hunks) | Answer::Acted { hunks, .. }), ..
        } => Some(hunks),
        _ => None,
    }
}

fn bytes(hunks: &FileHunks) -> usize {
    let all = hunks.unstaged.iter().chain(&hunks.staged);
    all.flat_map(|hunk| &hunk.lines).map(|line| size_of_val(line) + line.text.len()).sum()
}
