//! What a person reads. Functions of what waits: nothing is asked or written here.

use std::path::{Path, PathBuf};

use super::{
    colour::{Colour, Tone},
    waiting::{Change, Shown, Verdict, Waiting},
    words,
};

/// Lines of one command, or files of one change, in a list of several.
const FEW: usize = 8;
/// The same where one stands alone, to be decided on.
const MANY: usize = 400;
/// The widest part of a line that a diffstat draws.
const WIDEST_BAR: usize = 24;

/// Where text is shown.
#[derive(Clone, Debug)]
pub struct Page {
    /// Columns.
    pub width: usize,
    pub colour: Colour,
    pub home: Option<PathBuf>,
    /// Epoch milliseconds.
    pub now: u64,
}

impl Page {
    /// All that waits, the oldest first.
    pub fn list(
        &self,
        waiting: &[Waiting],
        thread_name: impl Fn(&str) -> Option<String>,
    ) -> String {
        let lines = if waiting.len() == 1 { MANY } else { FEW };
        let entries = waiting.iter().map(|waiting| self.entry(&waiting.shown, &thread_name, lines));
        entries.collect::<Vec<_>>().join("\n\n")
    }

    /// One that is about to be decided, as whole as can be.
    pub fn whole(&self, waiting: &Waiting, thread_name: impl Fn(&str) -> Option<String>) -> String {
        self.entry(&waiting.shown, &thread_name, MANY)
    }

    /// One line, for when it comes.
    pub fn asked(&self, shown: &Shown) -> String {
        let id = self.colour.paint(Tone::Strong, &words::plain(&shown.approval_id));
        let place = shown.cwd.as_deref().map(|cwd| format!(" · {}", self.path(Path::new(cwd))));
        let what = match one_line(shown) {
            Some(more) => format!("{}: {more}", headline(shown)),
            None => headline(shown).to_owned(),
        };
        let taken = words::width(&shown.approval_id) + 1;
        // The place may be cut away, what is wanted comes first.
        let line = format!("{what}{}", place.unwrap_or_default());
        format!("{id} {}", words::cut(&line, self.width.saturating_sub(taken)))
    }

    /// One line, for when nobody has to decide it any more.
    pub fn settled(&self, id: &str, outcome: &str, by: Option<&str>) -> String {
        let how = match (outcome, by) {
            ("decided", Some(by)) => format!("was decided in {}", words::plain(by)),
            ("decided", None) => "was decided".to_owned(),
            ("turnEnded", _) => "no longer waits: its turn has ended".to_owned(),
            ("appServerExited", _) => "no longer waits: the app-server ended".to_owned(),
            ("withdrawn", _) => "no longer waits: Codex withdrew it".to_owned(),
            _ => "no longer waits".to_owned(),
        };
        let id = self.colour.paint(Tone::Strong, &words::plain(id));
        format!("{id} {how}")
    }

    /// One line, for what was decided here.
    pub fn decided(&self, waiting: &Waiting, verdict: Verdict) -> String {
        let line = format!("{} {}", verdict.done(), self.asked(&waiting.shown));
        line.trim_end().to_owned()
    }

    fn entry(
        &self,
        shown: &Shown,
        thread_name: &impl Fn(&str) -> Option<String>,
        lines: usize,
    ) -> String {
        let age = words::age(self.now.saturating_sub(shown.requested_at));
        let id = words::plain(&shown.approval_id);
        let what = headline(shown);
        // On a line of its own where it does not fit.
        let fits = words::width(&format!("{id}  {what} · {age}")) <= self.width;
        let age = self
            .colour
            .paint(Tone::Quiet, &if fits { format!(" · {age}") } else { format!("\n  {age}") });
        let mut text = format!("{}  {what}{age}", self.colour.paint(Tone::Strong, &id));
        let mut add = |line: &str| {
            text.push_str("\n  ");
            text.push_str(line);
        };
        for line in self.body(shown, lines) {
            add(&line);
        }
        let place = shown.cwd.as_deref().map(|cwd| format!("in {}", self.path(Path::new(cwd))));
        let thread = shown.thread_id.as_deref().map(|id| match thread_name(id) {
            Some(name) => format!("thread {}", words::plain(&name)),
            None => format!("thread {}", words::plain(id)),
        });
        let place: Vec<String> = place.into_iter().chain(thread).collect();
        if !place.is_empty() {
            for line in words::wrapped(&place.join(" · "), self.columns()) {
                add(&self.colour.paint(Tone::Quiet, &line));
            }
        }
        if let Some(reason) = &shown.reason {
            for line in words::wrapped(&format!("reason: {reason}"), self.columns()) {
                add(&line);
            }
        }
        text
    }

    /// What exactly it is about.
    fn body(&self, shown: &Shown, most: usize) -> Vec<String> {
        let text = match shown.kind.as_str() {
            "command" => aim(shown),
            "fileChange" => {
                return self.diffstat(shown.changes.as_deref().unwrap_or_default(), most);
            }
            "permissions" => shown.permissions.as_ref().map(ToString::to_string),
            "question" => shown.questions.as_ref().map(questions),
            "elicitation" => shown.elicitation.as_ref().map(message),
            _ => None,
        };
        let lines = words::wrapped(&text.unwrap_or_default(), self.columns());
        self.at_most(lines, most, "lines")
    }

