//! A script: what the model does in each step of a turn.

use std::path::Path;

use serde_json::Value;

use crate::{Action, Error};

/// The steps of a turn; each is one response of the model and a list of actions.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    steps: Vec<Vec<Action>>,
    /// What the closing message `done NAME step N` calls this script.
    name: String,
}

impl Script {
    /// The script with these steps; `name` stands in its closing message.
    ///
    /// # Errors
    /// If a step is empty, can't be reached, or goes on after an action that ends its response.
    pub fn new(name: &str, steps: Vec<Vec<Action>>) -> Result<Self, Error> {
        if steps.is_empty() || steps.iter().any(Vec::is_empty) {
            return Err(Error::EmptyScript);
        }
        for (index, step) in steps.iter().enumerate() {
            let number = index + 1;
            let misplaced = step.iter().enumerate().find_map(|(at, action)| {
                let kind = action.ends_response()?;
                let only_one = !matches!(action, Action::Http { .. }) || step.len() == 1;
                (at + 1 < step.len() || !only_one).then_some(kind)
            });
            if let Some(kind) = misplaced {
                return Err(Error::ActionAfterEnd { kind, step: number });
            }
            if number < steps.len() && !step.iter().any(Action::is_call) {
                return Err(Error::UnreachableStep { step: number });
            }
        }
        Ok(Self { steps, name: name.into() })
    }

    /// The script of one mark, given without its brackets: `kind` or `kind:argument`.
    ///
    /// # Errors
    /// As [`Action::parse`].
    pub fn parse(mark: &str) -> Result<Self, Error> {
        let (kind, argument) = mark.split_once(':').unwrap_or((mark, ""));
        Self::new(kind, vec![Action::parse(kind, argument)?])
    }

    /// The script in the JSON form of a script file.
    ///
    /// # Errors
    /// If the text is not JSON of that form, and as [`Script::new`].
    pub fn from_json(name: &str, json: &str) -> Result<Self, Error> {
        let form = |what: &str| Error::ScriptForm(what.into());
        let document: Value = serde_json::from_str(json).map_err(Error::ScriptJson)?;
        let steps = document.as_array().ok_or_else(|| form("the document is not a list"))?;
        let steps = steps.iter().map(|step| {
            let actions = step.as_array().ok_or_else(|| form("a step is not a list"))?;
            let mut parsed = Vec::new();
            for action in actions {
                parsed.extend(parse_entry(action)?);
            }
            Ok(parsed)
        });
        Self::new(name, steps.collect::<Result<_, Error>>()?)
    }

    /// The script in the file `name.json` of a folder.
    ///
    /// # Errors
    /// If `name` would leave the folder, if the file can't be read, and as [`Script::from_json`].
    pub fn from_folder(folder: &Path, name: &str) -> Result<Self, Error> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(plain) {
            return Err(Error::ScriptName(name.into()));
        }
        let path = folder.join(format!("{name}.json"));
        let json =
            std::fs::read_to_string(&path).map_err(|source| Error::ScriptRead { path, source })?;
        Self::from_json("file", &json)
    }

    /// The step that follows after so many tool outputs; past the last step, a message that says so.
    pub(crate) fn step_after(&self, outputs: usize) -> Vec<Action> {
        let mut outputs_before = 0;
        for step in &self.steps {
            if outputs <= outputs_before {
                return step.clone();
            }
            let calls = step.iter().filter(|action| action.is_call()).count();
            if calls == 0 {
                return step.clone();
            }
            outputs_before += calls;
        }
        let text = format!("done {} step {outputs}", self.name);
        vec![Action::Message { text, word_pause: None }]
    }
}

