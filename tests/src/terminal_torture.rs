//! Terminals are closed, and the daemon under them is killed, while what a person may start runs in them: jobs in the
//! background, `nohup`, what has left its session, its parents and its environment, what ignores signals, is stopped,
//! or begins itself again and again.
//!
//! After each end nothing of it runs within five seconds; a close that is not of everything leaves what had left, and
//! names it.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::random::Random;
use crate::{Editor, Workspace, processes};

/// How long anything may outlive the end of its terminal.
const WITHIN: Duration = Duration::from_secs(5);
/// Rounds that one workspace goes through.
const ROUNDS_OF_A_WORKSPACE: u32 = 20;
/// How late in a round the daemon is killed, in milliseconds.
const LATEST: u64 = 400;
/// Every so many rounds a terminal is closed without what had left it.
const PLAIN: u32 = 5;

/// What is typed into a shell; `TAG` is in the command line of all that comes of it.
const BROODS: &[(&str, &str)] = &[
    ("job", "sleep TAG &"),
    ("foreground", "sh -c 'sleep TAG; echo over'"),
    ("nohup", "nohup sleep TAG >/dev/null 2>&1 &"),
    ("disowned", "sleep TAG & disown -a"),
    ("deaf", "(trap '' HUP INT TERM; exec sleep TAG) &"),
    ("setsid", "setsid -f sleep TAG"),
    ("double fork", "(setsid sh -c 'sleep TAG & exec sleep TAG' </dev/null >/dev/null 2>&1 &)"),
    ("deaf daemon", "(setsid sh -c \"trap '' HUP INT TERM; sleep TAG & wait; sleep TAG\" &)"),
    ("stopped", "(setsid sh -c 'kill -STOP $$; sleep TAG' &)"),
    ("reborn", "(setsid ./reborn TAG &)"),
    ("without environment", "env -i /usr/bin/setsid -f sleep TAG"),
];
/// This one is nobody's once its parent is gone: only the end of the daemon finds it.
const STRANGER: (&str, &str) = (
    "stranger",
    "(env -i /usr/bin/setsid sh -c 'sleep TAG & sleep TAG' </dev/null >/dev/null 2>&1 &)",
);

/// Begins itself anew in a session of its own, and ends.
const REBORN: &str = "#!/bin/sh\nsleep 0.05\nsetsid \"$0\" \"$1\" &\n";

/// What a run came to.
#[derive(Debug, Default)]
pub struct TerminalFigures {
    pub rounds: u32,
    closed: u32,
    killed: u32,
    plain: u32,
    ended: usize,
    slowest: Duration,
}

impl fmt::Display for TerminalFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, closed, killed, plain, ended, slowest } = self;
        write!(
            f,
            "{rounds} rounds: {closed} terminals closed with everything and {plain} without, daemon killed {killed} times, \
             {ended} processes ended, none left; the last after {:.1} s at most",
            slowest.as_secs_f64()
        )
    }
}

/// In each round one terminal is closed with everything, and the daemon of others is killed. Fails at the first process
/// that is left.
pub fn terminal_torture(
    seed: u64,
    rounds: u32,
    mut progress: impl FnMut(u32, &TerminalFigures),
) -> TerminalFigures {
    let mut random = Random(seed);
    let mut figures = TerminalFigures::default();
    while figures.rounds < rounds {
        let workspace = Workspace::with(&[("reborn", REBORN)]);
        let made = workspace.command("chmod").args(["+x", "reborn"]).status().unwrap();
        assert!(made.success());
        for _ in 0..ROUNDS_OF_A_WORKSPACE.min(rounds - figures.rounds) {
            figures.rounds += 1;
            let place = format!("seed {seed}, round {}", figures.rounds);
            let editor = launch(&workspace);
            close_with_everything(&place, &editor, &mut random, &mut figures);
            if figures.rounds.is_multiple_of(PLAIN) {
                close_plainly(&place, &editor, &mut random, &mut figures);
            }
            kill(&place, &workspace, editor, &mut random, &mut figures);
            progress(figures.rounds, &figures);
        }
    }
    figures
}

fn launch(workspace: &Workspace) -> Editor {
    let launch = workspace.editor().shared().name("One").events(&[]);
    // Nothing here is Codex's.
    launch.codex(Path::new("/nowhere/codex")).overlook("", "what matters is asked for").launch()
}

/// A shell with some of the broods in it, and what all of it is known by.
struct Den {
    terminal: String,
    tag: String,
    names: Vec<&'static str>,
}

