//! Automations on a clock that the story turns.

use super::*;
use crate::{
    automation::{Definition, Found, Place},
    protocol::{
        app_server::{AppServerError, AppServerErrorKind},
        automation::{AutomationKind, AutomationRun, MissedPolicy, OverlapPolicy},
    },
};

const ONE: SessionId = SessionId(1);
const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

/// An automation that is due each minute.
fn minutely() -> Definition {
    let mut definition = Definition::new("Look".into(), "Look.".into(), "FREQ=MINUTELY".into(), 0);
    definition.id = "look".into();
    definition.timezone = Some("UTC".into());
    definition.cwds = vec!["/w".into()];
    definition
}

/// An editor, the app-server, and these definitions in their files.
fn with(definitions: &[Definition]) -> Stage {
    let mut stage = Stage::ready();
    found(&mut stage, definitions);
    stage
}

fn found(stage: &mut Stage, definitions: &[Definition]) -> Vec<Effect> {
    let definitions = definitions.iter().cloned().map(Arc::new).collect();
    let folder = "/codex/automations".into();
    let found = Found { folder, definitions, timezone: "UTC".into(), ..Found::default() };
    stage.step(EventKind::Automation(automation::Event::Found(Box::new(found))))
}

/// The time is this many milliseconds later, and the wiring wakes the core.
fn later(stage: &mut Stage, millis: u64) -> Vec<Effect> {
    stage.sleep(Duration::from_millis(millis))
}

fn runs(stage: &mut Stage) -> Vec<AutomationRun> {
    let (_, effects) = stage.request(ONE, "outrigger/automation/runs", json!({}));
    let (_, answer) = told(&effects).into_iter().find(|(name, _)| name.contains("reply")).unwrap();
    serde_json::from_value(answer["result"]["runs"].clone()).unwrap()
}

/// In short: for when, how it came to be, how it stands, and what it stands for.
fn in_short(runs: &[AutomationRun]) -> Vec<(u64, String, String, u32)> {
    runs.iter()
        .map(|run| (run.scheduled_for, word(&run.trigger), word(&run.status), run.missed))
        .collect()
}

fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

/// The run whose place was asked for gets it, and then a thread and a turn.
fn goes_on(stage: &mut Stage, effects: &[Effect], thread: &str) {
    let asked = asks_for_turn(stage, effects, thread);
    let turn = json!({ "turn": { "id": format!("turn-of-{thread}"), "items": [], "status": "inProgress" } });
    answer_turn(stage, &asked, Ok(Raw::of(&turn)));
}

/// What goes up once it has its place and its thread.
fn asks_for_turn(stage: &mut Stage, effects: &[Effect], thread: &str) -> Vec<(u64, String)> {
    let token = effects
        .iter()
        .find_map(|effect| match effect {
            Effect::PreparePlace { token, .. } => Some(*token),
            _ => None,
        })
        .expect("no place was asked for");
    let place = Place { cwd: "/w".into(), worktree: None };
    let effects = stage.step(EventKind::PlacePrepared { token, result: Ok(place) });
    assert_eq!(sent_up(&effects).1, "thread/start");
    let effects = stage.answered(&effects, opened(thread));
    requests(&effects)
}

/// The app-server's answer to the `turn/start` among these.
fn answer_turn(
    stage: &mut Stage,
    asked: &[(u64, String)],
    result: Result<Raw, RpcError>,
) -> Vec<Effect> {
    let tokens: Vec<u64> = asked
        .iter()
        .filter(|(_, method)| method == "turn/start")
        .map(|(token, _)| *token)
        .collect();
    assert_eq!(tokens.len(), 1, "{asked:?}");
    let epoch = stage.world.server.epoch();
    let method = "turn/start".into();
    let frame = Frame::Response { token: tokens[0], method, result, elapsed: Duration::ZERO };
    stage.app_server_says(epoch, frame)
}

fn requests(effects: &[Effect]) -> Vec<(u64, String)> {
    let request = |effect: &Effect| match effect {
        Effect::Codex(codex::Command::Request { token, method, .. }) => {
            Some((*token, method.clone()))
        }
        _ => None,
    };
    effects.iter().filter_map(request).collect()
}

