//! What a terminal says by itself when a program asks: it looks like typed input, and is none.

/// Whether this is nothing but answers of a terminal: what it is, how it is, where its cursor is, its modes, colours
/// and strings. Keys, mouse and focus are a person's.
pub fn is_report(data: &str) -> bool {
    let mut rest = data;
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let Some(after) = one(rest) else { return false };
        rest = after;
    }
    true
}

/// What follows the answer at the beginning.
fn one(text: &str) -> Option<&str> {
    let body = text.strip_prefix('\x1b')?;
    match body.as_bytes().first()? {
        b'[' => control(&body[1..]),
        // OSC, DCS and APC: a key is never one.
        b']' | b'P' | b'_' => {
            let (end, length) = [("\x1b\\", 2), ("\x07", 1)]
                .into_iter()
                .filter_map(|(end, length)| Some((body.find(end)?, length)))
                .min()?;
            Some(&body[end + length..])
        }
        _ => None,
    }
}

fn control(body: &str) -> Option<&str> {
    let end = body.bytes().position(|byte| (0x40..=0x7e).contains(&byte))?;
    let (parameters, rest) = (&body[..end], &body[end + 1..]);
    let is_report = match body.as_bytes()[end] {
        b'c' => parameters.starts_with(['?', '>', '=']),
        b'n' | b't' | b'x' => true,
        // With a modifier, F3 looks like a cursor in the first row: a key that is lost would be worse.
        b'R' => !matches!(parameters, "1;2" | "1;3" | "1;4" | "1;5" | "1;6" | "1;7" | "1;8"),
        b'y' => parameters.ends_with('$'),
        _ => false,
    };
    is_report.then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_from_keys() {
        for report in [
            "\x1b[?1;2c",
            "\x1b[>0;276;0c",
            "\x1b[24;80R",
            "\x1b[?24;80R",
            "\x1b[0n",
            "\x1b[?2004;1$y",
            "\x1b[8;24;80t",
            "\x1b]11;rgb:0000/0000/0000\x1b\\",
            "\x1b]10;rgb:ffff/ffff/ffff\x07",
            "\x1bP1$r0m\x1b\\",
            "\x1b[?1;2c\x1b[24;80R",
        ] {
            assert!(is_report(report), "{report:?}");
        }
        for typed in [
            "",
            "c",
            "\x1b",
            "\x1b[",
            "\x1b[A",
            "\x1bOR",
            "\x1b[1;2R",
            "\x1b[I",
            "\x1b[<0;1;1M",
            "\x1b[200~text\x1b[201~",
            "\x1b[?1;2cx",
            "\x1b]11;",
            "\x1b[3~",
            "é",
        ] {
            assert!(!is_report(typed), "{typed:?}");
        }
    }
}
