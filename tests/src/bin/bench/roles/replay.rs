//! A recorded app-server that writes as fast as it is read: `replay small|large COUNT`.

use std::ffi::OsString;
use std::io::{BufRead, Write};

use serde_json::Value;

use crate::Outcome;
use crate::recording::{Flood, Recording};

pub fn run(args: &[OsString]) -> Outcome<()> {
    // Outrigger adds `app-server`.
    let [kind, count, ..] = args else { return Err("usage: replay small|large COUNT".into()) };
    let (kind, count) = (kind.to_str().unwrap_or_default(), count.to_str().unwrap_or_default());
    let flood = Flood::named(kind, count.parse()?).ok_or("neither small nor large")?;
    let recording = Recording::read()?;
    let mut turn = recording.turn(flood);
    let mut stdout = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let Some(id) = request.get("id") else { continue };
        let method = request["method"].as_str().unwrap_or_default();
        let Some(result) = recording.result(method) else {
            return Err(format!("{method} was not recorded").into());
        };
        stdout.write_all(format!("{{\"id\":{id},\"result\":{result}}}\n").as_bytes())?;
        stdout.flush()?;
        if method == "turn/start" {
            for number in 0..flood.turns() {
                stdout.write_all(turn.numbered(number))?;
            }
            stdout.flush()?;
        }
    }
    Ok(())
}
