//! Automations: when the next of many is due, what they cost while none is, and how late a run begins.

use std::time::{Duration, Instant};

use outrigger::automation::schedule::Schedule;
use outrigger_tests::schedule::{minutely_from, now};
use serde_json::{Value, json};

use super::float;
use crate::process::woken;
use crate::report::{Row, Verdict};
use crate::stage::Stage;
use crate::statistics::quantile;
use crate::{Outcome, Programs, Scale};

/// Automations that there are; a few more are made for the runs that are timed.
const MANY: usize = 9_980;
const RUNS: u64 = 10;
/// From the first look at so many definitions until all threads have gone to sleep.
const SETTLED: Duration = Duration::from_secs(5);
/// Rules as people have them, old ones too.
const RULES: [&str; 8] = [
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=30",
    "FREQ=DAILY;BYHOUR=2;BYMINUTE=30",
    "FREQ=HOURLY;INTERVAL=6",
    "FREQ=HOURLY;BYMINUTE=0,30",
    "DTSTART:20150101T000000\nRRULE:FREQ=MINUTELY;INTERVAL=7",
    "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=MONTHLY;BYMONTHDAY=31;BYHOUR=8",
];
const ZONES: [&str; 4] = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"];

pub fn measure(programs: &Programs, scale: Scale) -> Outcome<Vec<Row>> {
    let mut rows = arithmetic()?;
    rows.extend(daemon(programs, scale)?);
    Ok(rows)
}

fn rule(number: usize) -> (&'static str, &'static str) {
    (RULES[number % RULES.len()], ZONES[number / RULES.len() % ZONES.len()])
}

fn arithmetic() -> Outcome<Vec<Row>> {
    let at = now();
    let mut schedules = Vec::new();
    for number in 0..10_000 {
        let (text, zone) = rule(number);
        let created = at - number as u64 * 60_000;
        schedules.push(Schedule::parse(text, zone, created).map_err(|error| error.to_string())?);
    }
    let began = Instant::now();
    let shown: usize = schedules.iter().map(|schedule| schedule.upcoming(at, 5).len()).sum();
    let previews = began.elapsed().as_secs_f64();
    let mut each = Vec::new();
    for schedule in &schedules {
        let began = Instant::now();
        let next = schedule.next(at);
        each.push(began.elapsed().as_secs_f64() * 1e3);
        next.ok_or("a rule without a next time")?;
    }
    let (middle, late, worst) = (quantile(&each, 0.5), quantile(&each, 0.99), quantile(&each, 1.0));
    Ok(vec![
        Row {
            figure: "the next time of one of 10,000 automations found",
            wanted: "≤ 1 ms",
            measured: format!(
                "{middle:.3} ms in the middle, {late:.3} ms at 99 %, {worst:.2} ms at worst"
            ),
            rival: String::new(),
            verdict: Verdict::of(late <= 1.0),
        },
        Row {
            figure: "the next five times of each of 10,000 automations",
            wanted: "≤ 2 s",
            measured: format!("{previews:.2} s for {shown}"),
            rival: String::new(),
            verdict: Verdict::of(previews <= 2.0),
        },
    ])
}

fn daemon(programs: &Programs, scale: Scale) -> Outcome<Vec<Row>> {
    let stage = Stage::set(programs)?;
    let daemon = stage.daemon("ours")?;
    let folder = stage.file("ours").join("automations");
    for number in 0..MANY {
        let id = format!("many-{number}");
        let (_, zone) = rule(number);
        std::fs::create_dir_all(folder.join(&id))?;
        // Active, and due at another time than now.
        let text = format!(
            "version = 1\nid = \"{id}\"\nkind = \"cron\"\nname = \"{id}\"\nprompt = \"x\"\nstatus = \"PAUSED\"\nrrule = \"FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1;BYHOUR=3\"\nexecution_environment = \"local\"\ncwds = [{}]\n\n[outrigger]\nstatus = \"ACTIVE\"\ntimezone = \"{zone}\"\n",
            json!(stage.work()),
        );
        std::fs::write(folder.join(&id).join("automation.toml"), text)?;
    }
    let began = Instant::now();
    let mut editor = daemon.editor(&stage.codex())?;
    let listed = editor.call("outrigger/automation/list", &json!({}))?;
    let read = began.elapsed().as_secs_f64();
    let listed = listed["automations"].as_array().map_or(0, Vec::len);
    editor.thread(&stage.work())?;

    let first = now() / 1_000 + 3 + RUNS / 2;
    let mut made = Vec::new();
    for number in 0..RUNS {
        let fields = json!({ "name": format!("timed-{number}"), "prompt": "[[msg:Done.]]",
            "timezone": "UTC", "executionEnvironment": "local", "cwds": [file_uri(&stage.work())],
            "rrule": format!("{};COUNT=1", minutely_from(first + 2 * number)) });
        let answer = editor.call("outrigger/automation/create", &fields)?;
        made.push(answer["automation"]["id"].as_str().ok_or("no automation")?.to_owned());
    }
    editor.send(
        &json!({ "method": "outrigger/session/update", "params": { "events": ["automation"] } }),
    )?;
    let mut late = Vec::new();
    while late.len() < made.len() {
        let note = editor.next_note(&[b"outrigger/automation/runChanged"])?;
        let run = &note["params"]["run"];
        let begun = made.iter().any(|id| run["automationId"] == id.as_str());
        // Its turn is there, and is told for the first time.
        if begun && run["turnId"].is_string() && run["finishedAt"].is_null() {
            let due = run["scheduledFor"].as_u64().ok_or("a run without its time")?;
            late.push(float(now().saturating_sub(due)));
        }
    }
    let (middle, worst) = (quantile(&late, 0.5), quantile(&late, 1.0));
    let pid = daemon.pid()?;
    drop(editor);
    std::thread::sleep(SETTLED);
    let before = woken(&[pid]);
    std::thread::sleep(Duration::from_secs(scale.idle_seconds));
    let after = woken(&[pid]);
    let idle = before.zip(after).map(|(before, after)| after.saturating_sub(before));
    // Two wakes, each of which may hand over to the thread that keeps the time.
    let verdict = idle.map_or(Verdict::Told, |count| Verdict::of(count <= 10));
    Ok(vec![
        Row {
            figure: "10,000 definitions read and listed, from the start of the daemon",
            wanted: "",
            measured: format!("{read:.2} s for {listed}"),
            rival: String::new(),
            verdict: Verdict::Told,
        },
        Row {
            figure: "from an occurrence's time to its turn, among 10,000 automations",
            wanted: "≤ 250 ms",
            measured: format!("{middle:.0} ms in the middle, {worst:.0} ms at worst of {RUNS}"),
            rival: String::new(),
            verdict: Verdict::of(worst <= 250.0),
        },
        Row {
            figure: "threads of a daemon woken in 60 s while none of 10,000 automations is due",
            wanted: "≤ 2 wake-ups a minute",
            measured: idle.map_or_else(
                || "not measured: there is no `/proc` here".into(),
                |count| format!("{count} voluntary context switches"),
            ),
            rival: String::new(),
            verdict,
        },
    ])
}

fn file_uri(path: &std::path::Path) -> Value {
    url::Url::from_file_path(path).map_or(Value::Null, |url| json!(url.as_str()))
}
