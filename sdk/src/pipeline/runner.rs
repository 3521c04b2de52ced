//! What runs a pipeline, and what it tells of the run.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::collection::{Materialized, Pipeline};
use crate::element::Element;
use crate::error::{RunError, Step};
use crate::function::{Metric, Numbers};

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
    /// The name of the run, which no other has.
    pub run: String,
    /// How long it took.
    pub wall: Duration,
    /// How many worker threads it had.
    pub parallelism: usize,
    /// Each step of the graph, in the order in which they were built.
    pub steps: Vec<StepReport>,
    /// What the sinks published, one line each.
    pub published: Vec<String>,
    /// How many elements became dead letters.
    pub dead_letters: u64,
    /// How many bundles were tried again.
    pub retried_bundles: u64,
}

/// What one step of a run did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StepReport {
    /// Its name and place.
    pub step: Step,
    /// Rows that came in; for a source none.
    pub rows_in: u64,
    /// Rows that went out, by all outputs; for a sink none.
    pub rows_out: u64,
    /// Rows that went out by each output.
    pub outputs: Vec<u64>,
    /// What the step's code has counted, by name.
    pub metrics: BTreeMap<String, Metric>,
}

impl StepReport {
    /// A step's counts.
    #[must_use]
    pub fn new(step: Step, rows_in: u64, outputs: Vec<u64>) -> Self {
        Self { step, rows_in, rows_out: outputs.iter().sum(), outputs, metrics: BTreeMap::new() }
    }

    /// Adds what the step's code has counted, on one thread.
    pub fn measure(&mut self, name: &str, metric: Metric) {
        match self.metrics.get_mut(name) {
            // A name that is two kinds of metric at once: the first one stays.
            Some(all) => drop(all.merge(metric)),
            None => drop(self.metrics.insert(name.to_owned(), metric)),
        }
    }
}

impl RunReport {
    /// The counts of a step, by its name.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<&StepReport> {
        self.steps.iter().find(|report| report.step.name == name)
    }

    /// What a [`Counter`](crate::function::Counter) has come to in all steps.
    #[must_use]
    pub fn counter(&self, name: &str) -> u64 {
        match self.metric(name) {
            Some(Metric::Counter(events)) => events,
            _ => 0,
        }
    }

    /// What a [`Distribution`](crate::function::Distribution) has seen in all steps; none if it has seen nothing.
    #[must_use]
    pub fn distribution(&self, name: &str) -> Option<Numbers> {
        match self.metric(name)? {
            Metric::Distribution(numbers) => Some(numbers),
            _ => None,
        }
    }

    /// What a [`Gauge`](crate::function::Gauge) was set to last, in any step.
    #[must_use]
    pub fn gauge(&self, name: &str) -> Option<i64> {
        match self.metric(name)? {
            Metric::Gauge { number, .. } => Some(number),
            _ => None,
        }
    }

    fn metric(&self, name: &str) -> Option<Metric> {
        let mut all = self.steps.iter().filter_map(|step| step.metrics.get(name)).copied();
        let first = all.next()?;
        Some(all.fold(first, |mut all, more| {
            all.merge(more);
            all
        }))
    }

    /// What a collection held in this run, as often as it is asked.
    ///
    /// See [`PCollection::materialize`](crate::PCollection::materialize), which makes what it takes.
    ///
    /// ```
    /// use flumen::Pipeline;
    /// use flumen_local::Local;
    ///
    /// let p = Pipeline::new();
    /// let words = p.create(["to", "be", "to"]).count_per_element().materialize();
    /// let report = Local::new().run(&p)?.wait()?;
    /// let mut counts = report.read(&words)?;
    /// counts.sort();
    /// assert_eq!(counts, [("be".to_owned(), 1), ("to".to_owned(), 2)]);
    /// # flumen::Ok(())
    /// ```
    ///
    /// # Errors
    /// This is the report of a run of another pipeline, or of one that was started before the collection was
    /// materialized.
    pub fn read<T: Element>(&self, collection: &Materialized<T>) -> Result<Vec<T>, RunError> {
        collection.of_run(&self.run)
    }
}
