//! No secret stands in these sources: each is made when the test runs.

mod clean;
mod samples;

use std::{borrow::Cow, ffi::OsStr, sync::LazyLock};

use proptest::prelude::*;

use super::{Redactor, of_environment, of_login};
use samples::{Dice, samples};

/// Built once: in a build for tests that takes a while.
fn plain() -> Redactor {
    static PLAIN: LazyLock<Redactor> = LazyLock::new(|| Redactor::new([]));
    PLAIN.clone()
}

/// One that also knows a value.
fn knowing() -> Redactor {
    static KNOWING: LazyLock<Redactor> =
        LazyLock::new(|| Redactor::new(["known-value-0123".to_owned()]));
    KNOWING.clone()
}

/// The text with what differs from process to process left out.
fn settled(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("[REDACTED:") {
        let end = at + rest[at..].find(']').unwrap();
        out.push_str(&rest[..end - 5]);
        out.push(']');
        rest = &rest[end + 1..];
    }
    out + rest
}

#[test]
fn every_rule_finds_its_secrets_and_leaves_the_text_around_them() {
    let redactor = plain();
    let mut dice = Dice(7);
    let mut missed = Vec::new();
    for sample in (0..5).flat_map(|_| samples(&mut dice)) {
        let text = format!("before {} after", sample.text);
        let expected = text.replace(&sample.secret, &format!("[REDACTED:{}]", sample.rule));
        let found = settled(&redactor.text(&text));
        if found != expected {
            missed.push(format!("{}: {text:?} became {found:?}", sample.rule));
        }
    }
    assert_eq!(missed, Vec::<String>::new());
}

#[test]
fn a_text_without_secrets_is_the_text_itself() {
    let redactor = plain();
    for text in [
        "",
        "let token = parser.next_token();",
        "password: String, // at least 8 characters",
        "\"token\": CancellationToken, secret: z.string().min(16)",
        "git@github.com:owner/name.git and https://example.com:8080/a@b",
        "Authorization: Bearer ${TOKEN}, Authorization: Basic <credentials>",
        "task-1234567890abcdefABCDEF1234567890abcd ghp_short",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    ] {
        assert!(matches!(redactor.text(text), Cow::Borrowed(_)), "{text}: {}", redactor.text(text));
    }
}

#[test]
fn two_secrets_are_told_apart_and_one_is_the_same_everywhere() {
    let mut dice = Dice(3);
    let (one, two) = (dice.of(b"abcdefghij0123456789", 24), dice.of(b"abcdefghij0123456789", 24));
    let redactor = Redactor::new([one.clone(), two.clone()]);
    let text = redactor.text(&format!("{one} {two} {one}")).into_owned();
    let [first, second, third] = text.split(' ').collect::<Vec<_>>()[..] else { panic!("{text}") };
    assert_eq!(first, third);
    assert_ne!(first, second);
}

#[test]
fn a_known_value_is_found_in_every_form() {
    let mut dice = Dice(11);
    let secret = format!("{}+/\"ü&{}", dice.of(b"abcdefghij", 10), dice.of(b"0123456789", 6));
    let redactor = Redactor::new([secret.clone()]);
    let json = serde_json::json!({ "argv": ["--pin", secret] }).to_string();
    let url: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    for text in [&secret, &json, &url] {
        let found = redactor.text(text).into_owned();
        assert!(found.contains("[REDACTED:known:"), "{text}: {found}");
        assert!(!found.contains(&secret[..10]), "{text}: {found}");
    }
    // In base64 it is found whatever stands before it, but for the digits that it shares.
    for before in ["", "u", "us", "user:"] {
        let encoded = base64(format!("{before}{secret}tail").as_bytes());
        let found = redactor.text(&encoded).into_owned();
        assert!(found.contains("[REDACTED:known:"), "{encoded}: {found}");
        assert!(found.len() < encoded.len(), "{encoded}: {found}");
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |index: usize| char::from(DIGITS[index & 63]);
    let each = bytes.chunks(3).map(|chunk| {
        let byte = |at: usize| usize::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        (0..=chunk.len()).map(|at| digit(bits >> (18 - 6 * at))).collect::<String>()
    });
    each.collect()
}

#[test]
fn the_environment_and_the_login_name_their_secrets() {
    let variable = |name: &'static str, value: &'static str| (OsStr::new(name), OsStr::new(value));
    let found = of_environment([
        variable("OPENAI_API_KEY", "one"),
        variable("npm_token", "two"),
        variable("DB_PASSWORD_FILE", "three"),
        variable("CLIENT_SECRET", "four"),
        variable("KEYBOARD", "us"),
        variable("PATH", "/bin"),
    ]);
    assert_eq!(found, ["one", "two", "three", "four"]);
    let login = r#"{"auth_mode":"chatgpt","OPENAI_API_KEY":null,
        "tokens":{"id_token":"a","access_token":"b"},"last_refresh":"2026-11-21T00:00:00Z"}"#;
    assert_eq!(of_login(login), ["b", "a"]);
    assert_eq!(of_login("not json"), Vec::<String>::new());
}

