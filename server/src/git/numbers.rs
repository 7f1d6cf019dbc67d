//! Lines as numbers, for texts that are compared again and again: the same bytes have the same number in all of them.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState},
    sync::Arc,
};

use imara_diff::{IndentLevel, Token};

use super::{lines::Lines, text::Text};

/// Texts whose numbers are kept, and lines in all of them.
const MAX_TEXTS: usize = 8;
const MAX_LINES: usize = 1_000_000;
/// Distinct lines that are kept from one comparison to the next.
const MAX_KNOWN: usize = 400_000;
/// How many lines further down a text is looked for again after a line that it has not, first and at most.
const AHEAD: usize = 8;
const MAX_AHEAD: usize = 256;

#[derive(Default)]
pub struct Numbers {
    known: HashMap<Key, Token, BuildHasherDefault<FirstHalf>>,
    indents: Vec<IndentLevel>,
    /// The last one first.
    texts: VecDeque<(Text, Arc<[Token]>)>,
    /// Keys that nobody else has, so that nobody can make two lines look like one.
    hashers: (RandomState, RandomState),
}

type Key = (u64, u64);

/// Two texts as numbers.
pub struct Numbered<'a> {
    pub old: Arc<[Token]>,
    pub new: Arc<[Token]>,
    pub indents: &'a [IndentLevel],
}

