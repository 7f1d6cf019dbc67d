//! What many stories begin with: a file of three lines and a patch of its second one.

pub const THREE_LINES: &str = "one\ntwo\nthree\n";
pub const PATCH: &str = "[[patch:*** Begin Patch\n*** Update File: notes.txt\n@@\n one\n-two\n+zwei\n three\n*** End Patch]]";
pub const PATCHED: &str = "one\nzwei\nthree\n";
pub const DIFF: &str = "@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n";
