//! Opening: whose file it is, whether it is whole, and which schema it has.

use std::{path::Path, sync::Arc};

use rusqlite::{Connection, TransactionBehavior};

use super::{
    Error, Event, Notice, Opened, Store, Surroundings, approvals, connect, files, meta, schema,
};

/// The oldest `SQLite` whose WAL does not lose what was reset (3.51.3).
const SQLITE: i32 = 3_051_003;

/// An open database.
pub struct Database {
    pub connection: Connection,
    pub run: u64,
    /// Why nothing may be written.
    pub read_only: Option<Error>,
}

/// Opens the store of a directory and starts its thread. It always comes back: a store that cannot be used answers
/// every command with the reason.
pub fn open(surroundings: Surroundings) -> Opened {
    let (database, notices) = open_steps(&surroundings, schema::STEPS, Run::Next { least: 1 });
    let run = match &database {
        Ok(database) => database.run,
        Err(_) => unheard_of(&surroundings),
    };
    let events = Arc::clone(&surroundings.events);
    let store = Store::start(surroundings, database);
    for notice in notices {
        events(Event::Notice(notice));
    }
    Opened { store, run }
}

/// Which run an opening belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// One more than the last, and at least this.
    Next { least: u64 },
    /// The one that found its file damaged.
    Same(u64),
}

/// Opens the database, at the second try a new one.
pub fn open_steps(
    surroundings: &Surroundings,
    steps: &'static [&'static str],
    run: Run,
) -> (Result<Database, Error>, Vec<Notice>) {
    let mut notices = Vec::new();
    let mut opened = attempt(surroundings, steps, run);
    if let Err(Error::Damaged { message }) = &opened {
        opened =
            files::set_aside(&surroundings.directory, (surroundings.now)()).and_then(|place| {
                let message = message.clone();
                notices.push(Notice::SetAside { directory: place, message });
                let run = match run {
                    // The new file knows no earlier run: it counts on from where none has been.
                    Run::Next { .. } => Run::Next { least: unheard_of(surroundings) },
                    Run::Same(_) => run,
                };
                attempt(surroundings, steps, run)
            });
    }
    let error = match &opened {
        Ok(database) => database.read_only.clone(),
        Err(error) => Some(error.clone()),
    };
    notices.extend(error.map(|error| Notice::Unavailable { error }));
    (opened, notices)
}

/// A run's number that counting by ones does not reach: seconds since the epoch.
fn unheard_of(surroundings: &Surroundings) -> u64 {
    (surroundings.now)() / 1_000
}

fn attempt(
    surroundings: &Surroundings,
    steps: &'static [&'static str],
    run: Run,
) -> Result<Database, Error> {
    if rusqlite::version_number() < SQLITE {
        return Err(Error::SqliteTooOld { found: rusqlite::version() });
    }
    let directory = &surroundings.directory;
    let path = directory.join(files::NAME);
    if files::has_orphans(directory) {
        return Err(damaged("its write-ahead log is there without it"));
    }
    if !path.exists() {
        create(directory, steps)?;
    }
    // Before SQLite has it: opening changes a file that may be somebody else's.
    if !files::begins_as(&path, schema::APPLICATION)? {
        return Err(damaged("it is empty, or not Outrigger's"));
    }
    let mut connection = connect::to_write(&path)?;
    let (found, known) = (schema::version(&connection)?, steps.len() as u64);
    if found > known {
        let read_only = Some(Error::Newer { found, known });
        let connection = connect::to_read(&path)?;
        return Ok(Database { connection, run: unheard_of(surroundings), read_only });
    }
    if matches!(run, Run::Same(_)) || !meta::is_clean(&connection).map_err(unreadable)? {
        check(&connection)?;
    }
    if found < known {
        let place = files::backup_place(directory, found, (surroundings.now)())?;
        connection.backup(rusqlite::MAIN_DB, &place, None)?;
        schema::migrate(&mut connection, steps)?;
    }
    let run = match begin_run(&mut connection, run) {
        Ok(run) => run,
        // What can be read is read; each write will say for itself that there is no room.
        Err(Error::Full | Error::Io { .. }) => unheard_of(surroundings),
        Err(error) => return Err(error),
    };
    Ok(Database { connection, run, read_only: None })
}

