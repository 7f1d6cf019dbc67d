//! Many editors with one daemon, all of which follow all turns that stream.

use std::collections::HashMap;
use std::time::Instant;

use serde_json::json;

use super::{float, megabytes};
use crate::client::Client;
use crate::process::MemoryWatch;
use crate::report::{Row, Verdict};
use crate::stage::Stage;
use crate::{Outcome, Programs, Scale};

const BASE_MB: f64 = 64.0;
const SESSION_MB: f64 = 2.0;

pub fn measure(programs: &Programs, scale: Scale) -> Outcome<Vec<Row>> {
    let stage = Stage::set(programs)?;
    let daemon = stage.daemon("ours")?;
    let mut editors = Vec::new();
    for _ in 0..scale.sessions {
        editors.push(daemon.editor(&stage.codex())?);
    }
    let mut threads = Vec::new();
    for editor in editors.iter_mut().take(scale.streams) {
        threads.push(editor.thread(&stage.work())?);
    }
    for editor in &mut editors {
        for thread in &threads {
            editor.call("outrigger/thread/subscribe", &json!({ "threadId": thread }))?;
        }
    }
    let watch = MemoryWatch::start(daemon.pid()?);
    let begun = Instant::now();
    for (editor, thread) in editors.iter_mut().zip(&threads) {
        editor.start_turn(thread, &format!("[[long:{}]]", scale.stream_deltas))?;
    }
    let complete = std::thread::scope(|scope| {
        let read = |editor| scope.spawn(|| is_complete(editor, scale));
        let readers: Vec<_> = editors.iter_mut().map(read).collect();
        let read = readers.into_iter().map(|reader| reader.join().unwrap_or(Ok(false)));
        read.collect::<Outcome<Vec<bool>>>()
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    let most = megabytes(watch.samples().into_iter().max().unwrap_or_default());
    let wanted_mb = BASE_MB + SESSION_MB * float(scale.sessions as u64);
    let whole = complete.iter().filter(|complete| **complete).count();
    let notes = float((scale.sessions * scale.streams * scale.stream_deltas) as u64);
    Ok(vec![Row {
        figure: "32 editors with one daemon, each following 8 turns of 2,000 deltas",
        wanted: "each complete and in order, daemon ≤ 128 MB (`RssAnon`)",
        measured: format!(
            "{whole} of {} complete and in order, {most:.1} MB, {:.0} notes/s in all",
            scale.sessions,
            notes / seconds
        ),
        rival: String::new(),
        verdict: Verdict::of(whole == scale.sessions && most <= wanted_mb),
    }])
}

/// Whether all text of all threads came to this editor, in order.
fn is_complete(editor: &mut Client, scale: Scale) -> Outcome<bool> {
    let mut texts: HashMap<String, String> = HashMap::new();
    editor.read_threads(scale.streams, |thread, delta| {
        texts.entry(thread.to_owned()).or_default().push_str(delta);
    })?;
    let tokens: Vec<String> =
        (0..scale.stream_deltas).map(|number| format!("tok{number} ")).collect();
    let wanted = tokens.concat();
    Ok(texts.len() == scale.streams && texts.values().all(|text| *text == wanted))
}
