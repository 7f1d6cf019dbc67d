//! One of the two screens: its rows, cursor and margins.

use std::collections::VecDeque;

use super::cell::{Cell, Pen};

#[derive(Clone, Debug)]
pub(super) struct Row {
    pub cells: Vec<Cell>,
    /// The row before it goes on in this one.
    pub wrapped: bool,
}

impl Row {
    pub(super) fn blank(cols: u16, pen: Pen) -> Self {
        Self { cells: vec![Cell::blank(pen); usize::from(cols)], wrapped: false }
    }

    /// Cells up to the last that is not blank.
    pub(super) fn trimmed(&self) -> usize {
        self.cells.iter().rposition(|cell| !cell.is_blank()).map_or(0, |last| last + 1)
    }

    /// Cells up to the last with something in it.
    pub(super) fn content(&self) -> usize {
        let last = self.cells.iter().rposition(|cell| cell.code != 0);
        last.map_or(0, |last| last + usize::from(self.cells[last].width.max(1)))
    }

    pub(super) fn fill(&mut self, from: usize, to: usize, pen: Pen) {
        let to = to.min(self.cells.len());
        if from >= to {
            return;
        }
        // Half a wide character is nothing.
        if from > 0 && self.cells[from - 1].width == 2 {
            self.cells[from - 1] = Cell::blank(pen);
        }
        if to < self.cells.len() && self.cells[to - 1].width == 2 {
            self.cells[to] = Cell::blank(pen);
        }
        self.cells[from..to].fill(Cell::blank(pen));
    }

    /// Puts one character here; what it covers half of is gone.
    pub(super) fn put(&mut self, x: usize, cell: Cell) {
        let width = usize::from(cell.width.max(1));
        self.clear_halves(x, x + width, cell.pen);
        self.cells[x] = cell;
        if width == 2 {
            self.cells[x + 1] = Cell { code: 0, width: 0, pen: cell.pen };
        }
    }

    /// Blanks the other halves of wide characters that lie over the ends of this range.
    pub(super) fn clear_halves(&mut self, from: usize, to: usize, pen: Pen) {
        let half = Cell { pen, ..Cell::blank(pen) };
        if from > 0 && self.cells[from - 1].width == 2 {
            self.cells[from - 1] = half;
        }
        if self.cells.get(to).is_some_and(|cell| cell.width == 0 && cell.code == 0) {
            self.cells[to] = half;
        }
    }

    pub(super) fn insert(&mut self, at: usize, count: usize, pen: Pen) {
        let cols = self.cells.len();
        if at >= cols {
            return;
        }
        if at > 0 && self.cells[at - 1].width == 2 {
            self.cells[at - 1] = Cell::blank(pen);
        }
        let count = count.min(cols - at);
        self.cells[at..].rotate_right(count);
        self.cells[at..at + count].fill(Cell::blank(pen));
        self.mend(pen);
    }

    pub(super) fn delete(&mut self, at: usize, count: usize, pen: Pen) {
        let cols = self.cells.len();
        if at >= cols {
            return;
        }
        let count = count.min(cols - at);
        self.cells[at..].rotate_left(count);
        self.cells[cols - count..].fill(Cell::blank(pen));
        if at > 0 && self.cells[at - 1].width == 2 {
            self.cells[at - 1] = Cell::blank(pen);
        }
        if self.cells[at].width == 0 {
            self.cells[at] = Cell::blank(pen);
        }
    }

    pub(super) fn resize(&mut self, cols: u16) {
        self.cells.resize(usize::from(cols), Cell::blank(Pen::default()));
        self.mend(Pen::default());
    }

    /// A wide character whose second half fell off the end is nothing.
    fn mend(&mut self, pen: Pen) {
        if let Some(last) = self.cells.last_mut()
            && last.width == 2
        {
            *last = Cell::blank(pen);
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Saved {
    pub x: u16,
    pub y: u16,
    pub pen: Pen,
    pub charset: char,
}

impl Default for Saved {
    fn default() -> Self {
        Self { x: 0, y: 0, pen: Pen::default(), charset: 'B' }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Buffer {
    pub rows: VecDeque<Row>,
    pub cols: u16,
    /// As many as there are columns when the next character wraps.
    pub x: u16,
    pub y: u16,
    pub top: u16,
    pub bottom: u16,
    pub saved: Saved,
    pub tabs: Vec<bool>,
}

impl Buffer {
    pub(super) fn new(cols: u16, rows: u16) -> Self {
        Self {
            rows: (0..rows).map(|_| Row::blank(cols, Pen::default())).collect(),
            cols,
            x: 0,
            y: 0,
            top: 0,
            bottom: rows - 1,
            saved: Saved::default(),
            tabs: default_tabs(cols),
        }
    }

    pub(super) fn height(&self) -> u16 {
        self.rows.len() as u16
    }

    pub(super) fn row(&mut self) -> &mut Row {
        let last = self.rows.len() - 1;
        &mut self.rows[usize::from(self.y).min(last)]
    }

    pub(super) fn row_at(&mut self, y: u16) -> &mut Row {
        let last = self.rows.len() - 1;
        &mut self.rows[usize::from(y).min(last)]
    }

    /// Keeps the cursor on the screen, and within the margins in origin mode.
    pub(super) fn restrict(&mut self, max_x: u16, origin: bool) {
        self.x = self.x.min(max_x);
        let (first, last) = if origin { (self.top, self.bottom) } else { (0, self.height() - 1) };
        self.y = self.y.clamp(first, last);
    }

    pub(super) fn move_to(&mut self, x: u16, y: u16, origin: bool) {
        self.x = x;
        self.y = if origin { self.top.saturating_add(y) } else { y };
        self.restrict(self.cols - 1, origin);
    }

    pub(super) fn up(&mut self, count: u16, origin: bool) {
        self.restrict(self.cols - 1, origin);
        let room = if self.y >= self.top { self.y - self.top } else { self.y };
        self.y -= count.min(room);
    }

    pub(super) fn down(&mut self, count: u16, origin: bool) {
        self.restrict(self.cols - 1, origin);
        let last = if self.y <= self.bottom { self.bottom } else { self.height() - 1 };
        self.y += count.min(last - self.y);
    }

    /// Takes out the row at `from` and puts it in at `to`, blank.
    pub(super) fn recycle(&mut self, from: u16, to: u16, pen: Pen) {
        let Some(mut row) = self.rows.remove(usize::from(from)) else { return };
        row.cells.fill(Cell::blank(pen));
        row.wrapped = false;
        self.rows.insert(usize::from(to), row);
    }

    pub(super) fn next_tab(&self, from: u16) -> u16 {
        (from + 1..self.cols).find(|x| self.tabs[usize::from(*x)]).unwrap_or(self.cols - 1)
    }

    pub(super) fn previous_tab(&self, from: u16) -> u16 {
        (1..from.min(self.cols)).rev().find(|x| self.tabs[usize::from(*x)]).unwrap_or(0)
    }

    pub(super) fn resize_tabs(&mut self, cols: u16) {
        let defaults = default_tabs(cols);
        self.tabs.truncate(usize::from(cols));
        let known = self.tabs.len();
        self.tabs.extend_from_slice(&defaults[known..]);
    }
}

pub(super) fn default_tabs(cols: u16) -> Vec<bool> {
    (0..cols).map(|x| x % 8 == 0).collect()
}
