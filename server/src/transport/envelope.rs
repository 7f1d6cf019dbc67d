//! What a body is, before tower-lsp sees it. Its decoder ends the session over anything that is not
//! a message, takes an array for one, and reads an answer with both `result` and `error` as a success.

use std::fmt;

use bytes::Bytes;
use memchr::memchr;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use crate::protocol::{FailureKind, Raw, RpcError, RpcId, members::Members};

use super::{INVALID_REQUEST, PARSE_ERROR, refusal};

#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// A body that tower-lsp decodes.
    Pass(Vec<u8>),
    /// Not a message: the sender is told, under its id where it gave one and `null` where not.
    Refuse { id: Raw, error: RpcError },
    /// An answer that nobody can have asked for; refusing an answer would only start a quarrel.
    Drop,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    method: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    error: Option<&'a RawValue>,
}

/// Tells a member that is null from one that is not there.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Judges one body. `is_asked` says whether a question of ours of that id is open.
pub(super) fn judge(mut body: Vec<u8>, is_asked: impl Fn(&str) -> bool) -> Verdict {
    if let Err(error) = check(&mut body) {
        let message = format!("A frame is not JSON that can be read: {error}.");
        return Verdict::Refuse {
            id: Raw::null(),
            error: refusal(PARSE_ERROR, FailureKind::InvalidParams, message),
        };
    }
    // A derived decoder reads an array as the members in order, so a batch could pass for a message.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return invalid(None, "A message is one JSON object; batches are not taken.");
    }
    let envelope: Envelope<'_> = match serde_json::from_slice(&body) {
        Ok(envelope) => envelope,
        Err(error) => return invalid(None, format!("A message cannot be read: {error}.")),
    };
    let id = envelope.id.map(|id| serde_json::from_str::<RpcId>(id.get()).ok());
    let answers = envelope.result.is_some() || envelope.error.is_some();
    match (envelope.method, id) {
        (None, Some(Some(id))) if answers => Verdict::Pass(answer(&id, &envelope)),
        (None, _) if answers => Verdict::Drop,
        // Some clients leave out a result of nothing.
        (None, Some(Some(RpcId::Text(id)))) if is_asked(&id) => {
            Verdict::Pass(answer(&RpcId::Text(id), &envelope))
        }
        (None, _) => invalid(envelope.id, "A message has neither method nor result."),
        (Some(_), _) if answers => {
            invalid(envelope.id, "A message has a method and a result or an error.")
        }
        (Some(_), Some(None)) => {
            invalid(envelope.id, "The id of a request is a whole number or a string.")
        }
        (Some(_), _) if text(envelope.jsonrpc).as_deref() != Some("2.0") => {
            invalid(envelope.id, "A message says \"jsonrpc\": \"2.0\".")
        }
        (Some(_), _) if text(envelope.method).is_none() => {
            invalid(envelope.id, "The method of a message is a string.")
        }
        (Some(_), _) => Verdict::Pass(body),
    }
}

fn text(value: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(value?.get()).ok()
}

fn invalid(id: Option<&RawValue>, message: impl Into<String>) -> Verdict {
    // An id that we cannot use is still the one under which the sender waits.
    let id = id.map_or_else(Raw::null, |id| match id.get().as_bytes().first() {
        Some(b'"' | b'-' | b'0'..=b'9') => Raw::from(id),
        _ => Raw::null(),
    });
    Verdict::Refuse { id, error: refusal(INVALID_REQUEST, FailureKind::InvalidParams, message) }
}

