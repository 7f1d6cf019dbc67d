//! Terminals of what the app-server runs: a command of the agent, which can be watched and ended, and a program in
//! Codex's sandbox, which can be typed into as well.

use std::path::PathBuf;

use base64::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Purpose, Step,
    app_server::Passage,
    terminals::{Flow, LIMIT, Wanted},
};
use crate::{
    codex::{requests, views},
    protocol::{
        Failure, FailureKind, ItemId, Raw, RpcError, RpcId, SessionId, TerminalId, ThreadId,
        terminal::{TerminalHeld, TerminalWatchParams},
        thread::ItemState,
    },
    terminal::{self, Command, Output, Size},
};

/// The exit code of what was ended, as a shell has it, and of what never began.
const KILLED: i32 = 137;
const NOT_STARTED: i32 = 126;
/// Of a command whose end has no code.
const UNKNOWN: i32 = 1;
/// What was shown of a command was not all: it is drawn anew.
const ANEW: &str = "\x1b[H\x1b[2J\x1b[3J";

/// Whose program a terminal shows.
#[derive(Debug)]
pub(super) enum Elsewhere {
    Agent {
        thread: ThreadId,
        item: ItemId,
        /// Bytes of output that were handed in.
        shown: usize,
    },
    Sandbox {
        /// What was typed and is not sent: one write is on its way at a time, so that they stay in order.
        typed: Vec<u8>,
        writing: bool,
    },
}

impl Elsewhere {
    pub(super) fn is_interactive(&self) -> bool {
        matches!(self, Self::Sandbox { .. })
    }