#[test]
fn what_is_learnt_later_holds_for_every_clone() {
    let redactor = Redactor::new([]);
    let clone = redactor.clone();
    assert_eq!(clone.text("learnt-late"), "learnt-late");
    redactor.learn(["learnt-late".to_owned()]);
    assert_eq!(settled(&clone.text("learnt-late")), "[REDACTED:known]");
}

#[test]
fn many_values_are_found_and_more_are_let_go() {
    let value = |number: usize| format!("value-{number:08}");
    let redactor = Redactor::new((0..=super::MAX_VALUES).map(value));
    let text = (0..=super::MAX_VALUES).map(value).collect::<Vec<_>>().join(" ");
    let found = redactor.text(&text).into_owned();
    assert_eq!(found.matches("[REDACTED:known:").count(), super::MAX_VALUES);
    assert!(found.ends_with(&value(super::MAX_VALUES)));
}

#[test]
fn short_values_are_left_alone() {
    let redactor = Redactor::new(["seven77".to_owned(), " \n".to_owned()]);
    assert_eq!(redactor.text("seven77 is a word"), "seven77 is a word");
}

#[test]
fn json_stays_json_and_an_escape_hides_nothing() {
    let mut dice = Dice(5);
    let token = format!("ghp_{}", dice.of(b"ABCDEFGHijklmnop0123456789", 36));
    let escaped = token.replacen("ghp", "\\u0067hp", 1);
    let secret = dice.of(b"abcdefghij0123456789", 20);
    let text = format!(
        "{{ \"text\": \"say {escaped}\\n\",  \"{token}\": 1.10, \"token\": \"{secret}\", \"max_token\": 12345678901e9, \
         \"Authorization\": \"Basic {secret}\", \"path\": \"C:\\\\x\" }}"
    );
    let found = plain().json(&text).into_owned();
    serde_json::from_str::<serde_json::Value>(&found).unwrap();
    assert_eq!(
        settled(&found),
        "{ \"text\": \"say [REDACTED:github-token]\\n\",  \"[REDACTED:github-token]\": 1.10, \"token\": \"[REDACTED:secret]\", \
         \"max_token\": 12345678901e9, \"Authorization\": \"Basic [REDACTED:authorization]\", \"path\": \"C:\\\\x\" }"
    );
    assert_eq!(plain().json(&found), found);
    assert!(matches!(plain().json("[\"a\", {\"b\": \"c\"}]"), Cow::Borrowed(_)));
    assert_eq!(
        settled(&plain().json(&format!("not json: {token}"))),
        "not json: [REDACTED:github-token]"
    );
}

/// Every kind of secret in a row, and a known value.
fn sheet(dice: &mut Dice) -> (Redactor, String) {
    let known = dice.of(b"abcdefghij0123456789", 40);
    let redactor = Redactor::new([known.clone()]);
    let mut text = format!("start {known} tok ");
    for sample in samples(dice) {
        text.push_str(&sample.text);
        text.push_str([" ", "\n", ", ", "\""][dice.below(4)]);
        if sample.rule == "private-key" {
            text.push_str("; ");
        }
    }
    (redactor, text + &known)
}

#[test]
fn a_stream_cut_anywhere_is_the_whole() {
    let mut dice = Dice(23);
    let (redactor, text) = sheet(&mut dice);
    let whole = redactor.text(&text).into_owned();
    let by_words = {
        let mut stream = redactor.stream();
        let mut out: Vec<u8> =
            text.split_inclusive(' ').flat_map(|c| stream.push(c.as_bytes())).collect();
        out.extend(stream.finish());
        String::from_utf8(out).unwrap()
    };
    assert_eq!(by_words, whole);
    for cut in 0..=text.len() {
        // A window around the cut: what is farther away, the bytewise stream below has seen.
        let from = text.floor_char_boundary(cut.saturating_sub(300));
        let window = &text[from..text.floor_char_boundary(cut + 300)];
        let mut stream = redactor.stream();
        let mut out = stream.push(&window.as_bytes()[..cut - from]);
        out.extend(stream.push(&window.as_bytes()[cut - from..]));
        out.extend(stream.finish());
        assert_eq!(String::from_utf8(out).unwrap(), redactor.text(window), "cut at {cut}");
    }
    let mut stream = redactor.stream();
    let mut bytewise: Vec<u8> = text.bytes().flat_map(|byte| stream.push(&[byte])).collect();
    bytewise.extend(stream.finish());
    assert_eq!(String::from_utf8(bytewise).unwrap(), whole);
}

