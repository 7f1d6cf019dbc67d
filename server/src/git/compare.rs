//! Two trees, file by file and hunk by hunk.

use std::path::Path;

use super::{
    Error,
    cache::Comparison,
    checkpoint::Difference,
    clean::is_binary,
    facts::{Entry, SYMLINK, Source},
    hunks::{self, Side},
    keep::Story,
    limits::{MAX_BYTES, MAX_LINES},
    repository::Repository,
    snapshot::Pair,
    text::Text,
};
use crate::protocol::diff::{FileDiff, FileStatus, Hunk};

/// Files beyond this are told without hunks.
const MAX_FILES: usize = 2000;
/// So are files beyond this in sum, in bytes.
const MAX_ALL: u64 = 100 * 1024 * 1024;

/// What these files became, with their hunks within bounds.
pub fn files(
    repository: &Repository,
    differences: &[Difference],
    context: u32,
    uri_of: fn(&Path) -> String,
    story_of: &dyn Fn(&Path) -> Story,
) -> Result<Vec<FileDiff>, Error> {
    let mut sum = 0;
    let mut files = Vec::with_capacity(differences.len());
    for (number, difference) in differences.iter().enumerate() {
        let within = number < MAX_FILES && sum < MAX_ALL;
        let (status, hunks) = one(repository, difference, context, within, &mut sum, story_of)?;
        let uri = uri_of(&repository.root.join(&difference.path));
        files.push(FileDiff { uri, status, hunks });
    }
    Ok(files)
}

fn one(
    repository: &Repository,
    Difference { path, before, after }: &Difference,
    context: u32,
    within: bool,
    sum: &mut u64,
    story_of: &dyn Fn(&Path) -> Story,
) -> Result<(FileStatus, Vec<Hunk>), Error> {
    let link = |entry: &Option<Entry>| entry.as_ref().map(|entry| entry.mode == SYMLINK);
    let status = match (link(before), link(after)) {
        (Some(true), Some(true) | None) | (None, Some(true)) => FileStatus::Symlink,
        (Some(was), Some(is)) if was != is => FileStatus::TypeChanged,
        (None, _) => FileStatus::Added,
        (_, None) => FileStatus::Deleted,
        _ => FileStatus::Modified,
    };
    if matches!(status, FileStatus::Symlink | FileStatus::TypeChanged) || !within {
        return Ok((status, Vec::new()));
    }
    let mut texts = [Text::default(), Text::default()];
    for (text, entry) in texts.iter_mut().zip([before, after]) {
        let Some(entry) = entry else { continue };
        let size = repository.blob_size(&entry.oid)?;
        *sum += size;
        if size > MAX_BYTES {
            return Ok((status, Vec::new()));
        }
        *text = Text::new(repository.blob(&entry.oid)?);
    }
    let attributes = repository.attributes(path)?;
    if texts.iter().any(|text| is_binary(&attributes, text)) {
        return Ok((FileStatus::Binary, Vec::new()));
    }
    let [old, new] = &texts;
    // Named as the same hunk would be that is not staged yet.
    let side = Side::Unstaged;
    let pair = Pair::of(side, old, new);
    if pair.old.len().max(pair.new.len()) > MAX_LINES {
        return Ok((status, Vec::new()));
    }
    let Comparison { changes, found } = pair.find(context, &repository.cache)?;
    let mode = match (before, after) {
        (Some(before), Some(after)) if before.mode != after.mode => {
            Some(hunks::mode_hunk(side, before.mode, after.mode))
        }
        _ => None,
    };
    let lines = found.iter().map(|hunk| hunks::show(hunk, &pair.old, &pair.new, &changes));
    let mut hunks: Vec<Hunk> = mode.into_iter().chain(lines).collect();
    story_of(path).tell(repository, &pair, &mut hunks)?;
    Ok((status, hunks))
}
