//! Secrets that are known beforehand, and the forms they turn up in.

use std::{ffi::OsStr, fmt::Write};

use serde_json::Value;

/// Shorter values are words that turn up by themselves.
const SHORTEST: usize = 8;
/// What a line of a secret of several lines has at least, to be looked for by itself.
const SHORTEST_LINE: usize = 24;

/// The secrets among these variables, by the names that say so.
pub fn of_environment<'v>(
    variables: impl IntoIterator<Item = (&'v OsStr, &'v OsStr)>,
) -> Vec<String> {
    let text = |(name, value): (&'v OsStr, &'v OsStr)| Some((name.to_str()?, value.to_str()?));
    let secret = |(name, _): &(&str, &str)| is_secret(name);
    variables.into_iter().filter_map(text).filter(secret).map(|(_, value)| value.into()).collect()
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["_KEY", "_TOKEN", "_SECRET"].iter().any(|end| name.ends_with(end)) || name.contains("PASSWORD")
}

/// The secrets in the text of codex's `auth.json`: all it says but which login and when.
pub fn of_login(text: &str) -> Vec<String> {
    let mut secrets = Vec::new();
    if let Ok(login) = serde_json::from_str(text) {
        strings(&login, &mut secrets);
    }
    secrets
}

fn strings(value: &Value, secrets: &mut Vec<String>) {
    match value {
        Value::String(text) => secrets.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|each| strings(each, secrets)),
        Value::Object(members) => {
            for (name, value) in members {
                if !matches!(name.as_str(), "auth_mode" | "last_refresh") {
                    strings(value, secrets);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether the value is a secret rather than a word.
pub fn is_long_enough(value: &str) -> bool {
    value.trim().len() >= SHORTEST
}

/// Every form of the values that is to be found.
pub fn forms<'a>(values: impl IntoIterator<Item = &'a String>) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for value in values {
        let value = value.trim();
        if value.contains('\n') {
            let lines = value.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE);
            let secret = lines.filter(|line| !line.starts_with("-----"));
            forms.extend(secret.map(|line| line.as_bytes().to_vec()));
        }
        forms.push(value.as_bytes().to_vec());
        forms.push(url_encoded(value));
        if let Ok(quoted) = serde_json::to_string(value) {
            forms.push(quoted[1..quoted.len() - 1].into());
        }
        for alphabet in [STANDARD, URL_SAFE] {
            forms.extend((0..3).map(|offset| base64_inside(value.as_bytes(), offset, alphabet)));
        }
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

fn url_encoded(value: &str) -> Vec<u8> {
    let mut out = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out.into()
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The digits of base64 that the value alone decides when `offset` bytes, modulo 3, stand before it: a password is
/// mostly encoded with a name before it.
fn base64_inside(value: &[u8], offset: usize, alphabet: &[u8; 64]) -> Vec<u8> {
    let bit = |index: usize| -> u8 { (value[index / 8] >> (7 - index % 8)) & 1 };
    // Digits begin every 6 bits of the whole; the first one here is the first that begins inside the value.
    let first = (6 - offset * 8 % 6) % 6;
    let digits = (value.len() * 8 - first) / 6;
    (0..digits)
        .map(|digit| {
            let from = first + digit * 6;
            let number = (from..from + 6).fold(0, |number, index| number << 1 | bit(index));
            alphabet[usize::from(number)]
        })
        .collect()
}
