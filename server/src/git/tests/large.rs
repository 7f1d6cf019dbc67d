//! Large texts, which git does not write for us where nothing says how they are to be written.

use std::os::unix::fs::PermissionsExt;

use super::world::World;
use crate::git::{facts::Source, text::Text};

/// The loose objects, each with its permissions and its size.
fn objects(world: &World) -> Vec<(String, u32, u64)> {
    let folder = world.path(".git/objects");
    let mut found = Vec::new();
    for inner in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        let files =
            if inner.is_dir() { std::fs::read_dir(&inner).unwrap().collect() } else { vec![] };
        for file in files.into_iter().map(|entry| entry.unwrap().path()) {
            let about = file.metadata().unwrap();
            let name = file.strip_prefix(&folder).unwrap().display().to_string();
            found.push((name, about.permissions().mode() & 0o777, about.len()));
        }
        assert!(inner.is_dir(), "{} was left behind", inner.display());
    }
    found.sort();
    found
}

#[test]
fn a_large_text_is_kept_as_git_keeps_it() {
    let line =
        |number: u32| format!("line {number} of many, {}\n", number.wrapping_mul(2_654_435_761));
    let text = Text::new((0..60_000).map(line).collect::<String>().into_bytes());
    assert!(text.len() > 1024 * 1024);

    let ours = World::new();
    let mut meanwhile = false;
    let oid = ours.repository().keep_text_while(&text, || meanwhile = true).unwrap();
    assert!(meanwhile);
    let theirs = World::new();
    theirs.write("f", &*text);
    let named = theirs.git(&["hash-object", "-w", "--no-filters", "f"]);
    assert_eq!(format!("{oid}\n").into_bytes(), named);
    assert!(ours.repository().blob(&oid).unwrap() == *text);
    assert!(ours.git(&["cat-file", "blob", &oid]) == *text);
    assert_eq!(ours.git(&["fsck", "--strict", "--no-dangling"]), b"");
    let names_and_modes = |world: &World| -> Vec<(String, u32)> {
        objects(world).into_iter().map(|(name, mode, _)| (name, mode)).collect()
    };
    assert_eq!(names_and_modes(&ours), names_and_modes(&theirs));

    // Once more it is there already, and nothing is left of the attempt.
    assert_eq!(ours.repository().keep_text_while(&text, || ()).unwrap(), oid);
    assert_eq!(names_and_modes(&ours), names_and_modes(&theirs));
}

#[test]
fn git_writes_it_where_a_setting_says_how() {
    let text = Text::new(b"all alike\n".repeat(200_000));
    let world = World::new();
    world.git(&["config", "core.looseCompression", "0"]);
    world.repository().keep_text_while(&text, || ()).unwrap();
    let [(_, _, size)] = objects(&world)[..] else { panic!("one object") };
    assert!(size > text.len() as u64, "not compressed");
}
