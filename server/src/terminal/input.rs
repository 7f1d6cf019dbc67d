//! What is typed into a terminal: a bounded queue before the thread that writes.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use super::Error;

/// Bytes that may wait for a program that doesn't read.
pub const INPUT: usize = 1 << 20;

/// The way to a terminal's writer. When all are dropped the writer ends, so that must not be while the child lives:
/// what `portable_pty` does then types an end of file.
pub(super) struct Input {
    queue: Sender<String>,
    waiting: Arc<AtomicUsize>,
}

impl Input {
    /// Starts the thread that writes.
    pub(super) fn start(writer: Box<dyn Write + Send>) -> std::io::Result<Self> {
        let (queue, inputs) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&waiting);
        thread::Builder::new()
            .name("terminal-input".into())
            .spawn(move || write_all(writer, &inputs, &counted))?;
        Ok(Self { queue, waiting })
    }

    /// Queues it as a whole, or not at all.
    pub(super) fn send(&self, data: String) -> Result<(), Error> {
        let bytes = data.len();
        let waiting = self.waiting.fetch_add(bytes, Ordering::Relaxed);
        let refused = if waiting + bytes > INPUT {
            Some(Error::InputFull { waiting, limit: INPUT })
        } else {
            self.queue.send(data).is_err().then_some(Error::Ended)
        };
        if let Some(error) = refused {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
            return Err(error);
        }
        Ok(())
    }
}

fn write_all(mut writer: Box<dyn Write + Send>, inputs: &Receiver<String>, waiting: &AtomicUsize) {
    let mut broken = false;
    // Runs on when writing fails: the writer is held until the child is dead.
    for input in inputs {
        broken = broken || writer.write_all(input.as_bytes()).is_err();
        waiting.fetch_sub(input.len(), Ordering::Relaxed);
    }
}
