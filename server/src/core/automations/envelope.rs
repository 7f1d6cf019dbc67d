//! What an automation's turn is asked, in the words that Codex itself uses.

use crate::{
    automation::{Definition, schedule::iso},
    protocol::automation::AutomationKind,
};

/// The text of a run that begins at `now`; both times in epoch milliseconds.
pub fn text(definition: &Definition, last_run: Option<u64>, now: u64) -> String {
    let Definition { id, name, prompt, .. } = definition;
    if definition.kind == AutomationKind::Heartbeat {
        let (id, now, prompt) = (escaped(id), iso(now), escaped(prompt));
        return format!(
            "<heartbeat>\n<automation_id>{id}</automation_id>\n<current_time_iso>{now}</current_time_iso>\n<instructions>\n{prompt}\n</instructions>\n</heartbeat>"
        );
    }
    let last = last_run.map_or_else(|| "never".to_owned(), |at| format!("{} ({at})", iso(at)));
    format!(
        "Automation: {name}\nAutomation ID: {id}\nAutomation memory: $CODEX_HOME/automations/{id}/memory.md\nLast run: {last}\n\n{prompt}"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
