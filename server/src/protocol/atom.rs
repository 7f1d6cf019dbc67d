//! Atoms: small values that all of a person's editors share, such as a draft.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Raw;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AtomRef {
    pub key: String,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AtomSetParams {
    /// At most 256 bytes.
    pub key: String,
    /// At most 1 MiB as JSON.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub value: Value,
    /// Set only if this is its revision now; 0 for one that is not there.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable, type = "number"))]
    pub if_revision: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AtomDeleteParams {
    pub key: String,
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable, type = "number"))]
    pub if_revision: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct AtomListParams {
    #[cfg_attr(test, ts(optional = nullable))]
    pub prefix: Option<String>,
}

/// Null and 0 when there is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AtomValue {
    pub value: Raw,
    #[cfg_attr(test, ts(type = "number"))]
    pub revision: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AtomRevision {
    #[cfg_attr(test, ts(type = "number"))]
    pub revision: u64,
}

/// One atom; as a note, null and 0 when it was deleted.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Atom {
    pub key: String,
    pub value: Raw,
    #[cfg_attr(test, ts(type = "number"))]
    pub revision: u64,
}

/// In the order of their keys.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AtomList {
    pub atoms: Vec<Atom>,
}
