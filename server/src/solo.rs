//! Everything in one process over stdio: one session, and all ends with the editor.

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
