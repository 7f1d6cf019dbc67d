//! What passes between an editor and the core, framing aside.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Raw, RpcId};

/// One message from an editor, in the order it stood on the wire.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    Request {
        id: RpcId,
        method: String,
        params: Value,
    },
    Notification {
        method: String,
        params: Value,
    },
    /// The editor's answer to an [`Outgoing::Ask`].
    Answer {
        id: String,
        result: Result<Value, RpcError>,
    },
    /// Something on the wire was not a message; the reader went on behind it.
    Garbled {
        message: String,
    },
    /// The connection ended: end of file, `exit`, a vanished parent or a failed write.
    Closed {
        reason: Closed,
    },
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// End of file on the editor's side without `exit`.
    EndOfFile,
    /// `exit`, with whether `shutdown` came before it.
    Exit { after_shutdown: bool },
    /// The editor's process is gone though the pipe is still open.
    ParentGone,
    /// The editor no longer takes what is written.
    WriteFailed,
    /// The editor read so slowly that the hard limit of its outbox was passed.
    TooSlow,
}

/// One message to an editor.
#[derive(Clone, Debug, PartialEq)]
pub enum Outgoing {
    Reply {
        id: RpcId,
        result: Result<Raw, RpcError>,
    },
    Note {
        method: Cow<'static, str>,
        params: Raw,
    },
    /// A request to the editor; its answer comes back as [`Incoming::Answer`] with the same id.
    Ask {
        id: String,
        method: &'static str,
        params: Raw,
    },
    /// No more will be sent: what is queued is written, then the connection is closed.
    Close,
}

/// A JSON-RPC error as it stands on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RpcError {
    pub code: i64,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}
