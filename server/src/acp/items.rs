//! The app-server's items as ACP shows them.

use std::path::Path;

use serde_json::{Value, json};

use super::{fragments::Change, update};

/// What an item is to an ACP client.
#[derive(Debug, PartialEq)]
pub enum Shape<'a> {
    /// The person's own words, with all that was attached.
    User {
        client_id: Option<&'a str>,
        blocks: Vec<Value>,
    },
    Said(&'a str),
    Thought(String),
    Tool(Box<ToolCall>),
    /// The context was compacted.
    Compaction,
    /// Nothing that a person is shown.
    Nothing,
}

/// A tool call with all that is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToolCall {
    pub id: String,
    pub title: String,
    pub kind: &'static str,
    pub status: &'static str,
    pub content: Vec<Value>,
    pub locations: Vec<Value>,
    pub raw_input: Value,
    pub raw_output: Value,
}

impl ToolCall {
    /// The members that a `tool_call` has, and a `tool_call_update` or a question may have.
    pub fn fields(&self) -> Value {
        let mut fields = json!({
            "toolCallId": self.id,
            "title": self.title,
            "kind": self.kind,
            "status": self.status,
        });
        for (name, values) in [("content", &self.content), ("locations", &self.locations)] {
            if !values.is_empty() {
                fields[name] = values.clone().into();
            }
        }
        for (name, value) in [("rawInput", &self.raw_input), ("rawOutput", &self.raw_output)] {
            if !value.is_null() {
                fields[name] = value.clone();
            }
        }
        fields
    }

    /// It goes on no more, however it ended.
    pub fn is_over(&self) -> bool {
        matches!(self.status, "completed" | "failed")
    }
}

/// Whether the item's text comes piece by piece.
pub fn is_spoken(item: &Value) -> bool {
    matches!(item["type"].as_str(), Some("agentMessage" | "reasoning" | "plan"))
}

/// Reads an item of a thread that works in `cwd`.
pub fn shape<'a>(item: &'a Value, cwd: &Path) -> Shape<'a> {
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    match text("type") {
        "userMessage" => Shape::User {
            client_id: item["clientId"].as_str(),
            blocks: blocks(item["content"].as_array()),
        },
        "agentMessage" | "plan" => Shape::Said(text("text")),
        "reasoning" => Shape::Thought(thought(item)),
        "contextCompaction" => Shape::Compaction,
        // What a review found is said by an `agentMessage` as well.
        "enteredReviewMode" | "exitedReviewMode" | "hookPrompt" | "functionCallOutput"
        | "sleep" => Shape::Nothing,
        _ => Shape::Tool(Box::new(tool(item, cwd))),
    }
}