    fn is_of(&self, of: (&ThreadId, &str)) -> bool {
        matches!(self, Self::Agent { thread, item, .. } if (thread, item.as_str()) == of)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecOutput {
    process_id: String,
    delta_base64: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecEnd {
    exit_code: i32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Printed {
    item_id: String,
    delta: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Completed {
    item: CompletedItem,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompletedItem {
    id: String,
    aggregated_output: Option<String>,
    exit_code: Option<i32>,
}

impl Step<'_> {
    /// Shows a command of the agent in a terminal; one that is shown already, in the same.
    pub(super) fn terminal_watch(
        &mut self,
        session: SessionId,
        id: RpcId,
        params: &TerminalWatchParams,
    ) {
        let TerminalWatchParams { thread_id, turn_id, item_id, cols, rows } = params;
        let of = (thread_id, item_id.as_str());
        let known =
            self.world.terminals.all.iter().find(|entry| {
                entry.elsewhere.as_ref().is_some_and(|elsewhere| elsewhere.is_of(of))
            });
        if let Some(entry) = known {
            let held = TerminalHeld { terminal: entry.told_as() };
            return self.answer(session, id, &held);
        }
        let held = self.world.threads.get(thread_id.as_str());
        let item = held.and_then(|entry| entry.thread.item(turn_id, item_id));
        let Some(item) = item.filter(|item| item.kind == "commandExecution") else {
            let why = format!("Thread {thread_id} has no command {item_id} here.");
            let failure = Failure::new(FailureKind::ThreadUnknown, why);
            return self.fail(session, id, failure.with("threadId", thread_id.as_str()));
        };
        let text = |name: &str| item.fields.get(name).and_then(Value::as_str).unwrap_or_default();
        let (output, command) = (text("output").to_owned(), text("command").to_owned());
        let cwd = PathBuf::from(text("cwd"));
        let elsewhere = Elsewhere::Agent {
            thread: thread_id.clone(),
            item: item_id.clone(),
            shown: output.len(),
        };
        let size = Size::new(*cols, *rows);
        let thread_id = Some(thread_id.clone());
        let Some(terminal) =
            self.open_elsewhere((session, id), (command, cwd, size), thread_id, elsewhere)
        else {
            return;
        };
        self.feed(&terminal, Output::Text(output));
        if let Some(code) = ended(&item) {
            self.ask_terminals(Command::Finish { terminal, code });
        }
    }

    /// A program in Codex's sandbox, with the app-server's environment.
    pub(super) fn terminal_sandboxed(
        &mut self,
        session: SessionId,
        id: RpcId,
        (command, cwd, size): (Vec<String>, PathBuf, Size),
        name: Option<String>,
        thread_id: Option<ThreadId>,
    ) {
        match self.world.server.passage(None) {
            Passage::Go => {}
            Passage::Hold => {
                let failure = self.world.server.down();
                return self.fail(session, id, failure);
            }
            Passage::Refuse(failure) => return self.fail(session, id, failure),
        }
        let elsewhere = Elsewhere::Sandbox { typed: Vec::new(), writing: false };
        let name = name.unwrap_or_else(|| command.join(" "));
        let whose = (session, id);
        let what = (name, cwd.clone(), size);
        let Some(terminal) = self.open_elsewhere(whose, what, thread_id, elsewhere) else { return };
        let params = json!({
            "command": command,
            "processId": terminal.as_str(),
            "cwd": cwd,
            "tty": true,
            "size": { "cols": size.cols(), "rows": size.rows() },
            "disableTimeout": true,
            "env": { "TERM": "xterm-256color", "COLORTERM": "truecolor" },
        });
        self.upstream("command/exec", Raw::of(&params), Purpose::Sandboxed { terminal });
    }

    fn open_elsewhere(
        &mut self,
        (session, id): (SessionId, RpcId),
        (program, cwd, size): (String, PathBuf, Size),
        thread_id: Option<ThreadId>,
        elsewhere: Elsewhere,
    ) -> Option<TerminalId> {
        if !self.make_room_for_terminal() {
            let failure = Failure::from(terminal::Error::TooMany { limit: LIMIT });
            self.fail(session, id, failure);
            return None;
        }
        let terminal = self.world.terminals.new_id();
        let name = Some(program.clone());
        let elsewhere = Some(elsewhere);
        let wanted = Wanted::Create { name, thread_id, elsewhere };
        let flow = Flow { session, id, terminal: terminal.clone(), wanted };
        let token = self.token(Purpose::Terminal(flow));
        let opened = terminal.clone();
        self.ask_terminals(Command::Open { token, terminal: opened, program, cwd, size });
        Some(terminal)
    }

    fn feed(&mut self, terminal: &TerminalId, output: Output) {
        self.ask_terminals(Command::Feed { terminal: terminal.clone(), output });
    }

    // What the app-server says.

    /// Output of a program in the sandbox.
    pub(super) fn sandbox_printed(&mut self, params: &Raw) {
        let Ok(ExecOutput { process_id, delta_base64 }) = params.decode() else { return };
        let terminal = TerminalId::from(process_id);
        if self.world.terminals.get_mut(&terminal).is_some() {
            self.feed(&terminal, Output::Base64(delta_base64));
        }
    }

    /// Output, or the end, of a command of the agent.
    pub(super) fn command_noted(&mut self, method: &str, thread: &ThreadId, params: &Raw) {
        if !matches!(method, "item/commandExecution/outputDelta" | "item/completed")
            || self.world.terminals.all.iter().all(|entry| entry.elsewhere.is_none())
        {
            return;
        }
        if method == "item/completed" {
            let Ok(Completed { item }) = params.decode() else { return };
            let CompletedItem { id, aggregated_output, exit_code } = item;
            let Some((terminal, shown)) = self.watched(thread, &id) else { return };
            // Deltas may leave some of it out; this is all.
            if let Some(whole) = aggregated_output.filter(|whole| whole.len() != *shown) {
                *shown = whole.len();
                self.feed(&terminal, Output::Text(format!("{ANEW}{whole}")));
            }
            let code = exit_code.unwrap_or(UNKNOWN);
            self.ask_terminals(Command::Finish { terminal, code });
        } else {
            let Ok(Printed { item_id, delta, .. }) = params.decode() else { return };
            let Some((terminal, shown)) = self.watched(thread, &item_id) else { return };
            *shown += delta.len();
            self.feed(&terminal, Output::Text(delta));
        }
    }

    fn watched(&mut self, thread: &ThreadId, item: &str) -> Option<(TerminalId, &mut usize)> {
        self.world.terminals.all.iter_mut().find_map(|entry| match &mut entry.elsewhere {
            Some(Elsewhere::Agent { thread: of, item: one, shown })
                if of == thread && one.as_str() == item =>
            {
                Some((entry.id.clone(), shown))
            }
            _ => None,
        })
    }

    /// The program in the sandbox has ended, or did not begin.
    pub(super) fn sandbox_ended(&mut self, terminal: TerminalId, result: Result<Raw, RpcError>) {
        let code = match result {
            Ok(end) => end.decode().map_or(UNKNOWN, |end: ExecEnd| end.exit_code),
            Err(error) => {
                self.feed(&terminal, Output::Text(format!("{}\n", error.message)));
                NOT_STARTED
            }
        };
        self.ask_terminals(Command::Finish { terminal, code });
    }

    /// All that the app-server ran is gone with it.
    pub(super) fn elsewhere_lost(&mut self) {
        let all = self.world.terminals.all.iter().filter(|entry| entry.elsewhere.is_some());
        for terminal in all.map(|entry| entry.id.clone()).collect::<Vec<_>>() {
            self.ask_terminals(Command::Finish { terminal, code: KILLED });
        }
    }

    // What the terminal says.

    /// Whether more may be typed than waits already.
    pub(super) fn may_type(&self, terminal: &TerminalId, data: &str) -> Result<(), Failure> {
        let entry = self.world.terminals.all.iter().find(|entry| entry.id == *terminal);
        match entry.and_then(|entry| entry.elsewhere.as_ref()) {
            Some(Elsewhere::Agent { .. }) => {
                let why = "A command of the agent takes no input from here.";
                Err(Failure::new(FailureKind::InvalidParams, why))
            }
            Some(Elsewhere::Sandbox { typed, .. })
                if typed.len() + data.len() > terminal::INPUT =>
            {
                let (waiting, limit) = (typed.len(), terminal::INPUT);
                Err(terminal::Error::InputFull { waiting, limit }.into())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn elsewhere_typed(&mut self, terminal: &TerminalId, data: &[u8]) {
        let entry = self.world.terminals.get_mut(terminal);
        if let Some(Elsewhere::Sandbox { typed, .. }) =
            entry.and_then(|entry| entry.elsewhere.as_mut())
        {
            typed.extend_from_slice(data);
            self.type_on(terminal);
        }
    }

    /// Sends what was typed, once what was sent before has arrived.
    fn type_on(&mut self, terminal: &TerminalId) {
        let entry = self.world.terminals.get_mut(terminal);
        let Some(Elsewhere::Sandbox { typed, writing }) =
            entry.and_then(|entry| entry.elsewhere.as_mut())
        else {
            return;
        };
        if *writing || typed.is_empty() {
            return;
        }
        *writing = true;
        let data = BASE64_STANDARD.encode(std::mem::take(typed));
        let params = json!({ "processId": terminal.as_str(), "deltaBase64": data });
        let purpose = Purpose::Typed { terminal: terminal.clone() };
        self.upstream("command/exec/write", Raw::of(&params), purpose);
    }

    /// What was typed has arrived, or can't any more.
    pub(super) fn typed_arrived(&mut self, terminal: &TerminalId) {
        let entry = self.world.terminals.get_mut(terminal);
        if let Some(Elsewhere::Sandbox { writing, .. }) =
            entry.and_then(|entry| entry.elsewhere.as_mut())
        {
            *writing = false;
            self.type_on(terminal);
        }
    }

    pub(super) fn elsewhere_sized(&mut self, terminal: &TerminalId, size: Size) {
        if self.is_sandboxed(terminal) {
            let size = json!({ "cols": size.cols(), "rows": size.rows() });
            let params = json!({ "processId": terminal.as_str(), "size": size });
            self.upstream("command/exec/resize", Raw::of(&params), Purpose::Rest);
        }
    }

    /// It is to end.
    pub(super) fn elsewhere_halted(&mut self, terminal: &TerminalId) {
        if self.is_sandboxed(terminal) {
            let params = json!({ "processId": terminal.as_str() });
            self.upstream("command/exec/terminate", Raw::of(&params), Purpose::Rest);
            return;
        }
        let entry = self.world.terminals.get_mut(terminal);
        if let Some(Elsewhere::Agent { thread, .. }) =
            entry.and_then(|entry| entry.elsewhere.as_ref())
        {
            let page = requests::Page::default();
            let request = requests::background_terminals_list(thread.as_str(), &page);
            let purpose = Purpose::Halting { terminal: terminal.clone() };
            self.ask_upstream(&request, purpose);
        }
    }

    /// Which of the agent's commands still run: the one of this terminal is ended, if it does.
    pub(super) fn halting(&mut self, terminal: TerminalId, result: Result<Raw, RpcError>) {
        let entry = self.world.terminals.get_mut(&terminal);
        if let Some(Elsewhere::Agent { thread, item, .. }) =
            entry.and_then(|entry| entry.elsewhere.as_ref())
            && let Ok(page) = result
            && let Ok(page) = page.view::<views::BackgroundTerminalPage>()
            && let Some(found) = page.data.iter().find(|one| &*one.item_id == item.as_str())
        {
            let request =
                requests::background_terminals_terminate(thread.as_str(), &found.process_id);
            self.ask_upstream(&request, Purpose::Halted { terminal });
        } else {
            self.elsewhere_gone(terminal);
        }
    }

    /// It was ended, or can't be from here.
    pub(super) fn elsewhere_gone(&mut self, terminal: TerminalId) {
        self.ask_terminals(Command::Finish { terminal, code: KILLED });
    }

    fn is_sandboxed(&self, terminal: &TerminalId) -> bool {
        let entry = self.world.terminals.all.iter().find(|entry| entry.id == *terminal);
        entry.and_then(|entry| entry.elsewhere.as_ref()).is_some_and(Elsewhere::is_interactive)
    }
}

/// How a command ended that runs no more.
fn ended(item: &ItemState) -> Option<i32> {
    let code = item.fields.get("exitCode").and_then(Value::as_i64);
    let runs = item.status.as_deref() == Some("inProgress");
    (!runs).then(|| code.and_then(|code| i32::try_from(code).ok()).unwrap_or(UNKNOWN))
}
