//! The small programs that stand around what is measured. The benchmark starts itself as each of them.

mod bare;
#[cfg(unix)]
pub mod pty;
mod replay;
mod tee;
mod value_proxy;

use std::ffi::OsString;

use crate::Outcome;

/// Plays the part `name`; none when there is no such part.
pub fn play(name: &str, args: &[OsString]) -> Option<Outcome<()>> {
    match name {
        "bare" => Some(bare::run()),
        #[cfg(unix)]
        "flood" => Some(pty::flood(args)),
        #[cfg(unix)]
        "pty" => Some(pty::read(args)),
        "replay" => Some(replay::run(args)),
        "tee" => Some(tee::run(args)),
        "value-proxy" => Some(value_proxy::run(args)),
        _ => None,
    }
}

/// A child's program and arguments, which follow the part's own.
fn command(args: &[OsString]) -> Outcome<std::process::Command> {
    let (program, args) = args.split_first().ok_or("the program to start is missing")?;
    let mut command = std::process::Command::new(program);
    command.args(args).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    Ok(command)
}
