//! The events of one response, in order, with the pauses between them.

use std::iter;
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Action, Pace};

/// A server-sent event of the Responses API, or a pause before the next one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Beat {
    Event {
        name: &'static str,
        data: Value,
    },
    Pause(Duration),
    /// Waits until so long after the response began.
    Until(Duration),
}

type Beats = Box<dyn Iterator<Item = Beat> + Send>;

/// The whole response: created, each action, and completed, unless an action ends it otherwise.
pub(crate) fn response(id: &str, actions: Vec<Action>) -> Beats {
    let created = event("response.created", json!({ "response": { "id": response_id(id) } }));
    let completed = match actions.last().and_then(Action::ends_response) {
        Some(_) => None,
        None => Some(event(
            "response.completed",
            json!({ "response": { "id": response_id(id), "usage": {
                "input_tokens": 10,
                "input_tokens_details": { "cached_tokens": 0 },
                "output_tokens": 5,
                "output_tokens_details": { "reasoning_tokens": 0 },
                "total_tokens": 15,
            }}}),
        )),
    };
    let response = id.to_owned();
    let played = actions
        .into_iter()
        .enumerate()
        .flat_map(move |(index, action)| play(&response, index, action));
    Box::new(iter::once(created).chain(played).chain(completed))
}

fn play(response: &str, index: usize, action: Action) -> Beats {
    let id = Ids { response: response.to_owned(), index };
    match action {
        Action::Message { text, word_pause: None } => {
            id.message(iter::once(Beat::delta(&id, &text)), &text)
        }
        Action::Message { text, word_pause: Some(pause) } => {
            let words: Vec<_> = text
                .split_inclusive(' ')
                .flat_map(|word| [Beat::delta(&id, word), Beat::Pause(pause)])
                .collect();
            id.message(words.into_iter(), &text)
        }
        Action::Deltas { count, pace } => {
            let text: String = (0..count).map(token).collect();
            let item = id.clone();
            let deltas = (0..count).flat_map(move |n| {
                let delta = Beat::delta(&item, &token(n));
                match pace {
                    Pace::Unpaced => [None, Some(delta), None],
                    Pace::Pause(pause) => [None, Some(delta), Some(Beat::Pause(pause))],
                    Pace::PerSecond(rate) => {
                        let due = Duration::from_secs(1).mul_f64(f64::from(n) / f64::from(rate));
                        [Some(Beat::Until(due)), Some(delta), None]
                    }
                }
                .into_iter()
                .flatten()
            });
            id.message(deltas, &text)
        }
        Action::Exec { command, escalated, yield_time_ms } => {
            let mut arguments = json!({ "cmd": command });
            if escalated {
                arguments["sandbox_permissions"] = json!("require_escalated");
                arguments["justification"] = json!("the script needs it");
                arguments["prefix_rule"] = command.split_whitespace().take(2).collect();
            }
            if let Some(milliseconds) = yield_time_ms {
                arguments["yield_time_ms"] = json!(milliseconds);
            }
            id.function_call("exec_command", &arguments)
        }
        Action::Input { arguments } => id.function_call("request_user_input", &arguments),
        Action::Dynamic { tool } => id.function_call(&tool, &json!({ "x": 1 })),
        Action::Plan => id.function_call(
            "update_plan",
            &json!({
                "explanation": "The scripted plan.",
                "plan": [
                    { "status": "completed", "step": "Read the code" },
                    { "status": "in_progress", "step": "Change it" },
                    { "status": "pending", "step": "Test the change" },
                ],
            }),
        ),
        Action::Patch { text } => id.patch(&text),
        Action::Reason => id.reasoning(),
        Action::Fail { code } => beats([event(
            "response.failed",
            json!({ "response": {
                "error": { "code": code, "message": "the script failed the response" },
                "id": response_id(response),
            }}),
        )]),
        Action::Drop => beats([id.message_added(), Beat::delta(&id, "partial")]),
        // The server answers this one before there is a stream.
        Action::Http { .. } => beats([]),
    }
}

/// Names the items of one action of one response.
#[derive(Clone)]
struct Ids {
    response: String,
    index: usize,
}

impl Ids {
    fn of(&self, prefix: &str) -> String {
        format!("{prefix}_{}_{}", self.response, self.index)
    }

    fn message_added(&self) -> Beat {
        self.added(
            &json!({ "content": [], "id": self.of("msg"), "role": "assistant", "type": "message" }),
        )
    }

