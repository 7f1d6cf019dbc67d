//! LSP frames out of a stream of bytes: headers only, whatever the bodies are.

use std::collections::VecDeque;

use memchr::{memchr, memchr2};

/// The longest block of headers, in bytes.
const MAX_HEADERS: usize = 64 << 10;
/// How much of the start of a frame that is too long is kept, in bytes, to see whom to tell.
const HEAD: u64 = 64 << 10;
/// A length beyond this is taken for a broken header: to skip so much would swallow the session.
const ABSURD: u64 = 1 << 30;
const LENGTH_HEADER: &[u8] = b"content-length:";

/// What stands before a body of this many bytes.
pub fn headers(length: usize) -> String {
    format!("Content-Length: {length}\r\n\r\n")
}

/// What the stream had next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framed {
    /// One whole body.
    Body(Vec<u8>),
    /// A body of `length` bytes, beyond the limit: it is skipped, `head` is how it begins.
    TooLarge { head: Vec<u8>, length: u64 },
    /// Bytes that are no frame were left out; told once until the next whole frame.
    Garbled(&'static str),
}

enum State {
    /// Gathers lines of headers; the length, once seen, and the bytes of the block so far.
    Headers {
        length: Option<u64>,
        bytes: usize,
    },
    /// Looks for the next `Content-Length:` and drops what stands before it.
    Lost,
    Body {
        left: u64,
        body: Vec<u8>,
    },
    Skip {
        left: u64,
        length: u64,
        head: Vec<u8>,
        told: bool,
    },
}

const START: State = State::Headers { length: None, bytes: 0 };

/// Splits bytes into frames. What comes out does not depend on how the bytes were cut into chunks.
pub struct Framer {
    max_frame: u64,
    state: State,
    /// A line, or the end of garbage, of which the rest is still to come.
    partial: Vec<u8>,
    garbled: bool,
    found: VecDeque<Framed>,
}

impl Framer {
    /// A framer that skips bodies of more than `max_frame` bytes.
    pub fn new(max_frame: usize) -> Self {
        Self {
            max_frame: max_frame as u64,
            state: START,
            partial: Vec::new(),
            garbled: false,
            found: VecDeque::new(),
        }
    }

