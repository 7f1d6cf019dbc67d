//! Properties over notifications as nobody recorded them: repeated, interleaved, late.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::normalise;
use super::{Watched, command, delta, message, output, turn_completed, turn_started};

type Note = (&'static str, Value);

/// What happens to one item, in its own order.
#[derive(Clone, Debug)]
enum Life {
    Message { deltas: Vec<String>, completed: bool },
    Command { deltas: Vec<String>, completed: bool },
    Reasoning { deltas: Vec<(u32, String)> },
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[a-z \"\\\\\n]{0,6}", 4 => Just("é→🦀".to_owned()), 1 => Just("x".repeat(40_000))]
}

fn life() -> impl Strategy<Value = Life> {
    let deltas = || prop::collection::vec(text(), 0..4);
    prop_oneof![
        (deltas(), any::<bool>())
            .prop_map(|(deltas, completed)| Life::Message { deltas, completed }),
        (deltas(), any::<bool>())
            .prop_map(|(deltas, completed)| Life::Command { deltas, completed }),
        prop::collection::vec((0_u32..3, text()), 0..4)
            .prop_map(|deltas| Life::Reasoning { deltas }),
    ]
}

fn notes_of(turn: &str, item: &str, life: &Life) -> Vec<Note> {
    match life {
        Life::Message { deltas, completed } => {
            let mut notes = vec![message(turn, item, "item/started", "")];
            notes.extend(deltas.iter().map(|text| delta(turn, item, text)));
            notes
                .extend(completed.then(|| message(turn, item, "item/completed", &deltas.concat())));
            notes
        }
        Life::Command { deltas, completed } => {
            let mut notes = vec![command(turn, item, "item/started", "inProgress", None)];
            notes.extend(deltas.iter().map(|text| output(turn, item, text)));
            let whole = format!("lost {}", deltas.concat());
            notes.extend(
                completed.then(|| command(turn, item, "item/completed", "completed", Some(&whole))),
            );
            notes
        }
        Life::Reasoning { deltas } => {
            let object = json!({ "type": "reasoning", "id": item, "summary": [], "content": [] });
            let mut notes = vec![("item/started", json!({ "turnId": turn, "item": object }))];
            notes.extend(deltas.iter().map(|(part, text)| {
                let note =
                    json!({ "turnId": turn, "itemId": item, "summaryIndex": part, "delta": text });
                ("item/reasoning/summaryTextDelta", note)
            }));
            notes
        }
    }
}

/// Merges the lives of several items: each choice takes the next note of one of them. All begin in order first, as on the
/// wire, so that the order of the items is the same in every arrangement.
fn interleave(lives: Vec<Vec<Note>>, choices: &[prop::sample::Index]) -> Vec<Note> {
    let mut merged = Vec::new();
    let mut rest: Vec<std::collections::VecDeque<Note>> =
        lives.into_iter().map(Into::into).collect();
    merged.extend(rest.iter_mut().filter_map(std::collections::VecDeque::pop_front));
    let mut choices = choices.iter().cycle();
    loop {
        rest.retain(|notes| !notes.is_empty());
        if rest.is_empty() {
            return merged;
        }
        let chosen = choices.next().map_or(0, |choice| choice.index(rest.len()));
        merged.extend(rest[chosen].pop_front());
    }
}

fn in_turn(turn: &str, notes: Vec<Note>, status: &str) -> Vec<Note> {
    [vec![turn_started(turn)], notes, vec![turn_completed(turn, status)]].concat()
}

fn told(notes: &[Note]) -> Watched {
    let mut watched = Watched::new();
    for (method, params) in notes {
        watched.tell(method, params);
    }
    watched
}

fn choices() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 1..12)
}

fn status() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("completed"), Just("interrupted"), Just("failed")]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// At every step a client that follows the changes has what a fresh snapshot says: `Watched` compares them.
    #[test]
    fn a_client_that_follows_has_what_a_snapshot_says(
        turns in prop::collection::vec((prop::collection::vec(life(), 0..4), status(), choices()), 1..3),
    ) {
        let mut watched = Watched::new();
        for (number, (lives, status, choices)) in turns.iter().enumerate() {
            let turn = format!("turn{number}");
            // The same ids in each turn: they are other items.
            let lives = lives.iter().enumerate().map(|(item, life)| notes_of(&turn, &format!("item{item}"), life));
            for (method, params) in in_turn(&turn, interleave(lives.collect(), choices), status) {
                watched.tell(method, &params);
            }
        }
        let changes = watched.thread.process_exited(99);
        watched.follow(&changes);
    }

    #[test]
    fn how_the_deltas_of_items_interleave_makes_no_difference(
        lives in prop::collection::vec(life(), 1..4), status in status(), one in choices(), other in choices(),
    ) {
        let lives = || lives.iter().enumerate().map(|(item, life)| notes_of("a", &format!("item{item}"), life)).collect();
        let one = told(&in_turn("a", interleave(lives(), &one), status));
        let other = told(&in_turn("a", interleave(lives(), &other), status));
        prop_assert_eq!(one.state().turns[0].items.clone(), other.state().turns[0].items.clone());
    }

    #[test]
    fn whatever_is_no_delta_may_be_repeated_at_any_time_after(
        lives in prop::collection::vec(life(), 1..4), status in status(), order in choices(),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let lives = lives.iter().enumerate().map(|(item, life)| notes_of("a", &format!("item{item}"), life)).collect();
        let notes = in_turn("a", interleave(lives, &order), status);
        let mut watched = told(&notes);
        let repeatable: Vec<_> = notes.iter().filter(|(method, _)| !method.to_lowercase().ends_with("delta")).collect();
        for index in again {
            let (method, params) = repeatable[index.index(repeatable.len())];
            prop_assert_eq!(watched.tell(method, params), vec![]);
        }
    }

    #[test]
    fn items_completed_after_their_turn_are_as_if_before(
        lives in prop::collection::vec(life(), 1..4), status in status(), order in choices(),
    ) {
        let lives = lives.iter().enumerate().map(|(item, life)| notes_of("a", &format!("item{item}"), life)).collect();
        let notes = interleave(lives, &order);
        let in_time = told(&in_turn("a", notes.clone(), status));
        let (late, early): (Vec<_>, Vec<_>) = notes.into_iter().partition(|(method, _)| *method == "item/completed");
        let late = told(&[in_turn("a", early, status), late].concat());
        prop_assert_eq!(normalise(&in_time.state()), normalise(&late.state()));
    }
}
