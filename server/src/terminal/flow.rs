//! How much of a stream each session is sent, and when reading waits for them.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use super::decode::{byte_at, units};
use crate::protocol::SessionId;

/// A session this many code units behind is sent nothing more…
pub(super) const HIGH: u64 = 100_000;
/// …until it is only this many behind…
pub(super) const LOW: u64 = 5_000;
/// …and is detached when that takes longer than this.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes that are held for a session while others read on.
const BACKLOG: usize = 2 << 20;

/// What is to be told, in this order.
#[derive(Debug, PartialEq)]
pub(super) enum Told {
    Data { session: SessionId, offset: u64, data: Arc<str> },
    TooSlow { session: SessionId },
}

/// The stream of one terminal as its sessions see it. Offsets count UTF-16 code units from the first byte on.
#[derive(Debug, Default)]
pub(super) struct Flow {
    end: u64,
    /// What some session has not been sent, oldest first.
    backlog: VecDeque<Chunk>,
    backlog_bytes: usize,
    sessions: Vec<Follower>,
}

#[derive(Debug)]
struct Chunk {
    offset: u64,
    end: u64,
    text: Arc<str>,
}

#[derive(Debug)]
struct Follower {
    session: SessionId,
    sent: u64,
    acked: u64,
    /// The token of a snapshot that isn't made yet; nothing is sent before that.
    awaits: Option<u64>,
    /// Since when it is too far behind to be sent more.
    full_since: Option<Instant>,
}

impl Flow {
    pub(super) fn is_followed(&self) -> bool {
        !self.sessions.is_empty()
    }

    /// Takes the next part of the stream.
    pub(super) fn push(&mut self, text: &Arc<str>, now: Instant, out: &mut Vec<Told>) {
        let offset = self.end;
        self.end += units(text);
        if self.sessions.is_empty() {
            return;
        }
        self.backlog_bytes += text.len();
        self.backlog.push_back(Chunk { offset, end: self.end, text: Arc::clone(text) });
        self.pump(now, out);
    }

    /// From here on the stream is held for this session, until its snapshot is there.
    pub(super) fn await_snapshot(&mut self, session: SessionId, token: u64) {
        self.sessions.retain(|follower| follower.session != session);
        let (sent, acked) = (self.end, self.end);
        let awaits = Some(token);
        self.sessions.push(Follower { session, sent, acked, awaits, full_since: None });
    }

    /// The snapshot is there: where its stream goes on; `None` when nobody waits for it any more.
    pub(super) fn begin(&mut self, session: SessionId, token: u64) -> Option<u64> {
        let awaiting = |one: &&mut Follower| one.session == session && one.awaits == Some(token);
        let follower = self.sessions.iter_mut().find(awaiting)?;
        follower.awaits = None;
        Some(follower.sent)
    }

    /// Sends what may be sent.
    pub(super) fn pump(&mut self, now: Instant, out: &mut Vec<Told>) {
        for follower in &mut self.sessions {
            follower.advance(&self.backlog, self.end, now, out);
        }
        self.trim();
        if self.backlog_bytes > BACKLOG {
            // Others read on and this one doesn't: it starts again from a snapshot.
            let oldest = self.backlog.front().map_or(self.end, |chunk| chunk.offset);
            self.detach_where(|one| one.full_since.is_some() && one.sent <= oldest, out);
        }
    }

    pub(super) fn ack(
        &mut self,
        session: SessionId,
        offset: u64,
        now: Instant,
        out: &mut Vec<Told>,
    ) {
        if let Some(one) = self.sessions.iter_mut().find(|one| one.session == session) {
            one.acked = one.acked.max(offset.min(one.sent));
        }
        self.pump(now, out);
    }

    pub(super) fn detach(&mut self, session: SessionId) {
        self.sessions.retain(|follower| follower.session != session);
        self.trim();
    }

    /// Whether reading is to wait: for a snapshot, or since nobody who follows takes more.
    pub(super) fn must_wait(&self) -> bool {
        self.sessions.iter().any(|one| one.awaits.is_some())
            || (self.is_followed() && self.sessions.iter().all(|one| one.full_since.is_some()))
    }

    /// Whether every session was sent everything.
    pub(super) fn is_drained(&self) -> bool {
        self.sessions.iter().all(|one| one.awaits.is_none() && one.sent == self.end)
    }

    /// When the next session is detached, unless it catches up.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.sessions.iter().filter_map(|one| one.full_since).min().map(|since| since + PATIENCE)
    }

    /// Detaches who has been behind for too long.
    pub(super) fn expire(&mut self, now: Instant, out: &mut Vec<Told>) {
        let late = |one: &Follower| one.full_since.is_some_and(|since| since + PATIENCE <= now);
        self.detach_where(late, out);
    }

    fn detach_where(&mut self, which: impl Fn(&Follower) -> bool, out: &mut Vec<Told>) {
        self.sessions.retain(|one| {
            let stays = !which(one);
            if !stays {
                out.push(Told::TooSlow { session: one.session });
            }
            stays
        });
        self.trim();
    }

    fn trim(&mut self) {
        let needed = self.sessions.iter().map(|one| one.sent).min().unwrap_or(self.end);
        while let Some(front) = self.backlog.front()
            && front.end <= needed
        {
            self.backlog_bytes -= front.text.len();
            self.backlog.pop_front();
        }
    }
}

