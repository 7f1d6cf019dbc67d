//! A recorded thread, stretched: its own lines with more items, more deltas and more turns.

use std::collections::HashMap;

use memchr::memmem;
use serde_json::value::RawValue;

use crate::Outcome;

/// A handshake, a thread and a turn that says `tok0 tok1 ... tok39 `, by the real app-server.
const TRANSCRIPT: &str = include_str!("../../../transcripts/reduce_message.jsonl");

/// The turn of the transcript that is stretched, its request, and the item in it.
const TURN: &str = "01a1fe39-cb74-74e0-8418-54344e7c276e";
const TURN_REQUEST: &str = "4";
const ITEM: &str = "msg_2";

/// What is replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flood {
    turns: usize,
    items: usize,
    deltas_of_item: usize,
    /// Bytes of one delta's text; without it, what the recording has: `tok10 ` and the like.
    text: Option<usize>,
}

impl Flood {
    /// At least `deltas` small deltas, in turns of 10,000 that take turns among four items.
    pub fn small(deltas: usize) -> Self {
        Self { turns: deltas.div_ceil(10_000), items: 4, deltas_of_item: 2_500, text: None }
    }

    /// At least `lines` lines of 64 KiB: items of one delta, and their completions.
    pub fn large(lines: usize) -> Self {
        Self { turns: lines.div_ceil(64), items: 32, deltas_of_item: 1, text: Some(65_290) }
    }

    pub fn named(kind: &str, count: usize) -> Option<Self> {
        match kind {
            "small" => Some(Self::small(count)),
            "large" => Some(Self::large(count)),
            _ => None,
        }
    }

    pub fn turns(self) -> usize {
        self.turns
    }

    /// Delta notes in all turns.
    pub fn deltas(self) -> usize {
        self.turns * self.items * self.deltas_of_item
    }

    /// Bytes of the text of all deltas.
    pub fn text(self) -> usize {
        let turn: usize = (0..self.items * self.deltas_of_item).map(|n| self.delta(n).len()).sum();
        self.turns * turn
    }

    fn delta(self, number: usize) -> String {
        match self.text {
            Some(length) => "x".repeat(length),
            None => format!("tok{number} "),
        }
    }

    fn item(number: usize) -> String {
        format!("msg_{number}")
    }
}

/// The app-server's side of the transcript.
pub struct Recording {
    results: HashMap<&'static str, &'static str>,
    /// The notes of the turn, whole lines.
    notes: Vec<&'static str>,
}

type Members = HashMap<&'static str, &'static RawValue>;

impl Recording {
    pub fn read() -> Outcome<Self> {
        let mut methods: HashMap<&str, &'static str> = HashMap::new();
        let mut recording = Self { results: HashMap::new(), notes: Vec::new() };
        let mut in_turn = false;
        for line in TRANSCRIPT.lines() {
            let line: Members = serde_json::from_str(line)?;
            let text = line.get("msg").ok_or("a line without a message")?.get();
            let message: Members = serde_json::from_str(text)?;
            let id = message.get("id").map(|id| id.get());
            let method = message.get("method").map(|method| method.get().trim_matches('"'));
            let result = message.get("result").map(|result| result.get());
            match (id, method, result) {
                (Some(id), Some(method), _) => {
                    in_turn |= id == TURN_REQUEST;
                    methods.insert(id, method);
                }
                (Some(id), None, Some(result)) => {
                    if let Some(method) = methods.get(id) {
                        recording.results.insert(method, result);
                    }
                }
                (None, Some(method), _) if in_turn => {
                    recording.notes.push(text);
                    in_turn = method != "turn/completed";
                }
                _ => {}
            }
        }
        Ok(recording)
    }

