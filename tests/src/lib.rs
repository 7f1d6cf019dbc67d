//! What every end-to-end test stands on: real processes, driven over their real wires.
