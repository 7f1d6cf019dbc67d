//! The processes of this machine, as far as a terminal's end needs to know them.

#[cfg(target_os = "linux")]
use std::path::Path;
use std::path::PathBuf;

use super::environment::MARK;

/// One process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub pid: i32,
    pub parent: i32,
    pub session: i32,
    pub command: String,
    pub marked: bool,
}

/// What the processes of one terminal are known by, wherever they have gone.
#[derive(Clone, Debug)]
pub(super) struct Marks {
    /// Its name, in their environment.
    pub terminal: String,
    /// The device that they write to, as far as they do.
    pub tty: Option<PathBuf>,
}

/// Every process that lives; a zombie doesn't. Those that carry the marks of this terminal are known by them.
#[cfg(target_os = "linux")]
pub(super) fn all(marks: &Marks) -> Vec<Seen> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| seen(pid, marks)).collect()
}

#[cfg(target_os = "linux")]
fn seen(pid: i32, marks: &Marks) -> Option<Seen> {
    let (parent, session) = standing(pid)?;
    let read = |name: &str| std::fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
    let start = format!("{MARK}=");
    let environment = read("environ");
    let mark =
        environment.split(|byte| *byte == 0).find_map(|one| one.strip_prefix(start.as_bytes()));
    let marked = match mark {
        Some(mark) => mark == marks.terminal.as_bytes(),
        // It has cleared its environment; it may write to the terminal all the same.
        None => marks.tty.as_deref().is_some_and(|tty| holds(pid, tty)),
    };
    let line = read("cmdline");
    let words: Vec<String> = line
        .split(|byte| *byte == 0)
        .filter(|word| !word.is_empty())
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect();
    Some(Seen { pid, parent, session, command: words.join(" "), marked })
}

/// Whether a process has this device open.
#[cfg(target_os = "linux")]
fn holds(pid: i32, tty: &Path) -> bool {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    open.into_iter().any(|one| std::fs::read_link(one.path()).is_ok_and(|file| file == tty))
}

/// Parent and session of a process that lives.
#[cfg(target_os = "linux")]
fn standing(pid: i32) -> Option<(i32, i32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may have anything in it, so what follows is looked for from the end.
    let mut fields = stat[stat.rfind(')')? + 1..].split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let session = fields.nth(1)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some((parent, session))
}

#[cfg(target_os = "linux")]
pub(super) fn lives(pid: i32) -> bool {
    standing(pid).is_some()
}

/// Where a process is now.
#[cfg(target_os = "linux")]
pub(super) fn folder_of(pid: i32) -> Option<String> {
    let folder = std::fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
    folder.is_dir().then(|| folder.into_os_string().into_string().ok())?
}

#[cfg(all(unix, not(target_os = "linux")))]
pub(super) fn folder_of(_: i32) -> Option<String> {
    None
}

/// As `ps` says it; where it shows no environments, the mark is not seen.
#[cfg(all(unix, not(target_os = "linux")))]
pub(super) fn all(marks: &Marks) -> Vec<Seen> {
    let list = |args: &[&str]| {
        let output = std::process::Command::new("ps").args(args).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let mark = format!("{MARK}={}", marks.terminal);
    let with_environment = list(&["-A", "-E", "-ww", "-o", "pid=,command="]).unwrap_or_default();
    let marked: Vec<i32> = with_environment
        .lines()
        .filter(|line| line.split_whitespace().any(|word| word == mark))
        .filter_map(|line| line.split_whitespace().next()?.parse().ok())
        .collect();
    let all = list(&["-A", "-ww", "-o", "pid=,ppid=,stat=,command="]).unwrap_or_default();
    all.lines()
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            let pid: i32 = fields.next()?.parse().ok()?;
            let parent = fields.next()?.parse().ok()?;
            let zombie = fields.next()?.starts_with('Z');
            let session = rustix::process::getsid(rustix::process::Pid::from_raw(pid)).ok()?;
            let command = fields.collect::<Vec<_>>().join(" ");
            let marked = marked.contains(&pid);
            let session = session.as_raw_nonzero().get();
            (!zombie).then_some(Seen { pid, parent, session, command, marked })
        })
        .collect()
}

#[cfg(all(unix, not(target_os = "linux")))]
pub(super) fn lives(pid: i32) -> bool {
    rustix::process::Pid::from_raw(pid)
        .is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

/// The members of a session.
pub(super) fn members(all: &[Seen], leader: i32) -> Vec<Seen> {
    all.iter().filter(|seen| seen.session == leader).cloned().collect()
}

/// What came out of a session and has left it: descendants, and what still carries the terminal's mark.
pub(super) fn left(all: &[Seen], leader: i32) -> Vec<Seen> {
    let mut family: Vec<i32> = all
        .iter()
        .filter(|seen| seen.session == leader || seen.marked)
        .map(|seen| seen.pid)
        .collect();
    family.push(leader);
    loop {
        let known = family.len();
        for seen in all {
            if family.contains(&seen.parent) && !family.contains(&seen.pid) {
                family.push(seen.pid);
            }
        }
        if family.len() == known {
            break;
        }
    }
    // Outrigger itself may run in a terminal of another Outrigger.
    let ourselves = std::process::id().cast_signed();
    let outside = |seen: &&Seen| {
        seen.session != leader && family.contains(&seen.pid) && seen.pid != ourselves
    };
    all.iter().filter(outside).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(pid: i32, parent: i32, session: i32, marked: bool) -> Seen {
        Seen { pid, parent, session, command: format!("p{pid}"), marked }
    }

    #[test]
    fn what_left_a_session_is_known_by_descent_and_by_mark() {
        let all = [
            seen(1, 0, 1, false),
            seen(10, 1, 10, true),
            seen(11, 10, 10, true),
            seen(12, 11, 12, false),
            seen(13, 12, 13, false),
            seen(14, 1, 14, true),
            seen(20, 1, 20, false),
        ];
        let pids = |seen: Vec<Seen>| seen.iter().map(|one| one.pid).collect::<Vec<_>>();
        assert_eq!(pids(members(&all, 10)), [10, 11]);
        assert_eq!(pids(left(&all, 10)), [12, 13, 14]);
    }
}
