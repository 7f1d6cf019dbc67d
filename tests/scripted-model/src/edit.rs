//! Small changes to a file that is there, written as a patch that `apply_patch` takes.

use std::ops::Range;

use crate::workspace::{NEW_FILE, SourceFile, Syntax};

/// Remarks for a line of their own, and for the end of a line.
const REMARKS: [&str; 5] = [
    "Kept small, so that a test can call it without any setup.",
    "Pure: the same input gives the same answer.",
    "Callers rely on this shape; change it together with them.",
    "Nothing here waits: the caller decides when it runs.",
    "The caller checks its input; here it is taken as it comes.",
];
const END_REMARKS: [&str; 4] =
    ["part of the public face", "covered by the tests", "plain on purpose", "read top to bottom"];
const SENTENCES: [&str; 4] = [
    "Everything here can be tried without a network.",
    "Each part is small enough to be read in one sitting.",
    "A change is welcome when it comes with a test.",
    "Questions are answered in the order in which they come.",
];
/// Phrases that say the same; a story changes one to another of its group. Those of the sample come first, and
/// within a group no phrase holds another.
const WORDINGS: [&[&str]; 7] = [
    &["Good ${part}, ", "A good ${part} to you, "],
    &[
        "Welcome to the corner shop.",
        "Come in, and have a look around.",
        "You are new here: welcome!",
    ],
    &["Good to see you again.", "How nice that you are back.", "There you are again."],
    &["The usual?", "The same as ever?", "Shall it be the usual today?"],
    &["Thank you, ", "Many thanks, ", "Thanks a lot, "],
    &["Goodbye, ", "See you soon, ", "Until next time, "],
    &["Hello", "Welcome", "Good day", "Greetings"],
];
/// Words that begin a definition in the usual languages.
const DEFINITIONS: [&str; 16] = [
    "function ",
    "async ",
    "class ",
    "interface ",
    "type ",
    "enum ",
    "const ",
    "let ",
    "fn ",
    "struct ",
    "trait ",
    "impl ",
    "def ",
    "func ",
    "public ",
    "static ",
];
/// Lines of context around a change.
const CONTEXT: usize = 2;
/// Changes this many lines apart read as two places.
const APART: usize = 5;

/// A patch and what it does, in words.
#[derive(Debug, PartialEq)]
pub(crate) struct Proposal {
    pub path: String,
    pub patch: String,
    pub changes: Vec<String>,
}

/// One change: at line `at` (from 0), `remove` lines go and `add` comes.
#[derive(Debug, PartialEq)]
struct Edit {
    at: usize,
    remove: usize,
    add: Vec<String>,
    what: String,
}

/// A patch that adds a first file to a folder that has none to change.
pub(crate) fn new_file() -> Proposal {
    let patch = format!(
        "*** Begin Patch\n*** Add File: {NEW_FILE}\n+# Hello\n+\n+This file is new.\n+\n+## Next\n+\n+{}\n*** End Patch",
        SENTENCES[0]
    );
    Proposal {
        path: NEW_FILE.into(),
        patch,
        changes: vec!["is new, a first page for this folder".into()],
    }
}

/// The change number `variant` to a file. Any two numbers in a row differ, applied or not.
pub(crate) fn propose(file: &SourceFile, variant: usize) -> Proposal {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut edits = match Syntax::of(&file.path) {
        Some(Syntax::Slashes) => code_edits(&lines, "//", variant),
        Some(Syntax::Hash) => code_edits(&lines, "#", variant),
        Some(Syntax::Prose) | None => prose_edits(&lines, variant),
    };
    edits.sort_by_key(|edit| edit.at);
    let mut patch = format!("*** Begin Patch\n*** Update File: {}\n", file.path);
    for range in hunks(&lines, &edits) {
        patch.push_str("@@\n");
        let mut at = range.start;
        let mut push = |sign: char, line: &str| {
            patch.push(sign);
            patch.push_str(line);
            patch.push('\n');
        };
        for edit in edits.iter().filter(|edit| range.start <= edit.at && edit.at <= range.end) {
            lines[at..edit.at].iter().for_each(|line| push(' ', line));
            lines[edit.at..edit.at + edit.remove].iter().for_each(|line| push('-', line));
            edit.add.iter().for_each(|line| push('+', line));
            at = edit.at + edit.remove;
        }
        lines[at..range.end].iter().for_each(|line| push(' ', line));
    }
    patch.push_str("*** End Patch");
    Proposal {
        path: file.path.clone(),
        patch,
        changes: edits.into_iter().map(|edit| edit.what).collect(),
    }
}

