//! When the app-server is started, given up, ended and started again: a state machine without I/O.
//!
//! The driver tells it what happened and when, does the [`Step`]s it answers with, and comes back at
//! [`Supervisor::deadline`].

use std::collections::VecDeque;
use std::time::Instant;

use super::contract::MINIMUM_VERSION;
use super::options::{Jitter, Timing};
use crate::protocol::app_server::{AppServerError, AppServerErrorKind, AppServerState};

/// What the driver is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Find and spawn a process; it is of this epoch.
    Spawn {
        epoch: u32,
    },
    CloseStdin,
    /// SIGTERM to the process group.
    Terminate,
    /// SIGKILL to the process group.
    Kill,
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Such as `exit code 1` or `signal 9`.
    pub how: String,
    /// Its own words on stderr, if it had any.
    pub words: Option<String>,
    /// What to do about it, if the words are known. Trying again is then no use.
    pub hint: Option<String>,
}

/// The state as an editor is told of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub state: AppServerState,
    pub version: Option<String>,
    pub attempt: u32,
    pub retry_at: Option<Instant>,
    pub last_error: Option<AppServerError>,
}

#[derive(Clone, Debug, PartialEq)]
enum Phase {
    Stopped,
    /// Spawned; `initialize` is not answered yet.
    Handshake {
        deadline: Instant,
    },
    Up {
        since: Instant,
    },
    /// Down the ladder: stdin closed, SIGTERM, SIGKILL. `until` is when the next rung is due.
    Ending {
        until: Option<Instant>,
        rung: Step,
        then: Then,
    },
    Backoff {
        until: Instant,
    },
    Failed,
}

/// What follows an exit that we brought about.
#[derive(Clone, Debug, PartialEq)]
enum Then {
    Stay,
    StartAgain,
    /// It did wrong: this is what is told, and the usual rules decide whether it is started again.
    Judge {
        fault: AppServerError,
        was_up: Option<Instant>,
    },
}

pub struct Supervisor {
    timing: Timing,
    jitter: Jitter,
    phase: Phase,
    epoch: u32,
    attempt: u32,
    version: Option<String>,
    last_error: Option<AppServerError>,
    /// Exits that nobody asked for, within the crash window.
    exits: VecDeque<Instant>,
    backoffs: u32,
    failed_starts: u32,
}

impl Supervisor {
    pub fn new(timing: Timing, jitter: Jitter) -> Self {
        Self {
            timing,
            jitter,
            phase: Phase::Stopped,
            epoch: 0,
            attempt: 0,
            version: None,
            last_error: None,
            exits: VecDeque::new(),
            backoffs: 0,
            failed_starts: 0,
        }
    }

    /// The process that lives or, if none does, the last one; 0 before the first.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Whether `initialize` was answered and the process is to go on.
    pub fn is_up(&self) -> bool {
        matches!(self.phase, Phase::Up { .. })
    }

    /// Whether it failed for want of a program that can be started.
    pub fn was_not_found(&self) -> bool {
        use AppServerErrorKind::{CliMissing, NotExecutable};
        self.phase == Phase::Failed
            && self
                .last_error
                .as_ref()
                .is_some_and(|error| matches!(error.kind, CliMissing | NotExecutable))
    }

    /// What to tell editors; nothing while the state is somebody else's to tell or about to change.
    pub fn shown(&self) -> Option<Shown> {
        let (state, retry_at) = match &self.phase {
            Phase::Stopped => (AppServerState::Stopped, None),
            Phase::Handshake { .. } => (AppServerState::Starting, None),
            Phase::Backoff { until } => (AppServerState::Restarting, Some(*until)),
            Phase::Ending { then: Then::StartAgain, .. } => (AppServerState::Restarting, None),
            Phase::Failed => (AppServerState::Failed, None),
            Phase::Up { .. } | Phase::Ending { .. } => return None,
        };
        Some(Shown {
            state,
            version: self.version.clone(),
            attempt: self.attempt,
            retry_at,
            last_error: self.last_error.clone(),
        })
    }