fn opened(thread: &str) -> Value {
    let described = json!({ "id": thread, "cwd": "/w", "preview": "", "modelProvider": "m",
        "createdAt": 1, "updatedAt": 1, "status": { "type": "idle" }, "cliVersion": "x",
        "source": "vscode", "turns": [], "ephemeral": false, "sessionId": thread });
    json!({ "thread": described, "model": "m", "modelProvider": "m", "cwd": "/w",
        "approvalPolicy": "untrusted", "approvalsReviewer": "user", "sandbox": { "type": "readOnly" } })
}

fn turn_ends(stage: &mut Stage, thread: &str) -> Vec<Effect> {
    let turn = json!({ "id": format!("turn-of-{thread}"), "items": [], "status": "completed" });
    stage.note("turn/completed", json!({ "threadId": thread, "turn": turn }))
}

fn places(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::PreparePlace { .. })).count()
}

#[test]
fn what_is_due_runs_and_ends_with_one_item_though_the_end_is_told_twice() {
    let mut stage = with(&[minutely()]);
    let effects = later(&mut stage, MINUTE);
    goes_on(&mut stage, &effects, "a");
    turn_ends(&mut stage, "a");
    turn_ends(&mut stage, "a");
    let row = |status: &str| vec![(MINUTE, "schedule".to_owned(), status.to_owned(), 0)];
    assert_eq!(in_short(&runs(&mut stage)), row("PENDING_REVIEW"));
    let (_, effects) = stage.request(ONE, "outrigger/inbox/list", json!({}));
    let items = told(&effects)[0].1["result"]["items"].as_array().unwrap().len();
    assert_eq!(items, 1);
}

#[test]
fn three_weeks_asleep_make_one_run_that_stands_for_all() {
    let mut stage =
        with(&[Definition { rrule: "FREQ=DAILY;BYHOUR=9;BYMINUTE=0".into(), ..minutely() }]);
    later(&mut stage, 21 * DAY);
    let latest = 20 * DAY + 9 * 60 * MINUTE;
    // Fifteen hours ago is more than the twelve within which it is caught up.
    assert_eq!(
        in_short(&runs(&mut stage)),
        [(latest, "schedule".to_owned(), "MISSED".to_owned(), 21)]
    );
    let effects = later(&mut stage, 13 * 60 * MINUTE);
    assert_eq!(places(&effects), 1);
    let caught = latest + DAY;
    assert_eq!(
        in_short(&runs(&mut stage))[0],
        (caught, "catchUp".to_owned(), "IN_PROGRESS".to_owned(), 0)
    );
}

#[test]
fn what_is_missed_is_skipped_where_that_was_said_and_leaves_a_record() {
    let skips =
        Definition { missed: MissedPolicy::Skip, rrule: "FREQ=HOURLY".into(), ..minutely() };
    let mut stage = with(&[skips]);
    let effects = later(&mut stage, 150 * MINUTE);
    assert_eq!(places(&effects), 0);
    assert_eq!(
        in_short(&runs(&mut stage)),
        [(120 * MINUTE, "schedule".to_owned(), "MISSED".to_owned(), 2)]
    );
}

#[test]
fn a_run_that_goes_on_is_not_overtaken_and_one_that_is_queued_waits_for_it() {
    let mut stage = with(&[Definition { overlap: OverlapPolicy::Queue, ..minutely() }]);
    let effects = later(&mut stage, MINUTE);
    goes_on(&mut stage, &effects, "a");
    assert_eq!(places(&later(&mut stage, MINUTE)), 0);
    assert_eq!(places(&later(&mut stage, MINUTE)), 0);
    let row = |at: u64, status: &str, missed| {
        (at * MINUTE, "schedule".to_owned(), status.to_owned(), missed)
    };
    assert_eq!(
        in_short(&runs(&mut stage)),
        [row(3, "MISSED", 1), row(2, "IN_PROGRESS", 0), row(1, "IN_PROGRESS", 0)]
    );
    assert_eq!(places(&turn_ends(&mut stage, "a")), 1);
}

#[test]
fn two_go_on_at_one_time_and_the_next_begins_when_one_ends() {
    let definitions: Vec<Definition> =
        ["a", "b", "c"].map(|id| Definition { id: id.into(), ..minutely() }).into();
    let mut stage = with(&definitions);
    let effects = later(&mut stage, MINUTE);
    assert_eq!(places(&effects), 2);
    goes_on(&mut stage, &effects, "first");
    assert_eq!(places(&turn_ends(&mut stage, "first")), 1);
}

