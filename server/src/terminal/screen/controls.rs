//! What control characters and sequences do.

use super::{
    MAX_WAITING, Shown,
    buffer::{Buffer, Saved, default_tabs},
    cell::Pen,
    modes::Modes,
    parser::{Params, Perform},
};

impl Perform for Shown {
    fn print(&mut self, text: &str) {
        if self.skimming {
            self.last = None;
        } else if text.is_ascii() && self.modes.is_plain() {
            self.put_ascii(text.as_bytes());
        } else {
            self.put(text);
        }
    }

    fn execute(&mut self, control: char) {
        match control {
            '\x08' => self.backspace(),
            '\t' => {
                let buffer = self.now();
                if buffer.x < buffer.cols {
                    buffer.x = buffer.next_tab(buffer.x);
                }
            }
            '\n' | '\x0b' | '\x0c' => self.line_feed(),
            '\r' => self.now().x = 0,
            '\x0e' => self.modes.shift(1),
            '\x0f' => self.modes.shift(0),
            '\u{84}' => self.index(),
            '\u{85}' => self.next_line(),
            '\u{88}' => self.set_tab(),
            _ => {}
        }
        // As in xterm.js, a control character comes between what would combine.
        self.last = None;
    }

    fn escape(&mut self, marks: &str, last: char) {
        self.last = None;
        match (marks, last) {
            ("", '7') => self.save_cursor(),
            ("", '8') => self.restore_cursor(),
            ("", 'D') => self.index(),
            ("", 'E') => self.next_line(),
            ("", 'H') => self.set_tab(),
            ("", 'M') => self.reverse_index(),
            ("", '=') => self.modes.set_keypad(true),
            ("", '>') => self.modes.set_keypad(false),
            ("", 'c') => self.reset(),
            ("", 'n') => self.modes.shift(2),
            ("", 'o') => self.modes.shift(3),
            ("(", name) => self.modes.designate(0, name),
            (")" | "-", name) => self.modes.designate(1, name),
            ("*" | ".", name) => self.modes.designate(2, name),
            ("+" | "/", name) => self.modes.designate(3, name),
            ("%", '@' | 'G') => {
                self.modes.designate(0, 'B');
                self.modes.shift(0);
            }
            ("#", '8') => self.alignment(),
            _ => {}
        }
    }

    fn csi(&mut self, marks: &str, params: &Params, last: char) {
        let repeated = self.last.take();
        let first = params.or(0, 1).min(u32::from(u16::MAX)) as u16;
        let origin = self.modes.origin;
        let pen = self.pen;
        let cols = self.size.cols();
        let buffer = self.now();
        match (marks, last) {
            ("", 'A') => buffer.up(first, origin),
            ("", 'B' | 'e') => buffer.down(first, origin),
            ("", 'C' | 'a') => {
                buffer.restrict(cols - 1, origin);
                buffer.x = buffer.x.saturating_add(first).min(cols - 1);
            }
            ("", 'D') => {
                buffer.restrict(cols - 1, origin);
                buffer.x = buffer.x.saturating_sub(first);
            }
            ("", 'E') => {
                buffer.down(first, origin);
                buffer.x = 0;
            }
            ("", 'F') => {
                buffer.up(first, origin);
                buffer.x = 0;
            }
            ("", 'G' | '`') => {
                buffer.x = first - 1;
                buffer.restrict(cols - 1, origin);
            }
            ("", 'd') => {
                let x = buffer.x;
                buffer.move_to(x, first - 1, origin);
            }
            ("", 'H' | 'f') => {
                let x = params.or(1, 1).min(u32::from(cols)) as u16 - 1;
                buffer.move_to(x, first - 1, origin);
            }
            ("", 'I') => {
                for _ in 0..first.min(cols) {
                    if buffer.x < cols {
                        buffer.x = buffer.next_tab(buffer.x);
                    }
                }
            }
            ("", 'Z') => {
                for _ in 0..first.min(cols) {
                    buffer.x = buffer.previous_tab(buffer.x);
                }
            }
            ("" | "?", 'J') => self.erase_display(params.or(0, 0)),
            ("" | "?", 'K') => self.erase_line(params.or(0, 0)),
            ("", '@') => {
                buffer.restrict(cols - 1, origin);
                let x = usize::from(buffer.x);
                buffer.row().insert(x, usize::from(first), pen);
            }
            ("", 'P') => {
                buffer.restrict(cols - 1, origin);
                let x = usize::from(buffer.x);
                buffer.row().delete(x, usize::from(first), pen);
            }
            ("", 'X') => {
                buffer.restrict(cols - 1, origin);
                let x = usize::from(buffer.x);
                buffer.row().fill(x, x + usize::from(first), pen);
            }
            ("", 'L') => self.insert_lines(first),
            ("", 'M') => self.delete_lines(first),
            ("", 'S') => {
                for _ in 0..first.min(buffer.height()) {
                    buffer.recycle(buffer.top, buffer.bottom, pen);
                }
            }
            ("", 'T') => {
                for _ in 0..first.min(buffer.height()) {
                    buffer.recycle(buffer.bottom, buffer.top, Pen::default());
                }
            }
            ("", 'b') => {
                if let Some(c) = repeated.filter(|_| !self.skimming) {
                    let most = u32::from(cols) * u32::from(self.size.rows());
                    for _ in 0..params.or(0, 1).min(most) {
                        self.put_char(c);
                    }
                }
            }
            ("", 'g') => match params.or(0, 0) {
                0 => {
                    let x = usize::from(buffer.x.min(cols - 1));
                    buffer.tabs[x] = false;
                }
                3 => buffer.tabs.fill(false),
                _ => {}
            },
            ("", 'r') => {
                let height = buffer.height();
                let bottom = params.or(1, u32::from(height)).min(u32::from(height)) as u16;
                if bottom > first {
                    buffer.top = first - 1;
                    buffer.bottom = bottom - 1;
                    buffer.move_to(0, 0, origin);
                }
            }
            ("", 's') => self.save_cursor(),
            ("", 'u') => self.restore_cursor(),
            ("", 'm') => self.pen.select(params),
            ("", 'h' | 'l') => {
                for mode in params.groups() {
                    match mode[0].value {
                        Some(4) => self.modes.insert = last == 'h',
                        Some(20) => self.modes.new_line = last == 'h',
                        _ => {}
                    }
                }
            }
            ("?", 'h' | 'l') => {
                for mode in params.groups() {
                    self.private_mode(mode[0].value.unwrap_or(0), last == 'h');
                }
            }
            (" ", 'q') => self.modes.set_cursor_style(params.or(0, 0)),
            ("!", 'p') => {
                self.modes.soften();
                self.pen = Pen::default();
                let buffer = self.now();
                buffer.top = 0;
                buffer.bottom = buffer.height() - 1;
                buffer.saved = Saved { y: 0, ..Saved::default() };
            }
            ("" | "?" | ">", 'c' | 'n') => self.answer(marks, params, last),
            _ => {}
        }
    }

