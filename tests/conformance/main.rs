//! The promises of the model, each held on one thread and on four.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod aggregates;
mod combine;
mod combine_errors;
mod compose;
mod determinism;
mod exchange;
mod graph;
mod group;
mod job_test;
mod join;
mod keys;
mod lifecycle;
mod materialize;
mod metrics;
mod outputs;
mod pairs;
mod par_do;
mod reliability;
mod reshuffle;
mod runner;
mod sets;
mod shapes;
mod side;
mod sinks;
mod sketches;
mod step_errors;
mod support;
mod timestamps;
