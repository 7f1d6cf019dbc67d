//! Automations: up to when their occurrences are dealt with, each run, and the inbox. That an occurrence is claimed once
//! is decided here, by `UNIQUE`; what defines an automation is in its own file.

use rusqlite::{Connection, OptionalExtension, Row as SqlRow, named_params, params};

use super::{Answer, Error, writer::Desk};
use crate::protocol::{
    Raw, RunId,
    automation::{AutomationRun, InboxItem, RunStatus},
};

/// Runs that are kept of one automation; the oldest that are over make room.
const MAX_OF_AUTOMATION: i64 = 1_000;
/// Items of the inbox that are kept.
const MAX_ITEMS: i64 = 5_000;

pub const SCHEMA: &str = "
CREATE TABLE automations (
    id TEXT PRIMARY KEY,
    schedule TEXT NOT NULL,
    seen_until INTEGER NOT NULL,
    last_run_at INTEGER,
    paused TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE automation_runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    automation TEXT NOT NULL,
    scheduled_for INTEGER NOT NULL,
    status TEXT NOT NULL,
    read_at INTEGER,
    about TEXT NOT NULL,
    UNIQUE (automation, scheduled_for)
) STRICT;
CREATE INDEX automation_runs_by_status ON automation_runs (status, number);
CREATE TABLE inbox_items (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    run TEXT NOT NULL UNIQUE,
    read_at INTEGER,
    archived_at INTEGER,
    about TEXT NOT NULL
) STRICT;
";

/// When what Outrigger paused goes on by itself.
pub const RESUMES: &str = "ALTER TABLE automations ADD COLUMN resumes_at INTEGER;";

/// Which codex was started last.
pub const LAST_CODEX: &str = "
CREATE TABLE last_codex (
    number INTEGER PRIMARY KEY CHECK (number = 1),
    path TEXT,
    args TEXT NOT NULL
) STRICT;
";

/// Which codex was started last: the same one runs while no editor is there to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastCodex {
    pub path: Option<String>,
    pub args: Vec<String>,
}

/// Up to when the occurrences of an automation are dealt with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub id: String,
    /// The rule and zone that it is about: another schedule begins anew.
    pub schedule: String,
    /// Epoch milliseconds.
    pub seen_until: u64,
    /// Epoch milliseconds.
    pub last_run_at: Option<u64>,
    /// Why Outrigger itself paused it.
    pub paused: Option<String>,
    /// When that is over by itself, in epoch milliseconds.
    pub resumes_at: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// All marks, and the runs that are not over.
    Load,
    Mark(Mark),
    Codex(LastCodex),
    /// The automation is gone; its runs stay.
    Forget {
        id: String,
    },
    /// Takes an occurrence, and says whether nobody had it; the mark is kept either way.
    Claim {
        run: AutomationRun,
        mark: Mark,
    },
    /// What is known of a run that goes on.
    Note(AutomationRun),
    /// A run is over, with its item; changes nothing when it was over before.
    Finish {
        run: AutomationRun,
        item: Option<InboxItem>,
    },
    Run {
        id: RunId,
    },
    /// The person has dealt with a run that is over.
    Settle {
        id: RunId,
        status: RunStatus,
        reason: Option<String>,
        /// Its worktree is gone.
        cleared: bool,
    },
    Runs {
        automation: Option<String>,
        status: Option<RunStatus>,
        limit: u32,
        /// Older than this one.
        before: Option<u64>,
    },
    Items {
        unread_only: bool,
    },
    /// The person has read an item, and with it its run; `at` in epoch milliseconds.
    Read {
        id: String,
        at: u64,
    },
    Archive {
        id: String,
        at: u64,
    },
}

/// What earlier runs of Outrigger left.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    pub marks: Vec<Mark>,
    pub open: Vec<AutomationRun>,
    pub codex: LastCodex,
}

