//! The source of the server, as paths and words: tokens, so that comments and texts say nothing, and what
//! stands in a macro counts.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// One file of `server/src`.
pub struct Source {
    /// Relative to the repository.
    pub path: String,
    /// The first part of its module path: a room, or a file beside `lib.rs`.
    pub room: String,
    pub words: Vec<Word>,
}

/// A name, or a path of names, in one place of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// Whole from `crate` or from a crate's name, where it is a path; else one name.
    pub path: Vec<String>,
    pub line: usize,
    /// Compiled for tests alone.
    pub test: bool,
    /// A macro's name, with its `!`.
    pub called: bool,
}

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// Every file of `server/src`, read once for all rules.
pub fn sources() -> &'static [Source] {
    static SOURCES: OnceLock<Vec<Source>> = OnceLock::new();
    SOURCES.get_or_init(read_all)
}

fn read_all() -> Vec<Source> {
    let root = repository().join("server/src");
    let mut files = Vec::new();
    gather(&root, &mut files);
    files.sort();
    // A parent comes before its children, so that `#[cfg(test)] mod x;` is known when `x` is read.
    files.sort_by_key(|file| module_of(&root, file).len());
    let mut test_modules: Vec<Vec<String>> = Vec::new();
    let mut sources = Vec::new();
    for file in files {
        let module = module_of(&root, &file);
        let test = test_modules.iter().any(|test| module.starts_with(test));
        let text = fs::read_to_string(&file).unwrap();
        let path = file.strip_prefix(repository()).unwrap().to_string_lossy().into_owned();
        let words = read(&path, &text, &module, test, &mut test_modules);
        let room = module
            .first()
            .cloned()
            .unwrap_or_else(|| file.file_stem().unwrap().to_string_lossy().into_owned());
        sources.push(Source { path, room, words });
    }
    sources
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// `core/thread/mod.rs` is `["core", "thread"]`; `lib.rs` and `main.rs` are roots.
fn module_of(root: &Path, file: &Path) -> Vec<String> {
    let relative = file.strip_prefix(root).unwrap().with_extension("");
    let mut module: Vec<String> =
        relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

/// The words of a file, each path whole.
pub fn read(
    path: &str,
    text: &str,
    module: &[String],
    test: bool,
    test_modules: &mut Vec<Vec<String>>,
) -> Vec<Word> {
    let tokens: TokenStream =
        text.parse().unwrap_or_else(|error| panic!("{path} cannot be read as Rust: {error}"));
    let mut reader = Reader { words: Vec::new(), names: BTreeMap::new(), test_modules };
    reader.block(tokens, module, test);
    let Reader { mut words, names, .. } = reader;
    // `use crate::codex;` makes `codex::Event` mean `crate::codex::Event`.
    for word in &mut words {
        if let Some(whole) = names.get(&word.path[0]).filter(|_| word.path.len() > 1) {
            word.path.splice(..1, whole.iter().cloned());
        }
    }
    words
}

struct Reader<'t> {
    words: Vec<Word>,
    /// What `use` binds in this file.
    names: BTreeMap<String, Vec<String>>,
    test_modules: &'t mut Vec<Vec<String>>,
}

impl Reader<'_> {
    fn block(&mut self, tokens: TokenStream, module: &[String], test: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        // Of the item that an attribute `#[cfg(test)]` stands before.
        let mut item_test = false;
        while at < tokens.len() {
            let test = test || item_test;
            match &tokens[at] {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    let mut group = at + 1;
                    if is_punct(tokens.get(group), '!') {
                        group += 1;
                    }
                    if let Some(TokenTree::Group(attribute)) = tokens.get(group) {
                        let text: String =
                            attribute.stream().to_string().split_whitespace().collect();
                        item_test |= text == "cfg(test)" || text.starts_with("cfg(all(test,");
                        if !text.starts_with("cfg_attr(test,") {
                            self.block(attribute.stream(), module, test || item_test);
                        }
                        at = group;
                    }
                }
                TokenTree::Ident(word) if word == "use" && !is_punct(tokens.get(at + 1), '<') => {
                    let line = word.span().start().line;
                    let end = (at..tokens.len())
                        .find(|&end| is_punct(tokens.get(end), ';'))
                        .unwrap_or(tokens.len());
                    self.imports(&tokens[at + 1..end], &[], module, line, test);
                    item_test = false;
                    at = end;
                }
                TokenTree::Ident(word) if word == "mod" => {
                    let Some(TokenTree::Ident(name)) = tokens.get(at + 1) else {
                        at += 1;
                        continue;
                    };
                    let mut inner = module.to_vec();
                    inner.push(name.to_string());
                    match tokens.get(at + 2) {
                        Some(TokenTree::Group(body)) => self.block(body.stream(), &inner, test),
                        _ if test => self.test_modules.push(inner),
                        _ => {}
                    }
                    item_test = false;
                    at += 2;
                }
                TokenTree::Ident(word) => at = self.path(&tokens, at, word, module, test),
                TokenTree::Group(group) => {
                    self.block(group.stream(), module, test);
                    // An item ends with its body; its parameters and its generics do not end it.
                    item_test &= group.delimiter() != Delimiter::Brace;
                }
                TokenTree::Punct(punct) if punct.as_char() == ';' => item_test = false,
                _ => {}
            }
            at += 1;
        }
    }

    /// A path in an expression or a type; returns where its last name stands.
    fn path(
        &mut self,
        tokens: &[TokenTree],
        at: usize,
        first: &Ident,
        module: &[String],
        test: bool,
    ) -> usize {
        let mut path = vec![first.to_string()];
        let mut end = at;
        while is_punct(tokens.get(end + 1), ':') && is_punct(tokens.get(end + 2), ':') {
            let Some(TokenTree::Ident(next)) = tokens.get(end + 3) else { break };
            path.push(next.to_string());
            end += 3;
        }
        // `pub(crate)` names nothing.
        if path != ["crate"] {
            self.words.push(Word {
                path: whole(path, module),
                line: first.span().start().line,
                test,
                called: is_punct(tokens.get(end + 1), '!')
                    && matches!(tokens.get(end + 2), Some(TokenTree::Group(_))),
            });
        }
        end
    }

    /// The tree of a `use`: one word for each of its leaves.
    fn imports(
        &mut self,
        tree: &[TokenTree],
        prefix: &[String],
        module: &[String],
        line: usize,
        test: bool,
    ) {
        let mut path = prefix.to_vec();
        let mut bound = None;
        let mut tokens = tree.iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(word) if word == "as" => {
                    bound = tokens.next().map(ToString::to_string);
                }
                TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
                TokenTree::Ident(word) => path.push(word.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == '*' => path.push("*".to_owned()),
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    for branch in inner.split(|token| is_punct(Some(token), ',')) {
                        if !branch.is_empty() {
                            self.imports(branch, &path, module, line, test);
                        }
                    }
                    return;
                }
                _ => {}
            }
        }
        let path = whole(path, module);
        if let Some(name) = bound.or_else(|| path.last().cloned()) {
            self.names.insert(name, path.clone());
        }
        self.words.push(Word { path, line, test, called: false });
    }
}

