//! What could not be understood or was refused, told once per method and process, with a count.

use std::collections::HashMap;

use super::Step;
use crate::{
    codex::contract::CONTRACT_VERSION,
    protocol::{
        SessionId,
        app_server::{Diagnostic, DiagnosticKind, DiagnosticLevel},
        note,
    },
};

/// Methods counted apart; further ones share one row, so that a flood of names stays bounded.
const MAX_ROWS: usize = 256;

#[derive(Default)]
pub struct Tally {
    counts: HashMap<(DiagnosticKind, String, u32), u32>,
}

impl Tally {
    /// A new process is counted anew.
    pub(super) fn forget_older_than(&mut self, epoch: u32) {
        self.counts.retain(|(_, _, counted), _| *counted >= epoch);
    }

    /// Counts one occurrence; `Some(count)` when it is to be told: the first, and every tenfold.
    fn count(&mut self, kind: DiagnosticKind, method: &str, epoch: u32) -> Option<u32> {
        let key = (kind, method.to_owned(), epoch);
        let key = if self.counts.len() < MAX_ROWS || self.counts.contains_key(&key) {
            key
        } else {
            (kind, String::new(), epoch)
        };
        let count = self.counts.entry(key).or_default();
        *count = count.saturating_add(1);
        (10_u32.pow(count.ilog10()) == *count).then_some(*count)
    }
}

impl Step<'_> {
    pub(super) fn diagnose(
        &mut self,
        level: DiagnosticLevel,
        kind: DiagnosticKind,
        method: Option<&str>,
        message: String,
    ) {
        let epoch = self.world.server.epoch();
        let Some(count) = self.world.diagnostics.count(kind, method.unwrap_or(""), epoch) else {
            return;
        };
        self.tell(level, kind, method, message, count);
    }

    /// Tells it without counting.
    pub(super) fn tell(
        &mut self,
        level: DiagnosticLevel,
        kind: DiagnosticKind,
        method: Option<&str>,
        message: String,
        count: u32,
    ) {
        tracing::warn!(?kind, method, count, "{message}");
        let diagnostic = Diagnostic {
            level,
            kind,
            method: method.map(str::to_owned),
            message,
            count,
            contract_version: CONTRACT_VERSION.trim().to_owned(),
        };
        self.broadcast("diagnostic", &note::Diagnostic(&diagnostic), |_| true);
    }

    /// Tells one session what concerns it alone.
    pub(super) fn tell_diagnostic(
        &mut self,
        session: SessionId,
        kind: DiagnosticKind,
        message: String,
    ) {
        tracing::warn!(session = %session, ?kind, "{message}");
        let level = DiagnosticLevel::Warning;
        let contract_version = CONTRACT_VERSION.trim().to_owned();
        let told = Diagnostic { level, kind, method: None, message, count: 1, contract_version };
        self.broadcast("diagnostic", &note::Diagnostic(&told), |one| one.id == session);
    }

    pub(super) fn editor_frame(&mut self, message: String) {
        self.diagnose(DiagnosticLevel::Warning, DiagnosticKind::EditorFrame, None, message);
    }

    pub(super) fn refused(&mut self, method: Option<&str>, why: &str) {
        let message = format!("A note from the editor was refused: {why}.");
        self.diagnose(DiagnosticLevel::Warning, DiagnosticKind::Refused, method, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_every_tenfold_are_told() {
        let mut tally = Tally::default();
        let told: Vec<u32> = (0..1_000)
            .filter_map(|_| tally.count(DiagnosticKind::UnknownNotification, "x", 1))
            .collect();
        assert_eq!(told, [1, 10, 100, 1_000]);
        assert_eq!(tally.count(DiagnosticKind::UnknownNotification, "x", 2), Some(1));
    }

    #[test]
    fn a_flood_of_names_shares_one_row() {
        let mut tally = Tally::default();
        for n in 0..10_000 {
            tally.count(DiagnosticKind::UnknownNotification, &format!("made/up/{n}"), 1);
        }
        assert_eq!(tally.counts.len(), MAX_ROWS + 1);
    }
}
