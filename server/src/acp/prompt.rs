//! A prompt as the app-server takes it.

use serde_json::{Value, json};

/// The input of a turn; the error names what codex cannot take.
pub fn input(blocks: &[Value]) -> Result<Vec<Value>, String> {
    let mut input: Vec<Value> = Vec::new();
    for block in blocks {
        match read(block)? {
            Part::Image(url) => input.push(json!({ "type": "image", "url": url })),
            Part::Text(text) => append(&mut input, &text),
        }
    }
    if input.is_empty() {
        return Err("The prompt is empty.".to_owned());
    }
    Ok(input)
}

enum Part {
    Text(String),
    Image(String),
}

fn read(block: &Value) -> Result<Part, String> {
    let text = |name: &str| block[name].as_str();
    let kind = text("type").unwrap_or_default();
    let part = match kind {
        "text" => text("text").map(|text| Part::Text(text.to_owned())),
        "image" => image(block).map(Part::Image),
        "resource_link" => text("uri").map(|uri| Part::Text(link(uri, text("name")))),
        "resource" => resource(&block["resource"]),
        _ => return Err(format!("Codex takes no content of the type {kind:?}.")),
    };
    part.ok_or_else(|| format!("Content of the type {kind:?} lacks a part."))
}

fn image(block: &Value) -> Option<String> {
    let text = |name: &str| block[name].as_str().filter(|text| !text.is_empty());
    match (text("data"), text("mimeType")) {
        (Some(data), mime_type) => {
            Some(format!("data:{};base64,{data}", mime_type.unwrap_or("image/png")))
        }
        (None, _) => text("uri").map(str::to_owned),
    }
}

/// A mention, as codex reads it in a text.
fn link(uri: &str, name: Option<&str>) -> String {
    let name = name.filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| uri.rsplit('/').next().unwrap_or(uri));
    format!("[@{name}]({uri})")
}

/// Something that the client put into the prompt itself, such as a selection or an unsaved file.
fn resource(resource: &Value) -> Option<Part> {
    let uri = resource["uri"].as_str()?;
    if let Some(text) = resource["text"].as_str() {
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let link = link(uri, None);
        return Some(Part::Text(format!("{link}\n<context ref=\"{uri}\">\n{text}{end}</context>")));
    }
    let blob = resource["blob"].as_str()?;
    match resource["mimeType"].as_str() {
        Some(kind) if kind.starts_with("image/") => {
            Some(Part::Image(format!("data:{kind};base64,{blob}")))
        }
        // What codex cannot look into is named, so that it can open it.
        _ => Some(Part::Text(link(uri, None))),
    }
}

/// Text that stands beside text is one text: a mention belongs into its sentence.
fn append(input: &mut Vec<Value>, text: &str) {
    if let Some(last) = input.last_mut().filter(|last| last["type"] == "text")
        && let Some(before) = last["text"].as_str()
    {
        let apart = before.ends_with(char::is_whitespace) || text.starts_with(char::is_whitespace);
        let space = if apart || before.is_empty() { "" } else { " " };
        last["text"] = format!("{before}{space}{text}").into();
        return;
    }
    input.push(json!({ "type": "text", "text": text }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_sends_becomes_one_input() {
        let blocks = json!([
            { "type": "text", "text": "Look at" },
            { "type": "resource_link", "name": "a.rs", "uri": "file:///w/a.rs" },
            { "type": "resource", "resource": { "uri": "file:///w/b.rs", "text": "fn b() {}" } },
            { "type": "image", "mimeType": "image/png", "data": "QUJD" },
            { "type": "resource", "resource": { "uri": "file:///w/c.bin", "blob": "QUJD", "mimeType": "application/zip" } },
            { "type": "resource", "resource": { "uri": "file:///w/d.png", "blob": "RA==", "mimeType": "image/png" } },
        ]);
        assert_eq!(
            input(blocks.as_array().unwrap()),
            Ok(vec![
                json!({
                    "type": "text",
                    "text": "Look at [@a.rs](file:///w/a.rs) [@b.rs](file:///w/b.rs)\n<context ref=\"file:///w/b.rs\">\nfn b() {}\n</context>",
                }),
                json!({ "type": "image", "url": "data:image/png;base64,QUJD" }),
                json!({ "type": "text", "text": "[@c.bin](file:///w/c.bin)" }),
                json!({ "type": "image", "url": "data:image/png;base64,RA==" }),
            ])
        );
    }

    #[test]
    fn what_codex_cannot_take_is_named() {
        let audio = json!([{ "type": "audio", "mimeType": "audio/wav", "data": "QUJD" }]);
        assert_eq!(
            input(audio.as_array().unwrap()),
            Err("Codex takes no content of the type \"audio\".".to_owned())
        );
        assert_eq!(
            input(&[json!({ "type": "text" })]),
            Err("Content of the type \"text\" lacks a part.".to_owned())
        );
        assert_eq!(input(&[]), Err("The prompt is empty.".to_owned()));
    }
}
