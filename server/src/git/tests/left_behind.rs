//! Files that a process which was killed left beside those it was about to replace.

use std::path::Path;

use super::world::World;
use crate::git::{
    acts::state,
    facts::REGULAR,
    journal::Journal,
    record::{Action, Changed, Place, Record, Written, keep},
    recover::{Outcome, recover},
    splice::Edit,
};

const ASIDE: &str = ".outrigger-1-0.tmp";

/// What a start makes of `f`, which was to become `after` from `"old\n"`, where it finds these two files: the outcome,
/// and both files then.
fn found(
    after: Option<&str>,
    file: Option<&str>,
    aside: &str,
) -> (Outcome, Option<String>, Option<String>) {
    let world = World::new();
    world.commit(&[("other", b"")]);
    let journal = Journal::open(&world.beside("journal")).unwrap();
    let as_state = |text: &str| state(REGULAR, text.as_bytes()).unwrap();
    let changed = Changed {
        path: Path::new("f").into(),
        before: Some(as_state("old\n")),
        after: after.map(as_state),
        temporary: Some(ASIDE.to_owned()),
    };
    let record = Record::new(1, &world.root(), Action::Revert, Place::WorkingTree, vec![changed]);
    let edit = Edit { span: 0..4, with: after.unwrap_or_default().into() };
    journal.begin(Written { record, edits: keep(b"old\n", &[(0, edit)]) }).unwrap();
    if let Some(text) = file {
        world.write("f", text);
    }
    world.write(ASIDE, aside);

    let outcomes = recover(&world.repository(), &journal).unwrap();
    let read = |name: &str| std::fs::read_to_string(world.path(name)).ok();
    (outcomes[0], read("f"), read(ASIDE))
}

#[test]
fn what_somebody_wrote_as_the_files_changed_places_goes_back_to_its_place() {
    let text = |text: &str| Some(text.to_owned());
    let typed = found(Some("new\n"), Some("new\n"), "typed\n");
    assert_eq!(typed, (Outcome::Neither, text("typed\n"), None));
    let emptied = found(Some("new\n"), Some("new\n"), "");
    assert_eq!(emptied, (Outcome::Neither, text(""), None));
    let removed = found(None, None, "typed\n");
    assert_eq!(removed, (Outcome::Neither, text("typed\n"), None));
}

#[test]
fn what_was_only_prepared_goes_and_the_file_stays_as_it_is() {
    let text = |text: &str| Some(text.to_owned());
    for half in ["", "ne"] {
        let before = found(Some("new\n"), Some("old\n"), half);
        assert_eq!(before, (Outcome::Before, text("old\n"), None), "{half:?}");
    }
    let typed = found(Some("new\n"), Some("typed\n"), "");
    assert_eq!(typed, (Outcome::Neither, text("typed\n"), None));
    let done = found(Some("new\n"), Some("new\n"), "old\n");
    assert_eq!(done, (Outcome::After, text("new\n"), None));
    // Whose it is cannot be told: both stay.
    let unknown = found(Some("new\n"), Some("typed\n"), "more\n");
    assert_eq!(unknown, (Outcome::Neither, text("typed\n"), text("more\n")));
}
