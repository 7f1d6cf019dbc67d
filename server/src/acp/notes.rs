//! The app-server's notes as updates of a session.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::protocol::Raw;

use super::{
    face::Face,
    items::{self, Shape},
    session::{Phase, Shown},
    update::{self, Voice},
};

/// Bytes of a command's output that a client without terminals is shown while it runs: its end.
const SHOWN_OUTPUT: usize = 16 << 10;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Piece<'a> {
    #[serde(borrow)]
    thread_id: Cow<'a, str>,
    #[serde(borrow)]
    item_id: Cow<'a, str>,
    #[serde(borrow, rename = "delta")]
    text: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whose<'a> {
    #[serde(borrow)]
    thread_id: Cow<'a, str>,
}

impl Face {
    /// Takes a note of the app-server, without the `codex/` before its name.
    pub(super) fn codex_said(&mut self, method: &str, params: &Raw) {
        let Ok(Whose { thread_id: thread }) = params.view::<Whose>() else {
            if method == "account/login/completed" {
                self.signed_in(&params.decode().unwrap_or_default());
            }
            return;
        };
        let Some(session) = self.sessions.get_mut(&*thread) else { return };
        if let Phase::Loading { pages, held } = &mut session.phase {
            if !pages.is_empty() {
                held.push((method.to_owned(), params.clone()));
            }
            return;
        }
        match method {
            "item/agentMessage/delta" | "item/plan/delta" => self.spoke(Voice::Agent, params),
            "item/reasoning/summaryTextDelta" | "item/reasoning/textDelta" => {
                self.spoke(Voice::Thought, params);
            }
            "item/commandExecution/outputDelta" => self.wrote(params),
            _ => {
                let Ok(params) = params.decode::<Value>() else { return };
                self.noted(&thread, method, &params);
            }
        }
    }

    fn noted(&mut self, name: &str, method: &str, params: &Value) {
        match method {
            "turn/started" => {
                self.turn_started(name, params["turn"]["id"].as_str().unwrap_or_default());
            }
            "turn/completed" => self.turn_ended(name, &params["turn"]),
            "item/started" => self.item_begun(name, &params["item"]),
            "item/completed" => self.item_over(name, &params["item"]),
            "item/reasoning/summaryPartAdded" => {
                let item = params["itemId"].as_str().unwrap_or_default();
                let begun = self.sessions.get(name).is_some_and(|s| s.spoken.contains(item));
                if begun {
                    self.tell(update::text(name, Voice::Thought, item, "\n\n"));
                }
            }
            "item/mcpToolCall/progress" => {
                let content = [update::content(params["message"].as_str().unwrap_or_default())];
                self.tell_call(
                    name,
                    &json!({ "toolCallId": params["itemId"], "content": content }),
                );
            }
            "turn/plan/updated" => self.tell_plan(name, &params["plan"]),
            "thread/tokenUsage/updated" => self.tell_usage(name, &params["tokenUsage"]),
            "thread/name/updated" => {
                let title = &params["threadName"];
                let info = json!({ "sessionUpdate": "session_info_update", "title": title });
                self.tell(update::update(name, &info));
            }
            "thread/settings/updated" => {
                let Some(session) = self.sessions.get_mut(name) else { return };
                let options =
                    super::options::Options::read(&params["threadSettings"], &session.options);
                if session.options != options {
                    session.options = options;
                    self.tell_options(name);
                }
            }
            "warning" | "model/rerouted" | "error" => self.tell_notice(name, method, params),
            _ => {}
        }
    }

    fn spoke(&mut self, voice: Voice, params: &Raw) {
        let Ok(Piece { thread_id, item_id, text }) = params.view::<Piece>() else { return };
        let Some(session) = self.sessions.get_mut(&*thread_id) else { return };
        if !session.spoken.contains(&*item_id) {
            session.spoken.insert(item_id.to_string());
        }
        self.tell(update::text(&thread_id, voice, &item_id, &text));
    }

