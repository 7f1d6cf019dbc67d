//! Reads the files that a proposed change touches, within bounds, off the core's thread.

use std::{io::Read, path::Path};

use crate::core::proposals::{FileText, MAX_FILE_BYTES};

/// The text of one file, or why there is none to show.
pub fn read(path: &Path) -> FileText {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => FileText::Absent,
        Err(error) => FileText::Unreadable(format!("The file cannot be read: {error}.")),
        // A pipe or a device would never end.
        Ok(metadata) if !metadata.is_file() => {
            FileText::Unreadable("This is not a regular file.".to_owned())
        }
        Ok(metadata) if metadata.len() > MAX_FILE_BYTES => {
            FileText::Unreadable("The file is larger than 8 MiB.".to_owned())
        }
        Ok(_) => text(path),
    }
}

fn text(path: &Path) -> FileText {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes));
    match read {
        Err(error) => FileText::Unreadable(format!("The file cannot be read: {error}.")),
        Ok(_) => String::from_utf8(bytes).map_or_else(
            |_| FileText::Unreadable("The file is not UTF-8 text.".to_owned()),
            FileText::Text,
        ),
    }
}
