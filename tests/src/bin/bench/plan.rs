//! What is measured, with what, and how much of it.

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

/// What a part of the benchmark comes to; its failure is told to a person and ends the run.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What is measured, and what it takes to do so.
#[derive(Debug)]
pub struct Programs {
    pub outrigger: PathBuf,
    pub scripted_model: PathBuf,
    /// The native codex, not its launcher.
    pub codex: PathBuf,
    /// This program, which plays the small parts itself: see [`roles`](crate::roles).
    pub own: PathBuf,
    /// ACP agents whose start stands beside ours, by name.
    pub peers: Vec<Peer>,
    /// Peers that could not be had, by name, with the reason.
    pub absent_peers: Vec<(String, String)>,
    /// node, the script that reads a program through node-pty, and where that is.
    pub node_pty: Option<(PathBuf, PathBuf, PathBuf)>,
}

/// Another program that answers `initialize`, over ACP.
#[derive(Debug)]
pub struct Peer {
    pub name: String,
    pub program: PathBuf,
    pub args: Vec<String>,
}

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Starts of each program.
    pub starts: usize,
    /// Turns through Outrigger, each beside one without it.
    pub pairs: usize,
    /// Deltas in such a turn.
    pub deltas: usize,
    /// Paced turns of each kind, and their deltas.
    pub paced_turns: usize,
    pub paced_deltas: usize,
    /// Small notes in one replay.
    pub small_notes: usize,
    /// Lines of 64 kB in one replay.
    pub large_lines: usize,
    /// Replays of each kind.
    pub replays: usize,
    /// How long a reader stops, in seconds.
    pub pause_seconds: u64,
    /// Questions each way between relay and socket.
    pub questions: usize,
    /// Editors of one daemon, threads in which a turn streams, and deltas of each.
    pub sessions: usize,
    pub streams: usize,
    pub stream_deltas: usize,
    /// How long nothing is done, in seconds.
    pub idle_seconds: u64,
    /// Lines of 98 bytes that flood a terminal, and keys that are typed.
    pub terminal_lines: usize,
    pub keys: usize,
}

impl Scale {
    /// What the figures in `docs/benchmarks.md` are made with.
    pub const FULL: Self = Self {
        starts: 30,
        pairs: 15,
        deltas: 20_000,
        paced_turns: 3,
        paced_deltas: 2_000,
        small_notes: 1_000_000,
        large_lines: 8_192,
        replays: 3,
        pause_seconds: 10,
        questions: 3_000,
        sessions: 32,
        streams: 8,
        stream_deltas: 2_000,
        idle_seconds: 60,
        terminal_lines: 5_102_000,
        keys: 1_000,
    };

    /// To see that it works.
    pub const QUICK: Self = Self {
        starts: 5,
        pairs: 3,
        deltas: 20_000,
        paced_turns: 1,
        paced_deltas: 500,
        small_notes: 200_000,
        large_lines: 1_024,
        replays: 1,
        pause_seconds: 2,
        questions: 500,
        sessions: 8,
        streams: 2,
        stream_deltas: 500,
        idle_seconds: 5,
        terminal_lines: 300_000,
        keys: 100,
    };
}

impl Programs {
    /// This program in one of its parts.
    pub fn role(&self, role: &str) -> Command {
        let mut command = Command::new(&self.own);
        command.arg(role);
        command
    }
}
