//! A recorded app-server that writes as fast as it is read: through Outrigger, a plain proxy, and `cat`.

use std::process::Command;
use std::time::Instant;

use super::{float, megabytes};
use crate::client::Client;
use crate::frames::Framing;
use crate::process::MemoryWatch;
use crate::recording::Flood;
use crate::report::{Row, Verdict};
use crate::stage::outrigger;
use crate::statistics::median;
use crate::{Outcome, Programs, Scale};

const WANTED_NOTES: f64 = 200_000.0;
const WANTED_MB: f64 = 150.0;
/// Memory that may come and go with what waits between two threads.
const FLAT_MB: f64 = 4.0;

/// What the notes pass through on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Outrigger,
    ValueProxy,
    Cat,
}

const WAYS: [Way; 3] = [Way::Outrigger, Way::ValueProxy, Way::Cat];

/// What one replay came to.
struct Replayed {
    seconds: f64,
    /// Delta notes that came; fewer were sent on when a queue filled and deltas were joined.
    delta_notes: usize,
    memory: Vec<u64>,
}

pub fn measure(programs: &Programs, scale: Scale) -> Outcome<Vec<Row>> {
    let small = ("small", Flood::small(scale.small_notes), scale.small_notes);
    let large = ("large", Flood::large(scale.large_lines), scale.large_lines);
    let small_runs = replay_all(programs, small, scale.replays)?;
    let large_runs = replay_all(programs, large, scale.replays)?;

    let notes = rates(&small_runs, float(small.1.deltas() as u64));
    // Each text comes twice: as a delta, and in the item's completion.
    let bytes = rates(&large_runs, megabytes(2 * large.1.text() as u64));
    let joined: usize = small_runs[0].iter().map(|run| small.1.deltas() - run.delta_notes).sum();
    let joined = float(joined as u64) / float((small.1.deltas() * scale.replays) as u64);
    let (half, end) = grown(&small_runs[0]);
    Ok(vec![
        Row {
            figure: "recorded output at full speed, small notes",
            wanted: "≥ 200,000 notes/s",
            measured: format!("{:.0} notes/s ({:.0} % joined)", notes[0], joined * 100.0),
            rival: format!("`Value` proxy {:.0}, `cat` {:.0}", notes[1], notes[2]),
            verdict: Verdict::of(notes[0] >= WANTED_NOTES),
        },
        Row {
            figure: "the same, lines of 64 kB",
            wanted: "≥ 150 MB/s",
            measured: format!("{:.0} MB/s", bytes[0]),
            rival: format!("`Value` proxy {:.0}, `cat` {:.0}", bytes[1], bytes[2]),
            verdict: Verdict::of(bytes[0] >= WANTED_MB),
        },
        Row {
            figure: "memory while small notes are replayed (`RssAnon`), half way and at the end",
            wanted: "flat",
            measured: format!("{half:.1} MB, {end:.1} MB"),
            rival: format!("text of the thread: {:.1} MB", megabytes(small.1.text() as u64)),
            verdict: Verdict::of(end <= half + FLAT_MB),
        },
    ])
}

/// What passed per second on each way, medians over the runs, when a whole replay is `amount`.
fn rates(runs: &[Vec<Replayed>; 3], amount: f64) -> [f64; 3] {
    runs.each_ref()
        .map(|runs| median(&runs.iter().map(|run| amount / run.seconds).collect::<Vec<_>>()))
}

/// Replays through each way in turn, several times.
fn replay_all(
    programs: &Programs,
    (kind, flood, count): (&str, Flood, usize),
    replays: usize,
) -> Outcome<[Vec<Replayed>; 3]> {
    let mut runs = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..replays {
        for (way, runs) in WAYS.into_iter().zip(&mut runs) {
            runs.push(replay(programs, way, kind, flood, count)?);
        }
    }
    Ok(runs)
}

fn replay(
    programs: &Programs,
    way: Way,
    kind: &str,
    flood: Flood,
    count: usize,
) -> Outcome<Replayed> {
    let folder = tempfile::tempdir()?;
    let mut recorded = programs.role("replay");
    recorded.arg(kind).arg(count.to_string());
    let mut client = match way {
        Way::Outrigger => Client::editor(&mut outrigger(programs, folder.path()), &recorded)?,
        Way::ValueProxy => {
            let mut proxy = programs.role("value-proxy");
            proxy.arg(recorded.get_program()).args(recorded.get_args());
            Client::direct(&mut proxy, Framing::Lsp)?
        }
        Way::Cat => {
            let mut piped = Command::new("sh");
            piped.args(["-c", r#""$0" "$@" | cat"#]);
            piped.arg(recorded.get_program()).args(recorded.get_args());
            Client::direct(&mut piped, Framing::Lines)?
        }
    };
    let thread = client.thread(folder.path())?;
    let watch = MemoryWatch::start(client.process());
    let begun = Instant::now();
    client.start_turn(&thread, "anything")?;
    let turn = client.read_turns(flood.turns(), |_, _| {})?;
    let seconds = begun.elapsed().as_secs_f64();
    if turn.text != flood.text() {
        return Err(format!("{} of {} bytes of text came", turn.text, flood.text()).into());
    }
    Ok(Replayed { seconds, delta_notes: turn.delta_notes, memory: watch.samples() })
}

/// The highest memory of the third quarter and of the last, medians over the runs, in MB.
fn grown(runs: &[Replayed]) -> (f64, f64) {
    let highest = |from: usize, run: &Replayed| {
        let quarter = run.memory.len() / 4;
        let part = run.memory.iter().skip(from * quarter).take(quarter.max(1));
        megabytes(part.copied().max().unwrap_or_default())
    };
    let [half, end] =
        [2, 3].map(|from| median(&runs.iter().map(|run| highest(from, run)).collect::<Vec<_>>()));
    (half, end)
}
