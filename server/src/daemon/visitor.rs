//! Those who come to the daemon.

use std::io::{self, Write};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

use super::{
    Ask, Face, Hello, Welcome,
    greeting::{self, LINK_VERSION, MAX_LINE, Misread},
};

/// Somebody at the door, of this version of the link.
pub struct Visitor {
    pub hello: Hello,
    pub reader: Box<dyn AsyncRead + Send + Unpin>,
    pub writer: Box<dyn Write + Send>,
}

impl Visitor {
    /// Answers the hello: a line that a fresh connection has room for.
    pub fn welcome(&mut self, welcome: &Welcome) -> io::Result<()> {
        say(&mut self.writer, welcome)
    }
}

/// What the loop is told of those who come.
pub enum Caller {
    Editor(Visitor),
    /// A question from a terminal; the welcome is its answer. It waits for its connection to end when it
    /// asked the daemon to.
    Terminal(Ask, Visitor),
    /// One of another version, who is told ours.
    Stranger(Box<dyn Write + Send>),
}

/// Says the welcome to somebody.
pub fn say(writer: &mut impl Write, welcome: &Welcome) -> io::Result<()> {
    writer.write_all(&greeting::line(welcome)?)?;
    writer.flush()
}

/// Hears the hello of a connection.
pub(super) async fn greet(
    reader: impl AsyncRead + Send + Unpin + 'static,
    writer: Box<dyn Write + Send>,
) -> io::Result<Caller> {
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    (&mut reader).take(MAX_LINE as u64).read_until(b'\n', &mut line).await?;
    match greeting::read::<Hello>(&line) {
        Err(Misread::Noise) => Err(io::ErrorKind::InvalidData.into()),
        Err(Misread::Version(_)) => Ok(Caller::Stranger(writer)),
        Ok(hello) => caller(Visitor { hello, reader: Box::new(reader), writer })
            .ok_or_else(|| io::ErrorKind::InvalidData.into()),
    }
}

/// What somebody who said hello comes for; `None` for a hello that asks for nothing we know.
fn caller(visitor: Visitor) -> Option<Caller> {
    let Hello { outrigger, face, ask, .. } = visitor.hello;
    match (face, ask) {
        _ if outrigger != LINK_VERSION => Some(Caller::Stranger(visitor.writer)),
        (Face::Lsp, _) => Some(Caller::Editor(visitor)),
        (Face::Control, Some(ask)) => Some(Caller::Terminal(ask, visitor)),
        (Face::Control, None) => None,
    }
}
