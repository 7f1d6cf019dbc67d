//! What goes in and what comes out.

use super::{
    super::{Command, Error, Event, Exit, Size, input::INPUT},
    scene::{ADA, KIM, Scene, numbers},
};

#[test]
fn what_is_typed_comes_back_and_the_exit_is_told_last() {
    let mut scene = Scene::new();
    let terminal =
        scene.create(Scene::spec("/bin/sh", &["-c", "read name; echo hello $name; exit 3"]));
    assert_eq!(scene.attach(&terminal, ADA).1, 0);
    scene.write(&terminal, "Ada\n").unwrap();
    assert_eq!(scene.exit(&terminal), Exit { code: 3, signal: None });
    assert_eq!(scene.seen[&(terminal.clone(), ADA)], "Ada\r\nhello Ada\r\n");
    assert_eq!(scene.write(&terminal, "more"), Err(Error::Ended));

    // It can still be looked at, until it is forgotten.
    let (snapshot, offset) = scene.attach(&terminal, KIM);
    assert!(snapshot.starts_with("Ada\r\nhello Ada"), "{snapshot:?}");
    assert_eq!(offset, 16);
    scene.terminals.send(Command::Forget { terminal: terminal.clone() });
    let unknown = Error::Unknown { id: terminal.to_string() };
    assert_eq!(scene.write(&terminal, "more"), Err(unknown));
}

#[test]
fn a_signal_is_told_by_its_number_and_as_a_shell_says_it() {
    let mut scene = Scene::new();
    let terminal = scene.script("kill -TERM $$");
    assert_eq!(scene.exit(&terminal), Exit { code: 143, signal: Some(15) });
}

#[test]
fn nothing_is_lost_at_the_end_of_a_program() {
    let mut scene = Scene::new();
    let lines = 200_000;
    let terminal = scene.script(&format!("read go; seq {lines}"));
    scene.attach(&terminal, ADA);
    scene.write(&terminal, "\n").unwrap();
    scene.exit(&terminal);
    let expected = numbers(lines);
    assert!(scene.seen[&(terminal, ADA)] == format!("\r\n{expected}"));
}

#[test]
fn a_program_starts_where_and_with_what_it_should() {
    let mut scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    let mut spec = Scene::spec(
        "/bin/sh",
        &[
            "-c",
            "read go; pwd; echo $TERM $TERM_PROGRAM $OUTRIGGER_TERMINAL $HOME; stty size; tty -s && echo tty",
        ],
    );
    spec.cwd = folder.path().canonicalize().unwrap();
    spec.size = Size::new(100, 30);
    let cwd = spec.cwd.display().to_string();
    let terminal = scene.create(spec);
    scene.attach(&terminal, ADA);
    scene.write(&terminal, "\n").unwrap();
    scene.exit(&terminal);
    let expected = format!("\r\n{cwd}\r\nxterm-256color outrigger {terminal}\r\n30 100\r\ntty\r\n");
    assert_eq!(scene.seen[&(terminal, ADA)], expected);
}

#[test]
fn what_cannot_start_says_why() {
    let mut scene = Scene::new();
    let mut nowhere = Scene::spec("/bin/sh", &[]);
    nowhere.cwd = "/no/such/folder".into();
    let expected = Error::NoFolder { path: "/no/such/folder".into() };
    assert_eq!(scene.try_create(nowhere).1, Err(expected));

    let (_, missing) = scene.try_create(Scene::spec("no-such-program", &[]));
    let Err(Error::Spawn { command, .. }) = missing else { panic!("{missing:?}") };
    assert_eq!(command, "no-such-program");
}

#[test]
fn a_program_that_does_not_read_fills_a_bounded_queue() {
    let mut scene = Scene::new();
    let terminal = scene.script("stty raw -echo; echo ready; read never </dev/null; sleep 60");
    scene.attach(&terminal, ADA);
    scene.shows(&terminal, ADA, "ready");
    let lump = "x".repeat(INPUT / 4);
    for _ in 0..4 {
        scene.write(&terminal, &lump).unwrap();
    }
    let refused = loop {
        // What the kernel takes makes room for a little more.
        if let Err(error) = scene.write(&terminal, &lump) {
            break error;
        }
    };
    assert!(matches!(refused, Error::InputFull { limit: INPUT, .. }), "{refused:?}");
    // Nothing that was typed holds up its end.
    assert_eq!(scene.close(&terminal, true, false).unwrap(), (vec![], vec![]));
}

#[test]
fn of_many_sizes_the_last_counts() {
    let mut scene = Scene::new();
    let terminal = scene.script("trap 'stty size' WINCH; echo ready; while :; do sleep 0.02; done");
    scene.attach(&terminal, ADA);
    scene.shows(&terminal, ADA, "ready");
    let mut token = 0;
    for cols in 1..=50 {
        token = scene.token();
        let size = Size::new(cols, 7);
        scene.terminals.send(Command::Resize { token, terminal: terminal.clone(), size });
    }
    scene.done(token).unwrap();
    let seen = scene.shows(&terminal, ADA, "7 50\r\n");
    assert!(seen.matches("7 ").count() <= 10, "{seen:?}");
    scene.wait(|event| match event {
        Event::Changed { face, .. } if face.size == Size::new(50, 7) => Some(()),
        _ => None,
    });
}

#[test]
fn who_takes_nothing_holds_up_nobody_else() {
    let mut scene = Scene::new();
    let terminal = scene.script("read go; seq 600000; echo end; read end");
    scene.attach(&terminal, ADA);
    scene.attach(&terminal, KIM);
    scene.stalled = Some(ADA);
    scene.write(&terminal, "\n").unwrap();
    let kims = scene.shows(&terminal, KIM, "end\r\n");
    let adas = &scene.seen[&(terminal.clone(), ADA)];
    assert!(adas.len() < 200_000 && kims.starts_with(adas.as_str()), "{} units", adas.len());
    let slow = scene.wait(|event| match event {
        Event::TooSlow { session, .. } => Some(*session),
        _ => None,
    });
    assert_eq!(slow, ADA);
}

#[test]
fn a_program_waits_for_the_one_who_watches_it() {
    let mut scene = Scene::new();
    let terminal = scene.script("read go; seq 600000; echo end");
    scene.attach(&terminal, ADA);
    scene.stalled = Some(ADA);
    scene.write(&terminal, "\n").unwrap();
    let slow = scene.wait(|event| match event {
        Event::TooSlow { session, .. } => Some(*session),
        _ => None,
    });
    assert_eq!(slow, ADA);
    // Nobody is there any more, so it runs to its end.
    scene.exit(&terminal);
    let adas = scene.seen[&(terminal, ADA)].len();
    assert!((100_000..200_000).contains(&adas), "{adas} units");
}
