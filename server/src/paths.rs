//! The seam to file names: `file:` URIs, and which folder holds what.

use std::path::{Component, Path, PathBuf};

use url::Url;

/// The `file:` URI of an absolute path; bytes that are no UTF-8 are percent-encoded.
pub fn to_uri(path: &Path) -> Option<String> {
    Url::from_file_path(path).ok().map(String::from)
}

/// The path of a `file:` URI; `None` for another scheme or a host that is not this machine.
pub fn from_uri(uri: &str) -> Option<PathBuf> {
    let url = Url::parse(uri).ok()?;
    if url.scheme() != "file" {
        return None;
    }
    url.to_file_path().ok()
}

/// Whether two URIs name the same file, however each was percent-encoded.
pub fn same_file(left: &str, right: &str) -> bool {
    left == right
        || matches!((from_uri(left), from_uri(right)), (Some(left), Some(right)) if left == right)
}

/// Whether `path` is `folder` or lies below it, by name: nothing is read from disk.
pub fn holds(folder: &Path, path: &Path) -> bool {
    !path.components().any(|part| part == Component::ParentDir) && path.starts_with(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_odd_characters_comes_back_as_it_was() {
        let path = Path::new("/srv/a b/ü#?%.rs");
        let uri = to_uri(path).unwrap();
        assert_eq!(uri, "file:///srv/a%20b/%C3%BC%23%3F%25.rs");
        assert_eq!(from_uri(&uri), Some(path.to_path_buf()));
    }

    #[test]
    fn editors_encode_differently_and_mean_the_same_file() {
        assert!(same_file("file:///w/a%3Ab.rs", "file:///w/a:b.rs"));
        assert!(!same_file("file:///w/a.rs", "untitled:a.rs"));
    }

    #[test]
    fn a_parent_step_does_not_count_as_inside() {
        assert!(holds(Path::new("/w"), Path::new("/w/src")));
        assert!(!holds(Path::new("/w"), Path::new("/w/../etc")));
        assert!(!holds(Path::new("/w"), Path::new("/www")));
    }
}
