//! What `cargo metadata` says of the workspace, and what may not be in it.

use std::{collections::BTreeMap, path::Path, process::Command};

use serde_json::Value;

use super::expression::allows;

/// Licences under which a crate may be linked into what we ship.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates that may not be there, why, and who alone may bring them all the same.
const BANNED: &[(&str, &str, &[&str])] = &[
    ("openssl-sys", "TLS from the system breaks builds; nothing here speaks TLS", &[]),
    ("native-tls", "TLS from the system breaks builds; nothing here speaks TLS", &[]),
    ("tower-lsp", "only the transport room speaks it", &["outrigger"]),
    ("tower-lsp-server", "tower-lsp is the crate we are built on", &[]),
    ("backoff", "not maintained (RUSTSEC-2025-0012); the supervisor has its own", &[]),
    ("instant", "not maintained (RUSTSEC-2024-0384)", &[]),
    // portable-pty needs it on Windows, itself and by shared_library.
    (
        "lazy_static",
        "std::sync::LazyLock does it",
        &["sharded-slab", "portable-pty", "shared_library"],
    ),
    ("async-std", "not maintained (RUSTSEC-2025-0052); the runtime is tokio", &[]),
    ("atty", "not maintained (RUSTSEC-2024-0375); std::io::IsTerminal does it", &[]),
    ("serde_yaml", "not maintained; nothing here is YAML", &[]),
    ("fxhash", "not maintained (RUSTSEC-2025-0057)", &[]),
];

#[test]
fn every_dependency_has_a_licence_that_we_may_ship() {
    let mut refused = Vec::new();
    for package in packages(&metadata()) {
        match &package.licence {
            Some(licence) if allows(licence, ALLOWED) => {}
            Some(licence) => refused.push(format!("{}: {licence}", package.title)),
            None => refused.push(format!("{}: no licence expression", package.title)),
        }
    }
    assert!(
        refused.is_empty(),
        "these crates have a licence outside the list in server/tests/licences/graph.rs:\n{}",
        refused.join("\n")
    );
}

#[test]
fn no_dependency_is_a_banned_crate() {
    let found = banned(&packages(&metadata()), BANNED);
    assert!(found.is_empty(), "crates that may not be here:\n{}", found.join("\n"));
}

fn banned(packages: &[Package], bans: &[(&str, &str, &[&str])]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, why, allowed) in bans {
        for package in packages {
            let brings = package.dependencies.iter().any(|dependency| dependency == name);
            if brings && !allowed.contains(&package.name.as_str()) {
                found.push(format!("{name}, brought by {}: {why}", package.title));
            }
        }
    }
    found
}

struct Package {
    name: String,
    /// Name and version.
    title: String,
    licence: Option<String>,
    /// Names of the crates that it is built with, on whatever platform.
    dependencies: Vec<String>,
}

/// Every package of the resolved graph, our own included.
fn packages(metadata: &Value) -> Vec<Package> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let array = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let all = array(&metadata["packages"]);
    let name_of: BTreeMap<&str, &str> = all
        .iter()
        .filter_map(|package| Some((package["id"].as_str()?, package["name"].as_str()?)))
        .collect();
    let edges: BTreeMap<String, Vec<String>> = array(&metadata["resolve"]["nodes"])
        .iter()
        .filter_map(|node| {
            let built_with = array(&node["dependencies"]);
            let names = built_with.iter().filter_map(|id| name_of.get(id.as_str()?));
            Some((text(&node["id"])?, names.map(|&name| name.to_owned()).collect()))
        })
        .collect();
    let packages: Vec<Package> = all
        .iter()
        .filter_map(|package| {
            let (name, version) = (text(&package["name"])?, package["version"].as_str()?);
            Some(Package {
                title: format!("{name} {version}"),
                name,
                licence: text(&package["license"]),
                dependencies: edges.get(package["id"].as_str()?).cloned().unwrap_or_default(),
            })
        })
        .collect();
    assert!(packages.len() > 50, "cargo metadata lists no dependencies");
    packages
}

/// Without network where all is downloaded; else cargo fetches what other platforms need.
fn metadata() -> Value {
    let run = |more: &[&str]| {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
            .arg(manifest)
            .args(more)
            .output()
            .unwrap()
    };
    let mut output = run(&["--offline"]);
    if !output.status.success() {
        output = run(&[]);
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_ban_names_the_crate_and_who_brings_it() {
    let package = |name: &str, dependencies: &[&str]| Package {
        name: name.to_owned(),
        title: format!("{name} 1.0.0"),
        licence: None,
        dependencies: dependencies.iter().map(|&name| name.to_owned()).collect(),
    };
    let packages = [
        package("ours", &["http", "logging"]),
        package("http", &["old-tls"]),
        package("logging", &["statics"]),
        package("statics", &[]),
        package("old-tls", &["statics"]),
    ];
    let bans: &[(&str, &str, &[&str])] =
        &[("old-tls", "it is old", &[]), ("statics", "std has it", &["logging"])];
    assert_eq!(
        banned(&packages, bans),
        [
            "old-tls, brought by http 1.0.0: it is old",
            "statics, brought by old-tls 1.0.0: std has it",
        ]
    );
}
