//! Modes of a terminal, and the sequences that set them again.

use std::fmt::Write;

/// All that a program sets and that is no text, colour or place.
// Each is a mode of its own in every terminal.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug)]
pub(super) struct Modes {
    pub wraparound: bool,
    pub insert: bool,
    pub origin: bool,
    pub new_line: bool,
    pub cursor_shown: bool,
    keypad: bool,
    /// Private modes that are on and that we only hand on.
    passed: Vec<u32>,
    /// The mouse protocol, by its private mode; 0 for none.
    mouse: u32,
    /// How the mouse is reported, by its private mode; 0 for plain.
    mouse_encoding: u32,
    cursor_style: u32,
    /// What is designated as G0 to G3, by its final character.
    sets: [char; 4],
    active: usize,
}

/// Application cursor keys, reverse wraparound, blinking cursor, focus reports, bracketed paste.
const PASSED: &[u32] = &[1, 12, 45, 1004, 2004];
const LATIN: char = 'B';
const GRAPHICS: char = '0';

impl Default for Modes {
    fn default() -> Self {
        Self {
            wraparound: true,
            insert: false,
            origin: false,
            new_line: false,
            cursor_shown: true,
            keypad: false,
            passed: Vec::new(),
            mouse: 0,
            mouse_encoding: 0,
            cursor_style: 0,
            sets: [LATIN; 4],
            active: 0,
        }
    }
}

impl Modes {
    /// Sets or resets a private mode that concerns neither screens nor places.
    pub(super) fn set(&mut self, mode: u32, on: bool) {
        match mode {
            7 => self.wraparound = on,
            25 => self.cursor_shown = on,
            66 => self.keypad = on,
            9 | 1000 | 1002 | 1003 => self.mouse = if on { mode } else { 0 },
            1006 | 1016 => self.mouse_encoding = if on { mode } else { 0 },
            _ if PASSED.contains(&mode) => {
                self.passed.retain(|passed| *passed != mode);
                if on {
                    self.passed.push(mode);
                }
            }
            _ => {}
        }
    }

    pub(super) fn set_keypad(&mut self, application: bool) {
        self.keypad = application;
    }

    pub(super) fn set_cursor_style(&mut self, style: u32) {
        if style <= 6 {
            self.cursor_style = style;
        }
    }

    pub(super) fn reverse_wraparound(&self) -> bool {
        self.passed.contains(&45)
    }

    /// A soft reset.
    pub(super) fn soften(&mut self) {
        self.insert = false;
        self.origin = false;
        self.cursor_shown = true;
        self.wraparound = true;
        self.keypad = false;
        self.passed.retain(|mode| *mode != 1);
        self.sets = [LATIN; 4];
        self.active = 0;
    }

    pub(super) fn designate(&mut self, set: usize, name: char) {
        self.sets[set] = name;
    }

    pub(super) fn shift(&mut self, set: usize) {
        self.active = set;
    }

    pub(super) fn charset(&self) -> char {
        self.sets[self.active]
    }

    pub(super) fn set_charset(&mut self, name: char) {
        self.sets[self.active] = name;
    }

    /// Whether ASCII is shown as it is.
    pub(super) fn is_plain(&self) -> bool {
        !self.insert && self.wraparound && !matches!(self.charset(), GRAPHICS | 'A')
    }

    /// What is shown for a character in the active set.
    pub(super) fn graphics(&self, c: char) -> char {
        match (self.charset(), c) {
            (GRAPHICS, '`'..='~') => "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·"
                .chars()
                .nth(c as usize - '`' as usize)
                .unwrap_or(c),
            ('A', '#') => '£',
            _ => c,
        }
    }

    /// Writes what sets these modes in a fresh terminal, but for those that concern places.
    pub(super) fn write(&self, out: &mut String) {
        for (number, name) in self.sets.iter().enumerate() {
            if *name != LATIN {
                let _ = write!(out, "\x1b{}{name}", ['(', ')', '*', '+'][number]);
            }
        }
        out.push_str(["", "\x0e", "\x1bn", "\x1bo"][self.active]);
        if self.keypad {
            out.push_str("\x1b=");
        }
        if self.insert {
            out.push_str("\x1b[4h");
        }
        if self.new_line {
            out.push_str("\x1b[20h");
        }
        if !self.wraparound {
            out.push_str("\x1b[?7l");
        }
        for mode in self.passed.iter().chain([&self.mouse, &self.mouse_encoding]) {
            if *mode != 0 {
                let _ = write!(out, "\x1b[?{mode}h");
            }
        }
        if self.cursor_style != 0 {
            let _ = write!(out, "\x1b[{} q", self.cursor_style);
        }
        if !self.cursor_shown {
            out.push_str("\x1b[?25l");
        }
    }
}
