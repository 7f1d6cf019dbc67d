//! The scripted model as the real `codex app-server` hears it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, in its helping functions too"
)]

#[path = "support/app_server.rs"]
mod app_server;

use std::fs;
use std::path::Path;
use std::process::Command;

use app_server::{AppServer, Turn};
use scripted_model::{Options, Server, Unmarked, codex_home};
use tempfile::TempDir;

const COMMAND: &str = "item/commandExecution/requestApproval";
const FILE: &str = "item/fileChange/requestApproval";
const SAMPLE: &str = "\
export function greet(name: string): string {
  return `Hello, ${name}.`;
}

/** On leaving. */
export function leave(name: string): string {
  return `Goodbye, ${name}.`;
}
";

/// A model, an app-server that talks to it, and a folder to work in.
struct Stage {
    _model: Server,
    _home: TempDir,
    work: TempDir,
    codex: AppServer,
    thread: String,
}

impl Stage {
    async fn set(unmarked: Unmarked) -> Self {
        let model = Server::start(Options { unmarked, ..Options::default() }).unwrap();
        let home = tempfile::tempdir().unwrap();
        let work = tempfile::Builder::new().prefix("work & play ").tempdir().unwrap();
        codex_home(home.path(), &model.base_url()).unwrap();
        let mut codex = AppServer::start(home.path()).await;
        let thread = codex.thread(work.path()).await;
        Self { _model: model, _home: home, work, codex, thread }
    }

    async fn turn(&mut self, prompt: &str, decision: &str) -> Turn {
        self.codex.turn(&self.thread, prompt, decision).await
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.work.path().join(path)).unwrap()
    }
}

fn completed(asked: &[&str], items: &[&str]) -> Turn {
    let owned = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect();
    let mut items: Vec<String> = owned(items);
    items.insert(0, "userMessage".into());
    Turn { asked: owned(asked), items, status: "completed".into() }
}

#[tokio::test]
async fn it_says_a_message() {
    let mut stage = Stage::set(Unmarked::Hello).await;
    assert_eq!(
        stage.turn("[[msg:Hi there.]]", "accept").await,
        completed(&[], &["agentMessage Hi there."])
    );
}

#[tokio::test]
async fn it_runs_a_command_that_a_person_allows() {
    let mut stage = Stage::set(Unmarked::Hello).await;
    let turn = stage.turn("[[exec:echo seen > seen.txt]]", "accept").await;
    assert_eq!(turn.asked, [COMMAND]);
    assert_eq!(turn.items[2], "agentMessage done exec step 1");
    assert_eq!(stage.read("seen.txt"), "seen\n");
}

#[tokio::test]
async fn it_adds_changes_moves_and_deletes_files() {
    let mut stage = Stage::set(Unmarked::Hello).await;
    let patched = completed(&[FILE], &["fileChange completed", "agentMessage done patch step 1"]);
    let add =
        "*** Begin Patch\n*** Add File: a.txt\n+one\n+two\n*** Add File: b.txt\n+b\n*** End Patch";
    assert_eq!(stage.turn(&format!("[[patch:{add}]]"), "accept").await, patched);
    let change = "*** Begin Patch\n*** Update File: a.txt\n*** Move to: c.txt\n@@\n-one\n+uno\n two\n\
                  *** Delete File: b.txt\n*** End Patch";
    assert_eq!(stage.turn(&format!("[[patch:{change}]]"), "accept").await, patched);
    assert_eq!(stage.read("c.txt"), "uno\ntwo\n");
    let left: Vec<_> =
        fs::read_dir(stage.work.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["c.txt"]);
}

#[tokio::test]
async fn a_story_changes_the_file_it_finds_and_looks_at_the_folder() {
    let mut stage = Stage::set(Unmarked::Story).await;
    repository(stage.work.path());
    let first = stage.turn("Please greet better", "accept").await;
    assert_eq!(
        first.items[1],
        "agentMessage You asked: “Please greet better”. Here is a small change that you can look at before it is \
         written: `src/greeting.ts` says “Welcome” instead of “Hello” in line 2 and says “See you soon,” instead \
         of “Goodbye,” in line 7."
    );
    assert_eq!(first.asked, [FILE, COMMAND]);
    assert_eq!(
        first.items.last().unwrap(),
        "agentMessage The change is in place. The command printed:\n\n```\n M src/greeting.ts\n```\n\n\
         Ask for more whenever you like."
    );
    assert_eq!(
        stage.read("src/greeting.ts"),
        SAMPLE.replace("Hello", "Welcome").replace("Goodbye", "See you soon")
    );

    let declined = stage.turn("And again", "decline").await;
    assert_eq!(declined.asked, [FILE]);
    assert_eq!(
        declined.items.last().unwrap(),
        "agentMessage You declined the change, so nothing was written. Tell me what to do instead, and I will \
         propose another one; or I can leave the file as it is."
    );
}

#[tokio::test]
async fn a_story_in_an_empty_folder_adds_a_file_and_goes_on_with_it() {
    let mut stage = Stage::set(Unmarked::Story).await;
    assert_eq!(stage.turn("Begin", "accept").await.asked, [FILE, COMMAND]);
    let begun = stage.read("HELLO.md");
    assert_eq!(stage.turn("Go on", "accept").await.asked, [FILE, COMMAND]);
    assert_ne!(stage.read("HELLO.md"), begun);
}

fn repository(folder: &Path) {
    fs::create_dir(folder.join("src")).unwrap();
    fs::write(folder.join("src/greeting.ts"), SAMPLE).unwrap();
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "."],
        &[
            "-c",
            "user.name=A",
            "-c",
            "user.email=a@example.com",
            "commit",
            "--quiet",
            "-m",
            "Begin",
        ],
    ] {
        assert!(
            Command::new("git").arg("-C").arg(folder).args(arguments).status().unwrap().success()
        );
    }
}
