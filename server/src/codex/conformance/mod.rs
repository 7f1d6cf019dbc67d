//! Holds what Outrigger names, reads and sends to the vendored schema, and to recorded wires.

mod decisions;
mod methods;
mod off_schema;
mod older_descriptions;
mod schema;
mod sent;
mod shape;
mod tolerance;
mod transcripts;
mod views;

pub use shape::{Field, Shape, Shaped};
