//! What the app-server says on stderr: kept, within bounds, for the message about its exit.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The newest lines that are kept, and their bytes together.
const LINES: usize = 200;
const BYTES: usize = 64 << 10;

/// The newest lines of one process. Clones share them.
#[derive(Clone, Default)]
pub struct Tail(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    lines: VecDeque<String>,
    bytes: usize,
}

/// What codex said about its exit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub text: Option<String>,
    pub hint: Option<String>,
}

impl Tail {
    /// Reads until the end of `stderr`; to be done on a thread of its own.
    pub fn read(&self, stderr: impl Read) {
        let mut stderr = BufReader::new(stderr);
        let mut line = Vec::new();
        // A line without an end is cut, not gathered.
        while let Ok(1..) = (&mut stderr).take(BYTES as u64).read_until(b'\n', &mut line) {
            let text = plain(&String::from_utf8_lossy(&line));
            line.clear();
            if !text.is_empty() {
                tracing::debug!(target: "codex", "{text}");
                self.push(text);
            }
        }
    }

    fn push(&self, line: String) {
        let mut tail = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tail.bytes += line.len();
        tail.lines.push_back(line);
        while tail.lines.len() > LINES || tail.bytes > BYTES {
            let gone = tail.lines.pop_front().map_or(0, |line| line.len());
            tail.bytes -= gone;
        }
    }

    /// Codex's own words about its exit: its `Error:` lines with what belongs to them, else the last line.
    pub fn words(&self, codex_home: Option<&Path>) -> Words {
        let tail = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let error = tail.lines.iter().position(|line| line.starts_with("Error"));
        let text = match error {
            Some(first) => {
                // With RUST_BACKTRACE set, where it happened follows: nothing in it is for the person.
                let said = tail.lines.range(first..).map(String::as_str);
                let said = said.take_while(|line| !line.eq_ignore_ascii_case("stack backtrace:"));
                Some(said.take(8).collect::<Vec<_>>().join("\n"))
            }
            None => tail.lines.back().cloned(),
        };
        let hint = text.as_deref().and_then(|text| hint(text, codex_home));
        Words { text, hint }
    }
}

/// What a person can do about words that are known.
fn hint(words: &str, codex_home: Option<&Path>) -> Option<String> {
    let config = codex_home.map_or_else(
        || "CODEX_HOME/config.toml".to_owned(),
        |home| home.join("config.toml").display().to_string(),
    );
    if let Some((setting, _)) = words.split_once(" is no longer supported; remove this setting") {
        let setting = setting.rsplit("Error: ").next().unwrap_or(setting);
        return Some(format!("Remove the line `{setting}` from {config}."));
    }
    words.contains("config.toml").then(|| format!("Correct {config}, then restart Codex."))
}

/// `line` without colours and space around it.
fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut parts = line.split('\u{1b}');
    text.extend(parts.next());
    for part in parts {
        // A control sequence is `[`, parameters and one final letter.
        let rest = part.strip_prefix('[').map_or(part, |rest| {
            rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';')
                .get(1..)
                .unwrap_or_default()
        });
        text.push_str(rest);
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(stderr: &str) -> Words {
        let tail = Tail::default();
        tail.read(stderr.as_bytes());
        tail.words(Some(Path::new("/home/kim/.codex")))
    }

    #[test]
    fn a_setting_that_is_gone_comes_with_the_line_to_remove() {
        assert_eq!(
            words(
                "\u{1b}[2m2026\u{1b}[0m \u{1b}[33m WARN\u{1b}[0m noise\nError: approval_policy = \"untrusted\" is no longer supported; remove this setting\n"
            ),
            Words {
                text: Some(
                    "Error: approval_policy = \"untrusted\" is no longer supported; remove this setting".into()
                ),
                hint: Some(
                    "Remove the line `approval_policy = \"untrusted\"` from /home/kim/.codex/config.toml.".into()
                ),
            }
        );
    }

    #[test]
    fn a_configuration_that_codex_does_not_start_with_is_to_be_corrected() {
        assert_eq!(
            words("Error loading config.toml: expected a value\n").hint.as_deref(),
            Some("Correct /home/kim/.codex/config.toml, then restart Codex.")
        );
    }

    #[test]
    fn a_backtrace_is_left_out() {
        let said = "Error: no\n\nCaused by:\n    because\n\nStack backtrace:\n   0: <unknown>\n";
        assert_eq!(words(said).text.as_deref(), Some("Error: no\nCaused by:\nbecause"));
    }

    #[test]
    fn without_an_error_line_the_last_line_is_told() {
        let expected = Words { text: Some("WARN last".into()), hint: None };
        assert_eq!(words("first\n\u{1b}[33mWARN\u{1b}[0m last\n\n"), expected);
        assert_eq!(words(""), Words::default());
    }

    #[test]
    fn only_the_newest_lines_are_kept() {
        let tail = Tail::default();
        tail.read("Error: early\n".as_bytes());
        tail.read("noise\n".repeat(LINES).as_bytes());
        assert_eq!(tail.words(None).text.as_deref(), Some("noise"));
        tail.read(vec![b'x'; 10 * BYTES].as_slice());
        let kept = tail.0.lock().unwrap();
        assert_eq!((kept.lines.len(), kept.bytes), (1, BYTES));
    }
}
