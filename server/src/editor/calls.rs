//! Commands that come to one call of the wire, as an editor of ours would make it.

use serde_json::Value;

use crate::{
    core::Action,
    protocol::{ClientCall, Failure, FailureKind, RpcId},
};

/// The argument at this place; null is none.
pub fn argument(arguments: &[Value], place: usize) -> Option<&Value> {
    arguments.get(place).filter(|one| !one.is_null())
}

/// Makes the call, or says why the arguments make none.
pub fn made(id: &RpcId, call: Result<ClientCall, Failure>) -> Vec<Action> {
    vec![match call {
        Ok(call) => Action::Call { id: id.clone(), call: Box::new(call) },
        Err(failure) => Action::Answer { id: id.clone(), result: Err(failure) },
    }]
}

/// A list is answered, and said to the person in words.
pub fn listed(id: &RpcId, call: ClientCall, text: String) -> Vec<Action> {
    vec![Action::Call { id: id.clone(), call: Box::new(call) }, Action::Say { text }]
}

pub fn wrong(why: &str) -> Failure {
    Failure::new(FailureKind::InvalidParams, format!("{why}."))
}
