//! Automations: what is defined, what is due next, and the runs that go on. An occurrence is claimed in the store before
//! anything follows from it; the store's answer is what makes it happen once.

mod calls;
mod changes;
mod envelope;
mod firing;
mod limits;
mod outcome;
mod recovery;
mod runs;
mod setbacks;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use super::{Effect, Purpose, Step, stored::Then};
use crate::{
    automation::{
        self, Definition, Found,
        schedule::{Invalid, Schedule},
    },
    clock::micros,
    paths,
    protocol::{
        ClientCall, Raw, RpcError, RpcId, RunId, SessionId, ThreadId,
        app_server::{DiagnosticKind, DiagnosticLevel},
        automation::{
            Automation, AutomationChanged, AutomationKind, AutomationOwner, AutomationProblem,
            AutomationRunHeld, AutomationStatus, InboxItem, InboxItemHeld,
        },
        note,
    },
    store::{
        Answer, Error,
        automations::{Kept as StoreKept, LastCodex, Mark, Request},
    },
};
use runs::{Active, Phase};

/// The longest sleep at once: whether the clock was set, or the machine slept, is noticed within it.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// A clock that goes back by more was wrong before, in milliseconds; by less, it waits until it is there again.
const SET_BACK: u64 = 3 * 60 * 60 * 1_000;
/// Calls that may wait for what is defined to be read.
const MAX_EARLY: usize = 512;

/// Everything about automations that is held.
#[derive(Default)]
pub struct Automations {
    /// What the files say; none before they are read.
    found: Option<Found>,
    held: BTreeMap<String, Held>,
    /// What is due next, in order: epoch milliseconds and the automation.
    due: BTreeSet<(u64, String)>,
    /// What the store knew of automations; none before it said.
    marks: Option<HashMap<String, Mark>>,
    active: BTreeMap<RunId, Active>,
    /// The latest time that was seen, in epoch milliseconds.
    latest: u64,
    /// When a spent quota is there again, in epoch milliseconds, as the app-server said last.
    quota_resets_at: Option<u64>,
    /// Which codex was started last, as the store has it.
    pub(super) last_codex: LastCodex,
    /// Counts what was claimed, so that runs begin in that order.
    claimed: u64,
    /// Calls that came before what is defined was read.
    early: Vec<(SessionId, RpcId, ClientCall)>,
}

/// One automation.
struct Held {
    definition: Arc<Definition>,
    schedule: Result<Schedule, Invalid>,
    mark: Mark,
    /// The first occurrence after the mark, if it fires.
    next: Option<u64>,
    /// What editors were last told.
    told: Option<Automation>,
}

/// What waits for the store.
pub(super) enum Kept {
    Loaded,
    Claimed(RunId),
    /// The thread of a run is written down: its turn may begin.
    Opened(RunId),
    Finished(RunId, Option<Box<InboxItem>>),
    Asked(calls::Asked),
}

/// What waits for the app-server, a file or a folder.
pub(super) enum Flow {
    Change(changes::Change),
    Placed(RunId),
    Thread(RunId),
    Turn(RunId),
    Look(RunId),
    /// A manual run looks at its folder before it is claimed.
    Manual(calls::Manual),
    /// The worktree of a run that is settled is taken away.
    Settling(calls::Settling),
}

impl Automations {
    /// Whether a run goes on, for which the app-server must live.
    pub(super) fn any_active(&self) -> bool {
        !self.active.is_empty()
    }

    /// Whether something is to happen by itself: nobody else would do it.
    pub(super) fn need_someone(&self) -> bool {
        self.any_active() || !self.due.is_empty()
    }

    /// The folders in which automations work.
    pub(super) fn folders(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.held.values().flat_map(|held| held.definition.cwds.iter().cloned())
    }

