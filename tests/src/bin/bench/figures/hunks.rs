//! Hunks of a large file and of a large repository, beside git's own commands.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use outrigger::git::{Answer, Command as Asked, Event, File, Handle, Options, Request};
use outrigger::paths::to_uri;
use outrigger::protocol::diff::FileHunks;
use serde_json::{Value, json};

use super::float;
use crate::client::Client;
use crate::report::{Row, Verdict};
use crate::stage::Stage;
use crate::statistics::{median, quantile};
use crate::{Outcome, Programs, Scale};

const LINES: u32 = 100_000;
/// Every so many lines one is changed, and beside some of them one is added or goes.
const EVERY: u32 = 20;
const FILES: u32 = 50_000;
const WANTED_FRESH_MS: f64 = 50.0;

pub fn measure(programs: &Programs, scale: Scale) -> Outcome<Vec<Row>> {
    let mut rows = large_file(programs, scale)?;
    rows.extend(large_repository(programs, scale)?);
    Ok(rows)
}

/// A repository, beside Outrigger's state.
struct Tree {
    root: PathBuf,
}

impl Tree {
    fn new(root: &Path) -> Outcome<Self> {
        fs::create_dir_all(root)?;
        let tree = Self { root: root.canonicalize()? };
        tree.git(&["init", "-q", "-b", "main"])?;
        tree.git(&["config", "user.name", "Ada"])?;
        tree.git(&["config", "user.email", "ada@example.com"])?;
        tree.git(&["config", "gc.auto", "0"])?;
        Ok(tree)
    }

