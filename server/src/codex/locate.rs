//! Where the native `codex` binary is. Looks at files only: nothing is run to find it.
//!
//! In this order: the person's setting, `PATH`, npm's global packages, the copy of the official VS Code extension.
//! A program inside a folder that is open as a workspace is never used, since whoever wrote that folder wrote it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::npm;
use crate::protocol::app_server::{AppServerError, AppServerErrorKind};

/// What to do when there is no codex that works.
pub const INSTALL_HINT: &str = "Run `npm install -g @openai/codex`.";

/// Where to look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The person's own choice; nothing else is tried then.
    pub path: Option<PathBuf>,
    /// Arguments that stand before `app-server`.
    pub args: Vec<OsString>,
    /// The open workspace folders.
    pub forbidden_roots: Vec<PathBuf>,
    pub surroundings: Surroundings,
    /// The environment that it is started with; without one, that of this process.
    pub environment: Option<Arc<Vec<(OsString, OsString)>>>,
}

/// What the environment says about installed programs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `PATH`, as it stands.
    pub path: Option<OsString>,
    pub home: Option<PathBuf>,
    /// `NPM_CONFIG_PREFIX`.
    pub npm_prefix: Option<PathBuf>,
    /// `APPDATA`, on Windows.
    pub app_data: Option<PathBuf>,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_this_process() -> Self {
        Self::of(|name| std::env::var_os(name))
    }

    /// Those that these variables tell of.
    pub fn of(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let directory =
            |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self {
            path: variable("PATH"),
            home: std::env::home_dir(),
            npm_prefix: directory("NPM_CONFIG_PREFIX").or_else(|| directory("npm_config_prefix")),
            app_data: directory("APPDATA"),
        }
    }
}

/// A program to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Canonical and never a node launcher.
    pub program: PathBuf,
    pub args: Vec<OsString>,
    pub source: Source,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Setting,
    Path,
    NpmGlobal,
    VsCodeExtension,
}

/// Why a file that is there is not used.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{} is not there", .0.display())]
    Missing(PathBuf),
    #[error("{} is not a program that may be run", .0.display())]
    NotExecutable(PathBuf),
    #[error("{} lies in the open folder {}, and programs of a workspace are never run", .0.display(), .1.display())]
    InWorkspace(PathBuf, PathBuf),
    #[error("{} is npm's launcher, but the native codex that belongs to it is missing", .0.display())]
    LauncherAlone(PathBuf),
    #[error("{} is not an absolute path", .0.display())]
    Relative(PathBuf),
}

/// Finds the native codex binary, or says for a person why there is none.
pub fn find(search: &Search) -> Result<Found, AppServerError> {
    let forbidden: Vec<PathBuf> = search
        .forbidden_roots
        .iter()
        .map(|root| fs::canonicalize(root).unwrap_or_else(|_| root.clone()))
        .collect();
    let found = |program, source| Found { program, args: search.args.clone(), source };
    if let Some(path) = &search.path {
        let path = expand_home(path, search.surroundings.home.as_deref());
        let checked = if path.is_absolute() {
            check(&path, &forbidden)
        } else {
            Err(Refusal::Relative(path))
        };
        return checked
            .map(|program| found(program, Source::Setting))
            .map_err(|refusal| refusal.of_setting());
    }
    let mut refusal = None;
    for (candidate, source) in candidates(&search.surroundings) {
        match check(&candidate, &forbidden) {
            Ok(program) => return Ok(found(program, source)),
            Err(Refusal::Missing(_)) => {}
            Err(other) => refusal = refusal.or(Some(other)),
        }
    }
    Err(match refusal {
        Some(refusal) => refusal.of_search(),
        None => AppServerError {
            kind: AppServerErrorKind::CliMissing,
            message: "Codex was not found: it is neither on the PATH, nor among npm's global packages, nor in the official VS Code extension.".into(),
            hint: Some(INSTALL_HINT.into()),
        },
    })
}

impl Refusal {
    fn kind(&self) -> AppServerErrorKind {
        match self {
            Self::Missing(_) | Self::InWorkspace(..) | Self::Relative(_) => {
                AppServerErrorKind::CliMissing
            }
            Self::NotExecutable(_) | Self::LauncherAlone(_) => AppServerErrorKind::NotExecutable,
        }
    }

    fn of_setting(&self) -> AppServerError {
        AppServerError {
            kind: self.kind(),
            message: format!("The setting codex.path cannot be used: {self}."),
            hint: Some(match self {
                Self::LauncherAlone(_) => INSTALL_HINT.into(),
                _ => "Set codex.path to the codex program, or clear it to have codex found.".into(),
            }),
        }
    }

    fn of_search(&self) -> AppServerError {
        AppServerError {
            kind: self.kind(),
            message: format!("Codex was found but cannot be used: {self}."),
            hint: Some(INSTALL_HINT.into()),
        }
    }
}

