//! Every kind of file and repository, hunk by hunk, beside what git does with its own patch of the same hunk.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    acting::{Stage, whole},
    world::World,
};
use crate::git::{Selection, acts::Act, hunks::Side};

type Build = fn(&World);

/// What comes after `git init`, and what else `git init` is told.
struct Family {
    name: &'static str,
    file: &'static str,
    init: &'static [&'static str],
    /// Line ends or bytes are not the same in the index and on disk.
    converted: bool,
    build: Build,
}

const fn family(name: &'static str, build: Build) -> Family {
    Family { name, file: "f", init: &[], converted: false, build }
}

/// Twenty lines, with some of them changed: by number, the text that comes in its place.
fn lines(end: &str, changed: &[(usize, &str)]) -> Vec<u8> {
    let line = |number: usize| {
        let change = changed.iter().find(|(at, _)| *at == number);
        change.map_or_else(|| format!("line {number}{end}"), |(_, text)| (*text).to_owned())
    };
    (1..=20).map(line).collect::<String>().into_bytes()
}

fn commit_then(world: &World, old: &[u8], new: &[u8]) {
    world.commit(&[("f", old), ("other", b"other\n")]);
    world.write("f", new);
}

const FAMILIES: &[Family] = &[
    family("replace", |world| {
        commit_then(world, &lines("\n", &[]), &lines("\n", &[(5, "five\n"), (15, "a\nb\n")]));
    }),
    family("insert", |world| {
        commit_then(
            world,
            &lines("\n", &[]),
            &lines("\n", &[(5, "line 5\nnew\n"), (15, "new\nline 15\n")]),
        );
    }),
    family("delete", |world| {
        commit_then(world, &lines("\n", &[]), &lines("\n", &[(5, ""), (15, ""), (16, "")]));
    }),
    family("first and last line", |world| {
        commit_then(world, &lines("\n", &[]), &lines("\n", &[(1, "first\n"), (20, "last\n")]));
    }),
    family("before the first and after the last line", |world| {
        commit_then(
            world,
            &lines("\n", &[]),
            &lines("\n", &[(1, "new\nline 1\n"), (20, "line 20\nnew\n")]),
        );
    }),
    family("without the first and the last line", |world| {
        commit_then(world, &lines("\n", &[]), &lines("\n", &[(1, ""), (20, "")]));
    }),
    family("no newline at the end, old", |world| {
        commit_then(world, &lines("\n", &[(20, "line 20")]), &lines("\n", &[(3, "three\n")]));
    }),
    family("no newline at the end, new", |world| {
        commit_then(world, &lines("\n", &[]), &lines("\n", &[(3, "three\n"), (20, "line 20")]));
    }),
    family("no newline at the end, both", |world| {
        let old = lines("\n", &[(20, "line 20")]);
        commit_then(world, &old, &lines("\n", &[(3, "three\n"), (20, "twenty")]));
    }),
    family("from nothing", |world| commit_then(world, b"", &lines("\n", &[]))),
    family("to nothing", |world| commit_then(world, &lines("\n", &[]), b"")),
    family("one line without newline", |world| commit_then(world, b"one", b"two")),
    family("CRLF", |world| {
        commit_then(world, &lines("\r\n", &[]), &lines("\r\n", &[(5, "five\r\n"), (15, "")]));
    }),
    family("mixed ends", |world| {
        let old = lines("\n", &[(2, "line 2\r\n"), (9, "line 9\r\n")]);
        commit_then(
            world,
            &old,
            &lines("\n", &[(2, "line 2\n"), (9, "line 9\r\n"), (16, "16\r\n")]),
        );
    }),
    family("CR only", |world| {
        commit_then(world, &lines("\r", &[]), &lines("\r", &[(5, "five\r"), (15, "")]));
    }),
    family("invalid UTF-8", |world| {
        let mut new = lines("\n", &[(15, "fifteen\n")]);
        new.splice(7..14, *b"\xff\xfe\xc3(\n");
        commit_then(world, &lines("\n", &[]), &new);
    }),
    family("a byte order mark", |world| {
        let old = [b"\xef\xbb\xbf", lines("\n", &[]).as_slice()].concat();
        commit_then(world, &old, &lines("\n", &[(10, "ten\n")]));
    }),
    family("duplicate blocks", |world| {
        let block = "{\n    call();\n}\n\n";
        let old = block.repeat(6);
        let new =
            format!("{}extra\n{}{}", block.repeat(2), block.repeat(3), "{\n    call(1);\n}\n\n");
        commit_then(world, old.as_bytes(), new.as_bytes());
    }),
    family("blocks that move", |world| {
        let (a, b) = ("a\nb\nc\n", "x\ny\nz\n");
        commit_then(world, format!("{a}{b}{a}").as_bytes(), format!("{b}{a}{b}").as_bytes());
    }),
    family("partly staged", |world| {
        commit_then(world, &lines("\n", &[]), &lines("\n", &[(5, "staged\n"), (11, "11\n")]));
        world.git(&["add", "f"]);
        world.write("f", lines("\n", &[(5, "staged\nmore\n"), (11, "eleven\n"), (17, "17\n")]));
    }),
    family("staged and taken back on disk", |world| {
        commit_then(world, &lines("\n", &[]), &lines("\n", &[(5, "staged\n")]));
        world.git(&["add", "f"]);
        world.write("f", lines("\n", &[]));
    }),
    family("staged new", |world| {
        world.commit(&[("other", b"other\n")]);
        world.write("f", lines("\n", &[]));
        world.git(&["add", "f"]);
        world.write("f", lines("\n", &[(5, "five\n"), (15, "")]));
    }),
    family("before the first commit", |world| {
        world.write("f", lines("\n", &[]));
        world.git(&["add", "f"]);
        world.write("f", lines("\n", &[(5, "five\n"), (15, "")]));
    }),
    family("deleted on disk", |world| {
        commit_then(world, &lines("\n", &[]), b"");
        fs::remove_file(world.path("f")).unwrap();
    }),
    family("renamed", |world| {
        world.commit(&[("was", &lines("\n", &[])), ("other", b"other\n")]);
        world.git(&["mv", "was", "f"]);
        world.write("f", lines("\n", &[(5, "five\n"), (15, "")]));
    }),
    family("mode and text", |world| {
        commit_then(world, &lines("\n", &[]), &lines("\n", &[(5, "five\n"), (15, "15\n")]));
        world.chmod("f", 0o755);
    }),
    family("executable", |world| {
        world.write("f", lines("\n", &[]));
        world.chmod("f", 0o755);
        world.commit(&[]);
        world.write("f", lines("\n", &[(5, "five\n"), (15, "15\n")]));
    }),
    family("without file modes", |world| {
        world.git(&["config", "core.fileMode", "false"]);
        commit_then(world, &lines("\n", &[]), &lines("\n", &[(5, "five\n"), (15, "15\n")]));
        world.chmod("f", 0o755);
    }),
    Family {
        converted: true,
        ..family("autocrlf", |world| {
            world.git(&["config", "core.autocrlf", "true"]);
            commit_then(
                world,
                &lines("\r\n", &[]),
                &lines("\r\n", &[(5, "five\r\n"), (15, "15\n")]),
            );
        })
    },
    Family {
        converted: true,
        ..family("text=auto eol=crlf", |world| {
            world.write(".gitattributes", "f text=auto eol=crlf\n");
            commit_then(
                world,
                &lines("\r\n", &[]),
                &lines("\r\n", &[(5, ""), (15, "15\r\nnew\r\n")]),
            );
        })
    },
    Family {
        converted: true,
        ..family("ident", |world| {
            world.write(".gitattributes", "f ident\n");
            let old = lines("\n", &[(1, "$Id$\n")]);
            commit_then(
                world,
                &old,
                &lines("\n", &[(1, "$Id: abc $\n"), (10, "ten\n"), (18, "18\n")]),
            );
        })
    },
    Family {
        converted: true,
        ..family("a filter", |world| {
            world.git(&["config", "filter.up.clean", "tr a-z A-Z"]);
            world.git(&["config", "filter.up.smudge", "tr A-Z a-z"]);
            world.write(".gitattributes", "f filter=up\n");
            commit_then(world, &lines("\n", &[]), &lines("\n", &[(5, "five\n"), (15, "")]));
        })
    },
    Family {
        converted: true,
        ..family("working-tree-encoding", |world| {
            world.write(".gitattributes", "f working-tree-encoding=UTF-16LE\n");
            let wide =
                |text: Vec<u8>| text.into_iter().flat_map(|byte| [byte, 0]).collect::<Vec<_>>();
            commit_then(
                world,
                &wide(lines("\n", &[])),
                &wide(lines("\n", &[(5, "five\n"), (15, "")])),
            );
        })
    },
    Family {
        file: "odd \"[*?]\\ name\té",
        ..family("an odd name", |world| {
            let name = "odd \"[*?]\\ name\té";
            world.commit(&[(name, &lines("\n", &[])), ("other", b"other\n")]);
            world.write(name, lines("\n", &[(5, "five\n"), (15, "")]));
        })
    },
    Family {
        file: "deep/er/:(top)-f",
        ..family("a name like a pathspec", |world| {
            let name = "deep/er/:(top)-f";
            world.commit(&[(name, &lines("\n", &[])), ("other", b"other\n")]);
            world.write(name, lines("\n", &[(5, "five\n"), (15, "")]));
        })
    },
    family("index version 4", |world| {
        replaced(world);
        world.git(&["update-index", "--index-version", "4"]);
    }),
    family("split index", |world| {
        replaced(world);
        world.git(&["update-index", "--split-index"]);
    }),
    family("sparse index", |world| {
        world.commit(&[("f", &lines("\n", &[])), ("in/f", b"x\n"), ("out/f", b"x\n")]);
        world.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]);
        world.write("f", lines("\n", &[(5, "five\n"), (15, "")]));
    }),
    Family { init: &["--object-format=sha256"], ..family("sha256", replaced) },
    Family { init: &["--ref-format=reftable"], ..family("reftable", replaced) },
];

