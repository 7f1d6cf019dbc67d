//! `outrigger approvals --watch`: a line for what comes and for what goes, over the end of any daemon.

use std::{collections::BTreeMap, io, io::Write, path::Path, time::Duration};

use serde_json::{Value, json};

use super::{
    client::{Client, Lost, Note},
    command::{Stop, page, pending, print},
    waiting::Waiting,
};
use crate::{logging, protocol::FailureKind, redact::Redactor};

/// How often a daemon is looked for while none runs: looking starts none.
const LOOK: Duration = Duration::from_secs(1);

/// What was told to wait, by id.
type Told = BTreeMap<String, Waiting>;

/// Watches until the process is interrupted or nobody reads any more.
pub fn run(directory: &Path, as_json: bool) -> Result<u8, Stop> {
    let mut watch = Watch { as_json, redactor: logging::redactor(), told: Told::new() };
    let mut met = None;
    loop {
        let found = match Client::attach(directory) {
            Ok(found) => found,
            // Between two daemons; another version, or a hanging one, is for a person to know.
            Err(failure) if failure.kind == FailureKind::DaemonGone => None,
            Err(failure) => return Err(failure.into()),
        };
        if met != Some(found.is_some()) {
            met = Some(found.is_some());
            watch.say(found.is_some())?;
        }
        match found {
            Some(client) => {
                watch.follow(client)?;
                met = None;
            }
            None => std::thread::sleep(LOOK),
        }
    }
}

struct Watch {
    as_json: bool,
    redactor: Redactor,
    told: Told,
}

impl Watch {
    /// Follows one daemon to its end.
    fn follow(&mut self, mut client: Client) -> Result<(), Stop> {
        let waiting = match pending(&mut client, &self.redactor) {
            Ok(waiting) => waiting,
            Err(failure) if failure.kind == FailureKind::DaemonGone => return Ok(()),
            Err(failure) => return Err(failure.into()),
        };
        let gone: Vec<String> = self
            .told
            .keys()
            .filter(|id| !waiting.iter().any(|waiting| waiting.id() == *id))
            .cloned()
            .collect();
        for id in gone {
            // It went while nobody was there to say how.
            self.settled(&id, "unknown", None)?;
        }
        for waiting in waiting {
            self.asked(waiting)?;
        }
        loop {
            match client.note() {
                Ok(note) => self.take(note)?,
                Err(Lost::Connection(_)) => return Ok(()),
                Err(Lost::Refused(failure)) => return Err(failure.into()),
            }
        }
    }

    fn take(&mut self, mut note: Note) -> io::Result<()> {
        match note.method.as_str() {
            "outrigger/approval/requested" => {
                match Waiting::read(note.params["approval"].take(), &self.redactor) {
                    Some(waiting) => self.asked(waiting),
                    None => Ok(()),
                }
            }
            "outrigger/approval/resolved" => {
                let text = |name: &str| note.params[name].as_str();
                let id = text("approvalId").unwrap_or_default();
                let outcome = text("outcome").unwrap_or_default();
                self.settled(id, outcome, text("decidedBy"))
            }
            _ => Ok(()),
        }
    }

    /// Told once, however often it comes: the daemon tells a session that is new what already waits.
    fn asked(&mut self, waiting: Waiting) -> io::Result<()> {
        if self.told.contains_key(waiting.id()) {
            return Ok(());
        }
        if self.as_json {
            print(&json!({ "event": "requested", "approval": waiting.safe() }).to_string())?;
        } else {
            print(&page().asked(&waiting.shown))?;
        }
        self.told.insert(waiting.id().to_owned(), waiting);
        Ok(())
    }

    fn settled(&mut self, id: &str, outcome: &str, by: Option<&str>) -> io::Result<()> {
        self.told.remove(id);
        if self.as_json {
            let (event, outcome) = ("resolved", Value::from(outcome));
            let line =
                json!({ "event": event, "approvalId": id, "outcome": outcome, "decidedBy": by });
            print(&line.to_string())
        } else {
            print(&page().settled(id, outcome, by))
        }
    }

    /// Whether there is somebody to listen to goes beside the lines.
    fn say(&self, is_there: bool) -> io::Result<()> {
        if self.as_json {
            return Ok(());
        }
        let state = if is_there {
            "Watching. Ctrl-C ends it."
        } else {
            "No daemon is running; watching for the next."
        };
        writeln!(io::stderr(), "{state}")
    }
}
