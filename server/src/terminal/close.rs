//! The end of a terminal: of its whole session, and of what has left that if the person says so.

use serde::Serialize;

/// A process, as a person is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Process {
    pub pid: i32,
    /// Its command line.
    pub command: String,
}

/// What an end left behind.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ended {
    /// Had left the session, and was not to be ended.
    pub left: Vec<Process>,
    /// Could not be ended.
    pub survived: Vec<Process>,
}

#[cfg(unix)]
pub(super) use ladder::{end, running};

#[cfg(unix)]
mod ladder {
    use std::{
        thread,
        time::{Duration, Instant},
    };

    use rustix::process::{Pid, Signal, kill_process, kill_process_group};

    use super::{
        super::processes::{Marks, Seen, all, left, lives, members},
        Ended, Process,
    };

    /// How long processes have between being told and being killed.
    const GRACE: Duration = Duration::from_secs(1);
    const LOOK: Duration = Duration::from_millis(15);
    /// Rounds of killing: each finds what was forked during the one before.
    const ROUNDS: usize = 20;

    /// What runs in a session: without its leader, if that is but the shell.
    pub(in super::super) fn running(leader: i32, is_shell: bool, marks: &Marks) -> Vec<Process> {
        let mut members = members(&all(marks), leader);
        members.retain(|seen| seen.pid != leader || !is_shell);
        named(&members)
    }

    /// Ends all of a session: hang-up to its foreground and to every process, then, after a second, a kill. With
    /// `everything`, what has left the session goes too. Blocks.
    ///
    /// Once the leader has `ended`, its number may be another's: then the mark alone says what is of this terminal.
    pub(in super::super) fn end(
        leader: i32,
        ended: bool,
        foreground: Option<i32>,
        marks: &Marks,
        everything: bool,
    ) -> Ended {
        let members = |all: &[Seen]| {
            let mut inside = members(all, leader);
            inside.retain(|seen| seen.marked || !ended);
            inside
        };
        let before = all(marks);
        let inside = members(&before);
        let outside = left(&before, leader);
        if let Some(group) = foreground.and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::HUP);
        }
        for seen in &inside {
            signal(seen, Signal::HUP);
            signal(seen, Signal::CONT);
        }
        let mut doomed = inside;
        if everything {
            for seen in &outside {
                // A daemon takes a hang-up as a wish to read its settings again.
                signal(seen, Signal::TERM);
                signal(seen, Signal::CONT);
            }
            doomed.extend(outside.iter().cloned());
        }
        wait_for(&doomed, GRACE);

        let mut rest = Vec::new();
        for _ in 0..ROUNDS {
            let now = all(marks);
            rest = members(&now);
            if everything {
                rest.extend(left(&now, leader));
                let known = |seen: &&Seen| {
                    let same = |one: &Seen| one.pid == seen.pid && one.command == seen.command;
                    outside.iter().any(same) && !rest.iter().any(|one| one.pid == seen.pid)
                };
                let orphans: Vec<Seen> = now.iter().filter(known).cloned().collect();
                rest.extend(orphans);
            }
            if rest.is_empty() {
                break;
            }
            for seen in &rest {
                signal(seen, Signal::KILL);
            }
            wait_for(&rest, 4 * LOOK);
        }
        rest.retain(|seen| lives(seen.pid));
        let left = if everything {
            Vec::new()
        } else {
            outside.into_iter().filter(|seen| lives(seen.pid)).collect()
        };
        Ended { left: named(&left), survived: named(&rest) }
    }

    fn signal(seen: &Seen, signal: Signal) {
        if let Some(pid) = Pid::from_raw(seen.pid) {
            let _ = kill_process(pid, signal);
        }
    }

    fn wait_for(processes: &[Seen], patience: Duration) {
        let deadline = Instant::now() + patience;
        while processes.iter().any(|seen| lives(seen.pid)) && Instant::now() < deadline {
            thread::sleep(LOOK);
        }
    }

    fn named(processes: &[Seen]) -> Vec<Process> {
        processes
            .iter()
            .map(|seen| Process { pid: seen.pid, command: seen.command.clone() })
            .collect()
    }
}
