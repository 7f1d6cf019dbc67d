//! The text of an open document and the bytes of its file: whether both are one text.

use std::hash::{DefaultHasher, Hasher};

/// A byte order mark, which editors keep to themselves.
pub const BOM: &str = "\u{feff}";

/// A number for a text, the same however its lines end and whether it begins with a byte order mark.
pub fn fingerprint(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for line in lines(text) {
        hasher.write(line.as_bytes());
        hasher.write(b"\n");
    }
    hasher.finish()
}

/// Whether a document has the text of these bytes, line ends and byte order mark aside; `None` where they are no UTF-8.
pub fn is_text_of(text: &str, bytes: &[u8]) -> Option<bool> {
    let bytes = std::str::from_utf8(bytes).ok()?;
    Some(bytes == text || lines(bytes).eq(lines(text)))
}

/// The lines as an editor counts them: `\n`, `\r\n` and a lone `\r` end one. The last one is what follows the last end.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text.strip_prefix(BOM).unwrap_or(text));
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = memchr::memchr2(b'\n', b'\r', text.as_bytes()) else {
            rest = None;
            return Some(text);
        };
        let after = if text[end..].starts_with("\r\n") { end + 2 } else { end + 1 };
        rest = Some(&text[after..]);
        Some(&text[..end])
    })
}

/// Places in a text as an editor counts them: lines from 0, then UTF-16 units.
pub struct Places<'a> {
    text: &'a str,
    /// As far as lines were counted.
    seen: usize,
    line: u32,
    /// Where that line begins.
    start: usize,
}

impl<'a> Places<'a> {
    pub fn of(text: &'a str) -> Self {
        Self { text, seen: 0, line: 0, start: 0 }
    }

    /// The place of a byte, which is not before the last one that was asked for. Past the end is the end.
    pub fn at(&mut self, byte: usize) -> (u32, u32) {
        let bytes = self.text.as_bytes();
        let byte = self.text.floor_char_boundary(byte);
        for end in memchr::memchr2_iter(b'\n', b'\r', &bytes[self.seen..byte.max(self.seen)]) {
            let end = self.seen + end;
            // The two bytes of one end count once, also when only the first of them is before the place.
            if bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n') {
                continue;
            }
            self.line += 1;
            self.start = end + 1;
        }
        self.seen = byte.max(self.seen);
        let units = self.text[self.start.min(byte)..byte].encode_utf16().count();
        (self.line, u32::try_from(units).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_and_a_byte_order_mark_make_no_other_text() {
        let same = ["a\nb\n", "a\r\nb\r\n", "a\rb\n", "\u{feff}a\nb\n"];
        for text in same {
            assert_eq!(fingerprint(text), fingerprint("a\nb\n"), "{text:?}");
            assert_eq!(is_text_of("a\nb\n", text.as_bytes()), Some(true), "{text:?}");
        }
        for other in ["a\nb", "ab\n", "a\n\nb\n", ""] {
            assert_ne!(fingerprint(other), fingerprint("a\nb\n"), "{other:?}");
            assert_eq!(is_text_of("a\nb\n", other.as_bytes()), Some(false), "{other:?}");
        }
        assert_eq!(is_text_of("ä", &[0xe4]), None);
    }

    #[test]
    fn places_are_counted_as_editors_count() {
        let text = "a𝄞b\r\nc\rd\ne";
        let mut places = Places::of(text);
        let mut at = |part: &str| places.at(text.find(part).unwrap());
        assert_eq!(
            [at("a"), at("b"), at("c"), at("d"), at("e")],
            [(0, 0), (0, 3), (1, 0), (2, 0), (3, 0)]
        );
        assert_eq!(Places::of(text).at(1_000), (3, 1));
        assert_eq!(lines(text).collect::<Vec<_>>(), ["a𝄞b", "c", "d", "e"]);
        assert_eq!(lines("x\n").collect::<Vec<_>>(), ["x", ""]);
    }
}
