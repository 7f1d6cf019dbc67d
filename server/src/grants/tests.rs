use std::{
    ffi::OsStr,
    io::Read,
    os::unix::{ffi::OsStrExt, fs::symlink},
    sync::atomic::{AtomicBool, Ordering},
};

use super::*;

/// A granted folder with a file, and a secret beside it.
struct Place {
    root: PathBuf,
    secret: PathBuf,
    _folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().canonicalize().unwrap();
        let root = base.join("granted");
        fs::create_dir(&root).unwrap();
        fs::write(root.join("file"), "open").unwrap();
        fs::create_dir(base.join("outside")).unwrap();
        fs::write(base.join("outside/file"), "secret").unwrap();
        Self { root, secret: base.join("outside"), _folder: folder }
    }

    fn roots(&self) -> Vec<Root> {
        vec![Root { path: self.root.clone(), may_be_link: false }]
    }

    fn read(&self, path: impl AsRef<Path>) -> Result<String, Error> {
        let mut text = String::new();
        open(&self.roots(), path.as_ref())?.1.read_to_string(&mut text).unwrap();
        Ok(text)
    }
}

fn is_refused<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::NotGranted(_)))
}

#[test]
fn what_is_below_the_folder_is_opened_and_nothing_else() {
    let place = Place::new();
    let root = &place.root;
    assert_eq!(place.read(root.join("file")).unwrap(), "open");
    assert!(open(&place.roots(), root).is_ok());
    let beside = PathBuf::from(format!("{}-beside", root.display()));
    fs::write(&beside, "secret").unwrap();
    for path in [
        place.secret.join("file"),
        root.join("../outside/file"),
        root.join("file/../../outside/file"),
        beside,
        PathBuf::from("/"),
        PathBuf::from("granted/file"),
        PathBuf::from(OsStr::from_bytes(b"/etc/passwd\0")),
        root.join(OsStr::from_bytes(b"file\0/../../outside/file")),
        place.secret.join("not-there"),
    ] {
        assert!(is_refused(&place.read(&path)), "{}", path.display());
    }
    assert!(is_refused(&open(&[], &root.join("file"))));
}

#[test]
fn a_link_counts_as_where_it_leads() {
    let place = Place::new();
    let root = &place.root;
    symlink(root.join("file"), root.join("inward")).unwrap();
    symlink("file", root.join("near")).unwrap();
    symlink(&place.secret, root.join("outward")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    assert_eq!(place.read(root.join("inward")).unwrap(), "open");
    assert_eq!(place.read(root.join("near")).unwrap(), "open");
    assert!(is_refused(&place.read(root.join("outward/file"))));
    assert!(is_refused(&place.read(root.join("outward/not-there"))));
    assert!(matches!(place.read(root.join("loop")), Err(Error::Io { .. })));
    // From outside, a link inwards is a way like any other.
    symlink(root, place.secret.join("back")).unwrap();
    assert_eq!(place.read(place.secret.join("back/file")).unwrap(), "open");
}

#[test]
fn a_folder_that_is_gone_or_became_a_link_is_no_longer_granted() {
    let place = Place::new();
    fs::remove_dir_all(&place.root).unwrap();
    assert!(is_refused(&place.read(place.root.join("file"))));
    symlink(&place.secret, &place.root).unwrap();
    assert!(is_refused(&place.read(place.root.join("file"))));
    // The folder of a window is what its path leads to, link or not.
    let window = [Root { path: place.root.clone(), may_be_link: true }];
    assert!(open(&window, &place.root.join("file")).is_ok());
}

#[test]
fn long_names_and_another_case_are_other_names() {
    let place = Place::new();
    assert!(matches!(place.read(place.root.join("x".repeat(5_000))), Err(Error::Io { .. })));
    let shouted = PathBuf::from(place.root.to_string_lossy().to_uppercase());
    if !shouted.exists() {
        assert!(is_refused(&place.read(shouted.join("file"))));
    }
}

/// A folder is swapped for a link and back while it is read from: whatever is opened is never the secret.
#[test]
fn a_swapped_link_never_opens_what_is_outside() {
    let place = Place::new();
    let inner = place.root.join("inner");
    let parked = place.root.join("parked");
    fs::create_dir(&inner).unwrap();
    fs::write(inner.join("file"), "open").unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                fs::rename(&inner, &parked).unwrap();
                symlink(&place.secret, &inner).unwrap();
                fs::remove_file(&inner).unwrap();
                fs::rename(&parked, &inner).unwrap();
            }
        });
        let mut opened = 0;
        for _ in 0..20_000 {
            match place.read(inner.join("file")) {
                Ok(text) => {
                    assert_eq!(text, "open");
                    opened += 1;
                }
                Err(Error::NotGranted(_) | Error::Io { .. }) => {}
                Err(error @ Error::TooMany(_)) => panic!("{error}"),
            }
        }
        done.store(true, Ordering::Relaxed);
        assert!(opened > 0, "the race was never won");
    });
}

