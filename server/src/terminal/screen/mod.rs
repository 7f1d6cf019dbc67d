//! What a terminal shows, kept so that it can be shown again: the two screens, cursor, modes and scrollback.
//!
//! It follows xterm.js cell by cell, since that is what draws the stream on the other side. Pure.

mod buffer;
mod cell;
mod controls;
mod history;
mod modes;
mod parser;
mod report;
mod resize;
mod snapshot;
mod widths;

use std::collections::HashMap;

use buffer::Buffer;
use cell::{CLUSTER, Cell, Pen};
use history::History;
use modes::Modes;
use parser::Parser;

use super::message::{Face, Mark, Size};

/// Different clusters of combined characters that are remembered; more lose what combines.
const MAX_CLUSTERS: usize = 16_384;
/// Code points in one cluster.
const MAX_CLUSTER: usize = 16;
/// Characters of a title or folder.
const MAX_LABEL: usize = 4_096;
/// Marks and answers that may wait to be taken.
const MAX_WAITING: usize = 1_024;

/// A terminal's state as its stream has made it.
pub(super) struct Screen {
    parser: Parser,
    shown: Shown,
}

/// All but the parser, which gives to it.
struct Shown {
    size: Size,
    main: Buffer,
    alt: Buffer,
    on_alt: bool,
    pen: Pen,
    modes: Modes,
    history: History,
    face: Face,
    clusters: Vec<Box<str>>,
    cluster_numbers: HashMap<Box<str>, u32>,
    /// Whether the character before can be combined with, or repeated.
    last: Option<char>,
    marks: Vec<Mark>,
    answers: String,
    /// Text is passed over, and only what the sequences set is kept.
    skimming: bool,
    /// A row as it is formatted for the history.
    line: String,
}

impl Screen {
    pub(super) fn new(size: Size) -> Self {
        let shown = Shown {
            size,
            main: Buffer::new(size.cols(), size.rows()),
            alt: Buffer::new(size.cols(), size.rows()),
            on_alt: false,
            pen: Pen::default(),
            modes: Modes::default(),
            history: History::default(),
            face: Face { size, ..Face::default() },
            clusters: Vec::new(),
            cluster_numbers: HashMap::new(),
            last: None,
            marks: Vec::new(),
            answers: String::new(),
            skimming: false,
            line: String::new(),
        };
        Self { parser: Parser::default(), shown }
    }

    /// Shows a part of the stream.
    pub(super) fn feed(&mut self, text: &str) {
        self.parser.feed(text, &mut self.shown);
    }

    /// Keeps what the sequences of this part set, and not its text: for a part that is long past.
    pub(super) fn skim(&mut self, text: &str) {
        self.shown.skimming = true;
        self.parser.feed(text, &mut self.shown);
        self.shown.skimming = false;
    }

    pub(super) fn face(&self) -> &Face {
        &self.shown.face
    }

    pub(super) fn take_marks(&mut self) -> Vec<Mark> {
        std::mem::take(&mut self.shown.marks)
    }

    /// What a terminal answers to the questions that were asked since this was called last.
    pub(super) fn take_answers(&mut self) -> String {
        std::mem::take(&mut self.shown.answers)
    }
}

impl Shown {
    fn now(&mut self) -> &mut Buffer {
        if self.on_alt { &mut self.alt } else { &mut self.main }
    }

    /// Moves all within the margins up by one.
    fn scroll(&mut self, wrapped: bool) {
        let pen = self.pen;
        let keeps = !self.on_alt;
        let skimming = self.skimming;
        let buffer = self.now();
        let (top, bottom) = (buffer.top, buffer.bottom);
        if keeps && top == 0 && !skimming {
            self.keep_top();
        }
        let buffer = self.now();
        buffer.recycle(top, bottom, pen);
        buffer.row_at(bottom).wrapped = wrapped;
    }

