//! The log of when each response began, on the clock that other processes of the machine share.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde_json::json;

use crate::Error;

/// Appends `{"request": N, "firstByteNs": T}` lines; T is in nanoseconds of `CLOCK_MONOTONIC`.
#[derive(Debug)]
pub(crate) struct FirstByteLog(File);

impl FirstByteLog {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        file.map(Self).map_err(|source| Error::FirstByteLog { path: path.into(), source })
    }

    /// Notes that the response to request `number` begins now. A full disk costs the figure, not the response.
    pub(crate) fn begin(&self, number: u64) {
        let line = format!("{}\n", json!({ "firstByteNs": monotonic_ns(), "request": number }));
        let _ = (&self.0).write_all(line.as_bytes());
    }
}

#[cfg(unix)]
fn monotonic_ns() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// Elsewhere there is no safe call for the shared monotonic clock, so the wall clock stands in.
#[cfg(not(unix))]
fn monotonic_ns() -> i64 {
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)
}
