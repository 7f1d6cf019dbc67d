//! Holds the code to `docs/architecture.md`: who may import whom, which crates a room may name, and the
//! habits that a reader of one file cannot see broken elsewhere.

// Marked as a test, so that the lints know that helpers may unwrap.
#[cfg(test)]
mod architecture {
    mod habits;
    mod rooms;
    mod source;
    mod table;
}
