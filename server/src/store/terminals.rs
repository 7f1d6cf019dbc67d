//! What is shown of a terminal after the process in which it ran has ended: where it was, and its last screen.

use rusqlite::params;

use super::{Answer, Error, writer::Desk};
use crate::protocol::{Raw, TerminalId};

/// Terminals that there may be.
const MAX_TERMINALS: usize = 64;
/// Bytes of what one shows.
pub const MAX_SHOWN: usize = 2 << 20;

pub const SCHEMA: &str = "
CREATE TABLE terminals (id TEXT PRIMARY KEY, about TEXT NOT NULL, shown TEXT NOT NULL) STRICT, WITHOUT ROWID;
";

/// One terminal; both parts are the core's own JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Terminal {
    pub id: TerminalId,
    /// Its name and folder, kept as they are.
    pub about: Raw,
    /// Its title and screen, kept without secrets.
    pub shown: Raw,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Takes the place of what was kept of it.
    Keep(Terminal),
    Forget {
        id: TerminalId,
    },
    List,
}

impl Request {
    pub(super) fn writes(&self) -> bool {
        !matches!(self, Self::List)
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Keep(terminal) => terminal.about.len() + terminal.shown.len(),
            Self::Forget { .. } | Self::List => 0,
        }
    }
}

pub(super) fn perform(desk: &Desk<'_>, request: &Request) -> Result<Answer, Error> {
    let connection = desk.connection;
    match request {
        Request::Keep(terminal) => keep(desk, terminal),
        Request::Forget { id } => {
            let sql = "DELETE FROM terminals WHERE id = ?1";
            let forgotten = connection.prepare_cached(sql)?.execute(params![id.as_str()])?;
            Ok(Answer::Changed(forgotten > 0))
        }
        Request::List => {
            let mut query = connection.prepare_cached("SELECT id, about, shown FROM terminals")?;
            let terminals = query.query_map([], |row| {
                let (about, shown): (String, String) = (row.get(1)?, row.get(2)?);
                let id: String = row.get(0)?;
                let (about, shown) = (Raw::from_text(about), Raw::from_text(shown));
                Ok(Terminal { id: id.into(), about, shown })
            })?;
            Ok(Answer::Terminals(terminals.collect::<Result<_, _>>()?))
        }
    }
}

fn keep(desk: &Desk<'_>, terminal: &Terminal) -> Result<Answer, Error> {
    if terminal.shown.len() > MAX_SHOWN {
        return Err(Error::Limit { what: "bytes of a terminal", limit: MAX_SHOWN });
    }
    let connection = desk.connection;
    let others: i64 = connection
        .prepare_cached("SELECT count(*) FROM terminals WHERE id <> ?1")?
        .query_row(params![terminal.id.as_str()], |row| row.get(0))?;
    if others.cast_unsigned() as usize >= MAX_TERMINALS {
        return Err(Error::Limit { what: "terminals", limit: MAX_TERMINALS });
    }
    let shown = (desk.surroundings.redact)(&terminal.shown);
    let sql = "INSERT INTO terminals VALUES (?1, ?2, ?3)
        ON CONFLICT (id) DO UPDATE SET about = ?2, shown = ?3";
    connection.prepare_cached(sql)?.execute(params![
        terminal.id.as_str(),
        terminal.about.as_str(),
        shown.as_str(),
    ])?;
    Ok(Answer::Done)
}
