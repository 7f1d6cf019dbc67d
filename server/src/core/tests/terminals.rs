use super::*;
use crate::terminal::{Command, Event as Said, Exit, Kept, Size, Started};

const ONE: SessionId = SessionId(1);
const TWO: SessionId = SessionId(2);

impl Stage {
    /// Two editors in `/w` that listen to terminals, on a daemon.
    fn with_two_editors() -> Self {
        let mut stage = Self::new();
        stage.open_daemon();
        for (number, name) in [(1, "one"), (2, "two")] {
            stage.connect(number, name, json!({ "events": ["terminal"], "observer": true }));
        }
        stage
    }

    fn open_daemon(&mut self) {
        self.world.daemon = Some(Daemon::new(7));
        self.world.terminals.name_after("home.abc");
    }

    fn said(&mut self, event: Said) -> Vec<Effect> {
        self.step(EventKind::Terminal(event))
    }

    /// A terminal that this editor opened, by name.
    fn terminal(&mut self, session: SessionId) -> crate::protocol::TerminalId {
        let params = json!({ "cols": 80, "rows": 24 });
        let (_, effects) = self.request(session, "outrigger/terminal/create", params);
        let opening = effects.into_iter().find_map(|effect| match effect {
            Effect::OpenTerminal { opening, .. } => Some(opening),
            _ => None,
        });
        let Opening { token, terminal, spec, .. } = *opening.unwrap();
        assert_eq!(spec.cwd, PathBuf::from("/w"));
        let started =
            Started { pid: 70, program: "/bin/zsh".into(), cwd: spec.cwd, size: spec.size };
        self.said(Said::Created { token, terminal: terminal.clone(), result: Ok(started) });
        terminal
    }

    fn attach(&mut self, session: SessionId, terminal: &crate::protocol::TerminalId) {
        let params = json!({ "terminalId": terminal });
        let (_, effects) = self.request(session, "outrigger/terminal/attach", params);
        let asked = asked(&effects);
        let [Command::Attach { token, terminal, session }] = asked.as_slice() else {
            panic!("{asked:?}")
        };
        self.said(Said::Attached {
            token: *token,
            terminal: terminal.clone(),
            session: *session,
            size: Size::default(),
            snapshot: "screen".into(),
            offset: 5,
        });
    }

    fn write(
        &mut self,
        session: SessionId,
        terminal: &crate::protocol::TerminalId,
        data: &str,
    ) -> bool {
        let params = json!({ "terminalId": terminal, "data": data });
        let (_, effects) = self.request(session, "outrigger/terminal/write", params);
        matches!(asked(&effects).as_slice(), [Command::Write { .. }])
    }
}

/// What went to the terminals.
fn asked(effects: &[Effect]) -> Vec<&Command> {
    let asked = effects.iter().filter_map(|effect| match effect {
        Effect::Terminal(command) => Some(command),
        _ => None,
    });
    asked.collect()
}

#[test]
fn who_is_attached_gets_the_stream_and_who_listens_gets_the_list() {
    let mut stage = Stage::with_two_editors();
    let terminal = stage.terminal(ONE);
    assert_eq!(terminal.as_str(), "tabc-1");
    stage.attach(TWO, &terminal);
    let data =
        |session| Said::Data { terminal: "tabc-1".into(), session, offset: 5, data: "é".into() };
    let part = json!({ "terminalId": terminal, "offset": 5, "data": "é" });
    assert_eq!(told(&stage.said(data(TWO))), [("s2 outrigger/terminal/data".into(), part)]);
    assert_eq!(names(&stage.said(data(ONE))), Vec::<String>::new());

    let exit = Exit { code: 137, signal: Some(9) };
    let ended = stage.said(Said::Exited { terminal: terminal.clone(), exit });
    let exited = json!({ "terminalId": terminal, "exitCode": 137, "signal": 9 });
    let ended = told(&ended);
    assert_eq!(
        ended[..2],
        [
            ("s1 outrigger/terminal/exited".into(), exited.clone()),
            ("s2 outrigger/terminal/exited".into(), exited)
        ]
    );
    assert_eq!(ended[2].0, "s1 outrigger/terminal/changed");
    assert_eq!(ended[2].1["terminal"]["status"], "exited");
}

