//! Secrets out of anything that is kept, logged or shown.
//!
//! Three kinds are found: values known beforehand (the environment's keys and tokens, codex's login, also in base64
//! and as part of a URL), tokens that say what they are by their prefix, and what stands behind a name such as
//! `password` or `Authorization`. Each becomes `[REDACTED:rule:1a2b]`; the four digits tell two secrets apart and are
//! keyed anew in every process, so that they don't help to guess a short one.
//!
//! A text is read from left to right, and what was replaced is not read again. So it makes no difference where the
//! text is cut into chunks, and redacting twice is redacting once.

mod json;
mod rules;
mod scan;
mod shapes;
mod stream;
#[cfg(test)]
mod tests;
mod values;

use std::{
    borrow::Cow,
    collections::BTreeSet,
    hash::{BuildHasher, RandomState},
    sync::{Arc, PoisonError, RwLock},
};

pub use stream::Stream;
pub use values::{of_environment, of_login};

use scan::{Patterns, Span, State};

/// Values that are remembered; a person has a few dozen.
const MAX_VALUES: usize = 500;

/// Takes secrets out of text. Clones share what they look for, and learn together.
#[derive(Clone)]
pub struct Redactor(Arc<Inner>);

struct Inner {
    known: RwLock<Known>,
    keys: RandomState,
}

/// What is looked for. The patterns are made when they are first needed: a process that says nothing has no use for
/// them.
struct Known {
    values: BTreeSet<String>,
    patterns: Option<Arc<Patterns>>,
}

impl Redactor {
    /// Looks for these values, of which those under 8 bytes are left out, and for what looks like a secret.
    pub fn new(values: impl IntoIterator<Item = String>) -> Self {
        let known = RwLock::new(Known { values: BTreeSet::new(), patterns: None });
        let redactor = Self(Arc::new(Inner { known, keys: RandomState::new() }));
        redactor.learn(values);
        redactor
    }

    /// Looks for these values too from here on, in every clone.
    pub fn learn(&self, values: impl IntoIterator<Item = String>) {
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        for value in values.into_iter().filter(|value| values::is_long_enough(value)) {
            if known.values.len() >= MAX_VALUES {
                return tracing::warn!(MAX_VALUES, "further secret values are not looked for");
            }
            if known.values.insert(value) {
                known.patterns = None;
            }
        }
    }

    fn patterns(&self) -> Arc<Patterns> {
        let known = self.0.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(patterns) = &known.patterns {
            return Arc::clone(patterns);
        }
        drop(known);
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        let patterns = Arc::new(Patterns::new(values::forms(&known.values)));
        known.patterns = Some(Arc::clone(&patterns));
        patterns
    }

    /// The text without secrets.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            }),
        }
    }

    /// The same for bytes that may be no UTF-8.
    pub fn bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let mut state = State::default();
        let scan = self.patterns().scan(bytes, &mut state, true);
        if scan.spans.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let mut out = Vec::with_capacity(bytes.len());
        self.replace(bytes, 0, bytes.len(), &scan.spans, &mut out);
        Cow::Owned(out)
    }

    /// One JSON value without secrets: still valid, each string redacted as what it says. A text that is no JSON
    /// is redacted as text.
    pub fn json<'a>(&self, text: &'a str) -> Cow<'a, str> {
        json::redact(self, text)
    }

    /// Redacts a text that comes in chunks.
    pub fn stream(&self) -> Stream {
        Stream::new(self.clone())
    }

    /// Writes `text[from..to]` with its spans replaced.
    fn replace(&self, text: &[u8], from: usize, to: usize, spans: &[Span], out: &mut Vec<u8>) {
        let mut at = from;
        for span in spans {
            out.extend_from_slice(&text[at..span.start]);
            out.extend_from_slice(self.marker(span.rule, &text[span.start..span.seen]).as_bytes());
            at = span.end;
        }
        out.extend_from_slice(&text[at..to]);
    }

    fn marker(&self, rule: &str, secret: &[u8]) -> String {
        format!("{}{rule}:{:04x}]", scan::MARKER, self.0.keys.hash_one(secret) & 0xffff)
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redactor")
    }
}
