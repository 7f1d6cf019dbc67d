//! Children of ours, so that the next start can end what a kill left behind.

use rusqlite::params;

use super::{Answer, Error, writer::Desk};
use crate::protocol::Raw;

/// Rows kept; the oldest runs' go first.
const MAX_ROWS: i64 = 4_096;

pub const SCHEMA: &str = "
CREATE TABLE processes (
    pid INTEGER NOT NULL,
    started INTEGER NOT NULL,
    argv TEXT NOT NULL,
    kind TEXT NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (pid, started)
) STRICT, WITHOUT ROWID;
";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    pub pid: u32,
    /// When the system says it began, in the system's own unit: with the pid it names a process once.
    pub started: u64,
    pub argv: Vec<String>,
    /// What it is to us, such as `codex`.
    pub kind: String,
    /// The run of Outrigger that started it; the one that keeps it, when it is added.
    pub run: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    Add(Process),
    Remove { pid: u32, started: u64 },
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
        Request::Add(process) => {
            let argv = (desk.surroundings.redact)(&Raw::of(&process.argv));
            let sql = "INSERT OR REPLACE INTO processes VALUES (?1, ?2, ?3, ?4, ?5)";
            connection.prepare_cached(sql)?.execute(params![
                process.pid,
                process.started.cast_signed(),
                argv.as_str(),
                process.kind,
                desk.run.cast_signed(),
            ])?;
            let sql = "DELETE FROM processes WHERE (pid, started) IN (
                SELECT pid, started FROM processes ORDER BY run DESC, started DESC LIMIT -1 OFFSET ?1)";
            connection.prepare_cached(sql)?.execute(params![MAX_ROWS])?;
            Ok(Answer::Done)
        }
        Request::Remove { pid, started } => {
            let sql = "DELETE FROM processes WHERE pid = ?1 AND started = ?2";
            let gone =
                connection.prepare_cached(sql)?.execute(params![pid, started.cast_signed()])?;
            Ok(Answer::Changed(gone > 0))
        }
        Request::List => {
            let sql = "SELECT pid, started, argv, kind, run FROM processes ORDER BY run, started";
            let mut query = connection.prepare_cached(sql)?;
            let processes = query.query_map([], |row| {
                Ok(Process {
                    pid: row.get(0)?,
                    started: row.get::<_, i64>(1)?.cast_unsigned(),
                    argv: Raw::from_text(row.get(2)?).decode().unwrap_or_default(),
                    kind: row.get(3)?,
                    run: row.get::<_, i64>(4)?.cast_unsigned(),
                })
            })?;
            Ok(Answer::Processes(processes.collect::<Result<_, _>>()?))
        }
    }
}