/// An answer in the one form that tower-lsp reads as it is meant.
fn answer(id: &RpcId, envelope: &Envelope<'_>) -> Vec<u8> {
    let (member, value) = match envelope.error.filter(|error| error.get() != "null") {
        Some(error) => ("error", Raw::of(&read_error(error))),
        None => ("result", envelope.result.map_or_else(Raw::null, Raw::from)),
    };
    let id = Raw::of(id);
    format!(r#"{{"jsonrpc":"2.0","id":{},"{member}":{}}}"#, id.as_str(), value.as_str())
        .into_bytes()
}

fn read_error(error: &RawValue) -> RpcError {
    let mut value: Value = serde_json::from_str(error.get()).unwrap_or_default();
    RpcError {
        code: value.get("code").and_then(Value::as_i64).unwrap_or(FailureKind::Internal.code()),
        message: value
            .get("message")
            .and_then(Value::as_str)
            .map_or_else(|| error.get().to_owned(), ToOwned::to_owned),
        data: value.get_mut("data").map(Value::take),
    }
}

/// The id by which the sender of a frame that was skipped can be told, seen in how it begins.
#[derive(Debug, PartialEq)]
pub(super) enum Sender {
    Request(RpcId),
    /// It is the answer to the question of this id.
    Answer(String),
    Unknown,
}

pub(super) fn sender(head: &[u8]) -> Sender {
    let (mut id, mut answers) = (None, false);
    for member in Members::of(head) {
        match (member.key, member.value) {
            (b"id", Some(value)) => id = serde_json::from_slice(&head[value]).ok(),
            (b"result" | b"error", _) => answers = true,
            _ => {}
        }
    }
    match (id, answers) {
        (Some(RpcId::Text(id)), true) => Sender::Answer(id),
        (Some(id), false) => Sender::Request(id),
        _ => Sender::Unknown,
    }
}

/// Checks all that tower-lsp's decoder will: syntax, UTF-8, depth, ranges of numbers, escapes.
fn check(body: &mut [u8]) -> Result<(), serde_json::Error> {
    match serde_json::from_slice::<Checked>(body) {
        Ok(Checked) => Ok(()),
        // A JavaScript editor escapes half a character when a document holds one.
        Err(_) if mend_surrogates(body) => serde_json::from_slice::<Checked>(body).map(|_| ()),
        Err(error) => Err(error),
    }
}

/// Puts U+FFFD where half of a surrogate pair is escaped; false when there was none.
fn mend_surrogates(body: &mut [u8]) -> bool {
    let mut mended = false;
    let mut at = 0;
    while let Some(found) = body.get(at..).and_then(|rest| memchr(b'\\', rest)) {
        at += found;
        let lone = match escaped_unit(body, at) {
            Some(0xD800..=0xDBFF) => {
                if matches!(escaped_unit(body, at + 6), Some(0xDC00..=0xDFFF)) {
                    at += 12;
                    continue;
                }
                true
            }
            Some(0xDC00..=0xDFFF) => true,
            _ => false,
        };
        if lone {
            body[at + 2..at + 6].copy_from_slice(b"fffd");
            mended = true;
        }
        at += 2;
    }
    mended
}

fn escaped_unit(body: &[u8], at: usize) -> Option<u16> {
    let digits = body.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Any JSON value, read to its end and not kept.
struct Checked;

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CheckedVisitor)
    }
}

struct CheckedVisitor;

impl<'de> Visitor<'de> for CheckedVisitor {
    type Value = Checked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_str<E>(self, _: &str) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_unit<E>(self) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Checked, A::Error> {
        while seq.next_element::<Checked>()?.is_some() {}
        Ok(Checked)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Checked, A::Error> {
        while map.next_entry::<Checked, Checked>()?.is_some() {}
        Ok(Checked)
    }
}

/// `body` behind the header that tower-lsp expects.
pub(super) fn header(body: &[u8]) -> Bytes {
    format!("Content-Length: {}\r\n\r\n", body.len()).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn asked(id: &str) -> bool {
        id == "outrigger:1"
    }

    fn verdict(text: &str) -> Verdict {
        judge(text.as_bytes().to_vec(), asked)
    }

    fn passed(text: &str) -> String {
        match verdict(text) {
            Verdict::Pass(body) => String::from_utf8(body).unwrap(),
            other => panic!("{text} did not pass: {other:?}"),
        }
    }

    fn refused(text: &str) -> (String, i64) {
        match verdict(text) {
            Verdict::Refuse { id, error } => (id.as_str().to_owned(), error.code),
            other => panic!("{text} was not refused: {other:?}"),
        }
    }

    #[test]
    fn messages_pass_as_they_are() {
        for text in [
            r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{}}"#,
            r#"{"jsonrpc":"2.0","id":"x","method":"a","params":[1]}"#,
            r#"{"jsonrpc":"2.0","id":-1,"method":"a"}"#,
            r#"{"jsonrpc":"2.0","method":"a","params":null}"#,
            r#"{"jsonrpc":"2.0","method":"a","params":"text","more":1}"#,
            " \n{\"method\":\"a\" , \"jsonrpc\":\"2.0\"}\n",
        ] {
            assert_eq!(passed(text), text);
        }
    }

