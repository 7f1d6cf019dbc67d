//! What this process starts, and what that starts in turn: marked in its environment, and ended with it.
//!
//! A mark is inherited over every fork, also by what leaves its parent, its group and its session, and it
//! cannot be mistaken for another's as a number can that the kernel gives out again.

use std::{
    ffi::OsString,
    fmt::Write,
    hash::{BuildHasher, RandomState},
    path::Path,
    time::{Duration, Instant},
};

use crate::home;

/// The variable that holds the mark.
pub const VARIABLE: &str = "OUTRIGGER_OWNER";
/// The variable that says in which terminal of Outrigger a process is.
pub const TERMINAL: &str = "OUTRIGGER_TERMINAL";

/// How long processes may take between SIGTERM and SIGKILL.
const TERMINATING: Duration = Duration::from_secs(1);
/// How long is looked for processes that are still there after SIGKILL.
const KILLING: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(10);

/// Whose a process is: of one run on one state directory, or of a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    home: String,
    value: String,
}

impl Mark {
    /// The mark of a new run on this state directory.
    pub fn new(directory: &Path) -> Self {
        let home = home::name_of(directory);
        // A fresh RandomState hashes with random keys.
        let run = RandomState::new().hash_one(std::process::id());
        let mut value = home.clone();
        let _ = write!(value, ".{run:016x}");
        Self { home, value }
    }

    /// The mark that was handed over as text.
    pub fn read(text: &str) -> Option<Self> {
        let (home, _) = text.split_once('.')?;
        Some(Self { home: home.to_owned(), value: text.to_owned() })
    }

    /// The mark of a part of what this one marks.
    #[must_use]
    pub fn part(&self, part: u32) -> Self {
        Self { home: self.home.clone(), value: format!("{}.{part}", self.value) }
    }

    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// What a process is started with.
    pub fn variable(&self) -> (OsString, OsString) {
        (VARIABLE.into(), self.value.as_str().into())
    }

    /// Whether a process with this mark belongs to what this one marks.
    fn holds(&self, mark: &str) -> bool {
        mark.strip_prefix(&self.value).is_some_and(|part| part.is_empty() || part.starts_with('.'))
    }

    /// Whether it is of an earlier run on the same state directory.
    fn precedes(&self, mark: &str) -> bool {
        mark.split_once('.').is_some_and(|(home, _)| home == self.home) && !self.holds(mark)
    }
}

/// Ends everything that has this mark: waits for `grace` for it to leave by itself, then asks by SIGTERM,
/// then no longer asks. Blocks until nothing is left, or for the bounds above.
pub fn end(mark: &Mark, grace: Duration) {
    end_whose(|found| mark.holds(found), grace);
}

/// Ends what earlier runs on the same state directory left behind. Only for who owns that directory.
pub fn end_earlier(mark: &Mark, grace: Duration) {
    end_whose(|found| mark.precedes(found), grace);
}

/// Whether anything lives that was started with this very mark, and not with one of its parts: what has left a terminal
/// that was closed, and was let go on.
pub fn lives(mark: &Mark) -> bool {
    !system::marked(&|found: &str| found == mark.value).is_empty()
}

fn end_whose(is_theirs: impl Fn(&str) -> bool, grace: Duration) {
    let since = Instant::now();
    loop {
        let left = system::marked(&is_theirs);
        let waited = since.elapsed();
        if left.is_empty() {
            return;
        }
        if waited >= grace + TERMINATING + KILLING {
            tracing::warn!(?left, "processes of ours could not be ended");
            return;
        }
        if waited >= grace {
            let kill = waited >= grace + TERMINATING;
            for pid in left {
                system::signal(pid, &is_theirs, kill);
            }
        }
        std::thread::sleep(LOOK);
    }
}

/// Ends the children of this process, and theirs as they come to it, but for those that are to be spared: by SIGTERM,
/// a second later by SIGKILL. For a process that takes orphans in; it must reap them meanwhile.
#[cfg(target_os = "linux")]
pub fn end_children(spared: impl Fn(u32, &[u8]) -> bool) {
    let since = Instant::now();
    loop {
        let left = system::children(&spared);
        let waited = since.elapsed();
        if left.is_empty() {
            return;
        }
        if waited >= TERMINATING + KILLING {
            tracing::warn!(?left, "orphans could not be ended");
            return;
        }
        for pid in left {
            system::signal_child(pid, waited >= TERMINATING);
        }
        std::thread::sleep(LOOK);
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs;

    use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

    use super::VARIABLE;

    pub fn marked(is_theirs: &impl Fn(&str) -> bool) -> Vec<u32> {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        processes
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid| *pid != std::process::id() && is_marked(*pid, is_theirs))
            .collect()
    }

    /// Somebody else's processes cannot be read, one that is ending has no environment any more.
    fn is_marked(pid: u32, is_theirs: &impl Fn(&str) -> bool) -> bool {
        let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else { return false };
        environment.split(|byte| *byte == 0).any(|entry| {
            entry
                .strip_prefix(VARIABLE.as_bytes())
                .and_then(|rest| rest.strip_prefix(b"="))
                .and_then(|mark| std::str::from_utf8(mark).ok())
                .is_some_and(is_theirs)
        })
    }

    /// The children of this process that live, but for those that are spared by number and command line.
    pub fn children(spared: &impl Fn(u32, &[u8]) -> bool) -> Vec<u32> {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        processes
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid| is_child(*pid))
            .filter(|pid| {
                !spared(*pid, &fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default())
            })
            .collect()
    }

    fn is_child(pid: u32) -> bool {
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
        // The name may have anything in it, so what follows is looked for from the end.
        let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let state = fields.next().unwrap_or_default();
        let parent = fields.next().and_then(|parent| parent.parse().ok());
        parent == Some(std::process::id()) && !matches!(state, "Z" | "X")
    }

    /// Signals a child, stopped or not.
    pub fn signal_child(pid: u32, kill: bool) {
        let Some(number) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return };
        let Ok(process) = pidfd_open(number, PidfdFlags::empty()) else { return };
        if is_child(pid) {
            let _ = pidfd_send_signal(&process, if kill { Signal::KILL } else { Signal::TERM });
            let _ = pidfd_send_signal(&process, Signal::CONT);
        }
    }

    /// Signals the process itself: whoever has its number later is not meant.
    pub fn signal(pid: u32, is_theirs: &impl Fn(&str) -> bool, kill: bool) {
        let Some(number) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return };
        let Ok(process) = pidfd_open(number, PidfdFlags::empty()) else { return };
        if is_marked(pid, is_theirs) {
            // One that is gone already is what was wanted.
            let _ = pidfd_send_signal(&process, if kill { Signal::KILL } else { Signal::TERM });
        }
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
mod system {
    use std::process::Command;

