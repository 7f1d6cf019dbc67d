//! An editor at one end of a connection and a core at the other.

use std::{
    io::{BufRead, BufReader, PipeReader},
    time::Duration,
};

use outrigger::{
    protocol::{Incoming, Outgoing, Raw, RpcError, RpcId, wire::Closed},
    transport::{Connection, Limits, Outbox, serve},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncWriteExt, DuplexStream},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};

/// Longer than anything here takes: a test that would hang fails instead.
pub const PATIENCE: Duration = Duration::from_mins(1);

pub struct Wire {
    /// Where the editor writes; `None` when it has closed its end.
    pub editor: Option<DuplexStream>,
    /// What the editor reads; `None` when it has closed that end.
    pub screen: Option<Screen>,
    pub core: UnboundedReceiver<Incoming>,
    pub outbox: Outbox,
}

/// The editor's end, read a frame at a time.
pub struct Screen(BufReader<PipeReader>);

pub fn frame(body: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

pub fn request(id: impl Into<Value>, method: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id.into(), "method": method, "params": {} })
}

pub fn note(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

pub fn reply(id: i64, result: &Value) -> Outgoing {
    Outgoing::Reply { id: RpcId::Number(id), result: Ok(Raw::of(result)) }
}

pub fn tell(method: &'static str, params: &Value) -> Outgoing {
    Outgoing::Note { method: method.into(), params: Raw::of(params) }
}

impl Wire {
    /// A connection on which nothing was said yet.
    pub fn fresh(limits: Limits) -> Self {
        let (editor, reader) = tokio::io::duplex(1 << 20);
        let (screen, writer) = std::io::pipe().unwrap();
        let (sender, core) = unbounded_channel();
        let incoming = move |message| drop(sender.send(message));
        let Connection { outbox } = serve(reader, writer, incoming, limits);
        Self { editor: Some(editor), screen: Some(Screen(BufReader::new(screen))), core, outbox }
    }

    /// A connection on which `initialize` (id 0) is answered.
    pub async fn open(limits: Limits) -> Self {
        let mut wire = Self::fresh(limits);
        wire.send(&request(0, "initialize")).await;
        assert_eq!(wire.next().await, asked(0, "initialize"));
        wire.outbox.send(reply(0, &json!({})));
        assert_eq!(wire.read().await, json!({ "jsonrpc": "2.0", "id": 0, "result": {} }));
        wire
    }

    pub async fn send(&mut self, message: &Value) {
        self.send_bytes(&frame(&message.to_string())).await;
    }

    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        self.editor.as_mut().unwrap().write_all(bytes).await.unwrap();
    }

    /// The next message that the core gets.
    pub async fn next(&mut self) -> Incoming {
        let next = tokio::time::timeout(PATIENCE, self.core.recv()).await;
        next.expect("a message for the core in time").expect("a connection that still tells")
    }

    /// The next message that the editor reads.
    pub async fn read(&mut self) -> Value {
        let message = self.look(|Screen(screen)| read_frame(screen)).await;
        message.expect("a message for the editor")
    }

    /// All that the editor still reads until the connection is closed.
    pub async fn drain(&mut self) -> Vec<Value> {
        self.look(|Screen(screen)| std::iter::from_fn(|| read_frame(screen)).collect()).await
    }

    async fn look<T: Send + 'static>(
        &mut self,
        look: impl FnOnce(&mut Screen) -> T + Send + 'static,
    ) -> T {
        let mut screen = self.screen.take().unwrap();
        let looking = tokio::task::spawn_blocking(move || (look(&mut screen), screen));
        let looked = tokio::time::timeout(PATIENCE, looking).await;
        let (seen, screen) = looked.expect("the editor reads in time").unwrap();
        self.screen = Some(screen);
        seen
    }

    /// What the core is told until the connection is over, the end included.
    pub async fn rest(&mut self) -> Vec<Incoming> {
        let mut rest = vec![self.next().await];
        while let Ok(Some(message)) = tokio::time::timeout(PATIENCE, self.core.recv()).await {
            rest.push(message);
        }
        rest
    }
}

fn read_frame(screen: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if screen.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        match line.trim_end().strip_prefix("Content-Length: ") {
            Some(value) => length = Some(value.parse().unwrap()),
            None => break,
        }
    }
    let mut body = vec![0; length.expect("a length")];
    screen.read_exact(&mut body).unwrap();
    Some(serde_json::from_slice(&body).unwrap())
}

pub fn asked(id: i64, method: &str) -> Incoming {
    Incoming::Request { id: RpcId::Number(id), method: method.into(), params: json!({}) }
}

pub fn noted(method: &str, params: Value) -> Incoming {
    Incoming::Notification { method: method.into(), params }
}

pub fn answered(id: &str, result: Result<Value, RpcError>) -> Incoming {
    Incoming::Answer { id: id.into(), result }
}

pub fn closed(reason: Closed) -> Incoming {
    Incoming::Closed { reason }
}

/// The id, code and kind of an error that the editor read.
pub fn failure(message: &Value) -> (Value, i64, &str) {
    let error = &message["error"];
    let kind = error["data"]["kind"].as_str().expect("every refusal has a kind");
    (message["id"].clone(), error["code"].as_i64().expect("a code"), kind)
}
