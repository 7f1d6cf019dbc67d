//! Holds every dependency, direct or not, on every platform, to the licences we may ship and to the crates we will not have.

// Marked as a test, so that the lints know that helpers may unwrap.
#[cfg(test)]
mod licences {
    mod expression;
    mod graph;
}
