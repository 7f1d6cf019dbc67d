//! What a person is told who looks elsewhere: that something waits, or is over. An editor that listens tells it in its own
//! way; one that is in use shows a message; else the system says it.

use std::{collections::HashMap, time::Duration};

use super::{Effect, Step, session::Session};
use crate::clock::micros;
use crate::protocol::settings::{
    NOTICES_AUTOMATIONS, NOTICES_CONTENT, NOTICES_TURNS, OS_NOTIFICATIONS,
};

/// An editor of which nothing was heard for so long is not looked at.
const LOOKED_AT: Duration = Duration::from_mins(2);
/// Of several at nearly one time, one is told.
const APART: Duration = Duration::from_secs(10);
/// Characters of what is told.
const MAX_TEXT: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Occasion {
    /// A question waits for the person.
    Approval,
    Turn,
    Automation,
}

/// For a person who looks elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub title: String,
    pub text: String,
    /// Says it in place of the system: a program that is given title and text.
    pub program: Option<String>,
    /// From this hour of the day to that one, local time, nothing is said.
    pub quiet: Option<(u64, u64)>,
}

/// When something was told last, in microseconds.
#[derive(Default)]
pub struct Notices {
    last: HashMap<Occasion, u64>,
}

impl Occasion {
    fn setting(self) -> &'static str {
        match self {
            Self::Approval => OS_NOTIFICATIONS,
            Self::Turn => NOTICES_TURNS,
            Self::Automation => NOTICES_AUTOMATIONS,
        }
    }

    /// Who listens to these notes shows it in its own way.
    fn segment(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::Turn => "thread",
            Self::Automation => "inbox",
        }
    }
}

impl Step<'_> {
    /// Tells a person who looks elsewhere; `content` only where they chose so, since others may read it.
    pub(super) fn call_person(&mut self, occasion: Occasion, text: &str, content: Option<&str>) {
        let settings = &self.world.settings;
        if self.world.daemon.is_none() || !settings.is_on(occasion.setting()) {
            return;
        }
        let people = |session: &&Session| session.trusted && !session.observer;
        let mut sessions = self.world.sessions.values().filter(people);
        if sessions.any(|session| session.events.wants(occasion.segment())) {
            return;
        }
        let content = content.filter(|_| settings.is_on(NOTICES_CONTENT));
        let text = content.map_or_else(|| text.to_owned(), |content| format!("{text} {content}"));
        let text = cut(&text);
        let now = self.now.micros;
        let sessions = self.world.sessions.values().filter(people);
        let used = sessions.max_by_key(|session| session.active_at);
        let looked_at = used.filter(|session| now < session.active_at + micros(LOOKED_AT));
        if let Some(session) = looked_at.map(|session| session.id) {
            // A question is in the editor already.
            if occasion != Occasion::Approval {
                self.show_message(session, &text);
            }
            return;
        }
        let last = self.world.notices.last.insert(occasion, now);
        if last.is_some_and(|last| now < last + micros(APART)) {
            return;
        }
        let (program, quiet) = (settings.notices_program(), settings.quiet_hours());
        let title = "Outrigger".to_owned();
        self.effects.push(Effect::Notify(Notice { title, text, program, quiet }));
    }
}

/// One line of so many characters.
fn cut(text: &str) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = line.char_indices().nth(MAX_TEXT) {
        line.truncate(at);
        line.push('…');
    }
    line
}
