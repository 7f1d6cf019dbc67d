use super::{Side, context_of, find, moved, show};
use crate::{
    git::{cache::Cache, diff::changes, lines::Lines},
    protocol::diff::{Eol, Hunk, HunkLine, LineKind},
};

fn hunks(old: &[u8], new: &[u8], context: u32) -> Vec<Hunk> {
    let changes = changes(old, new, context).unwrap();
    let (old, new) = (Lines::of(old), Lines::of(new));
    let found = find(Side::Unstaged, (&old, &new), &changes, context, |content| {
        Cache::default().name(content)
    })
    .unwrap();
    found.iter().map(|hunk| show(hunk, &old, &new, &changes)).collect()
}

fn ids(old: &str, new: &str, context: u32) -> Vec<String> {
    hunks(old.as_bytes(), new.as_bytes(), context).into_iter().map(|hunk| hunk.hunk_id).collect()
}

#[test]
fn a_hunk_shows_its_lines_with_their_ends_and_their_bytes() {
    let line = |kind, text: &str, eol, base64: Option<&str>| HunkLine {
        kind,
        text: text.into(),
        eol,
        base64: base64.map(str::to_owned),
        emphasis: None,
    };
    let [hunk] = hunks(b"a\r\nb\rb\nc", b"a\r\nx\xff\nc", 1).try_into().unwrap();
    let hunk_id = hunk.hunk_id.clone();
    let expected = Hunk {
        hunk_id,
        old_start: 1,
        old_lines: 3,
        new_start: 1,
        new_lines: 3,
        lines: vec![
            line(LineKind::Context, "a", Eol::CrLf, None),
            line(LineKind::Removed, "b\rb", Eol::Lf, None),
            line(LineKind::Added, "x\u{fffd}", Eol::Lf, Some("eP8=")),
            line(LineKind::Context, "c", Eol::None, None),
        ],
        mode_change: None,
        origin: None,
        kept: false,
    };
    assert_eq!(hunk, expected);
}

#[test]
fn a_name_survives_edits_elsewhere_and_not_its_own() {
    let lines = |from: u32| (from..20).map(|n| format!("line {n}\n")).collect::<Vec<_>>().concat();
    let old = lines(0);
    let changed = old.replace("line 10\n", "line ten\n");
    let [name] = ids(&old, &changed, 3).try_into().unwrap();
    let moved = changed.replace("line 2\n", "2\nand\nmore\n");
    assert_eq!(ids(&old, &moved, 3)[1], name);
    let other = changed.replace("line ten\n", "line Ten\n");
    assert_ne!(ids(&old, &other, 3)[0], name);
    let same_elsewhere = old.replace("line 11\n", "line ten\n");
    assert_ne!(ids(&old, &same_elsewhere, 3)[0], name);
}

#[test]
fn twins_are_told_apart_and_lose_their_names_when_one_goes() {
    let block = "a\nb\nc\nd\ne\nf\ng\nh\n";
    let changed = block.replace("d\n", "D\n");
    let both = ids(&block.repeat(2), &changed.repeat(2), 3);
    let [first, second] = both.clone().try_into().unwrap();
    assert!(first.ends_with("-1of2") && second.ends_with("-2of2"), "{both:?}");
    let one_left = ids(&block.repeat(2), &format!("{block}{changed}"), 3);
    assert!(!both.contains(&one_left[0]), "{one_left:?}");
}

#[test]
fn a_name_says_its_list_and_its_context() {
    let [name] = ids("a\n", "b\n", 0).try_into().unwrap();
    assert_eq!(context_of(&name, Side::Unstaged), Some(0));
    assert_eq!(context_of(&name, Side::Staged), None);
    assert_eq!(context_of("u", Side::Unstaged), None);
}

#[test]
fn what_is_staged_whole_has_the_names_it_would_be_given_there() {
    let (old, new) = ("a\nb\nc\nb\nd\nb\n".repeat(3), "a\nx\nc\nx\nd\nb\n".repeat(3));
    let changes = changes(old.as_bytes(), new.as_bytes(), 0).unwrap();
    let (old, new) = (Lines::of(old.as_bytes()), Lines::of(new.as_bytes()));
    let on = |side| {
        find(side, (&old, &new), &changes, 0, |content| Cache::default().name(content)).unwrap()
    };
    assert_eq!(moved(&on(Side::Unstaged), Side::Staged), on(Side::Staged));
}
