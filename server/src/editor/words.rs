//! The sentences that a person reads, once for every surface.

use crate::protocol::approval::{Approval, ApprovalKind, ChangeKind, ProposedChange};

/// A command or a prompt in one line is cut here; the whole stands elsewhere.
const MAX_LINE: usize = 120;

/// One line that says what Codex wants.
pub fn headline(approval: &Approval) -> String {
    match approval.kind {
        ApprovalKind::Command => match host(approval) {
            Some(host) => format!("Codex wants to reach {host}"),
            None => format!(
                "Codex wants to run: {}",
                shortened(approval.command.as_deref().unwrap_or("a command"))
            ),
        },
        ApprovalKind::FileChange => format!("Codex wants to change {}", files(approval)),
        ApprovalKind::Permissions => "Codex asks for more permissions".to_owned(),
        ApprovalKind::Question => "Codex has a question".to_owned(),
        ApprovalKind::Elicitation => "A tool of Codex asks for input".to_owned(),
        ApprovalKind::ToolCall => "Codex wants to call a tool of this editor".to_owned(),
    }
}

/// The headline, and below it all that a decision needs.
pub fn detailed(approval: &Approval) -> String {
    let mut text = match (approval.kind, &approval.command) {
        (ApprovalKind::Command, Some(command)) if host(approval).is_none() => {
            format!("Codex wants to run: {command}")
        }
        _ => headline(approval),
    };
    if let (ApprovalKind::Command, Some(cwd)) = (approval.kind, &approval.cwd) {
        text.push_str("\nin ");
        text.push_str(cwd);
    }
    if let Some(reason) = &approval.reason {
        text.push_str("\nReason: ");
        text.push_str(reason);
    }
    text
}

/// What is about to happen to the lines of one hunk.
pub fn lines(first: u32, count: u32) -> String {
    match count {
        0 => format!("Codex wants to add lines after line {first}"),
        1 => format!("Codex wants to change line {first}"),
        _ => format!("Codex wants to change lines {first}–{}", first + count - 1),
    }
}

/// What was done to these lines, which are counted from 1.
pub fn changed(first: u32, last: u32, added: bool) -> String {
    match (added, first == last) {
        (false, _) => format!("Codex removed lines before line {first}"),
        (true, true) => format!("Codex changed line {first}"),
        (true, false) => format!("Codex changed lines {first}–{last}"),
    }
}

/// Who wrote a line, as a hover says it.
pub struct Authorship<'a> {
    /// Its name, or its id where it has none.
    pub thread: &'a str,
    pub turn: &'a str,
    pub prompt: Option<&'a str>,
    /// What became of it.
    pub is: &'a str,
}

impl Authorship<'_> {
    pub fn plain(&self) -> String {
        let mut text = format!("Written by Codex, {}", self.is);
        for (what, is) in
            [("Prompt", self.prompt), ("Thread", Some(self.thread)), ("Turn", Some(self.turn))]
        {
            if let Some(is) = is {
                text.extend(["\n", what, ": ", is]);
            }
        }
        text
    }

    pub fn markdown(&self) -> String {
        let mut text = format!("**Written by Codex**, {}", self.is);
        if let Some(prompt) = self.prompt {
            text.extend(["\n\n> ", &escaped(prompt)]);
        }
        text.extend(["\n\nThread ", &escaped(self.thread), ", turn ", &escaped(self.turn)]);
        text
    }
}

/// A text that is one line of Markdown and means nothing in it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => escaped.push(' '),
            _ => {
                if letter.is_ascii_punctuation() && letter != '-' {
                    escaped.push('\\');
                }
                escaped.push(letter);
            }
        }
    }
    escaped
}

fn host(approval: &Approval) -> Option<String> {
    let context: serde_json::Value = approval.network.as_ref()?.decode().ok()?;
    context.get("host")?.as_str().map(str::to_owned)
}

/// One line of this.
pub fn shortened(text: &str) -> String {
    let text = text.replace('\n', " ⏎ ");
    if text.chars().count() <= MAX_LINE {
        return text;
    }
    let mut cut: String = text.chars().take(MAX_LINE).collect();
    cut.push('…');
    cut
}

fn files(approval: &Approval) -> String {
    let changes = approval.changes.as_deref().unwrap_or_default();
    match changes {
        [] => "files".to_owned(),
        [one] => file(one),
        [first, rest @ ..] => format!("{} and {} more", file(first), rest.len()),
    }
}

fn file(change: &ProposedChange) -> String {
    let path = crate::paths::from_uri(&change.uri);
    let name = path.as_deref().and_then(|path| path.file_name());
    let name = name.map_or_else(|| change.uri.clone(), |name| name.to_string_lossy().into_owned());
    match change.kind {
        ChangeKind::Add => format!("{name} (new)"),
        ChangeKind::Delete => format!("{name} (delete)"),
        ChangeKind::Update => name,
    }
}
