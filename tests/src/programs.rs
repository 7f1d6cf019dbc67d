//! The programs under test: `outrigger`, built with the tests, and the pinned native `codex`.

use std::env::consts::{ARCH, EXE_SUFFIX, OS};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The `outrigger` that is tested: `OUTRIGGER_BINARY`, or the one beside the tests, brought up to date once a run.
pub fn outrigger() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match std::env::var_os("OUTRIGGER_BINARY") {
        Some(binary) => binary.into(),
        None => build_outrigger(),
    })
}

/// `cargo test -p outrigger-tests` builds no binary of another package, and a stale one would be tested in its place.
fn build_outrigger() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    // Tests are built into deps/, programs beside it.
    let folders = program.ancestors().skip(1);
    let output = folders.into_iter().find(|folder| !folder.ends_with("deps")).unwrap();
    let binary = output.join(format!("outrigger{EXE_SUFFIX}"));
    // nextest starts a process for each test: the first one builds, the others wait for it.
    let run = std::env::var("NEXTEST_RUN_ID").unwrap_or_else(|_| std::process::id().to_string());
    let marker = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(output.join("outrigger-tests.built"))
        .unwrap();
    marker.lock().unwrap();
    let path = output.join("outrigger-tests.built");
    if fs::read_to_string(&path).is_ok_and(|built| built == run) && binary.is_file() {
        return binary;
    }
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Of the whole workspace, so that no dependency is built again for want of a feature.
    cargo.args(["build", "--quiet", "--workspace", "--bin", "outrigger"]);
    cargo.arg("--target-dir").arg(output.parent().expect("a profile's folder is in the target's"));
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    assert!(cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap().success());
    fs::write(&path, run).unwrap();
    binary
}

/// The pinned codex: `OUTRIGGER_CODEX`, or the native binary below the nearest `node_modules`.
pub fn codex() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match std::env::var_os("OUTRIGGER_CODEX") {
        Some(binary) => binary.into(),
        None => installed_codex().expect("codex is not installed: run `npm run setup`"),
    })
}

fn installed_codex() -> Option<PathBuf> {
    let system = match OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    };
    let machine = match ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    let package = format!("node_modules/@openai/codex-{system}-{machine}/vendor");
    let vendor = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join(&package))
        .find(|folder| folder.is_dir())?;
    let triples = fs::read_dir(vendor).ok()?.flatten();
    triples
        .map(|triple| triple.path().join("bin").join(format!("codex{EXE_SUFFIX}")))
        .find_map(|binary| binary.canonicalize().ok())
}
