//! The real stdin and stdout, in a process of its own: this test is its own server.
//!
//! Without the usual harness, since that prints to the stdout that is under test.

#[cfg(unix)]
fn main() {
    if std::env::args().nth(1).as_deref() == Some("--as-server") {
        server::run();
    } else {
        client::stray_output_never_reaches_the_wire();
    }
}

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
#[cfg(test)]
mod server {
    use std::{io::Write, process::Command};

    use outrigger::{
        protocol::{Incoming, Outgoing, Raw},
        transport::{Limits, serve, stdio},
    };
    use tokio::sync::mpsc::unbounded_channel;

    /// Answers each request, and writes and reads beside the wire before it does.
    pub fn run() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (sender, mut core) = unbounded_channel();
            let incoming = move |message| drop(sender.send(message));
            let (input, output) = stdio().unwrap();
            let outbox = serve(input, output, incoming, Limits::default()).outbox;
            while let Some(message) = core.recv().await {
                if let Incoming::Request { id, method, .. } = message {
                    std::io::stdout().write_all(b"printed\n").unwrap();
                    assert!(
                        Command::new("sh")
                            .args(["-c", "echo a child; cat"])
                            .status()
                            .unwrap()
                            .success()
                    );
                    outbox.send(Outgoing::Reply { id, result: Ok(Raw::of(&method)) });
                }
            }
            outbox.send(Outgoing::Close);
            outbox.closed().await;
        });
        // The runtime is dropped here although stdin may still be open.
    }
}

#[cfg(unix)]
#[cfg(test)]
mod client {
    use std::{
        io::{Read, Write},
        net::Shutdown,
        os::{fd::OwnedFd, unix::net::UnixStream},
        process::{Command, Stdio},
    };

    fn frame(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    pub fn stray_output_never_reaches_the_wire() {
        let (mut editor, wire) = UnixStream::pair().unwrap();
        // As a terminal may be that another process left so.
        wire.set_nonblocking(true).unwrap();
        let wire = OwnedFd::from(wire);
        let mut server = Command::new(std::env::current_exe().unwrap())
            .arg("--as-server")
            .stdin(Stdio::from(wire.try_clone().unwrap()))
            .stdout(Stdio::from(wire))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // More than the socket holds, so that writing has to wait.
        let long = "x".repeat(1 << 20);
        for body in [
            r#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#,
            &format!(r#"{{"jsonrpc":"2.0","id":2,"method":"{long}"}}"#),
            r#"{"jsonrpc":"2.0","method":"exit"}"#,
        ] {
            editor.write_all(frame(body).as_bytes()).unwrap();
        }
        let (mut wire, mut log) = (String::new(), String::new());
        editor.read_to_string(&mut wire).unwrap();
        server.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert!(server.wait().unwrap().success(), "{log}");
        assert_eq!(
            wire,
            frame(r#"{"jsonrpc":"2.0","id":1,"result":"initialize"}"#)
                + &frame(&format!(r#"{{"jsonrpc":"2.0","id":2,"result":"{long}"}}"#))
        );
        assert_eq!(log, "printed\na child\n".repeat(2));
        editor.shutdown(Shutdown::Both).unwrap();
    }
}
