//! Small values that editors share: a draft, a choice, a place in a list. Each has a revision, so that of two who
//! write at once one is told.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Answer, Error, writer::Desk};
use crate::protocol::Raw;

/// Bytes of a key and of a value.
pub const MAX_KEY: usize = 256;
pub const MAX_VALUE: usize = 1 << 20;
/// Atoms that there may be.
pub const MAX_ATOMS: usize = 10_000;
/// Bytes of the values in one list.
const MAX_LIST: usize = 16 << 20;

/// A deleted atom keeps its row, without a value: a revision of its is never given twice.
pub const SCHEMA: &str = "
CREATE TABLE atoms (
    key TEXT PRIMARY KEY,
    value TEXT,
    revision INTEGER NOT NULL,
    crc32c INTEGER NOT NULL
) STRICT;
";

#[derive(Clone, Debug, PartialEq)]
pub struct Atom {
    pub key: String,
    pub value: Raw,
    pub revision: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    Get {
        key: String,
    },
    /// With `if_revision` only when that is its revision now; 0 stands for "not there".
    Set {
        key: String,
        value: Raw,
        if_revision: Option<u64>,
    },
    Delete {
        key: String,
        if_revision: Option<u64>,
    },
    /// In the order of their keys.
    List {
        prefix: String,
    },
}

impl Request {
    pub(super) fn writes(&self) -> bool {
        matches!(self, Self::Set { .. } | Self::Delete { .. })
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Set { key, value, .. } => key.len() + value.len(),
            Self::Get { key } | Self::Delete { key, .. } => key.len(),
            Self::List { prefix } => prefix.len(),
        }
    }
}

pub(super) fn perform(desk: &Desk<'_>, request: &Request) -> Result<Answer, Error> {
    let connection = desk.connection;
    match request {
        Request::Get { key } => get(connection, key).map(Answer::Atom),
        Request::Set { key, value, if_revision } => set(connection, key, value, *if_revision),
        Request::Delete { key, if_revision } => delete(connection, key, *if_revision),
        Request::List { prefix } => list(connection, prefix).map(Answer::Atoms),
    }
}

/// The revision as a caller sees it, and the one that the row has.
fn revisions(connection: &Connection, key: &str) -> Result<(u64, u64), Error> {
    let sql = "SELECT revision, value IS NULL FROM atoms WHERE key = ?1";
    let found = connection
        .prepare_cached(sql)?
        .query_row(params![key], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?)))
        .optional()?;
    let (last, deleted) = found.unwrap_or((0, true));
    Ok((if deleted { 0 } else { last }, last))
}

fn expect(revision: u64, if_revision: Option<u64>) -> Result<(), Error> {
    match if_revision {
        Some(expected) if expected != revision => Err(Error::Conflict { revision }),
        _ => Ok(()),
    }
}

fn set(
    connection: &Connection,
    key: &str,
    value: &Raw,
    if_revision: Option<u64>,
) -> Result<Answer, Error> {
    if key.len() > MAX_KEY {
        return Err(Error::Limit { what: "bytes of a key", limit: MAX_KEY });
    }
    if value.len() > MAX_VALUE {
        return Err(Error::Limit { what: "bytes of a value", limit: MAX_VALUE });
    }
    let (now, last) = revisions(connection, key)?;
    expect(now, if_revision)?;
    if last == 0 {
        make_room(connection)?;
    }
    let revision = last + 1;
    let sql = "INSERT INTO atoms VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (key) DO UPDATE SET value = ?2, revision = ?3, crc32c = ?4";
    let sum = checksum(key, value, revision);
    connection.prepare_cached(sql)?.execute(params![
        key,
        value.as_str(),
        revision.cast_signed(),
        sum
    ])?;
    Ok(Answer::Revision(revision))
}

fn make_room(connection: &Connection) -> Result<(), Error> {
    let (living, rows): (i64, i64) = connection
        .prepare_cached("SELECT count(value), count(*) FROM atoms")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if living.cast_unsigned() as usize >= MAX_ATOMS {
        return Err(Error::Limit { what: "atoms", limit: MAX_ATOMS });
    }
    if rows.cast_unsigned() as usize >= MAX_ATOMS {
        let sql = "DELETE FROM atoms WHERE rowid =
            (SELECT min(rowid) FROM atoms WHERE value IS NULL)";
        connection.prepare_cached(sql)?.execute([])?;
    }
    Ok(())
}

fn delete(connection: &Connection, key: &str, if_revision: Option<u64>) -> Result<Answer, Error> {
    let (now, last) = revisions(connection, key)?;
    expect(now, if_revision)?;
    if now == 0 {
        return Ok(Answer::Changed(false));
    }
    let sql = "UPDATE atoms SET value = NULL, revision = ?2 WHERE key = ?1";
    connection.prepare_cached(sql)?.execute(params![key, (last + 1).cast_signed()])?;
    Ok(Answer::Changed(true))
}

fn get(connection: &Connection, key: &str) -> Result<Option<Atom>, Error> {
    let sql = "SELECT key, value, revision, crc32c FROM atoms
        WHERE key = ?1 AND value IS NOT NULL";
    let found = connection.prepare_cached(sql)?.query_row(params![key], summed).optional()?;
    found.map(whole).transpose()
}

fn list(connection: &Connection, prefix: &str) -> Result<Vec<Atom>, Error> {
    let sql = "SELECT key, value, revision, crc32c FROM atoms
        WHERE key >= ?1 AND substr(key, 1, length(?1)) = ?1 AND value IS NOT NULL ORDER BY key";
    let mut query = connection.prepare_cached(sql)?;
    let mut room = MAX_LIST;
    let mut atoms = Vec::new();
    for row in query.query_map(params![prefix], summed)? {
        let atom = whole(row?)?;
        room = room
            .checked_sub(atom.value.len())
            .ok_or(Error::Limit { what: "bytes of the values in a list", limit: MAX_LIST })?;
        atoms.push(atom);
    }
    Ok(atoms)
}

fn summed(row: &Row<'_>) -> rusqlite::Result<(Atom, u32)> {
    let value = Raw::from_text(row.get(1)?);
    let revision = row.get::<_, i64>(2)?.cast_unsigned();
    Ok((Atom { key: row.get(0)?, value, revision }, row.get(3)?))
}

/// `SQLite` has no checksum of its own: a flipped bit would pass for the person's words.
fn whole((atom, sum): (Atom, u32)) -> Result<Atom, Error> {
    if checksum(&atom.key, &atom.value, atom.revision) == sum {
        Ok(atom)
    } else {
        Err(Error::Damaged { message: format!("the checksum of atom {:?} is wrong", atom.key) })
    }
}

fn checksum(key: &str, value: &Raw, revision: u64) -> u32 {
    let sum = crc32c::crc32c(key.as_bytes());
    let sum = crc32c::crc32c_append(sum, &revision.to_le_bytes());
    crc32c::crc32c_append(sum, value.as_bytes())
}
