//! From the start of a program to its answer to `initialize`.

use std::process::Command;
use std::time::Instant;

use serde_json::json;

use crate::client::Client;
use crate::daemon::Daemon;
use crate::frames::Framing;
use crate::report::{Row, Verdict};
use crate::stage::outrigger;
use crate::statistics::{median, quantile};
use crate::{Outcome, Programs, Scale};

const WANTED_MS: f64 = 10.0;
const WANTED_START_MS: f64 = 60.0;

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
        figure: "`initialize` answered with `--solo`, from spawn, median",
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

/// The same through the daemon: while it runs, and where it has to be started.
pub fn shared(programs: &Programs, scale: Scale) -> Outcome<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let codex = Command::new(&programs.codex);
    let place = |name: &str| {
        let (state, home) = (folder.path().join(name), folder.path().join("home"));
        Daemon::new(&programs.outrigger, &state, &home)
    };
    let (up, down) = (place("up")?, place("down")?);
    // It stays for the whole measurement, as another window does.
    let _other = up.editor(&codex)?;
    // The first start there copies the program.
    drop(down.editor(&codex)?);
    let (mut joined, mut started, mut copied, mut bare) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for number in 0..scale.starts {
        joined.push(timed(|| up.editor(&codex))?);
        down.stop()?;
        started.push(timed(|| down.editor(&codex))?);
        let fresh = place(&format!("fresh-{number}"))?;
        copied.push(timed(|| fresh.editor(&codex))?);
        bare.push(timed(|| {
            Client::start(&mut programs.role("bare"), Framing::Lsp, &json!({ "capabilities": {} }))
        })?);
    }
    let shown =
        |times: &[f64]| format!("{:.1} ms (p90 {:.1})", median(times), quantile(times, 0.9));
    Ok(vec![
        Row {
            figure: "`initialize` answered with the daemon up, from spawn, median",
            wanted: "≤ 10 ms",
            measured: shown(&joined),
            rival: format!("bare responder {}", shown(&bare)),
            verdict: Verdict::of(median(&joined) <= WANTED_MS),
        },
        Row {
            figure: "the same with the daemon to be started",
            wanted: "≤ 60 ms",
            measured: shown(&started),
            rival: format!("with the program to be copied first {}", shown(&copied)),
            verdict: Verdict::of(median(&started) <= WANTED_START_MS),
        },
    ])
}

/// Milliseconds until there is an answer. Ending the program is not counted.
fn timed(start: impl FnOnce() -> Outcome<Client>) -> Outcome<f64> {
    let begun = Instant::now();
    let client = start()?;
    let taken = begun.elapsed();
    drop(client);
    Ok(taken.as_secs_f64() * 1e3)
}
