//! Arguments, logging and the exit code.

use std::{panic::AssertUnwindSafe, process::ExitCode};

use clap::{Arg, ArgAction, Command};
use tracing_subscriber::EnvFilter;

/// sysexits' `EX_SOFTWARE`: a defect of ours. The editor starts us again.
const DEFECT: u8 = 70;

fn main() -> ExitCode {
    let arguments = Command::new("outrigger")
        .version(outrigger::VERSION)
        .about("Codex threads, approvals and diffs in the editor you already use.")
        .long_about("Speaks LSP over stdio. An editor starts it; there is nothing to type here.")
        .arg(flag("stdio", "Speak LSP over stdin and stdout, which is also the default"))
        .arg(flag("solo", "Run everything in this process, which ends with the editor"));
    arguments.get_matches();

    // stdout is the wire: what there is to say goes to stderr, which editors keep in a log.
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_env_filter(
            EnvFilter::try_from_env("OUTRIGGER_LOG").unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .init();
    std::panic::set_hook(Box::new(|panic| tracing::error!("defect: {panic}")));

    // The core runs on this thread, not as a task: a note then wakes this thread alone, where a task wakes a worker
    // and that one a second to look for more work.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(8)
        .enable_all()
        .build();
    let code = match runtime {
        Ok(runtime) => {
            let run = AssertUnwindSafe(|| runtime.block_on(outrigger::run_solo()));
            match std::panic::catch_unwind(run) {
                Ok(Ok(code)) => code,
                Ok(Err(error)) => {
                    tracing::error!(%error, "the editor cannot be served");
                    DEFECT
                }
                // The panic hook has said which defect it was.
                Err(_) => DEFECT,
            }
        }
        Err(error) => {
            tracing::error!(%error, "no runtime");
            DEFECT
        }
    };
    // A read of stdin cannot be cancelled, so the runtime is not waited for.
    std::process::exit(i32::from(code));
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).action(ArgAction::SetTrue)
}