    fn osc(&mut self, body: &str) {
        self.last = None;
        let (number, rest) = body.split_once(';').unwrap_or((body, ""));
        match number {
            "0" | "2" => self.title(rest),
            "7" => self.folder(rest),
            "133" if self.marks.len() < MAX_WAITING => self.mark(rest),
            _ => {}
        }
    }
}

impl Shown {
    fn backspace(&mut self) {
        let reverse = self.modes.reverse_wraparound();
        let origin = self.modes.origin;
        let buffer = self.now();
        buffer.restrict(if reverse { buffer.cols } else { buffer.cols - 1 }, origin);
        if buffer.x > 0 {
            buffer.x -= 1;
        } else if reverse
            && buffer.y > buffer.top
            && buffer.y <= buffer.bottom
            && buffer.row().wrapped
        {
            buffer.row().wrapped = false;
            buffer.y -= 1;
            buffer.x = buffer.cols - 1;
        }
    }

    fn line_feed(&mut self) {
        if self.modes.new_line {
            self.now().x = 0;
        }
        let buffer = self.now();
        if buffer.y == buffer.bottom {
            self.scroll(false);
        } else if buffer.y + 1 < buffer.height() {
            buffer.y += 1;
            buffer.row().wrapped = false;
        }
        let buffer = self.now();
        buffer.x = buffer.x.min(buffer.cols - 1);
    }

    fn index(&mut self) {
        let origin = self.modes.origin;
        let buffer = self.now();
        buffer.restrict(buffer.cols - 1, origin);
        if buffer.y == buffer.bottom {
            self.scroll(false);
        } else if buffer.y + 1 < buffer.height() {
            buffer.y += 1;
        }
    }

    fn next_line(&mut self) {
        self.now().x = 0;
        self.index();
    }

    fn reverse_index(&mut self) {
        let (origin, pen) = (self.modes.origin, self.pen);
        let buffer = self.now();
        buffer.restrict(buffer.cols - 1, origin);
        if buffer.y == buffer.top {
            buffer.recycle(buffer.bottom, buffer.top, pen);
        } else {
            buffer.y = buffer.y.saturating_sub(1);
            buffer.restrict(buffer.cols - 1, origin);
        }
    }

    fn set_tab(&mut self) {
        let buffer = self.now();
        let x = usize::from(buffer.x.min(buffer.cols - 1));
        buffer.tabs[x] = true;
    }

    fn save_cursor(&mut self) {
        let (pen, charset) = (self.pen, self.modes.charset());
        let buffer = self.now();
        buffer.saved = Saved { x: buffer.x, y: buffer.y, pen, charset };
    }

    fn restore_cursor(&mut self) {
        let origin = self.modes.origin;
        let buffer = self.now();
        let saved = buffer.saved;
        buffer.x = saved.x;
        buffer.y = saved.y;
        buffer.restrict(buffer.cols - 1, origin);
        self.pen = saved.pen;
        self.modes.set_charset(saved.charset);
    }

