//! What nobody needs ends: the app-server first, then the daemon itself.

use std::time::Duration;

use super::{Effect, Purpose, Step, World, session::Session};
use crate::{clock::micros, codex::requests};

/// How long a thread in which nothing goes on stays open on the app-server though no editor follows it.
const THREAD_REST: Duration = Duration::from_mins(30);

/// How long a daemon that nobody needs is left alone when it has not ended all the same.
const QUIT_AGAIN: Duration = Duration::from_secs(10);

/// The process that editors share.
#[derive(Clone, Debug, Default)]
pub struct Daemon {
    pub pid: u32,
    /// A newer build was met: this one ends as soon as nobody needs it.
    outdated: bool,
    server_idle: Option<u64>,
    idle: Option<u64>,
}

impl Daemon {
    pub fn new(pid: u32) -> Self {
        Self { pid, ..Self::default() }
    }
}

impl World {
    /// Whether anything goes on that must not end, with or without an editor.
    fn is_busy(&self) -> bool {
        self.server.is_wanted()
            && (self.approvals.pending().next().is_some()
                || self.threads.have_work()
                || self.terminals.any_sandboxed()
                || self.automations.any_active())
    }
}

impl Step<'_> {
    pub(super) fn outdated(&mut self) {
        if let Some(daemon) = &mut self.world.daemon {
            daemon.outdated = true;
        }
    }

    /// Ends what has not been needed for long enough. Looked at after every event, and cheap while an
    /// editor is there.
    pub(super) fn let_rest(&mut self) {
        let Some(mut daemon) = self.world.daemon.take() else { return };
        let now = self.now.micros;
        let needed = self.world.sessions.values().any(Session::wants_server);
        let busy = !needed && self.world.is_busy();
        let serves = self.world.server.is_wanted() && !needed && !busy;
        if self.rested(&mut daemon.server_idle, serves, self.world.settings.app_server_idle()) {
            self.rest_server();
        }
        let unseen = self.world.sessions.values().all(|session| session.observer);
        let alone = unseen
            && !busy
            && !self.world.terminals.any_running()
            && !self.world.automations.need_someone();
        let outdated = daemon.outdated.then_some(Duration::ZERO);
        let rest = outdated.or_else(|| self.world.settings.daemon_idle());
        if self.rested(&mut daemon.idle, alone, rest) {
            tracing::info!(at = now, "nobody needs the daemon");
            self.effects.push(Effect::Quit);
            // What a person has let go on keeps it: then it is asked again.
            daemon.idle = None;
            let again = micros(QUIT_AGAIN);
            self.effects.push(Effect::WakeAt(now.saturating_add(again)));
        }
        self.world.daemon = Some(daemon);
    }

    /// Lets go of threads that nobody follows any more, so that a daemon of many days holds only what is
    /// used. Looked at when the core is woken; nothing is lost, since reading one needs no open thread.
    pub(super) fn let_threads_rest(&mut self) {
        let now = self.now.micros;
        let rest = micros(THREAD_REST);
        let mut next = None;
        let mut resting = Vec::new();
        for (id, used) in self.world.threads.unfollowed() {
            let end = used.saturating_add(rest);
            if self.world.approvals.concern(id) {
                continue;
            }
            if end <= now {
                resting.push(id.clone());
            } else {
                next = Some(next.map_or(end, |next: u64| next.min(end)));
            }
        }
        self.effects.extend(next.map(Effect::WakeAt));
        for thread in resting {
            if let Some(entry) = self.world.threads.get_mut(thread.as_str()) {
                entry.upstream = false;
            }
            self.ask_upstream(&requests::thread_unsubscribe(thread.as_str()), Purpose::Rest);
        }
    }

    /// Whether something has been idle for as long as it may; asks to be woken when it will have been.
    /// Without a limit it never has.
    fn rested(&mut self, since: &mut Option<u64>, is_idle: bool, limit: Option<Duration>) -> bool {
        if !is_idle {
            *since = None;
            return false;
        }
        let since = since.get_or_insert(self.now.micros);
        let Some(limit) = limit else { return false };
        let limit = micros(limit);
        let end = since.saturating_add(limit);
        if self.now.micros >= end {
            return true;
        }
        self.effects.push(Effect::WakeAt(end));
        false
    }
}
