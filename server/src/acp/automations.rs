//! `/automations`: what runs by itself, and a run of it at once.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::Value;

/// What `outrigger/automation/list` says, a line each.
pub fn listed(result: &Value) -> String {
    let mut said = String::new();
    for automation in result["automations"].as_array().into_iter().flatten() {
        let text = |member: &str| automation[member].as_str().unwrap_or_default();
        let when = match (due(automation), automation["problem"].as_str()) {
            (Some(due), _) => format!("next {due}"),
            (None, Some(problem)) => problem.to_owned(),
            (None, None) if text("status") == "PAUSED" => "paused".to_owned(),
            (None, None) => "does not run by itself".to_owned(),
        };
        let _ = writeln!(said, "- **{}** (`{}`): {when}", text("name"), text("id"));
    }
    for problem in result["problems"].as_array().into_iter().flatten() {
        let text = |member: &str| problem[member].as_str().unwrap_or_default();
        let _ = writeln!(said, "- {}: {}", text("uri"), text("message"));
    }
    if said.is_empty() {
        return "There is no automation.".to_owned();
    }
    said + "\n`/automations run ID` runs one now."
}

/// When it is due, in its own time zone.
fn due(automation: &Value) -> Option<String> {
    let at = Timestamp::from_millisecond(automation["nextRunAt"].as_i64()?).ok()?;
    let zone = automation["timezone"].as_str()?;
    let at = at.in_tz(zone).ok()?;
    Some(format!("{} {zone}", at.strftime("%a %Y-%m-%d %H:%M")))
}

/// What `outrigger/automation/run` says.
pub fn begun(id: &str, result: &Value) -> String {
    match result["run"]["status"].as_str() {
        Some("FAILED" | "MISSED" | "INTERRUPTED") => {
            let why = result["run"]["error"].as_str().unwrap_or("It did not begin.");
            format!("{id} does not run: {why}")
        }
        _ => format!("{id} runs. What comes of it is in the inbox, and in its own thread."),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_says_when_it_is_due_in_its_own_zone() {
        let automation = |id: &str, more: Value| {
            let mut all = json!({
                "id": id, "name": format!("The {id}"), "status": "ACTIVE", "timezone": "Europe/Berlin",
                "nextRunAt": null, "problem": null,
            });
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            all
        };
        let list = json!({
            "automations": [
                automation("report", json!({ "nextRunAt": 1_795_420_800_000_u64 })),
                automation("tidy", json!({ "status": "PAUSED" })),
                automation("odd", json!({ "problem": "Its rule has no frequency." })),
                automation("by-hand", json!({})),
            ],
            "problems": [{ "uri": "file:///c/automations/x", "message": "It cannot be read." }],
        });
        assert_eq!(
            listed(&list),
            "- **The report** (`report`): next Mon 2026-11-23 09:00 Europe/Berlin\n\
             - **The tidy** (`tidy`): paused\n\
             - **The odd** (`odd`): Its rule has no frequency.\n\
             - **The by-hand** (`by-hand`): does not run by itself\n\
             - file:///c/automations/x: It cannot be read.\n\n\
             `/automations run ID` runs one now."
        );
        assert_eq!(
            listed(&json!({ "automations": [], "problems": [] })),
            "There is no automation."
        );
    }
}
