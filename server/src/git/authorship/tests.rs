use super::*;

/// The author of each line, and of what was taken out before a line.
fn shown(authorship: &Authorship, text: &[u8]) -> String {
    let lines = Lines::of(text);
    let by = |line: u32| {
        let run = authorship.runs.iter().find(|run| (run.start..run.end).contains(&line));
        run.map_or("-".to_owned(), |run| run.by.to_string())
    };
    let all: String = (0..lines.len()).map(by).collect();
    let gaps = authorship.gaps.iter().map(|gap| format!(" {}@{}", gap.by, gap.at));
    all + &gaps.collect::<String>()
}

fn story(texts: &[(&str, Option<u32>)]) -> String {
    let mut authorship = Authorship::default();
    for two in texts.windows(2) {
        let (old, new) = (two[0].0.as_bytes(), two[1].0.as_bytes());
        authorship = match two[1].1 {
            Some(by) => authorship.written(old, new, by).unwrap(),
            None => authorship.carried(old, new).unwrap(),
        };
    }
    shown(&authorship, texts[texts.len() - 1].0.as_bytes())
}

#[test]
fn lines_are_whose_who_wrote_them_last() {
    let texts = [
        ("a\nb\nc\nd\n", None),
        ("a\nB\nc\nd\n", Some(1)),
        ("0\na\nB\nc\nd\n", None),
        ("0\na\nB\nx\ny\nc\n", Some(2)),
        ("0\na\nB\nx\nmine\ny\nc\n", None),
    ];
    assert_eq!(story(&texts[..2]), "-1--");
    assert_eq!(story(&texts[..3]), "--1--");
    assert_eq!(story(&texts[..4]), "--122- 2@6");
    assert_eq!(story(&texts), "--12-2- 2@7");
}

#[test]
fn what_a_person_types_over_is_nobodys() {
    assert_eq!(story(&[("", None), ("a\nb\n", Some(1)), ("a\nme\n", None)]), "1-");
    assert_eq!(story(&[("", None), ("a\nb\n", Some(1)), ("", None), ("a\nb\n", None)]), "--");
}

fn of(authorship: &Authorship, text: &str, new: Range<u32>, removed: &[&str]) -> Vec<u32> {
    let removed = removed.iter().map(|line| line.as_bytes()).collect();
    authorship.of(&Lines::of(text.as_bytes()), &Piece { new, removed })
}

#[test]
fn a_hunk_is_found_again_wherever_the_diff_shows_it() {
    let text = "{\n}\n{\n}\n";
    let written = Authorship::default().written(b"{\n}\n", text.as_bytes(), 7).unwrap();
    for start in 0..=2 {
        assert_eq!(of(&written, text, start..start + 2, &[]), [7], "at {start}");
    }
    // The removed line is alike in two places.
    let gone = Authorship::default().written(b"a\nx\nx\nb\n", b"a\nx\nb\n", 8).unwrap();
    for at in [1, 2] {
        assert_eq!(of(&gone, "a\nx\nb\n", at..at, &["x\n"]), [8]);
    }
    assert_eq!(of(&gone, "a\nx\nb\n", 1..1, &["other\n"]), Vec::<u32>::new());
}

#[test]
fn random_edits_leave_each_line_with_whoever_wrote_it() {
    use crate::git::diff::tests::Dice;
    for seed in 1..300 {
        let mut dice = Dice(seed);
        let mut next = 0;
        // Each line is alike to no other, so there is one right answer.
        let mut line = |by: Option<u32>| {
            next += 1;
            (format!("line {next}\n"), by)
        };
        let mut lines: Vec<(String, Option<u32>)> = (0..20).map(|_| line(None)).collect();
        let text = |lines: &[(String, Option<u32>)]| {
            lines.iter().map(|(text, _)| text.as_str()).collect::<String>()
        };
        let mut authorship = Authorship::default();
        for step in 0..6 {
            let by = (dice.roll(3) > 0).then_some(step);
            let old = text(&lines);
            for _ in 0..=dice.roll(4) {
                let at = dice.roll(lines.len() as u64 + 1) as usize;
                match dice.roll(3) {
                    0 if at < lines.len() => drop(lines.remove(at)),
                    1 if at < lines.len() => lines[at] = line(by),
                    _ => lines.insert(at, line(by)),
                }
            }
            let new = text(&lines);
            authorship = match by {
                Some(by) => authorship.written(old.as_bytes(), new.as_bytes(), by).unwrap(),
                None => authorship.carried(old.as_bytes(), new.as_bytes()).unwrap(),
            };
        }
        let expected: String =
            lines.iter().map(|(_, by)| by.map_or("-".to_owned(), |by| by.to_string())).collect();
        let told = shown(&authorship, text(&lines).as_bytes());
        assert_eq!(told.split(' ').next().unwrap(), expected, "seed {seed}");
    }
}
