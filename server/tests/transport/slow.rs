//! An editor that reads slowly or not at all.

use outrigger::{
    protocol::{Incoming, Outgoing, Raw, wire::Closed},
    transport::Limits,
};
use serde_json::{Value, json};

use super::wire::{Wire, asked, closed, note, request, tell};

fn delta(item: &str, text: &str) -> Outgoing {
    Outgoing::Note {
        method: "codex/item/agentMessage/delta".into(),
        params: Raw::of(&json!({ "threadId": "t", "itemId": item, "delta": text })),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_thousand_deltas_to_a_stalled_reader_are_bounded_and_lose_nothing() {
    let limits = Limits::default();
    let mut wire = Wire::open(limits).await;
    let mut expected = String::new();
    let mut most = 0;
    for n in 0..200_000 {
        let text = format!("{n} \"\\\n😀");
        wire.outbox.send(delta("i", &text));
        expected += &text;
        most = most.max(wire.outbox.queued_bytes());
    }
    assert!(most < limits.soft_bytes + 2 * expected.len() as u64, "{most} bytes were queued");
    // Meanwhile what the editor writes is read.
    wire.send(&request(1, "outrigger/ping")).await;
    assert_eq!(wire.next().await, asked(1, "outrigger/ping"));

    wire.outbox.send(Outgoing::Close);
    let read = wire.drain().await;
    let mut text = String::new();
    for mut message in read {
        let Value::String(delta) = message["params"]["delta"].take() else { panic!("{message}") };
        text += &delta;
        assert_eq!(
            message,
            note(
                "codex/item/agentMessage/delta",
                &json!({ "threadId": "t", "itemId": "i", "delta": null })
            )
        );
    }
    assert_eq!(text, expected);
}

/// Stalls `wire` with more than its soft limit; what is sent then stays queued.
fn stall(wire: &Wire) -> Value {
    // More than a pipe and one batch hold, in one message that is being written.
    let filler = json!("x".repeat(1 << 20));
    wire.outbox.send(tell("outrigger/filler", &filler));
    note("outrigger/filler", &filler)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_continues_one_text_is_merged_and_nothing_else_is_overtaken() {
    let mut wire = Wire::open(Limits { soft_bytes: 1000, ..Limits::default() }).await;
    let mut expected = vec![stall(&wire)];
    for message in [
        delta("a", "1"),
        delta("b", "2"),
        delta("a", "3"),
        tell("outrigger/between", &json!({})),
        delta("a", "4"),
        tell("codex/process/outputDelta", &json!({ "deltaBase64": "YQ==" })),
        tell("codex/process/outputDelta", &json!({ "deltaBase64": "YQ==" })),
        delta("a", "5"),
        delta("b", "6"),
        delta("a", "7"),
    ] {
        wire.outbox.send(message);
    }
    wire.outbox.send(Outgoing::Close);
    let told = |item: &str, text: &str| {
        let params = json!({ "threadId": "t", "itemId": item, "delta": text });
        note("codex/item/agentMessage/delta", &params)
    };
    let output = note("codex/process/outputDelta", &json!({ "deltaBase64": "YQ==" }));
    expected.extend([
        told("a", "13"),
        told("b", "2"),
        note("outrigger/between", &json!({})),
        told("a", "4"),
        output.clone(),
        output,
        told("a", "57"),
        told("b", "6"),
    ]);
    assert_eq!(wire.drain().await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delta_looks_back_over_eight_notes_and_no_more() {
    let mut wire = Wire::open(Limits { soft_bytes: 1000, ..Limits::default() }).await;
    stall(&wire);
    let items = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    for item in items {
        wire.outbox.send(delta(item, "1"));
    }
    wire.outbox.send(delta("b", "2"));
    wire.outbox.send(delta("a", "2"));
    wire.outbox.send(Outgoing::Close);
    let read = wire.drain().await;
    let texts: Vec<(&str, &str)> = read[1..]
        .iter()
        .map(|note| &note["params"])
        .map(|params| (params["itemId"].as_str().unwrap(), params["delta"].as_str().unwrap()))
        .collect();
    let mut expected: Vec<(&str, &str)> = items.iter().map(|item| (*item, "1")).collect();
    expected[1].1 = "12";
    expected.push(("a", "2"));
    assert_eq!(texts, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_changes_of_a_thread_become_one_reset() {
    let mut wire = Wire::open(Limits { soft_bytes: 1000, ..Limits::default() }).await;
    let mut expected = vec![stall(&wire)];
    let changed = |thread: &str, revision: u32| {
        let change = json!({ "op": "text", "itemId": "i", "append": "x" });
        json!({ "threadId": thread, "revision": revision, "changes": [change] })
    };
    for (thread, revision) in [("a", 1), ("b", 7), ("a", 2), ("a", 3)] {
        wire.outbox.send(tell("outrigger/thread/changed", &changed(thread, revision)));
    }
    wire.outbox.send(Outgoing::Close);
    let reset = json!({ "threadId": "a", "revision": 3, "changes": [{ "op": "reset" }] });
    expected.extend([
        note("outrigger/thread/changed", &reset),
        note("outrigger/thread/changed", &changed("b", 7)),
    ]);
    assert_eq!(wire.drain().await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_that_does_not_read_at_all_is_let_go_and_told_why() {
    let limits = Limits { hard_bytes: 3 << 20, ..Limits::default() };
    let mut wire = Wire::open(limits).await;
    let block = json!("x".repeat(100_000));
    let mut sent = 0;
    while wire.core.is_empty() {
        wire.outbox.send(tell("outrigger/block", &block));
        assert!(wire.outbox.queued_bytes() <= limits.hard_bytes + 200_000);
        sent += 1;
        tokio::task::yield_now().await;
    }
    assert_eq!(wire.rest().await, [closed(Closed::TooSlow)]);
    let mut read = wire.drain().await;
    let last = read.pop().unwrap();
    assert_eq!(last["method"], json!("outrigger/diagnostic"));
    assert_eq!(last["params"]["level"], json!("error"));
    assert!(!read.is_empty() && read.len() < sent, "only what was being written came through");
    assert!(read.iter().all(|message| *message == note("outrigger/block", &block)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_answer_larger_than_the_hard_limit_still_arrives_and_what_follows_it_too() {
    let mut wire = Wire::open(Limits { hard_bytes: 1 << 20, ..Limits::default() }).await;
    let large = json!("x".repeat(3 << 20));
    wire.send(&request(1, "outrigger/thread/snapshot")).await;
    assert!(matches!(wire.next().await, Incoming::Request { .. }));
    wire.outbox.send(super::wire::reply(1, &large));
    wire.outbox.send(tell("outrigger/after", &json!(1)));
    wire.outbox.send(tell("outrigger/after", &json!(2)));
    assert_eq!(wire.read().await, json!({ "jsonrpc": "2.0", "id": 1, "result": large }));
    assert_eq!(wire.read().await, note("outrigger/after", &json!(1)));
    assert_eq!(wire.read().await, note("outrigger/after", &json!(2)));
    wire.outbox.closed().await;
    assert_eq!(wire.outbox.queued_bytes(), 0);
}
