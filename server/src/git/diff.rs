//! What changed between two texts, with the boundaries of `git diff`.

use std::ops::Range;

use git2::{DiffOptions, Patch};

use super::Error;

/// One run of changed lines, as 0-based lines of both texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub old: Range<u32>,
    pub new: Range<u32>,
}

/// The runs of changed lines that `git diff` finds with this many lines of context.
///
/// The context has a say in them: with none, git leaves the common end of both texts out before it compares.
pub fn changes(old: &[u8], new: &[u8], context: u32) -> Result<Vec<Change>, Error> {
    let (old, new) = if context == 0 { without_common_end(old, new) } else { (old, new) };
    if old == new {
        return Ok(Vec::new());
    }
    super::fast::changes(old, new).map_or_else(|| by_libgit2(old, new), Ok)
}

pub fn by_libgit2(old: &[u8], new: &[u8]) -> Result<Vec<Change>, Error> {
    let mut options = DiffOptions::new();
    options.context_lines(0).interhunk_lines(0).force_text(true).indent_heuristic(true);
    // Names do not matter here, and sizes have been looked at.
    options.max_size(-1);
    let patch = Patch::from_buffers(old, None, new, None, Some(&mut options))?;
    (0..patch.num_hunks())
        .map(|index| {
            let (hunk, _) = patch.hunk(index)?;
            Ok(Change {
                old: from_zero(hunk.old_start(), hunk.old_lines()),
                new: from_zero(hunk.new_start(), hunk.new_lines()),
            })
        })
        .collect()
}

/// git counts from 1, and names the line before where there is none.
fn from_zero(start: u32, lines: u32) -> Range<u32> {
    let start = if lines == 0 { start } else { start - 1 };
    start..start + lines
}

/// As git does it: in blocks, then back to the end of a line.
fn without_common_end<'a>(old: &'a [u8], new: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    const BLOCK: usize = 1024;
    let smaller = old.len().min(new.len());
    let mut trimmed = 0;
    while BLOCK + trimmed <= smaller
        && old[old.len() - trimmed - BLOCK..old.len() - trimmed]
            == new[new.len() - trimmed - BLOCK..new.len() - trimmed]
    {
        trimmed += BLOCK;
    }
    let end = &old[old.len() - trimmed..];
    let recovered = memchr::memchr(b'\n', end).map_or(trimmed, |at| at + 1);
    let cut = trimmed - recovered;
    (&old[..old.len() - cut], &new[..new.len() - cut])
}

/// Changes that one hunk shows together, by index: those with at most twice the context between them.
pub fn groups(changes: &[Change], context: u32) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        match groups.last_mut() {
            Some(group)
                if change.old.start - changes[group.end - 1].old.end
                    <= context.saturating_mul(2) =>
            {
                group.end = index + 1;
            }
            _ => groups.push(index..index + 1),
        }
    }
    groups
}

#[cfg(test)]
pub mod tests;
