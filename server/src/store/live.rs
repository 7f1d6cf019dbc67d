//! What only the live stream of a turn had: the app-server's history will not give it again.

use rusqlite::{named_params, params};

use super::{Answer, Error, writer::Desk};
use crate::protocol::{Raw, ThreadId, TurnId};

/// Bytes kept of one turn, and of one thread. A turn beyond its bound is refused; a thread's oldest turns make room.
pub const MAX_TURN: usize = 4 << 20;
const MAX_THREAD: i64 = 16 << 20;
/// Turns kept of all threads.
const MAX_TURNS: i64 = 50_000;

pub const SCHEMA: &str = "
CREATE TABLE live_turns (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    thread TEXT NOT NULL,
    turn TEXT NOT NULL,
    body TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    UNIQUE (thread, turn)
) STRICT;
";

/// What is kept of one turn. The body is the core's own JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    pub turn: TurnId,
    pub body: Raw,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Takes the place of what was kept of this turn.
    Keep { thread: ThreadId, turn: Turn },
    /// Nothing of this turn is to be kept any more.
    Forget { thread: ThreadId, turn: TurnId },
    /// The thread is gone.
    ForgetThread { thread: ThreadId },
    /// What is kept of a thread, in the order in which it was first kept.
    List { thread: ThreadId },
}

impl Request {
    pub(super) fn writes(&self) -> bool {
        !matches!(self, Self::List { .. })
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Keep { turn, .. } => turn.body.len(),
            _ => 0,
        }
    }
}

pub(super) fn perform(desk: &Desk<'_>, request: &Request) -> Result<Answer, Error> {
    let connection = desk.connection;
    match request {
        Request::Keep { thread, turn } => keep(desk, thread, turn),
        Request::Forget { thread, turn } => {
            let sql = "DELETE FROM live_turns WHERE thread = ?1 AND turn = ?2";
            let gone =
                connection.prepare_cached(sql)?.execute(params![thread.as_str(), turn.as_str()])?;
            Ok(Answer::Changed(gone > 0))
        }
        Request::ForgetThread { thread } => {
            let sql = "DELETE FROM live_turns WHERE thread = ?1";
            let gone = connection.prepare_cached(sql)?.execute(params![thread.as_str()])?;
            Ok(Answer::Changed(gone > 0))
        }
        Request::List { thread } => {
            let sql = "SELECT turn, body FROM live_turns WHERE thread = ?1 ORDER BY number";
            let mut query = connection.prepare_cached(sql)?;
            let turns = query.query_map(params![thread.as_str()], |row| {
                let turn: String = row.get(0)?;
                Ok(Turn { turn: turn.into(), body: Raw::from_text(row.get(1)?) })
            })?;
            Ok(Answer::Turns(turns.collect::<Result<_, _>>()?))
        }
    }
}

fn keep(desk: &Desk<'_>, thread: &ThreadId, turn: &Turn) -> Result<Answer, Error> {
    let body = (desk.surroundings.redact)(&turn.body);
    if body.len() > MAX_TURN {
        return Err(Error::Limit { what: "bytes of what is kept of a turn", limit: MAX_TURN });
    }
    let sql = "INSERT INTO live_turns (thread, turn, body, bytes)
        VALUES (:thread, :turn, :body, :bytes)
        ON CONFLICT (thread, turn) DO UPDATE SET body = :body, bytes = :bytes";
    desk.connection.prepare_cached(sql)?.execute(named_params! {
        ":thread": thread.as_str(),
        ":turn": turn.turn.as_str(),
        ":body": body.as_str(),
        ":bytes": i64::try_from(body.len()).unwrap_or(i64::MAX),
    })?;
    let sql = "DELETE FROM live_turns WHERE thread = ?1 AND number IN (
            SELECT number FROM (
                SELECT number, sum(bytes) OVER (ORDER BY number DESC) AS held
                FROM live_turns WHERE thread = ?1)
            WHERE held > ?2)";
    desk.connection.prepare_cached(sql)?.execute(params![thread.as_str(), MAX_THREAD])?;
    let sql = "DELETE FROM live_turns WHERE number <= (SELECT max(number) FROM live_turns) - ?1";
    desk.connection.prepare_cached(sql)?.execute(params![MAX_TURNS])?;
    Ok(Answer::Done)
}
