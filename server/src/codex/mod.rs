//! The app-server: its contract, the views read from its messages and the messages sent to it.

pub mod contract;
mod contract_methods;
