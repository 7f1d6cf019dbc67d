//! Live reduction equals replayed history, on wires recorded from the real app-server.

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::Value;

use super::super::{Thread, normalise};
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
    read: Option<Raw>,
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
            "thread/read" => self.read = Some(raw(&result["thread"])),
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
        thread.describe(self.about.first().or(self.read.as_ref()).unwrap());
        thread.replay(&self.turns, &self.items);
        thread
    }

    fn read_whole(&self) -> Thread {
        let mut thread = Thread::new("t".into());
        thread.hydrate(self.read.as_ref().unwrap());
        thread
    }
}

fn normal(thread: &Thread) -> ThreadState {
    normalise(&thread.snapshot(0, None, usize::MAX).unwrap().thread)
}

/// Every `reduce_*` transcript ends with the history of its thread.
fn reduced() -> Vec<String> {
    let files = std::fs::read_dir(transcripts()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> =
        names.filter_map(|name| Some(name.strip_suffix(".jsonl")?.to_owned())).collect();
    names.retain(|name| name.starts_with("reduce_"));
    names.sort();
    names
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
