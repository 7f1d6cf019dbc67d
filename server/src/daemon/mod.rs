//! One process for all editors of a person: the socket they meet at, the greeting, the relay that an
//! editor starts, the builds, and what a terminal may ask of the daemon.
//!
//! The lock on the state directory ([`crate::home`]) decides who is the daemon; the socket only tells
//! where. So a socket that vanishes, or a second start, never makes two of them.

mod build;
pub mod control;
mod flight;
mod greeting;
mod guard;
mod launch;
#[cfg_attr(windows, path = "listen_windows.rs")]
mod listen;
pub mod login;
mod place;
mod relay;
mod system;
mod visitor;

pub use build::{Build, prune};
pub use control::attach;
pub use greeting::{Ask, Face, Hello, LINK_VERSION, Welcome};
#[cfg(target_os = "linux")]
pub use guard::start as start_guarded;
pub use guard::{Guard, guard};
pub use launch::{launch, say_ready};
pub use listen::listen;
pub use relay::{reach, run as relay};
pub use system::{Stream, end_writing, leave_session};
pub use visitor::{Caller, Visitor, say};
