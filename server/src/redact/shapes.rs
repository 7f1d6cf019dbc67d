//! How a secret is told from its keyword on: byte by byte, without going back, so that a chunk of a stream can say
//! whether it has seen enough.

/// Bytes of one secret that are looked at; what goes on past them in the same alphabet belongs to it unseen.
pub const LONGEST: usize = 16 << 10;

/// Which bytes a secret is made of.
pub type Class = fn(u8) -> bool;

pub enum Part {
    /// As many bytes as there are, and no fewer than `min`.
    Run { class: Class, min: usize },
    /// A byte that is in neither of the runs beside it.
    Byte(u8),
}

/// What a run must have to be a secret rather than a name or a placeholder. Each holds for a longer text if it holds
/// for its beginning, so a text that was refused is not taken when its end is redacted.
#[derive(Clone, Copy)]
pub enum Need {
    /// Six different bytes.
    Varied,
    /// That, and a digit.
    Digit,
    /// That, a digit, a small and a capital letter.
    Mixed,
    /// `Varied`, and the digits of a bot before it.
    TelegramBot,
}

pub enum Shape {
    Token {
        parts: &'static [Part],
        keeps_keyword: bool,
        need: Need,
    },
    /// `key=value`, `"key": "value"`; passwords may be `short`.
    KeyValue {
        short: bool,
    },
    /// The next word of a command line.
    Argument,
    /// `Authorization: Scheme value`.
    Authorization,
    /// From `-----BEGIN … PRIVATE KEY-----` to its end.
    PrivateKey,
    /// The password in `scheme://user:password@host`.
    UrlPassword,
}

/// A secret. `end` is that of what was looked at; with `open`, more of this class belongs to it.
pub struct Hit {
    pub start: usize,
    pub end: usize,
    pub open: Option<Class>,
}

/// More text is needed to tell.
pub struct Undecided;

/// `Ok(None)`: not a secret, whatever follows.
type Told = Result<Option<Hit>, Undecided>;

/// A text whose end may not have come yet.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    pub bytes: &'a [u8],
    pub complete: bool,
}

impl Text<'_> {
    /// `None` past the end of a complete text.
    fn at(self, index: usize) -> Result<Option<u8>, Undecided> {
        match self.bytes.get(index) {
            Some(byte) => Ok(Some(*byte)),
            None if self.complete => Ok(None),
            None => Err(Undecided),
        }
    }

    /// The end of the run of `class` from `from`, and whether the limit cut it short.
    fn run(self, from: usize, class: Class, limit: usize) -> Result<(usize, bool), Undecided> {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let length = rest.iter().take(limit).take_while(|byte| class(**byte)).count();
        if length < limit {
            self.at(from + length)?;
        }
        Ok((from + length, length == limit))
    }

    fn skip(self, from: usize, class: Class, limit: usize) -> Result<usize, Undecided> {
        Ok(self.run(from, class, limit)?.0)
    }
}

impl Shape {
    /// Tells whether a secret stands at `keyword`, whose end is `from` and which `before` stands before.
    pub fn told(&self, text: Text, before: Option<u8>, keyword: usize, from: usize) -> Told {
        match self {
            Self::Token { parts, keeps_keyword, need } => {
                let start = if *keeps_keyword { from } else { keyword };
                let bot = before.is_some_and(|byte| byte.is_ascii_digit());
                if matches!(need, Need::TelegramBot) && !bot {
                    return Ok(None);
                }
                token(text, start, from, parts, *need)
            }
            Self::KeyValue { short } => key_value(text, from, *short),
            Self::Argument => argument(text, from),
            Self::Authorization => authorization(text, from),
            Self::PrivateKey => private_key(text, keyword, from),
            Self::UrlPassword => url_password(text, from),
        }
    }
}

