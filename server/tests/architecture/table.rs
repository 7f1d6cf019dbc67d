//! The table "rooms and who may import whom" of `docs/architecture.md`, read from the document itself.

use std::collections::BTreeMap;

/// What one row of the table allows. Names are those of the code, without `crate::`.
#[derive(Debug, Default, PartialEq)]
pub struct Room {
    /// By room, the names in it that may be imported; `None` stands for all of it.
    pub imports: BTreeMap<String, Option<Vec<String>>>,
    /// The crates besides std that may be named; `None` stands for any that no other room has for itself.
    pub crates: Option<Vec<String>>,
    /// Crates that no other room may name.
    pub alone: Vec<String>,
    /// Not async, and without files, processes, threads, sockets and environment.
    pub pure: bool,
}

/// The rows of the table by room.
pub fn rooms() -> BTreeMap<String, Room> {
    let document = include_str!("../../../docs/architecture.md");
    let rooms = parse(document);
    assert!(rooms.len() > 10, "docs/architecture.md has lost its table of rooms");
    rooms
}

fn parse(document: &str) -> BTreeMap<String, Room> {
    let header = "| Room | What it is for | May import | Crates it may name |";
    let rows = document.lines().skip_while(|line| *line != header).skip(2);
    rows.take_while(|line| line.starts_with('|')).map(row).collect()
}

fn row(line: &str) -> (String, Room) {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [room, purpose, imports, crates] = cells.as_slice() else {
        panic!("a row of the table of rooms has four cells: {line}");
    };
    let name = code(room).into_iter().next().expect("the row names its room in `backticks`");
    let name = name.trim_end_matches('/').trim_end_matches(".rs").to_owned();
    let (alone, shared) = match crates.split_once("; alone") {
        Some((shared, alone)) => (code(alone), shared),
        None => (Vec::new(), *crates),
    };
    let open = shared.starts_with("any");
    let room = Room {
        imports: code(imports).iter().map(|import| import_of(import)).collect(),
        crates: (!open).then(|| code(shared).into_iter().map(str::to_owned).collect()),
        alone: alone.into_iter().map(str::to_owned).collect(),
        pure: purpose.ends_with("*Pure.*"),
    };
    (name, room)
}

/// The pieces in `backticks`.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// `room`, or `room::{Name, Name}`.
fn import_of(text: &str) -> (String, Option<Vec<String>>) {
    match text.split_once("::") {
        None => (text.to_owned(), None),
        Some((room, names)) => {
            let names = names.trim_matches(['{', '}']).split(',');
            (room.to_owned(), Some(names.map(|name| name.trim().to_owned()).collect()))
        }
    }
}

#[test]
fn the_table_is_read_as_it_is_written() {
    let document = "\
| Room | What it is for | May import | Crates it may name |
|---|---|---|---|
| `core/` | all state. *Pure.* | `protocol`, `codex::{Command, views}` | `serde` |
| `git/` | libgit2 | `protocol` | any; alone `git2` |
| `clock.rs` | time | | |

| Room | another table |
";
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let expected = BTreeMap::from([
        (
            "core".to_owned(),
            Room {
                imports: BTreeMap::from([
                    ("protocol".to_owned(), None),
                    ("codex".to_owned(), Some(names(&["Command", "views"]))),
                ]),
                crates: Some(names(&["serde"])),
                alone: Vec::new(),
                pure: true,
            },
        ),
        (
            "git".to_owned(),
            Room {
                imports: BTreeMap::from([("protocol".to_owned(), None)]),
                crates: None,
                alone: names(&["git2"]),
                pure: false,
            },
        ),
        ("clock".to_owned(), Room { crates: Some(Vec::new()), ..Room::default() }),
    ]);
    assert_eq!(parse(document), expected);
}