    fn at_most(&self, mut lines: Vec<String>, most: usize, what: &str) -> Vec<String> {
        let more = lines.len().saturating_sub(most);
        if more > 0 {
            lines.truncate(most);
            lines.push(self.colour.paint(Tone::Quiet, &format!("… {more} more {what}")));
        }
        lines
    }

    /// The files with how much is added and removed, as `git diff --stat` has them.
    fn diffstat(&self, changes: &[Change], most: usize) -> Vec<String> {
        let names: Vec<String> = changes.iter().map(|change| self.file(change)).collect();
        let stats: Vec<(usize, usize)> = changes.iter().map(Change::stat).collect();
        let widest = names.iter().map(|name| words::width(name)).max().unwrap_or(0);
        let digits = |of: fn(&(usize, usize)) -> usize| {
            stats.iter().map(|stat| of(stat).to_string().len()).max().unwrap_or(1)
        };
        let (added, removed) = (digits(|stat| stat.0), digits(|stat| stat.1));
        let figures = added + removed + 5;
        let bar = self.columns().saturating_sub(widest + figures + 2).min(WIDEST_BAR);
        let room = self.columns().saturating_sub(figures);
        let largest = stats.iter().map(|(a, r)| a + r).max().unwrap_or(0).max(1);
        let lines = names.iter().zip(&stats).map(|(name, (plus, minus))| {
            let name = shorten_path(name, room);
            let gap = " ".repeat(widest.min(room).saturating_sub(words::width(&name)));
            let signs = |count: &usize| {
                if largest <= bar { *count } else { (count * bar).div_ceil(largest) }
            };
            let plus_text = format!("{:>1$}", format!("+{plus}"), added + 1);
            let minus_text = format!("{:>1$}", format!("-{minus}"), removed + 1);
            let drawn = format!(
                "{}{}",
                self.colour.paint(Tone::Added, &"+".repeat(signs(plus))),
                self.colour.paint(Tone::Removed, &"-".repeat(signs(minus)))
            );
            let bar = if bar >= 4 { format!("  {drawn}") } else { String::new() };
            format!("{name}{gap}  {plus_text} {minus_text}{bar}").trim_end().to_owned()
        });
        self.at_most(lines.collect(), most, "files")
    }

    fn file(&self, change: &Change) -> String {
        let path = self.path(&change.path());
        match (change.kind.as_str(), &change.moved_to) {
            ("add", _) => format!("{path} (new)"),
            ("delete", _) => format!("{path} (delete)"),
            (_, Some(to)) => {
                let to = Change { uri: to.clone(), ..Change::default() };
                format!("{path} → {}", self.path(&to.path()))
            }
            _ => path,
        }
    }

    fn path(&self, path: &Path) -> String {
        words::path(path, self.home.as_deref())
    }

    /// Columns for what stands below a headline.
    fn columns(&self) -> usize {
        self.width.saturating_sub(2).max(20)
    }
}

fn headline(shown: &Shown) -> &'static str {
    match shown.kind.as_str() {
        "command" if shown.network.is_some() => "wants to reach",
        "command" => "wants to run",
        "fileChange" => "wants to change",
        "permissions" => "asks for more permissions",
        "question" => "asks",
        "elicitation" => "needs input for a tool",
        "toolCall" => "wants to call a tool of an editor",
        _ => "waits for a decision",
    }
}

/// The heart of it, where one line is all there is.
/// What a command is after: the host that it wants to reach, or itself.
fn aim(shown: &Shown) -> Option<String> {
    let host = shown.network.as_ref().map(|network| network.host.clone());
    host.or_else(|| shown.command.clone())
}

fn one_line(shown: &Shown) -> Option<String> {
    let text = match shown.kind.as_str() {
        "command" => aim(shown),
        "fileChange" => files(shown.changes.as_deref()?),
        "question" => shown.questions.as_ref().map(questions),
        "elicitation" => shown.elicitation.as_ref().map(message),
        _ => None,
    };
    text.map(|text| words::plain(text.trim()))
}

fn files(changes: &[Change]) -> Option<String> {
    let (first, rest) = changes.split_first()?;
    let name = first.path().file_name()?.to_string_lossy().into_owned();
    let (plus, minus) =
        changes.iter().map(Change::stat).fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
    Some(match rest.len() {
        0 => format!("{name} +{plus} -{minus}"),
        1 => format!("{name} and 1 more, +{plus} -{minus}"),
        more => format!("{name} and {more} more, +{plus} -{minus}"),
    })
}

fn questions(questions: &serde_json::Value) -> String {
    let all = questions.as_array().into_iter().flatten();
    let asked: Vec<&str> = all.filter_map(|question| question["question"].as_str()).collect();
    asked.join("\n")
}

fn message(elicitation: &serde_json::Value) -> String {
    elicitation["message"].as_str().unwrap_or_default().to_owned()
}

