//! A reader that stops in the middle of a flood, and reads on.

use std::time::Duration;

use super::megabytes;
use crate::client::Client;
use crate::process::MemoryWatch;
use crate::recording::Flood;
use crate::report::{Row, Verdict};
use crate::stage::{Stage, outrigger};
use crate::{Outcome, Programs, Scale};

const WANTED_MB: f64 = 64.0;

/// What came of a flood with a pause in it.
struct Paused {
    /// Bytes of delta text that came, and that were sent.
    came: usize,
    sent: usize,
    delta_notes: usize,
    most_memory: u64,
}

pub fn measure(programs: &Programs, scale: Scale) -> Outcome<Vec<Row>> {
    let turn = of_app_server(programs, scale)?;
    let replay = of_replay(programs, scale)?;
    Ok(vec![
        turn.row("a reader that stops for 10 s while the app-server floods it (20,000 deltas)"),
        replay.row("the same, with recorded output at full speed (1,000,000 notes)"),
    ])
}

fn of_app_server(programs: &Programs, scale: Scale) -> Outcome<Paused> {
    let stage = Stage::set(programs)?;
    let mut client = Client::editor(&mut stage.outrigger("ours")?, &stage.codex())?;
    let thread = client.thread(&stage.work())?;
    let prompt = format!("[[long:{}]]", scale.deltas);
    let sent = (0..scale.deltas).map(|number| format!("tok{number} ").len()).sum();
    read_with_pause(&mut client, &thread, &prompt, 1, sent, scale)
}

fn of_replay(programs: &Programs, scale: Scale) -> Outcome<Paused> {
    let folder = tempfile::tempdir()?;
    let flood = Flood::small(scale.small_notes);
    let mut recorded = programs.role("replay");
    recorded.arg("small").arg(scale.small_notes.to_string());
    let mut client = Client::editor(&mut outrigger(programs, folder.path()), &recorded)?;
    let thread = client.thread(folder.path())?;
    read_with_pause(&mut client, &thread, "anything", flood.turns(), flood.text(), scale)
}

fn read_with_pause(
    client: &mut Client,
    thread: &str,
    prompt: &str,
    turns: usize,
    sent: usize,
    scale: Scale,
) -> Outcome<Paused> {
    let watch = MemoryWatch::start(client.process());
    client.start_turn(thread, prompt)?;
    let mut paused = false;
    let turn = client.read_turns(turns, |method, _| {
        if method.ends_with(b"/delta") && !std::mem::replace(&mut paused, true) {
            std::thread::sleep(Duration::from_secs(scale.pause_seconds));
        }
    })?;
    let most_memory = watch.samples().into_iter().max().unwrap_or_default();
    Ok(Paused { came: turn.text, sent, delta_notes: turn.delta_notes, most_memory })
}

impl Paused {
    fn row(&self, figure: &'static str) -> Row {
        let lost = if self.came == self.sent {
            "nothing lost".to_owned()
        } else {
            format!("{} of {} bytes of text came", self.came, self.sent)
        };
        let memory = megabytes(self.most_memory);
        Row {
            figure,
            wanted: "nothing lost, ≤ 64 MB",
            measured: format!("{lost}, {memory:.1} MB, {} delta notes", self.delta_notes),
            rival: String::new(),
            verdict: Verdict::of(self.came == self.sent && memory <= WANTED_MB),
        }
    }
}
