//! Holds a decision to the schema before it goes upstream: the app-server takes a bad one for a failed approval.
//!
//! Hand-written, so that no schema validator is in the binary; tests hold it to the vendored schema.

use serde_json::{Map, Value};

use super::answers::AnswerKind;
use super::views::CommandApproval;

type Checked = Result<(), String>;

/// Whether the schema allows `decision` as the answer to a request of this kind; the error says what is wrong.
pub fn validate_decision(kind: AnswerKind, decision: &Value) -> Checked {
    match kind {
        AnswerKind::Command => command(decision),
        AnswerKind::FileChange => {
            one_of("decision", decision, &["accept", "acceptForSession", "decline", "cancel"])
        }
        AnswerKind::Permissions => permissions(decision),
        AnswerKind::Question => question(decision),
        AnswerKind::Elicitation => {
            let action = field(object("decision", decision)?, "action")?;
            one_of("action", action, &["accept", "decline", "cancel"])
        }
        AnswerKind::ToolCall => tool_call(decision),
        AnswerKind::Legacy => legacy(decision),
    }
}

/// Whether the request offered the amendment that `decision` makes; a decision without one is always fine.
///
/// An amendment changes what is asked in future, so only what the person was shown may go upstream.
pub fn amendment_was_offered(request: &CommandApproval<'_>, decision: &Value) -> bool {
    let Value::Object(amendment) = decision else { return true };
    let listed =
        request.available_decisions.iter().flatten().any(|offered| {
            serde_json::from_str::<Value>(offered.get()).is_ok_and(|o| o == *decision)
        });
    if listed {
        return true;
    }
    if let Some(rule) = amendment.get("acceptWithExecpolicyAmendment") {
        let Some(Value::Array(words)) = rule.get("execpolicy_amendment") else { return false };
        return request.proposed_execpolicy_amendment.as_ref().is_some_and(|proposed| {
            words.iter().map(Value::as_str).eq(proposed.iter().map(|word| Some(&**word)))
        });
    }
    if let Some(rule) = amendment.get("applyNetworkPolicyAmendment") {
        let Some(wanted) = rule.get("network_policy_amendment") else { return false };
        return request.proposed_network_policy_amendments.iter().flatten().any(|proposed| {
            serde_json::from_str::<Value>(proposed.get()).is_ok_and(|offer| offer == *wanted)
        });
    }
    false
}

fn command(decision: &Value) -> Checked {
    let Value::Object(amendment) = decision else {
        return one_of("decision", decision, &["accept", "acceptForSession", "decline", "cancel"]);
    };
    match only_key(amendment)? {
        ("acceptWithExecpolicyAmendment", rule) => {
            let rule = object("acceptWithExecpolicyAmendment", rule)?;
            strings("execpolicy_amendment", field(rule, "execpolicy_amendment")?)
        }
        ("applyNetworkPolicyAmendment", rule) => {
            network_amendment("applyNetworkPolicyAmendment", rule)
        }
        (other, _) => Err(format!("`{other}` is not a decision on a command")),
    }
}

fn legacy(decision: &Value) -> Checked {
    let Value::Object(variant) = decision else {
        let words = [
            "approved",
            "approved_for_session",
            "approved_mcp_policy_amendment",
            "timed_out",
            "abort",
        ];
        return one_of("decision", decision, &words);
    };
    match only_key(variant)? {
        ("approved_execpolicy_amendment", rule) => {
            let rule = object("approved_execpolicy_amendment", rule)?;
            let words = field(rule, "proposed_execpolicy_amendment")?;
            strings("proposed_execpolicy_amendment", words)
        }
        ("network_policy_amendment", rule) => network_amendment("network_policy_amendment", rule),
        ("denied", denied) => string("rejection", field(object("denied", denied)?, "rejection")?),
        (other, _) => Err(format!("`{other}` is not a review decision")),
    }
}

fn network_amendment(name: &str, rule: &Value) -> Checked {
    let amendment = field(object(name, rule)?, "network_policy_amendment")?;
    let amendment = object("network_policy_amendment", amendment)?;
    string("host", field(amendment, "host")?)?;
    one_of("action", field(amendment, "action")?, &["allow", "deny"])
}

fn question(decision: &Value) -> Checked {
    let answers = field(object("decision", decision)?, "answers")?;
    for (id, answer) in object("answers", answers)? {
        let answer = object(&format!("answers.{id}"), answer)?;
        strings(&format!("answers.{id}.answers"), field(answer, "answers")?)?;
    }
    Ok(())
}