    /// The list for a person.
    pub fn words(&self) -> String {
        let lines = self.held.values().map(|held| {
            let Definition { id, name, .. } = &*held.definition;
            let next = match (held.next, held.problem()) {
                (Some(next), _) => format!("next at {}", automation::schedule::iso(next)),
                (None, Some(problem)) => problem,
                (None, None) => "does not run by itself".to_owned(),
            };
            format!("{id}: {name}, {next}")
        });
        let lines: Vec<String> = lines.collect();
        if lines.is_empty() { "There is no automation.".to_owned() } else { lines.join("\n") }
    }

    fn is_known(&self) -> bool {
        self.found.is_some() && self.marks.is_some()
    }

    fn timezone(&self) -> String {
        self.found.as_ref().map_or_else(|| "UTC".to_owned(), |found| found.timezone.clone())
    }

    /// Takes in one definition. Says with `true` that its mark is new and to be kept.
    fn hold(&mut self, definition: Arc<Definition>, now: u64) -> bool {
        let id = definition.id.clone();
        let zone = definition.timezone.clone().unwrap_or_else(|| self.timezone());
        let schedule = Schedule::parse(&definition.rrule, &zone, definition.created_at);
        let plan = plan_of(&definition, &zone);
        let old = self.held.remove(&id);
        if let Some((next, id)) = old.as_ref().and_then(|old| Some((old.next?, id.clone()))) {
            self.due.remove(&(next, id));
        }
        let (mark, told) = match old {
            Some(old) => (Some(old.mark), old.told),
            None => (self.marks.as_mut().and_then(|marks| marks.remove(&id)), None),
        };
        // What another schedule missed is none of this one's.
        let (mark, fresh) = match mark {
            Some(mark) if mark.schedule == plan => {
                let right = mark.seen_until <= now + SET_BACK;
                (Mark { seen_until: if right { mark.seen_until } else { now }, ..mark }, !right)
            }
            known => {
                let known = known.as_ref();
                let last_run_at = known.and_then(|mark| mark.last_run_at);
                let paused = known.and_then(|mark| mark.paused.clone());
                let paused = paused.filter(|_| definition.status == AutomationStatus::Paused);
                let resumes_at = None;
                let id = id.clone();
                let schedule = plan;
                (Mark { id, schedule, seen_until: now, last_run_at, paused, resumes_at }, true)
            }
        };
        self.held.insert(id.clone(), Held { definition, schedule, mark, next: None, told });
        self.plan(&id, None);
        fresh
    }

    /// Finds the next occurrence; not before `earliest`, where what is due could not be claimed.
    fn plan(&mut self, id: &str, earliest: Option<u64>) {
        let Some(held) = self.held.get_mut(id) else { return };
        if let Some(next) = held.next.take() {
            self.due.remove(&(next, id.to_owned()));
        }
        held.next = match held.mark.resumes_at {
            Some(at) if held.would_fire().is_some() => Some(at),
            _ => held.fires().and_then(|schedule| schedule.next(held.mark.seen_until)),
        };
        held.next = held.next.map(|next| next.max(earliest.unwrap_or(0)));
        self.due.extend(held.next.map(|next| (next, id.to_owned())));
    }

    fn forget(&mut self, id: &str) -> Option<Mark> {
        let held = self.held.remove(id)?;
        if let Some(next) = held.next {
            self.due.remove(&(next, id.to_owned()));
        }
        Some(held.mark)
    }

    /// The clock was set back by so much that what was dealt with lies ahead: the next occurrences count again. One that
    /// had its run has its row, and is not claimed again.
    fn notice_clock(&mut self, now: u64) {
        if now + SET_BACK < std::mem::replace(&mut self.latest, now) {
            let ahead = self.held.iter_mut().filter(|(_, held)| held.mark.seen_until > now);
            let ids: Vec<String> = ahead
                .map(|(id, held)| {
                    held.mark.seen_until = now;
                    id.clone()
                })
                .collect();
            for id in ids {
                self.plan(&id, None);
            }
        }
    }

