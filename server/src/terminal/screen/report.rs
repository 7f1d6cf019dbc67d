//! What the stream says beside what it shows: folder, marks, and questions to the terminal.

use std::fmt::Write;

use super::{MAX_LABEL, MAX_WAITING, Mark, Shown, parser::Params};

impl Shown {
    /// The folder of OSC 7: a `file:` URI, decoded.
    pub(super) fn folder(&mut self, uri: &str) {
        let Some(rest) = uri.strip_prefix("file://") else { return };
        let Some(start) = rest.find('/') else { return };
        let path = percent_decoded(&rest[start..]);
        if path.len() <= MAX_LABEL && !path.contains(char::is_control) {
            self.face.cwd = Some(path);
        }
    }

    /// A mark of OSC 133.
    pub(super) fn mark(&mut self, body: &str) {
        let mut parts = body.split(';');
        let mark = match parts.next() {
            Some("A") => Mark::PromptStart,
            Some("B") => Mark::CommandStart,
            Some("C") => Mark::OutputStart,
            Some("D") => {
                Mark::CommandEnd { exit_code: parts.next().and_then(|code| code.parse().ok()) }
            }
            _ => return,
        };
        self.marks.push(mark);
    }

    /// What is asked of a terminal: what it is, how it is, where its cursor is.
    pub(super) fn answer(&mut self, marks: &str, params: &Params, last: char) {
        if self.answers.len() > MAX_WAITING {
            return;
        }
        let buffer = self.now();
        let (x, y) = (buffer.x.min(buffer.cols - 1) + 1, buffer.y + 1);
        let answer = match (marks, last, params.or(0, 0)) {
            ("", 'c', 0) => "\x1b[?1;2c",
            (">", 'c', 0) => "\x1b[>0;276;0c",
            ("", 'n', 5) => "\x1b[0n",
            ("" | "?", 'n', 6) => {
                let _ = write!(self.answers, "\x1b[{marks}{y};{x}R");
                return;
            }
            _ => return,
        };
        self.answers.push_str(answer);
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        let hex = |byte: u8| char::from(byte).to_digit(16);
        if let (b'%', [high, low, after @ ..]) = (*byte, after)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            bytes.push((high * 16 + low) as u8);
            rest = after;
        } else {
            bytes.push(*byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
