//! The figures, one file each.

#[cfg(unix)]
mod automations;
#[cfg(unix)]
mod hunks;
mod idle;
mod paced;
mod pause;
mod relay;
mod replay;
mod sessions;
mod start;
#[cfg(unix)]
mod terminals;
mod turn;

use crate::{Outcome, Programs, Row, Scale};

type Figure = fn(&Programs, Scale) -> Outcome<Vec<Row>>;

const FIGURES: &[(&str, Figure)] = &[
    ("start", start::measure),
    ("shared-start", start::shared),
    ("relay", relay::measure),
    ("sessions", sessions::measure),
    ("idle", idle::measure),
    ("memory", turn::memory),
    ("turn", turn::measure),
    ("paced", paced::measure),
    ("replay", replay::measure),
    ("pause", pause::measure),
    #[cfg(unix)]
    ("hunks", hunks::measure),
    #[cfg(unix)]
    ("terminals", terminals::measure),
    #[cfg(unix)]
    ("automations", automations::measure),
];

/// Measures every figure, or the one named; `told` hears of each row as it is known.
pub fn measure(
    programs: &Programs,
    scale: Scale,
    only: Option<&str>,
    mut told: impl FnMut(&Row),
) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, figure) in FIGURES.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)) {
        // One that fails says so in its place, and the others are measured all the same.
        let failed = |error| vec![Row::failed(name, &error)];
        for row in figure(programs, scale).unwrap_or_else(failed) {
            told(&row);
            rows.push(row);
        }
    }
    if rows.is_empty() {
        let names: Vec<&str> = FIGURES.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        return Err(format!("no such figure; there are {names}").into());
    }
    Ok(rows)
}

/// A count as a fraction's part; the figures stay far below where that loses precision.
#[expect(clippy::cast_precision_loss, reason = "figures are far below 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}

/// Bytes as MB of 10^6 bytes.
fn megabytes(bytes: u64) -> f64 {
    float(bytes) / 1e6
}