/// Two phrases change where the code says some; where it does not, lines get remarks instead.
fn code_edits(lines: &[&str], comment: &str, variant: usize) -> Vec<Edit> {
    let mut phrases: Vec<Edit> =
        (0..lines.len()).filter_map(|at| reword(lines, at, variant)).collect();
    let definitions: Vec<usize> = (0..lines.len()).filter(|&at| is_definition(lines[at])).collect();
    let start = variant % phrases.len().max(1);
    phrases.rotate_left(start);
    let mut phrases = phrases.into_iter();
    let first =
        phrases.next().unwrap_or_else(|| remark_at_end(lines, &definitions, comment, variant));
    let far = |at: usize| at.abs_diff(first.at) >= APART;
    let second = phrases.find(|edit| far(edit.at)).or_else(|| {
        let definition = definitions.iter().copied().find(|&at| far(at))?;
        Some(remark_below(lines, definition, comment, variant))
    });
    [Some(first), second].into_iter().flatten().collect()
}

/// A remark at the end of the last definition, or of the last line of code.
fn remark_at_end(lines: &[&str], definitions: &[usize], comment: &str, variant: usize) -> Edit {
    let code = |&at: &usize| !lines[at].trim().is_empty() && !lines[at].starts_with("#!");
    let at = definitions.last().copied().or_else(|| (0..lines.len()).rev().find(code)).unwrap_or(0);
    let bare = END_REMARKS
        .iter()
        .find_map(|old| lines[at].strip_suffix(&format!(" {comment} {old}")))
        .unwrap_or(lines[at]);
    let remark = END_REMARKS[variant % END_REMARKS.len()];
    Edit {
        at,
        remove: 1,
        add: vec![format!("{bare} {comment} {remark}")],
        what: format!("says “{remark}” in line {}", at + 1),
    }
}

/// A remark on a line of its own below a definition, in the place of an earlier one.
fn remark_below(lines: &[&str], definition: usize, comment: &str, variant: usize) -> Edit {
    let at = definition + 1;
    let next = lines.get(at).copied().unwrap_or_default();
    let indent = &next[..next.len() - next.trim_start().len()];
    let remark = |text: &str| format!("{indent}{comment} {text}");
    let present = REMARKS.iter().any(|text| next == remark(text));
    let text = REMARKS[variant % REMARKS.len()];
    let what = format!("says below line {} “{text}”", definition + 1);
    Edit { at, remove: usize::from(present), add: vec![remark(text)], what }
}

/// A sentence below the first heading and one at the end.
fn prose_edits(lines: &[&str], variant: usize) -> Vec<Edit> {
    let sentence = |offset: usize| SENTENCES[(variant + offset) % SENTENCES.len()];
    let ours = |at: usize| lines.get(at).is_some_and(|line| SENTENCES.contains(line));
    let mut edits = Vec::new();
    if let Some(heading) = lines.iter().position(|line| line.starts_with('#'))
        && heading + APART < lines.len()
    {
        let below = heading + 2;
        let (at, remove, add) = if ours(below) {
            (below, 1, vec![sentence(1).to_owned()])
        } else {
            (heading + 1, 0, vec![String::new(), sentence(1).to_owned()])
        };
        edits.push(Edit {
            at,
            remove,
            add,
            what: format!("adds a sentence below `{}`", lines[heading]),
        });
    }
    let last = lines.len() - 1;
    let (at, remove, add) = if ours(last) {
        (last, 1, vec![sentence(0).to_owned()])
    } else {
        (lines.len(), 0, vec![String::new(), sentence(0).to_owned()])
    };
    edits.push(Edit { at, remove, add, what: "closes with a sentence of its own".into() });
    edits
}

/// The line with another wording, if it has a text with a phrase that we know.
fn reword(lines: &[&str], at: usize, variant: usize) -> Option<Edit> {
    let line = lines[at];
    let (code, text) = line.split_at(line.find(['"', '\'', '`'])?);
    let (group, index) = WORDINGS
        .iter()
        .find_map(|group| Some((group, group.iter().position(|phrase| text.contains(phrase))?)))?;
    // Never the present phrase: the step is at least one and less than the group is long.
    let (old, new) = (group[index], group[(index + 1 + variant % (group.len() - 1)) % group.len()]);
    Some(Edit {
        at,
        remove: 1,
        add: vec![format!("{code}{}", text.replacen(old, new, 1))],
        what: format!(
            "says “{}” instead of “{}” in line {}",
            new.trim_end(),
            old.trim_end(),
            at + 1
        ),
    })
}

fn is_definition(line: &str) -> bool {
    let line = line.trim_start();
    let line = ["export ", "default ", "pub "]
        .iter()
        .fold(line, |line, word| line.strip_prefix(word).unwrap_or(line));
    DEFINITIONS.iter().any(|word| line.starts_with(word))
}

/// The lines that each hunk quotes. Near changes share a hunk, and each hunk begins so far up that
/// `apply_patch`, which takes the first match after the hunk before, can only find the right place.
fn hunks(lines: &[&str], edits: &[Edit]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for edit in edits {
        let range =
            edit.at.saturating_sub(CONTEXT)..(edit.at + edit.remove + CONTEXT).min(lines.len());
        match ranges.last_mut() {
            Some(last) if range.start < last.end => last.end = range.end.max(last.end),
            _ => ranges.push(range),
        }
    }
    let mut cursor = 0;
    for range in &mut ranges {
        while range.start > cursor
            && first_match(lines, cursor, &lines[range.clone()]) != Some(range.start)
        {
            range.start -= 1;
        }
        cursor = range.end;
    }
    ranges
}

