//! Terminals for editors that have none of ours: listed, opened, typed into and closed by commands.

use serde::Deserialize;
use serde_json::Value;

use super::calls::{argument, listed, made, wrong};
use crate::{
    core::{Action, World, session::Session},
    protocol::{
        ClientCall, Failure, FailureKind, RpcId, TerminalId,
        host::NoParams,
        terminal::{
            TerminalCloseParams, TerminalCreateParams, TerminalStatus, TerminalWriteParams,
        },
    },
};

/// Cells of a terminal that no editor shows.
const SIZE: (u32, u32) = (120, 30);

#[derive(Default, Deserialize)]
#[serde(default)]
struct CloseOptions {
    force: Option<bool>,
    everything: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CreateOptions {
    cwd: Option<String>,
    name: Option<String>,
    cols: Option<u32>,
    rows: Option<u32>,
    sandboxed: Option<bool>,
}

/// What a command about terminals comes to; `None` when it is not one.
pub(super) fn execute(
    world: &World,
    state: &Session,
    id: &RpcId,
    command: &str,
    arguments: &[Value],
) -> Option<Vec<Action>> {
    let argument = |place: usize| argument(arguments, place);
    let call = match command {
        "outrigger.terminal.list" => {
            return Some(listed(id, ClientCall::TerminalList(NoParams {}), words(world)));
        }
        "outrigger.terminal.create" => create(state, argument(0), argument(1)),
        "outrigger.terminal.send" => send(world, argument(0), argument(1), argument(2)),
        "outrigger.terminal.close" => close(world, argument(0), argument(1)),
        _ => return None,
    };
    Some(made(id, call))
}

/// A line that the person's shell carries out, or the shell itself.
fn create(
    state: &Session,
    line: Option<&Value>,
    options: Option<&Value>,
) -> Result<ClientCall, Failure> {
    let line = match line {
        None => None,
        Some(Value::String(line)) => Some(line.clone()),
        Some(_) => return Err(wrong("outrigger.terminal.create takes a command line as a string")),
    };
    let CreateOptions { cwd, name, cols, rows, sandboxed } = read(options)?;
    let name = name.or_else(|| line.clone());
    let (command, args) = match line {
        Some(line) => (Some(shell(state)), Some(vec!["-c".to_owned(), line])),
        None => (None, None),
    };
    let (cols, rows) = (cols.unwrap_or(SIZE.0), rows.unwrap_or(SIZE.1));
    let (env, thread_id) = (None, None);
    Ok(ClientCall::TerminalCreate(TerminalCreateParams {
        cwd,
        command,
        args,
        env,
        cols,
        rows,
        name,
        thread_id,
        sandboxed,
    }))
}

fn shell(state: &Session) -> String {
    let variable = state.origin.environment.iter().find(|(name, _)| name == "SHELL");
    let shell = variable.and_then(|(_, shell)| shell.to_str());
    shell.filter(|shell| shell.starts_with('/')).unwrap_or("/bin/sh").to_owned()
}

/// The text, and Enter unless the third argument is false.
fn send(
    world: &World,
    terminal: Option<&Value>,
    text: Option<&Value>,
    enter: Option<&Value>,
) -> Result<ClientCall, Failure> {
    let Some(Value::String(text)) = text else {
        return Err(wrong("outrigger.terminal.send takes a terminal and a text"));
    };
    let mut data = text.clone();
    if enter != Some(&Value::Bool(false)) {
        data.push('\r');
    }
    let terminal_id = named(world, terminal)?;
    Ok(ClientCall::TerminalWrite(TerminalWriteParams { terminal_id, data }))
}

fn close(
    world: &World,
    terminal: Option<&Value>,
    options: Option<&Value>,
) -> Result<ClientCall, Failure> {
    let CloseOptions { force, everything } = read(options)?;
    let terminal_id = named(world, terminal)?;
    Ok(ClientCall::TerminalClose(TerminalCloseParams { terminal_id, force, everything }))
}

/// The terminal of this name; without one, the only one in which something runs.
fn named(world: &World, name: Option<&Value>) -> Result<TerminalId, Failure> {
    match name {
        Some(Value::String(name)) => Ok(name.as_str().into()),
        Some(_) => Err(wrong("A terminal's name is a string")),
        None => {
            let all = world.terminals.list().terminals;
            let mut running = all.iter().filter(|one| one.status == TerminalStatus::Running);
            match (running.next(), running.next()) {
                (Some(only), None) => Ok(only.terminal_id.clone()),
                (None, _) => Err(Failure::new(FailureKind::TerminalUnknown, "No terminal runs.")),
                (Some(_), Some(_)) => Err(wrong("Several terminals run: name one")),
            }
        }
    }
}

/// The list for a person.
fn words(world: &World) -> String {
    let all = world.terminals.list().terminals;
    if all.is_empty() {
        return "No terminal is open.".to_owned();
    }
    let lines = all.iter().map(|one| {
        let status = match one.status {
            TerminalStatus::Running => "runs",
            TerminalStatus::Exited => "has exited",
            TerminalStatus::Restored => "was restored",
        };
        format!("{}: {} {status} in {}", one.terminal_id, one.name, one.cwd)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn read<T: Default + serde::de::DeserializeOwned>(options: Option<&Value>) -> Result<T, Failure> {
    let Some(options) = options else { return Ok(T::default()) };
    T::deserialize(options).map_err(|error| wrong(&format!("The options are not valid: {error}")))
}
