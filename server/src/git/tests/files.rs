//! Writing files where others write too.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
    process::{Child, Command, Stdio},
};

use super::{
    acting::{Stage, whole},
    world::World,
};
use crate::git::{
    Error, Selection, Unsupported,
    acts::Act,
    hunks::Side,
    place::{self, OnDisk},
    publish::{New, publish, temporary},
};

const OLD: &[u8] = b"1\n2\n3\n";

fn on_disk(world: &World, name: &str) -> OnDisk {
    place::read(&world.root(), Path::new(name)).unwrap()
}

fn put(world: &World, name: &str, expected: &OnDisk, new: &New<'_>) -> Result<bool, Error> {
    publish(&world.root(), Path::new(name), expected, new, &temporary())
}

#[test]
fn what_somebody_else_wrote_stays() {
    let world = World::new();
    world.write("f", OLD);
    let looked_at = on_disk(&world, "f");
    world.write("f", b"newer\n");
    let ours = New::File { bytes: b"ours\n", executable: false };
    assert!(!put(&world, "f", &looked_at, &ours).unwrap());
    assert!(!put(&world, "f", &looked_at, &New::Nothing).unwrap());
    assert!(!put(&world, "f", &OnDisk::Absent, &ours).unwrap());
    assert_eq!(world.read("f"), b"newer\n");
    fs::remove_file(world.path("f")).unwrap();
    assert!(!put(&world, "f", &looked_at, &ours).unwrap());
    let names: Vec<_> =
        fs::read_dir(world.root()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, [".git"]);
}

#[test]
fn a_file_keeps_its_mode_its_attributes_and_its_other_names() {
    let world = World::new();
    world.write("f", OLD);
    world.chmod("f", 0o751);
    let attribute = Command::new("setfattr")
        .args(["-n", "user.note", "-v", "kept"])
        .arg(world.path("f"))
        .status();
    let has_attributes = attribute.is_ok_and(|status| status.success());
    let ours = New::File { bytes: b"ours\n", executable: true };
    assert!(put(&world, "f", &on_disk(&world, "f"), &ours).unwrap());
    assert_eq!(world.path("f").metadata().unwrap().permissions().mode() & 0o7777, 0o751);
    if has_attributes {
        let shown =
            Command::new("getfattr").args(["-d", "f"]).current_dir(world.root()).output().unwrap();
        assert!(String::from_utf8_lossy(&shown.stdout).contains("user.note=\"kept\""));
    }
    fs::hard_link(world.path("f"), world.path("same")).unwrap();
    let plain = New::File { bytes: b"short", executable: false };
    assert!(put(&world, "f", &on_disk(&world, "f"), &plain).unwrap());
    assert_eq!(world.read("same"), b"short");
    let (one, other) =
        (world.path("f").metadata().unwrap(), world.path("same").metadata().unwrap());
    assert_eq!((one.ino(), one.permissions().mode() & 0o7777), (other.ino(), 0o640));
}

#[test]
fn nothing_is_written_through_a_symbolic_link() {
    let world = World::new();
    world.commit(&[("folder/f", OLD), ("f", OLD)]);
    fs::create_dir(world.beside("outside")).unwrap();
    fs::write(world.beside("outside/f"), b"theirs\n").unwrap();
    fs::remove_dir_all(world.path("folder")).unwrap();
    symlink(world.beside("outside"), world.path("folder")).unwrap();
    let stage = Stage::of(&world);
    let refused = stage.act(Act::Revert, "folder/f", &Selection::File);
    assert!(format!("{refused:?}").contains("BeyondSymlink"), "{refused:?}");
    let ours = New::File { bytes: b"ours\n", executable: false };
    let refused = put(&world, "folder/f", &OnDisk::Absent, &ours);
    assert!(matches!(refused, Err(Error::Unsupported(Unsupported::BeyondSymlink))), "{refused:?}");
    assert_eq!(fs::read(world.beside("outside/f")).unwrap(), b"theirs\n");
    // The link itself is a file like others, and what it points to is not touched.
    fs::remove_file(world.path("f")).unwrap();
    symlink(world.beside("outside/f"), world.path("f")).unwrap();
    stage.act(Act::Revert, "f", &Selection::File).unwrap();
    assert_eq!(world.read("f"), OLD);
    assert_eq!(fs::read(world.beside("outside/f")).unwrap(), b"theirs\n");
}

