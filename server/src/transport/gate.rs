//! The service that tower-lsp calls: every method passes, in wire order, and none is answered here.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
};

use serde_json::Value;
use tower_lsp::jsonrpc::{Id, Request, Response};
use tower_service::Service;
use tracing::debug;

use crate::protocol::{Incoming, Raw, RpcId, wire::Closed};

use super::{Outbox, Tell, ending::Ending, ledger::Ledger};

/// Hands each message to the core from within `call`, which the reading loop calls one at a time.
#[derive(Clone)]
pub(super) struct Gate {
    incoming: Tell,
    outbox: Outbox,
    ledger: Arc<Ledger>,
    ending: Arc<Ending>,
}

impl Gate {
    pub fn new(incoming: Tell, outbox: Outbox, ledger: Arc<Ledger>, ending: Arc<Ending>) -> Self {
        Self { incoming, outbox, ledger, ending }
    }

    fn request(&self, id: RpcId, method: String, params: Value) {
        match self.ledger.open(&id, &method) {
            Ok(()) => (self.incoming)(Incoming::Request { id, method, params }),
            Err(error) => self.outbox.refuse(Raw::of(&id), &error),
        }
    }

    fn note(&self, method: String, params: Value) {
        if self.ledger.is_fresh() {
            debug!(method, "a note before initialize was dropped");
            return;
        }
        (self.incoming)(Incoming::Notification { method, params });
    }
}

impl Service<Request> for Gate {
    type Response = Option<Response>;
    type Error = Infallible;
    // Ready at once: a future that waited would hold one of the four slots.
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (method, id, params) = request.into_parts();
        let params = params.unwrap_or(Value::Null);
        if method == "exit" {
            self.ending.end(Closed::Exit { after_shutdown: self.ledger.is_shut_down() });
            return ready(Ok(None));
        }
        match id {
            Some(Id::Number(number)) => {
                self.request(RpcId::Number(number), method.into_owned(), params);
            }
            Some(Id::String(text)) => self.request(RpcId::Text(text), method.into_owned(), params),
            // The tap refused a request whose id is null.
            Some(Id::Null) | None => self.note(method.into_owned(), params),
        }
        ready(Ok(None))
    }
}
