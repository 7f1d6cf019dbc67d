//! What a terminal wants of the daemon that runs, if one does: none is started for it.

use std::{
    io::Read,
    path::Path,
    time::{Duration, Instant},
};

use super::{
    Ask, Build, Face, Hello, Welcome, launch,
    system::{Stream, connect},
};
use crate::protocol::{Failure, FailureKind};

/// How long a daemon may take to end: what waits is written and the app-server is given time to end.
const ENDING: Duration = Duration::from_secs(15);

/// Asks the daemon of this state directory; `None` when none runs.
pub fn ask(directory: &Path, ask: Ask) -> Result<Option<Welcome>, Failure> {
    let Some(stream) = connect(directory) else { return Ok(None) };
    let io = |error: std::io::Error| Failure::new(FailureKind::Io, error.to_string());
    let hello = Hello::of_terminal(this_build()?, Face::Control, Some(ask));
    let (mut stream, welcome) = match launch::greet(stream, &hello) {
        Ok(met) => met,
        // Of another version, or stuck: it is ended all the same.
        Err(_) if ask == Ask::Stop => {
            launch::terminate(directory, ENDING);
            return Ok(None);
        }
        Err(failure) => return Err(failure),
    };
    if ask == Ask::Stop {
        stream.set_read_timeout(Some(ENDING)).map_err(io)?;
        // The kernel closes it with the process, whatever that does: this is the end of the daemon.
        let since = Instant::now();
        while since.elapsed() < ENDING && stream.read(&mut [0; 64]).is_ok_and(|read| read > 0) {}
    }
    Ok(Some(welcome))
}

/// Starts the daemon of this state directory, unless it runs.
pub fn start(directory: &Path) -> Result<Welcome, Failure> {
    let hello = Hello::of_terminal(this_build()?, Face::Control, Some(Ask::Status));
    launch::meet(directory, &hello).map(|(_, welcome)| welcome)
}

/// A session with the daemon of this state directory, as an editor has one; `None` when none runs.
pub fn attach(directory: &Path) -> Result<Option<Stream>, Failure> {
    let Some(stream) = connect(directory) else { return Ok(None) };
    let hello = Hello::of_terminal(this_build()?, Face::Lsp, None);
    launch::greet(stream, &hello).map(|(stream, _)| Some(stream))
}

fn this_build() -> Result<Build, Failure> {
    let build = std::env::current_exe().and_then(|program| Build::of(&program));
    build.map_err(|error| Failure::new(FailureKind::Io, error.to_string()))
}
