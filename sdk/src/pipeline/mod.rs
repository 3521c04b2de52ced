//! A pipeline from its function to its run: options, the tables of what is linked, the command line.

mod registry;
mod runner;

pub use registry::RunnerEntry;
pub(crate) use registry::default_runner;
pub use runner::{RunReport, Runner, Running, StepReport};
