//! The socket at which the daemon is met: who may come, and what for.

use std::{
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    net::{UnixListener, UnixStream},
    signal::unix::{SignalKind, signal},
    task::AbortHandle,
};
use tracing::{debug, info, warn};

use crate::{home, transport::SocketWriter};

use super::{Caller, place, visitor::greet};

/// How long a visitor may take to say hello.
const GREETING: Duration = Duration::from_secs(10);
/// How long to wait when no more connections can be taken, as when descriptors run out.
const BREATH: Duration = Duration::from_millis(200);

/// Where the daemon is met, until it is closed.
pub struct Door {
    task: AbortHandle,
    path: Arc<Mutex<PathBuf>>,
}

impl Door {
    /// Lets nobody in any more.
    pub fn close(self) {
        self.task.abort();
        let path = self.path.lock().unwrap_or_else(PoisonError::into_inner);
        // It may be gone already, with the folder it was in.
        let _ = std::fs::remove_file(&*path);
    }
}

/// Takes connections. The daemon can be met when this returns.
pub fn listen(
    directory: &Path,
    told: impl Fn(Caller) + Send + Sync + Clone + 'static,
) -> io::Result<Door> {
    let (mut listener, path) = bind(directory)?;
    let mut lost = signal(SignalKind::hangup())?;
    let directory = directory.to_owned();
    let path = Arc::new(Mutex::new(path));
    let place = Arc::clone(&path);
    let task = tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = lost.recv() => {
                    match bind(&directory) {
                        Ok((anew, path)) => {
                            listener = anew;
                            *place.lock().unwrap_or_else(PoisonError::into_inner) = path;
                        }
                        Err(error) => warn!(%error, "the socket could not be made anew"),
                    }
                    continue;
                }
            };
            match accepted {
                Ok((stream, _)) => {
                    let told = told.clone();
                    tokio::spawn(async move { receive(stream, told).await });
                }
                Err(error) => {
                    warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    });
    Ok(Door { task: task.abort_handle(), path })
}

/// Makes the socket, in the first place that takes one. The lock is ours, so what stands there is a
/// dead daemon's.
fn bind(directory: &Path) -> io::Result<(UnixListener, PathBuf)> {
    let mut refused = io::ErrorKind::NotFound.into();
    for path in place::sockets(directory) {
        match bind_at(&path, directory) {
            Ok(listener) => {
                info!(path = %path.display(), "to be met here");
                return Ok((listener, path));
            }
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

fn bind_at(path: &Path, directory: &Path) -> io::Result<UnixListener> {
    if let Some(folder) = path.parent().filter(|folder| *folder != directory) {
        home::create_private(folder)?;
        require_private(folder)?;
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600))?;
    Ok(listener)
}

/// A folder in a place that everyone may write to is used only if it is ours alone.
fn require_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::symlink_metadata(folder)?;
    let is_ours = found.is_dir()
        && found.uid() == rustix::process::geteuid().as_raw()
        && found.permissions().mode() & 0o777 == 0o700;
    if is_ours { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

async fn receive(stream: UnixStream, told: impl Fn(Caller)) {
    match stream.peer_cred() {
        Ok(peer) if peer.uid() == rustix::process::geteuid().as_raw() => {}
        Ok(peer) => return warn!(uid = peer.uid(), "another user was turned away"),
        Err(error) => return warn!(%error, "a peer that cannot be told was turned away"),
    }
    match tokio::time::timeout(GREETING, hear(stream)).await {
        Ok(Ok(caller)) => told(caller),
        Ok(Err(error)) => debug!(%error, "a connection without a hello"),
        Err(_) => debug!("a connection that said nothing"),
    }
}

async fn hear(stream: UnixStream) -> io::Result<Caller> {
    let stream = stream.into_std()?;
    let writer = Box::new(SocketWriter::new(stream.try_clone()?));
    greet(UnixStream::from_std(stream)?, writer).await
}