    /// A command wrote something.
    fn wrote(&mut self, params: &Raw) {
        let Ok(Piece { thread_id, item_id, text }) = params.view::<Piece>() else { return };
        let session = self.sessions.get_mut(&*thread_id);
        let Some(shown) = session.and_then(|session| session.shown.get_mut(&*item_id)) else {
            return;
        };
        shown.output.push_str(&text);
        if shown.terminal {
            return self.tell(update::terminal_output(&thread_id, &item_id, &text));
        }
        keep_end(&mut shown.output, SHOWN_OUTPUT);
        shown.untold += text.len();
        // All of it is sent again each time, so not for every byte.
        if shown.untold * 4 < shown.output.len() && shown.output.len() > 1 << 10 {
            return;
        }
        shown.untold = 0;
        let content = [update::verbatim(&shown.output)];
        self.tell_call(&thread_id, &json!({ "toolCallId": item_id, "content": content }));
    }

    fn tell_call(&mut self, name: &str, fields: &Value) {
        let mut fields = fields.clone();
        fields["sessionUpdate"] = "tool_call_update".into();
        self.tell(update::update(name, &fields));
    }

    fn item_begun(&mut self, name: &str, item: &Value) {
        self.note_children(name, item);
        let Some(session) = self.sessions.get(name) else { return };
        match items::shape(item, &session.cwd) {
            Shape::User { client_id, blocks } => {
                let own = client_id.map_or_else(|| session.reviews(), |id| session.sent(id));
                let id = item["id"].as_str().unwrap_or_default();
                for block in blocks.iter().filter(|_| !own) {
                    self.tell(update::block(name, Voice::User, id, block));
                }
            }
            Shape::Tool(call) => self.tell_new_call(name, item, *call),
            Shape::Compaction => self.tell_compaction(name, item, "in_progress"),
            Shape::Said(_) | Shape::Thought(_) | Shape::Nothing => {}
        }
    }

    /// Tells of a tool call that the client has not heard of.
    fn tell_new_call(&mut self, name: &str, item: &Value, call: items::ToolCall) {
        let is_command = item["type"] == "commandExecution";
        let terminal = is_command && self.abilities.terminal_output && !call.is_over();
        let mut fields = call.fields();
        fields["sessionUpdate"] = "tool_call".into();
        if terminal {
            fields["content"] = json!([{ "type": "terminal", "terminalId": call.id }]);
            fields["_meta"] =
                json!({ "terminal_info": { "terminal_id": call.id, "cwd": item["cwd"] } });
        }
        self.tell(update::update(name, &fields));
        if let Some(session) = self.sessions.get_mut(name) {
            let (output, untold, whole) = (String::new(), 0, false);
            session.show(Shown { call, terminal, output, untold, whole });
        }
    }

    fn item_over(&mut self, name: &str, item: &Value) {
        self.note_children(name, item);
        let id = item["id"].as_str().unwrap_or_default();
        let Some(session) = self.sessions.get_mut(name) else { return };
        match items::shape(item, &session.cwd) {
            Shape::Said(text) => {
                let spoken = items::is_spoken(item) && session.spoken.remove(id);
                if !spoken && !text.is_empty() {
                    self.tell(update::text(name, Voice::Agent, id, text));
                }
            }
            Shape::Thought(text) => {
                if !session.spoken.remove(id) && !text.is_empty() {
                    self.tell(update::text(name, Voice::Thought, id, &text));
                }
            }
            Shape::Tool(call) => self.call_over(name, item, *call),
            Shape::Compaction => self.tell_compaction(name, item, "completed"),
            Shape::User { .. } | Shape::Nothing => {}
        }
    }