impl Den {
    fn open(editor: &Editor, random: &mut Random, broods: &[(&'static str, &str)]) -> Self {
        // So long that nothing of it ends by itself, and nobody else's.
        let tag = format!("{}.{:09}", 10_000 + random.below(80_000), random.below(1_000_000_000));
        let params = json!({
            "command": "bash",
            "args": ["--norc", "--noprofile"],
            "env": { "PS1": "$ ", "HISTFILE": "" },
            "cols": 80,
            "rows": 24,
        });
        let created = editor.call("outrigger/terminal/create", params);
        let terminal = created["terminal"]["terminalId"].as_str().unwrap().to_owned();
        let mut lines = String::new();
        for (_, line) in broods.iter().filter(|(name, _)| *name != "foreground") {
            lines.push_str(&line.replace("TAG", &tag));
            lines.push('\r');
        }
        for (_, line) in broods.iter().filter(|(name, _)| *name == "foreground") {
            lines.push_str(&line.replace("TAG", &tag));
            lines.push('\r');
        }
        editor.call("outrigger/terminal/write", json!({ "terminalId": terminal, "data": lines }));
        let names = broods.iter().map(|(name, _)| *name).collect();
        Self { terminal, tag, names }
    }

    /// What runs of it, with its environment or without.
    fn running(&self) -> Vec<(u32, String)> {
        processes::with_command(&self.tag)
    }

    /// Waits until each brood is there.
    fn fill(&self) {
        processes::until(|| self.running().len() >= self.names.len());
    }

    fn close(&self, editor: &Editor, everything: bool) -> Value {
        let params =
            json!({ "terminalId": self.terminal, "force": true, "everything": everything });
        editor.call("outrigger/terminal/close", params)
    }

    fn assert_empty(&self, place: &str, since: Instant, figures: &mut TerminalFigures) {
        while !self.running().is_empty() {
            assert!(
                since.elapsed() < WITHIN,
                "{place}: {:?} left {:?}",
                self.names,
                self.running()
            );
            // The kernel tells nobody but a parent: there is only looking again.
            std::thread::sleep(Duration::from_millis(10));
        }
        figures.slowest = figures.slowest.max(since.elapsed());
    }
}

/// Some of these, at least one.
fn some(
    random: &mut Random,
    of: &[(&'static str, &'static str)],
) -> Vec<(&'static str, &'static str)> {
    let mut chosen: Vec<_> = of.iter().copied().filter(|_| random.below(2) == 0).collect();
    if chosen.is_empty() {
        chosen.push(random.of(of));
    }
    chosen
}

fn close_with_everything(
    place: &str,
    editor: &Editor,
    random: &mut Random,
    figures: &mut TerminalFigures,
) {
    let broods = some(random, BROODS);
    let den = Den::open(editor, random, &broods);
    den.fill();
    figures.ended += den.running().len();
    let since = Instant::now();
    let closed = den.close(editor, true);
    assert_eq!(closed, json!({ "left": [], "survived": [] }), "{place}: {:?}", den.names);
    den.assert_empty(place, since, figures);
    figures.closed += 1;
}

fn close_plainly(place: &str, editor: &Editor, random: &mut Random, figures: &mut TerminalFigures) {
    let stays = [BROODS[5], BROODS[0], BROODS[4]];
    let den = Den::open(editor, random, &stays);
    let command = format!("sleep {}", den.tag);
    let runs_its_own = |(_, line): &(u32, String)| line.trim() == command;
    processes::until(|| {
        den.running().len() == stays.len() && den.running().iter().all(runs_its_own)
    });
    let closed = den.close(editor, false);
    let left = closed["left"].as_array().unwrap();
    assert_eq!((left.len(), &left[0]["command"]), (1, &json!(command)), "{place}: {closed}");
    let running: Vec<Value> = den.running().iter().map(|(pid, _)| json!(pid)).collect();
    assert_eq!(running, [left[0]["pid"].clone()], "{place}");
    den.running().into_iter().for_each(|(pid, _)| processes::kill(pid));
    figures.plain += 1;
}

fn kill(
    place: &str,
    workspace: &Workspace,
    editor: Editor,
    random: &mut Random,
    figures: &mut TerminalFigures,
) {
    let daemon = workspace.daemon_pid().unwrap();
    let all: Vec<_> = BROODS.iter().chain([&STRANGER]).copied().collect();
    let broods: Vec<_> = (0..=random.below(2)).map(|_| some(random, &all)).collect();
    let dens: Vec<Den> = broods.iter().map(|broods| Den::open(&editor, random, broods)).collect();
    if random.below(2) == 0 {
        dens.iter().for_each(Den::fill);
    } else {
        // The moment is what the dice said: it waits for nothing.
        std::thread::sleep(Duration::from_millis(random.below(LATEST)));
    }
    figures.ended += dens.iter().map(|den| den.running().len()).sum::<usize>();
    let since = Instant::now();
    processes::kill(daemon);
    for den in &dens {
        den.assert_empty(place, since, figures);
    }
    editor.exit_status();
    editor.give_up();
    figures.killed += 1;
}