/// The files that may be codex, best first. Most of them are not there.
fn candidates(surroundings: &Surroundings) -> impl Iterator<Item = (PathBuf, Source)> {
    // An entry that is relative means another program in every directory, the workspace among them.
    let directories: Vec<PathBuf> = surroundings
        .path
        .iter()
        .flat_map(std::env::split_paths)
        .filter(|directory| directory.is_absolute())
        .collect();
    let on_path = directories
        .iter()
        .flat_map(|directory| NAMES.iter().map(|name| directory.join(name)))
        .collect::<Vec<_>>();
    let npm = npm::global_launchers(surroundings, &directories);
    let extension = extension_copies(surroundings.home.as_deref());
    let from = |source| move |path| (path, source);
    on_path
        .into_iter()
        .map(from(Source::Path))
        .chain(npm.into_iter().map(from(Source::NpmGlobal)))
        .chain(extension.into_iter().map(from(Source::VsCodeExtension)))
}

const NAMES: &[&str] = if cfg!(windows) { &["codex.exe", "codex.cmd"] } else { &["codex"] };

/// The copies that the official extension brings, newest first.
fn extension_copies(home: Option<&Path>) -> Vec<PathBuf> {
    let editors = [".vscode", ".vscode-server", ".vscode-insiders", ".vscode-server-insiders"];
    let mut installed: Vec<(Vec<u64>, PathBuf)> = home
        .iter()
        .flat_map(|home| editors.map(|editor| home.join(editor).join("extensions")))
        .flat_map(|directory| entries(&directory))
        .filter_map(|extension| {
            let name = extension.file_name()?.to_str()?;
            let version = name.strip_prefix("openai.chatgpt-")?;
            Some((version_numbers(version), extension))
        })
        .collect();
    installed.sort_by(|one, other| other.cmp(one));
    installed
        .into_iter()
        .flat_map(|(_, extension)| entries(&extension.join("bin")))
        .filter(|directory| directory.file_name().is_some_and(is_this_platform))
        .map(|directory| directory.join(NAMES[0]))
        .collect()
}

/// The numbers of a version such as `0.4.51-linux-x64`, up to the first part that is none.
fn version_numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-']).map_while(|part| part.parse().ok()).collect()
}

/// Whether a directory such as `linux-x86_64` is meant for this machine.
fn is_this_platform(name: &OsStr) -> bool {
    let Some((system, machine)) = name.to_str().and_then(|name| name.split_once('-')) else {
        return false;
    };
    let systems: &[&str] = match std::env::consts::OS {
        "macos" => &["macos", "darwin"],
        "windows" => &["windows", "win32"],
        other => &[other],
    };
    let machines: &[&str] = match std::env::consts::ARCH {
        "x86_64" => &["x86_64", "x64"],
        "aarch64" => &["aarch64", "arm64"],
        other => &[other],
    };
    systems.contains(&system) && machines.contains(&machine)
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort_unstable();
    entries
}

/// The program that `candidate` stands for, if it may be run.
fn check(candidate: &Path, forbidden: &[PathBuf]) -> Result<PathBuf, Refusal> {
    let missing = |_| Refusal::Missing(candidate.to_owned());
    let file = fs::canonicalize(candidate).map_err(missing)?;
    // Neither the file nor the place it is reached through may be the workspace's.
    let place = candidate.parent().and_then(|directory| fs::canonicalize(directory).ok());
    outside(&file, forbidden)?;
    if let Some(place) = place {
        outside(&place, forbidden)?;
    }
    if !fs::metadata(&file).map_err(missing)?.is_file() {
        return Err(Refusal::NotExecutable(candidate.to_owned()));
    }
    if let Some(launcher) = npm::launcher(&file) {
        let native = npm::native_of(&launcher)
            .and_then(|native| fs::canonicalize(native).ok())
            .ok_or(Refusal::LauncherAlone(launcher))?;
        outside(&native, forbidden)?;
        return executable(native);
    }
    executable(file)
}

fn outside(path: &Path, forbidden: &[PathBuf]) -> Result<(), Refusal> {
    match forbidden.iter().find(|root| path.starts_with(root)) {
        Some(root) => Err(Refusal::InWorkspace(path.to_owned(), root.clone())),
        None => Ok(()),
    }
}

fn executable(file: PathBuf) -> Result<PathBuf, Refusal> {
    #[cfg(unix)]
    let may_run = rustix::fs::access(&file, rustix::fs::Access::EXEC_OK).is_ok();
    #[cfg(not(unix))]
    let may_run = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("exe"));
    if may_run { Ok(file) } else { Err(Refusal::NotExecutable(file)) }
}

/// `path` with a leading `~` replaced.
fn expand_home(path: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
