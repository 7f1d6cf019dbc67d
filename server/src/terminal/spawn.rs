//! Starting a program on a PTY, on the one thread that does nothing else.

use std::{
    io::{Read, Write},
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel},
    },
    thread,
    time::Duration,
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::{
    Error,
    environment::{environment, is_shell, shell},
    integration::integrate,
    message::{Size, Spec},
};

/// A start that takes longer has hung.
const PATIENCE: Duration = Duration::from_secs(10);

/// A program on a PTY, and every handle to it.
pub(super) struct Spawned {
    pub master: Box<dyn MasterPty + Send>,
    pub reader: Box<dyn Read + Send>,
    pub writer: Box<dyn Write + Send>,
    pub child: Box<dyn Child + Send + Sync>,
    pub pid: u32,
    pub program: String,
    pub cwd: PathBuf,
    /// What was started is a shell that waits for a person, not a command of theirs.
    pub is_shell: bool,
}

struct Order {
    spec: Box<Spec>,
    terminal: String,
    reply: SyncSender<Result<Spawned, Error>>,
}

/// Starts programs from one thread, so that a fork never happens in the middle of another.
#[derive(Default)]
pub(super) struct Spawner {
    orders: Mutex<Option<Sender<Order>>>,
}

impl Spawner {
    /// Starts a program and waits for it. A start that hangs leaves its thread behind, and the next gets a new one.
    pub(super) fn spawn(&self, spec: Box<Spec>, terminal: &str) -> Result<Spawned, Error> {
        let command = spec.command.clone().unwrap_or_else(|| "The shell".into());
        let (reply, answer) = sync_channel(1);
        let order = Order { spec, terminal: terminal.to_owned(), reply };
        self.send(order).map_err(|error| failed(&command, error.to_string()))?;
        match answer.recv_timeout(PATIENCE) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => {
                *self.orders.lock().unwrap_or_else(PoisonError::into_inner) = None;
                Err(Error::SpawnTimeout { command, seconds: PATIENCE.as_secs() })
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(failed(&command, "its thread has ended".into()))
            }
        }
    }

    fn send(&self, mut order: Order) -> std::io::Result<()> {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = orders.as_ref() {
            match thread.send(order) {
                Ok(()) => return Ok(()),
                Err(returned) => order = returned.0,
            }
        }
        let (to_thread, from_us) = channel();
        thread::Builder::new().name("terminal-spawn".into()).spawn(move || serve(&from_us))?;
        // It has just begun to listen.
        let _ = to_thread.send(order);
        *orders = Some(to_thread);
        Ok(())
    }
}

fn failed(command: &str, message: String) -> Error {
    Error::Spawn { command: command.to_owned(), message }
}

fn serve(orders: &Receiver<Order>) {
    for order in orders {
        let result = start(&order.spec, &order.terminal);
        if let Err(unheard) = order.reply.send(result)
            && let Ok(mut spawned) = unheard.0
        {
            let _ = spawned.child.kill();
            let _ = spawned.child.wait();
        }
    }
}

fn start(spec: &Spec, terminal: &str) -> Result<Spawned, Error> {
    if !spec.cwd.is_dir() {
        return Err(Error::NoFolder { path: spec.cwd.display().to_string() });
    }
    let mut environment = environment(spec, terminal);
    let (program, mut args) = if let Some(command) = &spec.command {
        (command.clone(), spec.args.clone())
    } else {
        let (shell, mut args) = shell(&environment);
        args.extend(spec.args.iter().cloned());
        (shell, args)
    };
    let is_shell = spec.command.is_none() || is_shell(&program, &args);
    if let Some(folder) = &spec.integration {
        integrate(folder, &program, &mut args, &mut environment);
    }
    let failed = |message: String| failed(&program, message);
    let pair = native_pty_system()
        .openpty(pty_size(spec.size))
        .map_err(|error| failed(error.to_string()))?;
    let mut command = CommandBuilder::new(&program);
    command.args(&args);
    command.cwd(&spec.cwd);
    command.env_clear();
    for (name, value) in &environment {
        command.env(name, value);
    }
    let child = pair.slave.spawn_command(command).map_err(|error| failed(format!("{error:#}")))?;
    // While we hold it there is no end of file.
    drop(pair.slave);
    let reader = pair.master.try_clone_reader().map_err(|error| failed(format!("{error:#}")))?;
    let writer = pair.master.take_writer().map_err(|error| failed(format!("{error:#}")))?;
    let pid = child.process_id().unwrap_or_default();
    let cwd = spec.cwd.clone();
    Ok(Spawned { master: pair.master, reader, writer, child, pid, program, cwd, is_shell })
}

pub(super) fn pty_size(size: Size) -> PtySize {
    PtySize { rows: size.rows(), cols: size.cols(), pixel_width: 0, pixel_height: 0 }
}
