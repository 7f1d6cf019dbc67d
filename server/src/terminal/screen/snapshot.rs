//! The text that makes a fresh terminal show what this one shows.

use std::{collections::VecDeque, fmt::Write};

use super::{
    Screen, Shown,
    buffer::{Buffer, Row, default_tabs},
    cell::{CLUSTER, Cell, Pen},
};

impl Screen {
    /// Redraws scrollback, both screens, cursor, modes and title in a fresh terminal of the same size, and leaves its
    /// parser where ours is.
    pub(in crate::terminal) fn snapshot(&self) -> String {
        let shown = &self.shown;
        let mut out = String::new();
        shown.history.write(&mut out);
        if shown.history.len() > 0 && !shown.main.rows[0].wrapped {
            out.push_str("\r\n");
        }
        shown.write_main(&mut out);
        if shown.on_alt {
            out.push_str("\x1b[?47h");
            shown.write_alt(&mut out);
        }
        shown.write_state(&mut out);
        out.push_str(self.parser.begun());
        out
    }

    /// The main screen with up to `rows` rows of scrollback, for a terminal that is to begin with it.
    pub(in crate::terminal) fn keep(&self, rows: usize) -> String {
        let shown = &self.shown;
        let mut out = String::new();
        shown.history.write_last(rows, &mut out);
        if !out.is_empty() && !shown.main.rows[0].wrapped {
            out.push_str("\r\n");
        }
        let used = shown.main.rows.iter().rposition(|row| row.trimmed() > 0).map_or(0, |y| y + 1);
        shown.write_rows(&shown.main, used, &mut out);
        out
    }
}

impl Shown {
    /// The first `count` rows, as lines that wrap by themselves.
    fn write_rows(&self, buffer: &Buffer, count: usize, out: &mut String) {
        for y in 0..count {
            if y > 0 && !buffer.rows[y].wrapped {
                out.push_str("\r\n");
            }
            write_row(&buffer.rows, y, &self.clusters, out);
        }
    }

    fn write_main(&self, out: &mut String) {
        let main = &self.main;
        self.write_rows(main, main.rows.len(), out);
        Self::write_places(main, out);
        if self.on_alt {
            // The alternate screen takes the cursor along; its own is set after it is drawn.
            let _ = write!(out, "\x1b[{};{}H", main.y + 1, main.x.min(main.cols - 1) + 1);
        }
    }

    fn write_alt(&self, out: &mut String) {
        for (y, row) in self.alt.rows.iter().enumerate() {
            if row.trimmed() > 0 {
                let _ = write!(out, "\x1b[{};1H", y + 1);
                write_row(&self.alt.rows, y, &self.clusters, out);
            }
        }
        Self::write_places(&self.alt, out);
    }

    /// Saved cursor, margins and tabs of a screen.
    fn write_places(buffer: &Buffer, out: &mut String) {
        let saved = &buffer.saved;
        if saved.x > 0 || saved.y > 0 || saved.pen != Pen::default() || saved.charset != 'B' {
            let _ = write!(out, "\x1b[{};{}H", saved.y + 1, saved.x.min(buffer.cols - 1) + 1);
            if saved.charset != 'B' {
                let _ = write!(out, "\x1b({}", saved.charset);
            }
            saved.pen.write(out);
            out.push_str("\x1b7\x1b[m");
            if saved.charset != 'B' {
                out.push_str("\x1b(B");
            }
        }
        if buffer.tabs != default_tabs(buffer.cols) {
            out.push_str("\x1b[3g");
            for x in (0..buffer.cols).filter(|x| buffer.tabs[usize::from(*x)]) {
                let _ = write!(out, "\x1b[{}G\x1bH", x + 1);
            }
        }
        if (buffer.top, buffer.bottom) != (0, buffer.height() - 1) {
            let _ = write!(out, "\x1b[{};{}r", buffer.top + 1, buffer.bottom + 1);
        }
    }

    fn write_state(&self, out: &mut String) {
        let buffer = if self.on_alt { &self.alt } else { &self.main };
        let _ = write!(out, "\x1b[{};{}H", buffer.y + 1, buffer.x.min(buffer.cols - 1) + 1);
        if buffer.x >= buffer.cols {
            self.write_waiting_wrap(buffer, out);
        }
        self.pen.write(out);
        if self.modes.origin {
            let (x, y) =
                (buffer.x.min(buffer.cols - 1) + 1, buffer.y.saturating_sub(buffer.top) + 1);
            let _ = write!(out, "\x1b[?6h\x1b[{y};{x}H");
        }
        self.modes.write(out);
        if !self.face.title.is_empty() {
            let _ = write!(out, "\x1b]2;{}\x07", self.face.title);
        }
    }

    /// The cursor waits behind the last column only after something was drawn there: that is drawn again.
    fn write_waiting_wrap(&self, buffer: &Buffer, out: &mut String) {
        let row = &buffer.rows[usize::from(buffer.y)];
        let last = row.cells.len() - 1;
        let at = if row.cells[last].width == 0 { last - 1 } else { last };
        if at < last {
            out.push_str("\x1b[D");
        }
        row.cells[at].pen.write(out);
        push_code(row.cells[at], &self.clusters, out);
    }
}

/// Writes one row, beginning and ending with the default pen; to its end if the next row goes on from it.
pub(super) fn write_row(rows: &VecDeque<Row>, y: usize, clusters: &[Box<str>], out: &mut String) {
    let row = &rows[y];
    let mut end = row.trimmed();
    if let Some(next) = rows.get(y + 1)
        && next.wrapped
    {
        end = row.cells.len();
        // A wide character wraps by itself where one column is left.
        let wraps_wide = next.cells.first().is_some_and(|cell| cell.width == 2);
        if wraps_wide && row.cells.last().is_some_and(|cell| cell.code == 0 && cell.width == 1) {
            end -= 1;
        }
    }
    let mut pen = Pen::default();
    for cell in &row.cells[..end] {
        if cell.width == 0 && cell.code == 0 {
            continue;
        }
        if cell.pen != pen {
            pen = cell.pen;
            pen.write(out);
        }
        push_code(*cell, clusters, out);
    }
    if pen != Pen::default() {
        out.push_str("\x1b[m");
    }
}

fn push_code(cell: Cell, clusters: &[Box<str>], out: &mut String) {
    if cell.code & CLUSTER != 0 {
        out.push_str(clusters.get((cell.code ^ CLUSTER) as usize).map_or(" ", |text| text));
    } else {
        out.push(char::from_u32(cell.code).filter(|c| *c != '\0').unwrap_or(' '));
    }
}
