//! What is no secret stays as it is: over real text, at most one false finding in 10 MB.

use std::{fmt::Write, fs, path::Path, time::Instant};

use super::{super::Redactor, samples::Dice};

/// Texts of this repository, and what its tools made: lock files, hashes, ids.
fn corpus() -> Vec<(String, String)> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut texts = Vec::new();
    walk(repository, repository, &mut texts);
    let mut dice = Dice(97);
    let mut ids = String::new();
    for _ in 0..20_000 {
        let hex = dice.of(b"0123456789abcdef", 40);
        let _ = writeln!(
            ids,
            "commit {hex}\nindex {}..{}\nthread {}-{}-7{}-9{}-{}\nsha512-{}==",
            &hex[..7],
            &hex[7..14],
            &hex[..8],
            &hex[8..12],
            &hex[12..15],
            &hex[15..18],
            &hex[18..30],
            dice.of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 86),
        );
    }
    texts.push(("ids".into(), ids));
    texts
}

fn walk(root: &Path, folder: &Path, texts: &mut Vec<(String, String)>) {
    const NOT_OURS: &[&str] = &[".git", "target", "node_modules", ".venv", "dist", "results"];
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if NOT_OURS.iter().any(|skip| entry.file_name() == *skip) {
            continue;
        }
        if kind.is_dir() {
            walk(root, &entry.path(), texts);
        } else if kind.is_file()
            && let Ok(text) = fs::read_to_string(entry.path())
        {
            let path = entry.path().strip_prefix(root).unwrap().display().to_string();
            texts.push((path, text));
        }
    }
}

/// Where a person would see a secret too: the rules and their tests, and a recorded login.
fn speaks_of_secrets(path: &str) -> bool {
    path.starts_with("server/src/redact/") || path == "tests/transcripts/auth.jsonl"
}

#[test]
fn real_text_without_secrets_stays_as_it_is() {
    let redactor = Redactor::new([]);
    let (mut bytes, mut found) = (0, Vec::new());
    for (path, text) in corpus().iter().filter(|(path, _)| !speaks_of_secrets(path)) {
        bytes += text.len();
        for line in text.lines() {
            let redacted = redactor.text(line);
            if redacted != line {
                let shown: String = redacted.chars().take(200).collect();
                found.push(format!("{path}: {shown}"));
            }
        }
    }
    assert!(bytes > 5 << 20, "only {bytes} bytes of text were found");
    assert!(
        found.len() <= bytes.div_ceil(10 << 20),
        "{} in {bytes} bytes: {found:#?}",
        found.len()
    );
}

fn megabytes(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes).unwrap()) / 1e6
}

/// `cargo test --release -p outrigger --lib redact -- --ignored --nocapture how_fast` prints MB/s.
#[test]
#[ignore = "a measurement"]
fn how_fast() {
    let mut dice = Dice(1);
    let known = (0..20).map(|_| dice.of(b"abcdefghijklmnopqrstuvwxyz0123456789", 40));
    let began = Instant::now();
    let redactor = Redactor::new(known);
    println!("built in {:?}", began.elapsed());
    let texts: Vec<String> = corpus().into_iter().map(|(_, text)| text).collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    let rate = |what: &str, each: &dyn Fn(&str) -> usize| {
        let best = (0..5).map(|_| {
            let began = Instant::now();
            let out: usize = texts.iter().map(|text| each(text)).sum();
            assert!(out > 0);
            began.elapsed().as_secs_f64()
        });
        let seconds = best.fold(f64::MAX, f64::min);
        println!("{what}: {:.0} MB/s over {bytes} bytes", megabytes(bytes) / seconds);
    };
    rate("text", &|text| redactor.text(text).len());
    rate("stream of 4 KiB", &|text| {
        let mut stream = redactor.stream();
        let told: usize = text.as_bytes().chunks(4096).map(|chunk| stream.push(chunk).len()).sum();
        told + stream.finish().len()
    });
    let json: Vec<String> = texts
        .iter()
        .map(|text| serde_json::json!({ "lines": text.lines().collect::<Vec<_>>() }).to_string())
        .collect();
    let size: usize = json.iter().map(String::len).sum();
    let began = Instant::now();
    let out: usize = json.iter().map(|text| redactor.json(text).len()).sum();
    assert!(out > 0);
    println!("json: {:.0} MB/s", megabytes(size) / began.elapsed().as_secs_f64());
}
