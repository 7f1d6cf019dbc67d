//! What a person changes about an automation: checked here, written by the room that owns the files.

use std::sync::Arc;

use serde_json::Value;

use super::{Flow, Held};
use crate::{
    automation::{
        Command, Definition, Error,
        schedule::{Invalid, Schedule},
    },
    core::{Effect, Purpose, Step, stored::Then},
    paths,
    protocol::{
        Failure, FailureKind, RpcId, SessionId,
        automation::{
            AutomationFields, AutomationHeld, AutomationOwner, AutomationStatus, Minutes,
        },
        host::Done,
    },
    store::{automations::Request, grants as stored_grants},
};

/// Characters of a name, and bytes of a prompt.
const MAX_NAME: usize = 200;
const MAX_PROMPT: usize = 1_000_000;
/// Bounds of times, in minutes.
const RUN: (f64, f64) = (5.0 / 60.0, 180.0);
const APPROVAL: (f64, f64) = (0.01, 7.0 * 24.0 * 60.0);
const DEADLINE: (f64, f64) = (0.0, 366.0 * 24.0 * 60.0);
pub(super) const UNBOUNDED: &str = "Full access without approvals is not for a run that nobody watches: choose a sandbox, or let Codex ask.";

/// A change on its way to the file.
pub struct Change {
    session: SessionId,
    id: RpcId,
    /// The folders were named in it, and are granted with it.
    grants: bool,
    /// Whether it is active from now on, so that what paused it is over.
    resumes: bool,
    /// It is deleted.
    gone: Option<String>,
}

