//! Recorded lines that the schema does not allow, each with the reason.
//!
//! All are a client's, sent to see what the app-server does with them. A line that is valid must not be listed.

/// (recording, line, why).
pub const OFF_SCHEMA: &[(&str, usize, &str)] = &[
    ("edge_preinit", 3, "not JSON: dropped in silence"),
    ("edge_preinit", 4, "an id alone: dropped in silence"),
    ("edge_preinit", 5, "a batch: dropped in silence"),
    ("edge_preinit", 6, "a blank line: dropped in silence"),
    ("edge_preinit", 7, "initialize without clientInfo: refused"),
    ("edge_preinit", 31, "a request without its params: refused"),
    ("edge_preinit", 35, "the id null: dropped in silence"),
    ("edge_preinit", 36, "an id with a fraction: dropped in silence"),
    ("edge_preinit", 43, "a notification that does not exist: ignored"),
    ("edge_preinit", 44, "a result for a request never made: ignored"),
    ("edge_preinit", 45, "an error for a request never made: ignored"),
    ("edge_preinit", 60, "a result for a request never made: ignored"),
    ("edge_preinit", 106, "a decision of the wrong shape: the item fails"),
    ("edge_preinit", 128, "null for a decision: the item fails"),
    ("edge_preinit", 150, "the id as a string instead of a number: ignored, and the turn hangs"),
    ("enum_approval", 25, "the policy on-failure is gone: refused"),
    ("enum_approval", 31, "the policy unless-trusted never was: refused"),
    ("thread_ops", 83, "thread/revert wants beforeTurnId, not turnId: refused"),
    ("thread_ops", 85, "thread/revert wants beforeTurnId: refused"),
    ("thread_ops", 136, "a review's delivery detached is gone: refused"),
    ("thread_ops", 138, "a review's delivery detached is gone: refused"),
    ("thread_ops", 140, "a review's delivery detached is gone: refused"),
    ("thread_ops", 146, "thread/prediction/request wants sourceTurnId: refused"),
];