    fn reset(&mut self) {
        let (cols, rows) = (self.size.cols(), self.size.rows());
        self.main = Buffer::new(cols, rows);
        self.alt = Buffer::new(cols, rows);
        self.on_alt = false;
        self.pen = Pen::default();
        self.modes = Modes::default();
        self.history.clear();
        self.clusters.clear();
        self.cluster_numbers.clear();
    }

    fn alignment(&mut self) {
        let (cols, pen) = (self.size.cols(), self.pen);
        let buffer = self.now();
        for y in 0..buffer.height() {
            let row = buffer.row_at(y);
            row.wrapped = false;
            for x in 0..usize::from(cols) {
                row.put(x, super::Cell { code: u32::from('E'), width: 1, pen });
            }
        }
        buffer.x = 0;
        buffer.y = 0;
    }

    fn erase_display(&mut self, what: u32) {
        let (pen, cols, origin) = (self.pen, self.size.cols(), self.modes.origin);
        let buffer = self.now();
        buffer.restrict(cols, origin);
        let (x, y, height) = (usize::from(buffer.x), buffer.y, buffer.height());
        let all = usize::from(cols);
        let mut clear = |y: u16| {
            let row = buffer.row_at(y);
            row.fill(0, all, pen);
            row.wrapped = false;
        };
        match what {
            0 => {
                (y + 1..height).for_each(&mut clear);
                let row = buffer.row();
                row.fill(x, all, pen);
                row.wrapped &= x != 0;
            }
            1 => {
                (0..y).for_each(&mut clear);
                let row = buffer.row();
                row.fill(0, x + 1, pen);
                row.wrapped = false;
                if x + 1 >= all && y + 1 < height {
                    buffer.row_at(y + 1).wrapped = false;
                }
            }
            2 => (0..height).for_each(&mut clear),
            3 if !self.on_alt => self.history.clear(),
            _ => {}
        }
    }

    fn erase_line(&mut self, what: u32) {
        let (pen, cols, origin) = (self.pen, self.size.cols(), self.modes.origin);
        let buffer = self.now();
        buffer.restrict(cols, origin);
        let (x, all) = (usize::from(buffer.x), usize::from(cols));
        let row = buffer.row();
        match what {
            0 => {
                row.fill(x, all, pen);
                row.wrapped &= x != 0;
            }
            1 => row.fill(0, x + 1, pen),
            2 => {
                row.fill(0, all, pen);
                row.wrapped = false;
            }
            _ => {}
        }
    }

    fn insert_lines(&mut self, count: u16) {
        let (pen, origin) = (self.pen, self.modes.origin);
        let buffer = self.now();
        buffer.restrict(buffer.cols - 1, origin);
        if (buffer.top..=buffer.bottom).contains(&buffer.y) {
            for _ in 0..count.min(buffer.height()) {
                buffer.recycle(buffer.bottom, buffer.y, pen);
            }
            buffer.x = 0;
        }
    }

    fn delete_lines(&mut self, count: u16) {
        let (pen, origin) = (self.pen, self.modes.origin);
        let buffer = self.now();
        buffer.restrict(buffer.cols - 1, origin);
        if (buffer.top..=buffer.bottom).contains(&buffer.y) {
            for _ in 0..count.min(buffer.height()) {
                buffer.recycle(buffer.y, buffer.bottom, pen);
            }
            buffer.x = 0;
        }
    }

    fn private_mode(&mut self, mode: u32, on: bool) {
        match (mode, on) {
            (6, _) => {
                self.modes.origin = on;
                self.now().move_to(0, 0, on);
            }
            (47 | 1047, true) => self.enter_alt(),
            (1049, true) => {
                self.save_cursor();
                self.enter_alt();
            }
            (47 | 1047, false) => self.leave_alt(),
            (1049, false) => {
                self.leave_alt();
                self.restore_cursor();
            }
            (1048, true) => self.save_cursor(),
            (1048, false) => self.restore_cursor(),
            _ => self.modes.set(mode, on),
        }
    }

    fn enter_alt(&mut self) {
        if self.on_alt {
            return;
        }
        let pen = self.pen;
        for row in &mut self.alt.rows {
            row.fill(0, row.cells.len(), pen);
            row.wrapped = false;
        }
        self.alt.x = self.main.x;
        self.alt.y = self.main.y;
        self.on_alt = true;
    }

    fn leave_alt(&mut self) {
        if !self.on_alt {
            return;
        }
        self.main.x = self.alt.x;
        self.main.y = self.alt.y;
        self.on_alt = false;
        let cols = self.size.cols();
        let saved = self.alt.saved;
        self.alt = Buffer { saved, ..Buffer::new(cols, self.size.rows()) };
        self.alt.tabs = default_tabs(cols);
    }
}