#[test]
fn a_clock_that_is_set_back_fires_nothing_again() {
    let mut stage = with(&[minutely()]);
    let effects = later(&mut stage, MINUTE);
    goes_on(&mut stage, &effects, "a");
    turn_ends(&mut stage, "a");
    // Back by the wall clock alone.
    let at = Now { epoch_ms: MINUTE / 2, micros: stage.micros + 1 };
    stage.world.now = at;
    let effects = step(&mut stage.world, Event { at, kind: EventKind::Woken });
    assert_eq!(places(&effects), 0);
    assert_eq!(runs(&mut stage).len(), 1);
}

#[test]
fn a_run_that_was_claimed_and_no_more_begins_after_a_restart() {
    let mut stage = with(&[minutely()]);
    later(&mut stage, MINUTE);
    let claimed = runs(&mut stage);
    let mut stage = stage.restarted();
    stage.micros = 2 * MINUTE * 1_000 - 30_000_000;
    stage.connect(1, "one", json!({ "events": ["*"] }));
    stage.app_server_up(1);
    let effects = found(&mut stage, &[minutely()]);
    goes_on(&mut stage, &effects, "a");
    turn_ends(&mut stage, "a");
    let all = runs(&mut stage);
    assert_eq!(
        (all.len(), &all[0].run_id, all[0].status),
        (1, &claimed[0].run_id, crate::protocol::automation::RunStatus::PendingReview)
    );
}

/// After a restart in the midst of a run: its thread is asked how far it came.
fn restarted_within_a_run() -> (Stage, AutomationRun, Vec<Effect>) {
    let mut stage = with(&[minutely()]);
    let effects = later(&mut stage, MINUTE);
    goes_on(&mut stage, &effects, "a");
    let run = runs(&mut stage).remove(0);
    let mut stage = stage.restarted();
    stage.micros = 2 * MINUTE * 1_000 - 30_000_000;
    stage.connect(1, "one", json!({ "events": ["*"] }));
    stage.app_server_up(1);
    let effects = found(&mut stage, &[minutely()]);
    assert_eq!(sent_up(&effects).1, "thread/turns/list");
    (stage, run, effects)
}

#[test]
fn where_its_thread_cannot_say_whether_a_turn_was_begun_none_is_begun_again() {
    let (mut stage, _, asked) = restarted_within_a_run();
    let effects = stage.refused(&asked, "database is locked");
    assert_eq!(places(&effects), 0);
    let asked = later(&mut stage, 10_000);
    assert_eq!(sent_up(&asked).1, "thread/turns/list");
    let effects = stage.answered(&asked, json!({ "turns": "of another form" }));
    assert_eq!(places(&effects), 0);
    assert_eq!(in_short(&runs(&mut stage))[0].2, "IN_PROGRESS");
}

#[test]
fn a_thread_that_no_message_reached_has_no_turn_and_the_run_is_tried_once_more_for_all_to_see() {
    for none in ["thread not loaded: a", "thread a is not materialized yet; thread/turns/list …"]
    {
        let (mut stage, run, asked) = restarted_within_a_run();
        let effects = stage.refused(&asked, none);
        assert_eq!(places(&effects), 1, "{none}");
        let again = runs(&mut stage).remove(0);
        assert_eq!((again.run_id, again.attempt), (run.run_id, 2), "{none}");
    }
}

#[test]
fn a_turn_that_was_begun_before_a_restart_is_found_and_not_begun_again() {
    let (mut stage, run, effects) = restarted_within_a_run();
    let first = json!({ "type": "userMessage", "id": "1", "clientId": format!("outrigger-run-{}-1", run.run_id) });
    let last = json!({ "type": "agentMessage", "id": "2", "text": "All is well." });
    let turn = json!({ "id": "turn-of-a", "status": "completed", "items": [first, last] });
    let effects = stage.answered(&effects, json!({ "data": [turn], "nextCursor": null }));
    assert_eq!(places(&effects), 0);
    let all = runs(&mut stage);
    assert_eq!((all.len(), all[0].summary.as_deref()), (1, Some("All is well.")));
    assert_eq!(in_short(&all)[0].2, "PENDING_REVIEW");
}

