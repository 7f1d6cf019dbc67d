//! Notices of the operating system, or by a program that the person names.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use notify_rust::Notification;

use crate::core::Notice;

/// How long the person's program may take.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(20);

/// Says it, unless it is a quiet hour. Blocks for some seconds at the most; that it could not be said is logged.
pub fn say(notice: &Notice) {
    let hour = u64::try_from(jiff::Zoned::now().hour()).unwrap_or_default();
    if notice.quiet.is_some_and(|quiet| is_within(hour, quiet)) {
        return;
    }
    let Notice { title, text, program, .. } = notice;
    let said = match program {
        Some(program) => run(command(program, [title, text])),
        None => show(title, text),
    };
    if let Err(why) = said {
        tracing::info!("a notice was not shown: {why}");
    }
}

/// Whether an hour lies in a span that may go over midnight.
fn is_within(hour: u64, (from, until): (u64, u64)) -> bool {
    if from <= until { (from..until).contains(&hour) } else { hour >= from || hour < until }
}

/// By the desktop: over D-Bus on Linux, by the notification centre elsewhere.
fn show(title: &str, text: &str) -> Result<(), String> {
    let mut notice = Notification::new();
    notice.appname("Outrigger").summary(title).body(&body(text));
    notice.show().map(drop).map_err(|error| error.to_string())
}

/// What a desktop shows as this text: those that speak D-Bus may take it for markup.
fn body(text: &str) -> String {
    if cfg!(any(windows, target_os = "macos")) {
        return text.to_owned();
    }
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The texts are arguments, never part of a script.
fn command(program: &str, texts: [&str; 2]) -> Command {
    let mut command = Command::new(program);
    command.args(texts).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
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
        let texts = ["T", "--help \"; rm -rf /"];
        let command = command("/bin/mine", texts);
        let said: Vec<_> = command.get_args().collect();
        assert_eq!(
            (command.get_program(), &said[..]),
            ("/bin/mine".as_ref(), &texts.map(AsRef::as_ref)[..])
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_a_notice_says_is_no_markup() {
        assert_eq!(body("<b>bold</b> & more"), "&lt;b&gt;bold&lt;/b&gt; &amp; more");
    }
}
