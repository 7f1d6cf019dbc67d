//! Real programs on real PTYs.

mod ending;
mod reattach;
mod recordings;
mod scene;
mod streams;