    fn call_over(&mut self, name: &str, item: &Value, call: items::ToolCall) {
        let Some(session) = self.sessions.get_mut(name) else { return };
        let Some(shown) = session.shown.remove(&call.id) else {
            // It outlived its turn, or began before this client came.
            return self.tell_new_call(name, item, call);
        };
        let mut fields = call.fields();
        fields["sessionUpdate"] = "tool_call_update".into();
        if let Some(fields) = fields.as_object_mut() {
            fields.remove("title");
            fields.remove("kind");
            fields.remove("locations");
            fields.remove("rawInput");
            // What is shown is more than what the item has, or all of it.
            let keeps =
                shown.whole || call.content.is_empty() || call.content == shown.call.content;
            if keeps {
                fields.remove("content");
            }
        }
        if shown.terminal {
            let output = item["aggregatedOutput"].as_str().unwrap_or_default();
            if shown.output.is_empty() && !output.is_empty() {
                self.tell(update::terminal_output(name, &call.id, output));
            }
            if shown.output.is_empty() || shown.output == output || output.is_empty() {
                // The terminal shows it all.
                if let Some(fields) = fields.as_object_mut() {
                    fields.remove("content");
                }
            }
            let exit =
                json!({ "terminal_id": call.id, "exit_code": item["exitCode"], "signal": null });
            fields["_meta"] = json!({ "terminal_exit": exit });
        }
        self.tell(update::update(name, &fields));
    }

    /// Threads of agents that this thread's agent has: what they ask, this session is asked.
    fn note_children(&mut self, name: &str, item: &Value) {
        let receivers = item["receiverThreadIds"].as_array().into_iter().flatten();
        let children = receivers.chain(std::iter::once(&item["agentThreadId"]));
        for child in children.filter_map(Value::as_str) {
            self.children.insert(child.to_owned(), name.to_owned());
        }
    }

    fn tell_plan(&mut self, name: &str, plan: &Value) {
        let entries = plan.as_array().into_iter().flatten().map(|step| {
            let status = match step["status"].as_str() {
                Some("completed") => "completed",
                Some("inProgress") => "in_progress",
                _ => "pending",
            };
            json!({ "content": step["step"], "priority": "medium", "status": status })
        });
        let entries: Vec<Value> = entries.collect();
        self.tell(update::update(name, &json!({ "sessionUpdate": "plan", "entries": entries })));
    }

    pub(super) fn tell_usage(&mut self, name: &str, usage: &Value) {
        let (used, size) = (&usage["last"]["totalTokens"], &usage["modelContextWindow"]);
        if used.is_u64() && size.is_u64() {
            let usage = json!({ "sessionUpdate": "usage_update", "used": used, "size": size });
            self.tell(update::update(name, &usage));
        }
    }

    fn tell_compaction(&mut self, name: &str, item: &Value, status: &str) {
        if self.abilities.compaction {
            let compaction = json!({
                "sessionUpdate": "compaction_update",
                "compactionId": item["id"],
                "status": status,
            });
            self.tell(update::update(name, &compaction));
        } else if status == "completed" {
            let id = item["id"].as_str().unwrap_or_default();
            self.tell(update::text(name, Voice::Thought, id, "The context was compacted."));
        }
    }

    fn tell_notice(&mut self, name: &str, method: &str, params: &Value) {
        if !self.abilities.notices {
            return;
        }
        let text = |pointer: &str| params.pointer(pointer).and_then(Value::as_str);
        let (severity, title) = match method {
            "warning" => ("warning", text("/message").map(str::to_owned)),
            "error" if params["willRetry"] == true => {
                ("warning", text("/error/message").map(|why| format!("{why} Codex tries again.")))
            }
            "model/rerouted" => {
                ("info", text("/toModel").map(|model| format!("{model} answers this.")))
            }
            _ => return,
        };
        if let Some(title) = title {
            let notice = json!({ "sessionUpdate": "notice", "severity": severity, "title": title });
            self.tell(update::update(name, &notice));
        }
    }
}

/// Cuts off the beginning of a text that is too long.
fn keep_end(text: &mut String, longest: usize) {
    if text.len() > longest {
        let cut = text.ceil_char_boundary(text.len() - longest / 2);
        text.drain(..cut);
    }
}
