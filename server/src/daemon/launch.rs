//! Reaching the daemon, and starting it where there is none.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    core::HomeRefused,
    home, offspring,
    protocol::{Failure, FailureKind},
};

use super::{
    Hello, Welcome, build,
    greeting::{self, LINK_VERSION, MAX_LINE, Misread},
    system::{self, Stream, connect},
};

/// How long a daemon that has the lock may take to be met at its socket.
const PATIENCE: Duration = Duration::from_secs(5);
/// From when on a daemon that cannot be met is asked to make its socket anew.
const SOCKET_LOST: Duration = Duration::from_millis(500);
const RETRY: Duration = Duration::from_millis(5);
/// How often a daemon that leaves without a word is followed by another try.
const TRIES: u32 = 5;
/// How long a greeting may take.
const GREETING: Duration = Duration::from_secs(10);

/// What `daemon run` says on its stdout once: that it can be met, or why not.
const READY: &str = "ready";
/// What it says when another process has the lock, followed by that one's pid.
const TAKEN: &str = "taken ";

/// Connects to the daemon of this state directory, starting it if need be, and greets it.
pub fn meet(directory: &Path, hello: &Hello) -> Result<(Stream, Welcome), Failure> {
    let mut tried = 0;
    loop {
        let stream = match connect(directory) {
            Some(stream) => stream,
            None => start(directory)?,
        };
        tried += 1;
        match greet(stream, hello) {
            // It was ending just as we came: the next one is met.
            Err(failure) if failure.kind == FailureKind::DaemonGone && tried < TRIES => {
                std::thread::sleep(RETRY);
            }
            met => return met,
        }
    }
}

/// Says who comes and hears who is there.
pub fn greet(mut stream: Stream, hello: &Hello) -> Result<(Stream, Welcome), Failure> {
    let answer = greeting::line(hello)
        .and_then(|line| {
            stream.set_read_timeout(Some(GREETING))?;
            stream.write_all(&line)
        })
        .and_then(|()| read_line(&mut stream))
        .and_then(|line| stream.set_read_timeout(None).map(|()| line))
        .map_err(|error| gone(&error))?;
    match greeting::read::<Welcome>(&answer) {
        Ok(Welcome { outrigger: LINK_VERSION, refused: Some(why), .. }) => {
            Err(Failure::new(FailureKind::LimitExceeded, why))
        }
        Ok(welcome) if welcome.outrigger == LINK_VERSION => Ok((stream, welcome)),
        Ok(Welcome { outrigger, .. }) | Err(Misread::Version(outrigger)) => {
            Err(other_version(outrigger))
        }
        Err(Misread::Noise) => Err(gone(&io::ErrorKind::InvalidData.into())),
    }
}

fn gone(error: &io::Error) -> Failure {
    let why = format!("The Outrigger daemon does not answer: {error}.");
    Failure::new(FailureKind::DaemonGone, why)
        .hint("Try again; `outrigger daemon stop` ends one that hangs.")
}

/// The one clear thing to say when the daemon that runs speaks another version.
fn other_version(theirs: u32) -> Failure {
    let why = format!(
        "The Outrigger daemon that is running speaks version {theirs} of the link, this one version {LINK_VERSION}."
    );
    Failure::new(FailureKind::AlreadyRunning, why)
        .hint("Restart to update: `outrigger daemon stop` ends the one that runs.")
        .with("restartToUpdate", true)
}