fn token(text: Text, start: usize, from: usize, parts: &[Part], need: Need) -> Told {
    let mut at = from;
    let mut open = None;
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Byte(byte) => {
                if text.at(at)? != Some(*byte) {
                    return Ok(None);
                }
                at += 1;
            }
            Part::Run { class, min } => {
                let (end, cut) = text.run(at, *class, LONGEST)?;
                let last = index + 1 == parts.len();
                if end - at < *min || (cut && !last) {
                    return Ok(None);
                }
                open = cut.then_some(*class);
                at = end;
            }
        }
    }
    let found = &text.bytes[from..at];
    let enough = match need {
        Need::Varied | Need::TelegramBot => true,
        Need::Digit => has_digit(found),
        Need::Mixed => {
            has_digit(found)
                && found.iter().any(u8::is_ascii_lowercase)
                && found.iter().any(u8::is_ascii_uppercase)
        }
    };
    Ok((enough && varied(found)).then_some(Hit { start, end: at, open }))
}

fn key_value(text: Text, from: usize, short: bool) -> Told {
    let name_end = closing_quote(text, from)?;
    let sign = text.skip(name_end, blank, 4)?;
    let Some(first) = text.at(sign)? else { return Ok(None) };
    let mut at = sign + 1;
    match (first, text.at(at)?) {
        (b':', Some(b'=')) | (b'=', Some(b'>')) => at += 1,
        (b':', Some(b':')) | (b'=', Some(b'=')) => return Ok(None),
        (b':' | b'=', _) => {}
        _ => return Ok(None),
    }
    let value = text.skip(at, blank, 4)?;
    let start = closing_quote(text, value)?;
    if start > value {
        return quoted(text, start);
    }
    let direct = first == b'=' && name_end == from && value == sign + 1;
    let (end, cut) = text.run(start, bare, LONGEST)?;
    // What code calls, indexes or puts together is an expression, not a value.
    let ends = match text.at(end)? {
        None => true,
        Some(next) => cut || next.is_ascii_whitespace() || b"&;,)}]|'\"\\".contains(&next),
    };
    let found = &text.bytes[start..end];
    let digits = found.iter().filter(|byte| byte.is_ascii_digit()).count();
    let enough = match (direct, short) {
        (_, true) => found.len() >= 8 && digits >= 1,
        (true, false) => found.len() >= 8 && digits >= 2,
        (false, false) => found.len() >= 16 && digits >= 2,
    };
    let secret = ends && enough && has_letter(found) && varied(found);
    Ok(secret.then_some(Hit { start, end, open: cut.then_some(bare as Class) }))
}

/// A value between quotes, which must have its closing one: a sentence is no secret.
fn quoted(text: Text, start: usize) -> Told {
    let (end, cut) = text.run(start, in_quotes, LONGEST)?;
    let closed = cut || text.at(end)?.is_none_or(|byte| is_quote(byte) || byte == b'\\');
    let found = &text.bytes[start..end];
    let secret = closed && secret_value(found);
    Ok(secret.then_some(Hit { start, end, open: cut.then_some(in_quotes as Class) }))
}

/// Whether the value of something named as a secret is one, and not a placeholder or a variable.
pub fn secret_value(value: &[u8]) -> bool {
    value.len() >= 8
        && !b"$<{%".contains(&value[0])
        && value.iter().all(|byte| in_quotes(*byte))
        && has_digit(value)
        && has_letter(value)
        && varied(value)
}

fn argument(text: Text, from: usize) -> Told {
    let start = closing_quote(text, text.skip(from, blank, 4)?)?;
    let (end, cut) = text.run(start, bare, LONGEST)?;
    let found = &text.bytes[start..end];
    let secret = found.len() >= 8 && has_digit(found) && has_letter(found) && varied(found);
    Ok(secret.then_some(Hit { start, end, open: cut.then_some(bare as Class) }))
}

fn authorization(text: Text, from: usize) -> Told {
    let sign = text.skip(closing_quote(text, from)?, blank, 4)?;
    if !matches!(text.at(sign)?, Some(b':' | b'=')) {
        return Ok(None);
    }
    let value = text.skip(sign + 1, blank, 4)?;
    authorization_value(text, closing_quote(text, value)?)
}

