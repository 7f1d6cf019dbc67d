//! Notices of the operating system, by the program that a desktop has for them, or by one that the person names.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::core::Notice;

/// How long such a program may take.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(20);
/// The texts are arguments, never part of the script.
const SCRIPT: [&str; 6] = [
    "-e",
    "on run argv",
    "-e",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "-e",
    "end run",
];

/// Says it, unless it is a quiet hour. Blocks for some seconds at the most; that it could not be said is logged.
pub fn say(notice: &Notice) {
    let hour = u64::try_from(jiff::Zoned::now().hour()).unwrap_or_default();
    if notice.quiet.is_some_and(|quiet| is_within(hour, quiet)) {
        return;
    }
    if let Err(why) = run(command(notice)) {
        tracing::info!("a notice was not shown: {why}");
    }
}

/// Whether an hour lies in a span that may go over midnight.
fn is_within(hour: u64, (from, until): (u64, u64)) -> bool {
    if from <= until { (from..until).contains(&hour) } else { hour >= from || hour < until }
}

fn command(Notice { title, text, program, .. }: &Notice) -> Command {
    let (program, before): (&str, &[&str]) = match program {
        Some(program) => (program, &[]),
        None if cfg!(target_os = "macos") => ("osascript", &SCRIPT),
        None => ("notify-send", &["--app-name=Outrigger", "--"]),
    };
    let mut command = Command::new(program);
    command.args(before).args([title, text]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn run(mut command: Command) -> Result<(), String> {
    let program = command.get_program().display().to_string();
    let mut child = command.spawn().map_err(|error| format!("{program}: {error}"))?;
    let until = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("{program} ended with {status}")),
            Ok(None) if Instant::now() < until => std::thread::sleep(LOOK),
            still => {
                let _ = child.kill().and_then(|()| child.wait());
                return Err(format!("{program}: {still:?}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_may_go_over_midnight() {
        let quiet = |span| (0..24).filter(|hour| is_within(*hour, span)).collect::<Vec<u64>>();
        assert_eq!(quiet((22, 6)), [0, 1, 2, 3, 4, 5, 22, 23]);
        assert_eq!(quiet((1, 3)), [1, 2]);
    }

    #[test]
    fn what_a_notice_says_is_an_argument_and_no_script() {
        let notice = Notice {
            title: "T".into(),
            text: "--help \"; rm -rf /".into(),
            program: Some("/bin/mine".into()),
            quiet: None,
        };
        let command = command(&notice);
        let said: Vec<_> = command.get_args().collect();
        assert_eq!(
            (command.get_program(), &said[..]),
            ("/bin/mine".as_ref(), &["T".as_ref(), "--help \"; rm -rf /".as_ref()][..])
        );
    }
}