/// Reads up to the first newline, and nothing behind it.
fn read_line(stream: &mut Stream) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte)? == 1 {
        if byte[0] == b'\n' {
            return Ok(line);
        }
        line.push(byte[0]);
        if line.len() > MAX_LINE {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

/// Starts the daemon. Of several processes that do so at once one starts it, and the others wait.
fn start(directory: &Path) -> Result<Stream, Failure> {
    let starting = hold_start(directory).map_err(|error| unusable(directory, &error))?;
    let found = loop {
        if let Some(stream) = connect(directory) {
            break Ok(stream);
        }
        let said = match spawn(directory) {
            Ok(said) => said,
            Err(error) => {
                let why = format!("The Outrigger daemon could not be started: {error}.");
                break Err(Failure::new(FailureKind::Io, why));
            }
        };
        match said.trim_end() {
            READY => break connect(directory).ok_or_else(|| gone(&io::ErrorKind::NotFound.into())),
            "" => {
                let why = "The Outrigger daemon ended as it started.";
                let log = format!("Its log says why: {}.", directory.join("logs").display());
                break Err(Failure::new(FailureKind::DaemonGone, why).hint(log));
            }
            said => match said.strip_prefix(TAKEN) {
                // The owner may be ending just now: then this one starts the next.
                Some(pid) => match await_owner(directory, pid.parse().ok()) {
                    Ok(None) => {}
                    Ok(Some(stream)) => break Ok(stream),
                    Err(failure) => break Err(failure),
                },
                None => break Err(Failure::new(FailureKind::Io, said)),
            },
        }
    };
    drop(starting);
    found
}

fn unusable(directory: &Path, error: &io::Error) -> Failure {
    let why = format!("The state directory {} cannot be used: {error}.", directory.display());
    Failure::new(FailureKind::Io, why)
}

/// Held while one process starts the daemon; the kernel lets go of it with the process.
fn hold_start(directory: &Path) -> io::Result<File> {
    home::create_private(directory)?;
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(directory.join("starting"))?;
    file.lock()?;
    Ok(file)
}

/// Somebody has the lock: a daemon that is not to be met yet, or one in an editor's own process. `None`
/// when that one is gone.
fn await_owner(directory: &Path, pid: Option<u32>) -> Result<Option<Stream>, Failure> {
    let since = Instant::now();
    let mut asked = false;
    loop {
        if let Some(stream) = connect(directory) {
            return Ok(Some(stream));
        }
        let Some(owner) = pid.filter(|owner| system::is_alive(directory, *owner)) else {
            return Ok(None);
        };
        if home::daemon_of(directory) != pid {
            return Err(HomeRefused::Taken { pid }.into());
        }
        if since.elapsed() > PATIENCE {
            return Err(gone(&io::ErrorKind::TimedOut.into()));
        }
        if !asked && since.elapsed() > SOCKET_LOST {
            asked = true;
            system::ask_for_socket(owner);
        }
        std::thread::sleep(RETRY);
    }
}

/// Ends a daemon that cannot be spoken with.
pub fn terminate(directory: &Path, patience: Duration) {
    if let Some(owner) = home::daemon_of(directory) {
        system::end(directory, owner, patience);
    }
}

/// Starts `outrigger daemon run`, from a copy of the newest build that is known, and waits for what it
/// says. A build that says nothing at all is not left in charge: then it is this one.
fn spawn(directory: &Path) -> io::Result<String> {
    let (own, _) = build::copy_into(directory)?;
    if let Some(newest) = build::newest(directory).filter(|newest| *newest != own) {
        match spawn_program(&newest) {
            Ok(said) if !said.is_empty() => return Ok(said),
            _ => tracing::warn!(program = %newest.display(), "a newer build does not run"),
        }
    }
    spawn_program(&own)
}

fn spawn_program(program: &Path) -> io::Result<String> {
    let mut command = Command::new(program);
    command.args(["daemon", "launch"]).current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = system::name(&mut command).spawn()?;
    let mut said = String::new();
    if let Some(output) = child.stdout.take() {
        BufReader::new(output.take(4_096)).read_line(&mut said)?;
    }
    // It ended as soon as the daemon was on its own.
    child.wait()?;
    Ok(said)
}

/// `outrigger daemon launch`: starts the daemon, on Linux by its guard, and ends at once, so that the daemon has no
/// parent that an editor would find when it ends the tree of its child.
pub fn launch() -> io::Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    let first: &[&str] = if cfg!(target_os = "linux") { &["guard", "--start"] } else { &["run"] };
    command.arg("daemon").args(first).current_dir("/").stdin(Stdio::null()).stderr(Stdio::null());
    // Started in a terminal, or by a command of another daemon's codex, it is still nobody's.
    command.env_remove(offspring::VARIABLE).env_remove(offspring::TERMINAL);
    system::spawn_detached(system::name(&mut command)).map(drop)
}

/// Tells whoever started this daemon how it went, and leaves stdout to nobody.
pub fn say_ready(result: Result<(), &HomeRefused>) -> io::Result<()> {
    let said = match result {
        Ok(()) => READY.to_owned(),
        Err(HomeRefused::Taken { pid }) => {
            format!("{TAKEN}{}", pid.map(|pid| pid.to_string()).unwrap_or_default())
        }
        Err(HomeRefused::Io { message }) => message.replace('\n', " "),
    };
    let mut output = io::stdout();
    // Nobody may be listening: a daemon that was started by hand, in the background.
    let _ = writeln!(output, "{said}").and_then(|()| output.flush());
    system::leave_stdio()
}