fn thought(item: &Value) -> String {
    let texts = |name: &str| -> Vec<&str> {
        item[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let summary = texts("summary");
    if summary.is_empty() { texts("content").join("\n\n") } else { summary.join("\n\n") }
}

/// What a person wrote, as ACP's content.
fn blocks(input: Option<&Vec<Value>>) -> Vec<Value> {
    let block = |input: &Value| {
        let text = |name: &str| input[name].as_str();
        Some(match text("type")? {
            "text" => json!({ "type": "text", "text": text("text")? }),
            "image" => image(text("url")?),
            "localImage" | "mention" | "skill" => {
                let path = text("path")?;
                let name = text("name").unwrap_or_else(|| file_name(path));
                json!({ "type": "resource_link", "name": name, "uri": uri(path) })
            }
            _ => return None,
        })
    };
    input.into_iter().flatten().filter_map(block).collect()
}

fn image(url: &str) -> Value {
    let data = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    match data {
        Some((mime_type, data)) => {
            json!({ "type": "image", "mimeType": mime_type, "data": data })
        }
        None => json!({ "type": "resource_link", "name": "image", "uri": url }),
    }
}

fn uri(path: &str) -> String {
    crate::paths::to_uri(Path::new(path)).unwrap_or_else(|| path.to_owned())
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn status(item: &Value) -> &'static str {
    match item["status"].as_str() {
        Some("inProgress") => "in_progress",
        Some("failed" | "declined" | "interrupted") => "failed",
        _ => "completed",
    }
}

fn tool(item: &Value, cwd: &Path) -> ToolCall {
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    let mut call = ToolCall {
        id: text("id").to_owned(),
        kind: "other",
        status: status(item),
        ..ToolCall::default()
    };
    match text("type") {
        "commandExecution" => command(item, &mut call),
        "fileChange" => file_change(item, cwd, &mut call),
        "mcpToolCall" => {
            call.title = format!("{}: {}", text("server"), text("tool"));
            call.raw_input = item["arguments"].clone();
            mcp_result(item, &mut call);
        }
        "dynamicToolCall" => {
            text("tool").clone_into(&mut call.title);
            call.raw_input = item["arguments"].clone();
            let said = item["contentItems"].as_array().into_iter().flatten();
            call.content.extend(said.filter_map(|said| said["text"].as_str()).map(update::content));
        }
        "webSearch" => {
            call.kind = "fetch";
            call.title = match text("query") {
                "" => "Search the web".to_owned(),
                query => format!("Search the web: {query}"),
            };
            call.raw_input = item["action"].clone();
        }
        "imageView" => {
            let path = cwd.join(text("path"));
            call.kind = "read";
            call.title = format!("View {}", file_name(text("path")));
            call.locations.push(json!({ "path": path }));
        }
        "imageGeneration" => {
            "Make an image".clone_into(&mut call.title);
            if let Some(data) = item["result"].as_str().filter(|data| !data.is_empty()) {
                let image = json!({ "type": "image", "mimeType": "image/png", "data": data });
                call.content.push(json!({ "type": "content", "content": image }));
            }
        }
        "collabAgentToolCall" => {
            call.kind = "think";
            call.title = format!("Agent: {}", text("tool"));
            call.content.extend(item["prompt"].as_str().map(update::content));
        }
        "subAgentActivity" => {
            call.kind = "think";
            call.title = format!("Agent {}: {}", text("agentPath"), text("kind"));
        }
        // A kind of a newer app-server: it is said that something was done.
        other => {
            other.clone_into(&mut call.title);
            call.raw_input = item.clone();
        }
    }
    call
}

fn command(item: &Value, call: &mut ToolCall) {
    let actions = item["commandActions"].as_array().map_or(&[][..], Vec::as_slice);
    let is =
        |kind: &str| !actions.is_empty() && actions.iter().all(|action| action["type"] == kind);
    let only = |kinds: [&str; 3]| {
        !actions.is_empty()
            && actions.iter().all(|action| kinds.iter().any(|kind| action["type"] == *kind))
    };
    call.kind = if is("read") {
        "read"
    } else if only(["read", "search", "listFiles"]) {
        "search"
    } else {
        "execute"
    };
    call.title = command_title(item["command"].as_str().unwrap_or_default(), actions);
    let paths = actions.iter().filter(|action| action["type"] == "read");
    let folder = Path::new(item["cwd"].as_str().unwrap_or_default());
    let paths = paths.filter_map(|action| action["path"].as_str());
    call.locations = paths.map(|path| json!({ "path": folder.join(path) })).collect();
    call.raw_input = json!({ "command": item["command"], "cwd": item["cwd"] });
    if let Some(output) = item["aggregatedOutput"].as_str().filter(|output| !output.is_empty()) {
        call.content.push(update::verbatim(output));
    }
    if call.is_over() {
        call.raw_output = json!({ "exitCode": item["exitCode"], "durationMs": item["durationMs"] });
    }
}

/// The command as the agent meant it, without the shell that it is wrapped in.
pub fn command_title(command: &str, actions: &[Value]) -> String {
    match actions {
        [only] => only["command"].as_str().unwrap_or(command).to_owned(),
        _ => command.to_owned(),
    }
}

fn file_change(item: &Value, cwd: &Path, call: &mut ToolCall) {
    let changes = item["changes"].as_array().into_iter().flatten();
    let changes: Vec<Change> = changes.filter_map(|change| Change::read(change, cwd)).collect();
    call.kind = "edit";
    call.title = edit_title(changes.iter().map(|change| (change.kind, change.shown_path())));
    call.content = changes.iter().flat_map(Change::diffs).collect();
    call.locations = changes.iter().map(|change| json!({ "path": change.shown_path() })).collect();
}

/// What is done to which files.
pub fn edit_title<'a>(changes: impl Iterator<Item = (&'a str, &'a Path)>) -> String {
    let named = changes.map(|(kind, path)| {
        let verb = match kind {
            "add" => "Add",
            "delete" => "Delete",
            _ => "Edit",
        };
        (verb, path.file_name().map_or_else(Default::default, |name| name.to_string_lossy()))
    });
    let named: Vec<_> = named.collect();
    match named.as_slice() {
        [] => "Edit files".to_owned(),
        [(verb, name)] => format!("{verb} {name}"),
        [(verb, name), rest @ ..] if rest.iter().all(|(other, _)| other == verb) => {
            let names: Vec<&str> = rest.iter().map(|(_, name)| &**name).collect();
            format!("{verb} {name}, {}", names.join(", "))
        }
        many => format!("Edit {} files", many.len()),
    }
}

fn mcp_result(item: &Value, call: &mut ToolCall) {
    if let Some(message) = item["error"]["message"].as_str() {
        call.content.push(update::content(message));
    }
    // MCP's content is ACP's; a kind that ACP has not is left to the raw output.
    let known = |block: &&Value| {
        matches!(
            block["type"].as_str(),
            Some("text" | "image" | "audio" | "resource_link" | "resource")
        )
    };
    let blocks = item["result"]["content"].as_array().into_iter().flatten().filter(known);
    call.content.extend(blocks.map(|block| json!({ "type": "content", "content": block })));
    if !item["result"]["structuredContent"].is_null() {
        call.raw_output = item["result"]["structuredContent"].clone();
    }
}