/// The end of a path says most about it.
fn shorten_path(path: &str, columns: usize) -> String {
    if words::width(path) <= columns {
        return path.to_owned();
    }
    let mut end = path;
    while words::width(end) > columns.saturating_sub(1) {
        let mut letters = end.chars();
        letters.next();
        end = letters.as_str();
    }
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::redact::Redactor;

    const NOW: u64 = 1_000_000;

    fn page(width: usize) -> Page {
        Page { width, colour: Colour(false), home: Some("/home/me".into()), now: NOW }
    }

    fn waiting(mut approval: Value) -> Waiting {
        approval["requestedAt"] = (NOW - 12_000).into();
        Waiting::read(approval, &Redactor::new([])).unwrap()
    }

    fn command() -> Waiting {
        waiting(json!({ "approvalId": "3.1:0", "kind": "command", "threadId": "t1",
            "cwd": "/home/me/app", "command": "cargo test --workspace --all-targets",
            "reason": "It needs the network." }))
    }

    fn change() -> Waiting {
        let diff = "@@ -1,2 +1,3 @@\n one\n-two\n+zwei\n+drei\n";
        waiting(json!({ "approvalId": "3.1:1", "kind": "fileChange", "cwd": "/srv/w", "changes": [
            { "uri": "file:///home/me/app/src/parser.rs", "kind": "update", "diff": diff },
            { "uri": "file:///home/me/app/new.rs", "kind": "add", "diff": "@@ -0,0 +1 @@\n+x\n" },
        ] }))
    }

    fn name(id: &str) -> Option<String> {
        (id == "t1").then(|| "Fix the parser".into())
    }

    #[test]
    fn a_list_says_what_is_wanted_where_and_since_when() {
        assert_eq!(
            page(80).list(&[command(), change()], name),
            "\
3.1:0  wants to run · 12 s
  cargo test --workspace --all-targets
  in ~/app · thread Fix the parser
  reason: It needs the network.

3.1:1  wants to change · 12 s
  ~/app/src/parser.rs  +2 -1  ++-
  ~/app/new.rs (new)   +1 -0  +
  in /srv/w"
        );
    }

    #[test]
    fn a_narrow_terminal_gets_narrow_lines() {
        let text = page(26).list(&[command(), change()], |_| None);
        let widest = text.lines().map(words::width).max();
        assert!(widest <= Some(26), "{text}");
        assert_eq!(
            text.lines().take(4).collect::<Vec<_>>(),
            [
                "3.1:0  wants to run · 12 s",
                "  cargo test --workspace ",
                "  --all-targets",
                "  in ~/app · thread t1"
            ]
        );
        assert!(text.contains("\n  …pp/src/parser.rs  +2 -1\n"), "{text}");
    }

    #[test]
    fn each_event_is_one_line() {
        let page = page(60);
        assert_eq!(
            page.asked(&command().shown),
            "3.1:0 wants to run: cargo test --workspace --all-targets · …"
        );
        assert_eq!(
            page.asked(&change().shown),
            "3.1:1 wants to change: parser.rs and 1 more, +3 -1 · /srv/w"
        );
        assert_eq!(page.settled("3.1:0", "decided", Some("Neovim")), "3.1:0 was decided in Neovim");
        assert_eq!(
            page.settled("3.1:0", "turnEnded", None),
            "3.1:0 no longer waits: its turn has ended"
        );
        assert_eq!(
            page.decided(&command(), Verdict::Decline),
            "Declined 3.1:0 wants to run: cargo test --workspace --all-targets · …"
        );
    }

    #[test]
    fn a_command_with_many_lines_is_cut_among_others_and_whole_alone() {
        let script: Vec<String> = (0..20).map(|line| format!("echo {line}")).collect();
        let script = waiting(
            json!({ "approvalId": "1:0", "kind": "command", "command": script.join("\n") }),
        );
        let among = page(80).list(&[script.clone(), change()], name);
        assert!(among.contains("\n  echo 7\n  … 12 more lines\n"), "{among}");
        assert!(page(80).list(&[script], name).ends_with("\n  echo 19"));
    }

    #[test]
    fn questions_and_permissions_say_what_they_are_about() {
        let question = waiting(json!({ "approvalId": "1:0", "kind": "question",
            "questions": [{ "id": "q", "question": "Which branch?" }] }));
        let permissions = waiting(json!({ "approvalId": "1:1", "kind": "permissions",
            "permissions": { "network": { "enabled": true } } }));
        let later = waiting(json!({ "approvalId": "1:2", "kind": "later" }));
        assert_eq!(
            page(80).list(&[question, permissions, later], name),
            "\
1:0  asks · 12 s
  Which branch?

1:1  asks for more permissions · 12 s
  {\"network\":{\"enabled\":true}}

1:2  waits for a decision · 12 s"
        );
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let coloured = Page { colour: Colour(true), ..page(80) };
        let text = coloured.list(&[command(), change()], name);
        assert!(text.contains("\u{1b}[1m3.1:0\u{1b}[0m"), "{text:?}");
        let mut bare = text;
        for code in ["0", "1", "2", "31", "32"] {
            bare = bare.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_eq!(bare, page(80).list(&[command(), change()], name));
    }
}
