//! Checkpoints: taking one leaves no trace, and going back takes everything along.

use std::{fs, os::unix::fs::symlink, path::PathBuf};

use super::{acting::Stage, world::World};
use crate::{
    git::{Error, checkpoint, keep::Story, scope::Scope},
    protocol::diff::FileStatus,
};

/// The tree by name: what is there, with its bytes, its target or its mode.
fn tree(world: &World) -> Vec<(PathBuf, Vec<u8>, bool)> {
    use std::os::unix::fs::PermissionsExt;
    let mut found = Vec::new();
    let mut folders = vec![world.root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = path.symlink_metadata().unwrap();
            if path.file_name().unwrap() == ".git" {
                continue;
            }
            if meta.is_dir() {
                folders.push(path);
            } else if meta.is_symlink() {
                let target = fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes();
                found.push((path, target, false));
            } else {
                let executable = meta.permissions().mode() & 0o100 != 0;
                found.push((path.clone(), fs::read(&path).unwrap(), executable));
            }
        }
    }
    found.sort();
    found
}

/// What the person has that is not the tree.
fn state(world: &World) -> [Vec<u8>; 4] {
    let refs = ["for-each-ref", "--exclude=refs/outrigger"];
    assert!(!world.path(".git/index.lock").exists());
    let leftover = fs::read_dir(world.path(".git")).unwrap();
    let names = leftover.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    assert_eq!(
        names.filter(|name| name.contains("outrigger")).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
    [
        world.git(&["ls-files", "-s"]),
        world.git(&refs),
        world.git(&["stash", "list"]),
        fs::read(world.path(".git/HEAD")).unwrap(),
    ]
}

fn start() -> World {
    let world = World::new();
    world.commit(&[
        (".gitignore", b"*.log\n"),
        ("a", b"1\n2\n"),
        ("gone", b"x\n"),
        ("folder/deep/b", b"b\n"),
        ("exec", b"#!\n"),
        ("becomes-folder", b"file\n"),
    ]);
    symlink("a", world.path("link")).unwrap();
    world.git(&["add", "-A"]);
    world.git(&["commit", "-qm", "link"]);
    // The person's own unfinished work, partly staged.
    world.write("a", b"1\nstaged\n");
    world.git(&["add", "a"]);
    world.write("a", b"1\nstaged\nnot staged");
    world.write("untracked", b"mine\n");
    world.write("intended", b"mine too\n");
    world.git(&["add", "-N", "intended"]);
    world.write("build.log", b"1\n");
    world
}

fn turn(world: &World) {
    world.write("a", b"by the agent\n");
    world.write("untracked", b"overwritten\n");
    fs::remove_file(world.path("gone")).unwrap();
    fs::remove_file(world.path("becomes-folder")).unwrap();
    world.write("becomes-folder/file", b"new\n");
    fs::remove_dir_all(world.path("folder")).unwrap();
    world.write("folder", b"now a file\n");
    world.chmod("exec", 0o755);
    fs::remove_file(world.path("link")).unwrap();
    symlink("gone", world.path("link")).unwrap();
    world.write("new/file", b"new\n");
    world.write("build.log", b"2\n");
}

#[test]
fn a_turn_is_taken_back_and_that_too() {
    let world = start();
    let stage = Stage::of(&world);
    let (before, mine) = (tree(&world), state(&world));
    let taken = checkpoint::take(&stage.repository, &stage.journal.mark, Some("t1-start")).unwrap();
    assert_eq!(taken.left_out, Vec::<PathBuf>::new());
    assert_eq!((tree(&world), state(&world)), (before.clone(), mine.clone()));
    // Not even the strictest clean-up loses it.
    world.git(&["gc", "-q", "--prune=now"]);
    let mine = state(&world);
    turn(&world);
    let after = tree(&world);
    checkpoint::take(&stage.repository, &stage.journal.mark, Some("t1-end")).unwrap();
    let named = |name| checkpoint::tree(&stage.repository, name).unwrap();
    let (start, end) = (named("t1-start"), named("t1-end"));
    let (number, _) = stage.scene().restore(Some(&end), &start, (&Scope::whole(), &[])).unwrap();
    // What git ignores is nobody's to take back.
    let ignored = |tree: Vec<(PathBuf, Vec<u8>, bool)>| -> Vec<_> {
        tree.into_iter().filter(|(path, ..)| !path.ends_with("build.log")).collect()
    };
    assert_eq!(ignored(tree(&world)), ignored(before));
    assert_eq!(state(&world), mine);
    stage.scene().undo(&format!("j{}", number.unwrap())).unwrap();
    assert_eq!((tree(&world), state(&world)), (after, mine));
    let git = world.try_git(&["fsck", "--strict", "--no-progress"]);
    assert!(git.status.success(), "{}", String::from_utf8_lossy(&git.stderr));
}

#[test]
fn what_the_person_wrote_since_is_not_taken_back() {
    let world = start();
    let stage = Stage::of(&world);
    let mark = &stage.journal.mark;
    let start = checkpoint::take(&stage.repository, mark, Some("t1-start")).unwrap().tree;
    turn(&world);
    let end = checkpoint::take(&stage.repository, mark, Some("t1-end")).unwrap().tree;
    world.write("a", b"by the person\n");
    let written = tree(&world);
    let refused = stage.scene().restore(Some(&end), &start, (&Scope::whole(), &[]));
    let Err(Error::Changed(paths)) = refused else { panic!("{refused:?}") };
    assert_eq!(paths, [PathBuf::from("a")]);
    assert_eq!(tree(&world), written);
    // Elsewhere it stays, and the turn goes.
    world.write("a", b"by the agent\n");
    world.write("elsewhere", b"by the person\n");
    stage.scene().restore(Some(&end), &start, (&Scope::whole(), &[])).unwrap();
    assert_eq!(world.read("elsewhere"), b"by the person\n");
    assert_eq!(world.read("untracked"), b"mine\n");
    assert!(!world.path("new").exists());
}

#[test]
fn a_checkpoint_says_what_it_left_out_and_is_forgotten_by_name() {
    let world = start();
    let inner = world.path("inner");
    fs::create_dir(&inner).unwrap();
    world.git(&["init", "-q", "inner"]);
    world.write("inner/x", b"x\n");
    fs::File::create(world.path("large")).unwrap().set_len(60 * 1024 * 1024).unwrap();
    let stage = Stage::of(&world);
    let taken = checkpoint::take(&stage.repository, &stage.journal.mark, Some("one")).unwrap();
    assert_eq!(taken.left_out, [PathBuf::from("inner/"), PathBuf::from("large")]);
    checkpoint::forget(&stage.repository, &["one".into(), "never".into()]).unwrap();
    let refused = checkpoint::tree(&stage.repository, "one");
    assert!(matches!(refused, Err(Error::CheckpointUnknown(_))), "{refused:?}");
    for name in ["", "../heads/main", "a b", "a/b"] {
        let refused = checkpoint::take(&stage.repository, &stage.journal.mark, Some(name));
        assert!(matches!(refused, Err(Error::CheckpointUnknown(_))), "{name}");
    }
}

#[test]
fn two_checkpoints_are_compared_file_by_file() {
    let world = start();
    let stage = Stage::of(&world);
    let mark = &stage.journal.mark;
    let start = checkpoint::take(&stage.repository, mark, None).unwrap().tree;
    turn(&world);
    let end = checkpoint::take(&stage.repository, mark, None).unwrap().tree;
    let differences = checkpoint::compare(&stage.repository.git, &start, &end).unwrap();
    let uri_of = |path: &std::path::Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let files = crate::git::compare::files(&stage.repository, &differences, 3, uri_of, &|_| {
        Story::default()
    })
    .unwrap();
    let told: Vec<(&str, FileStatus, usize)> =
        files.iter().map(|file| (file.uri.as_str(), file.status, file.hunks.len())).collect();
    assert_eq!(
        told,
        [
            ("a", FileStatus::Modified, 1),
            ("becomes-folder", FileStatus::Deleted, 1),
            ("file", FileStatus::Added, 1),
            ("exec", FileStatus::Modified, 1),
            ("folder", FileStatus::Added, 1),
            ("b", FileStatus::Deleted, 1),
            ("gone", FileStatus::Deleted, 1),
            ("link", FileStatus::Symlink, 0),
            ("file", FileStatus::Added, 1),
            ("untracked", FileStatus::Modified, 1),
        ]
    );
}
