//! A turn of many deltas through Outrigger, beside the same turn read straight from the app-server.

use super::megabytes;
use crate::client::Client;
use crate::clock::monotonic_ns;
use crate::frames::Framing;
use crate::process::own_memory;
use crate::report::{Row, Verdict};
use crate::stage::Stage;
use crate::statistics::{median, quantile};
use crate::{Outcome, Programs, Scale};

const WANTED_RATIO: f64 = 0.85;
const WANTED_MB: f64 = 20.0;
const MEMORY_DELTAS: usize = 2_000;

/// What Outrigger itself holds after a turn.
pub fn memory(programs: &Programs, _: Scale) -> Outcome<Vec<Row>> {
    let stage = Stage::set(programs)?;
    let mut held = Vec::new();
    for mut client in [through_outrigger(&stage)?, straight(&stage)?] {
        play(&stage, &mut client, MEMORY_DELTAS)?;
        held.push(own_memory(client.process()));
    }
    let [Some(ours), Some(app_server)] = held[..] else {
        return Ok(vec![not_measured("memory of our own after a turn of 2,000 deltas", "≤ 20 MB")]);
    };
    Ok(vec![Row {
        figure: "memory of our own after a turn of 2,000 deltas (`RssAnon`)",
        wanted: "≤ 20 MB",
        measured: format!("{:.1} MB", megabytes(ours)),
        rival: format!("the app-server itself {:.0} MB", megabytes(app_server)),
        verdict: Verdict::of(megabytes(ours) <= WANTED_MB),
    }])
}

pub fn measure(programs: &Programs, scale: Scale) -> Outcome<Vec<Row>> {
    let stage = Stage::set(programs)?;
    let (mut ours, mut direct) = (through_outrigger(&stage)?, straight(&stage)?);
    let (mut our_times, mut direct_times) = (Vec::new(), Vec::new());
    for pair in 0..=scale.pairs {
        // Who goes first takes turns; the first pair only warms both up.
        let (our_time, direct_time) = if pair % 2 == 0 {
            let first = play(&stage, &mut ours, scale.deltas)?;
            (first, play(&stage, &mut direct, scale.deltas)?)
        } else {
            let first = play(&stage, &mut direct, scale.deltas)?;
            (play(&stage, &mut ours, scale.deltas)?, first)
        };
        if pair > 0 {
            our_times.push(our_time);
            direct_times.push(direct_time);
        }
    }
    let ratios: Vec<f64> = direct_times.iter().zip(&our_times).map(|(d, o)| d / o).collect();
    let ratio = median(&ratios);
    Ok(vec![Row {
        figure: "turn of 20,000 deltas, first byte at the model to last note at the editor: throughput beside none between, median of pairs",
        wanted: "≥ 0.85×",
        measured: format!(
            "{ratio:.2}× ({:.2}–{:.2}), {:.2} s",
            quantile(&ratios, 0.0),
            quantile(&ratios, 1.0),
            median(&our_times)
        ),
        rival: format!("straight from the app-server {:.2} s", median(&direct_times)),
        verdict: Verdict::of(ratio >= WANTED_RATIO),
    }])
}

pub fn not_measured(figure: &'static str, wanted: &'static str) -> Row {
    Row {
        figure,
        wanted,
        measured: "not measured: there is no `/proc` here".into(),
        rival: String::new(),
        verdict: Verdict::Told,
    }
}

fn through_outrigger(stage: &Stage<'_>) -> Outcome<Client> {
    Client::editor(&mut stage.outrigger("ours")?, &stage.codex())
}

fn straight(stage: &Stage<'_>) -> Outcome<Client> {
    Client::direct(&mut stage.app_server("direct")?, Framing::Lines)
}

/// Plays a turn on a thread of its own: seconds from the first byte at the model to the end of the turn.
fn play(stage: &Stage<'_>, client: &mut Client, deltas: usize) -> Outcome<f64> {
    let thread = client.thread(&stage.work())?;
    client.start_turn(&thread, &format!("[[long:{deltas}]]"))?;
    let turn = client.read_turns(1, |_, _| {})?;
    let end = monotonic_ns();
    let wanted: usize = (0..deltas).map(|number| format!("tok{number} ").len()).sum();
    if turn.text != wanted {
        return Err(format!("{} of {wanted} bytes of text came", turn.text).into());
    }
    let begun = stage.last_first_byte_ns()?;
    Ok(std::time::Duration::from_nanos(u64::try_from(end - begun)?).as_secs_f64())
}
