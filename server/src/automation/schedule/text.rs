//! From what a person or Codex wrote to a [`Schedule`], and back to one plain form.

use jiff::{
    SignedDuration, Timestamp,
    civil::{DateTime, Time},
    tz::TimeZone,
};

use super::{
    Schedule,
    often::Often,
    parts::{Frequency, Parts},
    rare::Rare,
    rule::{Elapsed, Rule, Steps},
};

/// Bytes that a schedule may have.
const MAX_TEXT: usize = 4_096;
/// Rules that may stand together.
const MAX_RULES: usize = 8;
/// What Codex once wrote for "each month", in hours.
const MONTH_OF_OLD: u64 = 720;

/// Why a schedule cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part} {why}")]
pub struct Invalid {
    /// The part of the rule to blame, such as `BYHOUR`, or `timezone`.
    pub part: String,
    /// What is wrong with it, as the rest of a sentence.
    pub why: String,
}

impl Invalid {
    pub fn new(part: &str, why: &str) -> Self {
        Self { part: part.to_owned(), why: why.to_owned() }
    }
}

pub fn read(text: &str, timezone: &str, created: Timestamp) -> Result<Schedule, Invalid> {
    if text.len() > MAX_TEXT {
        return Err(Invalid::new("RRULE", &format!("is longer than {MAX_TEXT} bytes.")));
    }
    let mut zone = TimeZone::get(timezone).map_err(|_| no_zone("timezone", timezone))?;
    let mut begin = None;
    let mut rules = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let upper = line.to_ascii_uppercase();
        if upper.starts_with("DTSTART") {
            if begin.is_some() {
                return Err(Invalid::new("DTSTART", "stands there twice."));
            }
            let start = Start::read(line)?;
            zone = start.zone.unwrap_or(zone);
            begin = Some((start.wall, line));
        } else if upper.starts_with("RRULE:") {
            rules.push(Parts::read(&line["RRULE:".len()..])?);
        } else if upper.starts_with("FREQ") || upper.contains("FREQ=") {
            rules.push(Parts::read(line)?);
        } else {
            let part = line.split([':', ';', '=']).next().unwrap_or(line);
            return Err(Invalid::new(
                part,
                "is no rule: FREQ=… is, with or without RRULE: before it.",
            ));
        }
    }
    if rules.is_empty() {
        return Err(Invalid::new("FREQ", "is missing: a rule begins with it."));
    }
    if rules.len() > MAX_RULES {
        return Err(Invalid::new("RRULE", &format!("stands there more than {MAX_RULES} times.")));
    }
    let created = zone.to_datetime(created);
    let anchor = match begin {
        Some((wall, _)) => wall,
        None => created.date().to_datetime(Time::constant(created.hour(), created.minute(), 0, 0)),
    };
    let mut canonical: Vec<String> = begin.map(|(_, line)| line.to_owned()).into_iter().collect();
    let prefixed = begin.is_some() || rules.len() > 1;
    let mut read = Vec::new();
    for parts in rules {
        let parts = made_plain(parts, anchor);
        canonical.push(format!("{}{parts}", if prefixed { "RRULE:" } else { "" }));
        read.push(rule(&parts, anchor, &zone)?);
    }
    Ok(Schedule { zone, rules: read, canonical: canonical.join("\n") })
}

/// Forms of old that count hours and mean days: `FREQ=HOURLY;INTERVAL=24` is each day, `720` each month, at the time,
/// and on the day, at which it began. Where a month has no such day, its last one is meant.
fn made_plain(parts: Parts, anchor: DateTime) -> Parts {
    let hours = if parts.freq == Frequency::Hourly { parts.interval } else { 0 };
    if hours != 24 && hours != MONTH_OF_OLD {
        return parts;
    }
    let mut plain = Parts { freq: Frequency::Daily, interval: 1, ..parts };
    if hours == MONTH_OF_OLD && !plain.has_days() {
        plain.freq = Frequency::Monthly;
        plain.month_day = match anchor.day() {
            31 => vec![-1],
            day @ (29 | 30) => (28..=day).collect(),
            day => vec![day],
        };
        if plain.month_day.len() > 1 {
            plain.position = vec![-1];
        }
    }
    if plain.hour.is_empty() {
        plain.hour = vec![anchor.hour()];
    }
    if plain.minute.is_empty() {
        plain.minute = vec![anchor.minute()];
    }
    plain
}

