//! Real repositories, with the `git` program as the judge.

mod acting;
mod agent;
mod crash;
mod documents;
mod families;
mod figures;
mod files;
mod large;
mod left_behind;
mod listing;
mod properties;
mod threads;
mod turns;
mod world;