    /// Whether nobody can say what the file of this automation means just now.
    fn is_unsure(&self, id: &str) -> bool {
        let found = self.found.iter();
        if found.clone().any(|found| found.folder.as_os_str().is_empty()) {
            return true;
        }
        found.flat_map(|found| found.problems.iter().map(move |one| (found, one))).any(
            |(found, problem)| {
                problem.path == found.folder
                    || problem.path.parent() == Some(&found.folder.join(id))
            },
        )
    }
}

/// What a mark is about: another plan begins anew, and so does what was paused.
fn plan_of(definition: &Definition, zone: &str) -> String {
    let fires = definition.status == AutomationStatus::Active
        && definition.owner == AutomationOwner::Outrigger
        && !definition.adopted;
    format!("{}|{zone}|{}", if fires { "fires" } else { "rests" }, definition.rrule)
}

impl Held {
    /// Its schedule, if it fires by itself.
    fn fires(&self) -> Option<&Schedule> {
        self.would_fire().filter(|_| self.mark.paused.is_none())
    }

    /// Its schedule, if it fires by itself unless Outrigger paused it.
    fn would_fire(&self) -> Option<&Schedule> {
        let fires = self.definition.owner == AutomationOwner::Outrigger
            && self.definition.status == AutomationStatus::Active
            && self.fault().is_none();
        self.schedule.as_ref().ok().filter(|_| fires)
    }

    /// Why it does not fire although it is said to, in a sentence for the person.
    fn problem(&self) -> Option<String> {
        self.fault().or_else(|| self.mark.paused.clone())
    }

    fn fault(&self) -> Option<String> {
        let definition = &self.definition;
        if let Err(invalid) = &self.schedule {
            return Some(format!("Its schedule is not valid: {invalid}"));
        }
        if definition.adopted {
            return Some(
                "The Codex desktop app was told to run it: its `status` outside the table `outrigger` is ACTIVE. Outrigger does not run it until it is resumed here."
                    .to_owned(),
            );
        }
        if definition.kind == AutomationKind::Heartbeat && definition.target_thread_id.is_none() {
            return Some("It names no thread to go on with.".to_owned());
        }
        if definition.kind == AutomationKind::Cron && definition.cwds.is_empty() {
            return Some("It names no folder to work in.".to_owned());
        }
        None
    }

    fn automation(&self, timezone: &str) -> Automation {
        let definition = &*self.definition;
        let paused = self.mark.paused.is_some();
        Automation {
            id: definition.id.clone(),
            name: definition.name.clone(),
            prompt: definition.prompt.clone(),
            status: if paused { AutomationStatus::Paused } else { definition.status },
            rrule: definition.rrule.clone(),
            canonical_rule: self.schedule.as_ref().ok().map(|all| all.canonical().to_owned()),
            timezone: definition.timezone.clone().unwrap_or_else(|| timezone.to_owned()),
            missed: definition.missed,
            overlap: definition.overlap,
            deadline_minutes: definition.deadline,
            cwds: definition.cwds.iter().filter_map(|path| paths::to_uri(path)).collect(),
            model: definition.model.clone(),
            reasoning_effort: definition.reasoning_effort.clone(),
            execution_environment: definition.execution_environment,
            branch: definition.branch.clone(),
            approval_policy: definition.approval_policy.clone(),
            sandbox: definition.sandbox.clone(),
            approval_timeout_minutes: definition.approval_timeout,
            max_run_minutes: definition.max_run,
            next_run_at: self.next.filter(|_| !paused),
            last_run_at: self.mark.last_run_at,
            created_at: definition.created_at,
            updated_at: definition.updated_at,
            kind: definition.kind,
            target_thread_id: definition.target_thread_id.clone(),
            owner: definition.owner,
            problem: self.problem(),
        }
    }
}

