//! The agent's turns as the core tells of them, with what a person does between.

use std::{
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::world::World;
use crate::{
    git::{
        Act, Answer, Command, Error, Event, File, Handle, Heard, Item, Options, Request, Selection,
        TurnId,
    },
    protocol::diff::{Hunk, LineKind},
};

struct Agent<'w> {
    world: &'w World,
    handle: Handle,
    events: Receiver<Event>,
    token: u64,
    /// Turns end in the order in which they began.
    at: u64,
    within: Vec<PathBuf>,
}

fn uri_of(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}

fn turn(name: &str) -> TurnId {
    TurnId { thread: "t".into(), turn: name.into() }
}

impl<'w> Agent<'w> {
    fn of(world: &'w World) -> Self {
        let (sender, events) = mpsc::channel();
        let options = Options { state: world.beside("state"), environment: Vec::new(), uri_of };
        let handle = Handle::new(options, move |event| drop(sender.send(event))).unwrap();
        Self { world, handle, events, token: 0, at: 1_000, within: vec!["/".into()] }
    }

    fn ask(&mut self, request: Request) -> Result<Answer, Error> {
        self.token += 1;
        self.at += 1;
        let (token, at, within) = (self.token, self.at, self.within.clone());
        self.handle.send(Command { token, asker: 1, at, within, request });
        loop {
            let event = self.events.recv_timeout(Duration::from_secs(30)).unwrap();
            if let Event::Answer { token, result } = event {
                assert_eq!(token, self.token);
                return result;
            }
        }
    }

    fn begins(&mut self, id: &TurnId) {
        let folder = self.world.root();
        self.ask(Request::TurnBegins { folder, id: id.clone() }).unwrap();
    }

    fn wrote(&mut self, id: &TurnId, item: &str, paths: Option<&[&str]>) {
        let paths = paths.map(|paths| paths.iter().map(|path| self.world.path(path)).collect());
        let item = Item { id: item.into(), began_at: now(), paths };
        let (folder, id) = (self.world.root(), id.clone());
        self.ask(Request::TurnWrote { folder, id, item, heard: Heard::default() }).unwrap();
    }

    fn ends(&mut self, id: &TurnId) {
        let (folder, id) = (self.world.root(), id.clone());
        let (open, heard) = (Vec::new(), Heard::default());
        self.ask(Request::TurnEnds { folder, id, open, heard }).unwrap();
    }

    fn file(&self, name: &str) -> File {
        let path = self.world.path(name);
        File { uri: uri_of(&path), path }
    }

    fn saved(&mut self, name: &str, text: &str) {
        self.world.write(name, text);
        let file = self.file(name);
        self.ask(Request::Saved { file }).unwrap();
    }

    fn undo(&mut self, id: &TurnId) -> Result<Vec<PathBuf>, Vec<PathBuf>> {
        self.undo_some(id).map(|(undone, _)| undone)
    }

    /// What went back, and what stayed since it could not.
    fn undo_some(&mut self, id: &TurnId) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Vec<PathBuf>> {
        let relative = |path: &Path| path.strip_prefix(self.world.root()).unwrap().to_owned();
        let root = uri_of(&self.world.root());
        match self.ask(Request::TurnUndo { id: id.clone() }) {
            Ok(Answer::TurnUndone { uris, left_out, .. }) => {
                let name = |uri: String| PathBuf::from(uri[root.len()..].trim_start_matches('/'));
                let names = |uris: Vec<String>| uris.into_iter().map(name).collect();
                Ok((names(uris), names(left_out)))
            }
            Err(Error::Changed(paths)) => Err(paths.iter().map(|path| relative(path)).collect()),
            other => panic!("{other:?}"),
        }
    }

