//! What an editor waits for: kept by its relay, which answers in the daemon's place when that is gone.

use std::collections::HashSet;

use crate::{
    protocol::{Failure, Raw, RpcError, RpcId, members::Members},
    transport::framer::{Framed, Framer, headers},
};

/// The longest body that is looked into whole, in bytes; of a longer one only how it begins.
const MAX_LOOK: usize = 256 << 10;
/// Requests that are remembered; the daemon refuses more than this at one time.
const MAX_OPEN: usize = 1_024;

/// The requests that are on their way, told from the bytes that pass in both directions.
pub struct Flight {
    framer: Framer,
    open: HashSet<RpcId>,
    shutdown: bool,
    exit: bool,
}

impl Default for Flight {
    fn default() -> Self {
        let framer = Framer::new(MAX_LOOK);
        Self { framer, open: HashSet::new(), shutdown: false, exit: false }
    }
}

impl Flight {
    /// Looks at bytes of the editor.
    pub fn asked(&mut self, bytes: &[u8]) {
        self.framer.feed(bytes);
        while let Some(framed) = self.framer.next() {
            match framed {
                Framed::Body(body) | Framed::TooLarge { head: body, .. } => self.note(&body),
                Framed::Garbled(_) => {}
            }
        }
    }

    fn note(&mut self, body: &[u8]) {
        let (id, method) = id_and_method(body);
        match (id, method) {
            (Some(id), Some(method)) => {
                self.shutdown |= method == "shutdown";
                if self.open.len() < MAX_OPEN {
                    self.open.insert(id);
                }
            }
            (None, Some(method)) => self.exit |= method == "exit",
            (_, None) => {}
        }
    }

    /// Looks at one whole body of the daemon.
    pub fn answered(&mut self, body: &[u8]) {
        if let (Some(id), None) = id_and_method(body) {
            self.open.remove(&id);
        }
    }

    /// Whether the editor has said `exit`, and then the exit code that LSP wants.
    pub fn exit_code(&self) -> Option<u8> {
        self.exit.then_some(u8::from(!self.shutdown))
    }

    /// The frames that answer everything that is still open with this failure.
    pub fn refuse_all(&mut self, failure: &Failure) -> Vec<u8> {
        let mut open: Vec<RpcId> = self.open.drain().collect();
        open.sort_by_key(ToString::to_string);
        open.into_iter().flat_map(|id| refusal(&id, failure)).collect()
    }
}

fn refusal(id: &RpcId, failure: &Failure) -> Vec<u8> {
    let error = RpcError::from(failure.clone());
    let body = Raw::of(&serde_json::json!({ "jsonrpc": "2.0", "id": id, "error": error }));
    let mut frame = headers(body.len()).into_bytes();
    frame.extend_from_slice(body.as_bytes());
    frame
}

/// The id and the method of a message, wherever they stand in it.
fn id_and_method(body: &[u8]) -> (Option<RpcId>, Option<String>) {
    let (mut id, mut method) = (None, None);
    for member in Members::of(body) {
        let Some(value) = member.value.and_then(|value| body.get(value)) else { continue };
        match member.key {
            b"id" => id = serde_json::from_slice(value).ok(),
            b"method" => method = serde_json::from_slice(value).ok(),
            // Of an answer the rest may be long, and says nothing more about whose it is.
            b"result" | b"error" if id.is_some() => break,
            _ => {}
        }
    }
    (id, method)
}

/// How many of the bytes are whole frames, which the daemon writes without other headers; each body
/// is told. `None` when they are no frames of ours.
pub fn whole_frames(bytes: &[u8], mut body: impl FnMut(&[u8])) -> Option<usize> {
    let mut at = 0;
    loop {
        let Some(end) = memchr::memmem::find(&bytes[at..], b"\r\n\r\n") else {
            return (bytes.len() - at < 64).then_some(at);
        };
        let header = bytes[at..at + end].strip_prefix(b"Content-Length: ")?;
        let length: usize = std::str::from_utf8(header).ok()?.parse().ok()?;
        let start = at + end + 4;
        let Some(whole) = bytes.get(start..start.checked_add(length)?) else { return Some(at) };
        body(whole);
        at = start + length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::FailureKind;

    fn frame(body: &str) -> Vec<u8> {
        format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }

    #[test]
    fn what_was_asked_and_not_answered_is_refused_once() {
        let mut flight = Flight::default();
        let asked = [
            frame(r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"id":9}}"#),
            frame(r#"{"params":{"a":[1,{"method":"x"}]},"method":"codex/model/list","id":"a"}"#),
            frame(r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#),
            frame(r#"{"jsonrpc":"2.0","id":7,"result":null}"#),
        ]
        .concat();
        for byte in asked {
            flight.asked(&[byte]);
        }
        flight.answered(br#"{"jsonrpc":"2.0","id":1,"result":{"id":"a"}}"#);
        flight.answered(br#"{"jsonrpc":"2.0","id":"a","method":"window/showMessageRequest"}"#);
        let gone = Failure::new(FailureKind::DaemonGone, "Gone.");
        let refused = String::from_utf8(flight.refuse_all(&gone)).unwrap();
        assert_eq!(
            refused.split_once("\r\n\r\n").unwrap().1,
            r#"{"error":{"code":-32000,"data":{"kind":"daemonGone"},"message":"Gone."},"id":"a","jsonrpc":"2.0"}"#
        );
        assert_eq!(flight.refuse_all(&gone), b"");
    }

    #[test]
    fn the_exit_code_is_that_of_lsp() {
        let mut flight = Flight::default();
        assert_eq!(flight.exit_code(), None);
        flight.asked(&frame(r#"{"jsonrpc":"2.0","method":"exit"}"#));
        assert_eq!(flight.exit_code(), Some(1));
        flight.asked(&frame(r#"{"jsonrpc":"2.0","id":3,"method":"shutdown"}"#));
        assert_eq!(flight.exit_code(), Some(0));
    }

    #[test]
    fn only_whole_frames_are_passed_on() {
        let two = [frame("{}"), frame("[1]")].concat();
        for cut in 0..=two.len() {
            let mut bodies = Vec::new();
            let whole = whole_frames(&two[..cut], |body| bodies.push(body.to_vec())).unwrap();
            let first = frame("{}").len();
            let expected: &[&[u8]] = match cut {
                cut if cut == two.len() => &[b"{}", b"[1]"],
                cut if cut >= first => &[b"{}"],
                _ => &[],
            };
            assert_eq!(bodies, expected, "cut at {cut}");
            assert_eq!(
                whole,
                bodies
                    .iter()
                    .map(|body| frame(std::str::from_utf8(body).unwrap()).len())
                    .sum::<usize>()
            );
        }
        assert_eq!(whole_frames(&[b'x'; 100], |_| {}), None);
    }
}
