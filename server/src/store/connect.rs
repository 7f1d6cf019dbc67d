//! A connection as the store wants it.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};

use super::Error;

/// How long a writer waits for another process, which may be a person's own `sqlite3`.
const BUSY: Duration = Duration::from_secs(10);
/// Bytes that the WAL keeps on the disk once it has been taken over.
const JOURNAL: i64 = 64 << 20;

/// Opens for writing. The WAL is written through to the disk with every commit.
pub fn to_write(path: &Path) -> Result<Connection, Error> {
    let connection = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))?;
    prepare(&connection)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        let message = format!("the journal mode is {mode}, not WAL");
        return Err(Error::Sqlite { message });
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Where fsync does not reach the disk's own cache, this does; elsewhere it is ignored.
    connection.pragma_update(None, "fullfsync", true)?;
    connection
        .pragma_update_and_check(None, "journal_size_limit", JOURNAL, |row| row.get::<_, i64>(0))?;
    Ok(connection)
}

/// Opens for reading alone.
pub fn to_read(path: &Path) -> Result<Connection, Error> {
    let connection = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_ONLY))?;
    prepare(&connection)?;
    Ok(connection)
}

fn flags(access: OpenFlags) -> OpenFlags {
    access | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

fn prepare(connection: &Connection) -> Result<(), Error> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}
