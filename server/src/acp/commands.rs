//! Slash commands: what a prompt may be besides a message to the agent.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{paths, protocol::RpcError};

use super::{
    automations,
    face::{Call, Face},
    session::{Session, Work},
    update::{self, Voice},
};

/// What a prompt asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Something that the app-server does.
    Work(Work),
    /// The agent's hunks that are still to be looked at.
    Hunks,
    /// Stage them: those of a file, or all.
    Stage {
        file: Option<String>,
    },
    /// Stages one file after another.
    Staging {
        left: Vec<(String, Vec<String>)>,
        done: Vec<(String, usize)>,
    },
    Undo,
    /// What runs by itself; with an id, that one is run now.
    Automations {
        run: Option<String>,
    },
}

/// `available_commands_update`.
pub fn available() -> Value {
    let command = |name: &str, description: &str, hint: Option<&str>| {
        let mut command = json!({ "name": name, "description": description });
        if let Some(hint) = hint {
            command["input"] = json!({ "hint": hint });
        }
        command
    };
    json!({
        "sessionUpdate": "available_commands_update",
        "availableCommands": [
            command("review", "Review what is not committed", Some("what to look at, if not that")),
            command("compact", "Make room in the context", None),
            command("hunks", "Show the agent's changes that you have neither staged nor kept", None),
            command("stage", "Stage the agent's changes", Some("a file; without one, all")),
            command("undo", "Put the files back as they were before the last turn", None),
            command("automations", "Show what runs by itself, and when", Some("run and its id, to run it now")),
        ],
    })
}

/// The command that a prompt is, if it is one.
pub fn read(blocks: &[Value]) -> Option<Command> {
    let text = blocks.first()?["text"].as_str()?.trim();
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = Some(rest.trim()).filter(|rest| !rest.is_empty());
    Some(match name {
        "/review" => Command::Work(Work::Review {
            target: match rest {
                Some(instructions) => json!({ "type": "custom", "instructions": instructions }),
                None => json!({ "type": "uncommittedChanges" }),
            },
        }),
        "/compact" => Command::Work(Work::Compact),
        "/hunks" => Command::Hunks,
        "/stage" => Command::Stage { file: rest.map(str::to_owned) },
        "/undo" => Command::Undo,
        "/automations" => match rest.map(|rest| rest.split_once(char::is_whitespace)) {
            None => Command::Automations { run: None },
            Some(Some(("run", id))) => Command::Automations { run: Some(id.trim().to_owned()) },
            // A message to the agent, as far as we know.
            Some(_) => return None,
        },
        _ => return None,
    })
}

impl Face {
    pub(super) fn run_command(&mut self, name: &str, message: &str, command: Command) {
        let (method, params) = match &command {
            Command::Hunks | Command::Stage { .. } | Command::Work(_) => {
                ("outrigger/review/list", json!({}))
            }
            Command::Staging { left, .. } => match left.last() {
                Some((uri, hunks)) => {
                    let targets: Vec<Value> =
                        hunks.iter().map(|hunk| json!({ "hunkId": hunk })).collect();
                    let params = json!({ "uri": uri, "targets": targets, "answer": "ids" });
                    ("outrigger/hunk/stage", params)
                }
                None => return self.say(name, message, "There is nothing to stage."),
            },
            Command::Undo => {
                let turn = self.sessions.get(name).and_then(|session| session.last_turn.clone());
                let Some(turn) = turn else {
                    return self.say(name, message, "There is no turn to take back.");
                };
                ("outrigger/turn/undo", json!({ "threadId": name, "turnId": turn }))
            }
            Command::Automations { run: None } => ("outrigger/automation/list", json!({})),
            Command::Automations { run: Some(id) } => {
                ("outrigger/automation/run", json!({ "id": id }))
            }
        };
        let (session, message) = (name.to_owned(), message.to_owned());
        self.call(method, params, Call::Command { session, message, command });
    }

