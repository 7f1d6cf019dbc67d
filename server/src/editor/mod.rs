//! How Outrigger looks in an editor that knows nothing but standard LSP: code lenses, code actions,
//! commands, diagnostics and message requests, all drawn from the World.

mod automations;
mod calls;
mod commands;
mod draw;
mod hunks;
mod progress;
mod prompts;
mod terminals;
mod words;

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use crate::{
    core::{
        Action, World,
        session::{Prompts, Session},
    },
    protocol::{
        Failure, FailureKind, NOTIFICATIONS, Outgoing, PROTOCOL_VERSION, REQUESTS, Raw, RpcError,
        RpcId, SessionId,
    },
};

/// What stands in each editor now, so that only what differs is sent.
#[derive(Default)]
pub struct Face {
    drawn: HashMap<SessionId, Drawn>,
    asked: u64,
}

/// What a redrawing asks for.
#[derive(Default)]
pub struct Redrawn {
    pub messages: Vec<(SessionId, Outgoing)>,
    pub actions: Vec<(SessionId, Action)>,
}

#[derive(Default)]
struct Drawn {
    /// Diagnostics as published, by document.
    diagnostics: BTreeMap<String, Vec<Value>>,
    /// What the lenses were made of when the editor was last told to ask again.
    lenses: Vec<String>,
    /// The editor has asked for lenses, so it shows them.
    asks_lenses: bool,
    prompts: prompts::Prompting,
    progress: progress::Progressing,
}

impl Face {
    /// The result of `initialize`.
    pub fn introduction(world: &World, session: SessionId) -> Raw {
        let newer = world.sessions.get(&session).is_some_and(|session| session.origin.newer_build);
        let daemon = world
            .daemon
            .as_ref()
            .map(|daemon| json!({ "pid": daemon.pid, "version": world.version, "newer": newer }));
        Raw::of(&json!({
            "serverInfo": { "name": "outrigger", "version": world.version },
            "capabilities": {
                "positionEncoding": "utf-16",
                "textDocumentSync": { "openClose": true, "change": 1, "save": true },
                "codeLensProvider": { "resolveProvider": false },
                "hoverProvider": true,
                "codeActionProvider": { "codeActionKinds": ["quickfix", "refactor"] },
                "executeCommandProvider": { "commands": commands::NAMES },
                "workspace": {
                    "workspaceFolders": { "supported": true, "changeNotifications": true },
                },
                "experimental": {
                    "outrigger": {
                        "protocolVersion": PROTOCOL_VERSION,
                        "version": world.version,
                        "methods": REQUESTS,
                        "notifications": NOTIFICATIONS,
                        "daemon": daemon,
                    },
                },
            },
        }))
    }

    /// Answers a message of standard LSP from the World as it is now.
    pub fn standard(
        &mut self,
        world: &World,
        session: SessionId,
        id: Option<RpcId>,
        method: &str,
        params: &Value,
    ) -> Vec<Action> {
        let Some(state) = world.sessions.get(&session) else { return Vec::new() };
        let Some(id) = id else {
            let drawn = self.drawn.get(&session);
            let cancels = method == "window/workDoneProgress/cancel";
            let stop = drawn.filter(|_| cancels).and_then(|drawn| drawn.progress.cancelled(params));
            return stop.into_iter().collect();
        };
        let uri = params.pointer("/textDocument/uri").and_then(Value::as_str);
        match (method, uri) {
            ("textDocument/codeLens", Some(uri)) => {
                self.drawn.entry(session).or_default().asks_lenses = true;
                let (lenses, approvals) = draw::lenses(world, state, uri);
                vec![
                    Action::Shown { approvals },
                    Action::Answer { id, result: Ok(Raw::of(&lenses)) },
                ]
            }
            ("textDocument/codeAction", Some(uri)) => {
                let actions = draw::actions(world, state, uri, params);
                vec![Action::Answer { id, result: Ok(Raw::of(&actions)) }]
            }
            ("textDocument/hover", Some(uri)) => {
                let line = params.pointer("/position/line").and_then(Value::as_u64);
                let line = line.and_then(|line| u32::try_from(line).ok()).unwrap_or(u32::MAX);
                let hover = hunks::hover(world, state, uri, line);
                vec![Action::Answer { id, result: Ok(Raw::of(&hover)) }]
            }
            ("workspace/executeCommand", _) => self.execute(world, state, id, params),
            _ => {
                let failure = Failure::new(
                    FailureKind::MethodUnknown,
                    format!("Outrigger has no method {method}."),
                );
                vec![Action::Answer { id, result: Err(failure) }]
            }
        }
    }

