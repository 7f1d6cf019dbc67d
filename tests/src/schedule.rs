//! Moments that come soon, as rules of automations say them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Epoch milliseconds.
pub fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

/// A rule that is due at this second since 1970 and each minute after it.
pub fn minutely_from(second: u64) -> String {
    let (days, of_day) = (second / 86_400, second % 86_400);
    // Days since 1970 as a date, by the calendar that repeats every 400 years.
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    format!(
        "DTSTART:{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z\nRRULE:FREQ=MINUTELY",
        of_day / 3_600,
        of_day / 60 % 60,
        of_day % 60
    )
}
