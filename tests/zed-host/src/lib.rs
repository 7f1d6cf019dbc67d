//! Runs a Zed extension's component as Zed does, in an editor whose `PATH`, settings, platform and network a test
//! decides. What Zed draws is not here: only what the extension asks for and what it answers.

mod host;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use wasmtime::{
    Engine, Store,
    component::{Component, HasSelf, Linker, Resource},
};
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

pub use host::zed::extension::platform::{Architecture, Os};
use host::{Extension, Host, WorktreeData};

/// The language server's key in the manifest and in settings.
const SERVER: &str = "outrigger";

/// What the extension's downloads meet.
#[derive(Clone, Default)]
pub enum Network {
    /// No address can be reached.
    #[default]
    Offline,
    /// Every address has the file's name without `.gz`, and a newline.
    Released,
    /// Every address has something else.
    Tampered,
    /// Zed's settings do not grant downloads.
    Refused,
}

/// What the extension finds where it runs.
#[derive(Clone)]
pub struct Editor {
    /// Whether a program `outrigger` is on the worktree's `PATH`.
    pub on_path: bool,
    /// `lsp.outrigger` as JSON.
    pub settings: String,
    pub platform: (Os, Architecture),
    pub network: Network,
}

impl Default for Editor {
    fn default() -> Self {
        Self {
            on_path: false,
            settings: "{}".to_owned(),
            platform: (Os::Linux, Architecture::X8664),
            network: Network::Offline,
        }
    }
}

/// What Zed would start.
#[derive(Debug, PartialEq, Eq)]
pub struct Command {
    pub command: String,
    pub args: Vec<String>,
    /// Without the `PATH`.
    pub env: Vec<(String, String)>,
}

/// A compiled extension.
pub struct Compiled {
    engine: Engine,
    component: Component,
    linker: Linker<Host>,
}

impl Compiled {
    pub fn of(component: &Path) -> wasmtime::Result<Self> {
        let engine = Engine::default();
        let component = Component::from_file(&engine, component)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
        Extension::add_to_linker::<_, HasSelf<_>>(&mut linker, |host: &mut Host| host)?;
        Ok(Self { engine, component, linker })
    }

    /// Starts the extension in `home`, below which its work folder and the `PATH` are.
    pub fn start(&self, home: &Path, editor: Editor) -> wasmtime::Result<Started> {
        let (work, path) = (home.join("work"), home.join("bin"));
        std::fs::create_dir_all(&work)?;
        std::fs::create_dir_all(&path)?;
        if editor.on_path {
            std::fs::write(path.join(SERVER), "")?;
        }
        let folder = work.to_string_lossy();
        // As Zed gives it to an extension: the folder under two names, and PWD, without which the API ends itself.
        let wasi = WasiCtxBuilder::new()
            .inherit_stdio()
            .preopened_dir(&work, ".", FsPerms::ReadWrite)?
            .preopened_dir(&work, &folder, FsPerms::ReadWrite)?
            .env("PWD", &folder)
            .build();
        let mut store = Store::new(&self.engine, Host::new(wasi, work, path, editor));
        let extension = Extension::instantiate(&mut store, &self.component, &self.linker)?;
        extension.call_init_extension(&mut store)?;
        Ok(Started { store, extension })
    }
}

/// An extension that Zed has loaded.
pub struct Started {
    store: Store<Host>,
    extension: Extension,
}

impl Started {
    fn worktree(&mut self) -> wasmtime::Result<Resource<WorktreeData>> {
        Ok(self.store.data_mut().table.push(WorktreeData)?)
    }

    /// The command that Zed would run, or what it would show.
    pub fn command(&mut self) -> wasmtime::Result<Result<Command, String>> {
        let worktree = self.worktree()?;
        let answer =
            self.extension.call_language_server_command(&mut self.store, SERVER, worktree)?;
        Ok(answer.map(|command| Command {
            command: command.command,
            args: command.args,
            env: command.env.into_iter().filter(|(name, _)| name != "PATH").collect(),
        }))
    }

    /// The JSON that Zed would send as `initializationOptions`.
    pub fn initialization_options(&mut self) -> wasmtime::Result<Result<Option<String>, String>> {
        let worktree = self.worktree()?;
        self.extension.call_language_server_initialization_options(
            &mut self.store,
            SERVER,
            worktree,
        )
    }

    /// The JSON that Zed would answer `workspace/configuration` with.
    pub fn configuration(&mut self) -> wasmtime::Result<Result<Option<String>, String>> {
        let worktree = self.worktree()?;
        self.extension.call_language_server_workspace_configuration(
            &mut self.store,
            SERVER,
            worktree,
        )
    }

    /// What was asked of Zed, in order, and forgotten by this: downloads, statuses, files made executable.
    pub fn asked(&mut self) -> Vec<String> {
        std::mem::take(&mut self.store.data_mut().asked)
    }
}

/// Every file below a folder with its text, by its path there.
pub fn files(folder: &Path) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        let entries = std::fs::read_dir(folder.join(&below)).into_iter().flatten().flatten();
        for entry in entries {
            let name = below.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(name);
            } else {
                let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
                found.insert(name.to_string_lossy().replace('\\', "/"), text);
            }
        }
    }
    found
}
