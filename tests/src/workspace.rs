//! A place of its own for one story: a git repository, homes, and a scripted model.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use scripted_model::{Options, Server, codex_home};
use tempfile::TempDir;
use url::Url;

use crate::{Launch, PATIENCE};

/// Everything that a story needs, in a temporary folder that goes with it.
pub struct Workspace {
    root: PathBuf,
    model: Server,
    _folder: TempDir,
}

impl Workspace {
    /// A repository with these files committed.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("outrigger-").tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in ["repo", "home", "tmp", "scripts"] {
            std::fs::create_dir(root.join(name)).unwrap();
        }
        let options = Options { scripts: Some(root.join("scripts")), ..Options::default() };
        let model = Server::start(options).unwrap();
        codex_home(&root.join("codex"), &model.base_url()).unwrap();
        let workspace = Self { root, model, _folder: folder };
        for (name, text) in files {
            workspace.write(name, text);
        }
        workspace.git(&["init", "--quiet", "--initial-branch=main"]);
        workspace.git(&["add", "--all"]);
        workspace.git(&["commit", "--quiet", "--allow-empty", "--message=Begin"]);
        workspace
    }

    /// An empty repository.
    pub fn empty() -> Self {
        Self::with(&[])
    }

    /// An editor of this workspace, to be launched.
    pub fn editor(&self) -> Launch<'_> {
        Launch::new(self)
    }

    pub fn model(&self) -> &Server {
        &self.model
    }

    /// The repository's folder.
    pub fn folder(&self) -> PathBuf {
        self.root.join("repo")
    }

    /// `CODEX_HOME`.
    pub fn codex_home(&self) -> PathBuf {
        self.root.join("codex")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub fn uri(&self, name: &str) -> String {
        uri(&self.path(name))
    }

    /// A path beside the repository.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The text of a file of the repository; none when it is not there.
    pub fn read(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.path(name)).ok()
    }

    /// Waits until a file of the repository has this text, for editors that are told nothing of codex.
    pub fn await_text(&self, name: &str, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.read(name).as_deref() != Some(text) {
            assert!(Instant::now() < deadline, "{name} is {:?}", self.read(name));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A script that `[[file:name]]` plays.
    pub fn script(&self, name: &str, steps: &serde_json::Value) {
        let file = self.root.join("scripts").join(format!("{name}.json"));
        std::fs::write(file, steps.to_string()).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = self.command("git");
        git.args(["-c", "user.name=Tester", "-c", "user.email=tester@example.com"]);
        let output = git.args(arguments).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// A command in the repository that knows the homes of this workspace and none of the person's.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .current_dir(self.folder())
            .env("HOME", self.root.join("home"))
            .env("CODEX_HOME", self.codex_home())
            .env("OUTRIGGER_HOME", self.root.join("outrigger"))
            // Codex refuses to keep its programs in a CODEX_HOME below the temporary folder.
            .env("TMPDIR", self.root.join("tmp"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env_remove("OPENAI_API_KEY")
            .env_remove("CODEX_API_KEY");
        command
    }
}

pub fn uri(path: &Path) -> String {
    Url::from_file_path(path).unwrap().into()
}
