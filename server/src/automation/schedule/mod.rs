//! When an automation is due: recurrence rules of RFC 5545 read in one time zone. Arithmetic only; the time is an
//! argument.
//!
//! Rules step in wall time, so "at nine" stays at nine when clocks change: a wall time that a clock skips is taken with
//! the offset from before the gap, one that comes twice is taken once, the first time. `HOURLY` and `MINUTELY` rules
//! without a `BY` part count elapsed time instead, and "every hour at these minutes" fires in both passes of an hour
//! that comes twice.

mod often;
mod parts;
mod rare;
mod rule;
mod text;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

use rule::{Rule, Steps};
pub use text::Invalid;

/// Occurrences that are counted when many have passed.
pub const MAX_COUNTED: usize = 1_000;
/// How far a change of clocks can move a wall time: some zones have skipped a day.
const LARGEST_SHIFT: SignedDuration = SignedDuration::from_hours(26);

/// A schedule that has been read and checked.
#[derive(Clone, Debug)]
pub struct Schedule {
    zone: TimeZone,
    rules: Vec<Rule>,
    canonical: String,
}

/// Occurrences that have passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    /// The last of them, in epoch milliseconds.
    pub latest: u64,
    /// How many there were, up to [`MAX_COUNTED`].
    pub count: usize,
}

impl Schedule {
    /// Reads the rules, with or without `RRULE:` and `DTSTART`, in an IANA time zone. Rules without a `DTSTART` begin at
    /// `created`, in epoch milliseconds, to the minute.
    pub fn parse(text: &str, timezone: &str, created: u64) -> Result<Self, Invalid> {
        text::read(text, timezone, timestamp(created))
    }

    /// The rules as they are understood, with old forms made plain.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The first occurrence after this moment; both in epoch milliseconds.
    pub fn next(&self, after: u64) -> Option<u64> {
        self.upcoming(after, 1).first().copied()
    }

    /// The next occurrences after this moment, in order; all in epoch milliseconds.
    pub fn upcoming(&self, after: u64, count: usize) -> Vec<u64> {
        let after = timestamp(after);
        let mut found = BTreeSet::new();
        for rule in &self.rules {
            found.extend(self.of_rule(rule, after, count));
        }
        found.into_iter().take(count).filter_map(epoch_ms).collect()
    }

    /// What lies after one moment and not after another one; both in epoch milliseconds.
    pub fn passed(&self, after: u64, until: u64) -> Option<Passed> {
        let mut passed = self.upcoming(after, MAX_COUNTED + 1);
        let more = passed.last().is_some_and(|last| *last <= until) && passed.len() > MAX_COUNTED;
        passed.retain(|at| *at <= until);
        let known = *passed.last()?;
        let latest = if more { self.last_before(known, until) } else { known };
        Some(Passed { latest, count: passed.len().min(MAX_COUNTED) })
    }

    /// The last occurrence up to `until`, where there is one at `known`.
    fn last_before(&self, mut known: u64, until: u64) -> u64 {
        let mut back = 120_000;
        while until.saturating_sub(back) > known {
            if self.next(until - back).is_some_and(|at| at <= until) {
                known = until - back;
                break;
            }
            back *= 8;
        }
        loop {
            let near = self.upcoming(known, MAX_COUNTED);
            let Some(last) = near.iter().rev().find(|at| **at <= until) else { return known };
            known = *last;
            if near.len() < MAX_COUNTED || near.last() > Some(&until) {
                return known;
            }
        }
    }

    fn of_rule(&self, rule: &Rule, after: Timestamp, count: usize) -> BTreeSet<Timestamp> {
        let late = |at: Timestamp| rule.until.is_some_and(|until| at > until);
        if let Steps::Elapsed(elapsed) = &rule.steps {
            return elapsed.after(after).take_while(|at| !late(*at)).take(count).collect();
        }
        let mut found = BTreeSet::new();
        for wall in rule.walls(self.first_wall(after)) {
            let moments = self.zone.to_ambiguous_timestamp(wall);
            let (Ok(earlier), Ok(compatible), Ok(later)) =
                (moments.earlier(), moments.compatible(), moments.later())
            else {
                break;
            };
            // All that is still to come lies at `earlier` or after it.
            let settled =
                found.iter().nth(count.saturating_sub(1)).is_some_and(|at| *at <= earlier);
            if settled || late(earlier) {
                break;
            }
            let twice = rule.both_passes().then_some(later).filter(|_| compatible < later);
            found.extend(
                [Some(compatible), twice]
                    .into_iter()
                    .flatten()
                    .filter(|at| *at > after && !late(*at)),
            );
        }
        found
    }

    /// A wall time before which nothing resolves to a moment after this one.
    fn first_wall(&self, after: Timestamp) -> civil::DateTime {
        let wall = self.zone.to_datetime(after);
        let near = |one: Timestamp| one.duration_since(after).abs() < LARGEST_SHIFT;
        let changes = self.zone.preceding(after).next().is_some_and(|one| near(one.timestamp()))
            || self.zone.following(after).next().is_some_and(|one| near(one.timestamp()));
        if changes { wall.checked_sub(LARGEST_SHIFT).unwrap_or(wall) } else { wall }
    }
}

fn timestamp(epoch_ms: u64) -> Timestamp {
    Timestamp::from_millisecond(i64::try_from(epoch_ms).unwrap_or(i64::MAX))
        .unwrap_or(Timestamp::MAX)
}

fn epoch_ms(at: Timestamp) -> Option<u64> {
    u64::try_from(at.as_millisecond()).ok()
}

/// Epoch milliseconds as `2026-11-21T09:30:00.000Z`.
pub fn iso(epoch_ms: u64) -> String {
    timestamp(epoch_ms).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
