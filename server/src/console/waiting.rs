//! One thing that waits, as far as a terminal shows it, and which of several is meant.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use crate::{
    paths,
    protocol::{Failure, FailureKind},
    redact::Redactor,
};

/// What a person says to it here; the finer choices are an editor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accept,
    Decline,
}

impl Verdict {
    pub fn verb(self) -> &'static str {
        match self {
            Self::Accept => "Accept",
            Self::Decline => "Decline",
        }
    }

    pub fn done(self) -> &'static str {
        match self {
            Self::Accept => "Accepted",
            Self::Decline => "Declined",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Decline => "decline",
        }
    }

    fn scope(self) -> &'static str {
        match self {
            Self::Accept => "once",
            Self::Decline => "no",
        }
    }
}

/// An approval that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// As it came: a decision is taken from this.
    whole: Value,
    /// The same without secrets: this leaves the process.
    safe: Value,
    pub shown: Shown,
}

/// The part of an approval that is shown. What cannot be read counts as absent: an approval of a daemon
/// that knows more is still listed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    pub approval_id: String,
    pub kind: String,
    pub thread_id: Option<String>,
    pub requested_at: u64,
    pub reason: Option<String>,
    pub cwd: Option<String>,
    pub command: Option<String>,
    pub network: Option<Network>,
    pub changes: Option<Vec<Change>>,
    pub questions: Option<Value>,
    pub elicitation: Option<Value>,
    pub permissions: Option<Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Network {
    pub host: String,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    pub uri: String,
    pub kind: String,
    pub moved_to: Option<String>,
    pub diff: String,
}

impl Change {
    pub fn path(&self) -> PathBuf {
        paths::from_uri(&self.uri).unwrap_or_else(|| PathBuf::from(&self.uri))
    }

    /// Lines added and removed.
    pub fn stat(&self) -> (usize, usize) {
        let count = |sign| self.diff.lines().filter(|line| line.starts_with(sign)).count();
        (count('+'), count('-'))
    }
}

impl Waiting {
    /// Reads one approval; `None` for what has no id.
    pub fn read(whole: Value, redactor: &Redactor) -> Option<Self> {
        let id = whole["approvalId"].as_str()?;
        let mut safe: Value = serde_json::from_str(&redactor.json(&whole.to_string())).ok()?;
        safe["approvalId"] = id.into();
        let shown = Shown::of(&safe)?;
        Some(Self { whole, safe, shown })
    }

    /// Reads the result of `outrigger/approval/list`.
    pub fn read_all(mut result: Value, redactor: &Redactor) -> Vec<Self> {
        let Value::Array(approvals) = result["approvals"].take() else { return Vec::new() };
        approvals.into_iter().filter_map(|approval| Self::read(approval, redactor)).collect()
    }

    /// The approval as a program may have it.
    pub fn safe(&self) -> &Value {
        &self.safe
    }

    pub fn id(&self) -> &str {
        &self.shown.approval_id
    }

    /// The app-server's own value for this verdict, among those that it offers.
    pub fn decision(&self, verdict: Verdict) -> Result<Value, Failure> {
        let offered = self.whole["options"].as_array().into_iter().flatten();
        let mut fitting: Vec<&Value> = offered
            .filter(|option| option["scope"] == verdict.scope())
            .map(|option| &option["decision"])
            .collect();
        // Another choice that reaches just as far is not what the word says.
        fitting.sort_by_key(|decision| decision.as_str() != Some(verdict.word()));
        fitting.first().map(|decision| (*decision).clone()).ok_or_else(|| {
            let why = format!("{} cannot be answered by `{}`.", self.id(), verdict.word());
            Failure::new(FailureKind::DecisionInvalid, why).hint("Answer it in an editor.")
        })
    }
}

impl Shown {
    fn of(whole: &Value) -> Option<Self> {
        let text = |name: &str| whole[name].as_str().map(str::to_owned);
        let value = |name: &str| Some(whole[name].clone()).filter(|value| !value.is_null());
        Some(Self {
            approval_id: text("approvalId")?,
            kind: text("kind").unwrap_or_default(),
            thread_id: text("threadId"),
            requested_at: whole["requestedAt"].as_u64().unwrap_or_default(),
            reason: text("reason"),
            cwd: text("cwd"),
            command: text("command"),
            network: Network::deserialize(&whole["network"]).ok(),
            changes: Vec::deserialize(&whole["changes"]).ok(),
            questions: value("questions"),
            elicitation: value("elicitation"),
            permissions: value("permissions"),
        })
    }
}

