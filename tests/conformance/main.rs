//! The promises of the model, each held on one thread and on four.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod combine;
mod combine_errors;
mod determinism;
mod exchange;
mod graph;
mod keys;
mod lifecycle;
mod par_do;
mod runner;
mod shapes;
mod sinks;
mod step_errors;
mod support;
