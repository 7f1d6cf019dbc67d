//! One queued message and its frame. Params and results go out as the bytes they came in.

use std::{borrow::Cow, io::Write};

use bytes::Bytes;

use crate::protocol::{Raw, RpcId};

use super::delta::Growing;

/// What stands before the payload of a message.
#[derive(Debug)]
pub(super) enum Head {
    Result(RpcId),
    /// The id as JSON text: a refusal may have to name one that is no [`RpcId`].
    Error(Raw),
    Note(Cow<'static, str>),
    Ask {
        id: String,
        method: &'static str,
    },
    /// The payload is a whole frame.
    Frame,
}

#[derive(Debug)]
pub(super) enum Payload {
    Whole(Bytes),
    Growing(Growing),
}

#[derive(Debug)]
pub(super) struct Entry {
    pub head: Head,
    pub payload: Payload,
}

/// What a frame costs beside its payload, in bytes, about.
const OVERHEAD: usize = 80;

impl Entry {
    pub fn new(head: Head, payload: Bytes) -> Self {
        // JSON-RPC has no null for params: an ask that needs none leaves them out.
        let is_bare = matches!(head, Head::Ask { .. }) && &*payload == b"null";
        let payload = if is_bare { Bytes::new() } else { payload };
        Self { head, payload: Payload::Whole(payload) }
    }

    /// The bytes this entry counts for while it is queued.
    pub fn size(&self) -> u64 {
        let head = match &self.head {
            Head::Result(RpcId::Text(id)) => id.len(),
            Head::Error(id) => id.len(),
            Head::Note(method) => method.len(),
            Head::Ask { id, method } => id.len() + method.len(),
            Head::Result(RpcId::Number(_)) | Head::Frame => 0,
        };
        (OVERHEAD + head + self.payload.len()) as u64
    }

    /// Appends the frame to `out`. A payload of more than `direct` bytes is not copied: it is handed
    /// to `write` after what `out` then holds, and `out` is empty again.
    pub fn write<E>(
        &self,
        scratch: &mut Vec<u8>,
        out: &mut Vec<u8>,
        direct: usize,
        mut write: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let end: &[u8] = if matches!(self.head, Head::Frame) { b"" } else { b"}" };
        scratch.clear();
        self.head.write(scratch, self.payload.len() > 0);
        if !end.is_empty() {
            let length = scratch.len() + self.payload.len() + end.len();
            // Writing to a Vec does not fail.
            let _ = write!(out, "Content-Length: {length}\r\n\r\n");
        }
        out.extend_from_slice(scratch);
        for part in self.payload.parts() {
            if part.len() > direct {
                write(out)?;
                out.clear();
                write(part)?;
            } else {
                out.extend_from_slice(part);
            }
        }
        out.extend_from_slice(end);
        Ok(())
    }
}

impl Payload {
    fn parts(&self) -> [&[u8]; 2] {
        match self {
            Self::Whole(payload) => [payload, b""],
            Self::Growing(growing) => growing.parts(),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Whole(payload) => payload.len(),
            Self::Growing(growing) => growing.len(),
        }
    }
}

impl Head {
    fn write(&self, out: &mut Vec<u8>, has_params: bool) {
        match self {
            Self::Result(id) => {
                out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
                match id {
                    RpcId::Number(number) => {
                        let _ = write!(out, "{number}");
                    }
                    RpcId::Text(text) => write_text(text, out),
                }
                out.extend_from_slice(br#","result":"#);
            }
            Self::Error(id) => {
                out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
                out.extend_from_slice(id.as_bytes());
                out.extend_from_slice(br#","error":"#);
            }
            Self::Note(method) => {
                out.extend_from_slice(br#"{"jsonrpc":"2.0","method":"#);
                write_text(method, out);
                out.extend_from_slice(br#","params":"#);
            }
            Self::Ask { id, method } => {
                out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
                write_text(id, out);
                out.extend_from_slice(br#","method":"#);
                write_text(method, out);
                if has_params {
                    out.extend_from_slice(br#","params":"#);
                }
            }
            Self::Frame => {}
        }
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    // A string serialises, and a Vec takes it.
    let _ = serde_json::to_writer(out, text);
}
