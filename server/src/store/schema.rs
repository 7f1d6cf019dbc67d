//! The schema, step by step. What has been released is never changed: a change is a further step.

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use super::{Error, approvals, atoms, automations, grants, live, meta, queue, terminals};

/// `Outr` as `SQLite`'s application id.
pub const APPLICATION: i32 = 0x4f75_7472;

/// Every step so far, the oldest first.
pub const STEPS: &[&str] = &[
    meta::SCHEMA,
    approvals::SCHEMA,
    live::SCHEMA,
    queue::SCHEMA,
    atoms::SCHEMA,
    grants::SCHEMA,
    terminals::SCHEMA,
    automations::SCHEMA,
    automations::LAST_CODEX,
    automations::RESUMES,
];

/// Takes the steps that this database has not taken.
pub fn migrate(connection: &mut Connection, steps: &'static [&'static str]) -> Result<(), Error> {
    let migrations = Migrations::new(steps.iter().map(|step| M::up(step)).collect());
    migrations.to_latest(connection).map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => err.into(),
        other => Error::Sqlite { message: other.to_string() },
    })
}

/// How many steps this database has taken.
pub fn version(connection: &Connection) -> Result<u64, Error> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(version.cast_unsigned())
}
