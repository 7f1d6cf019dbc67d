//! The one way in which a thread that was watched and one that was read from history are compared.

use super::turn::bounds_turn;
use crate::protocol::Raw;
use crate::protocol::thread::{ItemState, ThreadState, TurnState};

/// A thread without what the app-server's history cannot have. Everything that is left must be equal. It leaves out:
/// - the thread's status and usage, and turns that still run: history is about what has settled;
/// - items that the app-server never completed (`interrupted`, and commands still `inProgress`): it forgets them;
/// - declined and cancelled commands (both end `declined`), which it leaves out; a declined file change it keeps;
/// - `progress`, and a file change's `output`, which only the deltas carry;
/// - markers other than a turn's beginning and end, which are live-only, and the times of these: of a turn that died
///   with its process the history has no end.
///
/// Tool calls that ran side by side may be listed in another order than they began: neighbours among them are sorted by id.
pub fn normalise(state: &ThreadState) -> ThreadState {
    let turns =
        state.turns.iter().filter(|turn| turn.status != "inProgress").map(settled).collect();
    ThreadState { status: Raw::null(), usage: None, turns, ..state.clone() }
}

fn settled(turn: &TurnState) -> TurnState {
    let mut items: Vec<ItemState> = turn
        .items
        .iter()
        .filter(|item| in_history(&item.kind, item.status.as_deref()))
        .cloned()
        .collect();
    for item in &mut items {
        item.fields.remove("progress");
        if item.kind == "fileChange" {
            item.fields.remove("output");
        }
    }
    for group in items.chunk_by_mut(|one, next| runs_beside(one) && runs_beside(next)) {
        group.sort_by(|one, other| one.item_id.cmp(&other.item_id));
    }
    let mut markers = turn.markers.clone();
    markers.retain(bounds_turn);
    for marker in &mut markers {
        marker.at = 0;
    }
    TurnState { items, markers, plan: None, ..turn.clone() }
}

/// Whether the app-server's history has such an item of a turn that has settled.
pub(super) fn in_history(kind: &str, status: Option<&str>) -> bool {
    match status {
        Some("interrupted" | "inProgress") => false,
        Some("declined") => kind != "commandExecution",
        _ => true,
    }
}

fn runs_beside(item: &ItemState) -> bool {
    ["commandExecution", "fileChange", "mcpToolCall", "dynamicToolCall"].contains(&&*item.kind)
}
