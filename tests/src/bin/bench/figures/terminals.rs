//! Terminals beside the plainest loop that reads a PTY.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{float, megabytes};
use crate::client::Client;
use crate::process::{MemoryWatch, own_memory, woken};
use crate::report::{Row, Verdict};
use crate::roles::pty::{LINE, Plain};
use crate::stage::Stage;
use crate::statistics::{median, quantile};
use crate::{Outcome, Programs, Scale};

const IDLE: u64 = 100;
const SCROLLBACK: usize = 10_000;
/// A window says how far it has come each time that it has drawn so many units, as VS Code does.
const DRAWN: u64 = 5_000;

pub fn measure(programs: &Programs, scale: Scale) -> Outcome<Vec<Row>> {
    let stage = Stage::set(programs)?;
    let mut window = Window::open(&stage, programs)?;
    let mut rows = floods(&mut window, programs, scale)?;
    rows.extend(echo(&mut window, scale)?);
    rows.push(reattached(&mut window, scale)?);
    drop(window);
    // Memory is that of a process which has done nothing else.
    rows.push(stalled(&mut Window::open(&stage, programs)?, scale)?);
    rows.push(idle(&mut Window::open(&stage, programs)?, scale)?);
    Ok(rows)
}

/// A window on a folder, in which terminals are opened.
struct Window {
    editor: Client,
    own: String,
}

/// What came of a terminal's stream.
#[derive(Default)]
struct Stream {
    /// In UTF-16 code units.
    offset: u64,
    told: u64,
}

impl Window {
    fn open(stage: &Stage, programs: &Programs) -> Outcome<Self> {
        let mut editor = Client::editor(&mut stage.outrigger("ours")?, &stage.codex())?;
        let uri = outrigger::paths::to_uri(&stage.work()).ok_or("a folder without a URI")?;
        let folder =
            json!({ "event": { "added": [{ "uri": uri, "name": "work" }], "removed": [] } });
        editor.note("workspace/didChangeWorkspaceFolders", &folder)?;
        Ok(Self { editor, own: programs.own.display().to_string() })
    }

    fn create(&mut self, command: &str, args: &[&str]) -> Outcome<String> {
        let params = json!({ "command": command, "args": args, "cols": 120, "rows": 40 });
        let created = self.editor.call("outrigger/terminal/create", &params)?;
        Ok(created["terminal"]["terminalId"].as_str().ok_or("no id")?.to_owned())
    }

    fn attach(&mut self, id: &str) -> Outcome<Stream> {
        let attached =
            self.editor.call("outrigger/terminal/attach", &json!({ "terminalId": id }))?;
        let offset = attached["offset"].as_u64().ok_or("no offset")?;
        Ok(Stream { offset, told: offset })
    }

    fn close(&mut self, id: &str) -> Outcome<()> {
        let all = json!({ "terminalId": id, "force": true, "everything": true });
        self.editor.call("outrigger/terminal/close", &all).map(drop)
    }

    /// Reads on to the end of the terminal, or until `until` says so.
    fn read(
        &mut self,
        id: &str,
        stream: &mut Stream,
        mut until: impl FnMut(&str) -> bool,
    ) -> Outcome<()> {
        loop {
            let message = self.editor.next_note(&[
                b"outrigger/terminal/data",
                b"outrigger/terminal/exited",
                b"outrigger/terminal/detached",
            ])?;
            let params = &message["params"];
            if params["terminalId"] != id {
                continue;
            }
            let Some(data) = params["data"].as_str() else {
                return if params["reason"].is_null() { Ok(()) } else { Err("let go".into()) };
            };
            if params["offset"] != stream.offset {
                return Err("a gap in the stream".into());
            }
            stream.offset += data.encode_utf16().count() as u64;
            if stream.offset - stream.told >= DRAWN {
                stream.told = stream.offset;
                let ack = json!({ "terminalId": id, "offset": stream.offset });
                self.editor.note("outrigger/terminal/ack", &ack)?;
            }
            if until(data) {
                return Ok(());
            }
        }
    }

    fn memory(&self) -> u64 {
        own_memory(self.editor.process()).unwrap_or_default()
    }
}

