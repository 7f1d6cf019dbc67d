//! Real repositories, with the `git` program as the judge.

mod acting;
mod listing;
mod world;
