//! The least that answers `initialize`: what starting a program and one exchange cost at best.

use std::io::Write;

use serde_json::{Value, json};

use crate::Outcome;
use crate::frames::{Framing, Messages, lsp_frame};

pub fn run() -> Outcome<()> {
    let mut messages = Messages::new(std::io::stdin(), Framing::Lsp);
    let mut stdout = std::io::stdout();
    while let Some(message) = messages.next()? {
        let message: Value = serde_json::from_slice(message)?;
        let Some(id) = message.get("id") else { continue };
        let answer = json!({ "jsonrpc": "2.0", "id": id, "result": { "capabilities": {} } });
        let mut frame = Vec::new();
        lsp_frame(answer.to_string().as_bytes(), &mut frame);
        stdout.write_all(&frame)?;
        stdout.flush()?;
    }
    Ok(())
}
