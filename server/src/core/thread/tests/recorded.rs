//! Live reduction equals replayed history, on wires recorded from the real app-server.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use serde_json::Value;

use super::super::{Keeping, Thread, normalise};
use super::{Watched, raw};
use crate::protocol::Raw;
use crate::protocol::thread::ThreadState;

/// One recorded line.
struct Line {
    from_server: bool,
    message: Value,
}

fn transcripts() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/transcripts")
}

fn lines(name: &str) -> Vec<Line> {
    let text = std::fs::read_to_string(transcripts().join(format!("{name}.jsonl"))).unwrap();
    text.lines()
        .map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            Line { from_server: line["dir"] == "s>c", message: line["msg"].take() }
        })
        .collect()
}

/// What a recorded wire says of its threads: the notifications, and the history that was asked for.
#[derive(Default)]
struct Recording {
    notes: Vec<(String, Value)>,
    about: Vec<Raw>,
    turns: Vec<Raw>,
    items: Vec<Raw>,
    reads: Vec<Raw>,
}

fn recording(names: &[&str]) -> Recording {
    let mut recording = Recording::default();
    for name in names {
        let mut asked: HashMap<i64, String> = HashMap::new();
        for Line { from_server, mut message } in lines(name) {
            let method = message["method"].as_str().unwrap_or_default().to_owned();
            let id = message["id"].as_i64();
            match (from_server, id) {
                (false, Some(id)) => drop(asked.insert(id, method)),
                (true, None) => recording.notes.push((method, message["params"].take())),
                (true, Some(id)) if message.get("result").is_some() => {
                    recording.take(asked.get(&id).map_or("", String::as_str), &message["result"]);
                }
                _ => {}
            }
        }
    }
    recording
}

impl Recording {
    fn take(&mut self, method: &str, result: &Value) {
        let rows = || result["data"].as_array().unwrap().iter().map(raw);
        match method {
            "thread/start" => self.about.push(raw(&result["thread"])),
            "thread/turns/list" => self.turns.extend(rows()),
            "thread/items/list" => self.items.extend(rows()),
            "thread/read" => self.reads.push(raw(&result["thread"])),
            _ => {}
        }
    }

    /// The thread as somebody saw it who watched from the start, compared with what each step told a client.
    fn watched(&self) -> Watched {
        let mut watched = Watched::new();
        for thread in &self.about {
            let changes = watched.thread.describe(thread);
            watched.follow(&changes);
        }
        for (method, params) in &self.notes {
            watched.tell(method, params);
        }
        watched
    }

    fn paged(&self) -> Thread {
        let mut thread = Thread::new("t".into());
        thread.describe(self.about.first().or(self.reads.last()).unwrap());
        thread.replay(&self.turns, &self.items);
        thread
    }

    fn read_whole(&self) -> Thread {
        let mut thread = Thread::new("t".into());
        thread.hydrate(self.reads.last().unwrap());
        thread
    }
}

fn normal(thread: &Thread) -> ThreadState {
    normalise(&thread.snapshot(0, None, usize::MAX).unwrap().thread)
}