/// `Scheme value`, or a value alone.
pub fn authorization_value(text: Text, start: usize) -> Told {
    let scheme = text.skip(start, |byte| byte.is_ascii_alphabetic() || byte == b'-', 32)?;
    let value = text.skip(scheme, blank, 4)?;
    let named = value > scheme && scheme > start;
    let start = if named { value } else { start };
    let (end, cut) = text.run(start, bare, LONGEST)?;
    let found = &text.bytes[start..end];
    let cased =
        found.iter().any(u8::is_ascii_lowercase) && found.iter().any(u8::is_ascii_uppercase);
    let enough = if named {
        found.len() >= 8 && (has_digit(found) || cased)
    } else {
        found.len() >= 16 && has_digit(found)
    };
    let secret = enough && varied(found);
    Ok(secret.then_some(Hit { start, end, open: cut.then_some(bare as Class) }))
}

fn private_key(text: Text, keyword: usize, from: usize) -> Told {
    const KIND: &[u8] = b"PRIVATE KEY";
    const END: &[u8] = b"-----END ";
    let label = text.skip(from, |byte| byte.is_ascii_uppercase() || byte == b' ', 40)?;
    let named = text.bytes[from..label].windows(KIND.len()).any(|part| part == KIND);
    if !named {
        return Ok(None);
    }
    let (body, _) = text.run(label, |byte| byte == b'-', 5)?;
    let mut at = body;
    while at - body < LONGEST {
        match text.at(at)? {
            Some(b'-') => {
                let rest = &text.bytes[at..text.bytes.len().min(at + END.len())];
                if !text.complete && END.starts_with(rest) && rest.len() < END.len() {
                    return Err(Undecided);
                }
                if rest == END {
                    let label = |byte: u8| byte.is_ascii_uppercase() || byte == b' ';
                    let dashes = text.skip(at + END.len(), label, 40)?;
                    let end = text.skip(dashes, |byte| byte == b'-', 5)?;
                    return Ok(Some(Hit { start: keyword, end, open: None }));
                }
                at += 1;
            }
            Some(byte) if in_armour(byte) => at += 1,
            _ => break,
        }
    }
    // Cut short: what there is of it is as secret.
    let cut = at - body == LONGEST;
    let secret = at - body >= 40;
    Ok(secret.then_some(Hit { start: keyword, end: at, open: cut.then_some(in_armour as Class) }))
}

fn url_password(text: Text, from: usize) -> Told {
    let user = text.skip(from, |byte| base64_url(byte) || b".~%+".contains(&byte), 128)?;
    if text.at(user)? != Some(b':') {
        return Ok(None);
    }
    let start = user + 1;
    let (end, _) = text.run(start, |byte| bare(byte) && !b"/:@".contains(&byte), 512)?;
    let found = &text.bytes[start..end];
    let secret = text.at(end)? == Some(b'@')
        && found.len() >= 8
        && (has_digit(found) || found.iter().any(u8::is_ascii_uppercase))
        && has_letter(found);
    Ok(secret.then_some(Hit { start, end, open: None }))
}

/// Past a quote, if one is there; inside a string it has backslashes before it.
fn closing_quote(text: Text, from: usize) -> Result<usize, Undecided> {
    let at = text.skip(from, |byte| byte == b'\\', 3)?;
    Ok(if text.at(at)?.is_some_and(is_quote) { at + 1 } else { from })
}

fn varied(found: &[u8]) -> bool {
    let mut seen = [false; 256];
    let mut different = 0;
    for byte in found {
        different += usize::from(!std::mem::replace(&mut seen[usize::from(*byte)], true));
        if different == 6 {
            return true;
        }
    }
    false
}

fn has_digit(found: &[u8]) -> bool {
    found.iter().any(u8::is_ascii_digit)
}

fn has_letter(found: &[u8]) -> bool {
    found.iter().any(u8::is_ascii_alphabetic)
}

fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

fn in_quotes(byte: u8) -> bool {
    byte.is_ascii_graphic() && !is_quote(byte) && !matches!(byte, b'\\' | b'[' | b']')
}

fn bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.+/=~!@#%^*:".contains(&byte)
}

fn in_armour(byte: u8) -> bool {
    base64(byte) || byte.is_ascii_whitespace() || b"\\-:,.".contains(&byte)
}

pub fn hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

pub fn alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

pub fn name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

pub fn base64_url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

pub fn base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

pub fn path(byte: u8) -> bool {
    base64_url(byte) || byte == b'/'
}
