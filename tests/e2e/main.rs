//! End-to-end tests, one binary so that they link once: the real `outrigger` over its real stdio, the real
//! `codex app-server` behind it, and a scripted model behind that.

// The harness speaks of processes and signals as Unix does.
#![cfg(unix)]
// The steps that stories share fail like the stories.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// A story hands over what it makes: `json!` on the spot reads better than a reference to it.
#![allow(clippy::needless_pass_by_value)]

mod acp;
mod approval;
mod approvals_command;
mod automations;
mod automations_daemon;
mod automations_faults;
mod daemon_door;
mod daemon_end;
mod daemon_share;
mod environment;
mod faults_codex;
mod faults_editor;
mod grants;
mod home;
mod hunk_cases;
mod hunks;
mod lsp_face;
mod lsp_hunks;
mod partial;
mod restart;
mod scene;
mod secrets;
mod settings;
mod terminals;
mod terminals_elsewhere;
mod terminals_programs;
mod threads;
mod torture;
mod turns;
