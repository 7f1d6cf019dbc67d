//! A terminal of another size.

use super::{
    Screen, Size,
    buffer::{Buffer, Row},
    cell::Pen,
};

impl Screen {
    /// As xterm.js does it: below the cursor rows go first, and what is above goes to the history and comes back from
    /// it.
    pub(in crate::terminal) fn resize(&mut self, size: Size) {
        let shown = &mut self.shown;
        if size == shown.size {
            return;
        }
        while shown.main.height() > size.rows() {
            if shown.main.y + 1 < shown.main.height() {
                shown.main.rows.pop_back();
            } else {
                shown.keep_top();
                shown.main.drop_top();
            }
        }
        shown.alt.shrink(size.rows());
        shown.size = size;
        shown.face.size = size;
        shown.main.finish_resize(size);
        shown.alt.finish_resize(size);
    }
}

impl Buffer {
    fn drop_top(&mut self) {
        self.rows.pop_front();
        self.y = self.y.saturating_sub(1);
        self.saved.y = self.saved.y.saturating_sub(1);
    }

    fn shrink(&mut self, rows: u16) {
        while self.height() > rows {
            if self.y + 1 < self.height() {
                self.rows.pop_back();
            } else {
                self.drop_top();
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