fn names() -> Vec<String> {
    let files = std::fs::read_dir(transcripts()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> =
        names.filter_map(|name| Some(name.strip_suffix(".jsonl")?.to_owned())).collect();
    names.sort();
    names
}

/// Every `reduce_*` transcript ends with the history of its thread.
fn reduced() -> Vec<String> {
    names().into_iter().filter(|name| name.starts_with("reduce_")).collect()
}

#[test]
fn what_was_watched_is_what_the_history_says() {
    let names = reduced();
    let scenarios: Vec<_> =
        names.iter().map(|name| name.strip_prefix("reduce_").unwrap()).collect();
    assert_eq!(
        scenarios,
        [
            "command",
            "failure",
            "interrupt",
            "message",
            "outlive",
            "parallel",
            "patch",
            "question",
            "reasoning",
            "review",
            "review_interrupted",
            "steer",
        ]
    );
    for name in &names {
        let recording = recording(&[name]);
        let watched = normal(&recording.watched().thread);
        assert!(!watched.turns.is_empty(), "{name}");
        assert_eq!(watched, normal(&recording.paged()), "{name}: pages");
        assert_eq!(watched, normal(&recording.read_whole()), "{name}: thread/read");
    }
}

#[test]
fn history_told_to_one_who_watched_takes_nothing_away() {
    for name in reduced() {
        let recording = recording(&[&name]);
        let mut watched = recording.watched();
        let before = watched.state();
        let changes = watched.thread.replay(&recording.turns, &recording.items);
        assert_eq!(changes, [], "{name}");
        assert_eq!(watched.state(), before, "{name}");
    }
}

#[test]
fn a_recording_told_twice_is_the_same_thread() {
    let repeatable = |method: &str| !method.ends_with("/delta") && !method.ends_with("Delta");
    for name in reduced() {
        let recording = recording(&[&name]);
        let once = recording.watched();
        let mut twice = Watched::new();
        for thread in &recording.about {
            let changes = twice.thread.describe(thread);
            twice.follow(&changes);
        }
        for (method, params) in &recording.notes {
            twice.tell(method, params);
            if repeatable(method) {
                assert_eq!(twice.tell(method, params), [], "{name}: {method}");
            }
        }
        assert_eq!(normal(&once.thread), normal(&twice.thread), "{name}");
    }
}

#[test]
fn a_client_that_follows_any_recorded_thread_has_what_a_snapshot_says() {
    let mut followed = 0;
    for name in names() {
        let mut threads: BTreeMap<String, Watched> = BTreeMap::new();
        for (method, params) in recording(&[&name]).notes {
            let thread = params["threadId"].as_str().or(params["thread"]["id"].as_str());
            if let Some(thread) = thread {
                let watched = threads.entry(thread.to_owned()).or_insert_with(Watched::new);
                followed += watched.tell(&method, &params).len();
            }
        }
    }
    assert!(followed > 1_000, "{followed}");
}

#[test]
fn a_turn_that_was_killed_is_what_the_next_process_says_of_it() {
    for story in ["kill_stream", "kill_exec", "kill_approval"] {
        let mut watched = recording(&[&format!("{story}_1")]).watched();
        let changes = watched.thread.process_exited(99);
        watched.follow(&changes);
        let before = watched.outline();

        let next = recording(&[&format!("{story}_2")]);
        let changes = watched.thread.hydrate(next.reads.first().unwrap());
        watched.follow(&changes);
        assert_eq!(watched.outline(), before, "{story}: what only we saw is still there");
        for (method, params) in &next.notes {
            watched.tell(method, params);
        }
        assert_eq!(normal(&watched.thread), normal(&next.read_whole()), "{story}");
        assert_eq!(watched.thread.replay(&next.turns, &next.items), [], "{story}");
    }
}

/// All of a thread that outlives the process: not what the thread does now, nor two texts that only deltas carry.
fn lasting(thread: &Thread) -> ThreadState {
    let mut state = thread.snapshot(0, None, usize::MAX).unwrap().thread;
    (state.status, state.usage) = (Raw::null(), None);
    for item in state.turns.iter_mut().flat_map(|turn| &mut turn.items) {
        item.fields.remove("progress");
        if item.kind == "fileChange" {
            item.fields.remove("output");
        }
    }
    state
}

#[test]
fn history_with_what_was_kept_is_what_was_watched() {
    let mut with_kept = Vec::new();
    for name in reduced() {
        let recording = recording(&[&name]);
        let mut watched = recording.watched().thread;
        let mut restored = recording.paged();
        let turns: Vec<_> = watched.turns.iter().map(|turn| turn.id.clone()).collect();
        for turn in &turns {
            if let Some(Keeping::Keep(body)) = watched.keep(turn) {
                restored.restore(turn, &body);
                with_kept.push(name.clone());
            }
        }
        assert_eq!(lasting(&restored), lasting(&watched), "{name}");
    }
    with_kept.dedup();
    assert!(with_kept.len() > 5, "{with_kept:?}");
}
