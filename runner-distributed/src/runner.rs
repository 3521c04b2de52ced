//! The runner of each engine in the table of runners: it says what is not there yet.

use flumen::Pipeline;
use flumen::error::{Cause, RunError};
use flumen::pipeline::{OptionValues, Runner, RunnerEntry, Running};

use crate::Engine;

/// Runs pipelines on another engine; today it refuses every pipeline, and says so.
///
/// ```
/// use flumen::Pipeline;
/// use flumen::error::Cause;
/// use flumen::pipeline::Runner;
/// use flumen_distributed::{Distributed, Engine};
///
/// let p = Pipeline::new();
/// let count = p.range(0..10).count_globally();
/// let refused = Distributed::new(Engine::Flink).start(&p).err().unwrap();
/// assert_eq!(refused.cause(), Cause::Configuration);
/// # flumen::Ok(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Distributed {
    engine: Engine,
}

impl Distributed {
    /// A runner on an engine.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self { engine }
    }

    fn refuse<T>(self) -> Result<T, RunError> {
        let message = format!(
            "the runner `{}` is not built yet, and nothing was run: --runner=local works today; \
             see docs/RUNNERS.md",
            self.engine.name()
        );
        Err(RunError::new(Cause::Configuration, message))
    }
}

impl Runner for Distributed {
    fn start(&self, pipeline: &Pipeline) -> Result<Box<dyn Running>, RunError> {
        pipeline.check()?;
        self.refuse()
    }

    fn explain(&self, pipeline: &Pipeline) -> Result<String, RunError> {
        pipeline.check()?;
        self.refuse()
    }
}

fn make(engine: Engine, values: &OptionValues) -> Result<Box<dyn Runner>, RunError> {
    engine.check(values)?;
    Ok(Box::new(Distributed::new(engine)))
}

inventory::submit! {
    RunnerEntry {
        name: "flink",
        about: "On Apache Flink: not built yet.",
        options: || Engine::Flink.options(),
        make: |values| make(Engine::Flink, values),
    }
}

inventory::submit! {
    RunnerEntry {
        name: "prism",
        about: "On Prism, Beam's runner for one machine: not built yet.",
        options: || Engine::Prism.options(),
        make: |values| make(Engine::Prism, values),
    }
}

inventory::submit! {
    RunnerEntry {
        name: "portable",
        about: "On any job server of Beam: not built yet.",
        options: || Engine::Portable.options(),
        make: |values| make(Engine::Portable, values),
    }
}

inventory::submit! {
    RunnerEntry {
        name: "spark",
        about: "On Apache Spark: not built yet.",
        options: || Engine::Spark.options(),
        make: |values| make(Engine::Spark, values),
    }
}

inventory::submit! {
    RunnerEntry {
        name: "dataflow",
        about: "On Google Cloud Dataflow: not built yet.",
        options: || Engine::Dataflow.options(),
        make: |values| make(Engine::Dataflow, values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(engine: Engine) -> &'static RunnerEntry {
        let linked = RunnerEntry::linked().unwrap();
        linked.into_iter().find(|entry| entry.name == engine.name()).unwrap()
    }

    fn pipeline() -> Pipeline {
        let p = Pipeline::new();
        drop(p.range(0..3).map(|n| n + 1));
        p
    }

    #[test]
    fn every_engine_is_in_the_table_once() {
        let mut names = Engine::ALL.map(Engine::name);
        names.sort_unstable();
        let linked: Vec<_> = RunnerEntry::linked().unwrap().iter().map(|entry| entry.name).collect();
        assert_eq!(linked, names);
    }

    #[test]
    fn every_engine_refuses_to_run_and_says_what_works() {
        for engine in Engine::ALL {
            let runner = (entry(engine).make)(&OptionValues::new()).unwrap();
            let started = runner.start(&pipeline()).err().unwrap();
            let explained = runner.explain(&pipeline()).unwrap_err();
            for error in [started, explained] {
                assert_eq!((error.cause(), error.cause().exit_code()), (Cause::Configuration, 78));
                let want = format!(
                    "the runner `{}` is not built yet, and nothing was run: --runner=local works today; \
                     see docs/RUNNERS.md",
                    engine.name()
                );
                assert_eq!(error.to_string(), want);
            }
        }
    }

    #[test]
    fn options_are_called_as_in_beam() {
        let named =
            |engine: Engine| -> Vec<_> { engine.options().iter().map(|option| option.name).collect() };
        let job = [
            "job_endpoint",
            "artifact_endpoint",
            "environment_type",
            "environment_config",
            "sdk_worker_parallelism",
        ];
        for engine in [Engine::Prism, Engine::Portable, Engine::Spark] {
            assert_eq!(named(engine), job);
        }
        assert_eq!(named(Engine::Flink), [&job[..], &["flink_master", "parallelism"]].concat());
        assert!(named(Engine::Dataflow).contains(&"temp_location"));
        for engine in Engine::ALL {
            assert!(engine.options().iter().all(|option| !option.required), "{engine:?}");
        }
    }

    #[test]
    fn options_are_checked_before_anything_else() {
        let mut values = OptionValues::new();
        values.set("sdk_worker_parallelism", ["many"]);
        let error = (entry(Engine::Spark).make)(&values).err().unwrap();
        assert_eq!(error.cause(), Cause::Usage);
        assert!(error.to_string().starts_with("--sdk_worker_parallelism=many: "), "{error}");
    }

    #[test]
    fn a_pipeline_with_a_mistake_is_told_first() {
        let error = Distributed::new(Engine::Prism).start(&Pipeline::new()).err().unwrap();
        assert!(!error.to_string().contains("not built yet"), "{error}");
    }
}