fn replaced(world: &World) {
    commit_then(world, &lines("\n", &[]), &lines("\n", &[(5, "five\n"), (15, "")]));
}

/// Another repository as the first one is now, times included.
fn copy(world: &World) -> World {
    let other = World::bare();
    let copied = Command::new("cp").arg("-a").arg(world.root()).arg(other.root()).status().unwrap();
    assert!(copied.success());
    // Other inodes: git would have to look at all files again, and it may.
    other.try_git(&["update-index", "-q", "--refresh"]);
    other
}

/// Everything that git says of the index and the file.
fn picture(world: &World, file: &str) -> (Vec<Vec<u8>>, Option<Vec<u8>>) {
    assert!(!world.path(".git/index.lock").exists());
    let said = [
        &["ls-files", "-s", "-z"][..],
        &["diff", "-U0"],
        &["diff", "--cached", "-U0"],
        &["status", "--porcelain=v2", "-z"],
    ];
    (said.map(|arguments| world.git(arguments)).to_vec(), fs::read(world.path(file)).ok())
}

/// git's patch of the hunk with this number, without a change of mode.
fn patch_of(world: &World, file: &str, side: Side, number: usize) -> Option<Vec<u8>> {
    let mut arguments = vec!["diff", "--text", "--no-renames"];
    if side == Side::Staged {
        arguments.extend(["--cached", "HEAD"]);
    }
    let literal = format!(":(literal){file}");
    arguments.extend(["--", &literal]);
    let diff = world.git(&arguments);
    let mut parts = vec![Vec::new()];
    for line in diff.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b"@@ ") {
            parts.push(Vec::new());
        }
        let in_head = parts.len() == 1;
        if !(in_head && (line.starts_with(b"old mode") || line.starts_with(b"new mode"))) {
            parts.last_mut()?.extend_from_slice(line);
        }
    }
    Some([parts.first()?.as_slice(), parts.get(number + 1)?].concat())
}

