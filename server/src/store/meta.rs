//! What the database says of itself: how often it was opened, and whether it was closed in order.

use rusqlite::{Connection, params};

use super::Error;

pub const SCHEMA: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('run', 0), ('clean', 1);
";

/// Whether the last owner closed it.
pub fn is_clean(connection: &Connection) -> Result<bool, Error> {
    Ok(get(connection, "clean")? == 1)
}

/// Takes the mark of an orderly end away and counts one more run, from `least` on.
pub fn begin_run(connection: &Connection, least: u64) -> Result<u64, Error> {
    let run = (get(connection, "run")?.cast_unsigned() + 1).max(least);
    note_run(connection, run)?;
    Ok(run)
}

/// Takes the mark of an orderly end away in the midst of a run.
pub fn note_run(connection: &Connection, run: u64) -> Result<(), Error> {
    set(connection, "run", run.cast_signed())?;
    set(connection, "clean", 0)
}

pub fn end_run(connection: &Connection) -> Result<(), Error> {
    set(connection, "clean", 1)
}

fn get(connection: &Connection, key: &str) -> Result<i64, Error> {
    let sql = "SELECT value FROM meta WHERE key = ?1";
    Ok(connection.query_row(sql, params![key], |row| row.get(0))?)
}

fn set(connection: &Connection, key: &str, value: i64) -> Result<(), Error> {
    connection.execute("UPDATE meta SET value = ?2 WHERE key = ?1", params![key, value])?;
    Ok(())
}