    /// Takes the next bytes of the stream.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            bytes = match &mut self.state {
                State::Headers { .. } => self.header(bytes),
                State::Lost => self.search(bytes),
                State::Body { .. } => self.body(bytes),
                State::Skip { .. } => self.skip(bytes),
            };
        }
    }

    /// Whether the stream could end here without a frame being cut off.
    pub fn is_between_frames(&self) -> bool {
        self.partial.is_empty() && matches!(self.state, State::Headers { bytes: 0, .. })
    }

    fn header<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let State::Headers { length, bytes: block } = &mut self.state else { return bytes };
        let room = MAX_HEADERS - *block;
        let taken = memchr(b'\n', bytes).map_or(bytes.len(), |newline| newline + 1).min(room);
        let (piece, rest) = bytes.split_at(taken);
        *block += taken;
        let is_full = *block == MAX_HEADERS;
        self.partial.extend_from_slice(piece);
        if self.partial.last() != Some(&b'\n') {
            if is_full {
                self.lose("The headers of a frame are longer than 64 KiB.");
            }
            return rest;
        }
        let line = std::mem::take(&mut self.partial);
        let text = line.trim_ascii_end();
        if text.is_empty() {
            match *length {
                Some(length) => self.begin_body(length),
                // Blank lines between frames do no harm.
                None if *block == line.len() => self.state = START,
                None => self.lose("A frame has no Content-Length."),
            }
            return rest;
        }
        match (read_header(text), *length) {
            (Header::Length(found), None) if found <= ABSURD => *length = Some(found),
            (Header::Length(found), Some(known)) if found == known => {}
            (Header::Length(_) | Header::BadLength, _) => {
                self.lose("A Content-Length is not a usable number.");
            }
            (Header::Other, _) => {}
            (Header::LengthAfterGarbage(at), _) => {
                self.tell_garbled("Bytes before a frame are not headers.");
                self.state = START;
                let line = line[at..].to_vec();
                let unread = self.header(&line);
                debug_assert!(unread.is_empty());
            }
            (Header::NotOne, _) => self.lose("Bytes between frames are not headers."),
        }
        if is_full && matches!(self.state, State::Headers { bytes, .. } if bytes == MAX_HEADERS) {
            self.lose("The headers of a frame are longer than 64 KiB.");
        }
        rest
    }

    fn begin_body(&mut self, length: u64) {
        self.state = if length == 0 {
            self.complete(Vec::new());
            START
        } else if length <= self.max_frame {
            // The length is the sender's word: memory is taken as the bytes come.
            State::Body { left: length, body: Vec::with_capacity(length.min(HEAD) as usize) }
        } else {
            State::Skip { left: length, length, head: Vec::new(), told: false }
        };
    }

    fn body<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let State::Body { left, body } = &mut self.state else { return bytes };
        let (piece, rest) = split(bytes, *left);
        body.extend_from_slice(piece);
        *left -= piece.len() as u64;
        if *left == 0 {
            let body = std::mem::take(body);
            self.state = START;
            self.complete(body);
        }
        rest
    }

    fn complete(&mut self, body: Vec<u8>) {
        self.garbled = false;
        self.found.push_back(Framed::Body(body));
    }

    fn skip<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let State::Skip { left, length, head, told } = &mut self.state else { return bytes };
        let (piece, rest) = split(bytes, *left);
        *left -= piece.len() as u64;
        if !*told {
            let wanted = (*length).min(HEAD) as usize - head.len();
            head.extend_from_slice(&piece[..piece.len().min(wanted)]);
            if head.len() as u64 == (*length).min(HEAD) {
                *told = true;
                let head = std::mem::take(head);
                self.found.push_back(Framed::TooLarge { head, length: *length });
            }
        }
        if *left == 0 {
            self.state = START;
            self.garbled = false;
        }
        rest
    }

    fn search<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        // The name has its first letter only once, so a mismatch never has to go back.
        let mut at = 0;
        while at < bytes.len() {
            if self.partial.is_empty() {
                let Some(next) = memchr2(b'c', b'C', &bytes[at..]) else { return &[] };
                at += next;
            }
            let byte = bytes[at].to_ascii_lowercase();
            if byte != LENGTH_HEADER[self.partial.len()] {
                self.partial.clear();
            }
            if byte == LENGTH_HEADER[self.partial.len()] {
                self.partial.push(byte);
            }
            at += 1;
            if self.partial.len() == LENGTH_HEADER.len() {
                self.state = State::Headers { length: None, bytes: self.partial.len() };
                break;
            }
        }
        &bytes[at..]
    }

    fn lose(&mut self, message: &'static str) {
        self.tell_garbled(message);
        self.partial = Vec::new();
        self.state = State::Lost;
    }

    fn tell_garbled(&mut self, message: &'static str) {
        if !std::mem::replace(&mut self.garbled, true) {
            self.found.push_back(Framed::Garbled(message));
        }
    }
}

/// Drains what was found so far.
impl Iterator for Framer {
    type Item = Framed;

    fn next(&mut self) -> Option<Framed> {
        self.found.pop_front()
    }
}

enum Header {
    Length(u64),
    BadLength,
    Other,
    /// `Content-Length:` stands at this place of the line, behind bytes that do not belong to it.
    LengthAfterGarbage(usize),
    NotOne,
}

fn read_header(line: &[u8]) -> Header {
    let name_at = line
        .windows(LENGTH_HEADER.len())
        .position(|window| window.eq_ignore_ascii_case(LENGTH_HEADER));
    match name_at {
        Some(0) => {
            let value = line[LENGTH_HEADER.len()..].trim_ascii();
            if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
                return Header::BadLength;
            }
            let digits = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
            digits.map_or(Header::BadLength, Header::Length)
        }
        // `X-Content-Length` is a header of its own.
        Some(at) if line[at - 1] != b'-' => Header::LengthAfterGarbage(at),
        _ => {
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            let is_name = !name.is_empty()
                && name.len() < line.len()
                && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte));
            if is_name { Header::Other } else { Header::NotOne }
        }
    }
}

