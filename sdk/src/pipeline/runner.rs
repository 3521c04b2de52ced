//! What runs a pipeline, and what it tells of the run.

use std::time::Duration;

use crate::collection::Pipeline;
use crate::error::{RunError, Step};

/// An engine that executes pipelines.
///
/// Pipelines are run by [`launch`](crate::launch) or by a runner's own type; implement it for a new engine,
/// and enter it into the table of runners with `inventory::submit!` and a
/// [`RunnerEntry`](crate::pipeline::RunnerEntry).
pub trait Runner: Send + Sync {
    /// Starts the pipeline and returns at once.
    ///
    /// # Errors
    /// The pipeline is refused before anything runs: by its check, or since the engine can't do what a step needs.
    fn start(&self, pipeline: &Pipeline) -> Result<Box<dyn Running>, RunError>;

    /// How it would run the pipeline, for people.
    ///
    /// # Errors
    /// As for [`Runner::start`].
    fn explain(&self, pipeline: &Pipeline) -> Result<String, RunError>;
}

/// A run that has been started.
pub trait Running: Send {
    /// Waits for its end.
    ///
    /// # Errors
    /// The first failure; then no output has been published, unless it is that of a sink's own publication: what the
    /// sinks before it published stays.
    fn wait(self: Box<Self>) -> Result<RunReport, RunError>;

    /// Asks it to stop; [`Running::wait`] then returns a cancelled error, unless it was done already.
    fn cancel(&self);
}

/// What a run did.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RunReport {
    /// How long it took.
    pub wall: Duration,
    /// How many worker threads it had.
    pub parallelism: usize,
    /// Each step of the graph, in the order in which they were built.
    pub steps: Vec<StepReport>,
    /// What the sinks published, one line each.
    pub published: Vec<String>,
}

/// What one step of a run did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StepReport {
    /// Its name and place.
    pub step: Step,
    /// Rows that came in; for a source none.
    pub rows_in: u64,
    /// Rows that went out; for a sink none.
    pub rows_out: u64,
}

impl StepReport {
    /// A step's counts.
    #[must_use]
    pub fn new(step: Step, rows_in: u64, rows_out: u64) -> Self {
        Self { step, rows_in, rows_out }
    }
}

impl RunReport {
    /// The counts of a step, by its name.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<&StepReport> {
        self.steps.iter().find(|report| report.step.name == name)
    }
}