impl Step<'_> {
    pub(super) fn automation_create(
        &mut self,
        session: SessionId,
        id: RpcId,
        fields: AutomationFields,
    ) {
        let said = (fields.name.clone(), fields.prompt.clone(), fields.rrule.clone());
        let (Some(name), Some(prompt), Some(rrule)) = said else {
            let why = "An automation needs a name, a prompt and an rrule.";
            return self.fail(session, id, Failure::new(FailureKind::InvalidParams, why));
        };
        let now = self.now.epoch_ms;
        let mut definition = Definition::new(name, prompt, rrule, now);
        definition.timezone = Some(self.world.automations.timezone());
        if let Some(folder) = self.world.sessions.get(&session).and_then(|s| s.folders.first()) {
            definition.cwds.push(folder.clone());
        }
        if let Err(failure) = apply(&mut definition, fields, now) {
            return self.fail(session, id, failure);
        }
        let change = Change { session, id, grants: true, resumes: true, gone: None };
        let token = self.automation_flow(Flow::Change(change));
        let definition = Box::new(definition);
        self.effects.push(Effect::Automation(Command::Create { token, definition }));
    }

    pub(super) fn automation_update(
        &mut self,
        session: SessionId,
        id: RpcId,
        fields: AutomationFields,
    ) {
        let name = fields.id.clone().unwrap_or_default();
        let Some(mut definition) = self.defined(session, &id, &name) else { return };
        let takes_over = fields.owner == Some(AutomationOwner::Outrigger);
        if definition.owner == AutomationOwner::Desktop && !takes_over {
            return self.fail(session, id, of_desktop());
        }
        let grants = fields.cwds.is_some() || takes_over;
        let now = self.now.epoch_ms;
        if let Err(failure) = apply(&mut definition, fields, now) {
            return self.fail(session, id, failure);
        }
        self.write_definition(session, id, definition, grants);
    }

    pub(super) fn automation_switch(
        &mut self,
        session: SessionId,
        id: RpcId,
        name: &str,
        status: AutomationStatus,
    ) {
        let Some(mut definition) = self.defined(session, &id, name) else { return };
        if definition.owner == AutomationOwner::Desktop {
            return self.fail(session, id, of_desktop());
        }
        definition.status = status;
        definition.updated_at = self.now.epoch_ms;
        self.write_definition(session, id, definition, false);
    }

    pub(super) fn automation_delete(&mut self, session: SessionId, id: RpcId, name: &str) {
        let Some(definition) = self.defined(session, &id, name) else { return };
        if definition.owner == AutomationOwner::Desktop {
            return self.fail(session, id, of_desktop());
        }
        let gone = Some(name.to_owned());
        let change = Change { session, id, grants: false, resumes: false, gone };
        let token = self.automation_flow(Flow::Change(change));
        let id = name.to_owned();
        self.effects.push(Effect::Automation(Command::Delete { token, id }));
    }

    /// A copy of a definition, to be changed.
    fn defined(&mut self, session: SessionId, id: &RpcId, name: &str) -> Option<Definition> {
        let held = self.world.automations.held.get(name);
        let definition = held.map(|held: &Held| (*held.definition).clone());
        if definition.is_none() {
            self.fail(session, id.clone(), unknown(name));
        }
        definition
    }

    fn write_definition(
        &mut self,
        session: SessionId,
        id: RpcId,
        definition: Definition,
        grants: bool,
    ) {
        let resumes = definition.status == AutomationStatus::Active;
        let change = Change { session, id, grants, resumes, gone: None };
        let token = self.automation_flow(Flow::Change(change));
        let definition = Box::new(definition);
        self.effects.push(Effect::Automation(Command::Update { token, definition }));
    }

    pub(super) fn definition_written(
        &mut self,
        token: u64,
        result: Result<Box<Definition>, Error>,
    ) {
        let Some(Purpose::Automation(Flow::Change(change))) = self.world.purposes.remove(&token)
        else {
            return;
        };
        let Change { session, id, grants, resumes, .. } = change;
        let definition = match result {
            Ok(definition) => *definition,
            Err(error) => return self.fail(session, id, error.into()),
        };
        if grants {
            self.grant_with(&definition);
        }
        let name = definition.id.clone();
        let now = self.now.epoch_ms;
        if resumes
            && let Some(held) = self.world.automations.held.get_mut(&name)
            && held.mark.paused.take().is_some()
        {
            held.mark.resumes_at = None;
            held.mark.seen_until = now;
            let mark = held.mark.clone();
            self.store(Request::Mark(mark).into(), Then::Noted);
        }
        self.take_definition(Arc::new(definition), now);
        let timezone = self.world.automations.timezone();
        if let Some(held) = self.world.automations.held.get(&name) {
            let automation = held.automation(&timezone);
            self.answer(session, id, &AutomationHeld { automation });
        }
        self.automations_woken();
    }

    pub(super) fn definition_deleted(&mut self, token: u64, result: Result<(), Error>) {
        let Some(Purpose::Automation(Flow::Change(change))) = self.world.purposes.remove(&token)
        else {
            return;
        };
        let Change { session, id, gone, .. } = change;
        match result {
            Ok(()) => {
                if let Some(gone) = gone {
                    self.automation_gone(&gone);
                }
                self.answer(session, id, &Done {});
            }
            Err(error) => self.fail(session, id, error.into()),
        }
    }

    /// The folders of an automation are granted with it: they are in the list of grants, and can be taken out of it.
    fn grant_with(&mut self, definition: &Definition) {
        let added_at = self.now.epoch_ms;
        let mut added = false;
        for path in &definition.cwds {
            if self.world.granted.contains_key(path) {
                continue;
            }
            self.world.granted.insert(path.clone(), added_at);
            let path = path.as_os_str().as_encoded_bytes().to_vec();
            let grant = stored_grants::Grant { path, added_at };
            self.store(stored_grants::Request::Add(grant).into(), Then::Noted);
            added = true;
        }
        if added {
            self.tell_grants(None);
        }
    }
}