    fn message(&self, deltas: impl Iterator<Item = Beat> + Send + 'static, text: &str) -> Beats {
        let done = self.done(&json!({
            "content": [{ "text": text, "type": "output_text" }],
            "id": self.of("msg"),
            "role": "assistant",
            "type": "message",
        }));
        Box::new(iter::once(self.message_added()).chain(deltas).chain([done]))
    }

    fn function_call(&self, name: &str, arguments: &Value) -> Beats {
        beats([self.done(&json!({
            "arguments": arguments.to_string(),
            "call_id": self.of("call"),
            "id": self.of("fc"),
            "name": name,
            "type": "function_call",
        }))])
    }

    fn patch(&self, text: &str) -> Beats {
        let item = |input: &str| {
            json!({
                "call_id": self.of("call"),
                "id": self.of("ctc"),
                "input": input,
                "name": "apply_patch",
                "type": "custom_tool_call",
            })
        };
        let characters: Vec<char> = text.chars().collect();
        let deltas = characters.chunks(20).map(|piece| {
            event(
                "response.custom_tool_call_input.delta",
                json!({
                    "call_id": self.of("call"),
                    "delta": piece.iter().collect::<String>(),
                    "item_id": self.of("ctc"),
                    "output_index": self.index,
                }),
            )
        });
        let mut all = vec![self.added(&item(""))];
        all.extend(deltas);
        all.push(self.done(&item(text)));
        beats(all)
    }

    fn reasoning(&self) -> Beats {
        let id = self.of("rs");
        let part = |name, mut data: Value| {
            data["item_id"] = json!(id);
            data["output_index"] = json!(self.index);
            event(name, data)
        };
        let summary = |delta| {
            part(
                "response.reasoning_summary_text.delta",
                json!({ "delta": delta, "summary_index": 0 }),
            )
        };
        beats([
            self.added(&json!({ "id": id, "summary": [], "type": "reasoning" })),
            part(
                "response.reasoning_summary_part.added",
                json!({ "part": { "text": "", "type": "summary_text" }, "summary_index": 0 }),
            ),
            summary("**Think"),
            summary("ing** "),
            summary("about it"),
            part(
                "response.reasoning_text.delta",
                json!({ "content_index": 0, "delta": "raw thoughts" }),
            ),
            self.done(&json!({
                "content": [{ "text": "raw thoughts", "type": "reasoning_text" }],
                "encrypted_content": "x",
                "id": id,
                "summary": [{ "text": "**Thinking** about it", "type": "summary_text" }],
                "type": "reasoning",
            })),
        ])
    }

    fn added(&self, item: &Value) -> Beat {
        event("response.output_item.added", json!({ "item": item, "output_index": self.index }))
    }

    fn done(&self, item: &Value) -> Beat {
        event("response.output_item.done", json!({ "item": item, "output_index": self.index }))
    }
}

impl Beat {
    fn delta(id: &Ids, text: &str) -> Self {
        event(
            "response.output_text.delta",
            json!({ "content_index": 0, "delta": text, "item_id": id.of("msg"), "output_index": id.index }),
        )
    }
}

fn event(name: &'static str, mut data: Value) -> Beat {
    data["type"] = json!(name);
    Beat::Event { name, data }
}

fn beats(all: impl IntoIterator<Item = Beat, IntoIter: Send + 'static>) -> Beats {
    Box::new(all.into_iter())
}

fn token(n: u32) -> String {
    format!("tok{n} ")
}

fn response_id(id: &str) -> String {
    format!("resp_{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(mark: &str) -> Vec<Beat> {
        let (kind, argument) = mark.split_once(':').unwrap();
        let all = response("1", Action::parse(kind, argument).unwrap());
        all.filter(|beat| !matches!(beat, Beat::Event { .. })).collect()
    }

    #[test]
    fn each_pace_has_its_pauses() {
        let ms = Duration::from_millis;
        assert_eq!(pauses("long:3"), []);
        assert_eq!(pauses("long:2,5"), [Beat::Pause(ms(5)), Beat::Pause(ms(5))]);
        assert_eq!(pauses("slow:2,0.5"), [Beat::Pause(ms(500)), Beat::Pause(ms(500))]);
        assert_eq!(
            pauses("paced:3,500"),
            [Beat::Until(ms(0)), Beat::Until(ms(2)), Beat::Until(ms(4))]
        );
        assert_eq!(pauses("words:two words"), [Beat::Pause(ms(12)), Beat::Pause(ms(12))]);
    }
}