/// `"kind:argument"`, or `{"kind": argument}` where a list is lines and an object is JSON for the kind.
fn parse_entry(entry: &Value) -> Result<Vec<Action>, Error> {
    let form = |what: &str| Error::ScriptForm(format!("{what}: {entry}"));
    let (kind, argument) = match entry {
        Value::String(text) => {
            let (kind, argument) = text.split_once(':').unwrap_or((text, ""));
            (kind, argument.to_owned())
        }
        Value::Object(fields) => {
            let mut fields = fields.iter();
            let (Some((kind, argument)), None) = (fields.next(), fields.next()) else {
                return Err(form("an action that is an object has one key, its kind"));
            };
            let argument = match argument {
                Value::String(text) => text.clone(),
                Value::Array(lines) if lines.iter().all(Value::is_string) => {
                    lines.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
                }
                argument => argument.to_string(),
            };
            (kind.as_str(), argument)
        }
        _ => return Err(form("an action is neither a string nor an object")),
    };
    if kind == "file" {
        return Err(Error::NotAnAction(kind.into()));
    }
    Action::parse(kind, &argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Action {
        Action::Message { text: text.into(), word_pause: None }
    }

    fn exec(command: &str) -> Action {
        Action::Exec { command: command.into(), escalated: false, yield_time_ms: None }
    }

    #[test]
    fn the_step_is_found_by_counting_the_outputs_of_the_calls_before_it() {
        let script = Script::from_json(
            "file",
            r#"[["msg:first", "two:ls|pwd"], [{"patch": ["*** Begin Patch", "*** End Patch"]}], ["msg:bye"]]"#,
        )
        .unwrap();
        let patch = Action::Patch { text: "*** Begin Patch\n*** End Patch".into() };
        assert_eq!(
            (0..5).map(|outputs| script.step_after(outputs)).collect::<Vec<_>>(),
            [
                vec![message("first"), exec("ls"), exec("pwd")],
                vec![patch.clone()],
                vec![patch],
                vec![message("bye")],
                vec![message("bye")],
            ]
        );
    }

    #[test]
    fn after_the_last_call_the_script_says_that_it_is_done() {
        let script = Script::parse("exec2:ls|pwd").unwrap();
        assert_eq!(script.step_after(2), [message("done exec2 step 2")]);
    }

    #[test]
    fn a_script_that_can_not_be_played_is_refused_with_the_reason() {
        let reason = |json: &str| Script::from_json("file", json).unwrap_err().to_string();
        assert_eq!(
            [
                reason("[]"),
                reason("[[]]"),
                reason(r#"[["msg:a"], ["msg:b"]]"#),
                reason(r#"[["exec:ls", "drop", "exec:ls"]]"#),
                reason(r#"[["msg:a", "http:500"]]"#),
                reason(r#"[["http:200"]]"#),
                reason(r#"[["file:other"]]"#),
                reason(r#"[["shout:a"]]"#),
                reason(r#"[[{"msg": "a", "exec": "ls"}]]"#),
                reason(r#"{"steps": []}"#),
            ],
            [
                "a script has at least one step, and a step at least one action",
                "a script has at least one step, and a step at least one action",
                "step 1 calls no tool, so codex ends the turn there and step 2 is never reached",
                "`drop` ends the response, so it must be the last action of step 1, and `http` its only one",
                "`http` ends the response, so it must be the last action of step 1, and `http` its only one",
                "`http` needs a status from 400 to 599, but its argument is `200`",
                "`file` is a mark, not an action: it can't stand in a script file",
                "`shout` is no kind of action; README.md lists them",
                "the script file is not a JSON list of steps, each a list of actions: \
                 an action that is an object has one key, its kind: {\"exec\":\"ls\",\"msg\":\"a\"}",
                "the script file is not a JSON list of steps, each a list of actions: the document is not a list",
            ]
        );
    }

    #[test]
    fn a_file_name_never_leaves_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["", "../up", "a/b", "a.json", "a\\b"] {
            let refused = Script::from_folder(folder.path(), name).unwrap_err();
            assert_eq!(
                refused.to_string(),
                format!("`{name}` is not the plain name of a script file")
            );
        }
    }

    #[test]
    fn the_examples_of_the_readme_can_be_played() {
        let readme = include_str!("../README.md");
        let examples =
            readme.split("```json\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
        let first_steps: Vec<usize> = examples
            .map(|json| Script::from_json("file", json).unwrap().step_after(0).len())
            .collect();
        assert_eq!(first_steps, [2, 1]);
    }
}
