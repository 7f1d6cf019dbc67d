//! `npm run torture`: kills processes at random while turns run, while hunks are staged (`--hunks`), while terminals are full (`--terminals`) or while automations come due (`--automations`), and looks whether all is well after each.

// It prints what it did, and ends when it found something.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::fmt::Display;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use lexopt::prelude::*;
use outrigger_tests::{automation_torture, hunk_torture, terminal_torture, torture};

fn main() -> Result<(), lexopt::Error> {
    let (mut rounds, mut seed, mut what) = (1_000, None, "");
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("rounds") => rounds = arguments.value()?.parse()?,
            Long("automations") => what = "--automations ",
            Long("hunks") => what = "--hunks ",
            Long("terminals") => what = "--terminals ",
            Long("seed") => seed = Some(arguments.value()?.parse()?),
            _ => return Err(argument.unexpected()),
        }
    }
    let seed = seed.unwrap_or_else(|| {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
    });
    println!("npm run torture -- {what}--rounds {rounds} --seed {seed}");
    let began = Instant::now();
    let tell = |figures: &dyn Display| {
        println!("{:>6.0} s  {figures}", began.elapsed().as_secs_f64());
    };
    let is_time = |round: u32| round.is_multiple_of(50) || round == rounds;
    match what {
        "" => drop(torture(seed, rounds, |round, figures| {
            if is_time(round) {
                tell(figures);
            }
        })),
        "--automations " => drop(automation_torture(seed, rounds, |figures| tell(figures))),
        "--hunks " => drop(hunk_torture(seed, rounds, |round, figures| {
            if is_time(round) {
                tell(figures);
            }
        })),
        _ => drop(terminal_torture(seed, rounds, |round, figures| {
            if is_time(round) {
                tell(figures);
            }
        })),
    }
    Ok(())
}
