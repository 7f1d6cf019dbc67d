//! The parts of one rule, each checked for itself.

use std::fmt::{self, Write};

use jiff::civil::{Date, Weekday};

use super::text::Invalid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Frequency {
    Minutely,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

const FREQUENCIES: &[(&str, Frequency)] = &[
    ("MINUTELY", Frequency::Minutely),
    ("HOURLY", Frequency::Hourly),
    ("DAILY", Frequency::Daily),
    ("WEEKLY", Frequency::Weekly),
    ("MONTHLY", Frequency::Monthly),
    ("YEARLY", Frequency::Yearly),
];

const WEEKDAYS: &[(&str, Weekday)] = &[
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

/// Occurrences that a rule may count.
const MAX_COUNT: u64 = 100_000;

/// A rule as it was written, part by part.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    pub freq: Frequency,
    pub interval: u64,
    pub count: Option<usize>,
    /// As it was written.
    pub until: Option<String>,
    pub month: Vec<i8>,
    pub week_number: Vec<i16>,
    pub year_day: Vec<i16>,
    pub month_day: Vec<i8>,
    /// With the ordinal, 0 for none.
    pub day: Vec<(i16, Weekday)>,
    pub hour: Vec<i8>,
    pub minute: Vec<i8>,
    pub second: Vec<i8>,
    pub position: Vec<i16>,
    pub week_start: Option<Weekday>,
}

impl Parts {
    pub fn new(freq: Frequency) -> Self {
        Self {
            freq,
            interval: 1,
            count: None,
            until: None,
            month: Vec::new(),
            week_number: Vec::new(),
            year_day: Vec::new(),
            month_day: Vec::new(),
            day: Vec::new(),
            hour: Vec::new(),
            minute: Vec::new(),
            second: Vec::new(),
            position: Vec::new(),
            week_start: None,
        }
    }

    /// Reads `FREQ=…;…`.
    pub fn read(rule: &str) -> Result<Self, Invalid> {
        let mut named = Vec::new();
        for part in rule.split(';').filter(|part| !part.trim().is_empty()) {
            let Some((name, value)) = part.split_once('=') else {
                return Err(Invalid::new(part.trim(), "is no part of a rule: write NAME=value."));
            };
            let name = name.trim().to_ascii_uppercase();
            if named.iter().any(|(known, _)| *known == name) {
                return Err(Invalid::new(&name, "stands there twice."));
            }
            named.push((name, value.trim().to_ascii_uppercase()));
        }
        let freq = named.iter().find(|(name, _)| name == "FREQ");
        let Some((_, freq)) = freq else {
            return Err(Invalid::new("FREQ", "is missing: a rule begins with it."));
        };
        let Some((_, freq)) = FREQUENCIES.iter().find(|(name, _)| name == freq) else {
            let why = if freq == "SECONDLY" {
                "is too often: once a minute is the most."
            } else {
                "is none of MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY and YEARLY."
            };
            return Err(Invalid::new("FREQ", why));
        };
        let mut parts = Self::new(*freq);
        for (name, value) in &named {
            parts.set(name, value)?;
        }
        parts.check()?;
        Ok(parts)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Invalid> {
        match name {
            "FREQ" => {}
            "INTERVAL" => {
                self.interval = whole(name, value)?;
                let most = if self.freq <= Frequency::Hourly { 100_000_000 } else { 65_535 };
                if self.interval == 0 || self.interval > most {
                    return Err(Invalid::new(name, &format!("is not between 1 and {most}.")));
                }
            }
            "COUNT" => {
                let count = whole(name, value)?;
                if count == 0 || count > MAX_COUNT {
                    return Err(Invalid::new(name, &format!("is not between 1 and {MAX_COUNT}.")));
                }
                self.count = usize::try_from(count).ok();
            }
            "UNTIL" => self.until = Some(value.to_owned()),
            "BYMONTH" => self.month = numbers(name, value, 1, 12, false)?,
            "BYWEEKNO" => self.week_number = numbers(name, value, 1, 53, true)?,
            "BYYEARDAY" => self.year_day = numbers(name, value, 1, 366, true)?,
            "BYMONTHDAY" => self.month_day = numbers(name, value, 1, 31, true)?,
            "BYDAY" => self.day = value.split(',').map(weekday).collect::<Result<_, _>>()?,
            "BYHOUR" => self.hour = numbers(name, value, 0, 23, false)?,
            "BYMINUTE" => self.minute = numbers(name, value, 0, 59, false)?,
            "BYSECOND" => self.second = numbers(name, value, 0, 59, false)?,
            "BYSETPOS" => self.position = numbers(name, value, 1, 366, true)?,
            "WKST" => {
                let (ordinal, day) = weekday(value).map_err(|_| no_weekday(name))?;
                if ordinal != 0 {
                    return Err(no_weekday(name));
                }
                self.week_start = Some(day);
            }
            _ => return Err(Invalid::new(name, "is no part of a rule.")),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Invalid> {
        let refuse = |name: &str, why: &str| Err(Invalid::new(name, why));
        let monthly = self.freq >= Frequency::Monthly;
        if self.count.is_some() && self.until.is_some() {
            return refuse("UNTIL", "cannot stand beside COUNT.");
        }
        if self.second.len() > 1 {
            return refuse("BYSECOND", "has several values: once a minute is the most.");
        }
        if !monthly && self.day.iter().any(|(ordinal, _)| *ordinal != 0) {
            return refuse("BYDAY", "has a number, which only months and years have a use for.");
        }
        if !self.week_number.is_empty() && self.freq != Frequency::Yearly {
            return refuse("BYWEEKNO", "is for FREQ=YEARLY alone.");
        }
        let is_of_days =
            matches!(self.freq, Frequency::Daily | Frequency::Weekly | Frequency::Monthly);
        if !self.year_day.is_empty() && is_of_days {
            return refuse("BYYEARDAY", "is not for days, weeks and months.");
        }
        if !self.month_day.is_empty() && self.freq == Frequency::Weekly {
            return refuse("BYMONTHDAY", "is not for weeks.");
        }
        if !self.position.is_empty() && !self.has_by() {
            return refuse("BYSETPOS", "needs another part that begins with BY.");
        }
        Ok(())
    }

    pub fn has_days(&self) -> bool {
        !(self.month.is_empty()
            && self.week_number.is_empty()
            && self.year_day.is_empty()
            && self.month_day.is_empty()
            && self.day.is_empty())
    }

    /// Whether any part chooses among times.
    pub fn has_by(&self) -> bool {
        self.has_days()
            || !(self.hour.is_empty() && self.minute.is_empty() && self.second.is_empty())
    }

    /// Whether an hourly or minutely rule has this day.
    pub fn has_date(&self, date: Date) -> bool {
        let one_of = |days: &[i16], day: i16, last: i16| {
            days.is_empty() || days.contains(&day) || days.contains(&(day - last - 1))
        };
        let month_days: Vec<i16> = self.month_day.iter().copied().map(i16::from).collect();
        (self.month.is_empty() || self.month.contains(&date.month()))
            && one_of(&month_days, date.day().into(), date.days_in_month().into())
            && one_of(&self.year_day, date.day_of_year(), date.days_in_year())
            && (self.day.is_empty() || self.day.iter().any(|(_, day)| *day == date.weekday()))
    }

    pub fn has_hour(&self, hour: i8) -> bool {
        self.hour.is_empty() || self.hour.contains(&hour)
    }

    /// What `BYSETPOS` leaves of one step, in order.
    pub fn at_positions<T: Clone>(&self, all: Vec<T>) -> Vec<T> {
        if self.position.is_empty() {
            return all;
        }
        let length = i16::try_from(all.len()).unwrap_or(i16::MAX);
        let is_meant =
            |n: i16| self.position.contains(&(n + 1)) || self.position.contains(&(n - length));
        (0..).zip(all).filter(|(n, _)| is_meant(*n)).map(|(_, one)| one).collect()
    }

    /// The same without an end.
    pub fn endless(&self) -> Self {
        Self { count: None, until: None, ..self.clone() }
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let freq = FREQUENCIES.iter().find(|(_, freq)| *freq == self.freq);
        write!(f, "FREQ={}", freq.map_or("", |(name, _)| name))?;
        if self.interval != 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        list(f, "BYMONTH", &self.month)?;
        list(f, "BYWEEKNO", &self.week_number)?;
        list(f, "BYYEARDAY", &self.year_day)?;
        list(f, "BYMONTHDAY", &self.month_day)?;
        let days: Vec<String> = self
            .day
            .iter()
            .map(|(ordinal, day)| match ordinal {
                0 => name_of(*day).to_owned(),
                n => format!("{n}{}", name_of(*day)),
            })
            .collect();
        list(f, "BYDAY", &days)?;
        list(f, "BYHOUR", &self.hour)?;
        list(f, "BYMINUTE", &self.minute)?;
        list(f, "BYSECOND", &self.second)?;
        list(f, "BYSETPOS", &self.position)?;
        if let Some(day) = self.week_start {
            write!(f, ";WKST={}", name_of(day))?;
        }
        if let Some(count) = self.count {
            write!(f, ";COUNT={count}")?;
        }
        if let Some(until) = &self.until {
            write!(f, ";UNTIL={until}")?;
        }
        Ok(())
    }
}

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, name: &str, values: &[T]) -> fmt::Result {
    for (n, value) in values.iter().enumerate() {
        if n == 0 {
            write!(f, ";{name}={value}")?;
        } else {
            f.write_char(',')?;
            write!(f, "{value}")?;
        }
    }
    Ok(())
}

fn name_of(day: Weekday) -> &'static str {
    WEEKDAYS.iter().find(|(_, one)| *one == day).map_or("", |(name, _)| name)
}

fn whole(name: &str, value: &str) -> Result<u64, Invalid> {
    value.parse().map_err(|_| Invalid::new(name, "is no whole number."))
}

/// Numbers between these bounds; negative ones, which count from the end, where `signed` says so.
fn numbers<T: TryFrom<i64>>(
    name: &str,
    value: &str,
    least: i64,
    most: i64,
    signed: bool,
) -> Result<Vec<T>, Invalid> {
    let number = |text: &str| {
        let number = text.trim().parse::<i64>().ok();
        let within = number
            .filter(|n| (least..=most).contains(n) || (signed && (least..=most).contains(&-n)));
        within.and_then(|n| T::try_from(n).ok()).ok_or_else(|| {
            let back = if signed { ", or from the end with a minus" } else { "" };
            Invalid::new(name, &format!("has {text:?}: from {least} to {most}{back}."))
        })
    };
    value.split(',').map(number).collect()
}

fn weekday(text: &str) -> Result<(i16, Weekday), Invalid> {
    let text = text.trim();
    let day = text.len().checked_sub(2).and_then(|at| text.get(at..).map(|day| (&text[..at], day)));
    let known = day.and_then(|(ordinal, name)| {
        let (_, day) = WEEKDAYS.iter().find(|(known, _)| *known == name)?;
        let ordinal = match ordinal {
            "" => 0,
            number => number.parse().ok().filter(|n: &i16| *n != 0 && n.abs() <= 53)?,
        };
        Some((ordinal, *day))
    });
    known.ok_or_else(|| {
        Invalid::new("BYDAY", &format!("has {text:?}: MO, TU, WE, TH, FR, SA, SU, or 2MO, -1FR."))
    })
}

fn no_weekday(name: &str) -> Invalid {
    Invalid::new(name, "is none of MO, TU, WE, TH, FR, SA and SU.")
}
