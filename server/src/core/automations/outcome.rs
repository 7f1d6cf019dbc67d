//! What a turn came to, for the inbox: the line `::inbox-item{title="…" summary="…"}` that Codex asks automations for, or
//! else what was said last.

/// Characters of a title and of a summary.
const MAX_TITLE: usize = 120;
const MAX_SUMMARY: usize = 500;

/// A title and a summary.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    pub title: Option<String>,
    pub summary: Option<String>,
}

/// Reads the last message of a turn. A directive in a fence is an example, not meant.
pub fn of_message(message: &str) -> Outcome {
    let mut fenced = false;
    let mut said = Vec::new();
    let mut item = None;
    for line in message.lines() {
        let line = line.trim();
        if line.starts_with("```") || line.starts_with("~~~") {
            fenced = !fenced;
        }
        match line.strip_prefix("::").filter(|_| !fenced) {
            Some(directive) if directive.contains('{') && directive.ends_with('}') => {
                let inside = directive.strip_prefix("inbox-item{");
                item = inside.and_then(|inside| inside.strip_suffix('}')).or(item);
            }
            _ => said.push(line),
        }
    }
    let first = said.iter().copied().find(|line| !line.is_empty());
    let named = |name| item.and_then(|item| attribute(item, name));
    Outcome {
        title: named("title").map(|title| shortened(&title, MAX_TITLE)),
        summary: named("summary")
            .or_else(|| first.map(str::to_owned))
            .map(|summary| shortened(&summary, MAX_SUMMARY)),
    }
}

/// The value of `name="…"`, with `\"` for a quote.
fn attribute(text: &str, name: &str) -> Option<String> {
    let mut rest = text;
    loop {
        let (key, after) = rest.split_once("=\"")?;
        let mut value = String::new();
        let mut letters = after.char_indices();
        let end = loop {
            match letters.next()? {
                (at, '"') => break at,
                (_, '\\') => value.push(letters.next()?.1),
                (_, letter) => value.push(letter),
            }
        };
        if key.trim().trim_start_matches(',').trim() == name {
            return Some(value).filter(|value| !value.trim().is_empty());
        }
        rest = &after[end + 1..];
    }
}

/// Cut to so many characters.
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most - 1).collect();
    cut + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(message: &str) -> (Option<String>, Option<String>) {
        let Outcome { title, summary } = of_message(message);
        (title, summary)
    }

    #[test]
    fn the_line_for_the_inbox_is_taken_wherever_it_stands() {
        assert_eq!(
            of(
                "Looked at 3 issues.\n\n::inbox-item{title=\"Three \\\"new\\\" issues\" summary=\"One is urgent\"}\n"
            ),
            (Some("Three \"new\" issues".into()), Some("One is urgent".into()))
        );
        assert_eq!(
            of("::inbox-item{title=\"A\", summary=\"B\"}"),
            (Some("A".into()), Some("B".into()))
        );
    }

    #[test]
    fn without_it_the_first_thing_said_is_the_summary() {
        let message =
            "\nAll is well.\n```\n::inbox-item{title=\"An example\"}\n```\n::archive{reason=\"x\"}";
        assert_eq!(of(message), (None, Some("All is well.".into())));
        assert_eq!(of(""), (None, None));
        assert_eq!(of("::inbox-item{title=\"broken}"), (None, None));
    }

    #[test]
    fn what_is_long_is_cut_between_characters() {
        let (_, summary) = of(&"ü".repeat(600));
        assert_eq!(summary.map(|text| text.chars().count()), Some(MAX_SUMMARY));
    }
}
