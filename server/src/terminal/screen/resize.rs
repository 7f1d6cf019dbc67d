//! A terminal of another size, as xterm.js makes it: lines that wrapped are wrapped anew, but for the one with the
//! cursor, which its program draws again.

use std::{collections::VecDeque, mem};

use super::{
    Screen, Shown, Size,
    buffer::{Buffer, Row},
    cell::{Cell, Pen},
};

/// Rows that are laid out at one time when some come back from the history.
const PULLED: u32 = 1_000;

impl Screen {
    pub(in crate::terminal) fn resize(&mut self, size: Size) {
        let shown = &mut self.shown;
        if size == shown.size {
            return;
        }
        shown.resize_main(size);
        shown.alt.shrink(size.rows());
        shown.alt.finish_resize(size);
        shown.size = size;
        shown.face.size = size;
    }
}

/// The main screen with what is above it.
struct Lines {
    rows: VecDeque<Row>,
    /// The first row of the screen.
    base: usize,
    /// The cursor's row, from there.
    y: usize,
    height: usize,
}

impl Shown {
    fn resize_main(&mut self, size: Size) {
        let (cols, height) = (usize::from(size.cols()), usize::from(size.rows()));
        let old_cols = usize::from(self.size.cols());
        let widened = cols.div_ceil(old_cols);
        let mut rows = self.pull((height + usize::from(self.size.rows())) * widened);
        let base = rows.len();
        rows.append(&mut self.main.rows);
        let mut lines = Lines { rows, base, y: usize::from(self.main.y), height };
        if cols > old_cols {
            lines.rows.iter_mut().for_each(|row| row.resize(size.cols()));
        }
        lines.resize_rows(usize::from(self.size.rows()), size.cols());
        if cols > old_cols {
            lines.widen(old_cols, size.cols());
        } else if cols < old_cols {
            lines.narrow(old_cols, size.cols());
            lines.rows.iter_mut().for_each(|row| row.resize(size.cols()));
        }
        while lines.rows.len() < lines.base + height {
            lines.rows.push_back(Row::blank(size.cols(), Pen::default()));
        }
        lines.rows.truncate(lines.base + height);
        self.main.y = lines.y.min(height - 1) as u16;
        self.main.rows = lines.rows;
        for _ in 0..lines.base {
            self.keep_top();
            self.main.rows.pop_front();
        }
        self.main.finish_resize(size);
    }

    /// Takes whole lines back from the history: so many rows, or a few more.
    fn pull(&mut self, count: usize) -> VecDeque<Row> {
        let mut lines: Vec<String> = Vec::new();
        let mut pieces: Vec<String> = Vec::new();
        let mut pulled = 0;
        while pulled < count || !pieces.is_empty() {
            let Some((text, wrapped)) = self.history.pop() else { break };
            pulled += 1;
            pieces.push(text);
            if !wrapped {
                pieces.reverse();
                lines.push(mem::take(&mut pieces).concat());
            }
        }
        if !pieces.is_empty() {
            pieces.reverse();
            lines.push(pieces.concat());
        }
        if lines.is_empty() {
            return VecDeque::new();
        }
        lines.reverse();
        // Laid out by a terminal of the same width, which shares our clusters.
        let mut layout = Screen::new(Size::new(self.size.cols().into(), PULLED));
        mem::swap(&mut layout.shown.clusters, &mut self.clusters);
        mem::swap(&mut layout.shown.cluster_numbers, &mut self.cluster_numbers);
        layout.feed(&lines.join("\r\n"));
        mem::swap(&mut layout.shown.clusters, &mut self.clusters);
        mem::swap(&mut layout.shown.cluster_numbers, &mut self.cluster_numbers);
        let mut rest = Vec::new();
        while let Some(row) = layout.shown.history.pop() {
            rest.push(row);
        }
        for (text, wrapped) in rest.into_iter().rev() {
            self.history.push(&text, wrapped);
        }
        let mut rows = layout.shown.main.rows;
        rows.truncate(usize::from(layout.shown.main.y) + 1);
        rows
    }
}

impl Lines {
    fn resize_rows(&mut self, old: usize, cols: u16) {
        let mut added = 0;
        for _ in old..self.height {
            if self.rows.len() >= self.height + self.base {
                continue;
            }
            if self.base > 0 && self.rows.len() <= self.base + self.y + added + 1 {
                self.base -= 1;
                added += 1;
            } else {
                self.rows.push_back(Row::blank(cols, Pen::default()));
            }
        }
        for _ in self.height..old {
            if self.rows.len() > self.height + self.base {
                if self.rows.len() > self.base + self.y + 1 {
                    self.rows.pop_back();
                } else {
                    self.base += 1;
                }
            }
        }
        self.y = self.y.min(self.height - 1) + added;
    }

