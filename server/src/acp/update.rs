//! `session/update`, as it is written.

use serde::Serialize;
use serde_json::{Value, json};

use super::rpc;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Params<'a, U> {
    session_id: &'a str,
    update: U,
}

/// Which side of a conversation a piece of text belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    User,
    Agent,
    Thought,
}

impl Voice {
    fn name(self) -> &'static str {
        match self {
            Self::User => "user_message_chunk",
            Self::Agent => "agent_message_chunk",
            Self::Thought => "agent_thought_chunk",
        }
    }
}

/// One update of a session.
pub fn update(session: &str, update: &impl Serialize) -> Vec<u8> {
    rpc::note("session/update", &Params { session_id: session, update })
}

/// A piece of a message's text.
pub fn text(session: &str, voice: Voice, message: &str, text: &str) -> Vec<u8> {
    #[derive(Serialize)]
    struct Text<'a> {
        r#type: &'a str,
        text: &'a str,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Chunk<'a> {
        session_update: &'a str,
        message_id: &'a str,
        content: Text<'a>,
    }
    let content = Text { r#type: "text", text };
    update(session, &Chunk { session_update: voice.name(), message_id: message, content })
}

/// A piece of a message that is no text, or may be.
pub fn block(session: &str, voice: Voice, message: &str, content: &Value) -> Vec<u8> {
    let chunk = json!({ "sessionUpdate": voice.name(), "messageId": message, "content": content });
    update(session, &chunk)
}

/// What was written to a terminal that the client draws.
pub fn terminal_output(session: &str, call: &str, data: &str) -> Vec<u8> {
    #[derive(Serialize)]
    struct Output<'a> {
        terminal_id: &'a str,
        data: &'a str,
    }
    #[derive(Serialize)]
    struct Meta<'a> {
        terminal_output: Output<'a>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Call<'a> {
        session_update: &'a str,
        tool_call_id: &'a str,
        #[serde(rename = "_meta")]
        meta: Meta<'a>,
    }
    let meta = Meta { terminal_output: Output { terminal_id: call, data } };
    update(session, &Call { session_update: "tool_call_update", tool_call_id: call, meta })
}

/// Text as content of a tool call.
pub fn content(text: &str) -> Value {
    json!({ "type": "content", "content": { "type": "text", "text": text } })
}

/// Text that is drawn as it stands.
pub fn verbatim(text: &str) -> Value {
    content(&fenced(text))
}

/// Text in a fence that is longer than any within it.
pub fn fenced(text: &str) -> String {
    let mut longest = 2;
    let mut run = 0;
    for character in text.chars() {
        run = if character == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let newline = if text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}\n{text}{newline}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("a\n"), "```\na\n```");
        assert_eq!(fenced("```x```"), "````\n```x```\n````");
    }

    #[test]
    fn text_is_written_as_acp_has_it() {
        let line = text("s", Voice::Agent, "m", "a\"b");
        let value: Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(
            value,
            json!({
                "jsonrpc": "2.0",
                "method": "session/update",
                "params": { "sessionId": "s", "update": {
                    "sessionUpdate": "agent_message_chunk",
                    "messageId": "m",
                    "content": { "type": "text", "text": "a\"b" },
                } },
            })
        );
    }
}
