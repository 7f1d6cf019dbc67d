//! A text that is looked at again and again, with what was worked out of it once.

use std::{
    ops::Deref,
    sync::{Arc, OnceLock},
};

use super::lines::{Lines, starts};

/// Bytes, shared by whoever looks at them.
#[derive(Clone, Debug, Default)]
pub struct Text(Arc<Body>);

#[derive(Debug, Default)]
struct Body {
    bytes: Vec<u8>,
    /// Where its lines begin.
    starts: OnceLock<Arc<[u32]>>,
}

impl Text {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Body { bytes, starts: OnceLock::new() }))
    }

    pub fn lines(&self) -> Lines<'_> {
        let starts = self.0.starts.get_or_init(|| starts(&self.0.bytes));
        Lines::beginning_at(&self.0.bytes, Arc::clone(starts))
    }

    /// Whether both are one and the same, bytes and all else.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.is(other) || self.0.bytes == other.0.bytes
    }
}

impl Eq for Text {}
