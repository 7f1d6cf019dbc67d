//! The named pipe at which the daemon is met. Only this user may open it.

use std::{
    ffi::OsStr,
    io::{self, Write},
    path::Path,
    time::Duration,
};

use interprocess::os::windows::{
    named_pipe::{
        PipeListenerOptions, PipeMode, pipe_mode,
        tokio::{DuplexPipeStream, PipeListenerOptionsExt, SendPipeStream},
    },
    security_descriptor::SecurityDescriptor,
};
use tokio::{io::AsyncWriteExt, runtime::Handle, task::AbortHandle};
use tracing::{debug, info, warn};
use widestring::U16CString;

use super::{Caller, place, system::user, visitor::greet};

/// How long a visitor may take to say hello.
const GREETING: Duration = Duration::from_secs(10);
/// How long to wait when no more connections can be taken.
const BREATH: Duration = Duration::from_millis(200);
/// Nobody but the owner, and nothing inherited.
const FOR_ITS_OWNER: &str = "D:P(A;;GA;;;OW)";

/// Where the daemon is met, until it is closed.
pub struct Door(AbortHandle);

impl Door {
    /// Lets nobody in any more.
    pub fn close(self) {
        self.0.abort();
    }
}

/// Takes connections. The daemon can be met when this returns.
pub fn listen(
    directory: &Path,
    told: impl Fn(Caller) + Send + Sync + Clone + 'static,
) -> io::Result<Door> {
    let name = place::pipe(directory, &user());
    let owner = U16CString::from_str(FOR_ITS_OWNER).map_err(io::Error::other)?;
    let listener = PipeListenerOptions::new()
        .path(OsStr::new(&name))
        .mode(PipeMode::Bytes)
        .security_descriptor(Some(SecurityDescriptor::deserialize(&owner)?))
        .create_tokio_duplex::<pipe_mode::Bytes>()?;
    info!(name, "to be met here");
    let task = tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok(pipe) => {
                    let told = told.clone();
                    tokio::spawn(async move { receive(pipe, told).await });
                }
                Err(error) => {
                    warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    });
    Ok(Door(task.abort_handle()))
}

async fn receive(pipe: DuplexPipeStream<pipe_mode::Bytes>, told: impl Fn(Caller)) {
    match tokio::time::timeout(GREETING, hear(pipe)).await {
        Ok(Ok(caller)) => told(caller),
        Ok(Err(error)) => debug!(%error, "a connection without a hello"),
        Err(_) => debug!("a connection that said nothing"),
    }
}

async fn hear(pipe: DuplexPipeStream<pipe_mode::Bytes>) -> io::Result<Caller> {
    let (receives, sends) = pipe.split();
    greet(receives, Box::new(PipeWriter { sends, runtime: Handle::current() })).await
}

/// Blocking writes to a pipe. It ends when this half and the reading one are dropped, once the other end has
/// read everything.
struct PipeWriter {
    sends: SendPipeStream<pipe_mode::Bytes>,
    runtime: Handle,
}

impl Write for PipeWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The welcome is written by a thread of the runtime, all else by one that knows none.
        tokio::task::block_in_place(|| self.runtime.block_on(self.sends.write(bytes)))
    }

    /// To flush a pipe is to wait until the other end has read everything: nobody wants that here.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
