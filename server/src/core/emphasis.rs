//! Which words of changed lines are others, so that an editor can draw them stronger.

use similar::{ChangeTag, DiffOp, TextDiff};

use crate::protocol::diff::{Hunk, HunkLine, LineKind};

/// Hunks of one answer whose words are compared.
const MAX_HUNKS: usize = 200;
/// Changed lines that stand together, and bytes of them, whose words are compared.
const MAX_LINES: usize = 100;
const MAX_BYTES: usize = 16 * 1024;

/// Marks the words of removed lines that the added ones in their place do not have, and the other way round. Lines that
/// have little in common stay without marks.
pub fn mark(hunks: &mut [Hunk]) {
    for hunk in hunks.iter_mut().take(MAX_HUNKS) {
        for block in hunk.lines.chunk_by_mut(|one, other| {
            (one.kind == LineKind::Context) == (other.kind == LineKind::Context)
        }) {
            mark_block(block);
        }
    }
}

fn mark_block(block: &mut [HunkLine]) {
    let bytes: usize = block.iter().map(|line| line.text.len()).sum();
    if block.len() > MAX_LINES || bytes > MAX_BYTES {
        return;
    }
    let places = |kind: LineKind| -> Vec<usize> {
        (0..block.len()).filter(|place| block[*place].kind == kind).collect()
    };
    let (removed, added) = (places(LineKind::Removed), places(LineKind::Added));
    let texts = |places: &[usize]| -> Vec<String> {
        places.iter().map(|place| block[*place].text.clone()).collect()
    };
    let (old, new) = (texts(&removed), texts(&added));
    let old: Vec<&str> = old.iter().map(String::as_str).collect();
    let new: Vec<&str> = new.iter().map(String::as_str).collect();
    let diff = TextDiff::from_slices(&old, &new);
    for op in diff.ops().iter().filter(|op| matches!(op, DiffOp::Replace { .. })) {
        for change in diff.iter_inline_changes(op) {
            let place = match change.tag() {
                ChangeTag::Delete => change.old_index().and_then(|index| removed.get(index)),
                ChangeTag::Insert => change.new_index().and_then(|index| added.get(index)),
                ChangeTag::Equal => None,
            };
            if let Some(place) = place {
                block[*place].emphasis = ranges(change.values());
            }
        }
    }
}

/// The emphasised parts, in UTF-16 units.
fn ranges(values: &[(bool, &str)]) -> Option<Vec<[u32; 2]>> {
    let mut at = 0;
    let mut ranges: Vec<[u32; 2]> = Vec::new();
    for (emphasised, text) in values {
        let start = at;
        at += u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
        match ranges.last_mut() {
            Some(last) if *emphasised && last[1] == start => last[1] = at,
            _ if *emphasised => ranges.push([start, at]),
            _ => {}
        }
    }
    (!ranges.is_empty()).then_some(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::diff::Eol;

    fn marked(lines: &[(LineKind, &str)]) -> Vec<Option<Vec<[u32; 2]>>> {
        let line = |(kind, text): &(LineKind, &str)| HunkLine {
            kind: *kind,
            text: (*text).to_owned(),
            eol: Eol::Lf,
            base64: None,
            emphasis: None,
        };
        let mut hunks = [Hunk {
            hunk_id: "h".into(),
            old_start: 1,
            old_lines: 1,
            new_start: 1,
            new_lines: 1,
            lines: lines.iter().map(line).collect(),
            mode_change: None,
            origin: None,
            kept: false,
        }];
        mark(&mut hunks);
        let [hunk] = hunks;
        hunk.lines.into_iter().map(|line| line.emphasis).collect()
    }

    #[test]
    fn words_that_differ_are_marked_by_their_utf_16_units() {
        use LineKind::{Added, Context, Removed};
        let marks = marked(&[
            (Context, "fn greet() {"),
            (Removed, "    say(\"😀 good day\", name);"),
            (Added, "    say(\"😀 good evening\", name);"),
            (Context, "}"),
        ]);
        assert_eq!(marks, [None, Some(vec![[17, 20]]), Some(vec![[17, 24]]), None]);
    }

    #[test]
    fn lines_that_only_came_or_have_nothing_in_common_have_no_marks() {
        use LineKind::{Added, Removed};
        assert_eq!(marked(&[(Added, "a"), (Added, "b")]), [None, None]);
        assert_eq!(marked(&[(Removed, "one two three"), (Added, "{}")]), [None, None]);
    }
}
