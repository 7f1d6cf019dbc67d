//! The audit trail: what was asked, who decided what, and whether it arrived.

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use serde::{Serialize, de::DeserializeOwned};

use super::{Answer, Error, writer::Desk};
use crate::protocol::{
    ApprovalId, Raw, RpcId, ThreadId,
    approval::{Delivery, HistoryEntry, Outcome},
};

/// Rows kept; the oldest beyond are deleted.
const MAX_ROWS: u64 = 20_000;

pub const SCHEMA: &str = "
CREATE TABLE approvals (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    run INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    request TEXT NOT NULL,
    thread TEXT,
    approval TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    resolved_at INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    decision TEXT,
    decided_by TEXT,
    delivery TEXT
) STRICT;
CREATE INDEX approvals_of_thread ON approvals (thread, number);
CREATE INDEX approvals_under_way ON approvals (run) WHERE delivery IS NOT 'confirmed';
";

/// What became of one request of the app-server.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub id: ApprovalId,
    /// The process that asked, and the id it asked with.
    pub epoch: u32,
    pub request: RpcId,
    pub thread: Option<ThreadId>,
    /// Epoch milliseconds.
    pub requested_at: u64,
    pub entry: HistoryEntry,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Adds a row; a row of the same id says what this one says.
    Record(Box<Record>),
    Deliver {
        id: ApprovalId,
        delivery: Delivery,
    },
    /// A page, newest first; `before` is the `next` of the page before.
    Page {
        thread: Option<ThreadId>,
        limit: u32,
        before: Option<u64>,
    },
    Find {
        id: ApprovalId,
    },
}

impl Request {
    pub(super) fn writes(&self) -> bool {
        matches!(self, Self::Record(_) | Self::Deliver { .. })
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Record(record) => {
                let entry = &record.entry;
                entry.approval.len() + entry.decision.as_ref().map_or(0, Raw::len)
            }
            _ => 0,
        }
    }
}

pub(super) fn perform(desk: &Desk<'_>, request: &Request) -> Result<Answer, Error> {
    let connection = desk.connection;
    match request {
        Request::Record(record) => insert(desk, record).map(|()| Answer::Done),
        Request::Deliver { id, delivery } => {
            let sql = "UPDATE approvals SET delivery = ?2 WHERE id = ?1";
            let changed = connection
                .prepare_cached(sql)?
                .execute(params![id.as_str(), name_of(delivery)?])?;
            Ok(Answer::Changed(changed > 0))
        }
        Request::Page { thread, limit, before } => {
            page(connection, thread.as_ref(), *limit, *before)
        }
        Request::Find { id } => {
            let sql = "SELECT * FROM approvals WHERE id = ?1";
            let mut query = connection.prepare_cached(sql)?;
            let found = query.query_row(params![id.as_str()], entry).optional()?;
            Ok(Answer::Entry(found))
        }
    }
}

/// What an earlier run's app-server was not heard to have taken, it has not: it died with that run.
pub(super) fn app_server_gone(connection: &Connection, run: u64) -> Result<(), Error> {
    connection.execute(
        "UPDATE approvals SET delivery = ?1
         WHERE run < ?2 AND outcome = ?3 AND delivery IS NOT 'confirmed'",
        params![
            name_of(&Delivery::AppServerExited)?,
            run.cast_signed(),
            name_of(&Outcome::Decided)?
        ],
    )?;
    Ok(())
}

fn insert(desk: &Desk<'_>, record: &Record) -> Result<(), Error> {
    let Record { id, epoch, request, thread, requested_at, entry } = record;
    let redact = &desk.surroundings.redact;
    let approval = redact(&entry.approval);
    let decision = entry.decision.as_ref().map(redact);
    let sql = "INSERT INTO approvals
            (id, run, epoch, request, thread, approval, requested_at, resolved_at, outcome,
             decision, decided_by, delivery)
        VALUES (:id, :run, :epoch, :request, :thread, :approval, :requested_at, :resolved_at,
             :outcome, :decision, :decided_by, :delivery)
        ON CONFLICT (id) DO UPDATE SET resolved_at = :resolved_at, outcome = :outcome,
             decision = :decision, decided_by = :decided_by, delivery = :delivery";
    desk.connection.prepare_cached(sql)?.execute(named_params! {
        ":id": id.as_str(),
        ":run": desk.run.cast_signed(),
        ":epoch": epoch,
        ":request": Raw::of(request).as_str(),
        ":thread": thread.as_ref().map(ThreadId::as_str),
        ":approval": approval.as_str(),
        ":requested_at": requested_at.cast_signed(),
        ":resolved_at": entry.resolved_at.cast_signed(),
        ":outcome": name_of(&entry.outcome)?,
        ":decision": decision.as_ref().map(Raw::as_str),
        ":decided_by": entry.decided_by,
        ":delivery": entry.delivery.as_ref().map(name_of).transpose()?,
    })?;
    let sql = "DELETE FROM approvals WHERE number <= (SELECT max(number) FROM approvals) - ?1";
    desk.connection.prepare_cached(sql)?.execute(params![MAX_ROWS.cast_signed()])?;
    Ok(())
}

fn page(
    connection: &Connection,
    thread: Option<&ThreadId>,
    limit: u32,
    before: Option<u64>,
) -> Result<Answer, Error> {
    let sql = match thread {
        Some(_) => {
            "SELECT * FROM approvals WHERE thread = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3"
        }
        None => {
            "SELECT * FROM approvals WHERE ?1 IS NULL AND number < ?2 ORDER BY number DESC LIMIT ?3"
        }
    };
    let mut query = connection.prepare_cached(sql)?;
    let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
    // One more than asked for tells whether there is a next page.
    let rows = query
        .query_map(params![thread.map(ThreadId::as_str), before, i64::from(limit) + 1], |row| {
            Ok((row.get::<_, i64>("number")?, entry(row)?))
        })?;
    let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|(number, _)| number.cast_unsigned());
    Ok(Answer::History { entries: rows.into_iter().map(|(_, entry)| entry).collect(), next })
}

fn entry(row: &Row<'_>) -> rusqlite::Result<HistoryEntry> {
    let delivery: Option<String> = row.get("delivery")?;
    let decision: Option<String> = row.get("decision")?;
    Ok(HistoryEntry {
        approval: Raw::from_text(row.get("approval")?),
        outcome: named(row.get("outcome")?)?,
        decision: decision.map(Raw::from_text),
        decided_by: row.get("decided_by")?,
        resolved_at: row.get::<_, i64>("resolved_at")?.cast_unsigned(),
        delivery: delivery.map(named).transpose()?,
    })
}

/// The name that a value of the contract has on the wire, which it also has here.
fn name_of<T: Serialize>(value: &T) -> Result<String, Error> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        _ => Err(Error::Sqlite { message: "a value of the contract has no name".to_owned() }),
    }
}

fn named<T: DeserializeOwned>(name: String) -> rusqlite::Result<T> {
    serde_json::from_value(serde_json::Value::String(name)).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
    })
}
