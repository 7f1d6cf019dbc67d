//! Starts Outrigger as a language server of Zed: the program of the settings, else of the `PATH`, else of the release
//! that this extension was built for.

mod install;
mod release;

use zed_extension_api::{
    self as zed, LanguageServerId, LanguageServerInstallationStatus as Status, Result,
    serde_json::Value, settings::LspSettings,
};

const PROGRAM: &str = "outrigger";

struct Outrigger;

impl zed::Extension for Outrigger {
    fn new() -> Self {
        Self
    }

    fn language_server_command(
        &mut self,
        server: &LanguageServerId,
        worktree: &zed::Worktree,
    ) -> Result<zed::Command> {
        let binary = settings(server, worktree)?.binary;
        let (path, arguments, more) = match binary {
            Some(binary) => (binary.path, binary.arguments, binary.env),
            None => (None, None, None),
        };
        let command = match path.or_else(|| worktree.which(PROGRAM)) {
            Some(command) => command,
            None => downloaded(server).map_err(|why| {
                format!(
                    "Outrigger is neither on your PATH nor named in your settings. {why} You can install it yourself, \
                     and name it with \"lsp\": {{ \"outrigger\": {{ \"binary\": {{ \"path\": \"…\" }} }} }}."
                )
            })?,
        };
        let mut env = worktree.shell_env();
        for (name, value) in more.into_iter().flatten() {
            env.retain(|(one, _)| *one != name);
            env.push((name, value));
        }
        let args = arguments.unwrap_or_else(|| vec!["--stdio".to_owned()]);
        Ok(zed::Command { command, args, env })
    }

    fn language_server_initialization_options(
        &mut self,
        server: &LanguageServerId,
        worktree: &zed::Worktree,
    ) -> Result<Option<Value>> {
        Ok(settings(server, worktree)?.initialization_options)
    }

    fn language_server_workspace_configuration(
        &mut self,
        server: &LanguageServerId,
        worktree: &zed::Worktree,
    ) -> Result<Option<Value>> {
        Ok(settings(server, worktree)?.settings)
    }
}

fn settings(server: &LanguageServerId, worktree: &zed::Worktree) -> Result<LspSettings> {
    LspSettings::for_worktree(server.as_ref(), worktree)
        .map_err(|error| format!("\"lsp\": {{ \"{server}\": … }} in your settings: {error}"))
}

/// The absolute path of the pinned program, which is downloaded if need be.
fn downloaded(server: &LanguageServerId) -> Result<String> {
    let say = |status| zed::set_language_server_installation_status(server, &status);
    say(Status::CheckingForUpdate);
    let (os, architecture) = zed::current_platform();
    let installed = release::program(os, architecture)
        .and_then(|program| install::install(&program, || say(Status::Downloading)));
    match installed {
        Ok(path) => {
            say(Status::None);
            let folder = std::env::current_dir().map_err(|error| error.to_string())?;
            Ok(folder.join(path).to_string_lossy().into_owned())
        }
        Err(why) => {
            say(Status::Failed(why.clone()));
            Err(why)
        }
    }
}

zed::register_extension!(Outrigger);
