//! Coming back to a terminal.

use super::{
    super::{Command, Event, Mark, Size, screen::Screen},
    scene::{ADA, KIM, Scene, numbers},
};

/// What a fresh terminal shows of this text.
fn drawn(text: &str) -> String {
    let mut screen = Screen::new(Size::default());
    screen.feed(text);
    screen.snapshot()
}

#[test]
fn whoever_comes_back_sees_what_was_missed_and_then_the_stream() {
    let mut scene = Scene::new();
    let script = "printf '\\033[31mred\\033[m line\\n'; read a; seq 50; read b; echo end $a $b";
    let terminal = scene.script(script);
    scene.attach(&terminal, ADA);
    scene.shows(&terminal, ADA, "line\r\n");
    scene.terminals.send(Command::Leave { session: ADA });
    scene.write(&terminal, "one\n").unwrap();
    // Kim looks on, so it is known when Ada has missed it.
    scene.attach(&terminal, KIM);
    scene.shows(&terminal, KIM, "50\r\n");
    scene.write(&terminal, "tw").unwrap();
    scene.shows(&terminal, KIM, "tw");

    let (snapshot, offset) = scene.attach(&terminal, ADA);
    scene.write(&terminal, "o\n").unwrap();
    scene.exit(&terminal);
    let live = &scene.seen[&(terminal.clone(), ADA)];
    assert_eq!(live, "o\r\nend one two\r\n");
    let numbers = numbers(50);
    let whole = format!("\x1b[31mred\x1b[m line\r\none\r\n{numbers}two\r\nend one two\r\n");
    assert_eq!(offset + live.len() as u64, whole.len() as u64);
    assert_eq!(drawn(&format!("{snapshot}{live}")), drawn(&whole));
}

#[test]
fn two_who_attach_in_a_flood_miss_nothing_and_see_nothing_twice() {
    let mut scene = Scene::new();
    let terminal = scene.script("read go; seq 300000; read end");
    scene.attach(&terminal, KIM);
    scene.write(&terminal, "\n").unwrap();
    scene.shows(&terminal, KIM, "\r\n1000\r\n");
    let expected = format!("\r\n{}", numbers(300_000));
    for _ in 0..5 {
        let (_, offset) = scene.attach(&terminal, ADA);
        scene.shows(&terminal, ADA, "\r\n");
        let live = &scene.seen[&(terminal.clone(), ADA)];
        assert!(expected[offset as usize..].starts_with(live.as_str()));
    }
    scene.shows(&terminal, ADA, "\r\n300000\r\n");
    assert!(scene.shows(&terminal, KIM, "\r\n300000\r\n") == expected);
}

#[test]
fn title_folder_and_marks_are_told() {
    let mut scene = Scene::new();
    let terminal = scene.script(
        "printf '\\033]0;a title\\007\\033]7;file://host/tmp/a%%20b\\033\\\\'
         printf '\\033]133;A\\007\\033]133;C\\007\\033]133;D;7\\007'; read end",
    );
    let face = scene.wait(|event| match event {
        Event::Changed { face, .. } if face.cwd.is_some() => Some(face.clone()),
        _ => None,
    });
    assert_eq!((face.title.as_str(), face.cwd.as_deref()), ("a title", Some("/tmp/a b")));
    let marks: Vec<Mark> = (0..3)
        .map(|_| {
            scene.wait(|event| match event {
                Event::Marked { mark, .. } => Some(*mark),
                _ => None,
            })
        })
        .collect();
    let end = Mark::CommandEnd { exit_code: Some(7) };
    assert_eq!(marks, [Mark::PromptStart, Mark::OutputStart, end]);
    assert_eq!(scene.attach(&terminal, ADA).0.matches("a title").count(), 1);
}

#[test]
fn what_a_program_asks_is_answered_while_nobody_is_there() {
    let mut scene = Scene::new();
    let ask =
        "stty raw -echo; printf 'ab\\033[6n'; dd bs=1 count=6 2>/dev/null | od -An -c; sleep 60";
    let terminal = scene.script(ask);
    scene.attach(&terminal, KIM);
    scene.terminals.send(Command::Leave { session: KIM });
    scene.attach(&terminal, ADA);
    let token = scene.token();
    scene.terminals.send(Command::Keep { token, terminal: terminal.clone() });
    let kept = scene.wait(|event| match event {
        Event::Kept { kept, .. } => Some(kept.screen.clone()),
        _ => None,
    });
    assert!(kept.starts_with("ab") || kept.is_empty(), "{kept:?}");
}

#[test]
fn what_was_kept_is_above_what_starts_anew() {
    let mut scene = Scene::new();
    let mut spec = Scene::spec("/bin/sh", &["-c", "read go; echo new"]);
    spec.before = Some("old".into());
    let terminal = scene.create(spec);
    let (snapshot, offset) = scene.attach(&terminal, ADA);
    assert!(snapshot.starts_with("old\r\n"), "{snapshot:?}");
    assert_eq!(offset, 0);
}
