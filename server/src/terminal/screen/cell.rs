//! What one cell shows, and the sequences that say it.

use std::fmt::Write;

use super::parser::{Param, Params};

/// Default, one of the 16 with names, one of 256, or 24 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Color {
    #[default]
    Default,
    /// Themes and bold may change these, and not the same 16 of an [`Color::Index`].
    Named(u8),
    Index(u8),
    Rgb(u8, u8, u8),
}

/// Colours and styles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pen {
    pub fg: Color,
    pub bg: Color,
    /// Of the underline; the text's when default.
    pub line: Color,
    styles: u8,
    /// 0 none, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed.
    underline: u8,
}

const BOLD: u8 = 1;
const DIM: u8 = 2;
const ITALIC: u8 = 4;
const BLINK: u8 = 8;
const INVERSE: u8 = 16;
const HIDDEN: u8 = 32;
const STRIKE: u8 = 64;
const OVERLINE: u8 = 128;

/// Each style with the parameter that sets it.
const STYLES: &[(u8, u8)] = &[
    (BOLD, 1),
    (DIM, 2),
    (ITALIC, 3),
    (BLINK, 5),
    (INVERSE, 7),
    (HIDDEN, 8),
    (STRIKE, 9),
    (OVERLINE, 53),
];

/// One cell. A wide character has the cell after it too, of width 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// A code point, 0 for nothing, or [`CLUSTER`] and the number of a cluster.
    pub code: u32,
    pub width: u8,
    pub pen: Pen,
}

/// Marks a code as the number of a cluster.
pub(super) const CLUSTER: u32 = 1 << 31;

impl Cell {
    /// Nothing, on the background of this pen.
    pub(super) fn blank(pen: Pen) -> Self {
        Self { code: 0, width: 1, pen: Pen { bg: pen.bg, ..Pen::default() } }
    }

    pub(super) fn is_blank(&self) -> bool {
        *self == Self::blank(Pen::default())
    }
}

impl Pen {
    /// Select graphic rendition.
    pub(super) fn select(&mut self, params: &Params) {
        let groups: Vec<&[Param]> = params.groups().collect();
        if groups.is_empty() {
            *self = Self::default();
        }
        let mut at = 0;
        while let Some(group) = groups.get(at) {
            at += 1;
            let subs = &group[1..];
            match group[0].value.unwrap_or(0) {
                0 => *self = Self::default(),
                4 => self.underline = subs.first().map_or(1, |sub| value(sub).min(5) as u8),
                21 => self.underline = 2,
                24 => self.underline = 0,
                22 => self.styles &= !(BOLD | DIM),
                23 => self.styles &= !ITALIC,
                25 => self.styles &= !BLINK,
                27 => self.styles &= !INVERSE,
                28 => self.styles &= !HIDDEN,
                29 => self.styles &= !STRIKE,
                55 => self.styles &= !OVERLINE,
                code @ (38 | 48 | 58) => {
                    let color = if subs.is_empty() {
                        let after: Vec<u32> =
                            groups[at..].iter().take(4).map(|next| value(&next[0])).collect();
                        let (color, used) = extended(&after);
                        at += used;
                        color
                    } else {
                        // `38:2::r:g:b` has a colour space that nobody uses, `38:2:r:g:b` leaves it out.
                        let mut after: Vec<u32> = subs.iter().map(value).collect();
                        if after.first() == Some(&2) && after.len() > 4 {
                            after.remove(1);
                        }
                        extended(&after).0
                    };
                    if let Some(color) = color {
                        match code {
                            38 => self.fg = color,
                            48 => self.bg = color,
                            _ => self.line = color,
                        }
                    }
                }
                39 => self.fg = Color::Default,
                49 => self.bg = Color::Default,
                59 => self.line = Color::Default,
                code @ 30..=37 => self.fg = Color::Named(code as u8 - 30),
                code @ 40..=47 => self.bg = Color::Named(code as u8 - 40),
                code @ 90..=97 => self.fg = Color::Named(code as u8 - 90 + 8),
                code @ 100..=107 => self.bg = Color::Named(code as u8 - 100 + 8),
                code => {
                    for (style, set) in STYLES {
                        if code == u32::from(*set) {
                            self.styles |= style;
                        }
                    }
                }
            }
        }
    }

    /// Writes the sequence that makes a terminal's pen this one, whatever it was.
    pub(super) fn write(&self, out: &mut String) {
        out.push_str("\x1b[0");
        for (style, set) in STYLES {
            if self.styles & style != 0 {
                let _ = write!(out, ";{set}");
            }
        }
        match self.underline {
            0 => {}
            1 => out.push_str(";4"),
            style => {
                let _ = write!(out, ";4:{style}");
            }
        }
        for (color, base) in [(self.fg, 38), (self.bg, 48), (self.line, 58)] {
            let _ = match color {
                Color::Default => Ok(()),
                Color::Named(index @ 0..8) => write!(out, ";{}", base - 8 + index),
                Color::Named(index) => write!(out, ";{}", base + 52 + (index - 8)),
                Color::Index(index) => write!(out, ";{base};5;{index}"),
                Color::Rgb(r, g, b) => write!(out, ";{base};2;{r};{g};{b}"),
            };
        }
        out.push('m');
    }
}

fn value(param: &Param) -> u32 {
    param.value.unwrap_or(0)
}

/// A colour of `5;n` or `2;r;g;b`, and how many values it took.
fn extended(values: &[u32]) -> (Option<Color>, usize) {
    let part = |value: &u32| (*value).min(255) as u8;
    match values {
        [5, index, ..] => (Some(Color::Index(part(index))), 2),
        [2, r, g, b, ..] => (Some(Color::Rgb(part(r), part(g), part(b))), 4),
        [2 | 5, rest @ ..] => (None, 1 + rest.len()),
        _ => (None, usize::from(!values.is_empty())),
    }
}
