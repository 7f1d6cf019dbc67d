//! The pipes: lines of the client, frames of the daemon, and one loop between them.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use tracing::{debug, error};

use crate::{
    daemon::{self, Stream},
    protocol::{Failure, FailureKind, RpcError},
    transport::framer::{Framed, Framer, headers},
};

use super::{
    face::{Face, In, Out},
    rpc::{self, Message, error_of},
};

/// The longest line of the client, and the longest frame of the daemon, in bytes.
const MAX_LINE: u64 = 64 << 20;
const MAX_FRAME: usize = 256 << 20;
const CHUNK: usize = 64 << 10;
/// Messages that may wait for the loop: whoever writes more has to wait.
const INBOX: usize = 256;
/// Bytes that are gathered before they are written, when more is to come at once.
const GATHERED: usize = 64 << 10;

/// How the daemon is reached.
type Connect<'a> = &'a mut dyn FnMut() -> Result<Stream, Failure>;

/// Serves the client on stdin and stdout with the daemon that all editors share. The exit code.
pub fn serve() -> u8 {
    run(&mut daemon::reach)
}

/// What the loop takes. Of the daemon it is told by which connection.
enum Arrival {
    Client(Result<Message, RpcError>),
    Daemon(u32, Message),
    Ended(u32),
    /// The client has closed its end.
    Left,
}

/// Serves the client until it leaves, with what `connect` reaches. The exit code.
pub fn run(connect: Connect) -> u8 {
    let (inbox, arrivals) = sync_channel(INBOX);
    let client = inbox.clone();
    let reader = thread::Builder::new().name("from client".into()).spawn(move || {
        let mut input = BufReader::with_capacity(CHUNK, io::stdin());
        while let Some(message) = next_line(&mut input) {
            if client.send(Arrival::Client(message)).is_err() {
                return;
            }
        }
        let _ = client.send(Arrival::Left);
    });
    if let Err(error) = reader {
        error!(%error, "no thread for what the client says");
        return 1;
    }
    let mut pipes = Pipes { connect, daemon: None, connections: 0, inbox, out: Vec::new() };
    let ended = pipes.serve(&arrivals);
    if let Err(error) = ended {
        debug!(%error, "the client reads no more");
    }
    if let Some(daemon) = &pipes.daemon {
        let _ = daemon::end_writing(daemon);
    }
    0
}

struct Pipes<'a> {
    connect: Connect<'a>,
    daemon: Option<Stream>,
    /// How many there have been: the end of an earlier one is none of the one that is.
    connections: u32,
    inbox: SyncSender<Arrival>,
    /// What is still to be written for the client.
    out: Vec<u8>,
}

impl Pipes<'_> {
    fn serve(&mut self, arrivals: &Receiver<Arrival>) -> io::Result<()> {
        let mut face = Face::default();
        loop {
            let mut next = arrivals.try_recv().ok();
            if next.is_none() {
                // Nothing more comes at once: what was gathered goes out.
                self.flush()?;
                next = arrivals.recv().ok();
            }
            let Some(arrival) = next else { return Ok(()) };
            let input = match arrival {
                Arrival::Client(message) => In::Client(message),
                Arrival::Daemon(number, message) if number == self.connections => {
                    In::Daemon(message)
                }
                Arrival::Ended(number) if number == self.connections => self.lost(None),
                Arrival::Daemon(..) | Arrival::Ended(_) => continue,
                Arrival::Left => return self.flush(),
            };
            self.carry_out(&mut face, input)?;
        }
    }

    fn carry_out(&mut self, face: &mut Face, input: In) -> io::Result<()> {
        let mut input = Some(input);
        while let Some(next) = input.take() {
            for out in face.step(next) {
                match out {
                    Out::Client(line) => {
                        self.out.extend_from_slice(&line);
                        self.out.push(b'\n');
                        if self.out.len() >= GATHERED {
                            self.flush()?;
                        }
                    }
                    // After a failure nothing more is said to whoever is not there.
                    _ if input.is_some() => {}
                    Out::Connect => {
                        // It may have to be started: what is said by now is not kept back meanwhile.
                        self.flush()?;
                        if let Err(failure) = self.reach() {
                            input = Some(self.lost(Some(failure)));
                        }
                    }
                    Out::Daemon(body) => {
                        let failed = self.daemon.as_mut().is_none_or(|daemon| {
                            daemon
                                .write_all(headers(body.len()).as_bytes())
                                .and_then(|()| daemon.write_all(&body))
                                .is_err()
                        });
                        if failed {
                            input = Some(self.lost(None));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn reach(&mut self) -> Result<(), Failure> {
        let no = |error: io::Error| Failure::new(FailureKind::Io, error.to_string());
        let stream = (self.connect)()?;
        let from_daemon = stream.try_clone().map_err(no)?;
        self.connections += 1;
        let (number, inbox) = (self.connections, self.inbox.clone());
        thread::Builder::new()
            .name("from daemon".into())
            .spawn(move || {
                read_frames(from_daemon, number, &inbox);
                let _ = inbox.send(Arrival::Ended(number));
            })
            .map_err(no)?;
        self.daemon = Some(stream);
        Ok(())
    }

    fn lost(&mut self, failure: Option<Failure>) -> In {
        // What its thread still tells is of no consequence.
        self.connections += 1;
        if let Some(daemon) = self.daemon.take() {
            let _ = daemon::end_writing(&daemon);
        }
        In::Gone(failure.unwrap_or_else(|| {
            let why = "The Outrigger daemon has ended, or has let this client go.";
            Failure::new(FailureKind::DaemonGone, why).hint("The next prompt starts it again.")
        }))
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.out.is_empty() {
            let mut output = io::stdout().lock();
            output.write_all(&self.out)?;
            output.flush()?;
            self.out.clear();
            self.out.shrink_to(2 * GATHERED);
        }
        Ok(())
    }
}

/// The next message of the client, or why a line is none; `None` at the end.
fn next_line(input: &mut impl BufRead) -> Option<Result<Message, RpcError>> {
    loop {
        let mut line = Vec::new();
        match input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line) {
            Ok(0) => return None,
            Ok(_) if line.len() as u64 == MAX_LINE && line.last() != Some(&b'\n') => {
                skip_line(input);
                let why = format!("A line is longer than {MAX_LINE} bytes.");
                return Some(Err(error_of(rpc::INVALID_REQUEST, why)));
            }
            Ok(_) if line.trim_ascii().is_empty() => {}
            Ok(_) => return Some(Message::read(&line.into())),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

fn skip_line(input: &mut impl BufRead) {
    loop {
        let (length, ends) = match input.fill_buf() {
            Ok([]) | Err(_) => return,
            Ok(bytes) => match memchr::memchr(b'\n', bytes) {
                Some(at) => (at + 1, true),
                None => (bytes.len(), false),
            },
        };
        input.consume(length);
        if ends {
            return;
        }
    }
}

fn read_frames(mut stream: Stream, number: u32, inbox: &SyncSender<Arrival>) {
    let mut framer = Framer::new(MAX_FRAME);
    let mut chunk = vec![0; CHUNK];
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => return,
            Ok(length) => framer.feed(&chunk[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return debug!(%error, "the daemon's end is broken"),
        }
        for framed in framer.by_ref() {
            let Framed::Body(body) = framed else {
                return error!("what the daemon writes are no frames");
            };
            match Message::read(&body.into()) {
                Ok(message) => {
                    if inbox.send(Arrival::Daemon(number, message)).is_err() {
                        return;
                    }
                }
                Err(error) => error!(error.message, "the daemon wrote no message"),
            }
        }
    }
}
