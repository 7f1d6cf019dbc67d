//! What Outrigger adds to each note at an even pace: time, and work.

use std::path::Path;
use std::process::Command;

use super::{float, turn::not_measured};
use crate::client::Client;
use crate::clock::monotonic_ns;
use crate::frames::Framing;
use crate::process::computed_ns;
use crate::report::{Row, Verdict};
use crate::stage::Stage;
use crate::statistics::{median, quantile};
use crate::{Outcome, Programs, Scale};

const PER_SECOND: usize = 500;
const WANTED_DELAY_US: f64 = 150.0;
const WANTED_WORK_US: f64 = 20.0;

/// One way to the notes, and what was seen on it.
struct Way {
    client: Client,
    /// Where the tee before codex notes when a delta was written.
    log: std::path::PathBuf,
    seen: usize,
    /// From the write by the tee to the read, in µs.
    delays: Vec<f64>,
    /// The work of the process that was started, per delta, in µs.
    work: Vec<f64>,
}

pub fn measure(programs: &Programs, scale: Scale) -> Outcome<Vec<Row>> {
    let stage = Stage::set(programs)?;
    let (our_log, direct_log) = (stage.file("ours.log"), stage.file("direct.log"));
    let teed = |log: &Path| {
        let mut command = programs.role("tee");
        command.arg(log).arg(&programs.codex);
        command
    };
    let mut direct: Command = teed(&direct_log);
    direct.arg("app-server");
    stage.at_home(&mut direct, "direct")?;
    let ours = Client::editor(&mut stage.outrigger("ours")?, &teed(&our_log))?;
    let mut ways = [
        Way::new(ours, our_log),
        Way::new(Client::direct(&mut direct, Framing::Lines)?, direct_log),
    ];
    for _ in 0..scale.paced_turns {
        for way in &mut ways {
            way.play(&stage, scale.paced_deltas)?;
        }
    }
    let [ours, direct] = ways;
    let added = median(&ours.delays) - median(&direct.delays);
    let shown = |way: &Way| {
        let [p50, p99] = [0.5, 0.99].map(|q| quantile(&way.delays, q));
        format!("p50 {p50:.0} µs, p99 {p99:.0} µs")
    };
    let delay = Row {
        figure: "delay added at 500 notes/s, p50 (whole delay from the app-server's write to the read)",
        wanted: "≤ 150 µs",
        measured: format!("{added:.0} µs ({})", shown(&ours)),
        rival: format!("read straight: {}", shown(&direct)),
        verdict: Verdict::of(added <= WANTED_DELAY_US),
    };
    let figure = "work added per note at that pace (CPU time of all threads)";
    let work = if ours.work.is_empty() {
        not_measured(figure, "≤ 20 µs")
    } else {
        Row {
            figure,
            wanted: "≤ 20 µs",
            measured: format!("{:.1} µs", median(&ours.work)),
            rival: format!("the tee before both {:.1} µs", median(&direct.work)),
            verdict: Verdict::of(median(&ours.work) <= WANTED_WORK_US),
        }
    };
    Ok(vec![delay, work])
}

impl Way {
    fn new(client: Client, log: std::path::PathBuf) -> Self {
        Self { client, log, seen: 0, delays: Vec::new(), work: Vec::new() }
    }

    fn play(&mut self, stage: &Stage<'_>, deltas: usize) -> Outcome<()> {
        let thread = self.client.thread(&stage.work())?;
        let mut read = Vec::with_capacity(deltas);
        let process = self.client.process();
        let before = computed_ns(process);
        self.client.start_turn(&thread, &format!("[[paced:{deltas},{PER_SECOND}]]"))?;
        self.client.read_turns(1, |method, _| {
            if method.ends_with(b"item/agentMessage/delta") {
                read.push(monotonic_ns());
            }
        })?;
        if let (Some(before), Some(after)) = (before, computed_ns(process)) {
            self.work.push(float(after - before) / 1e3 / float(deltas as u64));
        }
        let written = std::fs::read_to_string(&self.log)?;
        let written: Vec<&str> = written.lines().skip(self.seen).collect();
        if (read.len(), written.len()) != (deltas, deltas) {
            return Err(format!("{} of {deltas} deltas came as they were", read.len()).into());
        }
        self.seen += deltas;
        for (written, read) in written.into_iter().zip(read) {
            let taken = u64::try_from(read - written.parse::<i64>()?)?;
            self.delays.push(float(taken) / 1e3);
        }
        Ok(())
    }
}
