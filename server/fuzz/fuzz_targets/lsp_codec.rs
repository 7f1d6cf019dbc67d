//! Whatever an editor writes: nothing panics, chunking makes no difference, one end is told last.

#![no_main]

use libfuzzer_sys::fuzz_target;
use outrigger::{
    protocol::Incoming,
    transport::{
        Limits,
        framer::{Framed, Framer},
        serve,
    },
};
use tokio::sync::mpsc::unbounded_channel;

const MAX_FRAME: usize = 1 << 16;

fn frames(bytes: &[u8], chunk: usize) -> Vec<Framed> {
    let mut framer = Framer::new(MAX_FRAME);
    bytes.chunks(chunk).for_each(|chunk| framer.feed(chunk));
    framer.collect()
}

fuzz_target!(|input: &[u8]| {
    let Some((chunk, bytes)) = input.split_first() else { return };
    assert_eq!(frames(bytes, usize::from(*chunk) + 1), frames(bytes, usize::MAX));

    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let told = runtime.block_on(async {
        let (sender, mut core) = unbounded_channel();
        let limits = Limits { max_frame: MAX_FRAME, ..Limits::default() };
        let incoming = move |message| drop(sender.send(message));
        let connection =
            serve(std::io::Cursor::new(bytes.to_vec()), std::io::sink(), incoming, limits);
        let mut told = Vec::new();
        while let Some(message) = core.recv().await {
            told.push(message);
        }
        drop(connection);
        told
    });
    let is_end = |message: &Incoming| matches!(message, Incoming::Closed { .. });
    assert!(told.last().is_some_and(is_end));
    assert_eq!(told.iter().filter(|message| is_end(message)).count(), 1);
});
