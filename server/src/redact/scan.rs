//! The walk over a text: one automaton finds every keyword and the beginning of every known value, and what stands
//! there is tried.

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind, StartKind};

use super::{
    rules::{KNOWN_VALUE, RULES, Rule},
    shapes::{Class, Hit, Text, Undecided},
};

/// How every marker begins.
pub const MARKER: &str = "[REDACTED:";
/// As much of a known value as the automaton looks for; the rest is compared.
const VALUE_PREFIX: usize = 16;

/// One secret, or what was left of it: `start..seen` was looked at, `start..end` goes.
pub struct Span {
    pub rule: &'static str,
    pub start: usize,
    pub seen: usize,
    pub end: usize,
}

/// What the text before this chunk leaves to know.
#[derive(Default)]
pub struct State {
    /// The byte before; `None` at the beginning and behind a secret.
    before: Option<u8>,
    /// A secret too long to be looked at whole goes on for as long as this class does.
    open: Option<Class>,
}

pub struct Scan {
    pub spans: Vec<Span>,
    /// Where the text that is left begins: before it, a secret of an earlier chunk goes on.
    pub begin: usize,
    /// Up to here it is told; what follows needs more text.
    pub told: usize,
}

pub struct Patterns {
    automaton: Option<AhoCorasick>,
    /// Lower case and sorted, as the automaton numbers them.
    sought: Vec<Vec<u8>>,
    /// By pattern, what to try where it stands: that of every pattern which begins it too.
    trials: Vec<Vec<Trial>>,
    values: Vec<Vec<u8>>,
    longest: usize,
}

#[derive(Clone, Copy)]
enum Trial {
    /// A marker of ours, which stays.
    Marker,
    Rule {
        rule: &'static Rule,
        keyword: &'static str,
    },
    Value(usize),
}

enum Trialled {
    Kept { end: usize },
    Secret(&'static str, Hit),
}

impl Patterns {
    /// `values` in every form they are to be found in.
    pub fn new(mut values: Vec<Vec<u8>>) -> Self {
        // The longest first: of two that begin alike, the longer one goes whole.
        values.sort_by(|left, right| right.len().cmp(&left.len()).then_with(|| left.cmp(right)));
        values.dedup();
        let mut all: Vec<(Vec<u8>, Trial)> = vec![(MARKER.to_lowercase().into(), Trial::Marker)];
        for rule in RULES {
            for keyword in rule.keywords {
                all.push((keyword.to_lowercase().into(), Trial::Rule { rule, keyword }));
            }
        }
        for (index, value) in values.iter().enumerate() {
            let prefix = value[..value.len().min(VALUE_PREFIX)].to_ascii_lowercase();
            all.push((prefix, Trial::Value(index)));
        }
        let mut patterns: Vec<Vec<u8>> = all.iter().map(|(pattern, _)| pattern.clone()).collect();
        patterns.sort();
        patterns.dedup();
        let trials = patterns
            .iter()
            .map(|pattern| {
                let begins = |(prefix, _): &&(Vec<u8>, Trial)| pattern.starts_with(prefix);
                let mut here: Vec<&(Vec<u8>, Trial)> = all.iter().filter(begins).collect();
                // Of two rules that find the same, the one that says more names it.
                here.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
                here.iter().map(|(_, trial)| *trial).collect()
            })
            .collect();
        // The quicker kind takes some 1 KiB for each byte that is looked for.
        let few = patterns.iter().map(Vec::len).sum::<usize>() < 16 << 10;
        let kind = if few { AhoCorasickKind::DFA } else { AhoCorasickKind::ContiguousNFA };
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .start_kind(StartKind::Unanchored)
            .kind(Some(kind))
            .build(&patterns)
            .inspect_err(|error| tracing::error!(%error, "too many secrets to look for"))
            .ok();
        let longest = patterns.iter().map(Vec::len).max().unwrap_or(0);
        Self { automaton, sought: patterns, trials, values, longest }
    }