/// Which of those that wait is meant: by its id, by how the id begins, or as the only one.
pub fn find<'a>(waiting: &'a [Waiting], id: Option<&str>) -> Result<&'a Waiting, Failure> {
    let Some(id) = id else {
        return match waiting {
            [] => Err(Failure::new(FailureKind::ApprovalUnknown, "Nothing waits.")),
            [only] => Ok(only),
            several => Err(Failure::new(
                FailureKind::InvalidParams,
                format!("{} approvals wait.", several.len()),
            )
            .hint(format!("Name one: {}.", ids(several.iter())))),
        };
    };
    if let Some(exact) = waiting.iter().find(|waiting| waiting.id() == id) {
        return Ok(exact);
    }
    let mut like = waiting.iter().filter(|waiting| waiting.id().starts_with(id));
    match (like.next(), like.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => {
            let like = waiting.iter().filter(|waiting| waiting.id().starts_with(id));
            let why = format!("Several approvals begin with {id}.");
            Err(Failure::new(FailureKind::InvalidParams, why)
                .hint(format!("Name one: {}.", ids(like))))
        }
        (None, _) => {
            let why = format!("No approval that waits begins with {id}.");
            let failure = Failure::new(FailureKind::ApprovalUnknown, why);
            Err(failure.hint("`outrigger approvals` lists those that wait."))
        }
    }
}

fn ids<'a>(waiting: impl Iterator<Item = &'a Waiting>) -> String {
    waiting.map(Waiting::id).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(approval: Value) -> Option<Waiting> {
        Waiting::read(approval, &Redactor::new([]))
    }

    fn waiting(id: &str) -> Waiting {
        read(json!({ "approvalId": id, "kind": "command", "options": [
            { "decision": "later", "scope": "once" },
            { "decision": "accept", "scope": "once" },
            { "decision": "acceptForSession", "scope": "session" },
            { "decision": "decline", "scope": "no" },
        ] }))
        .unwrap()
    }

    fn found(ids: &[&str], id: Option<&str>) -> Result<String, (FailureKind, Option<String>)> {
        let all: Vec<Waiting> = ids.iter().map(|id| waiting(id)).collect();
        find(&all, id)
            .map(|found| found.id().to_owned())
            .map_err(|failure| (failure.kind, failure.hint))
    }

    #[test]
    fn an_id_may_be_shortened_as_long_as_it_says_which() {
        let all = ["3.1:1", "3.1:12", "4.1:0"];
        assert_eq!(found(&all, Some("4")), Ok("4.1:0".into()));
        assert_eq!(found(&all, Some("3.1:1")), Ok("3.1:1".into()));
        assert_eq!(
            found(&all, Some("3")),
            Err((FailureKind::InvalidParams, Some("Name one: 3.1:1, 3.1:12.".into())))
        );
        assert_eq!(found(&all, Some("5")).unwrap_err().0, FailureKind::ApprovalUnknown);
    }

    #[test]
    fn without_an_id_there_must_be_exactly_one() {
        assert_eq!(found(&["1:0"], None), Ok("1:0".into()));
        assert_eq!(found(&[], None), Err((FailureKind::ApprovalUnknown, None)));
        assert_eq!(
            found(&["1:0", "1:1"], None),
            Err((FailureKind::InvalidParams, Some("Name one: 1:0, 1:1.".into())))
        );
    }

    #[test]
    fn the_decision_is_the_value_that_was_offered() {
        assert_eq!(waiting("1").decision(Verdict::Accept), Ok(json!("accept")));
        assert_eq!(waiting("1").decision(Verdict::Decline), Ok(json!("decline")));
        let grant = json!({ "permissions": { "network": { "enabled": true } }, "scope": "turn" });
        let permissions = read(json!({ "approvalId": "1", "kind": "permissions",
            "options": [{ "decision": grant, "scope": "once" }] }));
        assert_eq!(permissions.unwrap().decision(Verdict::Accept), Ok(grant));
        let question = read(json!({ "approvalId": "1:7", "kind": "question" })).unwrap();
        assert_eq!(
            question.decision(Verdict::Accept),
            Err(Failure::new(FailureKind::DecisionInvalid, "1:7 cannot be answered by `accept`.")
                .hint("Answer it in an editor."))
        );
    }

    #[test]
    fn a_secret_is_neither_shown_nor_lost_from_the_decision() {
        let secret = ["hunter", "2-of-the-house"].concat();
        let rule = json!({ "acceptWithExecpolicyAmendment": { "execpolicy_amendment": [secret] } });
        let approval = json!({ "approvalId": "1:0", "kind": "command", "command": format!("login {secret}"),
            "options": [{ "decision": rule, "scope": "once" }] });
        let waiting = Waiting::read(approval, &Redactor::new([secret.clone()])).unwrap();
        assert!(!waiting.safe().to_string().contains(&secret), "{}", waiting.safe());
        assert!(
            waiting
                .shown
                .command
                .as_ref()
                .is_some_and(|command| command.starts_with("login [REDACTED:"))
        );
        assert_eq!(waiting.decision(Verdict::Accept), Ok(rule));
    }

    #[test]
    fn what_cannot_be_read_is_still_listed() {
        let odd = json!({ "approvals": [
            { "approvalId": "1:0", "kind": "later", "changes": "many", "requestedAt": "now" },
            { "kind": "command" },
        ] });
        let read = Waiting::read_all(odd, &Redactor::new([]));
        let shown: Vec<&Shown> = read.iter().map(|waiting| &waiting.shown).collect();
        let only = Shown { approval_id: "1:0".into(), kind: "later".into(), ..Shown::default() };
        assert_eq!(shown, [&only]);
    }
}
