//! A run from its claim to its end: a place, a thread, a turn. Each step is in the store before the next goes up, so
//! that after a crash it is looked up how far a run came, and nothing is done twice.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{Flow, Kept, envelope, outcome};
use crate::{
    automation::{Definition, Place, PlaceError},
    clock::micros,
    codex::{
        requests::{self, ThreadSettings, TurnSettings},
        views,
    },
    core::{Effect, Purpose, Step, app_server::Passage, notices::Occasion, stored::Then},
    paths,
    protocol::{
        FailureKind, Raw, RpcError, RpcId, RunId, SessionId, ThreadId, TurnId,
        automation::{AutomationKind, AutomationRun, ExecutionEnvironment, InboxItem, RunStatus},
    },
    store::{Answer, Error, automations::Request},
};

/// Runs that go on at one time; more wait for their turn.
const MAX_AT_ONCE: usize = 2;
/// How long a run waits for an app-server that is not there, or for its thread to say how far it came.
pub(super) const PATIENCE: Duration = Duration::from_mins(10);

/// A run that goes on.
pub struct Active {
    pub run: AutomationRun,
    pub definition: Arc<Definition>,
    /// When the run before it began, in epoch milliseconds.
    pub last_run: Option<u64>,
    pub phase: Phase,
    /// Runs begin in this order.
    pub order: u64,
    /// The moment (in microseconds, while awake) at which this phase has taken too long.
    pub until: Option<u64>,
    /// Why it was stopped, once it was.
    pub stopped: Option<String>,
    /// Up to when occurrences were dealt with before this one was.
    pub seen_until: u64,
    /// The app-server that was asked for its turn.
    pub asked_of: Option<u32>,
    /// How often it was begun again for want of a network.
    pub retries: usize,
    /// Who asked for it, and is still to be answered.
    pub asked: Option<(SessionId, RpcId)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The store is asked for the occurrence.
    Claiming,
    /// Others go on.
    Waiting,
    /// Its folder is looked at, or its worktree made.
    Placing,
    /// For the app-server.
    Ready,
    /// Its thread is asked for.
    Opening,
    /// Its thread is written down.
    Noting,
    /// Its turn is asked for, and perhaps there.
    Starting,
    Running,
    /// There was no network: it is begun again in a while.
    Retrying,
    /// The app-server is gone, or Outrigger was: how far it came is looked up.
    Lost,
    Looking,
    /// Its end is written down.
    Ending,
}

impl Active {
    pub fn new(
        run: AutomationRun,
        definition: Arc<Definition>,
        last_run: Option<u64>,
        order: u64,
    ) -> Self {
        let phase = Phase::Claiming;
        Self {
            run,
            definition,
            last_run,
            phase,
            order,
            until: None,
            stopped: None,
            seen_until: u64::MAX,
            asked_of: None,
            retries: 0,
            asked: None,
        }
    }

    fn goes_on(&self) -> bool {
        !matches!(self.phase, Phase::Claiming | Phase::Waiting)
    }

    /// The thread that is another's too.
    fn target(&self) -> Option<&ThreadId> {
        let heartbeat = self.definition.kind == AutomationKind::Heartbeat;
        self.definition.target_thread_id.as_ref().filter(|_| heartbeat)
    }

    /// What the turn's first message is known by.
    pub fn message_id(&self) -> String {
        format!("outrigger-run-{}-{}", self.run.run_id, self.run.attempt)
    }
}