impl Follower {
    fn advance(&mut self, backlog: &VecDeque<Chunk>, end: u64, now: Instant, out: &mut Vec<Told>) {
        if self.awaits.is_some() {
            return;
        }
        if self.full_since.is_some() && self.sent - self.acked <= LOW {
            self.full_since = None;
        }
        let first = backlog.partition_point(|chunk| chunk.end <= self.sent);
        for chunk in backlog.range(first..) {
            if self.full_since.is_some() {
                return;
            }
            let data = if chunk.offset == self.sent {
                Arc::clone(&chunk.text)
            } else {
                chunk.text[byte_at(&chunk.text, self.sent - chunk.offset)..].into()
            };
            out.push(Told::Data { session: self.session, offset: self.sent, data });
            self.sent = chunk.end;
            if self.sent - self.acked > HIGH {
                self.full_since = Some(now);
            }
        }
        debug_assert!(self.full_since.is_some() || self.sent == end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: SessionId = SessionId(1);
    const KIM: SessionId = SessionId(2);

    struct Stream {
        flow: Flow,
        now: Instant,
        told: Vec<Told>,
    }

    impl Stream {
        fn followed_by(sessions: &[SessionId]) -> Self {
            let mut flow = Flow::default();
            for session in sessions {
                flow.await_snapshot(*session, 7);
                assert_eq!(flow.begin(*session, 7), Some(0));
            }
            Self { flow, now: Instant::now(), told: Vec::new() }
        }

        fn push(&mut self, text: &str) -> Vec<Told> {
            self.flow.push(&text.into(), self.now, &mut self.told);
            std::mem::take(&mut self.told)
        }

        fn ack(&mut self, session: SessionId, offset: u64) -> Vec<Told> {
            self.flow.ack(session, offset, self.now, &mut self.told);
            std::mem::take(&mut self.told)
        }
    }

    fn data(session: SessionId, offset: u64, text: &str) -> Told {
        Told::Data { session, offset, data: text.into() }
    }

    #[test]
    fn a_session_that_is_behind_holds_the_reading_up_until_it_has_caught_up() {
        let mut stream = Stream::followed_by(&[ADA]);
        let lump = "x".repeat(100_001);
        assert_eq!(stream.push(&lump), [data(ADA, 0, &lump)]);
        assert!(stream.flow.must_wait());
        assert_eq!(stream.push("é😀"), []);
        assert_eq!(stream.ack(ADA, 95_000), []);
        assert!(stream.flow.must_wait());
        assert_eq!(stream.ack(ADA, 95_001), [data(ADA, 100_001, "é😀")]);
        assert!(!stream.flow.must_wait());
        assert_eq!(stream.flow.end, 100_004);
        assert!(stream.flow.is_drained());
    }

    #[test]
    fn who_is_slow_is_detached_after_ten_seconds_and_holds_up_nobody() {
        let mut stream = Stream::followed_by(&[ADA, KIM]);
        let lump = "x".repeat(100_001);
        stream.push(&lump);
        stream.ack(KIM, 100_001);
        assert!(!stream.flow.must_wait(), "Kim reads on");
        assert_eq!(stream.push("more"), [data(KIM, 100_001, "more")]);

        let deadline = stream.flow.deadline().unwrap();
        let before = deadline.checked_sub(Duration::from_millis(1)).unwrap();
        stream.flow.expire(before, &mut stream.told);
        assert_eq!(stream.told, []);
        stream.flow.expire(deadline, &mut stream.told);
        assert_eq!(stream.told, [Told::TooSlow { session: ADA }]);
        assert_eq!(deadline - stream.now, PATIENCE);
    }

    #[test]
    fn what_is_held_for_a_slow_session_is_bounded() {
        let mut stream = Stream::followed_by(&[ADA, KIM]);
        let lump = "x".repeat(100_001);
        let mut told = Vec::new();
        for number in 1..=30 {
            told.extend(stream.push(&lump));
            told.extend(stream.ack(KIM, number * 100_001));
        }
        assert!(stream.flow.backlog_bytes <= BACKLOG);
        assert_eq!(
            told.iter().filter(|one| matches!(one, Told::TooSlow { session: ADA })).count(),
            1
        );
        let kims = told.iter().filter(|one| matches!(one, Told::Data { session: KIM, .. })).count();
        assert_eq!(kims, 30);
    }

    #[test]
    fn between_snapshot_and_stream_there_is_neither_gap_nor_double() {
        let mut stream = Stream::followed_by(&[KIM]);
        stream.push("before");
        stream.flow.await_snapshot(ADA, 1);
        assert!(stream.flow.must_wait());
        // It was being read already.
        assert_eq!(stream.push("meanwhile"), [data(KIM, 6, "meanwhile")]);
        assert_eq!(stream.flow.begin(ADA, 2), None, "another snapshot than it waits for");
        assert_eq!(stream.flow.begin(ADA, 1), Some(6));
        stream.flow.pump(stream.now, &mut stream.told);
        assert_eq!(stream.told, [data(ADA, 6, "meanwhile")]);
        assert!(!stream.flow.must_wait());
    }

    #[test]
    fn with_nobody_there_nothing_is_held_and_nothing_waits() {
        let mut stream = Stream::followed_by(&[ADA]);
        stream.push(&"x".repeat(200_000));
        stream.push("held");
        stream.flow.detach(ADA);
        assert!(!stream.flow.must_wait());
        assert_eq!((stream.flow.backlog_bytes, stream.flow.deadline()), (0, None));
        assert_eq!(stream.push("unheard"), []);
    }
}