    /// The result that this method had.
    pub fn result(&self, method: &str) -> Option<&'static str> {
        self.results.get(method).copied()
    }

    /// The turn, stretched.
    pub fn turn(&self, flood: Flood) -> Turn {
        let mut texts = vec![String::new(); flood.items];
        let mut deltas = Vec::new();
        for number in 0..flood.items * flood.deltas_of_item {
            let delta = flood.delta(number);
            texts[number % flood.items].push_str(&delta);
            deltas.push(delta);
        }
        let mut lines = String::new();
        let mut add = |line: &str| {
            lines.push_str(line);
            lines.push('\n');
        };
        let mut seen_delta = false;
        for note in &self.notes {
            let is = |method: &str| note.starts_with(&format!("{{\"method\":\"{method}\""));
            if is("item/agentMessage/delta") {
                let first = !std::mem::replace(&mut seen_delta, true);
                for (number, text) in deltas.iter().enumerate().filter(|_| first) {
                    let item = Flood::item(number % flood.items);
                    add(&note.replace("tok0 ", text).replace(ITEM, &item));
                }
            } else if note.contains("\"agentMessage\"") && is("item/started") {
                for item in 0..flood.items {
                    add(&note.replace(ITEM, &Flood::item(item)));
                }
            } else if note.contains("\"agentMessage\"") && is("item/completed") {
                for (item, text) in texts.iter().enumerate() {
                    add(&with_text(note, text).replace(ITEM, &Flood::item(item)));
                }
            } else if is("turn/completed") {
                let last = flood.items - 1;
                add(&with_text(note, &texts[last]).replace(ITEM, &Flood::item(last)));
            } else {
                add(note);
            }
        }
        Turn::of(lines.into_bytes())
    }
}

/// The note with another text in the place of the recorded one.
fn with_text(note: &str, text: &str) -> String {
    let recorded: Vec<String> = (0..40).map(|number| format!("tok{number} ")).collect();
    note.replace(&recorded.concat(), text)
}

/// The lines of a turn, whose id can be changed.
pub struct Turn {
    lines: Vec<u8>,
    /// Where the part of the id stands that makes it another turn's.
    places: Vec<usize>,
}

impl Turn {
    fn of(lines: Vec<u8>) -> Self {
        let places = memmem::find_iter(&lines, TURN).map(|at| at + TURN.len() - 12).collect();
        Self { lines, places }
    }

    /// The lines of the turn with this number.
    pub fn numbered(&mut self, number: usize) -> &[u8] {
        let digits = format!("{number:012x}");
        for place in &self.places {
            self.lines[*place..place + 12].copy_from_slice(digits.as_bytes());
        }
        &self.lines
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Method, item and text of each line.
    fn summary(turn: &[u8]) -> Vec<String> {
        let lines = std::str::from_utf8(turn).unwrap().lines();
        let row = |line: &str| {
            let note: Value = serde_json::from_str(line).unwrap();
            let (params, item) = (&note["params"], &note["params"]["item"]);
            let turn = params["turnId"].as_str().or(params["turn"]["id"].as_str());
            let parts = [
                note["method"].as_str(),
                turn.map(|turn| turn.rsplit('-').next().unwrap()),
                item["id"].as_str().filter(|id| id.len() < 8).or(params["itemId"].as_str()),
                params["delta"].as_str().or(item["text"].as_str()),
            ];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        };
        lines.map(row).filter(|row| row.contains("tem/") || row.starts_with("turn/")).collect()
    }

    #[test]
    fn a_stretched_turn_is_the_recorded_one_with_more_items_and_deltas() {
        let flood = Flood { turns: 1, items: 2, deltas_of_item: 2, text: None };
        let mut turn = Recording::read().unwrap().turn(flood);
        assert_eq!(
            summary(turn.numbered(31)),
            [
                "turn/started 00000000001f",
                "item/started 00000000001f",
                "item/completed 00000000001f",
                "item/started 00000000001f msg_0 ",
                "item/started 00000000001f msg_1 ",
                "item/agentMessage/delta 00000000001f msg_0 tok0 ",
                "item/agentMessage/delta 00000000001f msg_1 tok1 ",
                "item/agentMessage/delta 00000000001f msg_0 tok2 ",
                "item/agentMessage/delta 00000000001f msg_1 tok3 ",
                "item/completed 00000000001f msg_0 tok0 tok2 ",
                "item/completed 00000000001f msg_1 tok1 tok3 ",
                "turn/completed 00000000001f",
            ]
        );
        assert_eq!((flood.deltas(), flood.text()), (4, 20));
    }

    #[test]
    fn what_is_asked_for_first_was_recorded() {
        let recording = Recording::read().unwrap();
        let known = ["initialize", "thread/start", "turn/start", "thread/delete"];
        assert_eq!(known.map(|m| recording.result(m).is_some()), [true, true, true, false]);
    }
}