    /// Puts the top row of the main screen into the history.
    fn keep_top(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        snapshot::write_row(&self.main.rows, 0, &self.clusters, &mut line);
        self.history.push(&line, self.main.rows[0].wrapped);
        self.line = line;
    }

    fn put(&mut self, text: &str) {
        for c in text.chars() {
            self.put_char(c);
        }
    }

    fn put_char(&mut self, c: char) {
        let c = self.modes.graphics(c);
        let width = widths::width(c);
        let (pen, cols) = (self.pen, self.size.cols());
        if width == 0 && self.last.is_some() && self.now().x > 0 {
            return self.combine(c);
        }
        self.last = Some(c);
        if self.now().x + u16::from(width) > cols {
            if self.modes.wraparound {
                let buffer = self.now();
                let (y, x) = (buffer.y, usize::from(buffer.x));
                buffer.row_at(y).fill(x, usize::from(cols), pen);
                buffer.x = 0;
                if buffer.y == buffer.bottom {
                    self.scroll(true);
                } else {
                    buffer.y = (buffer.y + 1).min(buffer.height() - 1);
                    buffer.row().wrapped = true;
                }
            } else {
                self.now().x = cols - 1;
                if width == 2 {
                    return;
                }
            }
        }
        let insert = self.modes.insert;
        let buffer = self.now();
        let x = usize::from(buffer.x);
        let row = buffer.row();
        if insert {
            row.insert(x, usize::from(width), pen);
        }
        row.put(x, Cell { code: u32::from(c), width, pen });
        buffer.x += u16::from(width.max(1));
    }

    /// Joins a character without a width of its own to the one before the cursor.
    fn combine(&mut self, c: char) {
        let buffer = self.now();
        let x = usize::from(buffer.x);
        let back = if buffer.row().cells[x - 1].width == 0 && x > 1 { 2 } else { 1 };
        let code = buffer.row().cells[x - back].code;
        if code == 0 {
            return;
        }
        let mut cluster = self.text_of(code).unwrap_or_default();
        if cluster.chars().count() >= MAX_CLUSTER {
            return;
        }
        cluster.push(c);
        let Some(number) = self.number_of(cluster) else { return };
        self.now().row().cells[x - back].code = CLUSTER | number;
    }

    fn text_of(&self, code: u32) -> Option<String> {
        if code & CLUSTER == 0 {
            return char::from_u32(code).map(String::from);
        }
        self.clusters.get((code ^ CLUSTER) as usize).map(ToString::to_string)
    }

    fn number_of(&mut self, cluster: String) -> Option<u32> {
        let cluster = cluster.into_boxed_str();
        if let Some(number) = self.cluster_numbers.get(&cluster) {
            return Some(*number);
        }
        if self.clusters.len() >= MAX_CLUSTERS {
            return None;
        }
        let number = self.clusters.len() as u32;
        self.clusters.push(cluster.clone());
        self.cluster_numbers.insert(cluster, number);
        Some(number)
    }

    /// A run of ASCII in the plainest of modes.
    fn put_ascii(&mut self, mut run: &[u8]) {
        let (pen, cols) = (self.pen, usize::from(self.size.cols()));
        while !run.is_empty() {
            let x = usize::from(self.now().x);
            if x >= cols {
                self.put_char(char::from(run[0]));
                run = &run[1..];
                continue;
            }
            let (now, after) = run.split_at(run.len().min(cols - x));
            let buffer = self.now();
            let row = buffer.row();
            row.clear_halves(x, x + now.len(), pen);
            for (cell, byte) in row.cells[x..].iter_mut().zip(now) {
                *cell = Cell { code: u32::from(*byte), width: 1, pen };
            }
            buffer.x += now.len() as u16;
            self.last = now.last().map(|byte| char::from(*byte));
            run = after;
        }
    }

    fn title(&mut self, title: &str) {
        self.face.title = title.chars().take(MAX_LABEL).collect();
    }
}