    /// Finds the secrets of one chunk and leaves in `state` what the next one has to know.
    pub fn scan(&self, bytes: &[u8], state: &mut State, complete: bool) -> Scan {
        let text = Text { bytes, complete };
        let begin = state.open.map_or(0, |class| run_of(bytes, class));
        if begin < bytes.len() {
            state.open = None;
        }
        let mut spans = Vec::new();
        // Behind a secret, whatever stands there begins afresh.
        let mut fresh = if begin > 0 { begin } else { usize::MAX };
        let mut at = begin;
        let mut undecided = self.undecided_from(text, at);
        let told = loop {
            let Some((place, pattern)) = self.next(bytes, at).filter(|(p, _)| *p < undecided)
            else {
                break undecided;
            };
            let before = match place {
                place if place == fresh => None,
                0 => state.before,
                place => Some(bytes[place - 1]),
            };
            let Ok(found) = self.try_all(text, place, pattern, before) else { break place };
            let end = match found {
                None => {
                    at = place + 1;
                    continue;
                }
                Some(Trialled::Kept { end }) => end,
                Some(Trialled::Secret(rule, hit)) => {
                    let more = hit.open.map_or(0, |class| run_of(&bytes[hit.end..], class));
                    let end = hit.end + more;
                    if end == bytes.len() {
                        state.open = hit.open;
                    }
                    spans.push(Span { rule, start: hit.start, seen: hit.end, end });
                    end
                }
            };
            at = end;
            fresh = end;
            undecided = self.undecided_from(text, at);
        };
        if told > 0 {
            state.before = if told == fresh { None } else { Some(bytes[told - 1]) };
        }
        Scan { spans, begin, told }
    }

    fn next(&self, bytes: &[u8], from: usize) -> Option<(usize, usize)> {
        let found = self.automaton.as_ref()?.find(Input::new(bytes).range(from..))?;
        Some((found.start(), found.pattern().as_usize()))
    }

    /// The longest secret that stands here.
    fn try_all(
        &self,
        text: Text,
        place: usize,
        pattern: usize,
        before: Option<u8>,
    ) -> Result<Option<Trialled>, Undecided> {
        let mut longest: Option<(&'static str, Hit)> = None;
        for trial in &self.trials[pattern] {
            let (rule, hit) = match trial {
                Trial::Marker => match marker_end(text, place)? {
                    Some(end) => return Ok(Some(Trialled::Kept { end })),
                    None => continue,
                },
                Trial::Rule { rule, keyword } => {
                    let from = place + keyword.len();
                    let spelt = rule.any_case || &text.bytes[place..from] == keyword.as_bytes();
                    let begins = rule.inside_word
                        || !before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                    if !spelt || !begins {
                        continue;
                    }
                    (rule.name, rule.shape.told(text, before, place, from)?)
                }
                Trial::Value(index) => (KNOWN_VALUE, self.value(text, place, *index)?),
            };
            if let Some(hit) = hit
                && longest.as_ref().is_none_or(|(_, other)| hit.end > other.end)
            {
                longest = Some((rule, hit));
            }
        }
        Ok(longest.map(|(rule, hit)| Trialled::Secret(rule, hit)))
    }

    fn value(&self, text: Text, start: usize, index: usize) -> Result<Option<Hit>, Undecided> {
        let value = &self.values[index];
        let rest = &text.bytes[start..text.bytes.len().min(start + value.len())];
        if !value.starts_with(rest) {
            return Ok(None);
        }
        let end = start + rest.len();
        match rest.len() == value.len() {
            true => Ok(Some(Hit { start, end, open: None })),
            false if text.complete => Ok(None),
            false => Err(Undecided),
        }
    }

    /// The first place from which the text may be the beginning of a pattern that has not come whole.
    fn undecided_from(&self, text: Text, from: usize) -> usize {
        let length = text.bytes.len();
        if text.complete {
            return length;
        }
        let first = length.saturating_sub(self.longest.saturating_sub(1)).max(from);
        (first..length).find(|at| self.begins_a_pattern(&text.bytes[*at..])).unwrap_or(length)
    }

    fn begins_a_pattern(&self, tail: &[u8]) -> bool {
        let tail = tail.to_ascii_lowercase();
        let next = self.sought.partition_point(|pattern| *pattern <= tail);
        self.sought.get(next).is_some_and(|pattern| pattern.starts_with(&tail))
    }
}

fn run_of(bytes: &[u8], class: Class) -> usize {
    bytes.iter().take_while(|byte| class(**byte)).count()
}

/// The end of a marker of ours that stands at `start`.
fn marker_end(text: Text, start: usize) -> Result<Option<usize>, Undecided> {
    let from = start + MARKER.len();
    let rest = &text.bytes[from..];
    let names = RULES.iter().map(|rule| rule.name).chain([KNOWN_VALUE]);
    for name in names {
        let length = name.len() + ":1a2b]".len();
        let seen = &rest[..rest.len().min(length)];
        let fits =
            seen.iter().enumerate().all(|(index, byte)| match index.checked_sub(name.len()) {
                None => *byte == name.as_bytes()[index],
                Some(0) => *byte == b':',
                Some(5) => *byte == b']',
                Some(_) => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            });
        if fits && seen.len() == length && text.bytes[start..].starts_with(MARKER.as_bytes()) {
            return Ok(Some(from + length));
        }
        if fits && seen.len() < length && !text.complete {
            return Err(Undecided);
        }
    }
    Ok(None)
}