impl Request {
    pub(super) fn writes(&self) -> bool {
        !matches!(self, Self::Load | Self::Run { .. } | Self::Runs { .. } | Self::Items { .. })
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Claim { run, .. } | Self::Note(run) | Self::Finish { run, .. } => {
                let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
                1_024 + text(&run.title) + text(&run.summary) + text(&run.error)
            }
            _ => 256,
        }
    }
}

pub(super) fn perform(desk: &Desk<'_>, request: &Request) -> Result<Answer, Error> {
    let connection = desk.connection;
    match request {
        Request::Load => load(connection),
        Request::Mark(mark) => {
            keep_mark(connection, mark)?;
            Ok(Answer::Done)
        }
        Request::Codex(LastCodex { path, args }) => {
            let sql = "INSERT OR REPLACE INTO last_codex VALUES (1, ?1, ?2)";
            let args = Raw::of(args);
            connection.prepare_cached(sql)?.execute(params![path, args.as_str()])?;
            Ok(Answer::Done)
        }
        Request::Forget { id } => {
            let sql = "DELETE FROM automations WHERE id = ?1";
            Ok(Answer::Changed(connection.prepare_cached(sql)?.execute(params![id])? > 0))
        }
        Request::Claim { run, mark } => {
            keep_mark(connection, mark)?;
            let sql = "INSERT INTO automation_runs (id, automation, scheduled_for, status, about)
                VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
            let claimed = connection.prepare_cached(sql)?.execute(params![
                run.run_id.as_str(),
                run.automation_id,
                run.scheduled_for.cast_signed(),
                name_of(run.status),
                kept(desk, run).as_str(),
            ])?;
            Ok(Answer::Changed(claimed > 0))
        }
        Request::Note(run) => Ok(Answer::Changed(write(desk, run)?)),
        Request::Finish { run, item } => {
            let finished = write(desk, run)?;
            if let Some(item) = item.as_ref().filter(|_| finished) {
                add_item(desk, item)?;
            }
            prune(connection, &run.automation_id)?;
            Ok(Answer::Changed(finished))
        }
        Request::Run { id } => Ok(Answer::AutomationRun(run_of(connection, id)?.map(Box::new))),
        Request::Settle { id, status, reason, cleared } => {
            let Some(mut run) = run_of(connection, id)? else {
                return Ok(Answer::AutomationRun(None));
            };
            run.status = *status;
            run.archived_reason.clone_from(reason);
            if *cleared {
                run.worktree = None;
            }
            let sql = "UPDATE automation_runs SET status = ?2, about = ?3 WHERE id = ?1";
            let about = kept(desk, &run);
            connection.prepare_cached(sql)?.execute(params![
                id.as_str(),
                name_of(*status),
                about.as_str()
            ])?;
            Ok(Answer::AutomationRun(Some(Box::new(run))))
        }
        Request::Runs { automation, status, limit, before } => {
            runs(connection, automation.as_deref(), *status, *limit, *before)
        }
        Request::Items { unread_only } => items(connection, *unread_only),
        Request::Read { id, at } => {
            let sql = "UPDATE inbox_items SET read_at = coalesce(read_at, ?2) WHERE id = ?1";
            connection.prepare_cached(sql)?.execute(params![id, at.cast_signed()])?;
            let sql = "UPDATE automation_runs SET read_at = coalesce(read_at, ?2)
                WHERE id = (SELECT run FROM inbox_items WHERE id = ?1)";
            connection.prepare_cached(sql)?.execute(params![id, at.cast_signed()])?;
            item_of(connection, id)
        }
        Request::Archive { id, at } => {
            let sql =
                "UPDATE inbox_items SET archived_at = coalesce(archived_at, ?2) WHERE id = ?1";
            connection.prepare_cached(sql)?.execute(params![id, at.cast_signed()])?;
            item_of(connection, id)
        }
    }
}

