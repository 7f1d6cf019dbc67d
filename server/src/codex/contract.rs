//! What Outrigger knows of the app-server's protocol, held to the vendored schema by tests.

/// The codex version whose schema is vendored, such as `0.169.0`.
pub const CONTRACT_VERSION: &str = include_str!("../../schema/codex/VERSION").trim_ascii();
