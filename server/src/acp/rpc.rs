//! JSON-RPC messages, of the ACP client and of the daemon alike.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::protocol::{Raw, RpcError, RpcId};

/// JSON-RPC's own codes.
pub const PARSE_ERROR: i64 = -32_700;
pub const INVALID_REQUEST: i64 = -32_600;
pub const METHOD_NOT_FOUND: i64 = -32_601;
pub const INVALID_PARAMS: i64 = -32_602;
pub const INTERNAL_ERROR: i64 = -32_603;
/// ACP's own codes.
pub const CANCELLED: i64 = -32_800;
pub const AUTH_REQUIRED: i64 = -32_000;
pub const NOT_FOUND: i64 = -32_002;

/// One message that came in.
#[derive(Debug, PartialEq)]
pub enum Message {
    Request { id: RpcId, method: String, params: Raw },
    Note { method: String, params: Raw },
    Answer { id: RpcId, result: Result<Raw, RpcError> },
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(default)]
    id: Option<RpcId>,
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<RpcError>,
}

impl Message {
    /// Reads one message; the error says why it is none.
    pub fn read(text: &Bytes) -> Result<Self, RpcError> {
        let envelope: Envelope = serde_json::from_slice(text).map_err(|error| {
            let code = if error.is_data() { INVALID_REQUEST } else { PARSE_ERROR };
            error_of(code, format!("This is not a message: {error}."))
        })?;
        // A list is read as an object's members in order, which it is not.
        if text.trim_ascii_start().first() != Some(&b'{') {
            return Err(error_of(
                INVALID_REQUEST,
                "A message is an object, and there are no batches.",
            ));
        }
        let part = |value: Option<&RawValue>| {
            value.map_or_else(Raw::null, |value| {
                Raw::from_checked(text.slice_ref(value.get().as_bytes()))
            })
        };
        match (envelope.method, envelope.id, envelope.error) {
            (Some(method), Some(id), _) => {
                Ok(Self::Request { id, method: method.into_owned(), params: part(envelope.params) })
            }
            (Some(method), None, _) => {
                Ok(Self::Note { method: method.into_owned(), params: part(envelope.params) })
            }
            (None, Some(id), Some(error)) => Ok(Self::Answer { id, result: Err(error) }),
            (None, Some(id), None) => Ok(Self::Answer { id, result: Ok(part(envelope.result)) }),
            (None, None, _) => {
                Err(error_of(INVALID_REQUEST, "A message has a method or an id.".to_owned()))
            }
        }
    }
}

pub fn error_of(code: i64, message: impl Into<String>) -> RpcError {
    RpcError { code, message: message.into(), data: None }
}

#[derive(Serialize)]
struct Request<'a, P> {
    jsonrpc: &'a str,
    id: u64,
    method: &'a str,
    params: P,
}

#[derive(Serialize)]
struct Note<'a, P> {
    jsonrpc: &'a str,
    method: &'a str,
    params: P,
}

pub fn request(id: u64, method: &str, params: &impl Serialize) -> Vec<u8> {
    written(&Request { jsonrpc: "2.0", id, method, params })
}

pub fn note(method: &str, params: &impl Serialize) -> Vec<u8> {
    written(&Note { jsonrpc: "2.0", method, params })
}

pub fn answer(id: &RpcId, result: Result<Raw, RpcError>) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Answer<'a> {
        Result { jsonrpc: &'a str, id: &'a RpcId, result: Raw },
        Error { jsonrpc: &'a str, id: &'a RpcId, error: RpcError },
    }
    written(&match result {
        Ok(result) => Answer::Result { jsonrpc: "2.0", id, result },
        Err(error) => Answer::Error { jsonrpc: "2.0", id, error },
    })
}

/// An error for a message that has no id to be answered on.
pub fn stray(error: &RpcError) -> Vec<u8> {
    written(&serde_json::json!({ "jsonrpc": "2.0", "id": null, "error": error }))
}

/// What is ours always serialises; should it not, the other side reads `null` and goes on.
fn written(message: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(message).unwrap_or_else(|_| b"null".to_vec())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &'static str) -> Result<Message, RpcError> {
        Message::read(&Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn messages_are_told_apart_by_what_they_have() {
        let raw = |value: serde_json::Value| Raw::of(&value);
        let cases = [
            (
                r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"a":1}}"#,
                Message::Request {
                    id: RpcId::Number(0),
                    method: "initialize".into(),
                    params: raw(json!({ "a": 1 })),
                },
            ),
            (
                r#"{"jsonrpc":"2.0","method":"session/cancel"}"#,
                Message::Note { method: "session/cancel".into(), params: Raw::null() },
            ),
            (
                r#"{"jsonrpc":"2.0","id":"x","result":null}"#,
                Message::Answer { id: RpcId::Text("x".into()), result: Ok(Raw::null()) },
            ),
            (
                r#"{"jsonrpc":"2.0","id":4,"error":{"code":-32601,"message":"no"}}"#,
                Message::Answer {
                    id: RpcId::Number(4),
                    result: Err(error_of(METHOD_NOT_FOUND, "no")),
                },
            ),
        ];
        for (text, message) in cases {
            assert_eq!(read(text), Ok(message), "{text}");
        }
    }

    #[test]
    fn what_is_no_message_says_why() {
        let code = |text| read(text).unwrap_err().code;
        assert_eq!(code("{"), PARSE_ERROR);
        assert_eq!(code("[1]"), INVALID_REQUEST);
        assert_eq!(code(r#"[{"id":1,"method":"a"}]"#), INVALID_REQUEST);
        assert_eq!(code("{}"), INVALID_REQUEST);
        assert_eq!(code(r#"{"id":1.5,"method":"a"}"#), INVALID_REQUEST);
    }

    #[test]
    fn an_answer_has_a_result_or_an_error() {
        let written = |result| String::from_utf8(answer(&RpcId::Number(3), result)).unwrap();
        assert_eq!(written(Ok(Raw::null())), r#"{"jsonrpc":"2.0","id":3,"result":null}"#);
        assert_eq!(
            written(Err(error_of(CANCELLED, "It was cancelled."))),
            r#"{"jsonrpc":"2.0","id":3,"error":{"code":-32800,"message":"It was cancelled."}}"#
        );
    }
}
