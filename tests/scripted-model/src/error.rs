use std::io;
use std::path::PathBuf;

/// Why a script can't be played or the server can't run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("`{0}` is no kind of action; README.md lists them")]
    UnknownKind(String),
    #[error("`{kind}` needs {needs}, but its argument is `{argument}`")]
    BadArgument { kind: String, needs: &'static str, argument: String },
    #[error("`{0}` is a mark, not an action: it can't stand in a script file")]
    NotAnAction(String),
    #[error("a script has at least one step, and a step at least one action")]
    EmptyScript,
    #[error("step {step} calls no tool, so codex ends the turn there and step {} is never reached", step + 1)]
    UnreachableStep { step: usize },
    #[error(
        "`{kind}` ends the response, so it must be the last action of step {step}, and `http` its only one"
    )]
    ActionAfterEnd { kind: &'static str, step: usize },
    #[error("the script file is not a JSON list of steps, each a list of actions: {0}")]
    ScriptForm(String),
    #[error("can't parse the script file")]
    ScriptJson(#[source] serde_json::Error),
    #[error("can't read the script {}", path.display())]
    ScriptRead { path: PathBuf, source: io::Error },
    #[error("`[[file:{0}]]` was asked for, but the server was started without a folder of scripts")]
    NoScripts(String),
    #[error("`{0}` is not the plain name of a script file")]
    ScriptName(String),
    #[error("can't listen on 127.0.0.1:{port}")]
    Listen { port: u16, source: io::Error },
    #[error("can't start the server's thread")]
    Thread(#[source] io::Error),
    #[error("can't open the first-byte log {}", path.display())]
    FirstByteLog { path: PathBuf, source: io::Error },
    #[error("can't write {}", path.display())]
    CodexHome { path: PathBuf, source: io::Error },
    #[error("{} was not written by scripted-model, so it is left alone; choose an empty folder", .0.display())]
    ForeignConfig(PathBuf),
    #[error("the base URL holds a quote, a backslash or a control character: {0:?}")]
    BaseUrl(String),
}

/// The error and what caused it, on one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
