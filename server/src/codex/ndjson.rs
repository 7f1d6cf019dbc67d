//! The framing of the app-server's stdout: one JSON-RPC message per line, read without copying its text.

use std::borrow::Cow;
use std::fmt;

use bytes::{Bytes, BytesMut};
use memchr::{memchr, memchr_iter, memrchr};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::protocol::{Raw, RpcError, RpcId};

/// The longest line that is read, in bytes; a longer one is skipped without being kept.
pub const MAX_LINE: usize = 64 << 20;

/// How much of a line that could not be read is told, in bytes.
const EXCERPT: usize = 120;

/// The name of a method as a slice of the line it came in.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Method(Bytes);

impl Method {
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl From<&str> for Method {
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// One line of the app-server.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    Notification {
        method: Method,
        params: Raw,
    },
    Request {
        id: RpcId,
        method: Method,
        params: Raw,
    },
    Response {
        id: RpcId,
        result: Result<Raw, RpcError>,
    },
    /// A line that is no message; the reader goes on behind it.
    Garbled {
        message: String,
    },
}

/// Cuts a byte stream into messages. The messages do not depend on how the stream was cut into reads.
#[derive(Debug)]
pub struct Decoder {
    /// The begin of a line whose end has not come yet.
    partial: BytesMut,
    /// Bytes of a line over the limit that were dropped so far.
    skipped: Option<usize>,
    limit: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::with_limit(MAX_LINE)
    }
}

impl Decoder {
    /// A decoder that skips lines of more than `limit` bytes.
    pub fn with_limit(limit: usize) -> Self {
        Self { partial: BytesMut::new(), skipped: None, limit }
    }

    /// Takes what one read brought and hands every message that is complete now to `each`, in order.
    pub fn feed(&mut self, mut read: &[u8], each: &mut impl FnMut(Message)) {
        if let Some(skipped) = self.skipped {
            let Some(end) = memchr(b'\n', read) else {
                self.skipped = Some(skipped + read.len());
                return;
            };
            self.skipped = None;
            each(self.too_long(skipped + end));
            read = &read[end + 1..];
        }
        let before = self.partial.len();
        self.partial.extend_from_slice(read);
        if let Some(last) = memrchr(b'\n', read) {
            let lines = self.partial.split_to(before + last + 1).freeze();
            let mut start = 0;
            // The part kept from earlier reads holds no line end.
            for end in memchr_iter(b'\n', &lines[before..]).map(|at| before + at) {
                self.line(&lines, start, end, each);
                start = end + 1;
            }
        }
        if self.partial.len() > self.limit {
            self.skipped = Some(self.partial.len());
            self.partial = BytesMut::new();
        }
    }

    /// The stream ended: what stands without a line end is read as the last line.
    pub fn end(&mut self, each: &mut impl FnMut(Message)) {
        if let Some(skipped) = self.skipped.take() {
            each(self.too_long(skipped));
        }
        let rest = self.partial.split().freeze();
        self.line(&rest, 0, rest.len(), each);
    }

    fn line(&self, lines: &Bytes, start: usize, end: usize, each: &mut impl FnMut(Message)) {
        let line = lines[start..end].trim_ascii();
        if end - start > self.limit {
            each(self.too_long(end - start));
        } else if !line.is_empty() {
            each(parse(lines, line));
        }
    }

    fn too_long(&self, length: usize) -> Message {
        Message::Garbled {
            message: format!("skipped a line of {length} bytes: the limit is {} bytes", self.limit),
        }
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<Name<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

/// Keeps `null` apart from absence: `"result": null` is an answer.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Reads `line`, a part of `lines`.
fn parse(lines: &Bytes, line: &[u8]) -> Message {
    // An array would otherwise be read as the fields in their order.
    if line.first() != Some(&b'{') {
        return garbled(line, &"not a JSON object");
    }
    let envelope: Envelope<'_> = match serde_json::from_slice(line) {
        Ok(envelope) => envelope,
        Err(error) => return garbled(line, &error),
    };
    let slice = |value: &RawValue| Raw::from_checked(lines.slice_ref(value.get().as_bytes()));
    let id = match envelope.id.map(|id| serde_json::from_str(id.get())) {
        None => None,
        Some(Ok(id)) => Some(id),
        Some(Err(_)) => return garbled(line, &"an id that is neither an integer nor a string"),
    };
    let params = || envelope.params.map_or_else(Raw::null, slice);
    match (id, envelope.method, envelope.result, envelope.error) {
        (None, Some(method), None, None) => {
            Message::Notification { method: method.taken_from(lines), params: params() }
        }
        (Some(id), Some(method), None, None) => {
            Message::Request { id, method: method.taken_from(lines), params: params() }
        }
        (Some(id), None, Some(result), None) => Message::Response { id, result: Ok(slice(result)) },
        (Some(id), None, None, Some(error)) => {
            Message::Response { id, result: Err(read_error(error)) }
        }
        _ => garbled(line, &"neither a request, nor a notification, nor a response"),
    }
}

impl Name<'_> {
    fn taken_from(self, lines: &Bytes) -> Method {
        Method(match self.0 {
            Cow::Borrowed(text) => lines.slice_ref(text.as_bytes()),
            Cow::Owned(text) => text.into(),
        })
    }
}

/// Reads an error object; one of another shape is told as it stands.
fn read_error(error: &RawValue) -> RpcError {
    serde_json::from_str(error.get()).unwrap_or_else(|_| RpcError {
        code: -32603,
        message: excerpt(error.get().as_bytes()),
        data: serde_json::from_str(error.get()).ok(),
    })
}

fn garbled(line: &[u8], why: &dyn fmt::Display) -> Message {
    Message::Garbled { message: format!("{why}: {}", excerpt(line)) }
}

fn excerpt(text: &[u8]) -> String {
    let cut = &text[..text.len().min(EXCERPT)];
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{}{more}", String::from_utf8_lossy(cut))
}

#[cfg(test)]
mod tests;
