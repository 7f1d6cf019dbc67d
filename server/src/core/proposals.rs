//! A change before it is written: what the app-server sent of it, and the file as it would be.

use std::{
    borrow::Cow,
    collections::HashSet,
    path::{Path, PathBuf},
};

use diffy::{Line, Patch};
use serde::Deserialize;

use super::emphasis;
use crate::{
    git::{Part, Unwanted, Written},
    paths,
    protocol::{
        Raw,
        approval::{ChangeKind, HunkRef, ProposedChange, ProposedFile},
        diff::{Eol, Hunk, HunkLine, HunkRange, LineKind},
    },
};

/// Files larger than this are not drawn whole; the diff still is.
pub const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024;

/// What was read of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileText {
    Text(String),
    Absent,
    /// Not UTF-8, too large, or unreadable: the reason, for a person.
    Unreadable(String),
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow)]
    path: Cow<'a, str>,
    #[serde(borrow)]
    kind: Kind<'a>,
    #[serde(borrow)]
    diff: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(rename = "type", borrow)]
    name: Cow<'a, str>,
    #[serde(default, borrow)]
    move_path: Option<Cow<'a, str>>,
}

/// The changes of a `fileChange` item, each with a unified diff.
pub fn changes(raw: &Raw, cwd: Option<&str>) -> Vec<ProposedChange> {
    let changes: Vec<Change> = raw.view().unwrap_or_default();
    changes.iter().map(|change| proposed(change, cwd)).collect()
}

fn proposed(change: &Change, cwd: Option<&str>) -> ProposedChange {
    let moved = change.kind.move_path.as_deref();
    let (kind, diff) = match change.kind.name.as_ref() {
        "add" => (ChangeKind::Add, whole(&change.diff, '+')),
        "delete" => (ChangeKind::Delete, whole(&change.diff, '-')),
        _ => (ChangeKind::Update, without_tail(&change.diff, moved).to_owned()),
    };
    let hunks = Patch::from_str(&diff).map(|patch| patch.hunks().iter().map(range).collect());
    ProposedChange {
        uri: uri(&change.path, cwd),
        kind,
        moved_to: moved.map(|path| uri(path, cwd)),
        hunks: hunks.unwrap_or_default(),
        diff,
    }
}

fn uri(path: &str, cwd: Option<&str>) -> String {
    let absolute = cwd.map_or_else(|| PathBuf::from(path), |cwd| Path::new(cwd).join(path));
    paths::to_uri(&absolute).unwrap_or_else(|| format!("file://{path}"))
}

/// The app-server ends the diff of a move with this sentence, which is no part of the diff.
fn without_tail<'a>(diff: &'a str, moved: Option<&str>) -> &'a str {
    moved.and_then(|path| diff.strip_suffix(&format!("\n\nMoved to: {path}"))).unwrap_or(diff)
}

/// For an added or deleted file the app-server sends the bare content: this makes a diff of it.
fn whole(content: &str, sign: char) -> String {
    if content.is_empty() {
        return String::new();
    }
    let lines: Vec<&str> = content.split_inclusive('\n').collect();
    let count = if lines.len() == 1 { String::new() } else { format!(",{}", lines.len()) };
    let mut diff = match sign {
        '+' => format!("@@ -0,0 +1{count} @@\n"),
        _ => format!("@@ -1{count} +0,0 @@\n"),
    };
    for line in lines {
        diff.push(sign);
        diff.push_str(line);
        if !line.ends_with('\n') {
            diff.push_str("\n\\ No newline at end of file\n");
        }
    }
    diff
}

fn range(hunk: &diffy::Hunk<'_, str>) -> HunkRange {
    let (old, new) = (hunk.old_range(), hunk.new_range());
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    HunkRange {
        old_start: number(old.start()),
        old_lines: number(old.len()),
        new_start: number(new.start()),
        new_lines: number(new.len()),
    }
}

