//! What a request says: the thread so far, cut into what matters for the answer.

use serde_json::Value;

/// One entry of a request's `input`. Developer messages, reasoning and what codex may add later are left out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    User(String),
    Assistant,
    Call { tool: String, id: String },
    Output { call_id: String, text: String },
}

/// The items of a thread.
#[derive(Debug)]
pub(crate) struct Conversation {
    items: Vec<Item>,
    /// Where the present prompt begins in `items`.
    prompt_start: usize,
    offers_patches: bool,
}

/// A `[[kind:argument]]` mark of the present prompt.
#[derive(Debug, PartialEq)]
pub(crate) struct Mark {
    /// What stands between the brackets.
    pub text: String,
    /// How many tool outputs came after it.
    pub outputs: usize,
}

/// The latest tool call of the present prompt that was answered.
#[derive(Debug, PartialEq)]
pub(crate) struct Answered<'a> {
    pub tool: &'a str,
    pub output: &'a str,
}

impl Conversation {
    /// Reads the body of a `POST /responses`.
    pub(crate) fn read(body: &Value) -> Self {
        let entries = body["input"].as_array().map(Vec::as_slice).unwrap_or_default();
        let items: Vec<Item> = entries.iter().filter_map(item).collect();
        let prompt_start = (1..items.len())
            .rev()
            .find(|&at| match (&items[at - 1], &items[at]) {
                (Item::Assistant, Item::User(_)) => true,
                (Item::User(text), _) => text.starts_with("<turn_aborted>"),
                _ => false,
            })
            .unwrap_or(0);
        let tools = body["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
        let offers_patches = tools.iter().any(|tool| tool["name"] == "apply_patch");
        Self { items, prompt_start, offers_patches }
    }

    /// Whether this request lets the model call `apply_patch`; a review or a compaction does not.
    pub(crate) fn offers_patches(&self) -> bool {
        self.offers_patches
    }

    /// The folder that the thread works in, as codex last told the model.
    pub(crate) fn cwd(&self) -> Option<String> {
        self.items.iter().rev().find_map(|item| {
            let Item::User(text) = item else { return None };
            let (_, rest) = text.split_once("<cwd>")?;
            let (cwd, _) = rest.split_once("</cwd>")?;
            // Last the ampersand, so that no text is unescaped twice.
            Some(cwd.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
        })
    }

    /// The last mark of the present prompt. A steer without a mark leaves the mark of its prompt in force.
    pub(crate) fn mark(&self) -> Option<Mark> {
        let (at, text) =
            self.present().iter().enumerate().rev().find_map(|(at, item)| match item {
                Item::User(text) => Some((at, last_mark(text)?)),
                _ => None,
            })?;
        Some(Mark { text: text.into(), outputs: outputs(&self.present()[at..]) })
    }

    /// How many tool outputs the present prompt has so far.
    pub(crate) fn outputs(&self) -> usize {
        outputs(self.present())
    }

    /// What the person last wrote, steers included.
    pub(crate) fn wish(&self) -> &str {
        self.present().iter().rev().find_map(Item::written).unwrap_or_default()
    }

    /// Whether the person wrote something after the latest tool output.
    pub(crate) fn steered(&self) -> bool {
        let after =
            self.present().iter().rev().take_while(|item| !matches!(item, Item::Output { .. }));
        self.answered().is_some() && after.into_iter().any(|item| item.written().is_some())
    }

    /// The latest answered tool call of the present prompt.
    pub(crate) fn answered(&self) -> Option<Answered<'_>> {
        self.present().iter().rev().find_map(|item| match item {
            Item::Output { call_id, text } => {
                Some(Answered { tool: self.tool_of(call_id), output: text })
            }
            _ => None,
        })
    }

    /// How many patches the model has proposed in the whole thread.
    pub(crate) fn patches_in_thread(&self) -> usize {
        patches(&self.items)
    }

    /// How many patches the model has proposed for the present prompt.
    pub(crate) fn patches_in_prompt(&self) -> usize {
        patches(self.present())
    }

    /// Whether a patch of the present prompt was applied.
    pub(crate) fn any_patch_applied(&self) -> bool {
        self.present().iter().any(|item| match item {
            Item::Output { call_id, text } => {
                self.tool_of(call_id) == "apply_patch" && text.starts_with("Exit code: 0")
            }
            _ => false,
        })
    }

    fn present(&self) -> &[Item] {
        &self.items[self.prompt_start..]
    }

    fn tool_of(&self, call_id: &str) -> &str {
        self.items
            .iter()
            .rev()
            .find_map(|item| match item {
                Item::Call { tool, id } if id == call_id => Some(tool.as_str()),
                _ => None,
            })
            .unwrap_or_default()
    }
}

impl Item {
    /// The text of a message that the person wrote, not one that codex adds in the person's name.
    fn written(&self) -> Option<&str> {
        match self {
            Self::User(text) if !text.starts_with('<') && !text.starts_with("# AGENTS.md") => {
                Some(text)
            }
            _ => None,
        }
    }
}

fn outputs(items: &[Item]) -> usize {
    items.iter().filter(|item| matches!(item, Item::Output { .. })).count()
}

fn patches(items: &[Item]) -> usize {
    items
        .iter()
        .filter(|item| matches!(item, Item::Call { tool, .. } if tool == "apply_patch"))
        .count()
}

fn item(entry: &Value) -> Option<Item> {
    let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
    match (entry["type"].as_str().unwrap_or_default(), entry["role"].as_str()) {
        (_, Some("user")) => Some(Item::User(content(&entry["content"]))),
        (_, Some("assistant")) => Some(Item::Assistant),
        ("function_call" | "custom_tool_call", _) => {
            Some(Item::Call { tool: text("name"), id: text("call_id") })
        }
        (kind, _) if kind.ends_with("_output") => {
            Some(Item::Output { call_id: text("call_id"), text: content(&entry["output"]) })
        }
        _ => None,
    }
}

/// A text, or the texts of a list of content parts.
fn content(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

fn last_mark(text: &str) -> Option<&str> {
    let mut rest = text;
    let mut last = None;
    while let Some((_, after)) = rest.split_once("[[") {
        let Some((mark, tail)) = after.split_once("]]") else { break };
        last = Some(mark);
        rest = tail;
    }
    last
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn conversation(input: &Value) -> Conversation {
        Conversation::read(&json!({ "input": input }))
    }

    fn user(text: &str) -> Value {
        json!({ "type": "message", "role": "user", "content": [{ "type": "input_text", "text": text }] })
    }

    fn assistant() -> Value {
        json!({ "type": "message", "role": "assistant", "content": [{ "type": "output_text", "text": "ok" }] })
    }

    fn call(id: &str, tool: &str) -> Value {
        json!({ "type": "function_call", "call_id": id, "name": tool, "arguments": "{}" })
    }

    fn output(id: &str, text: &str) -> Value {
        json!({ "type": "function_call_output", "call_id": id, "output": text })
    }

    #[test]
    fn the_last_mark_of_the_present_prompt_counts_the_outputs_after_it() {
        let seen = conversation(&json!([
            user("[[exec:old]]"),
            call("a", "exec_command"),
            output("a", "old"),
            assistant(),
            user("[[msg:first]] [[patchexec:a\n---\nb]] end"),
            call("b", "apply_patch"),
            call("c", "exec_command"),
            output("b", "Exit code: 0"),
            output("c", "x"),
            user("a steer without a mark"),
        ]));
        assert_eq!(seen.mark(), Some(Mark { text: "patchexec:a\n---\nb".into(), outputs: 2 }));
        assert_eq!(seen.wish(), "a steer without a mark");
        assert!(seen.steered());
        assert_eq!(seen.answered(), Some(Answered { tool: "exec_command", output: "x" }));
    }

    #[test]
    fn an_interrupted_turn_takes_its_mark_with_it() {
        let seen = conversation(&json!([
            user("<environment_context>\n  <cwd>/some &amp; where</cwd>\n</environment_context>"),
            user("[[slow:9,9]]"),
            user(
                "<turn_aborted>\nThe user interrupted the previous turn on purpose.\n</turn_aborted>"
            ),
            user("go on"),
        ]));
        assert_eq!(seen.mark(), None);
        assert_eq!(seen.wish(), "go on");
        assert_eq!(seen.cwd(), Some("/some & where".into()));
    }
}
