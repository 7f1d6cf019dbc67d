//! Who imports whom, and which crates a room names.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    source::{Source, Word, repository, sources},
    table::{Room, rooms},
};

/// What a pure room has no use for: it decides, others do.
const NOT_PURE: &[&str] =
    &["async", "await", "std::fs", "std::net", "std::process", "std::thread", "std::env", "tokio"];

#[test]
fn every_room_has_its_row() {
    let rooms = rooms();
    let without: BTreeSet<String> = sources()
        .iter()
        .filter(|source| !rooms.contains_key(&source.room))
        .map(|source| source.path.clone())
        .collect();
    assert_eq!(without, BTreeSet::new(), "files without a row in docs/architecture.md");
}

#[test]
fn rooms_import_whom_the_table_allows() {
    let rooms = rooms();
    assert_holds(|room, source, word| {
        let path: Vec<&str> = word.path.iter().map(String::as_str).collect();
        let ["crate", target, rest @ ..] = path.as_slice() else { return None };
        // What stands in lib.rs itself, such as a constant, belongs to `lib`.
        let target = if rooms.contains_key(*target) { *target } else { "lib" };
        if target == source.room || source.room == "lib" {
            return None;
        }
        match room.imports.get(target) {
            Some(None) => None,
            // The module itself, of which what is then named from it counts.
            Some(Some(_)) if rest.is_empty() => None,
            Some(Some(names)) if names.iter().any(|name| name == rest[0]) => None,
            _ => Some(format!("may not import {}", word.path.join("::"))),
        }
    });
}

#[test]
fn rooms_name_the_crates_that_the_table_allows() {
    let dependencies = dependencies();
    let rooms = rooms();
    let owners: BTreeMap<&str, &str> = rooms
        .iter()
        .flat_map(|(name, room)| room.alone.iter().map(|alone| (alone.as_str(), name.as_str())))
        .collect();
    assert_holds(|room, source, word| {
        let named = word.path[0].as_str();
        if word.path.len() < 2 || !dependencies.contains(named) {
            return None;
        }
        if let Some(owner) = owners.get(named).filter(|owner| **owner != source.room) {
            return Some(format!("may not name {named}: only {owner} does"));
        }
        let allowed = room.crates.as_ref().is_none_or(|all| all.iter().any(|one| one == named));
        (!allowed && !word.test && !owners.contains_key(named))
            .then(|| format!("may not name the crate {named}"))
    });
}

#[test]
fn pure_rooms_do_nothing_but_decide() {
    assert_holds(|room, _, word| {
        let path = word.path.join("::");
        let impure = NOT_PURE
            .iter()
            .find(|impure| path == **impure || path.starts_with(&format!("{impure}::")))?;
        (room.pure && !word.test).then(|| format!("is pure, so it has no {impure}"))
    });
}

#[test]
fn only_main_prints() {
    let printing = ["print", "println", "eprint", "eprintln", "dbg"];
    assert_holds(|_, source, word| {
        let name = word.path.last()?;
        (word.called && !word.test && source.room != "main" && printing.contains(&name.as_str()))
            .then(|| format!("calls {name}!: stdout is the wire, and stderr belongs to the log"))
    });
}

/// Fails with every word that breaks the rule, with its place.
fn assert_holds(broken: impl Fn(&Room, &Source, &Word) -> Option<String>) {
    let rooms = rooms();
    let sources = sources();
    assert!(sources.len() > 40, "server/src was not found");
    let mut failures = Vec::new();
    for source in sources {
        let Some(room) = rooms.get(&source.room) else { continue };
        for word in &source.words {
            if let Some(why) = broken(room, source, word) {
                failures.push(format!("{}:{}: {} {why}", source.path, word.line, source.room));
            }
        }
    }
    failures.dedup();
    assert!(
        failures.is_empty(),
        "against the table of rooms in docs/architecture.md:\n{}",
        failures.join("\n")
    );
}

/// The names that `server/Cargo.toml` gives to other crates, as code writes them.
fn dependencies() -> BTreeSet<String> {
    let manifest = std::fs::read_to_string(repository().join("server/Cargo.toml")).unwrap();
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if let Some((name, _)) = line.split_once([' ', '=', '.']).filter(|_| inside) {
            names.insert(name.replace('-', "_"));
        }
    }
    assert!(names.contains("serde_json"), "the dependencies of server/Cargo.toml were not read");
    names
}
