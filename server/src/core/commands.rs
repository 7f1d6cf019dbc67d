//! Commands of editors that know only standard LSP: each becomes the same calls that a rich editor makes.

use serde_json::{Value, json};

use super::{
    Purpose, Step,
    app_server::{Passage, Work},
};
use crate::{
    codex::requests::{self, Request, ThreadSettings, TurnSettings},
    protocol::{
        ApprovalId, ClientCall, Failure, FailureKind, Outgoing, Raw, RpcError, RpcId, SessionId,
        ThreadId, TurnId,
    },
};

/// What the editor room made of a request of standard LSP.
#[derive(Debug, PartialEq)]
pub enum Action {
    /// The answer, or the refusal, itself.
    Answer {
        id: RpcId,
        result: Result<Raw, Failure>,
    },
    /// A decision from a lens, an action, a command or a prompt. A prompt has no request to answer.
    Decide {
        id: Option<RpcId>,
        approval: ApprovalId,
        decision: Value,
    },
    Hunk {
        id: RpcId,
        act: HunkCommand,
        uri: String,
        hunk_id: String,
    },
    /// Take back the last act of the journal in this session's folders that stands.
    UndoLast {
        id: RpcId,
    },
    StartTurn {
        id: RpcId,
        text: String,
        options: TurnOptions,
    },
    NewThread {
        id: RpcId,
        options: TurnOptions,
    },
    Interrupt {
        id: RpcId,
        thread: Option<ThreadId>,
    },
    RestartAppServer {
        id: RpcId,
    },
    /// The person stopped a turn where the editor shows it as work in progress: there is no request to answer.
    Stop {
        thread: ThreadId,
        turn: TurnId,
    },
    /// This editor now shows these approvals to its person.
    Shown {
        approvals: Vec<ApprovalId>,
    },
    /// Bring this line, from 0, of a document before the person.
    Reveal {
        uri: String,
        line: u32,
    },
    /// A text for the person, in an editor that has no other place for it.
    Say {
        text: String,
    },
    /// The same as a call of a rich editor.
    Call {
        id: RpcId,
        call: Box<ClientCall>,
    },
    /// Something of the face itself changed.
    Redraw,
}

/// What a lens or an action of a hunk does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HunkCommand {
    Keep,
    Revert,
    Stage,
    Unstage,
}

/// The second argument of `outrigger.turn.start`.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TurnOptions {
    pub thread_id: Option<ThreadId>,
    /// A `file:` URI.
    pub folder: Option<String>,
    pub approval_policy: Option<Value>,
    pub sandbox: Option<String>,
}

/// A command that waits for the app-server.
pub(super) struct Flow {
    session: SessionId,
    id: RpcId,
    then: Then,
}

enum Then {
    /// The thread is being started or resumed; the turn follows, if there is a text.
    Open {
        method: &'static str,
        text: Option<String>,
        options: TurnOptions,
    },
    Turn {
        thread: ThreadId,
    },
    Interrupt,
}

