//! Real programs on real PTYs.

mod ending;
mod reattach;
mod scene;
mod streams;
