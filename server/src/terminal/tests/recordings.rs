//! Snapshots of recorded sessions. Each is checked in, and held to xterm.js by `tests/tools/test/terminal-screen.test.mjs`.

use std::{fmt::Write, fs, path::PathBuf};

use crate::terminal::{message::Size, screen::Screen};

/// Snapshots of one session: about as many, and one before and after each resize.
const PARTS: usize = 4;

#[test]
fn recorded_sessions_are_redrawn_as_they_were_checked_in() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/terminal"));
    let mut changed = Vec::new();
    let recordings = fs::read_dir(folder.join("recordings")).unwrap();
    let mut names: Vec<String> = recordings
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| Some(name.strip_suffix(".jsonl")?.to_owned()))
        .collect();
    names.sort();
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        let recording = folder.join("recordings").join(format!("{name}.jsonl"));
        let snapshots = snapshots(&fs::read_to_string(recording).unwrap());
        let known = folder.join("snapshots").join(format!("{name}.jsonl"));
        if std::env::var_os("UPDATE").is_some() {
            fs::write(known, snapshots).unwrap();
        } else if fs::read_to_string(known).unwrap() != snapshots {
            changed.push(name);
        }
    }
    assert_eq!(changed, Vec::<String>::new(), "changed; UPDATE=1 writes them anew");
}

/// Lines of `[events, snapshot]`: what redraws the terminal after so many events.
fn snapshots(recording: &str) -> String {
    let events: Vec<serde_json::Value> =
        recording.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut screen = Screen::new(Size::default());
    let mut out = String::new();
    let is_size = |event: Option<&serde_json::Value>| event.is_some_and(|event| event[0] == "size");
    for (number, event) in events.iter().enumerate() {
        if event[0] == "size" {
            let of = |place: usize| event[place].as_u64().unwrap() as u32;
            screen.resize(Size::new(of(1), of(2)));
        } else {
            screen.feed(event[1].as_str().unwrap());
        }
        let done = number + 1;
        let due = done * PARTS / events.len() > number * PARTS / events.len();
        if due || (number > 0 && is_size(Some(event))) || is_size(events.get(done)) {
            let line = serde_json::json!([done, screen.snapshot()]);
            writeln!(out, "{line}").unwrap();
        }
    }
    out
}