impl Step<'_> {
    pub(super) fn act(&mut self, session: SessionId, action: Action) {
        match action {
            Action::Answer { id, result } => {
                self.reply(session, id, result.map_err(Into::into));
            }
            Action::Decide { id, approval, decision } => {
                self.decide(session, id, approval, decision.into());
            }
            Action::Hunk { id, act, uri, hunk_id } => {
                self.says_failure(session, &id);
                self.hunk_command(session, id, act, uri, hunk_id);
            }
            Action::UndoLast { id } => {
                self.says_failure(session, &id);
                self.undo_last(session, id);
            }
            Action::StartTurn { id, text, options } => {
                self.start_turn(session, id, Some(text), options);
            }
            Action::NewThread { id, options } => self.new_thread(session, id, None, options),
            Action::Interrupt { id, thread } => self.interrupt(session, id, thread),
            Action::RestartAppServer { id } => self.app_server_restart(session, id),
            Action::Stop { thread, turn } => {
                // Without an app-server no turn runs.
                if matches!(self.world.server.passage(None), Passage::Go) {
                    let request = requests::turn_interrupt(thread.as_str(), turn.as_str());
                    self.ask_upstream(&request, Purpose::Rest);
                }
            }
            Action::Reveal { uri, line } => self.reveal(session, &uri, line),
            Action::Say { text } => self.show_message(session, &text),
            Action::Call { id, call } => self.call(session, id, *call),
            Action::Redraw => self.redraw(),
            Action::Shown { approvals } => {
                let now = self.now;
                let Some(state) = self.world.sessions.get_mut(&session) else { return };
                for approval in approvals {
                    if self.world.approvals.is_pending(&approval) {
                        state.shown.entry(approval).or_insert(now);
                    }
                }
            }
        }
    }

    /// Why this command fails is to be said to the person: not every editor shows the error of a command.
    fn says_failure(&mut self, session: SessionId, id: &RpcId) {
        let state = self.world.sessions.get_mut(&session);
        if let Some(open) = state.and_then(|state| state.open.get_mut(id)) {
            open.says_failure = true;
        }
    }

    /// Tells a person something in an editor that has no other place for it.
    pub(super) fn show_message(&mut self, session: SessionId, message: &str) {
        // 3 is LSP's `Info`.
        let params = Raw::of(&json!({ "type": 3, "message": message }));
        let method = "window/showMessage".into();
        self.send(session, Outgoing::Note { method, params });
    }

    fn reveal(&mut self, session: SessionId, uri: &str, line: u32) {
        let at = json!({ "line": line, "character": 0 });
        self.world.next_token += 1;
        let id = format!("outrigger:reveal:{}", self.world.next_token);
        let params =
            json!({ "uri": uri, "takeFocus": true, "selection": { "start": at, "end": at } });
        let method = "window/showDocument";
        self.send(session, Outgoing::Ask { id, method, params: Raw::of(&params) });
    }

    fn start_turn(
        &mut self,
        session: SessionId,
        id: RpcId,
        text: Option<String>,
        options: TurnOptions,
    ) {
        if !self.may_use_server(session, &id) {
            return;
        }
        let Some(thread) = options.thread_id.clone().or_else(|| self.default_thread(session))
        else {
            return self.new_thread(session, id, text, options);
        };
        let open = self.world.threads.get(thread.as_str()).is_some_and(|entry| entry.upstream);
        if !open {
            let request = requests::thread_resume(thread.as_str(), &ThreadSettings::default());
            return self.command_upstream(
                session,
                id,
                &request,
                Then::Open { method: request.method, text, options },
            );
        }
        let Some(text) = text else { return };
        self.turn_upstream(session, id, &thread, &text, &options);
    }

    fn turn_upstream(
        &mut self,
        session: SessionId,
        id: RpcId,
        thread: &ThreadId,
        text: &str,
        options: &TurnOptions,
    ) {
        let settings = TurnSettings {
            approval_policy: options.approval_policy.as_ref(),
            ..TurnSettings::default()
        };
        let request = requests::turn_start(thread.as_str(), text, &settings);
        self.command_upstream(session, id, &request, Then::Turn { thread: thread.clone() });
    }

    fn new_thread(
        &mut self,
        session: SessionId,
        id: RpcId,
        text: Option<String>,
        options: TurnOptions,
    ) {
        if !self.may_use_server(session, &id) {
            return;
        }
        let Some(state) = self.world.sessions.get(&session) else { return };
        let folder = match options.folder.as_deref() {
            Some(uri) => crate::paths::from_uri(uri),
            None => state.active_folder().cloned(),
        };
        let Some(folder) = folder else {
            let why = "There is no folder for the thread: open one, or name it as a file: URI.";
            return self.fail(session, id, Failure::new(FailureKind::CwdMissing, why));
        };
        let cwd = folder.to_string_lossy();
        let settings = ThreadSettings {
            cwd: Some(&cwd),
            approval_policy: options.approval_policy.as_ref(),
            sandbox: options.sandbox.as_deref(),
            ..ThreadSettings::default()
        };
        let request = requests::thread_start(&settings);
        let then = Then::Open { method: request.method, text, options };
        self.command_upstream(session, id, &request, then);
    }

    fn interrupt(&mut self, session: SessionId, id: RpcId, thread: Option<ThreadId>) {
        if !self.may_use_server(session, &id) {
            return;
        }
        let thread = thread.or_else(|| self.default_thread(session));
        let running = thread.and_then(|thread| {
            let turn = self.world.threads.get(thread.as_str())?.thread.active_turn()?.clone();
            Some((thread, turn))
        });
        let Some((thread, turn)) = running else {
            return self.fail(
                session,
                id,
                Failure::new(FailureKind::ThreadUnknown, "No turn is running."),
            );
        };
        let request = requests::turn_interrupt(thread.as_str(), turn.as_str());
        self.command_upstream(session, id, &request, Then::Interrupt);
    }

    /// The session's last thread, if it works in the folder of the active document.
    fn default_thread(&self, session: SessionId) -> Option<ThreadId> {
        let state = self.world.sessions.get(&session)?;
        let thread = state.last_thread.clone()?;
        let cwd = self.world.threads.cwd(thread.as_str())?;
        let folder = state.active_folder()?;
        let cwd = std::path::Path::new(&cwd);
        (crate::paths::holds(folder, cwd) || crate::paths::holds(cwd, folder)).then_some(thread)
    }

    fn command_upstream(&mut self, session: SessionId, id: RpcId, request: &Request, then: Then) {
        match self.world.server.passage(None) {
            Passage::Go => {
                self.ask_upstream(request, Purpose::Command(Flow { session, id, then }));
            }
            Passage::Hold => {
                let flow = Flow { session, id: id.clone(), then };
                let work = Work::Command { request: request.clone(), flow };
                self.hold(session, id, None, work);
            }
            Passage::Refuse(failure) => self.fail(session, id, failure),
        }
    }

    pub(super) fn command_answered(&mut self, flow: Flow, result: Result<Raw, RpcError>) {
        let Flow { session, id, then } = flow;
        let result = match result {
            Ok(result) => result,
            Err(error) => return self.reply(session, id, Err(error)),
        };
        match then {
            Then::Open { method, text, options } => {
                let Some(thread) = self.thread_opened(session, method, &result) else {
                    let why = "The app-server's answer named no thread.";
                    return self.fail(session, id, Failure::new(FailureKind::Internal, why));
                };
                match text {
                    Some(text) => self.turn_upstream(session, id, &thread, &text, &options),
                    None => self.answer(session, id, &json!({ "threadId": thread })),
                }
            }
            Then::Turn { thread } => {
                self.turn_accepted(&thread, &result);
                let turn = result.decode::<Value>().unwrap_or_default();
                let turn = turn.pointer("/turn/id").cloned().unwrap_or_default();
                if let Some(state) = self.world.sessions.get_mut(&session) {
                    state.last_thread = Some(thread.clone());
                }
                self.answer(session, id, &json!({ "threadId": thread, "turnId": turn }));
            }
            Then::Interrupt => self.answer(session, id, &json!({})),
        }
    }
}
