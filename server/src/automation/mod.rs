//! Automations outside the core: the arithmetic of when they are due, the files that define them, and the worktrees in
//! which they run.

mod definition;
mod keeper;
mod place;
pub mod schedule;
mod setup;
mod toml;
mod watch;

pub use definition::{Definition, Fault, Found, Problem};
pub use keeper::{Command, Error, Event, Keeper};
pub use place::{Place, PlaceError, prepare, remove};
pub use setup::Setup;
