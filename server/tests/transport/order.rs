//! Wire order both ways, and one response to each request.

use outrigger::{
    protocol::{Failure, FailureKind, Outgoing, Raw, RpcId, wire::Closed},
    transport::Limits,
};
use serde_json::{Value, json};

use super::wire::{Wire, answered, asked, closed, failure, note, noted, reply, request, tell};

#[tokio::test(flavor = "multi_thread")]
async fn a_note_never_overtakes_the_reply_before_it() {
    let mut wire = Wire::open(Limits::default()).await;
    for id in 1..=2_000 {
        wire.send(&request(id, "outrigger/thread/start")).await;
        assert_eq!(wire.next().await, asked(id, "outrigger/thread/start"));
        wire.outbox.send(reply(id, &json!({ "threadId": id })));
        wire.outbox.send(tell("outrigger/thread/changed", &json!({ "threadId": id })));
        assert_eq!(
            wire.read().await,
            json!({ "jsonrpc": "2.0", "id": id, "result": { "threadId": id } })
        );
        assert_eq!(wire.read().await, note("outrigger/thread/changed", &json!({ "threadId": id })));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_notes_arrive_in_the_order_of_the_wire() {
    let mut wire = Wire::open(Limits::default()).await;
    let mut editor = wire.editor.take().unwrap();
    tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        for n in 0..5_000 {
            let text = note("textDocument/didChange", &json!({ "version": n })).to_string();
            editor.write_all(&super::wire::frame(&text)).await.unwrap();
        }
    });
    for n in 0..5_000 {
        assert_eq!(wire.next().await, noted("textDocument/didChange", json!({ "version": n })));
    }
    assert_eq!(wire.next().await, closed(Closed::EndOfFile));
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_requests_hold_up_neither_the_next_nor_a_cancel() {
    let mut wire = Wire::open(Limits::default()).await;
    for id in 1..=300 {
        wire.send(&request(id, "outrigger/park")).await;
        assert_eq!(wire.next().await, asked(id, "outrigger/park"));
    }
    wire.send(&request(301, "outrigger/ping")).await;
    wire.send(&note("$/cancelRequest", &json!({ "id": 7 }))).await;
    assert_eq!(wire.next().await, asked(301, "outrigger/ping"));
    assert_eq!(wire.next().await, noted("$/cancelRequest", json!({ "id": 7 })));
    let cancelled = Failure::new(FailureKind::Cancelled, "Cancelled.");
    wire.outbox.send(Outgoing::Reply { id: RpcId::Number(7), result: Err(cancelled.into()) });
    wire.outbox.send(reply(301, &json!("pong")));
    assert_eq!(failure(&wire.read().await), (json!(7), -32800, "cancelled"));
    assert_eq!(wire.read().await, json!({ "jsonrpc": "2.0", "id": 301, "result": "pong" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn before_initialize_requests_are_refused_and_notes_dropped() {
    let mut wire = Wire::fresh(Limits::default());
    wire.send(&request(1, "outrigger/ping")).await;
    assert_eq!(failure(&wire.read().await), (json!(1), -32002, "notInitialized"));
    wire.send(&request("s", "shutdown")).await;
    assert_eq!(failure(&wire.read().await), (json!("s"), -32002, "notInitialized"));
    wire.send(&note("initialized", &json!({}))).await;
    wire.send(&request(1, "initialize")).await;
    assert_eq!(wire.next().await, asked(1, "initialize"));
}

#[tokio::test(flavor = "multi_thread")]
async fn initialize_is_taken_once_unless_it_failed() {
    let mut wire = Wire::fresh(Limits::default());
    wire.send(&request(1, "initialize")).await;
    assert_eq!(wire.next().await, asked(1, "initialize"));
    let failed = Failure::new(FailureKind::AlreadyRunning, "Another Outrigger has the state.");
    wire.outbox.send(Outgoing::Reply { id: RpcId::Number(1), result: Err(failed.into()) });
    assert_eq!(failure(&wire.read().await), (json!(1), -32000, "alreadyRunning"));
    wire.send(&request(2, "initialize")).await;
    assert_eq!(wire.next().await, asked(2, "initialize"));
    wire.outbox.send(reply(2, &json!({})));
    assert_eq!(wire.read().await["id"], json!(2));
    wire.send(&request(3, "initialize")).await;
    assert_eq!(failure(&wire.read().await), (json!(3), -32600, "invalidParams"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_id_is_refused_and_the_first_request_still_answered() {
    let mut wire = Wire::open(Limits::default()).await;
    wire.send(&request(5, "outrigger/a")).await;
    wire.send(&request(5, "outrigger/b")).await;
    wire.send(&request("5", "outrigger/c")).await;
    assert_eq!(wire.next().await, asked(5, "outrigger/a"));
    assert_eq!(failure(&wire.read().await), (json!(5), -32600, "invalidParams"));
    let text = outrigger::protocol::Incoming::Request {
        id: RpcId::Text("5".into()),
        method: "outrigger/c".into(),
        params: json!({}),
    };
    assert_eq!(wire.next().await, text);
    wire.outbox.send(reply(5, &json!("first")));
    wire.outbox.send(reply(5, &json!("second")));
    wire.outbox.send(tell("outrigger/after", &Value::Null));
    assert_eq!(wire.read().await, json!({ "jsonrpc": "2.0", "id": 5, "result": "first" }));
    assert_eq!(wire.read().await, note("outrigger/after", &Value::Null));
    wire.send(&request(5, "outrigger/again")).await;
    assert_eq!(wire.next().await, asked(5, "outrigger/again"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_too_many_is_overloaded_but_shutdown_passes() {
    let mut wire = Wire::open(Limits { open_requests: 3, ..Limits::default() }).await;
    for id in 1..=3 {
        wire.send(&request(id, "outrigger/park")).await;
        assert_eq!(wire.next().await, asked(id, "outrigger/park"));
    }
    wire.send(&request(4, "outrigger/park")).await;
    assert_eq!(failure(&wire.read().await), (json!(4), -32001, "overloaded"));
    wire.outbox.send(reply(2, &json!(null)));
    assert_eq!(wire.read().await["id"], json!(2));
    wire.send(&request(4, "outrigger/park")).await;
    assert_eq!(wire.next().await, asked(4, "outrigger/park"));
    wire.send(&request(5, "shutdown")).await;
    assert_eq!(wire.next().await, asked(5, "shutdown"));
}

#[tokio::test(flavor = "multi_thread")]
async fn asks_are_answered_once_and_late_or_foreign_answers_do_no_harm() {
    let mut wire = Wire::open(Limits::default()).await;
    wire.outbox.send(Outgoing::Ask {
        id: "outrigger:1".into(),
        method: "window/showMessageRequest",
        params: Raw::of(&json!({ "type": 3 })),
    });
    assert_eq!(
        wire.read().await,
        json!({ "jsonrpc": "2.0", "id": "outrigger:1", "method": "window/showMessageRequest", "params": { "type": 3 } })
    );
    for (id, result) in
        [("outrigger:0", "never asked"), ("outrigger:1", "yes"), ("outrigger:1", "twice")]
    {
        wire.send(&json!({ "jsonrpc": "2.0", "id": id, "result": result })).await;
    }
    wire.send(&json!({ "jsonrpc": "2.0", "id": 1, "result": null })).await;
    wire.send(&json!({ "jsonrpc": "2.0", "id": null, "error": { "code": 1, "message": "" } }))
        .await;
    wire.send(&note("outrigger/after", &json!([]))).await;
    assert_eq!(wire.next().await, answered("outrigger:1", Ok(json!("yes"))));
    assert_eq!(wire.next().await, noted("outrigger/after", json!([])));
    wire.outbox.send(tell("outrigger/still", &json!({})));
    assert_eq!(wire.read().await, note("outrigger/still", &json!({})));
}