/// Puts what was said into a definition, and checks the whole.
fn apply(definition: &mut Definition, fields: AutomationFields, now: u64) -> Result<(), Failure> {
    fn put<T>(slot: &mut T, said: Option<T>) {
        if let Some(said) = said {
            *slot = said;
        }
    }
    put(&mut definition.name, fields.name);
    put(&mut definition.prompt, fields.prompt);
    put(&mut definition.status, fields.status);
    put(&mut definition.rrule, fields.rrule);
    put(&mut definition.missed, fields.missed);
    put(&mut definition.overlap, fields.overlap);
    put(&mut definition.deadline, fields.deadline_minutes);
    put(&mut definition.model, fields.model);
    put(&mut definition.reasoning_effort, fields.reasoning_effort);
    put(&mut definition.execution_environment, fields.execution_environment);
    put(&mut definition.branch, fields.branch);
    put(&mut definition.approval_policy, fields.approval_policy);
    put(&mut definition.sandbox, fields.sandbox);
    put(&mut definition.approval_timeout, fields.approval_timeout_minutes);
    put(&mut definition.max_run, fields.max_run_minutes);
    put(&mut definition.kind, fields.kind);
    put(&mut definition.target_thread_id, fields.target_thread_id);
    put(&mut definition.owner, fields.owner);
    if fields.timezone.is_some() {
        definition.timezone = fields.timezone;
    }
    if let Some(cwds) = fields.cwds {
        definition.cwds = cwds
            .iter()
            .map(|uri| {
                paths::from_uri(uri).ok_or_else(|| {
                    invalid("cwds", &format!("has {uri:?}, which is no file: URI of this machine."))
                })
            })
            .collect::<Result<_, _>>()?;
    }
    definition.updated_at = now;
    check(definition)
}

fn check(definition: &Definition) -> Result<(), Failure> {
    if definition.name.trim().is_empty() || definition.name.chars().count() > MAX_NAME {
        return Err(invalid("name", &format!("has from 1 to {MAX_NAME} characters.")));
    }
    if definition.prompt.trim().is_empty() || definition.prompt.len() > MAX_PROMPT {
        return Err(invalid("prompt", &format!("has from 1 to {MAX_PROMPT} bytes.")));
    }
    let within = |name: &str, Minutes(said): Minutes, (least, most): (f64, f64)| {
        if (least..=most).contains(&said) {
            return Ok(());
        }
        Err(invalid(name, &format!("is not between {least:.2} and {most} minutes.")))
    };
    within("maxRunMinutes", definition.max_run, RUN)?;
    within("approvalTimeoutMinutes", definition.approval_timeout, APPROVAL)?;
    within("deadlineMinutes", definition.deadline, DEADLINE)?;
    let sandboxes = ["read-only", "workspace-write", "danger-full-access"];
    let sandbox = definition.sandbox.as_deref();
    if sandbox.is_some_and(|sandbox| !sandboxes.contains(&sandbox)) {
        return Err(invalid("sandbox", &format!("is none of {}.", sandboxes.join(", "))));
    }
    let never = definition.approval_policy.as_ref().and_then(Value::as_str) == Some("never");
    if never && sandbox == Some("danger-full-access") {
        return Err(Failure::new(FailureKind::PolicyDenied, UNBOUNDED));
    }
    let zone = definition.timezone.as_deref().unwrap_or("UTC");
    let schedule = Schedule::parse(&definition.rrule, zone, definition.created_at)
        .map_err(|invalid| schedule_invalid(&invalid))?;
    if schedule.next(definition.updated_at).is_none() {
        let never = Invalid { part: "rrule".into(), why: "never comes again.".into() };
        return Err(schedule_invalid(&never));
    }
    Ok(())
}

fn invalid(key: &str, why: &str) -> Failure {
    Failure::new(FailureKind::InvalidParams, format!("{key} {why}")).with("key", key)
}

pub(super) fn schedule_invalid(invalid: &Invalid) -> Failure {
    Failure::new(FailureKind::ScheduleInvalid, invalid.to_string())
        .with("part", invalid.part.as_str())
}

pub(super) fn unknown(name: &str) -> Failure {
    let why = format!("There is no automation {name:?}.");
    Failure::new(FailureKind::AutomationUnknown, why)
}

fn of_desktop() -> Failure {
    Failure::new(FailureKind::PolicyDenied, "The Codex desktop app runs this automation.")
        .hint("Take it over first: outrigger/automation/update with owner \"outrigger\".")
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::NoFolder(_) => FailureKind::CwdMissing,
            Error::NotText(_) => FailureKind::InvalidParams,
            Error::Edited => FailureKind::RevisionConflict,
            Error::Gone => FailureKind::AutomationUnknown,
            Error::Many(_) => FailureKind::LimitExceeded,
            Error::Fault { .. } | Error::Io { .. } => FailureKind::Io,
        };
        Self::new(kind, error.to_string())
    }
}
