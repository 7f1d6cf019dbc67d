//! What a file is to git, and its hunks, beside what `git diff` says.

use std::{os::unix::fs::symlink, path::Path};

use super::world::World;
use crate::{
    git::{Error, Unsupported, facts::Source, hunks::Side, process::Git, snapshot::Snapshot},
    protocol::diff::FileStatus,
};

const TEN: &[u8] = b"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";

/// Both lists at several contexts are those of git.
fn assert_as_git(world: &World, name: &str) {
    for side in [Side::Unstaged, Side::Staged] {
        for context in [0, 1, 3, 30] {
            let (ours, theirs) =
                (world.hunks(name, side, context), world.hunks_of_git(name, side, context));
            let (ours, theirs) = (String::from_utf8_lossy(&ours), String::from_utf8_lossy(&theirs));
            assert_eq!(ours, theirs, "{name}, {side:?}, -U{context}");
        }
    }
}

#[test]
fn a_partly_staged_file_has_two_lists() {
    let world = World::new();
    world.commit(&[("a", TEN)]);
    world.write("a", b"1\ntwo\n3\n4\n5\n6\n7\n8\n9\n10\n");
    world.git(&["add", "a"]);
    world.write("a", b"1\ntwo\n3\n4\n5\n6\n7\n8\n9\nten\r\n11");
    assert_eq!(world.status("a"), FileStatus::Modified);
    assert_as_git(&world, "a");
}

#[test]
fn every_kind_of_file_has_its_status() {
    let world = World::new();
    world.commit(&[
        ("same", TEN),
        ("gone", TEN),
        ("gone-staged", TEN),
        ("exec", TEN),
        ("was-here", b"some\nlines\nto\nfollow\nit\nby\n"),
        ("picture", b"\x89PNG\0\0"),
        ("becomes-link", b"text\n"),
        (".gitignore", b"ignored\n"),
    ]);
    symlink("same", world.path("link")).unwrap();
    world.git(&["add", "link"]);
    std::fs::remove_file(world.path("gone")).unwrap();
    world.git(&["rm", "-q", "gone-staged"]);
    world.chmod("exec", 0o755);
    world.git(&["mv", "was-here", "is-there"]);
    world.write("is-there", b"some\nlines\nto\nfollow\nit\nby\nmore\n");
    world.write("picture", b"\x89PNG\0\x01");
    std::fs::remove_file(world.path("becomes-link")).unwrap();
    symlink("same", world.path("becomes-link")).unwrap();
    world.write("ignored", b"x");
    world.write("new", b"x\ny\n");
    world.write("staged", b"x\ny");
    world.git(&["add", "staged"]);
    world.write("intended", b"x\ny");
    world.git(&["add", "-N", "intended"]);
    let expected = [
        ("same", FileStatus::Unmodified),
        ("gone", FileStatus::Deleted),
        ("gone-staged", FileStatus::Deleted),
        ("exec", FileStatus::Modified),
        ("is-there", FileStatus::Renamed),
        ("picture", FileStatus::Binary),
        ("becomes-link", FileStatus::TypeChanged),
        ("link", FileStatus::Symlink),
        ("ignored", FileStatus::Ignored),
        ("new", FileStatus::Untracked),
        ("staged", FileStatus::Added),
        ("intended", FileStatus::Added),
        ("nowhere", FileStatus::Unmodified),
        ("no/where", FileStatus::Unmodified),
    ];
    assert_eq!(expected.map(|(name, _)| (name, world.status(name))), expected);
    for name in ["same", "gone", "gone-staged", "is-there", "staged", "intended"] {
        assert_as_git(&world, name);
    }
    let new = world.hunks("new", Side::Unstaged, 3);
    assert_eq!(String::from_utf8_lossy(&new), "@@ -0,0 +1,2 @@\n+x\n+y\n");
    for name in ["picture", "link", "becomes-link", "ignored"] {
        assert_eq!(world.hunks(name, Side::Unstaged, 3), b"", "{name}");
    }
    let exec = Snapshot::take(&world.repository(), Path::new("exec")).unwrap();
    assert_eq!(exec.mode_change(Side::Unstaged), Some((0o100_644, 0o100_755)));
}

#[test]
fn a_conflict_and_a_submodule_have_no_hunks() {
    let world = World::new();
    world.commit(&[("a", b"1\n")]);
    world.git(&["checkout", "-q", "-b", "other"]);
    world.commit(&[("a", b"2\n")]);
    world.git(&["checkout", "-q", "main"]);
    world.commit(&[("a", b"3\n")]);
    assert!(!world.try_git(&["merge", "-q", "other"]).status.success());
    assert_eq!(world.status("a"), FileStatus::Conflicted);
    assert_eq!(world.hunks("a", Side::Unstaged, 3), b"");

    let holder = World::new();
    holder.commit(&[("b", b"1\n")]);
    let (root, sub) = (world.root(), holder.root());
    world.git(&["reset", "-q", "--hard"]);
    let add = ["-c", "protocol.file.allow=always", "submodule", "add", "-q"];
    world.git(&[add.map(Path::new).as_slice(), &[&sub, Path::new("sub")]].concat());
    assert!(root.join("sub/b").exists());
    assert_eq!(world.status("sub"), FileStatus::Submodule);
}

