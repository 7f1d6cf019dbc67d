//! The texts of an entry of the journal, to be looked at.

use std::path::PathBuf;

use super::record::{Changed, Kept, WHOLE, Written};

/// Bytes of one text that are shown.
const MAX_SHOWN: usize = 1024 * 1024;
/// Stands between parts of a file that are apart.
const APART: &[u8] = b"\n";

/// What an act replaced in one file, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// Absolute.
    pub path: PathBuf,
    /// `None` where there was no file.
    pub before: Option<Vec<u8>>,
    /// `None` where there was none any more.
    pub after: Option<Vec<u8>>,
    /// These are the whole file; else the lines of the act with up to three around them.
    pub whole: bool,
}

/// The texts of one act of an entry, file by file.
pub fn texts(written: &Written, act: u32) -> Vec<Texts> {
    let root = PathBuf::from(&written.record.root);
    let several = written.record.files.len() > 1;
    let files = (0..).zip(&written.record.files).map(|(index, file): (u32, &Changed)| {
        let of_file = if several { index } else { act };
        let edits = written.edits.iter().filter(|edit| edit.act == of_file);
        let whole = written.record.whole || several;
        let text = |of: fn(&Kept) -> &[u8]| {
            let mut text = Vec::new();
            for edit in edits.clone().filter(|edit| edit.act != WHOLE) {
                if !text.is_empty() {
                    text.extend_from_slice(APART);
                }
                text.extend_from_slice(&edit.lead);
                text.extend_from_slice(of(edit));
                text.extend_from_slice(&edit.trail);
            }
            text.truncate(MAX_SHOWN);
            text
        };
        Texts {
            path: root.join(PathBuf::from(&file.path)),
            before: file.before.as_ref().map(|_| text(|edit| &edit.removed)),
            after: file.after.as_ref().map(|_| text(|edit| &edit.inserted)),
            whole,
        }
    });
    files.collect()
}
