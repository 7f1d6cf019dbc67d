//! The reader that tower-lsp reads from: whole frames of messages, one at a time.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, ReadBuf};
use tracing::{debug, warn};

use crate::protocol::{Failure, FailureKind, Incoming, Raw, RpcError, wire::Closed};

use super::{
    Outbox, Tell,
    ending::Ending,
    envelope::{self, Sender, Verdict},
    framer::{Framed, Framer},
    ledger::Ledger,
};

/// Bytes taken from the editor at once.
const READ: usize = 16 << 10;
/// Behind a frame of more bytes tower-lsp gets a new codec: its buffer grows and never shrinks.
const LARGE: usize = 256 << 10;

/// Holds back what is not a message and answers it. One frame is handed over at a time, so what is
/// told of the next one comes after whatever the core is told of this.
pub(super) struct Tap<R> {
    reader: R,
    incoming: Tell,
    outbox: Outbox,
    ledger: Arc<Ledger>,
    ending: Arc<Ending>,
    framer: Framer,
    max_frame: usize,
    read: Box<[u8]>,
    header: Bytes,
    body: Bytes,
    renew: bool,
}

impl<R: AsyncRead + Unpin> Tap<R> {
    pub fn new(
        reader: R,
        incoming: Tell,
        outbox: Outbox,
        ledger: Arc<Ledger>,
        ending: Arc<Ending>,
        max_frame: usize,
    ) -> Self {
        Self {
            reader,
            incoming,
            outbox,
            ledger,
            ending,
            framer: Framer::new(max_frame),
            max_frame,
            read: vec![0; READ].into(),
            header: Bytes::new(),
            body: Bytes::new(),
            renew: false,
        }
    }

    fn take(&mut self, framed: Framed) {
        match framed {
            Framed::Body(body) => match envelope::judge(body, |id| self.ledger.is_asked(id)) {
                Verdict::Pass(body) => {
                    self.header = envelope::header(&body);
                    self.renew = body.len() > LARGE;
                    self.body = body.into();
                }
                Verdict::Refuse { id, error } => self.refuse(id, error),
                Verdict::Drop => debug!("an answer without a usable id was dropped"),
            },
            Framed::TooLarge { head, length } => self.too_large(&head, length),
            Framed::Garbled(message) => {
                (self.incoming)(Incoming::Garbled { message: message.into() });
            }
        }
    }

    fn refuse(&self, id: Raw, error: RpcError) {
        let nobody_waits = id == Raw::null();
        self.outbox.refuse(id, &error);
        if nobody_waits {
            (self.incoming)(Incoming::Garbled { message: error.message });
        }
    }

    fn too_large(&self, head: &[u8], length: u64) {
        let message = format!(
            "A frame of {length} bytes was skipped: the limit is {} bytes.",
            self.max_frame
        );
        let error = |message| RpcError::from(Failure::new(FailureKind::LimitExceeded, message));
        match envelope::sender(head) {
            Sender::Request(id) => self.outbox.refuse(Raw::of(&id), &error(message)),
            Sender::Answer(id) if self.ledger.answered(&id) => {
                (self.incoming)(Incoming::Answer { id, result: Err(error(message)) });
            }
            Sender::Answer(_) | Sender::Unknown => (self.incoming)(Incoming::Garbled { message }),
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Tap<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let tap = self.get_mut();
        loop {
            for part in [&mut tap.header, &mut tap.body] {
                let length = part.len().min(into.remaining());
                into.put_slice(&part[..length]);
                part.advance(length);
            }
            // A frame that was begun is finished: half a one would be answered as a broken one.
            if !into.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            tap.body = Bytes::new();
            if tap.ending.poll(cx) || std::mem::take(&mut tap.renew) {
                return Poll::Ready(Ok(()));
            }
            if let Some(framed) = tap.framer.next() {
                tap.take(framed);
                continue;
            }
            let mut read = ReadBuf::new(&mut tap.read);
            if let Err(error) = ready!(Pin::new(&mut tap.reader).poll_read(cx, &mut read)) {
                warn!(%error, "the editor can no longer be read");
                read.clear();
            }
            if read.filled().is_empty() {
                if !tap.framer.is_between_frames() {
                    debug!("the stream ended within a frame");
                }
                tap.ending.end(Closed::EndOfFile);
            } else {
                tap.framer.feed(read.filled());
            }
        }
    }
}
