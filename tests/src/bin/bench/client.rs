//! One who talks to an app-server: straight, or through Outrigger or another proxy as an editor does.

use std::io::{Read, Write};
use std::process::Command;

use serde_json::{Value, json};

use crate::Outcome;
use crate::frames::{Framing, Messages, lsp_frame, method};
use crate::process::Process;

/// A connection, up to `initialized`.
pub struct Client {
    stdin: Option<Box<dyn Write + Send>>,
    messages: Messages<Box<dyn Read + Send>>,
    framing: Framing,
    requests: u64,
    /// None of its own at the end of a socket.
    process: Option<Process>,
}

/// What came of reading up to the end of a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// Messages, responses included.
    pub messages: usize,
    /// Bytes of the messages without their framing.
    pub bytes: u64,
    /// Notes that carry a delta.
    pub delta_notes: usize,
    /// Bytes of all deltas.
    pub text: usize,
}

impl Client {
    /// Starts a program and answers when it has answered `initialize`.
    pub fn start(command: &mut Command, framing: Framing, params: &Value) -> Outcome<Self> {
        let (process, stdin, stdout) = Process::start(command)?;
        Self::begin(Box::new(stdin), Box::new(stdout), framing, Some(process), params)
    }

    fn begin(
        stdin: Box<dyn Write + Send>,
        stdout: Box<dyn Read + Send>,
        framing: Framing,
        process: Option<Process>,
        params: &Value,
    ) -> Outcome<Self> {
        let messages = Messages::new(stdout, framing);
        let mut client = Self { stdin: Some(stdin), messages, framing, requests: 0, process };
        client.call("initialize", params)?;
        Ok(client)
    }

    /// An editor at the daemon's own socket, with no relay between.
    #[cfg(unix)]
    pub fn at_socket(stream: std::os::unix::net::UnixStream, codex: &Command) -> Outcome<Self> {
        let reader = Box::new(stream.try_clone()?);
        let params = introduction(codex);
        let mut client = Self::begin(Box::new(stream), reader, Framing::Lsp, None, &params)?;
        client.send(&json!({ "method": "initialized", "params": {} }))?;
        Ok(client)
    }

    /// An editor: subscribed to the app-server's own notes and to nothing else.
    pub fn editor(command: &mut Command, codex: &Command) -> Outcome<Self> {
        let mut client = Self::start(command, Framing::Lsp, &introduction(codex))?;
        client.send(&json!({ "method": "initialized", "params": {} }))?;
        Ok(client)
    }

    /// A client of the app-server itself, or of what stands in for one.
    pub fn direct(command: &mut Command, framing: Framing) -> Outcome<Self> {
        let params = json!({ "clientInfo": { "name": "outrigger-bench", "version": "1" },
            "capabilities": { "experimentalApi": true } });
        let mut client = Self::start(command, framing, &params)?;
        client.send(&json!({ "method": "initialized" }))?;
        Ok(client)
    }

    /// The process that was started.
    pub fn process(&self) -> u32 {
        self.process.as_ref().map_or(0, Process::id)
    }

    /// Starts a thread; returns its id.
    pub fn thread(&mut self, cwd: &std::path::Path) -> Outcome<String> {
        let method = self.upstream("thread/start");
        let result = self.call(&method, &json!({ "cwd": cwd }))?;
        let id = result["thread"]["id"].as_str().ok_or("a thread without an id")?;
        Ok(id.to_owned())
    }

    /// Asks for a turn and does not wait for the answer.
    pub fn start_turn(&mut self, thread: &str, prompt: &str) -> Outcome<()> {
        let input = json!([{ "type": "text", "text": prompt }]);
        let method = self.upstream("turn/start");
        self.request(&method, &json!({ "threadId": thread, "input": input }))?;
        Ok(())
    }

    /// Reads past all else to the next note of one of these methods.
    pub fn next_note(&mut self, wanted: &[&[u8]]) -> Outcome<Value> {
        loop {
            let message = self.messages.next()?.ok_or("the other side has ended")?;
            if wanted.contains(&method(message)) {
                return Ok(serde_json::from_slice(message)?);
            }
        }
    }

    /// Reads up to the note that ends a turn, past `turns - 1` others. `each` sees every message with its method.
    pub fn read_turns(
        &mut self,
        turns: usize,
        mut each: impl FnMut(&[u8], &[u8]),
    ) -> Outcome<Turn> {
        let mut turn = Turn::default();
        let mut left = turns;
        while left > 0 {
            let message = self.messages.next()?.ok_or("the other side has ended")?;
            let name = method(message);
            turn.messages += 1;
            turn.bytes += message.len() as u64;
            if name.ends_with(b"/delta") || name.ends_with(b"Delta") {
                turn.delta_notes += 1;
                turn.text += crate::frames::delta(message).len();
            } else if name.ends_with(b"turn/completed") {
                left -= 1;
            } else if name.ends_with(b"error") {
                return Err(String::from_utf8_lossy(message).into());
            }
            each(name, message);
        }
        Ok(turn)
    }

