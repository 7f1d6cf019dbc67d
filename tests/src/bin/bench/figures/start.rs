//! From the start of a program to its answer to `initialize`.

use std::process::Command;
use std::time::Instant;

use serde_json::json;

use crate::client::Client;
use crate::frames::Framing;
use crate::report::{Row, Verdict};
use crate::stage::outrigger;
use crate::statistics::{median, quantile};
use crate::{Outcome, Programs, Scale};

const WANTED_MS: f64 = 10.0;

pub fn measure(programs: &Programs, scale: Scale) -> Outcome<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let codex = Command::new(&programs.codex);
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    let mut peers: Vec<(&str, Vec<f64>)> =
        programs.peers.iter().map(|peer| (peer.name.as_str(), Vec::new())).collect();
    for _ in 0..scale.starts {
        ours.push(timed(|| Client::editor(&mut outrigger(programs, folder.path()), &codex))?);
        bare.push(timed(|| {
            Client::start(&mut programs.role("bare"), Framing::Lsp, &json!({ "capabilities": {} }))
        })?);
        for (peer, (_, times)) in programs.peers.iter().zip(&mut peers) {
            let mut command = Command::new(&peer.program);
            command.args(&peer.args).env("CODEX_HOME", folder.path()).env("HOME", folder.path());
            let params = json!({ "protocolVersion": 1, "clientCapabilities": {} });
            times.push(timed(|| Client::start(&mut command, Framing::Lines, &params))?);
        }
    }
    let mut rows = vec![Row {
        figure: "`initialize` answered, from spawn, median",
        wanted: "≤ 10 ms",
        measured: format!("{:.1} ms (p90 {:.1})", median(&ours), quantile(&ours, 0.9)),
        rival: format!("bare responder {:.1} ms (p90 {:.1})", median(&bare), quantile(&bare, 0.9)),
        verdict: Verdict::of(median(&ours) <= WANTED_MS),
    }];
    let measured = peers.iter().map(|(name, times)| format!("{name} {:.0} ms", median(times)));
    let absent = programs.absent_peers.iter().map(|(name, why)| format!("{name}: {why}"));
    let rivals: Vec<String> = measured.chain(absent).collect();
    if !rivals.is_empty() {
        rows.push(Row {
            figure: "the same of ACP agents for Codex",
            wanted: "",
            measured: format!("{:.1} ms", median(&ours)),
            rival: rivals.join("; "),
            verdict: Verdict::Told,
        });
    }
    Ok(rows)
}

/// Milliseconds until there is an answer. Ending the program is not counted.
fn timed(start: impl FnOnce() -> Outcome<Client>) -> Outcome<f64> {
    let begun = Instant::now();
    let client = start()?;
    let taken = begun.elapsed();
    drop(client);
    Ok(taken.as_secs_f64() * 1e3)
}
