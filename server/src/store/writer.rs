//! The one thread that owns the connection.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
};

use rusqlite::{Connection, TransactionBehavior};

use super::{
    Answer, Command, Error, Event, Request, Surroundings, approvals, atoms, automations, grants,
    live, meta,
    open::{self, Database, Run},
    queue, schema, terminals,
};

/// Commands that may wait, and the bytes they may hold; one more is answered with [`Error::Overloaded`].
const INBOX: usize = 4_096;
const INBOX_BYTES: usize = 64 << 20;
/// Commands that one transaction takes.
const BATCH: usize = 256;

/// Takes commands; their answers come as events. When it is dropped, what waits is still written.
pub struct Store {
    inbox: Option<SyncSender<Command>>,
    waiting_bytes: Arc<AtomicUsize>,
    events: Arc<dyn Fn(Event) + Send + Sync>,
    thread: Option<JoinHandle<()>>,
}

impl Store {
    pub(super) fn start(surroundings: Surroundings, database: Result<Database, Error>) -> Self {
        let (inbox, commands) = sync_channel(INBOX);
        let waiting_bytes = Arc::new(AtomicUsize::new(0));
        let events = Arc::clone(&surroundings.events);
        let waiting = Arc::clone(&waiting_bytes);
        let writer = Writer { surroundings, database, waiting };
        let thread =
            std::thread::Builder::new().name("store".into()).spawn(move || writer.run(&commands));
        // Without a thread the inbox is closed, and every command is told so.
        Self { inbox: Some(inbox), waiting_bytes, events, thread: thread.ok() }
    }

    /// Hands one command over without waiting. It is answered, whatever happens.
    pub fn send(&self, command: Command) {
        let Command { token, .. } = command;
        let bytes = command.request.bytes();
        let waiting = self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        let refused = if waiting + bytes > INBOX_BYTES {
            Some(Error::Overloaded)
        } else {
            match self.inbox.as_ref().map(|inbox| inbox.try_send(command)) {
                Some(Ok(())) => None,
                Some(Err(TrySendError::Full(_))) => Some(Error::Overloaded),
                Some(Err(TrySendError::Disconnected(_))) | None => Some(Error::Closed),
            }
        };
        if let Some(error) = refused {
            self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
            (self.events)(Event::Answered { token, result: Err(error) });
        }
    }

    /// Writes what waits, marks the end as orderly and closes the file. Blocks until that is done.
    pub fn close(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.inbox = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.end();
    }
}

/// What a request is carried out with.
pub struct Desk<'a> {
    pub connection: &'a Connection,
    pub run: u64,
    pub surroundings: &'a Surroundings,
}

struct Writer {
    surroundings: Surroundings,
    database: Result<Database, Error>,
    waiting: Arc<AtomicUsize>,
}

impl Writer {
    fn run(mut self, commands: &Receiver<Command>) {
        while let Ok(first) = commands.recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(next) = commands.try_recv()
            {
                batch.push(next);
            }
            let bytes = batch.iter().map(|command| command.request.bytes()).sum();
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
            self.serve(&batch);
        }
        self.close();
    }

    /// Carries out a batch as one, or, if that fails, each command for itself: then one alone is to blame.
    fn serve(&mut self, batch: &[Command]) {
        let results = match self.together(batch) {
            Ok(results) => results,
            Err(error) if batch.len() == 1 => vec![Err(error)],
            Err(_) => batch
                .iter()
                .map(|command| {
                    self.together(std::slice::from_ref(command))
                        .and_then(|mut results| results.pop().unwrap_or(Err(Error::Closed)))
                })
                .collect(),
        };
        let damaged = results.iter().any(|result| matches!(result, Err(Error::Damaged { .. })));
        for (command, result) in batch.iter().zip(results) {
            self.tell(Event::Answered { token: command.token, result });
        }
        if damaged {
            self.reopen();
        }
    }

    fn together(&mut self, batch: &[Command]) -> Result<Vec<Result<Answer, Error>>, Error> {
        let database = self.database.as_mut().map_err(|error| error.clone())?;
        let Database { connection, run, read_only } = database;
        let surroundings = &self.surroundings;
        let all = |connection: &Connection| {
            let desk = Desk { connection, run: *run, surroundings };
            batch
                .iter()
                .map(|command| match (&command.request, &read_only) {
                    (request, Some(error)) if request.writes() => Ok(Err(error.clone())),
                    (request, _) => match perform(&desk, request) {
                        Err(error) if !error.is_refusal() => Err(error),
                        result => Ok(result),
                    },
                })
                .collect()
        };
        if read_only.is_some() || !batch.iter().any(|command| command.request.writes()) {
            return all(connection);
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let results = all(&transaction)?;
        transaction.commit()?;
        Ok(results)
    }

    /// A page could not be read: if the file is damaged it is set aside, and a new one is begun.
    fn reopen(&mut self) {
        let Ok(Database { run, .. }) = self.database else { return };
        self.database = Err(Error::Closed);
        let (database, notices) =
            open::open_steps(&self.surroundings, schema::STEPS, Run::Same(run));
        self.database = database;
        for notice in notices {
            self.tell(Event::Notice(notice));
        }
    }

    fn tell(&self, event: Event) {
        (self.surroundings.events)(event);
    }

    fn close(self) {
        let Ok(Database { connection, read_only: None, .. }) = self.database else { return };
        // Not marked, it is checked at the next start: that is all there is to lose.
        if meta::end_run(&connection).is_ok() {
            let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        let _ = connection.close();
    }
}

fn perform(desk: &Desk<'_>, request: &Request) -> Result<Answer, Error> {
    match request {
        Request::Approval(request) => approvals::perform(desk, request),
        Request::Live(request) => live::perform(desk, request),
        Request::Queue(request) => queue::perform(desk, request),
        Request::Atom(request) => atoms::perform(desk, request),
        Request::Grant(request) => grants::perform(desk, request),
        Request::Terminal(request) => terminals::perform(desk, request),
        Request::Automation(request) => automations::perform(desk, request),
    }
}
