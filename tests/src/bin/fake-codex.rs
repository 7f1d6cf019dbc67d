//! `FakeCodex`: a `codex app-server` that misbehaves on demand, for the faults that the real one does not produce.
//!
//! `FAKE_CODEX_SCRIPT` names a JSON file: a list of steps, or `{"starts": [[...], [...]]}` where the first start
//! plays the first list, the second the second, and further ones the last. Beside the script it keeps
//! `<script>.starts`, a byte for each start, and `<script>.log`, every line it read.
//! Behind its last step it reads until its stdin ends and exits with 0. Steps:
//!
//! | step | what it does |
//! |---|---|
//! | `{"handshake": "0.169.0"}` | answers `initialize` as this version and awaits `initialized` |
//! | `{"expect": "thread/read"}` | reads until a request or notification of this method; other lines are skipped |
//! | `{"reply": {...}}` | answers the request that was expected last |
//! | `{"error": {"code": 1, "message": "..."}}` | refuses it |
//! | `{"send": {...}}` | writes a JSON line |
//! | `{"raw": "text"}` | writes text as it stands, without a line end |
//! | `{"stderr": "text"}` | writes a line to stderr |
//! | `{"big": 50000000}` | writes a notification `fake/big` with a string of that many bytes |
//! | `{"flood": 1000}` | writes that many notifications `fake/flood` with `{"n": 0}` and so on |
//! | `{"sleep": 100}` | waits that many milliseconds |
//! | `{"serve": {"thread/read": {...}}}` | answers every request until stdin ends, of other methods with `{}` |
//! | `{"hold": "go"}` | reads until a message of this method, then answers the requests before it with `{}` |
//! | `{"drain": true}` | reads until stdin ends |
//! | `{"spawn": true}` | leaves a child that sleeps and holds stdout open, in this process group |
//! | `{"closeStdout": true}` | closes stdout |
//! | `{"ignoreTerm": true}` | ignores SIGTERM from here on |
//! | `{"hang": true}` | reads nothing more and does not end |
//! | `{"exit": 1}` | exits with this code |

use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

/// What a script is played with.
struct Stage {
    log: std::fs::File,
    /// The id of the request that was expected last.
    id: Value,
    runtime: tokio::runtime::Runtime,
}

fn main() -> Result<ExitCode, Failure> {
    let script = PathBuf::from(std::env::var_os("FAKE_CODEX_SCRIPT").ok_or("no script")?);
    let text: Value = serde_json::from_slice(&std::fs::read(&script)?)?;
    let nth = count_start(&script)?;
    let steps = match text.get("starts").and_then(Value::as_array) {
        Some(starts) => starts.get(nth).or(starts.last()).ok_or("no starts")?,
        None => &text,
    };
    let mut stage = Stage {
        log: append(&beside(&script, ".log"))?,
        id: Value::Null,
        runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
    };
    for step in steps.as_array().ok_or("a script is a list of steps")? {
        for (name, value) in step.as_object().ok_or("a step is an object")? {
            if let Some(code) = stage.play(name, value)? {
                return Ok(ExitCode::from(code));
            }
        }
    }
    while stage.read()?.is_some() {}
    Ok(ExitCode::SUCCESS)
}

