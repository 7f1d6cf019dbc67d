//! SPDX licence expressions, as far as crates use them.

/// Whether a choice that the expression leaves us needs nothing but the licences allowed.
pub fn allows(expression: &str, allowed: &[&str]) -> bool {
    // `MIT/Apache-2.0` is how crates wrote OR before they wrote SPDX.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let fits = any(&mut words, allowed);
    fits && words.peek().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut fits = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        fits |= all(words, allowed);
    }
    fits
}

fn all(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut fits = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        fits &= one(words, allowed);
    }
    fits
}

fn one(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let Some(word) = words.next() else { return false };
    if word == "(" {
        let fits = any(words, allowed);
        return words.next() == Some(")") && fits;
    }
    // An exception only adds to what a licence permits.
    if words.next_if_eq(&"WITH").is_some() {
        words.next();
    }
    allowed.contains(&word)
}

#[test]
fn an_expression_is_judged_as_a_whole() {
    let allowed = ["MIT", "Apache-2.0", "BSD-3-Clause"];
    let judged = [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("MIT OR GPL-3.0-only", true),
        ("MIT AND GPL-3.0-only", false),
        ("MIT/Apache-2.0", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("GPL-2.0-only WITH Classpath-exception-2.0", false),
        ("(MIT OR GPL-3.0-only) AND BSD-3-Clause", true),
        ("MIT OR Apache-2.0 AND AGPL-3.0-only", true),
        ("(MIT OR Apache-2.0) AND AGPL-3.0-only", false),
        ("MIT Apache-2.0", false),
        ("(MIT", false),
        ("", false),
    ];
    let found: Vec<(&str, bool)> =
        judged.iter().map(|(text, _)| (*text, allows(text, &allowed))).collect();
    assert_eq!(found, judged);
}