#[test]
fn a_spent_quota_pauses_until_the_person_resumes() {
    let mut stage = with(&[minutely()]);
    let effects = later(&mut stage, MINUTE);
    goes_on(&mut stage, &effects, "a");
    let error = json!({ "message": "No more today.", "codexErrorInfo": "usageLimitExceeded", "additionalDetails": null });
    let turn = json!({ "id": "turn-of-a", "items": [], "status": "failed", "error": error });
    stage.note("turn/completed", json!({ "threadId": "a", "turn": turn }));
    assert_eq!(places(&later(&mut stage, 5 * MINUTE)), 0);
    let (_, effects) = stage.request(ONE, "outrigger/automation/get", json!({ "id": "look" }));
    let shown = &told(&effects)[0].1["result"]["automation"];
    assert_eq!(
        (&shown["status"], &shown["problem"], &shown["nextRunAt"]),
        (&json!("PAUSED"), &json!("Paused: No more today."), &Value::Null)
    );
}

/// The folder says no more than that this file cannot be used.
fn broken(stage: &mut Stage, id: &str) {
    let path = format!("/codex/automations/{id}/automation.toml").into();
    let fault = automation::Fault::NotToml("line 1".into());
    let problems = vec![automation::Problem { path, fault }];
    let folder = "/codex/automations".into();
    let found = Found { folder, problems, timezone: "UTC".into(), ..Found::default() };
    stage.step(EventKind::Automation(automation::Event::Found(Box::new(found))));
}

#[test]
fn what_comes_due_while_a_file_is_broken_is_seen_to_once_it_is_whole_again() {
    let mut stage = with(&[Definition { rrule: "FREQ=HOURLY".into(), ..minutely() }]);
    broken(&mut stage, "look");
    assert_eq!(places(&later(&mut stage, 130 * MINUTE)), 0);
    let effects = found(&mut stage, &[Definition { rrule: "FREQ=HOURLY".into(), ..minutely() }]);
    assert_eq!(places(&effects), 1);
    assert_eq!(
        in_short(&runs(&mut stage)),
        [(120 * MINUTE, "catchUp".to_owned(), "IN_PROGRESS".to_owned(), 1)]
    );
    // A file that is gone has no past.
    let mut stage = with(&[minutely()]);
    found(&mut stage, &[]);
    later(&mut stage, 130 * MINUTE);
    assert_eq!(places(&found(&mut stage, &[minutely()])), 0);
}

#[test]
fn a_clock_that_was_a_day_ahead_and_is_set_right_keeps_nothing_waiting_for_a_day() {
    let mut stage = with(&[Definition { rrule: "FREQ=HOURLY".into(), ..minutely() }]);
    later(&mut stage, DAY);
    let done = runs(&mut stage).len();
    let hour = 60 * MINUTE;
    let mut at = Now { epoch_ms: hour / 2, micros: stage.micros + 1 };
    for moment in [hour / 2, hour + 1] {
        at = Now { epoch_ms: moment, micros: at.micros + 1 };
        for effect in step(&mut stage.world, Event { at, kind: EventKind::Woken }) {
            if let Effect::Store(command) = effect {
                stage.keep(command);
            }
        }
    }
    let all = runs(&mut stage);
    assert_eq!((all.len(), all[0].scheduled_for), (done + 1, hour));
}

fn network_is_gone(stage: &mut Stage, thread: &str, items: Value) -> Vec<Effect> {
    let error = json!({ "message": "No network.", "additionalDetails": null,
        "codexErrorInfo": { "responseStreamConnectionFailed": { "httpStatusCode": null } } });
    let turn = json!({ "id": format!("turn-of-{thread}"), "items": items, "status": "failed", "error": error });
    stage.note("turn/completed", json!({ "threadId": thread, "turn": turn }))
}

