//! What the client can do and what it is told that we can.

use serde::Deserialize;
use serde_json::{Value, json};

/// The version of ACP that is spoken here.
const PROTOCOL_VERSION: u32 = 1;

/// The part of `initialize` that is read. What a client does not say, it cannot do.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Introduction {
    client_capabilities: Value,
    client_info: Option<ClientInfo>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct ClientInfo {
    #[serde(default)]
    title: Option<String>,
    name: String,
}

/// What the client can show or answer beyond the least.
#[expect(clippy::struct_excessive_bools, reason = "each is one of ACP's own yes or no")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// It draws the output of a command that runs here: `_meta.terminal_output`.
    pub terminal_output: bool,
    /// It asks its person with a form.
    pub form: bool,
    /// It opens a page for its person.
    pub url: bool,
    /// It shows notices.
    pub notices: bool,
    /// It shows that a context is being compacted.
    pub compaction: bool,
}

impl Introduction {
    pub fn abilities(&self) -> Abilities {
        let part = |pointer: &str| {
            self.client_capabilities.pointer(pointer).is_some_and(|value| !value.is_null())
        };
        let is_true = |pointer: &str| {
            self.client_capabilities.pointer(pointer).and_then(Value::as_bool) == Some(true)
        };
        Abilities {
            terminal_output: is_true("/_meta/terminal_output"),
            form: part("/elicitation/form"),
            url: part("/elicitation/url"),
            notices: part("/session/notices"),
            compaction: part("/session/compaction"),
        }
    }

    /// What others are told of who decided.
    pub fn name(&self) -> &str {
        self.client_info.as_ref().map_or("ACP client", |info| {
            info.title.as_deref().filter(|title| !title.is_empty()).unwrap_or(&info.name)
        })
    }
}

/// The id of the one way to sign in.
pub const CHATGPT: &str = "chatgpt";

/// The answer to `initialize`. It does not depend on the daemon, so that it is given at once.
pub fn answer() -> Value {
    json!({
        "protocolVersion": PROTOCOL_VERSION,
        "agentInfo": { "name": "outrigger", "title": "Outrigger", "version": crate::VERSION },
        "agentCapabilities": {
            "loadSession": true,
            "promptCapabilities": { "image": true, "audio": false, "embeddedContext": true },
            "mcpCapabilities": { "http": true, "sse": false },
            "sessionCapabilities": {
                "list": {},
                "delete": {},
                "resume": {},
                "close": {},
                "fork": {},
                "title": {},
                "additionalDirectories": {},
            },
            "auth": { "logout": {} },
        },
        "authMethods": [{
            "id": CHATGPT,
            "name": "Sign in with ChatGPT",
            "description": "Opens a page of OpenAI. `codex login` in a terminal does the same, also with an API key.",
        }],
    })
}
