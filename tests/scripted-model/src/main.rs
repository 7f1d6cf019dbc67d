//! `scripted-model`: the scripted model as a process of its own.

use std::error::Error;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use scripted_model::{Options, Sandbox, Server, Unmarked, codex_home_with, with_causes};
use serde_json::json;
use tokio::io::AsyncReadExt;

const USAGE: &str = "\
usage: scripted-model [--port N] [--scripts DIR] [--story] [--first-byte-log FILE]
                      [--write-codex-home DIR] [--exit-on-stdin-eof]";

#[derive(Default)]
struct Arguments {
    options: Options,
    codex_home: Option<PathBuf>,
    exit_on_stdin_eof: bool,
    help: bool,
}

fn main() -> ExitCode {
    let result = read_arguments(std::env::args_os()).and_then(|arguments| {
        if arguments.help {
            return print_line(USAGE);
        }
        run(arguments)
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ =
                writeln!(std::io::stderr(), "scripted-model: {}\n{USAGE}", with_causes(&*error));
            ExitCode::FAILURE
        }
    }
}

fn read_arguments(
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Arguments, Box<dyn Error>> {
    use lexopt::prelude::{Long, Short, ValueExt};
    let mut parser = lexopt::Parser::from_iter(arguments);
    let mut read = Arguments::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("port") => read.options.port = parser.value()?.parse()?,
            Long("scripts") => read.options.scripts = Some(parser.value()?.into()),
            Long("story") => read.options.unmarked = Unmarked::Story,
            Long("first-byte-log") => read.options.first_byte_log = Some(parser.value()?.into()),
            Long("write-codex-home") => read.codex_home = Some(parser.value()?.into()),
            Long("exit-on-stdin-eof") => read.exit_on_stdin_eof = true,
            Long("help") | Short('h') => read.help = true,
            _ => return Err(argument.unexpected().into()),
        }
    }
    Ok(read)
}

fn run(mut arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let story = matches!(arguments.options.unmarked, Unmarked::Story);
    if story {
        // Threads of a story are kept over restarts, and codex pairs calls and outputs by their ids.
        arguments.options.run =
            format!("{:x}", SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis());
    }
    let server = Server::start(arguments.options)?;
    if let Some(folder) = arguments.codex_home {
        // Tests run where no sandbox may be had; a person's own folder deserves one.
        let sandbox = if story { Sandbox::WorkspaceWrite } else { Sandbox::DangerFullAccess };
        codex_home_with(&folder, &server.base_url(), sandbox)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Before the line, for whoever reads it may stop this process at once.
        let mut signals = Signals::listen()?;
        print_line(&json!({ "baseUrl": server.base_url() }).to_string())?;
        tokio::select! {
            () = signals.received() => {}
            () = stdin_ended(), if arguments.exit_on_stdin_eof => {}
        }
        Ok::<_, Box<dyn Error>>(())
    })?;
    drop(server);
    // A read of stdin that still waits would keep the process.
    std::process::exit(0);
}

/// Writes the line that whoever started this process waits for.
fn print_line(line: &str) -> Result<(), Box<dyn Error>> {
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{line}")?;
    Ok(stdout.flush()?)
}

async fn stdin_ended() {
    let mut stdin = tokio::io::stdin();
    let mut ignored = [0; 1024];
    while matches!(stdin.read(&mut ignored).await, Ok(1..)) {}
}

/// The signals that end this process.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The signal that ends this process.
#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self(tokio::signal::windows::ctrl_c()?))
    }

    async fn received(&mut self) {
        self.0.recv().await;
    }
}
