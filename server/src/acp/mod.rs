//! `outrigger acp`: the Agent Client Protocol, version 1, over stdio.
//!
//! A client of the daemon, like any editor: what an ACP client asks becomes the calls that a rich editor makes, and what the
//! daemon tells becomes ACP's updates. All of it is decided in [`Face`], which takes one message at a time and says what is
//! to be sent; [`run`] has the pipes.

mod abilities;
mod asks;
mod automations;
mod commands;
mod face;
mod fragments;
mod history;
mod items;
mod notes;
mod opening;
mod options;
mod prompt;
mod questions;
mod rpc;
mod run;
mod session;
mod turns;
mod update;

pub use run::{run, serve};

#[cfg(test)]
mod tests;
