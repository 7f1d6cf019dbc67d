//! The thread that writes: plain blocking writes, so a slow editor holds up nobody but itself.

use std::io::Write;

use tracing::debug;

use super::{encode::Entry, outbox::Queue};

/// Bytes gathered into one write.
const BATCH: usize = 256 << 10;
/// What the thread keeps while there is nothing to write, in bytes.
const KEPT: usize = 16 << 10;

pub(super) fn run(queue: &Queue, mut writer: impl Write) {
    match write_all(queue, &mut writer) {
        Ok(()) => {
            // Whoever waits for the end may rely on the pipe being closed.
            drop(writer);
            queue.finish();
        }
        Err(error) => {
            debug!(%error, "the editor can no longer be written to");
            drop(writer);
            queue.fail();
        }
    }
}

fn write_all(queue: &Queue, writer: &mut impl Write) -> std::io::Result<()> {
    let (mut batch, mut out, mut scratch) = (Vec::<Entry>::new(), Vec::new(), Vec::new());
    while queue.take(&mut batch, BATCH as u64, || {
        out.shrink_to(KEPT);
    }) {
        for entry in batch.drain(..) {
            entry.write(&mut scratch, &mut out, BATCH, |bytes| writer.write_all(bytes))?;
        }
        batch.shrink_to(64);
        writer.write_all(&out)?;
        writer.flush()?;
        out.clear();
    }
    Ok(())
}
