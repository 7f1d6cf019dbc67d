//! Processes that end in the middle, and disks that do. This test is its own child.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use outrigger::{
    protocol::Raw,
    store::{self, Answer, Event, Request, Surroundings, atoms},
};

use super::desk::{Desk, NOW, atom, decided};

const DIRECTORY: &str = "OUTRIGGER_TEST_STORE";

fn as_child(test: &str, directory: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let name = format!("store::killed::{test}");
    command.args(["--exact", &name, "--ignored", "--nocapture"]).env(DIRECTORY, directory);
    command.stdout(Stdio::piped());
    command
}

fn given_directory() -> PathBuf {
    PathBuf::from(std::env::var_os(DIRECTORY).unwrap())
}

/// A child that is killed when its test is over, however that ends.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "the child of the test below"]
fn writes_without_end() {
    let acknowledged = |event| match event {
        Event::Answered { token, result: Ok(_) } => {
            let mut out = std::io::stdout().lock();
            writeln!(out, "\nacknowledged {token}").unwrap();
            out.flush().unwrap();
        }
        other => panic!("{other:?}"),
    };
    let opened = store::open(Surroundings {
        directory: given_directory(),
        now: Box::new(|| NOW),
        redact: Box::new(Raw::clone),
        events: Arc::new(acknowledged),
    });
    for token in 1..1_000_000 {
        let request = decided(&format!("{}.1:{token}", opened.run));
        opened.store.send(store::Command { token, request });
        // The inbox is never full, the transactions are large and small.
        if token % 97 == 0 {
            std::thread::yield_now();
        }
        if token > 2_000 {
            std::thread::sleep(std::time::Duration::from_micros(200));
        }
    }
}

#[test]
fn kill_9_loses_nothing_that_was_acknowledged() {
    let home = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeSet::new();
    for round in 1..=8 {
        let mut child = Killed(as_child("writes_without_end", home.path()).spawn().unwrap());
        let lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
        let mut heard = 0;
        for line in lines {
            let Ok(line) = line else { break };
            let Some(token) = line.strip_prefix("acknowledged ") else { continue };
            acknowledged.insert(format!("{round}.1:{token}"));
            heard += 1;
            if heard == round * 61 {
                child.0.kill().unwrap();
            }
        }
        assert!(heard >= round * 61, "the child ended by itself");
    }
    let mut desk = Desk::open(home.path());
    assert_eq!((desk.run, desk.notices()), (9, vec![]));
    let kept: BTreeSet<String> = desk.recorded().into_iter().collect();
    let lost: Vec<&String> = acknowledged.difference(&kept).collect();
    assert_eq!(lost, Vec::<&String>::new());
}

#[test]
#[ignore = "the child of the tests below"]
fn writes_until_it_is_refused() {
    let mut desk = Desk::open(&given_directory());
    let value = Raw::of(&"v".repeat(50_000));
    let refusal = (0..1_000).find_map(|n| desk.ask(atom(&format!("a{n}"), &value)).err());
    let get = Request::Atom(atoms::Request::Get { key: "a0".into() });
    let first = matches!(desk.ask(get), Ok(Answer::Atom(Some(atom))) if atom.value == value);
    // Small enough for what is left, or not: it is answered.
    let again = desk.ask(atom("a0", &value)).is_ok();
    println!("\nrefused {refusal:?}, the first is there: {first}, then {again}");
}

/// What the child said when it had no more room, run by this line of a shell; `None` where the shell may not.
fn refused(shell: &str, directory: &Path) -> Option<String> {
    let child = as_child("writes_until_it_is_refused", directory);
    let mut command = Command::new("sh");
    command.args(["-c", shell, "sh"]).arg(child.get_program()).args(child.get_args());
    let output = command.env(DIRECTORY, directory).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| line.starts_with("refused "))?;
    Some(line.rsplit_once(", then").unwrap().0.to_owned())
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_is_a_typed_error_and_the_process_lives() {
    let home = tempfile::tempdir().unwrap();
    let line = refused(r#"trap "" XFSZ; ulimit -f 2048; exec "$@""#, home.path()).unwrap();
    assert!(line.starts_with("refused Some(Io { message: "), "{line}");
    assert!(line.ends_with("the first is there: true"), "{line}");
    let desk = Desk::open(home.path());
    assert_eq!(desk.notices(), []);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_typed_error_and_the_process_lives() {
    let home = tempfile::tempdir().unwrap();
    let mount = r#"mount -t tmpfs -o size=2m none "$OUTRIGGER_TEST_STORE""#;
    let allowed = Command::new("unshare")
        .args(["--mount", "sh", "-c", mount])
        .env(DIRECTORY, home.path())
        .output()
        .is_ok_and(|output| output.status.success());
    if !allowed {
        println!("skipped: this user may not mount a small disk");
        return;
    }
    let shell = format!(r#"exec unshare --mount sh -c '{mount} && exec "$@"' sh "$@""#);
    let line = refused(&shell, home.path()).unwrap();
    assert_eq!(line, "refused Some(Full), the first is there: true");
}
