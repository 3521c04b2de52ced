//! A pipeline from its function to its run: options, the tables of what is linked, the command line.

mod cli;
mod command;
mod exit;
mod launch;
mod options;
#[allow(clippy::module_inception)]
mod pipeline;
mod registry;
mod runner;
mod summary;
mod values;

/// What `#[flumen::pipeline]` writes enters its entry through.
#[doc(hidden)]
pub use inventory;
pub use launch::{launch, run};
pub use options::{OptionError, OptionSpec, OptionType, Options};
pub use pipeline::{Drawing, Pipeline};
pub use registry::{PipelineEntry, RunnerEntry};
pub use runner::{RunReport, Runner, Running, StepReport};
pub use values::OptionValues;
