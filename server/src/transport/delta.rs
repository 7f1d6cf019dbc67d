//! Notes that continue one another, merged while a slow editor leaves them queued.

use std::ops::Range;

use bytes::Bytes;
use serde::Deserialize;

use crate::protocol::{
    Raw, ThreadId,
    members::Members,
    thread::{ChangeOp, ThreadChange, ThreadChanged},
};

/// The note of which several of one thread become one that says `reset`.
pub(super) const THREAD_CHANGED: &str = "outrigger/thread/changed";

/// Whether notes of `method` may carry a piece of text in `delta`.
pub(super) fn is_delta_method(method: &str) -> bool {
    method.ends_with("/delta") || method.ends_with("Delta")
}

/// Where the text of the one `delta` of `params` stands, its quotes left out.
pub(super) fn delta_span(params: &[u8]) -> Option<Range<usize>> {
    let mut span = None;
    for member in Members::of(params) {
        let value = member.value?;
        // An escaped key could spell `delta` too: which of the two a client takes is its affair.
        if member.key.contains(&b'\\') || (member.key == b"delta" && span.is_some()) {
            return None;
        }
        if member.key == b"delta" {
            if params[value.start] != b'"' {
                return None;
            }
            span = Some(value.start + 1..value.end - 1);
        }
    }
    span
}

/// The params of a delta note, open for more text.
#[derive(Debug)]
pub(super) struct Growing {
    /// The params up to the end of the text.
    text: Vec<u8>,
    /// Where in `text` the delta begins.
    start: usize,
    tail: Bytes,
}

impl Growing {
    pub fn new(params: &Bytes, span: &Range<usize>) -> Self {
        Self {
            text: params[..span.end].to_vec(),
            start: span.start,
            tail: params.slice(span.end..),
        }
    }

    /// Appends the delta of `params` when all else in it is the same, byte for byte.
    ///
    /// The escaped texts are joined as they stand: both are whole, so their concatenation is.
    pub fn absorb(&mut self, params: &[u8], span: &Range<usize>) -> bool {
        let is_same =
            params[..span.start] == self.text[..self.start] && params[span.end..] == self.tail;
        if is_same {
            self.text.extend_from_slice(&params[span.clone()]);
        }
        is_same
    }

    pub fn parts(&self) -> [&[u8]; 2] {
        [&self.text, &self.tail]
    }

    pub fn len(&self) -> usize {
        self.text.len() + self.tail.len()
    }
}

/// What a thread's note must show to be merged with another.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Changed {
    pub thread_id: ThreadId,
    pub revision: u64,
}

impl Changed {
    pub fn read(params: &[u8]) -> Option<Self> {
        serde_json::from_slice(params).ok()
    }

    /// The note that stands for all up to this revision: the editor takes a snapshot.
    pub fn reset(&self) -> Bytes {
        let reset = ThreadChange {
            op: ChangeOp::Reset,
            turn_id: None,
            item_id: None,
            field: None,
            value: None,
            append: None,
        };
        Raw::of(&ThreadChanged {
            thread_id: self.thread_id.clone(),
            revision: self.revision,
            changes: vec![reset],
        })
        .bytes()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn merged(pieces: &[Bytes]) -> Option<Vec<u8>> {
        let (first, rest) = pieces.split_first()?;
        let mut growing = Growing::new(first, &delta_span(first)?);
        for piece in rest {
            if !growing.absorb(piece, &delta_span(piece)?) {
                return None;
            }
        }
        Some(growing.parts().concat())
    }

    #[test]
    fn two_halves_of_a_pair_become_the_character() {
        let halves = [r#"{"delta":"a\ud83d","i":1}"#, r#"{"delta":"\ude00\"b","i":1}"#]
            .map(|text| Bytes::from_static(text.as_bytes()));
        let whole: Value = serde_json::from_slice(&merged(&halves).unwrap()).unwrap();
        assert_eq!(whole, json!({ "delta": "a😀\"b", "i": 1 }));
    }

    #[test]
    fn only_notes_equal_in_all_else_are_merged() {
        let merges = |a: &'static str, b: &'static str| {
            merged(&[Bytes::from_static(a.as_bytes()), Bytes::from_static(b.as_bytes())]).is_some()
        };
        assert!(merges(r#"{"i":1,"delta":"a"}"#, r#"{"i":1,"delta":"b"}"#));
        assert!(!merges(r#"{"i":1,"delta":"a"}"#, r#"{"i":2,"delta":"b"}"#));
        assert!(!merges(r#"{"delta":"a","i":1}"#, r#"{"delta":"b","i":2}"#));
        assert!(!merges(r#"{"i":1,"delta":"a"}"#, r#"{"delta":"b","i":1}"#));
        assert!(!merges(r#"{"i":1,"delta":"a"}"#, r#"{"i":1, "delta":"b"}"#));
    }

    #[test]
    fn what_has_no_single_text_is_left_alone() {
        for params in [
            r#"{"deltaBase64":"YQ=="}"#,
            r#"{"delta":{"text":"a"}}"#,
            r#"{"delta":"a","delta":"b"}"#,
            r#"{"delta":"a","\u0064elta":"b"}"#,
            r#"{"inner":{"delta":"a"}}"#,
            r#"["delta","a"]"#,
            "null",
        ] {
            assert_eq!(delta_span(params.as_bytes()), None, "{params}");
        }
    }

    proptest! {
        #[test]
        fn merging_is_concatenation(
            texts in prop::collection::vec(".*", 1..6),
            thread in ".*",
            after in any::<bool>(),
        ) {
            let pieces: Vec<Bytes> = texts
                .iter()
                .map(|text| {
                    let (thread, delta) = (json!(thread), json!(text));
                    if after {
                        format!(r#"{{"delta":{delta},"threadId":{thread}}}"#).into()
                    } else {
                        format!(r#"{{"threadId":{thread},"delta":{delta}}}"#).into()
                    }
                })
                .collect();
            let whole: Value = serde_json::from_slice(&merged(&pieces).unwrap()).unwrap();
            prop_assert_eq!(whole, json!({ "threadId": thread, "delta": texts.concat() }));
        }
    }
}
