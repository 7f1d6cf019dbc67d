//! The changes that `git diff` finds, faster, for those pairs of texts where there is nothing to choose.
//!
//! git first leaves out the lines that the other text has nowhere, then looks for a common sequence in the rest. Where both
//! rests are the same sequence there is one answer only, and what remains is where a change stands that could slide.

use imara_diff::{Algorithm, Diff, IndentHeuristic, IndentLevel, Token};

use super::{
    diff::Change,
    numbers::{Numbered, Numbers},
    text::Text,
};

/// Lines that occur this often git may leave out too, in very large texts.
const MAX_ALIKE: u32 = 1024;

/// The changes, or `None` where the lines that both texts have are not the same sequence.
pub fn changes(old: &[u8], new: &[u8]) -> Option<Vec<Change>> {
    let [old, new] = [old, new].map(|text| Text::new(text.to_vec()));
    let (old_lines, new_lines) = (old.lines(), new.lines());
    Numbers::default().with((&old, &old_lines), (&new, &new_lines), |pair| settled(&pair))
}

/// The same of texts whose lines have numbers.
pub fn settled(Numbered { old, new, indents }: &Numbered<'_>) -> Option<Vec<Change>> {
    let (old_alone, new_alone) = alone_if_settled(old, new, indents.len())?;
    // git settles the old text first and then the new one; the library does it the other way round.
    let mut diff = Diff::default();
    diff.compute_with(Algorithm::Myers, new, old, indents.len() as u32);
    // It has its own idea of lines that are too frequent to count. Where it left one out, the answer is not git's.
    if (diff.count_removals(), diff.count_additions()) != (new_alone, old_alone) {
        return None;
    }
    let indent = |token: Token| indents[token.0 as usize];
    diff.postprocess_with(new, old, IndentHeuristic::new(indent));
    Some(diff.hunks().map(|hunk| Change { old: hunk.after, new: hunk.before }).collect())
}

/// What a line is to git before it looks for a common sequence.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The other text has it nowhere.
    Alone,
    /// The other text has it so often that git may leave it out between lines that stand alone.
    Frequent,
    Shared,
}

/// How many lines of each text are changed for sure, if no other line is.
fn alone_if_settled(one: &[Token], other: &[Token], count: usize) -> Option<(u32, u32)> {
    let mut in_one = vec![0_u32; count];
    let mut in_other = vec![0_u32; count];
    for (tokens, counts) in [(one, &mut in_one), (other, &mut in_other)] {
        for token in tokens {
            counts[token.0 as usize] += 1;
        }
    }
    let (one_rest, other_rest) = without_common_ends(one, other);
    let kind = |counts: &[u32], lines: usize, token: Token| match counts[token.0 as usize] {
        0 => Kind::Alone,
        // git's own bound is a little higher.
        found if found >= (lines.isqrt() as u32).min(MAX_ALIKE) => Kind::Frequent,
        _ => Kind::Shared,
    };
    let of_one = |token: &Token| kind(&in_other, one.len(), *token);
    let of_other = |token: &Token| kind(&in_one, other.len(), *token);
    let is_shared = |counts: &[u32], token: &&Token| counts[token.0 as usize] > 0;
    let settled = !may_lose_frequent(one_rest.iter().map(of_one))
        && !may_lose_frequent(other_rest.iter().map(of_other))
        && one_rest
            .iter()
            .filter(|token| is_shared(&in_other, token))
            .eq(other_rest.iter().filter(|token| is_shared(&in_one, token)));
    let alone = |rest: &[Token], counts: &[u32]| {
        rest.iter().filter(|token| !is_shared(counts, token)).count() as u32
    };
    settled.then(|| (alone(one_rest, &in_other), alone(other_rest, &in_one)))
}

fn without_common_ends<'a>(one: &'a [Token], other: &'a [Token]) -> (&'a [Token], &'a [Token]) {
    let same = |(one, other): &(&Token, &Token)| one == other;
    let start = one.iter().zip(other).take_while(same).count();
    let (one, other) = (&one[start..], &other[start..]);
    let end = one.iter().rev().zip(other.iter().rev()).take_while(same).count();
    (&one[..one.len() - end], &other[..other.len() - end])
}

/// Whether a frequent line stands between two that stand alone, with no shared one between.
fn may_lose_frequent(kinds: impl Iterator<Item = Kind>) -> bool {
    let (mut alone, mut frequent) = (false, false);
    for kind in kinds {
        match kind {
            Kind::Shared => (alone, frequent) = (false, false),
            Kind::Frequent => frequent |= alone,
            Kind::Alone if frequent => return true,
            Kind::Alone => alone = true,
        }
    }
    false
}

/// As git reckons: these four are its space characters.
pub fn indent(line: &[u8]) -> IndentLevel {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let spaces = line.iter().take_while(|byte| is_space(byte)).count();
    let text = (spaces < line.len()).then_some(b'x');
    IndentLevel::for_ascii_line(line[..spaces].iter().copied().chain(text), 8)
}
