//! Random `kill -9` of relay, editor, daemon, app-server and guard over turns that ask for approvals.
//!
//! After each: every request of a living editor was answered, no process is left over, every accepted decision has
//! one row in the audit trail and took effect once at most, what was not accepted took none, and the thread can be
//! read and goes on. A message that was queued waits still or was sent, and once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::random::Random;
use crate::{Editor, PATIENCE, Workspace, processes, turn};

/// How long a process may outlive what it belongs to.
const AFTERLIFE: Duration = Duration::from_secs(5);
/// Rounds that one workspace, with its daemon and its thread, goes through.
const ROUNDS_OF_A_WORKSPACE: u32 = 25;
/// The latest moment of a kill after the turn's start, in microseconds.
const LATEST: u64 = 250_000;

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Victim {
    Relay,
    Editor,
    Daemon,
    AppServer,
    Guard,
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Figures {
    pub rounds: u32,
    kills: BTreeMap<Victim, u32>,
    deliveries: BTreeMap<String, u32>,
    /// Decisions that an editor was told are taken.
    accepted: u32,
    effects: u32,
    /// Messages that an editor was told wait for the turn to end.
    queued: u32,
    sent: u32,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, kills, deliveries, accepted, effects, queued, sent } = self;
        write!(
            f,
            "{rounds} rounds, killed {kills:?}; {accepted} accepted, {effects} took effect, delivered {deliveries:?}; \
             {queued} queued, {sent} sent"
        )
    }
}

/// Tortures for so many rounds and calls `progress` after each. Fails at the first thing that is not as it should be.
pub fn torture(seed: u64, rounds: u32, mut progress: impl FnMut(u32, &Figures)) -> Figures {
    let mut random = Random(seed);
    let mut figures = Figures::default();
    while figures.rounds < rounds {
        let workspace = Workspace::empty();
        let mut rack = Rack::new(&workspace);
        for _ in 0..ROUNDS_OF_A_WORKSPACE.min(rounds - figures.rounds) {
            figures.rounds += 1;
            let place = format!("seed {seed}, round {}", figures.rounds);
            rack.round(&place, &mut random, &mut figures);
            progress(figures.rounds, &figures);
        }
    }
    figures
}

/// Two editors with one daemon and one thread.
struct Rack<'w> {
    workspace: &'w Workspace,
    editors: [Editor; 2],
    daemon: u32,
    thread: String,
    /// What any turn so far was to write.
    files: Vec<String>,
}

/// What a turn is asked to do, and the files that this would write, each by one approval.
struct Plan {
    prompt: String,
    files: Vec<String>,
}

/// A request that an editor sent.
struct Asked {
    editor: usize,
    id: i64,
    /// Before the kill.
    in_time: bool,
}

/// A request to accept what would write a file.
struct Accept {
    editor: usize,
    id: i64,
    file: String,
}

/// The second editor runs below a shell that stands for its window.
fn launch(workspace: &Workspace, which: usize) -> Editor {
    let launch = workspace
        .editor()
        .shared()
        .name(["One", "Other"][which])
        .events(&["approval", "codex", "thread"])
        .overlook("", "what matters is asked for");
    if which == 0 { launch.launch() } else { launch.below_shell().launch() }
}

impl<'w> Rack<'w> {
    fn new(workspace: &'w Workspace) -> Self {
        let editors = [launch(workspace, 0), launch(workspace, 1)];
        let thread = editors[0].start_thread();
        // Codex writes nothing of a thread down before its first turn.
        assert_eq!(editors[0].play(&thread, "[[msg:begun]]"), "completed");
        let daemon = workspace.daemon_pid().unwrap();
        Self { workspace, editors, daemon, thread, files: Vec::new() }
    }

