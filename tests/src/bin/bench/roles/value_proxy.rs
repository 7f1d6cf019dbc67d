//! The proxy that one writes first: each message becomes a `serde_json::Value` and text again.
//! `value-proxy PROGRAM [ARG]...`
//!
//! It writes once for all that one read brought, as a good one would.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::process::ChildStdin;

use serde_json::Value;

use super::command;
use crate::Outcome;
use crate::frames::{Framing, Messages, lsp_frame};

/// Bytes gathered into one write.
const BATCH: usize = 256 << 10;

pub fn run(args: &[OsString]) -> Outcome<()> {
    let mut child = command(args)?.spawn()?;
    let (Some(to_child), Some(from_child)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("a program without pipes".into());
    };
    std::thread::spawn(move || pass_on(to_child));
    bring_back(from_child)?;
    child.wait()?;
    Ok(())
}

/// From the editor to the child. What fails here ends the child, whose stdin is closed then.
fn pass_on(mut to_child: ChildStdin) -> Outcome<()> {
    let mut messages = Messages::new(std::io::stdin(), Framing::Lsp);
    while let Some(message) = messages.next()? {
        let mut message: Value = serde_json::from_slice(message)?;
        if let Some(method) = message["method"].as_str().and_then(|m| m.strip_prefix("codex/")) {
            message["method"] = method.into();
        }
        to_child.write_all(format!("{message}\n").as_bytes())?;
    }
    Ok(())
}

fn bring_back(from_child: impl Read) -> Outcome<()> {
    let mut stdout = std::io::stdout();
    let mut messages = Messages::new(from_child, Framing::Lines);
    let mut out = Vec::new();
    while let Some(message) = messages.next()? {
        let mut message: Value = serde_json::from_slice(message)?;
        if let Some(method) = message.get("method").and_then(Value::as_str) {
            message["method"] = format!("codex/{method}").into();
        }
        message["jsonrpc"] = "2.0".into();
        lsp_frame(&serde_json::to_vec(&message)?, &mut out);
        if out.len() >= BATCH || !messages.is_ready()? {
            stdout.write_all(&out)?;
            stdout.flush()?;
            out.clear();
        }
    }
    Ok(())
}
