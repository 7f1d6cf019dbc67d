//! Real programs on real PTYs.

mod ending;
mod integration;
mod reattach;
mod recordings;
mod scene;
mod streams;