/// Builds a new database beside its place, so that under its name there is never half a one.
fn create(directory: &Path, steps: &'static [&'static str]) -> Result<(), Error> {
    let new = directory.join("outrigger.db.new");
    files::private_file(&new)?;
    let mut connection = Connection::open(&new)?;
    connection.pragma_update(None, "application_id", schema::APPLICATION)?;
    schema::migrate(&mut connection, steps)?;
    connection.close().map_err(|(_, error)| error)?;
    files::put_in_place(&new, directory)
}

fn begin_run(connection: &mut Connection, run: Run) -> Result<u64, Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let run = match run {
        Run::Next { least } => {
            let run = meta::begin_run(&transaction, least)?;
            approvals::app_server_gone(&transaction, run)?;
            run
        }
        Run::Same(run) => {
            meta::note_run(&transaction, run)?;
            run
        }
    };
    transaction.commit()?;
    Ok(run)
}

fn check(connection: &Connection) -> Result<(), Error> {
    let verdict: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(unreadable)?;
    if verdict == "ok" { Ok(()) } else { Err(Error::Damaged { message: verdict }) }
}

/// A database of ours whose own tables cannot be read is damaged, whatever `SQLite` calls it.
fn unreadable(error: impl Into<Error>) -> Error {
    match error.into() {
        Error::Sqlite { message } => Error::Damaged { message },
        other => other,
    }
}

fn damaged(message: &str) -> Error {
    Error::Damaged { message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Raw;

    fn surroundings(directory: &Path, now: u64) -> Surroundings {
        Surroundings {
            directory: directory.to_path_buf(),
            now: Box::new(move || now),
            redact: Box::new(Raw::clone),
            events: Arc::new(|_| {}),
        }
    }

    /// Opens with the first steps only, as an earlier release would.
    fn at_step(directory: &Path, step: usize, now: u64) -> Database {
        let surroundings = surroundings(directory, now);
        let (opened, notices) =
            open_steps(&surroundings, &schema::STEPS[..step], Run::Next { least: 1 });
        assert_eq!(notices, []);
        opened.unwrap()
    }

    fn backups(directory: &Path) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(directory.join("backups")) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn each_migration_keeps_the_data_and_leaves_a_backup_of_which_three_are_kept() {
        let home = tempfile::tempdir().unwrap();
        let all = schema::STEPS.len();
        for step in 2..=all {
            let database = at_step(home.path(), step, step as u64);
            assert_eq!(database.run, step as u64 - 1);
            assert_eq!(schema::version(&database.connection).unwrap(), step as u64);
        }
        let expected: Vec<String> =
            (all - 2..=all).map(|n| format!("{n:015}-schema-{}.db", n - 1)).collect();
        assert_eq!(backups(home.path()), expected);
        let newest = Connection::open(home.path().join("backups").join(&expected[2])).unwrap();
        assert_eq!(schema::version(&newest).unwrap(), all as u64 - 1);
        assert_eq!(meta::begin_run(&newest, 1).unwrap(), all as u64 - 1);
        newest.close().unwrap();
        drop(at_step(home.path(), all, 99));
        assert_eq!(backups(home.path()), expected, "there was nothing to migrate");
    }

    #[test]
    fn a_migration_that_fails_changes_nothing() {
        let home = tempfile::tempdir().unwrap();
        drop(at_step(home.path(), schema::STEPS.len(), 1));
        let broken: Vec<&'static str> =
            schema::STEPS.iter().copied().chain(["CREATE TABLE t (x); SELECT nonsense"]).collect();
        let surroundings = surroundings(home.path(), 2);
        let (opened, notices) = open_steps(&surroundings, broken.leak(), Run::Next { least: 1 });
        let error = opened.err().unwrap();
        assert!(matches!(error, Error::Sqlite { .. }), "{error:?}");
        assert_eq!(notices, [Notice::Unavailable { error }]);
        let again = at_step(home.path(), schema::STEPS.len(), 3);
        assert_eq!((again.run, again.read_only), (2, None));
    }
}
