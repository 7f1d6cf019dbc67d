//! A model for `codex app-server` that answers from scripts instead of thinking: a Responses-API server on loopback.
//!
//! A `[[kind:argument]]` mark in the prompt, or a file that such a mark names, says what the model does; story mode
//! turns any prompt into a patch, a command and a closing message. `README.md` lists the marks and the file form.

mod action;
mod beats;
mod clock;
mod codex_home;
mod conversation;
mod edit;
mod error;
mod script;
mod server;
mod story;
mod workspace;

pub use action::{Action, Pace};
pub use codex_home::{Sandbox, codex_home, codex_home_with};
pub use error::{Error, with_causes};
pub use script::Script;
pub use server::{Options, RecordedRequest, Server, Unmarked};
