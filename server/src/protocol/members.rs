//! The members of a JSON object's outermost level, found without parsing what is inside them.

use std::ops::Range;

use memchr::memchr2;

/// One member. The key is the text between its quotes, escapes included.
#[derive(Debug, PartialEq, Eq)]
pub struct Member<'a> {
    pub key: &'a [u8],
    /// Where the value stands; `None` when the text ends within it.
    pub value: Option<Range<usize>>,
}

/// Walks the members of `text`, which may be cut off anywhere; stops where it is not an object.
pub struct Members<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Members<'a> {
    pub fn of(text: &'a [u8]) -> Self {
        let at = skip_space(text, 0);
        let at = if text.get(at) == Some(&b'{') { at + 1 } else { text.len() };
        Self { text, at }
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    fn next(&mut self) -> Option<Member<'a>> {
        let text = self.text;
        let mut at = skip_space(text, self.at);
        if text.get(at) == Some(&b',') {
            at = skip_space(text, at + 1);
        }
        if text.get(at) != Some(&b'"') {
            self.at = text.len();
            return None;
        }
        let Some(key_end) = string_end(text, at + 1) else {
            self.at = text.len();
            return None;
        };
        let key = &text[at + 1..key_end];
        let colon = skip_space(text, key_end + 1);
        if text.get(colon) != Some(&b':') {
            self.at = text.len();
            return None;
        }
        let start = skip_space(text, colon + 1);
        let value = value_end(text, start).map(|end| start..end);
        self.at = value.as_ref().map_or(text.len(), |value| value.end);
        Some(Member { key, value })
    }
}

/// The place of the quote that ends a string whose content begins at `at`.
fn string_end(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let found = at + memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[found] == b'"' {
            return Some(found);
        }
        at = found + 2;
    }
}

fn value_end(text: &[u8], start: usize) -> Option<usize> {
    match text.get(start)? {
        b'"' => string_end(text, start + 1).map(|end| end + 1),
        b'{' | b'[' => nested_end(text, start),
        _ => {
            let rest = &text[start..];
            let length = rest.iter().position(|byte| {
                matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace()
            })?;
            (length > 0).then_some(start + length)
        }
    }
}

fn nested_end(text: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = start;
    loop {
        match text.get(at)? {
            b'"' => at = string_end(text, at + 1)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

fn skip_space(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn walk(text: &str) -> Vec<(String, Option<&str>)> {
        Members::of(text.as_bytes())
            .map(|member| {
                let key = String::from_utf8_lossy(member.key).into_owned();
                (key, member.value.map(|value| &text[value]))
            })
            .collect()
    }

    #[test]
    fn finds_each_member_of_the_outermost_level() {
        assert_eq!(
            walk(r#" { "a" : {"b":"}\""}, "c":[1,[2,"]"]] ,"d\"":-1.5e3,"e":"x\\","f":null }"#),
            [
                ("a".into(), Some(r#"{"b":"}\""}"#)),
                ("c".into(), Some(r#"[1,[2,"]"]]"#)),
                (r#"d\""#.into(), Some("-1.5e3")),
                ("e".into(), Some(r#""x\\""#)),
                ("f".into(), Some("null")),
            ]
        );
    }

    #[test]
    fn a_text_that_is_cut_off_still_shows_what_came_before() {
        let whole = [("id".into(), Some("7")), ("method".into(), Some(r#""m""#))];
        assert_eq!(walk(r#"{"id":7,"method":"m","par"#), whole);
        assert_eq!(walk(r#"{"id":7,"method":"m","#), whole);
        assert_eq!(walk(r#"{"id":7"#), [("id".into(), None)]);
        assert_eq!(walk(r#"{"id":"7\"#), [("id".into(), None)]);
        assert_eq!(walk("[1]"), []);
        assert_eq!(walk(""), []);
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_to_an_end(text in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Members::of(&text).count() <= text.len());
        }

        #[test]
        fn any_text_of_json_signs_is_walked_to_an_end(text in r#"[{}\[\]",:\\a1 ]{0,60}"#) {
            prop_assert!(Members::of(text.as_bytes()).count() <= text.len());
        }
    }
}