#[test]
fn a_turn_that_came_to_nothing_without_a_network_is_begun_again_three_times_as_the_same_run() {
    let mut stage = with(&[Definition { rrule: "FREQ=HOURLY".into(), ..minutely() }]);
    let effects = later(&mut stage, 60 * MINUTE);
    goes_on(&mut stage, &effects, "a");
    for (minutes, attempt) in [(1, 2), (3, 3), (6, 4)] {
        network_is_gone(&mut stage, "a", json!([]));
        let effects = later(&mut stage, minutes * MINUTE);
        assert_eq!(runs(&mut stage)[0].attempt, attempt);
        resumes(&mut stage, &effects, "a");
    }
    network_is_gone(&mut stage, "a", json!([]));
    let all = runs(&mut stage);
    let error = all[0].error.as_deref();
    assert_eq!((all.len(), word(&all[0].status), error), (1, "FAILED".into(), Some("No network.")));
}

/// As [`goes_on`], in the thread that the run has.
fn resumes(stage: &mut Stage, effects: &[Effect], thread: &str) {
    let token = effects.iter().find_map(|effect| match effect {
        Effect::PreparePlace { token, .. } => Some(*token),
        _ => None,
    });
    let token = token.expect("no place was asked for");
    let place = Place { cwd: "/w".into(), worktree: None };
    let effects = stage.step(EventKind::PlacePrepared { token, result: Ok(place) });
    assert_eq!(sent_up(&effects).1, "thread/resume");
    let effects = stage.answered(&effects, opened(thread));
    assert_eq!(sent_up(&effects).1, "turn/start");
    let turn = json!({ "turn": { "id": format!("turn-of-{thread}"), "items": [], "status": "inProgress" } });
    stage.answered(&effects, turn);
}

#[test]
fn a_turn_that_may_still_begin_is_not_begun_again() {
    let mut stage = with(&[minutely()]);
    let effects = later(&mut stage, MINUTE);
    let asked = asks_for_turn(&mut stage, &effects, "a");
    let kind = json!({ "kind": "appServerTimeout" });
    let late = RpcError { code: -32000, message: "No answer.".into(), data: Some(kind) };
    let looks = answer_turn(&mut stage, &asked, Err(late));
    assert_eq!(sent_up(&looks).1, "thread/turns/list");
    let effects = stage.answered(&looks, json!({ "data": [], "nextCursor": null }));
    assert_eq!(places(&effects), 0);
    // The app-server that was asked is gone now: what is not there will not be.
    stage.step(EventKind::Codex(codex::Event::Exited {
        epoch: 1,
        error: AppServerError {
            kind: AppServerErrorKind::Exited,
            message: "gone".into(),
            hint: None,
        },
    }));
    let effects = stage.app_server_up(2);
    let effects = stage.answered(&effects, opened("a"));
    let looks: Vec<u64> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Codex(codex::Command::Request { token, method, .. })
                if method == "thread/turns/list" =>
            {
                Some(*token)
            }
            _ => None,
        })
        .collect();
    assert_eq!(looks.len(), 1, "{:?}", names(&effects));
    let frame = Frame::Response {
        token: looks[0],
        method: "thread/turns/list".into(),
        result: Ok(Raw::of(&json!({ "data": [], "nextCursor": null }))),
        elapsed: Duration::ZERO,
    };
    let effects = stage.app_server_says(2, frame);
    assert_eq!((places(&effects), runs(&mut stage)[0].attempt), (1, 2));
}

#[test]
fn a_run_whose_thread_was_deleted_is_interrupted_and_not_begun_again() {
    let mut stage = with(&[minutely()]);
    let effects = later(&mut stage, MINUTE);
    goes_on(&mut stage, &effects, "a");
    let effects = stage.note("thread/deleted", json!({ "threadId": "a" }));
    assert_eq!(places(&effects), 0);
    let run = runs(&mut stage).remove(0);
    assert_eq!(
        (word(&run.status), run.error.as_deref()),
        ("INTERRUPTED".into(), Some("Its thread was deleted."))
    );
}

