//! Whether the daemon starts when the person logs in: a unit of systemd, a launch agent, or Windows' Run key. Only what
//! was written here is ever changed or taken away.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::build;
#[cfg(not(windows))]
use crate::edited::replace;
use crate::home;

/// Stands in what is written, so that it is known again.
#[cfg(any(test, not(windows)))]
const OURS: &str =
    "Written by `outrigger daemon install`; `outrigger daemon uninstall` takes it away.";

/// Why it was not set up, or not taken away.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} was not written by Outrigger, and is left as it is.", .0.display())]
    Foreign(PathBuf),
    #[error("{} cannot stand in a file of the system: it is no text of one line.", .0.display())]
    Unwritable(PathBuf),
    #[error("There is no home directory.")]
    NoHome,
    #[error("{}: {source}.", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[cfg(windows)]
    #[error("The registry could not be changed: {0}.")]
    Registry(String),
}

/// What there was before, and what is there now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was as it is to be.
    Already,
    /// It was written, or taken away, here.
    Changed(String),
}

/// What is to start at login for one state directory.
struct Entry {
    /// Of one word; that of another `CODEX_HOME` than the person's usual one is another.
    name: String,
    /// A copy that no update of an editor takes away.
    program: PathBuf,
    /// What says which state is meant, where it is not the usual one.
    #[cfg_attr(
        windows,
        expect(dead_code, reason = "a value of the Run key carries no environment")
    )]
    variables: Vec<(&'static str, String)>,
}

impl Entry {
    fn of_this_environment(directory: &Path) -> Result<Self, Error> {
        let mut variables = Vec::new();
        for name in ["CODEX_HOME", "OUTRIGGER_HOME"] {
            let Some(value) = std::env::var_os(name) else { continue };
            // A path counts from where the daemon starts, which is nowhere in particular.
            let path =
                std::path::absolute(value).map_err(|source| io_at(Path::new(name), source))?;
            variables.push((name, line(&path)?));
        }
        let name = match directory.file_name() {
            Some(of) if !variables.is_empty() => format!("outrigger-{}", of.to_string_lossy()),
            _ => "outrigger".to_owned(),
        };
        Ok(Self { name, program: program(directory), variables })
    }
}

fn program(directory: &Path) -> PathBuf {
    directory.join("login").join(format!("outrigger{}", std::env::consts::EXE_SUFFIX))
}

/// Has the daemon of this state directory start at login.
pub fn install(directory: &Path) -> Result<Done, Error> {
    let entry = Entry::of_this_environment(directory)?;
    copy(directory)?;
    system::install(&entry)
}

/// Takes that back.
pub fn uninstall(directory: &Path) -> Result<Done, Error> {
    let entry = Entry::of_this_environment(directory)?;
    let done = system::uninstall(&entry)?;
    match fs::remove_file(&entry.program) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(io_at(&entry.program, source))
        }
        _ => Ok(done),
    }
}

/// Whether the daemon of this state directory starts at login.
pub fn is_installed(directory: &Path) -> bool {
    Entry::of_this_environment(directory).is_ok_and(|entry| system::is_installed(&entry))
}

/// What starts at login is no older than what runs.
pub fn refresh(directory: &Path) {
    if program(directory).exists()
        && let Err(error) = copy(directory)
    {
        tracing::warn!(%error, "what starts at login is of an older build");
    }
}

/// Puts this program where it is started at login, unless one that is as new is there.
fn copy(directory: &Path) -> Result<(), Error> {
    let target = program(directory);
    let folder = directory.join("login");
    home::create_private(&folder).map_err(|source| io_at(&folder, source))?;
    build::copy_to(&target).map_err(|source| io_at(&target, source))
}

fn io_at(path: &Path, source: io::Error) -> Error {
    Error::Io { path: path.to_path_buf(), source }
}

/// A path as one line of text.
fn line(path: &Path) -> Result<String, Error> {
    let text = path.to_str().filter(|text| !text.contains(char::is_control));
    text.map(str::to_owned).ok_or_else(|| Error::Unwritable(path.to_path_buf()))
}

/// A unit of systemd. It has done its work once the daemon runs, which belongs to it from then on.
#[cfg(any(test, not(any(windows, target_os = "macos"))))]
fn systemd_unit(entry: &Entry) -> Result<String, Error> {
    let quoted = |text: &str| {
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
        format!("\"{escaped}\"")
    };
    let program = quoted(&line(&entry.program)?).replace('$', "$$");
    let variable = |(name, value): &(&str, String)| {
        format!("Environment={}\n", quoted(&format!("{name}={value}")))
    };
    let variables = entry.variables.iter().map(variable).collect::<Vec<_>>().concat();
    Ok(format!(
        "# {OURS}\n[Unit]\nDescription=Outrigger runs automations of Codex when they are due\n\n[Service]\nType=oneshot\nRemainAfterExit=yes\n{variables}ExecStart={program} daemon start\n\n[Install]\nWantedBy=default.target\n"
    ))
}

