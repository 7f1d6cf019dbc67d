//! Files of the person, and the folders in which host operations are allowed.

use serde::{Deserialize, Serialize};

/// A file or folder by its `file:` URI.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FileRef {
    pub uri: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Directory {
    /// In the order of the bytes of the names.
    pub entries: Vec<DirectoryEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct DirectoryEntry {
    /// For people: what is no UTF-8 is replaced. The URI has the name's own bytes.
    pub name: String,
    pub uri: String,
    /// Of a symbolic link, whether it leads to a folder within the granted ones.
    pub is_directory: bool,
    pub is_symlink: bool,
    /// Bytes; of a link, its own.
    #[cfg_attr(test, ts(type = "number"))]
    pub size: u64,
    /// Epoch milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub modified_at: u64,
}

/// A folder in which host operations are allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    pub uri: String,
    pub source: GrantSource,
    /// Epoch milliseconds; null for a folder of the window.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub added_at: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum GrantSource {
    /// The person's own, which holds for every session.
    User,
    /// A folder of this trusted window.
    Workspace,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Grants {
    pub grants: Vec<Grant>,
}