/// Everything a program writes, with nobody attached and with a window that reads it.
fn floods(window: &mut Window, programs: &Programs, scale: Scale) -> Outcome<Vec<Row>> {
    let lines = scale.terminal_lines.to_string();
    let expected = scale.terminal_lines as u64 * (LINE.len() as u64 + 1);
    let own = window.own.clone();
    let (mut plain, mut alone, mut watched) = (Vec::new(), Vec::new(), Vec::new());
    let (mut node, mut node_lost) = (Vec::new(), Vec::new());
    let mut lost = 0;
    for _ in 0..scale.replays {
        let (bytes, took) = figures(programs.role("pty").arg(&own).args(["flood", &lines]))?;
        if bytes != expected {
            return Err(format!("the plain loop read {bytes} of {expected} bytes").into());
        }
        plain.push(took);
        if let Some((program, script, module)) = &programs.node_pty {
            let mut rival = Command::new(program);
            let (bytes, took) =
                figures(rival.arg(script).arg(module).arg(&own).args(["flood", &lines]))?;
            node.push(took);
            node_lost.push((expected - bytes).to_string());
        }

        let began = Instant::now();
        let id = window.create(&own, &["flood", &lines])?;
        window.read(&id, &mut Stream::default(), |_| false)?;
        alone.push(began.elapsed().as_secs_f64());
        lost += expected - window.attach(&id)?.offset;
        window.close(&id)?;

        let began = Instant::now();
        let id = window.create(&own, &["flood", &lines])?;
        let mut stream = window.attach(&id)?;
        window.read(&id, &mut stream, |_| false)?;
        watched.push(began.elapsed().as_secs_f64());
        lost += expected - stream.offset;
        window.close(&id)?;
    }
    let speed = |seconds: &[f64]| megabytes(expected) / median(seconds);
    let beside = if node.is_empty() {
        "node-pty: not measured (`--peers` installs it)".to_owned()
    } else {
        format!("node-pty: {:.0} MB/s, {} bytes lost", speed(&node), node_lost.join(", "))
    };
    let rival =
        format!("a plain loop that reads a PTY: {:.0} MB/s, 0 bytes lost; {beside}", speed(&plain));
    let row = |figure, wanted, seconds: &[f64], least: f64| {
        let part = median(&plain) / median(seconds);
        Row {
            figure,
            wanted,
            measured: format!("{:.0} MB/s, {part:.2}×, {lost} bytes lost", speed(seconds)),
            rival: rival.clone(),
            verdict: Verdict::of(part >= least && lost == 0),
        }
    };
    Ok(vec![
        row("500 MB through a terminal with nobody attached", "≥ 0.9×, 0 bytes lost", &alone, 0.9),
        row(
            "the same with a window that reads and acknowledges",
            "≥ 0.4×, 0 bytes lost",
            &watched,
            0.4,
        ),
    ])
}

/// The bytes and the seconds that a program prints.
fn figures(command: &mut Command) -> Outcome<(u64, f64)> {
    let output = String::from_utf8(command.output()?.stdout)?;
    let (bytes, took) = output.trim().split_once(' ').ok_or("no figures")?;
    Ok((bytes.parse()?, took.parse()?))
}

/// From a key until it is shown, with nothing else to do and beside a flood; each beside one on a PTY with nothing
/// between, so that what else the machine does shows in both.
fn echo(window: &mut Window, scale: Scale) -> Outcome<Vec<Row>> {
    let cat = window.create("/bin/cat", &[])?;
    let mut stream = window.attach(&cat)?;
    let quiet = keys(window, &cat, &mut stream, scale.keys)?;
    let flood = window.create("/usr/bin/yes", &[])?;
    window.attach(&flood)?;
    let beside = keys(window, &cat, &mut stream, scale.keys)?;
    window.close(&flood)?;
    window.close(&cat)?;
    let row = |figure, wanted, Keys { ours, plain }: &Keys, most: f64| {
        let p99 = quantile(ours, 0.99);
        let told = |times: &[f64]| {
            format!("{:.2} ms (p50 {:.3} ms)", quantile(times, 0.99), median(times))
        };
        Row {
            figure,
            wanted,
            measured: told(ours),
            rival: format!("a key on a PTY with nothing between: {}", told(plain)),
            verdict: Verdict::of(p99 <= most),
        }
    };
    Ok(vec![
        row("from a key to its echo, p99", "≤ 2 ms", &quiet, 2.0),
        row("the same while another terminal floods the window", "≤ 16 ms", &beside, 16.0),
    ])
}

/// Times in ms.
struct Keys {
    ours: Vec<f64>,
    plain: Vec<f64>,
}

