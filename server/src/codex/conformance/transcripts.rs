//! Recorded wires of the real app-server: every line validates and every view reads what it is for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use jsonschema::Validator;
use serde_json::Value;
use serde_json::value::RawValue;

use super::off_schema::OFF_SCHEMA;
use super::schema::{errors, message_validator, methods, response_of, validator};
use crate::codex::contract::LEGACY_ANSWERED;
use crate::codex::views::{
    AgentMessageItem, CommandExecutionItem, FileChangeItem, Initialized, Item, ItemPage, Note,
    PlanItem, ReasoningItem, ServerRequest, ThreadOpened, ThreadPage, ThreadRead, TurnPage,
    TurnStarted, TurnSteered, Unsubscribed, UserMessageItem, read,
};

/// One line of a transcript: who wrote it and what.
#[derive(serde::Deserialize)]
struct Line<'a> {
    dir: &'a str,
    #[serde(borrow)]
    msg: &'a RawValue,
}

/// A message, as far as its kind depends on it.
#[derive(serde::Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    method: Option<&'a str>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
}

/// Which requests of one recording wait for an answer, by the id's JSON.
#[derive(Default)]
struct Pending<'a> {
    ours: HashMap<&'a str, &'a str>,
    theirs: HashMap<&'a str, &'a str>,
}

/// Validators by what they validate: a union and a method, or a definition.
#[derive(Default)]
struct Validators(HashMap<String, Option<Validator>>);

impl Validators {
    fn message(&mut self, union: &str, method: &str, message: &Value) -> Vec<String> {
        let entry = self.0.entry(format!("{union} {method}"));
        match entry.or_insert_with(|| message_validator(union, method)) {
            Some(validator) => errors(validator, message),
            None => vec![format!("{method} is not in {union}")],
        }
    }

    fn definition(&mut self, name: &str, value: &Value) -> Vec<String> {
        let entry = self.0.entry(name.to_owned());
        match entry.or_insert_with(|| Some(validator(name))) {
            Some(validator) => errors(validator, value),
            None => Vec::new(),
        }
    }
}

/// The definition of a result, also where its name does not follow from that of the params.
fn result_definition(union: &str, method: &str) -> Option<String> {
    let irregular = match method {
        "account/logout" => "LogoutAccountResponse",
        "config/value/write" => "ConfigWriteResponse",
        "account/rateLimits/read" => "GetAccountRateLimitsResponse",
        _ => return response_of((*methods(union).get(method)?)?),
    };
    Some(irregular.to_owned())
}

fn recordings() -> BTreeMap<String, String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/transcripts");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// What is wrong with one line, if anything.
fn check<'a>(
    line: &Line<'a>,
    pending: &mut Pending<'a>,
    validators: &mut Validators,
) -> Vec<String> {
    let Ok(frame) = serde_json::from_str::<Frame<'a>>(line.msg.get()) else {
        return vec!["not a message".to_owned()];
    };
    let message: Value = serde_json::from_str(line.msg.get()).unwrap();
    let from_server = line.dir == "s>c";
    match (frame.method, frame.id) {
        (Some(method), Some(id)) => {
            let (union, waiting) = if from_server {
                ("ServerRequest", &mut pending.theirs)
            } else {
                ("ClientRequest", &mut pending.ours)
            };
            waiting.insert(id.get(), method);
            if LEGACY_ANSWERED.contains(&method) {
                return validators.definition("JSONRPCRequest", &message);
            }
            let mut found = validators.message(union, method, &message);
            if from_server {
                found.extend(unreadable(ServerRequest::read(method, frame.params.unwrap())));
            }
            found
        }
        (Some(method), None) => {
            let union = if from_server { "ServerNotification" } else { "ClientNotification" };
            let mut found = validators.message(union, method, &message);
            if from_server {
                found.extend(unreadable(read_note(method, frame.params.unwrap())));
            }
            found
        }
        (None, Some(id)) => {
            let (union, waiting) = if from_server {
                ("ClientRequest", &mut pending.ours)
            } else {
                ("ServerRequest", &mut pending.theirs)
            };
            let Some(method) = waiting.get(id.get()).copied() else {
                return vec!["answers no request".to_owned()];
            };
            let Some(result) = frame.result else {
                return validators.definition("JSONRPCError", &message);
            };
            let mut found = validators.definition("JSONRPCResponse", &message);
            if LEGACY_ANSWERED.contains(&method) {
                return found;
            }
            match result_definition(union, method) {
                Some(name) => found.extend(validators.definition(&name, &message["result"])),
                None => found.push(format!("the result of {method} has no definition")),
            }
            if from_server {
                found.extend(unreadable(read_result(method, result)));
            }
            found
        }
        (None, None) => vec!["neither a method nor an id".to_owned()],
    }
}