    fn hunks(&mut self, name: &str) -> Vec<Hunk> {
        let file = self.file(name);
        match self.ask(Request::List { file, context: 0 }) {
            Ok(Answer::Hunks(hunks)) => hunks.unstaged.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// Each hunk's lines and the turn and the item that it is of.
    fn told(&mut self, name: &str) -> Vec<String> {
        self.hunks(name).iter().map(shown).collect()
    }

    fn review(&mut self) -> Vec<(String, usize)> {
        let root = uri_of(&self.world.root());
        match self.ask(Request::Review { roots: vec![self.world.root()], context: 3 }) {
            Ok(Answer::Review(files)) => files
                .into_iter()
                .map(|file| (file.uri[root.len() + 1..].to_owned(), file.hunks.len()))
                .collect(),
            other => panic!("{other:?}"),
        }
    }
}

fn shown(hunk: &Hunk) -> String {
    let lines = hunk.lines.iter().map(|line| {
        let sign = if line.kind == LineKind::Added { '+' } else { '-' };
        format!("{sign}{}", line.text)
    });
    let mode = hunk.mode_change.iter().map(|mode| format!("{}>{}", mode.old, mode.new));
    let by = hunk.origin.as_ref().map(|origin| format!(" {} {}", origin.turn_id, origin.item_id));
    lines.chain(mode).collect::<String>() + &by.unwrap_or_default()
}

fn poem() -> World {
    let world = World::new();
    world.commit(&[("f", b"1\n2\n3\n4\n5\n6\n7\n8\n9\n"), ("g", b"g\n"), ("exec", b"#!\n")]);
    world
}

#[test]
fn later_turns_write_over_earlier_ones_and_persons_over_both() {
    let world = poem();
    let mut agent = Agent::of(&world);
    let (one, two) = (turn("one"), turn("two"));
    agent.begins(&one);
    world.write("f", "1\nA\n3\n4\nB\n6\n7\n9\n");
    agent.wrote(&one, "patch", Some(&["f"]));
    agent.ends(&one);
    assert_eq!(agent.told("f"), ["-2+A one patch", "-5+B one patch", "-8 one patch"]);
    // Between turns the person has the word.
    world.write("f", "1\nA\n3\n4\nB\nmine\n6\n7\n9\n");
    agent.begins(&two);
    world.write("f", "1\nA\n3\n4\nC\nmine\n6\n7\n9\n10\n");
    world.chmod("exec", 0o755);
    agent.wrote(&two, "shell", None);
    agent.ends(&two);
    assert_eq!(
        agent.told("f"),
        ["-2+A one patch", "-5+C+mine two shell", "-8 one patch", "+10 two shell"]
    );
    assert_eq!(agent.told("exec"), ["100644>100755 two shell"]);
    assert_eq!(agent.review(), [("exec".to_owned(), 1), ("f".to_owned(), 1)]);
    // All of it is known to the next process.
    drop(agent);
    let mut agent = Agent::of(&world);
    assert_eq!(
        agent.told("f"),
        ["-2+A one patch", "-5+C+mine two shell", "-8 one patch", "+10 two shell"]
    );
    // The one before can go only once the one after has gone.
    assert_eq!(agent.undo(&one), Err(vec!["f".into()]));
    assert_eq!(agent.undo(&two), Ok(vec!["exec".into(), "f".into()]));
    assert_eq!(world.read("f"), b"1\nA\n3\n4\nB\nmine\n6\n7\n9\n");
    assert_eq!(agent.told("f"), ["-2+A one patch", "-5+B+mine one patch", "-8 one patch"]);
}

#[test]
fn what_a_person_saves_in_the_midst_of_a_turn_is_theirs() {
    let world = poem();
    let mut agent = Agent::of(&world);
    let one = turn("one");
    agent.begins(&one);
    agent.saved("f", "1\nmine\n3\n4\n5\n6\n7\n8\n9\n");
    agent.saved("new", "mine\n");
    world.write("f", "1\nmine\n3\n4\n5\n6\n7\n8\nagent\n");
    world.write("g", "agent\n");
    agent.wrote(&one, "shell", None);
    assert_eq!(agent.told("f"), ["-2+mine", "-9+agent one shell"]);
    assert_eq!(agent.told("new"), ["+mine"]);
    // Typed once more, over the agent's line.
    agent.saved("f", "1\nmine\n3\n4\n5\n6\n7\n8\nmine too\n");
    agent.wrote(&one, "nothing", None);
    agent.ends(&one);
    assert_eq!(agent.told("f"), ["-2+mine", "-9+mine too"]);
    assert_eq!(agent.told("g"), ["-g+agent one shell"]);
    let before = (world.read("f"), world.read("new"), world.read("g"));
    assert_eq!(agent.undo(&one), Err(vec!["f".into()]));
    assert_eq!((world.read("f"), world.read("new"), world.read("g")), before);
}

#[test]
fn a_save_that_changes_nothing_makes_the_file_nobody_elses() {
    let world = poem();
    let mut agent = Agent::of(&world);
    let one = turn("one");
    agent.begins(&one);
    world.write("f", "agent\n");
    agent.wrote(&one, "shell", None);
    agent.saved("f", "agent\n");
    agent.saved("g", "g\n");
    world.write("g", "agent\n");
    agent.wrote(&one, "more", None);
    agent.ends(&one);
    assert_eq!(agent.undo(&one), Ok(vec!["f".into(), "g".into()]));
    assert_eq!(world.read("f"), b"1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    assert_eq!(world.read("g"), b"g\n");
}

#[test]
fn of_two_turns_at_one_time_each_has_what_it_names() {
    let world = poem();
    let mut agent = Agent::of(&world);
    let (one, other) = (turn("one"), TurnId { thread: "o".into(), turn: "other".into() });
    agent.begins(&one);
    world.write("f", "A\n2\n3\n4\n5\n6\n7\n8\n9\n");
    agent.begins(&other);
    world.write("g", "B\n");
    agent.wrote(&other, "patch", Some(&["g"]));
    agent.wrote(&one, "patch", Some(&["f"]));
    agent.ends(&other);
    world.write("f", "A\n2\n3\n4\n5\n6\n7\n8\nC\n");
    agent.wrote(&one, "shell", None);
    agent.ends(&one);
    assert_eq!(agent.told("f"), ["-1+A one patch", "-9+C one shell"]);
    assert_eq!(agent.told("g"), ["-g+B other patch"]);
}

#[test]
fn a_process_that_is_killed_in_mid_turn_knows_all_but_the_last_item() {
    let world = poem();
    let one = turn("one");
    let mut agent = Agent::of(&world);
    agent.begins(&one);
    world.write("g", "agent\n");
    agent.wrote(&one, "shell", None);
    // This item never came to be told.
    world.write("f", "not known\n");
    drop(agent);
    world.git(&["gc", "-q", "--prune=now"]);
    let mut agent = Agent::of(&world);
    assert_eq!(agent.told("g"), ["-g+agent one shell"]);
    assert_eq!(agent.undo(&one), Ok(vec!["g".into()]));
    assert_eq!((world.read("g"), world.read("f")), (b"g\n".to_vec(), b"not known\n".to_vec()));
}

#[test]
fn what_is_taken_back_and_put_back_is_the_agents_again() {
    let world = poem();
    let mut agent = Agent::of(&world);
    let one = turn("one");
    agent.begins(&one);
    world.write("f", "1\nA\n3\n4\n5\n6\n7\n9\n");
    agent.wrote(&one, "patch", Some(&["f"]));
    let both = ["-2+A one patch", "-8 one patch"];
    assert_eq!(agent.told("f"), both);
    let file = agent.file("f");
    let revert = Request::Act {
        act: Act::Revert,
        file,
        selection: Selection::File,
        revision: None,
        context: 0,
    };
    let Ok(Answer::Acted { journal_id, .. }) = agent.ask(revert) else { panic!("not reverted") };
    // The repository is looked at meanwhile, and the agent goes on in the same file.
    world.write("f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
    agent.wrote(&one, "shell", None);
    agent.ends(&one);
    assert_eq!(agent.told("f"), ["+10 one shell"]);
    world.write("f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    agent.ask(Request::Undo { journal_id, context: 0 }).unwrap();
    assert_eq!(agent.told("f"), both);
    // So it is for the next process, whatever git cleans up.
    drop(agent);
    world.git(&["gc", "-q", "--prune=now"]);
    assert_eq!(Agent::of(&world).told("f"), both);
}

/// Two folders of a repository, with a person's own work in each.
fn halves() -> World {
    let world = World::new();
    world.commit(&[("in/f", b"1\n2\n"), ("in/g", b"g\n"), ("out/f", b"1\n2\n")]);
    world.write("in/g", "mine\n");
    world.write("out/mine", "apart\n");
    world
}

#[test]
fn of_a_window_on_a_part_of_a_repository_only_that_part_is_looked_at_and_taken_back() {
    let world = halves();
    let mut agent = Agent::of(&world);
    agent.within = vec![world.path("in")];
    let one = turn("one");
    agent.begins(&one);
    world.write("in/f", "1\nA\n");
    world.write("out/f", "1\nA\n");
    agent.wrote(&one, "patch", Some(&["in/f", "out/f"]));
    world.write("in/new", "new\n");
    world.write("out/new", "new\n");
    // What is staged outside is in the index that a checkpoint begins with, and still not looked at.
    world.git(&["add", "out/new"]);
    agent.ends(&one);
    assert_eq!(agent.told("in/f"), ["-2+A one patch"]);
    assert_eq!(agent.review(), [("in/f".to_owned(), 1)]);
    let diff = |agent: &mut Agent<'_>| -> Vec<String> {
        let (thread, turn) = ("t".to_owned(), Some("one".to_owned()));
        match agent.ask(Request::TurnDiff { thread, turn, runs: None, context: 0 }) {
            Ok(Answer::Compared(files)) => files.into_iter().map(|file| file.uri).collect(),
            other => panic!("{other:?}"),
        }
    };
    let inside = ["in/f", "in/new"].map(|name| uri_of(&world.path(name)));
    assert_eq!(diff(&mut agent), inside);
    let before = (world.read("out/f"), world.read("out/mine"), world.git(&["ls-files", "-s"]));
    // Nothing of the files outside came to be an object by us.
    let of_mine = String::from_utf8(world.git(&["hash-object", "out/mine"])).unwrap();
    assert!(!world.try_git(&["cat-file", "-e", of_mine.trim()]).status.success());

    // Nor does a larger window that comes later reach what was never kept.
    agent.within = vec![world.root()];
    let went = vec!["in/f".into(), "in/new".into()];
    assert_eq!(agent.undo_some(&one), Ok((went, vec!["out/f".into()])));
    assert_eq!((world.read("in/f"), world.read("in/g")), (b"1\n2\n".into(), b"mine\n".into()));
    let after = (world.read("out/f"), world.read("out/mine"), world.git(&["ls-files", "-s"]));
    assert_eq!(after, before);
}

#[test]
fn a_smaller_window_takes_back_what_it_may_and_says_what_stays() {
    let world = halves();
    let mut agent = Agent::of(&world);
    let one = turn("one");
    agent.within = vec![world.path("in"), world.path("out")];
    agent.begins(&one);
    world.write("in/f", "1\nA\n");
    world.write("out/f", "1\nA\n");
    agent.wrote(&one, "shell", None);
    agent.ends(&one);
    agent.within = vec![world.path("in")];
    assert_eq!(agent.review(), [("in/f".to_owned(), 1)]);
    // Of a command nobody knows where else it wrote.
    let stays = vec!["".into(), "out/f".into()];
    assert_eq!(agent.undo_some(&one), Ok((vec!["in/f".into()], stays)));
    assert_eq!((world.read("in/f"), world.read("out/f")), (b"1\n2\n".into(), b"1\nA\n".into()));
}

#[test]
fn turns_of_different_parts_at_one_time_are_each_followed() {
    let world = halves();
    let mut agent = Agent::of(&world);
    let (one, other) = (turn("one"), TurnId { thread: "o".into(), turn: "other".into() });
    agent.within = vec![world.path("in")];
    agent.begins(&one);
    world.write("in/f", "1\nA\n");
    agent.within = vec![world.path("in"), world.path("out")];
    agent.begins(&other);
    world.write("out/f", "1\nB\n");
    agent.wrote(&other, "patch", Some(&["out/f"]));
    agent.wrote(&one, "patch", Some(&["in/f"]));
    agent.ends(&other);
    agent.ends(&one);
    assert_eq!(agent.told("in/f"), ["-2+A one patch"]);
    assert_eq!(agent.told("out/f"), ["-2+B other patch"]);
    assert_eq!(agent.told("out/mine"), ["+apart"]);
}

#[test]
fn too_many_turns_and_their_trees_are_forgotten() {
    let world = poem();
    let mut agent = Agent::of(&world);
    for number in 0..203 {
        let id = turn(&format!("n{number}"));
        agent.begins(&id);
        if number == 0 {
            world.write("g", "agent\n");
            agent.wrote(&id, "shell", None);
            assert_eq!(agent.told("g"), ["-g+agent n0 shell"]);
        }
        agent.ends(&id);
    }
    let refs = String::from_utf8(world.git(&["for-each-ref", "refs/outrigger"])).unwrap();
    assert_eq!(refs.lines().count(), 400);
    assert_eq!(agent.told("g"), ["-g+agent"]);
    let gone = agent.ask(Request::TurnUndo { id: turn("n0") });
    assert!(matches!(gone, Err(Error::TurnUnknown(_))), "{gone:?}");
    assert_eq!(world.beside("state/turns").read_dir().unwrap().count(), 200);
}

#[test]
fn of_changes_that_are_alike_one_is_kept() {
    let world = World::new();
    let block = "a\nb\nc\nd\n";
    world.commit(&[("f", block.repeat(3).as_bytes())]);
    let mut agent = Agent::of(&world);
    let one = turn("one");
    agent.begins(&one);
    world.write("f", block.replace('c', "X").repeat(3));
    agent.wrote(&one, "patch", Some(&["f"]));
    agent.ends(&one);
    let file = agent.file("f");
    let middle = agent.hunks("f")[1].hunk_id.clone();
    let keep = Request::Keep { file, hunks: vec![middle], context: 0 };
    let Ok(Answer::Acted { journal_id, .. }) = agent.ask(keep) else { panic!("not kept") };
    let flags = |agent: &mut Agent<'_>| -> Vec<bool> {
        agent.hunks("f").iter().map(|hunk| hunk.kept).collect()
    };
    assert_eq!(flags(&mut agent), [false, true, false]);
    world.write("f", format!("0\n{}9\n", block.replace('c', "X").repeat(3)));
    assert_eq!(flags(&mut agent), [false, false, true, false, false]);
    agent.ask(Request::Undo { journal_id, context: 0 }).unwrap();
    assert_eq!(flags(&mut agent), [false; 5]);
}

#[test]
fn what_is_to_be_reviewed_is_watched_though_no_editor_has_it_open() {
    let world = poem();
    let mut agent = Agent::of(&world);
    let one = turn("one");
    agent.begins(&one);
    world.write("g", "agent\n");
    agent.wrote(&one, "patch", Some(&["g"]));
    agent.ends(&one);
    assert_eq!(agent.review(), [("g".to_owned(), 1)]);
    world.git(&["checkout", "-q", "--", "g"]);
    let changed = loop {
        let event = agent.events.recv_timeout(Duration::from_secs(30)).unwrap();
        if let Event::Changed { file, authored, .. } = event {
            break (file, authored);
        }
    };
    assert_eq!(changed, (agent.file("g"), true));
    assert_eq!(agent.review(), []);
}