    pub(super) fn command_answered(
        &mut self,
        name: &str,
        message: &str,
        command: Command,
        result: Result<Value, RpcError>,
    ) {
        let Some(session) = self.sessions.get(name) else { return };
        let result = match (result, &command) {
            (Ok(result), _) => result,
            (Err(error), Command::Staging { left, done }) => {
                let at = left.last().map_or_else(String::new, |(uri, _)| shown(uri, session));
                let said = format!("{}{at} was not staged: {}", staged(done), error.message);
                return self.say(name, message, &said);
            }
            (Err(error), _) => return self.prompt_failed(name, message, error),
        };
        match command {
            Command::Stage { file } => {
                let left = targets(&result, session, file.as_deref());
                let staging = Command::Staging { left, done: Vec::new() };
                self.run_command(name, message, staging);
            }
            Command::Staging { mut left, mut done } => {
                if let Some((uri, hunks)) = left.pop() {
                    done.push((shown(&uri, session), hunks.len()));
                }
                if left.is_empty() {
                    return self.say(name, message, &staged(&done));
                }
                self.run_command(name, message, Command::Staging { left, done });
            }
            Command::Undo => {
                let said = undone(&result, session);
                self.say(name, message, &said);
            }
            Command::Automations { run: None } => {
                self.say(name, message, &automations::listed(&result));
            }
            Command::Automations { run: Some(id) } => {
                self.say(name, message, &automations::begun(&id, &result));
            }
            Command::Hunks | Command::Work(_) => {
                let said = hunks(&result, session);
                self.say(name, message, &said);
            }
        }
    }

    /// Says something in the agent's place, and ends the prompt.
    fn say(&mut self, name: &str, message: &str, text: &str) {
        self.tell(update::text(name, Voice::Agent, message, text));
        self.answer_prompt(name, message, Ok(json!({ "stopReason": "end_turn" })));
    }
}

/// Files of the review that lie in this session's folders.
fn files<'a>(
    review: &'a Value,
    session: &'a Session,
) -> impl Iterator<Item = (PathBuf, &'a Value)> {
    let files = review["files"].as_array().into_iter().flatten();
    files.filter_map(|file| {
        let path = paths::from_uri(file["uri"].as_str()?)?;
        let mut folders = std::iter::once(&session.cwd).chain(&session.directories);
        folders.any(|folder| paths::holds(folder, &path)).then_some((path, file))
    })
}

fn targets(review: &Value, session: &Session, file: Option<&str>) -> Vec<(String, Vec<String>)> {
    let wanted = file.map(|file| session.cwd.join(file.trim_start_matches('@')));
    let is_wanted = |path: &Path| wanted.as_deref().is_none_or(|wanted| wanted == path);
    let files = files(review, session).filter(|(path, _)| is_wanted(path));
    let mut targets: Vec<(String, Vec<String>)> = files
        .map(|(_, file)| {
            let ids = file["hunks"].as_array().into_iter().flatten();
            let ids = ids.filter_map(|hunk| hunk["hunkId"].as_str().map(str::to_owned));
            (file["uri"].as_str().unwrap_or_default().to_owned(), ids.collect())
        })
        .collect();
    // They are taken from the end.
    targets.reverse();
    targets
}

/// A path as it reads from the session's folder.
fn relative<'a>(path: &'a Path, session: &Session) -> std::borrow::Cow<'a, str> {
    path.strip_prefix(&session.cwd).unwrap_or(path).to_string_lossy()
}

fn shown(uri: &str, session: &Session) -> String {
    paths::from_uri(uri)
        .map_or_else(|| uri.to_owned(), |path| relative(&path, session).into_owned())
}

fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

fn staged(done: &[(String, usize)]) -> String {
    let mut said = String::new();
    for (file, hunks) in done {
        let _ = writeln!(said, "- Staged {} of {file}", count(*hunks, "hunk"));
    }
    said
}

fn hunks(review: &Value, session: &Session) -> String {
    let mut said = String::new();
    for (path, file) in files(review, session) {
        let hunks = file["hunks"].as_array().map_or(&[][..], Vec::as_slice);
        let _ =
            writeln!(said, "**{}**: {}\n", relative(&path, session), count(hunks.len(), "hunk"));
        for hunk in hunks {
            let _ = writeln!(said, "{}\n", diff(hunk));
        }
    }
    if said.is_empty() { "There is nothing to look at.".to_owned() } else { said }
}

