//! What an editor answers to our requests. tower-lsp's own map panics over a late answer.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures::{Sink, stream};
use tower_lsp::{
    Loopback,
    jsonrpc::{Id, Request, Response},
};
use tracing::debug;

use crate::protocol::{Incoming, RpcError};

use super::{Tell, ledger::Ledger};

/// Routes answers to the core; asks themselves leave through the outbox.
#[derive(Clone)]
pub(super) struct Asks {
    ledger: Arc<Ledger>,
    incoming: Tell,
}

impl Asks {
    pub fn new(ledger: Arc<Ledger>, incoming: Tell) -> Self {
        Self { ledger, incoming }
    }

    fn answer(&self, response: Response) {
        let (id, body) = response.into_parts();
        match id {
            Id::String(id) if self.ledger.answered(&id) => {
                let result = body.map_err(|error| RpcError {
                    code: error.code.code(),
                    message: error.message.into_owned(),
                    data: error.data,
                });
                (self.incoming)(Incoming::Answer { id, result });
            }
            // Late, repeated, or the editor's complaint about a message of ours.
            id => debug!(%id, "an answer to no open question was dropped"),
        }
    }
}

impl Loopback for Asks {
    type RequestStream = stream::Pending<Request>;
    type ResponseSink = Self;

    fn split(self) -> (Self::RequestStream, Self::ResponseSink) {
        (stream::pending(), self)
    }
}

impl Sink<Response> for Asks {
    type Error = Infallible;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, response: Response) -> Result<(), Infallible> {
        self.answer(response);
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}
