//! Four editors stage, unstage, revert and take back hunks at random, while git stages, commits and stashes in the same
//! repository, somebody types, and the daemon is killed.
//!
//! Every word that was typed is told apart. After each round all of them are in the working tree, in the index, in a commit
//! or in the journal; whatever git staged is in the index or in a commit; and nothing is left lying about.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::random::Random;
use crate::{Editor, Workspace, processes};

const EDITORS: usize = 4;
const FILES: [&str; 3] = ["one.txt", "two.txt", "three.txt"];
const LINES: u64 = 40;
/// Rounds that one repository goes through: what it holds is searched after each.
const ROUNDS_OF_A_WORKSPACE: u32 = 12;
/// How long a round may last, in milliseconds.
const LATEST: u64 = 500;
/// What may be refused where others write too.
const REFUSALS: [&str; 3] = ["hunkStale", "indexLocked", "unsupportedContent"];

/// What a run came to.
#[derive(Debug, Default)]
pub struct HunkFigures {
    pub rounds: u32,
    kills: u32,
    typed: usize,
    staged_by_git: usize,
    /// Acts of editors by outcome: what was done, or why not.
    acts: BTreeMap<String, u32>,
}

impl fmt::Display for HunkFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, kills, typed, staged_by_git, acts } = self;
        write!(
            f,
            "{rounds} rounds, daemon killed {kills} times, {typed} words typed, {staged_by_git} files staged by git; acts {acts:?}"
        )
    }
}

/// Tortures for so many rounds and calls `progress` after each. Fails at the first thing that is not as it should be.
pub fn hunk_torture(
    seed: u64,
    rounds: u32,
    mut progress: impl FnMut(u32, &HunkFigures),
) -> HunkFigures {
    let mut random = Random(seed);
    let mut figures = HunkFigures::default();
    while figures.rounds < rounds {
        let text = (0..LINES).map(|line| format!("line {line}\n")).collect::<Vec<_>>().concat();
        let workspace = Workspace::with(&FILES.map(|name| (name, text.as_str())));
        let mut rack = Rack::new(&workspace);
        for _ in 0..ROUNDS_OF_A_WORKSPACE.min(rounds - figures.rounds) {
            figures.rounds += 1;
            let place = format!("seed {seed}, round {}", figures.rounds);
            rack.round(&place, &mut random, &mut figures);
            progress(figures.rounds, &figures);
        }
    }
    figures
}

struct Rack<'w> {
    workspace: &'w Workspace,
    editors: Vec<Editor>,
    /// Words that were typed and files that git staged, of all rounds.
    typed: Vec<String>,
    staged: Vec<String>,
}

/// What all in a round share.
struct Round<'w> {
    workspace: &'w Workspace,
    over: AtomicBool,
    /// Numbers that are given out once.
    count: &'static AtomicU64,
    /// Whoever types and whoever resets files take turns, as a person does.
    keyboard: Mutex<()>,
}

fn launch(workspace: &Workspace) -> Editor {
    let launch = workspace.editor().shared().events(&["hunk"]);
    // Nothing here is Codex's.
    launch.codex(Path::new("/nowhere/codex")).overlook("", "what matters is asked for").launch()
}

impl<'w> Rack<'w> {
    fn new(workspace: &'w Workspace) -> Self {
        let editors = (0..EDITORS).map(|_| launch(workspace)).collect();
        Self { workspace, editors, typed: Vec::new(), staged: Vec::new() }
    }