    fn write(&self, name: &str, text: &[u8]) -> Outcome<()> {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&self.root))?;
        Ok(fs::write(path, text)?)
    }

    fn commit(&self) -> Outcome<()> {
        self.git(&["add", "-A"])?;
        self.git(&["commit", "-q", "-m", "a commit"]).map(drop)
    }

    fn git(&self, arguments: &[&str]) -> Outcome<Vec<u8>> {
        let mut git = Command::new("git");
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").current_dir(&self.root).args(arguments);
        let output = git.output()?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(format!("git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
    }

    /// In ms.
    fn timed(&self, arguments: &[&str]) -> Outcome<f64> {
        let begun = Instant::now();
        self.git(arguments)?;
        Ok(ms(begun))
    }

    fn file(&self, name: &str) -> File {
        let path = self.root.join(name);
        File { uri: uri(&path), path }
    }

    /// Writes a patch where git finds it; returns its name.
    fn patch(&self, text: &str) -> Outcome<String> {
        let path = self.root.with_extension("patch");
        fs::write(&path, text)?;
        Ok(path.display().to_string())
    }
}

fn uri(path: &Path) -> String {
    to_uri(path).unwrap_or_default()
}

fn ms(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}

/// The room itself, without an editor.
struct Room {
    handle: Handle,
    events: Receiver<Event>,
    token: u64,
}

impl Room {
    fn open(state: PathBuf) -> Outcome<Self> {
        let (sender, events) = channel();
        let report = move |event| drop(sender.send(event));
        let handle = Handle::new(options(state), report).map_err(|error| error.to_string())?;
        Ok(Self { handle, events, token: 0 })
    }

    fn ask(&mut self, request: Request) -> Outcome<Answer> {
        self.token += 1;
        let asked = self.token;
        self.handle.send(Asked {
            token: asked,
            asker: 1,
            at: asked,
            within: vec!["/".into()],
            request,
        });
        loop {
            match self.events.recv_timeout(Duration::from_mins(1))? {
                Event::Answer { token, result } if token == asked => {
                    return result.map_err(|error| error.to_string().into());
                }
                _ => {}
            }
        }
    }

    /// How long a list takes, in ms, and how many unstaged hunks there are.
    fn list(&mut self, file: &File) -> Outcome<(f64, usize)> {
        let begun = Instant::now();
        let answer = self.ask(Request::List { file: file.clone(), context: 3 })?;
        let took = ms(begun);
        let Answer::Hunks(hunks) = answer else { return Err("no list".into()) };
        let hunks: &FileHunks = &hunks;
        Ok((took, hunks.unstaged.len()))
    }
}

fn options(state: PathBuf) -> Options {
    Options { state, environment: Vec::new(), uri_of: uri }
}

fn text(changed: bool, edit: usize) -> Vec<u8> {
    let line = |n: u32| {
        if !changed || !n.is_multiple_of(EVERY) {
            return format!("    let line_{n} = \"as it was in line {n}\";\n");
        }
        match n / EVERY % 4 {
            0 => String::new(),
            1 => format!("    let line_{n} = \"changed\";\n    and(one, \"more {n}\");\n"),
            _ => format!(
                "    let line_{n} = \"changed {}\";\n",
                if n == EVERY * 2 { edit } else { 0 }
            ),
        }
    };
    (0..LINES).map(line).collect::<String>().into_bytes()
}

/// `git diff` of the file: what stands before the first hunk, and the hunks.
fn patches(tree: &Tree) -> Outcome<(String, Vec<String>)> {
    let diff = String::from_utf8(tree.git(&["diff", "--", "f"])?)?;
    let mut parts = diff.split("\n@@ ");
    let head = parts.next().unwrap_or_default().to_owned();
    let hunks = parts.map(|part| format!("\n@@ {}", part.trim_end_matches('\n')));
    Ok((head, hunks.collect()))
}

fn large_file(programs: &Programs, scale: Scale) -> Outcome<Vec<Row>> {
    let stage = Stage::set(programs)?;
    let tree = Tree::new(&stage.work().join("large"))?;
    tree.write("f", &text(false, 0))?;
    tree.commit()?;
    tree.write("f", &text(true, 0))?;
    let file = tree.file("f");
    let (mut first, mut again, mut diffs) = (Vec::new(), Vec::new(), Vec::new());
    let mut count = 0;
    for run in 0..scale.replays * 3 {
        diffs.push(tree.timed(&["diff", "--", "f"])?);
        let mut room = Room::open(stage.file(&format!("room-{run}")))?;
        let (took, hunks) = room.list(&file)?;
        first.push(took);
        count = hunks;
        tree.write("f", &text(true, run + 1))?;
        again.push(room.list(&file)?.0);
    }
    let diff = median(&diffs);
    let rival = format!("`git diff` {diff:.0} ms");
    let mut rows = vec![
        row(
            "list of 5,000 hunks in 100,000 lines, the first, in the repository's thread",
            "≤ 1× `git diff`",
            median(&first),
            (&rival, diff),
            1.0,
        ),
        row("the same after one edit", "≤ 0.3× `git diff`", median(&again), (&rival, diff), 0.3),
    ];
    rows[0].measured = format!("{} ({count} hunks)", rows[0].measured);

    let mut editor = Client::editor(&mut stage.outrigger("ours")?, &stage.codex())?;
    grant(&mut editor, &tree)?;
    let asked = json!({ "uri": file.uri });
    let mut wire = Vec::new();
    for run in 0..scale.replays * 3 {
        tree.write("f", &text(true, 100 + run))?;
        wire.push(timed_call(&mut editor, "outrigger/hunk/list", &asked)?);
    }
    rows.push(row(
        "the same on the wire, after one edit",
        "≤ 2× `git diff`",
        median(&wire),
        (&rival, diff),
        2.0,
    ));
    rows.extend(staging(&mut editor, &tree, &file, scale)?);
    Ok(rows)
}

/// One hunk, many requests at once, and one request for all.
fn staging(editor: &mut Client, tree: &Tree, file: &File, scale: Scale) -> Outcome<Vec<Row>> {
    let (head, patches) = patches(tree)?;
    let one = |index: usize| format!("{head}{}\n", patches[index]);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for run in 0..scale.replays * 5 {
        let ids = ids(editor, file)?;
        let act = json!({ "uri": file.uri, "hunkId": ids[run * 7], "answer": "ids" });
        ours.push(timed_call(editor, "outrigger/hunk/stage", &act)?);
        tree.git(&["reset", "-q"])?;
        // Another hunk, or git would find its blob written already.
        let patch = tree.patch(&one(run * 7 + 3))?;
        theirs.push(tree.timed(&["apply", "--cached", "--whitespace=nowarn", &patch])?);
        tree.git(&["reset", "-q"])?;
    }
    let rival = format!("`git apply --cached` {:.0} ms", median(&theirs));
    let mut rows = vec![row(
        "stage one of those hunks, on the wire",
        "≤ 1× `git apply --cached`",
        median(&ours),
        (&rival, median(&theirs)),
        1.0,
    )];

    // One by one, as many as there is patience for.
    let sample = scale.starts.max(5) * 3;
    let begun = Instant::now();
    for index in 0..sample {
        let patch = tree.patch(&one(index))?;
        tree.git(&["apply", "--cached", "--whitespace=nowarn", &patch])?;
    }
    let each = ms(begun) / float(sample as u64);
    tree.git(&["reset", "-q"])?;
    let ids_now = ids(editor, file)?;
    let acts: Vec<Value> = ids_now
        .iter()
        .map(|id| json!({ "uri": file.uri, "hunkId": id, "answer": "ids" }))
        .collect();
    let begun = Instant::now();
    editor.call_all("outrigger/hunk/stage", &acts)?;
    let ours = ms(begun);
    assert_staged(tree)?;
    let theirs = each * float(acts.len() as u64);
    let rival = format!(
        "`git apply --cached` one by one {:.0} s ({sample} measured, the rest reckoned)",
        theirs / 1e3
    );
    rows.push(Row {
        figure: "5,000 stage requests sent without waiting, until the last answer",
        wanted: "≥ 20× sooner than `git apply --cached` one by one",
        measured: format!("{:.1} s, {:.0}× sooner", ours / 1e3, theirs / ours),
        rival,
        verdict: Verdict::of(theirs / ours >= 20.0),
    });

    tree.git(&["reset", "-q"])?;
    let targets: Vec<Value> =
        ids(editor, file)?.into_iter().map(|id| json!({ "hunkId": id })).collect();
    let ours = timed_call(
        editor,
        "outrigger/hunk/stage",
        &json!({ "uri": file.uri, "targets": targets, "answer": "ids" }),
    )?;
    assert_staged(tree)?;
    tree.git(&["reset", "-q"])?;
    let patch = tree.patch(&format!("{head}{}\n", patches.concat()))?;
    let theirs = tree.timed(&["apply", "--cached", "--whitespace=nowarn", &patch])?;
    let rival = format!("`git apply --cached` of all {theirs:.0} ms");
    rows.push(row(
        "all of them in one request",
        "≤ 0.1× `git apply --cached` of all",
        ours,
        (&rival, theirs),
        0.1,
    ));
    Ok(rows)
}

fn assert_staged(tree: &Tree) -> Outcome<()> {
    if tree.git(&["diff", "--name-only"])?.is_empty() {
        return Ok(());
    }
    Err("not all is staged".into())
}

fn large_repository(programs: &Programs, scale: Scale) -> Outcome<Vec<Row>> {
    let stage = Stage::set(programs)?;
    let tree = Tree::new(&stage.work().join("many"))?;
    for number in 0..FILES {
        let name = format!("d{}/e{}/f{number}", number % 40, number % 400);
        tree.write(&name, format!("file {number}\nof many\n").as_bytes())?;
    }
    tree.commit()?;
    let mut room = Room::open(stage.file("room-many"))?;
    let file = tree.file("d1/e1/f1");
    room.ask(Request::Watch { folder: tree.root.clone(), files: vec![file.clone()] })?;
    let mut fresh = Vec::new();
    for run in 0..scale.starts.max(20) {
        let begun = Instant::now();
        tree.write("d1/e1/f1", format!("file 1\nedited {run}\n").as_bytes())?;
        while !matches!(room.events.recv_timeout(Duration::from_secs(30))?, Event::Changed { .. }) {
        }
        room.list(&file)?;
        fresh.push(ms(begun));
    }
    let (p50, p95) = (median(&fresh), quantile(&fresh, 0.95));
    for number in 0..20 {
        tree.write(&format!("d{number}/e{number}/f{number}"), b"changed\n")?;
        tree.write(&format!("d{number}/new{number}"), b"new\n")?;
    }
    tree.git(&["status"])?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for run in 0..scale.replays * 5 {
        theirs.push(tree.timed(&["status", "--porcelain"])?);
        let name = format!("run-{run}");
        let begun = Instant::now();
        room.ask(Request::Checkpoint { folder: tree.root.clone(), name })?;
        ours.push(ms(begun));
    }
    let status = median(&theirs);
    Ok(vec![
        Row {
            figure: "a file of 50,000 is written: its fresh list is there (note, question, answer), p95",
            wanted: "≤ 50 ms",
            measured: format!("{p95:.0} ms (p50 {p50:.0} ms)"),
            rival: String::new(),
            verdict: Verdict::of(p95 <= WANTED_FRESH_MS),
        },
        row(
            "checkpoint of those 50,000, 40 of them changed or new",
            "≤ 1.5× `git status`",
            median(&ours),
            (&format!("`git status` {status:.0} ms"), status),
            1.5,
        ),
    ])
}

/// The work folder is the editor's only folder.
fn grant(editor: &mut Client, tree: &Tree) -> Outcome<()> {
    let folder = json!({ "event": { "added": [{ "uri": uri(&tree.root), "name": "large" }], "removed": [] } });
    editor.note("workspace/didChangeWorkspaceFolders", &folder)
}

fn ids(editor: &mut Client, file: &File) -> Outcome<Vec<String>> {
    let listed = editor.call("outrigger/hunk/list", &json!({ "uri": file.uri }))?;
    let hunks = listed["unstaged"].as_array().ok_or("no hunks")?;
    Ok(hunks.iter().filter_map(|hunk| hunk["hunkId"].as_str()).map(str::to_owned).collect())
}

/// In ms, until the whole answer is read.
fn timed_call(editor: &mut Client, method: &str, params: &Value) -> Outcome<f64> {
    let begun = Instant::now();
    editor.call_all(method, std::slice::from_ref(params))?;
    Ok(ms(begun))
}

fn row(
    figure: &'static str,
    wanted: &'static str,
    ours: f64,
    (rival, theirs): (&str, f64),
    most: f64,
) -> Row {
    Row {
        figure,
        wanted,
        measured: format!("{ours:.0} ms, {:.2}×", ours / theirs),
        rival: rival.to_owned(),
        verdict: Verdict::of(ours <= most * theirs),
    }
}
