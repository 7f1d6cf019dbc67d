//! Text that comes in chunks.

use super::{Redactor, scan::State};

/// Redacts as the whole text would be, wherever it is cut. What may be the beginning of a secret is held back until
/// it is told, at most [`super::shapes::LONGEST`] bytes and a little.
pub struct Stream {
    redactor: Redactor,
    state: State,
    held: Vec<u8>,
}

impl Stream {
    pub(super) fn new(redactor: Redactor) -> Self {
        Self { redactor, state: State::default(), held: Vec::new() }
    }

    /// Takes a chunk and gives what can be told of the text so far.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(chunk);
        self.tell(false)
    }

    /// What was held back, as if the text ended here. Also for a pause after which a person should see it.
    pub fn finish(&mut self) -> Vec<u8> {
        self.tell(true)
    }

    fn tell(&mut self, complete: bool) -> Vec<u8> {
        let scan = self.redactor.patterns().scan(&self.held, &mut self.state, complete);
        let mut out = Vec::with_capacity(scan.told);
        self.redactor.replace(&self.held, scan.begin, scan.told, &scan.spans, &mut out);
        self.held.drain(..scan.told);
        out
    }
}