#[test]
fn of_two_attached_editors_one_answers_what_programs_ask() {
    let mut stage = Stage::with_two_editors();
    let terminal = stage.terminal(ONE);
    for session in [ONE, TWO] {
        stage.attach(session, &terminal);
    }
    let answer = "\x1b[?1;2c";
    assert!(stage.write(ONE, &terminal, answer), "the one that came first answers");
    assert!(!stage.write(TWO, &terminal, answer));
    assert!(stage.write(TWO, &terminal, "ls\r"));
    assert!(stage.write(TWO, &terminal, answer), "where the person types is answered");
    assert!(!stage.write(ONE, &terminal, answer));
    stage.leave(TWO);
    assert!(stage.write(ONE, &terminal, answer));
}

#[test]
fn a_terminal_keeps_the_daemon_and_goes_on_without_its_window() {
    let mut stage = Stage::with_two_editors();
    let terminal = stage.terminal(ONE);
    stage.attach(ONE, &terminal);
    let left = stage.leave(ONE);
    assert_eq!(asked(&left), [&Command::Leave { session: ONE }]);
    stage.leave(TWO);
    let day = Duration::from_hours(24);
    assert!(!names(&stage.sleep(day)).contains(&"quit".to_owned()));
    stage.said(Said::Exited { terminal, exit: Exit { code: 0, signal: None } });
    assert!(names(&stage.sleep(day)).contains(&"quit".to_owned()));
}

#[test]
fn what_was_shown_is_there_after_a_crash_and_nothing_runs() {
    let mut stage = Stage::with_two_editors();
    let terminal = stage.terminal(ONE);
    let active = stage.said(Said::Active { terminal: terminal.clone() });
    assert!(active.iter().any(|effect| matches!(effect, Effect::WakeAt(_))));
    let woken = stage.sleep(Duration::from_secs(5));
    let asked = asked(&woken);
    let [Command::Keep { token, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    let token = *token;
    let face = crate::terminal::Face {
        title: "work".into(),
        cwd: Some("/w/src".into()),
        size: Size::default(),
    };
    let kept = Box::new(Kept { face, screen: "$ ls".into() });
    stage.said(Said::Kept { token, terminal: terminal.clone(), kept });

    let mut stage = stage.restarted();
    stage.open_daemon();
    stage.connect(1, "one", json!({ "events": ["terminal"], "observer": true }));
    let (_, listed) = stage.request(ONE, "outrigger/terminal/list", json!({}));
    let listed = told(&listed)[0].1["result"]["terminals"].clone();
    assert_eq!(
        json!([listed[0]["terminalId"], listed[0]["status"], listed[0]["cwd"], listed[0]["pid"]]),
        json!(["tabc-1", "restored", "file:///w/src", null])
    );
    let params = json!({ "terminalId": terminal });
    let (_, attached) = stage.request(ONE, "outrigger/terminal/attach", params.clone());
    let attached = told(&attached)[0].1["result"].clone();
    assert_eq!(json!([attached["snapshot"], attached["offset"]]), json!(["$ ls", 0]));
    let (_, restarted) = stage.request(ONE, "outrigger/terminal/restart", params);
    let spec = restarted.iter().find_map(|effect| match effect {
        Effect::OpenTerminal { opening, .. } => Some(&opening.spec),
        _ => None,
    });
    let spec = spec.unwrap();
    assert_eq!(spec.command, None, "the shell, whatever ran there");
    assert_eq!(
        (spec.cwd.as_path(), spec.before.as_deref()),
        (std::path::Path::new("/w/src"), Some("$ ls"))
    );
}

#[test]
fn without_a_place_for_its_state_a_terminal_is_refused_at_once() {
    let mut stage = Stage::with_two_editors();
    stage.world.run = None;
    let (_, listed) = stage.request(ONE, "outrigger/terminal/list", json!({}));
    assert_eq!(refusal(&listed), "store");
}

#[test]
fn a_title_that_changes_without_end_is_told_ten_times_a_second() {
    let mut stage = Stage::with_two_editors();
    let terminal = stage.terminal(ONE);
    stage.sleep(Duration::from_secs(1));
    let mut told = 0;
    for number in 0..1_000 {
        let face = crate::terminal::Face { title: number.to_string(), ..Default::default() };
        let changed = stage.said(Said::Changed { terminal: terminal.clone(), face });
        told += names(&changed).len();
    }
    // A thousand steps of a millisecond each, without a wake in between, for two editors.
    assert_eq!(told, 2 * 10);
    let last = super::told(&stage.sleep(Duration::from_millis(100)));
    assert_eq!(last[0].1["terminal"]["title"], "999");
}