impl Step<'_> {
    /// Lets runs begin that may, and those go on that can.
    pub(in crate::core) fn runs_go_on(&mut self) {
        if !self.world.automations.is_known() {
            return;
        }
        self.define_left_over();
        while let Some(id) = self.next_to_begin() {
            self.begin(&id);
        }
        let phases = self.world.automations.active.iter();
        let waiting: Vec<(RunId, Phase)> = phases
            .filter(|(_, one)| matches!(one.phase, Phase::Ready | Phase::Lost))
            .map(|(id, active)| (id.clone(), active.phase))
            .collect();
        if waiting.is_empty() {
            return;
        }
        self.server_needed();
        match self.world.server.passage(None) {
            Passage::Go => {}
            Passage::Hold | Passage::Refuse(_) => return,
        }
        for (id, phase) in waiting {
            if phase == Phase::Ready { self.open(&id) } else { self.look_up(&id) }
        }
    }

    fn next_to_begin(&self) -> Option<RunId> {
        let active = &self.world.automations.active;
        let going = active.values().filter(|one| one.goes_on());
        if going.clone().filter(|one| one.phase != Phase::Retrying).count() >= MAX_AT_ONCE {
            return None;
        }
        let busy: Vec<&str> = going.map(|one| one.run.automation_id.as_str()).collect();
        let may = |one: &&Active| {
            one.phase == Phase::Waiting
                && !busy.contains(&one.run.automation_id.as_str())
                && !one
                    .run
                    .thread_id
                    .as_ref()
                    .or(one.target())
                    .is_some_and(|thread| self.is_thread_busy(thread))
        };
        let next = active.values().filter(may).min_by_key(|one| one.order)?;
        Some(next.run.run_id.clone())
    }

    /// Whether a turn goes on in a thread, or a question of one waits.
    fn is_thread_busy(&self, thread: &ThreadId) -> bool {
        let entry = self.world.threads.get(thread.as_str());
        entry.is_some_and(|entry| {
            entry.thread.active_turn().is_some() || self.world.approvals.concern(thread)
        })
    }

    fn begin(&mut self, id: &RunId) {
        let now = self.now;
        let Some(active) = self.world.automations.active.get_mut(id) else { return };
        let definition = Arc::clone(&active.definition);
        if definition.id.is_empty() {
            return self.end_run(id, RunStatus::Failed, Some("The automation is gone.".into()));
        }
        let since = now.epoch_ms.saturating_sub(active.run.scheduled_for);
        if active.retries == 0 && since > definition.deadline.millis().max(60_000) {
            let why = match (active.run.attempt, active.target()) {
                (1, Some(_)) => "Its thread, or others, went on until it was too late.",
                (1, None) => "It was not its turn to run before it was too late.",
                _ => "Outrigger ended before it began, and it is too long ago to catch up.",
            };
            return self.end_run(id, RunStatus::Missed, Some(why.into()));
        }
        active.phase = Phase::Placing;
        active.run.started_at.get_or_insert(now.epoch_ms);
        active.until = Some(now.micros + micros(PATIENCE));
        self.effects.push(Effect::WakeAt(now.micros + micros(PATIENCE)));
        self.server_needed();
        self.tell_run(id);
        let Some(folder) = definition.cwds.first() else {
            // A heartbeat works where its thread does.
            return self.placed(id, None);
        };
        if !self.all_roots().iter().any(|root| paths::holds(&root.path, folder)) {
            let why = format!(
                "{} is not among the granted folders: save the automation in an editor, or grant the folder.",
                folder.display()
            );
            return self.end_run(id, RunStatus::Failed, Some(why));
        }
        let wants = definition.execution_environment == ExecutionEnvironment::Worktree
            && definition.kind == AutomationKind::Cron;
        let token = self.automation_flow(Flow::Placed(id.clone()));
        self.effects.push(Effect::PreparePlace {
            token,
            folder: folder.clone(),
            worktree: wants.then(|| id.to_string()),
            branch: definition.branch.clone(),
            clean: false,
            setup: definition.setup.clone(),
        });
    }

    pub(super) fn place_found(&mut self, id: &RunId, result: Result<Place, PlaceError>) {
        match result {
            Ok(place) => self.placed(id, Some(place)),
            Err(error) => self.end_run(id, RunStatus::Failed, Some(error.to_string())),
        }
    }

    fn placed(&mut self, id: &RunId, place: Option<Place>) {
        let Some(active) = self.world.automations.active.get_mut(id) else { return };
        if active.phase != Phase::Placing {
            return;
        }
        if let Some(Place { cwd, worktree }) = place {
            active.run.cwd = paths::to_uri(&cwd);
            active.run.worktree = worktree.and_then(|path| paths::to_uri(&path));
        }
        active.phase = Phase::Ready;
        let run = active.run.clone();
        self.store(Request::Note(run).into(), Then::Noted);
        self.runs_go_on();
    }

    fn open(&mut self, id: &RunId) {
        let Some(active) = self.world.automations.active.get_mut(id) else { return };
        active.phase = Phase::Opening;
        let definition = Arc::clone(&active.definition);
        let cwd = active.run.cwd.as_deref().and_then(paths::from_uri);
        let request = match &definition.target_thread_id {
            Some(thread) if definition.kind == AutomationKind::Heartbeat => {
                requests::thread_resume(thread.as_str(), &ThreadSettings::default())
            }
            _ if let Some(thread) = &active.run.thread_id => {
                requests::thread_resume(thread.as_str(), &ThreadSettings::default())
            }
            _ => {
                let cwd = cwd.as_ref().map(|path| path.to_string_lossy());
                requests::thread_start(&ThreadSettings {
                    cwd: cwd.as_deref(),
                    model: definition.model.as_deref(),
                    approval_policy: definition.approval_policy.as_ref(),
                    sandbox: definition.sandbox.as_deref(),
                    ..ThreadSettings::default()
                })
            }
        };
        self.ask_upstream(&request, Purpose::Automation(Flow::Thread(id.clone())));
    }

    pub(super) fn thread_answered(&mut self, id: &RunId, result: Result<Raw, RpcError>) {
        let Some(active) = self.world.automations.active.get_mut(id) else { return };
        if active.phase != Phase::Opening {
            return;
        }
        let result = match result {
            Ok(result) => result,
            // A thread without a turn is none: it is asked for again.
            Err(error) if is_unanswered(&error) => {
                active.phase = Phase::Ready;
                return self.runs_go_on();
            }
            Err(error) => {
                return self.end_run(id, RunStatus::Failed, Some(error.message));
            }
        };
        let heartbeat = active.definition.kind == AutomationKind::Heartbeat;
        let resumed = heartbeat || active.run.thread_id.is_some();
        let opened = result.view::<views::ThreadOpened>().ok().map(|opened| {
            let text = |raw: &serde_json::value::RawValue| {
                serde_json::from_str::<Value>(raw.get()).unwrap_or_default()
            };
            let unbounded = text(opened.approval_policy) == "never"
                && text(opened.sandbox)["type"] == "dangerFullAccess";
            (ThreadId::from(&*opened.thread.id), unbounded)
        });
        let Some((thread, unbounded)) = opened else {
            let why = "The app-server's answer named no thread.";
            return self.end_run(id, RunStatus::Failed, Some(why.into()));
        };
        if unbounded {
            return self.end_run(id, RunStatus::Failed, Some(super::changes::UNBOUNDED.into()));
        }
        active.run.thread_id = Some(thread.clone());
        active.phase = Phase::Noting;
        let run = active.run.clone();
        let used = self.now.micros;
        self.world.threads.entry(&thread, used).upstream = true;
        if resumed {
            self.thread_resumed(&thread, &result);
        } else {
            self.thread_described(&thread, &result);
        }
        self.store(Request::Note(run).into(), Then::Automation(Kept::Opened(id.clone())));
    }

    /// From here on a turn of this run is found in its thread, if there is one.
    pub(super) fn opening_kept(&mut self, id: &RunId, result: Result<Answer, Error>) {
        let Some(active) = self.world.automations.active.get_mut(id) else { return };
        if active.phase != Phase::Noting {
            return;
        }
        match result {
            Ok(Answer::Changed(true)) => {}
            Ok(_) => {
                self.world.automations.active.remove(id);
                return self.runs_go_on();
            }
            Err(error) => {
                self.not_stored(&error);
                return self.end_run(id, RunStatus::Failed, Some(format!("{error}.")));
            }
        }
        if self.world.server.living().is_none() {
            active.phase = Phase::Ready;
            return self.runs_go_on();
        }
        let Some(thread) = active.run.thread_id.clone() else { return };
        if self.is_thread_busy(&thread) {
            // It waits for what goes on in its thread.
            if let Some(active) = self.world.automations.active.get_mut(id) {
                active.phase = Phase::Waiting;
            }
            return self.runs_go_on();
        }
        let asked_of = self.world.server.living();
        let Some(active) = self.world.automations.active.get_mut(id) else { return };
        active.asked_of = asked_of;
        active.phase = Phase::Starting;
        let text = envelope::text(&active.definition, active.last_run, self.now.epoch_ms);
        let message = active.message_id();
        let settings = TurnSettings {
            effort: active.definition.reasoning_effort.as_deref(),
            client_user_message_id: Some(&message),
            ..TurnSettings::default()
        };
        let request = requests::turn_start(thread.as_str(), &text, &settings);
        let name = active.definition.name.clone();
        let named = active.definition.kind == AutomationKind::Heartbeat || active.retries > 0;
        self.ask_upstream(&request, Purpose::Automation(Flow::Turn(id.clone())));
        if !named {
            let params = json!({ "threadId": thread, "name": name });
            self.upstream("thread/name/set", Raw::of(&params), Purpose::Rest);
        }
        self.tell_run(id);
    }

    pub(super) fn turn_answered(&mut self, id: &RunId, result: Result<Raw, RpcError>) {
        let now = self.now.micros;
        let Some(active) = self.world.automations.active.get_mut(id) else { return };
        if active.phase != Phase::Starting {
            return;
        }
        let result = match result {
            Ok(result) => result,
            // It may be there all the same.
            Err(error) if is_unanswered(&error) => {
                active.phase = Phase::Lost;
                active.until = None;
                return self.runs_go_on();
            }
            Err(error) => {
                return self.end_run(id, RunStatus::Failed, Some(error.message));
            }
        };
        let turn = result.view::<views::TurnStarted>().ok();
        active.run.turn_id = turn.map(|started| TurnId::from(&*started.turn.id));
        active.phase = Phase::Running;
        let end = now.saturating_add(active.definition.max_run.millis().saturating_mul(1_000));
        active.until = Some(end);
        let (run, thread) = (active.run.clone(), active.run.thread_id.clone());
        self.effects.push(Effect::WakeAt(end));
        self.store(Request::Note(run).into(), Then::Noted);
        if let Some(thread) = thread {
            self.turn_accepted(&thread, &result);
        }
        self.tell_run(id);
    }

    /// A turn has ended: if it is that of a run, so has the run.
    pub(in crate::core) fn automation_turn_ended(&mut self, thread: &ThreadId, params: &Raw) {
        let Ok(note) = params.view::<views::TurnNote>() else { return };
        let turn = TurnId::from(&*note.turn.id);
        let Some(id) = self.run_within(thread).filter(|id| self.is_turn_of(id, &turn)) else {
            // What waits for this thread may begin.
            return self.runs_go_on();
        };
        let entry = self.world.threads.get(thread.as_str());
        let message = entry.and_then(|entry| entry.thread.last_message(&turn));
        let answered = entry.is_some_and(|entry| entry.thread.has_answer(&turn));
        let error = note.turn.error.as_ref().map(|error| error.message.to_string());
        let status = note.turn.status.to_string();
        let cause = note.turn.error.as_ref().and_then(|error| error.codex_error_info);
        let cause = cause.map(|cause| cause.get().to_owned()).unwrap_or_default();
        if status == "failed" && !answered && self.try_again(&id, &cause) {
            return;
        }
        let active = self.world.automations.active.get(&id);
        let name = active.map(|active| active.run.automation_id.clone()).unwrap_or_default();
        let why = error.clone().unwrap_or_default();
        self.turn_over(&id, turn, &status, error, message);
        self.pause_if_it_must(&name, &cause, &why);
    }

    /// Whether a turn in the thread of a run is the run's. While its turn is asked for, a heartbeat's thread may still end
    /// another.
    fn is_turn_of(&self, id: &RunId, turn: &TurnId) -> bool {
        self.world.automations.active.get(id).is_some_and(|active| match &active.run.turn_id {
            Some(known) if active.phase == Phase::Running => known == turn,
            _ => active.target().is_none(),
        })
    }

    /// The person took the thread of a run away, and with it its turn.
    pub(in crate::core) fn automation_thread_gone(&mut self, thread: &ThreadId, how: &str) {
        if let Some(id) = self.run_within(thread) {
            self.end_run(&id, RunStatus::Interrupted, Some(format!("Its thread was {how}.")));
        }
    }

    pub(super) fn turn_over(
        &mut self,
        id: &RunId,
        turn: TurnId,
        status: &str,
        error: Option<String>,
        message: Option<String>,
    ) {
        let Some(active) = self.world.automations.active.get_mut(id) else { return };
        active.run.turn_id = Some(turn);
        let outcome = outcome::of_message(&message.unwrap_or_default());
        active.run.title = outcome.title;
        active.run.summary = outcome.summary;
        let stopped = active.stopped.clone();
        let (status, error) = match status {
            "completed" => (RunStatus::PendingReview, None),
            "failed" => (RunStatus::Failed, error.or(Some("The turn failed.".into()))),
            _ => {
                let why = stopped.or(error);
                (RunStatus::Interrupted, why.or(Some("The turn was interrupted.".into())))
            }
        };
        self.end_run(id, status, error);
    }

    /// Writes the end of a run down, with its item; once.
    pub(super) fn end_run(&mut self, id: &RunId, status: RunStatus, error: Option<String>) {
        let now = self.now.epoch_ms;
        let Some(active) = self.world.automations.active.get_mut(id) else { return };
        if active.phase == Phase::Ending {
            return;
        }
        active.phase = Phase::Ending;
        let name = active.definition.name.clone();
        let run = &mut active.run;
        run.status = status;
        run.error = error.map(|error| outcome::shortened(&error, 2_000));
        run.finished_at = Some(now);
        let named = Some(name).filter(|name| !name.is_empty());
        let name = named.unwrap_or_else(|| run.automation_id.clone());
        let title = run.title.get_or_insert(name).clone();
        let description = run.error.clone().or_else(|| run.summary.clone()).unwrap_or_default();
        let item = (status != RunStatus::Missed).then(|| InboxItem {
            id: format!("i-{id}"),
            run_id: id.clone(),
            automation_id: run.automation_id.clone(),
            thread_id: run.thread_id.clone(),
            title,
            description,
            created_at: now,
            read_at: None,
            archived_at: None,
        });
        let request = Request::Finish { run: run.clone(), item: item.clone() };
        let kept = Kept::Finished(id.clone(), item.map(Box::new));
        self.store(request.into(), Then::Automation(kept));
    }

    fn tell_finished(&mut self, id: &RunId, item: &InboxItem) {
        let Some(active) = self.world.automations.active.get(id) else { return };
        let name = &active.definition.name;
        let text = match active.run.status {
            RunStatus::PendingReview => format!("{name} is done."),
            RunStatus::Failed => format!("{name} failed."),
            _ => format!("{name} was interrupted."),
        };
        self.call_person(Occasion::Automation, &text, Some(&item.description));
    }

    pub(super) fn finish_kept(
        &mut self,
        id: &RunId,
        item: Option<Box<InboxItem>>,
        result: Result<Answer, Error>,
    ) {
        match result {
            Ok(Answer::Changed(true)) => {
                self.tell_run(id);
                if let Some(item) = item {
                    self.tell_item(&item);
                    self.tell_finished(id, &item);
                }
            }
            Ok(_) => {}
            // It is found unfinished at the next start, and looked up.
            Err(error) => self.not_stored(&error),
        }
        self.world.automations.active.remove(id);
        self.runs_go_on();
    }
}

/// Whether it is open what became of a request.
fn is_unanswered(error: &RpcError) -> bool {
    let kind = error.data.as_ref().and_then(|data| data.get("kind")).and_then(Value::as_str);
    [FailureKind::AppServerDown, FailureKind::AppServerTimeout]
        .iter()
        .any(|unanswered| kind == Some(unanswered.as_str()))
}
