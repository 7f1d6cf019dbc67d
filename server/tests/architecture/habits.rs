//! Rules for every file of the repository.

use std::{collections::BTreeSet, fs, path::Path};

use super::source::repository;

const MAX_LINES: usize = 600;

/// Where nothing is written by hand.
const NOT_OURS: &[&str] = &[
    ".git",
    "target",
    "node_modules",
    "dist",
    ".venv",
    ".outrigger",
    "__pycache__",
    "results",
    "server/schema",
    "extensions/vscode/server",
];

/// Homes that tests and recordings speak of: nobody lives there.
const INVENTED: &[&str] = &["/home/ada", "/home/dev", "/home/kim", "/home/me", "/home/robin"];

#[test]
fn no_source_is_longer_than_a_sitting() {
    let mut long = Vec::new();
    each_text(&mut |path, text| {
        let source = has_extension(path, &["rs", "ts", "mjs", "js", "py", "css"])
            && !path.contains(".generated.");
        let lines = text.lines().count();
        if source && lines > MAX_LINES {
            long.push(format!("{path}: {lines} lines"));
        }
    });
    assert_eq!(long, Vec::<String>::new(), "sources of more than {MAX_LINES} lines");
}

#[test]
fn no_file_names_a_path_of_a_developers_machine() {
    let checkout = repository().to_string_lossy().into_owned();
    let mut found = Vec::new();
    each_text(&mut |path, text| {
        for (number, line) in text.lines().enumerate() {
            if line.contains(&checkout) || homes(line).any(|home| !INVENTED.contains(&home)) {
                let shown: String = line.trim().chars().take(120).collect();
                found.push(format!("{path}:{}: {shown}", number + 1));
            }
        }
    });
    assert_eq!(found, Vec::<String>::new(), "lines that name a developer's machine");
}

/// Home directories of people in this text, as far as their names.
fn homes(text: &str) -> impl Iterator<Item = &str> {
    let places = ["/home/", "/Users/", "\\Users\\", "/root/"];
    places.into_iter().flat_map(move |place| {
        text.match_indices(place).filter_map(move |(at, _)| {
            let after = &text[at + place.len()..];
            let name = after.find(|c: char| !c.is_ascii_alphanumeric() && !"_-.".contains(c));
            let end = name.unwrap_or(after.len());
            // `/home/` alone is no one's, and `x/home/y` is inside something else.
            let inside = text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '.');
            let home = text[at..at + place.len() + end].trim_end_matches('.');
            (end > 0 && !inside).then_some(home)
        })
    })
}

fn each_text(visit: &mut impl FnMut(&str, &str)) {
    let mut seen = 0;
    walk(&repository(), "", &mut |path, text| {
        seen += 1;
        visit(path, text);
    });
    assert!(seen > 100, "the repository was not found");
}

fn walk(folder: &Path, prefix: &str, visit: &mut impl FnMut(&str, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if NOT_OURS.iter().any(|skip| name == *skip || path == *skip) {
            continue;
        }
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), visit);
        } else if kind.is_file()
            && let Ok(text) = fs::read_to_string(entry.path())
        {
            visit(&path, &text);
        }
    }
}

#[test]
fn the_invariants_name_tests_that_exist() {
    let invariants = include_str!("../../../docs/invariants.md");
    let mut named: BTreeSet<&str> =
        invariants.split('`').skip(1).step_by(2).filter(|code| is_test_name(code)).collect();
    assert!(named.len() > 30, "docs/invariants.md names no tests");
    each_text(&mut |path, text| {
        if has_extension(path, &["rs", "py"]) {
            named.retain(|test| {
                !text.contains(&format!("fn {test}(")) && !text.contains(&format!("def {test}("))
            });
        }
    });
    assert_eq!(named, BTreeSet::new(), "docs/invariants.md names tests that are not there");
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    Path::new(path).extension().is_some_and(|ours| extensions.iter().any(|one| ours == *one))
}

fn is_test_name(code: &str) -> bool {
    code.contains('_')
        && code.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
}

#[test]
fn homes_are_found_where_people_live() {
    let user = "grace";
    let text = format!(
        "cwd /home/ada/x, C:\\Users\\{user}\\y, /root/{user}., \"/home/\", example.com/home/page"
    );
    let found: Vec<&str> = homes(&text).collect();
    assert_eq!(found, ["/home/ada", &format!("\\Users\\{user}"), &format!("/root/{user}")]);
}
