//! The two sides of a change, as far as its diff tells them: what ACP calls `oldText` and `newText`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// What the app-server appends to the diff of a file that moves.
const MOVED: &str = "\n\nMoved to: ";

/// A change of one file, as the app-server's item tells it.
pub struct Change<'a> {
    pub path: PathBuf,
    pub kind: &'a str,
    pub moved_to: Option<PathBuf>,
    diff: &'a str,
}

impl<'a> Change<'a> {
    pub fn read(change: &'a Value, cwd: &Path) -> Option<Self> {
        let path = cwd.join(change["path"].as_str()?);
        let kind = change["kind"]["type"].as_str().unwrap_or("update");
        let diff = change["diff"].as_str().unwrap_or_default();
        let moved_to = change["kind"]["move_path"].as_str().map(|path| cwd.join(path));
        let diff = match (kind, diff.rfind(MOVED)) {
            ("update", Some(at)) => &diff[..at],
            _ => diff,
        };
        Some(Self { path, kind, moved_to, diff })
    }

    /// The file that there is afterwards, or was before.
    pub fn shown_path(&self) -> &Path {
        self.moved_to.as_deref().unwrap_or(&self.path)
    }

    /// ACP's diffs of it: of the whole file where it comes or goes, else one for each hunk.
    pub fn diffs(&self) -> Vec<Value> {
        match self.kind {
            "add" => vec![diff(&self.path, None, self.diff)],
            "delete" => vec![diff(&self.path, Some(self.diff), "")],
            _ => {
                let sides = sides(self.diff);
                let of = |(old, new): &(String, String)| diff(self.shown_path(), Some(old), new);
                sides.iter().map(of).collect()
            }
        }
    }
}

/// One diff as content of a tool call.
pub fn diff(path: &Path, old: Option<&str>, new: &str) -> Value {
    json!({ "type": "diff", "path": path, "oldText": old, "newText": new })
}

/// The old and the new lines of each hunk of a unified diff.
fn sides(unified: &str) -> Vec<(String, String)> {
    let mut sides: Vec<(String, String)> = Vec::new();
    let mut last = ' ';
    for line in unified.split_inclusive('\n') {
        if line.starts_with("@@") {
            sides.push((String::new(), String::new()));
            continue;
        }
        let Some((old, new)) = sides.last_mut() else { continue };
        let mut rest = line.chars();
        let sign = rest.next().unwrap_or(' ');
        let text = rest.as_str();
        match sign {
            '-' => old.push_str(text),
            '+' => new.push_str(text),
            // The line before has no end.
            '\\' => {
                for (side, other) in [(old, '+'), (new, '-')] {
                    if last != other && side.ends_with('\n') {
                        side.pop();
                    }
                }
            }
            _ => {
                let text = if sign == '\n' { "\n" } else { text };
                old.push_str(text);
                new.push_str(text);
            }
        }
        last = sign;
    }
    sides
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diffs(change: &Value) -> Vec<Value> {
        Change::read(change, Path::new("/w")).unwrap().diffs()
    }

    #[test]
    fn each_hunk_has_two_sides() {
        let unified =
            "@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n@@ -9 +9,2 @@\n-nine\n+neun\n+zehn\n";
        assert_eq!(
            diffs(
                &json!({ "path": "/w/a.txt", "kind": { "type": "update", "move_path": null }, "diff": unified })
            ),
            [
                json!({ "type": "diff", "path": "/w/a.txt", "oldText": "one\ntwo\nthree\n", "newText": "one\nzwei\nthree\n" }),
                json!({ "type": "diff", "path": "/w/a.txt", "oldText": "nine\n", "newText": "neun\nzehn\n" }),
            ]
        );
    }

    #[test]
    fn files_that_come_and_go_are_whole() {
        assert_eq!(
            diffs(&json!({ "path": "b.txt", "kind": { "type": "add" }, "diff": "hello\n" })),
            [json!({ "type": "diff", "path": "/w/b.txt", "oldText": null, "newText": "hello\n" })]
        );
        assert_eq!(
            diffs(&json!({ "path": "b.txt", "kind": { "type": "delete" }, "diff": "old\n" })),
            [json!({ "type": "diff", "path": "/w/b.txt", "oldText": "old\n", "newText": "" })]
        );
    }

    #[test]
    fn a_file_that_moves_is_shown_where_it_will_be() {
        let change = json!({
            "path": "/w/from.txt",
            "kind": { "type": "update", "move_path": "/w/to.txt" },
            "diff": "@@ -1 +1 @@\n-b\n+c\n\n\nMoved to: /w/to.txt",
        });
        assert_eq!(
            diffs(&change),
            [json!({ "type": "diff", "path": "/w/to.txt", "oldText": "b\n", "newText": "c\n" })]
        );
    }

    #[test]
    fn a_last_line_without_an_end_stays_so() {
        let unified = "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n";
        assert_eq!(sides(unified), [("a".to_owned(), "b\n".to_owned())]);
        let both = "@@ -1,2 +1,2 @@\n-a\n+b\n c\n\\ No newline at end of file\n";
        assert_eq!(sides(both), [("a\nc".to_owned(), "b\nc".to_owned())]);
    }
}