/// Keys in turn here and there. What other terminals say is acknowledged, as a window does that draws it.
fn keys(window: &mut Window, id: &str, stream: &mut Stream, count: usize) -> Outcome<Keys> {
    let mut times = Keys { ours: Vec::new(), plain: Vec::new() };
    let mut cat = Plain::start(Command::new("/bin/cat"))?;
    let mut others: u64 = 0;
    for _ in 0..count {
        let began = Instant::now();
        cat.key()?;
        times.plain.push(began.elapsed().as_secs_f64() * 1e3);
        let began = Instant::now();
        let key = json!({ "terminalId": id, "data": "x" });
        window.editor.request("outrigger/terminal/write", &key)?;
        loop {
            let message = window.editor.next_note(&[b"outrigger/terminal/data"])?;
            let params = &message["params"];
            let end = params["offset"].as_u64().ok_or("no offset")?
                + params["data"].as_str().ok_or("no data")?.encode_utf16().count() as u64;
            if params["terminalId"] == id {
                stream.offset = end;
                break;
            }
            if end >= others + DRAWN {
                others = end;
                let ack = json!({ "terminalId": params["terminalId"], "offset": end });
                window.editor.note("outrigger/terminal/ack", &ack)?;
            }
        }
        times.ours.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(times)
}

fn reattached(window: &mut Window, scale: Scale) -> Outcome<Row> {
    let script = format!(
        "seq 1 {SCROLLBACK} | sed 's/$/ of many lines that a build has written/'; echo all; exec cat"
    );
    let id = window.create("/bin/sh", &["-c", &script])?;
    let mut stream = window.attach(&id)?;
    window.read(&id, &mut stream, |data| data.contains("all"))?;
    let mut times = Vec::new();
    for _ in 0..scale.starts {
        window.editor.call("outrigger/terminal/detach", &json!({ "terminalId": id }))?;
        let began = Instant::now();
        window.attach(&id)?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    window.close(&id)?;
    let worst = quantile(&times, 1.0);
    Ok(Row {
        figure: "attach to a terminal with 10,000 lines of scrollback",
        wanted: "≤ 50 ms",
        measured: format!("{:.0} ms (at most {worst:.0} ms)", median(&times)),
        rival: String::new(),
        verdict: Verdict::of(worst <= 50.0),
    })
}

/// A window that stops reading in the middle of a flood, for longer than it is waited for.
fn stalled(window: &mut Window, scale: Scale) -> Outcome<Row> {
    let before = window.memory();
    let watch = MemoryWatch::start(window.editor.process());
    let id = window.create("/usr/bin/yes", &["a line of a log that nobody reads"])?;
    window.attach(&id)?;
    std::thread::sleep(Duration::from_secs(scale.idle_seconds));
    let most = watch.samples().into_iter().max().unwrap_or_default().saturating_sub(before);
    let told = window.editor.next_note(&[b"outrigger/terminal/detached"])?;
    let stream = window.attach(&id)?;
    window.close(&id)?;
    Ok(Row {
        figure: "an endless flood to a window that does not read for 60 s: memory beyond the start",
        wanted: "≤ 8 MB",
        measured: format!(
            "{:.1} MB; let go as {}, {:.1} GB written by then",
            megabytes(most),
            told["params"]["reason"],
            megabytes(stream.offset) / 1e3,
        ),
        rival: String::new(),
        verdict: Verdict::of(most <= 8_000_000),
    })
}

fn idle(window: &mut Window, scale: Scale) -> Outcome<Row> {
    let before = window.memory();
    let mut ids = Vec::new();
    for _ in 0..IDLE {
        ids.push(window.create("/bin/cat", &[])?);
    }
    std::thread::sleep(Duration::from_secs(7));
    let each = window.memory().saturating_sub(before) / IDLE;
    let process = window.editor.process();
    let woken_before = woken(&[process]);
    std::thread::sleep(Duration::from_secs(scale.idle_seconds));
    let woken = woken(&[process]).zip(woken_before).map(|(now, then)| now.saturating_sub(then));
    for id in ids {
        window.close(&id)?;
    }
    let woken = woken.ok_or("no /proc")?;
    Ok(Row {
        figure: "100 idle terminals: memory of each, and threads woken in 60 s",
        wanted: "≤ 3 MB, none beyond what is due",
        measured: format!("{:.2} MB, {woken} context switches", float(each) / 1e6),
        rival: String::new(),
        verdict: Verdict::of(each <= 3_000_000 && woken <= 20),
    })
}
