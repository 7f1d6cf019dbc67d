//! What many stories share: a file of three lines with a patch of its second one, and `git` as the witness.

use outrigger_tests::Workspace;

pub const THREE_LINES: &str = "one\ntwo\nthree\n";
pub const PATCH: &str = "[[patch:*** Begin Patch\n*** Update File: notes.txt\n@@\n one\n-two\n+zwei\n three\n*** End Patch]]";
pub const PATCHED: &str = "one\nzwei\nthree\n";
pub const DIFF: &str = "@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n";

/// What `git diff` with these arguments says changed, without headers.
pub fn changed(workspace: &Workspace, arguments: &[&str]) -> Vec<String> {
    let mut git = workspace.command("git");
    let output = git.arg("diff").args(arguments).arg("-U0").output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let is_line = |line: &&str| {
        line.starts_with(['+', '-']) && !line.starts_with("+++ ") && !line.starts_with("--- ")
    };
    text.lines().filter(is_line).map(str::to_owned).collect()
}
