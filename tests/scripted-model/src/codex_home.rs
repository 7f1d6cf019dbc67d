//! The `config.toml` with which codex talks to the scripted model and to nobody else.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;

/// The first line of each file that this module writes: what else stands in its place is somebody's own.
const MARK: &str = "# Written by scripted-model; it is overwritten at every start.";

/// What codex may touch without asking, in the words of its `sandbox_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sandbox {
    WorkspaceWrite,
    DangerFullAccess,
}

impl fmt::Display for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WorkspaceWrite => "workspace-write",
            Self::DangerFullAccess => "danger-full-access",
        })
    }
}

/// Makes `folder` a `CODEX_HOME` for tests: the model at `base_url`, no sandbox (which not every machine can
/// have), no network. Returns the path of the `config.toml`.
///
/// # Errors
/// As [`codex_home_with`].
pub fn codex_home(folder: &Path, base_url: &str) -> Result<PathBuf, Error> {
    codex_home_with(folder, base_url, Sandbox::DangerFullAccess)
}

/// Makes `folder` a `CODEX_HOME` with this sandbox, creating the folder where it is missing.
///
/// # Errors
/// If the folder holds a `config.toml` that was not written here, or can't be written.
pub fn codex_home_with(folder: &Path, base_url: &str, sandbox: Sandbox) -> Result<PathBuf, Error> {
    if base_url.contains(|c: char| c == '"' || c == '\\' || c.is_control()) {
        return Err(Error::BaseUrl(base_url.into()));
    }
    let path = folder.join("config.toml");
    let failed = |source| Error::CodexHome { path: path.clone(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    if path.exists() && !fs::read_to_string(&path).map_err(failed)?.starts_with(MARK) {
        return Err(Error::ForeignConfig(path));
    }
    fs::write(&path, config(base_url, sandbox)).map_err(failed)?;
    Ok(path)
}

/// A model of codex's catalogue, for `apply_patch` is offered to no other. No retries, for a script fails on
/// purpose; no plugins and apps, for they reach for the network at every start; and the tools of the `input` and
/// `plan` marks, which codex offers to this model only when told to, and then warns in every thread.
fn config(base_url: &str, sandbox: Sandbox) -> String {
    format!(
        r#"{MARK}
model = "gpt-5.5"
model_provider = "scripted"
approval_policy = "on-request"
sandbox_mode = "{sandbox}"
check_for_update_on_startup = false
suppress_unstable_features_warning = true

[model_providers.scripted]
name = "scripted"
base_url = "{base_url}"
wire_api = "responses"
requires_openai_auth = false
request_max_retries = 0
stream_max_retries = 0
supports_websockets = false

[analytics]
enabled = false

[features]
plugins = false
remote_plugin = false
apps = false
shell_snapshot = false
default_mode_request_user_input = true

[tools.update_plan]
enabled = true
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_of_our_own_is_renewed_and_another_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        let path = codex_home(&home, "http://127.0.0.1:1/v1").unwrap();
        codex_home_with(&home, "http://127.0.0.1:2/v1", Sandbox::WorkspaceWrite).unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            config("http://127.0.0.1:2/v1", Sandbox::WorkspaceWrite)
        );

        fs::write(&path, "model = \"mine\"\n").unwrap();
        let refused = codex_home(&home, "http://127.0.0.1:1/v1").unwrap_err();
        assert!(matches!(refused, Error::ForeignConfig(left) if left == path));
        assert_eq!(fs::read_to_string(&path).unwrap(), "model = \"mine\"\n");
    }
}
