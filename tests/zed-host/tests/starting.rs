//! What a person gets who opens a file in Zed: the program of the settings, of the `PATH` or of the pinned release.
//! `OUTRIGGER_ZED_COMPONENT` is the component as Zed would build it, `OUTRIGGER_ZED_TESTED` the same with this folder's
//! `release.txt`.

use std::{collections::HashMap, fs, path::PathBuf, sync::LazyLock};

use tempfile::TempDir;
use zed_host::{Architecture, Command, Compiled, Editor, Network, Os, Started, files};

static TESTED: LazyLock<Compiled> = LazyLock::new(|| compiled("OUTRIGGER_ZED_TESTED"));

const URL: &str = "https://github.com/outrigger/test/releases/download/v9.8.7/outrigger-x86_64-unknown-linux-musl.gz";

fn compiled(variable: &str) -> Compiled {
    let file = PathBuf::from(std::env::var(variable).expect(variable));
    Compiled::of(&file).unwrap()
}

/// A machine on which Zed runs.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, below: &str) -> String {
        self.0.path().join(below).to_string_lossy().into_owned()
    }

    fn start(&self, editor: Editor) -> Started {
        TESTED.start(self.0.path(), editor).unwrap()
    }

    fn has(&self, file: &str, text: &str) {
        let file = self.0.path().join("work").join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn files(&self) -> HashMap<String, String> {
        files(&self.0.path().join("work"))
    }
}

fn started_by(command: String) -> Command {
    Command {
        command,
        args: vec!["--stdio".to_owned()],
        env: vec![("LANG".to_owned(), "C".to_owned())],
    }
}

