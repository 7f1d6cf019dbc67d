//! Text that a terminal can be given: no control characters, as wide as it is, wrapped or cut.

use std::path::Path;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// One line of somebody else's text: nothing in it moves the cursor, changes colours or turns the
/// direction of writing, so that what is read is what there is.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\t' => plain.push(' '),
            '\n' => plain.push('⏎'),
            letter if letter.is_control() || is_invisible(letter) => {
                plain.extend(letter.escape_unicode());
            }
            letter => plain.push(letter),
        }
    }
    plain
}

/// Letters that show nothing but change how others are read.
fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// The columns that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Cut to so many columns, with an ellipsis where something is missing.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut cut = begin(text, columns.saturating_sub(1)).to_owned();
    cut.push('…');
    cut
}

/// The beginning of a text that fits so many columns.
fn begin(text: &str, columns: usize) -> &str {
    let mut taken = 0;
    for (at, letter) in text.char_indices() {
        taken += letter.width().unwrap_or(0);
        if taken > columns {
            return &text[..at];
        }
    }
    text
}

/// The lines of a text, each of at most so many columns, broken at spaces where there are some.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    text.lines().flat_map(|line| wrapped_line(&plain(line), columns)).collect()
}

fn wrapped_line(line: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = line;
    while width(rest) > columns {
        let fitting = begin(rest, columns);
        let space = fitting.rfind(' ').filter(|at| *at > fitting.len() / 2);
        // A letter as wide as the line still has to go somewhere.
        let least = rest.chars().next().map_or(0, char::len_utf8);
        let end = space.map_or(fitting.len(), |at| at + 1).max(least);
        lines.push(rest[..end].to_owned());
        rest = &rest[end..];
    }
    lines.push(rest.to_owned());
    lines
}

/// A path as a person writes it, below their home directory.
pub fn path(path: &Path, home: Option<&Path>) -> String {
    let short = home
        .filter(|home| home.components().count() > 1)
        .and_then(|home| path.strip_prefix(home).ok())
        .map(|rest| Path::new("~").join(rest));
    plain(&short.as_deref().unwrap_or(path).to_string_lossy())
}

/// How long something has waited.
pub fn age(milliseconds: u64) -> String {
    let seconds = milliseconds / 1_000;
    match seconds {
        0..=89 => format!("{seconds} s"),
        90..=5_399 => format!("{} min", (seconds + 30) / 60),
        5_400..=172_799 => format!("{} h", (seconds + 1_800) / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_command_steers_the_terminal() {
        assert_eq!(
            plain("rm -rf x\u{1b}[2K\recho \u{202e}fine\u{7}\tend\nnext"),
            "rm -rf x\\u{1b}[2K\\u{d}echo \\u{202e}fine\\u{7} end⏎next"
        );
        assert_eq!(plain("Grüße, 世界 👍"), "Grüße, 世界 👍");
    }

    #[test]
    fn a_cut_text_takes_the_columns_it_is_given() {
        assert_eq!(cut("plain", 5), "plain");
        assert_eq!(cut("a longer one", 8), "a longe…");
        assert_eq!(cut("世界世界", 6), "世界…");
    }

    #[test]
    fn a_long_line_breaks_at_spaces_and_else_anywhere() {
        assert_eq!(
            wrapped("cargo test --workspace --all", 14),
            ["cargo test ", "--workspace ", "--all"]
        );
        assert_eq!(wrapped("aaaaaaaaaaaaaaaaaaaa", 8), ["aaaaaaaa", "aaaaaaaa", "aaaa"]);
        assert_eq!(wrapped("one\ntwo", 80), ["one", "two"]);
        let all = "x 世".repeat(40);
        assert_eq!(wrapped(&all, 11).concat(), all);
        assert!(wrapped(&all, 11).iter().all(|line| width(line) <= 11));
    }

    #[test]
    fn a_path_below_home_is_shortened() {
        let home = Some(Path::new("/home/me"));
        assert_eq!(path(Path::new("/home/me/app"), home), "~/app");
        assert_eq!(path(Path::new("/srv/me"), home), "/srv/me");
        assert_eq!(path(Path::new("/srv/app"), Some(Path::new("/"))), "/srv/app");
    }

    #[test]
    fn ages_are_told_in_the_unit_a_person_would_use() {
        let told: Vec<String> =
            [0, 89_999, 90_000, 5_399_000, 7_200_000, 259_200_000].map(age).into();
        assert_eq!(told, ["0 s", "89 s", "2 min", "90 min", "2 h", "3 days"]);
    }
}
