//! `kill -9` of the daemon at random while occurrences of automations come due, with no editor there.
//!
//! After each batch: each occurrence has one record and one item in the inbox, was begun as one turn, and took effect once
//! if its record says that it is done, and once at most if it was cut short.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::random::Random;
use crate::schedule::{minutely_from, now};
use crate::{Editor, Workspace, processes};

/// Kills of which one occurrence sees about so many.
const KILLS_OF_AN_OCCURRENCE: u32 = 5;
/// Occurrences that one workspace goes through.
const BATCH: u32 = 8;
/// The longest life of a daemon, in microseconds, from the moment at which it can be met.
const LONGEST: u64 = 1_500_000;
/// How long the runs of a batch may take once nobody is killed any more.
const SETTLING: Duration = Duration::from_mins(2);

/// What a run came to.
#[derive(Debug, Default)]
pub struct AutomationFigures {
    pub kills: u32,
    pub occurrences: u32,
    /// Records by status.
    records: BTreeMap<String, u32>,
    /// Turns that were begun, and effects that they had.
    turns: u32,
    effects: u32,
    /// Runs that were begun again because no turn had come to be.
    again: u32,
}

impl fmt::Display for AutomationFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, occurrences, records, turns, effects, again } = self;
        write!(
            f,
            "{kills} kills, {occurrences} occurrences: {records:?}, {turns} turns, {effects} effects; {again} begun again"
        )
    }
}

/// Kills so many daemons, and calls `progress` after each batch. Fails at the first thing that is not as it should be.
pub fn automation_torture(
    seed: u64,
    kills: u32,
    mut progress: impl FnMut(&AutomationFigures),
) -> AutomationFigures {
    let mut random = Random(seed);
    let mut figures = AutomationFigures::default();
    while figures.kills < kills {
        let left = kills - figures.kills;
        let occurrences = left.div_ceil(KILLS_OF_AN_OCCURRENCE).min(BATCH);
        let kills = left.min(occurrences * KILLS_OF_AN_OCCURRENCE);
        batch(seed, kills, occurrences, &mut random, &mut figures);
        progress(&figures);
    }
    figures
}

fn batch(
    seed: u64,
    kills: u32,
    occurrences: u32,
    random: &mut Random,
    figures: &mut AutomationFigures,
) {
    let workspace = Workspace::empty();
    let editor = window(&workspace);
    let begins = now() / 1_000 + 4;
    let automations: Vec<(String, String, u64)> = (0..occurrences)
        .map(|number| {
            // Over the time that the kills take.
            let second = begins + u64::from(number * kills) / u64::from(occurrences) / 2;
            let mark = format!("occurrence-{seed}-{}", figures.occurrences + number);
            let fields = json!({
                "name": mark, "timezone": "UTC", "executionEnvironment": "local",
                "rrule": format!("{};COUNT=1", minutely_from(second)),
                "prompt": format!("[[exec:echo {mark} >> effects]]"),
                "approvalPolicy": "never", "sandbox": "workspace-write",
            });
            let made = editor.call("outrigger/automation/create", fields);
            (made["automation"]["id"].as_str().unwrap().to_owned(), mark, second * 1_000)
        })
        .collect();
    assert_eq!(editor.leave(), Some(0));
    drop(editor);

    for _ in 0..kills {
        assert!(workspace.daemon(&["start"]).status.success(), "seed {seed}: no daemon");
        let daemon = workspace.daemon_pid().unwrap();
        // The moment is what the dice said: it waits for nothing.
        std::thread::sleep(Duration::from_micros(random.below(LONGEST)));
        processes::kill(daemon);
        figures.kills += 1;
    }

    let editor = window(&workspace);
    let deadline = Instant::now() + SETTLING;
    for (id, mark, due) in &automations {
        let place = format!("seed {seed}, {mark}");
        let run = loop {
            let page = editor.call("outrigger/automation/runs", json!({ "automationId": id }));
            match page["runs"].as_array().unwrap().as_slice() {
                [] => {}
                [run] if run["finishedAt"].is_null() => {}
                [run] => break run.clone(),
                several => panic!("{place}: fired {} times: {several:#?}", several.len()),
            }
            assert!(Instant::now() < deadline, "{place}: {page:#}");
            std::thread::sleep(Duration::from_millis(20));
        };
        assert_eq!(run["scheduledFor"], json!(due), "{place}");
        judge(&workspace, &run, mark, &place, figures);
    }
    let inbox = editor.call("outrigger/inbox/list", json!({}));
    let mut items: Vec<&str> =
        inbox["items"].as_array().unwrap().iter().map(|item| text(item, "automationId")).collect();
    items.sort_unstable();
    let mut ids: Vec<&str> = automations.iter().map(|(id, ..)| id.as_str()).collect();
    ids.sort_unstable();
    assert_eq!(items, ids, "seed {seed}: one item for each");
    figures.occurrences += occurrences;
}

/// Holds what became of one occurrence to what its record says.
fn judge(
    workspace: &Workspace,
    run: &Value,
    mark: &str,
    place: &str,
    figures: &mut AutomationFigures,
) {
    let effects = workspace.read("effects").unwrap_or_default();
    let effects = effects.lines().filter(|line| *line == mark).count();
    let turns = turns(&workspace.codex_home().join("sessions"), mark);
    let status = text(run, "status");
    assert!(turns <= 1, "{place}: begun as {turns} turns: {run:#}");
    assert!(effects <= turns, "{place}: {effects} effects of {turns} turns: {run:#}");
    match status {
        "PENDING_REVIEW" => assert_eq!((turns, effects), (1, 1), "{place}: {run:#}"),
        "INTERRUPTED" => assert_eq!(turns, 1, "{place}: {run:#}"),
        // It was killed each time before it came to a turn.
        "FAILED" => {
            let why = text(run, "error");
            assert!(why.contains("no turn came to be") && turns == 0, "{place}: {run:#}");
        }
        _ => panic!("{place}: {run:#}"),
    }
    *figures.records.entry(status.to_owned()).or_default() += 1;
    figures.turns += u32::try_from(turns).unwrap();
    figures.effects += u32::try_from(effects).unwrap();
    figures.again += u32::from(run["attempt"] != 1);
}

/// The threads whose record says that this was asked.
fn turns(folder: &Path, mark: &str) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let found = entries.flatten().map(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => turns(&entry.path(), mark),
        _ => {
            let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
            let said = format!("Automation ID: {mark}\\n");
            let asked = |line: &str| line.contains("\"role\":\"user\"") && line.contains(&said);
            text.lines().filter(|line| asked(line)).count()
        }
    });
    found.sum()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn window(workspace: &Workspace) -> Editor {
    workspace.editor().shared().overlook("", "what matters is asked for").launch()
}
