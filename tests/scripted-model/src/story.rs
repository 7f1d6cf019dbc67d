//! Story mode: any prompt yields a patch, a command and a closing message.

use std::path::Path;
use std::time::Duration;

use crate::Action;
use crate::conversation::{Answered, Conversation};
use crate::edit;
use crate::workspace::Workspace;

/// The pause after each word, so that a person sees the text stream.
const WORD_PAUSE: Duration = Duration::from_millis(12);
/// How many patches one prompt may get when each is declined with a wish for another.
const MOST_PATCHES: usize = 4;
/// How much of a person's prompt or of a command's output a message quotes.
const LONGEST_QUOTE: usize = 60;
const MOST_OUTPUT_LINES: usize = 8;

/// The next step of the story.
pub(crate) async fn next(conversation: &Conversation) -> Vec<Action> {
    if !conversation.offers_patches() {
        return vec![say("I have read it through. There is nothing that I would change.")];
    }
    let steered = conversation.steered() && conversation.patches_in_prompt() < MOST_PATCHES;
    match conversation.answered() {
        None => {
            propose(
                conversation,
                "Here is a small change that you can look at before it is written",
            )
            .await
        }
        Some(_) if steered => propose(conversation, "Then here is another change").await,
        Some(Answered { tool: "apply_patch", output }) => after_patch(conversation, output).await,
        Some(Answered { output, .. }) => vec![say(&after_command(conversation, output))],
    }
}

async fn propose(conversation: &Conversation, intent: &str) -> Vec<Action> {
    let workspace = look(conversation).await;
    let proposal = match &workspace.file {
        Some(file) => edit::propose(file, conversation.patches_in_thread()),
        None => edit::new_file(),
    };
    let text = format!(
        "You asked: “{}”. {intent}: `{}` {}.",
        quote(conversation.wish()),
        proposal.path,
        proposal.changes.join(" and ")
    );
    vec![say(&text), Action::Patch { text: proposal.patch }]
}

async fn after_patch(conversation: &Conversation, output: &str) -> Vec<Action> {
    if is_declined(output) {
        return vec![say(
            "You declined the change, so nothing was written. Tell me what to do instead, and I will \
             propose another one; or I can leave the file as it is.",
        )];
    }
    if !output.starts_with("Exit code: 0") {
        return vec![say(
            "The change could not be applied: the file is no longer what I read. Ask me again, and I \
             will read it anew.",
        )];
    }
    let command = if look(conversation).await.is_repository { "git status --short" } else { "ls" };
    vec![
        say("The change is written. Let me see how the folder stands now."),
        Action::Exec { command: command.into(), escalated: false, yield_time_ms: None },
    ]
}

fn after_command(conversation: &Conversation, output: &str) -> String {
    let change = if conversation.any_patch_applied() {
        "The change is in place"
    } else {
        "No file was changed"
    };
    if is_declined(output) {
        return format!(
            "{change}. You declined the command, so I did not run it; you can run it yourself in a terminal \
             whenever you like."
        );
    }
    let shown: Vec<&str> = match output.split_once("Output:\n") {
        Some((_, printed)) => printed.lines().take(MOST_OUTPUT_LINES).collect(),
        None => Vec::new(),
    };
    if shown.is_empty() {
        return format!("{change}. The command printed nothing. Ask for more whenever you like.");
    }
    format!(
        "{change}. The command printed:\n\n```\n{}\n```\n\nAsk for more whenever you like.",
        shown.join("\n")
    )
}

async fn look(conversation: &Conversation) -> Workspace {
    match conversation.cwd() {
        Some(cwd) => Workspace::look(Path::new(&cwd)).await,
        None => Workspace::default(),
    }
}

/// Codex says it in three ways: of a patch, of a command, and of a call that an interrupt took along.
fn is_declined(output: &str) -> bool {
    ["rejected by user", "aborted by user"].iter().any(|words| output.contains(words))
        && !output.contains("\nOutput:\n")
}

fn say(text: &str) -> Action {
    Action::Message { text: text.into(), word_pause: Some(WORD_PAUSE) }
}

/// The first line of what a person wrote, cut to a length that a message can bear.
fn quote(wish: &str) -> String {
    let line = wish.trim().lines().next().unwrap_or_default();
    if line.chars().count() <= LONGEST_QUOTE {
        return line.into();
    }
    format!("{}…", line.chars().take(LONGEST_QUOTE).collect::<String>().trim_end())
}