fn diff(hunk: &Value) -> String {
    let number = |name: &str| hunk[name].as_u64().unwrap_or_default();
    let mut text = format!(
        "@@ -{},{} +{},{} @@\n",
        number("oldStart"),
        number("oldLines"),
        number("newStart"),
        number("newLines")
    );
    for line in hunk["lines"].as_array().into_iter().flatten() {
        let sign = match line["kind"].as_str() {
            Some("added") => '+',
            Some("removed") => '-',
            _ => ' ',
        };
        let _ = writeln!(text, "{sign}{}", line["text"].as_str().unwrap_or_default());
    }
    update::fenced(&text).replacen('\n', "diff\n", 1)
}

fn undone(result: &Value, session: &Session) -> String {
    let names = |key: &str| -> Vec<String> {
        let uris = result[key].as_array().into_iter().flatten().filter_map(Value::as_str);
        uris.map(|uri| shown(uri, session)).collect()
    };
    let (back, left_out) = (names("uris"), names("leftOut"));
    let mut said = match back.as_slice() {
        [] => "The last turn changed nothing that is still there.".to_owned(),
        files => format!("As before the last turn: {}.", files.join(", ")),
    };
    if !left_out.is_empty() {
        let _ = write!(said, " Left as they are: {}.", left_out.join(", "));
    }
    if result["late"] == true {
        said += " What codex wrote before its files were looked at is still there.";
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session { cwd: "/w".into(), ..Session::default() }
    }

    fn review() -> Value {
        let hunk = |id: &str| {
            json!({ "hunkId": id, "oldStart": 1, "oldLines": 2, "newStart": 1, "newLines": 2, "lines": [
                { "kind": "context", "text": "one" },
                { "kind": "removed", "text": "two" },
                { "kind": "added", "text": "zwei" },
            ] })
        };
        json!({ "files": [
            { "uri": "file:///w/a.txt", "hunks": [hunk("1"), hunk("2")] },
            { "uri": "file:///w/src/b.txt", "hunks": [hunk("3")] },
            { "uri": "file:///elsewhere/c.txt", "hunks": [hunk("4")] },
        ] })
    }

    #[test]
    fn a_prompt_is_a_command_when_its_first_word_is() {
        let command = |text: &str| read(&[json!({ "type": "text", "text": text })]);
        let review = |target| Some(Command::Work(Work::Review { target }));
        assert_eq!(command("/review"), review(json!({ "type": "uncommittedChanges" })));
        assert_eq!(
            command(" /review the tests\nalone "),
            review(json!({ "type": "custom", "instructions": "the tests\nalone" }))
        );
        assert_eq!(
            command("/stage @src/b.txt"),
            Some(Command::Stage { file: Some("@src/b.txt".into()) })
        );
        assert_eq!(command("/automations"), Some(Command::Automations { run: None }));
        assert_eq!(
            command("/automations run nightly"),
            Some(Command::Automations { run: Some("nightly".into()) })
        );
        assert_eq!(command("/automations should be fewer"), None);
        assert_eq!(command("/etc/hosts is odd"), None);
        assert_eq!(command("say /undo"), None);
    }

    #[test]
    fn hunks_are_shown_as_diffs_below_their_files() {
        let only = json!({ "files": [review()["files"][1]] });
        assert_eq!(
            hunks(&only, &session()),
            "**src/b.txt**: 1 hunk\n\n```diff\n@@ -1,2 +1,2 @@\n one\n-two\n+zwei\n```\n\n"
        );
        assert_eq!(hunks(&json!({ "files": [] }), &session()), "There is nothing to look at.");
    }

    #[test]
    fn only_what_is_meant_is_staged() {
        let all = [
            ("file:///w/src/b.txt".to_owned(), vec!["3".to_owned()]),
            ("file:///w/a.txt".to_owned(), vec!["1".to_owned(), "2".to_owned()]),
        ];
        assert_eq!(targets(&review(), &session(), None), all);
        assert_eq!(targets(&review(), &session(), Some("@src/b.txt")), all[..1]);
        assert_eq!(targets(&review(), &session(), Some("c.txt")), []);
    }

    #[test]
    fn what_an_undo_did_and_did_not_is_said() {
        let result =
            json!({ "uris": ["file:///w/a.txt"], "leftOut": ["file:///w/big.bin"], "late": true });
        assert_eq!(
            undone(&result, &session()),
            "As before the last turn: a.txt. Left as they are: big.bin. What codex wrote before its files were looked at is still there."
        );
    }
}
