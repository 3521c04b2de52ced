//! Handles may be moved to and shared between threads, where they promise it.

use flumen::batch::{Batch, Buffers};
use flumen::coder::Coder;
use flumen::error::{BoxError, BuildError, FnError, RunError};
use flumen::graph::{Fingerprint, Graph, Node};
use flumen::pipeline::{
    OptionError, OptionSpec, OptionValues, PipelineEntry, RunReport, Runner, RunnerEntry, Running, StepReport,
};
use flumen::{PCollection, Pipeline};
use flumen_local::{Local, LocalRun};

fn send<T: Send + ?Sized>() {}
fn send_and_sync<T: Send + Sync + ?Sized>() {}

#[test]
fn what_builds_a_pipeline_is_shared_between_threads() {
    send_and_sync::<Pipeline>();
    send_and_sync::<PCollection<String>>();
    send_and_sync::<PCollection<(u64, Vec<f64>)>>();
    send_and_sync::<Graph>();
    send_and_sync::<Node>();
    send_and_sync::<Fingerprint>();
    send_and_sync::<Coder>();
}

#[test]
fn what_runs_a_pipeline_is_shared_and_a_run_can_be_moved() {
    send_and_sync::<Local>();
    send_and_sync::<dyn Runner>();
    send_and_sync::<RunnerEntry>();
    send_and_sync::<PipelineEntry>();
    send::<LocalRun>();
    send::<dyn Running>();
    send_and_sync::<RunReport>();
    send_and_sync::<StepReport>();
}

#[test]
fn errors_and_options_cross_threads() {
    send_and_sync::<BoxError>();
    send_and_sync::<BuildError>();
    send_and_sync::<FnError>();
    send_and_sync::<RunError>();
    send_and_sync::<OptionError>();
    send_and_sync::<OptionSpec>();
    send_and_sync::<OptionValues>();
}

#[test]
fn batches_travel() {
    send_and_sync::<Batch>();
    send::<Buffers>();
}
