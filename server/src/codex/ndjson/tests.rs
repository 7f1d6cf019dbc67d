use proptest::prelude::*;

use super::*;

fn decode(decoder: &mut Decoder, reads: &[&[u8]]) -> Vec<Message> {
    let mut messages = Vec::new();
    for read in reads {
        decoder.feed(read, &mut |message| messages.push(message));
    }
    decoder.end(&mut |message| messages.push(message));
    messages
}

fn decode_all(text: &str) -> Vec<Message> {
    decode(&mut Decoder::default(), &[text.as_bytes()])
}

fn raw(text: &str) -> Raw {
    Raw::from_checked(Bytes::copy_from_slice(text.as_bytes()))
}

fn garbled_with(message: &str) -> Message {
    Message::Garbled { message: message.into() }
}

#[test]
fn every_kind_of_message_is_read_with_its_text_untouched() {
    let text = concat!(
        "{\"method\":\"a/b\",\"params\":{\"x\": 1.50},\"emittedAtMs\":7}\n",
        "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"item\\/ask\",\"params\":null}\r\n",
        "\n  \n",
        "{\"id\":\"7\",\"result\":null}\n",
        "{\"id\":7,\"error\":{\"code\":-32001,\"message\":\"later\"}}\n",
        "{\"id\":8,\"error\":\"odd\"}\n",
        "{\"method\":\"bare\"}",
    );
    assert_eq!(
        decode_all(text),
        [
            Message::Notification { method: "a/b".into(), params: raw("{\"x\": 1.50}") },
            Message::Request {
                id: RpcId::Number(0),
                method: "item/ask".into(),
                params: Raw::null()
            },
            Message::Response { id: RpcId::Text("7".into()), result: Ok(Raw::null()) },
            Message::Response {
                id: RpcId::Number(7),
                result: Err(RpcError { code: -32001, message: "later".into(), data: None })
            },
            Message::Response {
                id: RpcId::Number(8),
                result: Err(RpcError {
                    code: -32603,
                    message: "\"odd\"".into(),
                    data: Some("odd".into())
                })
            },
            Message::Notification { method: "bare".into(), params: Raw::null() },
        ]
    );
}

#[test]
fn a_line_that_is_no_message_is_told_and_the_next_one_is_read() {
    let text = concat!(
        "hello\n",
        "[1,\"m\"]\n",
        "{\"id\":null,\"method\":\"m\"}\n",
        "{\"id\":1.5,\"result\":1}\n",
        "{\"id\":1}\n",
        "{\"id\":1,\"result\":1,\"error\":{}}\n",
        "{\"method\":\"m\"}\n",
    );
    assert_eq!(
        decode_all(text),
        [
            garbled_with("not a JSON object: hello"),
            garbled_with("not a JSON object: [1,\"m\"]"),
            garbled_with(
                "an id that is neither an integer nor a string: {\"id\":null,\"method\":\"m\"}"
            ),
            garbled_with(
                "an id that is neither an integer nor a string: {\"id\":1.5,\"result\":1}"
            ),
            garbled_with("neither a request, nor a notification, nor a response: {\"id\":1}"),
            garbled_with(
                "neither a request, nor a notification, nor a response: {\"id\":1,\"result\":1,\"error\":{}}"
            ),
            Message::Notification { method: "m".into(), params: Raw::null() },
        ]
    );
}

#[test]
fn a_line_over_the_limit_is_skipped_without_being_kept() {
    let mut decoder = Decoder::with_limit(32);
    let mut messages = Vec::new();
    for _ in 0..1000 {
        decoder.feed(&[b'x'; 100], &mut |message| messages.push(message));
        assert!(decoder.partial.capacity() < 200);
    }
    decoder.feed(b"\n{\"method\":\"m\"}\n", &mut |message| {
        messages.push(message);
    });
    assert_eq!(
        messages,
        [
            garbled_with("skipped a line of 100000 bytes: the limit is 32 bytes"),
            Message::Notification { method: "m".into(), params: Raw::null() }
        ]
    );
}

#[test]
fn a_line_of_fifty_megabytes_is_read_whole() {
    let params = format!("\"{}\"", "y".repeat(50_000_000));
    let line = format!("{{\"method\":\"m\",\"params\":{params}}}\n");
    let reads: Vec<&[u8]> = line.as_bytes().chunks(64 << 10).collect();
    let messages = decode(&mut Decoder::default(), &reads);
    assert_eq!(messages.len(), 1);
    assert!(
        matches!(&messages[0], Message::Notification { params: read, .. } if *read == raw(&params))
    );
}

#[test]
fn the_messages_of_one_read_share_its_buffer() {
    let messages =
        decode_all("{\"method\":\"a\",\"params\":[1]}\n{\"method\":\"b\",\"params\":[2]}\n");
    let [Message::Notification { params: first, .. }, Message::Notification { params: second, .. }] =
        &messages[..]
    else {
        unreachable!("two notifications were sent");
    };
    let apart = second.as_bytes().as_ptr() as usize - first.as_bytes().as_ptr() as usize;
    assert_eq!(apart, "{\"method\":\"a\",\"params\":[1]}\n".len());
}

/// Lines as an app-server may send them, among lines that it should not.
fn line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[a-z/]{1,12}"
            .prop_map(|method| format!("{{\"method\":\"{method}\",\"params\":{{}}}}").into_bytes()),
        any::<i64>()
            .prop_map(|id| format!("{{\"id\":{id},\"result\":{{\"ok\":true}}}}").into_bytes()),
        any::<String>().prop_map(|text| {
            serde_json::json!({"id": text, "method": "m", "params": [text]})
                .to_string()
                .into_bytes()
        }),
        prop::collection::vec(any::<u8>(), 0..90),
    ]
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_messages(
        lines in prop::collection::vec(line(), 0..12),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        ended in any::<bool>(),
    ) {
        let mut stream = lines.join(&b'\n');
        if ended {
            stream.push(b'\n');
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let reads: Vec<&[u8]> = cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect();
        let bytewise: Vec<&[u8]> = stream.chunks(1).collect();
        let whole = decode(&mut Decoder::with_limit(64), &[&stream]);
        prop_assert_eq!(&decode(&mut Decoder::with_limit(64), &reads), &whole);
        prop_assert_eq!(&decode(&mut Decoder::with_limit(64), &bytewise), &whole);
    }

    #[test]
    fn arbitrary_bytes_never_panic(stream in prop::collection::vec(any::<u8>(), 0..4096)) {
        decode(&mut Decoder::with_limit(512), &[&stream]);
    }
}
