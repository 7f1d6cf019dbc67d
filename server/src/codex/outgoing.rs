//! The lines written to the app-server: one JSON object each, whatever the text of its parts looks like.

use bytes::Bytes;
use memchr::memchr2;

use crate::protocol::{Raw, RpcError, RpcId};

/// The id of `initialize`; every other request has a higher one.
pub const HANDSHAKE_ID: i64 = 0;

/// A request under an id of ours.
pub fn request(id: i64, method: &str, params: &Raw) -> Bytes {
    let mut line = Line::with_capacity(params.len() + method.len() + 48);
    line.text("{\"id\":");
    line.text(&id.to_string());
    line.text(",\"method\":");
    line.raw(&Raw::of(method));
    line.params(params);
    line.end()
}

pub fn notification(method: &str, params: &Raw) -> Bytes {
    let mut line = Line::with_capacity(params.len() + method.len() + 32);
    line.text("{\"method\":");
    line.raw(&Raw::of(method));
    line.params(params);
    line.end()
}

/// The answer to a request of the app-server, under its id with its JSON type kept.
pub fn response(id: &RpcId, result: &Result<Raw, RpcError>) -> Bytes {
    let mut line = Line::with_capacity(result.as_ref().map_or(256, Raw::len) + 48);
    line.text("{\"id\":");
    line.raw(&Raw::of(id));
    match result {
        Ok(result) => {
            line.text(",\"result\":");
            line.raw(result);
        }
        Err(error) => {
            line.text(",\"error\":");
            line.raw(&Raw::of(error));
        }
    }
    line.end()
}

struct Line(Vec<u8>);

impl Line {
    fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    fn text(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// `null` params are left out: the app-server takes a method without params that way.
    fn params(&mut self, params: &Raw) {
        if params.as_bytes() != b"null" {
            self.text(",\"params\":");
            self.raw(params);
        }
    }

    fn raw(&mut self, raw: &Raw) {
        let start = self.0.len();
        self.0.extend_from_slice(raw.as_bytes());
        // Outside of strings a line end is mere space, and within strings JSON has none.
        if memchr2(b'\n', b'\r', raw.as_bytes()).is_some() {
            for byte in &mut self.0[start..] {
                if matches!(byte, b'\n' | b'\r') {
                    *byte = b' ';
                }
            }
        }
    }

    fn end(mut self) -> Bytes {
        self.0.extend_from_slice(b"}\n");
        self.0.into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn raw(text: &'static str) -> Raw {
        Raw::from_checked(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn each_line_is_one_object() {
        let error = RpcError { code: -32601, message: "no".into(), data: None };
        let lines = [
            request(7, "a/\"b\"", &raw("{\r\n  \"x\": 1\n}")),
            request(8, "plain", &Raw::null()),
            notification("initialized", &Raw::null()),
            notification("n", &Raw::of(&json!(["a\nb"]))),
            response(&RpcId::Number(0), &Ok(Raw::null())),
            response(&RpcId::Text("0".into()), &Err(error)),
        ];
        assert_eq!(
            lines.map(|line| String::from_utf8(line.into()).unwrap()),
            [
                "{\"id\":7,\"method\":\"a/\\\"b\\\"\",\"params\":{    \"x\": 1 }}\n",
                "{\"id\":8,\"method\":\"plain\"}\n",
                "{\"method\":\"initialized\"}\n",
                "{\"method\":\"n\",\"params\":[\"a\\nb\"]}\n",
                "{\"id\":0,\"result\":null}\n",
                "{\"id\":\"0\",\"error\":{\"code\":-32601,\"message\":\"no\"}}\n",
            ]
        );
    }
}
