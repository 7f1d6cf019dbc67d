//! The table that is written.

use std::fmt;

/// One figure beside its rival.
#[derive(Clone, Debug)]
pub struct Row {
    pub figure: &'static str,
    pub wanted: &'static str,
    pub measured: String,
    pub rival: String,
    pub verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Met,
    Missed,
    /// It says something, but nothing is asked of it.
    Told,
}

impl Row {
    /// A figure that could not be measured.
    pub fn failed(figure: &'static str, error: &dyn fmt::Display) -> Self {
        Self {
            figure,
            wanted: "",
            measured: format!("failed: {error}"),
            rival: String::new(),
            verdict: Verdict::Missed,
        }
    }
}

impl Verdict {
    pub fn of(met: bool) -> Self {
        if met { Self::Met } else { Self::Missed }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Met => "met",
            Self::Missed => "**missed**",
            Self::Told => "told",
        })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { figure, wanted, measured, rival, verdict } = self;
        write!(f, "| {figure} | {wanted} | {measured} | {rival} | {verdict} |")
    }
}
