//! Files whose document in an editor has unsaved edits: what the editor is asked for, applied here as an editor does.

use std::path::Path;

use super::{
    acting::{Stage, whole},
    world::World,
};
use crate::git::{
    InDocument, LineNumbers, Selection, Target,
    diff::tests::{Dice, edited, joined, text},
    document::{OpenDocument, Planned},
    hunks::Side,
    memory::Told,
    place::Content,
    place::OnDisk,
    select::{Asked, Refused},
};

fn applied(document: &str, asked: &InDocument) -> String {
    let mut text = document.to_owned();
    for edit in asked.edits.iter().rev() {
        text.replace_range(edit.span.clone(), &edit.with);
    }
    text
}

/// What the document becomes when this is reverted in it; `None` where only the disk has it.
fn reverted(
    stage: &Stage,
    name: &str,
    selection: &Selection,
    document: &str,
) -> Result<Option<(String, InDocument)>, Refused> {
    let asked = Asked { selection, told: Told::default() };
    Ok(match stage.scene().revert_in_document(Path::new(name), &asked, document)? {
        Planned::Edits(edits) => Some((applied(document, &edits), edits)),
        Planned::OnDiskOnly => None,
    })
}

#[test]
fn what_is_chosen_goes_from_the_document_and_comes_back() {
    let world = World::new();
    world.commit(&[("f", b"a\nb\nc\nd\ne\nf\ng\nh\ni\n")]);
    world.write("f", "A\nb\nc\nd\ne\nf\ng\nh\nI\n");
    let stage = Stage::of(&world);
    let hunks = stage.hunks("f", Side::Unstaged, 3);
    // Typed beside the second hunk: they are one hunk in the document.
    let document = "A\nb\nc\nd\ntyped\ne\nf\ng!\nh\nI\n";
    let (after, asked) = reverted(&stage, "f", &whole(&[&hunks[1]]), document).unwrap().unwrap();
    assert_eq!(after, "A\nb\nc\nd\ntyped\ne\nf\ng!\nh\ni\n");
    assert_eq!(world.read("f"), b"A\nb\nc\nd\ne\nf\ng\nh\nI\n");

    // Typed below it since.
    let number = asked.journal_id.trim_start_matches('j').parse().unwrap();
    stage.journal.settle(number, true).unwrap();
    let (written, act) = stage.journal.read(&asked.journal_id).unwrap();
    let since = format!("{after}more\n");
    let undo = stage.scene().undo_in_document(&asked.journal_id, &written, act, &since);
    assert!(undo.is_err(), "its surroundings are others");
    let since = format!("first\n{after}");
    let undo = stage.scene().undo_in_document(&asked.journal_id, &written, act, &since);
    let Ok(Planned::Edits(edits)) = undo else { panic!("no edits") };
    assert_eq!(applied(&since, &edits), format!("first\n{document}"));
}

#[test]
fn what_the_document_has_otherwise_is_stale() {
    let world = World::new();
    world.commit(&[("f", b"a\nb\nc\n")]);
    world.write("f", "a\nB\nc\n");
    let stage = Stage::of(&world);
    let hunks = stage.hunks("f", Side::Unstaged, 3);
    for document in ["a\nB!\nc\n", "a\nb\nc\n", "a\nB\nadded\nc\n", ""] {
        let refused = reverted(&stage, "f", &whole(&[&hunks[0]]), document);
        assert!(matches!(refused, Err(Refused::Stale)), "{document:?}");
    }
    assert_eq!(stage.journal.list(None, None, 10), []);
}

#[test]
fn a_part_of_a_hunk_a_byte_order_mark_and_line_ends_are_kept() {
    let world = World::new();
    world.commit(&[("f", "\u{feff}a\r\nb\r\nc\r\n".as_bytes())]);
    world.write("f", "\u{feff}a\r\nB\r\nmore\r\nc\r\n");
    let stage = Stage::of(&world);
    let hunk = &stage.hunks("f", Side::Unstaged, 3)[0];
    let only_more = Target {
        hunk_id: hunk.hunk_id.clone(),
        lines: Some(LineNumbers { old: vec![], new: vec![3] }),
    };
    let told = {
        let mut memory = crate::git::memory::Memory::default();
        let hunks = crate::protocol::diff::FileHunks {
            uri: String::new(),
            revision: 1,
            status: crate::protocol::diff::FileStatus::Modified,
            unstaged: vec![hunk.clone()],
            staged: vec![],
        };
        memory.tell(Path::new("f"), [1], &hunks);
        memory.told(Path::new("f"), 1, None)
    };
    // An editor keeps the mark to itself.
    let document = "a\r\nB\r\nmore\r\nc\r\ntyped\r\n";
    let selection = Selection::Hunks(vec![only_more]);
    let asked = Asked { selection: &selection, told };
    let planned = stage.scene().revert_in_document(Path::new("f"), &asked, document);
    let Ok(Planned::Edits(edits)) = planned else { panic!("no edits") };
    assert_eq!(applied(document, &edits), "a\r\nB\r\nc\r\ntyped\r\n");
}

