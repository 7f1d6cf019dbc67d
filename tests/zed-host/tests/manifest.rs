//! The rules of Zed's extension registry, which checks them only when somebody submits.

use std::{collections::BTreeSet, fs};

use toml::Table;

fn read(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../extensions/zed/");
    fs::read_to_string(format!("{folder}{name}")).unwrap()
}

#[test]
fn the_manifest_has_what_the_registry_asks_for() {
    let manifest: Table = read("extension.toml").parse().unwrap();
    let package: Table = read("Cargo.toml").parse().unwrap();

    let id = manifest["id"].as_str().unwrap();
    let letters = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-';
    assert!(id.chars().all(letters), "{id}");
    assert!(!id.contains("zed") && !id.contains("extension"), "{id}");
    // A server, and nothing else.
    assert!(id.ends_with("-lsp"), "{id}");
    assert_eq!(manifest["schema_version"].as_integer(), Some(1));
    assert_eq!(manifest["version"], package["package"]["version"]);
    assert!(!manifest["authors"].as_array().unwrap().is_empty());
    assert!(!manifest["description"].as_str().unwrap().is_empty());
    // It runs nothing itself.
    assert_eq!(manifest.get("capabilities"), None);

    assert!(read("LICENSE-MIT").starts_with("MIT License\n"));
    assert!(read("LICENSE-APACHE").contains("Apache License"));
}

#[test]
fn languages_are_named_once() {
    let manifest: Table = read("extension.toml").parse().unwrap();
    let server = &manifest["language_servers"]["outrigger"];
    let named: Vec<&str> =
        server["languages"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let sorted: BTreeSet<&str> = named.iter().copied().collect();
    assert_eq!(named, sorted.into_iter().collect::<Vec<_>>());
    assert!(named.len() >= 55, "{}", named.len());
}