#[test]
fn a_heartbeat_waits_for_its_thread_and_the_end_of_another_turn_is_not_its_own() {
    let heartbeat = |id: &str| Definition {
        id: id.into(),
        kind: AutomationKind::Heartbeat,
        target_thread_id: Some("t".into()),
        cwds: Vec::new(),
        ..minutely()
    };
    let mut stage = with(&[heartbeat("first"), heartbeat("second")]);
    // The first of the two to ask has the thread; the other waits for the end of its turn.
    let effects = later(&mut stage, MINUTE);
    let resumed: Vec<(u64, String)> = requests(&effects);
    assert_eq!(resumed.len(), 2, "{resumed:?}");
    let mut begun = Vec::new();
    for (token, _) in resumed {
        let frame = Frame::Response {
            token,
            method: "thread/resume".into(),
            result: Ok(Raw::of(&opened("t"))),
            elapsed: Duration::ZERO,
        };
        let effects = stage.app_server_says(1, frame);
        begun.extend(requests(&effects));
        let turn = json!({ "id": "turn-of-t", "items": [], "status": "inProgress" });
        stage.note("turn/started", json!({ "threadId": "t", "turn": turn }));
    }
    assert_eq!(begun.len(), 1, "{begun:?}");
    let result = json!({ "turn": { "id": "turn-of-t", "items": [], "status": "inProgress" } });
    answer_turn(&mut stage, &begun, Ok(Raw::of(&result)));
    turn_ends(&mut stage, "t");
    let statuses = |stage: &mut Stage| -> Vec<String> {
        runs(stage).iter().map(|run| word(&run.status)).collect()
    };
    let mut now = statuses(&mut stage);
    now.sort();
    assert_eq!(now, ["IN_PROGRESS", "PENDING_REVIEW"]);
}

#[test]
fn a_spent_quota_is_over_by_itself_where_the_person_chose_so() {
    let patient =
        Definition { resume_after_reset: true, rrule: "FREQ=HOURLY".into(), ..minutely() };
    let mut stage = with(&[patient]);
    let effects = later(&mut stage, 60 * MINUTE);
    goes_on(&mut stage, &effects, "a");
    let window = json!({ "usedPercent": 100, "resetsAt": 150 * 60, "windowDurationMins": 300 });
    stage.note("account/rateLimits/updated", json!({ "rateLimits": { "primary": window } }));
    let error = json!({ "message": "No more today.", "codexErrorInfo": "usageLimitExceeded", "additionalDetails": null });
    let turn = json!({ "id": "turn-of-a", "items": [], "status": "failed", "error": error });
    stage.note("turn/completed", json!({ "threadId": "a", "turn": turn }));
    let (_, effects) = stage.request(ONE, "outrigger/automation/get", json!({ "id": "look" }));
    assert_eq!(
        told(&effects)[0].1["result"]["automation"]["problem"],
        "Paused: No more today. It goes on at 1970-01-01T02:30:00.000Z."
    );
    assert_eq!(places(&later(&mut stage, 80 * MINUTE)), 0);
    // What came due meanwhile is caught up with, once.
    assert_eq!(places(&later(&mut stage, 11 * MINUTE)), 1);
    assert_eq!(
        in_short(&runs(&mut stage))[0],
        (120 * MINUTE, "catchUp".to_owned(), "IN_PROGRESS".to_owned(), 0)
    );
}

#[test]
fn who_looks_elsewhere_is_told_that_a_run_is_over_and_nothing_of_what_was_said() {
    let mut stage = with(&[minutely()]);
    stage.world.daemon = Some(Daemon::new(1));
    stage.world.granted.insert("/w".into(), 1);
    let end = |stage: &mut Stage, thread: &str| -> Vec<Notice> {
        let effects = later(stage, MINUTE);
        goes_on(stage, &effects, thread);
        let effects = turn_ends(stage, thread);
        let told = effects.into_iter().filter_map(|effect| match effect {
            Effect::Notify(notice) => Some(notice),
            _ => None,
        });
        told.collect()
    };
    // An editor that listens says it in its own way.
    assert_eq!(end(&mut stage, "a"), []);
    stage.leave(ONE);
    let notice = Notice {
        title: "Outrigger".into(),
        text: "Look is done.".into(),
        program: None,
        quiet: None,
    };
    assert_eq!(end(&mut stage, "b"), [notice]);
    // One that only speaks LSP shows a message while somebody is there.
    stage.connect(2, "other", json!({ "events": [] }));
    let effects = later(&mut stage, MINUTE);
    goes_on(&mut stage, &effects, "c");
    stage.request(SessionId(2), "outrigger/appServer/status", json!({}));
    let effects = turn_ends(&mut stage, "c");
    assert_eq!(names(&effects), ["s2 window/showMessage"]);
}
