//! Files that are damaged, not ours, or a newer Outrigger's.

use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    path::Path,
};

use outrigger::{
    protocol::Raw,
    store::{Answer, Error, Notice, Request, atoms},
};
use rusqlite::Connection;

use super::desk::{Desk, NOW, atom, decided};

const DATABASE: &str = "outrigger.db";

/// A database with some hundred rows, as a killed process leaves it, in one file.
fn left_behind(directory: &Path) -> Vec<u8> {
    let mut desk = Desk::open(directory);
    for n in 0..300 {
        desk.ask(decided(&format!("1.1:{n}"))).unwrap();
    }
    for n in 0..40 {
        desk.ask(atom(&format!("a{n}"), &Raw::of(&"v".repeat(3_000)))).unwrap();
    }
    desk.close();
    let path = directory.join(DATABASE);
    let connection = Connection::open(&path).unwrap();
    connection.execute("UPDATE meta SET value = 0 WHERE key = 'clean'", []).unwrap();
    connection.close().unwrap();
    fs::read(path).unwrap()
}

/// Numbers that look random and are the same in every run.
fn noise(seed: u64) -> impl FnMut() -> u8 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    }
}

/// Opens `file`; it must be set aside whole, and a new database take what comes.
fn is_set_aside(file: &[u8], what: &str) {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(DATABASE), file).unwrap();
    let mut desk = Desk::open(home.path());
    let aside = home.path().join(format!("corrupt/{NOW}"));
    match desk.notices().as_slice() {
        [Notice::SetAside { directory, .. }] => assert_eq!(*directory, aside, "{what}"),
        other => panic!("{what}: {other:?}"),
    }
    assert!(fs::read(aside.join(DATABASE)).unwrap() == file, "{what}: it was changed on the way");
    assert_eq!(desk.run, NOW / 1_000, "{what}");
    assert_eq!(desk.ask(decided("new")), Ok(Answer::Done), "{what}");
    assert_eq!(desk.recorded(), ["new"], "{what}");
}

#[test]
fn a_page_that_is_zeroed_or_noise_sets_the_file_aside() {
    let home = tempfile::tempdir().unwrap();
    let whole = left_behind(home.path());
    let pages = whole.len() / 4_096;
    assert!(pages > 40, "{pages} pages are too few to try");
    for n in 0..30 {
        let at = (n * 7) % pages * 4_096;
        let mut zeroed = whole.clone();
        zeroed[at..at + 4_096].fill(0);
        is_set_aside(&zeroed, &format!("zeroed at {at}"));
        let mut scribbled = whole.clone();
        let mut byte = noise(n as u64 + 1);
        scribbled[at..at + 4_096].fill_with(&mut byte);
        is_set_aside(&scribbled, &format!("noise at {at}"));
    }
}

#[test]
fn a_file_that_is_cut_short_is_set_aside() {
    let home = tempfile::tempdir().unwrap();
    let whole = left_behind(home.path());
    for length in [0, 1, 100, 4_096, 4_097, whole.len() / 2, whole.len() - 4_096] {
        is_set_aside(&whole[..length], &format!("{length} bytes"));
    }
}

#[test]
fn a_file_of_somebody_else_is_set_aside() {
    is_set_aside(b"My notes, which I keep here.\n", "a text");
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("other.db");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)").unwrap();
    connection.close().unwrap();
    is_set_aside(&fs::read(path).unwrap(), "a database");
}

#[test]
fn a_log_without_its_database_is_set_aside() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("outrigger.db-wal"), b"left over").unwrap();
    let desk = Desk::open(home.path());
    assert_eq!(
        desk.notices(),
        [Notice::SetAside {
            directory: home.path().join(format!("corrupt/{NOW}")),
            message: "its write-ahead log is there without it".into(),
        }]
    );
    let aside = home.path().join(format!("corrupt/{NOW}/outrigger.db-wal"));
    assert_eq!(fs::read(aside).unwrap(), b"left over");
}

#[test]
fn a_bad_log_costs_at_most_what_came_after_it() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(home.path());
    let written: Vec<String> = (0..50).map(|n| format!("1.1:{n:02}")).collect();
    for id in &written {
        desk.ask(decided(id)).unwrap();
    }
    let files = [DATABASE, "outrigger.db-wal"]
        .map(|name| (name, fs::read(home.path().join(name)).unwrap()));
    let log = files[1].1.len();
    for n in 0..20 {
        let home = tempfile::tempdir().unwrap();
        for (name, content) in &files {
            fs::write(home.path().join(name), content).unwrap();
        }
        let mut scribbled = files[1].1.clone();
        let at = log / 20 * n;
        let end = (at + 64).min(log);
        let mut byte = noise(n as u64 + 1);
        scribbled[at..end].fill_with(&mut byte);
        fs::write(home.path().join("outrigger.db-wal"), scribbled).unwrap();
        let mut desk = Desk::open(home.path());
        let left = desk.recorded();
        assert_eq!(left, written[..left.len()], "noise at {at}");
        assert_eq!(desk.ask(decided("new")), Ok(Answer::Done), "noise at {at}");
    }
}

#[test]
fn damage_that_shows_only_later_sets_the_file_aside_then() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(home.path());
    for n in 0..40 {
        desk.ask(atom(&format!("a{n}"), &Raw::of(&"v".repeat(3_000)))).unwrap();
    }
    desk.close();
    let mut desk = Desk::open(home.path());
    let run = desk.run;
    let path = home.path().join(DATABASE);
    let length = fs::metadata(&path).unwrap().len() as usize;
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(4_096)).unwrap();
    file.write_all(&vec![0; length - 4_096]).unwrap();
    let list = || Request::Atom(atoms::Request::List { prefix: String::new() });
    match desk.ask(list()) {
        Err(Error::Damaged { .. }) => {}
        other => panic!("it was read: {}", other.is_ok()),
    }
    assert_eq!(desk.ask(list()), Ok(Answer::Atoms(vec![])));
    assert!(matches!(desk.notices().as_slice(), [Notice::SetAside { .. }]), "{:?}", desk.notices());
    assert_eq!(desk.ask(decided("new")), Ok(Answer::Done));
    desk.close();
    // The names given in this run are not given again.
    assert_eq!(Desk::open(home.path()).run, run + 1);
}

#[test]
fn a_newer_schema_is_read_and_not_written() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(home.path());
    desk.ask(decided("old")).unwrap();
    desk.close();
    let path = home.path().join(DATABASE);
    let connection = Connection::open(&path).unwrap();
    let known: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    connection.pragma_update(None, "user_version", 999).unwrap();
    connection.close().unwrap();
    let before = fs::read(&path).unwrap();

    let mut desk = Desk::open(home.path());
    let newer = Error::Newer { found: 999, known: known.into() };
    assert_eq!(desk.notices(), [Notice::Unavailable { error: newer.clone() }]);
    assert_eq!(desk.recorded(), ["old"]);
    assert_eq!(desk.ask(decided("new")), Err(newer));
    desk.close();
    assert!(fs::read(&path).unwrap() == before, "the newer file was changed");
}

#[test]
fn a_directory_that_cannot_be_used_is_a_reason_with_every_answer() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("not there");
    let mut desk = Desk::open(&directory);
    let Err(error @ Error::Io { .. }) = desk.ask(decided("a")) else { panic!("it was written") };
    assert_eq!(desk.notices(), [Notice::Unavailable { error }]);
    assert_eq!(desk.run, NOW / 1_000);
}
