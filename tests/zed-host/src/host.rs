//! Zed's side of the extension API. What our extension has no use for is refused.

use std::path::{Path, PathBuf};

use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::{Editor, Network};

pub struct WorktreeData;
pub struct ProjectData;
pub struct StoreData;
pub struct Stream;

mod bindings {
    pub use super::{ProjectData, StoreData, Stream, WorktreeData};

    wasmtime::component::bindgen!({
        path: "wit",
        world: "extension",
        imports: { default: trappable },
        with: {
            "worktree": WorktreeData,
            "project": ProjectData,
            "key-value-store": StoreData,
            "zed:extension/http-client.http-response-stream": Stream,
        },
    });
}

use bindings::{
    DownloadedFileType, EnvVars, ExtensionImports, HostKeyValueStore, HostProject, HostWorktree,
    LanguageServerInstallationStatus as Status, SettingsLocation,
};
pub use bindings::{Extension, zed};
use zed::extension::{
    common, context_server, dap, github, http_client, lsp, nodejs, platform, process, slash_command,
};

type Answer<T> = wasmtime::Result<T>;

const REFUSED: &str = "the host of this test does not have it";

pub struct Host {
    wasi: WasiCtx,
    pub table: ResourceTable,
    work: PathBuf,
    path: PathBuf,
    editor: Editor,
    pub asked: Vec<String>,
}

impl Host {
    pub fn new(wasi: WasiCtx, work: PathBuf, path: PathBuf, editor: Editor) -> Self {
        Self { wasi, table: ResourceTable::new(), work, path, editor, asked: Vec::new() }
    }

    fn download(&self, url: &str, to: &Path) -> Result<(), String> {
        let released = url.rsplit('/').next().and_then(|file| file.strip_suffix(".gz"));
        let text = match (&self.editor.network, released) {
            (Network::Offline, _) => Err("error sending request".to_owned()),
            // In Zed's own words.
            (Network::Refused, _) => Err(format!(
                "capability for download_file {url} is not granted by the extension host"
            )),
            (_, None) => Err("download failed with status 404 Not Found".to_owned()),
            (Network::Released, Some(name)) => Ok(format!("{name}\n")),
            (Network::Tampered, Some(_)) => Ok("something else\n".to_owned()),
        }?;
        // Like Zed, which makes no folder for it.
        std::fs::write(to, text).map_err(|error| error.to_string())
    }
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl ExtensionImports for Host {
    fn get_settings(
        &mut self,
        _: Option<SettingsLocation>,
        category: String,
        key: Option<String>,
    ) -> Answer<Result<String, String>> {
        let ours = category == "lsp" && key.as_deref() == Some(crate::SERVER);
        Ok(Ok(if ours { self.editor.settings.clone() } else { "{}".to_owned() }))
    }

    fn download_file(
        &mut self,
        url: String,
        to: String,
        file_type: DownloadedFileType,
    ) -> Answer<Result<(), String>> {
        self.asked.push(format!("download {url} as {file_type:?}"));
        Ok(self.download(&url, &self.work.join(to)))
    }

    fn make_file_executable(&mut self, path: String) -> Answer<Result<(), String>> {
        self.asked.push(format!("make executable {path}"));
        Ok(Ok(()))
    }

    fn set_language_server_installation_status(
        &mut self,
        server: String,
        status: Status,
    ) -> Answer<()> {
        let said = match status {
            Status::None => "none".to_owned(),
            Status::Downloading => "downloading".to_owned(),
            Status::CheckingForUpdate => "checking".to_owned(),
            Status::Failed(why) => format!("failed: {why}"),
        };
        self.asked.push(format!("status of {server}: {said}"));
        Ok(())
    }
}

impl HostWorktree for Host {
    fn id(&mut self, _: Resource<WorktreeData>) -> Answer<u64> {
        Ok(1)
    }

    fn root_path(&mut self, _: Resource<WorktreeData>) -> Answer<String> {
        Ok("/worktree".to_owned())
    }

    fn read_text_file(
        &mut self,
        _: Resource<WorktreeData>,
        _: String,
    ) -> Answer<Result<String, String>> {
        Ok(Err(REFUSED.to_owned()))
    }