fn split(bytes: &[u8], limit: u64) -> (&[u8], &[u8]) {
    bytes.split_at(bytes.len().min(usize::try_from(limit).unwrap_or(usize::MAX)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 100;

    fn frames(chunks: &[&[u8]]) -> Vec<Framed> {
        let mut framer = Framer::new(LIMIT);
        for chunk in chunks {
            framer.feed(chunk);
        }
        framer.collect()
    }

    fn frame(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    fn body(text: &str) -> Framed {
        Framed::Body(text.as_bytes().to_vec())
    }

    #[test]
    fn headers_are_read_as_editors_write_them() {
        for headers in [
            "Content-Length: 2\r\n\r\n",
            "Content-Length: 2\n\n",
            "content-length:2\r\n\r\n",
            "CONTENT-LENGTH:   2  \r\n\r\n",
            "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 2\r\n\r\n",
            "Content-Length: 2\r\nContent-Type: application/vscode-jsonrpc\r\nX-A: b\r\nX-C: d\r\n\r\n",
            "X-Content-Length: 9\r\nContent-Length: 2\r\n\r\n",
            "Content-Length: 2\r\nContent-Length: 2\r\n\r\n",
            "\r\n\nContent-Length: 2\r\n\r\n",
        ] {
            assert_eq!(frames(&[headers.as_bytes(), b"{}"]), [body("{}")], "{headers:?}");
        }
    }

    #[test]
    fn after_broken_headers_the_next_frame_is_found() {
        let long = format!("X: {}\r\n\r\n", "x".repeat(70_000));
        for broken in [
            "garbage",
            "garbage\r\n\r\n",
            "\0\u{1}: \n\n",
            "Content-Length: -2\r\n\r\n{}",
            "Content-Length: 99999999999999999999999\r\n\r\n{}",
            "Content-Length: 2000000000\r\n\r\n{}",
            "Content-Length: two\r\n\r\n{}",
            "Content-Length:\r\n\r\n{}",
            "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
            "Content-Type: a\r\n\r\n{}",
            "{\"jsonrpc\":\"2.0\",\"method\":\"exit\"}\n",
            "ccontent-lcontent-length: x\r\n",
            long.as_str(),
        ] {
            let found = frames(&[broken.as_bytes(), frame("[1]").as_bytes(), b"C"]);
            assert!(
                matches!(found[..], [Framed::Garbled(_), Framed::Body(_)]),
                "{broken:.60?}: {found:.60?}"
            );
            assert_eq!(found[1], body("[1]"));
        }
    }

    #[test]
    fn each_stretch_of_garbage_is_told_once() {
        let stream = format!("xx\nyy\n\n{}Content-Length: z\n\nww\n{}", frame("1"), frame("2"));
        let found = frames(&[stream.as_bytes()]);
        assert!(
            matches!(
                &found[..],
                [Framed::Garbled(_), Framed::Body(one), Framed::Garbled(_), Framed::Body(two)]
                    if one == b"1" && two == b"2"
            ),
            "{found:?}"
        );
    }

    #[test]
    fn a_frame_beyond_the_limit_is_skipped_and_its_head_kept() {
        let long = "x".repeat(LIMIT + 1);
        assert_eq!(
            frames(&[frame(&long).as_bytes(), frame("{}").as_bytes()]),
            [Framed::TooLarge { head: long.into_bytes(), length: 101 }, body("{}")]
        );
    }

    #[test]
    fn a_promised_length_takes_no_memory() {
        let mut framer = Framer::new(64 << 20);
        framer.feed(b"Content-Length: 60000000\r\n\r\n{");
        let State::Body { body, .. } = &framer.state else { panic!("a body is begun") };
        assert!(body.capacity() <= HEAD as usize);
        assert!(!framer.is_between_frames());
    }

    /// Pieces of a stream: frames, long frames, and what may stand between them.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            ".{0,40}".prop_map(|text| frame(&text).into_bytes()),
            Just(frame(&"y".repeat(LIMIT + 20)).into_bytes()),
            "[Ccontent\\-Lgh: 0-9\r\n]{0,30}".prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>(), 0..40),
        ]
    }

    proptest! {
        #[test]
        fn how_the_stream_is_cut_makes_no_difference(
            pieces in prop::collection::vec(piece(), 0..8),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let stream = pieces.concat();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|cut| &stream[cut[0]..cut[1]]).collect();
            let bytes: Vec<&[u8]> = stream.chunks(1).collect();
            let whole = frames(&[&stream]);
            prop_assert_eq!(frames(&chunks), &whole[..]);
            prop_assert_eq!(frames(&bytes), &whole[..]);
        }

        #[test]
        fn whole_frames_all_arrive(bodies in prop::collection::vec(".{0,25}", 0..10)) {
            let stream: String = bodies.iter().map(|body| frame(body)).collect();
            let expected: Vec<Framed> = bodies.iter().map(|text| body(text)).collect();
            prop_assert_eq!(frames(&[stream.as_bytes()]), expected);
        }
    }
}
