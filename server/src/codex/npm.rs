//! How npm and its kin install codex: a node launcher, and beside it a package with the native binary.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::locate::Surroundings;

/// The launcher within its package, and the package within `node_modules`.
const LAUNCHER: &str = "@openai/codex/bin/codex.js";

/// A launcher script is small; more of it is not read.
const SCRIPT: u64 = 64 << 10;

/// The places where a global install puts the launcher, as far as they can be told without running npm.
pub fn global_launchers(surroundings: &Surroundings, path: &[PathBuf]) -> Vec<PathBuf> {
    let mut prefixes: Vec<PathBuf> = Vec::new();
    prefixes.extend(surroundings.npm_prefix.clone());
    prefixes.extend(surroundings.home.as_deref().and_then(prefix_in_npmrc));
    if cfg!(windows) {
        prefixes.extend(surroundings.app_data.as_ref().map(|data| data.join("npm")));
    }
    let node = if cfg!(windows) { "node.exe" } else { "node" };
    for directory in path.iter().filter(|directory| directory.join(node).is_file()) {
        if cfg!(windows) {
            prefixes.push(directory.clone());
            continue;
        }
        // `node` is in the prefix's `bin`, where a version manager may have put a link to it.
        let real = fs::canonicalize(directory.join(node)).ok();
        prefixes.extend(directory.parent().map(Path::to_owned));
        prefixes.extend(
            real.as_deref().and_then(Path::parent).and_then(Path::parent).map(Path::to_owned),
        );
        if directory == Path::new("/usr/bin") {
            // Debian's npm installs there.
            prefixes.push("/usr/local".into());
        }
    }
    let modules = if cfg!(windows) { "node_modules" } else { "lib/node_modules" };
    prefixes
        .into_iter()
        .filter(|prefix| prefix.is_absolute())
        .map(|prefix| prefix.join(modules).join(LAUNCHER))
        .collect()
}

/// The `prefix` of the person's `~/.npmrc`.
fn prefix_in_npmrc(home: &Path) -> Option<PathBuf> {
    let settings = fs::read_to_string(home.join(".npmrc")).ok()?;
    let prefix = settings.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "prefix").then(|| value.trim().trim_matches(['"', '\'']))
    })?;
    let below_home =
        ["~/", "${HOME}/", "$HOME/"].iter().find_map(|start| prefix.strip_prefix(start));
    Some(below_home.map_or_else(|| PathBuf::from(prefix), |rest| home.join(rest)))
}

/// The node launcher that `file` is or leads to; none if it is a program of another kind. `file` is canonical.
pub fn launcher(file: &Path) -> Option<PathBuf> {
    let mut script = String::new();
    let mut start = [0; 2];
    let mut reader = File::open(file).ok()?;
    reader.read_exact(&mut start).ok()?;
    let is_command =
        file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("cmd"));
    if start != *b"#!" && !is_command {
        return None;
    }
    reader.take(SCRIPT).read_to_string(&mut script).ok()?;
    let first = script.lines().next().unwrap_or_default();
    if !is_command && first.contains("node") {
        return Some(file.to_owned());
    }
    // A shim names the launcher relative to its own directory.
    let at = script.replace('\\', "/");
    let end = at.find(LAUNCHER)? + LAUNCHER.len();
    let begin = at[..end].rfind(['"', '\'', ' '])? + 1;
    let named = &at[begin..end];
    let relative = ["$basedir/", "%~dp0/", "%dp0%/", "%~dp0"]
        .iter()
        .find_map(|start| named.strip_prefix(start));
    Some(match relative {
        Some(relative) => file.parent()?.join(relative),
        None => PathBuf::from(named),
    })
}

/// The native binary that belongs to a launcher, found as node finds it.
pub fn native_of(launcher: &Path) -> Option<PathBuf> {
    let launcher = fs::canonicalize(launcher).ok()?;
    let package = launcher.parent()?.parent()?;
    let (platform_package, target) = platform()?;
    let program = if cfg!(windows) { "codex.exe" } else { "codex" };
    let modules = launcher
        .ancestors()
        .filter(|directory| directory.file_name().is_none_or(|name| name != "node_modules"))
        .map(|directory| directory.join("node_modules").join(platform_package).join("vendor"));
    modules
        .chain([package.join("vendor")])
        .flat_map(|vendor| {
            let vendor = vendor.join(target);
            // Older releases keep it in `codex`.
            [vendor.join("bin").join(program), vendor.join("codex").join(program)]
        })
        .find(|native| native.is_file())
}

/// The package of this machine's native binary, and its directory within it.
pub fn platform() -> Option<(&'static str, &'static str)> {
    Some(match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux" | "android", "x86_64") => ("@openai/codex-linux-x64", "x86_64-unknown-linux-musl"),
        ("linux" | "android", "aarch64") => {
            ("@openai/codex-linux-arm64", "aarch64-unknown-linux-musl")
        }
        ("macos", "x86_64") => ("@openai/codex-darwin-x64", "x86_64-apple-darwin"),
        ("macos", "aarch64") => ("@openai/codex-darwin-arm64", "aarch64-apple-darwin"),
        ("windows", "x86_64") => ("@openai/codex-win32-x64", "x86_64-pc-windows-msvc"),
        ("windows", "aarch64") => ("@openai/codex-win32-arm64", "aarch64-pc-windows-msvc"),
        _ => return None,
    })
}
