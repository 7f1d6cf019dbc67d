//! How editors come to the daemon: from wherever its files are, and past what stands in the way.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Stdio;

use outrigger_tests::{Launch, Workspace, processes, programs};
use serde_json::{Value, json};

fn window(workspace: &Workspace) -> Launch<'_> {
    workspace.editor().shared().overlook("codex/", "only who is met matters")
}

/// What a daemon is just starting has its command line until it runs its own program.
fn until_one_daemon_runs(workspace: &Workspace) {
    processes::until(|| {
        let all = workspace.processes();
        all.iter().filter(|(_, command)| command.contains("outrigger daemon run")).count() == 1
    });
}

#[test]
fn a_daemon_whose_socket_was_removed_is_met_all_the_same() {
    let workspace = Workspace::empty();
    let first = window(&workspace).launch();
    let pid = workspace.daemon_pid().unwrap();
    std::fs::remove_file(workspace.state_directory().join("socket")).unwrap();
    let second = window(&workspace).launch();
    assert_eq!(second.play(&second.start_thread(), "[[msg:there you are]]"), "completed");
    until_one_daemon_runs(&workspace);
    assert_eq!(workspace.daemon_pid(), Some(pid));
    assert_eq!(first.call("outrigger/approval/list", json!({})), json!({ "approvals": [] }));
}

#[test]
fn a_state_directory_with_a_long_path_has_its_socket_elsewhere() {
    let workspace = Workspace::empty();
    let home = workspace.beside(&"a-folder-with-a-long-name/".repeat(6));
    let workspace = workspace.keeping_state_in(home);
    let (first, second) = (window(&workspace).launch(), window(&workspace).launch());
    assert_eq!(first.play(&first.start_thread(), "[[msg:far away]]"), "completed");
    assert_eq!(second.call("outrigger/approval/list", json!({})), json!({ "approvals": [] }));
    until_one_daemon_runs(&workspace);
    assert!(!workspace.state_directory().join("socket").exists());
}

#[test]
fn beside_a_solo_process_an_editor_is_told_who_has_the_home() {
    let workspace = Workspace::empty();
    let solo = workspace.editor().overlook("codex/", "only the lock matters").launch();
    let refused = window(&workspace).spawn();
    let told = json!({
        "code": -32000,
        "message": "Another Outrigger already serves this CODEX_HOME.",
        "data": {
            "kind": "alreadyRunning",
            "hint": "Close the other editor, or give this one a CODEX_HOME of its own.",
            "pid": solo.pid(),
        },
    });
    assert_eq!(refused.initialize().unwrap_err(), told);
    assert_eq!(refused.refused("outrigger/approval/list", json!({})), told);
    assert_eq!(solo.leave(), Some(0));

    let next = window(&workspace).launch();
    assert_eq!(next.play(&next.start_thread(), "[[msg:my turn]]"), "completed");
}

/// Stands where the daemon would, and answers every greeting with one line.
struct FakeDaemon;

impl FakeDaemon {
    fn start(workspace: &Workspace, welcome: &'static str) {
        let directory = workspace.state_directory();
        std::fs::create_dir_all(&directory).unwrap();
        let listener = UnixListener::bind(directory.join("socket")).unwrap();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut hello = String::new();
                BufReader::new(&stream).read_line(&mut hello).unwrap();
                let _ = writeln!(stream, "{welcome}");
            }
        });
    }
}

