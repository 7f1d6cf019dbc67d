//! How a connection ends: told once, last of all, and without leaving anyone waiting.

use outrigger::{
    protocol::{Incoming, Outgoing, wire::Closed},
    transport::{Limits, watch_parent},
};
use serde_json::json;
use tokio::sync::mpsc::unbounded_channel;

use super::wire::{PATIENCE, Wire, asked, closed, failure, frame, note, request, tell};

#[tokio::test(flavor = "multi_thread")]
async fn end_of_file_ends_it_although_requests_are_parked() {
    let mut wire = Wire::open(Limits::default()).await;
    for id in 1..=300 {
        wire.send(&request(id, "outrigger/park")).await;
    }
    wire.editor = None;
    let told = wire.rest().await;
    let expected: Vec<Incoming> = (1..=300)
        .map(|id| asked(id, "outrigger/park"))
        .chain([closed(Closed::EndOfFile)])
        .collect();
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_ends_it_although_stdin_stays_open() {
    let mut wire = Wire::open(Limits::default()).await;
    wire.send(&request(1, "shutdown")).await;
    assert_eq!(wire.next().await, asked(1, "shutdown"));
    wire.send(&request(2, "outrigger/ping")).await;
    assert_eq!(failure(&wire.read().await), (json!(2), -32600, "notInitialized"));
    let late = [note("exit", &json!(null)), note("outrigger/late", &json!(null))];
    wire.send_bytes(&late.map(|message| frame(&message.to_string())).concat()).await;
    assert_eq!(wire.rest().await, [closed(Closed::Exit { after_shutdown: true })]);
    assert!(wire.editor.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_is_taken_at_any_time() {
    let mut wire = Wire::fresh(Limits::default());
    wire.send(&json!({ "jsonrpc": "2.0", "method": "exit" })).await;
    assert_eq!(wire.rest().await, [closed(Closed::Exit { after_shutdown: false })]);
}

#[tokio::test(flavor = "multi_thread")]
async fn close_writes_what_is_queued_and_then_hangs_up() {
    let mut wire = Wire::open(Limits::default()).await;
    for n in 0..100 {
        wire.outbox.send(tell("outrigger/n", &json!(n)));
    }
    wire.outbox.send(Outgoing::Close);
    wire.outbox.send(tell("outrigger/late", &json!(null)));
    let read = wire.drain().await;
    tokio::time::timeout(PATIENCE, wire.outbox.closed()).await.expect("everything written");
    let expected: Vec<_> = (0..100).map(|n| note("outrigger/n", &json!(n))).collect();
    assert_eq!(read, expected);
    assert_eq!(wire.core.recv().await, None, "the core closed it and is told nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_that_is_dropped_writes_what_it_has() {
    let mut wire = Wire::open(Limits::default()).await;
    wire.editor = None;
    assert_eq!(wire.next().await, closed(Closed::EndOfFile));
    wire.outbox.send(tell("outrigger/last", &json!(1)));
    // Dropped in exchange for the outbox of another connection.
    wire.outbox = Wire::fresh(Limits::default()).outbox;
    assert_eq!(wire.drain().await, [note("outrigger/last", &json!(1))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_write_ends_it_once() {
    let mut wire = Wire::open(Limits::default()).await;
    wire.screen = None;
    for n in 0..100 {
        wire.outbox.send(tell("outrigger/n", &json!(n)));
    }
    tokio::time::timeout(PATIENCE, wire.outbox.closed()).await.expect("nothing left to wait for");
    assert_eq!(wire.outbox.queued_bytes(), 0);
    assert_eq!(wire.core.recv().await, Some(closed(Closed::WriteFailed)));
    assert_eq!(wire.core.recv().await, None);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_editors_process_is_noticed() {
    let mut parent = std::process::Command::new("sleep").arg("600").spawn().unwrap();
    let (sender, mut told) = unbounded_channel();
    watch_parent(parent.id(), move |message| drop(sender.send(message)));
    parent.kill().unwrap();
    parent.wait().unwrap();
    let message = tokio::time::timeout(PATIENCE, told.recv()).await.expect("told in time");
    assert_eq!(message, Some(closed(Closed::ParentGone)));
    assert_eq!(told.recv().await, None);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_never_there_raises_no_alarm() {
    let mut gone = std::process::Command::new("true").spawn().unwrap();
    gone.wait().unwrap();
    for pid in [gone.id(), 0, u32::MAX] {
        let (sender, mut told) = unbounded_channel();
        watch_parent(pid, move |message| drop(sender.send(message)));
        assert_eq!(tokio::time::timeout(PATIENCE, told.recv()).await, Ok(None));
    }
}
