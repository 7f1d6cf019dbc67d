//! Cuts what a peer writes into messages, with as little work of its own as can be.

use std::io::{Error, ErrorKind, Read, Result};

use memchr::{memchr, memmem};

/// Read at once: several times a pipe's capacity.
const READ: usize = 256 << 10;

/// How the messages of a stream are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// `Content-Length` headers.
    Lsp,
    /// One message per line.
    Lines,
}

/// The messages of a stream, one by one.
pub struct Messages<R> {
    reader: R,
    framing: Framing,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl<R: Read> Messages<R> {
    pub fn new(reader: R, framing: Framing) -> Self {
        Self { reader, framing, buffer: vec![0; READ], start: 0, end: 0 }
    }

    /// The next message, without its framing; none at the end of the stream.
    pub fn next(&mut self) -> Result<Option<&[u8]>> {
        loop {
            if let Some((body, next)) = self.complete()? {
                self.start = next;
                return Ok(Some(&self.buffer[body]));
            }
            if !self.read()? {
                return Ok(None);
            }
        }
    }

    /// Whether the next message is here already.
    pub fn is_ready(&self) -> Result<bool> {
        Ok(self.complete()?.is_some())
    }

    /// Where the next message stands, and where what follows it begins.
    fn complete(&self) -> Result<Option<(std::ops::Range<usize>, usize)>> {
        let held = &self.buffer[self.start..self.end];
        let (from, to, next) = match self.framing {
            Framing::Lines => match memchr(b'\n', held) {
                Some(end) => (0, end, end + 1),
                None => return Ok(None),
            },
            Framing::Lsp => {
                let Some(head) = memmem::find(held, b"\r\n\r\n") else { return Ok(None) };
                let body = head + 4;
                let end = body + content_length(&held[..head])?;
                if end > held.len() {
                    return Ok(None);
                }
                (body, end, end)
            }
        };
        Ok(Some((self.start + from..self.start + to, self.start + next)))
    }

    fn read(&mut self) -> Result<bool> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(read) => {
                    self.end += read;
                    return Ok(read > 0);
                }
            }
        }
    }
}

fn content_length(head: &[u8]) -> Result<usize> {
    head.strip_prefix(b"Content-Length: ")
        .and_then(|length| std::str::from_utf8(length).ok()?.parse().ok())
        .ok_or_else(|| Error::new(ErrorKind::InvalidData, "a frame without its length"))
}

/// The method of a message, by a look at its first bytes: it stands there, whoever wrote it.
pub fn method(message: &[u8]) -> &[u8] {
    const KEY: &[u8] = br#""method":""#;
    let head = &message[..message.len().min(192)];
    let Some(at) = memmem::find(head, KEY) else { return b"" };
    let name = &head[at + KEY.len()..];
    &name[..memchr(b'"', name).unwrap_or(0)]
}

/// The text that a delta note carries, as it is escaped in JSON. Texts of the benchmark hold no quotes.
pub fn delta(message: &[u8]) -> &[u8] {
    const KEY: &[u8] = br#""delta":""#;
    let Some(at) = memmem::find(message, KEY) else { return b"" };
    let text = &message[at + KEY.len()..];
    &text[..memchr(b'"', text).unwrap_or(0)]
}

/// Wraps a message for [`Framing::Lsp`].
pub fn lsp_frame(message: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", message.len()).as_bytes());
    out.extend_from_slice(message);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(stream: &[u8], framing: Framing) -> Vec<Vec<u8>> {
        let mut messages = Messages::new(stream, framing);
        std::iter::from_fn(|| messages.next().unwrap().map(<[u8]>::to_vec)).collect()
    }

    #[test]
    fn both_framings_give_the_messages() {
        let big = vec![b'x'; 3 * READ];
        let wanted = vec![b"{}".to_vec(), big.clone(), b"{}".to_vec()];
        let mut lsp = Vec::new();
        for message in &wanted {
            lsp_frame(message, &mut lsp);
        }
        assert_eq!(all(&lsp, Framing::Lsp), wanted);
        assert_eq!(all(&[b"{}\n", &*big, b"\n{}\n"].concat(), Framing::Lines), wanted);
    }

    #[test]
    fn a_note_is_known_by_its_head() {
        let note = br#"{"jsonrpc":"2.0","method":"codex/item/agentMessage/delta","params":{"itemId":"a","delta":"tok1 "}}"#;
        assert_eq!(
            (method(note), delta(note)),
            (&b"codex/item/agentMessage/delta"[..], &b"tok1 "[..])
        );
        assert_eq!((method(b"{}"), delta(b"{}")), (&b""[..], &b""[..]));
    }
}
