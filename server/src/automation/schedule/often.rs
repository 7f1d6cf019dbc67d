//! `HOURLY` and `MINUTELY` rules with `BY` parts, in wall time. Days and hours that the rule leaves out are passed over
//! whole, so that a rule for one month costs no more than its own minutes.

use jiff::{Timestamp, civil, tz::Offset};

use super::parts::{Frequency, Parts};

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;
/// Steps without an occurrence after which there is none.
const MAX_EMPTY: usize = 200_000;

#[derive(Clone, Debug)]
pub struct Often {
    anchor: civil::DateTime,
    /// Minutes of wall time since 1970: where steps are counted from.
    base: i64,
    /// Minutes.
    step: i64,
    hourly: bool,
    second: i8,
    /// Of an hourly rule: those of each hour, in order.
    minutes: Vec<i8>,
    parts: Parts,
}

impl Often {
    pub fn new(anchor: civil::DateTime, parts: Parts) -> Self {
        let hourly = parts.freq == Frequency::Hourly;
        let second = parts.second.first().copied().unwrap_or(anchor.second());
        let mut minutes = parts.minute.clone();
        if minutes.is_empty() && hourly {
            minutes.push(anchor.minute());
        }
        minutes.sort_unstable();
        minutes.dedup();
        let unit = if hourly { HOUR } else { 1 };
        let base = minutes_of(anchor).div_euclid(unit) * unit;
        let step = i64::try_from(parts.interval).unwrap_or(i64::MAX).saturating_mul(unit);
        Self { anchor, base, step, hourly, second, minutes, parts }
    }

    /// Whether it is every hour at the same minutes.
    pub fn is_every_hour(&self) -> bool {
        self.step == HOUR && self.hourly && !self.parts.has_days() && self.parts.hour.is_empty()
    }

    pub fn walls(&self, from: civil::DateTime) -> impl Iterator<Item = civil::DateTime> + '_ {
        let from = from.max(self.anchor);
        // The hour before may have minutes left.
        let mut at = self.step_from(minutes_of(from) - HOUR);
        let mut empty = 0;
        let anchor = self.anchor;
        std::iter::from_fn(move || {
            loop {
                empty += 1;
                if empty > MAX_EMPTY {
                    return None;
                }
                let wall = wall_of(at)?;
                if !self.parts.has_date(wall.date()) {
                    at = self.step_from(at.div_euclid(DAY) * DAY + DAY);
                } else if !self.parts.has_hour(wall.hour()) {
                    let next = if self.hourly { at + 1 } else { at.div_euclid(HOUR) * HOUR + HOUR };
                    at = self.step_from(next);
                } else {
                    at += self.step;
                    let of_step = self.of_step(wall);
                    if !of_step.is_empty() {
                        empty = 0;
                        return Some(of_step);
                    }
                }
            }
        })
        .flatten()
        .filter(move |wall| *wall >= anchor)
    }

    /// The first step at this minute or after it.
    fn step_from(&self, minute: i64) -> i64 {
        let steps = (minute - self.base + self.step - 1).div_euclid(self.step).max(0);
        self.base.saturating_add(steps.saturating_mul(self.step))
    }

    fn of_step(&self, wall: civil::DateTime) -> Vec<civil::DateTime> {
        let at = |minute| wall.with().minute(minute).second(self.second).build().ok();
        let all: Vec<_> = if self.hourly {
            self.minutes.iter().filter_map(|minute| at(*minute)).collect()
        } else {
            let kept = self.minutes.is_empty() || self.minutes.contains(&wall.minute());
            kept.then(|| at(wall.minute())).flatten().into_iter().collect()
        };
        self.parts.at_positions(all)
    }
}

fn minutes_of(wall: civil::DateTime) -> i64 {
    Offset::UTC.to_timestamp(wall).map_or(i64::MIN / 2, Timestamp::as_second).div_euclid(60)
}

fn wall_of(minutes: i64) -> Option<civil::DateTime> {
    Some(Offset::UTC.to_datetime(Timestamp::from_second(minutes.checked_mul(60)?).ok()?))
}
