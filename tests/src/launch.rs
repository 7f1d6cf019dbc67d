//! How an editor starts `outrigger`, and what it says of itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::editor::Tree;
use crate::workspace::uri;
use crate::{Editor, Workspace, programs};

/// An editor to be launched. Unless told otherwise it is a trusted one that listens to approvals and to codex, and shows
/// approvals in a place of its own.
pub struct Launch<'w> {
    workspace: &'w Workspace,
    window: PathBuf,
    name: &'static str,
    options: Value,
    capabilities: Value,
    environment: Vec<(&'static str, String)>,
    below_shell: bool,
    shared: bool,
    program: PathBuf,
    login_shell: Option<PathBuf>,
    overlooked: Vec<&'static str>,
}

impl<'w> Launch<'w> {
    pub(crate) fn new(workspace: &'w Workspace) -> Self {
        Self {
            workspace,
            window: workspace.folder(),
            name: "Test Editor",
            options: json!({
                "events": ["approval", "codex"],
                "codex": { "path": programs::codex() },
                "inline": { "prompts": "never" },
            }),
            capabilities: json!({}),
            environment: Vec::new(),
            below_shell: false,
            shared: false,
            program: programs::outrigger().to_owned(),
            login_shell: None,
            overlooked: Vec::new(),
        }
    }

    pub fn name(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Subscribes to notes by their first segment.
    pub fn events(self, events: &[&str]) -> Self {
        self.option("events", json!(events))
    }

    /// One of the `initializationOptions`.
    pub fn option(mut self, name: &str, value: Value) -> Self {
        self.options[name] = value;
        self
    }

    /// Another program in codex's place.
    pub fn codex(self, path: &Path) -> Self {
        self.option("codex", json!({ "path": path }))
    }

    /// With a window on a folder of the repository instead of all of it.
    pub fn window(mut self, folder: &str) -> Self {
        self.window = self.workspace.path(folder);
        self
    }

    /// What the editor says that it can do.
    pub fn capabilities(mut self, capabilities: Value) -> Self {
        self.capabilities = capabilities;
        self
    }

    pub fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// Starts it from a shell that stands for the editor's own process: killing that leaves the pipes open.
    pub fn below_shell(mut self) -> Self {
        self.below_shell = true;
        self
    }

    /// With the daemon of the workspace, which all such editors share; else it is an Outrigger of its own.
    pub fn shared(mut self) -> Self {
        self.shared = true;
        self.workspace.will_share();
        self
    }

    /// With what stands where the daemon would.
    pub fn shared_with_a_fake(mut self) -> Self {
        self.shared = true;
        self
    }

    /// Another file in the place of the `outrigger` under test.
    pub fn program(mut self, program: PathBuf) -> Self {
        self.program = program;
        self
    }

    /// As a dock starts it: no shell had a part in its environment, which names this one as the person's.
    pub fn from_a_dock(mut self, login_shell: PathBuf) -> Self {
        self.login_shell = Some(login_shell);
        self
    }

    /// Messages whose method begins like this may stay unread at the end of the story, for this reason.
    pub fn overlook(mut self, prefix: &'static str, _reason: &str) -> Self {
        self.overlooked.push(prefix);
        self
    }

    /// Starts the process and says nothing yet.
    pub fn spawn(self) -> Editor {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let mark = format!("OUTRIGGER_TEST_EDITOR={}-{number}", std::process::id());
        let mut command = self.command();
        if let Some(shell) = &self.login_shell {
            for of_a_shell in ["TERM", "SHLVL", "PS1", "OLDPWD"] {
                command.env_remove(of_a_shell);
            }
            command.env("SHELL", shell);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("OUTRIGGER_TEST_EDITOR", &mark["OUTRIGGER_TEST_EDITOR=".len()..]);
        let tree = if self.shared {
            // The daemon has the mark of whichever editor started it: what is its own is the workspace's.
            Tree::OfWorkspace(self.workspace.mark().to_owned())
        } else {
            Tree::Own(mark)
        };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let introduction = json!({
            "processId": if self.below_shell { child.id() } else { std::process::id() },
            "clientInfo": { "name": self.name },
            "capabilities": self.capabilities,
            "workspaceFolders": [{ "uri": uri(&self.window), "name": "repo" }],
            "initializationOptions": self.options,
        });
        Editor::new(child, tree, self.window, introduction, self.overlooked)
    }

    /// Starts the process and introduces the editor.
    pub fn launch(self) -> Editor {
        let editor = self.spawn();
        editor.initialize().unwrap();
        editor
    }

    fn command(&self) -> Command {
        let arguments: &[&str] = if self.shared { &["--stdio"] } else { &["--stdio", "--solo"] };
        if self.below_shell {
            let mut shell = self.workspace.command("/bin/sh");
            // A command in the background would have no stdin unless it is given this way.
            shell.args(["-c", r#"exec 3<&0; "$0" "$@" <&3 3<&- & wait"#]);
            shell.arg(&self.program).args(arguments);
            return shell;
        }
        let mut command = self.workspace.command(&self.program);
        command.args(arguments);
        command
    }
}