impl Numbers {
    /// The numbers of two texts, and what comes of them.
    pub fn with<T>(
        &mut self,
        (old, old_lines): (&Text, &Lines<'_>),
        (new, new_lines): (&Text, &Lines<'_>),
        compare: impl FnOnce(Numbered<'_>) -> T,
    ) -> T {
        let (old, new) = (self.of(old, old_lines), self.of(new, new_lines));
        let compared = compare(Numbered { old, new, indents: &self.indents });
        if self.known.len() > MAX_KNOWN {
            self.known = HashMap::default();
            self.indents = Vec::new();
            self.texts.clear();
        }
        compared
    }

    fn of(&mut self, text: &Text, lines: &Lines<'_>) -> Arc<[Token]> {
        let known = self.texts.iter().position(|(known, _)| known.is(text));
        if let Some((text, numbers)) = known.and_then(|at| self.texts.remove(at)) {
            self.texts.push_front((text, Arc::clone(&numbers)));
            return numbers;
        }
        let like = self.texts.iter().map(|known| (ends(&known.0, text), known));
        let like = like.max_by_key(|((start, end), _)| start + end);
        let numbers: Arc<[Token]> = if let Some((ends, (other, of_other))) = like {
            let (other, of_other) = (other.clone(), Arc::clone(of_other));
            self.beside((text, lines), ends, (&other.lines(), &of_other))
        } else {
            let count = lines.len();
            self.known.reserve(count as usize);
            (0..count).map(|number| self.number(lines.line(number))).collect()
        };
        self.texts.push_front((text.clone(), Arc::clone(&numbers)));
        self.texts.truncate(MAX_TEXTS);
        let mut sum: usize = self.texts.iter().map(|(_, numbers)| numbers.len()).sum();
        while sum > MAX_LINES && self.texts.len() > 2 {
            sum -= self.texts.pop_back().map_or(0, |(_, numbers)| numbers.len());
        }
        numbers
    }

    /// The numbers of a text that has these bytes in common with another one at the start and at the end, and lines between.
    fn beside(
        &mut self,
        (text, lines): (&Text, &Lines<'_>),
        (start, end): (usize, usize),
        (other, of_other): (&Lines<'_>, &[Token]),
    ) -> Arc<[Token]> {
        let count = lines.len() as usize;
        let (start, end) = whole_lines(text, lines, start, end);
        let mut numbers = Vec::with_capacity(count);
        numbers.extend_from_slice(&of_other[..start]);
        // Where the other text goes on in the same way, if it does.
        let (mut at, mut ahead) = (start, AHEAD);
        for number in start..count - end {
            let line = lines.line(number as u32);
            if at < of_other.len() && other.line(at as u32) == line {
                numbers.push(of_other[at]);
                (at, ahead) = (at + 1, AHEAD);
                continue;
            }
            let token = self.number(line);
            numbers.push(token);
            match of_other[at..].iter().take(ahead).position(|known| *known == token) {
                Some(further) => (at, ahead) = (at + further + 1, AHEAD),
                None => ahead = MAX_AHEAD.min(ahead * 2),
            }
        }
        numbers.extend_from_slice(&of_other[of_other.len() - end..]);
        numbers.into()
    }

    fn number(&mut self, line: &[u8]) -> Token {
        let key = (self.hashers.0.hash_one(line), self.hashers.1.hash_one(line));
        let next = Token(self.indents.len() as u32);
        let number = *self.known.entry(key).or_insert(next);
        if number == next {
            self.indents.push(super::fast::indent(line));
        }
        number
    }
}

/// How many bytes two texts have in common at the start, and after those at the end.
fn ends(one: &[u8], other: &[u8]) -> (usize, usize) {
    const BLOCK: usize = 4096;
    let same = |(one, other): &(&u8, &u8)| one == other;
    let blocks = one.chunks_exact(BLOCK).zip(other.chunks_exact(BLOCK));
    let start = BLOCK * blocks.take_while(|(one, other)| one == other).count();
    let start = start + one[start..].iter().zip(&other[start..]).take_while(same).count();
    let (one, other) = (&one[start..], &other[start..]);
    let blocks = one.rchunks_exact(BLOCK).zip(other.rchunks_exact(BLOCK));
    let end = BLOCK * blocks.take_while(|(one, other)| one == other).count();
    let (one, other) = (&one[..one.len() - end], &other[..other.len() - end]);
    (start, end + one.iter().rev().zip(other.iter().rev()).take_while(same).count())
}

/// How many lines these bytes at the start and at the end hold whole, whatever stands next to them in another text.
fn whole_lines(text: &[u8], lines: &Lines<'_>, start: usize, end: usize) -> (usize, usize) {
    let count = lines.len();
    // A line is over where its newline is, and begins after one.
    let first = memchr::memrchr(b'\n', &text[..start]).map_or(0, |at| at + 1);
    let last = memchr::memchr(b'\n', &text[text.len() - end..]);
    let last = last.map_or(text.len(), |at| text.len() - end + at + 1);
    (lines.beginning_before(first) as usize, (count - lines.beginning_before(last)) as usize)
}

/// The key is one of random numbers, and the table needs no other.
#[derive(Default)]
struct FirstHalf(u64);

impl Hasher for FirstHalf {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 ^= number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::{
        diff::tests::{Dice, edited, joined, text},
        fast,
    };

    #[test]
    fn what_is_known_of_other_texts_makes_no_difference() {
        let mut dice = Dice(0x5bd1_e995_7f4a_7c15);
        let mut numbers = Numbers::default();
        let mut lines = text(&mut dice, 60);
        for round in 0..3_000 {
            let new = edited(&mut dice, &lines);
            let [old_text, new_text] =
                [&lines, &new].map(|lines| Text::new(joined(&mut dice, lines)));
            let (of_old, of_new) = (old_text.lines(), new_text.lines());
            let kept = numbers.with((&old_text, &of_old), (&new_text, &of_new), |pair| {
                assert_eq!(pair.old.len() as u32, of_old.len(), "round {round}");
                let same = |(one, other): (usize, usize)| {
                    let lines = of_old.line(one as u32) == of_new.line(other as u32);
                    assert_eq!(pair.old[one] == pair.new[other], lines, "round {round}");
                };
                (0..pair.old.len()).zip(0..pair.new.len()).for_each(same);
                fast::settled(&pair)
            });
            assert_eq!(kept, fast::changes(&old_text, &new_text), "round {round}");
            lines = if new.len() > 120 { text(&mut dice, 60) } else { new };
        }
    }

    #[test]
    fn lines_at_both_ends_are_taken_over_whole_or_not_at_all() {
        let texts = [
            "a\nb\nc\n",
            "a\nb\nc",
            "a\nbc\n",
            "b\nc\n",
            "xa\nb\nc\n",
            "a\nb",
            "",
            "\n",
            "a\nb\nc\nc\n",
        ];
        for one in texts {
            for other in texts {
                let mut numbers = Numbers::default();
                let [one, other] = [one, other].map(|text| Text::new(text.as_bytes().to_vec()));
                let (of_one, of_other) = (one.lines(), other.lines());
                numbers.with((&one, &of_one), (&other, &of_other), |pair| {
                    for (at, number) in pair.old.iter().enumerate() {
                        for (other_at, other_number) in pair.new.iter().enumerate() {
                            let same = of_one.line(at as u32) == of_other.line(other_at as u32);
                            assert_eq!(number == other_number, same, "{one:?} {other:?}");
                        }
                    }
                    assert_eq!(pair.new.len() as u32, of_other.len(), "{one:?} {other:?}");
                });
            }
        }
    }
}
