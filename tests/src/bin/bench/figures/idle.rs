//! What goes on while nothing does.

use std::time::Duration;

use super::turn::not_measured;
use crate::process::woken;
use crate::report::{Row, Verdict};
use crate::stage::Stage;
use crate::{Outcome, Programs, Scale};

/// From the last answer until all threads have gone to sleep.
const SETTLED: Duration = Duration::from_secs(3);

pub fn measure(programs: &Programs, scale: Scale) -> Outcome<Vec<Row>> {
    const FIGURE: &str = "threads of daemon and relay woken while nothing happens for 60 s, with one editor connected and with none";
    let stage = Stage::set(programs)?;
    let daemon = stage.daemon("ours")?;
    let mut editor = daemon.editor(&stage.codex())?;
    // The app-server runs and has a thread, as when a person reads.
    editor.thread(&stage.work())?;
    let pid = daemon.pid()?;
    let slept = Duration::from_secs(scale.idle_seconds);
    let Some(with) = counted(&[pid, editor.process()], slept) else {
        return Ok(vec![not_measured(FIGURE, "0 beyond what is due")]);
    };
    drop(editor);
    let without = counted(&[pid], slept).unwrap_or_default();
    Ok(vec![Row {
        figure: FIGURE,
        wanted: "0 beyond what is due",
        measured: format!("{with} and {without} voluntary context switches"),
        rival: String::new(),
        // A beat of the app-server's own may come within the time.
        verdict: Verdict::of(with <= 10 && without <= 10),
    }])
}

fn counted(processes: &[u32], slept: Duration) -> Option<u64> {
    std::thread::sleep(SETTLED);
    let before = woken(processes)?;
    std::thread::sleep(slept);
    Some(woken(processes)?.saturating_sub(before))
}
