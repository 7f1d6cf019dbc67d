//! Schedules as people and Codex write them, and thousands of random ones beside another implementation.

use jiff::{civil::DateTime, tz::TimeZone};

use super::{MAX_COUNTED, Passed, Schedule};

/// What `tests/schedules/oracle.py` made.
const CASES: &str = include_str!("../../../../tests/schedules/cases.txt");
const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Pacific/Apia",
    "America/St_Johns",
];

/// Epoch milliseconds of a wall time; of two, the first.
fn at(wall: &str, zone: &str) -> u64 {
    let wall: DateTime = wall.parse().unwrap();
    let zone = TimeZone::get(zone).unwrap();
    let moment = zone.to_ambiguous_timestamp(wall).compatible().unwrap();
    moment.as_millisecond().try_into().unwrap()
}

/// The next occurrences after a wall time, as wall times with their offsets.
fn next(rule: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let after = at(after, zone);
    let schedule = Schedule::parse(rule, zone, after).unwrap();
    let zone = TimeZone::get(zone).unwrap();
    let shown = |ms: u64| {
        let moment = super::timestamp(ms).to_zoned(zone.clone());
        moment.strftime("%a %Y-%m-%d %H:%M %:z").to_string()
    };
    schedule.upcoming(after, count).into_iter().map(shown).collect()
}

fn refused(rule: &str, zone: &str) -> (String, String) {
    let invalid = Schedule::parse(rule, zone, 0).unwrap_err();
    (invalid.part, invalid.why)
}

fn canonical(rule: &str, zone: &str, created: &str) -> String {
    Schedule::parse(rule, zone, at(created, zone)).unwrap().canonical().to_owned()
}

#[test]
fn a_weekday_at_nine_thirty_stays_there_over_a_change_of_clocks() {
    assert_eq!(
        next(
            "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=30",
            "Europe/Berlin",
            "2026-10-22T10:00",
            3
        ),
        [
            "Fri 2026-10-23 09:30 +02:00",
            "Mon 2026-10-26 09:30 +01:00",
            "Tue 2026-10-27 09:30 +01:00"
        ]
    );
}

#[test]
fn a_time_that_a_clock_skips_is_taken_by_the_offset_from_before() {
    assert_eq!(
        next("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", "America/New_York", "2026-03-07T00:00", 3),
        [
            "Sat 2026-03-07 02:30 -05:00",
            "Sun 2026-03-08 03:30 -04:00",
            "Mon 2026-03-09 02:30 -04:00"
        ]
    );
}

#[test]
fn a_time_that_comes_twice_is_taken_once() {
    assert_eq!(
        next("FREQ=DAILY;BYHOUR=1;BYMINUTE=30", "America/New_York", "2026-10-31T12:00", 2),
        ["Sun 2026-11-01 01:30 -04:00", "Mon 2026-11-02 01:30 -05:00"]
    );
}

#[test]
fn every_hour_is_every_hour_when_clocks_change() {
    let autumn = [
        "Sun 2026-11-01 01:00 -04:00",
        "Sun 2026-11-01 01:00 -05:00",
        "Sun 2026-11-01 02:00 -05:00",
    ];
    let spring = ["Sun 2026-03-08 01:00 -05:00", "Sun 2026-03-08 03:00 -04:00"];
    for rule in ["FREQ=HOURLY", "FREQ=HOURLY;BYMINUTE=0"] {
        assert_eq!(next(rule, "America/New_York", "2026-11-01T00:00", 3), autumn, "{rule}");
        assert_eq!(next(rule, "America/New_York", "2026-03-08T00:00", 2), spring, "{rule}");
    }
}

