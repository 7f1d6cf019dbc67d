//! The clock that the processes of one machine share.

/// Nanoseconds of `CLOCK_MONOTONIC`, as the scripted model writes them into its log.
#[cfg(unix)]
pub fn monotonic_ns() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// Elsewhere the wall clock stands in, here and in the scripted model.
#[cfg(not(unix))]
pub fn monotonic_ns() -> i64 {
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)
}