    use rustix::process::{Pid, Signal, kill_process};

    use super::VARIABLE;

    /// `ps -E` shows the environment behind the command line.
    pub fn marked(is_theirs: &impl Fn(&str) -> bool) -> Vec<u32> {
        let Ok(shown) =
            Command::new("ps").args(["-A", "-E", "-ww", "-o", "pid=,command="]).output()
        else {
            return Vec::new();
        };
        let start = format!("{VARIABLE}=");
        String::from_utf8_lossy(&shown.stdout)
            .lines()
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                let pid = words.next()?.parse().ok()?;
                words.find_map(|word| word.strip_prefix(&start)).filter(|mark| is_theirs(mark))?;
                (pid != std::process::id()).then_some(pid)
            })
            .collect()
    }

    pub fn signal(pid: u32, _: &impl Fn(&str) -> bool, kill: bool) {
        let Some(number) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return };
        let _ = kill_process(number, if kill { Signal::KILL } else { Signal::TERM });
    }
}

/// On Windows a Job object ends what is left.
#[cfg(windows)]
mod system {
    pub fn marked(_: &impl Fn(&str) -> bool) -> Vec<u32> {
        Vec::new()
    }

    pub fn signal(_: u32, _: &impl Fn(&str) -> bool, _: bool) {}
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::{
        os::unix::process::ExitStatusExt,
        process::{Child, Command},
    };

    use super::*;

    fn sleeper(mark: &Mark) -> Child {
        let (name, value) = mark.variable();
        let child = Command::new("sleep").arg("1000").env(name, value).spawn().unwrap();
        // The kernel shows an environment a moment after its program has begun.
        while !system::marked(&|found: &str| found == mark.value).contains(&child.id()) {
            std::thread::yield_now();
        }
        child
    }

    fn signal_of(mut child: Child) -> Option<i32> {
        child.wait().unwrap().signal()
    }

    #[test]
    fn a_mark_holds_its_parts_and_precedes_only_other_runs_of_its_home() {
        let (mine, other) = (Mark::new(Path::new("/s/a")), Mark::new(Path::new("/s/a")));
        let elsewhere = Mark::new(Path::new("/s/b"));
        let told = |mark: &Mark| (mine.holds(mark.as_str()), mine.precedes(mark.as_str()));
        assert_eq!(told(&mine), (true, false));
        assert_eq!(told(&mine.part(7)), (true, false));
        assert_eq!(told(&other), (false, true));
        assert_eq!(told(&elsewhere), (false, false));
        assert!(!mine.part(1).holds(mine.part(12).as_str()));
        assert_eq!(Mark::read(mine.part(7).as_str()), Some(mine.part(7)));
    }

    #[test]
    fn what_is_marked_is_ended_and_nothing_else() {
        let mark = Mark::new(Path::new("/s/ended"));
        let (one, two) = (sleeper(&mark.part(1)), sleeper(&mark.part(2)));
        let mut stranger = sleeper(&Mark::new(Path::new("/s/stranger")));
        end(&mark.part(1), Duration::ZERO);
        // `wait` would have reaped them otherwise: what has no environment any more counts as gone.
        assert_eq!(signal_of(one), Some(15));
        end_earlier(&Mark::new(Path::new("/s/ended")), Duration::ZERO);
        assert_eq!(signal_of(two), Some(15));
        assert_eq!(stranger.try_wait().unwrap(), None);
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }

    #[test]
    fn only_what_has_the_very_mark_is_said_to_live() {
        let mark = Mark::new(Path::new("/s/lives"));
        let part = sleeper(&mark.part(1));
        assert!(!lives(&mark));
        let whole = sleeper(&mark);
        assert!(lives(&mark));
        end(&mark, Duration::ZERO);
        assert_eq!((signal_of(part), signal_of(whole)), (Some(15), Some(15)));
        assert!(!lives(&mark));
    }

    #[test]
    fn what_does_not_heed_sigterm_is_killed() {
        let mark = Mark::new(Path::new("/s/stubborn"));
        let (name, value) = mark.variable();
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' TERM; echo; while :; do sleep 0.05; done"]).env(name, value);
        let mut child = shell.stdout(std::process::Stdio::piped()).spawn().unwrap();
        // It has set its trap when it speaks.
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0]).unwrap();
        end(&mark, Duration::ZERO);
        assert_eq!(signal_of(child), Some(9));
    }
}