#[test]
fn nothing_is_read_through_a_symbolic_link() {
    let world = World::new();
    world.commit(&[("a", TEN)]);
    std::fs::create_dir(world.beside("outside")).unwrap();
    std::fs::write(world.beside("outside/secret"), b"x").unwrap();
    symlink(world.beside("outside"), world.path("way")).unwrap();
    let refused = Snapshot::take(&world.repository(), Path::new("way/secret"));
    assert!(matches!(refused, Err(Error::Unsupported(Unsupported::BeyondSymlink))));
    for path in [".git/config", "../outside/secret", "a/../a", "/etc/passwd", ""] {
        let refused = Snapshot::take(&world.repository(), Path::new(path));
        assert!(matches!(refused, Err(Error::Unsupported(Unsupported::Path))), "{path}");
    }
}

#[test]
fn line_ends_and_filters_are_those_of_git() {
    let world = World::new();
    world.git(&["config", "filter.up.clean", "tr a-z A-Z"]);
    world.git(&["config", "filter.up.smudge", "tr A-Z a-z"]);
    let attributes = b"crlf text eol=crlf\nauto text=auto\nid ident\nup filter=up\n\
        wide working-tree-encoding=UTF-16LE\nnothunks -diff\nkept -text\n";
    world.commit(&[
        (".gitattributes", attributes),
        ("crlf", b"1\r\n2\r\n3\r\n"),
        ("auto", b"1\n2\n3\n"),
        ("id", b"$Id$\n2\n"),
        ("up", b"one\ntwo\n"),
        ("wide", b"1\x00\n\x002\x00\n\x00"),
        ("nothunks", b"1\n"),
        ("kept", b"1\r\n"),
        ("plain", b"1\r\n2\r\n"),
    ]);
    world.write("crlf", b"1\r\ntwo\r\n3\n");
    world.write("auto", b"1\r\ntwo\r\n3\n");
    world.write("id", b"$Id: 1234 $\ntwo\n");
    world.write("up", b"one\nthree\n");
    world.write("wide", b"1\x00\n\x003\x00\n\x00");
    world.write("nothunks", b"2\n");
    world.write("kept", b"1\n");
    world.write("plain", b"1\r\n3\r\n");
    for autocrlf in ["false", "true", "input"] {
        world.git(&["config", "core.autocrlf", autocrlf]);
        for name in ["crlf", "auto", "id", "up", "wide", "kept", "plain"] {
            assert_as_git(&world, name);
        }
    }
    assert_eq!(world.status("nothunks"), FileStatus::Binary);
    assert!(world.git(&["count-objects"]).starts_with(b"0 ") || !has_dangling(&world));
}

fn has_dangling(world: &World) -> bool {
    !world.git(&["fsck", "--dangling", "--no-progress"]).is_empty()
}

/// Whatever libgit2 says where it can, git says too.
#[test]
fn libgit2_and_git_know_the_same() {
    let world = World::new();
    let attributes = b"* text=auto\n*.bin binary\nsub/* filter=lfs -text\n";
    world.commit(&[(".gitattributes", attributes), (".gitignore", b"*.o\n"), ("a", TEN)]);
    world.commit(&[("sub/b", b"1\n"), ("x.bin", b"\0"), ("skipped", b"1\n"), ("assumed", b"1\n")]);
    world.chmod("a", 0o755);
    world.write("empty", b"");
    world.write("intended", b"x");
    world.write("c.o", b"x");
    world.git(&["add", "a", "empty"]);
    world.git(&["add", "-N", "intended"]);
    world.git(&["update-index", "--skip-worktree", "skipped"]);
    world.git(&["update-index", "--assume-unchanged", "assumed"]);
    world.git(&["config", "core.autocrlf", "input"]);
    let repository = world.repository();
    let git = Git::at(&world.root());
    for name in
        ["a", "sub/b", "sub", "x.bin", "skipped", "assumed", "empty", "intended", "c.o", "none"]
    {
        let path = Path::new(name);
        let ask = |source: &dyn Source| {
            (
                source.indexed(path).unwrap(),
                source.committed(path).unwrap(),
                source.attributes(path).unwrap(),
                source.is_ignored(path).unwrap(),
                source.settings().unwrap(),
            )
        };
        assert_eq!(ask(&repository), ask(&git), "{name}");
    }
}

#[test]
fn repositories_that_libgit2_cannot_open_are_read_by_git() {
    let kinds: [(&[&str], &[&str]); 4] = [
        (&["--object-format=sha256"], &[]),
        (&["--ref-format=reftable"], &[]),
        (&[], &["update-index", "--split-index"]),
        (&[], &["sparse-checkout", "set", "--cone", "--sparse-index", "in"]),
    ];
    for (init, then) in kinds {
        let world = World::with(init);
        world.commit(&[("a", TEN), ("in/a", TEN), ("out/a", TEN)]);
        if !then.is_empty() {
            world.git(then);
        }
        world.write("a", b"1\ntwo\n3\n4\n5\n6\n7\n8\n9\n10");
        world.git(&["add", "a"]);
        world.write("a", b"1\ntwo\nthree\n4\n5\n6\n7\n8\n9\n10");
        assert_eq!(world.status("a"), FileStatus::Modified, "{init:?} {then:?}");
        assert_as_git(&world, "a");
    }
}
