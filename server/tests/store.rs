//! The store on real files: killed, damaged, full, newer.

// Marked as a test, so that the lints know that helpers may unwrap.
#[cfg(test)]
mod store {
    mod damage;
    mod desk;
    mod kept;
    mod killed;
}
