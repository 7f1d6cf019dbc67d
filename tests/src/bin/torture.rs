//! `npm run torture`: kills processes at random while turns run, and looks whether all is well after each.

// It prints what it did, and ends when it found something.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use lexopt::prelude::*;
use outrigger_tests::torture;

fn main() -> Result<(), lexopt::Error> {
    let (mut rounds, mut seed) = (1_000, None);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("rounds") => rounds = arguments.value()?.parse()?,
            Long("seed") => seed = Some(arguments.value()?.parse()?),
            _ => return Err(argument.unexpected()),
        }
    }
    let seed = seed.unwrap_or_else(|| {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
    });
    println!("npm run torture -- --rounds {rounds} --seed {seed}");
    let began = Instant::now();
    let figures = torture(seed, rounds, |round, figures| {
        if round % 50 == 0 {
            println!("{:>6.0} s  {figures}", began.elapsed().as_secs_f64());
        }
    });
    println!("{:>6.0} s  {figures}", began.elapsed().as_secs_f64());
    Ok(())
}
