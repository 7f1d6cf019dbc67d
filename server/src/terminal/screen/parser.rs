//! Control sequences in a stream of text, cut where xterm.js cuts them.

use std::mem;

/// What the sequences do.
pub(super) trait Perform {
    /// Text without control characters.
    fn print(&mut self, text: &str);
    /// A control character of C0 or C1.
    fn execute(&mut self, control: char);
    /// `ESC`, intermediates and a final character.
    fn escape(&mut self, intermediates: &str, last: char);
    /// `CSI`, a prefix such as `?` and intermediates in `marks`, parameters and a final character.
    fn csi(&mut self, marks: &str, params: &Params, last: char);
    /// The body of an operating system command.
    fn osc(&mut self, body: &str);
}

/// The parameters of a control sequence.
#[derive(Debug, Default)]
pub(super) struct Params(Vec<Param>);

/// One value, or one that belongs to the value before it (`4:3`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Param {
    /// `None` when left out.
    pub value: Option<u32>,
    pub sub: bool,
}

/// Values beyond are dropped, as in xterm.js.
const MAX_PARAMS: usize = 32;
/// Of a string or an unfinished sequence more is not held, bytes.
const MAX_STRING: usize = 64 * 1024;

impl Params {
    /// The value at this place; `default` when it is left out or 0.
    pub(super) fn or(&self, place: usize, default: u32) -> u32 {
        match self.0.iter().filter(|param| !param.sub).nth(place) {
            Some(Param { value: Some(value), .. }) if *value > 0 => *value,
            _ => default,
        }
    }

    /// Every value with those that belong to it.
    pub(super) fn groups(&self) -> impl Iterator<Item = &[Param]> {
        self.0.chunk_by(|_, next| next.sub)
    }

    fn digit(&mut self, digit: u32) {
        if self.0.is_empty() {
            self.0.push(Param { value: None, sub: false });
        }
        if let Some(last) = self.0.last_mut() {
            let value = last.value.unwrap_or(0).saturating_mul(10).saturating_add(digit);
            last.value = Some(value.min(0x7fff_ffff));
        }
    }

    fn next(&mut self, sub: bool) {
        if self.0.is_empty() {
            self.0.push(Param { value: None, sub: false });
        }
        if self.0.len() < MAX_PARAMS {
            self.0.push(Param { value: None, sub });
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    Escape,
    Csi,
    CsiIgnore,
    Osc,
    /// A string that says nothing to us: DCS, SOS, PM, APC.
    Other,
}

#[derive(Debug, Default)]
pub(super) struct Parser {
    state: State,
    marks: String,
    params: Params,
    string: String,
    /// The sequence so far, as it came.
    begun: String,
}

impl Parser {
    /// What was begun and isn't whole: a terminal that is given it goes on as this parser does.
    pub(super) fn begun(&self) -> &str {
        &self.begun
    }

    pub(super) fn feed(&mut self, text: &str, to: &mut impl Perform) {
        let mut rest = text;
        while !rest.is_empty() {
            if self.state == State::Ground {
                let run = printable(rest);
                if run > 0 {
                    to.print(&rest[..run]);
                    rest = &rest[run..];
                    continue;
                }
            } else if matches!(self.state, State::Osc | State::Other) {
                let run = printable(rest);
                if run > 0 {
                    self.collect(&rest[..run]);
                    rest = &rest[run..];
                    continue;
                }
            }
            let Some(c) = rest.chars().next() else { return };
            rest = &rest[c.len_utf8()..];
            self.step(c, to);
            if self.state == State::Ground {
                self.begun.clear();
            } else {
                self.hold(c);
            }
        }
    }

    fn collect(&mut self, run: &str) {
        if self.state == State::Osc && self.string.len() + run.len() <= MAX_STRING {
            self.string.push_str(run);
        }
        if self.begun.len() + run.len() <= MAX_STRING {
            self.begun.push_str(run);
        }
    }

    fn hold(&mut self, c: char) {
        // An escape in a string ends that and begins anew.
        if c == '\x1b' {
            self.begun.clear();
        }
        if self.begun.len() < MAX_STRING {
            self.begun.push(c);
        }
    }

    fn begin(&mut self, state: State) {
        self.state = state;
        self.marks.clear();
        self.params.0.clear();
        self.string.clear();
    }

    fn step(&mut self, c: char, to: &mut impl Perform) {
        match c {
            '\x18' | '\x1a' => return self.begin(State::Ground),
            '\x1b' => {
                self.end_string(to);
                return self.begin(State::Escape);
            }
            '\u{90}' | '\u{98}' | '\u{9e}' | '\u{9f}' => return self.begin(State::Other),
            '\u{9b}' => return self.begin(State::Csi),
            '\u{9d}' => return self.begin(State::Osc),
            '\u{9c}' => {
                self.end_string(to);
                return self.begin(State::Ground);
            }
            '\u{80}'..='\u{9f}' => {
                self.begin(State::Ground);
                return to.execute(c);
            }
            _ => {}
        }
        match self.state {
            State::Ground => to.execute(c),
            State::Escape => self.escape(c, to),
            State::Csi | State::CsiIgnore => self.csi(c, to),
            State::Osc if c == '\x07' => {
                self.end_string(to);
                self.begin(State::Ground);
            }
            State::Osc | State::Other => {}
        }
    }

    fn escape(&mut self, c: char, to: &mut impl Perform) {
        match c {
            '\0'..='\x1f' => to.execute(c),
            ' '..='/' => self.marks.push(c),
            '[' if self.marks.is_empty() => self.begin(State::Csi),
            ']' if self.marks.is_empty() => self.begin(State::Osc),
            'P' | 'X' | '^' | '_' if self.marks.is_empty() => self.begin(State::Other),
            '0'..='~' => {
                let marks = mem::take(&mut self.marks);
                to.escape(&marks, c);
                self.begin(State::Ground);
            }
            '\x7f' => {}
            _ => self.begin(State::Ground),
        }
    }

    fn csi(&mut self, c: char, to: &mut impl Perform) {
        let plain = self.marks.chars().all(|mark| ('<'..='?').contains(&mark));
        match c {
            '\0'..='\x1f' => to.execute(c),
            '\x7f' => {}
            '@'..='~' if self.state == State::CsiIgnore => self.begin(State::Ground),
            '@'..='~' => {
                to.csi(&self.marks, &self.params, c);
                self.begin(State::Ground);
            }
            _ if self.state == State::CsiIgnore => {}
            '0'..='9' if plain => self.params.digit(u32::from(c) - u32::from('0')),
            ';' if plain => self.params.next(false),
            ':' if plain => self.params.next(true),
            '<'..='?' if self.marks.is_empty() && self.params.0.is_empty() => self.marks.push(c),
            ' '..='/' => self.marks.push(c),
            '0'..='?' => self.state = State::CsiIgnore,
            _ => self.begin(State::Ground),
        }
    }

    fn end_string(&mut self, to: &mut impl Perform) {
        if self.state == State::Osc {
            to.osc(&self.string);
        }
    }
}

/// The length of the text before the next control character.
fn printable(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        // C1 is C2 80 to C2 9F.
        let c1 = byte == 0xC2 && bytes.get(at + 1).is_some_and(|next| *next < 0xA0);
        if byte < 0x20 || byte == 0x7f || c1 {
            break;
        }
        at += 1;
    }
    at
}