fn beside(script: &Path, ending: &str) -> PathBuf {
    let mut name = script.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn append(path: &Path) -> io::Result<std::fs::File> {
    std::fs::File::options().create(true).append(true).open(path)
}

/// How many starts came before this one.
fn count_start(script: &Path) -> io::Result<usize> {
    let starts = beside(script, ".starts");
    append(&starts)?.write_all(b".")?;
    Ok(std::fs::read(starts)?.len() - 1)
}

impl Stage {
    /// Plays one step; a code ends the process.
    fn play(&mut self, name: &str, value: &Value) -> Result<Option<u8>, Failure> {
        let number = value.as_u64().unwrap_or_default();
        let text = value.as_str().unwrap_or_default();
        match name {
            "handshake" => {
                self.expect("initialize")?;
                self.answer("result", &greeting(text))?;
                self.expect("initialized")?;
            }
            "expect" => self.expect(text)?,
            "reply" => self.answer("result", value)?,
            "error" => self.answer("error", value)?,
            "send" => write(format!("{value}\n").as_bytes())?,
            "raw" => write(text.as_bytes())?,
            "stderr" => writeln!(io::stderr(), "{text}")?,
            "big" => {
                let params = "y".repeat(usize::try_from(number)?);
                let line = format!("{{\"method\":\"fake/big\",\"params\":\"{params}\"}}\n");
                write(line.as_bytes())?;
            }
            "flood" => {
                let mut lines = io::BufWriter::new(io::stdout().lock());
                for n in 0..number {
                    writeln!(lines, "{{\"method\":\"fake/flood\",\"params\":{{\"n\":{n}}}}}")?;
                }
                lines.flush()?;
            }
            "sleep" => std::thread::sleep(Duration::from_millis(number)),
            "serve" => self.serve(value)?,
            "hold" => self.hold(text)?,
            "drain" => while self.read()?.is_some() {},
            // The child is ended with the process group, not waited for: that is what it is for.
            "spawn" => drop(Command::new("sleep").arg("1000").spawn()?),
            "closeStdout" => close_stdout()?,
            "ignoreTerm" => self.ignore_term()?,
            "hang" => loop {
                std::thread::park();
            },
            "exit" => return Ok(Some(u8::try_from(number)?)),
            other => return Err(format!("no such step: {other}").into()),
        }
        Ok(None)
    }

    /// The next message, logged. Unread lines stay unread.
    fn read(&mut self) -> Result<Option<Value>, Failure> {
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            return Ok(None);
        }
        self.log.write_all(line.as_bytes())?;
        Ok(Some(serde_json::from_str(&line)?))
    }

    fn expect(&mut self, method: &str) -> Result<(), Failure> {
        while let Some(message) = self.read()? {
            if message["method"] == method {
                self.id = message["id"].clone();
                return Ok(());
            }
        }
        Err(format!("stdin ended before {method}").into())
    }

    fn answer(&self, kind: &str, value: &Value) -> io::Result<()> {
        let line = json!({ "id": self.id, kind: value });
        write(format!("{line}\n").as_bytes())
    }

    fn serve(&mut self, answers: &Value) -> Result<(), Failure> {
        while let Some(message) = self.read()? {
            let Some(method) = message["method"].as_str() else {
                continue;
            };
            if message.get("id").is_none() {
                continue;
            }
            self.id = message["id"].clone();
            let result = match method {
                "initialize" => greeting("0.169.0"),
                _ => answers.get(method).cloned().unwrap_or(json!({})),
            };
            self.answer("result", &result)?;
        }
        Ok(())
    }

    fn hold(&mut self, method: &str) -> Result<(), Failure> {
        let mut held = Vec::new();
        while let Some(message) = self.read()? {
            if message["method"] == method {
                break;
            }
            held.push(message["id"].clone());
        }
        for id in held {
            self.id = id;
            self.answer("result", &json!({}))?;
        }
        Ok(())
    }

    #[cfg(unix)]
    fn ignore_term(&self) -> io::Result<()> {
        // Once a handler is there, the signal no longer ends the process.
        let _guard = self.runtime.enter();
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map(drop)
    }

    #[cfg(not(unix))]
    fn ignore_term(&self) -> io::Result<()> {
        let _ = &self.runtime;
        Ok(())
    }
}

fn greeting(version: &str) -> Value {
    json!({ "userAgent": format!("outrigger/{version} (Fake; x86_64)") })
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

#[cfg(unix)]
fn close_stdout() -> io::Result<()> {
    let nowhere = std::fs::File::options().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(nowhere).map_err(Into::into)
}

#[cfg(not(unix))]
fn close_stdout() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