#[test]
fn a_daemon_of_another_link_version_is_named_with_the_way_out() {
    for (welcome, version) in
        [(r#"{"outrigger":99,"greetings":"later"}"#, 99), (r#"{"outrigger":0}"#, 0)]
    {
        let workspace = Workspace::empty();
        FakeDaemon::start(&workspace, welcome);
        let editor = workspace.editor().shared_with_a_fake().spawn();
        let refused = editor.initialize().unwrap_err();
        assert_eq!(
            refused,
            json!({
                "code": -32000,
                "message": format!("The Outrigger daemon that is running speaks version {version} of the link, this one version 1."),
                "data": {
                    "kind": "alreadyRunning",
                    "hint": "Restart to update: `outrigger daemon stop` ends the one that runs.",
                    "restartToUpdate": true,
                },
            })
        );
    }
}

#[test]
fn a_relay_of_another_link_version_is_told_ours() {
    let workspace = Workspace::empty();
    let editor = window(&workspace).launch();
    for hello in [r#"{"outrigger":0}"#, r#"{"outrigger":2,"hi":[]}"#] {
        let mut stream = UnixStream::connect(workspace.state_directory().join("socket")).unwrap();
        writeln!(stream, "{hello}").unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        let welcome: Value = serde_json::from_str(&said).unwrap();
        let pid = workspace.daemon_pid().unwrap();
        assert_eq!(json!([welcome["outrigger"], welcome["pid"]]), json!([1, pid]));
    }
    assert_eq!(editor.call("outrigger/approval/list", json!({})), json!({ "approvals": [] }));
}

#[test]
fn whoever_says_no_hello_is_let_go() {
    let workspace = Workspace::empty();
    let editor = window(&workspace).launch();
    for noise in ["GET / HTTP/1.1\r\n\r\n", "\n", "{}\n", "{\"outrigger\":1}\n"] {
        let mut stream = UnixStream::connect(workspace.state_directory().join("socket")).unwrap();
        stream.write_all(noise.as_bytes()).unwrap();
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        // A hello of our version that lacks the rest is told the version; noise is told nothing.
        assert_eq!(said.is_empty(), !noise.contains("outrigger"), "{noise:?}: {said:?}");
    }
    assert_eq!(editor.call("outrigger/approval/list", json!({})), json!({ "approvals": [] }));
}

#[test]
fn another_user_is_turned_away_even_where_the_socket_is_in_reach() {
    if std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) != 0 {
        eprintln!("only root can be somebody else");
        return;
    }
    let workspace = Workspace::empty();
    let editor = window(&workspace).launch();
    let directory = workspace.state_directory();
    let socket = directory.join("socket");
    for folder in directory.ancestors().take_while(|folder| *folder != std::path::Path::new("/tmp"))
    {
        std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755)).unwrap();
    }
    std::fs::set_permissions(&socket, PermissionsExt::from_mode(0o777)).unwrap();
    // Perl is on every Debian; what matters is only that the kernel says who connects.
    let talk = "use IO::Socket::UNIX; $SIG{PIPE} = 'IGNORE'; my $s = IO::Socket::UNIX->new($ARGV[0]) or die qq(no socket: $!); \
                print $s qq({\"outrigger\":0}\\n); $s->flush; print scalar(<$s>) // 'nothing';";
    let said_to = |prefix: &[&str]| {
        let mut words = prefix.to_vec();
        words.extend(["perl", "-e", talk]);
        let mut command = workspace.command(words[0]);
        command.args(&words[1..]).arg(&socket).current_dir("/").stdin(Stdio::null());
        let output = command.output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr)
    };
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    assert_eq!(said_to(&nobody), "nothing");
    assert!(said_to(&["env"]).contains(r#""outrigger":1"#));
    assert_eq!(editor.call("outrigger/approval/list", json!({})), json!({ "approvals": [] }));
}

#[test]
fn connections_beyond_what_can_be_opened_do_not_end_the_daemon() {
    let workspace = Workspace::empty();
    let mut shell = workspace.command("/bin/sh");
    shell.args(["-c", r#"ulimit -n 64; "$0" daemon run &"#]).arg(programs::outrigger());
    assert!(shell.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap().success());
    processes::until(|| workspace.daemon_pid().is_some());
    let pid = workspace.daemon_pid();
    let editor = window(&workspace).launch();
    let thread = editor.start_thread();
    assert_eq!(editor.play(&thread, "[[msg:before]]"), "completed");

    let socket = workspace.state_directory().join("socket");
    let crowd: Vec<UnixStream> = (0..200).map(|_| UnixStream::connect(&socket).unwrap()).collect();
    let open = || std::fs::read_dir(format!("/proc/{}/fd", pid.unwrap())).unwrap().count();
    processes::until(|| open() >= 63);
    assert_eq!(editor.play(&thread, "[[msg:meanwhile]]"), "completed");
    drop(crowd);
    let next = window(&workspace).launch();
    assert_eq!(next.play(&next.start_thread(), "[[msg:afterwards]]"), "completed");
    assert_eq!(workspace.daemon_pid(), pid);
}

#[test]
fn the_daemon_outlives_the_program_that_it_was_started_with() {
    let workspace = Workspace::empty();
    let installed = workspace.beside("installed");
    std::fs::create_dir(&installed).unwrap();
    std::fs::copy(programs::outrigger(), installed.join("outrigger")).unwrap();
    let first = window(&workspace).program(installed.join("outrigger")).launch();
    let pid = workspace.daemon_pid().unwrap();
    let thread = first.start_thread();
    assert_eq!(first.leave(), Some(0));
    std::fs::remove_dir_all(&installed).unwrap();

    let runs = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap();
    assert!(runs.starts_with(workspace.state_directory().join("bin")) && runs.exists(), "{runs:?}");
    let second = window(&workspace).launch();
    second.call("outrigger/thread/subscribe", json!({ "threadId": thread }));
    assert_eq!(second.play(&thread, "[[msg:still here]]"), "completed");
    assert_eq!(workspace.daemon_pid(), Some(pid));
}

#[test]
fn a_window_that_reads_nothing_keeps_nobody_waiting_and_loses_nothing() {
    let workspace = Workspace::empty();
    let (stuck, other) = (window(&workspace).launch(), window(&workspace).launch());
    let thread = other.start_thread();
    stuck.call("outrigger/thread/subscribe", json!({ "threadId": thread }));
    stuck.read_on(false);
    let turn = other.start_turn(&thread, "[[long:100000]]");
    assert_eq!(other.turn_end(&turn), "completed");
    let whole = other.note_where("codex/item/completed", |n| n["item"]["type"] == "agentMessage");
    let whole = whole["item"]["text"].as_str().unwrap();
    assert_eq!(told(&other), whole);

    stuck.read_on(true);
    assert_eq!(stuck.turn_end(&turn), "completed");
    assert_eq!(told(&stuck), whole);
}

/// All that the deltas of messages said.
fn told(editor: &outrigger_tests::Editor) -> String {
    let deltas = editor.notes_so_far("codex/item/agentMessage/delta");
    deltas.iter().map(|delta| delta["delta"].as_str().unwrap()).collect()
}
