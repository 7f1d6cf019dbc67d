//! Turns that run, as work in progress that the person can cancel.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::{
    core::{Action, World, session::Session},
    protocol::{Outgoing, Raw, RpcError, ThreadId, TurnId},
};

const ASK: &str = "outrigger:progress:";

/// What one editor shows, by token. A token is used once: another editor, or another turn, has another.
#[derive(Default)]
pub struct Progressing {
    shown: HashMap<String, Shown>,
}

struct Shown {
    thread: ThreadId,
    turn: TurnId,
    stage: Stage,
}

#[derive(PartialEq)]
enum Stage {
    /// The editor has not yet taken the token: nothing may be said under it.
    Asked,
    Taken,
    /// What it says now.
    Begun(&'static str),
    /// The editor does not want it.
    Refused,
}

impl Progressing {
    /// What is to be sent so that the editor shows the turns that run.
    pub fn redraw(&mut self, world: &World, state: &Session, out: &mut Vec<Outgoing>) {
        if !state.shows_progress() {
            return;
        }
        let mut running: Vec<_> = world
            .threads
            .running()
            .filter(|(entry, _)| concerns(state, entry.thread.id(), entry.thread.cwd()))
            .collect();
        running.sort_by_key(|(entry, _)| entry.thread.id());
        self.shown.retain(|token, shown| {
            let runs = running.iter().any(|(_, turn)| **turn == shown.turn);
            if !runs && matches!(shown.stage, Stage::Begun(_)) {
                out.push(note(token, &json!({ "kind": "end" })));
            }
            runs
        });
        for (entry, turn) in running {
            let token = format!("outrigger:turn:{turn}");
            let (id, name) = (entry.thread.id(), entry.thread.name());
            let waits = world.approvals.pending().any(|one| one.thread_id.as_ref() == Some(id));
            let says = if waits { "waits for you" } else { "works" };
            let Some(shown) = self.shown.get_mut(&token) else {
                let params = Raw::of(&json!({ "token": token }));
                let method = "window/workDoneProgress/create";
                out.push(Outgoing::Ask { id: format!("{ASK}{token}"), method, params });
                let (thread, turn) = (id.clone(), turn.clone());
                self.shown.insert(token, Shown { thread, turn, stage: Stage::Asked });
                continue;
            };
            match shown.stage {
                Stage::Taken => {
                    let title = name.map_or("Codex".to_owned(), |name| format!("Codex: {name}"));
                    let begin = json!({
                        "kind": "begin", "title": title, "message": says, "cancellable": true,
                    });
                    out.push(note(&token, &begin));
                }
                Stage::Begun(said) if said != says => {
                    out.push(note(&token, &json!({ "kind": "report", "message": says })));
                }
                _ => continue,
            }
            shown.stage = Stage::Begun(says);
        }
    }

    /// The editor took a token, or does not want it. Whether that was the question.
    pub fn answered(&mut self, ask: &str, result: &Result<Value, RpcError>) -> bool {
        let Some(token) = ask.strip_prefix(ASK) else { return false };
        // The turn may have ended meanwhile.
        if let Some(shown) = self.shown.get_mut(token) {
            shown.stage = if result.is_ok() { Stage::Taken } else { Stage::Refused };
        }
        true
    }

    /// The person cancelled what is shown under a token.
    pub fn cancelled(&self, params: &Value) -> Option<Action> {
        let shown = self.shown.get(params.get("token")?.as_str()?)?;
        Some(Action::Stop { thread: shown.thread.clone(), turn: shown.turn.clone() })
    }
}

/// A turn is shown where its folder is open, and where it was started.
fn concerns(state: &Session, thread: &ThreadId, cwd: Option<&str>) -> bool {
    state.last_thread.as_ref() == Some(thread) || cwd.is_some_and(|cwd| state.holds(cwd))
}

fn note(token: &str, value: &Value) -> Outgoing {
    let params = Raw::of(&json!({ "token": token, "value": value }));
    Outgoing::Note { method: "$/progress".into(), params }
}