#[test]
fn line_ends_are_those_of_the_document_where_git_converts_them() {
    let world = World::new();
    world.git(&["config", "core.autocrlf", "true"]);
    world.commit(&[("f", b"a\r\nb\r\nc\r\n")]);
    world.write("f", "a\r\nB\r\nc\r\n");
    let stage = Stage::of(&world);
    let hunks = stage.hunks("f", Side::Unstaged, 3);
    let (after, _) =
        reverted(&stage, "f", &whole(&[&hunks[0]]), "0\r\na\r\nB\r\nc\r\n").unwrap().unwrap();
    assert_eq!(after, "0\r\na\r\nb\r\nc\r\n");
}

#[test]
fn the_whole_file_goes_back_in_the_document_and_what_only_the_disk_has_does_not() {
    let world = World::new();
    world.commit(&[("f", b"a\nb\nc\n")]);
    world.write("f", "a\nB\nc\n");
    world.write("new", "x\n");
    let stage = Stage::of(&world);
    let (after, _) = reverted(&stage, "f", &Selection::File, "typed\na\nB\nc\n").unwrap().unwrap();
    assert_eq!(after, "a\nb\nc\n");
    assert_eq!(reverted(&stage, "new", &Selection::File, "x\ntyped\n").unwrap(), None);

    // It is what the index has, and the file is another.
    assert_eq!(reverted(&stage, "f", &Selection::File, "a\nb\nc\n").unwrap(), None);
    std::fs::remove_file(world.path("f")).unwrap();
    let gone = stage.hunks("f", Side::Unstaged, 3);
    for selection in [whole(&[&gone[0]]), Selection::File] {
        assert_eq!(reverted(&stage, "f", &selection, "typed\na\nB\nc\n").unwrap(), None);
    }
    world.write("f", "a\nB\nc\n");

    world.chmod("f", 0o755);
    let hunks = stage.hunks("f", Side::Unstaged, 3);
    let mode = hunks.iter().find(|hunk| hunk.mode_change.is_some()).unwrap();
    assert_eq!(reverted(&stage, "f", &whole(&[mode]), "typed\na\nB\nc\n").unwrap(), None);
}

#[test]
fn a_document_is_unsaved_where_its_text_is_another() {
    let document = |text: Option<&str>, edited| OpenDocument {
        number: 0,
        path: "f".into(),
        text: text.map(Into::into),
        edited,
        editable: true,
    };
    let file = |bytes: &[u8]| {
        OnDisk::File(Content { bytes: bytes.to_vec(), permissions: 0o644, linked: false })
    };
    for edited in [false, true] {
        assert!(!document(Some("a\nb\n"), edited).is_unsaved(&file(b"a\r\nb\r\n")));
        assert!(document(Some("a\nb"), edited).is_unsaved(&file(b"a\nb\n")));
        // What cannot be held against each other is as the editor told.
        assert_eq!(document(Some("\u{e4}"), edited).is_unsaved(&file(&[0xe4])), edited);
        assert_eq!(document(None, edited).is_unsaved(&file(b"a\n")), edited);
        assert_eq!(document(Some("a\n"), edited).is_unsaved(&OnDisk::Absent), edited);
    }
}

/// Of random texts: what is reverted in a document is gone from its changes, and all others are there.
#[test]
fn one_change_goes_and_the_others_stay() {
    let mut dice = Dice(0x51ed_270b_9a6c_44e1);
    let world = World::new();
    world.commit(&[("f", b"x\n")]);
    let stage = Stage::of(&world);
    let printable = |lines: Vec<u8>| -> String {
        let ascii =
            lines.iter().map(|byte| if byte.is_ascii() && *byte != 0 { *byte } else { b'z' });
        String::from_utf8(ascii.collect()).unwrap()
    };
    let mut done = 0;
    for round in 0..60 {
        let lines = 4 + dice.roll(30);
        let indexed = text(&mut dice, lines);
        let saved = edited(&mut dice, &indexed);
        let typed = edited(&mut dice, &saved);
        let [indexed, saved, typed] =
            [indexed, saved, typed].map(|lines| printable(joined(&mut dice, &lines)));
        if indexed.is_empty() || saved.is_empty() {
            continue;
        }
        world.commit(&[("f", indexed.as_bytes())]);
        world.write("f", &saved);
        let hunks = stage.hunks("f", Side::Unstaged, 0);
        for hunk in &hunks {
            let Ok(Some((after, _))) = reverted(&stage, "f", &whole(&[hunk]), &typed) else {
                continue;
            };
            done += 1;
            assert_eq!(world.read("f"), saved.as_bytes());
            let changes = |text: &str| {
                let changes = crate::git::diff::changes(indexed.as_bytes(), text.as_bytes(), 1);
                let lines = crate::git::lines::Lines::of(text.as_bytes());
                let changes = changes.unwrap().into_iter();
                changes.map(|one| (one.old, lines.slice(one.new).to_vec())).collect::<Vec<_>>()
            };
            let (before, after) = (changes(&typed), changes(&after));
            assert_eq!(after.len() + 1, before.len(), "round {round}");
            assert!(after.iter().all(|one| before.contains(one)), "round {round}");
        }
    }
    assert!(done > 30, "{done}");
}