/// A path from the crate's root, where it is one that begins with `self` or `super`.
fn whole(path: Vec<String>, module: &[String]) -> Vec<String> {
    let mut depth = module.len();
    let mut rest = path.as_slice();
    match rest.first().map(String::as_str) {
        Some("self") if rest.len() > 1 => rest = &rest[1..],
        Some("super") => {}
        _ => return path,
    }
    while rest.first().is_some_and(|part| part == "super") {
        rest = &rest[1..];
        depth = depth.saturating_sub(1);
    }
    let root = std::iter::once("crate".to_owned());
    root.chain(module[..depth].iter().cloned()).chain(rest.iter().cloned()).collect()
}

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

#[test]
fn paths_are_whole_wherever_they_stand() {
    let text = r#"
        //! crate::comment::Nothing
        use std::{fmt, io::{self, Read}};
        use crate::codex::{self, views as v};
        use super::thread::Turn;
        #[cfg(test)]
        use crate::store::Row;
        pub(crate) fn f(x: codex::Event) -> io::Result<()> {
            info!("crate::text", y = crate::paths::of(x), z = v::Item::new());
            self::inner::go(super::super::git::Hunk)
        }
        #[cfg(test)]
        mod tests { use super::*; fn g() { git2::open() } }
    "#;
    let module = ["core".to_owned(), "queue".to_owned()];
    let words = read("queue.rs", text, &module, false, &mut Vec::new());
    let paths: Vec<(String, bool)> = words
        .iter()
        .filter(|word| word.path.len() > 1)
        .map(|word| (word.path.join("::"), word.test))
        .collect();
    let expected = [
        ("std::fmt", false),
        ("std::io", false),
        ("std::io::Read", false),
        ("crate::codex", false),
        ("crate::codex::views", false),
        ("crate::core::thread::Turn", false),
        ("crate::store::Row", true),
        ("crate::codex::Event", false),
        ("std::io::Result", false),
        ("crate::paths::of", false),
        ("crate::codex::views::Item::new", false),
        ("crate::core::queue::inner::go", false),
        ("crate::git::Hunk", false),
        ("crate::core::queue::*", true),
        ("git2::open", true),
    ];
    let expected: Vec<(String, bool)> =
        expected.iter().map(|&(path, test)| (path.to_owned(), test)).collect();
    assert_eq!(paths, expected);
}