fn tool_call(decision: &Value) -> Checked {
    let decision = object("decision", decision)?;
    boolean("success", field(decision, "success")?)?;
    for item in array("contentItems", field(decision, "contentItems")?)? {
        let item = object("contentItems[]", item)?;
        let kind = field(item, "type")?;
        one_of("contentItems[].type", kind, &["inputText", "inputImage", "inputAudio"])?;
        let content = match kind.as_str() {
            Some("inputImage") => "imageUrl",
            Some("inputAudio") => "audioUrl",
            _ => "text",
        };
        string(content, field(item, content)?)?;
    }
    Ok(())
}

fn permissions(decision: &Value) -> Checked {
    let decision = object("decision", decision)?;
    if let Some(scope) = decision.get("scope") {
        one_of("scope", scope, &["turn", "session"])?;
    }
    if let Some(review) = present(decision, "strictAutoReview") {
        boolean("strictAutoReview", review)?;
    }
    let granted = object("permissions", field(decision, "permissions")?)?;
    if let Some(network) = present(granted, "network")
        && let Some(enabled) = present(object("network", network)?, "enabled")
    {
        boolean("network.enabled", enabled)?;
    }
    if let Some(file_system) = present(granted, "fileSystem") {
        file_system_permissions(object("fileSystem", file_system)?)?;
    }
    Ok(())
}

fn file_system_permissions(granted: &Map<String, Value>) -> Checked {
    for paths in ["read", "write"] {
        if let Some(list) = present(granted, paths) {
            strings(paths, list)?;
        }
    }
    if let Some(depth) = present(granted, "globScanMaxDepth")
        && depth.as_u64().is_none_or(|depth| depth == 0)
    {
        return Err("`globScanMaxDepth` must be a whole number of at least 1".to_owned());
    }
    let Some(entries) = present(granted, "entries") else { return Ok(()) };
    for entry in array("entries", entries)? {
        let entry = object("entries[]", entry)?;
        one_of("access", field(entry, "access")?, &["read", "write", "deny"])?;
        let path = object("entries[].path", field(entry, "path")?)?;
        let kind = field(path, "type")?;
        one_of("entries[].path.type", kind, &["path", "glob_pattern", "special"])?;
        match kind.as_str() {
            Some("glob_pattern") => string("pattern", field(path, "pattern")?)?,
            Some("special") => special_path(object("value", field(path, "value")?)?)?,
            _ => string("path", field(path, "path")?)?,
        }
    }
    Ok(())
}

fn special_path(value: &Map<String, Value>) -> Checked {
    let kinds = ["root", "minimal", "project_roots", "tmpdir", "slash_tmp", "unknown"];
    let kind = field(value, "kind")?;
    one_of("value.kind", kind, &kinds)?;
    let (has_path, has_subpath) = match kind.as_str() {
        Some("unknown") => (true, true),
        Some("project_roots") => (false, true),
        _ => (false, false),
    };
    if has_path {
        string("value.path", field(value, "path")?)?;
    }
    match present(value, "subpath") {
        Some(subpath) if has_subpath => string("value.subpath", subpath),
        _ => Ok(()),
    }
}

fn field<'v>(object: &'v Map<String, Value>, name: &str) -> Result<&'v Value, String> {
    object.get(name).ok_or_else(|| format!("`{name}` is missing"))
}

/// A field that may be left out or null.
fn present<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    object.get(name).filter(|value| !value.is_null())
}

fn only_key(object: &Map<String, Value>) -> Result<(&str, &Value), String> {
    let mut entries = object.iter();
    match (entries.next(), entries.next()) {
        (Some((key, value)), None) => Ok((key, value)),
        _ => Err(format!("a decision has one key, not {}", object.len())),
    }
}

fn object<'v>(name: &str, value: &'v Value) -> Result<&'v Map<String, Value>, String> {
    value.as_object().ok_or_else(|| format!("`{name}` must be an object"))
}

fn array<'v>(name: &str, value: &'v Value) -> Result<&'v [Value], String> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| format!("`{name}` must be a list"))
}

fn string(name: &str, value: &Value) -> Checked {
    if value.is_string() { Ok(()) } else { Err(format!("`{name}` must be a string")) }
}

fn boolean(name: &str, value: &Value) -> Checked {
    if value.is_boolean() { Ok(()) } else { Err(format!("`{name}` must be true or false")) }
}

fn strings(name: &str, value: &Value) -> Checked {
    if array(name, value)?.iter().all(Value::is_string) {
        Ok(())
    } else {
        Err(format!("`{name}` must hold strings only"))
    }
}

fn one_of(name: &str, value: &Value, allowed: &[&str]) -> Checked {
    match value.as_str() {
        Some(word) if allowed.contains(&word) => Ok(()),
        _ => Err(format!("`{name}` must be one of {}", allowed.join(", "))),
    }
}