#[test]
fn without_the_kernels_help_no_link_is_followed_either() {
    use rustix::fs::{Mode, OFlags};
    let place = Place::new();
    symlink(&place.secret, place.root.join("outward")).unwrap();
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let step = |path: &Path| {
        let top = rustix::fs::open("/", OFlags::DIRECTORY | OFlags::RDONLY, Mode::empty()).unwrap();
        step_by_step(top, path.strip_prefix("/").unwrap(), flags)
    };
    assert!(step(&place.root.join("file")).is_ok());
    for path in ["outward", "outward/file"] {
        let error = step(&place.root.join(path)).unwrap_err();
        assert!(is_link_error(&error), "{path}: {error}");
    }
}

#[test]
fn a_listing_is_sorted_and_keeps_odd_names() {
    let place = Place::new();
    let odd = OsStr::from_bytes(b"b\xff");
    fs::write(place.root.join(odd), "12345").unwrap();
    fs::create_dir(place.root.join("a")).unwrap();
    symlink("a", place.root.join("c")).unwrap();
    symlink(&place.secret, place.root.join("d")).unwrap();
    let listing = list(&place.roots(), &place.root).unwrap();
    let seen: Vec<_> = listing
        .entries
        .iter()
        .map(|entry| (entry.path.file_name().unwrap(), entry.is_directory, entry.is_symlink))
        .collect();
    assert_eq!(
        seen,
        [
            (OsStr::new("a"), true, false),
            (odd, false, false),
            (OsStr::new("c"), true, true),
            (OsStr::new("d"), false, true),
            (OsStr::new("file"), false, false),
        ]
    );
    assert_eq!(listing.entries[1].size, 5);
}

#[test]
fn a_folder_with_too_much_in_it_says_so() {
    let place = Place::new();
    for number in 0..=MAX_ENTRIES {
        fs::write(place.root.join(format!("{number}")), "").unwrap();
    }
    let listing = list(&place.roots(), &place.root);
    assert!(matches!(listing, Err(Error::TooMany(_))));
}

#[test]
fn a_path_that_windows_takes_for_something_else_is_odd() {
    let odd = |path: &&str| is_odd_on_windows(path);
    let fine = ["C:\\work\\a.rs", "c:/work/console.txt", "D:\\com\\nullable", "C:\\"];
    assert_eq!(fine.iter().filter(|path| odd(path)).collect::<Vec<_>>(), Vec::<&&str>::new());
    let odd_ones = [
        "\\\\server\\share\\x",
        "//server/share/x",
        "\\\\?\\C:\\x",
        "\\\\.\\pipe\\x",
        "\\\\?\\UNC\\server\\share",
        "C:work",
        "\\work",
        "C:\\work\\a.rs:stream",
        "C:\\work\\NUL",
        "C:\\work\\com1.txt",
        "C:\\work \\x",
        "C:\\work.\\x",
    ];
    assert_eq!(odd_ones.iter().filter(|path| !odd(path)).collect::<Vec<_>>(), Vec::<&&str>::new());
}