fn apply(world: &World, how: &[&str], patch: &[u8]) {
    let file = world.beside("patch");
    fs::write(&file, patch).unwrap();
    let mut arguments = vec!["apply", "--whitespace=nowarn"];
    arguments.extend(how);
    arguments.push(file.to_str().unwrap());
    world.git(&arguments);
}

fn check(family: &Family, act: Act, how: &[&str], prepare: fn(&World)) -> usize {
    let world = World::with(family.init);
    (family.build)(&world);
    prepare(&world);
    let stage = Stage::of(&world);
    let side = if act == Act::Unstage { Side::Staged } else { Side::Unstaged };
    let file = family.file;
    let count = stage.hunks(file, side, 3).iter().filter(|hunk| hunk.mode_change.is_none()).count();
    let before = picture(&world, file);
    for number in 0..count {
        let place = format!("{}, {act:?} of hunk {number}", family.name);
        let hunks = stage.hunks(file, side, 3);
        let lines: Vec<_> = hunks.iter().filter(|hunk| hunk.mode_change.is_none()).collect();
        let theirs = copy(&world);
        let patch =
            patch_of(&world, file, side, number).unwrap_or_else(|| panic!("{place}: git has none"));
        apply(&theirs, how, &patch);
        let id = stage
            .act(act, file, &whole(&[lines[number]]))
            .unwrap_or_else(|why| panic!("{place}: {why:?}"));
        let (ours, theirs) = (picture(&world, file), picture(&theirs, file));
        assert_eq!(ours.0[0], theirs.0[0], "{place}: the index");
        assert_eq!(show(&ours.0), show(&theirs.0), "{place}");
        if !(act == Act::Revert && family.converted) {
            assert_eq!(ours.1, theirs.1, "{place}: the file");
        }
        stage.scene().undo(&id).unwrap_or_else(|why| panic!("{place}: undo: {why:?}"));
        assert_eq!(picture(&world, file), before, "{place}: undone");
    }
    let git = world.try_git(&["fsck", "--strict", "--no-progress"]);
    assert!(git.status.success(), "{}: {}", family.name, String::from_utf8_lossy(&git.stderr));
    count
}

