//! Bytes of a PTY as text: never a code point in two pieces, and nothing invalid.

/// Decodes UTF-8 that comes in pieces. What is invalid becomes U+FFFD, one for each maximal part of a sequence, as
/// Node decodes the output of a terminal for xterm.js; however the bytes were cut, the text is the same.
#[derive(Debug, Default)]
pub struct Decoder {
    /// A sequence that has begun and is valid so far: three bytes at the most.
    begun: Vec<u8>,
}

impl Decoder {
    /// Appends the text of these bytes, as far as it is whole.
    pub fn push(&mut self, bytes: &[u8], text: &mut String) {
        let mut rest = bytes;
        while !self.begun.is_empty() && !rest.is_empty() {
            self.begun.push(rest[0]);
            match std::str::from_utf8(&self.begun) {
                Ok(whole) => {
                    text.push_str(whole);
                    self.begun.clear();
                    rest = &rest[1..];
                }
                Err(error) if error.error_len().is_none() => rest = &rest[1..],
                // This byte doesn't belong to the sequence: it is looked at again, for itself.
                Err(_) => {
                    text.push(char::REPLACEMENT_CHARACTER);
                    self.begun.clear();
                }
            }
        }
        for chunk in rest.utf8_chunks() {
            text.push_str(chunk.valid());
            let invalid = chunk.invalid();
            if invalid.is_empty() {
                continue;
            }
            let at_end = invalid.as_ptr_range().end == rest.as_ptr_range().end;
            let unfinished =
                || std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
            if at_end && unfinished() {
                self.begun.extend_from_slice(invalid);
            } else {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
    }

    /// The end of the bytes: a sequence that was begun will never be whole.
    pub fn finish(&mut self, text: &mut String) {
        if !self.begun.is_empty() {
            self.begun.clear();
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// How many UTF-16 code units this text has.
pub fn units(text: &str) -> u64 {
    let count = |byte: &u8| usize::from(byte & 0xC0 != 0x80) + usize::from(*byte >= 0xF0);
    text.as_bytes().iter().map(count).sum::<usize>() as u64
}

/// The byte at which `wanted` code units of this text have passed, or its length.
pub fn byte_at(text: &str, wanted: u64) -> usize {
    if text.is_ascii() {
        return text.len().min(usize::try_from(wanted).unwrap_or(usize::MAX));
    }
    let mut passed = 0;
    for (at, c) in text.char_indices() {
        if passed >= wanted {
            return at;
        }
        passed += c.len_utf16() as u64;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(pieces: &[&[u8]]) -> String {
        let (mut decoder, mut text) = (Decoder::default(), String::new());
        for piece in pieces {
            decoder.push(piece, &mut text);
        }
        decoder.finish(&mut text);
        text
    }

    #[test]
    fn each_maximal_part_of_a_sequence_is_one_replacement() {
        let cases: [(&[u8], &str); 7] = [
            (b"a\xff\xfeb", "a\u{fffd}\u{fffd}b"),
            (b"\xe2\x82", "\u{fffd}"),
            (b"\xe2\x82x", "\u{fffd}x"),
            (b"\xf0\x9f\x98\xf0\x9f\x98\x80", "\u{fffd}😀"),
            (b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}"),
            (b"\xc0\xaf", "\u{fffd}\u{fffd}"),
            (b"\xf4\x90\x80\x80", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
        ];
        for (bytes, text) in cases {
            assert_eq!(decode(&[bytes]), text, "{bytes:x?}");
        }
    }

    proptest! {
        #[test]
        fn however_the_bytes_are_cut_the_text_is_the_same(
            parts in proptest::collection::vec(
                prop_oneof![
                    any::<Vec<u8>>(),
                    "\\PC{0,8}".prop_map(String::into_bytes),
                    Just("é€😀".as_bytes()[..8].to_vec()),
                ],
                0..6,
            ),
            cuts in proptest::collection::vec(1_usize..7, 1..12),
        ) {
            let bytes: Vec<u8> = parts.concat();
            let mut pieces = Vec::new();
            let (mut rest, mut cuts) = (&bytes[..], cuts.iter().cycle());
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
                pieces.push(piece);
                rest = after;
            }
            let text = String::from_utf8_lossy(&bytes);
            prop_assert_eq!(decode(&pieces), text.as_ref());
            let ones: Vec<&[u8]> = bytes.chunks(1).collect();
            prop_assert_eq!(decode(&ones), text.as_ref());
            prop_assert_eq!(units(&text), text.encode_utf16().count() as u64);
        }
    }
}
