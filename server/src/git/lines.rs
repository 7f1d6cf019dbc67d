//! Bytes as git's lines: split at `\n` only, each with its ending. A lone `\r` is text.

use std::{ops::Range, sync::Arc};

/// A text and where its lines begin.
pub struct Lines<'a> {
    bytes: &'a [u8],
    /// One more than there are lines: the last is the length of the text.
    starts: Arc<[u32]>,
}

impl<'a> Lines<'a> {
    /// Texts beyond 4 GiB are not split; [`MAX_BYTES`](super::limits::MAX_BYTES) keeps them out.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self::beginning_at(bytes, starts(bytes))
    }

    /// The lines of these bytes, where it is known where they begin.
    pub fn beginning_at(bytes: &'a [u8], starts: Arc<[u32]>) -> Self {
        Self { bytes, starts }
    }

    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub fn len(&self) -> u32 {
        self.starts.len() as u32 - 1
    }

    /// How many lines begin before this byte.
    pub fn beginning_before(&self, at: usize) -> u32 {
        let starts = &self.starts[..self.len() as usize];
        starts.partition_point(|start| (*start as usize) < at) as u32
    }

    /// The line with this 0-based number, its ending included.
    pub fn line(&self, number: u32) -> &'a [u8] {
        self.slice(number..number + 1)
    }

    /// The bytes of these 0-based lines.
    pub fn slice(&self, lines: Range<u32>) -> &'a [u8] {
        &self.bytes[self.span(lines)]
    }

    /// Where the bytes of these 0-based lines are; lines past the end are none.
    pub fn span(&self, lines: Range<u32>) -> Range<usize> {
        let last = self.len();
        let at = |line: u32| self.starts[line.min(last) as usize] as usize;
        at(lines.start)..at(lines.end)
    }
}

/// Where lines begin, and where the last one ends.
pub fn starts(bytes: &[u8]) -> Arc<[u32]> {
    let mut starts = Vec::with_capacity(bytes.len() / 32 + 2);
    starts.push(0);
    starts.extend(memchr::memchr_iter(b'\n', bytes).map(|at| at as u32 + 1));
    if starts.last() != Some(&(bytes.len() as u32)) {
        starts.push(bytes.len() as u32);
    }
    starts.into()
}

/// Whether git takes these bytes for binary when no attribute says otherwise.
pub fn looks_binary(bytes: &[u8]) -> bool {
    /// As far as git looks.
    const FIRST: usize = 8000;
    memchr::memchr(0, &bytes[..bytes.len().min(FIRST)]).is_some()
}

#[test]
fn lines_end_at_a_newline_and_nowhere_else() {
    let lines = |text: &'static [u8]| {
        let lines = Lines::of(text);
        (0..lines.len()).map(|number| lines.line(number)).collect::<Vec<_>>()
    };
    assert_eq!(lines(b"a\rb\nc\r\n\nd"), [&b"a\rb\n"[..], b"c\r\n", b"\n", b"d"]);
    assert_eq!(lines(b"\n"), [b"\n"]);
    assert_eq!(lines(b""), Vec::<&[u8]>::new());
}
