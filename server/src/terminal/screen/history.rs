//! Rows that have left the screen at its top.

use std::collections::VecDeque;

/// The most rows that are kept, and their text and colours in bytes.
const MAX_ROWS: usize = 10_000;
const MAX_BYTES: usize = 2 << 20;
/// The memory of the texts grows by this, once it is not small.
const STEP: usize = 256 * 1024;

/// A ring of formatted rows. Each begins and ends with a terminal's default pen.
#[derive(Debug, Default)]
pub(super) struct History {
    texts: VecDeque<u8>,
    /// The length of each text; the lowest bit says that the row goes on from the one before.
    rows: VecDeque<u32>,
}

impl History {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn push(&mut self, text: &str, wrapped: bool) {
        if text.len() > MAX_BYTES {
            return;
        }
        while self.rows.len() >= MAX_ROWS || self.texts.len() + text.len() > MAX_BYTES {
            let Some(row) = self.rows.pop_front() else { break };
            self.texts.drain(..(row >> 1) as usize);
        }
        let needed = self.texts.len() + text.len();
        if needed > self.texts.capacity() {
            let room = if needed < STEP { needed.next_power_of_two() } else { needed + STEP };
            self.texts.reserve_exact(room.min(MAX_BYTES).max(needed) - self.texts.len());
        }
        self.texts.extend(text.as_bytes());
        self.rows.push_back((text.len() as u32) << 1 | u32::from(wrapped));
    }

    /// Takes the newest row back.
    pub(super) fn pop(&mut self) -> Option<(String, bool)> {
        let row = self.rows.pop_back()?;
        let text = self.texts.split_off(self.texts.len() - (row >> 1) as usize);
        Some((String::from_utf8(text.into()).unwrap_or_default(), row & 1 == 1))
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Writes the rows from the oldest, as lines that wrap by themselves.
    pub(super) fn write(&self, out: &mut String) {
        self.write_last(self.rows.len(), out);
    }

    /// Writes the newest rows, as many as are asked for.
    pub(super) fn write_last(&self, count: usize, out: &mut String) {
        let (front, back) = self.texts.as_slices();
        let joined;
        let texts = if back.is_empty() {
            front
        } else {
            joined = [front, back].concat();
            &joined
        };
        // Only whole rows of text were pushed, and taken out.
        let texts = str::from_utf8(texts).unwrap_or_default();
        let first = self.rows.len().saturating_sub(count);
        let mut at = self.rows.iter().take(first).map(|row| (row >> 1) as usize).sum();
        out.reserve(texts.len() - at + 2 * count.min(self.rows.len()));
        for (number, row) in self.rows.iter().enumerate().skip(first) {
            if number > first && row & 1 == 0 {
                out.push_str("\r\n");
            }
            let end = at + (row >> 1) as usize;
            out.push_str(texts.get(at..end).unwrap_or_default());
            at = end;
        }
    }

    /// Bytes of memory that the rows take.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.texts.capacity() + 4 * self.rows.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_rows_go_first_and_the_memory_stays_bounded() {
        let mut history = History::default();
        for number in 0..12_345 {
            history.push(&format!("row {number}"), number % 3 == 1);
        }
        assert_eq!(history.len(), MAX_ROWS);
        let mut out = String::new();
        history.write(&mut out);
        // Its beginning is gone, so a row that went on from another is the first.
        assert!(out.starts_with("row 2345\r\nrow 2346row 2347") || out.starts_with("row 2345"));
        assert!(out.ends_with("\r\nrow 12342row 12343\r\nrow 12344"));
        assert_eq!(history.pop(), Some(("row 12344".into(), false)));

        let long = "x".repeat(3_000);
        for _ in 0..5_000 {
            history.push(&long, false);
        }
        assert_eq!(history.len(), MAX_BYTES / long.len());
        assert!(history.memory() <= MAX_BYTES + 4 * 2 * MAX_ROWS, "{}", history.memory());
    }
}
