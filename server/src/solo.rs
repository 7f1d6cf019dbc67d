//! Everything in one process over stdio: one session, and all ends with the editor.

#[cfg(unix)]
use std::{io, os::unix::net::UnixStream};

#[cfg(unix)]
use crate::{
    acp,
    protocol::{Failure, FailureKind},
};
use crate::{
    core::session::Origin,
    home,
    host::{Host, Lifetime},
    offspring::Mark,
    redact::Redactor,
    transport,
};

/// Serves one editor over stdio until it leaves. The exit code is LSP's: 0 after `shutdown`, else 1.
pub async fn run(redactor: Redactor) -> std::io::Result<u8> {
    let mark = home::of_this_environment().map(|directory| Mark::new(&directory));
    let mut host = Host::new(None, mark, Lifetime::Session, redactor)?;
    let (input, output) = transport::stdio()?;
    host.join(here(), |editor, limits| {
        transport::serve(input, output, move |message| editor.tell(message), limits)
    });
    let code = host.serve().await;
    host.end().await;
    Ok(code)
}

fn here() -> Origin {
    Origin {
        cwd: std::env::current_dir().ok(),
        environment: std::sync::Arc::new(std::env::vars_os().collect()),
        newer_build: false,
    }
}

/// Serves one ACP client over stdio until it leaves. The exit code.
#[cfg(unix)]
pub fn acp(redactor: Redactor) -> io::Result<u8> {
    let (ours, theirs) = UnixStream::pair()?;
    let host = std::thread::Builder::new().name("host".into()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(8)
            .enable_all()
            .build()?;
        runtime.block_on(beside(theirs, redactor))
    })?;
    let mut ours = Some(ours);
    let code = acp::run(&mut || {
        ours.take().ok_or_else(|| {
            Failure::new(FailureKind::DaemonGone, "Outrigger has ended: start it again.")
        })
    });
    // The app-server ends with its host, before this process does.
    drop(ours);
    host.join().map_err(|_| io::Error::other("the host ended badly"))??;
    Ok(code)
}

/// Windows has no pair of sockets to speak over within a process.
#[cfg(not(unix))]
pub fn acp(_: Redactor) -> std::io::Result<u8> {
    Err(std::io::Error::other("`outrigger acp --solo` is not for Windows: leave `--solo` out"))
}

/// The host for what is at the other end of this socket.
#[cfg(unix)]
async fn beside(socket: UnixStream, redactor: Redactor) -> io::Result<()> {
    let mark = home::of_this_environment().map(|directory| Mark::new(&directory));
    let mut host = Host::new(None, mark, Lifetime::Session, redactor)?;
    socket.set_nonblocking(true)?;
    let output = transport::SocketWriter::new(socket.try_clone()?);
    let input = tokio::net::UnixStream::from_std(socket)?;
    host.join(here(), |editor, limits| {
        transport::serve(input, output, move |message| editor.tell(message), limits)
    });
    host.serve().await;
    host.end().await;
    Ok(())
}
