//! Parts of a change that a person did not want, taken out of the files once the whole change has been written.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use super::{
    Error, Unsupported,
    acts::Scene,
    facts::REGULAR,
    place::{self, OnDisk},
    record::Action,
    restore::Swap,
    splice::{Edit, apply},
};

/// What is to be taken out of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwanted {
    /// Absolute, and below one root with the others.
    pub path: PathBuf,
    pub part: Part,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The file that was added, with this content.
    Added(Vec<u8>),
    /// The file that was deleted had this content.
    Deleted(Vec<u8>),
    /// Some of the hunks.
    Hunks(Vec<Written>),
}

/// A hunk as it stands in the file now, with the unchanged lines around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its first line, 1-based, if nothing else was changed meanwhile.
    pub line: u32,
    /// Whole lines, as bytes.
    pub now: Vec<u8>,
    pub before: Vec<u8>,
}

impl Scene<'_> {
    /// Whether these files are such that something could be taken out of them later.
    pub fn may_refuse(&self, unwanted: &[Unwanted]) -> Result<(), Error> {
        for one in unwanted {
            self.present(&one.path)?;
        }
        Ok(())
    }

    /// Takes all of it out, in one entry of the journal, or nothing. Gives the entry's number.
    pub fn refuse(&self, unwanted: &[Unwanted]) -> Result<u64, Error> {
        let mut swaps = Vec::new();
        let mut changed = Vec::new();
        for Unwanted { path, part } in unwanted {
            let (inside, now) = self.present(path)?;
            match without(&now, part) {
                Some(new) => swaps.push(Swap { path: inside, now, new }),
                None => changed.push(path.clone()),
            }
        }
        if !changed.is_empty() {
            return Err(Error::Changed(changed));
        }
        self.swap_all(Action::Refuse, &swaps, None, None)
    }

    fn present(&self, path: &Path) -> Result<(PathBuf, OnDisk), Error> {
        let root = &self.repository.root;
        let inside = path.strip_prefix(root).map_err(|_| Unsupported::Path).map(Path::to_owned);
        let inside = inside.map_err(Error::Unsupported)?;
        match place::read(root, &inside)? {
            OnDisk::Directory | OnDisk::Special | OnDisk::Symlink(_) => {
                Err(Error::Unsupported(Unsupported::Special))
            }
            OnDisk::Large(found) => {
                let most = super::limits::MAX_BYTES;
                Err(Error::TooLarge { path: path.to_owned(), found, most, unit: "bytes" })
            }
            now @ (OnDisk::Absent | OnDisk::File(_)) => Ok((inside, now)),
        }
    }
}

/// Mode and bytes of a file; `None` where there is to be none.
type New = Option<(u32, Vec<u8>)>;

/// The file as it is to be, if what is to go stands there.
fn without(now: &OnDisk, part: &Part) -> Option<New> {
    match (now, part) {
        (OnDisk::File(file), Part::Added(content)) => (file.bytes == *content).then_some(None),
        (OnDisk::Absent, Part::Deleted(content)) => Some(Some((REGULAR, content.clone()))),
        (OnDisk::File(file), Part::Hunks(hunks)) => {
            let mut edits: Vec<Edit> = hunks
                .iter()
                .map(|hunk| {
                    Some(Edit { span: find(&file.bytes, hunk)?, with: hunk.before.clone() })
                })
                .collect::<Option<_>>()?;
            edits.sort_by_key(|edit| edit.span.start);
            let apart = edits.windows(2).all(|two| two[0].span.end <= two[1].span.start);
            apart.then(|| Some((file.mode(), apply(&file.bytes, edits.iter()))))
        }
        _ => None,
    }
}

/// Where the hunk's lines are: where they should be, else in the one place that has them.
fn find(text: &[u8], hunk: &Written) -> Option<Range<usize>> {
    let needle = hunk.now.as_slice();
    let whole_lines = |at: usize| {
        let end = at + needle.len();
        let ends = needle.ends_with(b"\n") || needle.is_empty() || end == text.len();
        (at == 0 || text[at - 1] == b'\n') && ends
    };
    let mut starts = memchr::memchr_iter(b'\n', text).map(|at| at + 1);
    let expected = match hunk.line {
        0 | 1 => Some(0),
        line => starts.nth(line as usize - 2),
    };
    if let Some(at) = expected
        && text[at..].starts_with(needle)
        && whole_lines(at)
    {
        return Some(at..at + needle.len());
    }
    if needle.is_empty() {
        return None;
    }
    let mut places = memchr::memmem::find_iter(text, needle).filter(|at| whole_lines(*at));
    match (places.next(), places.next()) {
        (Some(at), None) => Some(at..at + needle.len()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::place::Content, *};

    fn file(text: &str) -> OnDisk {
        OnDisk::File(Content { bytes: text.into(), permissions: 0o755, linked: false })
    }

    fn hunk(line: u32, now: &str, before: &str) -> Written {
        Written { line, now: now.into(), before: before.into() }
    }

    fn left(now: &str, hunks: &[Written]) -> Option<String> {
        let (mode, bytes) = without(&file(now), &Part::Hunks(hunks.to_vec()))??;
        assert_eq!(mode, 0o100_755);
        Some(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn hunks_go_from_where_they_are_and_the_others_stay() {
        let text = "a\nB\nc\nd\nE\nf\n";
        assert_eq!(
            left(text, &[hunk(1, "a\nB\nc\n", "a\nb\nc\n")]).as_deref(),
            Some("a\nb\nc\nd\nE\nf\n")
        );
        let both = [hunk(4, "d\nE\nf\n", "d\nf\n"), hunk(1, "a\nB\nc\n", "a\nc\n")];
        assert_eq!(left(text, &both).as_deref(), Some("a\nc\nd\nf\n"));
    }

    #[test]
    fn a_hunk_that_moved_is_found_if_it_is_in_one_place_only() {
        let moved = hunk(1, "x\ny\n", "x\n");
        assert_eq!(
            left("new\nx\ny\nz\n", std::slice::from_ref(&moved)).as_deref(),
            Some("new\nx\nz\n")
        );
        assert_eq!(left("new\nx\ny\nx\ny\n", std::slice::from_ref(&moved)), None);
        assert_eq!(left("ax\ny\n", &[moved]), None);
    }

    #[test]
    fn lines_without_an_end_are_those_at_the_end_of_the_file() {
        assert_eq!(left("a\nb", &[hunk(2, "b", "c\n")]).as_deref(), Some("a\nc\n"));
        assert_eq!(left("a\nbc\n", &[hunk(2, "b", "c\n")]), None);
        assert_eq!(left("a\n", &[hunk(5, "", "b\n")]), None);
    }

    #[test]
    fn a_file_that_came_goes_and_one_that_went_comes_back_if_nobody_touched_it() {
        let added = Part::Added(b"new\n".to_vec());
        assert_eq!(without(&file("new\n"), &added), Some(None));
        assert_eq!(without(&file("new\nmore\n"), &added), None);
        let deleted = Part::Deleted(b"old\n".to_vec());
        assert_eq!(without(&OnDisk::Absent, &deleted), Some(Some((REGULAR, b"old\n".to_vec()))));
        assert_eq!(without(&file("other\n"), &deleted), None);
    }
}
