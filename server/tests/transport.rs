//! One editor's connection, driven over real pipes: what goes wrong on a wire, as stories.

// Marked as a test, so that the lints know that helpers may unwrap.
#[cfg(test)]
mod transport {
    mod end;
    mod frames;
    mod order;
    mod slow;
    mod wire;
}