fn first_match(lines: &[&str], from: usize, wanted: &[&str]) -> Option<usize> {
    lines[from..]
        .windows(wanted.len().max(1))
        .position(|window| window == wanted)
        .map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Applies a patch of one updated file as codex does: each hunk at its first match after the one before.
    fn apply(text: &str, patch: &str) -> String {
        let lines: Vec<&str> = text.lines().collect();
        let body = patch.strip_prefix("*** Begin Patch\n*** Update File: ").unwrap();
        let (_, body) = body.strip_suffix("*** End Patch").unwrap().split_once('\n').unwrap();
        let mut result: Vec<&str> = Vec::new();
        let mut cursor = 0;
        for hunk in body.split("@@\n").skip(1) {
            let side = |other: char| {
                hunk.lines()
                    .filter(|line| !line.starts_with(other))
                    .map(|line| &line[1..])
                    .collect::<Vec<_>>()
            };
            let old = side('+');
            let at = first_match(&lines, cursor, &old).unwrap();
            result.extend(&lines[cursor..at]);
            result.extend(side('-'));
            cursor = at + old.len();
        }
        result.extend(&lines[cursor..]);
        result.join("\n") + "\n"
    }

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.into(), text: text.into() }
    }

    const GREETING: &str = "function a() {\n  say(\"Hello\");\n}\n\nfunction b() {\n  const name = who();\n  \
                            say(\"Goodbye, \" + name);\n}\n";

    #[test]
    fn two_phrases_of_the_code_change() {
        let proposal = propose(&file("a.js", GREETING), 0);
        assert_eq!(
            proposal,
            Proposal {
                path: "a.js".into(),
                patch: "*** Begin Patch\n*** Update File: a.js\n\
                        @@\n function a() {\n-  say(\"Hello\");\n+  say(\"Welcome\");\n }\n \n\
                        @@\n function b() {\n   const name = who();\n-  say(\"Goodbye, \" + name);\n\
                        +  say(\"See you soon, \" + name);\n }\n\
                        *** End Patch"
                    .into(),
                changes: vec![
                    "says “Welcome” instead of “Hello” in line 2".into(),
                    "says “See you soon,” instead of “Goodbye,” in line 7".into(),
                ],
            }
        );
        assert_eq!(
            apply(GREETING, &proposal.patch),
            GREETING.replace("Hello", "Welcome").replace("Goodbye, ", "See you soon, ")
        );
    }

    #[test]
    fn a_place_that_looks_like_an_earlier_one_is_still_found() {
        let text = "start();\n".to_owned()
            + &"call();\n".repeat(30)
            + "say(\"Hello\");\n"
            + &"call();\n".repeat(30);
        let text = text.clone() + &text;
        for variant in 0..4 {
            let patch = propose(&file("a.js", &text), variant).patch;
            let changed = apply(&text, &patch);
            let differing: Vec<usize> = (0..text.lines().count())
                .filter(|&at| text.lines().nth(at) != changed.lines().nth(at))
                .map(|at| at % 62)
                .collect();
            assert_eq!(differing, [31, 31]);
        }
    }

    #[test]
    fn a_hunk_that_is_too_like_an_earlier_place_quotes_more() {
        let text = "x();\nx();\ny();\nx();\nx();\nx();\nx();\nfn end() {\n";
        let lines: Vec<&str> = text.lines().collect();
        let edit = Edit { at: 5, remove: 1, add: vec!["z();".into()], what: String::new() };
        // `x x x` from line 3 on would match there first.
        assert_eq!(hunks(&lines, &[edit]), vec![3..8; 1]);
    }

    #[test]
    fn each_change_differs_from_the_one_before_whether_or_not_that_was_applied() {
        let files = [
            ("a.js", GREETING),
            (
                "a.py",
                "#!/usr/bin/env python3\nimport os\n\n\ndef main():\n    return os.getpid()\n\n\nmain()\n",
            ),
            ("a.rs", "fn a() {}\n\n\n\n\n\nfn b() {\n    a();\n}\n"),
            ("plain.c", "x\ny\nz\n"),
            ("README.md", "# Title\n\nOne.\n\nTwo.\n\nThree.\n\nFour.\n"),
            ("note.txt", "one\ntwo\nthree\n"),
        ];
        for (path, start) in files {
            let mut text = start.to_owned();
            for variant in 0..12 {
                let declined = propose(&file(path, &text), variant);
                let next = propose(&file(path, &text), variant + 1);
                assert_ne!(declined.patch, next.patch, "{path} {variant}");
                let changed = apply(&text, &declined.patch);
                assert_ne!(changed, text, "{path} {variant}");
                text = changed;
            }
            let grown = text.lines().count() - start.lines().count();
            assert!(grown <= 4, "{path} grew by {grown} lines: {text}");
        }
    }
}
