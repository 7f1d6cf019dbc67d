//! A place of its own for one story: a git repository, homes, and a scripted model.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use scripted_model::{Options, Server, codex_home};
use tempfile::TempDir;
use url::Url;

use crate::editor::AFTERLIFE;
use crate::{Launch, PATIENCE, processes, programs};

/// Names the workspace in the environment of all that came of it.
const MARK: &str = "OUTRIGGER_TEST_WORKSPACE";

/// Everything that a story needs, in a temporary folder that goes with it.
pub struct Workspace {
    root: PathBuf,
    outrigger_home: PathBuf,
    model: Server,
    mark: String,
    /// An editor was with its daemon.
    shared: AtomicBool,
    _folder: TempDir,
}

impl Workspace {
    /// A repository with these files committed.
    pub fn with(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = tempfile::Builder::new().prefix("outrigger-").tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in ["repo", "home", "tmp", "scripts"] {
            std::fs::create_dir(root.join(name)).unwrap();
        }
        let options = Options { scripts: Some(root.join("scripts")), ..Options::default() };
        let model = Server::start(options).unwrap();
        codex_home(&root.join("codex"), &model.base_url()).unwrap();
        let workspace = Self {
            outrigger_home: root.join("outrigger"),
            root,
            model,
            mark: format!("{MARK}={}-{number}", std::process::id()),
            shared: AtomicBool::new(false),
            _folder: folder,
        };
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

    /// The same workspace with Outrigger's state in another place.
    pub fn keeping_state_in(mut self, outrigger_home: PathBuf) -> Self {
        self.outrigger_home = outrigger_home;
        self
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

    /// Where Outrigger keeps the state of this workspace's `CODEX_HOME`.
    pub fn state_directory(&self) -> PathBuf {
        outrigger::home::directory(Some(self.outrigger_home.clone()), &self.codex_home()).unwrap()
    }

    /// What every process of this workspace has in its environment.
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// Every process of this workspace, with its command line.
    pub fn processes(&self) -> Vec<(u32, String)> {
        processes::with_mark(&self.mark)
    }

    /// Waits until none is left, and fails when some are after `bound`.
    pub fn assert_deserted(&self, bound: Duration) {
        assert_eq!(processes::remaining(&self.mark, |_| true, bound), [], "processes that remain");
    }

    pub(crate) fn will_share(&self) {
        self.shared.store(true, Ordering::Relaxed);
    }

    /// `outrigger daemon` with these arguments, in the environment of this workspace.
    pub fn daemon(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(programs::outrigger());
        command.arg("daemon").args(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// The pid of the daemon, if one runs.
    pub fn daemon_pid(&self) -> Option<u32> {
        let status = self.daemon(&["status", "--json"]);
        let status: serde_json::Value = serde_json::from_slice(&status.stdout).ok()?;
        status["pid"].as_u64()?.try_into().ok()
    }

    /// What the daemon has logged so far.
    pub fn daemon_log(&self) -> String {
        let homes = std::fs::read_dir(self.outrigger_home.join("homes")).into_iter().flatten();
        let logs = homes.flatten().map(|home| home.path().join("logs/daemon.log"));
        logs.map(|log| std::fs::read_to_string(log).unwrap_or_default()).collect()
    }

    fn show_log(&self) {
        eprintln!("log of the daemon\n{}", self.daemon_log());
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
            .env("OUTRIGGER_HOME", &self.outrigger_home)
            .env(MARK, &self.mark[MARK.len() + 1..])
            // Codex refuses to keep its programs in a CODEX_HOME below the temporary folder.
            .env("TMPDIR", self.root.join("tmp"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            // As below a shell, so that the person's own is not asked for what it sets.
            .env("SHLVL", "1")
            .env_remove("OPENAI_API_KEY")
            .env_remove("CODEX_API_KEY");
        command
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let told_before = std::thread::panicking();
        let end = std::panic::AssertUnwindSafe(|| {
            if self.shared.load(Ordering::Relaxed) {
                let stopped = self.daemon(&["stop"]);
                assert!(stopped.status.success(), "{}", String::from_utf8_lossy(&stopped.stderr));
            }
            self.assert_deserted(AFTERLIFE);
        });
        let failed = !told_before && std::panic::catch_unwind(end).is_err();
        if told_before || failed {
            self.show_log();
            processes::kill_marked(&self.mark);
        }
        assert!(!failed, "the end of the workspace, see above");
    }
}

pub fn uri(path: &Path) -> String {
    Url::from_file_path(path).unwrap().into()
}
