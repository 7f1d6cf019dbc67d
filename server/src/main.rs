//! Arguments and the exit code.

use std::{
    io::{self, Write},
    panic::AssertUnwindSafe,
    process::ExitCode,
};

use clap::{Arg, ArgAction, ArgMatches, Command};
use outrigger::{Outcome, acp, console, daemon, logging};

/// sysexits' `EX_SOFTWARE`: a defect of ours. The editor starts us again.
const DEFECT: u8 = 70;

fn main() -> ExitCode {
    let matches = arguments().get_matches();
    let code = match matches.subcommand() {
        Some(("daemon", daemon)) => of_daemon(daemon),
        #[cfg(unix)]
        Some(("environment", _)) => u8::from(outrigger::environment::print().is_err()),
        Some(("approvals", approvals)) => console::approvals(&of_approvals(approvals)),
        Some(("acp", acp)) => of_acp(acp),
        _ if matches.get_flag("solo") => {
            let redactor = logging::redactor();
            logging::to_stderr(redactor.clone());
            serve(outrigger::run_solo(redactor))
        }
        _ => {
            logging::to_stderr(logging::redactor());
            daemon::relay()
        }
    };
    // A read of stdin cannot be cancelled, so nothing is waited for.
    std::process::exit(i32::from(code));
}

fn arguments() -> Command {
    let json = flag("json", "Print it as JSON");
    let id = Arg::new("id")
        .value_name("ID")
        .help("Its id, or how the id begins; may be left out when one waits");
    Command::new("outrigger")
        .version(outrigger::VERSION)
        .about("Codex threads, approvals and diffs in the editor you already use.")
        .long_about("Speaks LSP over stdio. An editor starts it; there is nothing to type here.")
        .arg(flag("stdio", "Speak LSP over stdin and stdout, which is also the default"))
        .arg(flag("solo", "Run everything in this process, which ends with the editor"))
        .subcommand(
            Command::new("acp")
                .about("Speak the Agent Client Protocol over stdin and stdout")
                .arg(flag("solo", "Run everything in this process, which ends with the client")),
        )
        .subcommand(
            Command::new("daemon")
                .about("The process that all editors share")
                .subcommand_required(true)
                .subcommand(
                    Command::new("run")
                        .about("Run it, until nobody needs it")
                        .arg(flag("guarded", "Started by its guard").hide(true)),
                )
                .subcommand(Command::new("start").about("Start it, unless it runs"))
                .subcommand(Command::new("launch").hide(true))
                .subcommand(
                    Command::new("guard").hide(true).arg(flag("start", "Start the daemon")),
                )
                .subcommand(Command::new("status").about("Say whether it runs").arg(json.clone()))
                .subcommand(Command::new("stop").about("End it, and what it runs"))
                .subcommand(Command::new("install").about("Have it start when you log in"))
                .subcommand(Command::new("uninstall").about("Take that back")),
        )
        .subcommand(Command::new("environment").hide(true))
        .subcommand(
            Command::new("approvals")
                .about("What waits for you, in any terminal")
                .after_help("Exit codes: 0 something waits, or it was decided; 1 nothing waits, or it could not be done; 2 usage.")
                .args_conflicts_with_subcommands(true)
                .arg(flag("watch", "Print a line for what comes and for what was decided, until Ctrl-C"))
                .arg(json.clone())
                .subcommand(Command::new("accept").about("Accept it once").args([id.clone(), json.clone()]))
                .subcommand(Command::new("decline").about("Decline it; the turn goes on").args([id, json])),
        )
}

fn of_approvals(matches: &ArgMatches) -> console::Request {
    let decide = |verdict, matches: &ArgMatches| console::Request {
        act: console::Act::Decide { verdict, id: matches.get_one("id").cloned() },
        json: matches.get_flag("json"),
    };
    match matches.subcommand() {
        Some(("accept", accept)) => decide(console::Verdict::Accept, accept),
        Some((_, decline)) => decide(console::Verdict::Decline, decline),
        None => console::Request {
            act: if matches.get_flag("watch") { console::Act::Watch } else { console::Act::List },
            json: matches.get_flag("json"),
        },
    }
}

fn of_acp(matches: &ArgMatches) -> u8 {
    let redactor = logging::redactor();
    logging::to_stderr(redactor.clone());
    if !matches.get_flag("solo") {
        return acp::serve();
    }
    outrigger::run_acp_solo(redactor).unwrap_or_else(|error| told(&Outcome::failed(&error)))
}

fn of_daemon(matches: &ArgMatches) -> u8 {
    match matches.subcommand() {
        Some(("run", run)) => {
            let redactor = logging::redactor();
            match outrigger::log_daemon(redactor.clone()) {
                Ok(()) => serve(outrigger::run_daemon(redactor, run.get_flag("guarded"))),
                Err(error) => told(&Outcome::failed(&error)),
            }
        }
        Some(("launch", _)) => u8::from(daemon::launch().is_err()),
        #[cfg(target_os = "linux")]
        Some(("guard", guard)) if guard.get_flag("start") => {
            u8::from(daemon::start_guarded().is_err())
        }
        Some(("guard", _)) => u8::from(daemon::guard().is_err()),
        Some(("start", _)) => told(&outrigger::start_daemon()),
        Some(("install", _)) => told(&outrigger::install_daemon()),
        Some(("uninstall", _)) => told(&outrigger::uninstall_daemon()),
        Some(("stop", _)) => told(&outrigger::stop_daemon()),
        Some((_, status)) => told(&outrigger::daemon_status(status.get_flag("json"))),
        None => DEFECT,
    }
}

/// Prints what a command has to say. A reader that is gone wants nothing more.
fn told(outcome: &Outcome) -> u8 {
    let _ = match outcome.code {
        0 => writeln!(io::stdout(), "{}", outcome.text),
        _ => writeln!(io::stderr(), "{}", outcome.text),
    };
    outcome.code
}

fn serve(run: impl Future<Output = io::Result<u8>>) -> u8 {
    // The core runs on this thread, not as a task: a note then wakes this thread alone, where a task wakes a worker
    // and that one a second to look for more work.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(8)
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => {
            let run = AssertUnwindSafe(|| runtime.block_on(run));
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
    }
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).action(ArgAction::SetTrue)
}
