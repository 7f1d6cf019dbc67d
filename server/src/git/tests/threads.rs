//! The room as the core sees it: commands in, events out.

use std::{
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use super::world::World;
use crate::{
    git::{
        Act, Answer, Command, Error, Event, File, Handle, LineNumbers, Options, Request, Selection,
        Target,
    },
    protocol::{
        FailureKind,
        diff::{FileHunks, FileStatus},
    },
};

struct Room {
    handle: Handle,
    events: Receiver<Event>,
    token: u64,
    asker: u64,
}

impl Room {
    fn of(world: &World) -> Self {
        let (sender, events) = mpsc::channel();
        let options = Options { state: world.beside("state"), environment: Vec::new(), uri_of };
        let handle = Handle::new(options, move |event| drop(sender.send(event))).unwrap();
        Self { handle, events, token: 0, asker: 1 }
    }

    fn send(&mut self, request: Request) -> u64 {
        self.token += 1;
        let (token, asker) = (self.token, self.asker);
        self.handle.send(Command {
            token,
            asker,
            at: 1000 + token,
            within: vec!["/".into()],
            request,
        });
        self.token
    }

    fn event(&self) -> Event {
        self.events.recv_timeout(Duration::from_secs(30)).unwrap()
    }

    fn ask(&mut self, request: Request) -> Result<Answer, Error> {
        let asked = self.send(request);
        match self.event() {
            Event::Answer { token, result } if token == asked => result,
            other => panic!("{other:?}"),
        }
    }

    fn hunks(&mut self, file: &File) -> std::sync::Arc<FileHunks> {
        match self.ask(Request::List { file: file.clone(), context: 3 }) {
            Ok(Answer::Hunks(hunks)) => hunks,
            other => panic!("{other:?}"),
        }
    }
}

fn uri_of(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn file(world: &World, name: &str) -> File {
    let path = world.path(name);
    File { uri: uri_of(&path), path }
}

fn numbered(changed: &[u32]) -> String {
    let line =
        |n| if changed.contains(&n) { format!("line {n}!\n") } else { format!("line {n}\n") };
    (0..200).map(line).collect::<Vec<_>>().concat()
}

#[test]
fn many_requests_for_one_file_share_a_write_and_are_answered_one_by_one() {
    let world = World::new();
    world.commit(&[("f", numbered(&[]).as_bytes())]);
    let changed: Vec<u32> = (5..200).step_by(10).collect();
    world.write("f", numbered(&changed));
    let mut room = Room::of(&world);
    let file = file(&world, "f");
    let hunks = room.hunks(&file);
    assert_eq!(
        (hunks.status, hunks.unstaged.len(), hunks.staged.len()),
        (FileStatus::Modified, 20, 0)
    );
    for hunk in &hunks.unstaged {
        let target = Target { hunk_id: hunk.hunk_id.clone(), lines: None };
        let selection = Selection::Hunks(vec![target]);
        room.send(Request::Act {
            act: Act::Stage,
            file: file.clone(),
            selection,
            revision: None,
            context: 3,
        });
    }
    let mut ids = Vec::new();
    for _ in 0..20 {
        match room.event() {
            Event::Answer { result: Ok(Answer::Acted { journal_id, .. }), .. } => {
                ids.push(journal_id);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(world.git(&["diff", "--name-only"]), b"");
    let after = room.hunks(&file);
    assert_eq!((after.unstaged.len(), after.staged.len()), (0, 20));
    assert!(after.revision > hunks.revision);
    // Each can be taken back by itself, in any order.
    ids.reverse();
    for id in ids {
        room.ask(Request::Undo { journal_id: id, context: 3 }).unwrap();
    }
    assert_eq!(world.git(&["diff", "--cached", "--name-only"]), b"");
    match room.ask(Request::Journal { file: Some(file.path), before: None, limit: 100 }) {
        Ok(Answer::Journal(listed)) => assert_eq!(listed.len(), 40),
        other => panic!("{other:?}"),
    }
}

#[test]
fn failures_have_their_kind_and_touch_nothing() {
    let world = World::new();
    world.commit(&[("f", numbered(&[]).as_bytes())]);
    world.write("f", numbered(&[7]));
    let mut room = Room::of(&world);
    let here = file(&world, "f");
    let hunks = room.hunks(&here);
    let target = Target { hunk_id: hunks.unstaged[0].hunk_id.clone(), lines: None };
    let selection = Selection::Hunks(vec![target]);
    let stage = Request::Act {
        act: Act::Stage,
        file: here.clone(),
        selection: selection.clone(),
        revision: None,
        context: 3,
    };
    // Another git at work: it is waited for, and then left alone.
    world.write(".git/index.lock", b"not ours");
    let locked = room.ask(stage).unwrap_err();
    assert_eq!(locked.kind(), FailureKind::IndexLocked);
    assert_eq!(world.read(".git/index.lock"), b"not ours");
    std::fs::remove_file(world.path(".git/index.lock")).unwrap();
    // The hunk is gone: the fresh list comes with the refusal.
    world.write("f", numbered(&[9]));
    let revert = Request::Act {
        act: Act::Revert,
        file: here.clone(),
        selection,
        revision: None,
        context: 3,
    };
    let Err(Error::HunkStale(fresh)) = room.ask(revert) else { panic!("not stale") };
    assert_eq!(*fresh, *room.hunks(&here));
    assert_eq!(world.read("f"), numbered(&[9]).as_bytes());
    let outside = File { uri: String::new(), path: PathBuf::from("/nowhere/at/all") };
    let refused = room.ask(Request::List { file: outside, context: 3 }).unwrap_err();
    assert_eq!(refused.kind(), FailureKind::NotARepository);
    let refused = room.ask(Request::Undo { journal_id: "j99".into(), context: 3 }).unwrap_err();
    assert_eq!(refused.kind(), FailureKind::JournalUnknown);
}

#[test]
fn a_change_is_told_once_and_our_own_acts_are_not() {
    let world = World::new();
    world.commit(&[("f", numbered(&[]).as_bytes()), ("other", b"x\n")]);
    let mut room = Room::of(&world);
    let here = file(&world, "f");
    room.ask(Request::Watch { folder: world.root(), files: vec![here.clone()] }).unwrap();
    let changed = |room: &Room| match room.event() {
        Event::Changed { file, revision, .. } => (file, revision),
        other => panic!("{other:?}"),
    };
    world.write("other", b"y\n");
    world.write("f", numbered(&[7]));
    let (file, first) = changed(&room);
    assert_eq!(file, here);
    let hunks = room.hunks(&here);
    assert_eq!(hunks.revision, first);
    // Through git, of which the file itself knows nothing.
    world.git(&["add", "f"]);
    let (_, second) = changed(&room);
    world.git(&["commit", "-qm", "by git"]);
    let (_, third) = changed(&room);
    assert!(first < second && second < third);
    // Ours is answered, and what comes next is of the next change.
    world.write("f", numbered(&[7, 90]));
    changed(&room);
    let hunk_id = room.hunks(&here).unstaged[0].hunk_id.clone();
    let selection = Selection::Hunks(vec![Target { hunk_id, lines: None }]);
    let acted = room.ask(Request::Act {
        act: Act::Stage,
        file: here.clone(),
        selection,
        revision: None,
        context: 3,
    });
    let Ok(Answer::Acted { hunks, .. }) = acted else { panic!("{acted:?}") };
    world.write("f", numbered(&[7]));
    assert!(changed(&room).1 > hunks.revision);
}

/// Stages added lines of the one unstaged hunk, by number.
fn stage_lines(file: &File, hunk_id: &str, new: &[u32], revision: Option<u64>) -> Request {
    let lines = Some(LineNumbers { old: Vec::new(), new: new.to_vec() });
    let target = Target { hunk_id: hunk_id.to_owned(), lines };
    let selection = Selection::Hunks(vec![target]);
    Request::Act { act: Act::Stage, file: file.clone(), selection, revision, context: 3 }
}

#[test]
fn line_numbers_are_those_of_the_list_that_the_asker_was_told() {
    let world = World::new();
    world.commit(&[("f", numbered(&[]).as_bytes())]);
    let added = numbered(&[]).replace("line 40\n", "line 40\none\ntwo\nthree\n");
    world.write("f", &added);
    let mut room = Room::of(&world);
    let file = file(&world, "f");
    // More context than the name is made of, so that it ends at the first line before and after.
    let Ok(Answer::Hunks(first)) = room.ask(Request::List { file: file.clone(), context: 50 })
    else {
        panic!()
    };
    let id = first.unstaged[0].hunk_id.clone();
    // Somebody else is told of it two lines further down, with two more lines of context.
    world.write("f", format!("above\nabove\n{}", numbered(&[])));
    world.git(&["add", "f"]);
    world.write("f", format!("above\nabove\n{added}"));
    room.asker = 2;
    let Ok(Answer::Hunks(second)) = room.ask(Request::List { file: file.clone(), context: 50 })
    else {
        panic!()
    };
    let staged = |world: &World| {
        let text = String::from_utf8(world.git(&["cat-file", "blob", ":f"])).unwrap();
        ["one", "two", "three"].map(|word| text.contains(&format!("{word}\n")))
    };
    // The first asker counts as it was told, the second as it was told, by its own list or by one that it names.
    for (asker, line, revision) in [
        (1, 43, None),
        (2, 45, None),
        (2, 45, Some(second.revision)),
        (1, 43, Some(first.revision)),
    ] {
        room.asker = asker;
        let acted = room.ask(stage_lines(&file, &id, &[line], revision));
        let Ok(Answer::Acted { journal_id, .. }) = acted else { panic!("{asker}: {acted:?}") };
        assert_eq!(staged(&world), [false, true, false], "{asker}");
        room.ask(Request::Undo { journal_id, context: 3 }).unwrap();
    }
    // Whoever was told nothing, or names a list that it was not told, may mean anything.
    for (asker, revision) in [(3, None), (1, Some(second.revision))] {
        room.asker = asker;
        let refused = room.ask(stage_lines(&file, &id, &[43], revision));
        assert!(matches!(refused, Err(Error::HunkStale(_))), "{refused:?}");
        assert_eq!(staged(&world), [false; 3]);
    }
}