fn hunk(index: usize, hunk: &diffy::Hunk<'_, str>) -> Hunk {
    let HunkRange { old_start, old_lines, new_start, new_lines } = range(hunk);
    let lines = hunk.lines().iter().map(|line| match line {
        Line::Context(text) => self::line(LineKind::Context, text),
        Line::Delete(text) => self::line(LineKind::Removed, text),
        Line::Insert(text) => self::line(LineKind::Added, text),
    });
    Hunk {
        hunk_id: hunk_id(index),
        old_start,
        old_lines,
        new_start,
        new_lines,
        lines: lines.collect(),
        mode_change: None,
        origin: None,
        kept: false,
    }
}

fn line(kind: LineKind, text: &str) -> HunkLine {
    let (text, eol) = match (text.strip_suffix("\r\n"), text.strip_suffix('\n')) {
        (Some(text), _) => (text, Eol::CrLf),
        (None, Some(text)) => (text, Eol::Lf),
        (None, None) => (text, Eol::None),
    };
    HunkLine { kind, text: text.to_owned(), eol, base64: None, emphasis: None }
}

/// The lines of one hunk that are really changed, its context left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touched {
    /// 1-based, in the present file. Where nothing is removed, the line that the new ones follow.
    pub first: u32,
    /// Present lines that go or change; 0 for an insertion.
    pub lines: u32,
}

/// Where a change touches the present file, one entry a hunk.
pub fn touched(change: &ProposedChange) -> Vec<Touched> {
    let Ok(patch) = Patch::from_str(&change.diff) else { return Vec::new() };
    patch.hunks().iter().map(touched_by).collect()
}

fn touched_by(hunk: &diffy::Hunk<'_, str>) -> Touched {
    let range = range(hunk);
    let is_context = |line: &&Line<'_, str>| matches!(line, Line::Context(_));
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let before = count(hunk.lines().iter().take_while(is_context).count());
    let after = count(hunk.lines().iter().rev().take_while(is_context).count());
    let lines = range.old_lines.saturating_sub(before + after);
    let first = match (range.old_lines, lines) {
        (0, _) => range.old_start,
        (_, 0) => (range.old_start + before).saturating_sub(1),
        _ => range.old_start + before,
    };
    Touched { first, lines }
}

/// What has to go from which files, so that these changes are as if the hunks named had not been in them.
pub fn unwanted(changes: &[ProposedChange], refused: &[HunkRef]) -> Result<Vec<Unwanted>, String> {
    let mut found = Vec::new();
    let (mut count, mut all) = (0, 0);
    for change in changes {
        let patch = Patch::from_str(&change.diff).map_err(|error| error.to_string())?;
        all += patch.hunks().len();
        let hunks: Vec<_> = named(change, &patch, refused).collect();
        count += hunks.len();
        if hunks.is_empty() {
            continue;
        }
        let uri = change.moved_to.as_ref().unwrap_or(&change.uri);
        let path = paths::from_uri(uri).ok_or_else(|| format!("{uri} is not a file."))?;
        let part = match (change.kind, hunks.as_slice()) {
            (ChangeKind::Add, [only]) => Part::Added(side(only, Side::New)),
            (ChangeKind::Delete, [only]) => Part::Deleted(side(only, Side::Old)),
            _ => Part::Hunks(hunks.iter().map(|hunk| written(hunk)).collect()),
        };
        found.push(Unwanted { path, part });
    }
    let known: HashSet<&HunkRef> = refused.iter().collect();
    if count != known.len() {
        return Err("A hunk that is refused is not one of this change.".to_owned());
    }
    if count == all {
        return Err("All hunks are refused: decline the change instead.".to_owned());
    }
    Ok(found)
}

/// The hunks named, each as a unified diff has it, with the URI of its file.
pub fn shown(changes: &[ProposedChange], refused: &[HunkRef]) -> Vec<(String, String)> {
    let mut shown = Vec::new();
    for change in changes {
        let Ok(patch) = Patch::from_str(&change.diff) else { continue };
        for hunk in named(change, &patch, refused) {
            let uri = change.moved_to.as_ref().unwrap_or(&change.uri);
            shown.push((uri.clone(), text(hunk)));
        }
    }
    shown
}