    /// What is to be sent so that every editor shows the World as it is, and what it then shows.
    pub fn redraw(&mut self, world: &World) -> Redrawn {
        self.drawn.retain(|session, _| world.sessions.contains_key(session));
        let mut redrawn = Redrawn::default();
        for state in world.sessions.values().filter(|session| session.initialized) {
            let mut out = Vec::new();
            let mut approvals = self.redraw_diagnostics(world, state, &mut out);
            self.refresh_lenses(world, state, &mut out);
            approvals.extend(self.prompt(world, state, &mut out));
            let drawn = self.drawn.entry(state.id).or_default();
            drawn.progress.redraw(world, state, &mut out);
            redrawn.messages.extend(out.into_iter().map(|message| (state.id, message)));
            if !approvals.is_empty() {
                redrawn.actions.push((state.id, Action::Shown { approvals }));
            }
        }
        redrawn
    }

    fn redraw_diagnostics(
        &mut self,
        world: &World,
        state: &Session,
        out: &mut Vec<Outgoing>,
    ) -> Vec<crate::protocol::ApprovalId> {
        let drawn = self.drawn.entry(state.id).or_default();
        let (wanted, approvals) = draw::diagnostics(world, state);
        for (uri, diagnostics) in &wanted {
            if drawn.diagnostics.get(uri) != Some(diagnostics) {
                out.push(publish(uri, diagnostics));
            }
        }
        for uri in drawn.diagnostics.keys().filter(|uri| !wanted.contains_key(*uri)) {
            out.push(publish(uri, &[]));
        }
        drawn.diagnostics = wanted;
        approvals
    }

    fn refresh_lenses(&mut self, world: &World, state: &Session, out: &mut Vec<Outgoing>) {
        if !state.client.code_lens_refresh || !state.inline.code_lens {
            return;
        }
        let wanted = draw::lens_signature(world, state);
        let drawn = self.drawn.entry(state.id).or_default();
        if drawn.lenses != wanted {
            drawn.lenses = wanted;
            self.asked += 1;
            out.push(Outgoing::Ask {
                id: format!("outrigger:refresh:{}", self.asked),
                method: "workspace/codeLens/refresh",
                params: Raw::null(),
            });
        }
    }

    /// Puts what waits before the person by a message request, where the editor has no better place.
    fn prompt(
        &mut self,
        world: &World,
        state: &Session,
        out: &mut Vec<Outgoing>,
    ) -> Vec<crate::protocol::ApprovalId> {
        let drawn = self.drawn.entry(state.id).or_default();
        drawn.prompts.forget_settled(world);
        let mut shown = Vec::new();
        for approval in draw::relevant(world, state) {
            let wanted = drawn.prompts.is_forced(&approval.approval_id)
                || match state.inline.prompts {
                    Prompts::Never => false,
                    Prompts::Always => true,
                    // Without a refresh a lens comes only when the editor happens to ask again.
                    Prompts::Auto => {
                        !(drawn.asks_lenses
                            && state.client.code_lens_refresh
                            && draw::has_lens(world, state, approval))
                    }
                };
            if wanted && drawn.prompts.may_ask(&approval.approval_id) {
                self.asked += 1;
                let ask = drawn.prompts.ask(self.asked, approval);
                shown.push(approval.approval_id.clone());
                out.push(ask);
            }
        }
        shown
    }

    /// The editor answered a message request, or a refresh. No answer decides nothing.
    pub fn answered(
        &mut self,
        world: &World,
        session: SessionId,
        ask: &str,
        result: &Result<Value, RpcError>,
    ) -> Vec<Action> {
        let Some(drawn) = self.drawn.get_mut(&session) else { return Vec::new() };
        if drawn.progress.answered(ask, result) {
            return Vec::new();
        }
        let title = result.as_ref().ok().and_then(|value| value.get("title"));
        drawn.prompts.answered(world, ask, title.and_then(Value::as_str)).into_iter().collect()
    }
}

fn publish(uri: &str, diagnostics: &[Value]) -> Outgoing {
    Outgoing::Note {
        method: "textDocument/publishDiagnostics".into(),
        params: Raw::of(&json!({ "uri": uri, "diagnostics": diagnostics })),
    }
}

#[cfg(test)]
mod tests;