/// Ends the process with the test, however that ends.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn nothing_that_git_staged_at_the_same_moment_is_lost() {
    let world = World::new();
    world.commit(&[("f", OLD)]);
    world.write("f", b"one\n2\n3\n");
    for number in 0..30 {
        world.write(format!("by-git-{number}"), format!("{number}\n"));
    }
    // Another git that stages file after file, and waits for us as long as it takes.
    let script = "for n in $(seq 0 29); do until git add by-git-$n 2>/dev/null; do :; done; done; echo done; cat";
    let mut other = Ended(
        Command::new("sh")
            .args(["-c", script])
            .current_dir(world.root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let stage = Stage::of(&world);
    for round in 0..10 {
        let (act, side) = [(Act::Stage, Side::Unstaged), (Act::Unstage, Side::Staged)][round % 2];
        let hunks = stage.hunks("f", side, 3);
        stage.act(act, "f", &whole(&[&hunks[0]])).unwrap();
    }
    let mut said = [0; 4];
    std::io::Read::read_exact(other.0.stdout.as_mut().unwrap(), &mut said).unwrap();
    assert_eq!(&said, b"done");
    let staged = String::from_utf8(world.git(&["diff", "--cached", "--name-only"])).unwrap();
    assert_eq!(staged.lines().count(), 30, "{staged}");
    world.git(&["fsck", "--strict", "--no-progress"]);
}

/// What the facts say of formats: the writer is git, so each survives.
#[test]
fn every_kind_of_index_and_repository_is_written() {
    let kinds: [(&[&str], &[&str], &str); 6] = [
        (&[], &["update-index", "--index-version", "4"], "v4"),
        (&[], &["update-index", "--untracked-cache"], "untracked cache"),
        (&[], &["update-index", "--split-index"], "split"),
        (&[], &["sparse-checkout", "set", "--cone", "--sparse-index", "in"], "sparse"),
        (&["--object-format=sha256"], &[], "sha256"),
        (&["--ref-format=reftable"], &[], "reftable"),
    ];
    for (init, then, kind) in kinds {
        let world = World::with(init);
        world.commit(&[("f", OLD), ("in/f", OLD), ("out/f", OLD)]);
        if !then.is_empty() {
            world.git(then);
        }
        world.write("f", b"one\n2\n3");
        let stage = Stage::of(&world);
        let before = world.git(&["ls-files", "-s"]);
        let hunks = stage.hunks("f", Side::Unstaged, 3);
        let staged = stage.act(Act::Stage, "f", &whole(&[&hunks[0]])).unwrap();
        assert_eq!(world.git(&["cat-file", "blob", ":f"]), b"one\n2\n3", "{kind}");
        assert_eq!(world.git(&["status", "--porcelain"]), b"M  f\n", "{kind}");
        stage.scene().undo(&staged).unwrap();
        assert_eq!(world.git(&["ls-files", "-s"]), before, "{kind}");
        assert_eq!(world.git(&["status", "--porcelain"]), b" M f\n", "{kind}");
        let index = fs::read(world.path(".git/index")).unwrap();
        let has = |name: &[u8]| memchr::memmem::find(&index, name).is_some();
        assert!(kind != "untracked cache" || has(b"UNTR"), "{kind}");
        assert!(kind != "split" || has(b"link"), "{kind}");
        assert!(kind != "sparse" || has(b"sdir"), "{kind}");
        assert!(kind != "v4" || index[7] == 4, "{kind}");
        let git = world.try_git(&["fsck", "--strict", "--no-progress"]);
        assert!(git.status.success(), "{kind}: {}", String::from_utf8_lossy(&git.stderr));
    }
}
