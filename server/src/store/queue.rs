//! Messages that wait for a turn to end. The database is the judge of what still waits: two who change one message are
//! told apart here.

use rusqlite::{Connection, Row as SqlRow, params};

use super::{Answer, Error, writer::Desk};
use crate::protocol::{Raw, ThreadId, thread::QueuedMessage};

/// Messages that may wait for one thread.
pub const MAX_OF_THREAD: usize = 100;
/// Messages that may wait at all.
const MAX_QUEUED: usize = 2_000;

pub const SCHEMA: &str = "
CREATE TABLE queue (
    id TEXT PRIMARY KEY,
    thread TEXT NOT NULL,
    position INTEGER NOT NULL,
    input TEXT NOT NULL,
    queued_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'held', 'sending'))
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_of_thread ON queue (thread, position);
";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Goes as soon as the thread is idle.
    Waiting,
    /// Its turn was stopped or broke: it goes only after a later one completed.
    Held,
    /// On its way up, and perhaps there.
    Sending,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Sending => "sending",
        }
    }
}

/// One message, in the order of its thread's queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub thread: ThreadId,
    pub message: QueuedMessage,
    pub state: State,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Puts a message behind the others of its thread.
    Add {
        thread: ThreadId,
        message: QueuedMessage,
    },
    /// Unless it is on its way.
    Update {
        id: String,
        input: Raw,
    },
    /// Unless it is on its way.
    Remove {
        id: String,
    },
    /// The new order; changes nothing unless it names every message of the thread once, where those on their way need not
    /// be named.
    Reorder {
        thread: ThreadId,
        ids: Vec<String>,
    },
    /// From now on it may have arrived. Changes nothing when it is gone or on its way already.
    Send {
        id: String,
    },
    /// It has arrived.
    Sent {
        id: String,
    },
    /// It has not arrived.
    Unsent {
        id: String,
        state: State,
    },
    /// The thread's turn was stopped or broke.
    Hold {
        thread: ThreadId,
    },
    Load,
}

impl Request {
    pub(super) fn writes(&self) -> bool {
        !matches!(self, Self::Load)
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Add { message, .. } => message.input.len(),
            Self::Update { input, .. } => input.len(),
            _ => 0,
        }
    }
}

pub(super) fn perform(desk: &Desk<'_>, request: &Request) -> Result<Answer, Error> {
    let connection = desk.connection;
    let changed = match request {
        Request::Load => return load(connection),
        Request::Add { thread, message } => return add(connection, thread, message),
        Request::Reorder { thread, ids } => return reorder(connection, thread, ids),
        Request::Update { id, input } => {
            let sql = "UPDATE queue SET input = ?2 WHERE id = ?1 AND state <> 'sending'";
            connection.prepare_cached(sql)?.execute(params![id, input.as_str()])?
        }
        Request::Remove { id } => {
            let sql = "DELETE FROM queue WHERE id = ?1 AND state <> 'sending'";
            connection.prepare_cached(sql)?.execute(params![id])?
        }
        Request::Send { id } => {
            let sql = "UPDATE queue SET state = 'sending' WHERE id = ?1 AND state <> 'sending'";
            connection.prepare_cached(sql)?.execute(params![id])?
        }
        Request::Sent { id } => {
            connection.prepare_cached("DELETE FROM queue WHERE id = ?1")?.execute(params![id])?
        }
        Request::Unsent { id, state } => {
            let sql = "UPDATE queue SET state = ?2 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute(params![id, state.name()])?
        }
        Request::Hold { thread } => {
            let sql = "UPDATE queue SET state = 'held' WHERE thread = ?1 AND state = 'waiting'";
            connection.prepare_cached(sql)?.execute(params![thread.as_str()])?
        }
    };
    Ok(Answer::Changed(changed > 0))
}

fn add(
    connection: &Connection,
    thread: &ThreadId,
    message: &QueuedMessage,
) -> Result<Answer, Error> {
    let (all, of_thread, last): (i64, i64, i64) = connection
        .prepare_cached(
            "SELECT count(*), count(*) FILTER (WHERE thread = ?1),
                coalesce(max(position) FILTER (WHERE thread = ?1), 0) FROM queue",
        )?
        .query_row(params![thread.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if of_thread.cast_unsigned() as usize >= MAX_OF_THREAD {
        return Err(Error::Limit {
            what: "messages that wait for one thread",
            limit: MAX_OF_THREAD,
        });
    }
    if all.cast_unsigned() as usize >= MAX_QUEUED {
        return Err(Error::Limit { what: "messages that wait for all threads", limit: MAX_QUEUED });
    }
    let sql = "INSERT INTO queue VALUES (?1, ?2, ?3, ?4, ?5, 'waiting')";
    connection.prepare_cached(sql)?.execute(params![
        message.id,
        thread.as_str(),
        last + 1,
        message.input.as_str(),
        message.queued_at.cast_signed(),
    ])?;
    Ok(Answer::Done)
}

fn reorder(connection: &Connection, thread: &ThreadId, ids: &[String]) -> Result<Answer, Error> {
    let mut query = connection.prepare_cached("SELECT id, state FROM queue WHERE thread = ?1")?;
    let rows = query.query_map(params![thread.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (sending, there): (Vec<_>, Vec<_>) = rows
        .collect::<Result<Vec<(String, String)>, _>>()?
        .into_iter()
        .partition(|(_, state)| state == "sending");
    let mut there: Vec<String> = there.into_iter().map(|(id, _)| id).collect();
    let mut named = ids.to_vec();
    named.retain(|id| !sending.iter().any(|(one, _)| one == id));
    there.sort();
    named.sort();
    if there != named {
        return Ok(Answer::Changed(false));
    }
    let mut update = connection.prepare_cached("UPDATE queue SET position = ?2 WHERE id = ?1")?;
    for (id, position) in ids.iter().zip(1_i64..) {
        update.execute(params![id, position])?;
    }
    Ok(Answer::Changed(true))
}

fn load(connection: &Connection) -> Result<Answer, Error> {
    let sql = "SELECT id, thread, input, queued_at, state FROM queue ORDER BY thread, position";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map([], row)?;
    Ok(Answer::Queue(rows.collect::<Result<_, _>>()?))
}

fn row(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    let thread: String = row.get(1)?;
    let state: String = row.get(4)?;
    Ok(Row {
        thread: thread.into(),
        message: QueuedMessage {
            id: row.get(0)?,
            input: Raw::from_text(row.get(2)?),
            queued_at: row.get::<_, i64>(3)?.cast_unsigned(),
        },
        state: match state.as_str() {
            "sending" => State::Sending,
            "held" => State::Held,
            _ => State::Waiting,
        },
    })
}