fn load(connection: &Connection) -> Result<Answer, Error> {
    let sql = "SELECT id, schedule, seen_until, last_run_at, paused, resumes_at FROM automations";
    let mut query = connection.prepare_cached(sql)?;
    let marks = query.query_map([], |row| {
        Ok(Mark {
            id: row.get(0)?,
            schedule: row.get(1)?,
            seen_until: row.get::<_, i64>(2)?.cast_unsigned(),
            last_run_at: row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned),
            paused: row.get(4)?,
            resumes_at: row.get::<_, Option<i64>>(5)?.map(i64::cast_unsigned),
        })
    })?;
    let marks = marks.collect::<Result<_, _>>()?;
    let sql = "SELECT about, read_at FROM automation_runs WHERE status = ?1 ORDER BY number";
    let mut query = connection.prepare_cached(sql)?;
    let open = query.query_map(params![name_of(RunStatus::InProgress)], |row| run_at(row, 0))?;
    let open = open.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    let codex = last_codex(connection)?;
    Ok(Answer::Automations(Box::new(Kept { marks, open, codex })))
}

fn last_codex(connection: &Connection) -> Result<LastCodex, Error> {
    let sql = "SELECT path, args FROM last_codex";
    let row = |row: &SqlRow<'_>| {
        let args = Raw::from_text(row.get(1)?).decode().unwrap_or_default();
        Ok(LastCodex { path: row.get(0)?, args })
    };
    Ok(connection.prepare_cached(sql)?.query_row([], row).optional()?.unwrap_or_default())
}

fn keep_mark(connection: &Connection, mark: &Mark) -> Result<(), Error> {
    let sql = "INSERT INTO automations (id, schedule, seen_until, last_run_at, paused, resumes_at)
        VALUES (:id, :schedule, :seen, :last, :paused, :resumes) ON CONFLICT (id) DO UPDATE
        SET schedule = :schedule, seen_until = :seen, last_run_at = :last, paused = :paused,
            resumes_at = :resumes";
    connection.prepare_cached(sql)?.execute(named_params! {
        ":id": mark.id,
        ":schedule": mark.schedule,
        ":seen": mark.seen_until.cast_signed(),
        ":last": mark.last_run_at.map(u64::cast_signed),
        ":paused": mark.paused,
        ":resumes": mark.resumes_at.map(u64::cast_signed),
    })?;
    Ok(())
}

/// Writes what is known of a run that is not over; false when it is over already, or unknown.
fn write(desk: &Desk<'_>, run: &AutomationRun) -> Result<bool, Error> {
    let sql = "UPDATE automation_runs SET status = ?2, about = ?3 WHERE id = ?1 AND status = ?4";
    let written = desk.connection.prepare_cached(sql)?.execute(params![
        run.run_id.as_str(),
        name_of(run.status),
        kept(desk, run).as_str(),
        name_of(RunStatus::InProgress),
    ])?;
    Ok(written > 0)
}

fn add_item(desk: &Desk<'_>, item: &InboxItem) -> Result<(), Error> {
    let sql = "INSERT INTO inbox_items (id, run, about) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    let about = (desk.surroundings.redact)(&Raw::of(item));
    desk.connection.prepare_cached(sql)?.execute(params![
        item.id,
        item.run_id.as_str(),
        about.as_str()
    ])?;
    let sql = "DELETE FROM inbox_items WHERE number <= (SELECT max(number) FROM inbox_items) - ?1";
    desk.connection.prepare_cached(sql)?.execute(params![MAX_ITEMS])?;
    Ok(())
}

/// What is kept of a run, without secrets.
fn kept(desk: &Desk<'_>, run: &AutomationRun) -> Raw {
    (desk.surroundings.redact)(&Raw::of(run))
}

fn prune(connection: &Connection, automation: &str) -> Result<(), Error> {
    let sql = "DELETE FROM automation_runs WHERE automation = ?1 AND status <> ?2 AND number <= (
        SELECT number FROM automation_runs WHERE automation = ?1
        ORDER BY number DESC LIMIT 1 OFFSET ?3)";
    connection.prepare_cached(sql)?.execute(params![
        automation,
        name_of(RunStatus::InProgress),
        MAX_OF_AUTOMATION
    ])?;
    Ok(())
}