#[test]
fn a_rule_for_the_29th_of_february_waits_for_one() {
    assert_eq!(
        next(
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=8;BYMINUTE=0",
            "UTC",
            "2026-01-01T00:00",
            2
        ),
        ["Tue 2028-02-29 08:00 +00:00", "Sun 2032-02-29 08:00 +00:00"]
    );
    let never = Schedule::parse("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "UTC", 0).unwrap();
    assert_eq!(never.next(0), None);
}

#[test]
fn a_zone_is_known_by_its_old_name_too() {
    let rule = "FREQ=DAILY;BYHOUR=9;BYMINUTE=0";
    assert_eq!(
        next(rule, "Asia/Calcutta", "2026-01-01T00:00", 1),
        next(rule, "Asia/Kolkata", "2026-01-01T00:00", 1)
    );
}

#[test]
fn hours_that_once_meant_days_and_months_mean_them() {
    let berlin = |rule: &str, created: &str| canonical(rule, "Europe/Berlin", created);
    assert_eq!(
        berlin("FREQ=HOURLY;INTERVAL=24", "2026-06-10T14:20:33"),
        "FREQ=DAILY;BYHOUR=14;BYMINUTE=20"
    );
    assert_eq!(
        berlin("FREQ=HOURLY;INTERVAL=24;BYMINUTE=0", "2026-06-10T14:20"),
        "FREQ=DAILY;BYHOUR=14;BYMINUTE=0"
    );
    assert_eq!(
        berlin("FREQ=HOURLY;INTERVAL=720", "2026-06-10T14:20"),
        "FREQ=MONTHLY;BYMONTHDAY=10;BYHOUR=14;BYMINUTE=20"
    );
    assert_eq!(
        berlin("FREQ=HOURLY;INTERVAL=720", "2026-07-30T14:20"),
        "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYHOUR=14;BYMINUTE=20;BYSETPOS=-1"
    );
    assert_eq!(
        next("FREQ=HOURLY;INTERVAL=720", "Europe/Berlin", "2026-01-31T14:20", 3),
        [
            "Sat 2026-02-28 14:20 +01:00",
            "Tue 2026-03-31 14:20 +02:00",
            "Thu 2026-04-30 14:20 +02:00"
        ]
    );
    assert_eq!(
        next("FREQ=HOURLY;INTERVAL=24", "Europe/Berlin", "2026-10-24T09:00", 2),
        ["Sun 2026-10-25 09:00 +01:00", "Mon 2026-10-26 09:00 +01:00"]
    );
}

#[test]
fn what_codex_writes_is_said_back_unchanged() {
    for rule in [
        "FREQ=HOURLY;INTERVAL=6;BYDAY=MO,TU",
        "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0;COUNT=1",
        "FREQ=MINUTELY;INTERVAL=60;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0;BYSETPOS=1",
        "DTSTART;TZID=Europe/Berlin:20260101T090000\nRRULE:FREQ=DAILY;UNTIL=20260301T000000Z",
        "RRULE:FREQ=WEEKLY;BYDAY=MO;BYHOUR=9\nRRULE:FREQ=WEEKLY;BYDAY=FR;BYHOUR=17",
    ] {
        assert_eq!(canonical(rule, "UTC", "2026-01-01T00:00"), rule);
    }
    assert_eq!(
        canonical("rrule:freq=daily;byhour=9", "UTC", "2026-01-01T00:00"),
        "FREQ=DAILY;BYHOUR=9"
    );
}

#[test]
fn two_rules_are_one_schedule() {
    assert_eq!(
        next(
            "RRULE:FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0\nRRULE:FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=9;BYMINUTE=0",
            "UTC",
            "2026-01-01T00:00",
            3
        ),
        [
            "Fri 2026-01-02 09:00 +00:00",
            "Mon 2026-01-05 09:00 +00:00",
            "Fri 2026-01-09 09:00 +00:00"
        ]
    );
}

#[test]
fn a_rule_says_which_part_is_wrong() {
    let part = |rule: &str| refused(rule, "UTC").0;
    for (rule, expected) in [
        ("", "FREQ"),
        ("daily", "daily"),
        ("BYHOUR=9", "BYHOUR"),
        ("FREQ=SECONDLY", "FREQ"),
        ("FREQ=FORTNIGHTLY", "FREQ"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=DAILY;BYHOUR=24", "BYHOUR"),
        ("FREQ=DAILY;BYHOUR=9;BYHOUR=10", "BYHOUR"),
        ("FREQ=DAILY;BYMINUTE=x", "BYMINUTE"),
        ("FREQ=MINUTELY;BYSECOND=0,30", "BYSECOND"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=2MO", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=é", "BYDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY"),
        ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=DAILY;COUNT=0", "COUNT"),
        ("FREQ=DAILY;COUNT=1;UNTIL=20260101", "UNTIL"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL"),
        ("FREQ=DAILY;BYEASTER=1", "BYEASTER"),
        ("DTSTART:20260230T000000\nFREQ=DAILY", "DTSTART"),
        ("DTSTART;TZID=Mars/Base:20260101T000000\nFREQ=DAILY", "TZID"),
        ("EXDATE:20260101T000000\nFREQ=DAILY", "EXDATE"),
    ] {
        assert_eq!(part(rule), expected, "{rule}");
    }
    assert_eq!(refused("FREQ=DAILY", "Mars/Base").0, "timezone");
}

#[test]
fn what_has_passed_is_counted_up_to_a_bound_and_the_last_of_it_is_found() {
    let begin = at("2026-01-01T00:00", "UTC");
    let minutely = Schedule::parse("FREQ=MINUTELY", "UTC", begin).unwrap();
    let weeks = 21 * 24 * 3_600_000;
    assert_eq!(minutely.passed(begin, begin + 59_999), None);
    assert_eq!(
        minutely.passed(begin, begin + 150_000),
        Some(Passed { latest: begin + 120_000, count: 2 })
    );
    assert_eq!(
        minutely.passed(begin, begin + weeks + 30_000),
        Some(Passed { latest: begin + weeks, count: MAX_COUNTED })
    );
    // Often at first, and long over.
    let burst = Schedule::parse("FREQ=MINUTELY;COUNT=5000", "UTC", begin).unwrap();
    assert_eq!(
        burst.passed(begin, begin + weeks),
        Some(Passed { latest: begin + 4_999 * 60_000, count: MAX_COUNTED })
    );
}

#[test]
fn a_rule_of_one_month_or_of_long_ago_costs_no_more_than_another() {
    assert_eq!(
        next("FREQ=MINUTELY;BYMONTH=2", "UTC", "2026-03-01T00:00", 2),
        ["Mon 2027-02-01 00:00 +00:00", "Mon 2027-02-01 00:01 +00:00"]
    );
    assert_eq!(
        next(
            "DTSTART:20000101T000000Z\nRRULE:FREQ=MINUTELY;INTERVAL=7",
            "UTC",
            "2026-03-01T00:00",
            1
        ),
        ["Sun 2026-03-01 00:02 +00:00"]
    );
}

#[test]
fn random_rules_mean_what_another_implementation_makes_of_them() {
    let wrong = wrong(CASES);
    assert_eq!(
        (wrong.len(), CASES.lines().count()),
        (0, 2_000),
        "{:#?}",
        &wrong[..wrong.len().min(5)]
    );
}

/// `OUTRIGGER_SCHEDULES` names a file with as many cases as one likes.
#[test]
#[ignore = "needs cases that tests/schedules/oracle.py makes"]
fn many_more_random_rules_do() {
    let cases = std::fs::read_to_string(std::env::var_os("OUTRIGGER_SCHEDULES").unwrap()).unwrap();
    let wrong = wrong(&cases);
    assert!(cases.lines().count() >= 20_000);
    assert!(wrong.is_empty(), "{}: {:#?}", wrong.len(), &wrong[..wrong.len().min(5)]);
}

/// The cases that come out otherwise, with what came out.
fn wrong(cases: &str) -> Vec<String> {
    let is_wrong = |line: &&str| {
        let fields: Vec<&str> = line.split(' ').collect();
        let [rule, start, after, sum] = fields[..] else { panic!("{line}") };
        let of_zone = |zone: &&str| -> Result<String, String> {
            let text = format!("DTSTART;TZID={zone}:{start}\nRRULE:{rule}");
            let schedule =
                Schedule::parse(&text, "UTC", 0).map_err(|invalid| invalid.to_string())?;
            let next = schedule.upcoming(at(after, zone), 8);
            let seconds: Vec<String> = next.iter().map(|ms| (ms / 1_000).to_string()).collect();
            Ok(seconds.join(",") + ";")
        };
        let lists: Result<Vec<String>, String> = ZONES.iter().map(of_zone).collect();
        (lists.as_ref().map(|lists| checksum(&lists.concat())) != Ok(sum.to_owned()))
            .then(|| format!("{line} {lists:?}"))
    };
    cases.lines().filter_map(|line| is_wrong(&line)).collect()
}

/// FNV-1a.
fn checksum(text: &str) -> String {
    let step = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}
