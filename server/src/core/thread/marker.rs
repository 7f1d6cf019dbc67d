//! Notifications that become markers: what happened in a turn and is no item.

use serde::Deserialize;

use super::wire::Text;
use super::{Outcome, Thread, read};
use crate::protocol::Raw;
use crate::protocol::thread::{Marker, ThreadChange};

/// Bytes of a marker's text.
const MAX_TEXT: usize = 2 * 1024;

/// Markers that wait for the first turn.
const MAX_HELD: usize = 32;

/// The parts that any of these notifications may have.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Note<'a> {
    #[serde(borrow, default)]
    turn_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    message: Option<Text<'a>>,
    #[serde(borrow, default)]
    summary: Option<Text<'a>>,
    #[serde(borrow, default)]
    details: Option<Text<'a>>,
    #[serde(borrow, default)]
    from_model: Option<Text<'a>>,
    #[serde(borrow, default)]
    to_model: Option<Text<'a>>,
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
    #[serde(borrow, default)]
    reason: Option<Text<'a>>,
    #[serde(borrow, default)]
    reasons: Vec<Text<'a>>,
    #[serde(borrow, default)]
    verifications: Vec<Text<'a>>,
    #[serde(default)]
    show_buffering_ui: bool,
    #[serde(default)]
    will_retry: bool,
    #[serde(borrow, default)]
    error: Option<ErrorPart<'a>>,
    #[serde(borrow, default)]
    run: Option<HookPart<'a>>,
    #[serde(borrow, default)]
    review: Option<ReviewPart<'a>>,
}

#[derive(Deserialize)]
struct ErrorPart<'a> {
    #[serde(borrow)]
    message: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HookPart<'a> {
    #[serde(borrow)]
    event_name: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow, default)]
    status_message: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct ReviewPart<'a> {
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow, default)]
    rationale: Option<Text<'a>>,
}

impl Thread {
    /// Adds the marker of a notification that has one; the others say nothing about the transcript.
    pub(super) fn mark(
        &mut self,
        method: &str,
        params: &Raw,
        at: u64,
        out: &mut Vec<ThreadChange>,
    ) -> Outcome {
        let kind = match method {
            "error" => "error",
            "warning" => "warning",
            "guardianWarning" => "guardianWarning",
            "configWarning" => "configWarning",
            "deprecationNotice" => "deprecation",
            "model/rerouted" => "modelRerouted",
            "model/verification" => "modelVerification",
            "model/safetyBuffering/updated" => "safetyBuffering",
            "modelProvider/authRecoveryStarted" | "modelProvider/authRecoveryCompleted" => {
                "authRecovery"
            }
            "thread/compacted" => "compacted",
            "hook/completed" => "hook",
            "item/autoApprovalReview/completed" => "autoApprovalReview",
            "autoApprovalReview/strictReviewRequired" => "strictReviewRequired",
            _ => return Ok(()),
        };
        let note: Note<'_> = read(params)?;
        if method == "model/safetyBuffering/updated" && !note.show_buffering_ui {
            return Ok(());
        }
        let kind = if note.will_retry { "retrying" } else { kind };
        let mut text = note.text(method)?;
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        let marker = Marker { kind: kind.into(), text, at };
        if let Some(place) = self.marked_turn(note.turn_id.as_ref(), out) {
            self.turns[place].push_marker(marker, out);
        } else if self.held.len() < MAX_HELD {
            self.held.push(marker);
        }
        Ok(())
    }

    /// The turn named; else the running one, else the newest, else none yet: the first will have it.
    fn marked_turn(
        &mut self,
        named: Option<&Text<'_>>,
        out: &mut Vec<ThreadChange>,
    ) -> Option<usize> {
        if let Some(named) = named {
            return self.scope(Some(named.as_str()), out).ok();
        }
        let running = self.active_turn().and_then(|id| self.turn_place(id.as_str()));
        running.or(self.turns.len().checked_sub(1))
    }
}

impl Note<'_> {
    fn text(&self, method: &str) -> Result<String, String> {
        let named = |part: &Option<Text<'_>>, name: &str| {
            part.as_ref()
                .map(|text| text.as_str().to_owned())
                .ok_or_else(|| format!("missing field `{name}`"))
        };
        let joined =
            |texts: &[Text<'_>]| texts.iter().map(Text::as_str).collect::<Vec<_>>().join(", ");
        Ok(match method {
            "error" => {
                let error = self.error.as_ref().ok_or("missing field `error`")?;
                error.message.as_str().to_owned()
            }
            "warning"
            | "guardianWarning"
            | "modelProvider/authRecoveryStarted"
            | "modelProvider/authRecoveryCompleted" => named(&self.message, "message")?,
            "configWarning" | "deprecationNotice" => {
                let summary = named(&self.summary, "summary")?;
                self.details
                    .as_ref()
                    .map_or(summary.clone(), |details| format!("{summary} {}", details.as_str()))
            }
            "model/rerouted" => {
                let (from, to) =
                    (named(&self.from_model, "fromModel")?, named(&self.to_model, "toModel")?);
                let reason = self
                    .reason
                    .as_ref()
                    .map_or(String::new(), |reason| format!(" ({})", reason.as_str()));
                format!("{from} → {to}{reason}")
            }
            "model/verification" => joined(&self.verifications),
            "model/safetyBuffering/updated" => {
                let model = named(&self.model, "model")?;
                if self.reasons.is_empty() {
                    model
                } else {
                    format!("{model}: {}", joined(&self.reasons))
                }
            }
            "hook/completed" => {
                let run = self.run.as_ref().ok_or("missing field `run`")?;
                let message = run
                    .status_message
                    .as_ref()
                    .map_or(String::new(), |text| format!(": {}", text.as_str()));
                format!("{} {}{message}", run.event_name.as_str(), run.status.as_str())
            }
            "item/autoApprovalReview/completed" => {
                let review = self.review.as_ref().ok_or("missing field `review`")?;
                let why = review
                    .rationale
                    .as_ref()
                    .map_or(String::new(), |text| format!(": {}", text.as_str()));
                format!("{}{why}", review.status.as_str())
            }
            _ => String::new(),
        })
    }
}