impl Step<'_> {
    pub(super) fn load_automations(&mut self) {
        self.store(Request::Load.into(), Then::Automation(Kept::Loaded));
    }

    pub(super) fn automation_stored(&mut self, kept: Kept, result: Result<Answer, Error>) {
        match (kept, result) {
            (Kept::Loaded, Ok(Answer::Automations(kept))) => self.automations_loaded(*kept),
            (Kept::Loaded, result) => {
                // Nothing is claimed without the store, and nothing fires without a claim.
                self.automations_loaded(StoreKept::default());
                if let Err(error) = result {
                    self.not_stored(&error);
                }
            }
            (Kept::Claimed(run), result) => self.claimed(&run, result),
            (Kept::Opened(run), result) => self.opening_kept(&run, result),
            (Kept::Finished(run, item), result) => self.finish_kept(&run, item, result),
            (Kept::Asked(asked), result) => self.automation_asked(asked, result),
        }
    }

    fn automations_loaded(&mut self, kept: StoreKept) {
        let marks = kept.marks.into_iter().map(|mark| (mark.id.clone(), mark)).collect();
        self.world.automations.marks = Some(marks);
        self.codex_was(&kept.codex);
        self.world.automations.last_codex = kept.codex;
        for run in kept.open {
            self.run_left_over(run);
        }
        self.automations_known();
    }

    pub(super) fn automation_said(&mut self, event: automation::Event) {
        match event {
            automation::Event::Found(found) => {
                self.world.automations.found = Some(*found);
                self.automations_known();
            }
            automation::Event::Written { token, result } => self.definition_written(token, result),
            automation::Event::Deleted { token, result } => self.definition_deleted(token, result),
        }
    }

    /// The files or the store said what there is: what differs from before is told, and what is due fires.
    fn automations_known(&mut self) {
        if !self.world.automations.is_known() {
            return;
        }
        let now = self.now.epoch_ms;
        let Some(found) = self.world.automations.found.clone() else { return };
        let there: BTreeSet<&str> =
            found.definitions.iter().map(|definition| definition.id.as_str()).collect();
        let automations = &self.world.automations;
        let marked = automations.marks.iter().flat_map(|marks| marks.keys());
        let gone = automations.held.keys().chain(marked).filter(|id| !there.contains(id.as_str()));
        let gone: Vec<String> = gone.cloned().collect();
        for id in gone {
            self.automation_gone(&id);
        }
        for definition in &found.definitions {
            let held = self.world.automations.held.get(&definition.id);
            if held.is_some_and(|held| {
                Arc::ptr_eq(&held.definition, definition) || held.definition == *definition
            }) {
                continue;
            }
            self.take_definition(Arc::clone(definition), now);
        }
        for problem in &found.problems {
            let path = problem.path.display();
            let message = format!("The automation in {path} cannot be used. {}", problem.fault);
            self.tell(DiagnosticLevel::Warning, DiagnosticKind::Automation, None, message, 1);
        }
        for (session, id, call) in std::mem::take(&mut self.world.automations.early) {
            self.automation_call(session, id, call);
        }
        self.runs_go_on();
        self.automations_woken();
    }

    fn take_definition(&mut self, definition: Arc<Definition>, now: u64) {
        let id = definition.id.clone();
        let adopted = definition.adopted;
        if self.world.automations.hold(definition, now)
            && let Some(held) = self.world.automations.held.get(&id)
        {
            let mark = held.mark.clone();
            self.store(Request::Mark(mark).into(), Then::Noted);
        }
        if adopted && let Some(held) = self.world.automations.held.get(&id) {
            let name = &held.definition.name;
            let message = format!("{name}: {}", held.problem().unwrap_or_default());
            self.tell(DiagnosticLevel::Warning, DiagnosticKind::Automation, None, message, 1);
        }
        self.tell_automation(&id);
    }

    /// One whose file cannot be read just now rests: what it missed meanwhile is seen to when it can be.
    fn automation_gone(&mut self, id: &str) {
        let automations = &mut self.world.automations;
        let held = automations.forget(id);
        let was_held = held.is_some();
        if automations.is_unsure(id) {
            let rests = held.map(|mark| (id.to_owned(), mark));
            automations.marks.get_or_insert_default().extend(rests);
        } else {
            automations.marks.get_or_insert_default().remove(id);
            self.store(Request::Forget { id: id.to_owned() }.into(), Then::Noted);
        }
        if was_held {
            let note =
                note::AutomationChanged(&AutomationChanged { id: id.to_owned(), automation: None });
            self.broadcast("automation", &note, |session| session.trusted);
        }
    }

    /// Tells editors of an automation, if it is another than they were told.
    fn tell_automation(&mut self, id: &str) {
        let timezone = self.world.automations.timezone();
        let Some(held) = self.world.automations.held.get_mut(id) else { return };
        let automation = held.automation(&timezone);
        if held.told.as_ref() == Some(&automation) {
            return;
        }
        held.told = Some(automation.clone());
        let changed = AutomationChanged { id: id.to_owned(), automation: Some(automation) };
        self.broadcast("automation", &note::AutomationChanged(&changed), |session| session.trusted);
    }

    fn tell_run(&mut self, run: &RunId) {
        let Some(active) = self.world.automations.active.get(run) else { return };
        let held = AutomationRunHeld { run: active.run.clone() };
        self.broadcast("automation", &note::RunChanged(&held), |session| session.trusted);
    }

    fn tell_item(&mut self, item: &InboxItem) {
        let held = InboxItemHeld { item: item.clone() };
        self.broadcast("inbox", &note::InboxChanged(&held), |session| session.trusted);
    }

    /// Fires what is due, sees to the runs, and asks to be woken for what comes next.
    pub(super) fn automations_woken(&mut self) {
        if !self.world.automations.is_known() {
            return;
        }
        self.world.automations.notice_clock(self.now.epoch_ms);
        self.fire_due();
        self.runs_go_on();
        let watched = self.watch_runs();
        let now = self.now;
        let due = self.world.automations.due.first().map(|(at, _)| {
            let ahead = Duration::from_millis(at.saturating_sub(now.epoch_ms)).min(LONGEST_SLEEP);
            now.micros + micros(ahead)
        });
        self.effects.extend(due.into_iter().chain(watched).min().map(Effect::WakeAt));
    }

    /// The app-server answered a request of a run.
    pub(super) fn run_answered(&mut self, flow: Flow, result: Result<Raw, RpcError>) {
        match flow {
            Flow::Thread(run) => self.thread_answered(&run, result),
            Flow::Turn(run) => self.turn_answered(&run, result),
            Flow::Look(run) => self.looked_up(&run, result),
            Flow::Change(_) | Flow::Placed(_) | Flow::Manual(_) | Flow::Settling(_) => {}
        }
    }

    fn automation_flow(&mut self, flow: Flow) -> u64 {
        self.token(Purpose::Automation(flow))
    }

    fn problems(&self) -> Vec<AutomationProblem> {
        let found = self.world.automations.found.iter();
        let problems = found.flat_map(|found| &found.problems);
        problems
            .filter_map(|problem| {
                let uri = paths::to_uri(&problem.path)?;
                Some(AutomationProblem { uri, message: problem.fault.to_string() })
            })
            .collect()
    }

    pub(super) fn is_run_of_automation(&self, thread: &ThreadId) -> bool {
        self.run_within(thread).is_some()
    }

    /// The run that has its turn in this thread. A heartbeat that waits for the thread is none.
    fn run_within(&self, thread: &ThreadId) -> Option<RunId> {
        let mut active = self.world.automations.active.iter();
        let is_its = |active: &Active| {
            active.run.thread_id.as_ref() == Some(thread)
                && matches!(active.phase, Phase::Running | Phase::Starting)
        };
        active.find(|(_, active)| is_its(active)).map(|(id, _)| id.clone())
    }
}
