//! A pipeline from its function to its run: options, the tables of what is linked, the command line.

mod options;
#[allow(clippy::module_inception)]
mod pipeline;
mod runner;
mod values;

pub use options::{OptionError, OptionSpec, OptionType, Options};
pub use pipeline::{Drawing, Pipeline};
pub use runner::{RunReport, Runner, Running, StepReport};
pub use values::OptionValues;
