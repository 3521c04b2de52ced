//! A pipeline from its function to its run: options, the tables of what is linked, the command line.

mod cli;
mod command;
mod exit;
mod launch;
mod options;
mod registry;
mod rehearse;
mod runner;
mod summary;
mod values;

pub use crate::collection::Pipeline;
pub use crate::graph::Drawing;
pub(crate) use cli::Candidate;
/// What `#[flumen::pipeline]` writes enters its entry through.
#[doc(hidden)]
pub use inventory;
pub use launch::{launch, run};
pub use options::{OptionError, OptionSpec, OptionType, Options};
pub(crate) use registry::test_runner;
pub use registry::{PipelineEntry, RunnerEntry};
pub(crate) use rehearse::rehearse;
pub use runner::{RunReport, Runner, Running, StepReport};
pub use values::OptionValues;
