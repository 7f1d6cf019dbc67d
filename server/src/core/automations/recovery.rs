//! Runs of which it is open how far they came: Outrigger was ended, or the app-server. Their threads know.

use std::sync::Arc;

use serde::Deserialize;

use super::{
    Flow,
    runs::{Active, PATIENCE, Phase},
};
use crate::{
    automation::Definition,
    clock::micros,
    core::{Purpose, Step, history, stored::Then},
    protocol::{
        Raw, RpcError, RunId,
        automation::{AutomationRun, RunStatus},
    },
    store::automations::Request,
};

/// How often a run is begun whose turn never came to be.
const MAX_ATTEMPTS: u32 = 5;

#[derive(Deserialize)]
struct Turns {
    data: Vec<TurnRow>,
}

#[derive(Deserialize)]
struct TurnRow {
    id: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    error: Option<TurnError>,
    #[serde(default)]
    items: Vec<ItemRow>,
}

#[derive(Deserialize)]
struct TurnError {
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemRow {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    text: Option<String>,
}

impl TurnRow {
    fn last_message(&self) -> Option<String> {
        let mut messages = self.items.iter().rev().filter(|item| item.r#type == "agentMessage");
        messages.find_map(|item| item.text.clone())
    }
}

impl Step<'_> {
    /// A run that was not over when Outrigger ended.
    pub(super) fn run_left_over(&mut self, run: AutomationRun) {
        let automations = &mut self.world.automations;
        if automations.active.contains_key(&run.run_id) {
            return;
        }
        automations.claimed += 1;
        let held = automations.held.get(&run.automation_id);
        let nobody = || Arc::new(Definition::new(String::new(), String::new(), String::new(), 0));
        let definition = held.map_or_else(nobody, |held| Arc::clone(&held.definition));
        let id = run.run_id.clone();
        let mut active = Active::new(run, definition, None, automations.claimed);
        active.phase = if active.run.thread_id.is_some() { Phase::Lost } else { Phase::Waiting };
        automations.active.insert(id, active);
    }

    /// Runs of before know their definition only once it is read.
    pub(super) fn define_left_over(&mut self) {
        let automations = &mut self.world.automations;
        for active in automations.active.values_mut().filter(|one| one.definition.id.is_empty()) {
            if let Some(held) = automations.held.get(&active.run.automation_id) {
                active.definition = Arc::clone(&held.definition);
                active.last_run = held.mark.last_run_at;
            }
        }
    }

    /// How far did it come? Its thread knows.
    pub(super) fn look_up(&mut self, id: &RunId) {
        let Some(active) = self.world.automations.active.get_mut(id) else { return };
        let Some(thread) = active.run.thread_id.clone() else {
            active.phase = Phase::Waiting;
            return;
        };
        active.phase = Phase::Looking;
        let request = history::turns_with_items(thread.as_str(), None);
        self.ask_upstream(&request, Purpose::Automation(Flow::Look(id.clone())));
    }

    pub(super) fn looked_up(&mut self, id: &RunId, result: Result<Raw, RpcError>) {
        let now = self.now.micros;
        let Some(active) = self.world.automations.active.get_mut(id) else { return };
        if active.phase != Phase::Looking {
            return;
        }
        let turns = match result.map(|page| page.decode::<Turns>()) {
            Ok(Ok(turns)) => turns.data,
            Err(error) if history::has_no_turn(&error) => Vec::new(),
            // Unknown is not undone: it is looked up again.
            Ok(Err(_)) | Err(_) => {
                active.phase = Phase::Lost;
                active.until.get_or_insert(now + micros(PATIENCE));
                return;
            }
        };
        let message = active.message_id();
        let is_its = |item: &ItemRow| item.client_id.as_deref() == Some(&message);
        let found = turns.into_iter().find(|turn| turn.items.iter().any(is_its));
        let living = self.world.server.living();
        let Some(turn) = found else {
            if active.asked_of.is_some() && active.asked_of == living {
                // The app-server that was asked for the turn may still begin it.
                active.phase = Phase::Lost;
                active.until.get_or_insert(now + micros(PATIENCE));
                return;
            }
            // No turn came to be, so nothing was done: it is tried once more, for all to see.
            if active.run.attempt >= MAX_ATTEMPTS {
                let why = format!("It was begun {MAX_ATTEMPTS} times, and no turn came to be.");
                return self.end_run(id, RunStatus::Failed, Some(why));
            }
            active.run.attempt += 1;
            active.run.thread_id = None;
            active.phase = Phase::Waiting;
            let run = active.run.clone();
            self.store(Request::Note(run).into(), Then::Noted);
            self.tell_run(id);
            return self.runs_go_on();
        };
        let goes_on = active.run.thread_id.as_ref().is_some_and(|thread| {
            let entry = self.world.threads.get(thread.as_str());
            let runs = entry.and_then(|entry| entry.thread.active_turn());
            runs.is_some_and(|runs| runs.as_str() == turn.id)
        });
        if goes_on {
            active.phase = Phase::Running;
            active.run.turn_id = Some(turn.id.as_str().into());
            active.until = Some(now + active.definition.max_run.millis().saturating_mul(1_000));
            return;
        }
        let error = turn.error.as_ref().map(|error| error.message.clone());
        let error = match turn.status.as_str() {
            "completed" | "failed" => error,
            _ => Some("Codex or Outrigger ended in the middle of it.".to_owned()),
        };
        let last = turn.last_message();
        self.turn_over(id, turn.id.as_str().into(), &turn.status, error, last);
    }

    /// The app-server is gone: what became of turns is looked up when it is back.
    pub(in crate::core) fn runs_lost(&mut self) {
        for active in self.world.automations.active.values_mut() {
            if matches!(active.phase, Phase::Running | Phase::Starting | Phase::Looking) {
                active.phase = Phase::Lost;
                active.until = None;
            }
        }
    }
}