    /// The rows of one line: from here to before there.
    fn line_end(&self, first: usize) -> usize {
        let following = self.rows.iter().skip(first + 1);
        first + 1 + following.take_while(|row| row.wrapped).count()
    }

    fn has_cursor(&self, first: usize, end: usize) -> bool {
        (first..end).contains(&(self.base + self.y))
    }

    fn widen(&mut self, old_cols: usize, cols: u16) {
        let mut first = 0;
        let mut removed = 0;
        while first < self.rows.len() {
            let end = self.line_end(first);
            // The cursor is where it was before anything was removed.
            if end - first == 1 || self.has_cursor(first + removed, end + removed) {
                first = end;
                continue;
            }
            let wrapped = self.rows[first].wrapped;
            let line: Vec<Row> = self.rows.drain(first..end).collect();
            let rows = laid_out(&line, old_cols, cols, wrapped);
            let kept = rows.len().min(line.len());
            for (number, row) in rows.into_iter().enumerate() {
                self.rows.insert(first + number, row);
            }
            removed += line.len() - kept;
            first += kept;
        }
        for _ in 0..removed {
            if self.base > 0 {
                self.base -= 1;
            } else {
                self.y = self.y.saturating_sub(1);
                if self.rows.len() < self.height {
                    self.rows.push_back(Row::blank(cols, Pen::default()));
                }
            }
        }
    }

    fn narrow(&mut self, old_cols: usize, cols: u16) {
        let mut end = self.rows.len();
        while end > 0 {
            let mut first = end - 1;
            while first > 0 && self.rows[first].wrapped {
                first -= 1;
            }
            let fits = end - first == 1 && self.rows[first].content() <= usize::from(cols);
            if fits || self.has_cursor(first, end) {
                end = first;
                continue;
            }
            let wrapped = self.rows[first].wrapped;
            let line: Vec<Row> = self.rows.drain(first..end).collect();
            let mut rows = laid_out(&line, old_cols, cols, wrapped);
            while rows.len() < line.len() {
                rows.push(Row { wrapped: true, ..Row::blank(cols, Pen::default()) });
            }
            let added = rows.len() - line.len();
            for (number, row) in rows.into_iter().enumerate() {
                self.rows.insert(first + number, row);
            }
            for _ in 0..added {
                if self.base == 0 && self.y + 1 < self.height {
                    self.y += 1;
                    self.rows.pop_back();
                } else {
                    self.base += 1;
                }
            }
            end = first;
        }
    }
}

/// One line in rows of another width.
fn laid_out(line: &[Row], old_cols: usize, cols: u16, wrapped: bool) -> Vec<Row> {
    let mut cells: Vec<Cell> = Vec::new();
    for (number, row) in line.iter().enumerate() {
        let length = match line.get(number + 1) {
            None => row.content(),
            Some(next) => {
                let last = row.cells[old_cols - 1];
                let gap = last.code == 0 && last.width == 1;
                let wide = next.cells.first().is_some_and(|cell| cell.width == 2);
                if gap && wide { old_cols - 1 } else { old_cols }
            }
        };
        cells.extend_from_slice(&row.cells[..length.min(row.cells.len())]);
    }
    let width = usize::from(cols);
    let mut rows = Vec::new();
    let mut rest = &cells[..];
    while !rest.is_empty() || rows.is_empty() {
        let mut count = rest.len().min(width);
        // A wide character that would be cut goes to the next row.
        if count == width && rest[count - 1].width == 2 {
            count -= 1;
        }
        let (now, after) = rest.split_at(count);
        let mut row = Row::blank(cols, Pen::default());
        row.cells[..count].copy_from_slice(now);
        row.wrapped = if rows.is_empty() { wrapped } else { true };
        rows.push(row);
        rest = after;
    }
    rows
}

impl Buffer {
    fn shrink(&mut self, rows: u16) {
        while self.height() > rows {
            if self.y + 1 < self.height() {
                self.rows.pop_back();
            } else {
                self.rows.pop_front();
                self.y = self.y.saturating_sub(1);
                self.saved.y = self.saved.y.saturating_sub(1);
            }
        }
    }

    fn finish_resize(&mut self, size: Size) {
        for row in &mut self.rows {
            row.resize(size.cols());
        }
        while self.height() < size.rows() {
            self.rows.push_back(Row::blank(size.cols(), Pen::default()));
        }
        self.cols = size.cols();
        self.resize_tabs(size.cols());
        self.top = 0;
        self.bottom = size.rows() - 1;
        self.x = self.x.min(size.cols() - 1);
        self.y = self.y.min(size.rows() - 1);
        self.saved.x = self.saved.x.min(size.cols() - 1);
        self.saved.y = self.saved.y.min(size.rows() - 1);
    }
}
