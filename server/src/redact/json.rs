//! JSON text: its strings are redacted one by one, so that it stays JSON and an escape hides nothing.

use std::borrow::Cow;

use super::{
    Redactor,
    rules::RULES,
    shapes::{Shape, Text, authorization_value, secret_value},
};

pub fn redact<'a>(redactor: &Redactor, text: &'a str) -> Cow<'a, str> {
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
        return redactor.text(text);
    }
    let mut out = String::new();
    let mut copied = 0;
    let mut key: Option<Cow<str>> = None;
    let mut at = 0;
    while let Some(start) = text[at..].find('"').map(|found| at + found) {
        let end = string_end(text.as_bytes(), start);
        let literal = &text[start..end];
        let Ok(said) = read(literal) else { break };
        let is_key = text[end..].trim_start().starts_with(':');
        let redacted = match key.take() {
            Some(key) if !is_key && follows_key(&text[at..start]) => member(redactor, &key, &said),
            _ => own(redactor.text(&said)),
        };
        if let Some(redacted) = redacted
            && let Ok(literal) = serde_json::to_string(&redacted)
        {
            out.push_str(&text[copied..start]);
            out.push_str(&literal);
            copied = end;
        }
        key = is_key.then_some(said);
        at = end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Only the colon stands between the key and this value.
fn follows_key(between: &str) -> bool {
    between.trim() == ":"
}

/// The value of a member, whose name may say that it is a secret.
fn member(redactor: &Redactor, key: &str, value: &str) -> Option<String> {
    let key = key.to_ascii_lowercase();
    let named = RULES.iter().find(|rule| {
        let named = matches!(rule.shape, Shape::KeyValue { .. } | Shape::Authorization);
        named && rule.keywords.iter().any(|word| key.ends_with(&word.to_ascii_lowercase()))
    });
    if let Some(rule) = named {
        let bytes = value.as_bytes();
        if secret_value(bytes) {
            return Some(redactor.marker(rule.name, bytes));
        }
        let text = Text { bytes, complete: true };
        if matches!(rule.shape, Shape::Authorization)
            && let Ok(Some(hit)) = authorization_value(text, 0)
        {
            let marker = redactor.marker(rule.name, &bytes[hit.start..hit.end]);
            return Some(format!("{}{marker}", &value[..hit.start]));
        }
    }
    own(redactor.text(value))
}

fn own(text: Cow<str>) -> Option<String> {
    match text {
        Cow::Borrowed(_) => None,
        Cow::Owned(text) => Some(text),
    }
}

fn string_end(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(found) = memchr::memchr2(b'"', b'\\', &text[at..]) {
        at += found;
        if text[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    text.len()
}

fn read(literal: &str) -> Result<Cow<'_, str>, serde_json::Error> {
    if literal.contains('\\') {
        serde_json::from_str(literal).map(Cow::Owned)
    } else {
        Ok(Cow::Borrowed(&literal[1..literal.len() - 1]))
    }
}