    /// Reads on to the end of so many turns; `each` sees every delta with the thread that it is of.
    pub fn read_threads(&mut self, turns: usize, mut each: impl FnMut(&str, &str)) -> Outcome<()> {
        let mut left = turns;
        while left > 0 {
            let message = self.messages.next()?.ok_or("the other side has ended")?;
            let name = method(message);
            if name.ends_with(b"agentMessage/delta") {
                let message: Value = serde_json::from_slice(message)?;
                let text = |name: &str| message["params"][name].as_str().unwrap_or_default();
                each(text("threadId"), text("delta"));
            } else if name.ends_with(b"turn/completed") {
                left -= 1;
            }
        }
        Ok(())
    }

    /// Asks and reads past all else until the answer.
    pub fn call(&mut self, method: &str, params: &Value) -> Outcome<Value> {
        let id = self.request(method, params)?;
        loop {
            let message = self.messages.next()?.ok_or("the other side has ended")?;
            let mut message: Value = serde_json::from_slice(message)?;
            if message["id"] == id && message.get("method").is_none() {
                if let Some(error) = message.get("error") {
                    return Err(format!("{method} failed: {error}").into());
                }
                return Ok(message["result"].take());
            }
        }
    }

    /// Sends so many requests without waiting, and reads until all are answered. Answers are not parsed, but for errors.
    pub fn call_all(&mut self, method: &str, params: &[Value]) -> Outcome<()> {
        let mut stdin = self.stdin.take().ok_or("a closed connection")?;
        let (first, framing) = (self.requests + 1, self.framing);
        self.requests += params.len() as u64;
        let written = std::thread::scope(|scope| -> Outcome<_> {
            // The other side may stop reading until its answers are read.
            let writer = scope.spawn(move || {
                for (id, params) in (first..).zip(params) {
                    let message = json!({ "id": id, "method": method, "params": params });
                    stdin.write_all(&encoded(&message, framing))?;
                }
                Ok::<_, std::io::Error>(stdin)
            });
            let mut left = params.len();
            while left > 0 {
                let message = self.messages.next()?.ok_or("the other side has ended")?;
                let head = &message[..message.len().min(80)];
                if memchr::memmem::find(head, b"\"method\"").is_some() {
                    continue;
                }
                if memchr::memmem::find(head, b"\"error\"").is_some() {
                    return Err(String::from_utf8_lossy(message).into());
                }
                left -= 1;
            }
            Ok(writer.join().map_err(|_| "the writer panicked")??)
        });
        self.stdin = Some(written?);
        Ok(())
    }

    /// Sends a note.
    pub fn note(&mut self, method: &str, params: &Value) -> Outcome<()> {
        self.send(&json!({ "method": method, "params": params }))
    }

    fn upstream(&self, method: &str) -> String {
        match self.framing {
            Framing::Lsp => format!("codex/{method}"),
            Framing::Lines => method.to_owned(),
        }
    }

    /// Asks and does not wait for the answer; returns the request's id.
    pub fn request(&mut self, method: &str, params: &Value) -> Outcome<u64> {
        self.requests += 1;
        self.send(&json!({ "id": self.requests, "method": method, "params": params }))?;
        Ok(self.requests)
    }

    pub fn send(&mut self, message: &Value) -> Outcome<()> {
        let stdin = self.stdin.as_mut().ok_or("a closed connection")?;
        Ok(stdin.write_all(&encoded(message, self.framing))?)
    }
}

fn encoded(message: &Value, framing: Framing) -> Vec<u8> {
    let mut message = message.clone();
    message["jsonrpc"] = "2.0".into();
    let body = message.to_string();
    let mut frame = Vec::new();
    match framing {
        Framing::Lsp => lsp_frame(body.as_bytes(), &mut frame),
        Framing::Lines => frame.extend_from_slice(format!("{body}\n").as_bytes()),
    }
    frame
}

impl Drop for Client {
    fn drop(&mut self) {
        // The process ends over it, and its own drop waits for that; a full stdout must not keep it.
        self.stdin = None;
        // At a socket there is no process that would close it.
        while self.process.is_some() && matches!(self.messages.next(), Ok(Some(_))) {}
    }
}

/// How an editor introduces itself that has this codex run.
fn introduction(codex: &Command) -> Value {
    let args: Vec<_> = codex.get_args().map(|arg| arg.display().to_string()).collect();
    let codex = json!({ "path": codex.get_program().display().to_string(), "args": args });
    json!({ "processId": null, "rootUri": null, "capabilities": {},
        "initializationOptions": { "events": ["codex", "terminal"], "codex": codex } })
}