/// A launch agent. The daemon outlives the command that starts it.
#[cfg(any(test, target_os = "macos"))]
fn launch_agent(entry: &Entry) -> Result<String, Error> {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let variable = |(name, value): &(&str, String)| {
        format!("    <key>{name}</key>\n    <string>{}</string>\n", escaped(value))
    };
    let variables = entry.variables.iter().map(variable).collect::<Vec<_>>().concat();
    let label = label(entry);
    let program = escaped(&line(&entry.program)?);
    Ok(format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- {OURS} -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>{label}</string>
  <key>ProgramArguments</key>
  <array>
    <string>{program}</string>
    <string>daemon</string>
    <string>start</string>
  </array>
  <key>EnvironmentVariables</key>
  <dict>
{variables}  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>AbandonProcessGroup</key>
  <true/>
</dict>
</plist>
"#
    ))
}

#[cfg(any(test, target_os = "macos"))]
fn label(entry: &Entry) -> String {
    format!("dev.outrigger.{}", entry.name)
}

/// A value of the Run key: a command line.
#[cfg(any(test, windows))]
fn run_value(entry: &Entry) -> Result<String, Error> {
    Ok(format!("\"{}\" daemon start", line(&entry.program)?))
}

/// Files of the system that start things at login.
#[cfg(not(windows))]
mod system {
    use super::{Done, Entry, Error, OURS, fs, io, io_at, replace};
    use std::path::{Path, PathBuf};

    pub fn install(entry: &Entry) -> Result<Done, Error> {
        let path = file(entry)?;
        #[cfg(target_os = "macos")]
        let text = super::launch_agent(entry)?;
        #[cfg(not(target_os = "macos"))]
        let text = super::systemd_unit(entry)?;
        let old = there(&path)?;
        let linked = link(&path).is_none_or(|link| link.is_symlink());
        if old.as_deref() == Some(&*text) && linked {
            return Ok(Done::Already);
        }
        let folder = path.parent().unwrap_or(&path);
        fs::create_dir_all(folder).map_err(|source| io_at(folder, source))?;
        replace(&path, text.as_bytes()).map_err(|source| io_at(&path, source))?;
        if let Some(link) = link(&path).filter(|link| !link.is_symlink()) {
            enable(&path, &link).map_err(|source| io_at(&link, source))?;
        }
        let hint = if has_service_manager() {
            String::new()
        } else {
            format!(
                " No systemd is found here, which would read it: have your session start `{} daemon start`.",
                entry.program.display()
            )
        };
        Ok(Done::Changed(format!("{}{hint}", path.display())))
    }

    pub fn uninstall(entry: &Entry) -> Result<Done, Error> {
        let path = file(entry)?;
        if there(&path)?.is_none() {
            return Ok(Done::Already);
        }
        if let Some(link) = link(&path).filter(|link| link.is_symlink()) {
            fs::remove_file(&link).map_err(|source| io_at(&link, source))?;
        }
        fs::remove_file(&path).map_err(|source| io_at(&path, source))?;
        Ok(Done::Changed(path.display().to_string()))
    }

    pub fn is_installed(entry: &Entry) -> bool {
        let path = file(entry).ok();
        path.is_some_and(|path| {
            there(&path).is_ok_and(|text| text.is_some())
                && link(&path).is_none_or(|link| link.is_symlink())
        })
    }

    /// What stands there, if it is ours.
    fn there(path: &Path) -> Result<Option<String>, Error> {
        match fs::read_to_string(path) {
            Ok(text) if text.contains(OURS) => Ok(Some(text)),
            Ok(_) => Err(Error::Foreign(path.to_path_buf())),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) if source.kind() == io::ErrorKind::InvalidData => {
                Err(Error::Foreign(path.to_path_buf()))
            }
            Err(source) => Err(io_at(path, source)),
        }
    }

    fn variable(name: &str) -> Option<PathBuf> {
        std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    #[cfg(target_os = "macos")]
    fn file(entry: &Entry) -> Result<PathBuf, Error> {
        let home = variable("HOME").ok_or(Error::NoHome)?;
        Ok(home.join(format!("Library/LaunchAgents/{}.plist", super::label(entry))))
    }

    #[cfg(not(target_os = "macos"))]
    fn file(entry: &Entry) -> Result<PathBuf, Error> {
        let config = variable("XDG_CONFIG_HOME")
            .or_else(|| Some(variable("HOME")?.join(".config")))
            .ok_or(Error::NoHome)?;
        Ok(config.join(format!("systemd/user/{}.service", entry.name)))
    }

    /// What `systemctl --user enable` makes, and needs no manager that runs.
    fn link(path: &Path) -> Option<PathBuf> {
        if cfg!(target_os = "macos") {
            return None;
        }
        Some(path.parent()?.join("default.target.wants").join(path.file_name()?))
    }

    fn enable(path: &Path, link: &Path) -> io::Result<()> {
        fs::create_dir_all(link.parent().unwrap_or(link))?;
        let name = path.file_name().unwrap_or_default();
        std::os::unix::fs::symlink(Path::new("..").join(name), link)
    }

    fn has_service_manager() -> bool {
        if cfg!(target_os = "macos") {
            return true;
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join("systemctl").exists())
    }
}

