//! The first line each way on the socket: who comes and what for, and who is there.
//!
//! One line of JSON each. Everything after it is the face that was asked for, LSP as it stands.

use std::{ffi::OsString, io, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::Build;

/// The version of what is spoken between a relay and a daemon before LSP begins. It changes when an
/// older end would misunderstand; added members do not change it.
pub const LINK_VERSION: u32 = 1;
/// The longest line, in bytes: an environment is in it.
pub const MAX_LINE: usize = 2 << 20;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Face {
    /// LSP with `outrigger/*`, for an editor.
    Lsp,
    /// One question to the daemon, answered by the welcome.
    Control,
}

/// What a terminal asks of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ask {
    Status,
    Stop,
}

/// Said by whoever connects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hello {
    pub outrigger: u32,
    pub build: Build,
    pub face: Face,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    #[serde(default)]
    pub cwd: Option<Text>,
    #[serde(default)]
    pub environment: Vec<(Text, Text)>,
}

/// Said by the daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Welcome {
    pub outrigger: u32,
    pub build: Build,
    pub pid: u32,
    pub sessions: u32,
    /// Why this one may not stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

impl Hello {
    /// A hello of an editor's process.
    pub fn of_editor(build: Build) -> Self {
        let cwd = std::env::current_dir().ok();
        let environment = std::env::vars_os();
        Self {
            cwd: cwd.map(|cwd| Text::from(cwd.into_os_string())),
            environment: environment.map(|(name, value)| (name.into(), value.into())).collect(),
            ..Self::of_terminal(build, Face::Lsp, None)
        }
    }

    /// A hello of a process that runs nothing here, so that what is around it stays its own.
    pub fn of_terminal(build: Build, face: Face, ask: Option<Ask>) -> Self {
        let environment = Vec::new();
        Self { outrigger: LINK_VERSION, build, face, ask, cwd: None, environment }
    }

    pub fn cwd(&self) -> Option<PathBuf> {
        self.cwd.clone().map(|cwd| OsString::from(cwd).into())
    }

    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        self.environment.iter().cloned().map(|(name, value)| (name.into(), value.into())).collect()
    }
}

/// Text of the platform: a name or value of the environment need not be UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    Plain(String),
    Bytes(Vec<u8>),
}

impl From<OsString> for Text {
    fn from(text: OsString) -> Self {
        text.into_string()
            .map_or_else(|text| Self::Bytes(text.as_encoded_bytes().to_vec()), Self::Plain)
    }
}

impl From<Text> for OsString {
    fn from(text: Text) -> Self {
        match text {
            Text::Plain(text) => text.into(),
            #[cfg(unix)]
            Text::Bytes(bytes) => std::os::unix::ffi::OsStringExt::from_vec(bytes),
            #[cfg(not(unix))]
            Text::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
        }
    }
}

/// One line to be written.
pub fn line<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

/// What a line says. A greeting of another version is read as far as its version.
pub fn read<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, Misread> {
    #[derive(Deserialize)]
    struct Version {
        outrigger: u32,
    }
    serde_json::from_slice(line).map_err(|_| match serde_json::from_slice::<Version>(line) {
        Ok(Version { outrigger }) => Misread::Version(outrigger),
        Err(_) => Misread::Noise,
    })
}

/// Why a greeting was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misread {
    Version(u32),
    Noise,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build() -> Build {
        Build { version: "1.2.3".into(), modified_ms: 5, size: 7 }
    }

    #[test]
    fn a_hello_comes_over_as_it_was() {
        let mut hello = Hello::of_editor(build());
        hello.environment.push((Text::Plain("ODD".into()), Text::Bytes(vec![0xff, 0x41])));
        let line = line(&hello).unwrap();
        assert_eq!(line.iter().position(|byte| *byte == b'\n'), Some(line.len() - 1));
        assert_eq!(read::<Hello>(&line).unwrap(), hello);
    }

    #[test]
    fn members_that_are_new_do_no_harm_and_another_version_is_told_apart_from_noise() {
        let known = br#"{"outrigger":1,"build":{"version":"9","modifiedMs":1,"size":2},"face":"control","ask":"status","more":[]}"#;
        assert_eq!(read::<Hello>(known).unwrap().ask, Some(Ask::Status));
        let later = br#"{"outrigger":7,"hello":{}}"#;
        assert_eq!(read::<Hello>(later), Err(Misread::Version(7)));
        assert_eq!(read::<Hello>(b"GET / HTTP/1.1"), Err(Misread::Noise));
    }
}