    pub fn deadline(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Handshake { deadline } => Some(*deadline),
            Phase::Ending { until, .. } => *until,
            Phase::Backoff { until } => Some(*until),
            Phase::Stopped | Phase::Up { .. } | Phase::Failed => None,
        }
    }

    /// Starts it, unless it runs or has failed: a failure is left by [`Self::restart`].
    pub fn start(&mut self, now: Instant) -> Option<Step> {
        match &mut self.phase {
            Phase::Stopped => Some(self.spawn(now)),
            Phase::Ending { then, .. } if *then == Then::Stay => {
                *then = Then::StartAgain;
                None
            }
            _ => None,
        }
    }

    /// Starts it anew with a clean record, whatever happened before.
    pub fn restart(&mut self, now: Instant) -> Option<Step> {
        self.exits.clear();
        self.backoffs = 0;
        self.attempt = 0;
        self.failed_starts = 0;
        match &mut self.phase {
            Phase::Stopped | Phase::Failed | Phase::Backoff { .. } => Some(self.spawn(now)),
            Phase::Ending { then, .. } => {
                *then = Then::StartAgain;
                None
            }
            Phase::Handshake { .. } | Phase::Up { .. } => Some(self.end(Then::StartAgain, now)),
        }
    }

    /// Ends it, or the wait for the next start.
    pub fn stop(&mut self, now: Instant) -> Option<Step> {
        match &mut self.phase {
            Phase::Stopped => None,
            Phase::Failed | Phase::Backoff { .. } => {
                self.phase = Phase::Stopped;
                self.attempt = 0;
                None
            }
            Phase::Ending { then, .. } => {
                *then = Then::Stay;
                None
            }
            Phase::Handshake { .. } | Phase::Up { .. } => Some(self.end(Then::Stay, now)),
        }
    }

    /// There was nothing to spawn, or it could not be.
    pub fn spawn_failed(&mut self, error: AppServerError, now: Instant) {
        if error.kind == AppServerErrorKind::Io {
            self.exits.push_back(now);
            self.pause_or_fail(error, now);
        } else {
            self.last_error = Some(error);
            self.phase = Phase::Failed;
        }
    }

    /// `initialize` was answered. An old version is ended.
    pub fn initialized(&mut self, version: &str, now: Instant) -> Option<Step> {
        let Phase::Handshake { .. } = self.phase else {
            return None;
        };
        if is_too_old(version) {
            let fault = AppServerError {
                kind: AppServerErrorKind::VersionTooOld,
                message: format!(
                    "Codex {version} is too old: Outrigger needs {MINIMUM_VERSION} or newer."
                ),
                hint: Some(UPDATE_HINT.into()),
            };
            return Some(self.end(Then::Judge { fault, was_up: None }, now));
        }
        self.phase = Phase::Up { since: now };
        self.version = Some(version.into());
        self.attempt = 0;
        self.failed_starts = 0;
        self.last_error = None;
        None
    }

    /// `initialize` was refused.
    pub fn refused(&mut self, message: &str, now: Instant) -> Option<Step> {
        let Phase::Handshake { .. } = self.phase else {
            return None;
        };
        let fault = AppServerError {
            kind: AppServerErrorKind::NoAnswer,
            message: format!("Codex refused to start a session: {message}"),
            hint: None,
        };
        Some(self.end(Then::Judge { fault, was_up: None }, now))
    }

    /// It runs but can no longer be talked to, for this reason.
    pub fn hung(&mut self, message: &str) -> Option<Step> {
        let was_up = match self.phase {
            Phase::Up { since } => Some(since),
            Phase::Handshake { .. } => None,
            _ => return None,
        };
        let fault = AppServerError {
            kind: AppServerErrorKind::NoAnswer,
            message: message.into(),
            hint: None,
        };
        self.phase =
            Phase::Ending { until: None, rung: Step::Kill, then: Then::Judge { fault, was_up } };
        Some(Step::Kill)
    }

    /// The process is gone and its output is read. Answers why, and what to do now.
    pub fn exited(&mut self, exit: &Exit, now: Instant) -> (AppServerError, Option<Step>) {
        match std::mem::replace(&mut self.phase, Phase::Stopped) {
            Phase::Ending { then: Then::Judge { fault, was_up }, .. } => {
                self.judge(fault.clone(), was_up, false, now);
                (fault, None)
            }
            Phase::Ending { then: Then::StartAgain, .. } => {
                (ended_by_us("Codex is restarted."), Some(self.spawn(now)))
            }
            Phase::Ending { .. } => {
                self.attempt = 0;
                self.last_error = None;
                (ended_by_us("Codex was stopped."), None)
            }
            Phase::Up { since } => {
                let error = exit.error(AppServerErrorKind::Exited, "Codex ended");
                self.judge(error.clone(), Some(since), false, now);
                (error, None)
            }
            _ => {
                let error = exit
                    .error(AppServerErrorKind::ExitedAtStart, "Codex ended before it was ready");
                self.judge(error.clone(), None, exit.hint.is_some(), now);
                (error, None)
            }
        }
    }

    /// The deadline passed.
    pub fn tick(&mut self, now: Instant) -> Option<Step> {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return None;
        }
        match &mut self.phase {
            Phase::Handshake { .. } => {
                let limit = self.timing.handshake.as_secs();
                self.hung(&format!("Codex did not answer within {limit} s of its start."))
            }
            Phase::Ending { until, rung, .. } => {
                (*rung, *until) = if *rung == Step::CloseStdin {
                    (Step::Terminate, Some(now + self.timing.terminate_grace))
                } else {
                    (Step::Kill, None)
                };
                Some(*rung)
            }
            Phase::Backoff { .. } => Some(self.spawn(now)),
            Phase::Stopped | Phase::Up { .. } | Phase::Failed => None,
        }
    }

    fn spawn(&mut self, now: Instant) -> Step {
        self.epoch += 1;
        self.attempt += 1;
        self.phase = Phase::Handshake { deadline: now + self.timing.handshake };
        Step::Spawn { epoch: self.epoch }
    }

    fn end(&mut self, then: Then, now: Instant) -> Step {
        self.phase = Phase::Ending {
            until: Some(now + self.timing.close_grace),
            rung: Step::CloseStdin,
            then,
        };
        Step::CloseStdin
    }

    /// Decides what follows an exit that nobody asked for.
    fn judge(&mut self, error: AppServerError, up: Option<Instant>, known: bool, now: Instant) {
        self.exits.push_back(now);
        let Some(since) = up else {
            self.failed_starts += 1;
            let once_more =
                self.failed_starts < 2 && !known && error.kind != AppServerErrorKind::VersionTooOld;
            if once_more {
                self.pause_or_fail(error, now);
            } else {
                self.last_error = Some(error);
                self.phase = Phase::Failed;
            }
            return;
        };
        if now.saturating_duration_since(since) >= self.timing.healthy_after {
            self.backoffs = 0;
        }
        self.pause_or_fail(error, now);
    }

    fn pause_or_fail(&mut self, error: AppServerError, now: Instant) {
        let window = self.timing.crash_window;
        while self.exits.front().is_some_and(|exit| now.saturating_duration_since(*exit) > window) {
            self.exits.pop_front();
        }
        if self.exits.len() >= self.timing.crash_limit {
            self.last_error = Some(AppServerError {
                kind: AppServerErrorKind::CrashLoop,
                message: format!(
                    "Codex ended {} times within {} minutes and is not started again by itself. The last time: {}",
                    self.exits.len(),
                    window.as_secs().div_ceil(60),
                    error.message
                ),
                hint: error.hint,
            });
            self.phase = Phase::Failed;
            return;
        }
        let most = self
            .timing
            .backoff_first
            .saturating_mul(2u32.saturating_pow(self.backoffs))
            .min(self.timing.backoff_most);
        self.backoffs += 1;
        self.last_error = Some(error);
        self.phase = Phase::Backoff { until: now + (self.jitter)(most).min(most) };
    }
}