/// Values of the Run key, which `reg` changes.
#[cfg(windows)]
mod system {
    use std::process::{Command, Stdio};

    use super::{Done, Entry, Error, run_value};

    const KEY: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run";

    pub fn install(entry: &Entry) -> Result<Done, Error> {
        let value = run_value(entry)?;
        if there(entry)?.is_some_and(|old| old.contains(&value)) {
            return Ok(Done::Already);
        }
        reg(&["add", KEY, "/v", &entry.name, "/t", "REG_SZ", "/d", &value, "/f"])?;
        Ok(Done::Changed(format!(r"{KEY}\{}", entry.name)))
    }

    pub fn uninstall(entry: &Entry) -> Result<Done, Error> {
        if there(entry)?.is_none() {
            return Ok(Done::Already);
        }
        reg(&["delete", KEY, "/v", &entry.name, "/f"])?;
        Ok(Done::Changed(format!(r"{KEY}\{}", entry.name)))
    }

    /// Without asking the registry, which takes a process: the program goes with the value.
    pub fn is_installed(entry: &Entry) -> bool {
        entry.program.exists()
    }

    /// What stands there, if it is ours.
    fn there(entry: &Entry) -> Result<Option<String>, Error> {
        match reg(&["query", KEY, "/v", &entry.name]) {
            Ok(said) if said.contains(" daemon start") => Ok(Some(said)),
            Ok(_) => Err(Error::Foreign(format!(r"{KEY}\{}", entry.name).into())),
            Err(_) => Ok(None),
        }
    }

    fn reg(arguments: &[&str]) -> Result<String, Error> {
        let output = Command::new("reg").args(arguments).stdin(Stdio::null()).output();
        match output {
            Ok(output) if output.status.success() => {
                Ok(String::from_utf8_lossy(&output.stdout).into_owned())
            }
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                Err(Error::Registry(said))
            }
            Err(error) => Err(Error::Registry(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            name: "outrigger-1".into(),
            program: "/state/100% \"mine\" & $me/outrigger".into(),
            variables: vec![("CODEX_HOME", "/a b/$c%\\d".into())],
        }
    }

    #[test]
    fn a_unit_of_systemd_says_its_program_and_state_whatever_stands_in_their_names() {
        assert_eq!(
            systemd_unit(&entry()).unwrap(),
            r#"# Written by `outrigger daemon install`; `outrigger daemon uninstall` takes it away.
[Unit]
Description=Outrigger runs automations of Codex when they are due

[Service]
Type=oneshot
RemainAfterExit=yes
Environment="CODEX_HOME=/a b/$c%%\\d"
ExecStart="/state/100%% \"mine\" & $$me/outrigger" daemon start

[Install]
WantedBy=default.target
"#
        );
    }

    #[test]
    fn a_launch_agent_is_xml() {
        let text = launch_agent(&entry()).unwrap();
        assert!(text.contains("<string>/state/100% \"mine\" &amp; $me/outrigger</string>"));
        assert!(text.contains("<key>CODEX_HOME</key>\n    <string>/a b/$c%\\d</string>\n"));
        assert!(text.contains("<string>dev.outrigger.outrigger-1</string>"));
        assert!(text.contains(OURS));
    }

    #[test]
    fn a_value_of_the_run_key_is_a_command_line() {
        let plain = Entry { program: r"C:\of me\outrigger.exe".into(), ..entry() };
        assert_eq!(run_value(&plain).unwrap(), r#""C:\of me\outrigger.exe" daemon start"#);
    }

    #[test]
    fn what_is_no_line_of_text_is_refused() {
        let odd = Entry { program: "/a\nExecStart=/bin/evil".into(), ..entry() };
        assert!(matches!(systemd_unit(&odd), Err(Error::Unwritable(_))));
        assert!(matches!(launch_agent(&odd), Err(Error::Unwritable(_))));
    }
}
