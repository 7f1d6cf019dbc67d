//! Whatever codex writes: nothing panics, and the same bytes in other chunks are the same messages.

#![no_main]

use libfuzzer_sys::fuzz_target;
use outrigger::codex::ndjson::{Decoder, Message};

const MAX_LINE: usize = 1 << 12;

fn messages(bytes: &[u8], chunk: usize) -> Vec<Message> {
    let mut decoder = Decoder::with_limit(MAX_LINE);
    let mut messages = Vec::new();
    for chunk in bytes.chunks(chunk) {
        decoder.feed(chunk, &mut |message| messages.push(message));
    }
    decoder.end(&mut |message| messages.push(message));
    messages
}

fuzz_target!(|input: &[u8]| {
    let Some((chunk, bytes)) = input.split_first() else { return };
    assert_eq!(messages(bytes, usize::from(*chunk) + 1), messages(bytes, usize::MAX));
});
