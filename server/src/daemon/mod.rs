//! One process for all editors of a person: the socket they meet at, the greeting, the relay that an
//! editor starts, the builds, and what a terminal may ask of the daemon.
//!
//! The lock on the state directory ([`crate::home`]) decides who is the daemon; the socket only tells
//! where. So a socket that vanishes, or a second start, never makes two of them.

mod build;
pub mod control;
mod flight;
mod greeting;
#[cfg(unix)]
mod guard;
#[cfg(unix)]
mod launch;
#[cfg(unix)]
mod listen;
mod place;
#[cfg(unix)]
mod relay;
mod visitor;

pub use build::{Build, prune};
#[cfg(unix)]
pub use control::attach;
pub use greeting::{Ask, Face, Hello, LINK_VERSION, Welcome};
#[cfg(unix)]
pub use guard::{Guard, guard};
#[cfg(unix)]
pub use launch::{launch, say_ready};
#[cfg(unix)]
pub use listen::listen;
#[cfg(unix)]
pub use relay::run as relay;
use visitor::caller;
pub use visitor::{Caller, Visitor, say};