    fn round(&mut self, place: &str, random: &mut Random, figures: &mut HunkFigures) {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let kill = random.below(2) == 0;
        let moment = Duration::from_millis(20 + random.below(LATEST));
        let round = Round {
            workspace: self.workspace,
            over: AtomicBool::new(false),
            count: &COUNT,
            keyboard: Mutex::new(()),
        };
        let daemon = self.workspace.daemon_pid().unwrap();
        let mut dice = || Random(random.below(u64::MAX));
        std::thread::scope(|scope| {
            let clients: Vec<_> = std::mem::take(&mut self.editors)
                .into_iter()
                .map(|editor| (editor, dice()))
                .map(|(editor, dice)| {
                    let round = &round;
                    scope.spawn(move || round.play(editor, dice, kill))
                })
                .collect();
            let git_dice = dice();
            let git = scope.spawn(|| round.use_git(git_dice));
            let typist_dice = dice();
            let typist = scope.spawn(|| round.type_words(typist_dice));
            // The moment is what the dice said: it waits for nothing.
            std::thread::sleep(moment);
            if kill {
                processes::kill(daemon);
            }
            round.over.store(true, Ordering::SeqCst);
            for client in clients {
                let (editor, acts) = client.join().unwrap();
                self.editors.push(editor);
                for (outcome, count) in acts {
                    *figures.acts.entry(outcome).or_default() += count;
                }
            }
            let (staged, typed) = (git.join().unwrap(), typist.join().unwrap());
            figures.staged_by_git += staged.len();
            figures.typed += typed.len();
            self.staged.extend(staged);
            self.typed.extend(typed);
        });
        if kill {
            figures.kills += 1;
            for editor in self.editors.drain(..) {
                editor.exit_status();
                editor.give_up();
            }
            self.editors.extend((0..EDITORS).map(|_| launch(self.workspace)));
        }
        self.assert_nothing_is_lost(place);
        self.assert_tidy(place);
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = self.workspace.command("git").args(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn assert_nothing_is_lost(&self, place: &str) {
        // The first question after a kill settles what was under way.
        for name in FILES {
            let listed = json!({ "uri": self.workspace.uri(name) });
            self.editors[0].call("outrigger/hunk/list", listed);
        }
        let mut everything = String::new();
        for name in FILES {
            everything += &self.workspace.read(name).unwrap_or_default();
            everything += &self.git(&["show", &format!(":{name}")]);
        }
        everything +=
            &self.git(&["log", "--all", "--reflog", "-m", "-p", "--name-only", "--format="]);
        everything += &self.git(&["log", "--all", "--reflog", "-m", "-p", "--format="]);
        everything += &self.git(&["ls-files"]);
        let journal = self.workspace.state_directory().join("git/journal");
        for entry in std::fs::read_dir(journal).into_iter().flatten() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
            everything += &String::from_utf8_lossy(&bytes);
        }
        for word in self.typed.iter().chain(&self.staged) {
            assert!(everything.contains(word.as_str()), "{place}: {word} is lost");
        }
    }

    fn assert_tidy(&self, place: &str) {
        let is_ours = |name: &str| {
            name.contains("outrigger")
                || Path::new(name).extension().is_some_and(|end| end == "lock")
        };
        let left = || {
            let folders = [self.workspace.folder(), self.workspace.path(".git")];
            let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
            let paths = entries.map(|entry| entry.unwrap().path());
            let ours = paths.filter(|path| {
                path.file_name().is_some_and(|name| is_ours(&name.to_string_lossy()))
            });
            // What is in it tells where it came from.
            ours.map(|path| (std::fs::read_to_string(&path).unwrap_or_default(), path))
                .collect::<Vec<_>>()
        };
        assert_eq!(left(), Vec::new(), "{place}: left behind");
        let fsck =
            self.workspace.command("git").args(["fsck", "--strict", "--no-progress"]).output();
        let fsck = fsck.unwrap();
        assert!(fsck.status.success(), "{place}: {}", String::from_utf8_lossy(&fsck.stderr));
        // git's quick look at the files says what a thorough one does.
        let quick = self.git(&["diff", "--name-only"]);
        self.git(&["update-index", "-q", "--really-refresh", "--ignore-missing", "--unmerged"]);
        assert_eq!(
            self.git(&["diff", "--name-only"]),
            quick,
            "{place}: a wrong stat hides changes"
        );
    }
}

impl Round<'_> {
    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::SeqCst)
    }

    /// A number that nobody else has, and that is in no other.
    fn number(&self) -> String {
        format!("n{:07}", self.count.fetch_add(1, Ordering::Relaxed))
    }

    /// One editor, until the round is over or its daemon is gone.
    fn play(
        &self,
        editor: Editor,
        mut dice: Random,
        may_end: bool,
    ) -> (Editor, BTreeMap<String, u32>) {
        let mut acts = BTreeMap::new();
        let mut done: Vec<Value> = Vec::new();
        while self.goes_on() {
            let Some(outcome) = self.act(&editor, &mut dice, &mut done) else {
                assert!(may_end, "the daemon is gone");
                break;
            };
            *acts.entry(outcome).or_default() += 1;
        }
        (editor, acts)
    }

    /// `None` when the wire has ended.
    fn act(&self, editor: &Editor, dice: &mut Random, done: &mut Vec<Value>) -> Option<String> {
        let ask = |method: &str, params: Value| {
            let id = editor.try_to_ask_for(method, params);
            // The relay answers what its daemon left unanswered.
            let is_over = |answer: &Result<Value, Value>| matches!(answer, Err(error) if error["data"]["kind"] == "daemonGone");
            editor.response_or_end(id).filter(|answer| !is_over(answer))
        };
        let uri = self.workspace.uri(dice.of(&FILES));
        let (method, params) = if !done.is_empty() && dice.below(4) == 0 {
            let at = usize::try_from(dice.below(done.len() as u64)).unwrap();
            ("outrigger/hunk/undo", json!({ "journalId": done.swap_remove(at) }))
        } else {
            let context = dice.of(&[0, 3]);
            let listed =
                ask("outrigger/hunk/list", json!({ "uri": uri, "contextLines": context }))?;
            let listed = match listed {
                Ok(listed) => listed,
                Err(error) => return Some(refusal(&error)),
            };
            let method = dice.of(&["stage", "unstage", "revert"]);
            let side = if method == "unstage" { "staged" } else { "unstaged" };
            let hunks = listed[side].as_array().unwrap();
            if hunks.is_empty() {
                return Some("nothing to do".to_owned());
            }
            let hunk = &hunks[usize::try_from(dice.below(hunks.len() as u64)).unwrap()];
            let mut params = json!({ "uri": uri, "hunkId": hunk["hunkId"], "answer": "ids" });
            if dice.below(3) == 0 && hunk["newLines"].as_u64() > Some(0) && context == 0 {
                params["lines"] = json!({ "old": [], "new": [hunk["newStart"]] });
            }
            (
                ["outrigger/hunk/stage", "outrigger/hunk/unstage", "outrigger/hunk/revert"]
                    .into_iter()
                    .find(|name| name.ends_with(&format!("/{method}")))
                    .unwrap(),
                params,
            )
        };
        Some(match ask(method, params)? {
            Ok(acted) => {
                done.push(acted["journalId"].clone());
                method.rsplit('/').next().unwrap().to_owned()
            }
            Err(error) => refusal(&error),
        })
    }

    /// Somebody with a terminal; says which files were staged there.
    fn use_git(&self, mut dice: Random) -> Vec<String> {
        let mut staged = Vec::new();
        let git = |arguments: &[&str]| {
            let output = self.workspace.command("git").args(arguments).output().unwrap();
            // It may meet a lock of ours, or of a daemon that was killed.
            output.status.success()
        };
        while self.goes_on() {
            match dice.below(8) {
                0 => drop(git(&["commit", "--quiet", "--message=Some"])),
                1 => {
                    let keyboard = self.keyboard.lock().unwrap();
                    git(&["stash", "push", "--quiet"]);
                    drop(keyboard);
                }
                2 => drop(git(&["add", dice.of(&FILES)])),
                _ => {
                    let name = format!("by-git-{}", self.number());
                    self.workspace.write(&name, &format!("{name}\n"));
                    if git(&["add", &name]) {
                        staged.push(name);
                    }
                }
            }
        }
        staged
    }

    /// Somebody who types and saves; says which words.
    fn type_words(&self, mut dice: Random) -> Vec<String> {
        let mut typed = Vec::new();
        while self.goes_on() {
            let keyboard = self.keyboard.lock().unwrap();
            let name = dice.of(&FILES);
            if let Some(text) = self.workspace.read(name) {
                let word = self.number();
                let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                let at = usize::try_from(dice.below(lines.len() as u64 + 1)).unwrap();
                // What was typed before is only ever put elsewhere by others.
                match lines.get(at) {
                    Some(line) if line.starts_with("line") && dice.below(2) == 0 => {
                        lines[at] = format!("typed {word}");
                    }
                    _ => lines.insert(at, format!("typed {word}")),
                }
                // As editors save: whole, under the same name.
                let (path, aside) = (self.workspace.path(name), self.workspace.beside(&word));
                std::fs::write(&aside, lines.join("\n") + "\n").unwrap();
                // Somebody wrote it since it was read: an editor asks, and this one does not save.
                if self.workspace.read(name).as_ref() == Some(&text) {
                    std::fs::rename(&aside, &path).unwrap();
                    typed.push(word);
                }
            }
            drop(keyboard);
            std::thread::sleep(Duration::from_millis(dice.below(10)));
        }
        typed
    }
}

fn refusal(error: &Value) -> String {
    let kind = error["data"]["kind"].as_str().unwrap_or_default();
    assert!(REFUSALS.contains(&kind), "refused: {error}");
    kind.to_owned()
}
