//! How a connection comes to its end, once, whoever notices first.

use std::{
    sync::OnceLock,
    task::{Context, Waker},
};

use futures::task::AtomicWaker;

use crate::protocol::wire::Closed;

/// Set once; the reader is woken and reads no further.
#[derive(Default)]
pub(super) struct Ending {
    /// `None` inside: the core closed the connection and need not be told.
    cause: OnceLock<Option<Closed>>,
    reader: AtomicWaker,
}

impl Ending {
    pub fn end(&self, reason: Closed) {
        self.set(Some(reason));
    }

    /// Ends the connection because the core asked for it.
    pub fn close(&self) {
        self.set(None);
    }

    fn set(&self, cause: Option<Closed>) {
        if self.cause.set(cause).is_ok() {
            self.reader.wake();
        }
    }

    pub fn is_set(&self) -> bool {
        self.cause.get().is_some()
    }

    pub fn reason(&self) -> Option<Closed> {
        self.cause.get().copied().flatten()
    }

    /// Whether the end has come; if not, the task of `cx` is woken when it does.
    pub fn poll(&self, cx: &Context<'_>) -> bool {
        let waker: &Waker = cx.waker();
        self.reader.register(waker);
        self.is_set()
    }
}