fn map(files: &[(&str, &str)]) -> HashMap<String, String> {
    files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// Asserts that the command failed, and returns what Zed would show.
fn failure(started: &mut Started) -> String {
    started.command().unwrap().unwrap_err()
}

#[test]
fn the_program_on_the_path_is_started_and_nothing_is_downloaded() {
    let machine = Machine::new();
    let mut zed =
        machine.start(Editor { on_path: true, network: Network::Released, ..Editor::default() });
    assert_eq!(zed.command().unwrap(), Ok(started_by(machine.path("bin/outrigger"))));
    assert_eq!(zed.asked(), Vec::<String>::new());
    assert_eq!(zed.initialization_options().unwrap(), Ok(None));
    assert_eq!(zed.configuration().unwrap(), Ok(None));
}

#[test]
fn settings_go_before_the_path_and_reach_the_program_as_they_are() {
    let machine = Machine::new();
    let settings = r#"{
        "binary": { "path": "/opt/o", "arguments": ["--stdio", "--solo"], "env": { "LANG": "de", "X": "1" } },
        "initialization_options": { "inline": { "prompts": "always" } },
        "settings": { "any": [2] }
    }"#;
    let mut zed =
        machine.start(Editor { on_path: true, settings: settings.to_owned(), ..Editor::default() });
    let mut command = zed.command().unwrap().unwrap();
    command.env.sort();
    assert_eq!(
        command,
        Command {
            command: "/opt/o".to_owned(),
            args: vec!["--stdio".to_owned(), "--solo".to_owned()],
            env: vec![("LANG".to_owned(), "de".to_owned()), ("X".to_owned(), "1".to_owned())],
        }
    );
    let options = zed.initialization_options().unwrap();
    assert_eq!(options, Ok(Some(r#"{"inline":{"prompts":"always"}}"#.to_owned())));
    assert_eq!(zed.configuration().unwrap(), Ok(Some(r#"{"any":[2]}"#.to_owned())));
}

#[test]
fn settings_that_cannot_be_read_are_named() {
    let machine = Machine::new();
    let settings = r#"{ "binary": { "path": 7 } }"#.to_owned();
    let mut zed = machine.start(Editor { on_path: true, settings, ..Editor::default() });
    let said = failure(&mut zed);
    assert!(said.starts_with(r#""lsp": { "outrigger": … } in your settings: "#), "{said}");
}

#[test]
fn the_pinned_release_is_downloaded_once_and_older_ones_are_removed() {
    let machine = Machine::new();
    machine.has("outrigger-v0.0.1/outrigger", "old");
    machine.has("outrigger-v9.8.7.partial/outrigger", "half of it");
    machine.has("kept.txt", "not ours");
    let online = Editor { network: Network::Released, ..Editor::default() };
    let mut zed = machine.start(online);
    let command = started_by(machine.path("work/outrigger-v9.8.7/outrigger"));
    assert_eq!(zed.command().unwrap(), Ok(command));
    assert_eq!(
        zed.asked(),
        [
            "status of outrigger: checking".to_owned(),
            "status of outrigger: downloading".to_owned(),
            format!("download {URL} as DownloadedFileType::Gzip"),
            "make executable outrigger-v9.8.7.partial/outrigger".to_owned(),
            "status of outrigger: none".to_owned(),
        ]
    );
    let now = map(&[
        ("kept.txt", "not ours"),
        ("outrigger-v9.8.7/outrigger", "outrigger-x86_64-unknown-linux-musl\n"),
    ]);
    assert_eq!(machine.files(), now);

    // The next start, on a train.
    let mut zed = machine.start(Editor::default());
    assert_eq!(
        zed.command().unwrap(),
        Ok(started_by(machine.path("work/outrigger-v9.8.7/outrigger")))
    );
    assert_eq!(zed.asked(), ["status of outrigger: checking", "status of outrigger: none"]);
    assert_eq!(machine.files(), now);
}

#[test]
fn a_download_with_another_checksum_is_deleted_and_never_started() {
    let machine = Machine::new();
    machine.has("outrigger-v0.0.1/outrigger", "old");
    let mut zed = machine.start(Editor { network: Network::Tampered, ..Editor::default() });
    let said = failure(&mut zed);
    assert!(
        said.contains(
            "is not what was released: its SHA-256 is \
             a1621be95040239ee14362c16e20510ddc20f527d772d823b2a1679b33f5cd74, and it should be \
             ce1242c55419523b9a0202bfd02bbd1d1177f260ca84c9595490716b084a63c4."
        ),
        "{said}"
    );
    let asked = zed.asked();
    assert!(!asked.iter().any(|one| one.starts_with("make executable")), "{asked:?}");
    assert_eq!(machine.files(), map(&[("outrigger-v0.0.1/outrigger", "old")]));
}

#[test]
fn offline_says_so_and_the_next_attempt_can_succeed() {
    let machine = Machine::new();
    let mut zed = machine.start(Editor::default());
    let said = failure(&mut zed);
    assert_eq!(
        said,
        format!(
            "Outrigger is neither on your PATH nor named in your settings. {URL} cannot be downloaded: error sending \
             request. You can install it yourself, and name it with \"lsp\": {{ \"outrigger\": {{ \"binary\": {{ \
             \"path\": \"…\" }} }} }}."
        )
    );
    let asked = zed.asked();
    let failed =
        format!("status of outrigger: failed: {URL} cannot be downloaded: error sending request.");
    assert_eq!(asked.last(), Some(&failed));
    assert_eq!(machine.files(), map(&[]));

    let mut zed = machine.start(Editor { network: Network::Released, ..Editor::default() });
    assert!(zed.command().unwrap().is_ok());
}

#[test]
fn a_refused_capability_says_which_setting_allows_it() {
    let machine = Machine::new();
    let mut zed = machine.start(Editor { network: Network::Refused, ..Editor::default() });
    let said = failure(&mut zed);
    let allow = r#""granted_extension_capabilities": [{ "kind": "download_file", "host": "github.com", "path": ["**"] }]"#;
    assert!(said.contains(allow), "{said}");
    assert_eq!(machine.files(), map(&[]));
}

#[test]
fn every_platform_has_its_program_and_it_is_one_that_the_release_workflow_makes() {
    let platforms = [
        (Os::Linux, Architecture::X8664, "x86_64-unknown-linux-musl", "outrigger"),
        (Os::Linux, Architecture::Aarch64, "aarch64-unknown-linux-musl", "outrigger"),
        (Os::Mac, Architecture::X8664, "x86_64-apple-darwin", "outrigger"),
        (Os::Mac, Architecture::Aarch64, "aarch64-apple-darwin", "outrigger"),
        (Os::Windows, Architecture::X8664, "x86_64-pc-windows-msvc", "outrigger.exe"),
        (Os::Windows, Architecture::Aarch64, "aarch64-pc-windows-msvc", "outrigger.exe"),
    ];
    let mut made = Vec::new();
    for (os, architecture, target, file) in platforms {
        let machine = Machine::new();
        let mut zed = machine.start(Editor {
            network: Network::Released,
            platform: (os, architecture),
            ..Editor::default()
        });
        let command = started_by(machine.path(&format!("work/outrigger-v9.8.7/{file}")));
        assert_eq!(zed.command().unwrap(), Ok(command));
        let program = format!("outrigger-{target}\n");
        assert_eq!(machine.files(), map(&[(&format!("outrigger-v9.8.7/{file}"), &program)]));
        made.push(target);
    }
    let workflow = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../.github/workflows/release.yml"
    ))
    .unwrap();
    let mut built: Vec<&str> = workflow
        .lines()
        .filter_map(|line| line.split_once("rust: ")?.1.split(',').next())
        .collect();
    built.sort_unstable();
    made.sort_unstable();
    assert_eq!(made, built);

    let machine = Machine::new();
    let mut zed = machine.start(Editor {
        network: Network::Released,
        platform: (Os::Linux, Architecture::X86),
        ..Editor::default()
    });
    let said = failure(&mut zed);
    assert!(said.contains("Outrigger v9.8.7 has no outrigger-i686-unknown-linux-musl."), "{said}");
}

#[test]
fn without_a_pinned_release_nothing_is_downloaded() {
    let pinned = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../extensions/zed/release.txt"
    ))
    .unwrap();
    let machine = Machine::new();
    let online = Editor { network: Network::Released, ..Editor::default() };
    let mut zed = compiled("OUTRIGGER_ZED_COMPONENT").start(machine.0.path(), online).unwrap();
    let said = failure(&mut zed);
    let asked = zed.asked();
    let downloads = asked.iter().filter(|one| one.starts_with("download ")).count();
    // What the network of this test has is no program of a real release.
    let (why, tried) = if pinned.lines().all(|line| line.starts_with('#')) {
        ("This build of the extension has no release to download.", 0)
    } else {
        ("is not what was released", 1)
    };
    assert!(said.contains(why), "{said}");
    assert_eq!(downloads, tried, "{asked:?}");
    assert_eq!(machine.files(), map(&[]));
}