    fn which(&mut self, _: Resource<WorktreeData>, name: String) -> Answer<Option<String>> {
        let file = self.path.join(name);
        Ok(file.is_file().then(|| file.to_string_lossy().into_owned()))
    }

    fn shell_env(&mut self, _: Resource<WorktreeData>) -> Answer<EnvVars> {
        let path = self.path.to_string_lossy().into_owned();
        Ok(vec![("PATH".to_owned(), path), ("LANG".to_owned(), "C".to_owned())])
    }

    fn drop(&mut self, worktree: Resource<WorktreeData>) -> Answer<()> {
        self.table.delete(worktree)?;
        Ok(())
    }
}

impl HostProject for Host {
    fn worktree_ids(&mut self, _: Resource<ProjectData>) -> Answer<Vec<u64>> {
        Ok(vec![1])
    }

    fn drop(&mut self, project: Resource<ProjectData>) -> Answer<()> {
        self.table.delete(project)?;
        Ok(())
    }
}

impl HostKeyValueStore for Host {
    fn insert(
        &mut self,
        _: Resource<StoreData>,
        _: String,
        _: String,
    ) -> Answer<Result<(), String>> {
        Ok(Err(REFUSED.to_owned()))
    }

    fn drop(&mut self, store: Resource<StoreData>) -> Answer<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

impl platform::Host for Host {
    fn current_platform(&mut self) -> Answer<(platform::Os, platform::Architecture)> {
        Ok(self.editor.platform)
    }
}

impl common::Host for Host {}
impl lsp::Host for Host {}
impl slash_command::Host for Host {}
impl context_server::Host for Host {}

impl dap::Host for Host {
    fn resolve_tcp_template(
        &mut self,
        _: dap::TcpArgumentsTemplate,
    ) -> Answer<Result<dap::TcpArguments, String>> {
        Ok(Err(REFUSED.to_owned()))
    }
}

impl github::Host for Host {
    fn latest_github_release(
        &mut self,
        _: String,
        _: github::GithubReleaseOptions,
    ) -> Answer<Result<github::GithubRelease, String>> {
        Ok(Err(REFUSED.to_owned()))
    }

    fn github_release_by_tag_name(
        &mut self,
        _: String,
        _: String,
    ) -> Answer<Result<github::GithubRelease, String>> {
        Ok(Err(REFUSED.to_owned()))
    }
}

impl http_client::Host for Host {
    fn fetch(
        &mut self,
        _: http_client::HttpRequest,
    ) -> Answer<Result<http_client::HttpResponse, String>> {
        Ok(Err(REFUSED.to_owned()))
    }

    fn fetch_stream(
        &mut self,
        _: http_client::HttpRequest,
    ) -> Answer<Result<Resource<Stream>, String>> {
        Ok(Err(REFUSED.to_owned()))
    }
}

impl http_client::HostHttpResponseStream for Host {
    fn next_chunk(&mut self, _: Resource<Stream>) -> Answer<Result<Option<Vec<u8>>, String>> {
        Ok(Err(REFUSED.to_owned()))
    }

    fn drop(&mut self, stream: Resource<Stream>) -> Answer<()> {
        self.table.delete(stream)?;
        Ok(())
    }
}

impl nodejs::Host for Host {
    fn node_binary_path(&mut self) -> Answer<Result<String, String>> {
        Ok(Err(REFUSED.to_owned()))
    }

    fn npm_package_latest_version(&mut self, _: String) -> Answer<Result<String, String>> {
        Ok(Err(REFUSED.to_owned()))
    }

    fn npm_package_installed_version(
        &mut self,
        _: String,
    ) -> Answer<Result<Option<String>, String>> {
        Ok(Err(REFUSED.to_owned()))
    }

    fn npm_install_package(&mut self, _: String, _: String) -> Answer<Result<(), String>> {
        Ok(Err(REFUSED.to_owned()))
    }
}

impl process::Host for Host {
    fn run_command(&mut self, _: process::Command) -> Answer<Result<process::Output, String>> {
        Ok(Err(REFUSED.to_owned()))
    }
}
