//! The file itself: JSON with comments, read as a map, changed in its text, replaced at once.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use jsonc_parser::{
    ParseOptions,
    cst::{CstInputValue, CstObjectProp, CstRootNode},
};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::{
    edited,
    protocol::settings::{Changes, FileRead},
};

/// More than a person writes into a file of settings.
const MAX_BYTES: u64 = 1 << 20;
/// Symbolic links from one to the next.
const MAX_LINKS: u32 = 32;

/// Why an update was not written.
#[derive(Debug, Error)]
pub enum Error {
    #[error("{0}")]
    Broken(String),
    #[error("The settings in {} cannot be written: {source}.", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// A file that is not there says nothing.
pub fn read(path: &Path) -> FileRead {
    match text(path).and_then(|text| parse(path, &text)) {
        Ok(said) => FileRead::Said(said),
        Err(message) => FileRead::Broken { message },
    }
}

fn text(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text));
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(format!("The settings in {} cannot be read: {error}.", path.display())),
        Ok(length) if length as u64 > MAX_BYTES => {
            Err(format!("The settings in {} are larger than 1 MiB.", path.display()))
        }
        Ok(_) => Ok(text),
    }
}

fn parse(path: &Path, text: &str) -> Result<Map<String, Value>, String> {
    let value = jsonc_parser::parse_to_serde_value::<Option<Value>>(text, &ParseOptions::default())
        .map_err(|error| {
            format!(
                "The settings in {} cannot be read: line {}, column {}: {}.",
                path.display(),
                error.line_display(),
                error.column_display(),
                error.kind()
            )
        })?;
    match value {
        None => Ok(Map::new()),
        Some(Value::Object(said)) => Ok(said),
        Some(_) => Err(format!("The settings in {} are no object.", path.display())),
    }
}

/// Changes these keys and nothing else in the text, and replaces the file.
pub fn update(path: &Path, changes: &Changes) -> Result<FileRead, Error> {
    let old = text(path).map_err(Error::Broken)?;
    parse(path, &old).map_err(Error::Broken)?;
    let new = edit(&old, changes).ok_or_else(|| {
        Error::Broken(format!("The settings in {} cannot be changed.", path.display()))
    })?;
    if new != old {
        replace(path, new.as_bytes())
            .map_err(|source| Error::Io { path: path.to_path_buf(), source })?;
    }
    Ok(read(path))
}

fn edit(text: &str, changes: &Changes) -> Option<String> {
    let root = CstRootNode::parse(text, &ParseOptions::default()).ok()?;
    let fresh = root.value().is_none();
    let object = root.object_value_or_create()?;
    for (key, value) in changes {
        // Of a key that stands there twice, the last one counts.
        let mut there: Vec<_> = object
            .properties()
            .into_iter()
            .filter(|property| property.decoded_name().as_deref() == Some(key))
            .collect();
        match (input(value), there.pop()) {
            (Some(value), Some(property)) => property.set_value(value),
            (Some(value), None) => {
                object.append(key, value);
            }
            (None, last) => there.into_iter().chain(last).for_each(CstObjectProp::remove),
        }
    }
    if fresh {
        object.ensure_multiline();
    }
    let mut text = root.to_string();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Some(text)
}

/// `None` for null, which takes the setting out.
fn input(value: &Value) -> Option<CstInputValue> {
    match value {
        Value::Null => None,
        Value::Bool(value) => Some(CstInputValue::Bool(*value)),
        Value::Number(number) => Some(CstInputValue::Number(number.to_string())),
        Value::String(text) => Some(CstInputValue::String(text.clone())),
        Value::Array(all) => Some(CstInputValue::Array(all.iter().filter_map(input).collect())),
        Value::Object(members) => {
            let each = members.iter().filter_map(|(key, value)| Some((key.clone(), input(value)?)));
            Some(CstInputValue::Object(each.collect()))
        }
    }
}

/// A symbolic link stays one.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let path = target(path)?;
    crate::home::create_private(path.parent().ok_or(io::ErrorKind::InvalidInput)?)?;
    edited::replace(&path, content)
}

fn target(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(link) => path = path.parent().map(|folder| folder.join(&link)).unwrap_or(link),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}
