//! The app-server: its contract, the views read from its messages and the messages sent to it.

pub mod answers;
pub mod contract;
mod contract_methods;
pub mod decisions;
pub mod requests;
pub mod views;

#[cfg(test)]
mod conformance;