fn named<'p>(
    change: &'p ProposedChange,
    patch: &'p Patch<'p, str>,
    refused: &'p [HunkRef],
) -> impl Iterator<Item = &'p diffy::Hunk<'p, str>> {
    let hunks = patch.hunks().iter().enumerate().filter(|(index, _)| {
        let id = hunk_id(*index);
        refused.iter().any(|one| one.uri == change.uri && one.hunk_id == id)
    });
    hunks.map(|(_, hunk)| hunk)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Old,
    New,
}

/// The lines of a hunk on one side, as they stand in the file.
fn side(hunk: &diffy::Hunk<'_, str>, side: Side) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in hunk.lines() {
        match (line, side) {
            (Line::Context(text), _)
            | (Line::Delete(text), Side::Old)
            | (Line::Insert(text), Side::New) => bytes.extend_from_slice(text.as_bytes()),
            _ => {}
        }
    }
    bytes
}

fn written(hunk: &diffy::Hunk<'_, str>) -> Written {
    let line = range(hunk).new_start;
    Written { line, now: side(hunk, Side::New), before: side(hunk, Side::Old) }
}

fn text(hunk: &diffy::Hunk<'_, str>) -> String {
    let HunkRange { old_start, old_lines, new_start, new_lines } = range(hunk);
    let mut text = format!("@@ -{old_start},{old_lines} +{new_start},{new_lines} @@\n");
    for line in hunk.lines() {
        let (sign, line) = match line {
            Line::Context(line) => (' ', line),
            Line::Delete(line) => ('-', line),
            Line::Insert(line) => ('+', line),
        };
        text.push(sign);
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
    text
}

fn hunk_id(index: usize) -> String {
    format!("proposed-{index}")
}

/// The file as it is and as it would be after `change`.
pub fn file(change: &ProposedChange, present: FileText) -> ProposedFile {
    let patch = Patch::from_str(&change.diff);
    let hunks = patch.as_ref().map(|patch| {
        let hunks = patch.hunks().iter().enumerate().map(|(index, one)| hunk(index, one));
        let mut hunks: Vec<Hunk> = hunks.collect();
        emphasis::mark(&mut hunks);
        hunks
    });
    let (old_text, new_text, conflict) = match (present, change.kind) {
        (FileText::Unreadable(reason), _) => (None, None, Some(reason)),
        (FileText::Absent, ChangeKind::Add) => (None, added(&change.diff), None),
        (FileText::Text(old), ChangeKind::Add) => {
            (Some(old), added(&change.diff), Some("The file is there already.".to_owned()))
        }
        (FileText::Text(old), ChangeKind::Delete) => (Some(old), None, None),
        (FileText::Absent, ChangeKind::Delete | ChangeKind::Update) => {
            (None, None, Some("The file is no longer there.".to_owned()))
        }
        (FileText::Text(old), ChangeKind::Update) => {
            let applied = patch.as_ref().ok().and_then(|patch| diffy::apply(&old, patch).ok());
            let conflict = applied.is_none().then(|| {
                "The file has changed since Codex proposed this, and the change no longer fits."
                    .to_owned()
            });
            (Some(old), applied, conflict)
        }
    };
    ProposedFile {
        uri: change.uri.clone(),
        kind: change.kind,
        moved_to: change.moved_to.clone(),
        old_text,
        new_text,
        hunks: hunks.unwrap_or_default(),
        conflict,
    }
}

fn added(diff: &str) -> Option<String> {
    let patch = Patch::from_str(diff).ok()?;
    if diff.is_empty() {
        return Some(String::new());
    }
    diffy::apply("", &patch).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(json: &str) -> ProposedChange {
        let raw: Box<serde_json::value::RawValue> = serde_json::from_str(json).unwrap();
        changes(&Raw::from(&*raw), Some("/w")).remove(0)
    }

    fn ranges(old: (u32, u32), new: (u32, u32)) -> Vec<HunkRange> {
        let ((old_start, old_lines), (new_start, new_lines)) = (old, new);
        vec![HunkRange { old_start, old_lines, new_start, new_lines }]
    }

    #[test]
    fn an_added_file_comes_as_a_diff_and_as_its_content() {
        let change = one(r#"[{"path":"/w/a b.txt","kind":{"type":"add"},"diff":"one\r\ntwo"}]"#);
        assert_eq!(
            change,
            ProposedChange {
                uri: "file:///w/a%20b.txt".into(),
                kind: ChangeKind::Add,
                moved_to: None,
                diff: "@@ -0,0 +1,2 @@\n+one\r\n+two\n\\ No newline at end of file\n".into(),
                hunks: ranges((0, 0), (1, 2)),
            }
        );
        let file = file(&change, FileText::Absent);
        assert_eq!(
            (file.old_text, file.new_text, file.conflict),
            (None, Some("one\r\ntwo".into()), None)
        );
        let eols: Vec<Eol> = file.hunks[0].lines.iter().map(|line| line.eol).collect();
        assert_eq!(eols, [Eol::CrLf, Eol::None]);
    }

    #[test]
    fn an_empty_new_file_has_no_hunks_and_empty_content() {
        let change = one(r#"[{"path":"/w/e","kind":{"type":"add"},"diff":""}]"#);
        let file = file(&change, FileText::Absent);
        assert_eq!((file.new_text, file.hunks, file.conflict), (Some(String::new()), vec![], None));
    }

    #[test]
    fn a_deleted_file_is_shown_as_removed_lines() {
        let change = one(r#"[{"path":"d.txt","kind":{"type":"delete"},"diff":"x\n"}]"#);
        assert_eq!(change.diff, "@@ -1 +0,0 @@\n-x\n");
        let file = file(&change, FileText::Text("x\n".into()));
        assert_eq!(
            (file.uri.as_str(), file.new_text, file.conflict),
            ("file:///w/d.txt", None, None)
        );
    }

    #[test]
    fn a_move_keeps_its_diff_and_loses_the_sentence_behind_it() {
        let change = one(
            r#"[{"path":"/w/a","kind":{"type":"update","move_path":"/w/b"},"diff":"@@ -1 +1 @@\n-x\n+y\n\n\nMoved to: /w/b"}]"#,
        );
        assert_eq!(
            (change.moved_to.as_deref(), change.diff.as_str(), change.hunks.clone()),
            (Some("file:///w/b"), "@@ -1 +1 @@\n-x\n+y\n", ranges((1, 1), (1, 1)))
        );
        assert_eq!(file(&change, FileText::Text("x\n".into())).new_text.as_deref(), Some("y\n"));
    }

    #[test]
    fn only_the_changed_lines_of_a_hunk_are_touched() {
        let change = one(concat!(
            r#"[{"path":"/w/a","kind":{"type":"update"},"diff":"#,
            r#""@@ -1,5 +1,5 @@\n a\n b\n-c\n+C\n d\n e\n@@ -9,2 +9,3 @@\n i\n+new\n j\n"}]"#,
        ));
        let touched = touched(&change);
        assert_eq!(touched, [Touched { first: 3, lines: 1 }, Touched { first: 9, lines: 0 }]);
    }

    #[test]
    fn a_change_that_no_longer_fits_says_so_and_proposes_nothing() {
        let change =
            one(r#"[{"path":"/w/a","kind":{"type":"update"},"diff":"@@ -1 +1 @@\n-x\n+y\n"}]"#);
        let file = file(&change, FileText::Text("moved on\n".into()));
        assert_eq!((file.old_text.as_deref(), file.new_text), (Some("moved on\n"), None));
        assert!(file.conflict.is_some());
    }
}