    fn round(&mut self, place: &str, random: &mut Random, figures: &mut Figures) {
        self.await_ready(place);
        let victim = random.of(&[
            Victim::Relay,
            Victim::Editor,
            Victim::Daemon,
            Victim::Daemon,
            Victim::AppServer,
            Victim::AppServer,
            Victim::Guard,
        ]);
        *figures.kills.entry(victim).or_default() += 1;
        let place = format!("{place}, {victim:?}");
        let plan = self.plan(figures.rounds, victim, random);
        let pid = self.pid_of(victim);
        let moment = Duration::from_micros(random.below(LATEST));

        let starter = usize::try_from(random.below(2)).unwrap();
        let start = turn(&self.thread, &plan.prompt);
        let id = self.editors[starter].try_to_ask_for("codex/turn/start", start);
        let mut asked = vec![Asked { editor: starter, id, in_time: true }];
        let queued = (random.below(3) == 0).then(|| {
            let message = format!("[[msg:queued in round {}]]", figures.rounds);
            let input = json!([{ "type": "text", "text": message, "text_elements": [] }]);
            let add = json!({ "threadId": self.thread, "input": input });
            let id = self.editors[starter].try_to_ask_for("outrigger/thread/queue/add", add);
            asked.push(Asked { editor: starter, id, in_time: true });
            (id, message)
        });
        let mut accepts = Vec::new();
        let over = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&over);
        let killer = std::thread::spawn(move || {
            // The moment is what the dice said: it waits for nothing.
            std::thread::sleep(moment);
            is_over.store(true, Ordering::SeqCst);
            processes::kill(pid);
        });
        // What is asked of a relay that has ended already is nobody's to answer.
        let in_time = || !over.load(Ordering::SeqCst);
        while in_time() {
            for (editor, id, file) in self.accept_some(&plan, random) {
                asked.push(Asked { editor, id, in_time: in_time() });
                accepts.push(Accept { editor, id, file });
            }
            if random.below(8) == 0 {
                let which = usize::try_from(random.below(2)).unwrap();
                let read = self.editors[which].try_to_ask_for("codex/model/list", json!({}));
                asked.push(Asked { editor: which, id: read, in_time: in_time() });
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        killer.join().unwrap();

        let answers = self.bury(victim, &asked, &place);
        self.await_ready(&place);
        let attempts: Vec<&str> = accepts.iter().map(|accept| accept.file.as_str()).collect();
        let taken: Vec<&str> = accepts
            .iter()
            .filter(|accept| matches!(answers.get(&(accept.editor, accept.id)), Some(Ok(_))))
            .map(|accept| accept.file.as_str())
            .collect();
        figures.accepted += u32::try_from(taken.len()).unwrap();
        self.files.extend(plan.files.iter().cloned());
        let mut late = self.settle(&place);
        if let Some((id, message)) = queued {
            let taken = matches!(answers.get(&(starter, id)), Some(Ok(_)));
            figures.queued += u32::from(taken);
            figures.sent += u32::from(self.judge_queued(&message, taken, &place));
            late.extend(self.settle(&place));
        }
        // A turn of a killed editor may begin after it was looked for: then it is met in a later round.
        let mut touched = plan.files;
        touched.extend(
            late.iter().filter(|file| !touched.contains(file)).cloned().collect::<Vec<_>>(),
        );
        for file in &touched {
            let sure = taken.iter().filter(|taken| *taken == file).count()
                + late.iter().filter(|late| *late == file).count();
            assert!(sure <= 1, "{place}: {file} was accepted {sure} times");
            let tried = sure == 1 || attempts.contains(&file.as_str());
            self.judge(file, sure == 1, tried, figures, &place);
        }
        self.assert_tidy(&place);
    }

    /// What the turn shall do: one or two approvals, or only text.
    fn plan(&self, round: u32, victim: Victim, random: &mut Random) -> Plan {
        let (one, two) = (format!("round-{round}-one"), format!("round-{round}-two"));
        let write = |file: &str| format!("echo done >> {file}");
        let restless = matches!(victim, Victim::Daemon | Victim::AppServer);
        let (prompt, files) = match random.below(6) {
            0 => {
                let patch = format!("*** Begin Patch\n*** Add File: {one}\n+done\n*** End Patch");
                (format!("[[patch:{patch}]]"), vec![one])
            }
            1 => (format!("[[exec:{}]]", write(&one)), vec![one]),
            2 => (format!("[[two:{}|{}]]", write(&one), write(&two)), vec![one, two]),
            3 => {
                let steps = json!([
                    ["words:I will look", format!("exec:{}", write(&one))],
                    [format!("exec:{}", write(&two))],
                    ["words:and that is all there is to see"],
                ]);
                self.workspace.script("rich", &steps);
                ("[[file:rich]]".to_owned(), vec![one, two])
            }
            // With processes that run for longer than anything may outlive an app-server.
            4 if restless => {
                let command = format!("{}; (setsid sleep 8 &); sleep 8", write(&one));
                (format!("[[exec:{command}]]"), vec![one])
            }
            _ => ("[[long:2000]]".to_owned(), Vec::new()),
        };
        Plan { prompt, files }
    }

    fn pid_of(&self, victim: Victim) -> u32 {
        match victim {
            Victim::Relay => self.editors[0].pid(),
            Victim::Editor => self.editors[1].pid(),
            Victim::Daemon => self.daemon,
            Victim::AppServer => {
                // One that was killed just now may still count as ready.
                processes::until(|| self.pids("app-server").len() == 1);
                self.pids("app-server")[0]
            }
            Victim::Guard => {
                // It may just be on its way.
                processes::until(|| self.pids("daemon guard").len() == 1);
                self.pids("daemon guard")[0]
            }
        }
    }

    fn pids(&self, what: &str) -> Vec<u32> {
        let all = self.workspace.processes();
        all.iter().filter(|(_, command)| command.contains(what)).map(|(pid, _)| *pid).collect()
    }

    /// Accepts, or lets be, what came in: in one editor, or in both at once.
    fn accept_some(&self, plan: &Plan, random: &mut Random) -> Vec<(usize, i64, String)> {
        let mut accepted = Vec::new();
        for (editor, window) in self.editors.iter().enumerate() {
            for note in window.notes_so_far("outrigger/approval/requested") {
                let text = note["approval"].to_string();
                let Some(file) = plan.files.iter().find(|file| text.contains(*file)) else {
                    continue;
                };
                if random.below(3) > 0 {
                    let params = json!({ "approvalId": note["approval"]["approvalId"], "decision": "accept" });
                    let id = window.try_to_ask_for("outrigger/approval/decide", params);
                    accepted.push((editor, id, file.clone()));
                }
            }
        }
        accepted
    }

    /// Takes the answers, and sees to it that who is dead is replaced.
    fn bury(
        &mut self,
        victim: Victim,
        asked: &[Asked],
        place: &str,
    ) -> BTreeMap<(usize, i64), Result<Value, Value>> {
        let mut answers = BTreeMap::new();
        for Asked { editor: which, id, in_time } in asked {
            let answer = self.editors[*which].response_or_end(*id);
            let may_be_lost = match victim {
                Victim::Relay => *which == 0,
                Victim::Editor => *which == 1,
                _ => false,
            };
            assert!(
                may_be_lost || !in_time || answer.is_some(),
                "{place}: request {id} of {which} was never answered"
            );
            answers.extend(answer.map(|answer| ((*which, *id), answer)));
        }
        let dead: &[usize] = match victim {
            Victim::Relay => &[0],
            Victim::Editor => &[1],
            Victim::Daemon => &[0, 1],
            Victim::AppServer | Victim::Guard => &[],
        };
        for which in dead {
            let status = self.editors[*which].exit_status();
            // The shell above the other one has an exit code of its own.
            if victim == Victim::Daemon && *which == 0 {
                assert_eq!(status.code(), Some(1), "{place}");
            }
            self.editors[*which].give_up();
            self.editors[*which] = launch(self.workspace, *which);
        }
        let now = self.workspace.daemon_pid();
        assert_eq!(now == Some(self.daemon), victim != Victim::Daemon, "{place}: daemon {now:?}");
        self.daemon = now.unwrap();
        for which in dead {
            // Resumed, or joined where it is open.
            let named = json!({ "threadId": self.thread });
            let resumed = self.editors[*which].request("codex/thread/resume", named);
            assert!(resumed.is_ok(), "{place}: the thread cannot be resumed: {resumed:?}");
        }
        answers
    }

    /// Waits until the app-server may be asked, and brings it back after a crash loop.
    fn await_ready(&self, place: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = self.editors[0].call("outrigger/appServer/status", json!({}));
            match status["state"].as_str() {
                Some("ready") => return,
                Some("failed") if self.has_given_up() => {
                    self.editors[0].call("outrigger/appServer/restart", json!({}));
                }
                Some("failed" | "stopped") => panic!("{place}: the app-server is {status}"),
                _ => {}
            }
            assert!(Instant::now() < deadline, "{place}: the app-server is {status}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// After so many kills codex is not started again by itself.
    fn has_given_up(&self) -> bool {
        let status = self.editors[0].call("outrigger/appServer/status", json!({}));
        status["lastError"]["kind"] == "crashLoop"
    }

    /// Accepts what still waits until no turn runs; says which files that was for.
    fn settle(&self, place: &str) -> Vec<String> {
        let window = &self.editors[0];
        let deadline = Instant::now() + PATIENCE;
        let mut accepted = Vec::new();
        loop {
            let waiting = window.call("outrigger/approval/list", json!({}));
            for approval in waiting["approvals"].as_array().unwrap() {
                let text = approval.to_string();
                let file = self.files.iter().find(|file| text.contains(*file));
                let file = file.unwrap_or_else(|| panic!("{place}: nobody asked for {approval}"));
                match window.decide(approval, json!("accept")) {
                    Ok(_) => accepted.push(file.clone()),
                    Err(error) => assert_eq!(error["data"]["kind"], "approvalResolved", "{place}"),
                }
            }
            let named = json!({ "threadId": self.thread });
            let snapshot = window.call("outrigger/thread/snapshot", named);
            let turns = snapshot["thread"]["turns"].as_array().unwrap();
            assert!(!turns.is_empty(), "{place}: the thread is empty: {snapshot}");
            let running = turns.iter().filter(|turn| turn["status"] == "inProgress").count();
            if running == 0 && waiting["approvals"] == json!([]) {
                return accepted;
            }
            assert!(Instant::now() < deadline, "{place}: a turn runs on: {snapshot}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Holds what became of one approval to what was said of it. `sure`: an editor was told that it is accepted;
    /// `tried`: one asked for that.
    fn judge(&self, file: &str, sure: bool, tried: bool, figures: &mut Figures, place: &str) {
        let place = format!("{place}, {file}");
        let text = self.workspace.read(file).unwrap_or_default();
        assert!(text.is_empty() || text == "done\n", "{place}: took effect twice: {text:?}");
        let page = json!({ "threadId": self.thread, "limit": 1_000 });
        let history = self.editors[0].call("outrigger/approval/history", page);
        let entries = history["entries"].as_array().unwrap();
        let rows: Vec<&Value> = entries
            .iter()
            .filter(|row| row["approval"].to_string().contains(file))
            .filter(|row| row["outcome"] == "decided")
            .collect();
        assert!(rows.len() <= 1, "{place}: {} rows: {rows:#?}", rows.len());
        if sure || !text.is_empty() {
            assert_eq!(rows.len(), 1, "{place}: accepted {sure}, effect {text:?}, and no row");
        }
        assert!(
            tried || (text.is_empty() && rows.is_empty()),
            "{place}: nobody accepted: {rows:?}"
        );
        for row in rows {
            let delivery = row["delivery"].as_str().unwrap_or_default().to_owned();
            assert_eq!(row["decision"], "accept", "{place}");
            assert!(
                ["sent", "confirmed", "appServerExited"].contains(&delivery.as_str()),
                "{place}: {row}"
            );
            *figures.deliveries.entry(delivery).or_default() += 1;
        }
        figures.effects += u32::from(!text.is_empty());
    }

    /// A message that was taken waits still or was sent, and once. What waits behind a broken turn is withdrawn, so that
    /// the next round begins at rest. Says whether it was sent.
    fn judge_queued(&self, message: &str, taken: bool, place: &str) -> bool {
        let window = &self.editors[0];
        let named = json!({ "threadId": self.thread });
        let deadline = Instant::now() + PATIENCE;
        loop {
            let list = window.call("outrigger/thread/queue/list", named.clone());
            let waiting = list["messages"].as_array().unwrap().iter();
            let waiting: Vec<&Value> =
                waiting.filter(|one| one["input"].to_string().contains(message)).collect();
            let snapshot = window.call("outrigger/thread/snapshot", named.clone());
            let turns = snapshot["thread"]["turns"].as_array().unwrap().iter();
            let sent = turns
                .flat_map(|turn| turn["items"].as_array().unwrap())
                .filter(|item| item["type"] == "userMessage" && item.to_string().contains(message))
                .count();
            assert!(sent <= 1, "{place}: {message} was sent {sent} times: {snapshot}");
            if let [one] = waiting[..] {
                let remove = json!({ "threadId": self.thread, "id": one["id"] });
                if window.request("outrigger/thread/queue/remove", remove).is_ok() {
                    assert_eq!(sent, 0, "{place}: {message} waits, and was sent: {snapshot}");
                    return false;
                }
            } else if sent == 1 || !taken {
                return sent == 1;
            }
            assert!(Instant::now() < deadline, "{place}: {message} was taken and is gone: {list}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Nothing runs that does not belong to what is alive.
    fn assert_tidy(&self, place: &str) {
        let deadline = Instant::now() + AFTERLIFE;
        loop {
            let all = self.workspace.processes();
            let count =
                |what: &str| all.iter().filter(|(_, command)| command.contains(what)).count();
            let shells = all.iter().filter(|(_, command)| command.starts_with("/bin/sh")).count();
            // The shell's own command line names the relay that it started.
            let relays = count("outrigger --stdio") - shells;
            let counts = [count("daemon run"), count("daemon guard"), relays, shells];
            let app_servers = count("app-server");
            if counts == [1, 1, 2, 1]
                && all.len() == 5 + app_servers
                && (app_servers == 1 || (app_servers == 0 && self.has_given_up()))
            {
                return;
            }
            assert!(Instant::now() < deadline, "{place}: left over or missing: {all:#?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
