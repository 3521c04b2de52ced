//! A pipeline from its function to its run: options, the tables of what is linked, the command line.

#[allow(clippy::module_inception)]
mod pipeline;
mod runner;

pub use pipeline::{Drawing, Pipeline};
pub use runner::{RunReport, Runner, Running, StepReport};