fn rule(parts: &Parts, anchor: DateTime, zone: &TimeZone) -> Result<Rule, Invalid> {
    let until = parts.until.as_deref().map(|text| until(text, zone)).transpose()?;
    let often = parts.freq <= Frequency::Hourly;
    let steps = if often && !parts.has_by() {
        let minutes = if parts.freq == Frequency::Hourly { 60 } else { 1 };
        let minutes = i64::try_from(parts.interval * minutes).unwrap_or(i64::MAX);
        Steps::Elapsed(Elapsed {
            anchor: moment(anchor, zone)
                .ok_or_else(|| Invalid::new("DTSTART", "is too far off."))?,
            step: SignedDuration::from_mins(minutes),
            count: parts.count,
        })
    } else if often {
        Steps::Often(Box::new(Often::new(anchor, parts.clone())))
    } else {
        let rare = Rare::new(anchor, &parts.endless().to_string());
        Steps::Rare(Box::new(
            rare.map_err(|error| Invalid::new("RRULE", &format!("is not valid: {error}.")))?,
        ))
    };
    Ok(Rule { steps, count: parts.count, until })
}

/// The last moment of a rule. A day is meant whole.
fn until(text: &str, zone: &TimeZone) -> Result<Timestamp, Invalid> {
    let bad = || Invalid::new("UNTIL", "is no time like 20261231T090000Z or 20261231.");
    let (wall, utc) = time(text).ok_or_else(bad)?;
    let wall = if text.contains('T') {
        wall
    } else {
        wall.date().to_datetime(Time::constant(23, 59, 59, 0))
    };
    let zone = if utc { TimeZone::UTC } else { zone.clone() };
    moment(wall, &zone).ok_or_else(bad)
}

fn moment(wall: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(wall).compatible().ok()
}

/// What a `DTSTART` line says.
struct Start {
    wall: DateTime,
    zone: Option<TimeZone>,
}

impl Start {
    fn read(line: &str) -> Result<Self, Invalid> {
        let bad = || {
            Invalid::new(
                "DTSTART",
                "is no time like 20261231T090000, with TZID=Area/City or Z or neither.",
            )
        };
        let (head, value) = line.split_once(':').ok_or_else(bad)?;
        let (wall, utc) = time(value.trim()).ok_or_else(bad)?;
        let mut zone = utc.then_some(TimeZone::UTC);
        for parameter in head.split(';').skip(1) {
            let (name, value) = parameter.split_once('=').ok_or_else(bad)?;
            match name.trim().to_ascii_uppercase().as_str() {
                "TZID" if utc => return Err(Invalid::new("TZID", "cannot stand beside Z.")),
                "TZID" => {
                    let value = value.trim();
                    zone = Some(TimeZone::get(value).map_err(|_| no_zone("TZID", value))?);
                }
                "VALUE" => {}
                _ => return Err(bad()),
            }
        }
        Ok(Self { wall, zone })
    }
}

/// `20261231T090000Z`, without the `Z`, or a day alone; and whether it is UTC.
fn time(text: &str) -> Option<(DateTime, bool)> {
    let (text, utc) = match text.strip_suffix(['Z', 'z']) {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let (date, time) = text.split_once(['T', 't']).unwrap_or((text, "000000"));
    let digits = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(date, 8) || !digits(time, 6) {
        return None;
    }
    let number = |text: &str| text.parse::<i16>().ok();
    let part = |text: &str| text.parse::<i8>().ok();
    let wall = DateTime::new(
        number(&date[..4])?,
        part(&date[4..6])?,
        part(&date[6..])?,
        part(&time[..2])?,
        part(&time[2..4])?,
        part(&time[4..])?,
        0,
    );
    Some((wall.ok()?, utc))
}

fn no_zone(part: &str, name: &str) -> Invalid {
    Invalid::new(part, &format!("{name:?} is no time zone: it is named like Europe/Berlin."))
}