#[test]
fn a_stream_holds_back_only_what_may_be_a_secret() {
    let mut stream = plain().stream();
    assert_eq!(stream.push(b"$ ls\n"), b"$ ls\n");
    assert_eq!(stream.push(b"see gh"), b"see ");
    assert_eq!(stream.push(b"ost, "), b"ghost, ");
    assert_eq!(stream.push(b"Enter passwor"), b"Enter ");
    assert_eq!(stream.finish(), b"passwor");
    assert_eq!(stream.push(b"d: "), b"d: ");
}

#[test]
fn a_secret_without_end_goes_whole_and_is_not_kept() {
    let mut dice = Dice(31);
    let endless = format!("ghp_{}", dice.of(b"ABCDEFGHijklmnop0123456789", 200_000));
    let text = format!("a {endless} b");
    let whole = plain();
    assert_eq!(settled(&whole.text(&text)), "a [REDACTED:github-token] b");
    let mut stream = whole.stream();
    let mut out = Vec::new();
    for chunk in text.as_bytes().chunks(1_000) {
        out.extend(stream.push(chunk));
    }
    out.extend(stream.finish());
    assert_eq!(String::from_utf8(out).unwrap(), whole.text(&text));
}

#[test]
fn redacting_twice_is_redacting_once() {
    let mut dice = Dice(41);
    for _ in 0..3 {
        let (redactor, text) = sheet(&mut dice);
        let once = redactor.text(&text).into_owned();
        assert_eq!(redactor.text(&once), once);
    }
}

/// Pieces that secrets are made of, and what stands between them.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("token".to_owned()),
        Just("password=".to_owned()),
        Just("\"secret\": \"".to_owned()),
        Just("Authorization: Bearer ".to_owned()),
        Just("ghp_".to_owned()),
        Just("sk-ant-".to_owned()),
        Just("eyJ".to_owned()),
        Just("://ada:".to_owned()),
        Just("-----BEGIN RSA PRIVATE KEY-----".to_owned()),
        Just("-----END ".to_owned()),
        Just("known-value-0123".to_owned()),
        Just("known-va".to_owned()),
        Just("[REDACTED:known:12ab]".to_owned()),
        Just("[REDACTED:".to_owned()),
        "[a-zA-Z0-9_]{1,40}",
        "[ \"'\\\\:=.@$(-]{1,3}",
        "\\PC{0,3}",
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn whatever_comes_is_redacted_alike_whole_in_pieces_and_twice(
        text in pieces(),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let redactor = knowing();
        let whole = redactor.text(&text).into_owned();
        prop_assert_eq!(&redactor.text(&whole), &whole);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        cuts.sort_unstable();
        let mut stream = redactor.stream();
        let mut out = Vec::new();
        let mut from = 0;
        for cut in cuts {
            out.extend(stream.push(&text.as_bytes()[from..cut]));
            from = cut;
        }
        out.extend(stream.push(&text.as_bytes()[from..]));
        out.extend(stream.finish());
        prop_assert_eq!(String::from_utf8(out).unwrap(), whole);
    }

    #[test]
    fn json_comes_out_as_json(texts in proptest::collection::vec(pieces(), 0..4)) {
        let redactor = knowing();
        let json = serde_json::json!({ "token": texts, "password": texts.first() }).to_string();
        let found = redactor.json(&json).into_owned();
        prop_assert!(serde_json::from_str::<serde_json::Value>(&found).is_ok());
        prop_assert_eq!(&redactor.json(&found), &found);
    }

    #[test]
    fn any_bytes_will_do(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let redactor = plain();
        let mut stream = redactor.stream();
        let mut out = stream.push(&bytes);
        out.extend(stream.finish());
        prop_assert_eq!(out, redactor.bytes(&bytes).into_owned());
    }
}
