//! Frames that are broken, huge, or not messages.

use outrigger::{
    protocol::{Incoming, Outgoing, Raw, wire::Closed},
    transport::Limits,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::wire::{Wire, asked, closed, failure, frame, note, noted, request};

fn is_garbled(message: &Incoming) -> bool {
    matches!(message, Incoming::Garbled { .. })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cut_of_a_stream_gives_the_same_messages() {
    let stream = [
        frame(&request(1, "outrigger/ping").to_string()),
        b"garbage".to_vec(),
        frame(&note("outrigger/größe", &json!(["ä"])).to_string()),
    ]
    .concat();
    for cut in 0..=stream.len() {
        let mut wire = Wire::open(Limits::default()).await;
        wire.send_bytes(&stream[..cut]).await;
        tokio::task::yield_now().await;
        wire.send_bytes(&stream[cut..]).await;
        wire.editor = None;
        let told = wire.rest().await;
        assert_eq!(told.len(), 4, "cut at {cut}: {told:?}");
        assert_eq!(told[0], asked(1, "outrigger/ping"));
        assert!(is_garbled(&told[1]));
        assert_eq!(told[2], noted("outrigger/größe", json!(["ä"])));
        assert_eq!(told[3], closed(Closed::EndOfFile));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_json_is_told_to_both_sides_and_the_next_message_passes() {
    let mut wire = Wire::open(Limits::default()).await;
    for body in ["", "{", "[1,2]", "{}", "null", "\u{1}"] {
        wire.send_bytes(&frame(body)).await;
        let code = if ["[1,2]", "{}", "null"].contains(&body) { -32600 } else { -32700 };
        assert_eq!(failure(&wire.read().await), (Value::Null, code, "invalidParams"), "{body}");
        assert!(is_garbled(&wire.next().await), "{body}");
    }
    wire.send_bytes(&frame("{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"a\"}")).await;
    assert_eq!(failure(&wire.read().await), (json!(1.5), -32600, "invalidParams"));
    wire.send_bytes(&frame("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"outrigger/ping\"}")).await;
    let without_params = Incoming::Request {
        id: outrigger::protocol::RpcId::Number(1),
        method: "outrigger/ping".into(),
        params: Value::Null,
    };
    assert_eq!(wire.next().await, without_params);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_of_100_mb_is_skipped_and_its_sender_told() {
    let mut wire = Wire::open(Limits::default()).await;
    let mut editor = wire.editor.take().unwrap();
    let flood = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        let start = r#"{"jsonrpc":"2.0","id":41,"method":"outrigger/x","params":{"text":""#;
        let length = start.len() + (100 << 20) + 3;
        editor
            .write_all(format!("Content-Length: {length}\r\n\r\n{start}").as_bytes())
            .await
            .unwrap();
        let block = vec![b'x'; 1 << 20];
        for _ in 0..100 {
            editor.write_all(&block).await.unwrap();
        }
        editor.write_all(b"\"}}").await.unwrap();
        editor.write_all(&frame(&request(42, "outrigger/ping").to_string())).await.unwrap();
        editor
    });
    assert_eq!(failure(&wire.read().await), (json!(41), -32000, "limitExceeded"));
    assert_eq!(wire.next().await, asked(42, "outrigger/ping"));
    wire.editor = Some(flood.await.unwrap());

    let limits = Limits { max_frame: 1000, ..Limits::default() };
    let mut wire = Wire::open(limits).await;
    wire.outbox.send(Outgoing::Ask { id: "outrigger:1".into(), method: "m", params: Raw::null() });
    wire.read().await;
    let long = "x".repeat(2000);
    wire.send(&json!({ "id": "outrigger:1", "result": long })).await;
    let Incoming::Answer { id, result: Err(error) } = wire.next().await else {
        panic!("an answer that was skipped is a failed answer")
    };
    assert_eq!((id.as_str(), error.code), ("outrigger:1", -32000));
    wire.send(&note("outrigger/x", &json!(long))).await;
    wire.send(&note("outrigger/y", &json!([]))).await;
    // A note and a request whose id was not seen look the same: nobody waits for sure.
    assert!(is_garbled(&wire.next().await));
    assert_eq!(wire.next().await, noted("outrigger/y", json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn large_documents_pass_one_after_the_other() {
    let mut wire = Wire::open(Limits::default()).await;
    let mut editor = wire.editor.take().unwrap();
    let texts: Vec<String> = (1..=4).map(|n| "äx\\\"".repeat(n * 100_000)).collect();
    let sent = texts.clone();
    tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        for text in sent {
            editor
                .write_all(&frame(&note("textDocument/didOpen", &json!(text)).to_string()))
                .await
                .unwrap();
            editor
                .write_all(&frame(&note("outrigger/small", &json!([])).to_string()))
                .await
                .unwrap();
        }
    });
    for text in texts {
        assert_eq!(wire.next().await, noted("textDocument/didOpen", json!(text)));
        assert_eq!(wire.next().await, noted("outrigger/small", json!([])));
    }
    assert_eq!(wire.next().await, closed(Closed::EndOfFile));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_is_cut_off_is_not_delivered() {
    let mut wire = Wire::open(Limits::default()).await;
    let whole = frame(&request(1, "outrigger/ping").to_string());
    wire.send_bytes(&whole[..whole.len() - 1]).await;
    wire.editor = None;
    assert_eq!(wire.rest().await, [closed(Closed::EndOfFile)]);
}

/// Pieces of what an editor may write: messages, halves of them, and noise.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        (0..4_i64, "initialize|shutdown|outrigger/x|\\$/cancelRequest")
            .prop_map(|(id, method)| frame(&request(id, &method).to_string())),
        Just(frame(&note("exit", &Value::Null).to_string())),
        r#"[\{\}\[\]", :a1.e-]{0,30}"#.prop_map(|text| frame(&text)),
        "[Ccontent\\-Lgh: 0-9\r\n]{0,30}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..40),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_written_the_end_is_told_once_and_last(
        pieces in prop::collection::vec(piece(), 0..12),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
        let told = runtime.block_on(async {
            let mut wire = Wire::fresh(Limits::default());
            wire.send_bytes(&pieces.concat()).await;
            wire.editor = None;
            wire.rest().await
        });
        let (last, before) = told.split_last().unwrap();
        prop_assert!(matches!(last, Incoming::Closed { .. }), "{told:?}");
        let ends = before.iter().filter(|message| matches!(message, Incoming::Closed { .. }));
        prop_assert_eq!(ends.count(), 0);
    }
}