const UPDATE_HINT: &str = "Run `npm install -g @openai/codex`.";

impl Exit {
    fn error(&self, kind: AppServerErrorKind, what: &str) -> AppServerError {
        let message = match &self.words {
            Some(words) => format!("{what} ({}): {words}", self.how),
            None => format!("{what} ({}).", self.how),
        };
        AppServerError { kind, message, hint: self.hint.clone() }
    }
}

fn ended_by_us(message: &str) -> AppServerError {
    AppServerError { kind: AppServerErrorKind::Exited, message: message.into(), hint: None }
}

/// Whether `version` is older than the stated minimum. A version that cannot be read is let through, and so is
/// 0.0.0, which is what a codex built from source calls itself.
fn is_too_old(version: &str) -> bool {
    let read = |text: &str| -> Option<[u64; 3]> {
        let core = text.split(['-', '+']).next()?;
        let mut numbers = core.split('.').map(|part| part.parse().ok());
        Some([numbers.next()??, numbers.next()??, numbers.next()??])
    };
    match (read(version), read(MINIMUM_VERSION)) {
        (Some(version), Some(minimum)) => version != [0; 3] && version < minimum,
        _ => false,
    }
}

/// The version in the `userAgent` of an `initialize` result, such as `outrigger/0.169.0 (Debian 13; x86_64)`.
pub fn version_in(user_agent: &str) -> Option<&str> {
    let version = user_agent.split_once('/')?.1.split_whitespace().next()?;
    version.starts_with(|first: char| first.is_ascii_digit()).then_some(version)
}

#[cfg(test)]
mod tests;
