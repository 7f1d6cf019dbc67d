//! What can be asked of the terminals and what they say.

use std::{path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Error, close::Process};
use crate::protocol::{SessionId, TerminalId};

/// One request. Those with a token are answered with it; of the others only the effect is told.
#[derive(Debug, PartialEq)]
pub enum Command {
    /// Answered by [`Event::Created`].
    Create {
        token: u64,
        terminal: TerminalId,
        spec: Box<Spec>,
    },
    /// A terminal of a program that runs elsewhere and whose output is handed in. Answered by [`Event::Created`].
    Open {
        token: u64,
        terminal: TerminalId,
        program: String,
        cwd: PathBuf,
        size: Size,
    },
    /// Output of such a program.
    Feed {
        terminal: TerminalId,
        output: Output,
    },
    /// Such a program has ended; once is enough.
    Finish {
        terminal: TerminalId,
        code: i32,
    },
    /// Answered by [`Event::Attached`], or [`Event::Refused`]. What was attached before is attached anew.
    Attach {
        token: u64,
        terminal: TerminalId,
        session: SessionId,
    },
    Detach {
        terminal: TerminalId,
        session: SessionId,
    },
    /// This session is gone: it is detached from every terminal.
    Leave {
        session: SessionId,
    },
    /// Answered by [`Event::Done`] when the input is queued as a whole, or [`Event::Refused`].
    Write {
        token: u64,
        terminal: TerminalId,
        data: String,
    },
    /// Answered like `Write`. Takes effect within 16 ms; of several the last counts.
    Resize {
        token: u64,
        terminal: TerminalId,
        size: Size,
    },
    /// This session has shown the stream up to `offset`, in UTF-16 code units.
    Ack {
        terminal: TerminalId,
        session: SessionId,
        offset: u64,
    },
    /// Answered by [`Event::Closed`], or [`Event::Refused`] with [`Error::Busy`] when something runs and `force` is
    /// not given.
    Close {
        token: u64,
        terminal: TerminalId,
        force: bool,
        everything: bool,
    },
    /// Answered by [`Event::Kept`], or [`Event::Refused`]. What is put out from then on is told by [`Event::Active`].
    Keep {
        token: u64,
        terminal: TerminalId,
    },
    /// Forgets a terminal that has exited.
    Forget {
        terminal: TerminalId,
    },
}

/// A part of what a program writes that runs elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    Text(String),
    Base64(String),
}

/// What is to be started, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spec {
    pub cwd: PathBuf,
    /// The person's shell when left out.
    pub command: Option<String>,
    pub args: Vec<String>,
    /// The environment of the editor that opened it, whole; marks of editors and of ours are taken out.
    pub base_env: Vec<(String, String)>,
    /// Set on top of that.
    pub env: Vec<(String, String)>,
    /// Where the shells' integration was installed, if they are to have it.
    pub integration: Option<PathBuf>,
    /// What marks everything of this run of Outrigger.
    pub owner: Option<String>,
    pub size: Size,
    /// What is on the screen before the program writes: that of a terminal that was kept over a restart.
    pub before: Option<String>,
}

/// The size in cells, within what a terminal can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    cols: u16,
    rows: u16,
}

impl Size {
    /// Clamped to 2–1,000 columns and 1–1,000 rows.
    pub fn new(cols: u32, rows: u32) -> Self {
        Self { cols: cols.clamp(2, 1_000) as u16, rows: rows.clamp(1, 1_000) as u16 }
    }

    pub fn cols(self) -> u16 {
        self.cols
    }

    pub fn rows(self) -> u16 {
        self.rows
    }
}

impl Default for Size {
    fn default() -> Self {
        Self { cols: 80, rows: 24 }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Created {
        token: u64,
        terminal: TerminalId,
        result: Result<Started, Error>,
    },
    /// `snapshot` redraws scrollback and screen in a fresh terminal of `size`; the data of this session follow, from
    /// `offset` on.
    Attached {
        token: u64,
        terminal: TerminalId,
        session: SessionId,
        size: Size,
        snapshot: String,
        offset: u64,
    },
    /// A part of the stream, for this session alone, that begins at `offset` UTF-16 code units.
    Data {
        terminal: TerminalId,
        session: SessionId,
        offset: u64,
        data: Arc<str>,
    },
    /// Fell behind for too long, and is sent nothing more; it may attach again.
    TooSlow {
        terminal: TerminalId,
        session: SessionId,
    },
    /// Something was put out since it began, or since it was last kept; told once.
    Active {
        terminal: TerminalId,
    },
    /// A title, folder or size other than before.
    Changed {
        terminal: TerminalId,
        face: Face,
    },
    /// The shell says where a prompt, a command or its output begins, or how a command ended.
    Marked {
        terminal: TerminalId,
        mark: Mark,
    },
    /// For a program that runs elsewhere: what was typed…
    Typed {
        terminal: TerminalId,
        data: Vec<u8>,
    },
    /// …the size of its screen…
    Sized {
        terminal: TerminalId,
        size: Size,
    },
    /// …and that it is to end.
    Halted {
        terminal: TerminalId,
    },
    Done {
        token: u64,
    },
    Refused {
        token: u64,
        error: Error,
    },
    Closed {
        token: u64,
        terminal: TerminalId,
        /// What had left the session: still running, unless `everything` was asked.
        left: Vec<Process>,
        /// What could not be ended.
        survived: Vec<Process>,
    },
    Kept {
        token: u64,
        terminal: TerminalId,
        kept: Box<Kept>,
    },
    /// The last of a terminal, and once: after all of its data.
    Exited {
        terminal: TerminalId,
        exit: Exit,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    pub pid: u32,
    /// What runs, as a path or name.
    pub program: String,
    pub cwd: PathBuf,
    pub size: Size,
}

/// How a terminal presents itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Face {
    /// As the program set it; empty until it does.
    pub title: String,
    /// As the shell reported it by OSC 7, decoded.
    pub cwd: Option<String>,
    pub size: Size,
}

/// A mark of OSC 133.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    PromptStart,
    CommandStart,
    OutputStart,
    CommandEnd { exit_code: Option<i32> },
}

/// How the program ended. By a signal, the code is 128 + its number, as a shell says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    pub code: i32,
    pub signal: Option<i32>,
}

/// What is to be kept of a terminal so that it can be shown after a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub face: Face,
    /// Draws the main screen and the end of its scrollback. Not redacted: the store does that.
    pub screen: String,
}