fn show(said: &[Vec<u8>]) -> Vec<String> {
    said.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

#[test]
fn each_hunk_of_every_family_is_staged_as_git_would() {
    let hunks: usize =
        FAMILIES.iter().map(|family| check(family, Act::Stage, &["--cached"], |_| ())).sum();
    assert!(hunks > FAMILIES.len(), "{hunks} hunks");
}

#[test]
fn each_hunk_of_every_family_is_unstaged_as_git_would() {
    // Without a commit all is new, and of a rename git's patch has two names.
    let not_here = ["before the first commit", "renamed"];
    let families = FAMILIES.iter().filter(|family| !not_here.contains(&family.name));
    let hunks: usize = families
        .map(|family| {
            check(family, Act::Unstage, &["--cached", "-R"], |world| {
                drop(world.git(&["add", "-A"]));
            })
        })
        .sum();
    assert!(hunks > FAMILIES.len(), "{hunks} hunks");
}

#[test]
fn each_hunk_of_every_family_is_reverted_as_git_would() {
    let hunks: usize =
        FAMILIES.iter().map(|family| check(family, Act::Revert, &["-R"], |_| ())).sum();
    assert!(hunks > FAMILIES.len(), "{hunks} hunks");
}

#[test]
fn what_git_diff_does_not_show_is_staged_as_git_add_would() {
    let families: [(&str, Build); 3] = [
        ("untracked", |world| world.write("f", lines("\n", &[]))),
        ("intent to add", |world| {
            world.write("f", lines("\n", &[]));
            world.git(&["add", "-N", "f"]);
        }),
        ("empty and untracked", |world| world.write("f", b"")),
    ];
    for (name, build) in families {
        let world = World::new();
        world.commit(&[("other", b"other\n")]);
        build(&world);
        let (theirs, stage, before) = (copy(&world), Stage::of(&world), picture(&world, "f"));
        theirs.git(&["add", "f"]);
        let hunks = stage.hunks("f", Side::Unstaged, 3);
        let all: Vec<_> = hunks.iter().collect();
        let selection = if all.is_empty() { Selection::File } else { whole(&all) };
        let id = stage.act(Act::Stage, "f", &selection).unwrap();
        assert_eq!(show(&picture(&world, "f").0), show(&picture(&theirs, "f").0), "{name}");
        stage.scene().undo(&id).unwrap();
        assert_eq!(picture(&world, "f"), before, "{name}");
    }
}

#[test]
fn a_linked_worktree_has_an_index_of_its_own() {
    let world = World::new();
    replaced(&world);
    let linked: PathBuf = world.beside("linked");
    world.git(&[Path::new("worktree"), Path::new("add"), Path::new("-q"), &linked]);
    fs::write(linked.join("f"), lines("\n", &[(2, "two\n")])).unwrap();
    let before = picture(&world, "f");
    let repository =
        crate::git::repository::Repository::open(&linked, &world.beside("scratch"), &[]).unwrap();
    let journal = crate::git::journal::Journal::open(&world.beside("journal")).unwrap();
    let stage = Stage::with(repository, journal);
    let hunks = stage.hunks("f", Side::Unstaged, 3);
    stage.act(Act::Stage, "f", &whole(&[&hunks[0]])).unwrap();
    let said = |arguments: &[&str]| {
        let mut all = vec!["-C", linked.to_str().unwrap()];
        all.extend(arguments);
        String::from_utf8(world.git(&all)).unwrap()
    };
    assert_eq!(said(&["status", "--porcelain"]), "M  f\n");
    assert_eq!(picture(&world, "f"), before);
}
