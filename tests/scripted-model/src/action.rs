//! What a scripted model can do within one response.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Error;

/// The most deltas that one message may have, so that a mistyped mark can't fill a disk with logs.
const MOST_DELTAS: u32 = 1_000_000;

/// One thing that the model does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Says a text, in one delta, or word by word with a pause after each.
    Message { text: String, word_pause: Option<Duration> },
    /// Says `tok0 tok1 ...`, one delta each.
    Deltas { count: u32, pace: Pace },
    /// Calls `exec_command`.
    Exec { command: String, escalated: bool, yield_time_ms: Option<u64> },
    /// Calls `apply_patch` with this text.
    Patch { text: String },
    /// Calls `request_user_input` with these arguments.
    Input { arguments: Value },
    /// Calls a tool that the client brought, with `{"x": 1}`.
    Dynamic { tool: String },
    /// Calls `update_plan` with three steps.
    Plan,
    /// Shows a reasoning summary and raw reasoning.
    Reason,
    /// Ends the response with `response.failed`.
    Fail { code: String },
    /// Starts a message and ends the stream before `response.completed`.
    Drop,
    /// Answers the request with this HTTP status, 400 to 599, instead of a stream.
    Http { status: u16 },
}

/// How the deltas of [`Action::Deltas`] follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// As fast as the client reads.
    Unpaced,
    /// A pause after each delta.
    Pause(Duration),
    /// Evenly, so many in a second, by the clock: a late delta makes no later one late.
    PerSecond(u32),
}

impl Action {
    /// The actions of one response that a mark or an entry of a script file stands for.
    ///
    /// # Errors
    /// For a kind that does not exist and for an argument that does not fit its kind.
    pub fn parse(kind: &str, argument: &str) -> Result<Vec<Self>, Error> {
        let bad =
            |needs| Error::BadArgument { kind: kind.into(), needs, argument: argument.into() };
        let one = |action| Ok(vec![action]);
        match kind {
            "msg" => one(Self::Message { text: argument.into(), word_pause: None }),
            "words" => one(Self::Message {
                text: argument.into(),
                word_pause: Some(Duration::from_millis(12)),
            }),
            "long" => {
                let (count, pause) = argument.split_once(',').unwrap_or((argument, "0"));
                let needs = "COUNT (at most a million) or COUNT,DELAY_MS";
                let pause = duration(pause, 1e-3).ok_or_else(|| bad(needs))?;
                let pace = if pause.is_zero() { Pace::Unpaced } else { Pace::Pause(pause) };
                one(Self::Deltas { count: delta_count(count).ok_or_else(|| bad(needs))?, pace })
            }
            "slow" => {
                let needs = "COUNT,SECONDS";
                let (count, pause) = argument.split_once(',').ok_or_else(|| bad(needs))?;
                let pace = Pace::Pause(duration(pause, 1.0).ok_or_else(|| bad(needs))?);
                one(Self::Deltas { count: delta_count(count).ok_or_else(|| bad(needs))?, pace })
            }
            "paced" => {
                let needs = "COUNT,PER_SECOND";
                let (count, rate) = argument.split_once(',').ok_or_else(|| bad(needs))?;
                let rate =
                    rate.trim().parse().ok().filter(|&rate| rate > 0).ok_or_else(|| bad(needs))?;
                one(Self::Deltas {
                    count: delta_count(count).ok_or_else(|| bad(needs))?,
                    pace: Pace::PerSecond(rate),
                })
            }
            "exec" => one(Self::exec(argument)),
            "perm" => {
                one(Self::Exec { command: argument.into(), escalated: true, yield_time_ms: None })
            }
            // 250 ms is the shortest yield time that codex takes.
            "bg" => one(Self::Exec {
                command: argument.into(),
                escalated: false,
                yield_time_ms: Some(250),
            }),
            "two" | "exec2" => {
                let (first, second) =
                    argument.split_once('|').ok_or_else(|| bad("COMMAND|COMMAND"))?;
                Ok(vec![Self::exec(first), Self::exec(second)])
            }
            "patch" => one(Self::Patch { text: argument.into() }),
            "patchexec" => {
                let needs = "a patch, a line `---` and a command";
                let (patch, command) = argument.split_once("\n---\n").ok_or_else(|| bad(needs))?;
                Ok(vec![Self::Patch { text: patch.into() }, Self::exec(command)])
            }
            "input" => one(Self::Input {
                arguments: questions(argument).ok_or_else(|| {
                    bad("nothing, a question, or JSON: {\"questions\": [..]} or the list alone")
                })?,
            }),
            "dyn" if argument.is_empty() => Err(bad("the name of a tool")),
            "dyn" => one(Self::Dynamic { tool: argument.into() }),
            "plan" => one(Self::Plan),
            "reason" => Ok(vec![
                Self::Reason,
                Self::Message { text: "after reasoning".into(), word_pause: None },
            ]),
            "failed" => {
                let code = if argument.is_empty() { "server_error" } else { argument };
                one(Self::Fail { code: code.into() })
            }
            "drop" => one(Self::Drop),
            "http" => {
                let status =
                    argument.trim().parse().ok().filter(|status| (400..600).contains(status));
                one(Self::Http { status: status.ok_or_else(|| bad("a status from 400 to 599"))? })
            }
            _ => Err(Error::UnknownKind(kind.into())),
        }
    }

    /// Whether codex answers this action with a tool output and so asks the model again.
    pub(crate) fn is_call(&self) -> bool {
        match self {
            Self::Exec { .. }
            | Self::Patch { .. }
            | Self::Input { .. }
            | Self::Dynamic { .. }
            | Self::Plan => true,
            Self::Message { .. }
            | Self::Deltas { .. }
            | Self::Reason
            | Self::Fail { .. }
            | Self::Drop
            | Self::Http { .. } => false,
        }
    }

    /// The kind's name if nothing may follow this action in its response.
    pub(crate) fn ends_response(&self) -> Option<&'static str> {
        match self {
            Self::Fail { .. } => Some("failed"),
            Self::Drop => Some("drop"),
            Self::Http { .. } => Some("http"),
            Self::Message { .. }
            | Self::Deltas { .. }
            | Self::Exec { .. }
            | Self::Patch { .. }
            | Self::Input { .. }
            | Self::Dynamic { .. }
            | Self::Plan
            | Self::Reason => None,
        }
    }

    fn exec(command: &str) -> Self {
        Self::Exec { command: command.into(), escalated: false, yield_time_ms: None }
    }
}

fn delta_count(text: &str) -> Option<u32> {
    text.trim().parse().ok().filter(|&count| count <= MOST_DELTAS)
}

fn duration(text: &str, unit_in_seconds: f64) -> Option<Duration> {
    let amount: f64 = text.trim().parse().ok()?;
    Duration::try_from_secs_f64(amount * unit_in_seconds).ok()
}

fn questions(argument: &str) -> Option<Value> {
    if argument.starts_with(['{', '[']) {
        return match serde_json::from_str(argument).ok()? {
            Value::Array(questions) => Some(json!({ "questions": questions })),
            Value::Object(arguments) if arguments.contains_key("questions") => {
                Some(Value::Object(arguments))
            }
            _ => None,
        };
    }
    let question = if argument.is_empty() { "Which one?" } else { argument };
    Some(json!({ "questions": [{
        "header": "Pick",
        "id": "q1",
        "options": [{ "description": "first", "label": "A" }, { "description": "second", "label": "B" }],
        "question": question,
    }]}))
}
