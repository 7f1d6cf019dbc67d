//! What the relay costs: time for each message, and memory.

use std::time::{Duration, Instant};

use serde_json::json;

use super::megabytes;
use crate::client::Client;
use crate::process::own_memory;
use crate::report::{Row, Verdict};
use crate::stage::Stage;
use crate::statistics::{median, quantile};
use crate::{Outcome, Programs, Scale};

const WANTED_US: f64 = 60.0;
const WANTED_MB: f64 = 3.0;
/// Between two questions, so that every thread on the way sleeps, as it does while a person types.
const PAUSE: Duration = Duration::from_millis(2);

#[cfg(unix)]
pub fn measure(programs: &Programs, scale: Scale) -> Outcome<Vec<Row>> {
    let stage = Stage::set(programs)?;
    let daemon = stage.daemon("ours")?;
    let mut relayed = daemon.editor(&stage.codex())?;
    let mut straight = daemon.editor_at_socket(&stage.codex())?;
    let (mut through, mut direct) = (Vec::new(), Vec::new());
    for _ in 0..scale.questions {
        through.push(asked(&mut relayed)?);
        direct.push(asked(&mut straight)?);
    }
    // A question and its answer are two messages.
    let added = (median(&through) - median(&direct)) / 2.0;
    let shown = |times: &[f64]| {
        format!("{:.0} µs, p99 {:.0} µs", median(times) / 2.0, quantile(times, 0.99) / 2.0)
    };
    let delay = Row {
        figure: "delay that the relay adds to a message, p50",
        wanted: "≤ 60 µs",
        measured: format!("{added:.0} µs (with it p50 {})", shown(&through)),
        rival: format!("straight at the socket: p50 {}", shown(&direct)),
        verdict: Verdict::of(added <= WANTED_US),
    };
    let Some(memory) = own_memory(relayed.process()).map(megabytes) else { return Ok(vec![delay]) };
    let memory = Row {
        figure: "the relay's own memory (`RssAnon`)",
        wanted: "≤ 3 MB",
        measured: format!("{memory:.1} MB"),
        rival: String::new(),
        verdict: Verdict::of(memory <= WANTED_MB),
    };
    Ok(vec![delay, memory])
}

#[cfg(not(unix))]
pub fn measure(_: &Programs, _: Scale) -> Outcome<Vec<Row>> {
    Err("the daemon is met at a Unix socket here".into())
}

/// From a question to its answer, in µs.
fn asked(client: &mut Client) -> Outcome<f64> {
    std::thread::sleep(PAUSE);
    let begun = Instant::now();
    client.call("outrigger/ping", &json!({}))?;
    Ok(begun.elapsed().as_secs_f64() * 1e6)
}
