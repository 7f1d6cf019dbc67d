//! Colour, where a terminal takes it.

use std::io::IsTerminal;

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// What the eye should find first.
    Strong,
    /// What is there for completeness.
    Quiet,
    Added,
    Removed,
}

/// Whether text gets tones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub bool);

impl Colour {
    /// As stdout and the environment say: none beside a terminal, nor with `NO_COLOR`.
    pub fn of_stdout() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self(std::io::stdout().is_terminal() && !refused && !dumb)
    }

    pub fn paint(self, tone: Tone, text: &str) -> String {
        if !self.0 || text.is_empty() {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Strong => "1",
            Tone::Quiet => "2",
            Tone::Added => "32",
            Tone::Removed => "31",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}
