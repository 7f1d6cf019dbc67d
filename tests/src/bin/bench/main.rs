//! `bench`: measures Outrigger and writes the table of `docs/benchmarks.md`. See `npm run bench`.

mod client;
mod clock;
mod daemon;
mod figures;
mod frames;
mod plan;
mod process;
mod recording;
mod report;
mod roles;
mod stage;
mod statistics;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use figures::measure;
use plan::{Outcome, Peer, Programs, Scale};
use report::Row;

const USAGE: &str = "\
usage: bench --outrigger PROGRAM --scripted-model PROGRAM --codex PROGRAM [--only FIGURE] [--quick]
             [--peer NAME PROGRAM ARG]... [--absent-peer NAME REASON]... [--node-pty NODE SCRIPT MODULE]";

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let role = args.first().and_then(|name| roles::play(name.to_str()?, &args[1..]));
    match role.unwrap_or_else(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// The table goes to stdout, what there is to say meanwhile to stderr.
fn run() -> Outcome<()> {
    let Some((programs, scale, only)) = read_arguments()? else {
        say(USAGE);
        return Ok(());
    };
    let rows = measure(&programs, scale, only.as_deref(), |row| say(&row.to_string()))?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "| Figure | Wanted | Measured | Beside it | Verdict |")?;
    writeln!(stdout, "| --- | --- | --- | --- | --- |")?;
    rows.iter().map(Row::to_string).try_for_each(|row| writeln!(stdout, "{row}"))?;
    Ok(stdout.flush()?)
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn read_arguments() -> Outcome<Option<(Programs, Scale, Option<String>)>> {
    use lexopt::prelude::{Long, Short, ValueExt};
    let (mut outrigger, mut scripted_model, mut codex) = (None, None, None);
    let (mut peers, mut absent_peers, mut node_pty) = (Vec::new(), Vec::new(), None);
    let (mut scale, mut only) = (Scale::FULL, None);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("outrigger") => outrigger = Some(parser.value()?.into()),
            Long("scripted-model") => scripted_model = Some(parser.value()?.into()),
            Long("codex") => codex = Some(parser.value()?.into()),
            Long("only") => only = Some(parser.value()?.string()?),
            Long("quick") => scale = Scale::QUICK,
            Long("peer") => {
                let (name, program) = (parser.value()?.string()?, parser.value()?.into());
                peers.push(Peer { name, program, args: vec![parser.value()?.string()?] });
            }
            Long("absent-peer") => {
                absent_peers.push((parser.value()?.string()?, parser.value()?.string()?));
            }
            Long("node-pty") => {
                let mut next = || Ok::<_, lexopt::Error>(parser.value()?.into());
                node_pty = Some((next()?, next()?, next()?));
            }
            Long("help") | Short('h') => return Ok(None),
            _ => return Err(argument.unexpected().into()),
        }
    }
    let programs = Programs {
        outrigger: outrigger.ok_or("--outrigger is missing")?,
        scripted_model: scripted_model.ok_or("--scripted-model is missing")?,
        codex: codex.ok_or("--codex is missing")?,
        own: std::env::current_exe()?,
        peers,
        absent_peers,
        node_pty,
    };
    Ok(Some((programs, scale, only)))
}