fn run_of(connection: &Connection, id: &RunId) -> Result<Option<AutomationRun>, Error> {
    let sql = "SELECT about, read_at FROM automation_runs WHERE id = ?1";
    let mut query = connection.prepare_cached(sql)?;
    Ok(query.query_row(params![id.as_str()], |row| run_at(row, 0)).optional()?.flatten())
}

fn runs(
    connection: &Connection,
    automation: Option<&str>,
    status: Option<RunStatus>,
    limit: u32,
    before: Option<u64>,
) -> Result<Answer, Error> {
    let sql = "SELECT about, read_at, number FROM automation_runs
        WHERE (?1 IS NULL OR automation = ?1) AND (?2 IS NULL OR status = ?2)
        AND (?3 IS NULL OR number < ?3) ORDER BY number DESC LIMIT ?4";
    let mut query = connection.prepare_cached(sql)?;
    let page = params![automation, status.map(name_of), before.map(u64::cast_signed), limit + 1];
    let rows = query
        .query_map(page, |row| Ok((run_at(row, 0)?, row.get::<_, i64>(2)?.cast_unsigned())))?;
    let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().map(|(_, number)| *number).filter(|_| more);
    let runs = rows.into_iter().filter_map(|(run, _)| run).collect();
    Ok(Answer::AutomationRuns { runs, next })
}

/// What the columns that follow `at` say of a run: what is known of it, and when it was read.
fn run_at(row: &SqlRow<'_>, at: usize) -> rusqlite::Result<Option<AutomationRun>> {
    let about: String = row.get(at)?;
    let read_at: Option<i64> = row.get(at + 1)?;
    // What cannot be read was not written by this build; the rest is still shown.
    let run = Raw::from_text(about).decode::<AutomationRun>().ok();
    Ok(run.map(|run| AutomationRun { read_at: read_at.map(i64::cast_unsigned), ..run }))
}

fn items(connection: &Connection, unread_only: bool) -> Result<Answer, Error> {
    let sql = "SELECT about, read_at, archived_at FROM inbox_items
        WHERE archived_at IS NULL AND (NOT ?1 OR read_at IS NULL) ORDER BY number DESC LIMIT 1000";
    let mut query = connection.prepare_cached(sql)?;
    let items = query.query_map(params![unread_only], item)?;
    let items = items.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    Ok(Answer::InboxItems(items))
}

fn item_of(connection: &Connection, id: &str) -> Result<Answer, Error> {
    let sql = "SELECT about, read_at, archived_at FROM inbox_items WHERE id = ?1";
    let mut query = connection.prepare_cached(sql)?;
    let item = query.query_row(params![id], item).optional()?.flatten();
    Ok(Answer::InboxItems(item.into_iter().collect()))
}

fn item(row: &SqlRow<'_>) -> rusqlite::Result<Option<InboxItem>> {
    let about: String = row.get(0)?;
    let (read_at, archived_at): (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
    let item = Raw::from_text(about).decode::<InboxItem>().ok();
    Ok(item.map(|item| InboxItem {
        read_at: read_at.map(i64::cast_unsigned),
        archived_at: archived_at.map(i64::cast_unsigned),
        ..item
    }))
}

fn name_of(status: RunStatus) -> &'static str {
    match status {
        RunStatus::InProgress => "IN_PROGRESS",
        RunStatus::PendingReview => "PENDING_REVIEW",
        RunStatus::Accepted => "ACCEPTED",
        RunStatus::Archived => "ARCHIVED",
        RunStatus::Failed => "FAILED",
        RunStatus::Interrupted => "INTERRUPTED",
        RunStatus::Missed => "MISSED",
    }
}