    #[test]
    fn what_is_not_a_message_is_refused_under_its_own_id() {
        let cases = [
            ("", "null", -32700),
            ("{", "null", -32700),
            ("\u{feff}{}", "null", -32700),
            (r#"{"jsonrpc":"2.0","id":1,"method":"a"}x"#, "null", -32700),
            (r#"{"jsonrpc":"2.0","id":1,"method":"a","params":1e999}"#, "null", -32700),
            ("1", "null", -32600),
            (r#"["2.0","exit"]"#, "null", -32600),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"a"}]"#, "null", -32600),
            ("{}", "null", -32600),
            (r#"{"jsonrpc":"2.0","id":null,"method":"a"}"#, "null", -32600),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"a"}"#, "1.5", -32600),
            (
                r#"{"jsonrpc":"2.0","id":18446744073709551615,"method":"a"}"#,
                "18446744073709551615",
                -32600,
            ),
            (r#"{"jsonrpc":"2.0","id":{},"method":"a"}"#, "null", -32600),
            (r#"{"jsonrpc":"2.0","id":7}"#, "7", -32600),
            (r#"{"jsonrpc":"2.0","id":7,"method":null}"#, "7", -32600),
            (r#"{"jsonrpc":"2.0","id":7,"method":"a","result":1}"#, "7", -32600),
            (r#"{"jsonrpc":"1.0","id":7,"method":"a"}"#, "7", -32600),
            (r#"{"id":"seven","method":"a"}"#, r#""seven""#, -32600),
            (r#"{"jsonrpc":"2.0","id":7,"id":8,"method":"a"}"#, "null", -32600),
        ];
        for (text, id, code) in cases {
            assert_eq!(refused(text), (id.to_owned(), code), "{text}");
        }
        let deep = format!(
            r#"{{"jsonrpc":"2.0","method":"a","params":{}{}}}"#,
            "[".repeat(200),
            "]".repeat(200)
        );
        assert_eq!(refused(&deep), ("null".to_owned(), -32700));
    }

    #[test]
    fn answers_take_one_form() {
        for (text, form) in [
            (
                r#"{"jsonrpc":"2.0","id":"outrigger:1"}"#,
                r#"{"jsonrpc":"2.0","id":"outrigger:1","result":null}"#,
            ),
            (
                r#"{"id":"outrigger:9","result":{"a":1.10}}"#,
                r#"{"jsonrpc":"2.0","id":"outrigger:9","result":{"a":1.10}}"#,
            ),
            (
                r#"{"jsonrpc":"2.0","id":3,"result":1,"error":null}"#,
                r#"{"jsonrpc":"2.0","id":3,"result":1}"#,
            ),
            (
                r#"{"jsonrpc":"2.0","id":3,"result":null,"error":{"code":-1,"message":"m","data":[]}}"#,
                r#"{"jsonrpc":"2.0","id":3,"error":{"code":-1,"message":"m","data":[]}}"#,
            ),
            (
                r#"{"jsonrpc":"2.0","id":3,"error":"no"}"#,
                r#"{"jsonrpc":"2.0","id":3,"error":{"code":-32603,"message":"\"no\""}}"#,
            ),
        ] {
            assert_eq!(passed(text), form);
        }
    }

    #[test]
    fn an_answer_is_never_answered() {
        for text in [
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m"}}"#,
            r#"{"jsonrpc":"2.0","id":1.5,"result":1}"#,
            r#"{"jsonrpc":"2.0","result":1}"#,
        ] {
            assert_eq!(verdict(text), Verdict::Drop);
        }
    }

    #[test]
    fn half_a_character_does_not_lose_the_document() {
        let text =
            r#"{"jsonrpc":"2.0","method":"a","params":"\ud83d\ude00 \uD83D \\ud83d \ude00\ud83d"}"#;
        let params: Value = serde_json::from_str(&passed(text)).unwrap();
        assert_eq!(params["params"], json!("😀 \u{fffd} \\ud83d \u{fffd}\u{fffd}"));
    }

    #[test]
    fn the_head_of_a_skipped_frame_tells_who_waits() {
        let request = |id| Sender::Request(RpcId::Number(id));
        assert_eq!(
            sender(br#"{"jsonrpc":"2.0","id":7,"method":"m","params":{"id":8,"a":"#),
            request(7)
        );
        assert_eq!(sender(br#"{"id":7,"params":{"#), request(7));
        assert_eq!(sender(br#"{"params":{"id":8,"#), Sender::Unknown);
        assert_eq!(sender(br#"{"id":"q","result":"#), Sender::Answer("q".into()));
        assert_eq!(sender(br#"{"id":7,"result":"#), Sender::Unknown);
        assert_eq!(sender(b"\x00\xff"), Sender::Unknown);
    }

    proptest! {
        #[test]
        fn any_body_is_judged(body in prop::collection::vec(any::<u8>(), 0..100)) {
            judge(body, asked);
        }

        #[test]
        fn what_passes_is_decoded_by_tower_lsp(
            text in r#"\{("jsonrpc":"2\.0",)?("id":("outrigger:1"|1|1\.5|null|\{\}),)?("result":(1|null|"\\ud800"),)?("error":(\{\}|null|[1e]+),)?("params":(\{"a":[0-9]{1,22}\}|null|"\\ude00"|1e9999?),)?"(method|x)":("a"|null|1)\}"#,
        ) {
            if let Verdict::Pass(body) = judge(text.into_bytes(), asked) {
                let is_request = serde_json::from_slice::<tower_lsp::jsonrpc::Request>(&body).is_ok();
                let is_answer = serde_json::from_slice::<tower_lsp::jsonrpc::Response>(&body).is_ok();
                prop_assert!(is_request || is_answer, "{}", String::from_utf8_lossy(&body));
            }
        }
    }
}
