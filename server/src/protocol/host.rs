//! The sidecar itself: is it there, and how quick is it.

use serde::{Deserialize, Serialize};

/// No params, or an empty object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = "Record<string, never>"))]
pub struct NoParams {}

/// An empty result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = "Record<string, never>"))]
pub struct Done {}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Pong {
    #[cfg_attr(test, ts(type = "number"))]
    pub uptime_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Metrics {
    pub startup: Startup,
    pub methods: Vec<MethodMetrics>,
    pub memory: MemoryMetrics,
    pub sessions: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Startup {
    /// Epoch milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub started_at: u64,
    /// From start to the app-server being ready; null until it is.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub ready_latency_ms: Option<u64>,
}

/// Latency and errors of one method over the last 15 minutes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct MethodMetrics {
    pub method: String,
    pub count: u32,
    pub errors: u32,
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct MemoryMetrics {
    /// Anonymous resident memory of the sidecar, in bytes; null where the platform does not tell.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub resident_bytes: Option<u64>,
    pub threads_held: u32,
    #[cfg_attr(test, ts(type = "number"))]
    pub outbox_bytes: u64,
}

/// What an editor changes about its session after `initialize`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct SessionUpdate {
    #[cfg_attr(test, ts(optional = nullable))]
    pub trusted: Option<bool>,
    #[cfg_attr(test, ts(optional = nullable))]
    pub events: Option<Vec<String>>,
    /// The approvals that this editor shows its person now.
    #[cfg_attr(test, ts(optional = nullable))]
    pub shown: Option<Vec<String>>,
}
