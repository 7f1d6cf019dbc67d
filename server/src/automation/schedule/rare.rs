//! Rules of days, weeks, months and years. The wall times come from the `rrule` crate, which is given UTC for wall time,
//! where it agrees with other implementations; zones are not its business.

use chrono::{NaiveDate, TimeZone};
use jiff::{Span, civil};
use rrule::{Frequency, RRule, RRuleError, RRuleSet, Tz, Unvalidated};

#[derive(Clone, Debug)]
pub struct Rare {
    anchor: civil::DateTime,
    rule: RRule<Unvalidated>,
    /// Days after which the rule is in the same phase again, where that is a fixed number.
    period: Option<i64>,
}

impl Rare {
    /// A rule that begins at `anchor`. `text` has neither `COUNT` nor `UNTIL`.
    pub fn new(anchor: civil::DateTime, text: &str) -> Result<Self, RRuleError> {
        let rule: RRule<Unvalidated> = text.parse()?;
        let interval = i64::from(rule.get_interval());
        let period = match rule.get_freq() {
            Frequency::Daily => Some(interval),
            Frequency::Weekly => Some(interval * 7),
            _ => None,
        };
        let rare = Self { anchor, rule, period };
        rare.set(anchor)?;
        Ok(rare)
    }

    pub fn walls(&self, from: civil::DateTime) -> impl Iterator<Item = civil::DateTime> + use<> {
        // A late beginning in the same phase saves the way there.
        let days = from.date().duration_since(self.anchor.date()).as_hours() / 24;
        let skipped = self.period.map_or(0, |period| (days / period - 1).max(0) * period);
        let anchor =
            Span::new().try_days(skipped).ok().and_then(|span| self.anchor.checked_add(span).ok());
        let set = self.set(anchor.unwrap_or(self.anchor)).ok();
        let walls = set.map(|set| (&set.limit()).into_iter());
        walls.into_iter().flatten().map_while(|at| wall_of(&at.naive_utc()))
    }

    fn set(&self, anchor: civil::DateTime) -> Result<RRuleSet, RRuleError> {
        let day = NaiveDate::from_ymd_opt(
            i32::from(anchor.year()),
            u32::from(anchor.month().unsigned_abs()),
            u32::from(anchor.day().unsigned_abs()),
        );
        let time = day.and_then(|day| {
            day.and_hms_opt(
                u32::from(anchor.hour().unsigned_abs()),
                u32::from(anchor.minute().unsigned_abs()),
                u32::from(anchor.second().unsigned_abs()),
            )
        });
        self.rule.clone().build(Tz::UTC.from_utc_datetime(&time.unwrap_or_default()))
    }
}

fn wall_of(at: &chrono::NaiveDateTime) -> Option<civil::DateTime> {
    use chrono::{Datelike, Timelike};
    let date = civil::Date::new(
        i16::try_from(at.year()).ok()?,
        i8::try_from(at.month()).ok()?,
        i8::try_from(at.day()).ok()?,
    );
    let time = civil::Time::new(
        i8::try_from(at.hour()).ok()?,
        i8::try_from(at.minute()).ok()?,
        i8::try_from(at.second()).ok()?,
        0,
    );
    Some(date.ok()?.to_datetime(time.ok()?))
}
