//! Carries out what was asked on the command line.

use std::{
    collections::HashMap,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{
    Act, Request,
    client::{Client, NAME},
    code,
    colour::Colour,
    show::Page,
    waiting::{Verdict, Waiting, find},
    watch,
};
use crate::{
    clock::Clock,
    home, logging,
    protocol::{Failure, FailureKind},
    redact::Redactor,
};

/// Columns where nobody says how many there are.
const USUAL_WIDTH: usize = 80;

/// Why there is nothing more to say.
pub enum Stop {
    Failed(Failure),
    /// Whoever read our output is gone.
    Unread,
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Self {
        Self::Unread
    }
}

impl<T: Into<Failure>> From<T> for Stop {
    fn from(failure: T) -> Self {
        Self::Failed(failure.into())
    }
}

/// `outrigger approvals`. Returns the exit code.
pub fn approvals(request: &Request) -> u8 {
    let done = directory().map_err(Stop::from).and_then(|directory| match &request.act {
        Act::List => list(&directory, request.json),
        Act::Watch => watch::run(&directory, request.json),
        Act::Decide { verdict, id } => decide(&directory, *verdict, id.as_deref(), request.json),
    });
    match done {
        Ok(code) => code,
        Err(Stop::Unread) => code::NOTHING,
        Err(Stop::Failed(failure)) => tell(&failure, request.json),
    }
}

fn directory() -> Result<PathBuf, Failure> {
    home::of_this_environment().ok_or_else(|| {
        let why = "There is no home directory to keep Outrigger's state in.";
        Failure::new(FailureKind::Io, why)
    })
}

fn list(directory: &Path, as_json: bool) -> Result<u8, Stop> {
    let mut client = Client::attach(directory)?;
    let waiting = match &mut client {
        Some(client) => pending(client, &logging::redactor())?,
        None => Vec::new(),
    };
    if as_json {
        let all: Vec<&Value> = waiting.iter().map(Waiting::safe).collect();
        print(&json!({ "approvals": all }).to_string())?;
    } else if let Some(client) = client.as_mut().filter(|_| !waiting.is_empty()) {
        let names = thread_names(client, &waiting);
        print(&page().list(&waiting, |id| names.get(id).cloned()))?;
        if io::stdout().is_terminal() {
            print("\nDecide with `outrigger approvals accept ID` or `decline ID`.")?;
        }
    } else if client.is_some() {
        print("Nothing waits.")?;
    } else {
        print("Nothing waits: no daemon is running.")?;
    }
    Ok(if waiting.is_empty() { code::NOTHING } else { code::DONE })
}

fn decide(directory: &Path, verdict: Verdict, id: Option<&str>, as_json: bool) -> Result<u8, Stop> {
    let Some(mut client) = Client::attach(directory)? else {
        let why = "Nothing waits: no daemon is running.";
        return Err(Failure::new(FailureKind::ApprovalUnknown, why).into());
    };
    let waiting = pending(&mut client, &logging::redactor())?;
    let found = match find(&waiting, id) {
        Ok(found) => found,
        // One of the past, or of nobody: the daemon says which.
        Err(failure) if failure.kind == FailureKind::ApprovalUnknown => match id {
            Some(id) => {
                let refused = send(&mut client, id, &verdict.word().into());
                return Err(refused.err().filter(is_of_the_past).unwrap_or(failure).into());
            }
            None => return Err(failure.into()),
        },
        Err(failure) => return Err(failure.into()),
    };
    let decision = found.decision(verdict)?;
    if id.is_none() && !agreed(&mut client, found, verdict)? {
        print("Nothing was decided.")?;
        return Ok(code::NOTHING);
    }
    send(&mut client, found.id(), &decision)?;
    if as_json {
        let done =
            json!({ "approvalId": found.id(), "verdict": verdict.word(), "decidedBy": NAME });
        print(&done.to_string())?;
    } else {
        print(&page().decided(found, verdict))?;
    }
    Ok(code::DONE)
}

fn is_of_the_past(failure: &Failure) -> bool {
    failure.kind == FailureKind::ApprovalResolved
}

fn send(client: &mut Client, id: &str, decision: &Value) -> Result<(), Failure> {
    let params = json!({ "approvalId": id, "decision": decision });
    client.call("outrigger/approval/decide", &params)?;
    Ok(())
}

/// Without an id it is shown first, and the person says yes to what they see. Declining needs no look.
fn agreed(client: &mut Client, waiting: &Waiting, verdict: Verdict) -> Result<bool, Stop> {
    if verdict == Verdict::Decline {
        return Ok(true);
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        let why = "Nothing is accepted that nobody was shown.";
        let failure = Failure::new(FailureKind::InvalidParams, why);
        return Err(failure.hint(format!("Name it: `accept {}`.", waiting.id())).into());
    }
    let names = thread_names(client, std::slice::from_ref(waiting));
    print(&page().whole(waiting, |id| names.get(id).cloned()))?;
    write!(io::stdout(), "\n{} it? [y/N] ", verdict.verb())?;
    io::stdout().flush()?;
    let mut said = String::new();
    io::stdin().read_line(&mut said)?;
    Ok(matches!(said.trim(), "y" | "Y" | "yes"))
}

/// All that waits, the oldest first.
pub fn pending(client: &mut Client, redactor: &Redactor) -> Result<Vec<Waiting>, Failure> {
    let result = client.call("outrigger/approval/list", &json!({}))?;
    Ok(Waiting::read_all(result, redactor))
}

/// The names that these threads were given, by id.
fn thread_names(client: &mut Client, waiting: &[Waiting]) -> HashMap<String, String> {
    let mut names = HashMap::new();
    let mut asked: Vec<&str> =
        waiting.iter().filter_map(|waiting| waiting.shown.thread_id.as_deref()).collect();
    asked.sort_unstable();
    asked.dedup();
    for id in asked {
        let params = json!({ "threadId": id, "limit": 1 });
        // Without a name there is still the id.
        let Ok(snapshot) = client.call("outrigger/thread/snapshot", &params) else { continue };
        if let Some(name) = snapshot["thread"]["name"].as_str() {
            names.insert(id.to_owned(), name.to_owned());
        }
    }
    names
}

/// The terminal, as it is now.
pub fn page() -> Page {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    Page {
        width: terminal_width().or(columns).unwrap_or(USUAL_WIDTH),
        colour: Colour::of_stdout(),
        home: std::env::home_dir(),
        now: Clock::start().now().epoch_ms,
    }
}

#[cfg(unix)]
fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

#[cfg(not(unix))]
fn terminal_width() -> Option<usize> {
    None
}

/// Says it at once, whoever reads.
pub fn print(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{text}")?;
    output.flush()
}

/// Tells a failure: as JSON to whoever reads our output, else to the person.
fn tell(failure: &Failure, as_json: bool) -> u8 {
    let kind = failure.kind.as_str();
    let told = if as_json {
        let error = json!({ "kind": kind, "message": failure.message, "hint": failure.hint });
        print(&json!({ "error": error }).to_string())
    } else {
        let hint = failure.hint.as_deref().map(|hint| format!(" {hint}")).unwrap_or_default();
        writeln!(io::stderr(), "outrigger: {}{hint} ({kind})", failure.message)
    };
    match (told, failure.kind) {
        (Ok(()), FailureKind::InvalidParams) => code::USAGE,
        _ => code::NOTHING,
    }
}