fn unreadable<T>(read: Result<T, serde_json::Error>) -> Option<String> {
    read.err().map(|error| format!("no view reads it: {error}"))
}

fn read_note(method: &str, params: &RawValue) -> Result<(), serde_json::Error> {
    match Note::read(method, params)? {
        Note::ItemStarted(started) => read_item(started.item),
        Note::ItemCompleted(completed) => read_item(completed.item),
        Note::TurnStarted(note) | Note::TurnCompleted(note) => {
            note.turn.items.into_iter().try_for_each(read_item)
        }
        _ => Ok(()),
    }
}

fn read_item(item: &RawValue) -> Result<(), serde_json::Error> {
    match &*read::<Item<'_>>(item)?.kind {
        "userMessage" => read::<UserMessageItem<'_>>(item).map(drop),
        "agentMessage" => read::<AgentMessageItem<'_>>(item).map(drop),
        "plan" => read::<PlanItem<'_>>(item).map(drop),
        "reasoning" => read::<ReasoningItem<'_>>(item).map(drop),
        "commandExecution" => read::<CommandExecutionItem<'_>>(item).map(drop),
        "fileChange" => read::<FileChangeItem<'_>>(item).map(drop),
        _ => Ok(()),
    }
}

fn read_result(method: &str, result: &RawValue) -> Result<(), serde_json::Error> {
    match method {
        "initialize" => read::<Initialized<'_>>(result).map(drop),
        "thread/start" | "thread/resume" | "thread/fork" => {
            read::<ThreadOpened<'_>>(result).map(drop)
        }
        "thread/read" => {
            let turns = read::<ThreadRead<'_>>(result)?.thread.turns;
            turns.into_iter().flat_map(|turn| turn.items).try_for_each(read_item)
        }
        "thread/list" => read::<ThreadPage<'_>>(result).map(drop),
        "thread/turns/list" => read::<TurnPage<'_>>(result).map(drop),
        "thread/items/list" => {
            let entries = read::<ItemPage<'_>>(result)?.data;
            entries.into_iter().try_for_each(|entry| read_item(entry.item))
        }
        "turn/start" => read::<TurnStarted<'_>>(result).map(drop),
        "turn/steer" => read::<TurnSteered<'_>>(result).map(drop),
        "thread/unsubscribe" => read::<Unsubscribed<'_>>(result).map(drop),
        _ => Ok(()),
    }
}

#[test]
fn every_recorded_line_validates_and_is_read() {
    let mut validators = Validators::default();
    let mut from_client = BTreeMap::new();
    let mut from_server = BTreeMap::new();
    for (name, text) in &recordings() {
        let mut pending = Pending::default();
        for (index, line) in text.lines().enumerate() {
            let line: Line<'_> = serde_json::from_str(line).unwrap();
            let wrong = check(&line, &mut pending, &mut validators);
            if !wrong.is_empty() {
                let found = if line.dir == "s>c" { &mut from_server } else { &mut from_client };
                found.insert((name.clone(), index + 1), wrong);
            }
        }
    }
    assert_eq!(from_server, BTreeMap::new(), "the app-server keeps to its schema");
    let listed: BTreeSet<(String, usize)> =
        OFF_SCHEMA.iter().map(|(name, line, _)| ((*name).to_owned(), *line)).collect();
    let found: BTreeSet<(String, usize)> = from_client.keys().cloned().collect();
    assert_eq!(found, listed, "{from_client:#?}");
}

#[test]
fn the_recordings_hold_no_token_and_no_path_of_a_machine() {
    let home = "/home/dev/";
    let elsewhere = ["/root/", "/Users/", "/work/", "\\\\Users\\\\"];
    for (name, text) in &recordings() {
        for (index, line) in text.lines().enumerate() {
            let place = format!("{name}:{}", index + 1);
            for (at, _) in line.match_indices("/home/") {
                assert!(line[at..].starts_with(home), "{place} names another home than {home}");
            }
            for other in elsewhere {
                assert!(!line.contains(other), "{place} names a path under {other}");
            }
            for (at, _) in line.match_indices("eyJ") {
                // A placeholder of a token's shape: an unsigned header, then {"placeholder":…}.
                let placeholder = "eyJhbGciOiJub25lIn0.eyJwbGFjZWhvbGRlciI6";
                let header = line[..at].ends_with("eyJhbGciOiJub25lIn0.");
                assert!(header || line[at..].starts_with(placeholder), "{place} holds a token");
            }
        }
    }
}
