//! A client of `outrigger/thread/changed` that knows nothing but the contract in docs/protocol.md.

use serde_json::{Map, Value, json};

use super::super::Thread;
use crate::protocol::thread::{ChangeOp, ThreadChange};

#[derive(Clone, Debug)]
pub struct Client {
    thread: Value,
}

/// A fresh snapshot, whole, as it is on the wire.
pub fn state_of(thread: &Thread) -> Value {
    serde_json::to_value(thread.snapshot(0, None, usize::MAX).unwrap().thread).unwrap()
}

impl Client {
    pub fn of(thread: &Thread) -> Self {
        Self { thread: state_of(thread) }
    }

    pub fn state(&self) -> Value {
        self.thread.clone()
    }

    pub fn follow(&mut self, changes: &[ThreadChange], server: &Thread) {
        for change in changes {
            self.take(change, server);
        }
    }

    fn take(&mut self, change: &ThreadChange, server: &Thread) {
        let value = || change.value.as_ref().map_or(Value::Null, |value| value.decode().unwrap());
        match change.op {
            ChangeOp::Reset => self.thread = state_of(server),
            ChangeOp::Usage => self.thread["usage"] = value(),
            ChangeOp::Status => self.thread[change.field.as_deref().unwrap_or("status")] = value(),
            ChangeOp::Turn => {
                let head = value();
                if self.turn(change).is_none() {
                    let turns = self.thread["turns"].as_array_mut().unwrap();
                    turns.push(json!({ "turnId": change.turn_id, "items": [], "markers": [] }));
                }
                let turn = self.turn(change).unwrap();
                for (name, part) in head.as_object().unwrap() {
                    turn[name] = part.clone();
                }
            }
            ChangeOp::Marker => {
                let marker = value();
                self.turn(change).unwrap()["markers"].as_array_mut().unwrap().push(marker);
            }
            ChangeOp::Item => {
                let whole = value();
                match self.item(change) {
                    Some(item) => *item = whole,
                    None => self.turn(change).unwrap()["items"].as_array_mut().unwrap().push(whole),
                }
            }
            ChangeOp::Text => {
                let field = change.field.as_deref().unwrap();
                let append = change.append.as_deref().unwrap();
                let item = self.item(change).unwrap().as_object_mut().unwrap();
                let slot = slot(item, field);
                *slot = Value::from(format!("{}{append}", slot.as_str().unwrap_or_default()));
            }
        }
    }

    fn turn(&mut self, change: &ThreadChange) -> Option<&mut Value> {
        let turns = self.thread["turns"].as_array_mut().unwrap();
        turns.iter_mut().find(|turn| turn["turnId"] == change.turn_id.as_ref().unwrap().as_str())
    }

    fn item(&mut self, change: &ThreadChange) -> Option<&mut Value> {
        let items = self.turn(change)?["items"].as_array_mut().unwrap();
        items.iter_mut().find(|item| item["itemId"] == change.item_id.as_ref().unwrap().as_str())
    }
}

/// `name` or `name/index`; an array grows by empty texts.
fn slot<'a>(item: &'a mut Map<String, Value>, field: &str) -> &'a mut Value {
    let Some((name, part)) = field.split_once('/') else {
        return item.entry(field).or_insert(Value::Null);
    };
    let part: usize = part.parse().unwrap();
    let parts = item.entry(name).or_insert_with(|| json!([]));
    if !parts.is_array() {
        *parts = json!([]);
    }
    let parts = parts.as_array_mut().unwrap();
    if parts.len() <= part {
        parts.resize(part + 1, json!(""));
    }
    &mut parts[part]
}
