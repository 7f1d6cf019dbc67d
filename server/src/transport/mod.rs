//! One editor's connection: LSP frames in, one ordered stream out.
//!
//! This is the only room that names `tower_lsp`, and it leaves it little: its codec and its reading
//! loop. Left to itself it runs four handlers at a time, lets a note overtake the reply before it,
//! stops reading when a reader is slow, and ends over the first frame that does not decode. So the
//! [`tap`] hands it only whole frames that it understands, the [`gate`] takes every method and
//! answers nothing, and everything that leaves goes through the [`Outbox`], in the order it was sent.

mod asks;
mod delta;
mod encode;
mod ending;
mod envelope;
pub mod framer;
mod gate;
mod ledger;
mod outbox;
mod parent;
#[cfg(unix)]
mod patient;
#[cfg(unix)]
mod socket;
#[cfg(unix)]
mod stdio;
mod tap;
mod writer;

use std::{io::Write, sync::Arc};

use tokio::io::AsyncRead;
use tower_lsp::Server;

use crate::protocol::{FailureKind, Incoming, RpcError};

pub use outbox::Outbox;
pub use parent::watch_parent;
#[cfg(unix)]
pub use socket::SocketWriter;
#[cfg(unix)]
pub use stdio::stdio;

use self::{asks::Asks, ending::Ending, gate::Gate, ledger::Ledger, outbox::Stray, tap::Tap};

/// The bounds of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest body of a frame from the editor, in bytes; a longer one is skipped and refused.
    pub max_frame: usize,
    /// Queued bytes from which notes that continue one another are merged.
    pub soft_bytes: u64,
    /// Queued bytes, the largest message left out, beyond which the editor counts as too slow and the
    /// connection ends.
    pub hard_bytes: u64,
    /// Requests of the editor that may be unanswered at one time.
    pub open_requests: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_frame: 64 << 20,
            soft_bytes: 1 << 20,
            hard_bytes: 32 << 20,
            open_requests: 10_000,
        }
    }
}

/// Where everything from the editor goes.
type Tell = Arc<dyn Fn(Incoming) + Send + Sync>;

/// One connected editor.
pub struct Connection {
    pub outbox: Outbox,
}

/// Serves one editor until its end, which is told once as [`Incoming::Closed`] and last of all.
///
/// `incoming` is called in wire order and must not block. A connection that ends by
/// [`Outgoing::Close`](crate::protocol::Outgoing::Close) tells no `Closed`: the core closed it.
/// Must be called within a tokio runtime.
pub fn serve<R, W>(
    reader: R,
    writer: W,
    incoming: impl Fn(Incoming) + Send + Sync + Clone + 'static,
    limits: Limits,
) -> Connection
where
    R: AsyncRead + Send + Unpin + 'static,
    W: Write + Send + 'static,
{
    let incoming: Tell = Arc::new(incoming);
    let ending = Arc::new(Ending::default());
    let ledger = Arc::new(Ledger::new(limits.open_requests));
    let outbox = Outbox::spawn(writer, limits, Arc::clone(&ledger), Arc::clone(&ending));
    let asks = Asks::new(Arc::clone(&ledger), Arc::clone(&incoming));
    let gate =
        Gate::new(Arc::clone(&incoming), outbox.clone(), Arc::clone(&ledger), Arc::clone(&ending));
    let mut tap = Tap::new(
        reader,
        Arc::clone(&incoming),
        outbox.clone(),
        ledger,
        Arc::clone(&ending),
        limits.max_frame,
    );
    let stray = Stray(outbox.clone());
    tokio::spawn(async move {
        // A round ends with the connection, or behind a large frame: only a new codec gives the
        // buffer of that frame back.
        while !ending.is_set() {
            Server::new(&mut tap, stray.clone(), asks.clone()).serve(gate.clone()).await;
        }
        if let Some(reason) = ending.reason() {
            incoming(Incoming::Closed { reason });
        }
    });
    Connection { outbox }
}

/// Takes stdin and stdout for an editor. A stray print is not kept off the wire here: only the
/// `print_stdout` lint stands against it.
#[cfg(not(unix))]
pub fn stdio() -> std::io::Result<(impl AsyncRead + Send + Unpin, impl Write + Send)> {
    Ok((tokio::io::stdin(), std::io::stdout()))
}

/// JSON-RPC's own codes, beside those that a [`FailureKind`] has.
const PARSE_ERROR: i64 = -32_700;
const INVALID_REQUEST: i64 = -32_600;

fn refusal(code: i64, kind: FailureKind, message: impl Into<String>) -> RpcError {
    RpcError {
        code,
        message: message.into(),
        data: Some(serde_json::json!({ "kind": kind.as_str() })),
    }
}
