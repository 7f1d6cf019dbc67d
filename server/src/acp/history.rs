//! The history of a session that is loaded: fetched page by page from its end, told from its beginning.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::protocol::{RpcError, RpcId};

use super::{
    face::{Call, Face},
    items::{self, Shape},
    opening::How,
    rpc::{self, error_of},
    session::{Phase, Shown},
    update::{self, Voice},
};

/// Items of one page, and how many pages of a long thread are told at the most.
const PAGE: u32 = 500;
const MAX_PAGES: usize = 40;

impl Face {
    pub(super) fn next_page(&mut self, request: RpcId, session: String, before: Option<&str>) {
        let params = json!({ "threadId": session, "before": before, "limit": PAGE });
        self.call("outrigger/thread/snapshot", params, Call::Page { request, session });
    }

    pub(super) fn page(&mut self, request: RpcId, name: String, result: Result<Value, RpcError>) {
        let Some(session) = self.sessions.get_mut(&name) else {
            return self.refuse(&request, error_of(rpc::CANCELLED, "The session was closed."));
        };
        let snapshot = match result {
            Ok(snapshot) => snapshot,
            Err(error) => {
                session.phase = Phase::Live;
                return self.finish(&request, Err(error));
            }
        };
        let Phase::Loading { pages, .. } = &mut session.phase else { return };
        let older = snapshot["olderCursor"].as_str().map(str::to_owned);
        pages.push(snapshot);
        if older.is_some() && pages.len() < MAX_PAGES {
            return self.next_page(request, name, older.as_deref());
        }
        let Phase::Loading { pages, held } = std::mem::take(&mut session.phase) else { return };
        if older.is_some() {
            let why = "Earlier messages are left out here.";
            self.tell(update::text(&name, Voice::Thought, "earlier", why));
        }
        let newest = pages.first().map(|page| page["thread"].clone()).unwrap_or_default();
        for page in pages.into_iter().rev() {
            self.replay(&name, &page["thread"]);
        }
        self.tell_usage(&name, &newest["usage"]);
        self.introduce_session(&request, &name, How::Load);
        for (method, params) in held {
            self.codex_said(&method, &params);
        }
    }

    fn replay(&mut self, name: &str, thread: &Value) {
        for turn in thread["turns"].as_array().into_iter().flatten() {
            let id = turn["turnId"].as_str().unwrap_or_default();
            let running = turn["status"] == "inProgress";
            if let Some(session) = self.sessions.get_mut(name) {
                session.last_turn = Some(id.to_owned());
                session.running = running.then(|| id.to_owned());
            }
            for item in turn["items"].as_array().into_iter().flatten() {
                let mut item = item.clone();
                item["id"] = item["itemId"].take();
                self.replay_item(name, &item, running);
            }
        }
    }

    fn replay_item(&mut self, name: &str, item: &Value, running: bool) {
        let Some(session) = self.sessions.get_mut(name) else { return };
        let id = item["id"].as_str().unwrap_or_default();
        let voice = match items::shape(item, &session.cwd) {
            Shape::User { blocks, .. } => {
                for block in &blocks {
                    self.tell(update::block(name, Voice::User, id, block));
                }
                return;
            }
            Shape::Said(text) => (Voice::Agent, text.to_owned()),
            Shape::Thought(text) => (Voice::Thought, text),
            Shape::Tool(mut call) => {
                if !running && !call.is_over() {
                    // Its turn ended without a word of it.
                    call.status = "failed";
                }
                let mut fields = call.fields();
                fields["sessionUpdate"] = "tool_call".into();
                if !call.is_over() {
                    let output = item["aggregatedOutput"].as_str().unwrap_or_default().to_owned();
                    let (terminal, untold, whole) = (false, 0, false);
                    session.show(Shown { call: *call, terminal, output, untold, whole });
                }
                return self.tell(update::update(name, &fields));
            }
            Shape::Compaction | Shape::Nothing => return,
        };
        let (voice, text) = voice;
        if running {
            session.spoken.insert(id.to_owned());
        }
        if !text.is_empty() {
            self.tell(update::text(name, voice, id, &text));
        }
    }

    /// What waits for a person in a session that was there before this client came to it.
    pub(super) fn pending_approvals(&mut self, session: &str, list: &Value) {
        let asked: HashSet<String> = self.asks.values().map(|ask| ask.approval.clone()).collect();
        for approval in list["approvals"].as_array().into_iter().flatten() {
            let id = approval["approvalId"].as_str().unwrap_or_default();
            if approval["threadId"] == *session
                && !asked.contains(id)
                && !self.proposing.contains(id)
            {
                self.approval_requested(approval);
            }
        }
    }
}

/// Epoch seconds as ISO 8601 has them.
pub(super) fn iso_time(seconds: i64) -> String {
    let within = seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(within).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(iso_time(0), "1970-01-01T00:00:00Z");
        assert_eq!(iso_time(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(iso_time(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(iso_time(4_107_542_400), "2100-03-01T00:00:00Z");
        assert_eq!(iso_time(1_795_300_000), "2026-11-21T22:26:40Z");
    }
}
