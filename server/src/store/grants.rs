//! Folders in which the person allowed host operations, by canonical path.

use rusqlite::params;

use super::{Answer, Error, writer::Desk};

/// Grants that there may be.
const MAX_GRANTS: usize = 1_000;

pub const SCHEMA: &str = "
CREATE TABLE grants (path BLOB PRIMARY KEY, added_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The bytes of the canonical path.
    pub path: Vec<u8>,
    /// Epoch milliseconds.
    pub added_at: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// One that is there already keeps its time.
    Add(Grant),
    Remove {
        path: Vec<u8>,
    },
    List,
}

impl Request {
    pub(super) fn writes(&self) -> bool {
        !matches!(self, Self::List)
    }
}

pub(super) fn perform(desk: &Desk<'_>, request: &Request) -> Result<Answer, Error> {
    let connection = desk.connection;
    match request {
        Request::Add(grant) => {
            let count: i64 =
                connection.query_row("SELECT count(*) FROM grants", [], |row| row.get(0))?;
            if count.cast_unsigned() as usize >= MAX_GRANTS {
                return Err(Error::Limit { what: "grants", limit: MAX_GRANTS });
            }
            let sql = "INSERT INTO grants VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            let added = connection
                .prepare_cached(sql)?
                .execute(params![grant.path, grant.added_at.cast_signed()])?;
            Ok(Answer::Changed(added > 0))
        }
        Request::Remove { path } => {
            let sql = "DELETE FROM grants WHERE path = ?1";
            Ok(Answer::Changed(connection.prepare_cached(sql)?.execute(params![path])? > 0))
        }
        Request::List => {
            let mut query =
                connection.prepare_cached("SELECT path, added_at FROM grants ORDER BY path")?;
            let grants = query.query_map([], |row| {
                let added_at = row.get::<_, i64>(1)?.cast_unsigned();
                Ok(Grant { path: row.get(0)?, added_at })
            })?;
            Ok(Answer::Grants(grants.collect::<Result<_, _>>()?))
        }
    }
}
