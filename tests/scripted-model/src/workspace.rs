//! The folder that a story plays in: which file it may change.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::timeout;

/// The file of the sample repository, which a story prefers.
const SAMPLE: &str = "src/greeting.ts";
/// The file that a story makes where it finds none to change, and changes from then on.
pub(crate) const NEW_FILE: &str = "HELLO.md";
/// The largest file that a story changes, in bytes.
const LARGEST_FILE: u64 = 64 * 1024;
/// How much of the list of tracked files is read, in bytes, and for how long.
const LONGEST_LIST: u64 = 1024 * 1024;
const LIST_TIME: Duration = Duration::from_secs(5);

/// What a story needs to know of its folder.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    /// The file to change, if there is one.
    pub file: Option<SourceFile>,
    pub is_repository: bool,
}

#[derive(Debug)]
pub(crate) struct SourceFile {
    /// Relative to the folder, with `/` between its parts.
    pub path: String,
    pub text: String,
}

impl Workspace {
    /// Looks for the sample file, then for the first small source file that git tracks, then for prose.
    pub(crate) async fn look(cwd: &Path) -> Self {
        let tracked = tracked_files(cwd).await;
        let is_repository = tracked.is_some();
        let tracked = tracked.unwrap_or_default();
        let code = tracked
            .iter()
            .filter(|path| Syntax::of(path).is_some_and(|syntax| syntax != Syntax::Prose));
        let prose = tracked.iter().filter(|path| Syntax::of(path) == Some(Syntax::Prose));
        let candidates =
            [SAMPLE].into_iter().chain(code.map(String::as_str)).chain(prose.map(String::as_str));
        let file = candidates.chain([NEW_FILE]).find_map(|path| read(cwd, path));
        Self { file, is_repository }
    }
}

/// How a file writes its remarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    Slashes,
    Hash,
    Prose,
}

impl Syntax {
    /// The syntax of a file by its name, or none if a story can't change such a file.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let (_, extension) = path.rsplit_once('.')?;
        match extension {
            "c" | "cc" | "cpp" | "cs" | "dart" | "go" | "h" | "hpp" | "java" | "js" | "jsx"
            | "kt" | "mjs" | "cjs" | "rs" | "scala" | "swift" | "ts" | "tsx" => Some(Self::Slashes),
            "py" | "rb" | "sh" => Some(Self::Hash),
            "md" | "txt" => Some(Self::Prose),
            _ => None,
        }
    }
}

/// The files that git tracks below a folder, or none if that is no repository.
async fn tracked_files(cwd: &Path) -> Option<Vec<String>> {
    let mut git = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(cwd)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let mut list = Vec::new();
    let mut stdout = git.stdout.take()?.take(LONGEST_LIST);
    timeout(LIST_TIME, stdout.read_to_end(&mut list)).await.ok()?.ok()?;
    // A list that was cut short leaves git writing; dropping its stdout ends it.
    drop(stdout);
    let status = timeout(LIST_TIME, git.wait()).await.ok()?.ok()?;
    if list.is_empty() && !status.success() {
        return None;
    }
    let whole = list.iter().rposition(|&byte| byte == 0).unwrap_or(0);
    let paths = list[..whole].split(|&byte| byte == 0);
    Some(paths.filter_map(|path| String::from_utf8(path.to_vec()).ok()).collect())
}

/// The file if it is a plain, small text file that a patch can quote line by line.
fn read(cwd: &Path, path: &str) -> Option<SourceFile> {
    if path.chars().any(char::is_control) {
        return None;
    }
    let full = cwd.join(path);
    let metadata = full.symlink_metadata().ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST_FILE {
        return None;
    }
    let text = std::fs::read_to_string(full).ok()?;
    let quotable = text.lines().count() >= 3 && !text.contains(['\r', '\0']);
    quotable.then(|| SourceFile { path: path.into(), text })
}
